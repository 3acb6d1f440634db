//! The lines that `cargo check --message-format json` prints, so that whatever reads cargo's output reads ours.
//!
//! ```text
//! {"reason":"compiler-message","package_id":"path+file:///ws#app@0.1.0",…,"message":{"message":"…","code":{"code":"toecap::…"},…}}
//! {"reason":"compiler-artifact",…,"fresh":false}
//! {"reason":"build-finished","success":true}
//! ```

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use toecap_finding::Applicability;
use toecap_ir::Location;
use toecap_project::{Package, Target, TargetKind, TargetRef};

use super::Style;
use super::human::rendered;
use super::message::{Child, ChildKind, Message};
use super::places::{line_column, line_text, shown, within};
use crate::session::{Place, Report};

/// Longer lines are not repeated in `text`.
const MAX_LINE_BYTES: usize = 20_000;

#[derive(Debug, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Line<'a> {
    CompilerMessage {
        package_id: &'a str,
        manifest_path: &'a str,
        target: CargoTarget<'a>,
        message: Diagnostic<'a>,
    },
    CompilerArtifact {
        package_id: &'a str,
        manifest_path: &'a str,
        target: CargoTarget<'a>,
        profile: Profile,
        features: &'a [String],
        filenames: [String; 0],
        executable: Option<String>,
        fresh: bool,
    },
    BuildFinished {
        success: bool,
    },
}

#[derive(Debug, Serialize)]
struct CargoTarget<'a> {
    kind: Vec<&'a str>,
    crate_types: Vec<&'a str>,
    name: &'a str,
    src_path: String,
    edition: String,
    doc: bool,
    doctest: bool,
    test: bool,
}

#[derive(Debug, Serialize)]
struct Profile {
    opt_level: &'static str,
    debuginfo: u8,
    debug_assertions: bool,
    overflow_checks: bool,
    test: bool,
}

#[derive(Debug, Serialize)]
struct Diagnostic<'a> {
    #[serde(rename = "$message_type")]
    message_type: &'static str,
    message: &'a str,
    code: Option<Code>,
    level: &'a str,
    spans: Vec<JsonSpan<'a>>,
    children: Vec<Diagnostic<'a>>,
    rendered: Option<String>,
}

#[derive(Debug, Serialize)]
struct Code {
    code: String,
    explanation: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct JsonSpan<'a> {
    file_name: String,
    byte_start: u32,
    byte_end: u32,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<TextLine<'a>>,
    label: Option<&'a str>,
    suggested_replacement: Option<&'a str>,
    suggestion_applicability: Option<&'static str>,
    expansion: Option<()>,
}

#[derive(Debug, Serialize)]
struct TextLine<'a> {
    text: &'a str,
    highlight_start: usize,
    highlight_end: usize,
}

pub(super) fn write(
    report: &Report,
    messages: &[Message<'_>],
    style: &Style<'_>,
    ansi: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = |path: &Path| file_name(report, path);
    for message in messages {
        let owner = message.target.or_else(|| owner(report, message));
        let diagnostic =
            Diagnostic { rendered: Some(rendered(report, message, ansi, &name)?), ..diagnostic(report, message) };
        match owner.and_then(|at| report.project.target(at)) {
            Some((package, target)) => {
                let manifest = package.manifest_path.to_string_lossy();
                let (package_id, manifest_path) = (package.id.as_str(), &*manifest);
                let target = cargo_target(target);
                line(&Line::CompilerMessage { package_id, manifest_path, target, message: diagnostic }, out)?;
            }
            // What belongs to no package is printed as rustc itself would.
            None => line(&diagnostic, out)?,
        }
    }
    for at in &report.project.selected {
        let Some((package, target)) = report.project.target(*at) else { continue };
        line(&artifact(package, target, &package.manifest_path.to_string_lossy()), out)?;
    }
    line(&Line::BuildFinished { success: style.success }, out)
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = serde_json::to_string(value).map_err(io::Error::other)?;
    text.push('\n');
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The first selected target of the innermost package that holds the file.
fn owner(report: &Report, message: &Message<'_>) -> Option<TargetRef> {
    let holds = report.project.selected.iter().filter_map(|at| {
        let (package, _) = report.project.target(*at)?;
        message.path.starts_with(package.dir()).then_some((package.dir().components().count(), *at))
    });
    holds.max_by_key(|(depth, at)| (*depth, std::cmp::Reverse(*at))).map(|(_, at)| at)
}

fn artifact<'a>(package: &'a Package, target: &'a Target, manifest_path: &'a str) -> Line<'a> {
    Line::CompilerArtifact {
        package_id: &package.id,
        manifest_path,
        target: cargo_target(target),
        profile: Profile {
            opt_level: "0",
            debuginfo: 2,
            debug_assertions: true,
            overflow_checks: true,
            test: matches!(target.kind, TargetKind::Test | TargetKind::Bench),
        },
        features: &package.features,
        filenames: [],
        executable: None,
        fresh: false,
    }
}

