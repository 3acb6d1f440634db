//! The typed facts, one struct per topic.
//!
//! ```text
//! let text = std::fs::read_to_string(path)?;              // Blocking { kind: Io, cost: AlwaysBlocks, .. }
//! select! { line = reader.read_line(&mut s) => …, … }     // Point { kind: Race, .. } over Cancel { verdict: Unsafe, .. }
//! ```

use crate::Text;
use crate::spelled::spelled;

spelled! {
    /// What a row is about.
    pub enum Topic {
        /// [`Blocking`]
        Blocking = "blocking",
        /// [`Cancel`]
        Cancel = "cancel",
        /// [`Point`]
        Point = "point",
        /// [`Guard`]
        Guard = "guard",
        /// [`Spawn`]
        Spawn = "spawn",
        /// [`Timer`]
        Timer = "timer",
        /// [`Eager`]
        Eager = "eager",
        /// [`Ending`]
        Ending = "ending",
        /// [`Ready`]
        Ready = "ready",
        /// [`InMemory`]
        Memory = "memory",
        /// [`Take`]
        Take = "take",
        /// [`Complete`]
        Complete = "complete",
        /// [`Alias`]
        Alias = "alias",
    }
}

/// One row of the data, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum Fact {
    Blocking(Blocking),
    Cancel(Cancel),
    Point(Point),
    Guard(Guard),
    Spawn(Spawn),
    Timer(Timer),
    Eager(Eager),
    Ending(Ending),
    Ready(Ready),
    Memory(InMemory),
    Take(Take),
    Complete(Complete),
    Alias(Alias),
}

impl Fact {
    /// What it says, for people: `io, always-blocks: opens a file`.
    pub fn text(&self) -> String {
        match self {
            Fact::Blocking(f) => format!("{}, {}: {}", f.kind, f.cost, f.why),
            Fact::Cancel(f) => format!("{}: {}", f.verdict, f.lost),
            Fact::Point(f) => format!("{}: drops {}", f.kind, f.dropped),
            Fact::Guard(f) => format!("{}, {}: {}", f.kind, f.level, f.why),
            Fact::Spawn(f) => format!("{}; dropping the handle: {}", f.kind, f.on_drop_text),
            Fact::Timer(f) => f.kind.to_string(),
            Fact::Eager(f) => format!("{}: {}", f.kind, f.why),
            Fact::Ending(f) => format!("{}: {}", f.kind, f.why),
            Fact::Ready(Ready { why }) | Fact::Memory(InMemory { why }) | Fact::Complete(Complete { why }) => {
                why.to_string()
            }
            Fact::Take(f) => format!("{}: {}", f.kind, f.what),
            Fact::Alias(f) => f.target.to_string(),
        }
    }

    /// The topic whose struct this is.
    pub const fn topic(&self) -> Topic {
        match self {
            Fact::Blocking(_) => Topic::Blocking,
            Fact::Cancel(_) => Topic::Cancel,
            Fact::Point(_) => Topic::Point,
            Fact::Guard(_) => Topic::Guard,
            Fact::Spawn(_) => Topic::Spawn,
            Fact::Timer(_) => Topic::Timer,
            Fact::Eager(_) => Topic::Eager,
            Fact::Ending(_) => Topic::Ending,
            Fact::Ready(_) => Topic::Ready,
            Fact::Memory(_) => Topic::Memory,
            Fact::Take(_) => Topic::Take,
            Fact::Complete(_) => Topic::Complete,
            Fact::Alias(_) => Topic::Alias,
        }
    }
}

