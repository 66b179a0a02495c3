//! Loans, returns, renewals. Each names the operator account on which it is booked.

use circulation::id::{Isil, MAX_LEN};
use sync_client::wire::code;

use super::Answer;
use super::answer::{Failure, loaned_book, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::store::Desk;

/// `attachmentloanflag` 2 asks first: it lends nothing. Our items have no attachments, so that 1 and 3 are the same.
pub(super) fn loan_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (patron, item, desk) = (params.patron()?, params.item()?, desk(app, params)?);
    match params.optional("attachmentloanflag") {
        None | Some("1" | "3") => {}
        Some("2") => {
            return Ok(said(true, code::OK, "此书没有附件，尚未借出；请以 attachmentloanflag=1 再次提交"));
        }
        Some(_) => return Err(BadParameter::BadValue("attachmentloanflag", "1、2 或 3").into()),
    }
    let loan = app.store().checkout(of, &patron, &item, &desk)??;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "lent");
    let mut answer = said(true, code::LOANED, &format!("借书成功，请于 {} 前归还", loan.due_on));
    answer.envelope.newloanbook = Some(loaned_book(loan));
    Ok(answer)
}

/// `rdid` is not looked at: whoever brings a book back need not be the one who borrowed it.
pub(super) fn return_book(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let (item, desk) = (params.item()?, desk(app, params)?);
    let loan = app.store().checkin(of, &item, &desk)??;
    tracing::debug!(item = item.as_str(), opuser = desk.opuser, "taken back");
    let late = desk.now.date().since(loan.due_on).map_or(0, |span| span.get_days());
    let text =
        if late > 0 { format!("还书成功，已超期 {late} 天") } else { "还书成功".to_owned() };
    let mut answer = said(true, code::RETURNED, &text);
    answer.envelope.newreturnbook = Some(loaned_book(loan));
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
