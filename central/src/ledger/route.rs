//! Where an item goes: holds, and the way home of what was brought back elsewhere (通借通还).

use circulation::id::PatronId;
use circulation::transaction::{Destination, Reason};
use jiff::civil::Date;

use super::{ItemStanding, PatronStanding, Terms, may_borrow};

/// The hold that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// whose it is
    pub patron: PatronId,
    /// the branch where it is to be picked up; nothing: wherever the item stands
    pub pickup: Option<String>,
}

/// What is done with an item that is in staff's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// It stays where it is, on the open shelf.
    Shelf,
    /// It waits here for the patron whose hold counts.
    HoldShelf(PatronId),
    /// It is sent to another branch, to be picked up there.
    ToPickup(String),
    /// It is sent to where it belongs.
    Home(String),
}

impl Route {
    /// The same in the words that kiosks know.
    #[must_use]
    pub fn destination(&self) -> Destination {
        match self {
            Self::Shelf => Destination::Shelf,
            Self::HoldShelf(_) => Destination::HoldShelf,
            Self::ToPickup(branch) => Destination::HoldElsewhere(branch.clone()),
            Self::Home(branch) => Destination::Home(branch.clone()),
        }
    }
}

/// Why nothing is held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefused {
    /// the patron may not borrow, or there is no such item, or it is not lent to this patron
    #[error("{0:?}")]
    Reason(Reason),
    /// the patron has the item
    #[error("the patron has the item already")]
    OwnLoan,
    /// the patron has as many holds as the card type allows
    #[error("the patron has {0} holds, as many as allowed")]
    HoldLimit(u32),
    /// there is no such branch
    #[error("there is no such branch")]
    NoBranch,
    /// it is on loan: it can be reserved, not fetched from the shelf
    #[error("the item is on loan")]
    NotOnShelf,
    /// the last day on which it is wanted is over
    #[error("the last day on which it is wanted is over")]
    DayOver,
    /// the hold is there already
    #[error("the patron holds the item already")]
    Already,
}

/// Where an item goes that is at `here` (nothing: nobody knows, so where it belongs).
#[must_use]
pub fn route(here: Option<&str>, home: &str, held: Option<&Held>) -> Route {
    let at = here.unwrap_or(home);
    match held {
        Some(Held { patron, pickup }) => match pickup.as_deref().filter(|pickup| *pickup != at) {
            Some(pickup) => Route::ToPickup(pickup.to_owned()),
            None => Route::HoldShelf(patron.clone()),
        },
        None if at == home => Route::Shelf,
        None => Route::Home(home.to_owned()),
    }
}

/// May this patron hold this item? What is on the shelf may be held too: it is fetched for the patron.
///
/// # Errors
/// [`HoldRefused`]
pub fn hold(
    who: &PatronId,
    patron: Option<&PatronStanding>,
    item: Option<&ItemStanding>,
    terms: Option<Terms>,
    (n_holds, hold_limit): (u32, u32),
    today: Date,
) -> Result<(), HoldRefused> {
    let patron = patron.ok_or(HoldRefused::Reason(Reason::PatronUnknown))?;
    may_borrow(patron, today).map_err(HoldRefused::Reason)?;
    let item = item.ok_or(HoldRefused::Reason(Reason::ItemUnknown))?;
    if !item.is_in_library || terms.is_none() {
        return Err(HoldRefused::Reason(Reason::NotForLoan));
    }
    if item.loan.as_ref().is_some_and(|loan| loan.patron == *who) {
        return Err(HoldRefused::OwnLoan);
    }
    if n_holds >= hold_limit {
        return Err(HoldRefused::HoldLimit(hold_limit));
    }
    Ok(())
}

/// May a hold be of the kind wanted? What is to be fetched from the shelf (预借) must stand there, and nobody holds for
/// the past.
///
/// # Errors
/// [`HoldRefused::NotOnShelf`], [`HoldRefused::DayOver`]
pub fn hold_kind(
    is_prelend: bool,
    item: Option<&ItemStanding>,
    until: Option<Date>,
    today: Date,
) -> Result<(), HoldRefused> {
    match () {
        () if is_prelend && item.is_some_and(|item| item.loan.is_some()) => Err(HoldRefused::NotOnShelf),
        () if is_prelend && item.is_some_and(|item| item.held_for.is_some()) => {
            Err(HoldRefused::Reason(Reason::OnHold))
        }
        () if until.is_some_and(|until| until < today) => Err(HoldRefused::DayOver),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_goes_to_its_reader_first_and_home_otherwise() {
        let held = |pickup: Option<&str>| {
            Some(Held { patron: PatronId::parse("P1").unwrap(), pickup: pickup.map(str::to_owned) })
        };
        let waits = Route::HoldShelf(PatronId::parse("P1").unwrap());
        let goes = |to: &str| Route::ToPickup(to.to_owned());
        #[rustfmt::skip]
        let rows: Vec<(Option<&str>, Option<Held>, Route)> = vec![
            (None,       None,             Route::Shelf),
            (Some("B1"), None,             Route::Shelf),
            (Some("B2"), None,             Route::Home("B1".to_owned())),
            (None,       held(None),       waits.clone()),
            (Some("B2"), held(None),       waits.clone()),
            (Some("B2"), held(Some("B2")), waits.clone()),
            (Some("B2"), held(Some("B1")), goes("B1")),
            (Some("B1"), held(Some("B2")), goes("B2")),
            (None,       held(Some("B1")), waits),
            (None,       held(Some("B2")), goes("B2")),
        ];
        for (here, held, expected) in rows {
            assert_eq!(route(here, "B1", held.as_ref()), expected, "{here:?} {held:?}");
        }
    }
}
