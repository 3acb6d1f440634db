//! `toecap --list`: the lints by group, with level and summary.

use std::fmt::Write as _;
use std::io;

use toecap_finding::Group;

use super::options::ColorWhen;
use super::{Exit, color, output};
use crate::session::lints;

pub(super) fn list(asked: Option<ColorWhen>) -> Exit {
    let color = color::wanted(asked, &io::stdout());
    let width = lints().iter().map(|lint| lint.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        let mut lints: Vec<_> = lints().iter().filter(|lint| lint.group == group).collect();
        lints.sort_by_key(|lint| lint.name);
        if lints.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", output::painted(output::BOLD, group.as_str(), color));
        for lint in lints {
            let (name, level) = (lint.name, lint.default_level);
            let _ = writeln!(text, "  {name:width$}  {level:6}  {}", lint.summary);
        }
    }
    text.push_str("\n`toecap explain LINT` says more of one.\n");
    output::print(&text)
}
