//! What to look at, as the arguments of several commands say it.

use std::path::PathBuf;

use toecap_project::{FeatureSelection, Named, Request, SettingsSource, TargetSelection};

use super::args::{FeatureArgs, PackageArgs, RunArgs, TargetArgs};

/// The arguments that choose code.
pub(super) struct Selection<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) packages: &'a PackageArgs,
    pub(super) targets: &'a TargetArgs,
    pub(super) features: &'a FeatureArgs,
    pub(super) run: &'a RunArgs,
}

impl Selection<'_> {
    /// The request, made in folder `cwd`.
    pub(super) fn request(&self, cwd: PathBuf) -> Request {
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
