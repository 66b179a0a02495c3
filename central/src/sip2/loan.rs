//! Loans, returns, renewals: 11, 09, 29, 65.
//!
//! | | asked | `no block` = Y | BI = Y |
//! |---|---|---|---|
//! | 11 | the ledger decides | a fact: never refused, applied once, staff is told what was wrong | refused: no return is undone |
//! | 09 | the ledger decides | a fact | the device's own checkout never was; if central does not remember it, a return |
//!
//! The id of a fact is made of what it says, so that the same fact told again, also over another connection, is one.

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::patron::mask_name;
use circulation::transaction::{Act, Reason};
use jiff::civil::{Date, DateTime};
use sha2::{Digest as _, Sha256};
use sync_client::kiosk_api::{Batch, Entry, Outcome, What};
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{Done, Known, Number};
use sync_client::sip2::message::*;

use super::session::{Asked, Fault};
use super::{item, patron, words};
use crate::ledger::Route;
use crate::store::ItemRecord;

/// What became of a request about one item.
enum Became {
    Done { due: Option<Date>, words: Option<&'static str>, is_renewal: bool },
    Refused(Reason),
}

impl Became {
    const fn granted(due: Option<Date>, words: Option<&'static str>) -> Self {
        Self::Done { due, words, is_renewal: false }
    }

