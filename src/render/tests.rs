#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use toecap_finding::{Applicability, Confidence, Edit, Finding, Fix, Group, Label, Level, Lint, Note, Topic};
use toecap_ir::{FileId, Location, Span};

use super::*;
use crate::session::{Files, Place, ReadFile, Settled, Severity, Trouble};

static LINT: Lint = Lint {
    name: "slow_call",
    topic: Topic::Blocking,
    group: Group::Perf,
    default_level: Level::Warn,
    summary: "",
    page: "",
    quiet_in_tests: false,
};

const MAIN: &str = "async fn run() {\n    let guard = lock();\n    load();\n}\n";
const CONFIG: &str = "pub fn load() {\n    read()\n}\n";

fn place(file: u32, text: &str, word: &str) -> Location {
    let lo = text.find(word).unwrap() as u32;
    Location { file: FileId(file), span: Span::new(lo, lo + word.len() as u32) }
}

/// A finding with all that one may have, and a file that is no text.
fn report() -> Report {
    let read = [(0, "/w/src/main.rs", MAIN), (1, "/deps/config.rs", CONFIG)];
    let read = read.map(|(id, path, text)| ReadFile {
        id: FileId(id),
        path: path.into(),
        text: Ok(text.into()),
        is_analysed: true,
    });
    let call = place(0, MAIN, "load");
    let finding = Finding {
        lint: &LINT,
        primary: call,
        message: "call of `load` is slow".into(),
        label: "here".into(),
        labels: vec![Label { at: place(0, MAIN, "guard"), text: "while this is held".into() }],
        notes: vec![
            Note { text: "`load` calls `read`".into(), at: Some(place(1, CONFIG, "read")) },
            Note { text: "reading takes long".into(), at: None },
        ],
        help: vec!["load it before".into()],
        fixes: vec![Fix {
            title: "drop the call".into(),
            edits: vec![Edit { at: call, text: String::new() }],
            applicability: Applicability::MaybeIncorrect,
        }],
        confidence: Confidence::High,
        in_test: false,
    };
    let trouble = Trouble {
        severity: Severity::Error,
        message: "couldn't read `src/z.rs`: not UTF-8".into(),
        path: "/w/src/z.rs".into(),
        place: Place::Byte { offset: 40, line: 3, column: 7 },
        help: Some("save it as UTF-8".into()),
    };
    let mut report = Report { files: Files::new(read.into()), ..Report::default() };
    report.project.root = "/w".into();
    report.findings.push(Settled { finding, level: Level::Deny, target: None });
    report.troubles.push(trouble);
    report
}

fn rendered(format: Format) -> String {
    rendered_of(&report(), format)
}

fn rendered_of(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    let style = Style { format, color: false, cwd: Path::new("/w/src"), success: false };
    render(report, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_human_form_shows_all_there_is() {
    let expected = "\
error: call of `load` is slow
  --> main.rs:3:5
  |
2 |     let guard = lock();
  |         ----- while this is held
3 |     load();
  |     ^^^^ here
note: `load` calls `read`
  --> /deps/config.rs:2:5
  |
2 |     read()
  |     ^^^^
  |
  = note: reading takes long
  = help: load it before
  = note: `toecap::slow_call`, at level `deny`; see `toecap explain slow_call`

error: couldn't read `src/z.rs`: not UTF-8
 --> z.rs:3:7
 = help: save it as UTF-8

";
    assert_eq!(rendered(Format::Human), expected);
}

#[test]
fn the_short_form_is_one_line_each() {
    let expected = "main.rs:3:5: error: call of `load` is slow [toecap::slow_call]\n\
                    z.rs:3:7: error: couldn't read `src/z.rs`: not UTF-8\n";
    assert_eq!(rendered(Format::Short), expected);
}

#[test]
fn json_keeps_the_parts_apart() {
    let text = rendered(Format::Json { ansi: false });
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let spans = |value: &Value| {
        let spans = value["spans"].as_array().unwrap().iter();
        let shown = |s: &Value| format!("{}:{} {} {}", s["file_name"], s["line_start"], s["is_primary"], s["label"]);
        spans.map(shown).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(spans(&lines[0]), "\"src/main.rs\":3 true \"here\", \"src/main.rs\":2 false \"while this is held\"");
    let children = lines[0]["children"].as_array().unwrap();
    let told: Vec<_> = children.iter().map(|c| format!("{} {} {}", c["level"], c["message"], spans(c))).collect();
    assert_eq!(
        told,
        [
            "\"note\" \"`load` calls `read`\" \"/deps/config.rs\":2 true null",
            "\"note\" \"reading takes long\" ",
            "\"help\" \"load it before\" ",
            "\"help\" \"drop the call\" \"src/main.rs\":3 true null",
            "\"note\" \"`toecap::slow_call`, at level `deny`; see `toecap explain slow_call`\" ",
        ]
    );
    assert_eq!(children[3]["spans"][0]["suggestion_applicability"], "MaybeIncorrect");
    assert!(lines[0]["rendered"].as_str().unwrap().contains("--> src/main.rs:3:5"));
    assert_eq!(lines[1]["spans"][0]["byte_start"], 40);
    assert_eq!(lines[2]["reason"], "build-finished");
}

/// Two more findings: one with the cause of the first, which has nothing but its chain, and one with another.
fn report_of_causes() -> Report {
    let mut report = report();
    let Settled { finding, level, target } = report.findings[0].clone();
    let first = Finding { labels: Vec::new(), fixes: Vec::new(), help: Vec::new(), ..finding };
    let other = Location { span: Span::new(6, 10), ..place(1, CONFIG, "fn") };
    let notes = [("fn", "`run` calls `load`"), ("load", "`load` calls `pub`")];
    let elsewhere = notes.map(|(word, text)| Note { text: text.into(), at: Some(place(1, CONFIG, word)) });
    let second = Finding { primary: place(0, MAIN, "run"), ..first.clone() };
    let third = Finding { primary: other, notes: elsewhere.into(), ..first.clone() };
    report.findings = [second, first, third].map(|finding| Settled { finding, level, target }).into();
    report
}

#[test]
fn one_cause_is_told_once_with_its_places() {
    let report = report_of_causes();
    let human = rendered_of(&report, Format::Human);
    assert_eq!(human.matches("error: call of `load` is slow").count(), 2, "{human}");
    assert!(human.contains("  = note: the same in 1 other place:\n    main.rs:3:5\n"), "{human}");
    let short = rendered_of(&report, Format::Short);
    let places: Vec<&str> = short.lines().filter_map(|line| line.split_once(": ")).map(|(place, _)| place).collect();
    assert_eq!(places, ["/deps/config.rs:1:7", "main.rs:1:10", "main.rs:3:5", "z.rs:3:7"]);
    let json = rendered_of(&report, Format::Json { ansi: false });
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let primary = |value: &Value| value["spans"].as_array().unwrap().iter().filter(|s| s["is_primary"] == true).count();
    assert_eq!(lines[..3].iter().map(primary).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(report.errors(), 3);
}

#[test]
fn the_last_line_counts() {
    let (found, counts) = summary(&report());
    assert!(found == "2 errors in " && counts.starts_with(" (0 files"), "{found}{counts}");
}
