//! How loud each lint is: its own level, then what the command line says, in order.
//!
//! ```text
//! -A perf -W cpu_heavy_in_async -D warnings    the group is off, one lint of it is back, and is an error
//! ```

use toecap_finding::{Level, Lint, Selector, UnknownSelector};

/// Level options in the order of the command line.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    options: Vec<(Level, Selector)>,
}

impl Levels {
    /// Options in order.
    pub fn new(options: Vec<(Level, Selector)>) -> Levels {
        Levels { options }
    }

    /// These options, then those of `later`.
    pub fn then(mut self, later: &Levels) -> Levels {
        self.options.extend_from_slice(&later.options);
        self
    }

    /// Reads options, each a level and a name.
    ///
    /// # Errors
    /// When a name means nothing.
    pub fn parse<'a>(
        options: impl IntoIterator<Item = (Level, &'a str)>,
        lints: &[&'static Lint],
    ) -> Result<Levels, UnknownSelector> {
        let options = options.into_iter().map(|(level, name)| Ok((level, Selector::parse(name, lints)?)));
        Ok(Levels::new(options.collect::<Result<_, _>>()?))
    }

    /// The level of a lint. A later option wins, but nothing lowers `forbid`; `warnings` is looked at last, as in rustc.
    pub fn of(&self, lint: &Lint) -> Level {
        let level = self.apply(lint, lint.default_level, |selector| selector != Selector::Warnings);
        if level != Level::Warn {
            return level;
        }
        self.apply(lint, level, |selector| selector == Selector::Warnings)
    }

    fn apply(&self, lint: &Lint, start: Level, considered: impl Fn(Selector) -> bool) -> Level {
        let options = self.options.iter().filter(|(_, selector)| considered(*selector));
        options.filter(|(_, selector)| selector.matches(lint, Level::Warn)).fold(start, |now, (level, _)| match now {
            Level::Forbid => now,
            _ => *level,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use toecap_finding::{Group, Topic};

    static LOUD: Lint = Lint {
        name: "loud",
        topic: Topic::Correctness,
        group: Group::Correctness,
        default_level: Level::Deny,
        summary: "",
        page: "",
        quiet_in_tests: false,
    };
    static SLOW: Lint = Lint {
        name: "slow",
        topic: Topic::Blocking,
        group: Group::Perf,
        default_level: Level::Warn,
        summary: "",
        page: "",
        quiet_in_tests: true,
    };

    fn level(options: &str, lint: &Lint) -> Level {
        let words = options.split_whitespace().map(|word| {
            let level = match &word[..2] {
                "-A" => Level::Allow,
                "-W" => Level::Warn,
                "-D" => Level::Deny,
                _ => Level::Forbid,
            };
            (level, &word[2..])
        });
        Levels::parse(words, &[&LOUD, &SLOW]).unwrap().of(lint)
    }

    #[test]
    fn later_options_win() {
        assert_eq!(level("", &LOUD), Level::Deny);
        assert_eq!(level("-Aperf -Wslow", &SLOW), Level::Warn);
        assert_eq!(level("-Wslow -Aperf", &SLOW), Level::Allow);
        assert_eq!(level("-Aall -Dtoecap::blocking", &SLOW), Level::Deny);
        assert_eq!(level("-Aall -Dtoecap::blocking", &LOUD), Level::Allow);
    }

    #[test]
    fn forbid_stays() {
        assert_eq!(level("-Fslow -Aslow -Aall", &SLOW), Level::Forbid);
    }

    #[test]
    fn warnings_are_what_is_left_at_warn() {
        assert_eq!(level("-Dwarnings", &SLOW), Level::Deny);
        assert_eq!(level("-Dwarnings -Wslow", &SLOW), Level::Deny);
        assert_eq!(level("-Aslow -Dwarnings", &SLOW), Level::Allow);
        assert_eq!(level("-Awarnings", &LOUD), Level::Deny);
        assert_eq!(level("-Wloud -Awarnings", &LOUD), Level::Allow);
    }

    #[test]
    fn unknown_names_are_errors() {
        assert!(Levels::parse([(Level::Deny, "slwo")], &[&SLOW]).is_err());
    }
}
