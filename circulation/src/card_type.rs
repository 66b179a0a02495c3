//! Kinds of library cards, and who may have which: central's rules, as far as the kiosk has to know them.

use crate::money::Amount;

/// One kind of card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardType {
    /// central's code
    pub code: String,
    /// its name in the library's words (普通借阅证, 少儿证)
    pub name: String,
    /// the youngest age that may have it, in years
    pub youngest: Option<u8>,
    /// the oldest one
    pub oldest: Option<u8>,
    /// what making the card costs
    pub fee: Amount,
    /// how the library is secured
    pub security: Security,
    /// how many items it lends; none if it only opens the reading room
    pub lends: Option<u32>,
}

/// What stands for items that do not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Nothing is wanted.
    None,
    /// This much is paid, and comes back with the card.
    Deposit(Amount),
    /// The reader's credit, which the library has asked for elsewhere.
    Credit,
}

impl CardType {
    /// Whether somebody of this age may have it.
    #[must_use]
    pub fn is_for(&self, age: u8) -> bool {
        self.youngest.is_none_or(|youngest| youngest <= age) && self.oldest.is_none_or(|oldest| age <= oldest)
    }

    /// What is to be paid at the machine: fee and deposit.
    #[must_use]
    pub const fn due(&self) -> Amount {
        let deposit = match self.security {
            Security::None | Security::Credit => 0,
            Security::Deposit(amount) => amount.fen(),
        };
        Amount::from_fen(self.fee.fen().saturating_add(deposit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_and_money_decide() {
        let child = CardType {
            code: "SE".into(),
            name: "少儿证".into(),
            youngest: None,
            oldest: Some(13),
            fee: Amount::from_fen(500),
            security: Security::Deposit(Amount::from_fen(5000)),
            lends: Some(5),
        };
        assert!(child.is_for(0) && child.is_for(13) && !child.is_for(14));
        assert_eq!(child.due(), Amount::from_fen(5500));
        let adult = CardType { youngest: Some(14), oldest: None, security: Security::Credit, ..child };
        assert!(!adult.is_for(13) && adult.is_for(99));
        assert_eq!(adult.due(), Amount::from_fen(500));
    }
}
