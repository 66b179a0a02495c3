//! What every test needs: ids, transactions, a clock.

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Transaction};
use jiff::Timestamp;
use sync_client::clock::Clock;

pub(crate) fn item(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

pub(crate) fn patron(text: &str) -> PatronId {
    PatronId::parse(text).unwrap()
}

pub(crate) fn id(n: u16) -> TransactionId {
    let mut bytes = [0; 16];
    bytes[14..].copy_from_slice(&n.to_be_bytes());
    TransactionId::from_bytes(bytes)
}

pub(crate) fn checkout(n: u16, who: &str, what: &str) -> Transaction {
    Transaction { id: id(n), act: Act::Checkout { patron: patron(who), item: item(what) } }
}

pub(crate) fn checkin(n: u16, what: &str) -> Transaction {
    Transaction { id: id(n), act: Act::Checkin { item: item(what) } }
}

/// 2026-11-22 09:00 in the library, UTC+8.
pub(crate) const NINE: &str = "2026-11-22T01:00:00Z";
/// Five minutes later: nothing asked at nine is under way any more.
pub(crate) const FIVE_PAST: &str = "2026-11-22T01:05:00Z";

pub(crate) fn clock(at: &str) -> Clock {
    let at: Timestamp = at.parse().unwrap();
    Clock::fixed(at)
}
