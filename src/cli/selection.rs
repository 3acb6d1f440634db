//! What to look at, as the arguments of several commands say it.

use std::path::PathBuf;

use toecap_project::{FeatureSelection, Named, Request, SettingsSource, TargetSelection};

use super::options::{FeatureArgs, PackageArgs, RunArgs, TargetArgs};
use super::{Exit, output};
use crate::session::{Options, Stdin};

/// The current folder, or a word of complaint.
pub(super) fn current_folder(err_color: bool) -> Result<PathBuf, Exit> {
    let complain =
        |error: std::io::Error| output::fail(&format!("couldn't find the current folder: {error}"), None, err_color);
    std::env::current_dir().map_err(complain)
}

/// The arguments that choose code.
pub(super) struct Selection<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) packages: &'a PackageArgs,
    pub(super) targets: &'a TargetArgs,
    pub(super) features: &'a FeatureArgs,
    pub(super) run: &'a RunArgs,
}

impl Selection<'_> {
    /// What to do for a run in folder `cwd`, at the lints' own levels.
    pub(super) fn options(&self, cwd: PathBuf) -> Options {
        let threads = self.run.threads.filter(|n| *n > 0);
        let stdin = Stdin { filename: self.run.stdin_filename.clone() };
        let cache_dir = self.run.cache.dir();
        Options { request: self.request(cwd), threads, stdin, cache_dir, is_last: true, ..Options::default() }
    }

    fn request(&self, cwd: PathBuf) -> Request {
        let named = |all: bool, names: &[String]| Named { all, names: names.to_vec() };
        let Selection { packages, targets, features, run, .. } = self;
        Request {
            manifest_path: packages.manifest_path.clone(),
            cwd,
            paths: self.paths.to_vec(),
            packages: packages.packages.clone(),
            workspace: packages.workspace,
            exclude: packages.exclude.clone(),
            features: FeatureSelection {
                features: features.features.clone(),
                all_features: features.all_features,
                no_default_features: features.no_default_features,
            },
            targets: TargetSelection {
                lib: targets.lib,
                bins: named(targets.bins, &targets.bin),
                tests: named(targets.tests, &targets.test),
                benches: named(targets.benches, &targets.bench),
                examples: named(targets.examples, &targets.example),
                all_targets: targets.all_targets,
            },
            offline: run.offline || run.frozen,
            target: features.target.clone(),
            settings: match &run.config_file {
                _ if run.no_config => SettingsSource::Nowhere,
                Some(path) => SettingsSource::At(path.clone()),
                None => SettingsSource::Found,
            },
        }
    }
}
