//! What the desk decides: a new card, a longer or another one, a payment. Pure; the facts come from the store.

use circulation::money::Amount;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::CardState;

/// What is known when a card is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IssueFacts {
    /// days that a card of the type is good; nothing: there is no such type
    pub validity_days: Option<u32>,
    /// the branch is not one of ours
    pub is_branch_unknown: bool,
    /// the card number is somebody's
    pub is_number_taken: bool,
    /// the identity card has a library card already
    pub is_certificate_taken: bool,
    /// the log-in is somebody's
    pub is_login_taken: bool,
    /// the attached card stands for somebody else
    pub is_attached_taken: bool,
    /// the payment's number was used before
    pub is_serial_used: bool,
}

/// Why a card is not issued, or not changed as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefused {
    /// there is no such type of card
    #[error("there is no such type of card")]
    NoSuchType,
    /// there is no such branch
    #[error("there is no such branch")]
    NoSuchBranch,
    /// the card number is somebody's
    #[error("the card number is somebody's")]
    NumberTaken,
    /// the identity card has a library card already
    #[error("the identity card has a library card already")]
    CertificateTaken,
    /// the log-in is somebody's
    #[error("the log-in is somebody's")]
    LoginTaken,
    /// the attached card is somebody's
    #[error("the attached card is somebody's")]
    AttachedTaken,
    /// the payment's number was used before
    #[error("the payment's number was used before")]
    SerialUsed,
    /// the term ends before it begins, or beyond the calendar
    #[error("the term ends before it begins")]
    BadTerm,
}

/// May this card be issued? Gives its term; what is not asked for is today, and as long as the type allows.
///
/// # Errors
/// The first [`IssueRefused`] that is true, in the order of its variants.
pub fn issue(
    facts: &IssueFacts,
    (starts_on, ends_on): (Option<Date>, Option<Date>),
    today: Date,
) -> Result<(Date, Date), IssueRefused> {
    let validity_days = facts.validity_days.ok_or(IssueRefused::NoSuchType)?;
    for (is_so, refused) in [
        (facts.is_branch_unknown, IssueRefused::NoSuchBranch),
        (facts.is_number_taken, IssueRefused::NumberTaken),
        (facts.is_certificate_taken, IssueRefused::CertificateTaken),
        (facts.is_login_taken, IssueRefused::LoginTaken),
        (facts.is_attached_taken, IssueRefused::AttachedTaken),
        (facts.is_serial_used, IssueRefused::SerialUsed),
    ] {
        if is_so {
            return Err(refused);
        }
    }
    let starts_on = starts_on.unwrap_or(today);
    let usual = starts_on.checked_add(i64::from(validity_days).days()).map_err(|_| IssueRefused::BadTerm)?;
    let ends_on = ends_on.unwrap_or(usual);
    if ends_on < starts_on { Err(IssueRefused::BadTerm) } else { Ok((starts_on, ends_on)) }
}

/// Why a card is not made longer, or not changed into another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// there is no such card
    #[error("there is no such card")]
    Unknown,
    /// a cancelled card is neither extended nor changed
    #[error("the card is cancelled")]
    Cancelled,
    /// there is no such type
    #[error("there is no such type of card")]
    NoSuchType,
    /// it is of that type already
    #[error("the card is of that type already")]
    SameType,
    /// the new type allows fewer loans than there are
    #[error("the patron has {n_loans} loans, the new type allows {limit}")]
    TooManyLoans {
        /// loans now
        n_loans: u32,
        /// loans that the new type allows
        limit: u32,
    },
    /// the term would end beyond the calendar
    #[error("the term would end beyond the calendar")]
    BadTerm,
    /// the new number is somebody's
    #[error("the card number is somebody's")]
    NumberTaken,
}

