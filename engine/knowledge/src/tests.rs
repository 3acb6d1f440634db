//! The data itself: every row parses, nothing is lost or doubled, and lookups find what people write.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::{
    BlockKind, Cost, EagerKind, EndingKind, GuardLevel, OnDrop, PointKind, SendKind, SpawnKind, TimerKind, Verdict,
};
use crate::row::{HEADER, Row};
use crate::table::{crate_of, files};
use crate::{FactPath, Topic, crate_facts, crates, fact};

fn rows() -> Vec<Row> {
    files().iter().flat_map(|file| file.rows()).map(Result::unwrap).collect()
}

#[test]
fn every_row_parses_and_has_a_source() {
    for file in files() {
        assert!(file.text().starts_with(HEADER), "{}: header", file.name());
        assert!(file.text().ends_with('\n'), "{}: last line", file.name());
        for (at, row) in file.rows().enumerate() {
            let line = at + 2;
            match row {
                Ok(row) => assert!(!row.source.trim().is_empty(), "{}:{line}: source", file.name()),
                Err(error) => unreachable!("{}:{line}: {error}", file.name()),
            }
        }
    }
}

#[test]
fn rows_are_sorted_unique_and_in_the_file_of_their_crate() {
    for file in files() {
        let mut last = None;
        for row in file.rows() {
            let row = row.unwrap();
            assert_eq!(crate_of(&row.text), file.name(), "{}", row.text);
            assert_eq!(row.path.crate_name(), file.name(), "{}", row.text);
            assert_eq!(row.path.to_string(), row.text, "a path is spelled in one way");
            let key = (row.text.to_string(), row.fact.topic().as_str());
            assert!(last.as_ref() < Some(&key), "{}: {key:?} after {last:?}", file.name());
            last = Some(key);
        }
    }
    assert!(files().is_sorted_by_key(|file| file.name()));
}

/// The tables the data started from had 805, 539, 59, 85 and 55 rows; none may get lost.
#[test]
fn rows_per_topic() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows() {
        *counts.entry(row.fact.topic().as_str()).or_default() += 1;
    }
    let at_least = [
        (Topic::Blocking, 888),
        (Topic::Cancel, 544),
        (Topic::Point, 63),
        (Topic::Guard, 85),
        (Topic::Spawn, 123),
        (Topic::Timer, 18),
        (Topic::Eager, 16),
        (Topic::Ending, 72),
        (Topic::Ready, 13),
        (Topic::Memory, 25),
        (Topic::Complete, 38),
        (Topic::Alias, 74),
    ];
    for (topic, expected) in at_least {
        let found = counts.get(topic.as_str()).copied().unwrap_or_default();
        assert!(found >= expected, "{topic}: {found} rows, {expected} expected");
    }
}

#[test]
fn aliases_lead_somewhere() {
    let names: BTreeSet<&str> = crates().collect();
    for row in rows() {
        if let crate::Fact::Alias(alias) = row.fact {
            assert!(FactPath::parse_owned(&alias.target).is_ok(), "{}", row.text);
            assert!(names.contains(crate_of(&alias.target)), "{} leads to {}", row.text, alias.target);
        }
    }
}

#[test]
fn panics_are_what_the_text_says() {
    for row in rows() {
        if let crate::Fact::Blocking(blocking) = row.fact {
            assert_eq!(blocking.panics != crate::Panics::Never, blocking.why.contains("panics"), "{}", row.text);
        }
    }
}

#[test]
fn blocking_rows() {
    let read = fact("std::fs::read_to_string").unwrap().blocking().unwrap();
    assert_eq!((read.kind, read.cost), (BlockKind::Io, Cost::ShortlyBlocks));
    assert!(!read.panics_in_runtime());
    let on_file = fact("<std::fs::File as std::io::Read>::read").unwrap();
    assert_eq!(on_file.blocking().unwrap().cost, Cost::AlwaysBlocks);
    let by_core = fact("<core::fs::File as core::io::Read>::read");
    assert_eq!(by_core, Some(on_file), "core and alloc are std");
    assert_eq!(fact("std::io::Read::read").unwrap().blocking().unwrap().cost, Cost::MayBlock);
    let send = fact("tokio::sync::mpsc::Sender::blocking_send").unwrap().blocking().unwrap();
    assert!(send.panics_in_runtime());
    let hash = fact("<argon2::Argon2 as password_hash::PasswordHasher>::hash_password").unwrap();
    assert_eq!((hash.blocking().unwrap().kind, hash.blocking().unwrap().cost), (BlockKind::Cpu, Cost::CpuHeavy));
    assert_eq!(fact("std::fs::File::options"), None);
    assert_eq!(fact("nobody::knows::this"), None);
    assert_eq!(fact(""), None);
}

