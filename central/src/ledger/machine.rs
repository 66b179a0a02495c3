//! What a machine may do with library cards without staff. Pure; the facts come from the store.
//!
//! | | valid, credit | expired | lost | suspended, unverified, cancelled |
//! |---|---|---|---|---|
//! | told as | `valid` | `expired` | `lost` | `locked` |
//! | renew | from [`RENEW_FROM`] days before its end | granted | `locked` | `locked` |
//! | lose | lost | lost | as it is | `locked` |
//! | pin | granted | granted | `locked` | `locked` |
//! | replace | `not_lost` | `not_lost` | granted | `locked` |
//!
//! A card that staff has locked stays locked: were it reported lost at a machine, its replacement would be a way round that.

use circulation::money::Amount;
use jiff::ToSpan as _;
use jiff::civil::Date;
use sync_client::kiosk_api::issue::{HolderWord, Refusal};

use super::desk::extend;
use super::{CardState, ChangeRefused};

/// A kind of card that machines make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineKind {
    /// the type of card
    pub patron_type: String,
    /// the youngest and the oldest age, in years
    pub ages: (Option<u8>, Option<u8>),
    /// what making it costs
    pub fee: Amount,
    /// the deposit
    pub deposit: Amount,
    /// by the reader's credit instead of a deposit
    pub by_credit: bool,
}

/// How a card is, as the holder of an identity card is told at a machine.
#[must_use]
pub fn standing(state: CardState, ends_on: Date, today: Date) -> HolderWord {
    match state {
        CardState::Valid | CardState::Credit if ends_on < today => HolderWord::Expired,
        CardState::Valid | CardState::Credit => HolderWord::Valid,
        CardState::Lost => HolderWord::Lost,
        CardState::Unverified | CardState::Suspended | CardState::Cancelled => HolderWord::Locked,
    }
}

/// May a machine make this kind of card for somebody born on a day? Gives the state of the card once it was taken.
///
/// # Errors
/// [`Refusal::NoSuchKind`]
pub fn machine_new(kind: Option<&MachineKind>, born: Date, today: Date) -> Result<CardState, Refusal> {
    let age = age(born, today);
    let kind = kind
        .filter(|kind| kind.ages.0.is_none_or(|from| from <= age))
        .filter(|kind| kind.ages.1.is_none_or(|to| age <= to));
    let kind = kind.ok_or(Refusal::NoSuchKind)?;
    Ok(if kind.by_credit { CardState::Credit } else { CardState::Valid })
}

/// May a card be replaced?
///
/// # Errors
/// [`Refusal`]
pub const fn machine_replace(state: CardState) -> Result<(), Refusal> {
    match state {
        CardState::Lost => Ok(()),
        CardState::Valid | CardState::Credit => Err(Refusal::NotLost),
        CardState::Unverified | CardState::Suspended | CardState::Cancelled => Err(Refusal::Locked),
    }
}

/// May something be done with a card that is neither lost nor locked?
///
/// # Errors
/// [`Refusal::Locked`]
pub const fn machine_serve(state: CardState) -> Result<(), Refusal> {
    match state {
        CardState::Valid | CardState::Credit => Ok(()),
        CardState::Lost | CardState::Unverified | CardState::Suspended | CardState::Cancelled => {
            Err(Refusal::Locked)
        }
    }
}

/// The last day of a card whose term is made longer today.
///
/// # Errors
/// [`Refusal::Locked`]; [`Refusal::NotRenewed`]: it is good for long enough.
pub fn machine_renew(
    state: CardState,
    ends_on: Date,
    validity_days: u32,
    today: Date,
) -> Result<Date, Refusal> {
    machine_serve(state)?;
    if ends_on > today.saturating_add(RENEW_FROM.days()) {
        return Err(Refusal::NotRenewed);
    }
    extend(state, ends_on, validity_days, today).map_err(|refused| match refused {
        ChangeRefused::Unknown | ChangeRefused::NoSuchType => Refusal::NoCard,
        ChangeRefused::Cancelled => Refusal::Locked,
        ChangeRefused::SameType
        | ChangeRefused::TooManyLoans { .. }
        | ChangeRefused::BadTerm
        | ChangeRefused::NumberTaken => Refusal::NotRenewed,
    })
}

