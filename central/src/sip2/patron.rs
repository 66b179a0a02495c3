//! Answers about patrons: 23, 63, 25, 01, 37, 35.
//!
//! **Rule**: with a wrong password an answer says that it is wrong, and nothing else of the patron.

use circulation::id::PatronId;
use circulation::money::Amount;
use circulation::transaction::Reason;
use jiff::civil::Date;
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{
    CARD_LOST, CHARGE_DENIED, Number, PatronStatus, SUMMARY_CHARGED, SUMMARY_HOLDS, SUMMARY_UNAVAILABLE,
};
use sync_client::sip2::message::*;

use super::session::{Asked, Fault};
use super::words;
use crate::ledger::{CardEvent, CardRefused, CardState, PayRefused};
use crate::password::{self, Cost};
use crate::people::attempt::{self, Attempt};
use crate::store::{HoldRecord, LoanRecord, PatronRecord, Payment, Purpose};

/// A patron as a message names one.
struct Named {
    record: Option<PatronRecord>,
    /// whether AD is right; nothing if none was sent
    is_right: Option<bool>,
}

impl Named {
    fn read(asked: &mut Asked<'_>) -> Result<Self, Fault> {
        let Some(patron) = asked.patron() else { return Ok(Self { record: None, is_right: None }) };
        let record = asked.app().store().patron(asked.of, &patron)?;
        Ok(Self { is_right: is_right(asked, &patron)?, record })
    }

    /// The record, if the peer may know it.
    fn shown(&self) -> Option<&PatronRecord> {
        self.record.as_ref().filter(|_| self.is_right != Some(false))
    }
}

/// Whether AD is the patron's password; nothing if there is none, or no such patron.
pub(super) fn is_right(asked: &Asked<'_>, patron: &PatronId) -> Result<Option<bool>, Fault> {
    let Some(said) = asked.fields.first(F_PATRON_PASSWORD).filter(|said| !said.is_empty()) else {
        return Ok(None);
    };
    let store = asked.app().store();
    let Some(hash) = store.password_hash(asked.of, patron)? else { return Ok(None) };
    // A device need not know of locks: a card that is locked out has no right password.
    let person = attempt::subject("card", patron.as_str());
    let is_right =
        attempt::check(store, asked.of, &person, (said, &hash), asked.app().now())? == Attempt::Right;
    // As openlib does it: here the password is known in clear, and kiosks get a hash of their own for it.
    if is_right && !store.has_kiosk_pin(asked.of, patron)? {
        match password::hash(said, Cost::Standard) {
            Ok(pin) => store.keep_kiosk_pin(asked.of, patron, &hash, &pin)?,
            Err(fault) => tracing::warn!(%fault, "kiosks get no hash of a password"),
        }
    }
    Ok(Some(is_right))
}

/// AA, for an act that a wrong password stops.
pub(super) fn acting(asked: &mut Asked<'_>) -> Result<Result<PatronId, Reason>, Fault> {
    let Some(patron) = asked.patron() else { return Ok(Err(Reason::PatronUnknown)) };
    Ok(match is_right(asked, &patron)? {
        Some(false) => Err(Reason::WrongPin),
        Some(true) | None => Ok(patron),
    })
}

/// 24
pub(super) fn status(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let named = Named::read(asked)?;
    let body = PatronStatusAnswer { status: flags(asked, &named), language: LANGUAGE, date: asked.date() };
    Ok(about(asked, body, &named))
}

/// 26: a device takes back its own suspension (01), and nothing else; whether a card is good again otherwise is for staff
/// to say.
pub(super) fn enable(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    if let Ok(patron) = acting(asked)?
        && asked.app().store().take_back_suspension(asked.of, &patron, &asked.desk)?
    {
        tracing::info!(opuser = asked.desk.opuser, "a device took back that it had a card suspended");
    }
    let named = Named::read(asked)?;
    let status = flags(asked, &named);
    let message = about(asked, PatronEnableAnswer { status, language: LANGUAGE, date: asked.date() }, &named);
    let is_refused = status.is_set(CHARGE_DENIED);
    Ok(if is_refused { message.with(F_SCREEN, words::ONLY_STAFF_ENABLES) } else { message })
}

/// 24 to a 01: the card is suspended until staff restores it. Why the machine kept it is not stored.
pub(super) fn block(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    if let Some(patron) = asked.patron() {
        let done = asked.app().store().change_card(asked.of, &patron, CardEvent::Suspend, &asked.desk)?;
        match done {
            Ok(_) => tracing::info!(opuser = asked.desk.opuser, "a device had a card suspended"),
            // It is no good already, or there is none.
            Err(CardRefused::Unknown | CardRefused::Cancelled | CardRefused::Already) => {}
            Err(CardRefused::HasLoans(_) | CardRefused::Owes | CardRefused::NotLost) => {}
        }
    }
    status(asked)
}

