//! `kioskctl queue` on a ledger whose kiosk does not run.

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Transaction};
use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::row::Step;

use crate::program::run;

/// A data folder with one row that waits for staff and one that is closed.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2026-11-22T01:00:00Z".parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(&folder.path().join("ledger.db"), clock).unwrap();
        for (n, what) in [(1, "LW0000001"), (2, "LW0000002")] {
            let act = Act::Checkout {
                patron: PatronId::parse("LW20260017").unwrap(),
                item: ItemId::parse(what).unwrap(),
            };
            drop(ledger.append(&Transaction { id: id(n), act }).await.unwrap());
        }
        let parked = Step::Parked { why: "loan undone at central; the tag may be open".into() };
        for (n, step) in [
            (1, Step::Doubt { why: "no answer".into() }),
            (1, Step::Reversing { why: "tag not written".into(), tag_open: true }),
            (1, parked),
            (2, Step::Declined { why: "R90203".into() }),
        ] {
            drop(ledger.record(id(n), step).await.unwrap());
        }
        ledger.close().await;
    });
    folder
}

/// A ledger with one row that is open since 2026-11-22 01:00.
pub(crate) fn open_row(path: &std::path::Path) {
    let clock = Clock::fixed("2026-11-22T01:00:00Z".parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(path, clock).unwrap();
        let act = Act::Checkin { item: ItemId::parse("LW0000003").unwrap() };
        drop(ledger.append(&Transaction { id: id(3), act }).await.unwrap());
        ledger.close().await;
    });
}

/// As a kiosk leaves the row of [`open_row`] when no answer came.
fn doubt(path: &std::path::Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(path, Clock::system()).unwrap();
        drop(ledger.record(id(3), Step::Doubt { why: "no answer".into() }).await.unwrap());
        ledger.close().await;
    });
}

/// A ledger without a row.
pub(crate) fn empty(path: &std::path::Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Ledger::open(path, Clock::system()).unwrap().close().await });
}

fn id(n: u128) -> TransactionId {
    TransactionId::from_bytes((0x0192_0000_0000_7000_8000_0000_0000_0000 + (0xABCD_0000 + n)).to_be_bytes())
}

#[test]
fn staff_sees_tries_again_and_settles() {
    let folder = folder();
    let queue = |arguments: &[&str]| {
        let folder = folder.path().to_str().unwrap();
        run(&[&["queue"], arguments, &["--data-dir", folder]].concat())
    };
    let status = queue(&["status"]);
    assert_eq!(status.code, Some(1), "something waits for staff");
    assert!(status.out.contains("waiting for staff  1"), "{}", status.out);
    assert!(status.out.contains("the kiosk does not run"), "{}", status.out);
    let list = queue(&["list"]);
    assert_eq!(list.code, Some(0));
    assert!(list.out.contains("abcd0001") && !list.out.contains("abcd0002"), "{}", list.out);
    assert!(!list.out.contains("LW20260017"), "no patron in a list");
    assert_eq!(queue(&["list", "--all"]).out.lines().count(), 3);
    let show = queue(&["show", "abcd0001", "--patron"]);
    assert!(show.out.contains("patron   LW20260017"), "{}", show.out);
    assert!(show.out.contains("may be open: lay the item on a staff pad"), "{}", show.out);
    assert!(show.out.contains("reversing"), "{}", show.out);
    assert!(!queue(&["show", "abcd0001"]).out.contains("LW20260017"));
    let settled = queue(&["settle", "abcd0001", "--note", "on the shelf, tag closed"]);
    assert!(settled.out.contains("parked (closed)"), "{}", settled.out);
    let again = queue(&["retry", "abcd0001"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("only a row that waits for staff"), "{}", again.err);
    assert_eq!(queue(&["status"]).code, Some(0));
    let export = queue(&["export"]);
    let rows: Vec<serde_json::Value> =
        export.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0]["item"].as_str(), rows[0]["tag_open"].as_bool()), (Some("LW0000001"), Some(true)));
}

/// Staff knows better than the kiosk: it is left alone, with the reason, until somebody says what was done.
#[test]
fn an_open_row_is_left_to_staff_and_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    open_row(&folder.path().join("ledger.db"));
    let queue = |arguments: &[&str]| {
        run(&[&["queue"], arguments, &["--data-dir", folder.path().to_str().unwrap()]].concat())
    };
    let early = queue(&["park", "abcd0003", "--note", "too early"]);
    assert_eq!(early.code, Some(2));
    assert!(early.err.contains("the row is asked; what can be parked is in doubt"), "{}", early.err);
    doubt(&folder.path().join("ledger.db"));
    let without_a_reason = queue(&["park", "abcd0003"]);
    assert_eq!(without_a_reason.code, Some(2));
    assert!(without_a_reason.err.contains("--note"), "{}", without_a_reason.err);
    let parked = queue(&["park", "abcd0003", "--note", "the book is at the bindery"]);
    assert_eq!(parked.code, Some(0), "{}", parked.err);
    assert_eq!(queue(&["status"]).code, Some(1), "it waits for staff");
    let show = queue(&["show", "abcd0003"]);
    assert!(show.out.contains("the book is at the bindery"), "{}", show.out);
    let twice = queue(&["park", "abcd0003", "--note", "again"]);
    assert_eq!(twice.code, Some(2), "{}", twice.out);
    assert_eq!(queue(&["retry", "abcd0003"]).code, Some(0));
    assert_eq!(queue(&["status"]).code, Some(0), "the kiosk tries it again");
    let unknown = queue(&["park", "ffff", "--note", "no such row"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.out);
}

#[test]
fn a_folder_without_a_ledger_is_not_given_one() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(&["queue", "status", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("there is no ledger"), "{}", answer.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