/// A function, method or macro that keeps the calling thread busy or parked.
/// Columns: `kind`, `grade` (the cost), `why`, `instead` (the alternative), `note` (when it panics, or `heavy from level 15`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocking {
    /// What it waits for or spends.
    pub kind: BlockKind,
    /// How surely it does.
    pub cost: Cost,
    /// Whether it panics rather than blocks when an executor runs it.
    pub panics: Panics,
    /// What takes as long as its input is large ([`Cost::CpuIfLarge`]) is heavy where its last argument, a level of effort, is a
    /// number of at least this: a megabyte then takes 70 ms and more (zstd 1.5 at level 15, 5 to 14 MB/s).
    pub heavy_from: Option<u64>,
    /// What async code calls instead; empty where nothing general can be said.
    pub alternative: Text,
    /// Why it blocks, as a phrase for messages.
    pub why: Text,
}

impl Cost {
    /// Does every call wait, for long or not?
    pub fn waits_always(self) -> bool {
        matches!(self, Cost::AlwaysBlocks | Cost::BrieflyBlocks | Cost::ShortlyBlocks)
    }
}

impl Blocking {
    /// Whether any call on a thread of a runtime panics (or does when it would have to wait).
    pub fn panics_in_runtime(&self) -> bool {
        self.panics == Panics::InRuntime
    }
}

spelled! {
    /// What a blocking call waits for or spends.
    #[expect(missing_docs, reason = "the words say it")]
    pub enum BlockKind {
        Io = "io",
        Net = "net",
        Lock = "lock",
        Channel = "channel",
        Process = "process",
        Runtime = "runtime",
        Sleep = "sleep",
        Dns = "dns",
        /// Waits for who sits at the terminal.
        User = "user",
        Cpu = "cpu",
    }
}

spelled! {
    /// How surely a call blocks or burns.
    pub enum Cost {
        /// Every call waits for the outside world.
        AlwaysBlocks = "always-blocks",
        /// Every call waits, for microseconds: one look at a directory entry. Worth a word where async code does it itself,
        /// and not where a function that it calls does.
        BrieflyBlocks = "briefly-blocks",
        /// Every call waits for the disk once: one file that is opened or read whole, one folder that is listed.
        ShortlyBlocks = "shortly-blocks",
        /// Waits under contention, when full or empty, or for some receivers only.
        MayBlock = "may-block",
        /// Burns milliseconds to seconds by nature.
        CpuHeavy = "cpu-heavy",
        /// Burns in proportion to its input.
        CpuIfLarge = "cpu-if-large",
    }
}

spelled! {
    /// When a blocking API panics instead.
    pub enum Panics {
        /// It does not.
        Never = "",
        /// On a thread that runs async code.
        InRuntime = "panics in a runtime",
        /// Only where the runtime is a current-thread one.
        OnCurrentThread = "panics on a current-thread runtime",
        /// The value it makes panics when async code drops it.
        OnDrop = "panics on drop in async code",
    }
}

/// What dropping the future of an awaitable API before it is done does. Columns: `kind` (the verdict), `why` (what is lost).
/// The row of a *type* is about awaiting or polling a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The verdict.
    pub verdict: Verdict,
    /// What is lost, as a phrase for messages (`nothing`, `the message (moved into the future)`).
    pub lost: Text,
}

spelled! {
    /// Cancel verdicts; the order is the lattice, so that the join is `max`.
    pub enum Verdict {
        /// Nothing is lost.
        Safe = "safe",
        /// The place in a queue is lost.
        LosesPlace = "loses-place",
        /// Part of the work or its result is lost; nothing that was given away.
        Partial = "partial",
        /// Data is lost or a peer sees half of it.
        Unsafe = "unsafe",
    }
}

/// An API that drops a future before it is done. Columns: `kind`, `why` (what is dropped), `note`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// How it comes to that.
    pub kind: PointKind,
    /// What is dropped, as a phrase for messages.
    pub dropped: Text,
    /// Anything else, or empty.
    pub note: Text,
}

