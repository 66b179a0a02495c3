//! What an answer of an ACS means to the kiosk. Pure: a [`Message`] goes in, a fact comes out.
//!
//! **Rule**: the flag decides, never the words (`成功` in a text is no yes). An answer that is about something else, or
//! leaves out what it promises, is a [`Fault`] of the peer: whatever was asked is then in doubt.
//!
//! SIP2 has no codes for refusals, only words. What the screen and the ledger must know (on loan, not on loan, on
//! hold, no such item) is therefore asked for with a 17 and joined by [`why_not_out`] and [`why_not_back`].

use circulation::id::{ItemId, PatronId};
use circulation::item::Description;
use circulation::patron::Patron;
use circulation::transaction::{Destination, Grant, Reason, Verdict};
use jiff::civil::{Date, DateTime};

use super::dialect::Dialect;
use super::field::*;
use super::fixed::{CARD_LOST, Stamp};
use super::message::{Body, CardStateAnswer, CardUpdateAnswer, Message, MessageId, SUPPORTED};
use crate::answer::{HoldingFact, HoldingState, Loan};

mod text;

pub use text::{day, moment, words};

/// How an answer breaks the rules. Holds no personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// the answer is another message than the one that belongs to the request
    #[error("the answer is message {got}")]
    Unexpected {
        /// its number
        got: MessageId,
    },
    /// the answer is about another item or another patron
    #[error("the answer is about another {what} than asked")]
    Mismatch {
        /// `item` or `patron`
        what: &'static str,
    },
    /// a field that decides is missing
    #[error("the answer has no field {field}")]
    Missing {
        /// the field
        field: FieldCode,
    },
    /// the list of loans is not whole
    #[error("the answer lists {listed} of {counted} loans by their item numbers")]
    Incomplete {
        /// items listed
        listed: usize,
        /// loans counted
        counted: usize,
    },
    /// the item is lent, but its tag must not be opened
    #[error("the item is lent, but the server forbids to open its tag (CI)")]
    Inhibited,
}

/// What an ACS says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// whether it works
    pub is_online: bool,
    /// whether it takes checkouts
    pub takes_checkouts: bool,
    /// whether it takes checkins
    pub takes_checkins: bool,
    /// whether it says that it takes what happened offline
    pub takes_offline: bool,
    /// its clock
    pub clock: Stamp,
    /// requests that it says it does not know
    pub unsupported: Vec<MessageId>,
}

/// What an ACS knows of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFact {
    /// where it is
    pub place: Place,
    /// title, author, shelf mark
    pub description: Description,
    /// due date, if it is on loan
    pub due: Option<Date>,
    /// when it was lent, if the dialect says it
    pub since: Option<DateTime>,
}

/// Where an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// in the library, to be lent
    InLibrary,
    /// on loan
    OnLoan,
    /// held for somebody
    OnHold,
    /// not on loan, and not to be lent now
    NotOnLoan,
    /// lost, missing, or a status of no known meaning
    Unknown,
}

impl ItemFact {
    /// The same in the words of the other way to central.
    #[must_use]
    pub fn holding(self) -> HoldingFact {
        let state = match self.place {
            Place::InLibrary => HoldingState::InLibrary,
            Place::OnLoan => HoldingState::OnLoan,
            Place::OnHold | Place::NotOnLoan | Place::Unknown => HoldingState::Elsewhere,
        };
        HoldingFact { state, description: self.description }
    }
}

/// One page of a patron's loans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// the items listed by their numbers
    pub items: Vec<ItemId>,
    /// entries that are no item number: titles
    pub n_unreadable: usize,
    /// how many loans there are, if the ACS counts them
    pub n_loans: Option<usize>,
}

/// A 98.
///
/// # Errors
/// [`Fault`] if it is none.
pub fn of_status(message: &Message) -> Result<Status, Fault> {
    let Body::AcsStatus(status) = &message.body else { return Err(unexpected(message)) };
    let letters = message.fields.said(F_SUPPORTED).unwrap_or_default();
    let denied = SUPPORTED.iter().zip(letters.chars()).filter(|(_, letter)| *letter == 'N');
    Ok(Status {
        is_online: status.is_online,
        takes_checkouts: status.checkout_ok,
        takes_checkins: status.checkin_ok,
        takes_offline: status.offline_ok,
        clock: status.date,
        unsupported: denied.map(|(id, _)| *id).collect(),
    })
}

