//! The ledger against a model, and against a disk that does not play along.

use std::path::Path;

use circulation::item::Description;
use circulation::transaction::{Grant, Transaction};
use proptest::prelude::*;
use sync_client::ledger::{Ledger, LedgerError, LedgerOpenError, Limits, Mark};
use sync_client::row::{Standing, State, Step};

use crate::world::{NINE, checkin, checkout, clock, id};

pub(crate) fn open(path: &Path) -> Ledger {
    Ledger::open(path, clock(NINE)).unwrap()
}

/// What the disk would hold after the power fails now: the files as they are, opened elsewhere.
fn after_power_loss(from: &Path, to: &Path) -> Ledger {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
    open(to)
}

pub(crate) fn step(n: u8) -> Step {
    let why = || "why".to_owned();
    let description = Description { title: Some("红楼梦".repeat(9)), ..Description::default() };
    match n {
        0 => Step::Granted {
            grant: Grant { description, due: Some(jiff::civil::date(2026, 12, 22)), ..Grant::default() },
        },
        1 => Step::Declined { why: why() },
        2 => Step::Assumed { due: None },
        3 => Step::Settled,
        4 => Step::Doubt { why: why() },
        5 => Step::Reversing { why: why(), tag_open: false },
        6 => Step::Reversed,
        7 => Step::Parked { why: why() },
        8 => Step::Told { note: Some(why()) },
        9 => Step::Reversing { why: why(), tag_open: true },
        _ => Step::Retried,
    }
}

#[derive(Debug, Clone)]
enum Op {
    Append(u16),
    Record(u16, u8),
    PowerLoss,
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..8_u16).prop_map(Op::Append),
        12 => (0..8_u16, 0..11_u8).prop_map(|(n, step)| Op::Record(n, step)),
        1 => Just(Op::PowerLoss),
        1 => Just(Op::Reopen),
    ]
}

fn transaction(n: u16) -> Transaction {
    if n.is_multiple_of(2) { checkout(n, "P20260017", "LW1") } else { checkin(n, "LW2") }
}

/// Every answer and every row is what a plain list says, whatever is lost in between.
async fn run_model(ops: Vec<Op>) {
    let folder = tempfile::tempdir().unwrap();
    let mut path = folder.path().join("0.db");
    let mut ledger = open(&path);
    let mut model: Vec<(u16, Standing)> = Vec::new();
    for (at, op) in ops.into_iter().enumerate() {
        match op {
            Op::Append(n) => {
                let result = ledger.append(&transaction(n)).await.map(|durable| durable.state());
                if model.iter().any(|(known, _)| *known == n) {
                    assert_eq!(result, Err(LedgerError::Exists));
                } else {
                    assert_eq!(result, Ok(State::Asked));
                    model.push((n, Standing::ASKED));
                }
            }
            Op::Record(n, which) => {
                let step = step(which);
                let result = ledger.record(id(n), step.clone()).await.map(|durable| durable.state());
                match model.iter_mut().find(|(known, _)| *known == n) {
                    None => assert_eq!(result, Err(LedgerError::Unknown)),
                    Some((_, standing)) => match standing.after(&step) {
                        Some(to) => {
                            assert_eq!(result, Ok(to.state));
                            *standing = to;
                        }
                        None => {
                            let from = standing.state;
                            assert_eq!(result, Err(LedgerError::Illegal { from, step: step.as_str() }));
                        }
                    },
                }
            }
            Op::PowerLoss => {
                path = folder.path().join(format!("{}.db", at + 1));
                ledger = after_power_loss(&folder.path().join(latest(folder.path(), at)), &path);
            }
            Op::Reopen => {
                ledger.close().await;
                ledger = open(&path);
            }
        }
    }
    let open: Vec<_> = ledger.open_rows().await.unwrap().iter().map(|row| (row.id, row.standing())).collect();
    let expected: Vec<_> =
        model.iter().filter(|(_, s)| !s.is_closed()).map(|(n, standing)| (id(*n), *standing)).collect();
    assert_eq!(open, expected);
    let counts = ledger.counts().await.unwrap();
    assert_eq!((counts.total, counts.open), (model.len() as u64, expected.len() as u64));
    for (n, standing) in model {
        let row = ledger.row(id(n)).await.unwrap().unwrap();
        assert_eq!(row.patron.is_some(), n.is_multiple_of(2) && !standing.is_closed(), "{row:?}");
        assert_eq!(row.act().is_some(), row.patron.is_some() || n % 2 == 1);
    }
    ledger.close().await;
}

