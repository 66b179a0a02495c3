//! Money for cards that machines make and that is not where it belongs: with a provider that does not give it back, or paid
//! for a card that nobody has taken yet.

use circulation::id::TransactionId;
use jiff::Timestamp;
use maud::{Markup, html};
use sync_client::kiosk_api::pay::PayVia;

use super::{Staff, time};
use crate::ledger::OrderState;
use crate::people::Right;
use crate::store::order::PayOrder;
use crate::web::call::Call;
use crate::web::page::token;
use crate::web::reply::{Reply, Trouble};

/// What is owed, and what waits; nothing where there is none.
pub(super) fn owed(call: &Call, staff: &Staff) -> Result<Markup, Trouble> {
    let l = call.language;
    let states = (OrderState::Refunding, OrderState::Paid);
    let mut orders = call.app.store().orders_in(&staff.of, states, MOST)?;
    orders.retain(|order| {
        order.state == OrderState::Refunding || order.card_state.as_deref() != Some("confirmed")
    });
    if orders.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { (l.t("办证收款", "Money for cards")) " " span class="n" { (orders.len()) } }
        table class="cards" id="money" {
            thead { tr {
                th scope="col" { (l.t("凭条号", "Number on the slip")) }
                th scope="col" { (l.t("金额", "Amount")) }
                th scope="col" { (l.t("自助机", "Kiosk")) }
                th scope="col" { (l.t("时间", "Time")) }
                th scope="col" { (l.t("情况", "State")) }
                th scope="col" { (l.t("办理", "Do")) }
            } }
            tbody { @for order in &orders { (row(call, staff, order)) } }
        }
    })
}

/// Staff has given it back.
pub(super) fn given(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let bad = || Trouble::Bad("请从列表中选择。", "Choose one of the list.");
    let id = TransactionId::parse(&call.form.text("id")).ok_or_else(bad)?;
    let via = PayVia::of_word(&call.form.text("via")).ok_or_else(bad)?;
    let who = (staff.account.as_str(), call.now);
    let is_done = call.app.store().given_by_hand(&staff.of, (id, via), Timestamp::now(), who)?;
    Ok(Reply::see(if is_done { "/staff/todo?done=settled" } else { "/staff/todo?done=gone" }))
}

fn row(call: &Call, staff: &Staff, order: &PayOrder) -> Markup {
    let l = call.language;
    let is_owed = order.state == OrderState::Refunding;
    let with = match order.via {
        PayVia::Wechat => l.t("微信支付", "WeChat Pay"),
        PayVia::Alipay => l.t("支付宝", "Alipay"),
    };
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    html! {
        tr {
            td class="head" { (order.id) }
            td data-label=(l.t("金额", "Amount")) { (order.amount) " · " (with) }
            td data-label=(l.t("自助机", "Kiosk")) { (order.opuser) }
            td data-label=(l.t("时间", "Time")) { (time(call, zone.to_datetime(order.changed))) }
            td data-label=(l.t("情况", "State")) { span {
                @if is_owed {
                    (l.t(
                        "应退款，尚未退回；系统每分钟再试。若已用现金退给读者，请点“已退”，系统不再退款。",
                        "To be given back; it is tried again each minute. If you gave it back by hand, say so: it is tried no more.",
                    ))
                } @else {
                    (l.t("已付款，读者证尚未取走。", "Paid; the card was not taken yet."))
                }
            } }
            td class="act" {
                @if is_owed && staff.role.may(Right::SettleItems) {
                    form method="post" action="/staff/todo/money" {
                        (token(&staff.ticket.form_token()))
                        input type="hidden" name="id" value=(order.id);
                        input type="hidden" name="via" value=(order.via.word());
                        button { (l.t("已退", "Given back")) }
                    }
                }
            }
        }
    }
}

/// Rows on the page.
const MOST: u32 = 100;
