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
//!
//! All functions block; call them off the async threads.

use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;

use bytes::BytesMut;
use circulation::id::{Isil, ItemId, PatronId};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, error::SqlState};

use super::StoreError;
use super::engine::{Access, Cell, Engine, Row, Value, Work};
use super::statement::{Statement, circulate};
use pool::{Lease, Pool};

mod open;
mod pool;
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
        session.tell("BEGIN ISOLATION LEVEL READ COMMITTED");
        let mut outcome = work(&mut session);
        if outcome.is_ok() {
            session.tell("COMMIT");
            session.is_committing = true;
            outcome = session.flush().map(drop);
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
        Self { lease, ahead: Vec::new(), is_committing: false }
    }

    /// Words without an answer that matters.
    fn tell(&mut self, words: &'static str) {
        let client = Arc::clone(self.lease.client());
        self.ahead.push(Box::pin(async move { client.batch_execute(words).await.map(|()| Vec::new()) }));
    }

    fn put(&mut self, statement: &'static Statement, values: Vec<Owned>) -> Result<(), StoreError> {
        let prepared = self.lease.prepared(statement)?;
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
        self.flush()?;
        let mut answers = Vec::with_capacity(questions.len());
        for some in questions.chunks(MAX_AHEAD) {
            for (statement, values) in some {
                self.put(statement, values.iter().map(Owned::from).collect())?;
            }
            answers.extend(self.flush()?);
        }
        Ok(answers)
    }

    fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.put(statement, values.iter().map(Owned::from).collect())?;
        if self.ahead.len() >= MAX_AHEAD {
            self.flush()?;
        }
        Ok(())
    }
}

/// A value on its way.
#[derive(Debug)]
enum Owned {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
}

impl From<&Value<'_>> for Owned {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(*int),
            Value::Text(text) => Self::Text((*text).to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

type Fault = Box<dyn core::error::Error + Sync + Send>;

impl ToSql for Owned {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) if *kind == Type::INT4 => i32::try_from(*int)?.to_sql(kind, out),
            Self::Int(int) => int.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(kind, out),
            Self::Texts(texts) => texts.to_sql_checked(kind, out),
        }
    }

    // What fits is checked by the value itself, above.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

struct Taken(Cell);

impl<'a> FromSql<'a> for Taken {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self(match *kind {
            Type::INT8 => Cell::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Cell::Int(i32::from_sql(kind, raw)?.into()),
            Type::BYTEA => Cell::Bytes(Vec::from_sql(kind, raw)?),
            _ => Cell::Text(String::from_sql(kind, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self(Cell::Null))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BYTEA, Type::TEXT].contains(kind)
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let cells = (0..row.len()).map(|column| row.try_get::<_, Taken>(column).map(|taken| taken.0));
    Ok(Row::new(cells.collect::<Result<_, _>>()?))
}

/// Changes are started so often before somebody is told.
const ATTEMPTS: u32 = 6;
/// Statements sent together.
const MAX_AHEAD: usize = 64;
