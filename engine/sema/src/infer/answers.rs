//! Questions about traits that were answered before: while a body is looked at, and for the whole run.
//!
//! ```text
//! Map<Filter<I, {closure 0}>, {closure 1}>: Iterator    asked again for each step of a chain
//! ```

use rustc_hash::FxHashMap;
use toecap_ir::Name;

use super::Infer;
use crate::{Args, ImplId, TraitId, Ty, intern_args};

/// Does a type implement a trait, and what is an associated type then?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// By this impl; false when it is not known that all its where clauses hold.
    Impl(ImplId, bool),
    /// No.
    No,
    /// Not known, and asking again does not help.
    Maybe,
}

/// `ty: tr<args>`, with what is known of the variables in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Question {
    pub tr: TraitId,
    pub ty: Ty,
    pub args: Args,
}

/// Answers of one pass over a body.
#[derive(Default)]
pub(super) struct Answers {
    found: FxHashMap<Question, Answer>,
    projections: FxHashMap<(Question, Name), Option<Ty>>,
    /// Questions that are being answered, outermost first.
    active: Vec<Question>,
    /// How often an answer was given up: what depends on it is not final.
    cuts: u32,
}

impl Answers {
    pub(super) fn is_active(&self, question: Question) -> bool {
        self.active.contains(&question)
    }
    pub(super) fn start(&mut self, question: Question) -> u32 {
        self.active.push(question);
        self.cuts
    }
    /// True when nothing was given up since the start.
    pub(super) fn end(&mut self, start: u32) -> bool {
        self.active.pop();
        self.cuts == start
    }
    pub(super) fn cut(&mut self) {
        self.cuts += 1;
    }
    pub(super) fn cuts(&self) -> u32 {
        self.cuts
    }
}

/// How long an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// For the whole run.
    Run,
    /// In this body.
    Body,
    /// In this body if it is positive: more may become known of the closures.
    BodyOnceKnown,
    /// Only now.
    Never,
}

impl Question {
    fn holds(self) -> Holds {
        let parts = || self.args.iter().chain([&self.ty]);
        if parts().any(|t| t.has_vars() || t.has_unknown() || t.has_holes()) {
            Holds::Never
        } else if parts().any(|t| t.has_closures()) {
            Holds::BodyOnceKnown
        } else if parts().any(|t| t.has_params() || t.has_projections()) {
            Holds::Body
        } else {
            Holds::Run
        }
    }
}

impl Infer<'_> {
    pub(super) fn question(&mut self, tr: TraitId, ty: Ty, args: Args) -> Question {
        let ty = self.deep(ty);
        let args: Vec<Ty> = args.iter().map(|t| self.deep(*t)).collect();
        Question { tr, ty, args: intern_args(&args) }
    }

    pub(super) fn known_answer(&self, question: Question) -> Option<Answer> {
        match question.holds() {
            Holds::Run => self.world.selection_cache.answer(question),
            Holds::Body | Holds::BodyOnceKnown => self.answers.found.get(&question).copied(),
            Holds::Never => None,
        }
    }

    pub(super) fn remember(&mut self, question: Question, answer: Answer) {
        match question.holds() {
            Holds::Run => self.world.selection_cache.put_answer(question, answer),
            Holds::BodyOnceKnown if !matches!(answer, Answer::Impl(_, true)) => {}
            Holds::Body | Holds::BodyOnceKnown => {
                self.answers.found.insert(question, answer);
            }
            Holds::Never => {}
        }
    }

    pub(super) fn known_projection(&self, question: Question, name: Name) -> Option<Option<Ty>> {
        match question.holds() {
            Holds::Run => self.world.selection_cache.projection(question, name),
            Holds::Body | Holds::BodyOnceKnown => self.answers.projections.get(&(question, name)).copied(),
            Holds::Never => None,
        }
    }

    pub(super) fn remember_projection(&mut self, question: Question, name: Name, found: Option<Ty>) {
        let holds = question.holds();
        if holds == Holds::Never {
            return;
        }
        let found = found.map(|ty| self.table.resolve(ty));
        if found.is_some_and(|ty| ty.has_vars() || ty.has_holes() || ty.has_unknown()) {
            return;
        }
        match holds {
            Holds::Run => self.world.selection_cache.put_projection(question, name, found),
            Holds::BodyOnceKnown if found.is_none() => {}
            _ => {
                self.answers.projections.insert((question, name), found);
            }
        }
    }
}
