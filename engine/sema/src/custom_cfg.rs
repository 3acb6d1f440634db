//! Flags that a build script sets, where it has not run: what can be known from its text.
//!
//! ```text
//! cfg_aliases! { with_metrics: { all(unix, feature = "metrics") } }    as true as what it stands for
//! println!("cargo:rustc-cfg=has_io_uring");                            perhaps
//! println!("cargo:rustc-cfg=api=\"1.{n}\"")                            `api = "1.37"` when the feature `v1_37` is on
//! ```

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{CfgExpr, CfgTruth, Container, FnBodies, Name, SourceText, Syntax};

use crate::CfgSet;

/// Flags that tools set, whatever a build script says of them.
const OF_TOOLS: [&str; 14] = [
    "clippy",
    "coverage",
    "coverage_nightly",
    "debug_assertions",
    "doc",
    "docsrs",
    "doctest",
    "fuzzing",
    "kani",
    "loom",
    "miri",
    "proc_macro",
    "rustfmt",
    "test",
];

/// What a build script says of the flags that it may set.
#[derive(Debug, Default)]
pub(crate) struct CustomCfg {
    aliases: FxHashMap<Name, CfgExpr>,
    words: FxHashSet<Box<str>>,
    /// It looks at `CARGO_FEATURE_…`.
    reads_features: bool,
}

/// How a flag is to be read.
pub(crate) enum Reading<'c> {
    /// It stands for this.
    Alias(&'c CfgExpr),
    /// The script may set it.
    Perhaps,
    /// This is its value.
    Known(CfgTruth),
    /// The script does not mention it.
    Unmentioned,
}

impl CustomCfg {
    /// Reads the text of a build script.
    pub fn read(text: &str, syntax: &dyn Syntax) -> CustomCfg {
        let code = without_checks(text);
        let aliases = aliases(&code, syntax);
        let mut words = FxHashSet::default();
        if ["rustc-cfg", "autocfg", "version_check", "rustversion"].iter().any(|word| code.contains(word)) {
            words.extend(code.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).map(Box::from));
        }
        CustomCfg { aliases, words, reads_features: code.contains("CARGO_FEATURE_") }
    }

    /// What is known of one flag or `key = "value"` that nothing else sets.
    pub fn reading(&self, key: Name, value: Option<Name>, cfg: &CfgSet) -> Reading<'_> {
        if let (None, Some(alias)) = (value, self.aliases.get(&key)) {
            return Reading::Alias(alias);
        }
        let is_ours = !OF_TOOLS.contains(&key.as_str()) && !is_of_target(key.as_str());
        if !is_ours || !self.words.contains(key.as_str()) {
            return Reading::Unmentioned;
        }
        match (value, &cfg.features) {
            (Some(value), Some(features)) if self.reads_features => {
                let value = plain(value.as_str());
                let is_on = features.iter().any(|feature| plain(feature.as_str()).ends_with(&value));
                Reading::Known(if is_on { CfgTruth::True } else { CfgTruth::False })
            }
            _ => Reading::Perhaps,
        }
    }
}

/// Flags that the compiler sets for what it compiles for: a build script may ask for them, and sets none.
fn is_of_target(key: &str) -> bool {
    key.starts_with("target_") || matches!(key, "unix" | "windows" | "panic" | "overflow_checks" | "relocation_model")
}

/// `v1_37` and `1.37` both end in `137`.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Leaves out comments and what `rustc-check-cfg` declares: neither sets anything.
fn without_checks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        match line.split_once("rustc-check-cfg") {
            Some((before, after)) => {
                out.push_str(before);
                out.push_str(after.rsplit_once('"').map_or("", |(_, rest)| rest));
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// The predicates of `cfg_aliases! { name: { predicate }, … }`.
fn aliases(text: &str, syntax: &dyn Syntax) -> FxHashMap<Name, CfgExpr> {
    let mut found = FxHashMap::default();
    let Some((_, call)) = text.split_once("cfg_aliases!") else { return found };
    let Some(body) = call.trim_start().get(1..) else { return found };
    let mut items = String::new();
    let mut rest = body;
    while let Some((name, after)) = rest.split_once(':') {
        let name = name.trim_start_matches(|c: char| c == ',' || c.is_whitespace()).trim_end();
        let Some(predicate) = after.trim_start().strip_prefix('{') else { break };
        let Some((predicate, after)) = predicate.split_once('}') else { break };
        if name.is_empty() || !name.chars().all(is_word) {
            break;
        }
        items.push_str(&format!("#[cfg({})] mod {name} {{}}\n", predicate.trim()));
        rest = after;
    }
    let file = syntax.lower_items(&SourceText::file(items.into()), Container::Module, FnBodies::Skipped);
    for (_, item) in file.items.iter() {
        if let Some(cfg) = &item.attrs.cfg {
            found.insert(item.name, (**cfg).clone());
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
