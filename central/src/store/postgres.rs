//! The engine for a district or a province: PostgreSQL, shared by any number of copies of central.
//!
//! No copy keeps anything to itself: transaction ids, tokens and the list of changes are rows. What is decided upon is
//! locked first, item rows by barcode, then patron rows by card number, in the order of their bytes, so that two copies
//! never wait for each other; then it is read by a new statement, which sees what the one before committed
//! (`READ COMMITTED`). Should the server still find that two came between each other, the change starts again.
//!
//! ```text
//!   caller's thread      BEGIN, locks, facts ──▶ ledger decides ──▶ rows, COMMIT
//!   wire                 ════════ one trip ═════                   ═ one trip ═
//! ```
//! Statements whose answers nobody waits for travel together: a loan costs two round trips, however many rows it writes.
//! Those of a batch that are alike are one statement ([`sets`]).
//!
//! All functions block; call them off the async threads.

use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;

use circulation::id::{Isil, ItemId, PatronId};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, error::SqlState};

use super::StoreError;
use super::engine::{Access, Engine, Row, Value, Work};
use super::statement::{Statement, circulate};
use pool::{Lease, Pool};
use sets::Sets;
use value::{Owned, row};

mod open;
mod pool;
mod sets;
mod value;
mod wait;

/// A server's database, open.
pub(super) struct Database {
    pool: Pool,
}

/// What is on its way to the server and back.
type Answer = Pin<Box<dyn Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + Send>>;

/// One connection while it works for one caller.
struct Session<'a, 'pool> {
    lease: &'a mut Lease<'pool>,
    /// in the order in which the server is to get them
    ahead: Vec<Answer>,
    /// to be written after those, as sets
    sets: Sets,
    /// whether the answer to a commit is waited for
    is_committing: bool,
}

impl Engine for Database {
    fn change(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut n_left = ATTEMPTS;
        loop {
            n_left -= 1;
            match self.attempt(work) {
                Err(Attempt::Again(fault)) if n_left > 0 => {
                    tracing::debug!(%fault, n_left, "a change is started again");
                }
                Err(Attempt::Again(fault) | Attempt::Failed(fault)) => return Err(fault),
                Ok(()) => return Ok(()),
            }
        }
    }

    fn look(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut lease = self.pool.lease()?;
        let outcome = work(&mut Session::new(&mut lease));
        lease.is_clean = true;
        outcome
    }

    fn settle(&self) -> Result<(), StoreError> {
        let mut lease = self.pool.lease()?;
        let client = Arc::clone(lease.client());
        let tables = wait::until(client.query(OWN_TABLES, &[]))?;
        wait::until(client.batch_execute("SET statement_timeout = 0"))?;
        for table in &tables {
            let table: &str = table.try_get(0)?;
            // Counted, and rid of rows that are no more: a list that was worked off is read past all that stood in it, until
            // the server comes round to it. Nobody is kept waiting meanwhile.
            wait::until(client.batch_execute(&format!("VACUUM (ANALYZE, SKIP_LOCKED) {table}")))?;
        }
        wait::until(client.batch_execute("RESET statement_timeout"))?;
        lease.is_clean = true;
        Ok(())
    }

    #[cfg(test)]
    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let mut lease = self.pool.lease()?;
        let done = wait::until(lease.client().batch_execute(sql));
        lease.is_clean = true;
        Ok(done?)
    }
}

/// How an attempt at a change ended.
enum Attempt {
    /// nothing was done, and trying again may help
    Again(StoreError),
    Failed(StoreError),
}

impl Database {
    fn attempt(&self, work: &mut Work<'_>) -> Result<(), Attempt> {
        let mut lease = self.pool.lease().map_err(Attempt::Failed)?;
        let mut session = Session::new(&mut lease);
        session.tell(BEGIN);
        let mut outcome = work(&mut session);
        if outcome.is_ok() {
            outcome = session.commit();
        }
        let is_committing = session.is_committing;
        match outcome {
            Ok(()) => {
                lease.is_clean = true;
                Ok(())
            }
            Err(fault) => {
                // A connection that cannot be brought back is closed, which also undoes what it began.
                lease.is_clean = wait::until(lease.client().batch_execute("ROLLBACK")).is_ok();
                let was_lost = lease.client().is_closed();
                Err(match &fault {
                    StoreError::Postgres { code: Some(code), .. } if is_between(code) => {
                        Attempt::Again(fault)
                    }
                    // Before the commit was sent, nothing can have been done.
                    StoreError::Postgres { .. } if was_lost && !is_committing => Attempt::Again(fault),
                    StoreError::Postgres { .. }
                    | StoreError::Sqlite(_)
                    | StoreError::Busy
                    | StoreError::Cancelled
                    | StoreError::Missing(_)
                    | StoreError::Corrupt { .. } => Attempt::Failed(fault),
                })
            }
        }
    }
}

