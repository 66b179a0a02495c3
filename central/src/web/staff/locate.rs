//! Where a book is: its copies with branch, shelf and state, and where each was last seen.

use maud::{Markup, html};
use sync_client::kiosk_api::locate::{Age, How};

use super::{Inside, Staff, time};
use crate::people::Right;
use crate::store::{Branch, Copy, Sighting};
use crate::web::call::Call;
use crate::web::map;
use crate::web::reply::{Reply, Trouble};

/// The form; it stands above the lists of items, too.
pub(super) fn form(call: &Call, asked: &str) -> Markup {
    let l = call.language;
    let words = l.t("条码、题名、作者或 ISBN", "Barcode, title, author or ISBN");
    html! {
        form method="get" action="/staff/locate" class="search" role="search" {
            input type="search" name="q" value=(asked) aria-label=(words) placeholder=(words) maxlength="100" enterkeyhint="search";
            button { (l.t("定位", "Locate")) }
        }
    }
}

/// The copies that a text means.
pub(super) fn show(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let l = call.language;
    let asked: String = call.query.text("q").trim().chars().take(MAX_TEXT).collect();
    let store = call.app.store();
    let (copies, more) = match asked.as_str() {
        "" => (Vec::new(), false),
        text => store.locate(&staff.of, text, MOST)?,
    };
    let branches = store.branches(&staff.of)?;
    let maps = map::of_copies(call, &staff.of, &copies)?;
    let body = html! {
        (form(call, &asked))
        @if copies.is_empty() {
            @if !asked.is_empty() {
                p class="sheet" { (l.t("没有找到。请换条码，或只写题名的一部分。", "Nothing found. Try a barcode, or part of the title.")) }
            }
        } @else { (table(call, &branches, &copies)) (maps) }
        @if more {
            p class="soft" { (l.t("只列出前", "Only the first")) " " (MOST) " " (l.t("册，请写得更具体。", "are listed; write more of it.")) }
        }
    };
    Ok(Inside::new(l.t("定位", "Locate"), body).reply(call, staff, 200))
}

fn table(call: &Call, branches: &[Branch], copies: &[Copy]) -> Markup {
    let l = call.language;
    html! {
        table class="cards" id="copies" {
            thead { tr {
                th scope="col" { (l.t("题名", "Title")) }
                th scope="col" { (l.t("条码", "Barcode")) }
                th scope="col" { (l.t("所在分馆", "Branch")) }
                th scope="col" { (l.t("架位", "Shelf")) }
                th scope="col" { (l.t("状态", "State")) }
                th scope="col" { (l.t("最后见于", "Last seen")) }
            } }
            tbody { @for copy in copies { tr {
                td class="head" { (copy.item.title) div class="soft small" { (copy.item.call_number) } }
                td data-label=(l.t("条码", "Barcode")) { (copy.item.item) }
                td data-label=(l.t("所在分馆", "Branch")) { (copy.item.branch_name) }
                td data-label=(l.t("架位", "Shelf")) { (copy.shelf) }
                td data-label=(l.t("状态", "State")) { (state(call, branches, copy)) }
                td data-label=(l.t("最后见于", "Last seen")) {
                    @if let Some(seen) = &copy.seen { (sighting(call, seen)) }
                    @else { span class="soft" { (l.t("未有记录", "not known")) } }
                }
            } } }
        }
    }
}

fn state(call: &Call, branches: &[Branch], copy: &Copy) -> Markup {
    let l = call.language;
    let is_in = copy.item.state == sync_client::wire::code::holding::IN_LIBRARY;
    let name = |code: &str| {
        let known = branches.iter().find(|branch| branch.branch == code);
        known.map_or_else(|| code.to_owned(), |branch| branch.name.clone())
    };
    html! {
        span {
            span class={ "mark " (if is_in { "good" } else { "warn" }) } { (l.state(&copy.item.state)) }
            @if let Some(due) = copy.due_on { div class="soft small" { (l.t("应还", "due")) " " (due) } }
            @if let Some(to) = &copy.sent_to { div class="soft small" { (l.t("在途，往", "on its way to")) " " (name(to)) } }
            @if copy.n_holds > 0 { div class="soft small" { (l.t("预约", "holds")) " " (copy.n_holds) } }
        }
    }
}

/// How old, then where; the moment below it.
fn sighting(call: &Call, seen: &Sighting) -> Markup {
    let l = call.language;
    let what = match seen.how {
        How::Stocktake if seen.place.is_empty() => l.t("清点", "counted"),
        How::Stocktake => l.t("架位", "shelf"),
        How::Return => l.t("归还于", "brought back at"),
        How::Loan => l.t("借出于", "lent at"),
        How::Pad => l.t("出现于", "shown at"),
        How::Transfer => l.t("调拨单", "transfer sheet"),
    };
    html! {
        span {
            b { (l.ago(Age::between(seen.at, call.now))) }
            " · " @if let Some((_, name)) = &seen.branch { (name) " · " } (what) " " (seen.place)
            div class="soft small" { (time(call, seen.at)) }
        }
    }
}

/// Copies on one page.
const MOST: usize = 200;

/// Characters that are looked for.
const MAX_TEXT: usize = 100;
