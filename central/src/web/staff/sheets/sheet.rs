//! One sheet: what can be done with it, its differences, and its items in order of shelf marks, as one goes along the shelves;
//! a page at a time on the screen, whole for the printer.

use maud::{Markup, html};

use super::{ACTION, address, mark, way};
use crate::ledger::SheetEvent;
use crate::store::{Sheet, SheetItem};
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};
use crate::web::staff::{Inside, Staff, barcodes};

/// What of a sheet is shown.
struct View {
    /// only what is different
    is_odd: bool,
    /// from 0
    page: u32,
}

pub(super) fn page(call: &Call, staff: &Staff, name: &str, said: Option<Said>) -> Result<Reply, Trouble> {
    let (store, of, l) = (call.app.store(), &staff.of, call.language);
    let sheet = store.sheet(of, name)?.ok_or(Trouble::NoPage)?;
    let view = View {
        is_odd: call.query.text("only") == "odd",
        page: call.query.number("page").unwrap_or(0).min(MAX_PAGE),
    };
    let skip = view.page * PER_PAGE;
    let (n_odd, odd) = match view.is_odd {
        true => store.sheet_odd(of, name, (skip, PER_PAGE))?,
        false => store.sheet_odd(of, name, (0, MOST_ODD))?,
    };
    let n_all = sheet.n_items + sheet.n_extra;
    let body = html! {
        (head(call, staff, &sheet)?)
        div class="noprint" {
            (doings(call, staff, &sheet))
            p { a class="button quiet" href={ "/staff/sheet/print?n=" (sheet.sheet) } { (l.t("打印整单", "Print the whole sheet")) } }
        }
        @if n_odd > 0 {
            h2 { (l.t("差异", "Differences")) " " span class="n" { (n_odd) } }
            (table(call, "odd", &odd))
            @if view.is_odd { (pages(call, &sheet, &view, n_odd)) }
            @else if n_odd > u64::from(MOST_ODD) {
                p class="noprint" { a href=(link(&sheet, true, 0)) { (l.t("全部差异", "All differences")) } }
            }
        }
        @if view.is_odd {
            p class="noprint" { a href=(address(name)) { (l.t("回到整单", "Back to the whole sheet")) } }
        } @else {
            h2 id="list" { (l.t("清单", "Items")) " " span class="n" { (n_all) } }
            @if n_all == 0 { p class="sheet" { (l.t("没有。", "None.")) } } @else {
                (table(call, "items", &store.sheet_page(of, name, (skip, PER_PAGE))?))
                (pages(call, &sheet, &view, n_all))
            }
        }
    };
    let title = format!("{} {}", l.t("调拨单", "Transfer sheet"), sheet.sheet);
    let mut inside = Inside::new(&title, body);
    inside.said = said;
    Ok(inside.reply(call, staff, 200))
}

/// The whole sheet on paper, or as a PDF: boxes, differences, every item, and lines for those who hand over and take.
pub(super) fn print(call: &Call, staff: &Staff, name: &str) -> Result<Reply, Trouble> {
    let (store, of, l) = (call.app.store(), &staff.of, call.language);
    let sheet = store.sheet(of, name)?.ok_or(Trouble::NoPage)?;
    let boxes = store.sheet_boxes(of, name)?;
    let (n_odd, odd) = store.sheet_odd(of, name, (0, MOST_PRINTED))?;
    let items = store.sheet_page(of, name, (0, MOST_PRINTED))?;
    let n_all = sheet.n_items + sheet.n_extra;
    let body = html! {
        p class="noprint" {
            a href=(address(name)) { (l.t("回到调拨单", "Back to the sheet")) } " · "
            (l.t("用浏览器的打印，或在打印中存为 PDF。", "Print with your browser, or save as PDF there."))
        }
        (head(call, staff, &sheet)?)
        @if !boxes.is_empty() {
            h2 { (l.t("箱", "Boxes")) " " span class="n" { (boxes.len()) } }
            table class="cards" id="boxes" {
                thead { tr {
                    th scope="col" { (l.t("箱号", "Box")) }
                    th scope="col" class="n" { (l.t("申报", "Declared")) }
                    th scope="col" class="n" { (l.t("列入", "On the sheet")) }
                    th scope="col" { (l.t("时间", "Packed")) }
                } }
                tbody { @for one in &boxes { tr {
                    td class="head" { (one.label) }
                    td data-label=(l.t("申报", "Declared")) class="n" { (one.declared) }
                    td data-label=(l.t("列入", "On the sheet")) class="n" { (one.put) }
                    td data-label=(l.t("时间", "Packed")) { (one.at) }
                } } }
            }
        }
        @if n_odd > 0 {
            h2 { (l.t("差异", "Differences")) " " span class="n" { (n_odd) } }
            (table(call, "odd", &odd))
        }
        h2 { (l.t("清单", "Items")) " " span class="n" { (n_all) } }
        (table(call, "items", &items))
        @if n_all > u64::from(MOST_PRINTED) {
            p { (l.t("只列出前", "Only the first")) " " (MOST_PRINTED) " " (l.t("册。", "are listed.")) }
        }
        div class="sign" {
            @for words in [l.t("移出馆经手人", "Handed over by"), l.t("运送人", "Carried by"), l.t("移入馆经手人", "Taken over by")] {
                div { (words) }
            }
        }
    };
    let title = format!("{} {}", l.t("调拨单", "Transfer sheet"), sheet.sheet);
    Ok(Inside::new(&title, body).reply(call, staff, 200))
}

