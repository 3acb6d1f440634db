//! What the calls on one line do.

use serde::Serialize;
use toecap_ir::{Expr, ExprId};
use toecap_sema::{Analysis, Callee, Executed, FnCallee, TypedBody, Work, call_span};

use super::facts::{Cancel, EffectFacts, Known, Place, Places, effect_facts, known, verdict};
use crate::render::line_column;

/// A call.
#[derive(Debug, Serialize)]
pub(super) struct CallFacts {
    #[serde(flatten)]
    pub(super) at: Place,
    /// What is called; absent when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) callee: Option<String>,
    /// Another trait in scope might be meant.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unsure: bool,
    /// What it gives.
    pub(super) gives: String,
    /// What the data say of the callee.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) known: Vec<Known>,
    /// What the callee's body does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) effects: Vec<EffectFacts>,
    /// What dropping the future that it gives loses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel: Option<Cancel>,
}

/// The calls whose name is on a line, in order.
pub(super) fn on_line(places: &Places<'_>, body: &TypedBody, line: usize) -> Vec<CallFacts> {
    let is_call = |expr: &Expr| matches!(expr, Expr::Call { .. } | Expr::MethodCall(_));
    let exprs = body.types.body.exprs.iter().filter(|(_, expr)| is_call(expr)).map(|(id, _)| id);
    let mut calls: Vec<(u32, ExprId)> = exprs.map(|id| (call_span(body, id).lo(), id)).collect();
    calls.retain(|(at, _)| line_column(places.files, body.file, *at).line == line);
    calls.sort_unstable();
    calls.into_iter().filter_map(|(_, call)| of_call(places, body, call)).collect()
}

fn of_call(places: &Places<'_>, body: &TypedBody, call: ExprId) -> Option<CallFacts> {
    let analysis = places.inspection.analysis;
    let world = analysis.world();
    let is_future = body.types.futures.contains_key(&call);
    let mut facts = CallFacts {
        at: places.of(body.at(call_span(body, call))),
        callee: None,
        unsure: false,
        gives: world.short_type(body.types.expr_tys[call.index()]),
        known: Vec::new(),
        effects: Vec::new(),
        cancel: is_future.then(|| verdict(places, analysis.cancel_verdict(body, call))),
    };
    match body.types.callees.get(&call) {
        // A constructor does nothing.
        Some(Callee::Ctor(..)) => return None,
        Some(Callee::Fn(callee)) => {
            facts.callee = Some(world.fn_name(callee.runs.unwrap_or(callee.f)));
            facts.unsure = !callee.sure;
            facts.known = analysis.facts().of_callee(callee).map(known).unwrap_or_default();
            facts.effects = effects(analysis, places, body, call, callee);
        }
        Some(Callee::Value(_)) | None => {}
    }
    Some(facts)
}

/// What a followed function does by its profile, any other one by what is certain of the call.
fn effects(
    analysis: &Analysis<'_>,
    places: &Places<'_>,
    body: &TypedBody,
    call: ExprId,
    callee: &FnCallee,
) -> Vec<EffectFacts> {
    let runs = callee.runs.unwrap_or(callee.f);
    if callee.sure
        && analysis.facts().of_callee(callee).is_none()
        && let Some(inner) = analysis.followed_body(runs)
    {
        return super::facts::effects(places, &inner, runs);
    }
    let summary = analysis.effect_of(body, &Executed::alone(call), callee);
    let of_work = |work: &Work, effect| effect_facts(places, body, &effect, work);
    let blocks = summary.blocks.iter().filter_map(|work| {
        let blocking = work.blocking()?;
        Some(of_work(work, toecap_sema::Effect::Blocks(blocking.kind, blocking.cost)))
    });
    blocks.chain(summary.burns.iter().map(|work| of_work(work, toecap_sema::Effect::Burns))).collect()
}
