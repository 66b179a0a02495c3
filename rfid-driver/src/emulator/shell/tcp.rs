//! A TCP port: a reader on the network, or a serial server that passes bytes as they are. One host at a time.

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// The open port.
pub struct Tcp {
    listener: TcpListener,
    host: Option<TcpStream>,
    /// where it listens
    pub address: SocketAddr,
}

/// What has happened at the port.
pub enum Happening {
    /// So many bytes came.
    Bytes(usize),
    /// A host has connected.
    Connected,
    /// The host has hung up.
    Hung,
    /// Another one has connected, while the port is taken.
    Second(TcpStream),
}

impl Tcp {
    /// Listens at an address such as `127.0.0.1:5084`; port 0 is any that is free.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(address: &str) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener: TcpListener::from_std(listener)?, host: None, address })
    }

    /// Waits for what happens next.
    pub async fn next(&mut self, buffer: &mut [u8]) -> Happening {
        let Some(host) = &self.host else {
            return match self.listener.accept().await {
                Ok((host, _)) => {
                    // At worst answers come a little later.
                    drop(host.set_nodelay(true));
                    self.host = Some(host);
                    Happening::Connected
                }
                Err(_) => std::future::pending().await,
            };
        };
        // Bytes first: a host that has hung up makes room for the one that waits behind it.
        let happening = tokio::select! {
            biased;
            n = read(host, buffer) => if n > 0 { Happening::Bytes(n) } else { Happening::Hung },
            second = self.listener.accept() => match second {
                Ok((second, _)) => Happening::Second(second),
                Err(_) => std::future::pending().await,
            },
        };
        if let Happening::Hung = happening {
            self.host = None;
        }
        happening
    }

    /// Writes all bytes; a host that does not read loses them, as behind a serial server.
    pub fn write(&self, mut bytes: &[u8]) {
        let Some(host) = &self.host else { return };
        while let Ok(n @ 1..) = host.try_write(bytes) {
            bytes = bytes.get(n..).unwrap_or_default();
        }
    }

    /// Ends the connection, and listens on.
    pub fn hang_up(&mut self) {
        self.host = None;
    }
}

/// Tells a second host why it is not served, and leaves it.
pub async fn turn_away(mut second: TcpStream, why: &[u8]) {
    // It may be gone already.
    drop(second.write_all(why).await);
    drop(second.shutdown().await);
}

/// Bytes of the host; 0 when it has hung up, in whatever way.
async fn read(host: &TcpStream, buffer: &mut [u8]) -> usize {
    loop {
        if host.readable().await.is_err() {
            return 0;
        }
        match host.try_read(buffer) {
            Ok(n) => return n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return 0,
        }
    }
}
