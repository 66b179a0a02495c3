//! The loop that takes connections: HTTP/1.1, plain or over TLS, on one listener.
//!
//! ```text
//!   accept ─▶ [TLS] ─▶ headers in time? ─▶ /staff, /m: web │ /pay: cashier │ everything else: api ─▶ answer
//! ```
//! A client that is slow with its handshake or its headers is hung up on, so that nobody keeps connections from others
//! by saying nothing; bodies have deadlines and sizes of their own where they are read. At the end answers under way are
//! finished.

use core::convert::Infallible;
use core::net::IpAddr;
use core::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::api::Line;
use crate::app::App;
use crate::cashier::notice;
use crate::web::{self, Web};

/// How the listener serves.
#[derive(Clone, Default)]
pub struct Serving {
    /// certificate and key; nothing: plain HTTP
    pub tls: Option<TlsAcceptor>,
    /// whether a proxy of ours stands in front, whose `X-Forwarded-For` and `X-Forwarded-Proto` are to be believed
    pub is_behind_proxy: bool,
    /// times and numbers
    pub limits: Limits,
}

/// Times and numbers of the loop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// for a TLS handshake
    pub handshake: Duration,
    /// for all headers of a request, and between two requests of one connection
    pub headers: Duration,
    /// for the body of a call of a program or kiosk
    pub body: Duration,
    /// connections at once
    pub n_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(75),
            body: Duration::from_secs(15),
            n_connections: 8192,
        }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Room {
    app: App,
    web: Arc<Web>,
    serving: Serving,
    stopped: watch::Receiver<bool>,
}

/// Serves until `stop` ends, then finishes the answers under way.
pub(crate) async fn serve(listener: TcpListener, app: App, serving: Serving, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let seats = Arc::new(Semaphore::new(serving.limits.n_connections));
    let room = Room { app, web: Arc::new(Web::new(&serving)), serving, stopped };
    let mut stop = pin!(stop);
    loop {
        let taken = async {
            // Closed never.
            let seat = Arc::clone(&seats).acquire_owned().await.ok();
            (listener.accept().await, seat)
        };
        tokio::select! {
            () = &mut stop => break,
            (accepted, seat) = taken => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(welcome(stream, peer.ip(), room.clone(), seat));
                }
                Err(fault) => {
                    // The system has no more sockets or memory: those that are open must end first.
                    tracing::warn!(%fault, "a connection cannot be taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
    stopping.send_replace(true);
    drop((listener, room));
    // Every connection holds a receiver.
    stopping.closed().await;
}

async fn welcome(stream: TcpStream, peer: IpAddr, room: Room, seat: Option<OwnedSemaphorePermit>) {
    if let Err(fault) = stream.set_nodelay(true) {
        tracing::debug!(%fault, "a socket waits before it sends");
    }
    match room.serving.tls.clone() {
        None => talk(stream, peer, room).await,
        Some(tls) => match tokio::time::timeout(room.serving.limits.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => talk(stream, peer, room).await,
            Ok(Err(fault)) => tracing::debug!(%fault, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
    drop(seat);
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr, room: Room) {
    let mut stopped = room.stopped.clone();
    let headers = room.serving.limits.headers;
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let room = room.clone();
        async move { Ok::<_, Infallible>(answer(&room, peer, request.map(Body::new)).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(headers)
            .max_buf_size(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service)
    );
    let stop = async {
        // The sender is there until every receiver is gone.
        stopped.wait_for(|is_stopped| *is_stopped).await.is_ok()
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!(%fault, "a connection ended early");
    }
}

async fn answer(room: &Room, peer: IpAddr, request: Request) -> Response {
    let (from, is_https) = caller(room, peer, request.headers());
    if web::is_below(request.uri().path()) {
        return web::enter(Arc::clone(&room.web), room.app.clone(), (from, is_https), request).await;
    }
    let line = Line { from, body: room.serving.limits.body };
    if notice::is_below(request.uri().path()) {
        return notice::enter(room.app.clone(), line, request).await;
    }
    crate::api::enter(room.app.clone(), line, request).await
}

/// Whose address counts, and whether the way from there is TLS. What a proxy adds stands last in its header; what stands
/// before that may be anybody's invention.
fn caller(room: &Room, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, bool) {
    let is_tls = room.serving.tls.is_some();
    if !room.serving.is_behind_proxy {
        return (peer, is_tls);
    }
    let last = |name: &str| {
        let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        Some(value.rsplit(',').next()?.trim().to_owned())
    };
    let address = last("x-forwarded-for").and_then(|text| text.parse().ok());
    (address.unwrap_or(peer), is_tls || last("x-forwarded-proto").as_deref() == Some("https"))
}

/// Bytes of all headers of a request.
const MAX_HEADERS: usize = 64 * 1024;
const BREATH: Duration = Duration::from_millis(200);
