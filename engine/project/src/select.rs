//! Which members and targets the request means.

use std::collections::BTreeSet;
use std::path::Path;

use crate::loose::counted;
use crate::spec::{PackageSpec, name_matches};
use crate::{Named, Note, Package, Project, ProjectError, Request, Target, TargetKind, TargetRef, TargetSelection};

/// The selected targets, in order. Targets whose features are off are left out, as cargo does, and noted.
///
/// # Errors
/// When a name or specification matches nothing.
pub(crate) fn select(
    project: &Project,
    request: &Request,
    notes: &mut Vec<Note>,
) -> Result<Vec<TargetRef>, ProjectError> {
    let members = selected_members(project, request, notes)?;
    let packages: Vec<&Package> = members.iter().map(|&m| &project.packages[m]).collect();
    check_names(&packages, &request.targets)?;
    let mut selected = Vec::new();
    let mut off: BTreeSet<&str> = BTreeSet::new();
    let mut left_out = 0;
    for (&number, package) in members.iter().zip(&packages) {
        for (index, target) in package.targets.iter().enumerate().filter(|(_, t)| wants(&request.targets, t)) {
            let missing = missing_features(package, target);
            if missing.is_empty() {
                selected.push(TargetRef { package: number, target: index });
            } else {
                left_out += 1;
                off.extend(missing);
            }
        }
    }
    if left_out > 0 {
        let features = off.into_iter().take(6).map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", ");
        let message = format!("left out {} whose features are off: {features}", counted(left_out, "target"));
        notes.push(Note::new(message, "pass `--features` or `--all-features`"));
    }
    Ok(selected)
}

fn missing_features<'a>(package: &Package, target: &'a Target) -> Vec<&'a str> {
    let required = target.required_features.iter().map(String::as_str);
    // `dependency/feature` is not listed among a package's own features.
    required.filter(|f| !f.contains('/') && !package.features.iter().any(|on| on == f)).collect()
}

fn selected_members(project: &Project, request: &Request, notes: &mut Vec<Note>) -> Result<Vec<usize>, ProjectError> {
    let mut members: Vec<usize> = project.members().collect();
    if !request.packages.is_empty() {
        members = by_specs(project, &request.packages)?;
    } else if !request.workspace {
        members = by_place(project, request, members);
    }
    for text in &request.exclude {
        let spec = PackageSpec::parse(text);
        if !project.members().any(|m| spec.matches(&project.packages[m])) {
            let message = format!("excluded package `{text}` is not in the workspace");
            notes.push(Note { message, help: None });
        }
        members.retain(|&m| !spec.matches(&project.packages[m]));
    }
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

fn by_specs(project: &Project, specs: &[String]) -> Result<Vec<usize>, ProjectError> {
    let mut chosen = Vec::new();
    for text in specs {
        let spec = PackageSpec::parse(text);
        let found: Vec<usize> = project.members().filter(|&m| spec.matches(&project.packages[m])).collect();
        if found.is_empty() {
            return Err(no_such_package(project, text, &spec));
        }
        if found.len() > 1 && !spec.name().contains(['*', '?', '[']) {
            let candidates = found.iter().map(|&m| project.packages[m].id.clone()).collect();
            return Err(ProjectError::AmbiguousPackage { spec: text.clone(), candidates });
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn no_such_package(project: &Project, text: &str, spec: &PackageSpec) -> ProjectError {
    if project.packages.iter().any(|p| spec.matches(p)) {
        return ProjectError::NotAMember { spec: text.to_owned() };
    }
    let mut members: Vec<String> = project.members().map(|m| project.packages[m].name.clone()).collect();
    members.sort();
    let similar = toecap_ir::similar(spec.name(), members.iter().map(String::as_str)).map(String::from);
    ProjectError::NoSuchPackage { spec: text.to_owned(), similar, members }
}

/// The members that hold the given paths; without paths the one around the current folder, and all of them at a root.
fn by_place(project: &Project, request: &Request, members: Vec<usize>) -> Vec<usize> {
    if !project.requested.is_empty() {
        let dir = |m: usize| project.packages[m].dir();
        // A file belongs to the innermost package around it; a folder also to those inside it.
        let wanted = |m: &usize| {
            project.requested.iter().any(|path| {
                let innermost = members
                    .iter()
                    .filter(|&&o| path.starts_with(dir(o)))
                    .map(|&o| dir(o))
                    .max_by_key(|d| d.as_os_str().len());
                dir(*m).starts_with(path) || innermost == Some(dir(*m)) || has_target_at(&project.packages[*m], path)
            })
        };
        return members.iter().copied().filter(wanted).collect();
    }
    let at = match &request.manifest_path {
        Some(manifest) => request.cwd.join(manifest).parent().unwrap_or(Path::new("")).to_owned(),
        None => request.cwd.clone(),
    };
    let at = crate::manifest::joined(&at, Path::new(""));
    if project.workspaces.iter().any(|w| w.root == at) {
        return members;
    }
    let around = members.iter().copied().filter(|&m| at.starts_with(project.packages[m].dir()));
    let innermost = around.max_by_key(|&m| project.packages[m].dir().as_os_str().len());
    let is_root = |m: usize| project.workspaces.iter().any(|w| w.root == project.packages[m].dir());
    innermost.filter(|&m| !is_root(m)).map_or(members, |m| vec![m])
}

fn has_target_at(package: &Package, path: &Path) -> bool {
    package.targets.iter().any(|t| t.src_path.starts_with(path))
}

fn wants(selection: &TargetSelection, target: &Target) -> bool {
    if selection.is_everything() {
        return true;
    }
    let named = |named: &Named| named.all || named.names.iter().any(|n| name_matches(n, &target.name));
    match target.kind {
        TargetKind::Lib | TargetKind::ProcMacro => selection.lib,
        TargetKind::Bin => named(&selection.bins),
        TargetKind::Test => named(&selection.tests),
        TargetKind::Bench => named(&selection.benches),
        TargetKind::Example => named(&selection.examples),
        TargetKind::BuildScript => false,
    }
}

fn check_names(packages: &[&Package], selection: &TargetSelection) -> Result<(), ProjectError> {
    let of = |kind: TargetKind| {
        let targets = packages.iter().flat_map(|p| &p.targets).filter(move |t| t.kind == kind);
        targets.map(|t| t.name.clone()).collect::<Vec<_>>()
    };
    let has_lib = !of(TargetKind::Lib).is_empty() || !of(TargetKind::ProcMacro).is_empty();
    if selection.lib && !selection.all_targets && !has_lib {
        return Err(ProjectError::NoSuchTarget { kind: "lib", name: String::new(), available: Vec::new() });
    }
    let kinds = [
        ("bin", &selection.bins, TargetKind::Bin),
        ("test", &selection.tests, TargetKind::Test),
        ("bench", &selection.benches, TargetKind::Bench),
        ("example", &selection.examples, TargetKind::Example),
    ];
    for (word, named, kind) in kinds {
        let available = of(kind);
        if let Some(name) = named.names.iter().find(|n| !available.iter().any(|a| name_matches(n, a))) {
            return Err(ProjectError::NoSuchTarget { kind: word, name: name.clone(), available });
        }
    }
    Ok(())
}
