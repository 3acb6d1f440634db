//! "did you mean": the nearest of some names.

/// The candidate that `name` is probably a slip of the keyboard for, or a part of.
pub fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    let limit = (name.chars().count() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let distance = edit_distance(&name, candidate);
        // Half a name is worth more than a chance likeness, less than a typing error.
        let part = name.len() > 3 && (candidate.contains(&name) || name.contains(candidate));
        (distance <= limit || part).then_some((distance.min(limit + usize::from(!part)), distance, candidate))
    });
    near.min().map(|(.., candidate)| candidate)
}

/// Levenshtein, on characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(200).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["blocking_call_in_async", "unawaited_future", "sync_guard_across_await"];

    #[test]
    fn slips_of_the_keyboard_are_found() {
        assert_eq!(similar("unawaited_futures", NAMES), Some("unawaited_future"));
        assert_eq!(similar("Blocking-Call-In-Async", NAMES), Some("blocking_call_in_async"));
        assert_eq!(similar("xyz", NAMES), None);
        assert_eq!(similar("", NAMES), None);
    }

    #[test]
    fn a_part_of_a_name_is_enough() {
        assert_eq!(similar("guard_across_await", NAMES), Some("sync_guard_across_await"));
        assert_eq!(similar("blocking_call", NAMES), Some("blocking_call_in_async"));
    }
}