#[test]
fn cancel_rows() {
    let verdict = |path| fact(path).unwrap().cancel().unwrap().verdict;
    assert_eq!(verdict("tokio::sync::mpsc::Receiver::recv"), Verdict::Safe);
    assert_eq!(verdict("tokio::sync::mpsc::Sender::send"), Verdict::Unsafe);
    assert_eq!(verdict("tokio::io::AsyncWriteExt::write_all"), Verdict::Unsafe);
    assert_eq!(verdict("tokio::sync::Mutex::lock"), Verdict::LosesPlace);
    assert!(
        Verdict::Safe < Verdict::LosesPlace
            && Verdict::LosesPlace < Verdict::Partial
            && Verdict::Partial < Verdict::Unsafe
    );
}

#[test]
fn points_guards_and_spawns() {
    assert_eq!(fact("tokio::select!").unwrap().point().unwrap().kind, PointKind::Race);
    let join_set = fact("tokio::task::JoinSet").unwrap();
    assert_eq!(join_set.point().unwrap().kind, PointKind::ScopeEnd);
    assert_eq!(join_set.guard().unwrap().level, GuardLevel::DenyUnbound);
    let guard = fact("std::sync::MutexGuard").unwrap().guard().unwrap();
    assert_eq!((guard.level, guard.send), (GuardLevel::Deny, SendKind::No));
    assert_eq!(fact("tracing::span::Entered").unwrap().guard().unwrap().send, SendKind::Yes);
    let blocking = fact("tokio::task::spawn_blocking").unwrap().spawn().unwrap();
    assert_eq!((blocking.kind, blocking.blocking_ok_inside), (SpawnKind::BlockingClosure, true));
    let task = fact("tokio::spawn").unwrap().spawn().unwrap();
    assert_eq!((task.kind, task.blocking_ok_inside, task.on_drop), (SpawnKind::AsyncTask, false, OnDrop::Detach));
    assert_eq!(fact("smol::spawn").unwrap().spawn().unwrap().on_drop, OnDrop::Cancel);
}

#[test]
fn timers_endings_eager_and_the_rest() {
    assert_eq!(fact("tokio::time::sleep").unwrap().timer().unwrap().kind, TimerKind::Delay);
    assert_eq!(fact("tokio::io::AsyncWriteExt::shutdown").unwrap().ending().unwrap().kind, EndingKind::Shutdown);
    assert!(fact("tokio::io::AsyncWriteExt::shutdown").unwrap().cancel().is_some());
    assert!(fact("core::mem::drop").unwrap().ending().is_some());
    assert_eq!(fact("tokio::task::JoinHandle").unwrap().eager().unwrap().kind, EagerKind::Task);
    assert_eq!(fact("smol::Task").unwrap().eager().unwrap().kind, EagerKind::OwnedTask);
    assert!(fact("futures::future::ready").unwrap().ready().is_some());
    assert!(fact("alloc::vec::Vec").unwrap().memory().is_some());
    assert!(crate_facts("tokio").complete && crate_facts("core").complete && crate_facts("tokio-util").complete);
    assert!(!crate_facts("zstd").complete && crate_facts("nobody").entries.is_empty());
}

#[test]
fn facades() {
    assert_eq!(fact("futures::select!"), fact("futures_util::select!"));
    assert_eq!(fact("futures::StreamExt::next"), fact("futures_util::stream::StreamExt::next"));
    assert_eq!(fact("futures::channel::oneshot::Receiver"), fact("futures_channel::oneshot::Receiver"));
    assert_eq!(fact("parking_lot::Mutex::lock"), fact("lock_api::Mutex::lock"));
    assert_eq!(fact("rayon::spawn"), fact("rayon_core::spawn"));
    assert_eq!(fact("actix_web::rt::time::sleep"), fact("tokio::time::sleep"));
    for path in [
        "futures::StreamExt::next",
        "futures::select!",
        "parking_lot::Mutex::lock",
        "rayon::spawn",
        "actix_web::rt::time::sleep",
    ] {
        assert!(fact(path).is_some(), "{path}");
    }
}
