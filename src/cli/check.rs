//! `toecap [check] [PATHS..]`

use std::io::{self, Write as _};
use std::path::PathBuf;

use toecap_finding::Level;

use super::args::CheckArgs;
use super::options::MessageFormat;
use super::selection::{Selection, current_folder};
use super::{Exit, color, output};
use crate::render::{Format, Style, phases, render, summary};
use crate::session::{self, Levels, Options, Report, lints};

pub(super) fn check(args: &CheckArgs) -> Exit {
    let err_color = color::wanted(args.output.color, &io::stderr());
    let cwd = match current_folder(err_color) {
        Ok(cwd) => cwd,
        Err(failed) => return failed,
    };
    let options = match options(args, cwd.clone()) {
        Ok(options) => options,
        Err(usage) => return output::fail(&usage, Some("`toecap --list` prints all lints"), err_color),
    };
    let report = match session::run(&options) {
        Ok(report) => report,
        Err(error) => return output::fail(&error.to_string(), error.help().as_deref(), err_color),
    };
    let exit = exit(&report, args.output.exit_zero);
    let style = Style {
        format: format(args.output.message_format),
        color: color::wanted(args.output.color, &io::stdout()),
        cwd: &cwd,
        success: report.errors() == 0,
    };
    let printed = render(&report, &style, &mut output::stdout());
    if !args.output.quiet {
        say_how_it_went(&report, args, err_color);
    }
    match printed {
        Ok(()) => exit,
        Err(error) => match output::failed_to_print(&error) {
            Exit::Clean => exit,
            failed => failed,
        },
    }
}

fn say_how_it_went(report: &Report, args: &CheckArgs, color: bool) {
    for note in &report.notes {
        output::note(&note.to_string(), color);
    }
    let mut text = String::new();
    if args.output.timings || args.output.verbose > 0 {
        text.push_str(&phases(report));
    }
    let name = output::painted(output::BOLD, "toecap", color);
    text.push_str(&format!("{name}: {}\n", summary(report)));
    let _ = io::stderr().write_all(text.as_bytes());
}

fn exit(report: &Report, exit_zero: bool) -> Exit {
    if report.read_nothing() {
        return Exit::Failed;
    }
    let is_clean = exit_zero || report.errors() == 0;
    if is_clean { Exit::Clean } else { Exit::Found }
}

fn format(format: MessageFormat) -> Format {
    match format {
        MessageFormat::Human => Format::Human,
        MessageFormat::Short => Format::Short,
        MessageFormat::Json => Format::Json { ansi: false },
        MessageFormat::JsonDiagnosticRenderedAnsi => Format::Json { ansi: true },
    }
}

fn options(args: &CheckArgs, cwd: PathBuf) -> Result<Options, String> {
    let levels: Vec<(Level, &str)> = args.ordered_levels.iter().map(|(level, name)| (*level, name.as_str())).collect();
    let levels = Levels::parse(levels, lints()).map_err(|error| error.to_string())?;
    let selection = Selection {
        paths: &args.paths,
        packages: &args.packages,
        targets: &args.targets,
        features: &args.features,
        run: &args.run,
    };
    Ok(Options { levels, ..selection.options(cwd) })
}
