//! Whether the clock can date a return. The date of one that central has not seen is all that anybody has of it, so a clock
//! that stands before what is written down already dates nothing.

use jiff::Timestamp;
use sync_client::ledger::{Ledger, LedgerError};

/// The latest moment that is known to have been.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    latest: Timestamp,
}

impl Dates {
    /// What the ledger has seen.
    pub(super) async fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        let rows = ledger.recent(1).await?.into_iter().map(|row| row.asked_at);
        let pieces = ledger.recent_pieces(1).await?.into_iter().filter_map(|piece| piece.taken_at);
        Ok(Self { latest: rows.chain(pieces).fold(WRITTEN, Timestamp::max) })
    }

    /// Whether a return of now can be dated.
    pub(super) fn are_right(&mut self, now: Timestamp) -> bool {
        let is_right = now >= self.latest;
        self.latest = self.latest.max(now);
        is_right
    }
}

/// No clock is right that stands before this program was written: 2026-11-01.
const WRITTEN: Timestamp = Timestamp::constant(1_793_491_200, 0);

#[cfg(test)]
mod tests {
    use circulation::id::{ItemId, TransactionId};
    use circulation::transaction::{Act, Transaction};
    use sync_client::clock::Clock;

    use super::*;

    #[tokio::test]
    async fn a_clock_before_the_last_row_or_before_this_program_dates_nothing() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db"), Clock::system()).unwrap();
        let mut dates = Dates::of(&ledger).await.unwrap();
        assert!(!dates.are_right(at("2026-10-31T23:59:59Z")), "a battery that is empty");
        assert!(dates.are_right(at("2026-12-01T00:00:00Z")));
        assert!(!dates.are_right(at("2026-11-30T00:00:00Z")), "it was later already");
        let act = Act::Checkin { item: ItemId::parse("LW0000001").unwrap() };
        let transaction = Transaction { id: TransactionId::from_bytes([7; 16]), act };
        drop(ledger.append_at(&transaction, at("2027-03-01T02:00:00Z")).await.unwrap());
        let mut dates = Dates::of(&ledger).await.unwrap();
        assert!(!dates.are_right(at("2027-03-01T01:59:59Z")), "before the last row");
        assert!(dates.are_right(at("2027-03-01T02:00:00Z")));
        ledger.close().await;
    }
}
