//! "did you mean": the nearest of some names.

/// The candidate that `name` is probably a slip of the keyboard for, or a part of.
pub fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let (written, name) = (name, plain(name));
    let limit = (name.chars().count() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let plain = plain(candidate);
        let distance = strsim::osa_distance(&name, &plain);
        // Half a name is worth more than a chance likeness, less than a typing error.
        let part = name.len().min(plain.len()) > 3 && (plain.contains(&name) || name.contains(&plain));
        // Of `Read` and `read`, the one that is written alike.
        let as_written = strsim::osa_distance(written, candidate);
        (distance <= limit || part).then_some((
            distance.min(limit + usize::from(!part)),
            distance,
            as_written,
            candidate,
        ))
    });
    near.min().map(|(.., candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["blocking_call_in_async", "unawaited_future", "sync_guard_across_await"];

    #[test]
    fn slips_of_the_keyboard_are_found() {
        assert_eq!(similar("unawaited_futures", NAMES), Some("unawaited_future"));
        assert_eq!(similar("Blocking-Call-In-Async", NAMES), Some("blocking_call_in_async"));
        assert_eq!(similar("raed", ["Read", "read", "write"]), Some("read"));
        assert_eq!(similar("xyz", NAMES), None);
        assert_eq!(similar("", NAMES), None);
    }

    #[test]
    fn a_part_of_a_name_is_enough() {
        assert_eq!(similar("guard_across_await", NAMES), Some("sync_guard_across_await"));
        assert_eq!(similar("blocking_call", NAMES), Some("blocking_call_in_async"));
    }
}
