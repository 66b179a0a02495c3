//! Connections: made when needed, kept, shared one caller at a time.
//!
//! **Rules**: a connection goes back only when it is known to be in no transaction; otherwise it is closed, and the server
//! undoes what it began. Who waits for one is served in the order of coming: nobody who came later, or has just given one
//! back, is faster.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio_postgres::{Client, Config, NoTls};

use super::wait;
use crate::store::StoreError;

/// Connections to one database.
pub(super) struct Pool {
    config: Config,
    idle: Mutex<Idle>,
    handle: Handle,
    /// drives the connections; taken when the pool ends
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    /// idle and in use
    n_open: usize,
    /// callers that wait, the first first; while there are any, no connection is idle and none may be made
    waiting: VecDeque<Waiting>,
    n_waited: u64,
}

/// A caller that waits.
struct Waiting {
    number: u64,
    to: SyncSender<Turn>,
}

/// What a caller gets when it is its turn.
enum Turn {
    Connection(Connection),
    /// leave to make one
    Leave,
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
        Ok(Self { config, idle: Mutex::default(), handle, runtime: Some(runtime) })
    }

    /// A connection, as soon as one is free.
    pub(super) fn lease(&self) -> Result<Lease<'_>, StoreError> {
        match self.turn()? {
            Turn::Connection(connection) if !connection.client.is_closed() => Ok(self.leased(connection)),
            Turn::Connection(_) | Turn::Leave => match self.connect() {
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

    /// An idle connection, or leave to make one; after those who came before.
    fn turn(&self) -> Result<Turn, StoreError> {
        let mut idle = self.idle();
        if let Some(connection) = idle.connections.pop() {
            return Ok(Turn::Connection(connection));
        }
        if idle.n_open < MAX_OPEN {
            idle.n_open += 1;
            return Ok(Turn::Leave);
        }
        let (to, from) = sync_channel(1);
        let number = idle.n_waited;
        idle.n_waited += 1;
        idle.waiting.push_back(Waiting { number, to });
        drop(idle);
        from.recv_timeout(PATIENCE).or_else(|_| {
            self.idle().waiting.retain(|waiting| waiting.number != number);
            // Turns are given while the list is held: one that came at the last moment is there now.
            from.try_recv().map_err(|_| StoreError::Busy)
        })
    }

    fn give(&self, turn: Turn) {
        let mut idle = self.idle();
        let mut turn = turn;
        while let Some(first) = idle.waiting.pop_front() {
            match first.to.send(turn) {
                Ok(()) => return,
                Err(unheard) => turn = unheard.0,
            }
        }
        match turn {
            Turn::Connection(connection) => idle.connections.push(connection),
            Turn::Leave => idle.n_open -= 1,
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
        self.give(Turn::Leave);
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
                self.pool.give(Turn::Connection(connection));
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Without a server: leaves to connect go the same way as connections.
    #[test]
    fn who_came_first_is_served_first() {
        let pool = Pool::new(Config::new()).unwrap();
        for _ in 0..MAX_OPEN {
            assert!(matches!(pool.turn().unwrap(), Turn::Leave));
        }
        let (served, order) = channel();
        std::thread::scope(|scope| {
            for number in 0..5 {
                let (pool, served) = (&pool, served.clone());
                scope.spawn(move || served.send((number, pool.turn().is_ok())).unwrap());
                while pool.idle().waiting.len() <= number {
                    std::thread::yield_now();
                }
            }
            for number in 0..5 {
                pool.closed();
                // Who comes now has to wait behind the others.
                assert_eq!(pool.idle().waiting.len(), 4 - number);
                assert_eq!(order.recv().unwrap(), (number, true));
            }
        });
        assert_eq!(pool.idle().n_open, MAX_OPEN);
        for _ in 0..MAX_OPEN {
            pool.closed();
        }
        assert_eq!(pool.idle().n_open, 0);
    }
}
