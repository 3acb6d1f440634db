//! What is known of one function, as text with places.

use serde::Serialize;
use toecap_ir::Location;
use toecap_sema::flow::HeldValue;
use toecap_sema::{BodyOwner, Effect, FnId, Runners, Step, TypedBody, Work};

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
    /// In order of weight.
    pub(super) effects: Vec<EffectFacts>,
    /// What is alive where it waits.
    pub(super) held: Vec<Held>,
    /// Who runs it.
    pub(super) runners: Vec<Ran>,
    /// What dropping its future half-way does; absent for functions that give none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel: Option<Cancel>,
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
    pub(super) lost: Option<String>,
    pub(super) steps: Vec<Hop>,
}

struct Places<'a> {
    inspection: &'a Inspection<'a>,
    files: &'a Files,
}

impl Places<'_> {
    fn of(&self, at: Location) -> Place {
        let place = line_column(self.files, at.file, at.span.lo());
        let file = shown(self.files.path(at.file), &self.inspection.project.root);
        Place { file, line: place.line, column: place.column }
    }
    fn hops(&self, steps: &[Step]) -> Vec<Hop> {
        steps.iter().map(|step| Hop { at: self.of(step.at), callee: step.callee.clone() }).collect()
    }
}

impl FnFacts {
    pub(super) fn new(inspection: &Inspection<'_>, files: &Files, runners: &Runners, f: FnId) -> FnFacts {
        let (analysis, world) = (inspection.analysis, inspection.analysis.world());
        let places = Places { inspection, files };
        let body = analysis.body(BodyOwner::Fn(f));
        let name_span = world.item_of_fn(f).name_span;
        let file = body.as_ref().map(|body| body.file).unwrap_or(toecap_ir::FileId(0));
        let future = analysis.makes_future(f);
        let profile = analysis.profile(f);
        let effects = body.as_deref().map(|body| {
            let effects = profile.effects().iter();
            effects.map(|(effect, work)| effect_facts(inspection, &places, body, effect, work)).collect()
        });
        let runs = runners.of(f).into_iter();
        FnFacts {
            function: world.fn_name(f),
            at: places.of(Location { file, span: name_span }),
            returns: world.short_type(world.fn_sig(f).ret),
            future,
            effects: effects.unwrap_or_default(),
            held: body.as_deref().map(|body| held(inspection, &places, body)).unwrap_or_default(),
            runners: runs.map(|c| Ran { by: c.runner.as_str(), steps: places.hops(&c.steps) }).collect(),
            cancel: future.then(|| cancel(inspection, &places, f)),
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

fn effect_facts(
    inspection: &Inspection<'_>,
    places: &Places<'_>,
    body: &TypedBody,
    effect: &Effect,
    work: &Work,
) -> EffectFacts {
    let analysis = inspection.analysis;
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

fn held(inspection: &Inspection<'_>, places: &Places<'_>, body: &TypedBody) -> Vec<Held> {
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

fn cancel(inspection: &Inspection<'_>, places: &Places<'_>, f: FnId) -> Cancel {
    match inspection.analysis.fn_cancel_verdict(f).map(|found| found.cancel) {
        None => Cancel { verdict: "unknown", lost: None, steps: Vec::new() },
        Some(found) => Cancel {
            verdict: found.verdict.as_str(),
            lost: found.reason.as_ref().map(|reason| reason.lost.clone()),
            steps: found.reason.map(|reason| places.hops(&reason.steps)).unwrap_or_default(),
        },
    }
}
