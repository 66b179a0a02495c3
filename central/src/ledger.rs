//! The decisions of circulation: pure, total, without a clock.
//!
//! The store reads the facts, asks here, and applies what is granted, all in one transaction. Order of the questions:
//! the patron first (whoever may not borrow need not fetch another copy), then the item, then the patron's limit, so
//! that a repeated checkout of one's own loan is always `OnLoan`.
//!
//! **Invariant**: a checkout is granted only if the item is in the library, not on loan, not held for somebody else,
//! `n_loans < loan_limit`, and likewise for the loans of its type; its due date is `today + period_days`, or the first
//! open day after it.
//!
//! [`told_checkout`] and [`told_checkin`] judge what has happened already: they never refuse.

mod card;
mod days;
mod desk;
mod fact;
pub mod ill;
mod machine;
mod order;
mod periodical;
mod route;
mod sheet;

use circulation::id::PatronId;
use circulation::money::Amount;
use circulation::transaction::Reason;
use jiff::civil::Date;

pub use card::{CardEvent, CardRefused, CardState};
pub use days::{OpenDays, Weekdays};
pub use desk::{
    ChangeRefused, IssueFacts, IssueRefused, Open, PayRefused, change_type, extend, issue, settle,
};
pub use fact::{Fact, Told, told_checkin, told_checkout};
pub use machine::{MachineKind, machine_new, machine_renew, machine_replace, machine_serve, standing};
pub use order::{OrderState, Tiding};
pub use periodical::{Every, issues};
pub use route::{Held, HoldRefused, Route, hold, hold_kind, route};
pub use sheet::{SheetEvent, SheetRefused, SheetState};

/// A patron as the ledger sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatronStanding {
    /// state of the card
    pub state: CardState,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// fees owed
    pub debt: Amount,
    /// fees up to which the library still lends
    pub debt_limit: Amount,
    /// loans now
    pub n_loans: u32,
    /// loans that the patron's type allows
    pub loan_limit: u32,
    /// loans overdue now; counted only if there is a limit to them
    pub n_overdue: u32,
    /// overdue loans up to which the library still lends; nothing: they are no obstacle
    pub overdue_limit: Option<u32>,
    /// whether staff has something against the patron
    pub is_blocked: bool,
    /// loans now of the type of the item in question; counted only if there is a limit to them
    pub n_of_type: u32,
}

/// An item as the ledger sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemStanding {
    /// whether it stands where patrons may take it
    pub is_in_library: bool,
    /// the loan it is on
    pub loan: Option<Loan>,
    /// the patron whose hold is the oldest
    pub held_for: Option<PatronId>,
}

/// A running loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// who has the item
    pub patron: PatronId,
    /// last day of the loan
    pub due_on: Date,
    /// renewals so far
    pub n_renewals: u32,
}

/// How a type of item is lent to a type of patron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// days from the loan to the due date
    pub period_days: u16,
    /// renewals allowed
    pub n_renewals: u32,
    /// days that a renewal gives, from its day; nothing: as many as a loan
    pub renewal_days: Option<u16>,
    /// loans of this type of item; nothing: only the limit of the card counts
    pub loan_limit: Option<u32>,
    /// what it costs to be late
    pub fine: Fine,
}

/// What it costs to bring something back late. None at all is the default, as where loans are by credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fine {
    /// for each day, in fen
    pub fen_per_day: i64,
    /// days late that cost nothing; from the next one on all of them do
    pub grace_days: u32,
    /// the most that one loan can cost
    pub limit: Option<Amount>,
}

/// May this patron borrow this item today? Gives the due date.
///
/// # Errors
/// The first [`Reason`] against it; nothing found at all is `PatronUnknown` or `ItemUnknown`.
pub fn checkout(
    who: &PatronId,
    patron: Option<&PatronStanding>,
    item: Option<&ItemStanding>,
    terms: Option<Terms>,
    open: &OpenDays,
    today: Date,
) -> Result<Date, Reason> {
    let patron = patron.ok_or(Reason::PatronUnknown)?;
    may_borrow(patron, today)?;
    let item = item.ok_or(Reason::ItemUnknown)?;
    if item.loan.is_some() {
        return Err(Reason::OnLoan);
    }
    let terms = terms.filter(|_| item.is_in_library).ok_or(Reason::NotForLoan)?;
    if item.held_for.as_ref().is_some_and(|holder| holder != who) {
        return Err(Reason::OnHold);
    }
    if patron.n_loans >= patron.loan_limit {
        return Err(Reason::LoanLimit(Some(patron.loan_limit)));
    }
    if let Some(limit) = terms.loan_limit.filter(|limit| patron.n_of_type >= *limit) {
        return Err(Reason::Other(format!("此类图书最多借 {limit} 册，请先归还再借")));
    }
    due_date(today, terms.period_days, open)
}

