//! What a card is worth, and how that changes.
//!
//! | state | restore | verify | lose | suspend | cancel | credit | replace |
//! |---|---|---|---|---|---|---|---|
//! | valid | | unverified | lost | suspended | cancelled | credit | |
//! | credit | valid | unverified | lost | suspended | cancelled | | |
//! | unverified | valid | | lost | suspended | cancelled | credit | |
//! | lost | valid | unverified | | suspended | cancelled | credit | valid |
//! | suspended | valid | unverified | lost | | cancelled | credit | |
//! | cancelled | | | | | | | valid |
//!
//! An empty field is refused: nothing would change, or the card is gone; only a card that is lost or cancelled is
//! replaced (补办). A card with loans or fees is not cancelled: the library would lose sight of them.

use circulation::money::Amount;
use sync_client::wire::code;

/// What a card is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// What staff, or the patron, does to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardEvent {
    /// it is good again, or verified
    Restore,
    /// it has to be verified
    Verify,
    /// it is lost
    Lose,
    /// it may not be used for a while
    Suspend,
    /// it ends
    Cancel,
    /// it needs no deposit (信用借阅)
    Credit,
    /// another piece of plastic for one that is lost, or a cancelled one taken up again (补办)
    Replace,
}

/// Why a card stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardRefused {
    /// there is no such card
    #[error("there is no such card")]
    Unknown,
    /// the card is cancelled, for good
    #[error("the card is cancelled")]
    Cancelled,
    /// it is in that state already
    #[error("the card is in that state already")]
    Already,
    /// only what is lost or cancelled is replaced
    #[error("only a card that is lost or cancelled is replaced")]
    NotLost,
    /// the patron still has items
    #[error("the patron still has {0} items")]
    HasLoans(u32),
    /// the patron still owes something
    #[error("the patron still owes something")]
    Owes,
}

impl CardState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Valid, Self::Credit, Self::Unverified, Self::Lost, Self::Suspended, Self::Cancelled];

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

    /// The `rdcfstate`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => code::reader::VALID,
            Self::Credit => code::reader::CREDIT,
            Self::Unverified => code::reader::UNVERIFIED,
            Self::Lost => code::reader::LOST,
            Self::Suspended => code::reader::SUSPENDED,
            Self::Cancelled => code::reader::CANCELLED,
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

    /// The state after an event, for a patron with so many loans and such a debt.
    ///
    /// # Errors
    /// [`CardRefused`]
    pub fn after(self, event: CardEvent, n_loans: u32, debt: Amount) -> Result<Self, CardRefused> {
        let next = match event {
            CardEvent::Restore => Self::Valid,
            CardEvent::Verify => Self::Unverified,
            CardEvent::Lose => Self::Lost,
            CardEvent::Suspend => Self::Suspended,
            CardEvent::Cancel => Self::Cancelled,
            CardEvent::Credit => Self::Credit,
            CardEvent::Replace if matches!(self, Self::Lost | Self::Cancelled) => return Ok(Self::Valid),
            CardEvent::Replace => return Err(CardRefused::NotLost),
        };
        if self == Self::Cancelled {
            return Err(CardRefused::Cancelled);
        }
        if self == next {
            return Err(CardRefused::Already);
        }
        if next == Self::Cancelled && n_loans > 0 {
            return Err(CardRefused::HasLoans(n_loans));
        }
        if next == Self::Cancelled && debt > Amount::from_fen(0) {
            return Err(CardRefused::Owes);
        }
        Ok(next)
    }
}

impl CardEvent {
    /// Every event.
    pub const ALL: [Self; 7] =
        [Self::Restore, Self::Verify, Self::Lose, Self::Suspend, Self::Cancel, Self::Credit, Self::Replace];

    /// The word in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Lose => "lose",
            Self::Suspend => "suspend",
            Self::Cancel => "cancel",
            Self::Credit => "credit",
            Self::Replace => "replace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("card.rs");

    /// The table above is the rule, read from its text.
    #[test]
    fn the_table_is_the_machine() {
        let name = |state: CardState| format!("{state:?}").to_lowercase();
        let rows: Vec<Vec<&str>> = TABLE
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .map(|row| row.trim_end_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert_eq!(rows.len(), 7);
        for (state, row) in CardState::ALL.iter().zip(&rows[1..]) {
            assert_eq!(row[0], name(*state));
            for (event, expected) in CardEvent::ALL.iter().zip(&row[1..]) {
                let after = state.after(*event, 0, Amount::from_fen(0));
                assert_eq!(after.map(name).unwrap_or_default(), *expected, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_card_with_loans_or_fees_is_not_cancelled() {
        let cancel = |n_loans, fen| CardState::Lost.after(CardEvent::Cancel, n_loans, Amount::from_fen(fen));
        assert_eq!(cancel(0, 0), Ok(CardState::Cancelled));
        assert_eq!(cancel(2, 0), Err(CardRefused::HasLoans(2)));
        assert_eq!(cancel(0, 1), Err(CardRefused::Owes));
        assert_eq!(CardState::Valid.after(CardEvent::Lose, 2, Amount::from_fen(1)), Ok(CardState::Lost));
    }

    #[test]
    fn codes_and_back() {
        for state in CardState::ALL {
            assert_eq!(CardState::of_code(state.code()), state);
        }
        assert_eq!(CardState::of_code("77"), CardState::Unverified);
    }
}
