//! A way to central on which answers get lost: the bytes of central end after a given number.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Proxy {
    pub(crate) base: String,
    left: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn to(central: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let limit = Arc::clone(&left);
        let is_down = Arc::new(AtomicBool::new(false));
        let down = Arc::clone(&is_down);
        tokio::spawn(async move {
            while let Ok((kiosk, _)) = listener.accept().await {
                if down.load(Ordering::SeqCst) {
                    continue;
                }
                tokio::spawn(carry(kiosk, central, Arc::clone(&limit), Arc::clone(&down)));
            }
        });
        Self { base, left, is_down }
    }

    /// Whether every connection is closed as soon as it is made, and every answer cut.
    pub(crate) fn set_down(&self, is_down: bool) {
        // Whole answers first: a connection that is taken is not cut.
        self.left.store(if is_down { 0 } else { usize::MAX }, Ordering::SeqCst);
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Lets `n` more bytes of central through, then cuts that connection; later ones are whole again.
    pub(crate) fn cut_after(&self, n: usize) {
        self.left.store(n, Ordering::SeqCst);
    }
}

async fn carry(kiosk: TcpStream, central: SocketAddr, left: Arc<AtomicUsize>, is_down: Arc<AtomicBool>) {
    let (mut from_kiosk, mut to_kiosk) = kiosk.into_split();
    let (mut from_central, mut to_central) = TcpStream::connect(central).await.unwrap().into_split();
    let up = tokio::spawn(async move { tokio::io::copy(&mut from_kiosk, &mut to_central).await });
    let mut buffer = vec![0; 4096];
    while let Ok(n @ 1..) = from_central.read(&mut buffer).await {
        let allowed = left.load(Ordering::SeqCst);
        let passed = n.min(allowed);
        if to_kiosk.write_all(&buffer[..passed]).await.is_err() {
            break;
        }
        if passed < n {
            if !is_down.load(Ordering::SeqCst) {
                left.store(usize::MAX, Ordering::SeqCst);
            }
            break;
        }
        if allowed != usize::MAX {
            left.store(allowed - passed, Ordering::SeqCst);
        }
    }
    up.abort();
}
