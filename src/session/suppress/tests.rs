#![expect(clippy::unwrap_used, reason = "tests")]

use toecap_finding::{Group, Level, Topic};
use toecap_lower::{LowerOptions, lower_file};

use super::*;

static GUARD: Lint = lint("sync_guard_across_await");
static FUTURE: Lint = lint("unawaited_future");

const fn lint(name: &'static str) -> Lint {
    Lint {
        name,
        topic: Topic::Locks,
        group: Group::Suspicious,
        default_level: Level::Warn,
        summary: "",
        page: "",
        quiet_in_tests: false,
    }
}

const LINTS: &[&Lint] = &[&GUARD, &FUTURE];

fn read(text: &str) -> Suppressions {
    Suppressions::of(&lower_file(text, LowerOptions::default()), text, LINTS)
}

/// The words `bad..` that are silenced.
fn silenced(text: &str) -> Vec<&str> {
    let found = read(text);
    assert_eq!(found.complaints, []);
    let words = text.match_indices("bad").map(|(at, _)| {
        let end = text[at..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |i| at + i);
        (&text[at..end], Span::new(at as u32, end as u32))
    });
    words.filter(|(_, span)| found.silence(&GUARD, *span)).map(|(word, _)| word).collect()
}

const ALLOW: &str = "// toecap: allow(sync_guard_across_await) -- why";

#[test]
fn a_comment_behind_code_holds_for_its_line() {
    assert_eq!(silenced(&format!("fn f() {{\n bad1(); {ALLOW}\n bad2();\n}}")), ["bad1"]);
    assert_eq!(silenced("fn f() {\n bad1(/* toecap: allow(all) */);\n bad2();\n}"), ["bad1"]);
}

#[test]
fn a_comment_above_holds_for_the_node_that_follows() {
    let statement = format!("fn f() {{\n {ALLOW}\n // and more\n\n let x = bad1(\n bad2(),\n );\n bad3();\n}}");
    assert_eq!(silenced(&statement), ["bad1", "bad2"]);
    let item = format!("{ALLOW}\n#[inline]\nfn f() {{\n bad1();\n bad2()\n}}\nfn g() {{ bad3() }}");
    assert_eq!(silenced(&item), ["bad1", "bad2"]);
    let below_attributes = format!("#[inline]\n{ALLOW}\npub async fn f() {{ bad1() }}\nfn g() {{ bad2() }}");
    assert_eq!(silenced(&below_attributes), ["bad1"]);
    let method = format!("impl S {{\n fn a() {{ bad1() }}\n {ALLOW}\n fn b() {{\n bad2()\n }}\n}}");
    assert_eq!(silenced(&method), ["bad2"]);
    let tail = format!("fn f() {{\n {ALLOW}\n bad1(\n bad2)\n}}\nfn g() {{ bad3 }}");
    assert_eq!(silenced(&tail), ["bad1", "bad2"]);
}

#[test]
fn arms_closures_and_links_of_a_chain_are_nodes() {
    let arm = format!("fn f() {{ match x {{\n {ALLOW}\n A => {{\n bad1()\n }}\n B => bad2(),\n }} }}");
    assert_eq!(silenced(&arm), ["bad1"]);
    let closure = format!("fn f() {{ g(\n {ALLOW}\n |x| {{\n bad1()\n }},\n || bad2(),\n ) }}");
    assert_eq!(silenced(&closure), ["bad1"]);
    let link = format!("fn f() {{ a\n .bad1()\n {ALLOW}\n .bad2(\n bad3)\n .bad4(); }}");
    assert_eq!(silenced(&link), ["bad2", "bad3"]);
    let select = format!(
        "async fn f() {{ tokio::select! {{\n {ALLOW}\n _ = bad1() => {{\n bad2()\n }}\n _ = bad3() => {{}}\n }} }}"
    );
    assert_eq!(silenced(&select), ["bad1", "bad2"]);
}

