//! A central that is far away: a line that carries every byte a fixed time later, both ways, and loses none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The line.
#[derive(Debug)]
pub struct Far {
    here: SocketAddr,
    /// microseconds there and back
    away: Arc<AtomicU64>,
}

impl Far {
    /// A line to a central, which is not far yet.
    pub async fn start(central: SocketAddr) -> Self {
        let listener = TcpListener::bind((crate::address::own(), 0)).await.expect("a port");
        let here = listener.local_addr().expect("an address");
        let away = Arc::new(AtomicU64::new(0));
        let far = Arc::clone(&away);
        tokio::spawn(async move {
            while let Ok((kiosk, _)) = listener.accept().await {
                tokio::spawn(carry(kiosk, central, Arc::clone(&far)));
            }
        });
        Self { here, away }
    }

    /// Where the kiosk finds central.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.here
    }

    /// From now on a question and its answer are under way for so long.
    pub fn set(&self, there_and_back: Duration) {
        let micros = u64::try_from(there_and_back.as_micros()).unwrap_or(u64::MAX);
        self.away.store(micros, Ordering::Relaxed);
    }
}

/// One connection.
async fn carry(kiosk: TcpStream, central: SocketAddr, away: Arc<AtomicU64>) {
    // To open it is a question and an answer too.
    tokio::time::sleep(half(&away) * 2).await;
    let Ok(central) = TcpStream::connect(central).await else { return };
    for stream in [&kiosk, &central] {
        // At worst bytes come a little later.
        drop(stream.set_nodelay(true));
    }
    let ((from_kiosk, to_kiosk), (from_central, to_central)) = (kiosk.into_split(), central.into_split());
    tokio::join!(one_way(from_kiosk, to_central, &away), one_way(from_central, to_kiosk, &away));
}

/// Each piece arrives its time after it was sent, whatever is under way before it.
async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, away: &AtomicU64) {
    let (sent, mut arrives) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        loop {
            let mut piece = Vec::with_capacity(16_384);
            match from.read_buf(&mut piece).await {
                Ok(1..) if sent.send((now() + half(away), piece)).is_ok() => {}
                Ok(_) | Err(_) => return,
            }
        }
    };
    let write = async move {
        while let Some((at, piece)) = arrives.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        // The other end has closed; if this one is gone already, nothing is left to be closed.
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}

fn half(away: &AtomicU64) -> Duration {
    Duration::from_micros(away.load(Ordering::Relaxed) / 2)
}

fn now() -> Instant {
    Instant::now()
}
