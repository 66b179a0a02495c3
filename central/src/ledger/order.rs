//! How an order at a payment provider goes on. Pure.
//!
//! | | `Created` | `Paid` | `Ended` | `Unwanted` | `Returned` |
//! |---|---|---|---|---|---|
//! | asked | open | paid | closed | closing | |
//! | open | | paid | closed | closing | |
//! | paid | | | | refunding | |
//! | closing | | refunding | closed | | |
//! | closed | | refunding | | | |
//! | refunding | | | | | refunded |
//! | refunded | | | | | |
//!
//! *asked* is on the disk before the provider is called: it may know the order. *closing* and *refunding* are promises: central
//! asks the provider until it hears. Whatever was paid for an order that nobody wants any more goes back, however late.

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// The provider is asked to make it.
    Asked,
    /// It can be paid.
    Open,
    /// It is paid.
    Paid,
    /// Nobody is to pay it any more.
    Closing,
    /// Nobody can.
    Closed,
    /// What was paid is to go back.
    Refunding,
    /// It went back.
    Refunded,
}

/// What was heard of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tiding {
    /// The provider has made it.
    Created,
    /// It was paid.
    Paid,
    /// Nobody can pay it any more, and nobody has.
    Ended,
    /// Nobody wants it any more: the patron has gone, or has paid another way.
    Unwanted,
    /// The money went back.
    Returned,
}

impl OrderState {
    /// All, in their order.
    pub const ALL: [Self; 7] =
        [Self::Asked, Self::Open, Self::Paid, Self::Closing, Self::Closed, Self::Refunding, Self::Refunded];

    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    /// The one with a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Where a tiding leads; nothing if it changes nothing.
    #[must_use]
    pub const fn after(self, tiding: Tiding) -> Option<Self> {
        match (self, tiding) {
            (Self::Asked, Tiding::Created) => Some(Self::Open),
            (Self::Asked | Self::Open, Tiding::Paid) => Some(Self::Paid),
            (Self::Asked | Self::Open | Self::Closing, Tiding::Ended) => Some(Self::Closed),
            (Self::Asked | Self::Open, Tiding::Unwanted) => Some(Self::Closing),
            (Self::Paid, Tiding::Unwanted) | (Self::Closing | Self::Closed, Tiding::Paid) => {
                Some(Self::Refunding)
            }
            (Self::Refunding, Tiding::Returned) => Some(Self::Refunded),
            (
                Self::Asked
                | Self::Open
                | Self::Paid
                | Self::Closing
                | Self::Closed
                | Self::Refunding
                | Self::Refunded,
                _,
            ) => None,
        }
    }

    /// Whether money may be with the provider, or can still come there.
    #[must_use]
    pub const fn is_unsettled(self) -> bool {
        match self {
            Self::Asked | Self::Open | Self::Paid | Self::Closing | Self::Refunding => true,
            Self::Closed | Self::Refunded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("order.rs");

    /// The table above is the rule, read from its text.
    #[test]
    fn the_table_is_the_rule() {
        let tidings = [Tiding::Created, Tiding::Paid, Tiding::Ended, Tiding::Unwanted, Tiding::Returned];
        for state in OrderState::ALL {
            let begin = format!("//! | {} |", state.word());
            let row = TABLE.lines().find_map(|line| line.strip_prefix(&begin)).unwrap();
            let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
            for (tiding, cell) in tidings.into_iter().zip(cells) {
                let after = state.after(tiding).map_or("", OrderState::word);
                assert_eq!(after, cell, "{state:?} {tiding:?}");
            }
            assert_eq!(OrderState::of_word(state.word()), Some(state));
        }
        assert_eq!(OrderState::of_word("lost"), None);
    }

    /// Whatever is heard in whatever order: once an order is unwanted, no money of its stays.
    #[test]
    fn an_unwanted_order_keeps_no_money() {
        let heard = [Tiding::Created, Tiding::Paid, Tiding::Ended, Tiding::Returned];
        for first in OrderState::ALL {
            let Some(mut states) = first.after(Tiding::Unwanted).map(|state| vec![state]) else { continue };
            for _ in 0..3 {
                let next: Vec<OrderState> = states
                    .iter()
                    .flat_map(|state| heard.iter().filter_map(|tiding| state.after(*tiding)))
                    .collect();
                states.extend(next);
            }
            assert!(
                !states.iter().any(|state| matches!(state, OrderState::Open | OrderState::Paid)),
                "{states:?}"
            );
        }
    }
}
