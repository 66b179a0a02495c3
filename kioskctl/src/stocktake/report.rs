//! `kioskctl stocktake report`: what stands where and what does not, shelf by shelf; as text, JSON and CSV.

use std::path::Path;

use circulation::id::{ItemId, ShelfMark};
use circulation::stocktake::{Finding, ItemNo, Plan, Report, ShelfNo, ShelfReport, Stocktake, What};
use serde_json::json;
use stocktaking::{Folder, StocktakeError};

use super::StocktakeFailure;
use super::show::{self, now};
use crate::arguments::ReportArguments;
use crate::failure::Failure;
use crate::progress::Reading;
use crate::{Outcome, say, table};

/// The report as it is now; also while a session reads.
pub(super) fn run(arguments: &ReportArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.folder.folder)?;
    let mut bar = Reading::begin("读清点记录 reading");
    let (stocktake, _) = folder.look_on(now(), &mut |done, of| bar.at(done, of))?;
    drop(bar);
    let report = stocktake.report();
    let plan = stocktake.plan();
    let wanted = arguments.shelf.as_deref().map(|mark| find(plan, mark)).transpose()?;
    let shelves: Vec<(Option<ShelfNo>, &ShelfReport)> = plan
        .shelves()
        .map(|(shelf, _)| Some(shelf))
        .chain([None])
        .filter(|shelf| wanted.is_none() || *shelf == wanted)
        .filter_map(|shelf| Some((shelf, report.shelf(shelf)?)))
        .collect();
    if let Some(path) = &arguments.csv {
        write_csv(path, plan, &shelves)?;
    }
    if arguments.folder.json {
        say(&json(plan, &shelves, &report))?;
    } else {
        say(&text(plan, &shelves, &stocktake, &report))?;
    }
    let is_well = shelves.iter().all(|(_, shelf)| shelf.findings.is_empty());
    Ok(if is_well { Outcome::Good } else { Outcome::Bad })
}

fn find(plan: &Plan, mark: &str) -> Result<ShelfNo, StocktakeFailure> {
    let known = ShelfMark::parse(mark).ok().and_then(|mark| plan.find_shelf(&mark));
    known.ok_or_else(|| StocktakeFailure::Option {
        option: "--shelf",
        why: format!("the plan has no shelf {mark}"),
    })
}

fn text(
    plan: &Plan,
    shelves: &[(Option<ShelfNo>, &ShelfReport)],
    stocktake: &Stocktake,
    report: &Report,
) -> String {
    let rows: Vec<[String; 8]> = shelves
        .iter()
        .filter(|(shelf, of)| shelf.is_some() || !of.findings.is_empty() || of.counts.expected > 0)
        .map(|(shelf, of)| {
            let c = &of.counts;
            let others = c.unlisted + c.foreign + c.unreadable;
            let n = |n: u64| n.to_string();
            [
                mark(plan, *shelf),
                n(of.sweeps.into()),
                n(c.expected),
                n(c.present),
                n(c.missing),
                n(c.misplaced),
                n(c.out_of_order),
                n(others),
            ]
        })
        .collect();
    let mut text = table::rows(
        ["shelf", "passes", "expected", "present", "missing", "misplaced", "order", "others"],
        &rows,
    );
    text.push_str(&listed(plan, shelves));
    let total = &report.total;
    text.push_str(&format!(
        "\n{} expected, {} present, {} missing, {} not heard yet; {} passes of {} until missing\n",
        total.expected,
        total.present,
        total.missing,
        total.unseen,
        stocktake.n_passes(),
        report.passes_needed
    ));
    text
}

/// What is not as it should be, shelf by shelf.
fn listed(plan: &Plan, shelves: &[(Option<ShelfNo>, &ShelfReport)]) -> String {
    let mut text = String::new();
    for (shelf, of) in shelves.iter().filter(|(_, of)| !of.findings.is_empty()) {
        text.push_str(&format!("\n{}\n", mark(plan, *shelf)));
        for finding in &of.findings {
            let (word, item, more) = words(plan, finding);
            let sure = f64::from(finding.sure.per_mille()) / 10.0;
            text.push_str(&format!("  {} {item} {more}({sure} %)\n", table::cell(word, 29)));
        }
    }
    text
}

