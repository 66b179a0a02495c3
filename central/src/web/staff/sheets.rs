//! Transfer sheets (调拨单): written, filled with barcodes, shipped, received with differences, closed.

use maud::{Markup, html};

mod sheet;

use super::barcodes::{self, Barcodes};
use super::{Inside, Staff};
use crate::ledger::{SheetRefused, SheetState};
use crate::people::Right;
use crate::store::{Branch, Desk, NewSheet, NotListed, Sheet};
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};

/// All sheets, and a form for a new one.
pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let l = call.language;
    let sheets = call.app.store().sheets(&staff.of, MOST_SHEETS)?;
    let branches = call.app.store().branches(&staff.of)?;
    let body = html! {
        form method="post" action="/staff/sheets" class="line sheet" {
            (token(&staff.ticket.form_token()))
            div {
                label for="sheet" { (l.t("单号", "Number")) }
                input id="sheet" name="sheet" required maxlength="32" value=(free_number(call, &sheets));
            }
            (choice(l.t("从", "From"), "from", &branches))
            (choice(l.t("到", "To"), "to", &branches))
            div {
                label for="keeps" { (l.t("以后归", "Belongs afterwards to")) }
                select id="keeps" name="keeps" {
                    option value="no" { (l.t("新的分馆", "the new branch")) }
                    option value="yes" { (l.t("原来的分馆（借展、轮换）", "the old branch (for a while)")) }
                }
            }
            button { (l.t("新建调拨单", "New sheet")) }
        }
        @if sheets.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            table class="cards" id="sheets" {
                thead { tr {
                    th scope="col" { (l.t("单号", "Number")) }
                    th scope="col" { (l.t("去向", "Way")) }
                    th scope="col" { (l.t("状态", "State")) }
                    th scope="col" class="n" { (l.t("册数", "Items")) }
                    th scope="col" { (l.t("建立", "Made")) }
                } }
                tbody { @for sheet in &sheets { tr {
                    td class="head" { a href=(address(&sheet.sheet)) { (sheet.sheet) } }
                    td data-label=(l.t("去向", "Way")) { span { (way(&branches, sheet)) } }
                    td data-label=(l.t("状态", "State")) { (mark(call, sheet)) }
                    td data-label=(l.t("册数", "Items")) class="n" { (counts(sheet)) }
                    td data-label=(l.t("建立", "Made")) { (sheet.at[0].as_deref().unwrap_or_default()) }
                } } }
            }
        }
    };
    Ok(Inside::new(l.t("调拨单", "Transfer sheets"), body).reply(call, staff, 200))
}

/// Makes a sheet, and goes to it.
pub(super) fn make(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let [sheet, from, to] = ["sheet", "from", "to"].map(|name| call.form.text(name));
    let is_number = (1..=32).contains(&sheet.len())
        && sheet.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_number {
        return Err(Trouble::Bad(
            "单号由 1 到 32 个字母、数字、连字符组成。",
            "A number has 1 to 32 letters, digits and hyphens.",
        ));
    }
    let new = NewSheet { sheet: &sheet, from: &from, to: &to, keeps_home: call.form.text("keeps") == "yes" };
    let made = call.app.store().make_sheet(&staff.of, new, &desk(call, staff))?;
    made.map_err(refused)?;
    Ok(Reply::see(&address(&sheet)))
}

/// One sheet.
pub(super) fn show(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    sheet::page(call, staff, &call.query.text("n"), None)
}

/// One sheet, whole, for the printer.
pub(super) fn print(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    sheet::print(call, staff, &call.query.text("n"))
}

/// Does something with a sheet; what was not done with each barcode stands on the page that follows.
pub(super) fn act(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let (store, of, desk) = (call.app.store(), &staff.of, desk(call, staff));
    let name = call.form.text("sheet");
    let scanned = || Barcodes::read(call);
    let l = call.language;
    let said = match call.form.text("do").as_str() {
        "fill" => {
            let Barcodes { items, bad } = scanned()?;
            let not = store.fill_sheet(of, &name, &items)?.map_err(refused)?;
            let n = items.len().saturating_sub(not.len());
            let not = not.iter().map(|(item, why)| (item.as_str(), reason(call, *why)));
            barcodes::said(call, (l.t("已列入", "put on the sheet"), n), not, &bad)
        }
        "drop" => {
            let Barcodes { items, bad } = scanned()?;
            store.take_off_sheet(of, &name, &items)?.map_err(refused)?;
            barcodes::said(call, (l.t("已移出", "taken off"), items.len()), [].into_iter(), &bad)
        }
        "receive" => {
            let Barcodes { items, bad } = scanned()?;
            let unknown = store.receive_sheet(of, &name, &items, &desk)?.map_err(refused)?;
            let n = items.len().saturating_sub(unknown.len());
            let why = l.t("没有这个条码", "no such barcode");
            let unknown = unknown.iter().map(|item| (item.as_str(), why));
            barcodes::said(call, (l.t("已接收", "received"), n), unknown, &bad)
        }
        "ship" => done(l.t("已发出。", "It has set out."), store.ship_sheet(of, &name, &desk)?)?,
        "close" => done(l.t("已结清。", "It is closed."), store.close_sheet(of, &name, &desk)?)?,
        "undo" => done(l.t("已作废。", "It is undone."), store.undo_sheet(of, &name, &desk)?)?,
        _ => return Err(Trouble::Bad("请从页面上选择。", "Choose what is on the page.")),
    };
    sheet::page(call, staff, &name, Some(said))
}

