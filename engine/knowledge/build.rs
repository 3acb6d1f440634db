//! Lists `data/*.csv` and `macros/*.tmpl` as sorted tables of `(crate name, text)`, so that adding a file is all it takes to know
//! a crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=macros");
    println!("cargo::rerun-if-changed=build.rs");
    let root = required("CARGO_MANIFEST_DIR")?;
    let out = required("OUT_DIR")?;

    let data = files(&root.join("data"), "csv")?;
    fs::write(out.join("files.rs"), table("FILES", "CrateFile", &data))?;
    let macros = files(&root.join("macros"), "tmpl")?;
    fs::write(out.join("macros.rs"), table("MACROS", "MacroFile", &macros))
}

fn files(folder: &Path, wanted: &str) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == wanted) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn table(name: &str, of: &str, files: &[PathBuf]) -> String {
    let mut code = format!("static {name}: [{of}; {}] = [\n", files.len());
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let path = Path::display(path).to_string();
        let _ = writeln!(code, "    {of}::new({name:?}, include_str!({path:?})),");
    }
    code.push_str("];\n");
    code
}

fn required(name: &str) -> io::Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("cargo did not set {name}")))
}