spelled! {
    /// How a future comes to be dropped.
    pub enum PointKind {
        /// Another future was ready first.
        Race = "race",
        /// A deadline passed.
        Timeout = "timeout",
        /// Somebody aborted the task.
        Abort = "abort",
        /// It was polled once only.
        OnePoll = "one-poll",
        /// A sibling failed.
        FailFast = "fail-fast",
        /// Nothing drops it: it runs beside its siblings until all are done.
        Join = "join",
        /// The value that drives it was dropped.
        ScopeEnd = "scope-end",
        /// A cancellation token fired.
        Token = "token",
        /// The client of a server went away.
        Server = "server",
        /// A stream was cut by a future.
        TakeUntil = "take-until",
    }
}

/// A type that must not, or should not, live across an await.
/// Columns: `kind`, `grade` (the level), `why`, `made_by`, `send`, `note` (what clippy sees of it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// What it guards.
    pub kind: GuardKind,
    /// Whether the compiler stops it from crossing an await of a spawned task.
    pub send: SendKind,
    /// What holding it across an await deserves.
    pub level: GuardLevel,
    /// What goes wrong, as a phrase for messages.
    pub why: Text,
    /// The methods that make one, in words.
    pub made_by: Text,
}

spelled! {
    /// What a guard guards.
    pub enum GuardKind {
        /// A lock that blocks threads.
        SyncLock = "sync-lock",
        /// A lock made for async code.
        AsyncLock = "async-lock",
        /// State of one thread (a span, a runtime, a subscriber).
        ThreadContext = "thread-context",
        /// Its drop aborts or cancels.
        DropActs = "drop-acts",
        /// A permit of a semaphore or channel.
        Permit = "permit",
        /// An object borrowed from a pool.
        Pooled = "pooled",
        /// A dynamic borrow.
        Borrow = "borrow",
        /// A pin of an epoch or debt slot.
        Epoch = "epoch",
    }
}

spelled! {
    /// `Send`-ness of a guard.
    #[expect(missing_docs, reason = "the words say it")]
    pub enum SendKind {
        Yes = "yes",
        No = "no",
        WithFeature = "with feature send_guard",
        Unknown = "not checked",
    }
}

spelled! {
    /// What holding a guard across an await deserves.
    pub enum GuardLevel {
        /// Wrong on every run that reaches it.
        Deny = "deny",
        /// Usually wrong.
        Warn = "warn",
        /// Made for it, or harmless.
        Allow = "allow",
        /// Fine to hold; wrong to drop at once with `let _ =`.
        DenyUnbound = "deny when bound to _",
    }
}

/// An API that takes a future or closure and has it run elsewhere, or runs an executor on this thread.
/// Columns: `kind`, `grade` (whether blocking is fine inside), `why` (what dropping the handle does), `note`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawn {
    /// Who runs what it takes.
    pub kind: SpawnKind,
    /// Whether what it takes may block.
    pub blocking_ok_inside: bool,
    /// What dropping the returned handle does.
    pub on_drop: OnDrop,
    /// The same in words, with its conditions.
    pub on_drop_text: Text,
    /// Anything else, or empty.
    pub note: Text,
}

spelled! {
    /// Who runs what a spawn API takes.
    pub enum SpawnKind {
        /// An executor, as a task.
        AsyncTask = "async-task",
        /// A pool for blocking work (or this thread, made fit for blocking).
        BlockingClosure = "blocking-closure",
        /// A new thread.
        Thread = "thread",
        /// This thread, until the future is done.
        Entry = "entry",
        /// A pool for computing.
        CpuPool = "cpu-pool",
    }
}

/// What dropping the handle of something spawned does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDrop {
    /// It goes on without anybody waiting.
    Detach,
    /// It is aborted at its next await.
    Abort,
    /// It is cancelled (`detach()`, `forget()` prevent it).
    Cancel,
    /// The API returns no handle.
    NoHandle,
    /// The result is awaited in place.
    Awaits,
    /// Joined at the end of a scope.
    Joined,
    /// There is nothing to drop: it runs inline.
    Inline,
}

