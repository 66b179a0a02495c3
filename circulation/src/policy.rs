//! What may be assumed while central is silent: pure rules over facts that are known locally.
//!
//! ```text
//!   Facts of the mirror ─┐
//!   Tally of the ledger ─┼─▶ checkout ─▶ Provisional { due } | Obstacle
//!   Moment              ─┘   checkin  ─▶ ()                  | Obstacle
//! ```
//! The questions come in this order, the first obstacle is the answer: may this kiosk assume anything now (rules, clock,
//! age of the mirror, length of the silence, the kiosk's own limit); may this patron borrow; may this item be lent; has
//! the patron room for it.
//!
//! **Invariants**: nothing is assumed for a patron who may not borrow; `n_loans + assumed < loan_limit`,
//! `assumed < Rules::per_patron` and `kiosk assumed < Rules::per_kiosk` before each checkout, so that no order of
//! checkouts exceeds a limit. Returns that central was not told of give no room back: nobody here knows whose they were.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::id::Isil;
use crate::money::Amount;
use crate::transaction::Reason;

/// What the library allows a kiosk that cannot ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// the library and its partners: only their items are lent
    pub owners: BTreeSet<Isil>,
    /// whose items are taken back
    pub takes: Takes,
    /// checkouts assumed for one patron until central has been told; 0: none is ever assumed
    pub per_patron: u32,
    /// checkouts assumed by the whole kiosk until central has been told
    pub per_kiosk: u32,
    /// how long a silence may last before nothing more is lent
    pub max_silence: SignedDuration,
    /// how old the mirror may be
    pub max_mirror_age: SignedDuration,
}

/// Whose items a kiosk takes back without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takes {
    /// everything that has an item id: staff sorts it out
    Anything,
    /// items of [`Rules::owners`]
    Ours,
    /// nothing
    Nothing,
}

/// The time, and what it is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// the kiosk's clock
    pub now: Timestamp,
    /// the same as the library's local day
    pub today: Date,
    /// the newest time in the ledger
    pub last_row: Option<Timestamp>,
    /// when the mirror was last brought up to date, by the kiosk's clock; nothing if it is empty
    pub mirrored: Option<Timestamp>,
    /// when central was last heard, by the kiosk's clock
    pub silent_since: Option<Timestamp>,
}

/// Checkouts that were assumed here and that central has not been told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// for this patron
    pub patron: u32,
    /// for everybody
    pub kiosk: u32,
}

/// What is known of a patron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatronFacts {
    /// what the card is worth
    pub state: PatronState,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// loans when central was last heard
    pub n_loans: u32,
    /// loans that the patron's type allows
    pub loan_limit: u32,
}

/// What a card is worth. How much somebody owes is nobody's business here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatronState {
    /// may borrow
    Valid,
    /// to be verified by staff
    Unverified,
    /// reported lost
    Lost,
    /// suspended
    Suspended,
    /// cancelled
    Cancelled,
    /// owes more than the library allows
    Owes,
}

impl PatronState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Valid, Self::Unverified, Self::Lost, Self::Suspended, Self::Cancelled, Self::Owes];
}

/// What is known of an item, to a certain patron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFacts {
    /// whose it is
    pub owner: Isil,
    /// whether it is there to be lent
    pub state: ItemState,
    /// days that this type of item is lent to this type of patron; nothing: not lent
    pub period_days: Option<u16>,
}

/// Where an item stands, as far as it can be lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// in the library and free
    Free,
    /// on loan, to whomever
    OnLoan,
    /// in the library, held for somebody
    Held,
    /// reference, in repair, withdrawn, lost
    NotForLoan,
}

impl ItemState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Free, Self::OnLoan, Self::Held, Self::NotForLoan];
}

/// What this kiosk did with an item and has not told yet: newer than the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moved {
    /// lent
    Lent,
    /// taken back
    TakenBack,
}

impl ItemFacts {
    /// The facts after what this kiosk did last with the item. What was held or not for loan stays so.
    #[must_use]
    pub fn after(mut self, moved: Moved) -> Self {
        self.state = match (self.state, moved) {
            (_, Moved::Lent) => ItemState::OnLoan,
            (ItemState::OnLoan | ItemState::Free, Moved::TakenBack) => ItemState::Free,
            (ItemState::Held, Moved::TakenBack) => ItemState::Held,
            (ItemState::NotForLoan, Moved::TakenBack) => ItemState::NotForLoan,
        };
        self
    }
}

