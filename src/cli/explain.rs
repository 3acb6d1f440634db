//! `toecap explain LINT`: the lint's page as plain text.

use std::io;

use toecap_finding::{Lint, Selector};
use toecap_ir::similar;

use super::options::ColorWhen;
use super::{Exit, color, output};
use crate::session::lints;

pub(super) fn explain(name: &str, asked: Option<ColorWhen>) -> Exit {
    match find(name) {
        Ok(lint) => output::print(&page(lint, color::wanted(asked, &io::stdout()))),
        Err(similar) => {
            let help = match similar {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => "`toecap --list` prints all lints".to_owned(),
            };
            output::fail(&format!("no lint is called `{name}`"), Some(&help), color::wanted(asked, &io::stderr()))
        }
    }
}

/// The lint of that name, or the one whose name is nearest.
fn find(name: &str) -> Result<&'static Lint, Option<&'static str>> {
    match Selector::parse(name, lints()) {
        Ok(Selector::Lint(lint)) => Ok(lint),
        _ => Err(similar(name, lints().iter().map(|lint| lint.name))),
    }
}

/// The page without Markdown's marks: headings stand out, code is indented.
fn page(lint: &Lint, color: bool) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in lint.page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        let heading = line.trim_start_matches('#');
        match line {
            "" => {}
            _ if in_code => text.push_str(&format!("    {}", code(line))),
            _ if line.starts_with("# ") => {
                let about = format!("{} ({}, {} by default)", lint.code(), lint.group, lint.default_level);
                text.push_str(&output::painted(output::BOLD, &about, color));
            }
            _ if heading.len() < line.len() && heading.starts_with(' ') => {
                text.push_str(&output::painted(output::BOLD, heading.trim(), color));
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// A line of an example; the mark of the tests becomes a remark.
fn code(line: &str) -> String {
    match line.split_once("//~") {
        Some((code, _)) => format!("{code}// <- reported"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn pages_are_plain_text() {
        for lint in lints() {
            let text = page(lint, false);
            assert!(text.starts_with(&lint.code()), "{text}");
            assert!(!text.contains("```") && !text.contains("//~") && !text.contains("\n#"), "{text}");
            assert!(text.contains("\nUse instead\n"), "{text}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered() {
        assert_eq!(find("unawaited_future").unwrap().name, "unawaited_future");
        assert_eq!(find("toecap::unawaited-future").unwrap().name, "unawaited_future");
        assert_eq!(find("unawaited_futur"), Err(Some("unawaited_future")));
        assert_eq!(find("zzzzzz"), Err(None));
    }
}