/// A 94: whether the account is accepted.
///
/// # Errors
/// [`Fault`] if it is none.
pub fn of_login(message: &Message) -> Result<bool, Fault> {
    if let Body::LoginAnswer(login) = &message.body { Ok(login.ok.0) } else { Err(unexpected(message)) }
}

/// A 12. A refusal carries the ACS's words; see [`why_not_out`].
///
/// # Errors
/// [`Fault`] if it decides nothing: the loan is in doubt. [`Fault::Inhibited`] too: it is lent and must not leave.
pub fn of_checkout(message: &Message, item: &ItemId, dialect: &Dialect) -> Result<Verdict, Fault> {
    let Body::CheckoutAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_item(message, item)?;
    if !answer.ok.0 {
        return Ok(Verdict::Declined(refusal(message)));
    }
    if message.fields.said(F_INHIBIT) == Some("Y") {
        return Err(Fault::Inhibited);
    }
    Ok(Verdict::Granted(grant(message, dialect)))
}

/// A 10. A refusal carries the ACS's words; see [`why_not_back`].
///
/// # Errors
/// [`Fault`] if it decides nothing: the return is in doubt.
pub fn of_checkin(message: &Message, item: &ItemId, dialect: &Dialect) -> Result<Verdict, Fault> {
    let Body::CheckinAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_item(message, item)?;
    if answer.ok.0 {
        let destination = destination(message, answer.alert);
        Ok(Verdict::Granted(Grant { due: None, destination, ..grant(message, dialect) }))
    } else {
        Ok(Verdict::Declined(refusal(message)))
    }
}

/// A 30.
///
/// # Errors
/// [`Fault`] if it decides nothing: the renewal is in doubt.
pub fn of_renew(message: &Message, item: &ItemId, dialect: &Dialect) -> Result<Verdict, Fault> {
    let Body::RenewAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_item(message, item)?;
    if answer.ok.0 {
        Ok(Verdict::Granted(grant(message, dialect)))
    } else {
        Ok(Verdict::Declined(refusal(message)))
    }
}

/// A 66: the items renewed, and those that are not, as far as the ACS names them.
///
/// # Errors
/// [`Fault`] if it is none.
pub fn of_renew_all(message: &Message, dialect: &Dialect) -> Result<Result<Renewed, Reason>, Fault> {
    let Body::RenewAllAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    if !answer.ok.0 {
        return Ok(Err(refusal(message)));
    }
    let items = |code| message.fields.all(code).flat_map(|value| dialect.items(value)).flatten().collect();
    Ok(Ok(Renewed {
        n_renewed: answer.n_renewed.0.unwrap_or_default(),
        n_unrenewed: answer.n_unrenewed.0.unwrap_or_default(),
        renewed: items(F_RENEWED),
        unrenewed: items(F_UNRENEWED),
    }))
}

/// What became of the renewal of all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renewed {
    /// how many are renewed
    pub n_renewed: u16,
    /// how many are not
    pub n_unrenewed: u16,
    /// those renewed, if they are named
    pub renewed: Vec<ItemId>,
    /// those not renewed, if they are named
    pub unrenewed: Vec<ItemId>,
}

/// An answer whose only news is yes or no: 16, 20, 36, 38, 82, 84.
///
/// # Errors
/// [`Fault`] if it is another one, or says neither.
pub fn of_done(message: &Message) -> Result<Result<(), Reason>, Fault> {
    let is_done = if let Body::HoldAnswer(answer) = &message.body {
        answer.ok.0
    } else if let Body::ItemStatusUpdateAnswer(answer) = &message.body {
        answer.ok.0
    } else if let Body::EndSessionAnswer(answer) = &message.body {
        answer.is_ended
    } else if let Body::FeePaidAnswer(answer) = &message.body {
        answer.ok
    } else if matches!(message.id(), CardUpdateAnswer::ID | CardStateAnswer::ID) {
        match message.fields.said(F_DONE) {
            Some("1") => true,
            Some("0") => false,
            Some(_) | None => return Err(Fault::Missing { field: F_DONE }),
        }
    } else {
        return Err(unexpected(message));
    };
    Ok(if is_done { Ok(()) } else { Err(refusal(message)) })
}

