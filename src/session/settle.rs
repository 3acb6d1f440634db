//! From what lints found to what is reported: levels, suppressions, one of each, in order.

use std::collections::BTreeMap;
use std::path::Path;

use toecap_finding::{Finding, Level, Lint};
use toecap_ir::FileId;
use toecap_project::{Project, TargetRef};

use super::engine::Outcome;
use super::suppress::{Complaint, Suppressions};
use super::{Files, Levels, Settled};

/// What findings are judged by.
pub(super) struct Settle<'a> {
    pub(super) project: &'a Project,
    /// The levels that hold in a file.
    pub(super) levels: &'a (dyn Fn(&Path) -> Levels + Sync),
    pub(super) files: &'a Files,
    pub(super) outcome: &'a Outcome,
    pub(super) targets: &'a [Option<TargetRef>],
    pub(super) suppressions: &'a BTreeMap<FileId, Suppressions>,
}

impl Settle<'_> {
    /// The findings that are reported, in order of path, place and lint.
    pub(super) fn findings(&self, findings: Vec<Finding>) -> Vec<Settled> {
        let mut settled: Vec<Settled> = findings.into_iter().filter_map(|f| self.finding(f)).collect();
        settled.sort_by(|a, b| self.key(&a.finding).cmp(&self.key(&b.finding)));
        // The same place may be part of several targets.
        settled.dedup_by(|a, b| a.finding.lint == b.finding.lint && a.finding.primary == b.finding.primary);
        settled
    }

    /// Complaints about comments, for files whose findings are wanted.
    pub(super) fn complaints(&self, lints: &[&'static Lint]) -> Vec<(FileId, Complaint)> {
        let mut complaints = Vec::new();
        for (file, suppressions) in self.suppressions {
            if !self.is_wanted(self.files.path(*file)) {
                continue;
            }
            let levels = (self.levels)(self.files.path(*file));
            let unfulfilled = suppressions.unfulfilled(|lint| levels.of(lint) != Level::Allow, lints);
            let all = suppressions.complaints.iter().cloned().chain(unfulfilled);
            complaints.extend(all.map(|complaint| (*file, complaint)));
        }
        complaints
    }

    fn finding(&self, finding: Finding) -> Option<Settled> {
        let level = (self.levels)(self.files.path(finding.primary.file)).of(finding.lint);
        let is_quiet = finding.in_test && finding.lint.quiet_in_tests;
        if level == Level::Allow || is_quiet || !self.is_wanted(self.files.path(finding.primary.file)) {
            return None;
        }
        if level != Level::Forbid && self.is_silenced(&finding) {
            return None;
        }
        let crates = self.outcome.members.get(&finding.primary.file);
        let target = crates.and_then(|crates| self.targets.get(*crates.first()?).copied().flatten());
        Some(Settled { finding, level, target })
    }

    fn is_wanted(&self, path: &Path) -> bool {
        // Nobody edits what a build script wrote.
        let is_generated = self.project.workspaces.iter().any(|w| path.starts_with(&w.target_dir));
        !is_generated && self.project.wants(path)
    }

    fn is_silenced(&self, finding: &Finding) -> bool {
        let file = finding.primary.file;
        let here = self.suppressions.get(&file).is_some_and(|s| s.silence(finding.lint, finding.primary.span));
        here || self.outcome.members.get(&file).into_iter().flatten().any(|krate| {
            let root = self.outcome.roots.get(krate).and_then(|root| self.suppressions.get(root));
            root.is_some_and(|s| s.silences_file(finding.lint))
        })
    }

    fn key<'f>(&'f self, finding: &'f Finding) -> (&'f Path, u32, u32, &'f str, &'f str) {
        let span = finding.primary.span;
        (self.files.path(finding.primary.file), span.lo(), span.hi(), finding.lint.name, &finding.message)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReadFile;
    use super::*;
    use toecap_finding::{Confidence, Group, Topic};
    use toecap_ir::{Location, Span};
    use toecap_lower::{LowerOptions, lower_file};
    use toecap_project::{Resolution, Workspace};

    static LINT: Lint = Lint {
        name: "loud",
        topic: Topic::Blocking,
        group: Group::Perf,
        default_level: Level::Warn,
        summary: "",
        page: "",
        quiet_in_tests: true,
    };
    const TEXT: &str = "fn a() {}\nfn b() {} // toecap: allow(loud)\n";

    fn at(file: u32, lo: u32) -> Finding {
        Finding {
            lint: &LINT,
            primary: Location { file: FileId(file), span: Span::new(lo, lo + 1) },
            message: format!("{file}:{lo}"),
            label: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            confidence: Confidence::High,
            in_test: false,
        }
    }

    fn settled(levels: &str, findings: Vec<Finding>) -> Vec<String> {
        let read: Vec<ReadFile> = [(0, "/w/z.rs"), (1, "/w/a.rs"), (2, "/w/target/gen.rs")]
            .map(|(id, path)| ReadFile { id: FileId(id), path: path.into(), text: Ok(TEXT.into()), is_analysed: true })
            .into();
        let options = levels.split_whitespace().map(|name| (Level::Forbid, name));
        let workspace = Workspace {
            root: "/w".into(),
            target_dir: "/w/target".into(),
            members: Vec::new(),
            config: None,
            resolution: Resolution::Full,
        };
        let levels = Levels::parse(options, &[&LINT]).unwrap_or_default();
        let ir = lower_file(TEXT, LowerOptions::default());
        let settle = Settle {
            project: &Project { workspaces: vec![workspace], ..Project::default() },
            levels: &|_| levels.clone(),
            files: &Files::new(read),
            outcome: &Outcome::default(),
            targets: &[],
            suppressions: &[(FileId(0), Suppressions::of(&ir, TEXT, &[&LINT]))].into(),
        };
        settle.findings(findings).into_iter().map(|s| format!("{} {}", s.finding.message, s.level)).collect()
    }

    #[test]
    fn findings_are_ordered_by_path_and_reported_once() {
        assert_eq!(settled("", vec![at(0, 3), at(1, 9), at(0, 3), at(1, 2)]), ["1:2 warn", "1:9 warn", "0:3 warn"]);
    }

    #[test]
    fn comments_silence_unless_it_is_forbidden() {
        assert_eq!(settled("", vec![at(0, 13), at(1, 13)]), ["1:13 warn"]);
        assert_eq!(settled("loud", vec![at(0, 13)]), ["0:13 forbid"]);
    }

    #[test]
    fn test_code_and_generated_code_are_quiet() {
        let in_test = Finding { in_test: true, ..at(1, 2) };
        assert_eq!(settled("", vec![in_test, at(2, 2)]), Vec::<String>::new());
    }
}
