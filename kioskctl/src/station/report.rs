//! What a batch came to: a row for each thing that was tried, and the sums.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::batch::{Event, Key, Was};
use super::journal::{Journal, Line};
use super::list::{ListFailure, Row};

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    at: Timestamp,
    key: Key,
    tag: Option<String>,
    outcome: &'static str,
    was: Option<String>,
    seconds: Option<f64>,
    why: String,
}

/// The sums.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) n_done: usize,
    pub(super) per_minute: Option<f64>,
    /// rows of the list that no tag has yet
    pub(super) left: Vec<Key>,
    /// why something was not written, and how often
    failures: BTreeMap<String, usize>,
    /// the item that was being written when the batch was cut
    open: Option<(Key, String)>,
}

impl Summary {
    pub(super) fn of(journal: &Journal, list: Option<&[Row]>) -> Self {
        let batch = &journal.batch;
        let is_left = |row: &&Row| !batch.is_done(&row.key);
        let mut failures = BTreeMap::new();
        for tried in tried(&journal.lines).into_iter().filter(|tried| tried.outcome != WRITTEN) {
            *failures.entry(format!("{}: {}", tried.outcome, tried.why)).or_default() += 1;
        }
        Self {
            n_done: batch.n_done(),
            per_minute: per_minute(&journal.lines),
            left: list.unwrap_or_default().iter().filter(is_left).map(|row| row.key.clone()).collect(),
            failures,
            open: batch.open().map(|open| (open.key.clone(), open.tag.clone())),
        }
    }

    /// Whether nothing is left and nothing is open.
    pub(super) fn is_whole(&self) -> bool {
        self.left.is_empty() && self.open.is_none()
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} 枚已写 tags written", self.n_done);
        if let Some(per_minute) = self.per_minute {
            text.push_str(&format!(", {per_minute:.0} 枚每分 a minute"));
        }
        text.push('\n');
        if let Some((key, tag)) = &self.open {
            text.push_str(&format!("未定 unclear: {key} was being written on {tag}; go on with the batch\n"));
        }
        for (why, n) in &self.failures {
            text.push_str(&format!("  {n} × {why}\n"));
        }
        if !self.left.is_empty() {
            let shown: Vec<String> = self.left.iter().take(SHOWN).map(Key::to_string).collect();
            let more = if self.left.len() > SHOWN { ", .." } else { "" };
            text.push_str(&format!(
                "{} 尚余 left of the list: {}{more}\n",
                self.left.len(),
                shown.join(", ")
            ));
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let left: Vec<String> = self.left.iter().map(Key::to_string).collect();
        let open = self.open.as_ref().map(|(key, tag)| json!({ "item": key.item, "tag": tag }));
        json!({ "event": "summary", "written": self.n_done, "per_minute": self.per_minute, "failures": self.failures, "left": left, "open": open })
    }
}

/// A file with a row for each thing that was tried.
///
/// # Errors
/// [`ListFailure::Report`] if it cannot be written.
pub(super) fn write_csv(path: &Path, lines: &[Line]) -> Result<(), ListFailure> {
    let failed = |why: String| ListFailure::Report { path: path.to_owned(), why };
    let mut csv = csv::Writer::from_path(path).map_err(|cause| failed(cause.to_string()))?;
    let head = ["time", "barcode", "set", "tag", "outcome", "was", "seconds", "why"].map(str::to_owned);
    let rows = tried(lines).into_iter().map(|tried| {
        let set = tried.key.set.map(|(part, of)| format!("{part}/{of}"));
        let seconds = tried.seconds.map(|seconds| format!("{seconds:.1}"));
        let or_none = Option::unwrap_or_default;
        [
            tried.at.to_string(),
            tried.key.item,
            or_none(set),
            or_none(tried.tag),
            tried.outcome.to_owned(),
            or_none(tried.was),
            or_none(seconds),
            tried.why,
        ]
    });
    for row in std::iter::once(head).chain(rows) {
        csv.write_record(row).map_err(|cause| failed(cause.to_string()))?;
    }
    csv.flush().map_err(|cause| failed(cause.to_string()))
}