/// A 64: a patron who may use the kiosk, or why not. `has_pin` says that the request carried a password.
///
/// Only what makes the card no good keeps a patron out; "renewal, recall, hold denied" say nothing of a loan, and a
/// patron who may not borrow can still return (seen in the field). The ACS refuses the loan itself.
///
/// # Errors
/// [`Fault`] if it is about another patron, or does not say whether the password is right.
pub fn of_patron(
    message: &Message,
    id: &PatronId,
    has_pin: bool,
    today: Date,
    dialect: &Dialect,
) -> Result<Result<Patron, Reason>, Fault> {
    let Body::PatronInformationAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_patron(message, id)?;
    let fields = &message.fields;
    if answer.status.is_set(CARD_LOST) {
        return Ok(Err(Reason::PatronLost));
    }
    // BL is optional; a card that nobody knows has no name either.
    let is_known =
        fields.said(F_VALID_PATRON).map_or_else(|| fields.said(F_NAME).is_some(), |valid| valid != "N");
    if !is_known {
        return Ok(Err(Reason::PatronUnknown));
    }
    if has_pin {
        match fields.said(F_VALID_PASSWORD) {
            Some("Y") => {}
            Some(_) => return Ok(Err(Reason::WrongPin)),
            None if dialect.trusts_silent_password => {}
            None => return Err(Fault::Missing { field: F_VALID_PASSWORD }),
        }
    }
    let valid_until = dialect.card_end.and_then(|code| day(fields.said(code)?, dialect.day_order));
    if valid_until.is_some_and(|last| last < today) {
        return Ok(Err(Reason::PatronExpired));
    }
    Ok(Ok(Patron {
        id: id.clone(),
        name: fields.said(F_NAME).map(words).unwrap_or_default(),
        n_loans: answer.n_charged.0.map(u32::from),
        loan_limit: fields.said(dialect.loan_limit).and_then(|limit| limit.parse().ok()),
        debt: fields.said(F_FEE).and_then(text::amount).unwrap_or_default(),
        valid_until,
    }))
}

/// A 64 with a list of loans.
///
/// # Errors
/// [`Fault`] if it is about another patron.
pub fn of_loans(message: &Message, id: &PatronId, dialect: &Dialect) -> Result<Result<Page, Reason>, Fault> {
    let Body::PatronInformationAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_patron(message, id)?;
    if message.fields.said(F_VALID_PATRON) == Some("N") {
        return Ok(Err(Reason::PatronUnknown));
    }
    let mut page = Page { n_loans: answer.n_charged.0.map(usize::from), ..Page::default() };
    for code in &dialect.loans {
        for item in message.fields.all(*code).flat_map(|value| dialect.items(value)) {
            match item {
                Some(item) if page.items.contains(&item) => {}
                Some(item) => page.items.push(item),
                None => page.n_unreadable = page.n_unreadable.saturating_add(1),
            }
        }
    }
    Ok(Ok(page))
}

