//! Package id specifications: what `-p` takes.
//!
//! ```text
//! app   app@1.2   app:1.2.0   ap*   https://github.com/me/app#1.2.0   path+file:///home/me/app#app@1.2.0
//! app 1.2.0 (path+file:///home/me/app)
//! ```

use crate::Package;
use crate::manifest::file_url;

/// One specification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackageSpec {
    /// Exactly as given: ids may be compared as they stand.
    text: String,
    url: Option<String>,
    name: Option<String>,
    version: Option<String>,
}

impl PackageSpec {
    pub(crate) fn parse(text: &str) -> PackageSpec {
        let text = text.trim();
        let mut spec = PackageSpec { text: text.to_owned(), ..PackageSpec::default() };
        let old: Vec<&str> = text.splitn(3, ' ').collect();
        if let [name, version, url] = old[..] {
            let url = url.trim_start_matches('(').trim_end_matches(')');
            spec.url = Some(plain_url(url.split('#').next().unwrap_or(url)));
            spec.name = Some(name.to_owned());
            spec.version = Some(version.to_owned());
            return spec;
        }
        if !text.contains("://") {
            let (name, version) = name_and_version(text);
            spec.name = Some(name.to_owned());
            spec.version = version.map(String::from);
            return spec;
        }
        let (url, fragment) = text.split_once('#').map_or((text, None), |(url, fragment)| (url, Some(fragment)));
        spec.url = Some(plain_url(url));
        match fragment {
            Some(fragment) if fragment.starts_with(|c: char| c.is_ascii_digit()) => {
                spec.version = Some(fragment.to_owned());
            }
            Some(fragment) => {
                let (name, version) = name_and_version(fragment);
                spec.name = Some(name.to_owned());
                spec.version = version.map(String::from);
            }
            None => {}
        }
        spec
    }

    /// True when it means this package.
    pub(crate) fn matches(&self, package: &Package) -> bool {
        if self.text == package.id {
            return true;
        }
        let name = self.name.as_deref().is_none_or(|name| name_matches(name, &package.name));
        let version = self.version.as_deref().is_none_or(|version| version_matches(version, &package.version));
        let url = self.url.as_deref().is_none_or(|url| {
            let id = PackageSpec::parse(&package.id).url;
            id.as_deref() == Some(url) || plain_url(&file_url(package.dir())) == url
        });
        name && version && url
    }

    /// The name, for a look at what is similar.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.text)
    }
}

fn name_and_version(text: &str) -> (&str, Option<&str>) {
    match text.split_once(['@', ':']) {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    }
}

/// Without `path+` and the like, `?branch=..`, `.git` and a trailing slash.
fn plain_url(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| url[..at].rfind('+').map_or(0, |plus| plus + 1));
    let url = &url[start..];
    let url = url.split('?').next().unwrap_or(url).trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url).to_owned()
}

/// cargo takes patterns for names, and `_` where the name has `-` is not the same.
pub(crate) fn name_matches(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return pattern == name;
    }
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(name))
}

/// `1`, `1.2`, `1.2.3`: what is left out matches anything.
fn version_matches(wanted: &str, version: &str) -> bool {
    let Some(rest) = version.strip_prefix(wanted) else { return false };
    rest.is_empty() || (rest.starts_with('.') && wanted.matches('.').count() < 2) || (rest.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn package(id: &str) -> Package {
        Package {
            id: id.into(),
            name: "my-app".into(),
            version: "1.2.3".into(),
            edition: 2021,
            manifest_path: "/home/me/dir/Cargo.toml".into(),
            source: Source::Path,
            is_member: true,
            targets: vec![],
            features: vec![],
            dependencies: vec![],
            publish: crate::Publish::Possible,
            config: None,
            out_dir: None,
            build_cfg: vec![],
        }
    }

    #[test]
    fn every_form_of_cargo_is_understood() {
        let new = package("path+file:///home/me/dir#my-app@1.2.3");
        let old = package("my-app 1.2.3 (path+file:///home/me/dir)");
        let yes = [
            "my-app",
            "my-*",
            "my-app@1",
            "my-app@1.2",
            "my-app:1.2.3",
            "my-app@1.2.3",
            "file:///home/me/dir",
            "file:///home/me/dir#1.2.3",
            "file:///home/me/dir/#my-app",
            "path+file:///home/me/dir#my-app@1.2.3",
            "path+file:///home/me/dir#my-app:1.2",
            "my-app 1.2.3 (path+file:///home/me/dir)",
        ];
        for spec in yes {
            assert!(PackageSpec::parse(spec).matches(&new), "{spec}");
            assert!(PackageSpec::parse(spec).matches(&old), "{spec}");
        }
        let no = [
            "my_app",
            "my",
            "my-app@1.3",
            "my-app@1.2.30",
            "my-app@12",
            "file:///home/me",
            "file:///home/me/dir#other",
            "",
        ];
        for spec in no {
            assert!(!PackageSpec::parse(spec).matches(&new), "{spec}");
        }
    }

    #[test]
    fn registries_and_git_are_urls_like_others() {
        let spec = PackageSpec::parse("registry+https://github.com/rust-lang/crates.io-index#serde@1.0.0");
        assert_eq!(spec.url.as_deref(), Some("https://github.com/rust-lang/crates.io-index"));
        assert_eq!((spec.name.as_deref(), spec.version.as_deref()), (Some("serde"), Some("1.0.0")));
        let git = PackageSpec::parse("git+ssh://git@host/me/app.git?branch=x#my-app@0.1.0");
        assert_eq!(git.url.as_deref(), Some("ssh://git@host/me/app"));
    }
}
