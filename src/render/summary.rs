//! The last lines: how much was found, how long it took, and what could not be analysed.

use std::fmt::Write as _;
use std::time::Duration;

use crate::session::{Place, Report, Severity, Trouble};

/// How many functions that were given up are named.
const MAX_NAMES: usize = 20;

/// `3 warnings, 1 error in 0.21 s (1,204 files, 2 could not be read)`: what stands before the time, and behind it.
pub fn summary(report: &Report) -> (String, String) {
    let stats = &report.stats;
    let found = match (report.warnings(), report.errors()) {
        (0, 0) => "no findings".to_owned(),
        (warnings, 0) => counted(warnings, "warning"),
        (0, errors) => counted(errors, "error"),
        (warnings, errors) => format!("{}, {}", counted(warnings, "warning"), counted(errors, "error")),
    };
    let mut text = format!(" ({}", counted(stats.files, "file"));
    if stats.unreadable > 0 {
        let _ = write!(text, ", {} could not be read", grouped(stats.unreadable));
    }
    let is_broken = |trouble: &&Trouble| trouble.severity == Severity::Error && matches!(trouble.place, Place::At(_));
    let broken = report.troubles.iter().filter(is_broken).count();
    if broken > 0 {
        let _ = write!(text, ", {} could not be understood", counted(broken, "place"));
    }
    if !report.given_up.is_empty() {
        let _ = write!(text, ", {} given up", counted(report.given_up.len(), "function"));
    }
    text.push(')');
    (found + " in ", text)
}

/// `0.21 s`
pub fn seconds(elapsed: Duration) -> String {
    format!("{:.2} s", elapsed.as_secs_f64())
}

/// One line a step, for `--timings`.
pub fn phases(report: &Report) -> String {
    let stats = &report.stats;
    let mut text = String::new();
    for phase in &report.phases {
        let _ = writeln!(text, "{:>10.1} ms  {}", phase.elapsed.as_secs_f64() * 1e3, phase.name);
    }
    let _ = write!(text, "{:>13}  followed into {} of dependencies", "", counted(stats.followed, "function"));
    if stats.not_followed > 0 {
        let _ = write!(text, ", {} left out when the budget of their crate ended", grouped(stats.not_followed));
    }
    if stats.macros_given_up > 0 {
        let _ = write!(text, ", {} between items given up", counted(stats.macros_given_up, "macro call"));
    }
    text.push('\n');
    for name in report.given_up.iter().take(MAX_NAMES) {
        let _ = writeln!(text, "{:>13}  given up: {name}", "");
    }
    if report.given_up.len() > MAX_NAMES {
        let _ = writeln!(text, "{:>13}  given up: {} more", "", grouped(report.given_up.len() - MAX_NAMES));
    }
    let rate = stats.lines as f64 / stats.elapsed.as_secs_f64().max(1e-9);
    let _ = writeln!(
        text,
        "{:>10.1} ms  in all: {}, {}, {}, {} of {} of dependencies, {} a second",
        stats.elapsed.as_secs_f64() * 1e3,
        counted(stats.crates, "target"),
        counted(stats.files, "file"),
        counted(stats.lines, "line"),
        grouped(stats.dependency_files),
        counted(report.project.downloaded_files(), "file"),
        counted(rate as usize, "line"),
    );
    text
}

/// `1 file`, `1,204 files`
fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_204), "1,204");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file"), "1 file");
    }
}
