//! Programs under measurement: how they are built, and what a run of one took.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Of the processor, by the process and what it started.
    pub(super) cpu: f64,
    /// By the clock.
    pub(super) wall: f64,
    /// Most memory at a time.
    pub(super) peak_kb: u64,
}

/// The tool.
pub(super) fn toecap() -> Command {
    Command::new(release().join("toecap"))
}

/// What does nothing but parse.
pub(super) fn parse_only() -> Command {
    Command::new(release().join("examples/parse_only"))
}

/// Builds both.
pub(super) fn build() -> anyhow::Result<()> {
    for what in [["--bin", "toecap", "-ptoecap"], ["--example", "parse_only", "-ptoecap-lower"]] {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let root = crate::root();
        let built = Command::new(cargo).args(["build", "--release", "-q"]).args(what).current_dir(root).status()?;
        ensure!(built.success(), "cargo build failed");
    }
    Ok(())
}

fn release() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), PathBuf::from);
    target.join("release")
}

/// What looks at every file and does not read it.
pub(super) fn stat_only() -> Command {
    let mut command = parse_only();
    command.arg("--stat");
    command
}

/// Processor time of one run in `dir`.
pub(super) fn seconds(command: &mut Command, dir: &Path) -> anyhow::Result<f64> {
    Ok(cost(command, dir)?.cpu)
}

/// Processor time of one of many runs in `dir`: the clock ticks every 10 ms.
pub(super) fn many_seconds(command: &mut Command, dir: &Path) -> anyhow::Result<f64> {
    const RUNS: u32 = 20;
    let all: anyhow::Result<f64> = (0..RUNS).map(|_| seconds(command, dir)).sum();
    Ok(all? / f64::from(RUNS))
}

/// Makes one run in `dir`. Findings are no failure; not starting is.
pub(super) fn cost(command: &mut Command, dir: &Path) -> anyhow::Result<Cost> {
    let before = ticks_of_children()?;
    let start = Instant::now();
    let mut child = command.current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    let ended = loop {
        // The kernel keeps the peak, so that only the last look counts.
        peak_kb = high_water(&status).unwrap_or(peak_kb);
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = start.elapsed().as_secs_f64();
    ensure!(ended.code().is_some_and(|code| code <= 1), "{command:?} failed in {}", dir.display());
    Ok(Cost { cpu: (ticks_of_children()? - before) as f64 / 100.0, wall, peak_kb })
}

fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Processor time, user and system, of all children that have ended.
fn ticks_of_children() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("only Linux tells the time of children this way")?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("unexpected /proc/self/stat")?.1.split_whitespace().collect();
    let field =
        |at: usize| -> anyhow::Result<u64> { Ok(fields.get(at).context("unexpected /proc/self/stat")?.parse()?) };
    Ok(field(13)? + field(14)?)
}
