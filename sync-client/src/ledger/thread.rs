//! The ledger's thread: takes requests, commits those that wait together, answers after the commit.
//!
//! Before it goes to sleep it looks for the next request a moment longer ([`AWAKE`]), letting other threads go first; so do
//! those who wait for its answer (`crate::soon`).

use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use circulation::id::{ItemId, TransactionId};
use circulation::transaction::Transaction;
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{CardRow, Counts, Durable, LedgerError, Mark, PieceRow, Pieces, cards, pieces, store};
use crate::clock::Clock;
use crate::row::{Row, State, Step};
use crate::soon::{AWAKE, monotonic};

/// What became of each step of several.
type Each = Vec<Result<State, LedgerError>>;
type Answer<T> = oneshot::Sender<Result<T, LedgerError>>;

/// What the handle asks of the thread.
#[derive(Debug)]
pub(super) enum Request {
    Append { transaction: Transaction, at: Option<Timestamp>, answer: Answer<Durable> },
    Record { id: TransactionId, step: Step, answer: Answer<Durable> },
    RecordAll { steps: Vec<(TransactionId, Step)>, answer: Answer<Each> },
    Attempted { id: TransactionId, note: String, answer: Answer<u32> },
    Seen { id: TransactionId, note: String, answer: Answer<()> },
    LastOf { item: ItemId, answer: Answer<Option<Row>> },
    OpenRows { answer: Answer<Vec<Row>> },
    Row { id: TransactionId, answer: Answer<Option<Row>> },
    Rows { ids: Vec<TransactionId>, answer: Answer<Vec<Option<Row>>> },
    Recent { n: u32, answer: Answer<Vec<Row>> },
    After { seq: i64, n: u32, answer: Answer<Vec<Row>> },
    Ending { digits: String, answer: Answer<Vec<Row>> },
    Steps { id: TransactionId, answer: Answer<Vec<Mark>> },
    Counts { answer: Answer<Counts> },
    KeepCard { card: CardRow, answer: Answer<()> },
    OpenCards { answer: Answer<Vec<CardRow>> },
    KeepPiece { piece: PieceRow, answer: Answer<()> },
    Pieces { answer: Answer<Pieces> },
    RecentPieces { n: u32, answer: Answer<Vec<PieceRow>> },
    Probe { answer: Answer<()> },
    Close { answer: oneshot::Sender<()> },
}

/// An answer that waits for the commit.
enum Pending {
    Durable(Answer<Durable>, Result<Durable, LedgerError>),
    States(Answer<Each>, Result<Each, LedgerError>),
    Attempts(Answer<u32>, Result<u32, LedgerError>),
    /// of a card, or of a probe
    Done(Answer<()>, Result<(), LedgerError>),
}

/// Starts the thread; it ends when the last sender is gone or it is told to close.
pub(super) fn start(
    connection: Connection,
    clock: Clock,
    inbox: mpsc::Receiver<Request>,
) -> std::io::Result<()> {
    let worker = Worker { connection, clock, inbox, pending: Vec::new(), log_is_dirty: true };
    std::thread::Builder::new().name("ledger".to_owned()).spawn(move || worker.run())?;
    Ok(())
}

struct Worker {
    connection: Connection,
    clock: Clock,
    inbox: mpsc::Receiver<Request>,
    /// answers of the transaction that is open now
    pending: Vec<Pending>,
    /// whether the write-ahead log may hold what was erased
    log_is_dirty: bool,
}

impl Worker {
    fn run(mut self) {
        while let Some(first) = self.wait() {
            let mut next = Some(first);
            while let Some(request) = next {
                if let Some(closed) = self.perform(request) {
                    return self.close(Some(closed));
                }
                next = if self.pending.len() < GROUP { self.inbox.try_recv().ok() } else { None };
            }
            self.commit();
        }
        self.close(None);
    }

    /// The next request; nothing when all handles are gone.
    fn wait(&mut self) -> Option<Request> {
        let begun = monotonic();
        while begun.elapsed() < AWAKE {
            match self.inbox.try_recv() {
                Ok(request) => return Some(request),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => std::thread::yield_now(),
            }
        }
        if self.log_is_dirty {
            match self.inbox.recv_timeout(IDLE) {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.empty_log(),
            }
        }
        self.inbox.recv().ok()
    }

