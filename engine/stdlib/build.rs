//! Lowers every file of `std.table` once, so that a run only decodes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use toecap_ir::{FileIr, ItemKind, Name, write_numbered};
use toecap_lower::lower_declarations;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=std.table");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(required("OUT_DIR")?);
    let packed = fs::read("std.table")?;
    let end = packed.iter().position(|byte| *byte == b'\n').ok_or_else(|| invalid("it has no first line"))?;
    let head = std::str::from_utf8(&packed[..end]).map_err(invalid)?;
    let plain = miniz_oxide::inflate::decompress_to_vec_zlib(&packed[end + 1..]).map_err(invalid)?;
    let plain = String::from_utf8(plain).map_err(invalid)?;
    let parts: Vec<&str> = plain.split('\0').collect();
    let mut files: Vec<(&str, &str)> = parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    files.sort_unstable();

    let (mut irs, mut texts, mut names) = (Vec::new(), String::new(), Vec::<Name>::new());
    let mut index = format!("/// What the table says of itself.\npub const HEAD: &str = {head:?};\n");
    let _ = writeln!(index, "static FILES: [StdFile; {}] = [", files.len());
    for (path, text) in &files {
        let ir = lower_declarations(text);
        let at = (irs.len(), texts.len());
        irs.extend(write_numbered(&mut names, || postcard::to_allocvec(&ir)).map_err(invalid)?);
        if has_macros(&ir) {
            texts.push_str(text);
        }
        let (ir, text) = (at.0..irs.len(), at.1..texts.len());
        let _ = writeln!(
            index,
            "    StdFile {{ path: {path:?}, ir: ({}, {}), text: ({}, {}) }},",
            ir.start, ir.end, text.start, text.end
        );
    }
    index.push_str("];\n");
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    fs::write(out.join("names.txt"), names.join("\n"))?;
    fs::write(out.join("files.rs"), index)?;
    fs::write(out.join("std.ir"), irs)?;
    fs::write(out.join("std.txt"), texts)
}

/// Only macros are read again from their text.
fn has_macros(ir: &FileIr) -> bool {
    ir.items.iter().any(|(_, item)| matches!(item.kind, ItemKind::MacroDef(_) | ItemKind::MacroCall(_)))
}

fn required(name: &str) -> io::Result<std::ffi::OsString> {
    env::var_os(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("cargo did not set {name}")))
}

fn invalid(why: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("std.table: {}", why.to_string()))
}