fn json(plan: &Plan, shelves: &[(Option<ShelfNo>, &ShelfReport)], report: &Report) -> String {
    let shelves: Vec<_> = shelves
        .iter()
        .map(|(shelf, of)| {
            let findings: Vec<_> = of
                .findings
                .iter()
                .map(|finding| {
                    let (_, item, more) = words(plan, finding);
                    json!({ "what": kind(&finding.what), "item": item, "more": more.trim(), "sure_per_mille": finding.sure.per_mille() })
                })
                .collect();
            json!({ "shelf": shelf.map(|shelf| mark(plan, Some(shelf))), "passes": of.sweeps, "counts": show::counts(&of.counts), "findings": findings })
        })
        .collect();
    let told = json!({ "total": show::counts(&report.total), "passes_needed": report.passes_needed, "shelves": shelves });
    format!("{told}\n")
}

fn write_csv(
    path: &Path,
    plan: &Plan,
    shelves: &[(Option<ShelfNo>, &ShelfReport)],
) -> Result<(), StocktakeFailure> {
    let failed = |why: String| StocktakeFailure::from(StocktakeError::File { path: path.to_owned(), why });
    let mut csv = csv::Writer::from_path(path).map_err(|cause| failed(cause.to_string()))?;
    let mut rows = vec![["shelf", "what", "item", "more", "sure_percent"].map(str::to_owned)];
    for (shelf, of) in shelves {
        for finding in &of.findings {
            let (_, item, more) = words(plan, finding);
            let sure = f64::from(finding.sure.per_mille()) / 10.0;
            rows.push([
                mark(plan, *shelf),
                kind(&finding.what).to_owned(),
                item,
                more.trim().to_owned(),
                sure.to_string(),
            ]);
        }
    }
    for row in rows {
        csv.write_record(row).map_err(|cause| failed(cause.to_string()))?;
    }
    csv.flush().map_err(|cause| failed(cause.to_string()))
}

fn mark(plan: &Plan, shelf: Option<ShelfNo>) -> String {
    shelf.and_then(|shelf| plan.mark(shelf)).map_or("—", ShelfMark::as_str).to_owned()
}

/// The word of a finding for people, what it is about, and what else is to be said.
fn words(plan: &Plan, finding: &Finding) -> (&'static str, String, String) {
    let id = |item: &ItemNo| plan.item_id(*item).map(ItemId::to_string).unwrap_or_default();
    match &finding.what {
        What::Misplaced { item, home } => {
            ("错架 misplaced", id(item), format!("→ {} ", mark(plan, Some(*home))))
        }
        What::Missing { item } => ("缺失 missing", id(item), String::new()),
        What::OnLoan { item } => ("借出却在架 on loan, but here", id(item), String::new()),
        What::Unsecured { item } => ("防盗失效 security open", id(item), String::new()),
        What::OutOfOrder { item, behind } => {
            let place = behind
                .as_ref()
                .map_or_else(|| "首位 first ".to_owned(), |before| format!("after {} ", id(before)));
            ("次序不对 out of order", id(item), format!("→ {place}"))
        }
        What::Doubled { item, tag } => ("两个标签 two tags", id(item), format!("{tag} ")),
        What::Unlisted { item } => ("不在计划中 not in the plan", item.to_string(), String::new()),
        What::Foreign { tag } => ("外来 foreign", tag.to_string(), String::new()),
        What::Unreadable { tag } => ("读不出 unreadable", tag.to_string(), String::new()),
    }
}

/// The word of a finding for programs.
const fn kind(what: &What) -> &'static str {
    match what {
        What::Misplaced { .. } => "misplaced",
        What::Missing { .. } => "missing",
        What::OnLoan { .. } => "on-loan",
        What::Unsecured { .. } => "unsecured",
        What::OutOfOrder { .. } => "out-of-order",
        What::Doubled { .. } => "doubled",
        What::Unlisted { .. } => "unlisted",
        What::Foreign { .. } => "foreign",
        What::Unreadable { .. } => "unreadable",
    }
}
