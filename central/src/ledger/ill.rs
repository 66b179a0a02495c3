//! A loan between two libraries (馆际互借): what is done in one of them, and what the other hears of it.
//!
//! | state | who borrows: cancel | receive | send back | who lends: send | refuse | take home |
//! |---|---|---|---|---|---|---|
//! | asked | cancelled | | | sent | refused | |
//! | sent | | here | | | | |
//! | here | | | back | | | |
//! | back | | | | | | closed |
//!
//! An empty field is refused. Each library has a row of its own under the same id; what is done to one is told to the other,
//! which goes the same way. **Crossing**: who borrows cancels while who lends sends, or refuses. What who lends did wins on both
//! sides: a thing that is on its way is received and sent back, whatever was meant.

use core::fmt;

/// Which of the two a library is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// a patron of it wants the item
    Borrows,
    /// the item is its own
    Lends,
}

/// How far a loan between libraries is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IllState {
    /// it was asked for
    Asked,
    /// the other library does not lend it
    Refused,
    /// it is not wanted any more
    Cancelled,
    /// it is on its way to who borrows
    Sent,
    /// it is there, and can be lent
    Here,
    /// it is on its way home
    Back,
    /// it is home
    Closed,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IllDeed {
    /// who borrows asks
    Ask,
    /// who borrows does not want it any more
    Cancel,
    /// who lends sends an item
    Send,
    /// who lends does not
    Refuse,
    /// it has arrived where it was wanted
    Receive,
    /// it was sent back
    SendBack,
    /// it has arrived home
    TakeHome,
}

/// Why a loan between libraries stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllRefused {
    /// there is no such loan
    #[error("there is no such loan")]
    Unknown,
    /// that library is no partner
    #[error("that library is no partner")]
    NoPartner,
    /// the patron or the branch is not there
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// that is not done in this state, or not by this side
    #[error("that is not done with a loan that is {0}")]
    State(IllState),
    /// the item cannot be sent or taken: on loan, held, elsewhere, or unknown
    #[error("the item cannot be moved: {0}")]
    Item(&'static str),
    /// an item of this library has the same barcode
    #[error("an item of this library has the same barcode")]
    Clash,
}

impl Side {
    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Borrows => "borrows",
            Self::Lends => "lends",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Borrows, Self::Lends].into_iter().find(|side| side.word() == word)
    }
}

impl IllState {
    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Sent => "sent",
            Self::Here => "here",
            Self::Back => "back",
            Self::Closed => "closed",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Asked, Self::Refused, Self::Cancelled, Self::Sent, Self::Here, Self::Back, Self::Closed];

    /// Whether anything can still happen.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Refused | Self::Cancelled | Self::Closed => true,
            Self::Asked | Self::Sent | Self::Here | Self::Back => false,
        }
    }
}

impl fmt::Display for IllState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl IllDeed {
    /// Every deed.
    pub const ALL: [Self; 7] =
        [Self::Ask, Self::Cancel, Self::Send, Self::Refuse, Self::Receive, Self::SendBack, Self::TakeHome];

    /// The word in the store and on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Cancel => "cancel",
            Self::Send => "send",
            Self::Refuse => "refuse",
            Self::Receive => "receive",
            Self::SendBack => "back",
            Self::TakeHome => "home",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.word() == word)
    }

    /// Who does it.
    #[must_use]
    pub const fn by(self) -> Side {
        match self {
            Self::Ask | Self::Cancel | Self::Receive | Self::SendBack => Side::Borrows,
            Self::Send | Self::Refuse | Self::TakeHome => Side::Lends,
        }
    }
}

/// The state after a deed of one's own; nothing: it is not done now, or not by this side.
#[must_use]
pub fn own(side: Side, state: IllState, deed: IllDeed) -> Option<IllState> {
    if deed.by() != side {
        return None;
    }
    match (state, deed) {
        (IllState::Asked, IllDeed::Cancel) => Some(IllState::Cancelled),
        (IllState::Asked, IllDeed::Send) => Some(IllState::Sent),
        (IllState::Asked, IllDeed::Refuse) => Some(IllState::Refused),
        (IllState::Sent, IllDeed::Receive) => Some(IllState::Here),
        (IllState::Here, IllDeed::SendBack) => Some(IllState::Back),
        (IllState::Back, IllDeed::TakeHome) => Some(IllState::Closed),
        _ => None,
    }
}

/// The state after hearing of a deed of the other library's. What does not fit leaves it as it is: the other's own table
/// allowed it, and only a crossing brings it here out of turn.
#[must_use]
pub fn heard(state: IllState, deed: IllDeed) -> IllState {
    match (state, deed) {
        (IllState::Asked, IllDeed::Cancel) => IllState::Cancelled,
        (IllState::Asked | IllState::Cancelled, IllDeed::Refuse) => IllState::Refused,
        (IllState::Asked | IllState::Cancelled, IllDeed::Send) => IllState::Sent,
        (IllState::Sent, IllDeed::Receive) => IllState::Here,
        (IllState::Here, IllDeed::SendBack) => IllState::Back,
        (IllState::Back, IllDeed::TakeHome) => IllState::Closed,
        (state, _) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    use proptest::prelude::*;

    proptest! {
        /// Whatever both do, and however late each hears of the other: once everything is heard, both are in one state.
        #[test]
        fn once_everything_is_heard_both_libraries_agree(
            steps in prop::collection::vec((any::<bool>(), 0..7_usize, any::<bool>()), 0..60)
        ) {
            let mut states = [IllState::Asked, IllState::Asked];
            let mut ways: [VecDeque<IllDeed>; 2] = Default::default();
            for (is_lender, deed, hears) in steps {
                let at = usize::from(is_lender);
                if hears {
                    if let Some(deed) = ways[at].pop_front() {
                        states[at] = heard(states[at], deed);
                    }
                    continue;
                }
                let side = if is_lender { Side::Lends } else { Side::Borrows };
                if let Some(next) = own(side, states[at], IllDeed::ALL[deed]) {
                    states[at] = next;
                    ways[1 - at].push_back(IllDeed::ALL[deed]);
                }
            }
            for at in [0, 1] {
                while let Some(deed) = ways[at].pop_front() {
                    states[at] = heard(states[at], deed);
                }
            }
            prop_assert_eq!(states[0], states[1]);
        }
    }

    #[test]
    fn every_word_is_read_again() {
        for state in IllState::ALL {
            assert_eq!(IllState::of_word(state.word()), Some(state));
        }
        for deed in IllDeed::ALL {
            assert_eq!(IllDeed::of_word(deed.word()), Some(deed));
        }
    }
}