/// The file in use before operation `at`: the newest one.
fn latest(folder: &Path, at: usize) -> String {
    (0..=at).rev().map(|n| format!("{n}.db")).find(|name| folder.join(name).exists()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_is_a_list_that_forgets_nothing(ops in proptest::collection::vec(op(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run_model(ops));
    }
}

#[tokio::test]
async fn a_step_after_the_wrong_step_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("l.db"));
    let durable = ledger.append(&checkout(1, "P1", "LW1")).await.unwrap();
    assert_eq!((durable.id(), durable.state()), (id(1), State::Asked));
    let before = ledger.row(id(1)).await.unwrap();
    let error = ledger.record(id(1), Step::Settled).await.unwrap_err();
    assert_eq!(error.to_string(), "a transaction that is asked cannot become settled");
    assert_eq!(ledger.row(id(1)).await.unwrap(), before);
}

#[tokio::test]
async fn one_bad_request_does_not_spoil_those_committed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("l.db"));
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let ledger = ledger.clone();
            // Every number twice: the second is refused.
            tokio::spawn(async move { ledger.append(&checkin(n / 2, "LW1")).await.is_ok() })
        })
        .collect();
    let mut n_done = 0;
    for call in calls {
        n_done += usize::from(call.await.unwrap());
    }
    assert_eq!(n_done, 20);
    assert_eq!(ledger.open_rows().await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_patron_number_is_gone_from_the_disk_when_its_row_closes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    for n in 0..300 {
        // Titles and numbers of many lengths: rows move about in their pages.
        let number = format!("PATRON{n:03}{}", "9".repeat(usize::from(n % 40)));
        let _ = ledger.append(&checkout(n, &number, &format!("LW{n}"))).await.unwrap();
    }
    let find = || {
        let bytes = [
            std::fs::read(&path).unwrap(),
            std::fs::read(folder.path().join("l.db-wal")).unwrap_or_default(),
        ]
        .concat();
        bytes.windows(6).filter(|window| window == b"PATRON").count()
    };
    assert!(find() >= 300, "the search works");
    for n in 0..300 {
        if n % 3 == 0 {
            let _ =
                ledger.record(id(n), Step::Declined { why: "no".repeat(usize::from(n % 50)) }).await.unwrap();
        } else {
            let title = Some("题".repeat(usize::from(n * 7 % 90)));
            let description = Description { title, ..Description::default() };
            let grant = Grant { description, ..Grant::default() };
            let _ = ledger.record(id(n), Step::Granted { grant }).await.unwrap();
            if n % 3 == 1 {
                let _ = ledger.record(id(n), Step::Settled).await.unwrap();
            } else {
                let _ = ledger
                    .record(id(n), Step::Reversing { why: "tag".into(), tag_open: false })
                    .await
                    .unwrap();
                let _ = ledger.record(id(n), Step::Reversed).await.unwrap();
            }
        }
    }
    assert_eq!(ledger.counts().await.unwrap().open, 0);
    ledger.close().await;
    assert_eq!(find(), 0);
}

#[tokio::test]
async fn the_log_is_emptied_when_the_ledger_is_idle() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("l.db"));
    let _ = ledger.append(&checkout(1, "PATRON1", "LW1")).await.unwrap();
    let wal = folder.path().join("l.db-wal");
    assert!(std::fs::metadata(&wal).unwrap().len() > 0);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if std::fs::metadata(&wal).unwrap().len() == 0 {
            return;
        }
    }
    panic!("the log is still there");
}

