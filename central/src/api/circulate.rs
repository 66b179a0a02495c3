//! Loans, returns, renewals. Each names the operator account on which it is booked.

use circulation::id::{Isil, ItemId, MAX_LEN};
use circulation::transaction::Reason;
use sync_client::wire::{LoanedBook, code};

use super::Answer;
use super::answer::{Failure, loaned_book, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::store::Desk;

/// `attachmentloanflag` 1 lends what belongs to the item with it, 3 lends without it, 2 asks first and lends nothing.
pub(super) fn loan_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (patron, item, desk) = (params.patron()?, params.item()?, desk(app, params)?);
    let with_attachment = match params.optional("attachmentloanflag") {
        None | Some("1") => true,
        Some("3") => false,
        Some("2") => return attachment(app, of, &item),
        Some(_) => return Err(BadParameter::BadValue("attachmentloanflag", "1、2 或 3").into()),
    };
    let (loan, attachment) = app.store().checkout_with(of, (&patron, &item), with_attachment, &desk)??;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "lent");
    let mut text = format!("借书成功，请于 {} 前归还", loan.due_on);
    if let Some(attachment) = attachment {
        text = format!("{text}，含附件：{attachment}");
    }
    let mut answer = said(true, code::LOANED, &text);
    answer.envelope.newloanbook = Some(loaned_book(loan));
    Ok(answer)
}

fn attachment(app: &App, of: &Isil, item: &ItemId) -> Result<Answer, Failure> {
    if app.store().item(of, item)?.is_none() {
        return Err(Reason::ItemUnknown.into());
    }
    let attachment = app.store().item_extras(of, item)?.attachment;
    Ok(if attachment.is_empty() {
        said(true, code::OK, "此书没有附件，尚未借出；请以 attachmentloanflag=1 再次提交")
    } else {
        let text = format!("此书有附件：{attachment}，尚未借出；同借附件请以 1、不借附件请以 3 再次提交");
        said(true, code::OK, &text).with("attachment", attachment)
    })
}

/// `rdid` is not looked at: whoever brings a book back need not be the one who borrowed it.
pub(super) fn return_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (item, desk) = (params.item()?, desk(app, params)?);
    let back = app.store().checkin_with(of, &item, &desk)??;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "taken back");
    let late = desk.now.date().since(back.loan.due_on).map_or(0, |span| span.get_days());
    let mut text =
        if late > 0 { format!("还书成功，已超期 {late} 天") } else { "还书成功".to_owned() };
    if let Some(attachment) = &back.attachment {
        text = format!("{text}，请核对附件：{attachment}");
    }
    let mut answer = said(true, code::RETURNED, &text);
    answer.envelope.newreturnbook =
        Some(LoanedBook { next: Some((&back.route.destination()).into()), ..loaned_book(back.loan) });
    Ok(answer)
}

pub(super) fn renew_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (patron, item, desk) = (params.patron()?, params.item()?, desk(app, params)?);
    let loan = app.store().renew(of, &patron, &item, &desk)??;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "renewed");
    let mut answer = said(true, code::RENEWED, &format!("续借成功，请于 {} 前归还", loan.due_on));
    answer.envelope.newloanbook = Some(loaned_book(loan));
    Ok(answer)
}

fn desk(app: &App, params: &Params) -> Result<Desk, BadParameter> {
    let opuser = params.text("opuser", MAX_LEN)?.to_owned();
    Ok(Desk { opuser, now: app.now() })
}
