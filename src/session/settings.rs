//! What a project says about how it wants to be looked at.
//!
//! ```toml
//! [lints]                                # like `-W perf -D unawaited_future`, before the command line
//! perf = "warn"
//! unawaited_future = "deny"
//!
//! [[knowledge.fn]]
//! path = "legacy::Db::query"
//! blocks = "io"
//!
//! [cpu]                                  # from when on a computation is long
//! nesting = 2
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toecap_finding::{Level, Lint, Selector};
use toecap_knowledge::{Knowledge, Offloads, Overlay, UserRow};
use toecap_project::{Project, SettingsFile, SettingsText};
use toecap_sema::CpuLimits;
use toml::Spanned;

use super::limits::Cpu;
use super::{Levels, Place, Severity, Trouble};

/// Everything that the settings of a project say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Levels below a folder, outer folders first.
    scopes: Vec<(PathBuf, Levels)>,
    /// Facts about APIs, the built-in ones included.
    pub(super) knowledge: Knowledge,
    /// From when on a computation is long.
    pub(super) cpu: CpuLimits,
    /// Where each path of the facts is written.
    rows: BTreeMap<String, Written>,
}

/// A place in a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Byte, line and column, where they are known.
    pub at: Option<(usize, usize, usize)>,
}

/// Settings that are not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// rustc's style.
    pub message: String,
    /// Where.
    pub place: Written,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "K: Deserialize<'de> + Ord, R: Deserialize<'de>"))]
