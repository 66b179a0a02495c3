//! What an answer of openlib means. Pure: an [`Envelope`] goes in, a fact comes out.
//!
//! **Rule**: the payload decides before the code, and the code before `success`. An answer that says neither yes nor
//! no is a [`Fault`] of the peer: whatever was asked is then in doubt.

use circulation::account::Hold;
use circulation::id::{ItemId, PatronId};
use circulation::item::Description;
use circulation::money::Amount;
use circulation::patron::Patron;
use circulation::screen::HoldState;
use circulation::transaction::{Grant, Reason, Verdict};
use jiff::civil::{Date, DateTime};

use crate::wire::{Envelope, Holding, LoanedBook, Message, Next, Reader, ReservedBook, code};

/// How an answer breaks the rules of the interface. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// the answer says neither yes nor no
    #[error("the answer says neither yes nor no (code {code})")]
    Empty {
        /// the code, `none` if there is none
        code: String,
    },
    /// the answer is about another item or another patron
    #[error("the answer is about another {what} than asked")]
    Mismatch {
        /// `item` or `patron`
        what: &'static str,
    },
    /// the answer says that it worked, but what it promises is missing
    #[error("the answer says yes (code {code}) but brings no {what}")]
    Missing {
        /// the code, `none` if there is none
        code: String,
        /// the missing part
        what: &'static str,
    },
    /// the server reports a failure of its own
    #[error("the server failed inside (code {code})")]
    Inside {
        /// the code
        code: String,
    },
}

/// One loan of a patron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// the item
    pub item: ItemId,
    /// title proper
    pub title: Option<String>,
    /// author
    pub author: Option<String>,
    /// due date
    pub due: Option<Date>,
    /// when it was lent, at midnight if central says the day only
    pub since: Option<DateTime>,
}

/// What central knows of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingFact {
    /// where it is
    pub state: HoldingState,
    /// title, author, shelf mark
    pub description: Description,
}

/// Where an item is, as far as a kiosk cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldingState {
    /// in the library, to be lent
    InLibrary,
    /// on loan
    OnLoan,
    /// neither: lost, withdrawn, in repair, reserved, not said
    Elsewhere,
}

/// Whether the answer means "fetch a new token".
#[must_use]
pub fn is_token_refused(envelope: &Envelope) -> bool {
    let (code, text) = words(envelope);
    !envelope.success && code::is_token_refused(code, text)
}

/// The answer to loanbook.
///
/// # Errors
/// [`Fault`] if the answer is about another item or decides nothing: the loan is in doubt.
pub fn of_checkout(envelope: &Envelope, item: &ItemId) -> Result<Verdict, Fault> {
    verdict(envelope, envelope.newloanbook.as_ref(), item, "newloanbook")
}

/// The answer to returnbook.
///
/// # Errors
/// [`Fault`] if the answer is about another item or decides nothing: the return is in doubt.
pub fn of_checkin(envelope: &Envelope, item: &ItemId) -> Result<Verdict, Fault> {
    verdict(envelope, envelope.newreturnbook.as_ref(), item, "newreturnbook")
}

/// The answer to confirmreader: the card and its password belong together, or why not.
///
/// # Errors
/// [`Fault`] if the answer decides nothing.
pub fn of_confirm(envelope: &Envelope) -> Result<Result<(), Reason>, Fault> {
    if envelope.success { Ok(Ok(())) } else { refusal(envelope).map(Err) }
}

/// The answer to searchreader: a patron who may use the kiosk, or why not.
///
/// # Errors
/// [`Fault`] if the answer is about another patron or decides nothing.
pub fn of_patron(envelope: &Envelope, id: &PatronId, today: Date) -> Result<Result<Patron, Reason>, Fault> {
    let Some(rdid) = envelope.reader.rdid.as_deref() else {
        return refusal(envelope).map(Err);
    };
    if !rdid.eq_ignore_ascii_case(id.as_str()) {
        return Err(Fault::Mismatch { what: "patron" });
    }
    Ok(patron(&envelope.reader, id, today))
}

