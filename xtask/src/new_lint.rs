//! `cargo xtask new-lint TOPIC NAME`: everything a lint consists of, empty and registered.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use toecap_finding::Topic;

use crate::root;

const CODE: &str = r#"//! `code that it finds`

use toecap_finding::{Finding, Group, Level, Lint, Topic};
use toecap_sema::{Analysis, TypedBody};

pub(crate) static LINT: Lint = Lint {
    name: "NAME",
    topic: Topic::TOPIC,
    group: Group::Nursery,
    default_level: Level::Allow,
    summary: "what happens, in one line",
    page: include_str!("NAME.md"),
    quiet_in_tests: false,
};

pub(crate) fn check(_: &Analysis<'_>, _: &TypedBody) -> Vec<Finding> {
    Vec::new()
}
"#;

const PAGE: &str = "# NAME

## What it does

Reports …

## Why is this bad

…

## Example

```rust
pub async fn bad() {
    todo!() //~ NAME
}
```

## Use instead

```rust
pub async fn good() {}
```

## Known limits

- …
";

const CASE: &str = "// Idea: …
pub async fn bad_plain() {
    todo!() //~ NAME
}

pub async fn good_plain() {}
";

pub(crate) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let args: Vec<String> = args.collect();
    let [topic, name] = args.as_slice() else { bail!("usage: cargo xtask new-lint TOPIC NAME") };
    let topic = topic_named(topic)?;
    check_name(name)?;
    let files = [
        (format!("lints/{topic}/{name}.rs"), CODE),
        (format!("lints/{topic}/{name}.md"), PAGE),
        (format!("fixtures/cases/{name}/plain.rs"), CASE),
    ];
    for (path, _) in &files {
        ensure!(!root().join(path).exists(), "`{path}` is already there");
    }
    let list = edited("lints/lib.rs", |text| registered(text, topic.as_str(), name))?;
    let tests = edited("tests/cases.rs", |text| tested(text, name))?;
    for (path, template) in files {
        write(&path, &template.replace("NAME", name).replace("Topic::TOPIC", &format!("Topic::{topic:?}")))?;
    }
    write("lints/lib.rs", &list)?;
    write("tests/cases.rs", &tests)?;
    println!("\nNow write the page, then the cases, then the function; and a line in README.md and CHANGELOG.md.");
    Ok(())
}

fn topic_named(name: &str) -> anyhow::Result<Topic> {
    let topics = Topic::ALL.map(Topic::as_str);
    let found = Topic::ALL.into_iter().find(|topic| topic.as_str() == name);
    found.with_context(|| format!("no topic `{name}`: there are {}", topics.join(", ")))
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let is_snake = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    ensure!(is_snake, "`{name}` is not snake_case");
    for prefix in ["no_", "avoid_", "prefer_"] {
        ensure!(!name.starts_with(prefix), "a lint is named after the bad pattern: `allow({name})` reads wrong");
    }
    Ok(())
}

fn edited(path: &str, edit: impl FnOnce(&str) -> Option<String>) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root().join(path)).with_context(|| format!("couldn't read `{path}`"))?;
    edit(&text).with_context(|| format!("`{path}` has not the shape that this chore knows: register the lint by hand"))
}

fn write(path: &str, text: &str) -> anyhow::Result<()> {
    let full = root().join(path);
    std::fs::create_dir_all(full.parent().unwrap_or(Path::new("")))?;
    std::fs::write(&full, text).with_context(|| format!("couldn't write `{path}`"))?;
    println!("wrote {path}");
    Ok(())
}

/// `lints/lib.rs` with one more lint: its module, and its pass at the place that its name has.
fn registered(text: &str, topic: &str, name: &str) -> Option<String> {
    let module = format!("    pub(crate) mod {name};");
    let open = format!("mod {topic} {{");
    let with_module = if text.lines().any(|line| line == open) {
        inserted(text, |line| line == open, |line| line == "}", &module, |line| line.trim().to_owned())?
    } else {
        let block = format!("{open}\n{module}\n}}\n");
        text.replacen("\nuse toecap_finding::", &format!("{block}\nuse toecap_finding::"), 1)
    };
    let (before, after) = with_module.split_once("const PASSES: [Pass; ")?;
    let (count, rest) = after.split_once(']')?;
    let counted = format!("{before}const PASSES: [Pass; {}]{rest}", count.parse::<usize>().ok()? + 1);
    let pass = format!("    Pass {{ lint: &{topic}::{name}::LINT, check: {topic}::{name}::check }},");
    // `Pass { lint: &topic::NAME::LINT, ..`
    let key = |line: &str| line.split("::").nth(1).unwrap_or_default().to_owned();
    inserted(&counted, |line| line.starts_with("const PASSES"), |line| line == "];", &pass, key)
}

/// `tests/cases.rs` with one more folder.
fn tested(text: &str, name: &str) -> Option<String> {
    let line = format!("    {name}");
    inserted(text, |line| line == "lints! {", |line| line == "}", &line, |line| line.trim().to_owned())
}

/// `text` with `new` between the lines `first` and `last`, in the order of `key`.
fn inserted(
    text: &str,
    first: impl Fn(&str) -> bool,
    last: impl Fn(&str) -> bool,
    new: &str,
    key: impl Fn(&str) -> String,
) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| first(line))? + 1;
    let end = start + lines[start..].iter().position(|line| last(line))?;
    let at = lines[start..end].iter().position(|line| key(line) > key(new)).map_or(end, |at| start + at);
    lines.insert(at, new);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const LIST: &str = include_str!("../../lints/lib.rs");

    #[test]
    fn a_lint_is_registered_at_its_place() {
        let text = registered(LIST, "locks", "deadlock").unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !LIST.lines().any(|old| old == *line)).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "    pub(crate) mod deadlock;");
        assert_eq!(lines[2], "    Pass { lint: &locks::deadlock::LINT, check: locks::deadlock::check },");
        let names: Vec<&str> =
            text.lines().filter(|l| l.starts_with("    Pass {")).filter_map(|l| l.split("::").nth(1)).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(text.contains(&format!("const PASSES: [Pass; {}]", names.len())));
    }

    #[test]
    fn a_new_topic_gets_a_module() {
        let text = registered(LIST, "concurrency", "lost_task").unwrap();
        assert!(text.contains("mod concurrency {\n    pub(crate) mod lost_task;\n}\n\nuse toecap_finding::"), "{text}");
    }

    #[test]
    fn cases_are_tested() {
        let text = tested(include_str!("../../tests/cases.rs"), "lost_task").unwrap();
        assert!(text.contains("    cpu_heavy_in_async\n    lost_task\n    sync_guard_across_await\n"), "{text}");
    }

    #[test]
    fn names_say_what_is_bad() {
        assert!(check_name("lost_task").is_ok());
        assert!(check_name("no_lost_task").is_err());
        assert!(check_name("LostTask").is_err());
        assert!(topic_named("lock").is_err());
    }
}
