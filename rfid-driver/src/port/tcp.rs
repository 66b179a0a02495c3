//! TCP: the reader itself, or a serial server before it. Bytes pass as they are.
//!
//! A reader at the other end of a network can vanish without a word: keep-alive ends such a connection after
//! [`KEEP_IDLE`] + 3 x [`KEEP_INTERVAL`], if the silence of the reader itself has not ended it before.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::OpenError;
use crate::uhf::llrp::{self, Greeting};

/// Connects to a port within `limit`, looking up the name included.
///
/// # Errors
/// [`OpenError`], of the variants about connections.
pub async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, OpenError> {
    let deadline = Instant::now() + limit;
    let mut failure = OpenError::HostUnknown { host: host.to_owned() };
    // A name server that says nothing knows as little.
    let Ok(Ok(addresses)) = timeout_at(deadline, tokio::net::lookup_host((host, port))).await else {
        return Err(failure);
    };
    for address in addresses {
        match timeout_at(deadline, open(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = refused(host, port, error.kind()),
            Err(_elapsed) => return Err(OpenError::TimedOut { host: host.to_owned(), port }),
        }
    }
    Err(failure)
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
    rustix::net::sockopt::set_tcp_keepidle(&stream, KEEP_IDLE)?;
    rustix::net::sockopt::set_tcp_keepintvl(&stream, KEEP_INTERVAL)?;
    rustix::net::sockopt::set_tcp_keepcnt(&stream, 3)?;
    Ok(stream)
}

fn refused(host: &str, port: u16, kind: io::ErrorKind) -> OpenError {
    let host = host.to_owned();
    if kind == io::ErrorKind::ConnectionRefused {
        OpenError::ConnectionRefused { host, port }
    } else if kind == io::ErrorKind::TimedOut {
        OpenError::TimedOut { host, port }
    } else if kind == io::ErrorKind::HostUnreachable || kind == io::ErrorKind::NetworkUnreachable {
        OpenError::Unreachable { host, port }
    } else {
        OpenError::Connection { host, port, kind }
    }
}

/// Waits for what an LLRP reader says to a host that connects, and takes it for an answer.
///
/// A reader that says nothing may still be one; it will be asked.
pub(super) async fn greeted(stream: &mut TcpStream, host: &str, port: u16) -> Result<(), OpenError> {
    let host = host.to_owned();
    let deadline = Instant::now() + GREETING;
    let mut bytes = Vec::new();
    loop {
        let n = match llrp::greeting(&bytes) {
            Greeting::Welcome => return Ok(()),
            Greeting::Taken => return Err(OpenError::Taken { host, port }),
            Greeting::Foreign => return Err(OpenError::NotLlrp { host, port }),
            Greeting::Short { missing } => missing,
        };
        let mut next = vec![0; n];
        match timeout_at(deadline, stream.read(&mut next)).await {
            Ok(Ok(0)) if bytes.is_empty() => return Err(OpenError::Taken { host, port }),
            Ok(Ok(0)) => return Err(OpenError::NotLlrp { host, port }),
            Ok(Ok(n)) => bytes.extend_from_slice(next.get(..n).unwrap_or_default()),
            Ok(Err(error)) => return Err(OpenError::Connection { host, port, kind: error.kind() }),
            Err(_elapsed) if bytes.is_empty() => return Ok(()),
            Err(_elapsed) => return Err(OpenError::NotLlrp { host, port }),
        }
    }
}

/// Ends a connection so that the other side is free for the next when this returns, if it cares at all.
pub(super) async fn part(mut stream: TcpStream, farewell: &[u8]) {
    let goodbye = async {
        let mut rest = [0; 256];
        if !farewell.is_empty() {
            stream.write_all(farewell).await?;
            // Its answer, or the other side's own end.
            if stream.read(&mut rest).await? == 0 {
                return Ok(());
            }
        }
        stream.shutdown().await?;
        while stream.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    // Whatever goes wrong now: the connection is gone, which is all that is wanted.
    drop(tokio::time::timeout(FAREWELL, goodbye).await);
}

/// A silence after which the other end is asked whether it is still there.
const KEEP_IDLE: Duration = Duration::from_secs(10);
/// Between two such questions.
const KEEP_INTERVAL: Duration = Duration::from_secs(5);
/// An LLRP reader greets at once.
const GREETING: Duration = Duration::from_secs(2);
const FAREWELL: Duration = Duration::from_millis(300);
