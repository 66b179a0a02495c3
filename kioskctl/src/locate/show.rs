//! Copies in words.

use std::fmt::Write as _;

use sync_client::kiosk_api::locate::{CopyReport, How, Located, SeenReport};

use crate::failure::Failure;
use crate::table;

/// One JSON object: what central answered, and the copy to go to.
pub(super) fn json(located: &Located) -> Result<String, Failure> {
    let next = located.next_free().map(|copy| copy.item.as_str());
    let told = serde_json::json!({ "located": located, "next_free": next });
    serde_json::to_string(&told).map(|text| text + "\n").map_err(Failure::Json)
}

/// A table for each title, and which copy to go to.
pub(super) fn words(located: &Located) -> String {
    if located.copies.is_empty() {
        return "没有找到 nothing found: try a barcode, or part of the title\n".to_owned();
    }
    let mut text = String::new();
    for copies in located.copies.chunk_by(|one, other| one.title == other.title) {
        let title = copies.first().map(|copy| copy.title.as_str()).unwrap_or_default();
        let rows: Vec<[String; 6]> = copies.iter().map(|copy| row(located, copy)).collect();
        line(&mut text, title);
        text.push_str(&table::rows(HEAD, &rows));
        text.push('\n');
    }
    if located.more {
        line(&mut text, "还有更多，请写得更具体 there are more: write more of it");
    }
    let next = located.next_free().map_or_else(|| none_free(located), to_go_to);
    line(&mut text, &next);
    text
}

/// How old a sighting is, and where it was.
pub(crate) fn sighting(located: &Located, seen: &SeenReport) -> String {
    let age = located.age(seen);
    let age = age.map_or_else(|| seen.at.clone(), |age| format!("{} {}", age.chinese(), age.english()));
    let how = match seen.how {
        How::Stocktake if seen.place.is_empty() => "清点 counted",
        How::Stocktake => "架位 shelf",
        How::Return => "归还于 brought back at",
        How::Loan => "借出于 lent at",
        How::Pad => "出现于 shown at",
        How::Transfer => "调拨单 sheet",
    };
    let branch = seen.branch.as_ref().map(|name| format!("{name} · ")).unwrap_or_default();
    format!("{age} · {branch}{how} {}", seen.place).trim_end().to_owned()
}

fn row(located: &Located, copy: &CopyReport) -> [String; 6] {
    let seen =
        copy.seen.as_ref().map_or_else(|| "未有记录 not known".to_owned(), |seen| sighting(located, seen));
    [
        copy.item.clone(),
        copy.call_number.clone(),
        copy.branch_name.clone(),
        copy.shelf.clone(),
        state(copy),
        seen,
    ]
}

fn state(copy: &CopyReport) -> String {
    let known = STATES.iter().find(|(code, _)| *code == copy.state);
    let mut text = known.map_or_else(|| format!("状态 state {}", copy.state), |(_, word)| (*word).to_owned());
    if let Some(due) = &copy.due {
        write!(text, "，应还 due {due}").unwrap_or_default();
    }
    if let Some(to) = &copy.sent_to {
        write!(text, "，在途往 on its way to {to}").unwrap_or_default();
    }
    if copy.holds > 0 {
        write!(text, "，预约 holds {}", copy.holds).unwrap_or_default();
    }
    text
}

fn to_go_to(copy: &CopyReport) -> String {
    let shelf = if copy.shelf.is_empty() { &copy.call_number } else { &copy.shelf };
    format!("下一册可取 next free copy: {} · {} · {shelf}", copy.item, copy.branch_name)
}

fn none_free(located: &Located) -> String {
    let due = located.copies.iter().filter_map(|copy| copy.due.as_deref()).min();
    let due = due.map(|due| format!("；最早应还 the first is due {due}")).unwrap_or_default();
    format!("没有可取的复本 no copy is free{due}")
}

fn line(text: &mut String, line: &str) {
    // A String takes everything.
    writeln!(text, "{line}").unwrap_or_default();
}

const HEAD: [&str; 6] =
    ["条码 barcode", "索书号 call number", "分馆 branch", "架位 shelf", "状态 state", "最后见于 last seen"];

/// As openlib numbers them.
const STATES: [(&str, &str); 8] = [
    ("2", "在馆 in library"),
    ("3", "借出 on loan"),
    ("4", "丢失 lost"),
    ("5", "剔除 withdrawn"),
    ("9", "锁定 locked"),
    ("13", "闭架 closed stacks"),
    ("14", "修补 in repair"),
    ("15", "查找中 searched for"),
];
