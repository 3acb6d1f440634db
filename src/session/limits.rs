//! `[cpu]` in settings: from when on a computation is long.

use serde::Deserialize;
use toecap_sema::CpuLimits;

/// The table as it is written; what is not there stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cpu {
    nesting: Option<u64>,
    arithmetic: Option<u64>,
    converging: Option<u64>,
    few_rounds: Option<u64>,
}

impl Cpu {
    /// Changes the limits to what is said.
    ///
    /// # Errors
    /// When a number makes no sense.
    pub(super) fn change(&self, limits: &mut CpuLimits) -> Result<(), String> {
        let within = |name: &str, said: Option<u64>, least: u64, most: u64| match said {
            Some(n) if !(least..=most).contains(&n) => {
                Err(format!("`cpu.{name}` is a number from {least} to {most}, not {n}"))
            }
            said => Ok(said),
        };
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(n) = within("nesting", self.nesting, 2, 8)? {
            limits.nesting = small(n) as usize;
        }
        if let Some(n) = within("arithmetic", self.arithmetic, 1, 1000)? {
            limits.arithmetic = small(n);
        }
        if let Some(n) = within("converging", self.converging, 1, 1000)? {
            limits.converging = small(n);
        }
        if let Some(n) = within("few-rounds", self.few_rounds, 0, 1_000_000_000)? {
            limits.few = n;
        }
        Ok(())
    }
}
