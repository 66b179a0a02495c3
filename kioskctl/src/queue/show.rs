//! Rows as a person reads them, and as a program does.

use sync_client::queue::{Answer, Entry, Status, StepEntry};

use crate::failure::Failure;
use crate::table;

pub(super) fn status(status: &Status, json: bool) -> Result<String, Failure> {
    if json {
        return line(status);
    }
    let link = match status.online {
        Some(true) => "answers",
        Some(false) => "is silent",
        None => "not asked: the kiosk does not run",
    };
    let mut text = table::pairs(&[
        ("rows", status.total.to_string()),
        ("open", status.open.to_string()),
        ("to tell central", status.to_tell.to_string()),
        ("in doubt", status.doubt.to_string()),
        ("waiting for staff", status.parked.to_string()),
        ("oldest open row", status.oldest.as_deref().map_or_else(|| "none".to_owned(), minute)),
        ("central", link.to_owned()),
    ]);
    if status.parked > 0 {
        text.push_str("\nsee them: kioskctl queue list --parked\n");
    }
    Ok(text)
}

pub(super) fn table(rows: &[Entry], more: bool) -> String {
    if rows.is_empty() {
        return "no such rows\n".to_owned();
    }
    let cells: Vec<[String; 7]> = rows.iter().map(cells).collect();
    let mut text = table::rows(["asked", "id", "act", "item", "state", "title", "note"], &cells);
    if more {
        text.push_str("there are more: --limit N shows them\n");
    }
    text
}

/// One JSON object a row.
pub(super) fn lines(rows: &[Entry]) -> Result<String, Failure> {
    rows.iter().map(line).collect()
}

pub(super) fn row(answer: &Answer, json: bool) -> Result<String, Failure> {
    let Answer::Row { row, steps } = answer else { return Err(Failure::Unexpected) };
    if json {
        return line(answer);
    }
    let mut pairs = vec![
        ("id", row.id.clone()),
        ("act", row.act.clone()),
        ("item", row.item.clone()),
        ("title", row.title.clone().unwrap_or_default()),
    ];
    pairs.extend(row.patron.clone().map(|patron| ("patron", patron)));
    pairs.push(("state", state(row)));
    if row.tag_open {
        pairs.push(("tag", "may be open: lay the item on a staff pad and look".to_owned()));
    }
    pairs.extend([
        ("asked", minute(&row.asked)),
        ("changed", minute(&row.changed)),
        ("tries", row.attempts.to_string()),
        ("note", row.note.clone().unwrap_or_default()),
    ]);
    let mut text = table::pairs(&pairs);
    if !steps.is_empty() {
        let cells: Vec<[String; 3]> = steps.iter().map(step).collect();
        text.push('\n');
        text.push_str(&table::rows(["when", "step", "what it had to say"], &cells));
    }
    Ok(text)
}

fn cells(row: &Entry) -> [String; 7] {
    let id = row.id.get(row.id.len().saturating_sub(SHORT_ID)..).unwrap_or(&row.id);
    [
        minute(&row.asked),
        id.to_owned(),
        row.act.clone(),
        row.item.clone(),
        state(row),
        row.title.as_deref().unwrap_or_default().chars().take(TITLE).collect(),
        row.note.clone().unwrap_or_default(),
    ]
}

fn state(row: &Entry) -> String {
    let assumed = if row.assumed { ", without central" } else { "" };
    let closed = if row.closed { " (closed)" } else { "" };
    format!("{}{assumed}{closed}", row.state)
}

fn step(step: &StepEntry) -> [String; 3] {
    [minute(&step.at), step.step.clone(), step.detail.clone().unwrap_or_default()]
}

/// A stamp to the second, in the machine's own words of UTC.
fn minute(stamp: &str) -> String {
    let seconds = stamp.get(..19).unwrap_or(stamp);
    format!("{}Z", seconds.replace('T', " "))
}

fn line(value: &impl serde::Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string(value).map_err(Failure::Json)?;
    text.push('\n');
    Ok(text)
}

/// Digits of an id that tell rows apart on a screen: the last ones are random.
const SHORT_ID: usize = 8;
/// Characters of a title in a table.
const TITLE: usize = 16;
