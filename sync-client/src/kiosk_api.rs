//! Central's own interface for kiosks, the forms of both sides. Pure: bytes in, values out.
//!
//! ```text
//!   POST /kiosk/v1/transactions   {"opuser","transactions":[..]}      -> {"answers":[..]}      one for each, in order
//!   GET  /kiosk/v1/snapshot       header Snapshot-After: PLACE        -> lines: head rules patron* item* end
//!   GET  /kiosk/v1/changes?after=CURSOR                               -> lines: head (rules|patron|item|..gone)* end
//!   POST /kiosk/v1/heartbeat      how it is                           -> what it is told: [`heartbeat`]
//!   POST /kiosk/v1/transfer       something done with a sheet         -> what came of it: [`transfer`]
//!   POST /kiosk/v1/card           something about a library card      -> what came of it: [`issue`]
//!   POST /kiosk/v1/locate         a barcode, words, items             -> where they are: [`locate`]
//!   POST /kiosk/v1/shelves        a branch                            -> what should stand there: [`shelves`]
//! ```
//! Every call carries `Authorization: Bearer TOKEN`, a token of openlib's token endpoint. Lines are JSON objects with
//! one member, its name says what it is; each ends with `\n`. Times are the library's local ones, as in openlib.
//!
//! **Transactions.** The id is made at the kiosk; central keeps it with its answer in the transaction that applies it,
//! so that a repeat is answered from there (`already`) and changes nothing. A batch is applied in its order, whole: it
//! is on central's disk or nothing is.
//!
//! | `mode` | what it is | `outcome` |
//! |---|---|---|
//! | `ask` | may this be done? | `granted`, or `declined` with a reason's code of [`crate::wire::code`] |
//! | `tell` | it was done (SIP2: no block) | `recorded`, with an [`Exception`] if staff must look; after an ask that was declined, too |
//! | `cancel` | the checkout of this id did not happen | `cancelled`; an ask of that id that comes later is answered so |
//! | any | the id was used for something else | `id_reused`: nothing was done |
//!
//! **Mirror.** A snapshot is read while life goes on: its cursor is taken before its first row, so that the changes
//! after that cursor make it whole. One that broke off goes on behind the last line received; the first cursor stays.
//!
//! | HTTP | `code` | meaning |
//! |---|---|---|
//! | 400 | `malformed` | a part cannot be read; `at` is the transaction, from 0, `field` its part |
//! | 401 | `token_refused` | fetch a new token |
//! | 403 | `other_kiosk` | the token is that of one kiosk, and `opuser` is another |
//! | 404, 405 | `no_such_call` | path or method |
//! | 408 | `too_slow` | the body did not come in time |
//! | 410 | `cursor_gone` | the changes since then are not kept any more, or were never made here: take a snapshot |
//! | 413 | `too_large` | more than [`MAX_BODY`] bytes or [`MAX_BATCH`] transactions |
//! | 500 | `fault` | central failed inside; nothing was done |
//! | 503 | `busy` | as many snapshots are under way as may be |
//!
//! With each of them nothing was done.

pub mod card;
pub mod heartbeat;
pub mod issue;
mod line;
pub mod locate;
pub mod pay;
mod pin;
pub mod shelves;
mod transaction;
pub mod transfer;

use core::fmt;

use serde::{Deserialize, Serialize};

pub use line::{
    BranchName, End, Head, ItemEntry, Line, PatronEntry, PatronType, Place, Record, RuleSet, Term,
};
pub use pin::PinHash;
pub use transaction::{Answered, Batch, Entry, Exception, Outcome, What, parse_answers, write_answers};

/// The paths below the base address.
pub mod path {
    /// see [`super::Batch`]
    pub const TRANSACTIONS: &str = "/kiosk/v1/transactions";
    /// see [`super::Line`]
    pub const SNAPSHOT: &str = "/kiosk/v1/snapshot";
    /// see [`super::Line`]
    pub const CHANGES: &str = "/kiosk/v1/changes";
    /// see [`super::heartbeat`]
    pub const HEARTBEAT: &str = "/kiosk/v1/heartbeat";
    /// see [`super::transfer`]
    pub const TRANSFER: &str = "/kiosk/v1/transfer";
    /// see [`super::issue`]
    pub const CARD: &str = "/kiosk/v1/card";
    /// see [`super::locate`]
    pub const LOCATE: &str = "/kiosk/v1/locate";
    /// see [`super::shelves`]
    pub const SHELVES: &str = "/kiosk/v1/shelves";
}

/// Carries the [`Place`] behind which a snapshot goes on. A header, for it may name a patron and addresses are logged.
pub const AFTER_HEADER: &str = "snapshot-after";

/// The most transactions in one batch.
pub const MAX_BATCH: usize = 1000;

/// The longest body of a batch, in bytes.
pub const MAX_BODY: usize = 1 << 20;

/// The longest line, in bytes.
pub const MAX_LINE: usize = 1 << 18;

/// Why a call was refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// a part cannot be read
    Malformed,
    /// the token is missing, unknown or expired
    TokenRefused,
    /// the token is another kiosk's
    OtherKiosk,
    /// no such path or method
    NoSuchCall,
    /// the body did not come in time
    TooSlow,
    /// the changes after this cursor cannot be had
    CursorGone,
    /// too many bytes or transactions
    TooLarge,
    /// central failed inside
    Fault,
    /// too many snapshots at once
    Busy,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::TokenRefused,
        Self::OtherKiosk,
        Self::NoSuchCall,
        Self::TooSlow,
        Self::CursorGone,
        Self::TooLarge,
        Self::Fault,
        Self::Busy,
    ];

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::TokenRefused => 401,
            Self::OtherKiosk => 403,
            Self::NoSuchCall => 404,
            Self::TooSlow => 408,
            Self::CursorGone => 410,
            Self::TooLarge => 413,
            Self::Fault => 500,
            Self::Busy => 503,
        }
    }
}

/// The body of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// what is wrong
    pub code: Code,
    /// the transaction in the batch, from 0
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// the part of it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    /// A problem without a place.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, at: None, field: None }
    }
}

/// What cannot be read, and where. Holds nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// the transaction in the batch, or the answer, from 0
    pub at: Option<usize>,
    /// its part
    pub field: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} of number {at} cannot be read", self.field),
            None => write!(f, "{} cannot be read", self.field),
        }
    }
}

impl Malformed {
    const fn of(field: &'static str) -> Self {
        Self { at: None, field }
    }
}

/// A place in central's list of changes. Only central knows what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// Takes a cursor from the wire: 1 to 64 ASCII letters, digits and hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_one.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