/// Whether another transaction came between: two of them waited for each other, or made the same row at once.
fn is_between(code: &str) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION]
        .iter()
        .any(|state| state.code() == code)
}

impl<'a, 'pool> Session<'a, 'pool> {
    fn new(lease: &'a mut Lease<'pool>) -> Self {
        Self { lease, ahead: Vec::new(), sets: Sets::default(), is_committing: false }
    }

    /// Words without an answer that matters.
    fn tell(&mut self, words: &'static str) {
        let client = Arc::clone(self.lease.client());
        self.ahead.push(Box::pin(async move { client.batch_execute(words).await.map(|()| Vec::new()) }));
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.put_sets()?;
        self.tell("COMMIT");
        self.is_committing = true;
        self.flush().map(drop)
    }

    /// Puts a statement behind all that was given before it.
    fn put(&mut self, statement: &'static Statement, values: Vec<Owned>) -> Result<(), StoreError> {
        self.put_sets()?;
        self.put_text(statement.postgres, values)
    }

    fn put_sets(&mut self) -> Result<(), StoreError> {
        for (text, values) in self.sets.take() {
            self.put_text(text, values)?;
        }
        Ok(())
    }

    fn put_text(&mut self, text: &'static str, values: Vec<Owned>) -> Result<(), StoreError> {
        let prepared = self.lease.prepared(text)?;
        let client: Arc<Client> = Arc::clone(self.lease.client());
        self.ahead.push(Box::pin(async move {
            let values: Vec<&(dyn ToSql + Sync)> =
                values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect();
            let rows = client.query(&prepared, &values).await?;
            rows.iter().map(row).collect()
        }));
        Ok(())
    }

    /// Sends all that waits, in its order, and waits for the answers.
    fn flush(&mut self) -> Result<Vec<Vec<Row>>, StoreError> {
        if self.ahead.is_empty() {
            return Ok(Vec::new());
        }
        let answers = wait::until(wait::all(core::mem::take(&mut self.ahead)));
        // The first that failed says why; those after it only say that something failed.
        Ok(answers.into_iter().collect::<Result<_, _>>()?)
    }
}

impl Access for Session<'_, '_> {
    fn lock(&mut self, of: &Isil, items: &[&ItemId], patrons: &[&PatronId]) -> Result<(), StoreError> {
        let of = || Owned::Text(of.as_str().to_owned());
        let items = || Owned::Texts(items.iter().map(|item| item.as_str().to_owned()).collect());
        let patrons = Owned::Texts(patrons.iter().map(|patron| patron.as_str().to_owned()).collect());
        self.put(&circulate::LOCK_ITEMS, vec![of(), items()])?;
        self.put(&circulate::LOCK_PATRONS, vec![of(), items(), patrons])
    }

    fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.put(statement, values.iter().map(Owned::from).collect())?;
        Ok(self.flush()?.pop().unwrap_or_default())
    }

    fn all(
        &mut self,
        questions: &[(&'static Statement, Vec<Value<'_>>)],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.put_sets()?;
        let mut asked = Sets::default();
        for (number, (statement, values)) in questions.iter().enumerate() {
            asked.ask(statement, values, number);
        }
        let n_before = self.ahead.len();
        let mut numbers = Vec::new();
        for question in asked.take_questions() {
            self.put_text(question.text, question.values)?;
            numbers.push((question.numbers, question.is_many));
        }
        let found = self.flush()?.into_iter().skip(n_before);
        let mut answers: Vec<Vec<Row>> = questions.iter().map(|_| Vec::new()).collect();
        for (rows, (numbers, is_many)) in found.zip(numbers) {
            sets::sort(rows, &numbers, is_many, &mut answers)?;
        }
        Ok(answers)
    }

    fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<(), StoreError> {
        match statement.many {
            Some(many) => {
                if self.sets.is_before(many, values) {
                    self.put_sets()?;
                }
                self.sets.write(statement, values);
                if self.sets.n_rows() >= MAX_ROWS_AHEAD {
                    self.put_sets()?;
                }
            }
            None => self.put(statement, values.iter().map(Owned::from).collect())?,
        }
        if self.ahead.len() >= MAX_AHEAD {
            self.flush()?;
        }
        Ok(())
    }
}

/// What a change reads it reads by keys. A table that was empty when its statements were planned would be gone through from
/// its first row to its last, until the server counts it again: in the first night of a library that is every loan.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off";
const OWN_TABLES: &str =
    "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1";
/// Changes are started so often before somebody is told.
const ATTEMPTS: u32 = 6;
/// Statements sent together.
const MAX_AHEAD: usize = 64;
/// Rows that wait to be written as sets: an import has hundreds of thousands.
const MAX_ROWS_AHEAD: usize = 4000;
