//! Style 3.6, 8 (c): the power fails while the write-ahead log grows. Whatever part of it reached the disk, every row
//! whose proof was given by then is there as the proof says, and nothing is there half.
//!
//! ```text
//! ledger.db-wal:  header 32 | frame: header 24, page | frame | ... |
//!                           ^ cut at each boundary, and within each frame
//! ```

use std::path::{Path, PathBuf};

use circulation::id::TransactionId;
use sync_client::ledger::{Ledger, LedgerOpenError};
use sync_client::row::State;

use crate::ledger::{open, step};
use crate::world::{NINE, checkin, checkout, clock, id};

/// A ledger that was written to, one commit for each step, and whose log was never emptied.
struct Written {
    database: Vec<u8>,
    log: Vec<u8>,
    /// how long the log was when each proof was given: the row, and its state
    proofs: Vec<(usize, TransactionId, State)>,
    _folder: tempfile::TempDir,
}

async fn write() -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    let mut proofs = Vec::new();
    for n in 0..12_u16 {
        let transaction = if n % 3 == 2 {
            checkin(n, &format!("LW{n}"))
        } else {
            checkout(n, "P20260017", &format!("LW{n}"))
        };
        let durable = ledger.append(&transaction).await.unwrap();
        proofs.push((log_of(&path).len(), durable.id(), durable.state()));
        let steps: &[u8] = match n % 4 {
            0 => &[0, 3],
            1 => &[4, 5, 6],
            2 => &[0, 9, 7, 10],
            _ => &[1],
        };
        for which in steps {
            let durable = ledger.record(id(n), step(*which)).await.unwrap();
            proofs.push((log_of(&path).len(), durable.id(), durable.state()));
        }
    }
    let (database, log) = (std::fs::read(&path).unwrap(), log_of(&path));
    ledger.close().await;
    Written { database, log, proofs, _folder: folder }
}

fn log_of(path: &Path) -> Vec<u8> {
    std::fs::read(format!("{}-wal", path.display())).unwrap_or_default()
}

impl Written {
    /// The disk after a power cut that left so much of the log.
    fn left(&self, folder: &Path, log: &[u8]) -> PathBuf {
        let path = folder.join("l.db");
        std::fs::write(&path, &self.database).unwrap();
        std::fs::write(format!("{}-wal", path.display()), log).unwrap();
        path
    }

    /// What the proofs that were given by then say: the last one of each row.
    fn proven(&self, length: usize) -> Vec<(TransactionId, State)> {
        let mut rows: Vec<(TransactionId, State)> = Vec::new();
        for (_, id, state) in self.proofs.iter().filter(|(at, ..)| *at <= length) {
            match rows.iter_mut().find(|(known, _)| known == id) {
                Some(row) => row.1 = *state,
                None => rows.push((*id, *state)),
            }
        }
        rows
    }

    /// Where frames begin and end.
    fn boundaries(&self) -> Vec<usize> {
        let page = u32::from_be_bytes(self.log[8..12].try_into().unwrap()) as usize;
        (0..).map(|n| WAL_HEADER + n * (FRAME_HEADER + page)).take_while(|at| *at <= self.log.len()).collect()
    }
}

/// The rows and, by each, how many steps it took; and whether they hang together.
async fn rows(ledger: &Ledger) -> Vec<(TransactionId, State)> {
    let mut rows = Vec::new();
    for row in ledger.after(0, 500).await.unwrap() {
        let steps = ledger.steps(row.id).await.unwrap();
        assert_eq!(steps[0].step, "asked");
        let mut standing = sync_client::row::Standing::ASKED;
        for mark in &steps[1..] {
            let step = (0..=10).map(step).find(|step| step.as_str() == mark.step).unwrap();
            standing = standing.after(&step).expect("a step that was legal");
        }
        assert_eq!(standing, row.standing(), "the row and its steps were written together");
        rows.push((row.id, row.state));
    }
    rows
}

