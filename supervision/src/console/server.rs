//! The listener: so many connections at once, each with so much time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use super::names::Names;
use super::tls::{self, TlsProblem};
use super::web::{self, Shared};
use super::{Setup, Ways};

/// A console that is served until this is dropped.
#[derive(Debug)]
pub struct Console {
    task: JoinHandle<()>,
    address: SocketAddr,
}

/// Why the console is not served.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// anybody on the way could read the password
    #[error(
        "the console would be served without TLS at {address}, which others can reach: give console.tls_cert and console.tls_key, or listen at 127.0.0.1"
    )]
    NeedsTls {
        /// where
        address: SocketAddr,
    },
    /// certificate or key
    #[error(transparent)]
    Tls(#[from] TlsProblem),
    /// the address
    #[error(
        "the console cannot listen at {address}: {source}; correct console.listen, or end what listens there"
    )]
    Listen {
        /// where
        address: SocketAddr,
        /// the system's words
        source: io::Error,
    },
}

impl Console {
    /// Listens. Needs a tokio runtime. `farewell` is dropped when the listener ends.
    ///
    /// # Errors
    /// [`ListenError`]
    pub fn start(setup: &Setup, ways: Ways, farewell: impl Send + 'static) -> Result<Self, ListenError> {
        let wanted = setup.listen;
        let (acceptor, certificate) = match &setup.tls {
            Some((certificate, key)) => {
                let pair = tls::read(certificate, key)?;
                let own = pair.0.first().cloned();
                (Some(tls::acceptor(pair)?), own)
            }
            None if wanted.ip().is_loopback() => (None, None),
            None => return Err(ListenError::NeedsTls { address: wanted }),
        };
        let failed = |source| ListenError::Listen { address: wanted, source };
        let (listener, address) = listen(wanted).map_err(failed)?;
        let life = ways.life.clone();
        let pages = web::router(Shared::new(setup, ways, Names::of(certificate)));
        info!(%address, tls = acceptor.is_some(), "the console is served");
        let accepting = life.watch("console", LIMIT, accept(listener, acceptor, pages));
        let task = tokio::spawn(async move {
            accepting.await;
            drop(farewell);
        });
        Ok(Self { task, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A listener at an address, and where it is: of port 0 the system chooses one. Needs a tokio runtime.
///
/// # Errors
/// The system's.
pub fn listen(wanted: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(wanted)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves pages, which learn the caller's address as an `Extension<IpAddr>`. Never ends by itself.
pub async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, pages: Router) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Too many open files, or a caller who has gone: the next one may be luckier.
                warn!(%cause, "the console takes no caller");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Closed never; a caller beyond the room is hung up on.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (tls, pages) = (tls.clone(), pages.clone());
        tokio::spawn(async move {
            if tokio::time::timeout(CONNECTION, talk(stream, peer.ip(), tls, pages)).await.is_err() {
                debug!("a connection of the console lasted too long");
            }
            drop(permit);
        });
    }
}

async fn talk(stream: TcpStream, peer: IpAddr, tls: Option<TlsAcceptor>, pages: Router) {
    let Some(tls) = tls else { return serve(stream, peer, pages).await };
    match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, peer, pages).await,
        Ok(Err(cause)) => debug!(%cause, "no TLS with a caller of the console"),
        Err(_) => debug!("a caller of the console did not finish its TLS handshake"),
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: IpAddr, pages: Router) {
    let router = pages.layer(Extension(peer));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(cause) = served {
        debug!(%cause, "a caller of the console hung up");
    }
}

const MAX_CONNECTIONS: usize = 64;
const MAX_HEADERS: usize = 16 * 1024;
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEADERS: Duration = Duration::from_secs(10);
/// Longer than any page takes, and than a browser keeps an idle connection for us.
const CONNECTION: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);
const LIMIT: Duration = Duration::from_secs(15);