/// 38: the amount in BV settles the charge that CG names, or the oldest ones. BK is the number of the payment: the same one
/// again is answered and books nothing.
pub(super) fn fee_paid(asked: &mut Asked<'_>, paid: &FeePaid) -> Result<Message, Fault> {
    let refused = book(asked, paid)?;
    let message = asked.say(FeePaidAnswer { ok: refused.is_none(), date: asked.date() });
    let message = message.with(F_PATRON_ID, asked.echo(F_PATRON_ID));
    let message = message.with(F_TRANSACTION, asked.echo(F_TRANSACTION));
    Ok(match refused {
        Some(words) => message.with(F_SCREEN, words),
        None => message,
    })
}

/// Why nothing is booked, if nothing is.
fn book(asked: &mut Asked<'_>, paid: &FeePaid) -> Result<Option<String>, Fault> {
    let patron = match acting(asked)? {
        Ok(patron) => patron,
        Err(reason) => return Ok(Some(words::of_reason(&reason))),
    };
    let Some(amount) = asked.fields.said(F_FEE).and_then(Amount::parse_yuan) else {
        return Ok(Some(words::of_payment(&PayRefused::NoAmount)));
    };
    let Some(serial) = asked.fields.said(F_TRANSACTION).map(str::to_owned) else {
        return Ok(Some(words::NO_PAYMENT_NUMBER.to_owned()));
    };
    let purpose = match asked.fields.said(F_FEE_ID).map(str::parse) {
        Some(Ok(fee)) => Purpose::Fee(fee),
        Some(Err(_)) => return Ok(Some(words::of_payment(&PayRefused::NoSuchFee))),
        None => Purpose::Debt,
    };
    // 00 is cash, 01 and 02 are cards; what else was agreed upon is a phone's.
    let how = match paid.payment_type.0 {
        Some(0) | None => "1",
        Some(1 | 2) => "7",
        Some(_) => "6",
    };
    let payment = Payment { amount: Some(amount), how: how.to_owned(), serial, purpose };
    let done = asked.app().store().pay(asked.of, &patron, &payment, &asked.desk)?;
    Ok(done.err().map(|refused| words::of_payment(&refused)))
}

/// 36
pub(super) fn end(asked: &mut Asked<'_>) -> Message {
    *asked.in_front = None;
    let message = asked.say(EndSessionAnswer { is_ended: true, date: asked.date() });
    message.with(F_PATRON_ID, asked.echo(F_PATRON_ID))
}

/// 64, with the one list that is asked for. What waits on the hold shelf is in AS, what the patron waits for in CD: a
/// device that shows AS as "ready" is then right. AV lists charges one by one, each with the number that a 37 names in CG.
pub(super) fn information(asked: &mut Asked<'_>, wanted: &PatronInformation) -> Result<Message, Fault> {
    let named = Named::read(asked)?;
    let loans = match named.shown() {
        Some(record) => asked.app().store().loans(asked.of, &record.patron)?,
        None => Vec::new(),
    };
    let today = asked.desk.now.date();
    let overdue: Vec<&LoanRecord> = loans.iter().filter(|loan| loan.due_on < today).collect();
    let (ready, awaited): (Vec<HoldRecord>, Vec<HoldRecord>) = match named.shown() {
        Some(record) => {
            let holds = asked.app().store().holds(asked.of, &record.patron, None, today)?;
            holds.into_iter().partition(|hold| hold.ready_until.is_some())
        }
        None => (Vec::new(), Vec::new()),
    };
    let fines = match named.shown() {
        Some(record) => fines(asked, record)?,
        None => Vec::new(),
    };
    let body = PatronInformationAnswer {
        status: flags(asked, &named),
        language: LANGUAGE,
        date: asked.date(),
        n_holds: Number::of(ready.len()),
        n_overdue: Number::of(overdue.len()),
        n_charged: Number::of(loans.len()),
        n_fines: Number::of(fines.len()),
        n_recalls: Number::of(0),
        n_unavailable: Number::of(awaited.len()),
    };
    let mut message = about(asked, body, &named);
    let numbers = |loans: &[&LoanRecord]| loans.iter().map(|loan| loan.item.item.to_string()).collect();
    let (code, list): (_, Vec<String>) = if wanted.summary.is_set(SUMMARY_CHARGED) {
        (F_CHARGED_ITEMS, numbers(&loans.iter().collect::<Vec<_>>()))
    } else if wanted.summary.is_set(SUMMARY_OVERDUE) {
        (F_OVERDUE_ITEMS, numbers(&overdue))
    } else if wanted.summary.is_set(SUMMARY_FINES) {
        (F_FINE_ITEMS, fines)
    } else if wanted.summary.is_set(SUMMARY_HOLDS) && !asked.dialect().loans.contains(&F_HOLD_ITEMS) {
        (F_HOLD_ITEMS, barcodes(&ready))
    } else if wanted.summary.is_set(SUMMARY_UNAVAILABLE) {
        (F_UNAVAILABLE_HOLDS, barcodes(&awaited))
    } else {
        (F_CHARGED_ITEMS, Vec::new())
    };
    for value in range(asked, &list) {
        message.fields.push(code, value.as_str());
    }
    Ok(message)
}

