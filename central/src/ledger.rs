//! The decisions of circulation: pure, total, without a clock.
//!
//! The store reads the facts, asks here, and applies what is granted, all in one transaction. Order of the questions:
//! the patron first (whoever may not borrow need not fetch another copy), then the item, then the patron's limit, so
//! that a repeated checkout of one's own loan is always `OnLoan`.
//!
//! **Invariant**: a checkout is granted only if the item is in the library, not on loan, not held for somebody else,
//! and `n_loans < loan_limit`; its due date is `today + period_days`, or the first open day after it.
//!
//! [`told_checkout`] and [`told_checkin`] judge what has happened already: they never refuse.

mod fact;

use circulation::id::PatronId;
use circulation::money::Amount;
use circulation::policy::Calendar;
use circulation::transaction::Reason;
use jiff::civil::Date;
use sync_client::wire::code;

pub use fact::{Fact, Told, told_checkin, told_checkout};

/// What a card is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// valid
    Valid,
    /// valid without a deposit
    Credit,
    /// to be verified by staff; every state that this program does not know counts as this one
    Unverified,
    /// reported lost
    Lost,
    /// suspended
    Suspended,
    /// cancelled
    Cancelled,
}

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
}

impl CardState {
    /// The state behind an `rdcfstate`.
    #[must_use]
    pub fn of_code(text: &str) -> Self {
        match text {
            code::reader::VALID => Self::Valid,
            code::reader::CREDIT => Self::Credit,
            code::reader::LOST => Self::Lost,
            code::reader::SUSPENDED => Self::Suspended,
            code::reader::CANCELLED => Self::Cancelled,
            _ => Self::Unverified,
        }
    }

    /// The state in words, as staff know them.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "有效",
            Self::Credit => "信用有效",
            Self::Unverified => "验证",
            Self::Lost => "挂失",
            Self::Suspended => "暂停",
            Self::Cancelled => "注销",
        }
    }
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
    calendar: &Calendar,
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
    due_date(today, terms, calendar)
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
    calendar: &Calendar,
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
    due_date(today, terms, calendar).map(|due| due.max(loan.due_on))
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
    Ok(())
}