/// A checkout that may be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisional {
    /// the due date, until central says another
    pub due: Date,
}

/// Why nothing is assumed: a closed set for logs and staff. What a patron is told is [`Obstacle::reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Obstacle {
    /// the library's rules let this kiosk assume nothing
    #[error("the rules allow nothing without the central server")]
    NotAllowed,
    /// the clock shows a time before the newest row or before the mirror was made
    #[error("the clock runs behind what was recorded")]
    ClockBehind,
    /// there is no mirror yet
    #[error("there is no mirror of the central server yet")]
    NoMirror,
    /// the mirror is too old
    #[error("the mirror of the central server is too old")]
    MirrorTooOld,
    /// central has been silent for too long
    #[error("the central server has been silent for too long")]
    SilentTooLong,
    /// this kiosk has assumed as many checkouts as it may
    #[error("the kiosk has lent as much as it may without the central server")]
    KioskLimit,
    /// the mirror knows no such card
    #[error("the mirror knows no such patron")]
    PatronUnknown,
    /// the card is to be verified, or its term has not begun
    #[error("the patron is to be verified")]
    PatronUnverified,
    /// the card is reported lost
    #[error("the card is reported lost")]
    PatronLost,
    /// the card is suspended
    #[error("the card is suspended")]
    PatronSuspended,
    /// the card is cancelled
    #[error("the card is cancelled")]
    PatronCancelled,
    /// the patron owes too much
    #[error("the patron owes too much")]
    PatronOwes,
    /// the card's term is over
    #[error("the card's term is over")]
    PatronExpired,
    /// the card type lends nothing
    #[error("the card type lends nothing")]
    NoLoans,
    /// the mirror knows no such item
    #[error("the mirror knows no such item")]
    ItemUnknown,
    /// the item belongs to another library
    #[error("the item belongs to another library")]
    NotOurs,
    /// the item is not lent, or not to this type of patron, or its due date is beyond the calendar
    #[error("the item is not for loan")]
    NotForLoan,
    /// the item is on loan already
    #[error("the item is on loan already")]
    OnLoan,
    /// the item is held
    #[error("the item is held for somebody")]
    OnHold,
    /// the patron has as many loans as the card type allows
    #[error("the patron has as many loans as allowed")]
    LoanLimit {
        /// loans allowed
        limit: u32,
    },
    /// the patron has as many assumed checkouts as the rules allow
    #[error("the patron has borrowed as much as allowed without the central server")]
    PatronOfflineLimit,
}

impl Obstacle {
    /// What the patron is told. An obstacle that lies with the kiosk, or that central might not see, is told as silence.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::NotAllowed
            | Self::ClockBehind
            | Self::NoMirror
            | Self::MirrorTooOld
            | Self::SilentTooLong
            | Self::KioskLimit
            | Self::PatronUnknown
            | Self::ItemUnknown
            | Self::PatronOfflineLimit => Reason::CentralSilent,
            // The amount is not in the mirror.
            Self::PatronOwes => Reason::Fees(Amount::from_fen(0)),
            Self::PatronUnverified => Reason::PatronUnverified,
            Self::PatronLost => Reason::PatronLost,
            Self::PatronSuspended => Reason::PatronSuspended,
            Self::PatronCancelled => Reason::PatronCancelled,
            Self::PatronExpired => Reason::PatronExpired,
            Self::NoLoans => Reason::NoLoans,
            Self::NotOurs => Reason::TagForeign,
            Self::NotForLoan => Reason::NotForLoan,
            Self::OnLoan => Reason::OnLoan,
            Self::OnHold => Reason::OnHold,
            Self::LoanLimit { limit } => Reason::LoanLimit(Some(limit)),
        }
    }
}

/// The days on which nothing can be brought back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    closed: BTreeSet<Date>,
}

impl Calendar {
    /// A calendar with these closing days.
    pub fn new(closed: impl IntoIterator<Item = Date>) -> Self {
        Self { closed: closed.into_iter().collect() }
    }

    /// The due date of a loan made on `from`: `from + period_days`, or the first open day after it; nothing if that is
    /// beyond the calendar.
    #[must_use]
    pub fn due(&self, from: Date, period_days: u16) -> Option<Date> {
        let mut due = from.checked_add(i64::from(period_days).days()).ok()?;
        while self.closed.contains(&due) {
            due = due.tomorrow().ok()?;
        }
        Some(due)
    }
}

