//! What a person said of each finding: `fixtures/corpus/verdicts.csv`.
//!
//! ```text
//! crate,version,file,line,lint,verdict,why
//! mini-redis,0.4.1,src/db.rs,12,sync_guard_across_await,wrong,"the guard is dropped two lines up, in a macro"
//! ```

use std::collections::BTreeMap;

use anyhow::{Context, bail};

use super::Crate;
use super::findings::Finding;

/// Is the finding one that its author would want to hear of?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
}

/// Crate, version, file, line, lint.
type Key = (String, String, String, u64, String);

/// All verdicts.
#[derive(Debug, Default)]
pub(super) struct Verdicts(BTreeMap<Key, Verdict>);

/// How a lint did.
#[derive(Debug, Default)]
pub(super) struct Score {
    pub(super) right: usize,
    pub(super) wrong: usize,
    pub(super) open: usize,
}

impl Verdicts {
    /// The last column may hold commas.
    pub(super) fn parse(text: &str) -> anyhow::Result<Verdicts> {
        let mut verdicts = BTreeMap::new();
        for (line, number) in text.lines().zip(1..).skip(1).filter(|(line, _)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.splitn(7, ',').map(str::trim).collect();
            let [krate, version, file, at, lint, verdict, _why] = cells.as_slice() else {
                bail!("verdicts.csv:{number}: {} columns of 7", cells.len());
            };
            let at = at.parse().with_context(|| format!("verdicts.csv:{number}: the line `{at}`"))?;
            let verdict = match *verdict {
                "right" => Verdict::Right,
                "wrong" => Verdict::Wrong,
                other => bail!("verdicts.csv:{number}: `{other}` is neither `right` nor `wrong`"),
            };
            let [krate, version, file, lint] = [krate, version, file, lint].map(|cell| (*cell).to_owned());
            if verdicts.insert((krate, version, file, at, lint), verdict).is_some() {
                bail!("verdicts.csv:{number}: a second verdict");
            }
        }
        Ok(Verdicts(verdicts))
    }

    pub(super) fn of(&self, finding: &Finding) -> Option<Verdict> {
        self.0.get(&key(finding)).copied()
    }

    /// What was judged right in one of `crates` and is not among `findings`.
    pub(super) fn unseen(&self, findings: &[Finding], crates: &[Crate]) -> Vec<String> {
        let seen: Vec<Key> = findings.iter().map(key).collect();
        let right = self.0.iter().filter(|(_, verdict)| **verdict == Verdict::Right).map(|(key, _)| key);
        let here = right.filter(|(name, version, ..)| crates.iter().any(|k| k.name == *name && k.version == *version));
        let unseen = here.filter(|key| !seen.contains(key));
        unseen.map(|(krate, version, file, line, lint)| format!("{krate},{version},{file},{line},{lint}")).collect()
    }
}

fn key(finding: &Finding) -> Key {
    let Finding { krate, version, file, line, lint, .. } = finding.clone();
    (krate, version, file, line, lint)
}

impl Score {
    /// Of what was judged.
    pub(super) fn precision(&self) -> String {
        match self.right + self.wrong {
            0 => "-".to_owned(),
            judged => format!("{:.1} %", 100.0 * self.right as f64 / judged as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const TEXT: &str = "crate,version,file,line,lint,verdict,why\n\
        a,1.0.0,src/lib.rs,3,loud,right,\"it is, really\"\na,1.0.0,src/lib.rs,9,loud,wrong,\n";

    fn finding(line: u64) -> Finding {
        let [krate, version, file, lint, message] =
            ["a", "1.0.0", "src/lib.rs", "loud", "m"].map(|text| text.to_owned());
        Finding { krate, version, file, line, lint, message }
    }

    #[test]
    fn findings_are_held_against_verdicts() {
        let verdicts = Verdicts::parse(TEXT).unwrap();
        assert_eq!(verdicts.of(&finding(3)), Some(Verdict::Right));
        assert_eq!(verdicts.of(&finding(9)), Some(Verdict::Wrong));
        assert_eq!(verdicts.of(&finding(4)), None);
        let krate = Crate { name: "a".to_owned(), version: "1.0.0".to_owned() };
        let other = Crate { version: "2.0.0".to_owned(), ..krate.clone() };
        assert_eq!(verdicts.unseen(&[finding(9)], &[krate]), ["a,1.0.0,src/lib.rs,3,loud"]);
        assert!(verdicts.unseen(&[], &[other]).is_empty());
    }

    #[test]
    fn a_broken_line_has_a_number() {
        assert!(Verdicts::parse("crate\na,b,c,d,e,right,").unwrap_err().to_string().contains("verdicts.csv:2"));
        assert!(Verdicts::parse("crate\na,b,c,1,e,maybe,").unwrap_err().to_string().contains("maybe"));
        assert!(Verdicts::parse("crate\na,b,c,1").is_err());
    }
}
