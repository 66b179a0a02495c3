//! Facts: what a kiosk did while nobody could be asked. The book is gone, or here; nothing of it can be refused.
//!
//! What happened later wins: a fact that is older than the item's last move changes nothing and is shown to staff. That an item
//! came back which nobody had is such a move too: whoever lent it may not have told yet.

use circulation::id::PatronId;
use circulation::transaction::Reason;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::Exception;

use super::{ItemStanding, Loan, OpenDays, PatronStanding, Terms, checkout};

/// When something happened, and what is known of the item's last move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// when it happened
    pub at: DateTime,
    /// when the item was last lent or taken back
    pub moved_at: Option<DateTime>,
    /// the due date that the patron was told
    pub due: Option<Date>,
}

/// What to do about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Change nothing.
    Nothing(Option<Exception>),
    /// Lend the item, after ending the loan it is on, if any.
    Lend {
        /// ends first
        ended: Option<Loan>,
        /// due date
        due_on: Date,
        /// what staff must look at
        exception: Option<Exception>,
    },
    /// End the loan.
    TakeBack(Loan),
}

/// A checkout that has happened.
#[must_use]
pub fn told_checkout(
    who: &PatronId,
    patron: Option<&PatronStanding>,
    item: Option<&ItemStanding>,
    terms: Option<Terms>,
    open: &OpenDays,
    fact: Fact,
) -> Told {
    if patron.is_none() {
        return Told::Nothing(Some(Exception::Against(Reason::PatronUnknown)));
    }
    let Some(item) = item else {
        return Told::Nothing(Some(Exception::Against(Reason::ItemUnknown)));
    };
    if fact.moved_at.is_some_and(|moved| moved > fact.at) {
        return Told::Nothing(Some(Exception::Superseded));
    }
    if item.loan.as_ref().is_some_and(|loan| loan.patron == *who) {
        return Told::Nothing(None);
    }
    let there = ItemStanding { loan: None, ..item.clone() };
    let today = fact.at.date();
    let judged = checkout(who, patron, Some(&there), terms, open, today);
    let due_on = fact
        .due
        .filter(|due| is_plausible(*due, today))
        .or_else(|| judged.as_ref().ok().copied())
        .or_else(|| terms.and_then(|terms| open.due(today, terms.period_days)))
        .unwrap_or(today);
    // That somebody else's loan had to be ended weighs more than a rule that was broken.
    let exception = match &item.loan {
        Some(_) => Some(Exception::WasOnLoan),
        None => judged.err().map(Exception::Against),
    };
    Told::Lend { ended: item.loan.clone(), due_on, exception }
}

/// A checkin that has happened. What is not on loan needs nothing.
#[must_use]
pub fn told_checkin(item: Option<&ItemStanding>, fact: Fact) -> Told {
    let Some(item) = item else {
        return Told::Nothing(Some(Exception::Against(Reason::ItemUnknown)));
    };
    match &item.loan {
        None => Told::Nothing(None),
        Some(_) if fact.moved_at.is_some_and(|moved| moved > fact.at) => {
            Told::Nothing(Some(Exception::Superseded))
        }
        Some(loan) => Told::TakeBack(loan.clone()),
    }
}

/// A kiosk with a wrong clock must not lend for ever.
fn is_plausible(due: Date, today: Date) -> bool {
    due >= today && today.checked_add(MAX_PERIOD_DAYS.days()).is_ok_and(|last| due <= last)
}

/// The longest period that a rule can have.
const MAX_PERIOD_DAYS: i64 = 3660;

#[cfg(test)]
mod tests {
    use super::super::{CardState, Fine};
    use super::*;
    use circulation::money::Amount;
    use jiff::civil::{date, datetime};