/// The last day of a card that is extended today (延期): a whole term from its end, or from today if it is over.
///
/// # Errors
/// [`ChangeRefused`]
pub fn extend(
    state: CardState,
    ends_on: Date,
    validity_days: u32,
    today: Date,
) -> Result<Date, ChangeRefused> {
    if state == CardState::Cancelled {
        return Err(ChangeRefused::Cancelled);
    }
    let from = ends_on.max(today);
    from.checked_add(i64::from(validity_days).days()).map_err(|_| ChangeRefused::BadTerm)
}

/// May the card become one of another type, whose limit of loans is `limit` (nothing: there is no such type)?
///
/// # Errors
/// [`ChangeRefused`]
pub fn change_type(
    state: CardState,
    (old, new): (&str, &str),
    n_loans: u32,
    limit: Option<u32>,
) -> Result<(), ChangeRefused> {
    let limit = limit.ok_or(ChangeRefused::NoSuchType)?;
    match () {
        () if state == CardState::Cancelled => Err(ChangeRefused::Cancelled),
        () if old == new => Err(ChangeRefused::SameType),
        () if n_loans > limit => Err(ChangeRefused::TooManyLoans { n_loans, limit }),
        () => Ok(()),
    }
}

/// A charge that is not paid, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// its number in the log
    pub fee: i64,
    /// what is left of it
    pub left: Amount,
}

/// Why a payment is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayRefused {
    /// there is no such patron
    #[error("there is no such patron")]
    Unknown,
    /// nothing, or less, is paid
    #[error("the amount must be more than nothing")]
    NoAmount,
    /// more is paid than is owed
    #[error("only {0} is owed")]
    TooMuch(Amount),
    /// the patron has no such charge, or it is settled
    #[error("there is no such open charge")]
    NoSuchFee,
    /// the payment's number was used for another payment
    #[error("the payment's number was used for another payment")]
    SerialUsed,
}