fn cargo_target(target: &Target) -> CargoTarget<'_> {
    let crate_types: Vec<&str> = target.crate_types.iter().map(String::as_str).collect();
    // cargo names a library by what it is built as.
    let kind = match target.kind {
        TargetKind::Lib => crate_types.clone(),
        kind => vec![kind.as_str()],
    };
    let is_lib = target.kind == TargetKind::Lib;
    CargoTarget {
        kind,
        crate_types,
        name: &target.name,
        src_path: target.src_path.to_string_lossy().into_owned(),
        edition: target.edition.to_string(),
        doc: matches!(target.kind, TargetKind::Lib | TargetKind::ProcMacro | TargetKind::Bin),
        doctest: is_lib,
        test: !matches!(target.kind, TargetKind::Bench | TargetKind::Example | TargetKind::BuildScript),
    }
}

fn diagnostic<'a>(report: &'a Report, message: &'a Message<'_>) -> Diagnostic<'a> {
    let mut spans = Vec::new();
    match message.place {
        Place::At(at) => spans.push(JsonSpan { label: label(message.label), ..span(report, at, true) }),
        Place::Byte { offset, line, column } => {
            let file_name = file_name(report, message.path);
            spans.push(JsonSpan {
                file_name,
                byte_start: offset as u32,
                byte_end: offset as u32 + 1,
                line_start: line,
                line_end: line,
                column_start: column,
                column_end: column + 1,
                is_primary: true,
                text: Vec::new(),
                label: None,
                suggested_replacement: None,
                suggestion_applicability: None,
                expansion: None,
            });
        }
        Place::File => {}
    }
    spans.extend(message.others.iter().map(|at| JsonSpan { label: label(message.label), ..span(report, *at, true) }));
    let labels = message.labels.iter().map(|(at, text)| JsonSpan { label: label(text), ..span(report, *at, false) });
    spans.extend(labels);
    Diagnostic {
        message_type: "diagnostic",
        message: message.text,
        code: message.lint.map(|lint| Code { code: lint.code(), explanation: None }),
        level: message.severity.as_str(),
        spans,
        children: message.children.iter().map(|c| child(report, c)).collect(),
        rendered: None,
    }
}

fn child<'a>(report: &'a Report, child: &'a Child<'_>) -> Diagnostic<'a> {
    let edits = child.edits.iter().map(|edit| JsonSpan {
        suggested_replacement: Some(&edit.text),
        suggestion_applicability: Some(applicability(child.applicability)),
        ..span(report, edit.at, true)
    });
    let places = child.at.iter().map(|at| span(report, *at, true));
    Diagnostic {
        message_type: "diagnostic",
        message: &child.text,
        code: None,
        level: if child.kind == ChildKind::Note { "note" } else { "help" },
        spans: places.chain(edits).collect(),
        children: Vec::new(),
        rendered: None,
    }
}

fn applicability(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::MachineApplicable => "MachineApplicable",
        Applicability::MaybeIncorrect => "MaybeIncorrect",
        Applicability::DisplayOnly => "Unspecified",
    }
}

fn label(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn span(report: &Report, at: Location, is_primary: bool) -> JsonSpan<'_> {
    let files = &report.files;
    let exact = within(files.text(at.file), at.span);
    let (start, end) = (line_column(files, at.file, exact.lo()), line_column(files, at.file, exact.hi()));
    let lines = (start.line..=end.line).take(8).filter_map(|number| {
        let (_, text) = line_text(files, at.file, number);
        let to = if number == end.line { end.column } else { text.chars().count() + 1 };
        let from = if number == start.line { start.column } else { 1 };
        (text.len() <= MAX_LINE_BYTES).then_some(TextLine { text, highlight_start: from, highlight_end: to })
    });
    JsonSpan {
        file_name: file_name(report, files.path(at.file)),
        byte_start: exact.lo(),
        byte_end: exact.hi(),
        line_start: start.line,
        line_end: end.line,
        column_start: start.column,
        column_end: end.column,
        is_primary,
        text: lines.collect(),
        label: None,
        suggested_replacement: None,
        suggestion_applicability: None,
        expansion: None,
    }
}

/// Relative to the root of the workspace, as cargo's own are.
fn file_name(report: &Report, path: &Path) -> String {
    shown(&report.workspace_path(path), Path::new(""))
}