/// The answer to currentloan. Only an explicit list is one: it decides whether a loan is undone.
///
/// # Errors
/// [`Fault`] if there is neither a list nor a refusal.
pub fn of_loans(envelope: &Envelope) -> Result<Result<Vec<Loan>, Reason>, Fault> {
    match &envelope.loanlist {
        Some(list) => Ok(Ok(list.iter().filter_map(loan).collect())),
        None => refusal(envelope).map(Err),
    }
}

/// The answer to renewbook: the new due date if it is said, or why not.
///
/// # Errors
/// [`Fault`] if the answer is about another item or decides nothing: the renewal is in doubt.
pub fn of_renewal(envelope: &Envelope, item: &ItemId) -> Result<Result<Option<Date>, Reason>, Fault> {
    if envelope.newloanbook.is_some() {
        return Ok(match of_checkout(envelope, item)? {
            Verdict::Granted(grant) => Ok(grant.due),
            Verdict::Declined(reason) => Err(reason),
        });
    }
    // The interface knows no payload here; success alone may be a refusal in words, as with loans.
    let (code, _) = words(envelope);
    if envelope.success && code == code::RENEWED { Ok(Ok(None)) } else { refusal(envelope).map(Err) }
}

/// The answer to searchreslist and searchprelendlist: the holds it lists, or why none are. A yes without a list is none.
///
/// # Errors
/// [`Fault`] if the answer decides nothing.
pub fn of_holds(envelope: &Envelope) -> Result<Result<Vec<Hold>, Reason>, Fault> {
    match envelope.reslist.as_ref().or(envelope.prelendlist.as_ref()) {
        Some(list) => Ok(Ok(list.iter().map(hold).collect())),
        None if envelope.success => Ok(Ok(Vec::new())),
        None => refusal(envelope).map(Err),
    }
}

/// An answer that brings nothing but yes or no.
///
/// # Errors
/// [`Fault`] if the answer decides nothing.
pub fn of_done(envelope: &Envelope) -> Result<Result<(), Reason>, Fault> {
    if envelope.success { Ok(Ok(())) } else { refusal(envelope).map(Err) }
}

/// The answer to queryholding: nothing if central does not know the item.
///
/// # Errors
/// [`Fault`] if the answer decides nothing.
pub fn of_holding(envelope: &Envelope, item: &ItemId) -> Result<Option<HoldingFact>, Fault> {
    match &envelope.holding_list {
        Some(list) => Ok(list.iter().find(|holding| is_about(holding.barcode.as_deref(), item)).map(holding)),
        None => refusal(envelope).map(|_| None),
    }
}

/// Whether this is an answer of openlib at all, whatever it says.
///
/// # Errors
/// [`Fault`] if it is not, or the server failed inside.
pub fn of_ping(envelope: &Envelope) -> Result<(), Fault> {
    let said = envelope.holding_list.is_some() || envelope.success;
    if said { Ok(()) } else { refusal(envelope).map(|_| ()) }
}

/// A day as openlib writes it: `yyyy-MM-dd`, a time may follow.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    moment(text).map(DateTime::date)
}

/// A moment as openlib writes it: `yyyy-MM-dd`, or that and `HH:mm:ss`.
#[must_use]
pub fn moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    text.parse().ok().or_else(|| Some(day.parse::<Date>().ok()?.at(0, 0, 0, 0)))
}

fn verdict(
    envelope: &Envelope,
    payload: Option<&LoanedBook>,
    item: &ItemId,
    what: &'static str,
) -> Result<Verdict, Fault> {
    if let Some(book) = payload {
        match book.barcode.as_deref() {
            Some(barcode) if is_about(Some(barcode), item) => return Ok(Verdict::Granted(grant(book))),
            Some(_) => return Err(Fault::Mismatch { what: "item" }),
            // Some servers leave the barcode out of a good answer, and an empty object in a bad one.
            None if envelope.success && (book.title.is_some() || book.returndate.is_some()) => {
                return Ok(Verdict::Granted(grant(book)));
            }
            None => {}
        }
    }
    let (code, _) = words(envelope);
    if envelope.success && matches!(code, code::LOANED | code::RETURNED | code::OK) {
        return Err(Fault::Missing { code: code.to_owned(), what });
    }
    refusal(envelope).map(Verdict::Declined)
}

