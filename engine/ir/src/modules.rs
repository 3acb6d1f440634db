//! Where rustc looks for the file of `mod name;`.
//!
//! ```text
//! // src/net.rs
//! mod tcp;                     // src/net/tcp.rs or src/net/tcp/mod.rs
//! mod v6 { mod tcp; }          // src/net/v6/tcp.rs or src/net/v6/tcp/mod.rs
//! #[path = "raw.rs"] mod r;    // src/raw.rs
//! ```

use std::path::{Component, Path, PathBuf};

/// One inline module around a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlineModule<'a> {
    /// `r#` is dropped.
    pub name: &'a str,
    /// The value of its `#[path = ".."]`, which replaces the name.
    pub path_attr: Option<&'a str>,
}

/// Files that `mod name;` in `parent_file` may mean; the first that exists is meant (two that exist are an error to rustc).
///
/// - `owns_dir`: the file's modules lie beside it: crate roots, `mod.rs`, and files that a `#[path]` led to.
/// - `inline`: the inline modules around the declaration, outermost first.
/// - `name`: `r#` is dropped.
/// - `path_attr`: the value of `#[path = ".."]` on the declaration. The file it leads to owns its folder.
pub fn module_candidates(
    parent_file: &Path,
    owns_dir: bool,
    inline: &[InlineModule<'_>],
    name: &str,
    path_attr: Option<&str>,
) -> Vec<PathBuf> {
    let mut dir = parent_file.parent().unwrap_or(Path::new("")).to_owned();
    // The outermost `#[path]` counts from the file's own folder, whatever kind of file it is.
    let outermost_path = inline.first().map_or(path_attr, |module| module.path_attr);
    if let Some(stem) = parent_file.file_stem().filter(|_| !owns_dir && outermost_path.is_none()) {
        dir.push(stem);
    }
    for module in inline {
        dir = module.path_attr.map_or_else(|| dir.join(bare(module.name)), |path| join_written(&dir, path));
    }
    if let Some(path) = path_attr {
        return vec![join_written(&dir, path)];
    }
    let name = bare(name);
    vec![dir.join(format!("{name}.rs")), dir.join(name).join("mod.rs")]
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// `dir` and a path as an attribute writes it, without `.` and, where that is sure, without `..`.
fn join_written(dir: &Path, written: &str) -> PathBuf {
    let mut path = dir.to_owned();
    for part in Path::new(&written.replace('\\', "/")).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> InlineModule<'_> {
        InlineModule { name, path_attr: None }
    }

    fn candidates(file: &str, owns: bool, inline: &[InlineModule<'_>], name: &str, attr: Option<&str>) -> Vec<String> {
        let paths = module_candidates(Path::new(file), owns, inline, name, attr);
        paths.iter().map(|p| p.to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn roots_and_mod_files_keep_modules_beside_them() {
        assert_eq!(candidates("src/lib.rs", true, &[], "a", None), ["src/a.rs", "src/a/mod.rs"]);
        assert_eq!(candidates("src/net/mod.rs", true, &[], "tcp", None), ["src/net/tcp.rs", "src/net/tcp/mod.rs"]);
        assert_eq!(candidates("build.rs", true, &[], "gen", None), ["gen.rs", "gen/mod.rs"]);
    }

    #[test]
    fn other_files_keep_modules_in_a_folder_of_their_name() {
        assert_eq!(candidates("src/net.rs", false, &[], "tcp", None), ["src/net/tcp.rs", "src/net/tcp/mod.rs"]);
    }

    #[test]
    fn inline_modules_are_folders() {
        let inline = [plain("a"), plain("r#type")];
        assert_eq!(candidates("src/lib.rs", true, &inline, "b", None), ["src/a/type/b.rs", "src/a/type/b/mod.rs"]);
        assert_eq!(
            candidates("src/net.rs", false, &inline, "b", None),
            ["src/net/a/type/b.rs", "src/net/a/type/b/mod.rs"]
        );
    }

    #[test]
    fn raw_identifiers_lose_their_prefix() {
        assert_eq!(candidates("src/lib.rs", true, &[], "r#type", None), ["src/type.rs", "src/type/mod.rs"]);
    }

    #[test]
    fn a_path_directly_in_a_file_counts_from_its_folder() {
        assert_eq!(candidates("src/lib.rs", true, &[], "a", Some("x/y.rs")), ["src/x/y.rs"]);
        assert_eq!(candidates("src/net.rs", false, &[], "a", Some("x.rs")), ["src/x.rs"]);
        assert_eq!(candidates("src/a/net.rs", false, &[], "a", Some("../x.rs")), ["src/x.rs"]);
        assert_eq!(candidates("../net.rs", false, &[], "a", Some("../x.rs")), ["../../x.rs"]);
        assert_eq!(candidates("src/lib.rs", true, &[], "a", Some("./x.rs")), ["src/x.rs"]);
    }

    #[test]
    fn a_path_in_an_inline_module_counts_from_that_module() {
        let inline = [plain("inline")];
        assert_eq!(candidates("src/a/mod.rs", true, &inline, "i", Some("other.rs")), ["src/a/inline/other.rs"]);
        assert_eq!(candidates("src/a/b.rs", false, &inline, "i", Some("other.rs")), ["src/a/b/inline/other.rs"]);
    }

    #[test]
    fn a_path_on_an_inline_module_replaces_its_name() {
        let inline = [InlineModule { name: "thread", path_attr: Some("thread_files") }];
        assert_eq!(candidates("src/lib.rs", true, &inline, "local", Some("tls.rs")), ["src/thread_files/tls.rs"]);
        assert_eq!(
            candidates("src/x.rs", false, &inline, "local", None),
            ["src/thread_files/local.rs", "src/thread_files/local/mod.rs"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn an_absolute_path_stands_alone() {
        assert_eq!(candidates("src/lib.rs", true, &[], "a", Some("/gen/a.rs")), ["/gen/a.rs"]);
    }
}
