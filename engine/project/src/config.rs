//! The few settings of `.cargo/config.toml` that change what code means: the platform and `--cfg` flags.
//!
//! ```toml
//! [build]
//! target = "thumbv7em-none-eabihf"
//! rustflags = ["--cfg", "tokio_unstable"]
//! ```

use std::path::Path;

use toml::{Table, Value};

use crate::system::{System, cargo_home};

/// Merged settings of one folder, nearest file first.
#[derive(Debug, Default)]
pub(crate) struct CargoConfig {
    files: Vec<Table>,
    env_target: Option<String>,
    env_flags: Option<Vec<String>>,
}

impl CargoConfig {
    /// Reads `.cargo/config.toml` of `dir` and above, then of `CARGO_HOME`. What is unreadable is cargo's to complain about.
    pub(crate) fn read(system: &dyn System, dir: &Path) -> CargoConfig {
        let mut folders: Vec<_> = dir.ancestors().map(|a| a.join(".cargo")).collect();
        folders.extend(cargo_home(system).filter(|home| !folders.contains(home)));
        let texts = folders.iter().filter_map(|f| {
            let text = std::fs::read_to_string(f.join("config"));
            text.or_else(|_| std::fs::read_to_string(f.join("config.toml"))).ok()
        });
        let files = texts.filter_map(|text| toml::from_str(&text).ok()).collect();
        let text = |name: &str| system.var(name).and_then(|v| v.into_string().ok());
        let encoded = text("CARGO_ENCODED_RUSTFLAGS").map(|f| f.split('\u{1f}').map(String::from).collect());
        let env_flags = encoded.or_else(|| text("RUSTFLAGS").map(|f| words(&f)));
        CargoConfig { files, env_target: text("CARGO_BUILD_TARGET"), env_flags }
    }

    /// `build.target`; the first when there are several.
    pub(crate) fn target(&self) -> Option<String> {
        let first = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(list) => list.first()?.as_str().map(String::from),
            _ => None,
        };
        let written = || self.files.iter().find_map(|file| first(file.get("build")?.get("target")?));
        let target = self.env_target.clone().or_else(written)?;
        (target != "host-tuple").then_some(target)
    }

    /// Flags for rustc by cargo's precedence: environment, `target.*`, `build`.
    pub(crate) fn rustflags(&self, triple: &str, matches: &dyn Fn(&str) -> bool) -> Vec<String> {
        if let Some(flags) = &self.env_flags {
            return flags.clone();
        }
        let mut flags = Vec::new();
        for targets in self.files.iter().filter_map(|file| file.get("target")?.as_table()) {
            let applies = targets.iter().filter(|(key, _)| *key == triple || key.starts_with("cfg(") && matches(key));
            flags.extend(applies.filter_map(|(_, table)| table.get("rustflags")).flat_map(list));
        }
        if flags.is_empty() {
            let build = self.files.iter().filter_map(|file| file.get("build")?.get("rustflags"));
            flags = build.flat_map(list).collect();
        }
        flags
    }
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => words(text),
        Value::Array(list) => list.iter().filter_map(|v| v.as_str().map(String::from)).collect(),
        _ => Vec::new(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn target_flags_come_before_build_flags() {
        let near = "[build]\nrustflags = \"--cfg near\"\ntarget = [\"a-b-c\"]\n[target.'cfg(unix)']\nrustflags = [\"--cfg\", \"u\"]";
        let config = CargoConfig { files: vec![toml::from_str(near).unwrap()], ..CargoConfig::default() };
        assert_eq!(config.target().as_deref(), Some("a-b-c"));
        assert_eq!(config.rustflags("t", &|p| p == "cfg(unix)"), ["--cfg", "u"]);
        assert_eq!(config.rustflags("t", &|_| false), ["--cfg", "near"]);
        let env = CargoConfig { env_flags: Some(vec!["-g".into()]), ..config };
        assert_eq!(env.rustflags("t", &|_| true), ["-g"]);
    }
}
