//! What waits for staff: transactions parked at kiosks, and facts that could not simply be booked.

use circulation::id::TransactionId;
use circulation::transaction::Reason;
use maud::{Markup, html};
use sync_client::kiosk_api::heartbeat::OrderKind;
use sync_client::wire::code;

use super::{Inside, Staff, money, time};
use crate::people::Right;
use crate::store::StaffException;
use crate::store::fleet::Parked;
use crate::web::call::Call;
use crate::web::page::token;
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleParked)?;
    let l = call.language;
    let store = call.app.store();
    let parked = store.parked(&staff.of)?;
    let may_items = staff.role.may(Right::SettleItems);
    let exceptions = if may_items { store.exceptions(&staff.of)? } else { Vec::new() };
    let body = html! {
        h2 { (l.t("停在自助机上的交易", "Transactions parked at kiosks")) " " span class="n" { (parked.len()) } }
        @if parked.is_empty() {
            p class="sheet" { (l.t("没有。", "None.")) }
        } @else {
            table class="cards" id="parked" {
                thead { tr {
                    th scope="col" { (l.t("图书", "Item")) }
                    th scope="col" { (l.t("借 / 还", "Act")) }
                    th scope="col" { (l.t("自助机", "Kiosk")) }
                    th scope="col" { (l.t("时间", "Time")) }
                    th scope="col" { (l.t("原因", "Why")) }
                    th scope="col" { (l.t("办理", "Do")) }
                } }
                tbody { @for row in &parked { (parked_row(call, staff, row)) } }
            }
        }
        (money::owed(call, staff)?)
        @if may_items {
            h2 { (l.t("需要核对的记录", "Records to look at")) " " span class="n" { (exceptions.len()) } }
            @if exceptions.is_empty() {
                p class="sheet" { (l.t("没有。", "None.")) }
            } @else {
                table class="cards" id="exceptions" {
                    thead { tr {
                        th scope="col" { (l.t("条码", "Barcode")) }
                        th scope="col" { (l.t("借 / 还", "Act")) }
                        th scope="col" { (l.t("原因", "Why")) }
                        th scope="col" { (l.t("自助机", "Kiosk")) }
                        th scope="col" { (l.t("时间", "Time")) }
                        th scope="col" { (l.t("办理", "Do")) }
                    } }
                    tbody { @for row in &exceptions { (exception_row(call, staff, row)) } }
                }
            }
        }
    };
    Ok(Inside::new(l.t("待处理", "To do"), body).reply(call, staff, 200))
}

pub(super) fn settle_exception(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleItems)?;
    let seq: i64 =
        call.form.number("seq").ok_or(Trouble::Bad("请从列表中选择。", "Choose one of the list."))?;
    let is_done = call.app.store().settle_exception(&staff.of, seq, (&staff.account, call.now))?;
    Ok(Reply::see(if is_done { "/staff/todo?done=settled" } else { "/staff/todo?done=gone" }))
}

pub(super) fn command(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::SettleParked)?;
    let bad = || Trouble::Bad("请从列表中选择。", "Choose one of the list.");
    let id = TransactionId::parse(&call.form.text("id")).ok_or_else(bad)?;
    let what = match call.form.text("do").as_str() {
        "retry" => OrderKind::Retry,
        "settle" => OrderKind::Settle,
        _ => return Err(bad()),
    };
    let kiosk = call.form.text("kiosk");
    let is_there = call.app.store().command(&staff.of, (&kiosk, id, what), (&staff.account, call.now))?;
    Ok(Reply::see(if is_there { "/staff/todo?done=told" } else { "/staff/todo?done=gone" }))
}

