//! What is known of one function, as text with places.

use serde::Serialize;
use toecap_ir::Location;
use toecap_knowledge::Facts;
use toecap_sema::flow::HeldValue;
use toecap_sema::{
    BodyOwner, CancelVerdict, CrateOrigin, Effect, FnId, Runners, Step, Ty, TyKind, TypedBody, VerdictSource, Work,
};

use super::calls::{CallFacts, on_line};
use super::find::Asked;
use super::waits::{WaitFacts, waits};
use crate::render::{line_column, shown};
use crate::session::{Files, Inspection};

/// A function.
#[derive(Debug, Serialize)]
pub(super) struct FnFacts {
    /// Its path.
    pub(super) function: String,
    #[serde(flatten)]
    pub(super) at: Place,
    /// What it gives.
    pub(super) returns: String,
    /// A call gives a future.
    pub(super) future: bool,
    /// What it gives holds a lock.
    pub(super) guard: bool,
    /// What the data say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) known: Vec<Known>,
    /// It is a dependency's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) foreign: bool,
    /// The rest was computed from its body.
    pub(super) computed: bool,
    /// In order of weight.
    pub(super) effects: Vec<EffectFacts>,
    /// What is alive where it waits.
    pub(super) held: Vec<Held>,
    /// Who runs it.
    pub(super) runners: Vec<Ran>,
    /// What dropping its future half-way does; absent for functions that give none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel: Option<Cancel>,
    /// Where it waits.
    pub(super) waits: Vec<WaitFacts>,
    /// What the calls on the line that was asked for do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) calls: Vec<CallFacts>,
}

/// A row of the data.
#[derive(Debug, Serialize)]
pub(super) struct Known {
    pub(super) topic: &'static str,
    pub(super) what: String,
    pub(super) source: String,
}

/// A place for people.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// One thing that it does.
#[derive(Debug, Serialize)]
pub(super) struct EffectFacts {
    /// `blocks`, `may-block`, `cpu`, `panics`, `suspends`, `locks`, `spawns`
    pub(super) effect: &'static str,
    /// Which kind, place or handle.
    pub(super) what: String,
    pub(super) steps: Vec<Hop>,
}

/// A call of a witness.
#[derive(Debug, Serialize)]
pub(super) struct Hop {
    #[serde(flatten)]
    pub(super) at: Place,
    pub(super) callee: String,
}

/// A value that is alive across awaits.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) name: String,
    pub(super) ty: String,
    #[serde(flatten)]
    pub(super) at: Place,
    pub(super) across: Vec<Place>,
}

/// Somebody who runs it.
#[derive(Debug, Serialize)]
pub(super) struct Ran {
    pub(super) by: &'static str,
    pub(super) steps: Vec<Hop>,
}

/// A cancel verdict.
#[derive(Debug, Serialize)]
pub(super) struct Cancel {
    /// `safe`, `loses-place`, `partial`, `unsafe` or `unknown`
    pub(super) verdict: &'static str,
    /// The documentation says so.
    pub(super) documented: bool,
    /// The code loses something, whatever the documentation says.
    pub(super) broken: bool,
    pub(super) lost: Option<String>,
    pub(super) steps: Vec<Hop>,
}

pub(super) struct Places<'a> {
    pub(super) inspection: &'a Inspection<'a>,
    pub(super) files: &'a Files,
}

impl Places<'_> {
    pub(super) fn of(&self, at: Location) -> Place {
        let place = line_column(self.files, at.file, at.span.lo());
        let file = shown(self.files.path(at.file), &self.inspection.project.root);
        Place { file, line: place.line, column: place.column }
    }
    pub(super) fn hops(&self, steps: &[Step]) -> Vec<Hop> {
        steps.iter().map(|step| Hop { at: self.of(step.at), callee: step.callee.clone() }).collect()
    }
}

impl FnFacts {
    pub(super) fn new(inspection: &Inspection<'_>, files: &Files, runners: &Runners, asked: Asked) -> FnFacts {
        let (analysis, world) = (inspection.analysis, inspection.analysis.world());
        let places = Places { inspection, files };
        let f = asked.f;
        let found = analysis.followed_body(f);
        let body = found.as_deref();
        let future = analysis.makes_future(f);
        let returns = world.fn_sig(f).ret;
        let runs = runners.of(f).into_iter();
        FnFacts {
            function: world.fn_name(f),
            at: places.of(world.place_of_fn(f)),
            returns: world.short_type(returns),
            future,
            guard: analysis.lock_guard_in(output(returns)).is_some(),
            known: analysis.facts().of_fn(f).map(known).unwrap_or_default(),
            foreign: world.input(f.krate).origin != CrateOrigin::Workspace,
            computed: body.is_some(),
            effects: body.map(|body| effects(&places, body, f)).unwrap_or_default(),
            held: body.map(|body| held(&places, body)).unwrap_or_default(),
            runners: runs.map(|c| Ran { by: c.runner.as_str(), steps: places.hops(&c.steps) }).collect(),
            cancel: future.then(|| cancel(&places, f)),
            waits: body.map(|body| waits(&places, body)).unwrap_or_default(),
            calls: body.zip(asked.line).map(|(body, line)| on_line(&places, body, line)).unwrap_or_default(),
        }
    }

