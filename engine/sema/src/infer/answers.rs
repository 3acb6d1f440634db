//! Questions about traits that were answered before: while a body is looked at, and for the whole run.
//!
//! ```text
//! Map<Filter<I, {closure 0}>, {closure 1}>: Iterator    asked again for each step of a chain
//! ```
//! What holds for the whole run is found out apart: with budgets of its own, which cost nobody else anything. So it is the same
//! whoever asks, whether somebody asked before, and on any number of threads.

use rustc_hash::FxHashMap;
use toecap_ir::Name;

use super::Infer;
use crate::{Args, ImplId, TraitId, Ty, intern_args};

/// Work for one outermost question, or one that is answered apart.
const FUEL: u32 = 2_000;
/// Work for all questions about a body: of 20 crates' bodies those that are understood take less than a hundredth, a few with
/// types of thousands of parts (chains of filters) would take minutes. Five times as much understands 4 of the 190
/// functions of lemmy that are given up, and takes 7 s of 23 for that.
pub(super) const BODY_FUEL: u32 = 10_000;
/// Work for one outermost question once that is used up.
const LITTLE_FUEL: u32 = 40;

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

/// Questions in questions stop here, however deep each of them may go.
const MAX_ACTIVE: usize = 60;

/// Answers of one pass over a body.
pub(super) struct Answers {
    found: FxHashMap<Question, Answer>,
    projections: FxHashMap<(Question, Name), Option<Ty>>,
    /// What is being answered, outermost first; none for an associated type. Numbers of these begin at 1.
    active: Vec<Option<Question>>,
    /// The outermost that what was given up since the innermost began depends on; 0 where it depends on more than them.
    low: usize,
    /// The innermost that is answered apart, whose budgets are those that end; 0 for those of the body.
    apart: usize,
}

impl Default for Answers {
    fn default() -> Self {
        let (found, projections) = Default::default();
        Self { found, projections, active: Vec::new(), low: usize::MAX, apart: 0 }
    }
}

/// Where the finding of an answer began.
pub(super) struct Started {
    low: usize,
    apart: usize,
    /// The budgets of who asked, where it is found apart.
    left: Option<Budgets>,
}

/// What is left, and how deep it goes.
struct Budgets {
    fuel: u32,
    fuel_left: u32,
    out_of_fuel: u32,
    depth: u32,
    unify_depth: u32,
}

impl Answers {
    /// Is the question being answered? What depends on that then is no answer for others.
    pub(super) fn meets(&mut self, question: Question) -> bool {
        let Some(at) = self.active.iter().position(|active| *active == Some(question)) else { return false };
        self.low = self.low.min(at + 1);
        true
    }
    /// Something is given up since a budget has ended.
    pub(super) fn cut(&mut self) {
        self.low = self.low.min(self.apart);
    }
    /// Something depends on who asks.
    pub(super) fn depend_on_asker(&mut self) {
        self.low = 0;
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
    pub(super) fn holds_for_run(self) -> bool {
        self.holds() == Holds::Run
    }
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
        if args.iter().all(|arg| !arg.has_vars() && !arg.has_projections()) {
            return Question { tr, ty, args };
        }
        let args: Vec<Ty> = args.iter().map(|t| self.deep(*t)).collect();
        Question { tr, ty, args: intern_args(&args) }
    }

    /// An outermost question begins.
    pub(super) fn refuel(&mut self) {
        self.fuel = if self.fuel_left == 0 { LITTLE_FUEL } else { FUEL };
    }

    /// The finding of an answer begins; none where that goes too deep.
    pub(super) fn start(&mut self, question: Question, is_projection: bool) -> Option<Started> {
        if self.answers.active.len() >= MAX_ACTIVE {
            self.out_of_fuel += 1;
            self.answers.depend_on_asker();
            return None;
        }
        let mut started = Started { low: self.answers.low, apart: self.answers.apart, left: None };
        self.answers.active.push(if is_projection { None } else { Some(question) });
        self.answers.low = usize::MAX;
        if question.holds_for_run() {
            self.answers.apart = self.answers.active.len();
            started.left = Some(Budgets {
                fuel: std::mem::replace(&mut self.fuel, FUEL),
                fuel_left: self.fuel_left,
                out_of_fuel: self.out_of_fuel,
                depth: std::mem::replace(&mut self.depth, 1),
                unify_depth: std::mem::take(&mut self.unify_depth),
            });
        }
        Some(started)
    }

    /// It ends. True when the answer is final.
    pub(super) fn is_final(&mut self, started: &Started) -> bool {
        self.answers.active.pop();
        let is_final = self.answers.low > self.answers.active.len();
        let low = if is_final { usize::MAX } else { self.answers.low };
        self.answers.low = started.low.min(low);
        self.answers.apart = started.apart;
        is_final
    }

    /// Goes on with the budgets of who asked. What is not remembered takes from them, for it will be found out again.
    pub(super) fn resume(&mut self, started: Started, is_remembered: bool) {
        let Some(left) = started.left else { return };
        self.depth = left.depth;
        self.unify_depth = left.unify_depth;
        let used = FUEL - self.fuel;
        self.fuel = left.fuel;
        if is_remembered {
            self.fuel_left = left.fuel_left;
            self.out_of_fuel = left.out_of_fuel;
        } else {
            self.fuel = left.fuel.saturating_sub(used);
        }
    }

    pub(super) fn known_answer(&self, question: Question) -> Option<Answer> {
        match question.holds() {
            Holds::Run => self.world.selection_cache.answers.get(&question),
            Holds::Body | Holds::BodyOnceKnown => self.answers.found.get(&question).copied(),
            Holds::Never => None,
        }
    }

    pub(super) fn remember(&mut self, question: Question, answer: Answer) {
        match question.holds() {
            Holds::Run => self.world.selection_cache.answers.keep(question, answer),
            Holds::BodyOnceKnown if !matches!(answer, Answer::Impl(_, true)) => {}
            Holds::Body | Holds::BodyOnceKnown => {
                self.answers.found.insert(question, answer);
            }
            Holds::Never => {}
        }
    }

    pub(super) fn known_projection(&self, question: Question, name: Name) -> Option<Option<Ty>> {
        match question.holds() {
            Holds::Run => self.world.selection_cache.projections.get(&(question, name)),
            Holds::Body | Holds::BodyOnceKnown => self.answers.projections.get(&(question, name)).copied(),
            Holds::Never => None,
        }
    }

    /// True when it will be known from now on.
    pub(super) fn remember_projection(&mut self, question: Question, name: Name, found: Option<Ty>) -> bool {
        let holds = question.holds();
        if holds == Holds::Never {
            return false;
        }
        let found = found.map(|ty| self.table.resolve(ty));
        if found.is_some_and(|ty| ty.has_vars() || ty.has_holes() || ty.has_unknown()) {
            return false;
        }
        match holds {
            Holds::Run => self.world.selection_cache.projections.keep((question, name), found),
            Holds::BodyOnceKnown if found.is_none() => return false,
            _ => {
                self.answers.projections.insert((question, name), found);
            }
        }
        true
    }
}