#[tokio::test]
async fn a_full_disk_refuses_the_new_and_keeps_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = Ledger::open_with(&path, clock(NINE), Limits { max_pages: 16 }).unwrap();
    let mut n = 0;
    let error = loop {
        match ledger.append(&checkout(n, "P1", &"L".repeat(60))).await {
            Ok(_) => n += 1,
            Err(error) => break error,
        }
        assert!(n < 1000);
    };
    assert_eq!(error, LedgerError::DiskFull);
    assert!(n > 5);
    assert_eq!(ledger.open_rows().await.unwrap().len(), usize::from(n), "what was durable stays");
    ledger.close().await;
    let ledger = open(&path);
    assert_eq!(ledger.open_rows().await.unwrap().len(), usize::from(n));
    assert_eq!(ledger.probe().await, Ok(()), "space came back");
    assert!(ledger.append(&checkout(n, "P1", "LW1")).await.is_ok());
    assert_eq!(ledger.open_rows().await.unwrap().len(), usize::from(n) + 1, "a probe leaves no row");
    let closed = ledger.clone();
    ledger.close().await;
    assert_eq!(closed.probe().await, Err(LedgerError::Closed));
}

/// What was taken before the disk failed is undone with the rest, and nobody is told otherwise.
#[tokio::test]
async fn a_group_that_the_disk_cannot_take_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger =
        Ledger::open_with(&folder.path().join("l.db"), clock(NINE), Limits { max_pages: 24 }).unwrap();
    for n in 0..10 {
        drop(ledger.append(&checkin(n, "LW1")).await.unwrap());
    }
    let steps = |why: &str| (0..10).map(|n| (id(n), Step::Doubt { why: why.to_owned() })).collect::<Vec<_>>();
    assert_eq!(ledger.record_all(steps(&"w".repeat(9_000))).await, Err(LedgerError::DiskFull));
    let rows = ledger.rows((0..10).map(id).collect()).await.unwrap();
    assert!(rows.iter().all(|row| row.as_ref().unwrap().state == State::Asked), "{rows:?}");

    let mut mixed = steps("why");
    mixed.insert(5, (id(99), Step::Settled));
    mixed.insert(1, (id(7), Step::Settled));
    let each = ledger.record_all(mixed).await.unwrap();
    assert_eq!(each[6], Err(LedgerError::Unknown));
    assert_eq!(each[1], Err(LedgerError::Illegal { from: State::Asked, step: "settled" }));
    assert_eq!(each.iter().filter(|done| **done == Ok(State::Doubt)).count(), 10, "{each:?}");
}

#[tokio::test]
async fn several_rows_come_in_the_order_of_the_ids() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("l.db"));
    for n in 0..3 {
        drop(ledger.append(&checkin(n, "LW1")).await.unwrap());
    }
    let rows = ledger.rows(vec![id(2), id(9), id(0), id(2)]).await.unwrap();
    let ids: Vec<_> = rows.into_iter().map(|row| row.map(|row| row.id)).collect();
    assert_eq!(ids, [Some(id(2)), None, Some(id(0)), Some(id(2))]);
}

#[tokio::test]
async fn a_second_kiosk_on_the_same_file_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let first = open(&path);
    let error = Ledger::open(&path, clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    let other = first.clone();
    first.close().await;
    assert_eq!(other.append(&checkin(1, "LW1")).await, Err(LedgerError::Closed));
    open(&path).close().await;
}