    const AT: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);
    const FACT: Fact = Fact { at: AT, moved_at: None, due: None };

    fn id(text: &str) -> PatronId {
        PatronId::parse(text).unwrap()
    }

    fn patron(state: CardState) -> PatronStanding {
        PatronStanding {
            state,
            starts_on: date(2025, 1, 1),
            ends_on: date(2027, 1, 1),
            debt: Amount::from_fen(0),
            debt_limit: Amount::from_fen(1000),
            n_loans: 2,
            loan_limit: 10,
            n_overdue: 0,
            overdue_limit: None,
            is_blocked: false,
            n_of_type: 0,
        }
    }

    fn item(lent_to: Option<&str>) -> ItemStanding {
        let loan = lent_to.map(|who| Loan { patron: id(who), due_on: date(2026, 12, 1), n_renewals: 0 });
        ItemStanding { is_in_library: true, loan, held_for: None }
    }

    fn told(state: CardState, item: &ItemStanding, fact: Fact) -> Told {
        let terms = Some(Terms {
            period_days: 30,
            n_renewals: 1,
            renewal_days: None,
            loan_limit: None,
            fine: Fine::default(),
        });
        let open = OpenDays::default();
        told_checkout(&id("P1"), Some(&patron(state)), Some(item), terms, &open, fact)
    }

    fn lend(exception: Option<Exception>) -> Told {
        Told::Lend { ended: None, due_on: date(2026, 12, 23), exception }
    }

    #[test]
    fn a_checkout_is_never_refused() {
        let later = Fact { moved_at: Some(AT + 1.second()), ..FACT };
        let same = Fact { moved_at: Some(AT), ..FACT };
        let valid = CardState::Valid;
        assert_eq!(told(valid, &item(None), FACT), lend(None));
        assert_eq!(told(valid, &item(None), same), lend(None), "of the same second: the order told decides");
        assert_eq!(
            told(CardState::Lost, &item(None), FACT),
            lend(Some(Exception::Against(Reason::PatronLost)))
        );
        let held = ItemStanding { held_for: Some(id("P2")), ..item(None) };
        assert_eq!(told(valid, &held, FACT), lend(Some(Exception::Against(Reason::OnHold))));
        assert_eq!(told(valid, &item(None), later), Told::Nothing(Some(Exception::Superseded)));
        assert_eq!(told(valid, &item(Some("P1")), FACT), Told::Nothing(None), "his already");
        let others = item(Some("P2"));
        let Told::Lend { ended, exception, .. } = told(valid, &others, FACT) else { panic!() };
        assert_eq!((ended, exception), (others.loan, Some(Exception::WasOnLoan)));
    }

    #[test]
    fn nobody_and_nothing_can_have_no_loan() {
        let unknown = |reason| Told::Nothing(Some(Exception::Against(reason)));
        let open = OpenDays::default();
        assert_eq!(
            told_checkout(&id("P1"), None, Some(&item(None)), None, &open, FACT),
            unknown(Reason::PatronUnknown)
        );
        let patron = patron(CardState::Valid);
        assert_eq!(
            told_checkout(&id("P1"), Some(&patron), None, None, &open, FACT),
            unknown(Reason::ItemUnknown)
        );
        assert_eq!(told_checkin(None, FACT), unknown(Reason::ItemUnknown));
    }

    #[test]
    fn the_due_date_that_was_told_stands_unless_it_is_absurd() {
        for (due, stands) in [
            (date(2026, 12, 1), true),
            (date(2026, 11, 23), true),
            (date(2026, 11, 22), false),
            (date(2037, 1, 1), false),
        ] {
            let fact = Fact { due: Some(due), ..FACT };
            let Told::Lend { due_on, .. } = told(CardState::Valid, &item(None), fact) else { panic!() };
            assert_eq!(due_on == due, stands, "{due}");
        }
    }

    #[test]
    fn a_checkin_ends_the_loan_unless_a_later_one_was_made() {
        let lent = item(Some("P2"));
        let earlier = Fact { moved_at: Some(AT - 1.second()), ..FACT };
        let later = Fact { moved_at: Some(AT + 1.second()), ..FACT };
        assert_eq!(told_checkin(Some(&lent), earlier), Told::TakeBack(lent.loan.clone().unwrap()));
        assert_eq!(told_checkin(Some(&lent), later), Told::Nothing(Some(Exception::Superseded)));
        assert_eq!(told_checkin(Some(&item(None)), later), Told::Nothing(None));
    }
}
