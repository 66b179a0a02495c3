//! Fees and payments: searchdebt, searchoverdue, paymoney, onefinhandle, addprepay.
//!
//! `serialno` is the number of the payment's order: the same call again is answered and does nothing. Without one each
//! call is a payment of its own.

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use serde_json::{Value, json};
use sync_client::wire::code;

use super::Answer;
use super::answer::{Failure, PAID, PAYMENT_REFUSED, found, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::ledger::PayRefused;
use crate::store::{Charge, Desk, Paid, Payment, Purpose};

/// What is owed: the sum, and one by one as far as the log goes back.
pub(super) fn search_debt(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    let record = app.store().patron(of, &patron)?.ok_or(Reason::PatronUnknown)?;
    let list: Vec<Value> = app.store().charges(of, &patron)?.iter().map(charge).collect();
    Ok(found().with("rdid", patron.as_str()).with("debt", record.debt.to_string()).with("debtlist", list))
}

/// Fines for lateness, and what is late now.
pub(super) fn search_overdue(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    if app.store().patron(of, &patron)?.is_none() {
        return Err(Reason::PatronUnknown.into());
    }
    let fines: Vec<Value> = app
        .store()
        .charges(of, &patron)?
        .iter()
        .filter(|charge| charge.kind == "overdue")
        .map(charge)
        .collect();
    let today = app.now().date();
    let late = app.store().loans(of, &patron)?.into_iter().filter(|loan| loan.due_on < today);
    let late: Vec<Value> = late
        .map(|loan| {
            let days = today.since(loan.due_on).map_or(0, |span| span.get_days());
            let item = &loan.item;
            json!({"barcode": item.item.as_str(), "title": item.title, "returndate": loan.due_on.to_string(), "days": days})
        })
        .collect();
    Ok(found().with("overduelist", fines).with("loanlist", late))
}

/// Pays what is owed, the oldest first.
pub(super) fn pay(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    take(app, of, params, Purpose::Debt)
}

/// Pays for later.
pub(super) fn prepay(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    take(app, of, params, Purpose::Prepay)
}

/// Settles one charge, all of it or `money` of it: `finid` of searchdebt and searchoverdue.
pub(super) fn settle_one(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let fee = params.number("finid")?.ok_or(BadParameter::Missing("finid"))?;
    take(app, of, params, Purpose::Fee(fee))
}

fn take(app: &App, of: &Isil, params: &Params, purpose: Purpose) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    let desk = Desk { opuser: params.text("opuser", MAX_LEN)?.to_owned(), now: app.now() };
    let amount = params.money("money")?;
    if amount.is_none() && !matches!(purpose, Purpose::Fee(_)) {
        return Err(BadParameter::Missing("money").into());
    }
    let payment = Payment { amount, how: how(params, "moneytype")?, serial: serial(params)?, purpose };
    let paid = app.store().pay(of, &patron, &payment, &desk)?.map_err(refusal)?;
    tracing::debug!(opuser = desk.opuser, "a payment was taken");
    Ok(receipt(paid, payment))
}

fn receipt(paid: Paid, payment: Payment) -> Answer {
    let text = if paid.already {
        format!("该笔 {} 元已入账，未重复收取", paid.amount)
    } else {
        format!("已收 {} 元", paid.amount)
    };
    said(true, PAID, &text)
        .with("money", paid.amount.to_string())
        .with("debt", paid.debt.to_string())
        .with("serialno", payment.serial)
}

fn charge(charge: &Charge) -> Value {
    let mut value = json!({
        "finid": charge.fee.to_string(), "type": charge.kind, "money": charge.left.to_string(), "date": charge.at
    });
    if let Value::Object(fields) = &mut value {
        let item = Some(&charge.item).filter(|item| !item.is_empty());
        for (key, text) in [("barcode", item), ("title", charge.title.as_ref())] {
            fields.extend(text.map(|text| (key.to_owned(), Value::from(text.as_str()))));
        }
    }
    value
}

/// How money is paid: one of the codes known.
pub(super) fn how(params: &Params, name: &'static str) -> Result<String, BadParameter> {
    match params.optional(name) {
        None => Ok("1".to_owned()),
        Some(code @ ("1" | "2" | "5" | "6" | "7")) => Ok(code.to_owned()),
        Some(_) => Err(BadParameter::BadValue(name, "1、2、5、6 或 7")),
    }
}

/// The number of the order; a fresh one if there is none.
pub(super) fn serial(params: &Params) -> Result<String, Failure> {
    if let Some(serial) = params.short("serialno", MAX_LEN)? {
        return Ok(serial.to_owned());
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| {
        tracing::error!(%fault, "the operating system gives no random bytes");
        Failure::Fault
    })?;
    Ok(crate::password::hex(&bytes))
}

fn refusal(refused: PayRefused) -> Failure {
    let text = match refused {
        PayRefused::Unknown => return Reason::PatronUnknown.into(),
        PayRefused::NoAmount => return BadParameter::BadValue("money", "大于 0 的金额").into(),
        PayRefused::TooMuch(owed) => format!("只欠 {owed} 元，不能多收，本次未收取"),
        PayRefused::NoSuchFee => "没有这笔欠费，或已缴清".to_owned(),
        PayRefused::SerialUsed => "该流水号已用于另一笔款项，本次未收取".to_owned(),
    };
    Failure::Refused(
        if matches!(refused, PayRefused::NoSuchFee) { code::BAD_PARAMETER } else { PAYMENT_REFUSED },
        text,
    )
}
