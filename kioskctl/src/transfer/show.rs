//! What came of an act, in words.

use std::fmt::Write as _;

use serde_json::json;
use sync_client::kiosk_api::transfer::{Act, Deed, NotTaken, Refusal, SheetReport, Told};

use crate::table;

/// One JSON object.
pub(super) fn json(act: &Act, told: &Told) -> String {
    format!("{}\n", json!({ "sheet": act.sheet, "do": act.deed.word(), "told": told }))
}

/// A line about what was done, what was not, and how far the sheet is.
pub(super) fn words(act: &Act, told: &Told) -> String {
    if let Some(refused) = told.refused {
        return format!("{}: {}\n", act.sheet, refusal(refused));
    }
    let mut text = format!("{}: {}", act.sheet, done(act, told));
    if told.already {
        text.push_str("（此前已办 known already）");
    }
    text.push('\n');
    for NotTaken { item, why } in &told.not {
        line(&mut text, &format!("  {item}  {}", reason(why)));
    }
    if let Some(sheet) = &told.sheet {
        line(&mut text, &far(sheet));
        if matches!(act.deed, Deed::Look | Deed::Close) {
            text.push_str(&whole(sheet));
        }
    }
    text
}

fn done(act: &Act, told: &Told) -> String {
    let n_of = |n: usize| n.saturating_sub(told.not.len());
    match &act.deed {
        Deed::Make { from, to, .. } => format!("新建 made, {from} → {to}"),
        Deed::Box { label, items, .. } => {
            let put = told.sheet.iter().flat_map(|sheet| &sheet.boxes).rfind(|one| one.label == *label);
            let put = put.map_or(0, |one| usize::try_from(one.put).unwrap_or(usize::MAX));
            let before = n_of(items.len()).saturating_sub(put);
            let before = if before > 0 {
                format!("，{before} 册此前已在单上 were on it before")
            } else {
                String::new()
            };
            format!("箱 box {label}: {put} / {} 册列入 put on the sheet{before}", items.len())
        }
        Deed::Ship => "已发出 has set out".to_owned(),
        Deed::Receive { items } => format!("{} / {} 册接收 received", n_of(items.len()), items.len()),
        Deed::Close => "已结清 closed".to_owned(),
        Deed::Undo => "已作废 undone".to_owned(),
        Deed::Look => {
            told.sheet.as_ref().map(|sheet| format!("{} → {}", sheet.from, sheet.to)).unwrap_or_default()
        }
    }
}

fn far(sheet: &SheetReport) -> String {
    let state = match sheet.state.as_str() {
        "draft" => "待发出 being written",
        "shipped" => "在途 on its way",
        "received" => "已结清 closed",
        "undone" => "已作废 undone",
        other => other,
    };
    let SheetReport { items, arrived, extra, n_boxes, .. } = sheet;
    format!("{state} · {n_boxes} 箱 boxes · {items} 册 items · 已到 arrived {arrived} · 多出 extra {extra}")
}

fn whole(sheet: &SheetReport) -> String {
    let mut text = String::new();
    if !sheet.boxes.is_empty() {
        let rows: Vec<[String; 4]> = sheet
            .boxes
            .iter()
            .map(|one| [one.label.clone(), one.declared.to_string(), one.put.to_string(), one.at.clone()])
            .collect();
        text.push('\n');
        text.push_str(&table::rows(["箱 box", "申报 declared", "列入 put", "时间 at"], &rows));
    }
    if !sheet.odd.is_empty() {
        text.push_str("\n差异 differences\n");
        for NotTaken { item, why } in &sheet.odd {
            line(&mut text, &format!("  {item}  {}", reason(why)));
        }
    }
    text
}

fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Unknown => "没有这张单 there is no such sheet; `kioskctl transfer new` makes one",
        Refusal::Exists => "单号已用过 there is a sheet with this number; choose another",
        Refusal::BadBranches => "请给两个不同的分馆 --from and --to are to be two branches of central",
        Refusal::Empty => "单上没有图书 the sheet has no items; put boxes on it first",
        Refusal::State => {
            "此单的状态不允许 that is not done with a sheet that is so far; `kioskctl transfer show` tells how far it is"
        }
        Refusal::HasArrived => {
            "已有图书到达，不能作废 something of it has arrived: close it, and send things back with a new sheet"
        }
        Refusal::Count => "数目与申报不符 the count is not the declared one",
        Refusal::IdReused => "编号冲突 the id was used for something else; repeat the command",
    }
}

fn reason(why: &str) -> &str {
    match why {
        "unknown" => "没有这个条码 no such barcode",
        "elsewhere" => "在其他分馆 it stands in another branch",
        "on_loan" => "已借出 on loan",
        "on_its_way" => "在途 on its way",
        "on_hold" => "有人预约 somebody waits for it",
        "not_in_stock" => "不在架 not in stock: lost, withdrawn, in repair",
        "missing" => "缺失 missing",
        "extra" => "多出 came without being on the sheet",
        other => other,
    }
}

fn line(text: &mut String, line: &str) {
    // A String takes everything.
    writeln!(text, "{line}").unwrap_or_default();
}
