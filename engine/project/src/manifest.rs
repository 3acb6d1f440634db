//! One `Cargo.toml`, read by ourselves: for when cargo does not answer.
//!
//! ```toml
//! [package]
//! name = "app"
//! edition.workspace = true
//! [dependencies]
//! net = { package = "my-net", path = "../net" }
//! ```

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use crate::metadata::edition_number;
use crate::targets::targets_of;
use crate::{ProjectError, Publish, Source, Target};

/// A manifest as TOML.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) path: PathBuf,
    pub(crate) table: Table,
}

/// A package before its dependencies are looked up.
#[derive(Debug, Clone)]
pub(crate) struct RawPackage {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) edition: u16,
    pub(crate) manifest_path: PathBuf,
    pub(crate) source: Source,
    pub(crate) targets: Vec<Target>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<RawDependency>,
    pub(crate) publish: Publish,
    pub(crate) config: Option<serde_json::Value>,
}

/// One line of a dependency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawDependency {
    /// The key in the table: what features call it.
    pub(crate) key: String,
    /// The package.
    pub(crate) name: String,
    pub(crate) req: String,
    pub(crate) kind: DependencyKind,
    pub(crate) renamed: bool,
    pub(crate) optional: bool,
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
    /// `cfg(..)` or a triple.
    pub(crate) platform: Option<String>,
    /// Absolute folder.
    pub(crate) path: Option<PathBuf>,
}

/// Which table it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
    Build,
}

impl DependencyKind {
    pub(crate) fn from_json(kind: Option<&str>) -> DependencyKind {
        match kind {
            Some("dev") => DependencyKind::Dev,
            Some("build") => DependencyKind::Build,
            _ => DependencyKind::Normal,
        }
    }
}

impl RawPackage {
    /// True when some feature says `dep:key`: then the dependency is no feature of its own.
    pub(crate) fn hides(&self, key: &str) -> bool {
        self.features.values().flatten().any(|value| value.strip_prefix("dep:") == Some(key))
    }
    /// Declared, or implied by an optional dependency.
    pub(crate) fn has_feature(&self, name: &str) -> bool {
        name == "default"
            || self.features.contains_key(name)
            || self.dependencies.iter().any(|d| d.optional && d.key == name)
    }
}

impl Manifest {
    /// # Errors
    /// [`ProjectError::BadManifest`] with the place when it is not TOML.
    pub(crate) fn read(path: &Path) -> Result<Manifest, ProjectError> {
        let bad = |place, message: String| ProjectError::BadManifest { path: path.into(), place, message, cargo: None };
        let bytes = std::fs::read(path).map_err(|e| bad(None, e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let read = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let start = read.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
            let line = read.iter().filter(|&&b| b == b'\n').count() + 1;
            bad(Some((line, read.len() - start + 1)), "it is not UTF-8".into())
        })?;
        let table = toml::from_str(&text).map_err(|e| {
            let place = e.span().map(|span| line_and_column(&text, span.start));
            bad(place, e.message().to_owned())
        })?;
        Ok(Manifest { path: path.to_owned(), table })
    }

    pub(crate) fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    pub(crate) fn workspace(&self) -> Option<&Table> {
        self.table.get("workspace")?.as_table()
    }

    fn package(&self) -> Option<&Table> {
        self.table.get("package").or_else(|| self.table.get("project"))?.as_table()
    }

    pub(crate) fn is_package(&self) -> bool {
        self.package().is_some()
    }

    /// `package.workspace = "../.."`
    pub(crate) fn named_root(&self) -> Option<PathBuf> {
        let path = self.package()?.get("workspace")?.as_str()?;
        Some(joined(self.dir(), Path::new(path)))
    }

    /// `[workspace.metadata.toecap]`
    pub(crate) fn workspace_config(&self) -> Option<serde_json::Value> {
        own_config(self.workspace()?)
    }

    /// The package that it describes; `root` is the manifest of its workspace. None when it describes none.
    pub(crate) fn raw_package(&self, root: &Manifest) -> Option<RawPackage> {
        let package = self.package()?;
        let shared = root.workspace();
        let value = |key: &str| match package.get(key)? {
            Value::Table(_) => shared?.get("package")?.get(key),
            value => Some(value),
        };
        let inherited = |key: &str| value(key)?.as_str();
        let is_allowed = match value("publish") {
            Some(Value::Boolean(publish)) => *publish,
            Some(Value::Array(registries)) => !registries.is_empty(),
            _ => true,
        };
        let dependencies = self.dependencies(root);
        let is_unversioned = |d: &RawDependency| needs_version(&d.req, d.path.as_deref(), d.kind);
        let publish = Publish::new(is_allowed, dependencies.iter().any(is_unversioned));
        let dir_name = self.dir().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = package.get("name").and_then(Value::as_str).map_or(dir_name, String::from);
        let version = inherited("version").unwrap_or("0.0.0").to_owned();
        let edition = edition_number(inherited("edition").unwrap_or("2015"));
        Some(RawPackage {
            id: path_package_id(self.dir(), &name, &version),
            targets: targets_of(&self.table, package, self.dir(), &name, edition),
            version,
            edition,
            manifest_path: self.path.clone(),
            source: Source::Path,
            features: features_of(&self.table),
            dependencies,
            publish,
            config: own_config(package),
            name,
        })
    }