#[tokio::test]
async fn every_proof_holds_wherever_the_log_is_cut() {
    let written = write().await;
    let boundaries = written.boundaries();
    assert!(boundaries.len() > 60, "{} frames", boundaries.len());
    let mut n_rows = 0;
    for window in boundaries.windows(2) {
        let (start, end) = (window[0], window[1]);
        for cut in [start, start + FRAME_HEADER, end - 1] {
            let folder = tempfile::tempdir().unwrap();
            let path = written.left(folder.path(), &written.log[..cut]);
            let ledger = open(&path);
            let found = rows(&ledger).await;
            assert_eq!(found, written.proven(cut), "cut at {cut} of {}", written.log.len());
            n_rows = n_rows.max(found.len());
            ledger.close().await;
        }
    }
    assert_eq!(n_rows, 12, "the last cut but one byte leaves them all");
}

/// What was on its way to the disk may also have arrived as something else.
#[tokio::test]
async fn a_frame_that_arrived_wrong_ends_the_log() {
    let written = write().await;
    for window in written.boundaries().windows(2) {
        let (start, end) = (window[0], window[1]);
        let mut log = written.log.clone();
        log[usize::midpoint(start, end)] ^= 0x40;
        let folder = tempfile::tempdir().unwrap();
        let path = written.left(folder.path(), &log);
        let ledger = open(&path);
        assert_eq!(rows(&ledger).await, written.proven(start), "damaged in the frame at {start}");
        ledger.close().await;
    }
}

/// A log that is lost altogether leaves what was in the database, not less.
#[tokio::test]
async fn what_was_emptied_into_the_database_needs_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    for n in 0..5 {
        let _ = ledger.append(&checkin(n, "LW1")).await.unwrap();
    }
    ledger.close().await;
    assert!(!PathBuf::from(format!("{}-wal", path.display())).exists());
    let ledger = open(&path);
    let _ = ledger.append(&checkin(5, "LW1")).await.unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    ledger.close().await;
    let ledger = open(&copy);
    assert_eq!(rows(&ledger).await.len(), 5);
    ledger.close().await;
}

/// Neither the file nor its log is changed by being looked at.
#[tokio::test]
async fn a_damaged_database_keeps_its_log() {
    let written = write().await;
    let folder = tempfile::tempdir().unwrap();
    let whole = written.left(folder.path(), &written.log);
    open(&whole).close().await;
    let mut database = std::fs::read(&whole).unwrap();
    database[PAGE..PAGE + 8].fill(0xA5);
    std::fs::write(&whole, &database).unwrap();
    // A log that belongs to it and says nothing of the damaged page.
    let frames = &written.log[..WAL_HEADER + FRAME_HEADER + PAGE - 1];
    std::fs::write(format!("{}-wal", whole.display()), frames).unwrap();
    let error = Ledger::open(&whole, clock(NINE)).unwrap_err();
    assert!(matches!(error, LedgerOpenError::Damaged { .. }), "{error}");
    assert!(std::fs::read(&whole).unwrap() == database, "the database is as it was");
    assert!(log_of(&whole) == frames, "and so is its log");
}

/// Damage that a check finds is found before anything is served, whatever byte it hits.
#[tokio::test]
async fn a_damaged_database_is_refused_or_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = open(&path);
    for n in 0..200 {
        let _ = ledger.append(&checkin(n, &format!("LW{n}"))).await.unwrap();
    }
    ledger.close().await;
    let good = std::fs::read(&path).unwrap();
    let mut n_refused = 0;
    for page in 0..good.len() / PAGE {
        let mut bytes = good.clone();
        // The page's own header: what kind it is, and how its cells lie.
        let at = page * PAGE + if page == 0 { 100 } else { 0 };
        bytes[at..at + 8].fill(0xA5);
        let copy = folder.path().join(format!("{page}.db"));
        std::fs::write(&copy, &bytes).unwrap();
        match Ledger::open(&copy, clock(NINE)) {
            Err(LedgerOpenError::Damaged { .. }) => n_refused += 1,
            Err(other) => panic!("page {page}: {other}"),
            Ok(_) => panic!("page {page}: the damage was not seen"),
        }
        let kept = std::fs::read(&copy).unwrap();
        assert!(kept == bytes, "page {page}: the damaged file is evidence, and stays as it is");
    }
    assert!(n_refused > 8, "{n_refused} pages");
}

const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const PAGE: usize = 4096;
