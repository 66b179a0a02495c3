//! What a patron has on loan, on hold and to pay.

use jiff::civil::Date;

use crate::id::ItemId;
use crate::money::Amount;
use crate::transaction::Reason;

use super::PatronView;

/// The page of a patron's account. It is shown only after the patron asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// whose it is, masked
    pub patron: PatronView,
    /// whether central has answered
    pub state: AccountState,
    /// loans, the earliest due first
    pub loans: Vec<LoanLine>,
    /// holds, those that can be picked up first
    pub holds: Vec<HoldLine>,
    /// fees owed
    pub debt: Amount,
    /// seconds until the visit ends by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// Whether an account is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountState {
    /// Central is being asked.
    Asking,
    /// It is not known, for this reason.
    Unknown(Reason),
    /// It is known.
    Known,
}

/// One loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanLine {
    /// the item's barcode
    pub item: ItemId,
    /// title, if central says it
    pub title: Option<String>,
    /// author, if central says it
    pub author: Option<String>,
    /// when it is due
    pub due: Option<Date>,
    /// it should be back already
    pub overdue: bool,
    /// whether it can be renewed, and how far that is
    pub renewal: Renewal,
}

/// Whether a loan can be renewed, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// It may be tried.
    Offered,
    /// Central is being asked.
    Asking,
    /// It is renewed.
    Done,
    /// It is not renewed, for this reason.
    Refused(Reason),
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldLine {
    /// title, if central says it
    pub title: Option<String>,
    /// author, if central says it
    pub author: Option<String>,
    /// how far it is
    pub state: HoldState,
    /// whether it can be given up, and how far that is
    pub cancellation: Cancellation,
}

/// Whether a hold can be given up, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// Not at this machine.
    No,
    /// It may be tried.
    Offered,
    /// It was touched once: is it meant?
    Unsure,
    /// Central is being asked.
    Asking,
    /// It is given up.
    Done,
    /// It is still held, for this reason.
    Refused(Reason),
}

/// How far a hold is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldState {
    /// Others are before this patron.
    Waiting {
        /// how many, if central says it
        before: Option<u32>,
    },
    /// On its way to the branch where it is to be picked up.
    OnItsWay,
    /// It can be picked up.
    Ready {
        /// where, if central says it
        at: Option<String>,
        /// until when, if central says it
        until: Option<Date>,
    },
}
