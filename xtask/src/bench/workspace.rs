//! Copies of packages, and what the cache knows of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

/// A copy of a package in a new folder, build output and hidden folders left out.
pub(super) fn copy(package: &Path) -> anyhow::Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("bench").tempdir()?;
    copy_into(package, dir.path())?;
    Ok(dir)
}

fn copy_into(from: &Path, to: &Path) -> anyhow::Result<()> {
    for (path, name) in entries(from)? {
        let target = to.join(name);
        if path.is_dir() {
            std::fs::create_dir(&target)?;
            copy_into(&path, &target)?;
        } else if path.is_file() {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// The largest Rust file below a folder named `src`.
pub(super) fn largest_file(package: &Path) -> anyhow::Result<Option<PathBuf>> {
    let mut all = Vec::new();
    rust_files(package, &mut all)?;
    all.retain(|(path, _)| path.components().any(|part| part.as_os_str() == "src"));
    Ok(all.into_iter().max_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0))).map(|(path, _)| path))
}

/// The largest of the files below folders named `src` that an analysis of the package looks at, relative to `package`, which is
/// left as it was: a file for another system is no part of it.
pub(super) fn largest_analysed(package: &Path) -> anyhow::Result<PathBuf> {
    let mut all = Vec::new();
    rust_files(package, &mut all)?;
    all.retain(|(path, _)| path.components().any(|part| part.as_os_str() == "src"));
    all.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
    for (path, _) in all {
        let name = path.strip_prefix(package)?.to_owned();
        if is_analysed(package, &path, &name)? {
            return Ok(name);
        }
    }
    anyhow::bail!("nothing in {} is analysed", package.display())
}

/// Is it complained of when it does not parse?
fn is_analysed(package: &Path, path: &Path, name: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read(path)?;
    std::fs::write(path, [&text[..], b"\nfn {"].concat())?;
    let output =
        super::process::toecap().args(["--no-cache", "--message-format", "short"]).current_dir(package).output();
    std::fs::write(path, text)?;
    let output = output?;
    let said = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&said).contains(&*name.to_string_lossy()))
}

/// All Rust files and their lengths.
pub(super) fn rust_files(dir: &Path, found: &mut Vec<(PathBuf, u64)>) -> anyhow::Result<()> {
    for (path, _) in entries(dir)? {
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let len = std::fs::metadata(&path)?.len();
            found.push((path, len));
        }
    }
    Ok(())
}

fn entries(dir: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && name != ".cargo";
        if name != "target" && !hidden && !entry.file_type()?.is_symlink() {
            found.push((entry.path(), name));
        }
    }
    found.sort();
    Ok(found)
}

/// One more line.
pub(super) fn add_line(file: &Path) -> anyhow::Result<()> {
    writeln!(std::fs::File::options().append(true).open(file)?, "// one more line")?;
    Ok(())
}

/// One more statement, in the function in the middle of the file.
pub(super) fn add_statement(file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let begins =
        |line: &&str| line.contains("fn ") && line.contains('(') && line.ends_with('{') && !line.contains("//");
    let all: Vec<usize> = (0..lines.len()).filter(|at| begins(&lines[*at])).collect();
    let at = all.get(all.len() / 2).context("a file without functions")?;
    let (before, after) = lines.split_at(at + 1);
    let text = [before, &["        let _added = 1;"], after].concat().join("\n") + "\n";
    Ok(std::fs::write(file, text)?)
}

/// Waits until the files of a copy are older than the clock of the cache is coarse.
pub(super) fn let_rest() {
    std::thread::sleep(Duration::from_millis(2_500));
}
