//! Puts crates from crates.io into a folder, each with its dependencies downloaded, through ordinary cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::Crate;

pub(super) fn fetch(crates: &[Crate], dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    for krate in crates {
        let target = krate.dir(dir);
        if !target.join("Cargo.toml").is_file() {
            let source = download(krate, dir).with_context(|| format!("{} {}", krate.name, krate.version))?;
            copy(&source, &target)?;
            stand_alone(&target)?;
        }
        if cargo(&["fetch", "--quiet"], &target).is_err() {
            println!("not all dependencies of {} {} could be downloaded", krate.name, krate.version);
        }
    }
    Ok(())
}

/// Has cargo download a crate as a dependency, and says where it put the sources.
fn download(krate: &Crate, dir: &Path) -> anyhow::Result<PathBuf> {
    let probe = dir.join(".probe");
    std::fs::create_dir_all(probe.join("src"))?;
    std::fs::write(probe.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies.probed]\n\
         package = \"{}\"\nversion = \"={}\"\ndefault-features = false\n\n[workspace]\n",
        krate.name, krate.version
    );
    std::fs::write(probe.join("Cargo.toml"), manifest)?;
    let metadata = cargo(&["metadata", "--format-version", "1"], &probe)?;
    std::fs::remove_dir_all(&probe)?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let package = packages.iter().find(|p| p["name"] == *krate.name && p["version"] == *krate.version);
    let manifest = package.and_then(|p| p["manifest_path"].as_str()).context("cargo did not download it")?;
    Ok(Path::new(manifest).parent().context("no folder")?.to_owned())
}

fn cargo(args: &[&str], dir: &Path) -> anyhow::Result<Vec<u8>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .current_dir(dir)
        .output()?;
    ensure!(output.status.success(), "cargo {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Whatever folder it lies in is not its workspace.
fn stand_alone(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join("Cargo.toml");
    let manifest = std::fs::read_to_string(&path)?;
    if !manifest.lines().any(|line| line.trim() == "[workspace]") {
        std::fs::write(&path, format!("{manifest}\n[workspace]\n"))?;
    }
    Ok(())
}
