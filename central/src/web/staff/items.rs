//! Items that need staff: locked, in repair, searched for; and those on their way between branches. Any other is found by the
//! form above them.

use maud::html;

use super::{Inside, Staff, locate, time};
use crate::people::Right;
use crate::web::call::Call;
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let l = call.language;
    let strays = call.app.store().items_for_staff(&staff.of, MOST)?;
    let in_transit = call.app.store().in_transit(&staff.of, MOST)?;
    let body = html! {
        (locate::form(call, ""))
        h2 { (l.t("需要处理的图书", "Items that need staff")) " " span class="n" { (strays.len()) } }
        @if strays.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            table class="cards" {
                thead { tr {
                    th scope="col" { (l.t("题名", "Title")) }
                    th scope="col" { (l.t("状态", "State")) }
                    th scope="col" { (l.t("索书号", "Shelf mark")) }
                    th scope="col" { (l.t("所在分馆", "Branch")) }
                    th scope="col" { (l.t("条码", "Barcode")) }
                } }
                tbody { @for stray in &strays { tr {
                    td class="head" { (stray.title) }
                    td data-label=(l.t("状态", "State")) { span class="mark warn" { (l.state(&stray.state)) } }
                    td data-label=(l.t("索书号", "Shelf mark")) { (stray.call_number) }
                    td data-label=(l.t("所在分馆", "Branch")) { (stray.branch) }
                    td data-label=(l.t("条码", "Barcode")) { (stray.item) }
                } } }
            }
        }
        h2 { (l.t("在途图书", "Items in transit")) " " span class="n" { (in_transit.len()) } }
        @if in_transit.is_empty() { p class="sheet" { (l.t("没有。", "None.")) } } @else {
            table class="cards" {
                thead { tr {
                    th scope="col" { (l.t("题名", "Title")) }
                    th scope="col" { (l.t("去向", "Way")) }
                    th scope="col" { (l.t("事由", "Why")) }
                    th scope="col" { (l.t("送出", "Sent")) }
                    th scope="col" { (l.t("条码", "Barcode")) }
                } }
                tbody { @for item in &in_transit { tr {
                    td class="head" { (item.title) div class="soft small" { (item.call_number) } }
                    td data-label=(l.t("去向", "Way")) { span { (item.from) " → " (item.to) } }
                    td data-label=(l.t("事由", "Why")) {
                        @if item.is_for_hold { (l.t("预约取书", "hold")) } @else { (l.t("归还本馆", "going home")) }
                    }
                    td data-label=(l.t("送出", "Sent")) { (time(call, item.sent_at)) }
                    td data-label=(l.t("条码", "Barcode")) { (item.item) }
                } } }
            }
        }
    };
    Ok(Inside::new(l.t("图书", "Items"), body).reply(call, staff, 200))
}

/// Rows of each list.
const MOST: u32 = 500;