    /// Worth a line in a table?
    pub(super) fn does_something(&self) -> bool {
        !self.effects.is_empty() || !self.held.is_empty()
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).map(|line| line + "\n").unwrap_or_default()
    }
}

/// What awaiting a future gives.
fn output(ty: Ty) -> Ty {
    match ty.kind() {
        TyKind::Future(output, _) => *output,
        _ => ty,
    }
}

/// What the data say.
pub(super) fn known(facts: &Facts) -> Vec<Known> {
    let rows = facts.with_sources();
    rows.map(|(fact, source)| Known { topic: fact.topic().as_str(), what: fact.text(), source: source.to_owned() })
        .collect()
}

/// What running a function does.
pub(super) fn effects(places: &Places<'_>, body: &TypedBody, f: FnId) -> Vec<EffectFacts> {
    let profile = places.inspection.analysis.profile(f);
    profile.effects().iter().map(|(effect, work)| effect_facts(places, body, effect, work)).collect()
}

/// One effect of the function that has this body.
pub(super) fn effect_facts(places: &Places<'_>, body: &TypedBody, effect: &Effect, work: &Work) -> EffectFacts {
    let analysis = places.inspection.analysis;
    let (effect, what) = match effect {
        Effect::Blocks(kind, toecap_knowledge::Cost::MayBlock) => ("may-block", kind.to_string()),
        Effect::Blocks(kind, _) => ("blocks", kind.to_string()),
        Effect::Burns => ("cpu", if work.what.is_empty() { "heavy".to_owned() } else { work.what.clone() }),
        Effect::Panics(panics) => ("panics", panics.as_str().trim_start_matches("panics ").to_owned()),
        Effect::Suspends => ("suspends", String::new()),
        Effect::Locks(lock) => {
            let place = lock.place.as_ref().and_then(|place| analysis.place_text(body, place));
            let guard = analysis.world().adt(lock.guard).name;
            ("locks", place.map_or_else(|| format!("a {guard}"), |place| format!("{place} ({guard})")))
        }
        Effect::Spawns(kind, handle) => ("spawns", format!("{kind} ({})", handle.as_str())),
    };
    EffectFacts { effect, what, steps: places.hops(&work.steps) }
}

fn held(places: &Places<'_>, body: &TypedBody) -> Vec<Held> {
    let inspection = places.inspection;
    let found = inspection.analysis.scarce_across_suspension(body).into_iter();
    let facts = found.map(|held| Held {
        name: match held.value {
            HeldValue::Local(local) => body.types.locals[local.0 as usize].name.to_string(),
            HeldValue::Temporary(_) => "a temporary".to_owned(),
        },
        ty: inspection.analysis.world().short_type(held.ty),
        at: places.of(body.at(held.at)),
        across: held.across.iter().map(|span| places.of(body.at(*span))).collect(),
    });
    facts.collect()
}

fn cancel(places: &Places<'_>, f: FnId) -> Cancel {
    let analysis = &places.inspection.analysis;
    let found = analysis.fn_cancel_verdict(f);
    let documented = found.as_ref().is_some_and(|found| found.source == VerdictSource::Documented);
    let broken = analysis.body(BodyOwner::Fn(f)).filter(|_| documented).and_then(|body| analysis.broken_promise(&body));
    match broken {
        Some(broken) => Cancel { documented, broken: true, ..verdict(places, Some(broken.cancel)) },
        None => Cancel { documented, ..verdict(places, found.map(|found| found.cancel)) },
    }
}

/// A verdict as text.
pub(super) fn verdict(places: &Places<'_>, found: Option<CancelVerdict>) -> Cancel {
    let Some(found) = found else {
        return Cancel { verdict: "unknown", documented: false, broken: false, lost: None, steps: Vec::new() };
    };
    Cancel {
        verdict: found.verdict.as_str(),
        documented: false,
        broken: false,
        lost: found.reason.as_ref().map(|reason| reason.lost.clone()),
        steps: found.reason.map(|reason| places.hops(&reason.steps)).unwrap_or_default(),
    }
}