struct Document<K, R> {
    #[serde(default = "BTreeMap::new")]
    lints: BTreeMap<K, Word>,
    #[serde(default = "Rows::none")]
    knowledge: Rows<R>,
    #[serde(default)]
    cpu: Cpu,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<R> {
    #[serde(rename = "fn", default = "Vec::new")]
    functions: Vec<R>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Allow,
    Warn,
    Deny,
    Forbid,
}

/// What is said of a function, method or type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    path: String,
    blocks: Option<String>,
    cost: Option<String>,
    #[serde(default)]
    panics_in_runtime: bool,
    instead: Option<String>,
    why: Option<String>,
    cancel: Option<String>,
    offloads: Option<OffloadsWord>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected `true`, `false`, `\"blocking\"` or `\"task\"`")]
enum OffloadsWord {
    Flag(bool),
    What(What),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Blocking,
    Task,
}

impl<R> Rows<R> {
    fn none() -> Rows<R> {
        Rows { functions: Vec::new() }
    }
}

/// A value, and where it is written when that is known.
type Placed<T> = (T, Option<Range<usize>>);

/// A [`Document`] of any format.
struct Said {
    lints: Vec<(Placed<String>, Word)>,
    rows: Vec<Placed<Row>>,
    cpu: Cpu,
}

impl Settings {
    /// Reads the settings of a project.
    ///
    /// # Errors
    /// When one of them is not understood.
    pub(super) fn of(project: &Project, lints: &[&'static Lint]) -> Result<Settings, SettingsError> {
        let mut settings = Settings::default();
        let mut overlay = Overlay::default();
        for file in &project.settings {
            let said = parse(file)?;
            settings.scopes.push((file.dir.clone(), levels(file, said.lints, lints)?));
            said.cpu
                .change(&mut settings.cpu)
                .map_err(|message| SettingsError { message, place: written(file, None) })?;
            for (row, range) in said.rows {
                let place = written(file, range);
                let path = overlay.add(&row.into_fact(&place)).map_err(|error| SettingsError {
                    message: format!("this fact cannot be used: {error}"),
                    place: place.clone(),
                })?;
                settings.rows.insert(path, place);
            }
        }
        settings.knowledge = Knowledge::new(overlay);
        Ok(settings)
    }

    /// The levels that hold in a file: those of the folders around it, then those of the command line.
    pub(super) fn levels(&self, path: &Path, command_line: &Levels) -> Levels {
        let around = self.scopes.iter().filter(|(dir, _)| path.starts_with(dir));
        around.map(|(_, levels)| levels).chain([command_line]).fold(Levels::default(), |all, one| all.then(one))
    }

    /// What is wrong with facts whose paths lead nowhere; each comes with what was probably meant.
    pub(super) fn troubles(&self, unresolved: &[(String, Option<String>)]) -> Vec<Trouble> {
        let troubles = unresolved.iter().filter_map(|(path, similar)| {
            let place = self.rows.get(path)?;
            let help = match similar {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => "the path begins with a crate of this workspace or of its dependencies".to_owned(),
            };
            Some(Trouble {
                severity: Severity::Error,
                message: format!("no function, method or type `{path}` for this fact"),
                path: place.path.clone(),
                place: place.at.map_or(Place::File, |(offset, line, column)| Place::Byte { offset, line, column }),
                help: Some(help),
            })
        });
        troubles.collect()
    }
}

fn parse(file: &SettingsFile) -> Result<Said, SettingsError> {
    match &file.text {
        SettingsText::Toml(text) => {
            let document: Document<Spanned<String>, Spanned<Row>> = toml::from_str(text).map_err(|error| {
                SettingsError { message: error.message().trim().to_owned(), place: written(file, error.span()) }
            })?;
            let key = |key: Spanned<String>| {
                let range = key.span();
                (key.into_inner(), Some(range))
            };
            let row = |row: Spanned<Row>| {
                let range = row.span();
                (row.into_inner(), Some(range))
            };
            Ok(said(document, key, row))
        }
        SettingsText::Metadata(text) => {
            let document: Document<String, Row> = serde_json::from_str(text).map_err(|error| SettingsError {
                message: format!("in `metadata.toecap`: {}", without_place(&error.to_string())),
                place: written(file, None),
            })?;
            Ok(said(document, |key| (key, None), |row| (row, None)))
        }
    }
}

fn said<K, R>(document: Document<K, R>, key: fn(K) -> Placed<String>, row: fn(R) -> Placed<Row>) -> Said {
    Said {
        lints: document.lints.into_iter().map(|(name, level)| (key(name), level)).collect(),
        rows: document.knowledge.functions.into_iter().map(row).collect(),
        cpu: document.cpu,
    }
}

/// serde_json counts lines of a text that nobody has written.
fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

fn levels(
    file: &SettingsFile,
    said: Vec<(Placed<String>, Word)>,
    lints: &[&'static Lint],
) -> Result<Levels, SettingsError> {
    let mut options = Vec::new();
    for ((name, range), word) in said {
        let selector = Selector::parse(&name, lints)
            .map_err(|error| SettingsError { message: error.to_string(), place: written(file, range) })?;
        options.push((word.level(), selector));
    }
    // A table has no order: the narrower a name, the later it is heard.
    options.sort_by_key(|(_, selector)| match selector {
        Selector::All | Selector::Warnings => 0,
        Selector::Kind(..) => 1,
        Selector::Lint(_) => 2,
    });
    Ok(Levels::new(options))
}

fn written(file: &SettingsFile, range: Option<Range<usize>>) -> Written {
    let SettingsText::Toml(text) = &file.text else { return Written { path: file.path.clone(), at: None } };
    let at = range.map(|range| {
        let before = text.get(..range.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        (range.start, line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
    });
    Written { path: file.path.clone(), at }
}

impl Word {
    fn level(self) -> Level {
        match self {
            Word::Allow => Level::Allow,
            Word::Warn => Level::Warn,
            Word::Deny => Level::Deny,
            Word::Forbid => Level::Forbid,
        }
    }
}

impl Row {
    fn into_fact(self, place: &Written) -> UserRow {
        let offloads = match self.offloads {
            Some(OffloadsWord::Flag(true) | OffloadsWord::What(What::Blocking)) => Some(Offloads::Blocking),
            Some(OffloadsWord::What(What::Task)) => Some(Offloads::Task),
            Some(OffloadsWord::Flag(false)) | None => None,
        };
        UserRow {
            path: self.path,
            blocks: self.blocks,
            cost: self.cost,
            panics_in_runtime: self.panics_in_runtime,
            instead: self.instead,
            why: self.why,
            cancel: self.cancel,
            offloads,
            source: place.to_string(),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match self.at {
            Some((_, line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  --> {}", self.message, self.place)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn settings(files: &[(&str, SettingsText)]) -> Result<Settings, SettingsError> {
        let settings = files.iter().map(|(dir, text)| SettingsFile {
            dir: dir.into(),
            path: Path::new(dir).join("toecap.toml"),
            text: text.clone(),
        });
        let project = Project { settings: settings.collect(), ..Project::default() };
        Settings::of(&project, super::super::lints())
    }

    fn toml(text: &str) -> SettingsText {
        SettingsText::Toml(text.to_owned())
    }

    fn level(settings: &Settings, path: &str, options: &[(Level, &str)]) -> String {
        let lints = super::super::lints();
        let lint = lints.iter().find(|lint| lint.name == "unawaited_future").unwrap();
        let options = Levels::parse(options.iter().copied(), lints).unwrap();
        settings.levels(Path::new(path), &options).of(lint).to_string()
    }

    #[test]
    fn narrow_names_inner_folders_and_the_command_line_win() {
        let outer = toml("[lints]\nunawaited_future = 'warn'\nall = 'allow'\n");
        let inner = SettingsText::Metadata(r#"{"lints":{"correctness":"forbid"}}"#.to_owned());
        let settings = settings(&[("/w", outer), ("/w/in", inner)]).unwrap();
        assert_eq!(level(&settings, "/w/src/lib.rs", &[]), "warn");
        assert_eq!(level(&settings, "/w/src/lib.rs", &[(Level::Deny, "all")]), "deny");
        assert_eq!(level(&settings, "/w/in/lib.rs", &[(Level::Allow, "all")]), "forbid");
        assert_eq!(level(&settings, "/x.rs", &[]), "deny");
    }

    #[test]
    fn facts_become_knowledge() {
        let text = "[[knowledge.fn]]\npath = 'legacy::Db::query'\nblocks = 'io'\n\n\
                    [[knowledge.fn]]\npath = 'legacy::off'\noffloads = true\n";
        let settings = settings(&[("/w", toml(text))]).unwrap();
        assert!(settings.knowledge.fact("legacy::Db::query").unwrap().blocking().is_some());
        let off = settings.knowledge.fact("legacy::off").unwrap();
        assert!(off.spawn().unwrap().blocking_ok_inside);
        assert!(off.with_sources().all(|(_, source)| source == "/w/toecap.toml:5:1"));
        let trouble = settings.troubles(&[("legacy::off".to_owned(), Some("legacy::of".to_owned()))]);
        assert_eq!(trouble[0].help.as_deref(), Some("did you mean `legacy::of`?"));
        assert_eq!(trouble[0].place, Place::Byte { offset: text.rfind("[[").unwrap(), line: 5, column: 1 });
    }

    #[test]
    fn limits_of_inner_folders_and_of_the_file_win() {
        let outer = toml("[cpu]\nnesting = 2\nfew-rounds = 100\n");
        let inner = SettingsText::Metadata(r#"{"cpu":{"nesting":4,"converging":8}}"#.to_owned());
        let cpu = settings(&[("/w", outer), ("/w/in", inner)]).unwrap().cpu;
        assert_eq!(cpu, CpuLimits { nesting: 4, converging: 8, few: 100, ..CpuLimits::default() });
        let error = |text| settings(&[("/w", toml(text))]).unwrap_err().to_string();
        let nesting = error("[cpu]\nnesting = 1\n");
        assert_eq!(nesting, "`cpu.nesting` is a number from 2 to 8, not 1\n  --> /w/toecap.toml");
        assert!(error("[cpu]\nnestin = 2\n").contains("unknown field `nestin`, expected one of `nesting`"));
        assert!(error("[cpu]\nfew-rounds = -1\n").contains("toecap.toml:2:14"));
    }

    #[test]
    fn what_is_not_understood_has_a_place() {
        let error = |text| settings(&[("/w", text)]).unwrap_err().to_string();
        let unknown = error(toml("[lints]\nunawaited_futur = 'warn'\n"));
        assert!(unknown.contains("did you mean `unawaited_future`?\n  --> /w/toecap.toml:2:1"), "{unknown}");
        let word = error(toml("[[knowledge.fn]]\npath = 'a::b'\nblocks = 'disk'\n"));
        assert!(word.contains("blocks: `disk` is not one of `io`") && word.ends_with("toecap.toml:1:1"), "{word}");
        assert!(error(toml("[lint]\n")).contains("unknown field `lint`"));
        assert!(error(toml("[lints]\nall = 'loud'\n")).contains("unknown variant `loud`"));
        assert!(error(toml("[[knowledge.fn]]\npath = 'a::b'\noffloads = 3\n")).contains("expected `true`"));
        let metadata = error(SettingsText::Metadata(r#"{"lints":{"all":"loud"}}"#.to_owned()));
        assert!(metadata.starts_with("in `metadata.toecap`: unknown variant `loud`"), "{metadata}");
    }
}
