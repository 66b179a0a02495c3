//! What central knows of a patron's loans, holds and fees.

use jiff::civil::Date;

use crate::id::ItemId;
use crate::item::Description;
use crate::money::Amount;
use crate::screen::HoldState;

/// A patron's account at one moment. Kept only while the patron looks at it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// what is on loan
    pub loans: Vec<Loan>,
    /// what is on hold
    pub holds: Vec<Hold>,
    /// fees owed
    pub debt: Amount,
}

/// One loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// the item
    pub item: ItemId,
    /// title and author, as far as central says them
    pub description: Description,
    /// when it is due, if central says it
    pub due: Option<Date>,
    /// it should be back already
    pub overdue: bool,
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// the item, if central names one: without it the hold cannot be given up here
    pub item: Option<ItemId>,
    /// title and author, as far as central says them
    pub description: Description,
    /// how far it is
    pub state: HoldState,
}

/// Says how much there is, not what: a patron's books are nobody's business.
impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account")
            .field("n_loans", &self.loans.len())
            .field("n_holds", &self.holds.len())
            .finish_non_exhaustive()
    }
}