fn parked_row(call: &Call, staff: &Staff, row: &Parked) -> Markup {
    let l = call.language;
    let button = |what: OrderKind, words: &'static str, class: &'static str| {
        html! {
            form method="post" action="/staff/todo/parked" {
                (token(&staff.ticket.form_token()))
                input type="hidden" name="kiosk" value=(row.kiosk);
                input type="hidden" name="id" value=(row.id);
                input type="hidden" name="do" value=(what.word());
                button class=(class) { (words) }
            }
        }
    };
    html! {
        tr {
            td class="head" { (row.title) div class="soft small" { (row.item) } }
            td data-label=(l.t("借 / 还", "Act")) { (act(call, &row.act)) }
            td data-label=(l.t("自助机", "Kiosk")) { (row.kiosk) }
            td data-label=(l.t("时间", "Time")) { (time(call, row.asked_at)) }
            td data-label=(l.t("原因", "Why")) { span { (row.note) } }
            td class="act" {
                @match &row.command {
                    Some((what, by)) => span class="soft" {
                        @match what {
                            OrderKind::Retry => (l.t("等自助机重试", "the kiosk will try again")),
                            OrderKind::Settle => (l.t("等自助机结案", "the kiosk will close it")),
                        }
                        " · " (by)
                    },
                    None => div class="row" {
                        (button(OrderKind::Retry, l.t("重试", "Try again"), "quiet"))
                        (button(OrderKind::Settle, l.t("已处理", "Settle"), ""))
                    },
                }
            }
        }
    }
}

fn exception_row(call: &Call, staff: &Staff, row: &StaffException) -> Markup {
    let l = call.language;
    html! {
        tr {
            td class="head" { (row.item) }
            td data-label=(l.t("借 / 还", "Act")) { (act(call, &row.act)) }
            td data-label=(l.t("原因", "Why")) { span { (cause(call, &row.code)) } }
            td data-label=(l.t("自助机", "Kiosk")) { (row.opuser) }
            td data-label=(l.t("时间", "Time")) { (time(call, row.happened_at)) }
            td class="act" {
                form method="post" action="/staff/todo/exception" {
                    (token(&staff.ticket.form_token()))
                    input type="hidden" name="seq" value=(row.seq);
                    button { (l.t("已处理", "Settle")) }
                }
            }
        }
    }
}

fn act<'a>(call: &Call, word: &'a str) -> &'a str {
    match word {
        "checkout" => call.language.t("借", "checkout"),
        "checkin" => call.language.t("还", "checkin"),
        other => other,
    }
}

/// Why a fact is to be looked at, and what to do.
fn cause(call: &Call, word: &str) -> &'static str {
    let l = call.language;
    match word {
        "superseded" => {
            return l.t(
                "离线时办理，之后此书另有借还，以后者为准。请核对书在哪里。",
                "Done offline; something later happened to the item, which stands. See where the item is.",
            );
        }
        "was_on_loan" => {
            return l.t(
                "借出时记在他人名下，原借阅已结束。请核对。",
                "It was on loan to somebody else, whose loan was ended. Look at both.",
            );
        }
        "clock_ahead" => {
            return l.t(
                "自助机时钟超前，已按本机时间记录。请校时。",
                "The kiosk's clock was ahead; our time was taken. Set it.",
            );
        }
        _ => {}
    }
    match code::to_reason(word, word) {
        Reason::PatronUnknown => {
            l.t("读者证号不存在，未记借阅。请核对读者。", "No such card; no loan was made. Find the reader.")
        }
        Reason::ItemUnknown => {
            l.t("条码不在馆藏中。请找到此书并编目。", "No such barcode. Find the item and catalogue it.")
        }
        Reason::NotForLoan => l.t("此书不外借，已借出。请追回。", "Not for loan, and lent. Call it back."),
        Reason::OnHold => l.t("此书有人预约，已借给他人。", "On hold for another reader, and lent."),
        Reason::Fees(_) => l.t("读者欠费，已借出。", "The reader owes fees, and borrowed."),
        Reason::LoanLimit(_) | Reason::NoLoans => l.t("超出借阅册数，已借出。", "More loans than allowed."),
        Reason::PatronExpired
        | Reason::PatronUnverified
        | Reason::PatronLost
        | Reason::PatronSuspended
        | Reason::PatronCancelled => {
            l.t("读者证不可用，已借出。请核对读者证。", "The card may not be used, and was lent to.")
        }
        Reason::WrongPin
        | Reason::OnLoan
        | Reason::NotOnLoan
        | Reason::TagForeign
        | Reason::TagDamaged
        | Reason::PartMissing
        | Reason::CentralSilent
        | Reason::Other(_) => l.t("与规则不符，已办理。请核对。", "Against the rules, and done. Look at it."),
    }
}
