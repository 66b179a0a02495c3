//! Connections: made when needed, kept, shared one caller at a time.
//!
//! **Rule**: a connection goes back only when it is known to be in no transaction; otherwise it is closed, and the server
//! undoes what it began.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio_postgres::{Client, Config, NoTls};

use super::wait;
use crate::store::StoreError;

/// Connections to one database.
pub(super) struct Pool {
    config: Config,
    idle: Mutex<Idle>,
    freed: Condvar,
    handle: Handle,
    /// drives the connections; taken when the pool ends
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    /// idle and in use
    n_open: usize,
}

struct Connection {
    client: Arc<Client>,
    /// by their text
    prepared: HashMap<&'static str, tokio_postgres::Statement>,
}

/// A connection in one caller's hands.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
    client: Arc<Client>,
    /// whether it is in no transaction
    pub(super) is_clean: bool,
}

impl Pool {
    pub(super) fn new(config: Config) -> std::io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(THREADS).thread_name("postgres").enable_all().build()?;
        let handle = runtime.handle().clone();
        Ok(Self { config, idle: Mutex::default(), freed: Condvar::new(), handle, runtime: Some(runtime) })
    }

    /// A connection, as soon as one is free.
    pub(super) fn lease(&self) -> Result<Lease<'_>, StoreError> {
        match self.idle_or_leave()? {
            Some(connection) => Ok(self.leased(connection)),
            None => match self.connect() {
                Ok(connection) => Ok(self.leased(connection)),
                Err(fault) => {
                    self.closed();
                    Err(fault)
                }
            },
        }
    }

    fn leased(&self, connection: Connection) -> Lease<'_> {
        let client = Arc::clone(&connection.client);
        Lease { pool: self, connection: Some(connection), client, is_clean: false }
    }

    /// An idle connection, or leave to make one.
    fn idle_or_leave(&self) -> Result<Option<Connection>, StoreError> {
        let mut idle = self.idle();
        loop {
            while let Some(connection) = idle.connections.pop() {
                if !connection.client.is_closed() {
                    return Ok(Some(connection));
                }
                idle.n_open -= 1;
            }
            if idle.n_open < MAX_OPEN {
                idle.n_open += 1;
                return Ok(None);
            }
            let (guard, waited) =
                self.freed.wait_timeout(idle, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            idle = guard;
            if waited.timed_out() && idle.connections.is_empty() && idle.n_open >= MAX_OPEN {
                return Err(StoreError::Busy);
            }
        }
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let (config, handle) = (self.config.clone(), self.handle.clone());
        let (answer, made) = tokio::sync::oneshot::channel();
        self.handle.spawn(async move {
            let connected = config.connect(NoTls).await.map(|(client, connection)| {
                // Its end is seen by whoever uses the client next.
                handle.spawn(async move { connection.await.ok() });
                client
            });
            answer.send(connected).ok();
        });
        let client = wait::until(made).map_err(|_| StoreError::Busy)??;
        Ok(Connection { client: Arc::new(client), prepared: HashMap::new() })
    }

    fn closed(&self) {
        self.idle().n_open -= 1;
        self.freed.notify_one();
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.idle().connections.clear();
        // An async thread may be the one that ends the pool: it must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Lease<'_> {
    pub(super) const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// A statement's text as this connection knows it.
    pub(super) fn prepared(&mut self, text: &'static str) -> Result<tokio_postgres::Statement, StoreError> {
        let known = self.connection.as_ref().and_then(|own| own.prepared.get(text));
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let prepared = wait::until(self.client.prepare(text))?;
        if let Some(own) = &mut self.connection {
            own.prepared.insert(text, prepared.clone());
        }
        Ok(prepared)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) if self.is_clean && !connection.client.is_closed() => {
                self.pool.idle().connections.push(connection);
                self.pool.freed.notify_one();
            }
            Some(_) | None => self.pool.closed(),
        }
    }
}

/// Threads that carry bytes between callers and server; the work is done elsewhere.
const THREADS: usize = 2;

/// Connections at once of this copy of central. More would only wait inside the server: each works while its caller
/// waits, and a commit takes those of the others with it.
const MAX_OPEN: usize = 24;

/// A caller that waited so long is sent away.
const PATIENCE: Duration = Duration::from_secs(10);
