//! Prints what `discover` finds out: `cargo run -p toecap-project --example discover -- PATH...`
#![allow(clippy::print_stdout, reason = "an example")]

use std::time::Instant;

use toecap_project::{Request, discover, prefetch_list, source_guess};

fn main() {
    let mut request = Request::new(std::env::current_dir().unwrap_or_default());
    request.offline = true;
    let mut json = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => json = true,
            "-p" => request.packages.extend(args.next()),
            "--features" => request.features.features.extend(args.next()),
            "--manifest-path" => request.manifest_path = args.next().map(Into::into),
            "--workspace" => request.workspace = true,
            _ => request.paths.push(arg.into()),
        }
    }
    let start = Instant::now();
    let guess = source_guess(&request);
    let guessed = start.elapsed();
    let start = Instant::now();
    let project = match discover(&request) {
        Ok(project) => project,
        Err(error) => {
            println!("error: {error}\nhelp: {:?}", error.help());
            std::process::exit(2)
        }
    };
    let discovered = start.elapsed();
    if json {
        println!("{}", serde_json::to_string(&project).unwrap_or_default());
        return;
    }
    let start = Instant::now();
    let files = prefetch_list(&project);
    let (files_len, listed) = (files.iter().map(|f| f.len).sum::<u64>(), start.elapsed());
    for &at in &project.selected {
        if let Some((package, target)) = project.target(at) {
            println!(
                "  {:?} {} ({}) {} {}",
                target.kind,
                target.name,
                package.name,
                target.edition,
                target.src_path.display()
            );
        }
    }
    for note in &project.notes {
        println!("note: {note}");
    }
    let edges: usize = project.packages.iter().map(|p| p.dependencies.len()).sum();
    let built = project.packages.iter().filter(|p| p.out_dir.is_some()).count();
    println!(
        "{}: {:?} {} packages, {edges} edges, {} members, {} targets, {} loose, {built} out dirs, {} cfg; {} files {files_len} bytes ({} guessed); \
         guess {guessed:?}, discover {discovered:?}, list {listed:?}",
        project.root.display(),
        project.workspaces.iter().map(|w| w.resolution).collect::<Vec<_>>(),
        project.packages.len(),
        project.members().count(),
        project.selected.len(),
        project.loose.files.len(),
        project.cfg.len(),
        files.len(),
        guess.len(),
    );
}
