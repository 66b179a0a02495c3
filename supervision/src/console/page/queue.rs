//! The ledger's rows, and what staff does with them. No row shows whose it is.

use maud::{Markup, html};
use sync_client::queue::{Answer, Entry, StepEntry};

use super::Frame;

/// Rows, the newest first.
pub(in crate::console) fn queue(frame: &Frame<'_>, which: &str, answer: &Answer) -> Markup {
    frame.page(
        "/queue",
        &html! {
            h2 { "记录 Queue" }
            p { @for (word, label) in WHICH {
                a href={ "/queue?which=" (word) } aria-current=[(*word == which).then_some("page")] { (label) } " "
            } }
            @match answer {
                Answer::Rows { rows, more } => {
                    @if rows.is_empty() { p { "没有这样的记录 no such rows" } }
                    table {
                        thead { tr { th { "时间" } th { "事" } th { "图书" } th { "状态" } th class="wide" { "说明" } } }
                        tbody { @for row in rows { tr {
                            td class="nowrap" { a href={ "/queue/" (row.id) } { (minute(&row.asked)) } }
                            td { (act(&row.act)) }
                            td { (row.item) br; (row.title.as_deref().unwrap_or_default()) }
                            td { (row.state) @if row.tag_open { br; strong class="bad" { "标签可能未关 tag may be open" } } }
                            td class="wide" { (row.note.as_deref().unwrap_or_default()) }
                        } } }
                    }
                    @if *more { p { "还有更多 there are more: kioskctl queue export" } }
                }
                Answer::Refused { why } => { p class="said bad" { (why) } }
                Answer::Status(_) | Answer::Row { .. } => {}
            }
        },
    )
}

/// One row with its steps, and what can be done with it.
pub(in crate::console) fn row(frame: &Frame<'_>, row: &Entry, steps: &[StepEntry]) -> Markup {
    let is_parked = row.state == "parked" && !row.closed;
    frame.page(
        "/queue",
        &html! {
            h2 { (act(&row.act)) " " (row.item) }
            p { (row.title.as_deref().unwrap_or_default()) }
            @if row.tag_open { p class="bad" { "标签可能未关：在工作台上查看 the tag may be open: look at it on a staff pad" } }
            dl {
                dt { "交易 Transaction" } dd { code { (row.id) } }
                dt { "状态 State" } dd { (row.state) @if row.closed { " · 已了结 closed" } }
                dt { "说明 Note" } dd { (row.note.as_deref().unwrap_or("—")) }
                dt { "尝试 Tries" } dd { (row.attempts) }
            }
            h3 { "经过 Steps" }
            table { tbody { @for step in steps { tr {
                td class="nowrap" { (minute(&step.at)) } td { (step.step) } td class="wide" { (step.detail.as_deref().unwrap_or_default()) }
            } } } }
            @if is_parked {
                form method="post" action="/queue/retry" {
                    (frame.token()) input type="hidden" name="id" value=(row.id);
                    button { "再试 Try again" }
                }
                form method="post" action="/queue/settle" {
                    (frame.token()) input type="hidden" name="id" value=(row.id);
                    label for="note" { "已如何处理 What was done" }
                    input id="note" name="note" required maxlength="200";
                    button { "了结 Settle" }
                }
            } @else if !row.closed {
                form method="post" action="/queue/park" {
                    (frame.token()) input type="hidden" name="id" value=(row.id);
                    label for="note" { "为何搁置 Why" }
                    input id="note" name="note" required maxlength="200";
                    button class="quiet" { "交工作人员 Leave to staff" }
                }
            }
        },
    )
}

fn act(word: &str) -> &'static str {
    match word {
        "checkout" => "借 checkout",
        "checkin" => "还 checkin",
        _ => "—",
    }
}

fn minute(stamp: &str) -> String {
    stamp.get(..16).unwrap_or(stamp).replace('T', " ")
}

const WHICH: &[(&str, &str)] =
    &[("parked", "待处理 For staff"), ("open", "未了结 Open"), ("all", "全部 All")];