/// Each thing that was tried, with its end.
fn tried(lines: &[Line]) -> Vec<Tried> {
    let mut all = Vec::new();
    let mut open: Option<(Key, String, Was)> = None;
    for Line { at, event } in lines {
        let told = |key: &Key, tag: Option<&String>, outcome, why: &str| Tried {
            at: *at,
            key: key.clone(),
            tag: tag.cloned(),
            outcome,
            was: None,
            seconds: None,
            why: why.to_owned(),
        };
        let ended = |outcome, why: &str| {
            let (key, tag, was) = open.as_ref()?;
            Some(Tried { was: was.item.clone(), ..told(key, Some(tag), outcome, why) })
        };
        match event {
            Event::Intent { key, tag, was } => open = Some((key.clone(), tag.clone(), was.clone())),
            Event::Done { seconds } => {
                all.extend(ended(WRITTEN, "").map(|tried| Tried { seconds: Some(*seconds), ..tried }));
                open = None;
            }
            Event::Failed { why } => {
                all.extend(ended("failed", why));
                open = None;
            }
            Event::Torn { why } => all.extend(ended("unclear", why)),
            Event::Refused { key, tag, says, why } => {
                all.push(Tried { was: says.clone(), ..told(key, tag.as_ref(), "refused", why) });
            }
            Event::Undoing { .. } => {}
            Event::Undone { key, tag } => all.push(told(key, Some(tag), "undone", "taken back")),
            Event::GivenUp { key, tag } => {
                all.push(told(key, Some(tag), "given-up", "the tag may carry the item: find it"));
                open = None;
            }
        }
    }
    if let (Some((key, tag, was)), Some(last)) = (open, lines.last()) {
        let why = "the batch was cut while it was written".to_owned();
        let (tag, was) = (Some(tag), was.item);
        all.push(Tried { at: last.at, key, tag, outcome: "unclear", was, seconds: None, why });
    }
    all
}

/// Tags a minute, pauses left out: from one tag to the next, as far as that is no more than [`PAUSE_S`].
pub(super) fn per_minute(lines: &[Line]) -> Option<f64> {
    let done: Vec<Timestamp> =
        lines.iter().filter(|line| matches!(line.event, Event::Done { .. })).map(|line| line.at).collect();
    let gaps = done.windows(2).filter_map(|pair| match pair {
        [from, to] => Some(to.duration_since(*from).as_secs_f64()),
        _ => None,
    });
    let (mut n, mut seconds) = (0_u32, 0.0);
    for gap in gaps.filter(|gap| (0.0..=PAUSE_S).contains(gap)) {
        n += 1;
        seconds += gap;
    }
    (n > 0 && seconds > 0.0).then(|| f64::from(n) * 60.0 / seconds)
}

const WRITTEN: &str = "written";
/// Whoever takes longer from one tag to the next has done something else.
const PAUSE_S: f64 = 60.0;
/// Items of the list that are named when more are left.
const SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: i64, event: Event) -> Line {
        Line { at: Timestamp::from_second(second).unwrap(), event }
    }

    fn intent(second: i64, item: &str) -> Line {
        let was = Was { item: Some("OLD".to_owned()), memory: String::new(), user: None, dsfid: None };
        let key = Key { item: item.to_owned(), set: None };
        line(second, Event::Intent { key, tag: format!("t-{item}"), was })
    }

    #[test]
    fn pauses_are_no_work() {
        let done = |second| line(second, Event::Done { seconds: 1.0 });
        assert_eq!(per_minute(&[]), None);
        assert_eq!(per_minute(&[done(0)]), None);
        assert_eq!(per_minute(&[done(0), done(3), done(6)]), Some(20.0));
        // An hour for lunch.
        assert_eq!(per_minute(&[done(0), done(3), done(3_603), done(3_606)]), Some(20.0));
    }

    #[test]
    fn every_try_has_its_row() {
        let lines = [
            intent(0, "A"),
            line(1, Event::Done { seconds: 1.0 }),
            intent(2, "B"),
            line(3, Event::Failed { why: "gone".to_owned() }),
            intent(4, "B"),
            line(5, Event::Torn { why: "not heard".to_owned() }),
            intent(6, "B"),
        ];
        let told: Vec<String> = tried(&lines)
            .iter()
            .map(|tried| format!("{} {} {} {}", tried.at.as_second(), tried.key, tried.outcome, tried.why))
            .collect();
        assert_eq!(
            told,
            [
                "1 A written ",
                "3 B failed gone",
                "5 B unclear not heard",
                "6 B unclear the batch was cut while it was written"
            ]
        );
    }
}
