//! How fast the ledger puts rows on the disk, against bare SQLite: rusqlite with the statements prepared once, no thread,
//! no rules, no savepoints. Two files of one schema and one set of pragmas grow side by side, row by row the same; blocks of
//! the two take turns in one run, and the ratio is that of each pair of blocks.
//!
//! `cargo bench -p sync-client --features ledger --bench append` prints it, and fails when the two files do not hold the
//! same at the end. Never on time.
//!
//! - `one at a time`: [`Ledger::append`], the next when the one before is on the disk; bare: one commit for each.
//! - `groups of 10`, `of 200`: [`Ledger::record_all`], which looks where each row stands and refuses what is illegal; bare:
//!   the same look and the same writes, one commit for the group, and no question asked.
//! - `ten askers`: a stack of ten appended side by side, as the kiosk does it, against one commit for each: what sharing
//!   commits wins. It has no aim.
//!
//! Seen on two virtual cores with nothing beside it, one run each; medians of 41 rounds, in brackets the lowest and highest.
//! First when whoever waits went to sleep at once, then when they look a moment longer first (`sync_client::soon`):
//! ```text
//!                           slept                    looks first
//! append, one at a time     0.83 (0.67, 1.05)        0.97 (0.76, 1.30)     6,039 beside 6,327 a second: met
//! append, ten askers        4.66 (3.94, 5.63)        3.41 (2.41, 5.45)     21,000 to 28,000 a second
//! steps, groups of 10       0.85, 0.87               0.85, 0.88            31,000 to 33,000 beside 38,000
//! steps, groups of 200      0.91                     0.88                  85,000 beside 95,000
//! there and back            34 us                    1.9 us
//! ```
//! With another program beside it now and then: 0.90 (0.33, 1.08).
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures time, and ends when something is missing"
)]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Transaction};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::row::Step;

const N_ROUNDS: u32 = 41;
/// Rows of a block.
const N_ROWS: u32 = 200;
const AIM: f64 = 0.9;

fn main() -> ExitCode {
    // Below cargo's target: a folder for temporary files may be in memory, where a sync costs nothing.
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let paths = [folder.path().join("ledger.db"), folder.path().join("bare.db")];
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let mut bare = Bare::open(&paths[1]);
    let ledger = Ledger::open(&paths[0], Clock::fixed(now())).expect("a ledger");
    let mut jobs = Job::ALL.map(|job| (job, Vec::new()));
    for round in 0..=N_ROUNDS {
        for (job, pairs) in &mut jobs {
            let at = round * 2 * N_ROWS;
            let of_ledger = || runtime.block_on(by_ledger(&ledger, *job, at));
            // Who begins alternates.
            let pair = if round.is_multiple_of(2) {
                let ours = of_ledger();
                (ours, bare.run(*job, at))
            } else {
                let bare = bare.run(*job, at);
                (of_ledger(), bare)
            };
            // The first round makes files, caches and threads.
            if round > 0 {
                pairs.push(pair);
            }
        }
    }
    println!(
        "{N_ROUNDS} rounds of {N_ROWS} rows          ledger/s    bare/s   ratio (lowest, highest)   aim"
    );
    jobs.iter().for_each(|(job, pairs)| report(*job, pairs));
    let (there_and_back, sync) = (runtime.block_on(hand_over(&ledger)), bare.commit());
    println!("to the ledger's thread and back: {there_and_back:.1?}; a bare commit of one page: {sync:.1?}");
    runtime.block_on(ledger.close());
    drop(bare);
    let [ours, same] = paths.map(|path| content(&path));
    if ours == same {
        println!("both files hold the same {} rows", ours.len());
        ExitCode::SUCCESS
    } else {
        println!("WRONG: the two files differ");
        ExitCode::FAILURE
    }
}

/// What a block does. In the order of a round, so that each finds the rows it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Appends of the round's first rows.
    OneAtATime,
    /// Appends of its second rows.
    TenAskers,
    /// A step of each of the first rows.
    GroupsOfTen(&'static str),
    /// A step of each of them.
    GroupOfAll,
}

impl Job {
    const ALL: [Self; 5] = [
        Self::OneAtATime,
        Self::TenAskers,
        Self::GroupsOfTen("assumed"),
        Self::GroupsOfTen("settled"),
        Self::GroupOfAll,
    ];

    fn name(self) -> String {
        match self {
            Self::OneAtATime => "append, one at a time".to_owned(),
            Self::TenAskers => "append, ten askers".to_owned(),
            Self::GroupsOfTen(word) => format!("{word}, groups of 10"),
            Self::GroupOfAll => format!("told, groups of {N_ROWS}"),
        }
    }
}

