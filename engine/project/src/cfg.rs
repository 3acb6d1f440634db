//! What is known of `cfg` for a platform: asked of rustc, else from a table for the host.

use std::ffi::OsString;
use std::path::Path;
use std::str::FromStr;

use cargo_platform::{Cfg, Platform};
use toecap_ir::Name;

use crate::cargo::{Tool, first_line};
use crate::config::CargoConfig;
use crate::system::System;
use crate::{CfgAtom, Note};

/// The platform that code is looked at for.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlatformFacts {
    /// For `--filter-platform`.
    pub(crate) triple: String,
    /// `cfg` atoms, `--cfg` flags of the configuration included.
    pub(crate) atoms: Vec<CfgAtom>,
    pub(crate) note: Option<Note>,
}

impl PlatformFacts {
    /// A test for `[target.'..']` tables; where nothing is known of the platform, all apply.
    pub(crate) fn applies(&self) -> impl Fn(&str) -> bool {
        let known: Vec<Cfg> = self.atoms.iter().filter_map(to_cargo).collect();
        move |platform| {
            known.is_empty()
                || Platform::from_str(platform).is_ok_and(|platform| platform.matches(&self.triple, &known))
        }
    }
}

/// The triple that this program was built for.
pub(crate) const BUILT_FOR: &str = env!("TOECAP_TARGET");

/// The triple of the machine. A program for musl often runs beside a toolchain for glibc, so there rustc is asked.
pub(crate) fn host_triple(system: &dyn System, dir: &Path) -> String {
    if !BUILT_FOR.ends_with("-musl") {
        return BUILT_FOR.to_owned();
    }
    let answer = Tool::rustc(system, dir).run(&["-vV".into()]).unwrap_or_default();
    let text = String::from_utf8_lossy(&answer);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap_or(BUILT_FOR).trim().to_owned()
}

/// Asks rustc for the `cfg` of `wanted`, or of the host when that is None.
pub(crate) fn platform_facts(
    system: &dyn System,
    dir: &Path,
    triple: &str,
    wanted: Option<&str>,
    config: &CargoConfig,
) -> PlatformFacts {
    let mut args: Vec<OsString> = vec!["--print".into(), "cfg".into()];
    if let Some(wanted) = wanted {
        args.extend(["--target".into(), wanted.into()]);
    }
    let (atoms, note) = match Tool::rustc(system, dir).run(&args) {
        Ok(stdout) => (String::from_utf8_lossy(&stdout).lines().filter_map(parse_atom).collect(), None),
        Err(error) if wanted.is_none_or(|w| w == BUILT_FOR) => {
            (host_atoms(), Some(builtin_note(&first_line(error.text()))))
        }
        Err(error) => {
            let reason = first_line(error.text());
            let message =
                format!("rustc could not say what `cfg` is on {triple} ({reason}): no `cfg` but features is known");
            (Vec::new(), Some(Note::new(message, "check `--target`")))
        }
    };
    let mut facts = PlatformFacts { triple: triple.to_owned(), atoms, note };
    let flags = config.rustflags(triple, &facts.applies());
    for atom in flag_atoms(&flags) {
        if !facts.atoms.contains(&atom) {
            facts.atoms.push(atom);
        }
    }
    facts
}

fn builtin_note(reason: &str) -> Note {
    let message = format!("rustc could not be run ({reason}): `cfg` is that of the machine toecap was built for");
    Note::new(message, "install a Rust toolchain")
}

/// `unix`, `target_os="linux"`
pub(crate) fn parse_atom(line: &str) -> Option<CfgAtom> {
    let line = line.trim();
    let (key, value) = match line.split_once('=') {
        Some((key, value)) => (key.trim_end(), Some(value.trim().trim_matches('"'))),
        None => (line, None),
    };
    (!key.is_empty()).then(|| CfgAtom { key: Name::new(key), value: value.map(Name::new) })
}

/// `--cfg x`, `--cfg=x` and `--cfg 'k="v"'` among flags of rustc.
fn flag_atoms(flags: &[String]) -> Vec<CfgAtom> {
    let mut atoms = Vec::new();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let text = match flag.strip_prefix("--cfg") {
            Some("") => flags.next().map(String::as_str),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        atoms.extend(text.and_then(parse_atom));
    }
    atoms
}

/// The machine that this program was built for, as far as the program itself knows.
fn host_atoms() -> Vec<CfgAtom> {
    use std::env::consts;
    let mut atoms: Vec<(&str, Option<&str>)> = vec![
        (consts::FAMILY, None),
        ("target_family", Some(consts::FAMILY)),
        ("target_os", Some(consts::OS)),
        ("target_arch", Some(consts::ARCH)),
        ("target_pointer_width", Some(if cfg!(target_pointer_width = "64") { "64" } else { "32" })),
        ("target_endian", Some(if cfg!(target_endian = "little") { "little" } else { "big" })),
        ("panic", Some("unwind")),
        ("debug_assertions", None),
        ("target_has_atomic", None),
    ];
    atoms.extend(["8", "16", "32", "64", "ptr"].map(|width| ("target_has_atomic", Some(width))));
    let env = ["gnu", "musl", "msvc"].into_iter().find(|env| BUILT_FOR.ends_with(env)).unwrap_or("");
    atoms.push(("target_env", Some(env)));
    let vendor = BUILT_FOR.split('-').nth(1).unwrap_or("unknown");
    atoms.push(("target_vendor", Some(vendor)));
    atoms.iter().map(|(key, value)| CfgAtom { key: Name::new(key), value: value.map(Name::new) }).collect()
}

fn to_cargo(atom: &CfgAtom) -> Option<Cfg> {
    let text = match atom.value {
        Some(value) => format!("{}=\"{value}\"", atom.key),
        None => atom.key.to_string(),
    };
    Cfg::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_lines_become_atoms() {
        let flags =
            ["-Copt-level=3", "--cfg", "tokio_unstable", "--cfg=foo", "--cfg", "a=\"b\"", "--cfg"].map(String::from);
        let texts: Vec<_> = flag_atoms(&flags).iter().map(|a| (a.key.as_str(), a.value.map(Name::as_str))).collect();
        assert_eq!(texts, [("tokio_unstable", None), ("foo", None), ("a", Some("b"))]);
        assert_eq!(parse_atom("  "), None);
    }

    #[test]
    fn the_table_knows_its_own_platform() {
        let facts = PlatformFacts { triple: BUILT_FOR.to_owned(), atoms: host_atoms(), note: None };
        let applies = facts.applies();
        let os = format!("cfg(target_os = \"{}\")", std::env::consts::OS);
        assert!(applies(&os));
        assert!(applies(BUILT_FOR));
        assert!(!applies("cfg(target_os = \"toaster\")"));
        assert!(!applies("cfg(all("));
    }
}
