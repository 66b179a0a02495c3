//! What becomes of a row that was left open: by a lost answer, a failed tag write, or a kiosk that died.
//!
//! One rule stands behind the table: **the patron was told "done" only for a settled row.** A checkout that is not
//! settled must therefore not stay lent at central; and a loan is undone only after looking, because between the
//! crash and now staff may have taken the item back and lent it to somebody else.
//!
//! | row                        | evidence       | what to do                                       |
//! |----------------------------|----------------|--------------------------------------------------|
//! | any asked                  | -              | doubt: nobody knows whether it was sent          |
//! | checkout doubt             | not looked     | look                                             |
//! |                            | on loan to him | reversing, then return it, then reversed         |
//! |                            | not            | declined: not done                               |
//! | checkout reversing         | not looked     | look                                             |
//! |                            | on loan to him | return it, then reversed                         |
//! |                            | not            | reversed: it was done before the answer got lost |
//! | the same, tag may be open  | as above       | as above, but parked instead of reversed         |
//! | checkout granted, assumed  | not looked     | look                                             |
//! |                            | on loan to him | return it, then parked: the tag may be open      |
//! |                            | not            | parked: the tag may be open                      |
//! | checkout settled, not told | not looked     | look                                             |
//! |                            | on loan to him | told: the lost ask had been granted              |
//! |                            | not            | lend it, then told; declined: parked             |
//! | checkin doubt              | -              | return it (again), then parked: its tag may be open |
//! | checkin granted            | -              | parked: done at central, the tag may be open     |
//! | checkin assumed            | -              | return it, then parked: the tag may be open      |
//! | checkin settled, not told  | -              | return it, then told                             |
//! | checkin reversing          | -              | parked: a checkin is never undone                |
//! | parked, closed             | -              | leave                                            |
//!
//! "Not on loan" is believed only [`IN_FLIGHT`] after the row's last step: a slow central may lend the item after the
//! kiosk gave up waiting. Until then such a row waits.
//!
//! "Not on loan" as the answer to a return counts as returned. Any other refusal of a return or a tell parks the row.

use std::time::Duration;

use circulation::id::ItemId;
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

use crate::answer::Loan;
use crate::row::{Kind, Row, State, Step};

/// What looking at the patron's loans showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Nobody has looked yet.
    NotLooked,
    /// Central has lent the item to this patron, not before the row was asked.
    OnLoanToPatron,
    /// Central has not lent the item to this patron, or had done so long before the row was asked.
    NotOnLoanToPatron,
    /// Central has not lent it yet, but the lost ask may still be on its way through central.
    TooEarly,
}

/// What to do with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Nothing.
    Leave,
    /// Look at the patron's loans and resolve again.
    Look,
    /// Look again later.
    Wait,
    /// Nothing to send: record the step and resolve again.
    Record(Step),
    /// Send a return; when it is done or not needed, record `done`.
    Return {
        /// to be recorded before it is sent
        before: Option<Step>,
        /// to be recorded when the item is back
        done: Step,
    },
    /// Send the loan; when it is granted, record `done`.
    Lend {
        /// to be recorded when the loan is made
        done: Step,
    },
}

/// Decides what to do with an open row; see the table above.
#[must_use]
pub fn resolve(row: &Row, evidence: Evidence) -> Resolution {
    if row.is_closed() {
        return Resolution::Leave;
    }
    match row.kind {
        Kind::Checkout => checkout(row, evidence),
        Kind::Checkin => checkin(row),
    }
}

/// Reads the patron's loans, seen at `looked`, as evidence on a row that was asked at `asked` and took its last step at
/// `given_up`; all local times. An ask may have waited in the kiosk before it was sent, so that what is under way is
/// counted from that last step.
///
/// A loan made well before the asking is an older one that the patron rightly has: it must not be undone. Clocks of
/// kiosk and central may differ by [`CLOCK_SKEW`]; a loan that says only its day counts as made on that day.
#[must_use]
pub fn evidence(
    loans: &[Loan],
    item: &ItemId,
    asked: DateTime,
    given_up: DateTime,
    looked: DateTime,
    in_flight: Duration,
) -> Evidence {
    let earliest = asked.saturating_sub(SignedDuration::try_from(CLOCK_SKEW).unwrap_or(SignedDuration::MAX));
    let is_ours = |since: DateTime| {
        if since.time() == Time::midnight() { since.date() >= earliest.date() } else { since >= earliest }
    };
    let found = loans
        .iter()
        .any(|loan| loan.item.as_str().eq_ignore_ascii_case(item.as_str()) && loan.since.is_none_or(is_ours));
    let waited = looked.duration_since(given_up);
    if found {
        Evidence::OnLoanToPatron
    } else if !waited.is_negative() && waited.unsigned_abs() < in_flight {
        Evidence::TooEarly
    } else {
        Evidence::NotOnLoanToPatron
    }
}

