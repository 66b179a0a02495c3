//! The known name that is nearest to a misspelt one.

/// Finds the name that was most likely meant, if one is near enough to be worth naming.
pub(crate) fn nearest(typed: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let typed: String = typed.to_lowercase().replace('-', "_").chars().take(MAX_CHARS).collect();
    known
        .into_iter()
        .filter_map(|name| Some((score(&typed, name)?, name)))
        .min_by_key(|&(score, _)| score)
        .map(|(_, name)| name)
}

/// The distance, or `None` where it is too far. A name without its unit (`idle` for `idle_seconds`), with
/// another one (`idle_ms`) or with a word too many (`baud_rate`) is near although many letters differ.
fn score(typed: &str, name: &str) -> Option<usize> {
    if stem(typed) == stem(name) && stem(typed).chars().count() >= 3 {
        return Some(0);
    }
    if typed.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')) {
        return Some(1);
    }
    let edits = distance(typed, name);
    (edits <= (name.chars().count() / 3).max(1)).then_some(edits)
}

fn stem(name: &str) -> &str {
    UNITS.iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(name)
}

/// Counts the single-character edits from `a` to `b`, a swap of two neighbours being one (optimal string
/// alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    // Rows of the table for the characters of `a` up to the last but one, the last, and this one.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let substituted = at(&above, j) + usize::from(x != y);
            let mut best = substituted.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

const UNITS: [&str; 4] = ["_seconds", "_ms", "_sec", "_s"];
/// No known name is longer; what lies behind cannot make a name nearer.
const MAX_CHARS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "port", 4),
            ("port", "", 4),
            ("port", "port", 0),
            ("prot", "port", 1),
            ("pot", "port", 1),
            ("ports", "port", 1),
            ("bort", "port", 1),
            ("kitten", "sitting", 3),
            ("名字", "名称", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn near_and_not_near() {
        let known = ["port", "baud", "parity", "poll_ms", "idle_seconds", "bus_address"];
        for (typed, name) in [
            ("prot", Some("port")),
            ("Port", Some("port")),
            ("bus-address", Some("bus_address")),
            ("idle", Some("idle_seconds")),
            ("idle_ms", Some("idle_seconds")),
            ("poll_seconds", Some("poll_ms")),
            ("baud_rate", Some("baud")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), name, "{typed}");
        }
    }
}
