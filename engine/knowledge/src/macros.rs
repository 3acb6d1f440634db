//! What procedural macros write, as templates: one file for each crate that defines macros.
//!
//! ```text
//! # Where this is from.
//! [derive DeriveActiveModel]
//! pub struct ActiveModel { @each field { pub @[field]: ::sea_orm::ActiveValue<@[field.type]>, } }
//! ```
//! A header may name several macros, a macro may stand in several headers, and a file may be named after several crates
//! (`derive_more+derive_more_impl.tmpl`). The language of the templates is described in `macros/README.md`.

use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/macros.rs"));

/// How a macro is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// `#[derive(Name)]`
    Derive,
    /// `#[name]`
    Attribute,
    /// `name!(..)`: the template is the rules of a `macro_rules!`, or the word `@paste`.
    Call,
}

/// The templates of a crate.
struct MacroFile {
    /// With `+` between them.
    krates: &'static str,
    text: &'static str,
}

impl MacroFile {
    const fn new(krates: &'static str, text: &'static str) -> MacroFile {
        MacroFile { krates, text }
    }
}

/// The template of one macro.
#[derive(Debug)]
pub struct Template {
    /// The crate that defines the macro, as code calls it.
    pub krate: &'static str,
    /// How it is called.
    pub kind: MacroKind,
    /// By which name.
    pub name: &'static str,
    /// What it writes.
    pub text: &'static str,
}

/// All that there are, in order of crates.
pub fn templates() -> &'static [Template] {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| MACROS.iter().flat_map(of_file).collect())
}

/// What the macro `name` that `krate` defines writes: all of these.
pub fn macro_templates(krate: &str, kind: MacroKind, name: &str) -> Vec<&'static str> {
    let found = templates().iter().filter(|t| t.krate == krate && t.kind == kind && t.name == name);
    found.map(|template| template.text).collect()
}

/// Is there a template for a macro of this name in any crate?
pub fn has_template(kind: MacroKind, name: &str) -> bool {
    templates().iter().any(|t| t.kind == kind && t.name == name)
}

fn of_file(file: &MacroFile) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    let (mut at, mut start, mut open) = (0, 0, 0);
    for line in file.text.split_inclusive('\n') {
        if let Some((kind, names)) = header(line) {
            end(&mut found[open..], &file.text[start..at]);
            open = found.len();
            for krate in file.krates.split('+') {
                found.extend(names.split(' ').map(|name| Template { krate, kind, name, text: "" }));
            }
            start = at + line.len();
        }
        at += line.len();
    }
    end(&mut found[open..], &file.text[start..]);
    found
}

/// `[derive A B]`
fn header(line: &'static str) -> Option<(MacroKind, &'static str)> {
    let (kind, names) = line.trim_end().strip_prefix('[')?.strip_suffix(']')?.split_once(' ')?;
    match kind {
        "derive" => Some((MacroKind::Derive, names)),
        "attribute" => Some((MacroKind::Attribute, names)),
        "call" => Some((MacroKind::Call, names)),
        _ => None,
    }
}

/// The text between two headers; what stands in front of the first one is a comment.
fn end(open: &mut [Template], text: &'static str) {
    for template in open {
        template.text = text;
    }
}