/// What staff reads of a row that waits for a look at its item's tag, and for nothing else: central knows all of it.
#[must_use]
pub fn tag_unknown(what: &str) -> String {
    format!("{what}; {TAG_UNKNOWN}")
}

/// Whether nobody has to look at the tag of a parked row any more: a later transaction of the same item has written it
/// and read it back, and central has agreed.
#[must_use]
pub fn is_outdated(parked: &Row, later: &Row) -> bool {
    let waits_for_tag = parked.state == State::Parked
        && !parked.is_closed()
        && parked.note.as_deref().is_some_and(|note| note.ends_with(TAG_UNKNOWN));
    let is_verified = later.state == State::Settled && !later.assumed;
    waits_for_tag && is_verified && parked.item == later.item && parked.seq < later.seq
}

/// What stands for evidence where transactions have ids: nobody looks. A loan that is not to be is cancelled by its id,
/// whether it was made, was not, or is still under way; what was done is told, whether it is known or not.
#[must_use]
pub const fn evidence_by_id(row: &Row) -> Evidence {
    match row.state {
        State::Settled => Evidence::NotOnLoanToPatron,
        State::Asked
        | State::Granted
        | State::Declined
        | State::Assumed
        | State::Doubt
        | State::Reversing
        | State::Reversed
        | State::Parked => Evidence::OnLoanToPatron,
    }
}

/// How long an ask may be under way inside central after the kiosk has given up waiting, unless the library says
/// otherwise.
pub const IN_FLIGHT: Duration = Duration::from_secs(60);
/// By how much the clocks of kiosk and central may differ.
pub const CLOCK_SKEW: Duration = Duration::from_secs(600);

fn checkout(row: &Row, evidence: Evidence) -> Resolution {
    use Evidence::{NotLooked, NotOnLoanToPatron, OnLoanToPatron, TooEarly};
    match (row.state, evidence) {
        (State::Asked, _) => orphaned(),
        (State::Declined | State::Reversed | State::Parked, _) => Resolution::Leave,
        (State::Doubt | State::Reversing | State::Granted | State::Assumed | State::Settled, NotLooked) => {
            Resolution::Look
        }
        (State::Doubt | State::Reversing | State::Granted | State::Assumed | State::Settled, TooEarly) => {
            Resolution::Wait
        }
        (State::Doubt, OnLoanToPatron) => Resolution::Return {
            before: Some(Step::Reversing { why: NOT_TOLD_LENT.to_owned(), tag_open: row.tag_open }),
            done: undone(row),
        },
        (State::Doubt, NotOnLoanToPatron) => {
            Resolution::Record(Step::Declined { why: "not done at central".to_owned() })
        }
        (State::Reversing, OnLoanToPatron) => Resolution::Return { before: None, done: undone(row) },
        (State::Reversing, NotOnLoanToPatron) => Resolution::Record(undone(row)),
        (State::Granted | State::Assumed, OnLoanToPatron) => {
            Resolution::Return { before: None, done: parked("loan undone at central") }
        }
        (State::Granted | State::Assumed, NotOnLoanToPatron) => {
            Resolution::Record(parked("not on loan at central"))
        }
        (State::Settled, OnLoanToPatron) => Resolution::Record(Step::Told { note: None }),
        (State::Settled, NotOnLoanToPatron) => Resolution::Lend { done: Step::Told { note: None } },
    }
}

fn checkin(row: &Row) -> Resolution {
    match row.state {
        State::Asked => orphaned(),
        State::Declined | State::Reversed | State::Parked => Resolution::Leave,
        State::Granted => Resolution::Record(parked("returned at central")),
        // Nobody has seen its tag closed: the item may be in the library, not lent, and leave without an alarm.
        State::Doubt | State::Assumed => {
            Resolution::Return { before: None, done: parked("returned at central") }
        }
        State::Settled => Resolution::Return { before: None, done: Step::Told { note: None } },
        State::Reversing => Resolution::Record(parked("a checkin cannot be undone")),
    }
}

/// The end of a loan that central has undone: not for staff unless the tag may be open.
#[must_use]
pub(crate) fn undone(row: &Row) -> Step {
    if row.tag_open { parked("loan undone at central") } else { Step::Reversed }
}

fn orphaned() -> Resolution {
    Resolution::Record(Step::Doubt { why: "the kiosk stopped before an answer".to_owned() })
}

fn parked(what: &str) -> Step {
    Step::Parked { why: tag_unknown(what) }
}

const NOT_TOLD_LENT: &str = "central has lent it, the patron was told it is not lent";
const TAG_UNKNOWN: &str = "security of the tag unknown: the item may leave without an alarm";

