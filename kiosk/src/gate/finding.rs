//! What the ledger knows of an item at which a gate alarms: pure.
//!
//! | the item's last transaction here, within a day | what it means |
//! |---|---|
//! | a loan that is settled | its gate bits were opened and read back: the tag or the gate is to be checked |
//! | a loan that is granted, assumed or in doubt | nobody has read the bits back: one of them is late |
//! | a loan that is parked | staff has it already, and is told where the item is |
//! | a loan that was undone, or is being undone | the item is not lent |
//! | a loan that was refused, or is not answered; a return; none | the item is not lent |

use circulation::id::TransactionId;
use jiff::{SignedDuration, Timestamp};
use sync_client::row::{Kind, Row, State};

/// What it means that a gate alarms at this item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is lent, and its bit may be late: the row is to say that the gate alarmed.
    Late(TransactionId),
    /// Its loan waits for staff: the row is to say that the gate alarmed.
    Parked(TransactionId),
    /// It is lent, and its tag was read back open.
    Verified,
    /// Its loan was undone.
    Undone,
    /// It came back here.
    Returned,
    /// Nothing is known here of a loan.
    NotLent,
}

impl Finding {
    /// Of the last transaction of the item, if there is one.
    pub(super) fn of(row: Option<&Row>, now: Timestamp) -> Self {
        let Some(row) = row.filter(|row| now.duration_since(row.changed_at) <= TODAY) else {
            return Self::NotLent;
        };
        match (row.kind, row.state) {
            (_, State::Asked | State::Declined) => Self::NotLent,
            (Kind::Checkin, _) => Self::Returned,
            (Kind::Checkout, State::Granted | State::Assumed | State::Doubt) => Self::Late(row.id),
            (Kind::Checkout, State::Parked) => Self::Parked(row.id),
            (Kind::Checkout, State::Settled) => Self::Verified,
            (Kind::Checkout, State::Reversing | State::Reversed) => Self::Undone,
        }
    }

    /// The row that is to say so.
    pub(super) const fn marked(self) -> Option<TransactionId> {
        match self {
            Self::Late(id) | Self::Parked(id) => Some(id),
            Self::Verified | Self::Undone | Self::Returned | Self::NotLent => None,
        }
    }

    /// Its word in a number.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Late(_) => "late",
            Self::Parked(_) => "parked",
            Self::Verified => "lent",
            Self::Undone => "undone",
            Self::Returned => "returned",
            Self::NotLent => "not-lent",
        }
    }

    /// What staff read after the item and its gate.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Late(_) => "late bit: it is lent here, and nobody has read its tag back; open the tag",
            Self::Parked(_) => "its loan here waits for staff; look at the item",
            Self::Verified => "false alarm: it is lent here, and its tag was read back; check the tag",
            Self::Undone => "its loan here was undone: it is not lent",
            Self::Returned => "it was returned here: it is not lent",
            Self::NotLent => "it was not lent here today",
        }
    }
}

const TODAY: SignedDuration = SignedDuration::from_hours(24);

#[cfg(test)]
mod tests {
    use circulation::id::ItemId;

    use super::*;

    fn row(kind: Kind, state: State) -> Row {
        Row {
            seq: 1,
            id: TransactionId::from_bytes([7; 16]),
            kind,
            item: ItemId::parse("LW0000001").unwrap(),
            patron: None,
            state,
            assumed: false,
            told: false,
            tag_open: false,
            title: None,
            due: None,
            asked_at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
            attempts: 0,
            note: None,
        }
    }

    #[test]
    fn each_state_of_a_loan_and_of_a_return_means_something_and_yesterdays_does_not() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
        let mut found = String::new();
        for kind in [Kind::Checkout, Kind::Checkin] {
            for state in State::ALL {
                let finding = Finding::of(Some(&row(kind, state)), now);
                found += &format!("{kind:?} {}: {}\n", state.as_str(), finding.word());
                let later = now + SignedDuration::from_secs(1);
                assert_eq!(Finding::of(Some(&row(kind, state)), later), Finding::NotLent);
                let is_marked = finding.marked().is_some();
                assert!(!is_marked || kind == Kind::Checkout, "{kind:?} {state:?}");
            }
        }
        assert_eq!(Finding::of(None, now), Finding::NotLent);
        expect_test::expect![[r#"
            Checkout asked: not-lent
            Checkout granted: late
            Checkout declined: not-lent
            Checkout assumed: late
            Checkout settled: lent
            Checkout doubt: late
            Checkout reversing: undone
            Checkout reversed: undone
            Checkout parked: parked
            Checkin asked: not-lent
            Checkin granted: returned
            Checkin declined: not-lent
            Checkin assumed: returned
            Checkin settled: returned
            Checkin doubt: returned
            Checkin reversing: returned
            Checkin reversed: returned
            Checkin parked: returned
        "#]]
        .assert_eq(&found);
    }
}
