//! My loans and my holds.

use circulation::transaction::Reason;
use maud::{Markup, html};

use super::Inside;
use super::search::{OPUSER, item};
use crate::store::opac::OwnHold;
use crate::store::{Desk, LoanRecord};
use crate::web::call::{Area, Call};
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};
use crate::web::visitor::{Reader, Visitor};
use crate::web::words::Language;

pub(super) fn loans(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    loans_page(call, visitor, None)
}

fn loans_page(call: &Call, visitor: &Visitor, said: Option<Said>) -> Result<Reply, Trouble> {
    let l = call.language;
    let reader = visitor.reader()?;
    let store = call.app.store();
    let loans = store.loans(&reader.of, &reader.patron)?;
    let record = store.patron(&reader.of, &reader.patron)?.ok_or(Trouble::LoggedOut(Area::Reader))?;
    let body = html! {
        p class="soft" {
            (l.t("已借 ", "On loan: ")) (loans.len()) (l.t(" 册，可借 ", ", allowed: ")) (record.loan_limit) (l.t(" 册", ""))
            @if record.debt.fen() > 0 { (l.t("，欠费 ", ", owed: ")) (record.debt) (l.t(" 元", " yuan")) }
        }
        @if loans.is_empty() { p class="sheet" { (l.t("没有在借的书。", "Nothing on loan.")) } }
        ul class="books" { @for loan in &loans { (loan_line(call, &reader, loan)) } }
    };
    Ok(Inside { said, ..Inside::new(l.t("我的借阅", "My loans"), body) }.reply(call, visitor, 200))
}

fn loan_line(call: &Call, reader: &Reader, loan: &LoanRecord) -> Markup {
    let l = call.language;
    let is_late = loan.due_on < call.now.date();
    html! {
        li {
            h2 { (loan.item.title) }
            div class="soft" { (loan.item.author) }
            div class="foot" {
                span class=(if is_late { "mark bad" } else { "mark none" }) {
                    @if is_late { (l.t("已逾期，应还 ", "overdue, due ")) } @else { (l.t("应还 ", "due ")) }
                    (loan.due_on)
                }
                form method="post" action="/m/renew" {
                    (token(&reader.ticket.form_token()))
                    input type="hidden" name="item" value=(loan.item.item);
                    button class="quiet" aria-label={ (l.t("续借 ", "Renew ")) (loan.item.title) } { (l.t("续借", "Renew")) }
                }
            }
        }
    }
}

pub(super) fn renew(call: &Call, reader: &Reader) -> Result<Reply, Trouble> {
    let l = call.language;
    let item = item(call)?;
    let desk = Desk { opuser: OPUSER.to_owned(), now: call.now };
    let said = match call.app.store().renew(&reader.of, &reader.patron, &item, &desk)? {
        Ok(loan) => Said {
            is_good: true,
            words: html! { (l.t("续借成功：", "Renewed: ")) (loan.item.title) (l.t("，应还 ", ", due ")) (loan.due_on) },
        },
        Err(why) => Said { is_good: false, words: html! { (reason(call, &why)) } },
    };
    loans_page(call, &Visitor::of(call, Area::Reader)?, Some(said))
}

pub(super) fn holds(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    let l = call.language;
    let reader = visitor.reader()?;
    let holds = call.app.store().own_holds(&reader.of, &reader.patron)?;
    let body = html! {
        @if holds.is_empty() {
            p class="sheet" { (l.t("没有预约。在“查书”里找到书后可以预约。", "No holds. Find a book under “Search” to reserve it.")) }
        }
        ul class="books" { @for hold in &holds { (hold_line(call, &reader, hold)) } }
    };
    Ok(Inside::new(l.t("我的预约", "My holds"), body).reply(call, visitor, 200))
}

fn hold_line(call: &Call, reader: &Reader, hold: &OwnHold) -> Markup {
    let l = call.language;
    html! {
        li {
            h2 { (hold.title) }
            div class="soft" { (l.t("取书：", "Pick up: ")) (hold.pickup) }
            div class="foot" {
                @if hold.is_ready {
                    span class="mark good" {
                        (l.t("可以来取", "ready"))
                        @if let Some(until) = hold.until { (l.t("，保留至 ", " until ")) (until) }
                    }
                } @else {
                    span class="mark none" { (l.t("等待中", "waiting")) }
                }
                form method="post" action="/m/holds/end" {
                    (token(&reader.ticket.form_token()))
                    input type="hidden" name="item" value=(hold.item);
                    button class="danger" aria-label={ (l.t("取消预约 ", "Give up ")) (hold.title) } { (l.t("取消", "Give up")) }
                }
            }
        }
    }
}

pub(super) fn end_hold(call: &Call, reader: &Reader) -> Result<Reply, Trouble> {
    let desk = Desk { opuser: OPUSER.to_owned(), now: call.now };
    let was_there = call.app.store().end_wanted(&reader.of, (&reader.patron, &item(call)?), None, &desk)?;
    Ok(Reply::see(if was_there { "/m/holds?done=ended" } else { "/m/holds?done=gone" }))
}

/// Why something is not done, in words for a reader.
pub(super) fn reason(call: &Call, why: &Reason) -> String {
    let l = call.language;
    let words = match why {
        // The ledger's own words, which are Chinese.
        Reason::Other(text) if l == Language::Chinese => return text.clone(),
        Reason::PatronExpired => {
            l.t("读者证已过有效期，请到服务台办理延期。", "Your card has expired; please see the desk.")
        }
        Reason::PatronUnverified => l.t(
            "读者证尚未验证，请带身份证到服务台办理。",
            "Your card is not verified yet; please see the desk.",
        ),
        Reason::PatronLost => {
            l.t("读者证已挂失，请到服务台办理。", "Your card was reported lost; please see the desk.")
        }
        Reason::PatronSuspended => {
            l.t("读者证已暂停使用，请到服务台咨询。", "Your card is suspended; please see the desk.")
        }
        Reason::PatronCancelled => l.t("读者证已注销。", "Your card is cancelled."),
        Reason::Fees(_) => l.t("有欠费，请先缴清。", "You owe fees; please pay them first."),
        Reason::LoanLimit(_) => l.t("已借满，请先归还。", "You have as many loans as your card allows."),
        Reason::NoLoans => l.t("此类读者证不能外借。", "This kind of card does not borrow."),
        Reason::NotForLoan => {
            l.t("此书不外借，请在馆内阅览。", "This book is not for loan; please read it in the library.")
        }
        Reason::OnHold => l.t(
            "有其他读者预约了这本书，请按期归还。",
            "Another reader has reserved this book; please return it in time.",
        ),
        Reason::OnLoan => l.t("此书已借出。", "This book is on loan."),
        Reason::NotOnLoan => l.t("此书不在您的借阅中。", "You do not have this book."),
        Reason::PatronUnknown
        | Reason::WrongPin
        | Reason::ItemUnknown
        | Reason::TagForeign
        | Reason::TagDamaged
        | Reason::PartMissing
        | Reason::CentralSilent
        | Reason::Other(_) => l.t(
            "不能办理，请到服务台咨询。",
            "This cannot be done: renewed too often, overdue, or too many of a kind. Please see the desk.",
        ),
    };
    words.to_owned()
}