/// May this item be taken back? Gives the loan that ends. Nobody's card is asked for.
///
/// # Errors
/// `ItemUnknown` or `NotOnLoan`.
pub fn checkin(item: Option<&ItemStanding>) -> Result<&Loan, Reason> {
    item.ok_or(Reason::ItemUnknown)?.loan.as_ref().ok_or(Reason::NotOnLoan)
}

/// May this patron keep this item longer? Gives the new due date, counted from today, never before the old one.
///
/// # Errors
/// As for [`checkout`]; `NotOnLoan` if somebody else has it; `Other` with words for the patron if it is overdue or was
/// renewed as often as allowed.
pub fn renew(
    who: &PatronId,
    patron: Option<&PatronStanding>,
    item: Option<&ItemStanding>,
    terms: Option<Terms>,
    open: &OpenDays,
    today: Date,
) -> Result<Date, Reason> {
    may_borrow(patron.ok_or(Reason::PatronUnknown)?, today)?;
    let item = item.ok_or(Reason::ItemUnknown)?;
    let loan = item.loan.as_ref().filter(|loan| loan.patron == *who).ok_or(Reason::NotOnLoan)?;
    let terms = terms.ok_or(Reason::NotForLoan)?;
    if item.held_for.as_ref().is_some_and(|holder| holder != who) {
        return Err(Reason::OnHold);
    }
    if loan.due_on < today {
        return Err(Reason::Other("此书已超期，不能续借，请尽快归还".to_owned()));
    }
    if loan.n_renewals >= terms.n_renewals {
        return Err(Reason::Other(format!("此书已续借 {} 次，不能再续，请按期归还", loan.n_renewals)));
    }
    let days = terms.renewal_days.unwrap_or(terms.period_days);
    due_date(today, days, open).map(|due| due.max(loan.due_on))
}

/// What a loan costs that ends on a day.
#[must_use]
pub fn fine(fine: Fine, due_on: Date, ended_on: Date) -> Amount {
    let late = ended_on.since(due_on).map_or(0, |span| i64::from(span.get_days()));
    if late <= i64::from(fine.grace_days) {
        return Amount::from_fen(0);
    }
    let fen = late.saturating_mul(fine.fen_per_day);
    Amount::from_fen(fine.limit.map_or(fen, |limit| fen.min(limit.fen())))
}

fn may_borrow(patron: &PatronStanding, today: Date) -> Result<(), Reason> {
    match patron.state {
        CardState::Valid | CardState::Credit => {}
        CardState::Unverified => return Err(Reason::PatronUnverified),
        CardState::Lost => return Err(Reason::PatronLost),
        CardState::Suspended => return Err(Reason::PatronSuspended),
        CardState::Cancelled => return Err(Reason::PatronCancelled),
    }
    if today < patron.starts_on {
        return Err(Reason::PatronUnverified);
    }
    if today > patron.ends_on {
        return Err(Reason::PatronExpired);
    }
    if patron.loan_limit == 0 {
        return Err(Reason::NoLoans);
    }
    if patron.debt > patron.debt_limit {
        return Err(Reason::Fees(patron.debt));
    }
    if patron.overdue_limit.is_some_and(|limit| patron.n_overdue > limit) {
        return Err(Reason::Other(format!("有 {} 册图书超期未还，请先归还再借", patron.n_overdue)));
    }
    if patron.is_blocked {
        return Err(Reason::PatronSuspended);
    }
    Ok(())
}

/// A date beyond the calendar (a clock gone mad) is refused like an item that is not lent.
fn due_date(today: Date, days: u16, open: &OpenDays) -> Result<Date, Reason> {
    open.due(today, days).ok_or(Reason::NotForLoan)
}

#[cfg(test)]
mod tests;
