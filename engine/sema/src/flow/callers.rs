//! What the callers of a private function do when it returns as if nothing had happened.
//!
//! ```text
//! async fn greet(stream: &mut S) { let _ = timeout(D, stream.write_all(HELLO)).await; }
//! greet(&mut stream).await;
//! stream.read_exact(&mut answer).await?;      // goes on with the stream
//! ```

use toecap_ir::{Expr, ExprId};

use super::cancel::{AfterCancel, Cut, after_cancel};
use super::{Aliases, CodeRegionKind, Outcome, Place, Subject, build};
use crate::{Analysis, Callee, FnId, TypedBody};

/// How many callers up.
const MAX_CALLERS: u32 = 3;

/// Does a caller of `f`, in which `cut` is, use the place again after `f` returned well?
pub(super) fn a_caller_goes_on(analysis: &Analysis<'_>, cut: &Cut<'_>, f: FnId) -> bool {
    if cut.depth >= MAX_CALLERS {
        return false;
    }
    let own = |body: &TypedBody| analysis.crate_of(body.owner) == f.krate && body.owner != cut.body.owner;
    analysis.callers_of(f).iter().filter(|body| own(body)).any(|body| {
        let calls = body.types.callees.iter().filter(|(_, callee)| match callee {
            Callee::Fn(callee) => analysis.may_run(callee).contains(&f),
            _ => false,
        });
        let places =
            calls.filter_map(|(call, _)| Some((*call, analysis.place_at_call(body, *call, cut.body, cut.place)?)));
        places.into_iter().any(|(call, place)| goes_on(analysis, cut, body, call, &place))
    })
}

fn goes_on(analysis: &Analysis<'_>, cut: &Cut<'_>, body: &TypedBody, call: ExprId, place: &Place) -> bool {
    let regions = analysis.regions(body);
    let region = regions.region_of(call);
    if matches!(regions.get(region).kind, CodeRegionKind::Closure { is_async: false, .. }) {
        return false;
    }
    let returned = match regions.parent(call) {
        Some(parent) if matches!(body.types.body[parent], Expr::Await { .. }) => parent,
        _ => return false,
    };
    let edition = analysis.edition_of(body);
    let graph = build(Subject { body, regions: &regions, edition, suspends: &|_| true }, region);
    let Some(start) = graph.evaluated(returned) else { return false };
    let outer = Cut {
        body,
        regions: &regions,
        graph: &graph,
        aliases: &Aliases::new(analysis.world(), body),
        place,
        works_on: cut.works_on,
        start,
        not: Some((returned, Outcome::Empty)),
        named: None,
        // What nobody has looked at, nobody can tell further up either.
        unseen: cut.unseen,
        writes: cut.writes,
        depth: cut.depth + 1,
    };
    after_cancel(analysis, &outer) != AfterCancel::Ended
}