#[test]
fn in_a_macro_of_unknown_grammar_the_next_line_counts() {
    let text = format!("fn f() {{\n strange! {{ => ;\n {ALLOW}\n bad1 =>\n bad2 }}\n bad3();\n}}");
    assert_eq!(silenced(&text), ["bad1"]);
}

#[test]
fn a_file_can_be_silenced_at_its_top() {
    let top =
        "//! Docs.\n// toecap: allow-file(sync_guard_across_await) -- generated\nfn f() { bad1 }\nfn g() { bad2 }";
    assert_eq!(silenced(top), ["bad1", "bad2"]);
    let late = "fn f() { bad1 }\n// toecap: allow-file(all)\nfn g() { bad2 }";
    let complaints = read(late).complaints;
    assert_eq!(complaints[0].message, "`allow-file` counts only above the first item of the file");
}

#[test]
fn attributes_count_wherever_rust_takes_them() {
    let item = "#[allow(clippy::await_holding_lock)]\nasync fn f() { bad1 }\nfn g() { bad2 }";
    assert_eq!(silenced(item), ["bad1"]);
    let hidden = "#[cfg_attr(any(), allow(toecap::sync_guard_across_await, reason = \"x, y\"))]\nfn f() { bad1 }\nfn g() { bad2 }";
    assert_eq!(silenced(hidden), ["bad1"]);
    let statement = "fn f() {\n #[expect(toecap::sync_guard_across_await)]\n let x = bad1;\n bad2;\n}";
    assert_eq!(silenced(statement), ["bad1"]);
    let arm =
        "fn f() { match x {\n #[cfg_attr(any(), toecap::allow(sync_guard_across_await))]\n A => bad1,\n _ => bad2 } }";
    assert_eq!(silenced(arm), ["bad1"]);
    let inner = "fn f() {\n #![allow(toecap::all)]\n bad1\n}\nfn g() { bad2 }";
    assert_eq!(silenced(inner), ["bad1"]);
    let whole = "#![allow(toecap::sync_guard_across_await)]\nfn f() { bad1 }\nfn g() { bad2 }";
    assert_eq!(silenced(whole), ["bad1", "bad2"]);
    assert!(read(whole).silences_file(&GUARD) && !read(whole).silences_file(&FUTURE));
}

#[test]
fn attributes_in_strings_and_comments_are_text() {
    let text =
        "// #[allow(toecap::all)]\nfn f() { bad1; \"#[allow(toecap::all)]\"; r#\"#[allow(toecap::all)]\"#; bad2 }";
    assert_eq!(silenced(text), Vec::<&str>::new());
    assert_eq!(silenced("#[allow(dead_code, clippy::all)] // toecap::\nfn f() { bad1 }"), Vec::<&str>::new());
}

#[test]
fn what_is_not_understood_is_said() {
    let text = "fn f() {\n // toecap: allow(sync_guard_across_awiat)\n bad1();\n // toecap: ignore(all)\n bad2();\n // toecap: allow()\n}";
    let messages: Vec<String> = read(text).complaints.into_iter().map(|c| c.message).collect();
    assert_eq!(messages[0], "unknown lint or group `sync_guard_across_awiat`; did you mean `sync_guard_across_await`?");
    assert!(messages[1].starts_with("expected `toecap: allow("), "{messages:?}");
    assert_eq!(messages.len(), 3);
}

#[test]
fn an_expectation_wants_to_be_fulfilled() {
    let text = "fn f() {\n // toecap: expect(sync_guard_across_await)\n bad1();\n}";
    let found = read(text);
    assert_eq!(found.unfulfilled(|_| true, LINTS).len(), 1);
    assert_eq!(found.unfulfilled(|_| false, LINTS).len(), 0);
    let at = text.find("bad1").unwrap() as u32;
    assert!(found.silence(&GUARD, Span::new(at, at + 4)));
    assert_eq!(found.unfulfilled(|_| true, LINTS).len(), 0);
}

#[test]
fn one_comment_silences_only_what_it_names() {
    let text = "fn f() { bad1(); } // toecap: allow(unawaited_future)";
    assert_eq!(silenced(text), Vec::<&str>::new());
}
