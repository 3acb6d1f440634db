//! `toecap facts`: what is known of functions and calls.

use std::io;
use std::path::PathBuf;

use super::args::FactsArgs;
use super::selection::{Selection, current_folder};
use super::{Exit, calls, color, output, page};
use crate::session::inspect_with;

pub(super) fn facts(args: &FactsArgs) -> Exit {
    let err_color = color::wanted(args.color, &io::stderr());
    let cwd = match current_folder(err_color) {
        Ok(cwd) => cwd,
        Err(failed) => return failed,
    };
    let paths: Vec<PathBuf> = if args.calls { args.what.iter().map(PathBuf::from).collect() } else { Vec::new() };
    let selection = Selection {
        paths: &paths,
        packages: &args.packages,
        targets: &args.targets,
        features: &args.features,
        run: &args.run,
    };
    let style = page::Style { format: args.message_format, color: color::wanted(args.color, &io::stdout()) };
    let paths = if args.calls { &[][..] } else { &args.what };
    let answer = inspect_with(&selection.options(cwd.clone()), paths, |inspection| {
        inspection.shortcomings().iter().for_each(|note| output::note(note, err_color));
        if args.calls {
            return Ok(calls::text(&calls::calls(inspection), inspection, args.message_format));
        }
        if args.cancel_safety {
            return Ok(page::cancel_safety(inspection, style));
        }
        page::pages(inspection, &args.what, &cwd, style)
    });
    match answer {
        Ok(Ok(text)) => output::print(&text),
        Ok(Err(unknown)) => output::fail(&unknown.message, unknown.help.as_deref(), err_color),
        Err(error) => output::fail(&error.to_string(), error.help().as_deref(), err_color),
    }
}
