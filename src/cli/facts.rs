//! `toecap facts`: what is known of functions and calls.

use std::io;
use std::path::PathBuf;

use super::args::FactsArgs;
use super::selection::Selection;
use super::{Exit, calls, color, output, page};
use crate::session::{Options, inspect};

pub(super) fn facts(args: &FactsArgs) -> Exit {
    let err_color = color::wanted(args.color, &io::stderr());
    let cwd = match std::env::current_dir() {
        Ok(cwd) => cwd,
        Err(error) => return output::fail(&format!("couldn't find the current folder: {error}"), None, err_color),
    };
    let paths: Vec<PathBuf> = if args.calls { args.what.iter().map(PathBuf::from).collect() } else { Vec::new() };
    let selection = Selection {
        paths: &paths,
        packages: &args.packages,
        targets: &args.targets,
        features: &args.features,
        run: &args.run,
    };
    let threads = args.run.threads.filter(|n| *n > 0);
    let cache_dir = args.run.cache.dir();
    let options = Options { request: selection.request(cwd.clone()), threads, cache_dir, ..Options::default() };
    let style = page::Style { format: args.message_format, color: color::wanted(args.color, &io::stdout()) };
    let answer = inspect(&options, |inspection| {
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