/// Rows a second of one block.
fn rate(started: Instant) -> f64 {
    f64::from(N_ROWS) / started.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

async fn by_ledger(ledger: &Ledger, job: Job, at: u32) -> f64 {
    let steps = |word: &'static str, ns: std::ops::Range<u32>| ns.map(move |n| (id(n), step(word))).collect();
    let all = at..at + N_ROWS;
    match job {
        Job::OneAtATime => {
            let asked: Vec<Transaction> = all.map(transaction).collect();
            let started = Instant::now();
            for transaction in &asked {
                drop(ledger.append(transaction).await.expect("it is on the disk"));
            }
            rate(started)
        }
        Job::TenAskers => {
            let asked: Vec<Transaction> = (at + N_ROWS..at + 2 * N_ROWS).map(transaction).collect();
            let started = Instant::now();
            for stack in asked.chunks(10) {
                let mut askers = tokio::task::JoinSet::new();
                for transaction in stack {
                    let (ledger, transaction) = (ledger.clone(), transaction.clone());
                    askers.spawn(async move { ledger.append(&transaction).await.map(drop) });
                }
                askers.join_all().await.into_iter().for_each(|done| done.expect("it is on the disk"));
            }
            rate(started)
        }
        Job::GroupsOfTen(word) => {
            let groups: Vec<Vec<_>> =
                (0..N_ROWS / 10).map(|n| steps(word, at + n * 10..at + n * 10 + 10)).collect();
            let started = Instant::now();
            for group in groups {
                record(ledger, group).await;
            }
            rate(started)
        }
        Job::GroupOfAll => {
            let group = steps("told", all);
            let started = Instant::now();
            record(ledger, group).await;
            rate(started)
        }
    }
}

async fn record(ledger: &Ledger, group: Vec<(TransactionId, Step)>) {
    for done in ledger.record_all(group).await.expect("it is on the disk") {
        done.expect("a legal step");
    }
}

/// What the ledger's thread costs by itself: a row that is not there is asked for.
async fn hand_over(ledger: &Ledger) -> Duration {
    let mut times = Vec::new();
    for _ in 0..1000 {
        let started = Instant::now();
        assert_eq!(ledger.row(id(u32::MAX)).await, Ok(None));
        times.push(started.elapsed());
    }
    middle(times)
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// SQLite and nothing else.
struct Bare {
    connection: Connection,
    now: String,
}

impl Bare {
    fn open(path: &Path) -> Self {
        // The schema is the ledger's: tables, indexes and triggers.
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let made = Ledger::open(path, Clock::fixed(now())).expect("a ledger");
        runtime.block_on(made.close());
        let connection = Connection::open(path).expect("the file");
        for (pragma, value) in PRAGMAS {
            connection.pragma_update(None, pragma, value).expect("a setting");
        }
        let mode: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("a mode");
        assert_eq!(mode, "wal");
        Self { connection, now: now().to_string() }
    }

    fn run(&mut self, job: Job, at: u32) -> f64 {
        match job {
            Job::OneAtATime => self.append(at..at + N_ROWS),
            Job::TenAskers => self.append(at + N_ROWS..at + 2 * N_ROWS),
            Job::GroupsOfTen(word) => self.update(word, at, 10),
            Job::GroupOfAll => self.update("told", at, N_ROWS),
        }
    }

    fn append(&mut self, ns: std::ops::Range<u32>) -> f64 {
        let asked: Vec<Transaction> = ns.map(transaction).collect();
        let (mut begin, mut commit) = (self.prepare("BEGIN IMMEDIATE"), self.prepare("COMMIT"));
        let (mut row, mut note) = (self.prepare(INSERT), self.prepare(NOTE));
        let started = Instant::now();
        for Transaction { id, act } in &asked {
            let (word, patron) = match act {
                Act::Checkout { patron, .. } => ("checkout", Some(patron.as_str())),
                Act::Checkin { .. } => ("checkin", None),
            };
            begin.execute([]).expect("a start");
            row.execute(params![id.as_bytes(), word, act.item().as_str(), patron, self.now]).expect("a row");
            note.execute(params![id.as_bytes(), "asked", self.now]).expect("a row");
            commit.execute([]).expect("an end");
        }
        rate(started)
    }

    fn update(&mut self, word: &str, at: u32, size: u32) -> f64 {
        let (state, is_told) = if word == "told" { ("settled", true) } else { (word, false) };
        let (mut begin, mut commit) = (self.prepare("BEGIN IMMEDIATE"), self.prepare("COMMIT"));
        let (mut look, mut row, mut note) = (self.prepare(LOOK), self.prepare(UPDATE), self.prepare(NOTE));
        let ids: Vec<TransactionId> = (at..at + N_ROWS).map(id).collect();
        let started = Instant::now();
        for group in ids.chunks(size as usize) {
            begin.execute([]).expect("a start");
            for id in group {
                let seq: i64 = look.query_row([id.as_bytes()], |row| row.get(0)).expect("a row");
                row.execute(params![seq, state, true, is_told, self.now]).expect("a row");
                note.execute(params![id.as_bytes(), word, self.now]).expect("a row");
            }
            commit.execute([]).expect("an end");
        }
        rate(started)
    }

    /// A commit that changes one page and no row.
    fn commit(&self) -> Duration {
        let mut times = Vec::new();
        for _ in 0..200 {
            let started = Instant::now();
            self.connection.pragma_update(None, "user_version", 2).expect("an end");
            times.push(started.elapsed());
        }
        middle(times)
    }

    fn prepare(&self, sql: &str) -> rusqlite::Statement<'_> {
        self.connection.prepare(sql).expect("a statement")
    }
}

fn report(job: Job, pairs: &[(f64, f64)]) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        (at(values.len() / 2), at(0), at(values.len() - 1))
    };
    let (ours, ..) = median(pairs.iter().map(|(ours, _)| *ours).collect());
    let (bare, ..) = median(pairs.iter().map(|(_, bare)| *bare).collect());
    let (ratio, low, high) = median(pairs.iter().map(|(ours, bare)| ours / bare).collect());
    let aim = match (job == Job::TenAskers, ratio >= AIM) {
        (true, _) => String::new(),
        (false, true) => format!(">= {AIM} met"),
        (false, false) => format!(">= {AIM} MISSED"),
    };
    println!(
        "{:<28} {ours:>9.0} {bare:>9.0}  {ratio:>6.2} ({low:.2}, {high:.2})             {aim}",
        job.name()
    );
}

