//! Lists `data/*.csv` as a sorted table of `(crate name, text)`, so that adding a file is all it takes to know a crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    let root = required("CARGO_MANIFEST_DIR")?;
    let out = required("OUT_DIR")?;

    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(root.join("data"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push(path);
        }
    }
    files.sort();
    fs::write(out.join("files.rs"), table(&files))
}

fn table(files: &[PathBuf]) -> String {
    let mut code = format!("static FILES: [CrateFile; {}] = [\n", files.len());
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let path = Path::display(path).to_string();
        let _ = writeln!(code, "    CrateFile::new({name:?}, include_str!({path:?})),");
    }
    code.push_str("];\n");
    code
}

fn required(name: &str) -> io::Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("cargo did not set {name}")))
}
