//! A gate's alarm beside the loans of the last minutes: an item whose loan was not verified may have a gate bit that is late.
//!
//! A dry contact says no tag: which item it was, and whether it is lent, staff see. What can be said is whether every loan made
//! here just before was verified (its gate bits opened and read back), or whether one is in doubt and may be the cause.

use jiff::{SignedDuration, Timestamp};
use sync_client::ledger::Ledger;
use sync_client::row::{Kind, Row, State};
use tracing::warn;

/// So many loans of the last minutes are not verified. A ledger that does not answer has none.
pub(crate) async fn doubtful(ledger: &Ledger, now: Timestamp) -> usize {
    match ledger.recent(RECENT).await {
        Ok(rows) => rows.iter().filter(|row| is_doubtful(row, now)).count(),
        Err(cause) => {
            warn!(%cause, "the loans before the gate's alarm are not known");
            0
        }
    }
}

/// What staff read.
pub(crate) fn text(n_doubtful: usize) -> String {
    match n_doubtful {
        0 => "the gate alarms; every loan made here in the last ten minutes was verified".to_owned(),
        1 => {
            "the gate alarms; a loan of the last ten minutes is not verified: its bit may be late".to_owned()
        }
        n => {
            format!("the gate alarms; {n} loans of the last ten minutes are not verified: a bit may be late")
        }
    }
}

fn is_doubtful(row: &Row, now: Timestamp) -> bool {
    let is_open = match row.state {
        State::Granted | State::Assumed | State::Doubt | State::Reversing | State::Parked => true,
        State::Asked | State::Declined | State::Settled | State::Reversed => false,
    };
    row.kind == Kind::Checkout && is_open && now.duration_since(row.asked_at) <= JUST_NOW
}

/// Rows that are looked through.
const RECENT: u32 = 200;
const JUST_NOW: SignedDuration = SignedDuration::from_mins(10);

#[cfg(test)]
mod tests {
    use circulation::id::{ItemId, PatronId, TransactionId};
    use circulation::transaction::{Act, Grant, Transaction};
    use sync_client::clock::Clock;
    use sync_client::row::Step;

    use super::*;

    #[tokio::test]
    async fn a_loan_that_is_granted_and_not_verified_is_in_doubt_for_ten_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db"), Clock::system()).unwrap();
        let loan = |n: u8| {
            let patron = PatronId::parse("LW20260001").unwrap();
            let item = ItemId::parse(&format!("LW000000{n}")).unwrap();
            Transaction { id: TransactionId::from_bytes([n; 16]), act: Act::Checkout { patron, item } }
        };
        let now = Timestamp::now();
        let (first, second) = (loan(1), loan(2));
        for loan in [&first, &second] {
            drop(ledger.append(loan).await.unwrap());
            let granted = Step::Granted { grant: Grant::default() };
            drop(ledger.record(loan.id, granted).await.unwrap());
        }
        assert_eq!(doubtful(&ledger, now).await, 2);
        drop(ledger.record(first.id, Step::Settled).await.unwrap());
        assert_eq!(doubtful(&ledger, now).await, 1);
        assert_eq!(doubtful(&ledger, now + SignedDuration::from_mins(11)).await, 0);
        assert!(text(0).contains("was verified") && text(1).contains("may be late"));
        ledger.close().await;
    }
}
