//! A transfer sheet (调拨单): stock that is moved from one branch to another, a whole batch at a time.
//!
//! | state | fill | ship | receive | close | undo |
//! |---|---|---|---|---|---|
//! | draft | draft | shipped | | | undone |
//! | shipped | | | shipped | received | undone |
//! | received | | | received | | |
//! | undone | | | | | |
//!
//! An empty field is refused. A sheet of which something has arrived is not undone any more: what arrived stays, and goes
//! back with a sheet of its own. What was missing when a sheet was closed can still arrive.

/// How far a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetState {
    /// it is being written
    Draft,
    /// its items are on their way
    Shipped,
    /// it was checked at the other end; what did not arrive is missing
    Received,
    /// nothing of it counts any more
    Undone,
}

/// What is done with a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetEvent {
    /// items are put on it, or taken off
    Fill,
    /// they set out
    Ship,
    /// some arrive
    Receive,
    /// nothing more is expected
    Close,
    /// it was a mistake
    Undo,
}

/// Why a sheet stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SheetRefused {
    /// there is no such sheet
    #[error("there is no such sheet")]
    Unknown,
    /// there is one with this number
    #[error("there is a sheet with this number")]
    Exists,
    /// there is no such branch, or both are the same
    #[error("a sheet goes from one branch to another")]
    BadBranches,
    /// it has no items
    #[error("the sheet has no items")]
    Empty,
    /// that is not done with a sheet in this state
    #[error("that is not done with a sheet in state {0:?}")]
    State(SheetState),
    /// something has arrived
    #[error("something of it has arrived")]
    HasArrived,
}

impl SheetState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Shipped, Self::Received, Self::Undone];

    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shipped => "shipped",
            Self::Received => "received",
            Self::Undone => "undone",
        }
    }

    /// The state behind a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The state after an event, for a sheet with so many items, of which so many have arrived.
    ///
    /// # Errors
    /// [`SheetRefused`]
    pub const fn after(self, event: SheetEvent, n_items: u64, n_arrived: u64) -> Result<Self, SheetRefused> {
        match (self, event) {
            (Self::Draft, SheetEvent::Ship) if n_items == 0 => Err(SheetRefused::Empty),
            (Self::Shipped, SheetEvent::Undo) if n_arrived > 0 => Err(SheetRefused::HasArrived),
            (Self::Draft, SheetEvent::Fill) => Ok(Self::Draft),
            (Self::Draft, SheetEvent::Ship) | (Self::Shipped, SheetEvent::Receive) => Ok(Self::Shipped),
            (Self::Shipped, SheetEvent::Close) | (Self::Received, SheetEvent::Receive) => Ok(Self::Received),
            (Self::Draft | Self::Shipped, SheetEvent::Undo) => Ok(Self::Undone),
            (Self::Draft, SheetEvent::Receive | SheetEvent::Close)
            | (Self::Shipped, SheetEvent::Fill | SheetEvent::Ship)
            | (Self::Received, SheetEvent::Fill | SheetEvent::Ship | SheetEvent::Close | SheetEvent::Undo)
            | (Self::Undone, _) => Err(SheetRefused::State(self)),
        }
    }
}

impl SheetEvent {
    /// Every event.
    pub const ALL: [Self; 5] = [Self::Fill, Self::Ship, Self::Receive, Self::Close, Self::Undo];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table above is the rule, read from its text.
    #[test]
    fn the_table_is_the_machine() {
        let rows: Vec<Vec<&str>> = include_str!("sheet.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .map(|row| row.trim_end_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert_eq!(rows.len(), 5);
        for (state, row) in SheetState::ALL.iter().zip(&rows[1..]) {
            assert_eq!((row[0], SheetState::of_word(row[0])), (state.word(), Some(*state)));
            for (event, expected) in SheetEvent::ALL.iter().zip(&row[1..]) {
                let after = state.after(*event, 1, 0).map(SheetState::word);
                assert_eq!(after.unwrap_or_default(), *expected, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn what_is_empty_does_not_set_out_and_what_has_arrived_is_not_undone() {
        assert_eq!(SheetState::Draft.after(SheetEvent::Ship, 0, 0), Err(SheetRefused::Empty));
        assert_eq!(SheetState::Shipped.after(SheetEvent::Undo, 9, 1), Err(SheetRefused::HasArrived));
        assert_eq!(SheetState::Draft.after(SheetEvent::Undo, 0, 0), Ok(SheetState::Undone));
    }
}