/// May a checkout be assumed?
///
/// # Errors
/// The first [`Obstacle`].
pub fn checkout(
    rules: &Rules,
    calendar: &Calendar,
    at: &Moment,
    tally: Tally,
    patron: Option<&PatronFacts>,
    item: Option<&ItemFacts>,
) -> Result<Provisional, Obstacle> {
    if rules.per_patron == 0 || rules.per_kiosk == 0 {
        return Err(Obstacle::NotAllowed);
    }
    clock(at)?;
    mirror(rules, at)?;
    if at.silent_since.is_some_and(|since| at.now.duration_since(since) > rules.max_silence) {
        return Err(Obstacle::SilentTooLong);
    }
    if tally.kiosk >= rules.per_kiosk {
        return Err(Obstacle::KioskLimit);
    }
    let patron = patron.ok_or(Obstacle::PatronUnknown)?;
    may_borrow(patron, at.today)?;
    let item = item.ok_or(Obstacle::ItemUnknown)?;
    let period_days = may_be_lent(rules, item)?;
    if patron.n_loans.saturating_add(tally.patron) >= patron.loan_limit {
        return Err(Obstacle::LoanLimit { limit: patron.loan_limit });
    }
    if tally.patron >= rules.per_patron {
        return Err(Obstacle::PatronOfflineLimit);
    }
    let due = calendar.due(at.today, period_days).ok_or(Obstacle::NotForLoan)?;
    Ok(Provisional { due })
}

/// May a checkin be assumed? `owner` is whose item it is, as far as the mirror or its tag says. The mirror's age does not
/// matter: a book in our hands is a fact.
///
/// # Errors
/// The first [`Obstacle`].
pub fn checkin(rules: &Rules, at: &Moment, owner: Option<&Isil>) -> Result<(), Obstacle> {
    let is_taken = match rules.takes {
        Takes::Nothing => return Err(Obstacle::NotAllowed),
        Takes::Anything => true,
        Takes::Ours => owner.is_some_and(|owner| rules.owners.contains(owner)),
    };
    clock(at)?;
    if is_taken { Ok(()) } else { Err(Obstacle::NotOurs) }
}

/// A clock behind what was recorded with it is wrong, and nobody can say by how much: an empty battery shows the year 2000.
fn clock(at: &Moment) -> Result<(), Obstacle> {
    let recorded = [at.last_row, at.mirrored, at.silent_since];
    let is_behind = recorded.into_iter().flatten().any(|recorded| at.now < recorded);
    if is_behind { Err(Obstacle::ClockBehind) } else { Ok(()) }
}

fn mirror(rules: &Rules, at: &Moment) -> Result<(), Obstacle> {
    let mirrored = at.mirrored.ok_or(Obstacle::NoMirror)?;
    if at.now.duration_since(mirrored) > rules.max_mirror_age {
        return Err(Obstacle::MirrorTooOld);
    }
    Ok(())
}

fn may_borrow(patron: &PatronFacts, today: Date) -> Result<(), Obstacle> {
    match patron.state {
        PatronState::Valid => {}
        PatronState::Unverified => return Err(Obstacle::PatronUnverified),
        PatronState::Lost => return Err(Obstacle::PatronLost),
        PatronState::Suspended => return Err(Obstacle::PatronSuspended),
        PatronState::Cancelled => return Err(Obstacle::PatronCancelled),
        PatronState::Owes => return Err(Obstacle::PatronOwes),
    }
    if today < patron.starts_on {
        return Err(Obstacle::PatronUnverified);
    }
    if today > patron.ends_on {
        return Err(Obstacle::PatronExpired);
    }
    if patron.loan_limit == 0 {
        return Err(Obstacle::NoLoans);
    }
    Ok(())
}

fn may_be_lent(rules: &Rules, item: &ItemFacts) -> Result<u16, Obstacle> {
    if !rules.owners.contains(&item.owner) {
        return Err(Obstacle::NotOurs);
    }
    match item.state {
        ItemState::Free => {}
        ItemState::OnLoan => return Err(Obstacle::OnLoan),
        ItemState::Held => return Err(Obstacle::OnHold),
        ItemState::NotForLoan => return Err(Obstacle::NotForLoan),
    }
    item.period_days.ok_or(Obstacle::NotForLoan)
}

#[cfg(test)]
mod tests;