fn done(words: &'static str, outcome: Result<Sheet, SheetRefused>) -> Result<Said, Trouble> {
    outcome.map_err(refused)?;
    Ok(Said { is_good: true, words: html! { (words) } })
}

fn choice(words: &str, name: &str, branches: &[Branch]) -> Markup {
    html! {
        div {
            label for=(name) { (words) }
            select id=(name) name=(name) required {
                @for branch in branches { option value=(branch.branch) { (branch.branch) " " (branch.name) } }
            }
        }
    }
}

fn way(branches: &[Branch], sheet: &Sheet) -> String {
    let name = |code: &str| {
        let known = branches.iter().find(|branch| branch.branch == code);
        known.map_or_else(|| code.to_owned(), |branch| branch.name.clone())
    };
    format!("{} → {}", name(&sheet.from), name(&sheet.to))
}

fn mark(call: &Call, sheet: &Sheet) -> Markup {
    let l = call.language;
    let is_short = sheet.state == SheetState::Received && sheet.n_arrived < sheet.n_items;
    let (class, words) = match sheet.state {
        SheetState::Draft => ("none", l.t("待发出", "being written")),
        SheetState::Shipped => ("warn", l.t("在途", "on its way")),
        SheetState::Received if is_short => ("bad", l.t("已结清，有缺失", "closed, some missing")),
        SheetState::Received => ("good", l.t("已结清", "closed")),
        SheetState::Undone => ("none", l.t("已作废", "undone")),
    };
    html! { span class={ "mark " (class) } { (words) } }
}

fn counts(sheet: &Sheet) -> String {
    match sheet.state {
        SheetState::Draft | SheetState::Undone => sheet.n_items.to_string(),
        SheetState::Shipped | SheetState::Received => format!("{} / {}", sheet.n_arrived, sheet.n_items),
    }
}

fn reason(call: &Call, why: NotListed) -> &'static str {
    let l = call.language;
    match why {
        NotListed::Unknown => l.t("没有这个条码", "no such barcode"),
        NotListed::Elsewhere => l.t("在其他分馆", "it stands in another branch"),
        NotListed::OnLoan => l.t("已借出", "on loan"),
        NotListed::OnItsWay => l.t("在途", "on its way"),
        NotListed::OnHold => l.t("有人预约", "somebody waits for it"),
        NotListed::NotInStock => l.t("不在架（丢失、剔除、修补等）", "not in stock"),
    }
}

fn refused(why: SheetRefused) -> Trouble {
    match why {
        SheetRefused::Unknown => Trouble::NoPage,
        SheetRefused::Exists => {
            Trouble::Bad("这个单号已用过，请换一个。", "There is a sheet with this number; choose another.")
        }
        SheetRefused::BadBranches => {
            Trouble::Bad("请选择两个不同的分馆。", "Choose two branches that differ.")
        }
        SheetRefused::Empty => Trouble::Bad(
            "单上没有图书（列入后借出、预约的已自动移出）。请先列入。",
            "The sheet has no items (what was lent or held since is off it). Put some on it first.",
        ),
        SheetRefused::State(_) => Trouble::Bad(
            "这张单已到下一步，可能刚被别人办理。请刷新页面。",
            "The sheet is further already; somebody else may have seen to it. Reload the page.",
        ),
        SheetRefused::HasArrived => Trouble::Bad(
            "已有图书到达，不能作废。请结清，再用新的单退回。",
            "Something of it has arrived, so that it cannot be undone. Close it, and send things back with a new sheet.",
        ),
    }
}

/// A number that no sheet has: of the day, and counted.
fn free_number(call: &Call, sheets: &[Sheet]) -> String {
    let day = call.now.date();
    let number = |n: usize| format!("DB{:04}{:02}{:02}-{n}", day.year(), day.month(), day.day());
    let is_free = |number: &String| !sheets.iter().any(|sheet| sheet.sheet == *number);
    (1..=sheets.len() + 1).map(number).find(is_free).unwrap_or_default()
}

fn address(sheet: &str) -> String {
    format!("/staff/sheet?n={sheet}")
}

fn desk(call: &Call, staff: &Staff) -> Desk {
    Desk { opuser: staff.account.clone(), now: call.now }
}

/// Where forms of a sheet go.
const ACTION: &str = "/staff/sheet";
const MOST_SHEETS: u32 = 200;