    const fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// 12
pub(super) fn checkout(asked: &mut Asked<'_>, wanted: &Checkout) -> Result<Message, Fault> {
    let became = match (patron::acting(asked)?, asked.item()) {
        _ if is_said(asked, F_CANCEL) => {
            Became::Refused(Reason::Other(words::NO_CANCELLED_RETURN.to_owned()))
        }
        (Ok(patron), Some(item)) => lend(asked, wanted, patron, item)?,
        // What has happened cannot be undone by a password.
        (Err(Reason::WrongPin), Some(item)) if wanted.no_block => match asked.patron() {
            Some(patron) => lend(asked, wanted, patron, item)?,
            None => Became::Refused(Reason::PatronUnknown),
        },
        (Err(reason), _) => Became::Refused(reason),
        (Ok(_), None) => Became::Refused(Reason::ItemUnknown),
    };
    let body = CheckoutAnswer {
        ok: Done(became.is_done()),
        is_renewal: matches!(became, Became::Done { is_renewal: true, .. }),
        is_magnetic: Known::No,
        desensitize: if became.is_done() { Known::Yes } else { Known::No },
        date: asked.date(),
    };
    lent(asked, body, became)
}

fn lend(asked: &Asked<'_>, wanted: &Checkout, patron: PatronId, item: ItemId) -> Result<Became, Fault> {
    let act = Act::Checkout { patron: patron.clone(), item: item.clone() };
    if wanted.no_block {
        let due = asked.local(wanted.due).map(|due| due.date());
        let at = asked.local(wanted.date).unwrap_or(asked.desk.now);
        return Ok(recorded(transact(asked, fact_id(asked, &act, at), at, What::Tell { act, due })?));
    }
    let id = fresh_id()?;
    match transact(asked, id, asked.desk.now, What::Ask(act))? {
        Outcome::Declined(Reason::OnLoan) if wanted.may_renew => prolong(asked, &patron, &item),
        Outcome::Granted(grant) => {
            let loaned = (asked.of.clone(), asked.desk.opuser.clone(), item);
            asked.shared.lent.remember(loaned, id);
            Ok(Became::granted(grant.due, None))
        }
        refused @ (Outcome::Declined(_)
        | Outcome::Recorded { .. }
        | Outcome::Cancelled
        | Outcome::IdReused) => Ok(recorded(refused)),
    }
}

/// 10
pub(super) fn checkin(asked: &mut Asked<'_>, wanted: &Checkin) -> Result<Message, Fault> {
    let Some(item) = asked.item() else {
        return brought(asked, &Became::Refused(Reason::ItemUnknown), None, None);
    };
    let act = Act::Checkin { item: item.clone() };
    let loaned = (asked.of.clone(), asked.desk.opuser.clone(), item.clone());
    let called_off = if is_said(asked, F_CANCEL) { asked.shared.lent.take(&loaned) } else { None };
    let became = if let Some(id) = called_off {
        let what = What::Cancel { item: item.clone() };
        recorded(transact(asked, id, asked.desk.now, what)?)
    } else if wanted.no_block {
        let at = asked.local(wanted.returned).or_else(|| asked.local(wanted.date)).unwrap_or(asked.desk.now);
        recorded(transact(asked, fact_id(asked, &act, at), at, What::Tell { act, due: None })?)
    } else {
        match asked.app().store().checkin(asked.of, &item, &asked.desk)? {
            Ok(_) => Became::granted(None, None),
            Err(reason) => Became::Refused(reason),
        }
    };
    // It lies here, whether or not it was on loan: a sorter must know where to put it.
    let route = asked.app().store().arrive(asked.of, &item, &asked.desk)?;
    let record = asked.app().store().item(asked.of, &item)?;
    brought(asked, &became, record, route)
}

fn brought(
    asked: &Asked<'_>,
    became: &Became,
    record: Option<ItemRecord>,
    route: Option<Route>,
) -> Result<Message, Fault> {
    let (bin, alert) = sorted(route.as_ref());
    let body = CheckinAnswer {
        ok: Done(became.is_done()),
        // Whatever is not on loan is to be secured.
        resensitize: became.is_done() || route.is_some(),
        is_magnetic: Known::No,
        alert: alert.is_some(),
        date: asked.date(),
    };
    let mut message = asked.say(body).with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    message.fields.push(F_HOME, record.as_ref().map_or("", |record| record.branch.as_str()));
    if let Some(record) = record {
        message = item::described(message, asked, &record);
        let shelf = asked.app().store().item_extras(asked.of, &record.item)?.shelf;
        if !shelf.is_empty() {
            message.fields.push(F_COLLECTION, shelf);
        }
    }
    message.fields.push(F_SORT_BIN, bin);
    if let Some(alert) = alert {
        message.fields.push(F_ALERT, alert);
    }
    if let Some(Route::ToPickup(branch) | Route::Home(branch)) = &route {
        message.fields.push(F_DESTINATION, branch.as_str());
    }
    if let Some(Route::HoldShelf(patron)) = &route {
        message = kept_for(asked, message, patron)?;
    }
    let said = match became {
        Became::Refused(reason) => Some(words::of_reason(reason)),
        Became::Done { words, .. } => words.map(str::to_owned),
    };
    for words in said.into_iter().chain(route.as_ref().and_then(words::of_route)) {
        message.fields.push(F_SCREEN, words);
    }
    Ok(message)
}

/// For whom an item waits here, for the slip in it: the number by which it is found on the hold shelf, and a name of which
/// no more can be read than whose book it is.
fn kept_for(asked: &Asked<'_>, message: Message, patron: &PatronId) -> Result<Message, Fault> {
    let record = asked.app().store().patron(asked.of, patron)?;
    let message = message.with(F_HOLD_PATRON, patron.as_str());
    Ok(message.with(F_HOLD_NAME, record.map(|record| mask_name(&record.name)).unwrap_or_default()))
}

/// Sort bin (1 open shelf, 2 hold shelf, 3 another branch, 9 staff) and alert type (01 hold here, 02 hold elsewhere, 04
/// on its way, 99 for staff).
const fn sorted(route: Option<&Route>) -> (&'static str, Option<&'static str>) {
    match route {
        Some(Route::Shelf) => ("1", None),
        Some(Route::HoldShelf(_)) => ("2", Some("01")),
        Some(Route::ToPickup(_)) => ("3", Some("02")),
        Some(Route::Home(_)) => ("3", Some("04")),
        None => ("9", Some("99")),
    }
}

/// 30
pub(super) fn renew(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let became = match (patron::acting(asked)?, asked.item()) {
        (Ok(patron), Some(item)) => prolong(asked, &patron, &item)?,
        (Err(reason), _) => Became::Refused(reason),
        (Ok(_), None) => Became::Refused(Reason::ItemUnknown),
    };
    let body = RenewAnswer {
        ok: Done(became.is_done()),
        is_renewal: became.is_done(),
        is_magnetic: Known::No,
        desensitize: if became.is_done() { Known::Yes } else { Known::No },
        date: asked.date(),
    };
    lent(asked, body, became)
}

/// 66
pub(super) fn renew_all(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let named = patron::acting(asked)?;
    let loans = match &named {
        Ok(patron) => asked.app().store().loans(asked.of, patron)?,
        Err(_) => Vec::new(),
    };
    let (mut renewed, mut unrenewed) = (Vec::new(), Vec::new());
    if let Ok(patron) = &named {
        for loan in &loans {
            let is_done = asked.app().store().renew(asked.of, patron, &loan.item.item, &asked.desk)?.is_ok();
            if is_done { &mut renewed } else { &mut unrenewed }.push(loan.item.item.as_str());
        }
    }
    let body = RenewAllAnswer {
        ok: Done(named.is_ok()),
        n_renewed: Number::of(renewed.len()),
        n_unrenewed: Number::of(unrenewed.len()),
        date: asked.date(),
    };
    let mut message = asked.say(body);
    for (code, items) in [(F_RENEWED, renewed), (F_UNRENEWED, unrenewed)] {
        items.into_iter().for_each(|item| message.fields.push(code, item));
    }
    Ok(match named {
        Ok(_) => message,
        Err(reason) => message.with(F_SCREEN, words::of_reason(&reason)),
    })
}

fn prolong(asked: &Asked<'_>, patron: &PatronId, item: &ItemId) -> Result<Became, Fault> {
    Ok(match asked.app().store().renew(asked.of, patron, item, &asked.desk)? {
        Ok(loan) => Became::Done { due: Some(loan.due_on), words: None, is_renewal: true },
        Err(reason) => Became::Refused(reason),
    })
}

/// What 12 and 30 say alike.
fn lent(asked: &Asked<'_>, body: impl Into<Body>, became: Became) -> Result<Message, Fault> {
    let message = asked.say(body).with(F_PATRON_ID, asked.echo(F_PATRON_ID));
    let message = message.with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    let record = match asked.item() {
        Some(item) => asked.app().store().item(asked.of, &item)?,
        None => None,
    };
    let message = match &record {
        Some(record) => item::described(message, asked, record),
        None => message.with(F_TITLE, ""),
    };
    Ok(match became {
        Became::Done { due, words, .. } => {
            let message = message.with(F_DUE, due.map(|due| due.to_string()).unwrap_or_default());
            match words {
                Some(words) => message.with(F_SCREEN, words),
                None => message,
            }
        }
        Became::Refused(reason) => message.with(F_DUE, "").with(F_SCREEN, words::of_reason(&reason)),
    })
}

/// Applies one transaction, as the kiosk interface does.
fn transact(asked: &Asked<'_>, id: TransactionId, at: DateTime, what: What) -> Result<Outcome, Fault> {
    let batch = Batch { opuser: asked.desk.opuser.clone(), entries: vec![Entry { id, at, what }] };
    let answers = asked.app().store().transact(asked.of, &batch, asked.desk.now)?;
    answers.into_iter().next().map(|answered| answered.outcome).ok_or(Fault::Inside)
}

fn recorded(outcome: Outcome) -> Became {
    match outcome {
        Outcome::Granted(grant) => Became::granted(grant.due, None),
        Outcome::Recorded { grant, exception } => {
            Became::granted(grant.due, exception.map(|_| words::KEPT_FOR_STAFF))
        }
        Outcome::Cancelled => Became::granted(None, None),
        Outcome::Declined(reason) => Became::Refused(reason),
        Outcome::IdReused => Became::Refused(Reason::CentralSilent),
    }
}

fn is_said(asked: &Asked<'_>, code: FieldCode) -> bool {
    asked.fields.said(code) == Some("Y")
}

pub(super) fn fresh_id() -> Result<TransactionId, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| {
        tracing::error!(%fault, "the operating system gives no random bytes");
        Fault::Inside
    })?;
    Ok(TransactionId::from_bytes(bytes))
}

/// The same for the same fact of the same device.
fn fact_id(asked: &Asked<'_>, act: &Act, at: DateTime) -> TransactionId {
    let patron = match act {
        Act::Checkout { patron, .. } => patron.as_str(),
        Act::Checkin { .. } => "",
    };
    let said = at.to_string();
    let parts = ["sip2", asked.of.as_str(), &asked.desk.opuser, &said, act.item().as_str(), patron];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    TransactionId::from_bytes(bytes)
}
