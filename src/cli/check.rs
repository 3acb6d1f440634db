//! `toecap [check] [PATHS..]`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use toecap_finding::Level;

use super::args::CheckArgs;
use super::options::MessageFormat;
use super::selection::{Selection, current_folder};
use super::{Exit, color, output};
use crate::render::{Format, Style, phases, render, seconds, summary};
use crate::session::{self, Levels, Options, Report, Shown, ShownBefore, lints};

pub(super) fn check(args: &CheckArgs) -> Exit {
    let start = Instant::now();
    let err_color = color::wanted(args.output.color, &io::stderr());
    let cwd = match current_folder(err_color) {
        Ok(cwd) => cwd,
        Err(failed) => return failed,
    };
    let options = match options(args, cwd.clone()) {
        Ok(options) => options,
        Err(usage) => return output::fail(&usage, Some("`toecap --list` prints all lints"), err_color),
    };
    let color = color::wanted(args.output.color, &io::stdout());
    let before = shown_before(args, &options, color);
    if let Some(shown) = before.as_ref().and_then(ShownBefore::recall) {
        return show(&shown, "", start.elapsed(), args, err_color);
    }
    let report = match session::run(&options) {
        Ok(report) => report,
        Err(error) => return output::fail(&error.to_string(), error.help().as_deref(), err_color),
    };
    let success = report.errors() == 0;
    let style = Style { format: format(args.output.message_format), color, cwd: &cwd, success };
    let shown = match shown(&report, &style) {
        Ok(shown) => shown,
        Err(error) => return output::failed_to_print(&error),
    };
    if let (Some(before), Some(traces)) = (&before, &report.traces) {
        before.keep(traces, &shown);
    }
    let is_told = args.output.timings || args.output.verbose > 0;
    let steps = if is_told && !args.output.quiet { phases(&report) } else { String::new() };
    show(&shown, &steps, report.stats.elapsed, args, err_color)
}

/// What was shown for the same command line before; none where a run has more to say than that.
fn shown_before(args: &CheckArgs, options: &Options, color: bool) -> Option<ShownBefore> {
    let dir = options.cache_dir.clone().filter(|_| !args.output.timings && args.output.verbose == 0)?;
    Some(ShownBefore::new(dir, &format!("{:?} {color} {args:?}", options.request.cwd)))
}

fn shown(report: &Report, style: &Style<'_>) -> io::Result<Shown> {
    let mut printed = Vec::new();
    render(report, style, &mut printed)?;
    let notes = report.notes.iter().map(ToString::to_string).collect();
    let (found_errors, read_nothing) = (report.errors() > 0, report.read_nothing());
    Ok(Shown { printed, notes, summary: summary(report), found_errors, read_nothing })
}

fn show(shown: &Shown, steps: &str, elapsed: Duration, args: &CheckArgs, err_color: bool) -> Exit {
    let mut out = output::stdout();
    let printed = out.write_all(&shown.printed).and_then(|()| out.flush());
    if !args.output.quiet {
        shown.notes.iter().for_each(|note| output::note(note, err_color));
        let name = output::painted(output::BOLD, "toecap", err_color);
        let (found, counts) = &shown.summary;
        let text = format!("{steps}{name}: {found}{}{counts}\n", seconds(elapsed));
        let _ = io::stderr().write_all(text.as_bytes());
    }
    let exit = exit(shown, args.output.exit_zero);
    match printed {
        Ok(()) => exit,
        Err(error) => match output::failed_to_print(&error) {
            Exit::Clean => exit,
            failed => failed,
        },
    }
}

fn exit(shown: &Shown, exit_zero: bool) -> Exit {
    if shown.read_nothing {
        return Exit::Failed;
    }
    if exit_zero || !shown.found_errors { Exit::Clean } else { Exit::Found }
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