/// Years of age; 0 for who is not born yet.
fn age(born: Date, today: Date) -> u8 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = i32::from(today.year()) - i32::from(born.year()) - i32::from(!had_birthday);
    u8::try_from(years.clamp(0, i32::from(u8::MAX))).unwrap_or(u8::MAX)
}

/// A term is made longer from so many days before its end: earlier than that, a hand that touches twice would add up terms.
pub(crate) const RENEW_FROM: i64 = 90;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn kind(from: Option<u8>, to: Option<u8>) -> MachineKind {
        let none = Amount::default();
        MachineKind {
            patron_type: "少儿证".to_owned(),
            ages: (from, to),
            fee: none,
            deposit: none,
            by_credit: false,
        }
    }

    #[test]
    fn a_kind_of_card_is_for_its_ages() {
        let child = kind(None, Some(13));
        let new = |kind: &MachineKind, born| machine_new(Some(kind), born, TODAY);
        assert_eq!(new(&child, date(2012, 11, 24)), Ok(CardState::Valid));
        assert_eq!(new(&child, date(2012, 11, 23)), Err(Refusal::NoSuchKind), "fourteen today");
        assert_eq!(new(&kind(Some(14), None), date(2012, 11, 23)), Ok(CardState::Valid));
        assert_eq!(new(&kind(Some(1), None), date(2027, 1, 1)), Err(Refusal::NoSuchKind), "not born yet");
        let credit = MachineKind { by_credit: true, ..kind(None, None) };
        assert_eq!(new(&credit, date(1949, 12, 31)), Ok(CardState::Credit));
        assert_eq!(machine_new(None, TODAY, TODAY), Err(Refusal::NoSuchKind));
    }

    const TABLE: &str = include_str!("machine.rs");

    /// The table above is the rule, read from its text.
    #[test]
    fn the_table_is_the_rule() {
        let row = |name: &str| -> Vec<&str> {
            let row = TABLE.lines().find(|line| line.starts_with(&format!("//! | {name} |"))).unwrap();
            row.trim_start_matches("//! |").trim_end_matches('|').split('|').map(str::trim).collect()
        };
        let of_column = |at: usize| match at {
            1 | 2 => vec![CardState::Valid, CardState::Credit],
            3 => vec![CardState::Lost],
            _ => vec![CardState::Suspended, CardState::Unverified, CardState::Cancelled],
        };
        let word = |refusal: Refusal| {
            serde_json::to_value(refusal).unwrap().as_str().map(|word| format!("`{word}`")).unwrap()
        };
        let granted = |done: Result<(), Refusal>| done.map_or_else(word, |()| "granted".to_owned());
        for at in 1..5 {
            let ends_on = if at == 2 { date(2026, 11, 22) } else { date(2027, 2, 21) };
            for state in of_column(at) {
                let told = serde_json::to_value(standing(state, ends_on, TODAY)).unwrap();
                assert_eq!(format!("`{}`", told.as_str().unwrap()), row("told as")[at], "{state:?}");
                let renewed = machine_renew(state, ends_on, 365, TODAY).map(|_| ());
                let expected = row("renew")[at].replace("from [`RENEW_FROM`] days before its end", "granted");
                assert_eq!(granted(renewed), expected, "{state:?}");
                assert_eq!(granted(machine_serve(state)), row("pin")[at], "{state:?}");
                assert_eq!(granted(machine_replace(state)), row("replace")[at], "{state:?}");
            }
        }
    }

    #[test]
    fn a_term_is_made_longer_once() {
        let renew = |ends_on| machine_renew(CardState::Valid, ends_on, 365, TODAY);
        assert_eq!(renew(date(2027, 2, 22)), Err(Refusal::NotRenewed), "91 days before its end");
        let longer = renew(date(2027, 2, 21));
        assert_eq!(longer, Ok(date(2028, 2, 21)));
        assert_eq!(longer.and_then(renew), Err(Refusal::NotRenewed));
        assert_eq!(renew(date(2020, 1, 1)), Ok(date(2027, 11, 23)), "from today, if it is over");
    }
}
