//! `kioskctl stocktake status`: how far it is, in a few lines.

use std::time::Instant;

use circulation::stocktake::{Counts, Report, Stocktake};
use serde_json::{Value, json};
use stocktaking::Folder;

use crate::arguments::FolderArguments;
use crate::failure::Failure;
use crate::{Outcome, say, table};

/// How far it is; also while a session reads.
pub(super) fn status(arguments: &FolderArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.folder)?;
    let is_read = folder.is_read(now(), &folder.plan()?);
    let (stocktake, lost) = folder.look(now())?;
    let report = stocktake.report();
    if arguments.json {
        let mut told = counts(&report.total);
        if let Some(told) = told.as_object_mut() {
            told.insert("reading".to_owned(), is_read.into());
            told.insert("passes".to_owned(), stocktake.n_passes().into());
            told.insert("passes_needed".to_owned(), report.passes_needed.into());
            told.insert("tags".to_owned(), stocktake.n_tags().into());
            told.insert("damaged_lines".to_owned(), lost.n_damaged.into());
        }
        say(&format!("{told}\n"))?;
    } else {
        say(&text(&stocktake, &report, is_read))?;
        if lost.n_damaged > 0 {
            say(&format!("{} lines of the journal are damaged, and left out\n", lost.n_damaged))?;
        }
    }
    Ok(Outcome::Good)
}

fn text(stocktake: &Stocktake, report: &Report, is_read: bool) -> String {
    let total = &report.total;
    let swept = report.shelves.iter().filter(|shelf| shelf.sweeps > 0).count();
    let of = |n: u64| format!("{n} ({} %)", (n * 100).checked_div(total.expected).unwrap_or_default());
    table::pairs(&[
        ("正在读 reading", if is_read { "是 yes" } else { "否 no" }.to_owned()),
        (
            "遍数 passes",
            format!("{}, 缺失判定需 {} passes until missing", stocktake.n_passes(), report.passes_needed),
        ),
        ("架 shelves", format!("{swept} of {}", report.shelves.len())),
        ("应在 expected", total.expected.to_string()),
        ("在架 present", of(total.present)),
        ("错架 on another shelf", total.elsewhere.to_string()),
        ("只远处听到 heard from afar", total.glimpsed.to_string()),
        ("借出 on loan", total.away.to_string()),
        ("未听到 not heard yet", total.unseen.to_string()),
        ("缺失 missing", total.missing.to_string()),
    ])
}

/// Counts by their names.
pub(super) fn counts(of: &Counts) -> Value {
    json!({
        "expected": of.expected, "present": of.present, "elsewhere": of.elsewhere, "glimpsed": of.glimpsed,
        "away": of.away, "unseen": of.unseen, "missing": of.missing, "misplaced": of.misplaced,
        "on_loan": of.on_loan, "unsecured": of.unsecured, "out_of_order": of.out_of_order, "doubled": of.doubled,
        "unlisted": of.unlisted, "foreign": of.foreign, "unreadable": of.unreadable,
    })
}

#[expect(clippy::disallowed_methods, reason = "the shell that gives the machine its time")]
pub(super) fn now() -> Instant {
    Instant::now()
}