/// The reason of an answer that brought no payload.
fn refusal(envelope: &Envelope) -> Result<Reason, Fault> {
    let (code, text) = words(envelope);
    if code == code::SERVER_FAULT {
        return Err(Fault::Inside { code: code.to_owned() });
    }
    let reason = code::to_reason(code, text);
    if reason == Reason::Other(String::new()) {
        let code = if code.is_empty() { "none" } else { code };
        return Err(Fault::Empty { code: code.to_owned() });
    }
    Ok(reason)
}

fn words(envelope: &Envelope) -> (&str, &str) {
    let first = envelope.messagelist.first();
    let part = |of: fn(&Message) -> Option<&str>| first.and_then(of).unwrap_or_default();
    (part(|m| m.code.as_deref()), part(|m| m.message.as_deref()))
}

fn is_about(barcode: Option<&str>, item: &ItemId) -> bool {
    barcode.is_some_and(|barcode| barcode.eq_ignore_ascii_case(item.as_str()))
}

fn grant(book: &LoanedBook) -> Grant {
    Grant {
        description: Description {
            title: book.title.clone(),
            author: book.author.clone(),
            call_number: book.callno.clone(),
        },
        due: book.returndate.as_deref().and_then(day),
        destination: book.next.clone().and_then(Next::destination),
    }
}

fn loan(book: &LoanedBook) -> Option<Loan> {
    Some(Loan {
        item: ItemId::parse(book.barcode.as_deref()?).ok()?,
        title: book.title.clone(),
        author: book.author.clone(),
        due: book.returndate.as_deref().and_then(day),
        since: book.loandate.as_deref().and_then(moment),
    })
}

/// A hold of which nothing is said but that it is there waits; the first in the queue has nobody before it.
fn hold(book: &ReservedBook) -> Hold {
    let before = || book.queueno.as_deref().and_then(|n| n.parse::<u32>().ok())?.checked_sub(1);
    let state = match book.state.as_deref() {
        Some("1") => {
            HoldState::Ready { at: book.piclocalname.clone(), until: book.keepdate.as_deref().and_then(day) }
        }
        Some("2") => HoldState::OnItsWay,
        Some(_) | None => HoldState::Waiting { before: before() },
    };
    Hold {
        item: book.barcode.as_deref().and_then(|text| ItemId::parse(text).ok()),
        description: Description {
            title: book.title.clone(),
            author: book.author.clone(),
            call_number: book.callno.clone(),
        },
        state,
    }
}

fn holding(holding: &Holding) -> HoldingFact {
    let state = match holding.state.as_deref() {
        Some(code::holding::IN_LIBRARY) => HoldingState::InLibrary,
        Some(code::holding::ON_LOAN) => HoldingState::OnLoan,
        Some(_) | None => HoldingState::Elsewhere,
    };
    HoldingFact {
        state,
        description: Description {
            title: holding.title.clone(),
            author: holding.author.clone(),
            call_number: holding.callno.clone(),
        },
    }
}

/// Only states 1 and 10 may use the kiosk, and a card whose state is not said is one that staff must see.
fn patron(reader: &Reader, id: &PatronId, today: Date) -> Result<Patron, Reason> {
    match reader.rdcfstate.as_deref() {
        Some(code::reader::VALID | code::reader::CREDIT) => {}
        Some(code::reader::UNVERIFIED) | None => return Err(Reason::PatronUnverified),
        Some(code::reader::LOST) => return Err(Reason::PatronLost),
        Some(code::reader::SUSPENDED) => return Err(Reason::PatronSuspended),
        Some(code::reader::CANCELLED) => return Err(Reason::PatronCancelled),
        Some(state) => {
            return Err(Reason::Other(reader.rdcfstatename.clone().unwrap_or_else(|| state.to_owned())));
        }
    }
    let valid_until = reader.rdenddate.as_deref().and_then(day);
    if valid_until.is_some_and(|last| last < today) {
        return Err(Reason::PatronExpired);
    }
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    Ok(Patron {
        id: id.clone(),
        name: reader.rdname.clone().unwrap_or_default(),
        n_loans: number(&reader.curloannum),
        loan_limit: number(&reader.maxloannum),
        debt: reader.debt.as_deref().and_then(Amount::parse_yuan).unwrap_or_default(),
        valid_until,
    })
}

#[cfg(test)]
mod tests;