#[tokio::test]
async fn a_damaged_file_is_not_worked_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    std::fs::write(&path, "this is a letter, not a ledger. ".repeat(200)).unwrap();
    let error = Ledger::open(&path, clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Damaged { .. }), "{error}");

    let path = folder.path().join("m.db");
    let ledger = open(&path);
    for n in 0..200 {
        let _ = ledger.append(&checkin(n, &format!("LW{n}"))).await.unwrap();
    }
    ledger.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 6000].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let error = Ledger::open(&path, clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_card_that_is_being_issued_survives_and_ends_once() {
    use circulation::issue::{Debts, Medium, Row};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    let id = circulation::id::TransactionId::from_bytes([9; 16]);
    let fee = circulation::money::Amount::from_fen(500);
    let row = |row| sync_client::ledger::CardRow { id, row, fee, medium: Medium::Phone };
    let undoing = Row::Undoing(Debts { card: false, reader: true, money: true });
    ledger.keep_card(row(Row::Reserving)).await.unwrap();
    assert_eq!(ledger.keep_card(row(Row::Reserving)).await, Err(LedgerError::Exists));
    ledger.keep_card(row(undoing)).await.unwrap();
    ledger.close().await;

    let ledger = open(&path);
    assert_eq!(ledger.open_cards().await.unwrap(), [row(undoing)]);
    ledger.keep_card(row(Row::Undone { voucher: true })).await.unwrap();
    assert_eq!(ledger.open_cards().await.unwrap(), []);
    assert_eq!(ledger.keep_card(row(undoing)).await, Err(LedgerError::Exists), "what is over is over");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    open(&path).close().await;
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = Ledger::open(&path, clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::NewerSchema { found: 7, known: 4, .. }), "{error}");
}

/// What a gate saw of an item stands beside the steps and survives a cut; the row takes no step by it, and one that is closed no less.
#[tokio::test]
async fn what_was_seen_of_an_item_is_written_beside_its_last_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("l.db"));
    for (n, item) in [(1, "LW1"), (2, "LW2"), (3, "LW1")] {
        let _ = ledger.append(&checkout(n, "LW20260001", item)).await.unwrap();
        let _ = ledger.record(id(n), step(0)).await.unwrap();
    }
    let item = |text: &str| circulation::id::ItemId::parse(text).unwrap();
    assert_eq!(ledger.last_of(item("LW9")).await.unwrap(), None);
    let before = ledger.last_of(item("LW1")).await.unwrap().unwrap();
    assert_eq!(before.id, id(3));
    ledger.seen(id(3), "the gate alarmed".to_owned()).await.unwrap();
    assert_eq!(ledger.seen(id(9), "nobody's".to_owned()).await, Err(LedgerError::Unknown));
    let ledger = after_power_loss(&folder.path().join("l.db"), &folder.path().join("later.db"));
    let after = ledger.last_of(item("LW1")).await.unwrap().unwrap();
    assert_eq!(after, before, "why it waits, if it does, is said as before");
    let words = |marks: Vec<Mark>| marks.into_iter().map(|mark| mark.step).collect::<Vec<_>>();
    assert_eq!(words(ledger.steps(id(3)).await.unwrap()), ["asked", "granted", "seen"]);
    let _ = ledger.record(id(3), step(3)).await.unwrap();
    assert_eq!(words(ledger.steps(id(3)).await.unwrap()), ["asked", "granted", "seen", "settled"]);
    assert_eq!(words(ledger.steps(id(1)).await.unwrap()), ["asked", "granted"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let error = Ledger::open(Path::new("/proc/yueting/l.db"), clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Folder { .. }), "{error}");
    let error = Ledger::open(Path::new("/proc/l.db"), clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Permission { .. }), "{error}");
    assert!(error.to_string().contains("/proc/l.db"), "{error}");
}

#[tokio::test]
async fn steps_cannot_be_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    let _ = ledger.append(&checkin(1, "LW1")).await.unwrap();
    let _ = ledger.record(id(1), step(0)).await.unwrap();
    ledger.close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    let n: i64 = connection.query_row("SELECT count(*) FROM steps", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 2);
    assert!(connection.execute("DELETE FROM steps", []).is_err());
    assert!(connection.execute("UPDATE steps SET state = 'x'", []).is_err());
}
