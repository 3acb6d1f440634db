//! The targets of a package, by cargo's rules for what a manifest leaves out.
//!
//! ```text
//! src/lib.rs  src/main.rs  src/bin/tool.rs  src/bin/other/main.rs  tests/api.rs  benches/speed.rs  examples/hello.rs  build.rs
//! ```

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::manifest::{joined, strings};
use crate::metadata::edition_number;
use crate::{Target, TargetKind};

/// In cargo's order: library, programs, examples, tests, benchmarks, build script. `manifest` is all of the file, `package`
/// its `[package]`.
pub(crate) fn targets_of(manifest: &Table, package: &Table, dir: &Path, name: &str, edition: u16) -> Vec<Target> {
    let cx = Package { manifest, package, dir, name, edition };
    let mut targets = Vec::new();
    targets.extend(cx.library());
    for kind in KINDS {
        targets.extend(cx.of_kind(&kind));
    }
    targets.extend(cx.build_script());
    targets
}

struct Package<'a> {
    manifest: &'a Table,
    package: &'a Table,
    dir: &'a Path,
    name: &'a str,
    edition: u16,
}

/// A kind of target that a package may have several of.
struct Kind {
    kind: TargetKind,
    section: &'static str,
    switch: &'static str,
    folder: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind { kind: TargetKind::Bin, section: "bin", switch: "autobins", folder: "src/bin" },
    Kind { kind: TargetKind::Example, section: "example", switch: "autoexamples", folder: "examples" },
    Kind { kind: TargetKind::Test, section: "test", switch: "autotests", folder: "tests" },
    Kind { kind: TargetKind::Bench, section: "bench", switch: "autobenches", folder: "benches" },
];

impl Package<'_> {
    fn library(&self) -> Option<Target> {
        let table = self.manifest.get("lib").and_then(Value::as_table);
        let given = table.and_then(|t| t.get("path")?.as_str()).map(|p| joined(self.dir, Path::new(p)));
        let inferred = self.dir.join("src/lib.rs");
        let inferred = (self.switch("autolib") != Some(false) || table.is_some()) && inferred.is_file();
        // Before 2018 the library could also be named like the package.
        let old = || table.map(|_| self.dir.join(format!("src/{}.rs", self.name))).filter(|p| p.is_file());
        let src_path = given.or_else(|| inferred.then(|| self.dir.join("src/lib.rs"))).or_else(old)?;
        let name =
            table.and_then(|t| t.get("name")?.as_str()).map_or_else(|| self.name.replace('-', "_"), String::from);
        let flag = |key: &str| table.and_then(|t| t.get(key)?.as_bool()).unwrap_or(false);
        let mut crate_types = strings(table.and_then(|t| t.get("crate-type").or_else(|| t.get("crate_type"))));
        let is_macro = flag("proc-macro") || flag("proc_macro") || crate_types.iter().any(|t| t == "proc-macro");
        let kind = if is_macro { TargetKind::ProcMacro } else { TargetKind::Lib };
        if crate_types.is_empty() {
            crate_types.push(kind.as_str().to_owned());
        }
        Some(Target { crate_types, ..self.target(table, kind, name, src_path) })
    }

    fn of_kind(&self, kind: &Kind) -> Vec<Target> {
        let sections = self.manifest.get(kind.section).and_then(Value::as_array);
        let inferred = self.inferred(kind);
        let mut targets: Vec<Target> = Vec::new();
        for table in sections.into_iter().flatten().filter_map(Value::as_table) {
            let Some(name) = table.get("name").and_then(Value::as_str) else { continue };
            let given = table.get("path").and_then(Value::as_str).map(|p| joined(self.dir, Path::new(p)));
            let found = || inferred.iter().find(|(n, _)| n == name).map(|(_, path)| path.clone());
            let Some(path) = given.or_else(found) else { continue };
            targets.push(self.target(Some(table), kind.kind, name.to_owned(), path));
        }
        let automatic = self.switch(kind.switch).unwrap_or(self.edition > 2015 || sections.is_none());
        for (name, path) in inferred.into_iter().filter(|_| automatic) {
            if !targets.iter().any(|t| t.name == name || t.src_path == path) {
                targets.push(self.target(None, kind.kind, name, path));
            }
        }
        targets
    }

    /// Names and roots by file names, sorted.
    fn inferred(&self, kind: &Kind) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        let main = self.dir.join("src/main.rs");
        if kind.kind == TargetKind::Bin && main.is_file() {
            found.push((self.name.to_owned(), main));
        }
        let folder = self.dir.join(kind.folder);
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        for name in names.iter().filter(|n| !n.starts_with('.')) {
            let path = folder.join(name);
            match name.strip_suffix(".rs") {
                Some(stem) if path.is_file() => found.push((stem.to_owned(), path)),
                _ => {
                    let main = path.join("main.rs");
                    if main.is_file() {
                        found.push((name.clone(), main));
                    }
                }
            }
        }
        found
    }

    fn build_script(&self) -> Option<Target> {
        let path = match self.package.get("build") {
            Some(Value::Boolean(false)) => return None,
            Some(Value::String(path)) => joined(self.dir, Path::new(path)),
            _ => Some(self.dir.join("build.rs")).filter(|p| p.is_file())?,
        };
        let name = format!("build-script-{}", path.file_stem().unwrap_or_default().to_string_lossy());
        Some(self.target(None, TargetKind::BuildScript, name, path))
    }

    fn switch(&self, name: &str) -> Option<bool> {
        self.package.get(name)?.as_bool()
    }

    fn target(&self, table: Option<&Table>, kind: TargetKind, name: String, src_path: PathBuf) -> Target {
        let edition = table.and_then(|t| t.get("edition")?.as_str()).map_or(self.edition, edition_number);
        Target {
            crate_name: name.replace('-', "_"),
            name,
            kind,
            crate_types: vec!["bin".into()],
            src_path,
            edition,
            required_features: strings(table.and_then(|t| t.get("required-features"))),
        }
    }
}
