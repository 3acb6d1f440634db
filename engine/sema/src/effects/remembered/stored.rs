//! What is known of a function, in words that mean the same in other runs.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toecap_ir::{Location, Span};
use xxhash_rust::xxh3::Xxh3;

use super::super::dependencies::Known;
use super::super::summary::{Step, StepKind, Summary, Work};
use crate::World;

/// A function: the place of its crate among those that its user's crate can have heard of, and its number there.
pub(super) type Place = (u32, u32);

/// A function that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredFn {
    pub(super) known: Known,
    /// The functions that it calls.
    pub(super) called: Vec<Place>,
    /// Those that matter to what it does, in order; none where nobody asked yet.
    pub(super) callees: Option<Vec<Place>>,
    /// What it does, by sums of what those do.
    pub(super) results: Vec<(u64, StoredSummary)>,
}

/// What a function does.
#[derive(Debug, Clone, Hash, Serialize, Deserialize)]
pub(super) struct StoredSummary {
    blocks: Option<StoredWork>,
    burns: Option<StoredWork>,
}

#[derive(Debug, Clone, Hash, Serialize, Deserialize)]
struct StoredWork {
    steps: Vec<StoredStep>,
    /// The crate whose row it is, and the row's number.
    row: (String, u32),
    through_dependency: bool,
}

#[derive(Debug, Clone, Hash, Serialize, Deserialize)]
struct StoredStep {
    file: String,
    span: Span,
    callee: String,
    is_call: bool,
}

impl StoredSummary {
    /// None when it is about something that other runs may not have.
    pub(super) fn of(world: &World<'_>, summary: &Summary) -> Option<StoredSummary> {
        if !summary.streams.is_empty() || summary.cpu != Default::default() {
            return None;
        }
        let work = |work: &Option<Arc<Work>>| match work {
            Some(work) => StoredWork::of(world, work).map(Some),
            None => Some(None),
        };
        Some(StoredSummary { blocks: work(&summary.blocks)?, burns: work(&summary.burns)? })
    }

    /// None when what it is about is not there.
    pub(super) fn read(&self, world: &World<'_>) -> Option<Summary> {
        let work = |work: &Option<StoredWork>| match work {
            Some(work) => work.read(world).map(|work| Some(Arc::new(work))),
            None => Some(None),
        };
        Some(Summary { blocks: work(&self.blocks)?, burns: work(&self.burns)?, ..Summary::default() })
    }

    pub(super) fn sum(&self) -> u64 {
        let mut sum = Xxh3::new();
        self.hash(&mut sum);
        sum.finish()
    }
}

impl StoredWork {
    fn of(world: &World<'_>, work: &Work) -> Option<StoredWork> {
        let entry = work.facts?;
        if !work.what.is_empty() {
            return None;
        }
        let krate = entry.path.crate_name();
        let entries = &world.knowledge().crate_facts(krate).entries;
        let number = entries.iter().position(|other| std::ptr::eq(other, entry))?;
        let steps: Option<Vec<StoredStep>> = work.steps.iter().map(|step| StoredStep::of(world, step)).collect();
        let row = (krate.to_owned(), number as u32);
        Some(StoredWork { steps: steps?, row, through_dependency: work.through_dependency })
    }

    fn read(&self, world: &World<'_>) -> Option<Work> {
        let (krate, number) = &self.row;
        let entry = world.knowledge().crate_facts(krate).entries.get(*number as usize)?;
        let steps: Option<Vec<Step>> = self.steps.iter().map(|step| step.read(world)).collect();
        let through_dependency = self.through_dependency;
        Some(Work { facts: Some(entry), through_dependency, ..Work::computed(steps?, "") })
    }
}

impl StoredStep {
    fn of(world: &World<'_>, step: &Step) -> Option<StoredStep> {
        let file = world.sources().path_of_delivered(step.at.file)?.to_str()?.to_owned();
        let is_call = step.kind == StepKind::Call;
        Some(StoredStep { file, span: step.at.span, callee: step.callee.clone(), is_call })
    }

    fn read(&self, world: &World<'_>) -> Option<Step> {
        let file = world.sources().file(Path::new(&self.file), true)?.id;
        let kind = if self.is_call { StepKind::Call } else { StepKind::Own };
        Some(Step { at: Location { file, span: self.span }, callee: self.callee.clone(), kind })
    }
}
