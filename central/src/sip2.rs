//! The SIP2 server: self-checks and sorters of other makers, over TCP or TLS (3M SIP2 2.00, document revision 2.12).
//!
//! ```text
//!   socket ─▶ connection ── one frame at a time ──▶ session ─▶ store
//!              length, deadlines, 96 and 97           who is logged in, what is answered
//! ```
//!
//! - [`Sip2Settings`]: dialect and limits of one listener
//! - `connection`: frames, checksums, repetitions
//! - `session`: log-in, and which message is answered by whom
//! - `patron`, `loan`, `item`, `hold`, `card`: the answers; `words`: what they say to people
//! - [`tls`]: certificate and key
//!
//! **Rule**: who has not logged in is told nothing but whether central works; a message that lends, takes back or holds
//! is done once, also if its frame comes again at once; nothing of a message is logged but its number.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use circulation::id::{Isil, ItemId, TransactionId};
use jiff::tz::{self, Offset};
use sync_client::sip2::dialect::Dialect;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::app::App;

mod card;
mod connection;
mod hold;
mod item;
mod loan;
mod patron;
mod session;
pub mod tls;
mod words;

/// Dialect and limits of one listener.
#[derive(Clone)]
pub struct Sip2Settings {
    /// how its devices write SIP2. Of a request's checksum: `Off` and `SendOnly` never look at it, `Lenient` has a wrong
    /// one sent again, `Strict` a missing one too. An answer carries AY and AZ if the request does
    pub dialect: Dialect,
    /// TLS, if it is spoken
    pub tls: Option<TlsAcceptor>,
    /// the library's time zone: for devices that write UTC
    pub utc_offset: Offset,
    /// connections at once; those beyond are closed
    pub max_connections: usize,
    /// the longest wait for a log-in, from the connection on
    pub login_timeout: Duration,
    /// the longest wait for the next message
    pub idle_timeout: Duration,
    /// the longest wait for the rest of a message, and for the peer to take an answer
    pub frame_timeout: Duration,
}

impl Sip2Settings {
    /// The usual limits: 256 connections, half a minute to log in, ten minutes of silence, ten seconds for a message.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            tls: None,
            utc_offset: tz::offset(8),
            max_connections: 256,
            login_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(10),
            frame_timeout: Duration::from_secs(10),
        }
    }
}

/// What all connections of a listener share.
struct Shared {
    app: App,
    settings: Sip2Settings,
    lent: Lent,
}

/// Serves until `stop` turns true, then finishes the answers under way.
pub async fn serve(listener: TcpListener, app: App, settings: Sip2Settings, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let shared = Arc::new(Shared { app, settings, lent: Lent::default() });
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // An error means that whoever could stop us is gone.
            _ = stop.wait_for(|is_stopping| *is_stopping) => break,
        };
        while connections.try_join_next().is_some() {}
        let (stream, from) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(fault) => {
                tracing::error!(%fault, "no SIP2 connection can be taken");
                tokio::time::sleep(AFTER_FAULT).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("too many SIP2 connections: one is closed");
            continue;
        };
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        connections.spawn(async move {
            enter(stream, from, shared, stop).await;
            drop(place);
        });
    }
    while connections.join_next().await.is_some() {}
}

/// One connection from its first byte to its last.
async fn enter(stream: TcpStream, from: IpAddr, shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    // A message is one small segment, and its reader waits: nothing is won by collecting.
    stream.set_nodelay(true).ok();
    let why = match shared.settings.tls.clone() {
        None => connection::run(stream, from, shared, stop).await,
        Some(tls) => {
            let accepted = tokio::time::timeout(shared.settings.login_timeout, tls.accept(stream)).await;
            match accepted {
                Ok(Ok(stream)) => connection::run(stream, from, shared, stop).await,
                Ok(Err(fault)) => return tracing::info!(%fault, "no TLS session for SIP2"),
                Err(_) => return tracing::info!("no TLS session for SIP2 in time"),
            }
        }
    };
    tracing::debug!(?why, "a SIP2 connection ended");
}

/// The checkouts of a moment ago, by device and item: what a device may still call off (09 with BI = Y). Another copy
/// of central does not know them; there a cancellation is a return.
#[derive(Default)]
struct Lent(Mutex<VecDeque<(Loaned, TransactionId)>>);

/// Institution, operator account, item.
type Loaned = (Isil, String, ItemId);

impl Lent {
    fn remember(&self, loaned: Loaned, id: TransactionId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(known, _)| *known != loaned);
        if all.len() >= MAX_LENT {
            all.pop_front();
        }
        all.push_back((loaned, id));
    }

    fn take(&self, loaned: &Loaned) -> Option<TransactionId> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(known, _)| known == loaned)?;
        all.remove(at).map(|(_, id)| id)
    }
}

/// Checkouts remembered: more than all devices of a district finish in a minute.
const MAX_LENT: usize = 1024;

/// When a connection cannot be taken, most often because there are no more files: others have to end first.
const AFTER_FAULT: Duration = Duration::from_secs(1);