#[cfg(test)]
mod tests {
    use super::*;
    use circulation::id::{PatronId, TransactionId};
    use jiff::Timestamp;
    use jiff::civil::date;

    fn row(kind: Kind, state: State, assumed: bool) -> Row {
        Row {
            seq: 1,
            id: TransactionId::from_bytes([1; 16]),
            kind,
            item: ItemId::parse("LW1").unwrap(),
            patron: (kind == Kind::Checkout).then(|| PatronId::parse("P1").unwrap()),
            state,
            assumed,
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

    fn step(step: &Step) -> String {
        let detail = step.detail().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{}{detail}", step.as_str())
    }

    fn word(resolution: &Resolution) -> String {
        match resolution {
            Resolution::Leave => "leave".into(),
            Resolution::Look => "look".into(),
            Resolution::Wait => "wait".into(),
            Resolution::Record(s) => step(s),
            Resolution::Return { before: Some(b), done } => {
                format!("{}, return, {}", step(b), step(done))
            }
            Resolution::Return { before: None, done } => format!("return, {}", step(done)),
            Resolution::Lend { done } => format!("lend, {}", step(done)),
        }
    }

    #[test]
    fn the_whole_table() {
        let mut found = String::new();
        for kind in [Kind::Checkout, Kind::Checkin] {
            for state in State::ALL {
                for assumed in [false, true] {
                    let row = row(kind, state, assumed);
                    if assumed && !matches!(state, State::Settled | State::Assumed)
                        || !assumed && state == State::Assumed
                    {
                        continue;
                    }
                    let basis = if assumed { " assumed" } else { "" };
                    for (name, evidence) in [
                        ("-", Evidence::NotLooked),
                        ("lent", Evidence::OnLoanToPatron),
                        ("not lent", Evidence::NotOnLoanToPatron),
                        ("early", Evidence::TooEarly),
                    ] {
                        let resolution = resolve(&row, evidence);
                        found.push_str(&format!(
                            "{kind:?} {}{basis} | {name} | {}\n",
                            state.as_str(),
                            word(&resolution)
                        ));
                    }
                }
            }
        }
        expect_test::expect![[r#"
            Checkout asked | - | doubt (the kiosk stopped before an answer)
            Checkout asked | lent | doubt (the kiosk stopped before an answer)
            Checkout asked | not lent | doubt (the kiosk stopped before an answer)
            Checkout asked | early | doubt (the kiosk stopped before an answer)
            Checkout granted | - | look
            Checkout granted | lent | return, parked (loan undone at central; security of the tag unknown: the item may leave without an alarm)
            Checkout granted | not lent | parked (not on loan at central; security of the tag unknown: the item may leave without an alarm)
            Checkout granted | early | wait
            Checkout declined | - | leave
            Checkout declined | lent | leave
            Checkout declined | not lent | leave
            Checkout declined | early | leave
            Checkout assumed assumed | - | look
            Checkout assumed assumed | lent | return, parked (loan undone at central; security of the tag unknown: the item may leave without an alarm)
            Checkout assumed assumed | not lent | parked (not on loan at central; security of the tag unknown: the item may leave without an alarm)
            Checkout assumed assumed | early | wait
            Checkout settled | - | leave
            Checkout settled | lent | leave
            Checkout settled | not lent | leave
            Checkout settled | early | leave
            Checkout settled assumed | - | look
            Checkout settled assumed | lent | told
            Checkout settled assumed | not lent | lend, told
            Checkout settled assumed | early | wait
            Checkout doubt | - | look
            Checkout doubt | lent | reversing (central has lent it, the patron was told it is not lent), return, reversed
            Checkout doubt | not lent | declined (not done at central)
            Checkout doubt | early | wait
            Checkout reversing | - | look
            Checkout reversing | lent | return, reversed
            Checkout reversing | not lent | reversed
            Checkout reversing | early | wait
            Checkout reversed | - | leave
            Checkout reversed | lent | leave
            Checkout reversed | not lent | leave
            Checkout reversed | early | leave
            Checkout parked | - | leave
            Checkout parked | lent | leave
            Checkout parked | not lent | leave
            Checkout parked | early | leave
            Checkin asked | - | doubt (the kiosk stopped before an answer)
            Checkin asked | lent | doubt (the kiosk stopped before an answer)
            Checkin asked | not lent | doubt (the kiosk stopped before an answer)
            Checkin asked | early | doubt (the kiosk stopped before an answer)
            Checkin granted | - | parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin granted | lent | parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin granted | not lent | parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin granted | early | parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin declined | - | leave
            Checkin declined | lent | leave
            Checkin declined | not lent | leave
            Checkin declined | early | leave
            Checkin assumed assumed | - | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin assumed assumed | lent | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin assumed assumed | not lent | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin assumed assumed | early | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin settled | - | leave
            Checkin settled | lent | leave
            Checkin settled | not lent | leave
            Checkin settled | early | leave
            Checkin settled assumed | - | return, told
            Checkin settled assumed | lent | return, told
            Checkin settled assumed | not lent | return, told
            Checkin settled assumed | early | return, told
            Checkin doubt | - | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin doubt | lent | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin doubt | not lent | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin doubt | early | return, parked (returned at central; security of the tag unknown: the item may leave without an alarm)
            Checkin reversing | - | parked (a checkin cannot be undone; security of the tag unknown: the item may leave without an alarm)
            Checkin reversing | lent | parked (a checkin cannot be undone; security of the tag unknown: the item may leave without an alarm)
            Checkin reversing | not lent | parked (a checkin cannot be undone; security of the tag unknown: the item may leave without an alarm)
            Checkin reversing | early | parked (a checkin cannot be undone; security of the tag unknown: the item may leave without an alarm)
            Checkin reversed | - | leave
            Checkin reversed | lent | leave
            Checkin reversed | not lent | leave
            Checkin reversed | early | leave
            Checkin parked | - | leave
            Checkin parked | lent | leave
            Checkin parked | not lent | leave
            Checkin parked | early | leave
        "#]].assert_eq(&found);
    }

    /// Whatever the evidence, following the resolutions ends in a row that needs nobody but staff.
    #[test]
    fn every_open_row_comes_to_rest_by_legal_steps() {
        for kind in [Kind::Checkout, Kind::Checkin] {
            for state in State::ALL {
                for lent in [Evidence::OnLoanToPatron, Evidence::NotOnLoanToPatron] {
                    let mut row = row(kind, state, state == State::Assumed);
                    let mut evidence = Evidence::NotLooked;
                    let mut rounds = 0;
                    loop {
                        rounds += 1;
                        assert!(rounds < 8, "{kind:?} {state:?} {lent:?}");
                        let steps = match resolve(&row, evidence) {
                            Resolution::Leave => break,
                            Resolution::Look | Resolution::Wait => {
                                evidence = lent;
                                continue;
                            }
                            Resolution::Record(step) | Resolution::Lend { done: step } => vec![step],
                            Resolution::Return { before, done } => before.into_iter().chain([done]).collect(),
                        };
                        for step in steps {
                            let to =
                                row.standing().after(&step).unwrap_or_else(|| panic!("{row:?} {step:?}"));
                            row.state = to.state;
                            row.told = to.told;
                        }
                    }
                    assert!(row.is_closed() || row.state == State::Parked);
                }
            }
        }
    }

    #[test]
    fn an_older_loan_is_not_ours_to_undo() {
        let item = ItemId::parse("LW1").unwrap();
        let asked = date(2026, 11, 22).at(9, 0, 0, 0);
        let of = |since: Option<DateTime>| {
            let loan =
                Loan { item: ItemId::parse("lw1").unwrap(), title: None, author: None, due: None, since };
            evidence(
                &[loan],
                &item,
                asked,
                asked,
                asked.saturating_add(SignedDuration::from_mins(5)),
                IN_FLIGHT,
            )
        };
        assert_eq!(of(None), Evidence::OnLoanToPatron);
        assert_eq!(of(Some(date(2026, 11, 22).at(0, 0, 0, 0))), Evidence::OnLoanToPatron);
        assert_eq!(of(Some(date(2026, 11, 22).at(8, 55, 0, 0))), Evidence::OnLoanToPatron);
        assert_eq!(of(Some(date(2026, 11, 22).at(8, 30, 0, 0))), Evidence::NotOnLoanToPatron);
        assert_eq!(of(Some(date(2026, 11, 1).at(0, 0, 0, 0))), Evidence::NotOnLoanToPatron);
        let seen = |after: i64| {
            evidence(
                &[],
                &item,
                asked,
                asked,
                asked.saturating_add(SignedDuration::from_secs(after)),
                IN_FLIGHT,
            )
        };
        assert_eq!(seen(0), Evidence::TooEarly);
        assert_eq!(seen(59), Evidence::TooEarly);
        assert_eq!(seen(60), Evidence::NotOnLoanToPatron);
        assert_eq!(seen(-1), Evidence::NotOnLoanToPatron, "a clock set back must not make it wait");
        // Just after midnight, central's day may still be yesterday.
        let loan = Loan {
            item: item.clone(),
            title: None,
            author: None,
            due: None,
            since: Some(date(2026, 11, 21).at(0, 0, 0, 0)),
        };
        assert_eq!(
            evidence(
                &[loan],
                &item,
                date(2026, 11, 22).at(0, 5, 0, 0),
                date(2026, 11, 22).at(0, 5, 0, 0),
                date(2026, 11, 22).at(0, 6, 0, 0),
                IN_FLIGHT
            ),
            Evidence::OnLoanToPatron
        );
    }
}
