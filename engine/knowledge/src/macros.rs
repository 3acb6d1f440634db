//! What procedural macros write, as templates: one file for each crate that defines macros.
//!
//! ```text
//! # Where this is from.
//! [derive DeriveActiveModel]
//! pub struct ActiveModel { @each field { pub @[field]: ::sea_orm::ActiveValue<@[field.type]>, } }
//! ```
//! The language of the templates is described in `macros/README.md`.

use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/macros.rs"));

/// How a macro is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// `#[derive(Name)]`
    Derive,
    /// `#[name]`
    Attribute,
}

/// The templates of a crate.
struct MacroFile {
    krate: &'static str,
    text: &'static str,
}

impl MacroFile {
    const fn new(krate: &'static str, text: &'static str) -> MacroFile {
        MacroFile { krate, text }
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

/// What the macro `name` that `krate` defines writes.
pub fn macro_template(krate: &str, kind: MacroKind, name: &str) -> Option<&'static str> {
    let found = templates().iter().find(|t| t.krate == krate && t.kind == kind && t.name == name);
    found.map(|template| template.text)
}

/// Is there a template for a macro of this name in any crate?
pub fn has_template(kind: MacroKind, name: &str) -> bool {
    templates().iter().any(|t| t.kind == kind && t.name == name)
}

fn of_file(file: &MacroFile) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    let mut at = 0;
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let header = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        let header = header.and_then(|header| header.split_once(' ')).and_then(|(kind, name)| match kind {
            "derive" => Some((MacroKind::Derive, name)),
            "attribute" => Some((MacroKind::Attribute, name)),
            _ => None,
        });
        if let Some((kind, name)) = header {
            end(&mut found, &file.text[start..at]);
            found.push(Template { krate: file.krate, kind, name, text: "" });
            start = at + line.len();
        }
        at += line.len();
    }
    end(&mut found, &file.text[start..]);
    found
}

/// The text between two headers; what stands in front of the first one is a comment.
fn end(found: &mut [Template], text: &'static str) {
    if let Some(template) = found.last_mut() {
        template.text = text;
    }
}
