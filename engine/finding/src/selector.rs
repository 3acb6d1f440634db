//! What people write to mean one lint or many: `-D correctness`, `allow(toecap::unawaited_future)`.

use std::fmt;

use toecap_ir::similar;

use crate::{Group, Level, Lint, TOOL, Topic};

/// One lint, or a set of them by a common property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// `unawaited_future`
    Lint(&'static Lint),
    /// `perf`, `locks`: a group, a topic, or (`correctness`) both.
    Kind(Option<Group>, Option<Topic>),
    /// `all`
    All,
    /// `warnings`: whatever is at [`Level::Warn`] in the end.
    Warnings,
}

/// A name that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSelector {
    /// As written.
    pub name: String,
    /// What was probably meant.
    pub similar: Option<&'static str>,
}

impl Selector {
    /// Reads a name, with or without `toecap::`; `-` is taken for `_`.
    ///
    /// # Errors
    /// When no lint, group or topic is called so.
    pub fn parse(text: &str, lints: &[&'static Lint]) -> Result<Selector, UnknownSelector> {
        let bare = text.trim();
        let bare = bare.strip_prefix(TOOL).and_then(|rest| rest.strip_prefix("::")).unwrap_or(bare).replace('-', "_");
        if let Some(lint) = lints.iter().find(|lint| lint.name == bare) {
            return Ok(Selector::Lint(lint));
        }
        match bare.as_str() {
            "all" => return Ok(Selector::All),
            "warnings" => return Ok(Selector::Warnings),
            _ => {}
        }
        let group = Group::ALL.into_iter().find(|g| g.as_str() == bare);
        let topic = Topic::ALL.into_iter().find(|t| t.as_str() == bare);
        if group.is_some() || topic.is_some() {
            return Ok(Selector::Kind(group, topic));
        }
        Err(UnknownSelector { similar: similar(&bare, names(lints)), name: text.trim().to_owned() })
    }

    /// True when `lint` is meant, which is at `level` by then.
    pub fn matches(&self, lint: &Lint, level: Level) -> bool {
        match self {
            Selector::Lint(one) => *one == lint,
            Selector::Kind(group, topic) => *group == Some(lint.group) || *topic == Some(lint.topic),
            Selector::All => true,
            Selector::Warnings => level == Level::Warn,
        }
    }
}

fn names(lints: &[&'static Lint]) -> Vec<&'static str> {
    let kinds = Group::ALL.map(Group::as_str).into_iter().chain(Topic::ALL.map(Topic::as_str));
    lints.iter().map(|lint| lint.name).chain(kinds).chain(["all", "warnings"]).collect()
}

impl fmt::Display for UnknownSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown lint or group `{}`", self.name)?;
        match self.similar {
            Some(similar) => write!(f, "; did you mean `{similar}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownSelector {}

#[cfg(test)]
mod tests {
    use super::*;

    static LINT: Lint = Lint {
        name: "lost_wakeup",
        topic: Topic::Locks,
        group: Group::Correctness,
        default_level: Level::Warn,
        summary: "",
        page: "",
        quiet_in_tests: false,
    };

    fn parse(text: &str) -> Result<Selector, UnknownSelector> {
        Selector::parse(text, &[&LINT])
    }

    #[test]
    fn the_prefix_and_the_kind_of_dash_do_not_matter() {
        for text in ["lost_wakeup", "toecap::lost_wakeup", "lost-wakeup", " toecap::lost-wakeup "] {
            assert_eq!(parse(text), Ok(Selector::Lint(&LINT)), "{text}");
        }
        assert_eq!(
            parse("toecap::correctness"),
            Ok(Selector::Kind(Some(Group::Correctness), Some(Topic::Correctness)))
        );
        assert_eq!(parse("all"), Ok(Selector::All));
    }

    #[test]
    fn groups_and_topics_match_their_lints() {
        let matches = |text: &str, level| parse(text).is_ok_and(|s| s.matches(&LINT, level));
        assert!(matches("correctness", Level::Warn));
        assert!(matches("locks", Level::Allow));
        assert!(!matches("blocking", Level::Warn));
        assert!(matches("warnings", Level::Warn));
        assert!(!matches("warnings", Level::Deny));
    }

    #[test]
    fn unknown_names_bring_the_nearest() {
        let error = parse("lost_wakeups").map_err(|e| e.to_string());
        assert_eq!(error, Err("unknown lint or group `lost_wakeups`; did you mean `lost_wakeup`?".to_owned()));
        assert_eq!(parse("zzz").map_err(|e| e.to_string()), Err("unknown lint or group `zzz`".to_owned()));
    }
}