/// A pure wait for time: as a `select!` branch it cancels the others, and loses nothing itself. Columns: `kind`, `note`.
/// The row of a type is about awaiting a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What it waits for.
    pub kind: TimerKind,
    /// Anything else, or empty.
    pub note: Text,
}

spelled! {
    /// What a timer waits for.
    pub enum TimerKind {
        /// A time from now: starts anew when made anew.
        Delay = "delay",
        /// A point in time: made anew, it waits for the same point.
        Deadline = "deadline",
        /// The next beat of a clock that is kept outside.
        Tick = "tick",
    }
}

/// A type or function whose future does its work without being polled, so that not awaiting it loses the result only.
/// Columns: `kind`, `why` (what runs by itself).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eager {
    /// Who does the work.
    pub kind: EagerKind,
    /// What runs by itself, as a phrase for messages.
    pub why: Text,
}

spelled! {
    /// Who does the work of an eager future.
    pub enum EagerKind {
        /// An executor or a thread runs it; the value is a handle.
        Task = "task",
        /// The same, but dropping the handle stops the task.
        OwnedTask = "owned-task",
        /// It was queued when it was made; the value waits for the confirmation.
        Queued = "queued",
        /// Somebody else, who sends the result; polling starts nothing.
        Signal = "signal",
    }
}

/// A call that gives a place up for good: after a cancelled operation it means that the rest is not used again.
/// Columns: `kind`, `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it ends.
    pub kind: EndingKind,
    /// What it does, as a phrase for messages.
    pub why: Text,
}

spelled! {
    /// How a place is given up.
    pub enum EndingKind {
        /// Says goodbye, then nothing may be sent.
        Shutdown = "shutdown",
        /// Closes a channel, connection or file.
        Close = "close",
        /// Stops a task or stream at once.
        Abort = "abort",
        /// Resets one stream of a connection.
        Reset = "reset",
        /// Kills a process.
        Kill = "kill",
        /// Takes a connection out of its pool.
        Discard = "discard",
        /// Undoes a transaction.
        Rollback = "rollback",
        /// Drops the value.
        Drop = "drop",
    }
}

/// A function whose future, or a type that as a future, is ready at the first poll: awaiting it is no suspension point. Columns: `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Why, as a phrase for messages.
    pub why: Text,
}

/// A type whose `Read`, `Write`, `AsyncRead`, `AsyncWrite` stay in memory: no system call, and nothing that a peer sees by halves.
/// Columns: `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemory {
    /// Why, as a phrase.
    pub why: Text,
}

/// A call that, once it is done (a `poll` function: once it is ready), has moved something out of what it is called on, or into
/// it: whoever is cancelled afterwards, before that something has arrived, has lost it. Columns: `kind`, `why` (what is moved).
///
/// ```text
/// let job = rx.recv().await;      // out: the job is in nobody's hands but ours
/// run(job).await;                 // dropped here, it is gone
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// In which direction.
    pub kind: TakeKind,
    /// What is moved, as a phrase for messages (`a message`, `bytes`).
    pub what: Text,
}

spelled! {
    /// Directions of a [`Take`].
    pub enum TakeKind {
        /// Out, into the value that the call returns.
        Out = "out",
        /// Out, into the argument that is lent mutably.
        Fill = "fill",
        /// Into what it is called on, piece by piece: what follows of the same kind continues it.
        Into = "into",
        /// Nothing is moved yet: the value is a view of what a later `consume` takes out.
        View = "view",
        /// Takes out what was viewed.
        Consume = "consume",
    }
}

/// A crate or module whose blocking rows are the whole story: what its other functions do inside (short internal locks, work they
/// offload themselves) is no blocking of the caller. Columns: `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// Why, as a phrase.
    pub why: Text,
}

/// A public path of a facade crate that stands for another path. Columns: `instead` (the target). Applies to what is below, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The path that is meant.
    pub target: Text,
}