fn head(call: &Call, staff: &Staff, sheet: &Sheet) -> Result<Markup, Trouble> {
    let l = call.language;
    let branches = call.app.store().branches(&staff.of)?;
    let moments = [l.t("建立", "made"), l.t("发出", "shipped"), l.t("结束", "ended")];
    Ok(html! {
        div class="sheet" {
            p { (way(&branches, sheet)) " " (mark(call, sheet)) }
            p class="soft" {
                (l.t("共", "items")) " " (sheet.n_items) " · " (l.t("已到", "arrived")) " " (sheet.n_arrived)
                " · " (l.t("多出", "extra")) " " (sheet.n_extra)
                @if sheet.n_boxes > 0 { " · " (l.t("箱", "boxes")) " " (sheet.n_boxes) }
            }
            p class="soft small" {
                @for (word, at) in moments.iter().zip(&sheet.at) {
                    @if let Some(at) = at { span { (word) " " (at) } " " }
                }
            }
        }
    })
}

/// What can be done with it as it is.
fn doings(call: &Call, staff: &Staff, sheet: &Sheet) -> Markup {
    let l = call.language;
    let name = sheet.sheet.as_str();
    let may = |event| sheet.state.after(event, sheet.n_items, sheet.n_arrived).is_ok();
    html! {
        @if may(SheetEvent::Fill) {
            (barcodes::form(call, staff, (ACTION, name), &[("fill", l.t("列入", "Put on")), ("drop", l.t("移出", "Take off"))]))
        }
        @if may(SheetEvent::Receive) {
            (barcodes::form(call, staff, (ACTION, name), &[("receive", l.t("接收", "Receive"))]))
        }
        div class="row" {
            @if may(SheetEvent::Ship) { (button(staff, name, "ship", l.t("全部发出", "Ship all"))) }
            @if may(SheetEvent::Close) { (button(staff, name, "close", l.t("结清（未到的记为缺失）", "Close: the rest is missing"))) }
            @if may(SheetEvent::Undo) { (button(staff, name, "undo", l.t("作废", "Undo"))) }
        }
    }
}

/// Which of `n` are shown, and the ways to those before and behind them.
fn pages(call: &Call, sheet: &Sheet, view: &View, n: u64) -> Markup {
    let l = call.language;
    let first = u64::from(view.page) * u64::from(PER_PAGE);
    let last = (first + u64::from(PER_PAGE)).min(n);
    html! {
        @if n > u64::from(PER_PAGE) {
            p class="pages noprint" {
                @if view.page > 0 {
                    a class="button quiet" rel="prev" href=(link(sheet, view.is_odd, view.page - 1)) { (l.t("上一页", "Back")) }
                } @else { span {} }
                span class="soft" { ((first + 1).min(last)) " – " (last) " / " (n) }
                @if last < n && view.page < MAX_PAGE {
                    a class="button quiet" rel="next" href=(link(sheet, view.is_odd, view.page + 1)) { (l.t("下一页", "More")) }
                } @else { span {} }
            }
        }
    }
}

fn link(sheet: &Sheet, is_odd: bool, page: u32) -> String {
    let (only, at) = if is_odd { ("&only=odd", "") } else { ("", "#list") };
    format!("{}{only}&page={page}{at}", address(&sheet.sheet))
}

fn table(call: &Call, id: &str, items: &[SheetItem]) -> Markup {
    let l = call.language;
    html! {
        table class="cards" id=(id) {
            thead { tr {
                th scope="col" { (l.t("索书号", "Shelf mark")) }
                th scope="col" { (l.t("题名", "Title")) }
                th scope="col" { (l.t("条码", "Barcode")) }
                th scope="col" { (l.t("状态", "State")) }
            } }
            tbody { @for item in items { tr {
                td data-label=(l.t("索书号", "Shelf mark")) { (item.call_number) }
                td class="head" { (item.title) }
                td data-label=(l.t("条码", "Barcode")) { (item.item) }
                td data-label=(l.t("状态", "State")) { (item_state(call, item)) }
            } } }
        }
    }
}

fn item_state(call: &Call, item: &SheetItem) -> Markup {
    let l = call.language;
    let (class, words) = match item.state.as_str() {
        "listed" => ("none", l.t("待发", "to go")),
        "sent" => ("warn", l.t("在途", "on its way")),
        "received" => ("good", l.t("已到", "arrived")),
        "missing" => ("bad", l.t("缺失", "missing")),
        _ => ("warn", l.t("多出", "extra")),
    };
    html! {
        span {
            span class={ "mark " (class) } { (words) }
            @if item.is_lent { " " span class="mark warn" { (l.t("已借出", "on loan")) } }
        }
    }
}

fn button(staff: &Staff, sheet: &str, what: &str, words: &str) -> Markup {
    let class = if what == "undo" { "danger" } else { "" };
    html! {
        form method="post" action=(ACTION) {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="sheet" value=(sheet);
            input type="hidden" name="do" value=(what);
            button class=(class) { (words) }
        }
    }
}

/// Lines on one page of the screen.
const PER_PAGE: u32 = 500;
/// Differences above the list.
const MOST_ODD: u32 = 100;
/// Pages that can be turned: nobody's sheet is longer.
const MAX_PAGE: u32 = 1000;
/// Lines on paper.
const MOST_PRINTED: u32 = 50_000;