/// How an amount settles what is owed: the charge named, or the oldest first, and then what is owed from before there was
/// a log (no charge). What is given back sums up to the amount.
///
/// # Errors
/// [`PayRefused`]
pub fn settle(
    debt: Amount,
    open: &[Open],
    fee: Option<i64>,
    amount: Option<Amount>,
) -> Result<Vec<(Option<i64>, Amount)>, PayRefused> {
    if let Some(fee) = fee {
        let charge = open.iter().find(|charge| charge.fee == fee && charge.left.fen() > 0);
        let charge = charge.ok_or(PayRefused::NoSuchFee)?;
        let amount = amount.unwrap_or(charge.left);
        return match () {
            () if amount.fen() <= 0 => Err(PayRefused::NoAmount),
            () if amount > charge.left => Err(PayRefused::TooMuch(charge.left)),
            () => Ok(vec![(Some(fee), amount)]),
        };
    }
    let amount = amount.filter(|amount| amount.fen() > 0).ok_or(PayRefused::NoAmount)?;
    if amount > debt {
        return Err(PayRefused::TooMuch(debt));
    }
    let mut left = amount.fen();
    let mut parts = Vec::new();
    for charge in open.iter().filter(|charge| charge.left.fen() > 0) {
        let part = left.min(charge.left.fen());
        if part > 0 {
            parts.push((Some(charge.fee), Amount::from_fen(part)));
        }
        left -= part;
    }
    if left > 0 {
        parts.push((None, Amount::from_fen(left)));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn fen(fen: i64) -> Amount {
        Amount::from_fen(fen)
    }

    #[test]
    fn a_card_is_issued_unless_something_is_there_already() {
        let good = IssueFacts { validity_days: Some(365), ..IssueFacts::default() };
        let none = (None, None);
        assert_eq!(issue(&good, none, TODAY), Ok((TODAY, date(2027, 11, 23))));
        let asked = (Some(date(2026, 12, 1)), Some(date(2026, 12, 31)));
        assert_eq!(issue(&good, asked, TODAY), Ok((date(2026, 12, 1), date(2026, 12, 31))));
        #[rustfmt::skip]
        let rows = [
            (IssueFacts::default(),                                   none, IssueRefused::NoSuchType),
            (IssueFacts { is_branch_unknown: true, ..good },          none, IssueRefused::NoSuchBranch),
            (IssueFacts { is_number_taken: true, ..good },            none, IssueRefused::NumberTaken),
            (IssueFacts { is_certificate_taken: true, ..good },       none, IssueRefused::CertificateTaken),
            (IssueFacts { is_login_taken: true, ..good },             none, IssueRefused::LoginTaken),
            (IssueFacts { is_attached_taken: true, ..good },          none, IssueRefused::AttachedTaken),
            (IssueFacts { is_serial_used: true, ..good },             none, IssueRefused::SerialUsed),
            (good, (None, Some(date(2026, 11, 22))),                  IssueRefused::BadTerm),
            (good, (Some(Date::MAX), None),                           IssueRefused::BadTerm),
        ];
        for (facts, term, refused) in rows {
            assert_eq!(issue(&facts, term, TODAY), Err(refused));
        }
    }

    #[test]
    fn a_card_is_extended_from_its_end_or_from_today() {
        let valid = CardState::Valid;
        assert_eq!(extend(valid, date(2026, 12, 1), 30, TODAY), Ok(date(2026, 12, 31)));
        assert_eq!(extend(valid, date(2026, 1, 1), 30, TODAY), Ok(date(2026, 12, 23)));
        assert_eq!(extend(CardState::Cancelled, TODAY, 30, TODAY), Err(ChangeRefused::Cancelled));
        assert_eq!(extend(valid, Date::MAX, 30, TODAY), Err(ChangeRefused::BadTerm));
    }

    #[test]
    fn a_type_is_changed_if_the_loans_fit() {
        let ask = |state, new, n_loans, limit| change_type(state, ("a", new), n_loans, limit);
        assert_eq!(ask(CardState::Valid, "b", 5, Some(5)), Ok(()));
        let too_many = ChangeRefused::TooManyLoans { n_loans: 6, limit: 5 };
        assert_eq!(ask(CardState::Valid, "b", 6, Some(5)), Err(too_many));
        assert_eq!(ask(CardState::Valid, "b", 0, None), Err(ChangeRefused::NoSuchType));
        assert_eq!(ask(CardState::Valid, "a", 0, Some(5)), Err(ChangeRefused::SameType));
        assert_eq!(ask(CardState::Cancelled, "b", 0, Some(5)), Err(ChangeRefused::Cancelled));
    }

    #[test]
    fn a_payment_settles_the_oldest_first_and_never_more_than_is_owed() {
        let open =
            [Open { fee: 3, left: fen(100) }, Open { fee: 5, left: fen(0) }, Open { fee: 7, left: fen(50) }];
        let pay = |fee, amount: Option<i64>| settle(fen(200), &open, fee, amount.map(fen));
        assert_eq!(pay(None, Some(120)), Ok(vec![(Some(3), fen(100)), (Some(7), fen(20))]));
        assert_eq!(pay(None, Some(200)), Ok(vec![(Some(3), fen(100)), (Some(7), fen(50)), (None, fen(50))]));
        assert_eq!(pay(None, Some(201)), Err(PayRefused::TooMuch(fen(200))));
        assert_eq!(pay(None, Some(0)), Err(PayRefused::NoAmount));
        assert_eq!(pay(None, Some(-5)), Err(PayRefused::NoAmount));
        assert_eq!(pay(None, None), Err(PayRefused::NoAmount));
        assert_eq!(pay(Some(7), None), Ok(vec![(Some(7), fen(50))]));
        assert_eq!(pay(Some(7), Some(51)), Err(PayRefused::TooMuch(fen(50))));
        assert_eq!(pay(Some(5), None), Err(PayRefused::NoSuchFee));
        assert_eq!(pay(Some(4), None), Err(PayRefused::NoSuchFee));
    }
}
