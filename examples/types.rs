//! Prints the type of every `let` and the callee of every call of some files, for people who work on the type inference.
//!
//! ```text
//! cargo run --example types -- FILE.rs
//! FILE.rs:3: let: Vec<u8>
//! FILE.rs:3: call: alloc::vec::Vec::new
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeSet;

use toecap::session::{Inspection, Options, inspect};
use toecap_ir::{Expr, Span, Stmt};
use toecap_project::Request;
use toecap_sema::{Callee, TypedBody, World};

fn main() -> Result<(), String> {
    let cwd = std::env::current_dir().map_err(|e| e.to_string())?;
    let mut request = Request::new(&cwd);
    request.offline = true;
    request.paths = std::env::args_os().skip(1).map(Into::into).collect();
    let lines = inspect(&Options { request, ..Options::default() }, facts).map_err(|e| e.to_string())?;
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

fn facts(inspection: &Inspection<'_>) -> Vec<String> {
    let world = inspection.analysis.world();
    let files = inspection.sources.read_files();
    let mut lines = BTreeSet::new();
    for body in inspection.analysis.bodies() {
        let Some(file) = files.iter().find(|f| f.id == body.file) else { continue };
        let text = file.text.as_deref().unwrap_or_default();
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let mut add = |span: Span, what: &str, answer: String| {
            let line = text[..span.lo() as usize].matches('\n').count() + 1;
            lines.insert((file.path.clone(), line, format!("{name}:{line}: {what}: {answer}")));
        };
        of_body(world, &body, &mut add);
    }
    lines.into_iter().map(|(_, _, line)| line).collect()
}

fn of_body(world: &World<'_>, body: &TypedBody, add: &mut dyn FnMut(Span, &str, String)) {
    let types = &body.types;
    for (id, expr) in types.body.exprs.iter() {
        let stmts: &[Stmt] = match expr {
            Expr::Block(block) => &block.stmts,
            Expr::Expanded(expansion) => &expansion.stmts,
            _ => &[],
        };
        for stmt in stmts {
            if let Stmt::Let { init: Some(init), span, .. } = stmt {
                add(*span, "let", world.short_type(types.expr_tys[init.index()]));
            }
        }
        if !matches!(expr, Expr::Call { .. } | Expr::MethodCall(_)) {
            continue;
        }
        let callee = match types.callees.get(&id) {
            Some(Callee::Fn(callee)) => world.fn_path(callee.f),
            Some(Callee::Ctor(adt, _)) => world.adt_path(*adt),
            Some(Callee::Value(ty)) => world.short_type(*ty),
            None => "?".to_owned(),
        };
        add(types.body.span(id), "call", callee);
    }
}