/// A 64 with a list of holds in a field: item numbers, or titles where the ACS writes those. Nothing if the patron is
/// unknown, or the dialect lists loans there.
///
/// # Errors
/// [`Fault`] if it is about another patron.
pub fn of_holds(
    message: &Message,
    id: &PatronId,
    field: FieldCode,
    dialect: &Dialect,
) -> Result<Vec<String>, Fault> {
    if !matches!(message.body, Body::PatronInformationAnswer(_)) {
        return Err(unexpected(message));
    }
    about_patron(message, id)?;
    if message.fields.said(F_VALID_PATRON) == Some("N") || dialect.loans.contains(&field) {
        return Ok(Vec::new());
    }
    Ok(message.fields.all(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

/// An 18: nothing if the ACS does not know the item.
///
/// # Errors
/// [`Fault`] if it is about another item.
pub fn of_item(message: &Message, item: &ItemId, dialect: &Dialect) -> Result<Option<ItemFact>, Fault> {
    let Body::ItemInformationAnswer(answer) = &message.body else { return Err(unexpected(message)) };
    about_item(message, item)?;
    let place = place(answer.circulation.0, dialect);
    let fields = &message.fields;
    if place == Place::Unknown && fields.said(F_TITLE).is_none() {
        return Ok(None);
    }
    let when = |code| fields.said(code);
    Ok(Some(ItemFact {
        place,
        description: description(message, dialect),
        due: when(F_DUE).and_then(|text| day(text, dialect.day_order)),
        since: dialect.loan_date.and_then(|code| moment(when(code)?, dialect.day_order)),
    }))
}

/// A loan as the ledger's resolution wants it, joined from a patron's list and an item's own answer.
#[must_use]
pub fn loan(item: ItemId, fact: Option<ItemFact>) -> Loan {
    let fact = fact.filter(|fact| matches!(fact.place, Place::OnLoan | Place::Unknown));
    let (description, due, since) =
        fact.map_or_else(Default::default, |fact| (fact.description, fact.due, fact.since));
    Loan { item, title: description.title, author: description.author, due, since }
}

/// Why a checkout was refused, once the item was looked at.
#[must_use]
pub fn why_not_out(words: Reason, fact: Option<&ItemFact>) -> Reason {
    match fact.map(|fact| fact.place) {
        None => Reason::ItemUnknown,
        Some(Place::OnLoan) => Reason::OnLoan,
        Some(Place::OnHold) => Reason::OnHold,
        Some(Place::InLibrary | Place::NotOnLoan | Place::Unknown) => or(words, Reason::NotForLoan),
    }
}

/// Why a checkin was refused, once the item was looked at.
#[must_use]
pub fn why_not_back(words: Reason, fact: Option<&ItemFact>) -> Reason {
    match fact.map(|fact| fact.place) {
        None => Reason::ItemUnknown,
        Some(Place::InLibrary | Place::OnHold | Place::NotOnLoan) => Reason::NotOnLoan,
        Some(Place::OnLoan | Place::Unknown) => or(words, Reason::Other(NO_WORDS.to_owned())),
    }
}

fn or(words: Reason, instead: Reason) -> Reason {
    if words == Reason::Other(String::new()) { instead } else { words }
}

fn place(status: Option<u16>, dialect: &Dialect) -> Place {
    let table = &dialect.circulation;
    let is_in = |list: &[u16]| status.is_some_and(|status| list.contains(&status));
    match () {
        () if is_in(&table.on_loan) => Place::OnLoan,
        () if is_in(&table.in_library) => Place::InLibrary,
        () if is_in(&table.on_hold) => Place::OnHold,
        () if is_in(&table.not_on_loan) => Place::NotOnLoan,
        () => Place::Unknown,
    }
}

fn about_item(message: &Message, item: &ItemId) -> Result<(), Fault> {
    let said = message.fields.said(F_ITEM_ID);
    let is_other = said.is_some_and(|said| !said.eq_ignore_ascii_case(item.as_str()));
    if is_other { Err(Fault::Mismatch { what: "item" }) } else { Ok(()) }
}

fn about_patron(message: &Message, patron: &PatronId) -> Result<(), Fault> {
    let said = message.fields.said(F_PATRON_ID);
    let is_other = said.is_some_and(|said| !said.eq_ignore_ascii_case(patron.as_str()));
    if is_other { Err(Fault::Mismatch { what: "patron" }) } else { Ok(()) }
}

fn unexpected(message: &Message) -> Fault {
    Fault::Unexpected { got: message.id() }
}

/// The ACS's words; empty if it has none.
fn refusal(message: &Message) -> Reason {
    let lines = message.fields.all(F_SCREEN).map(words).filter(|line| !line.is_empty());
    Reason::Other(lines.collect::<Vec<_>>().join(" "))
}

fn grant(message: &Message, dialect: &Dialect) -> Grant {
    let due = message.fields.said(F_DUE).and_then(|text| day(text, dialect.day_order));
    Grant { description: description(message, dialect), due, destination: None }
}

/// Where an item goes that came back: the alert type (CV: 01 a hold here, 02 a hold elsewhere, 04 to another branch) with
/// its destination (CT). Without an alert it goes onto the shelf.
fn destination(message: &Message, alert: bool) -> Option<Destination> {
    let to = message.fields.said(F_DESTINATION).map(str::to_owned);
    match (message.fields.said(F_ALERT), to) {
        (Some("01" | "1"), _) => Some(Destination::HoldShelf),
        (Some("02" | "2"), Some(to)) => Some(Destination::HoldElsewhere(to)),
        (Some("04" | "4"), Some(to)) | (None, Some(to)) => Some(Destination::Home(to)),
        (None | Some("00" | "0"), None) if !alert => Some(Destination::Shelf),
        _ => None,
    }
}

fn description(message: &Message, dialect: &Dialect) -> Description {
    let of = |code| message.fields.said(code).map(words);
    Description { title: of(F_TITLE), author: of(F_AUTHOR), call_number: of(dialect.call_number) }
}

/// What the screen has for a refused return about which the ACS says nothing at all.
const NO_WORDS: &str = "SIP2 10: 0";

#[cfg(test)]
mod tests;