    /// Performs one request; writes join the open transaction, reads close it first.
    fn perform(&mut self, request: Request) -> Option<oneshot::Sender<()>> {
        let now = self.clock.now();
        match request {
            Request::Append { transaction, at, answer } => {
                let at = at.unwrap_or(now);
                let done = self.write(|connection| {
                    store::append(connection, &transaction, &at.to_string())
                        .map(|state: State| Durable::new(transaction.id, state))
                });
                self.pending.push(Pending::Durable(answer, done));
            }
            Request::Record { id, step, answer } => {
                let done = self.write(|connection| {
                    store::record(connection, id, &step, &now.to_string())
                        .map(|state| Durable::new(id, state))
                });
                self.pending.push(Pending::Durable(answer, done));
            }
            Request::RecordAll { steps, answer } => {
                let done = self.record_all(&steps, &now.to_string());
                self.pending.push(Pending::States(answer, done));
            }
            Request::Attempted { id, note, answer } => {
                let done = self.write(|connection| store::attempted(connection, id, &note));
                self.pending.push(Pending::Attempts(answer, done));
            }
            Request::Seen { id, note, answer } => {
                let done = self.write(|connection| store::seen(connection, id, &note, &now.to_string()));
                self.pending.push(Pending::Done(answer, done));
            }
            Request::LastOf { item, answer } => {
                self.commit();
                reply(answer, store::last_of(&self.connection, &item));
            }
            Request::KeepCard { card, answer } => {
                let done = self.write(|connection| cards::keep(connection, &card, &now.to_string()));
                self.pending.push(Pending::Done(answer, done));
            }
            Request::OpenCards { answer } => {
                self.commit();
                reply(answer, cards::open(&self.connection));
            }
            Request::KeepPiece { piece, answer } => {
                let done = self.write(|connection| pieces::keep(connection, &piece, &now.to_string()));
                self.pending.push(Pending::Done(answer, done));
            }
            Request::Pieces { answer } => {
                self.commit();
                reply(answer, pieces::read(&self.connection));
            }
            Request::RecentPieces { n, answer } => {
                self.commit();
                reply(answer, pieces::recent(&self.connection, n));
            }
            Request::Probe { answer } => {
                let done = self.write(store::probe);
                self.pending.push(Pending::Done(answer, done));
            }
            Request::OpenRows { answer } => {
                self.commit();
                reply(answer, store::open_rows(&self.connection));
            }
            Request::Row { id, answer } => {
                self.commit();
                reply(answer, store::row(&self.connection, id));
            }
            Request::Rows { ids, answer } => {
                self.commit();
                reply(answer, ids.into_iter().map(|id| store::row(&self.connection, id)).collect());
            }
            Request::Recent { n, answer } => {
                self.commit();
                reply(answer, store::recent(&self.connection, n));
            }
            Request::After { seq, n, answer } => {
                self.commit();
                reply(answer, store::after(&self.connection, seq, n));
            }
            Request::Ending { digits, answer } => {
                self.commit();
                reply(answer, store::ending(&self.connection, &digits));
            }
            Request::Steps { id, answer } => {
                self.commit();
                reply(answer, store::steps(&self.connection, id));
            }
            Request::Counts { answer } => {
                self.commit();
                reply(answer, store::counts(&self.connection));
            }
            Request::Close { answer } => {
                self.commit();
                return Some(answer);
            }
        }
        None
    }

    /// Runs one write in the open transaction, opening it if there is none. A request that is refused has written nothing
    /// before it is; a failure of the disk in the middle of one undoes the whole transaction. So no request needs a
    /// savepoint of its own, for which SQLite would copy every page that it touches.
    fn write<T>(
        &mut self,
        act: impl FnOnce(&Connection) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if self.connection.is_autocommit() {
            store::run(&self.connection, "BEGIN IMMEDIATE")?;
        }
        let done = act(&self.connection);
        if let Err(cause) = &done
            && !cause.is_refusal()
        {
            fail(&mut self.pending, cause);
            if !self.connection.is_autocommit() {
                // Fails only if SQLite has rolled back already.
                self.connection.execute_batch("ROLLBACK").unwrap_or_default();
            }
        }
        done
    }

    /// Each step is taken or refused by itself; if the disk fails, none is taken.
    fn record_all(&mut self, steps: &[(TransactionId, Step)], now: &str) -> Result<Each, LedgerError> {
        let mut each = Vec::with_capacity(steps.len());
        for (id, step) in steps {
            match self.write(|connection| store::record(connection, *id, step, now)) {
                Err(cause) if !cause.is_refusal() => return Err(cause),
                done => each.push(done),
            }
        }
        Ok(each)
    }

    /// Commits what is open, then gives the answers.
    fn commit(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(cause) = store::run(&self.connection, "COMMIT")
        {
            fail(&mut self.pending, &cause);
            // Fails only if SQLite has rolled back already.
            self.connection.execute_batch("ROLLBACK").unwrap_or_default();
        }
        for pending in self.pending.drain(..) {
            self.log_is_dirty = true;
            match pending {
                Pending::Durable(answer, done) => reply(answer, done),
                Pending::States(answer, done) => reply(answer, done),
                Pending::Attempts(answer, done) => reply(answer, done),
                Pending::Done(answer, done) => reply(answer, done),
            }
        }
    }

    /// Copies the write-ahead log into the database and empties it: erased numbers must not live on in it.
    fn empty_log(&mut self) {
        // If it fails (disk full), the log stays and is still valid; the next idle moment after a write tries again.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap_or_default();
        self.log_is_dirty = false;
    }

    fn close(mut self, closed: Option<oneshot::Sender<()>>) {
        self.commit();
        self.empty_log();
        drop(self.connection);
        if let Some(closed) = closed {
            // Whoever asked may have gone.
            closed.send(()).unwrap_or_default();
        }
    }
}

/// Turns every success that was not committed into the failure that undid it.
fn fail(pending: &mut [Pending], cause: &LedgerError) {
    for pending in pending {
        match pending {
            Pending::Durable(_, done @ Ok(_)) => *done = Err(cause.clone()),
            Pending::States(_, done @ Ok(_)) => *done = Err(cause.clone()),
            Pending::Attempts(_, done @ Ok(_)) => *done = Err(cause.clone()),
            Pending::Done(_, done @ Ok(())) => *done = Err(cause.clone()),
            Pending::Durable(_, Err(_))
            | Pending::States(_, Err(_))
            | Pending::Attempts(_, Err(_))
            | Pending::Done(_, Err(_)) => {}
        }
    }
}

/// Answers; whoever asked may have gone, which changes nothing here.
fn reply<T>(answer: Answer<T>, result: Result<T, LedgerError>) {
    drop(answer.send(result));
}

/// The most requests in one commit.
const GROUP: usize = 64;
/// How long nothing must happen before the log is emptied.
const IDLE: Duration = Duration::from_millis(500);
