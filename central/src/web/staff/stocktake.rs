//! Stocktakes (清点): barcodes seen in a branch, in as many parts as wanted; then what should not stand there, and what
//! should and was not seen. The page is also what is printed of it.

use maud::{Markup, html};

use super::barcodes::{self, Barcodes};
use super::{Inside, Staff};
use crate::people::Right;
use crate::store::{Branch, Desk, Odd};
use crate::web::call::Call;
use crate::web::page::Said;
use crate::web::reply::{Reply, Trouble};

/// All counts, and a form to begin one.
pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let l = call.language;
    let counts = call.app.store().stocktakes(&staff.of)?;
    let branches = call.app.store().branches(&staff.of)?;
    let body = html! {
        form method="get" action="/staff/stocktake" class="line sheet" {
            div {
                label for="n" { (l.t("批次名称", "Name of the count")) }
                input id="n" name="n" required maxlength="32" value=(call.now.date());
            }
            div {
                label for="branch" { (l.t("分馆", "Branch")) }
                (choice(&branches, ""))
            }
            button { (l.t("开始清点", "Begin")) }
        }
        @if counts.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            table class="cards" id="counts" {
                thead { tr {
                    th scope="col" { (l.t("批次", "Count")) }
                    th scope="col" class="n" { (l.t("册数", "Items")) }
                    th scope="col" { (l.t("从", "From")) }
                    th scope="col" { (l.t("到", "To")) }
                } }
                tbody { @for count in &counts { tr {
                    td class="head" { a href=(address(&count.batch, "")) { (count.batch) } }
                    td data-label=(l.t("册数", "Items")) class="n" { (count.n_items) }
                    td data-label=(l.t("从", "From")) { (count.span.0) }
                    td data-label=(l.t("到", "To")) { (count.span.1) }
                } } }
            }
        }
    };
    Ok(Inside::new(l.t("清点", "Stocktakes"), body).reply(call, staff, 200))
}

/// One count in one branch.
pub(super) fn show(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    page(call, staff, (&call.query.text("n"), &call.query.text("branch")), None)
}

/// Notes what was seen.
pub(super) fn count(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let of = call.form.text("sheet");
    let (branch, batch) = of.split_once('/').ok_or(Trouble::NoPage)?;
    check(call, staff, (batch, branch))?;
    let Barcodes { items, bad } = Barcodes::read(call)?;
    let desk = Desk { opuser: staff.account.clone(), now: call.now };
    let unknown = call.app.store().count_items(&staff.of, (batch, branch), &items, &desk)?;
    let l = call.language;
    let n = items.len().saturating_sub(unknown.len());
    let why = l.t("没有这个条码", "no such barcode");
    let not = unknown.iter().map(|item| (item.as_str(), why));
    let said = barcodes::said(call, (l.t("已清点", "counted"), n), not, &bad);
    page(call, staff, (batch, branch), Some(said))
}

/// A name that can stand in an address, and a branch of the library; empty where none is named yet.
fn check(call: &Call, staff: &Staff, (batch, branch): (&str, &str)) -> Result<Vec<Branch>, Trouble> {
    let is_name = (1..=32).contains(&batch.chars().count())
        && batch.chars().all(|c| c.is_alphanumeric() || ['-', '_'].contains(&c));
    if !is_name {
        return Err(Trouble::Bad(
            "批次名称由 1 到 32 个文字、数字、连字符组成。",
            "The name of a count has 1 to 32 letters, digits and hyphens.",
        ));
    }
    let branches = call.app.store().branches(&staff.of)?;
    if !branch.is_empty() && !branches.iter().any(|known| known.branch == branch) {
        return Err(Trouble::Bad("请选择分馆。", "Choose a branch."));
    }
    Ok(branches)
}

fn page(
    call: &Call,
    staff: &Staff,
    (batch, branch): (&str, &str),
    said: Option<Said>,
) -> Result<Reply, Trouble> {
    let branches = check(call, staff, (batch, branch))?;
    let store = call.app.store();
    let l = call.language;
    let seen = store.stocktakes(&staff.of)?.into_iter().find(|count| count.batch == batch);
    let odd = store.stocktake_odd(&staff.of, batch, MOST)?;
    let unseen = match branch {
        "" => Vec::new(),
        branch => store.stocktake_unseen(&staff.of, (batch, branch), MOST)?,
    };
    let body = html! {
        p class="sheet" {
            (l.t("已清点", "Counted")) " " b { (seen.map_or(0, |count| count.n_items)) } " " (l.t("册", "items"))
            @if let Some(known) = branches.iter().find(|known| known.branch == branch) { " · " (known.name) }
        }
        div class="noprint" {
            @if branch.is_empty() {
                form method="get" action="/staff/stocktake" class="line sheet" {
                    input type="hidden" name="n" value=(batch);
                    div { label for="branch" { (l.t("分馆", "Branch")) } (choice(&branches, branch)) }
                    button { (l.t("查看", "Show")) }
                }
            } @else {
                (barcodes::form(call, staff, ("/staff/stocktake", &format!("{branch}/{batch}")), &[("count", l.t("清点", "Count"))]))
            }
        }
        h2 { (l.t("不该在这里的", "Seen, and should not be here")) " " span class="n" { (odd.len()) } }
        (table(call, "odd", &branches, &odd))
        @if !branch.is_empty() {
            h2 { (l.t("应在架而未见的", "Should be here, and not seen")) " " span class="n" { (unseen.len()) } }
            (table(call, "unseen", &branches, &unseen))
        }
        @if odd.len().max(unseen.len()) >= MOST as usize {
            p class="soft" { (l.t("只列出前", "Only the first")) " " (MOST) " " (l.t("册。", "are listed.")) }
        }
    };
    let title = format!("{} {batch}", l.t("清点", "Stocktake"));
    let mut inside = Inside::new(&title, body);
    inside.said = said;
    Ok(inside.reply(call, staff, 200))
}

fn table(call: &Call, id: &str, branches: &[Branch], rows: &[Odd]) -> Markup {
    let l = call.language;
    let name = |code: &str| {
        let known = branches.iter().find(|branch| branch.branch == code);
        known.map_or_else(|| code.to_owned(), |branch| branch.name.clone())
    };
    html! {
        @if rows.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            table class="cards" id=(id) {
                thead { tr {
                    th scope="col" { (l.t("题名", "Title")) }
                    th scope="col" { (l.t("条码", "Barcode")) }
                    th scope="col" { (l.t("状态", "State")) }
                    th scope="col" { (l.t("所属分馆", "Belongs to")) }
                } }
                tbody { @for row in rows { tr {
                    td class="head" { (row.title) }
                    td data-label=(l.t("条码", "Barcode")) { (row.item) }
                    td data-label=(l.t("状态", "State")) { (l.state(&row.state)) }
                    td data-label=(l.t("所属分馆", "Belongs to")) { (name(&row.home)) }
                } } }
            }
        }
    }
}

fn choice(branches: &[Branch], chosen: &str) -> Markup {
    html! {
        select id="branch" name="branch" required {
            @for branch in branches {
                option value=(branch.branch) selected[branch.branch == chosen] { (branch.branch) " " (branch.name) }
            }
        }
    }
}

/// `batch` is a name of [`check`]'s or the store's.
fn address(batch: &str, branch: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("/staff/stocktake?n={}&branch={}", encode(batch), encode(branch))
}

/// Rows of each list.
const MOST: u32 = 2000;