/// A date beyond the calendar (a clock gone mad) is refused like an item that is not lent.
fn due_date(today: Date, terms: Terms, calendar: &Calendar) -> Result<Date, Reason> {
    calendar.due(today, terms.period_days).ok_or(Reason::NotForLoan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    type Row =
        (&'static str, Option<PatronStanding>, Option<ItemStanding>, Option<Terms>, Result<Date, Reason>);

    const TODAY: Date = date(2026, 11, 23);
    const TERMS: Terms = Terms { period_days: 30, n_renewals: 1 };

    fn id(text: &str) -> PatronId {
        PatronId::parse(text).unwrap()
    }

    fn patron() -> PatronStanding {
        PatronStanding {
            state: CardState::Valid,
            starts_on: date(2025, 1, 1),
            ends_on: date(2027, 1, 1),
            debt: Amount::from_fen(0),
            debt_limit: Amount::from_fen(1000),
            n_loans: 2,
            loan_limit: 10,
        }
    }

    fn item() -> ItemStanding {
        ItemStanding { is_in_library: true, loan: None, held_for: None }
    }

    fn lent(to: &str, due_on: Date, n_renewals: u32) -> ItemStanding {
        ItemStanding { loan: Some(Loan { patron: id(to), due_on, n_renewals }), ..item() }
    }

    #[test]
    fn checkouts() {
        let due = Ok(date(2026, 12, 23));
        let with = |change: fn(&mut PatronStanding)| {
            let mut patron = patron();
            change(&mut patron);
            Some(patron)
        };
        let held = |by: &str| Some(ItemStanding { held_for: Some(id(by)), ..item() });
        let away = Some(ItemStanding { is_in_library: false, ..item() });
        #[rustfmt::skip]
        let rows: Vec<Row> = vec![
            ("all is well",        Some(patron()), Some(item()), Some(TERMS), due.clone()),
            ("valid by credit",    with(|p| p.state = CardState::Credit), Some(item()), Some(TERMS), due.clone()),
            ("unknown patron",     None, Some(item()), Some(TERMS), Err(Reason::PatronUnknown)),
            ("unverified",         with(|p| p.state = CardState::Unverified), Some(item()), Some(TERMS), Err(Reason::PatronUnverified)),
            ("lost",               with(|p| p.state = CardState::Lost), Some(item()), Some(TERMS), Err(Reason::PatronLost)),
            ("suspended",          with(|p| p.state = CardState::Suspended), Some(item()), Some(TERMS), Err(Reason::PatronSuspended)),
            ("cancelled",          with(|p| p.state = CardState::Cancelled), Some(item()), Some(TERMS), Err(Reason::PatronCancelled)),
            ("not yet",            with(|p| p.starts_on = date(2026, 11, 24)), Some(item()), Some(TERMS), Err(Reason::PatronUnverified)),
            ("first day",          with(|p| p.starts_on = TODAY), Some(item()), Some(TERMS), due.clone()),
            ("last day",           with(|p| p.ends_on = TODAY), Some(item()), Some(TERMS), due.clone()),
            ("expired",            with(|p| p.ends_on = date(2026, 11, 22)), Some(item()), Some(TERMS), Err(Reason::PatronExpired)),
            ("lends nothing",      with(|p| p.loan_limit = 0), Some(item()), Some(TERMS), Err(Reason::NoLoans)),
            ("fees at the limit",  with(|p| p.debt = Amount::from_fen(1000)), Some(item()), Some(TERMS), due.clone()),
            ("fees above it",      with(|p| p.debt = Amount::from_fen(1001)), Some(item()), Some(TERMS), Err(Reason::Fees(Amount::from_fen(1001)))),
            ("one more fits",      with(|p| p.n_loans = 9), Some(item()), Some(TERMS), due.clone()),
            ("limit reached",      with(|p| p.n_loans = 10), Some(item()), Some(TERMS), Err(Reason::LoanLimit(Some(10)))),
            ("limit lowered",      with(|p| p.n_loans = 11), Some(item()), Some(TERMS), Err(Reason::LoanLimit(Some(10)))),
            ("unknown item",       Some(patron()), None, None, Err(Reason::ItemUnknown)),
            ("no rule for it",     Some(patron()), Some(item()), None, Err(Reason::NotForLoan)),
            ("in repair",          Some(patron()), away, Some(TERMS), Err(Reason::NotForLoan)),
            ("held by another",    Some(patron()), held("P2"), Some(TERMS), Err(Reason::OnHold)),
            ("held by the patron", Some(patron()), held("P1"), Some(TERMS), due),
            ("lent to another",    Some(patron()), Some(lent("P2", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
            ("asked twice",        Some(patron()), Some(lent("P1", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
            ("twice at the limit", with(|p| p.n_loans = 10), Some(lent("P1", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
        ];
        for (name, patron, item, terms, expected) in rows {
            let got = checkout(&id("P1"), patron.as_ref(), item.as_ref(), terms, &Calendar::default(), TODAY);
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn checkins() {
        assert_eq!(checkin(None), Err(Reason::ItemUnknown));
        assert_eq!(checkin(Some(&item())), Err(Reason::NotOnLoan));
        let lent = lent("P2", TODAY, 0);
        assert_eq!(checkin(Some(&lent)).unwrap().patron, id("P2"));
    }

    #[test]
    fn renewals() {
        let words = |reason: &Reason| matches!(reason, Reason::Other(text) if text.contains("不能"));
        let open = Calendar::default();
        let ask =
            |item: &ItemStanding| renew(&id("P1"), Some(&patron()), Some(item), Some(TERMS), &open, TODAY);
        assert_eq!(ask(&lent("P1", TODAY, 0)), Ok(date(2026, 12, 23)));
        assert_eq!(ask(&lent("P1", date(2027, 1, 5), 0)), Ok(date(2027, 1, 5)), "never shortened");
        assert!(words(&ask(&lent("P1", TODAY, 1)).unwrap_err()), "renewed before");
        assert!(words(&ask(&lent("P1", date(2026, 11, 22), 0)).unwrap_err()), "overdue");
        assert_eq!(ask(&lent("P2", TODAY, 0)), Err(Reason::NotOnLoan));
        let held = ItemStanding { held_for: Some(id("P3")), ..lent("P1", TODAY, 0) };
        assert_eq!(ask(&held), Err(Reason::OnHold));
    }

    #[test]
    fn a_clock_gone_mad_is_refused() {
        let wide = PatronStanding { ends_on: Date::MAX, ..patron() };
        let open = Calendar::default();
        assert_eq!(
            checkout(&id("P1"), Some(&wide), Some(&item()), Some(TERMS), &open, Date::MAX),
            Err(Reason::NotForLoan)
        );
    }

    #[test]
    fn a_due_date_falls_on_an_open_day() {
        let closed = Calendar::new([date(2026, 12, 23), date(2026, 12, 24)]);
        let due = checkout(&id("P1"), Some(&patron()), Some(&item()), Some(TERMS), &closed, TODAY);
        assert_eq!(due, Ok(date(2026, 12, 25)));
    }

    #[test]
    fn an_unknown_state_lends_nothing() {
        assert_eq!(CardState::of_code("1"), CardState::Valid);
        assert_eq!(CardState::of_code("10"), CardState::Credit);
        assert_eq!(CardState::of_code("77"), CardState::Unverified);
    }
}