fn barcodes(holds: &[HoldRecord]) -> Vec<String> {
    holds.iter().map(|hold| hold.item.item.to_string()).collect()
}

/// What is owed, one by one: number of the charge, amount, what it is for. What is owed from before there was a log is
/// one entry without a number.
fn fines(asked: &Asked<'_>, record: &PatronRecord) -> Result<Vec<String>, Fault> {
    let charges = asked.app().store().charges(asked.of, &record.patron)?;
    let known: i64 = charges.iter().map(|charge| charge.left.fen()).sum();
    let mut list: Vec<String> = charges
        .into_iter()
        .map(|charge| {
            let what = charge.title.unwrap_or(charge.kind);
            format!("{} {} {what}", charge.fee, charge.left)
        })
        .collect();
    let rest = record.debt.fen().saturating_sub(known);
    if rest > 0 {
        list.push(Amount::from_fen(rest).to_string());
    }
    Ok(list)
}

/// The part of a list from BP to BQ, counted from 1.
fn range<'a>(asked: &Asked<'_>, list: &'a [String]) -> impl Iterator<Item = &'a String> + use<'a> {
    let number = |code| asked.fields.said(code).and_then(|text| text.parse::<usize>().ok());
    let first = number(F_START).unwrap_or(1).max(1);
    let last = number(F_END).unwrap_or(usize::MAX);
    let n = (last.saturating_add(1)).saturating_sub(first).min(MAX_LIST);
    list.iter().skip(first.saturating_sub(1)).take(n)
}

/// What 24, 26 and 64 say alike.
fn about(asked: &Asked<'_>, body: impl Into<Body>, named: &Named) -> Message {
    let yes = |is: bool| if is { "Y" } else { "N" };
    let mut message = asked.say(body).with(F_PATRON_ID, asked.echo(F_PATRON_ID));
    message.fields.push(F_NAME, named.shown().map_or("", |record| record.name.as_str()));
    message.fields.push(F_VALID_PATRON, yes(named.record.is_some()));
    if let Some(is_right) = named.is_right {
        message.fields.push(F_VALID_PASSWORD, yes(is_right));
    }
    let refused = match (&named.record, named.shown()) {
        (None, _) => Some(Reason::PatronUnknown),
        (Some(_), None) => Some(Reason::WrongPin),
        (Some(_), Some(record)) => {
            message = message.with(F_CURRENCY, "CNY").with(F_FEE, record.debt.to_string());
            message = message.with(asked.dialect().loan_limit, record.loan_limit.to_string());
            if let Some(code) = asked.dialect().card_end {
                message.fields.push(code, record.ends_on.strftime("%Y%m%d").to_string());
            }
            obstacle(record, asked.desk.now.date())
        }
    };
    match refused {
        Some(reason) => message.with(F_SCREEN, words::of_reason(&reason)),
        None => message,
    }
}

/// The flags of a 24 and a 64.
fn flags(asked: &Asked<'_>, named: &Named) -> PatronStatus {
    let Some(record) = named.shown() else { return PatronStatus::at(DENIED) };
    match obstacle(record, asked.desk.now.date()) {
        None => PatronStatus::default(),
        Some(Reason::PatronLost) => PatronStatus::at(&[DENIED, &[CARD_LOST]].concat()),
        Some(Reason::LoanLimit(_)) => PatronStatus::at(&[CHARGE_DENIED, TOO_MANY_CHARGED]),
        Some(Reason::NoLoans) => PatronStatus::at(&[CHARGE_DENIED]),
        Some(_) => PatronStatus::at(DENIED),
    }
}

/// What the card itself has against a loan. What depends on the library's rules, a checkout says.
fn obstacle(record: &PatronRecord, today: Date) -> Option<Reason> {
    match CardState::of_code(&record.state) {
        CardState::Valid | CardState::Credit => {}
        CardState::Unverified => return Some(Reason::PatronUnverified),
        CardState::Lost => return Some(Reason::PatronLost),
        CardState::Suspended => return Some(Reason::PatronSuspended),
        CardState::Cancelled => return Some(Reason::PatronCancelled),
    }
    match () {
        () if today < record.starts_on => Some(Reason::PatronUnverified),
        () if today > record.ends_on => Some(Reason::PatronExpired),
        () if record.loan_limit == 0 => Some(Reason::NoLoans),
        () if record.n_loans >= record.loan_limit => Some(Reason::LoanLimit(Some(record.loan_limit))),
        () => None,
    }
}

/// Chinese.
const LANGUAGE: Number<3> = Number(Some(19));
/// Loans, renewals, recalls and holds denied.
const DENIED: &[usize] = &[0, 1, 2, 3];
const TOO_MANY_CHARGED: usize = 5;
const SUMMARY_OVERDUE: usize = 1;
const SUMMARY_FINES: usize = 3;
/// Entries of a list in one answer: it must fit into a frame.
const MAX_LIST: usize = 500;