/// Everything that a file holds, as text, but for the order of what was asked side by side.
fn content(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).expect("the file");
    let mut all = Vec::new();
    for sql in [
        "SELECT id, act, item, patron, state, assumed, told, title, due, asked_at, changed_at, attempts, note, tag_open \
         FROM transactions ORDER BY id",
        "SELECT transaction_id, state, at, detail FROM steps ORDER BY transaction_id, seq",
    ] {
        let mut statement = connection.prepare(sql).expect("a statement");
        let n_columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells = (0..n_columns).map(|at| row.get::<_, rusqlite::types::Value>(at).expect("a cell"));
            all.push(format!("{:?}", cells.collect::<Vec<_>>()));
        }
    }
    all
}

/// Checkouts and checkins by turns.
fn transaction(n: u32) -> Transaction {
    let item = ItemId::parse(&format!("LW{n:07}")).expect("a barcode");
    let act = if n.is_multiple_of(2) {
        let patron = PatronId::parse(&format!("LW2026{:04}", n % 1000)).expect("a number");
        Act::Checkout { patron, item }
    } else {
        Act::Checkin { item }
    };
    Transaction { id: id(n), act }
}

/// In ascending order, as ids that begin with the time are.
fn id(n: u32) -> TransactionId {
    TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes())
}

fn step(word: &str) -> Step {
    match word {
        "assumed" => Step::Assumed { due: None },
        "settled" => Step::Settled,
        _ => Step::Told { note: None },
    }
}

/// The clock stands, so that both write the same.
fn now() -> Timestamp {
    "2026-11-23T01:30:00.123456789Z".parse().expect("a moment")
}

/// Those of the ledger.
const PRAGMAS: [(&str, &str); 6] = [
    ("locking_mode", "EXCLUSIVE"),
    ("journal_mode", "WAL"),
    ("synchronous", "FULL"),
    ("secure_delete", "ON"),
    ("foreign_keys", "ON"),
    ("trusted_schema", "OFF"),
];
const INSERT: &str = "INSERT INTO transactions (id, act, item, patron, state, asked_at, changed_at) \
                      VALUES (?1, ?2, ?3, ?4, 'asked', ?5, ?5)";
const NOTE: &str = "INSERT INTO steps (transaction_id, state, at, detail) VALUES (?1, ?2, ?3, NULL)";
const UPDATE: &str = "UPDATE transactions SET state = ?2, assumed = ?3, told = ?4, changed_at = ?5, \
                      patron = CASE WHEN ?4 THEN NULL ELSE patron END WHERE seq = ?1";
const LOOK: &str = "SELECT seq, state, assumed, told FROM transactions WHERE id = ?1";
