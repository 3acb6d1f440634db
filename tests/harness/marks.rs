//! `//~ lint, lint` at the end of a line: these lints find something that starts on this line.

use std::collections::BTreeSet;
use std::path::Path;

/// What was found, in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// 1-based; 0 for the whole file.
    pub line: usize,
    /// The lint's name.
    pub lint: String,
    /// What it says.
    pub message: String,
}

/// The marks of a file.
#[derive(Debug, Default)]
pub struct Marks {
    /// Line (1-based) and lint.
    pub expected: BTreeSet<(usize, String)>,
    /// Marks that say nothing that could be checked.
    pub malformed: Vec<(usize, String)>,
}

impl Marks {
    /// Reads the marks of `text`; `lints` are the names that a mark may have.
    pub fn of(text: &str, lints: &BTreeSet<String>) -> Marks {
        let mut marks = Marks::default();
        for (line, number) in text.lines().zip(1..) {
            let start = line.trim_start();
            // Prose about marks.
            if start.starts_with("//!") || start.starts_with("///") {
                continue;
            }
            let Some((_, names)) = line.split_once("//~") else { continue };
            for name in names.split(',').map(str::trim) {
                if lints.contains(name) {
                    marks.expected.insert((number, name.to_owned()));
                } else {
                    marks.malformed.push((number, name.to_owned()));
                }
            }
        }
        marks
    }
}

/// The names of all lints that have a page, whether or not they are written yet.
pub fn lint_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for topic in std::fs::read_dir(super::root().join("lints")).expect("lints/ is there").flatten() {
        let pages = std::fs::read_dir(topic.path()).into_iter().flatten().flatten();
        let pages = pages.map(|page| page.path()).filter(|page| page.extension().is_some_and(|e| e == "md"));
        names.extend(pages.filter_map(|page| Some(page.file_stem()?.to_str()?.to_owned())));
    }
    names
}

/// Where marks and findings differ: lines for a listing.
pub fn mismatches(path: &Path, text: &str, found: &[Found]) -> Vec<String> {
    let marks = Marks::of(text, &lint_names());
    let name = path.strip_prefix(super::root()).unwrap_or(path).display();
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (line, word) in marks.malformed {
        lines.push((line, format!("`{word}` is no lint")));
    }
    for (line, lint) in &marks.expected {
        if !found.iter().any(|f| f.line == *line && f.lint == *lint) {
            let source = text.lines().nth(line - 1).unwrap_or_default();
            let source = source.split("//~").next().unwrap_or_default().trim();
            lines.push((*line, format!("{lint} is silent: {source}")));
        }
    }
    for f in found {
        if !marks.expected.contains(&(f.line, f.lint.clone())) {
            lines.push((f.line, format!("{} is not expected: {}", f.lint, f.message)));
        }
    }
    lines.sort();
    lines.dedup();
    lines.into_iter().map(|(line, what)| format!("{name}:{line}: {what}")).collect()
}
