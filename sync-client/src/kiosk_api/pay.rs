//! What a library card costs, on its way: words of [`super::issue`] about money.
//!
//! | `do` | with | what it is | answer |
//! |---|---|---|---|
//! | `pay` | `id`, `amount_fen` | codes by which a reserved card is paid, one for each provider | `codes`, `money` |
//! | `paid` | `id` | how far that is | `money` |
//! | `refund` | `id` | nobody is to pay any more; what was paid goes back | `money` |
//!
//! Each may be asked again: orders have the card's id at the provider too. Money that comes late goes back by itself, whether
//! or not the machine is still there. `refused` with `refund`: the provider will not give back; staff has to.

use serde::{Deserialize, Serialize};

/// Who takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayVia {
    /// WeChat Pay
    Wechat,
    /// Alipay
    Alipay,
}

/// A code for the patron's phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayCode {
    /// whose
    pub via: PayVia,
    /// what the code says
    pub code: String,
}

/// How far the money for a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyWord {
    /// Nobody has paid yet, as far as is known.
    Open,
    /// Paid.
    Paid,
    /// Nobody can pay any more, and nothing is owed: nothing was paid, or it went back. Should money come in late, it goes
    /// back as well.
    Settled,
    /// What was paid is on its way back: it is not known yet whether it has arrived.
    Returning,
}

impl PayVia {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Wechat, Self::Alipay];

    /// The word on the wire, in files and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wechat => "wechat",
            Self::Alipay => "alipay",
        }
    }

    /// The one with a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_word_everywhere() {
        for via in PayVia::ALL {
            assert_eq!(serde_json::to_value(via).unwrap(), via.word());
            assert_eq!(PayVia::of_word(via.word()), Some(via));
        }
        assert_eq!(PayVia::of_word("cash"), None);
    }
}
