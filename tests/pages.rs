//! `lints/<topic>/<lint>.md`: a page is a test. Its *Example* is reported exactly at its marks, its *Use instead* is silent, and
//! where there is a fix, the fixed example is silent where it was applied.

#![allow(clippy::panic, reason = "tests")]

mod harness;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use harness::{Found, Packages, Source, analyse, by_file, check, mismatches, root};
use tempfile::TempDir;
use toecap::session::Report;
use toecap_finding::{Applicability, Edit};

/// Required sections, in order; *Configuration* may follow.
const SECTIONS: [&str; 5] = ["What it does", "Why is this bad", "Example", "Use instead", "Known limits"];

/// One page and what became of its examples.
struct Page {
    name: String,
    text: String,
    example: Source,
    instead: Source,
}

/// All pages, analysed in one run; and once more with all fixes applied.
struct Pages {
    pages: Vec<Page>,
    found: BTreeMap<PathBuf, Vec<Found>>,
    fixed: Vec<Fixed>,
    _dir: TempDir,
}

/// An example after its fixes.
struct Fixed {
    page: String,
    /// How many findings offered a fix.
    fixes: usize,
    text: String,
    /// Findings that had no fix, before; by lint.
    left: Vec<String>,
    found: Vec<Found>,
}

fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let base = dir.path().canonicalize().expect("it exists");
        let source = |name: String, text: &str| {
            let path = base.join(format!("{name}.rs"));
            std::fs::write(&path, text).expect("a folder to write to");
            Source { path, name, text: text.to_owned() }
        };
        let mut pages = Vec::new();
        for (name, text) in page_files() {
            let block = |section: &str| rust_block(&text, section).unwrap_or_default().to_owned();
            let example = source(format!("{name}_example"), &block("Example"));
            let instead = source(format!("{name}_instead"), &block("Use instead"));
            pages.push(Page { name, text, example, instead });
        }
        let sources: Vec<Source> = pages.iter().flat_map(|p| [p.example.clone(), p.instead.clone()]).collect();
        let packages = Packages::new(&sources);
        let report = analyse(&packages.manifest());
        let mut fixed: Vec<Fixed> = pages.iter().map(|page| fixed_example(page, &report)).collect();
        let sources: Vec<Source> = fixed.iter().map(|f| source(format!("{}_fixed", f.page), &f.text)).collect();
        let mut again = by_file(&analyse(&Packages::new(&sources).manifest()));
        for (fixed, source) in fixed.iter_mut().zip(&sources) {
            fixed.found = again.remove(&source.path).unwrap_or_default();
        }
        Pages { pages, found: by_file(&report), fixed, _dir: dir }
    })
}

fn page_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for topic in std::fs::read_dir(root().join("lints")).expect("lints/ is there").flatten() {
        for page in std::fs::read_dir(topic.path()).into_iter().flatten().flatten() {
            let path = page.path();
            if path.extension().is_some_and(|e| e == "md") {
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).expect("a readable page")));
            }
        }
    }
    files.sort();
    files
}

/// The text of a section.
fn section<'t>(page: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = page.split_once(&format!("\n## {name}\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// The Rust code of a section.
fn rust_block<'t>(page: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = section(page, name)?.split_once("```rust\n")?;
    Some(rest.split_once("```")?.0)
}

fn fixed_example(page: &Page, report: &Report) -> Fixed {
    let here = report.findings.iter().filter(|f| report.files.path(f.finding.primary.file) == page.example.path);
    let mut edits: Vec<&Edit> = Vec::new();
    let (mut fixes, mut left) = (0, Vec::new());
    for settled in here {
        let offered = settled.finding.fixes.iter().find(|f| f.applicability != Applicability::DisplayOnly);
        match offered {
            Some(fix) => {
                fixes += 1;
                edits.extend(&fix.edits);
            }
            None => left.push(settled.finding.lint.name.to_owned()),
        }
    }
    let mut text = page.example.text.clone();
    // From the end, so that places stay true.
    edits.sort_by_key(|e| std::cmp::Reverse((e.at.span.lo(), e.at.span.hi())));
    for edit in edits {
        text.replace_range(edit.at.span.range(), &edit.text);
    }
    Fixed { page: page.name.clone(), fixes, text, left, found: Vec::new() }
}

#[test]
fn sections_are_there_in_order() {
    for (name, text) in page_files() {
        assert_eq!(text.lines().next(), Some(format!("# {name}").as_str()));
        let found: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let mut expected = SECTIONS.to_vec();
        expected.extend(found.iter().filter(|s| **s == "Configuration"));
        assert_eq!(found, expected, "{name}.md");
        for section in ["Example", "Use instead"] {
            assert!(rust_block(&text, section).is_some(), "{name}.md: no Rust in *{section}*");
        }
        let own = format!("//~ {name}");
        assert!(rust_block(&text, "Example").is_some_and(|code| code.contains(&own)), "{name}.md: no `{own}`");
    }
}

#[test]
fn examples_are_reported_where_they_say() {
    let mut all = Vec::new();
    for page in &pages().pages {
        let found = pages().found.get(&page.example.path).map(Vec::as_slice).unwrap_or_default();
        all.extend(mismatches(format!("{}.md *Example*", page.name).as_ref(), &page.example.text, found));
    }
    check(&all, "examples of pages");
}

#[test]
fn what_to_use_instead_is_silent() {
    let mut all = Vec::new();
    for page in &pages().pages {
        assert!(!page.instead.text.contains("//~"), "{}.md: a mark in *Use instead*", page.name);
        let found = pages().found.get(&page.instead.path).map(Vec::as_slice).unwrap_or_default();
        all.extend(mismatches(format!("{}.md *Use instead*", page.name).as_ref(), &page.instead.text, found));
    }
    check(&all, "replacements of pages");
}

#[test]
fn fixes_leave_nothing_to_find() {
    let mut all = Vec::new();
    for fixed in &pages().fixed {
        let mut found: Vec<&str> = fixed.found.iter().map(|f| f.lint.as_str()).collect();
        let mut left: Vec<&str> = fixed.left.iter().map(String::as_str).collect();
        found.sort_unstable();
        left.sort_unstable();
        if found != left {
            all.push(format!("{}.md: left with {:?} by\n{}", fixed.page, fixed.found, fixed.text));
        }
    }
    check(&all, "fixed examples");
    // The test would pass if nothing could be fixed.
    assert!(pages().fixed.iter().any(|f| f.fixes > 0), "no example has a fix");
}

/// The page that `explain` prints is the file.
#[test]
fn pages_are_compiled_in() {
    let files: BTreeMap<String, String> = page_files().into_iter().collect();
    for lint in toecap::session::lints() {
        assert_eq!(files.get(lint.name).map(String::as_str), Some(lint.page), "{}", lint.name);
        assert!(pages().pages.iter().any(|p| p.name == lint.name && p.text == lint.page));
    }
}