    fn dependencies(&self, root: &Manifest) -> Vec<RawDependency> {
        let mut all = Vec::new();
        let mut add = |table: &Table, platform: Option<&str>| {
            for (section, kind) in SECTIONS {
                let Some(entries) = table.get(section).and_then(Value::as_table) else { continue };
                all.extend(entries.iter().map(|(key, value)| self.dependency(root, key, value, kind, platform)));
            }
        };
        add(&self.table, None);
        for (platform, table) in self.table.get("target").and_then(Value::as_table).into_iter().flatten() {
            if let Some(table) = table.as_table() {
                add(table, Some(platform));
            }
        }
        all
    }

    fn dependency(
        &self,
        root: &Manifest,
        key: &str,
        value: &Value,
        kind: DependencyKind,
        platform: Option<&str>,
    ) -> RawDependency {
        let own = Entry { value, dir: self.dir() };
        let is_shared = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let shared = root.workspace().and_then(|w| w.get("dependencies")?.get(key)).filter(|_| is_shared);
        let shared = shared.map(|value| Entry { value, dir: root.dir() });
        let base = shared.unwrap_or(own);
        let mut features = base.features();
        if shared.is_some() {
            features.extend(own.features());
        }
        RawDependency {
            key: key.to_owned(),
            name: base.text("package").unwrap_or(key).to_owned(),
            req: base.value.as_str().or(base.text("version")).unwrap_or("*").to_owned(),
            kind,
            renamed: base.text("package").is_some(),
            optional: own.flag("optional").unwrap_or(false),
            default_features: own.flag("default-features").or(base.flag("default-features")).unwrap_or(true),
            features,
            platform: platform.map(String::from),
            path: base.text("path").map(|path| joined(base.dir, Path::new(path))),
        }
    }
}

/// Does cargo refuse to publish a package with such a dependency? `low = { path = "../low" }`
pub(crate) fn needs_version(req: &str, path: Option<&Path>, kind: DependencyKind) -> bool {
    req == "*" && path.is_some() && kind != DependencyKind::Dev
}

const SECTIONS: [(&str, DependencyKind); 5] = [
    ("dependencies", DependencyKind::Normal),
    ("dev-dependencies", DependencyKind::Dev),
    ("dev_dependencies", DependencyKind::Dev),
    ("build-dependencies", DependencyKind::Build),
    ("build_dependencies", DependencyKind::Build),
];

/// The right-hand side of a dependency, and what its paths are relative to.
#[derive(Clone, Copy)]
struct Entry<'a> {
    value: &'a Value,
    dir: &'a Path,
}

impl<'a> Entry<'a> {
    fn text(self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }
    fn flag(self, key: &str) -> Option<bool> {
        let value = self.value.get(key).or_else(|| self.value.get(key.replace('-', "_")))?;
        value.as_bool()
    }
    fn features(self) -> Vec<String> {
        strings(self.value.get("features"))
    }
}

/// A list of strings, else nothing.
pub(crate) fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(String::from)).collect()
}

fn features_of(table: &Table) -> BTreeMap<String, Vec<String>> {
    let features = table.get("features").and_then(Value::as_table).into_iter().flatten();
    features.map(|(name, list)| (name.clone(), strings(Some(list)))).collect()
}

fn own_config(table: &Table) -> Option<serde_json::Value> {
    serde_json::to_value(table.get("metadata")?.get("toecap")?).ok()
}

/// `base/path` without `.` and `..`, as text: links are not followed, just as cargo does it.
pub(crate) fn joined(base: &Path, path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(result.components().next_back(), Some(Component::Normal(_))) => {
                result.pop();
            }
            Component::ParentDir if result.has_root() => {}
            part => result.push(part),
        }
    }
    result
}

/// `path+file:///home/me/app#0.1.0`, with the name where the folder has another.
pub(crate) fn path_package_id(dir: &Path, name: &str, version: &str) -> String {
    let same = dir.file_name().is_some_and(|n| n == name);
    let fragment = if same { version.to_owned() } else { format!("{name}@{version}") };
    format!("path+{}#{fragment}", file_url(dir))
}

/// `file:///a%20b`
pub(crate) fn file_url(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut url = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte <= b' ' || byte >= 0x7f || b"\"#<>?`{}%".contains(&byte) {
            url.push_str(&format!("%{byte:02X}"));
        } else {
            url.push(char::from(byte));
        }
    }
    url
}

/// 1-based; columns count characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_cargo_does() {
        assert_eq!(path_package_id(Path::new("/a b/app"), "app", "1.0.0"), "path+file:///a%20b/app#1.0.0");
        assert_eq!(path_package_id(Path::new("/x/y"), "app", "1.0.0"), "path+file:///x/y#app@1.0.0");
    }

    #[test]
    fn paths_are_joined_as_text() {
        assert_eq!(joined(Path::new("/a/b"), Path::new("../c/./d")), Path::new("/a/c/d"));
        assert_eq!(joined(Path::new("/a"), Path::new("../../../x")), Path::new("/x"));
        assert_eq!(joined(Path::new("/a"), Path::new("/x")), Path::new("/x"));
    }
}
