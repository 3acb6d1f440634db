//! Whether to use colours: what was asked for, then the environment, then whether a terminal is there.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;

use super::options::ColorWhen;

/// True when output to `stream` gets colours.
pub(super) fn wanted(asked: Option<ColorWhen>, stream: &impl IsTerminal) -> bool {
    let asked = asked.or_else(|| env::var("CARGO_TERM_COLOR").ok().and_then(|word| parse(&word)));
    decide(asked, &|name| env::var_os(name), stream.is_terminal())
}

fn parse(word: &str) -> Option<ColorWhen> {
    match word {
        "always" => Some(ColorWhen::Always),
        "never" => Some(ColorWhen::Never),
        _ => None,
    }
}

fn decide(asked: Option<ColorWhen>, var: &dyn Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let is_set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
    let is_on = |name: &str| var(name).is_some_and(|value| !value.is_empty() && value != "0");
    match asked {
        Some(ColorWhen::Always) => return true,
        Some(ColorWhen::Never) => return false,
        Some(ColorWhen::Auto) | None => {}
    }
    if is_set("NO_COLOR") {
        return false;
    }
    if is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR") {
        return true;
    }
    let is_off = var("CLICOLOR").is_some_and(|value| value == "0") || var("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !is_off
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(asked: Option<ColorWhen>, set: &[(&str, &str)], is_terminal: bool) -> bool {
        let var = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        decide(asked, &var, is_terminal)
    }

    #[test]
    fn a_terminal_gets_colours_and_a_pipe_does_not() {
        assert!(decided(None, &[], true));
        assert!(!decided(None, &[], false));
        assert!(!decided(None, &[("TERM", "dumb")], true));
        assert!(!decided(None, &[("CLICOLOR", "0")], true));
    }

    #[test]
    fn the_environment_is_heard_and_the_argument_wins() {
        assert!(!decided(None, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(decided(None, &[("NO_COLOR", "")], true));
        assert!(decided(None, &[("CLICOLOR_FORCE", "1")], false));
        assert!(decided(None, &[("FORCE_COLOR", "1")], false));
        assert!(!decided(None, &[("FORCE_COLOR", "0")], false));
        assert!(decided(Some(ColorWhen::Always), &[("NO_COLOR", "1")], false));
        assert!(!decided(Some(ColorWhen::Never), &[("CLICOLOR_FORCE", "1")], true));
    }
}
