//! A SIP2 server on a real socket, over the codec's other side, that can misbehave in every way a client must survive.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sync_client::sip2::dialect::{Checksum, Dialect};
use sync_client::sip2::frame::{self, Check, Piece, Sequence, Splitter};
use sync_client::sip2::message::{Body, Message, ResendAnswer, ResendRequest};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::library::Library;

/// What the server does with one request. Unless it says otherwise, the library has done what was asked.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Answer,
    /// closes before anything is done
    Refuse,
    /// closes after it is done
    Drop,
    /// half of the answer, then closes
    Half,
    /// keeps the connection and says nothing
    Mute,
    Late(Duration),
    /// an answer with a wrong checksum; asked again (97), the right one
    BadChecksum,
    /// not understood: nothing is done
    Resend,
    /// a web page
    Html,
    /// bytes of nothing before the answer
    Garbage,
    /// an answer in single bytes
    Bytewise,
    /// a late answer to nothing, and a status, before the answer
    Strays,
}

type Script = Box<dyn FnMut(&str, usize) -> Act + Send>;

/// What all connections share.
struct Shared {
    dialect: Dialect,
    library: Mutex<Library>,
    script: Mutex<Script>,
    seen: Mutex<Vec<String>>,
}

/// The running server.
pub(crate) struct Acs {
    pub(crate) port: u16,
    pub(crate) dialect: Dialect,
    shared: Arc<Shared>,
}

impl Acs {
    /// A server that follows the script: number of the message, and how many of it were asked before.
    pub(crate) async fn start(
        dialect: Dialect,
        library: Library,
        script: impl FnMut(&str, usize) -> Act + Send + 'static,
    ) -> Self {
        Self::start_with(dialect, library, None, script).await
    }

    pub(crate) async fn start_with(
        dialect: Dialect,
        library: Library,
        tls: Option<TlsAcceptor>,
        script: impl FnMut(&str, usize) -> Act + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            dialect: dialect.clone(),
            library: Mutex::new(library),
            script: Mutex::new(Box::new(script)),
            seen: Mutex::default(),
        });
        let all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                all.seen.lock().unwrap().push("connect".into());
                let (shared, tls) = (Arc::clone(&all), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &shared).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, dialect, shared }
    }

    /// Connections and messages, in order: `connect`, `93`, `99`, `11` ..
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared
            .seen
            .lock()
            .unwrap()
            .iter()
            .map(|line| line.chars().take_while(|c| *c != ' ').collect())
            .collect()
    }

    /// The messages of a number, as they came.
    pub(crate) fn texts(&self, id: &str) -> Vec<String> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().filter_map(|line| line.strip_prefix(id)?.strip_prefix(' ')).map(str::to_owned).collect()
    }

    pub(crate) fn n_seen(&self, id: &str) -> usize {
        self.seen().iter().filter(|seen| *seen == id).count()
    }

    pub(crate) fn library<T>(&self, look: impl FnOnce(&mut Library) -> T) -> T {
        look(&mut self.shared.library.lock().unwrap())
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) {
    let (mut splitter, mut pieces, mut buffer) = (Splitter::default(), Vec::new(), Vec::new());
    let mut last = Vec::new();
    loop {
        buffer.clear();
        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return;
        }
        splitter.push(&buffer, &mut pieces);
        for piece in pieces.drain(..) {
            let Piece::Frame(bytes) = piece else { return };
            if !answer(&mut stream, shared, &bytes, &mut last).await {
                return;
            }
        }
    }
}

/// Answers one frame; `false` if the connection is to be closed.
async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    shared: &Shared,
    bytes: &[u8],
    last: &mut Vec<u8>,
) -> bool {
    let request = frame::decode(bytes, shared.dialect.charset).unwrap();
    if shared.dialect.checksum != Checksum::Off {
        assert_eq!(request.check, Check::Good);
    }
    let id = request.message.id().to_string();
    let n = {
        let mut seen = shared.seen.lock().unwrap();
        seen.push(format!("{id} {}", shared.dialect.charset.decode(bytes).0));
        seen.iter().filter(|line| line.starts_with(&format!("{id} "))).count() - 1
    };
    if request.message.id() == ResendAnswer::ID {
        return stream.write_all(last).await.is_ok();
    }
    let act = (shared.script.lock().unwrap())(&id, n);
    let sequence = request.sequence.unwrap_or_default();
    let write = |message: &Message, sequence| frame::encode(message, sequence, &shared.dialect).unwrap();
    match act {
        Act::Refuse => return false,
        Act::Resend => {
            return stream.write_all(&write(&Message::new(ResendRequest {}), sequence)).await.is_ok();
        }
        Act::Html => {
            let page = b"HTTP/1.1 502 Bad Gateway\r\nServer: x\r\n\r\n<html>\r\n<body>\r\n</body>\r\n";
            return stream.write_all(page).await.is_ok();
        }
        _ => {}
    }
    let Some(message) = shared.library.lock().unwrap().answer(&request.message) else { return false };
    *last = write(&message, sequence);
    let good = last.clone();
    let sent = match act {
        Act::Drop => return false,
        Act::Half => {
            drop(stream.write_all(&good[..good.len() / 2]).await);
            drop(stream.flush().await);
            return false;
        }
        Act::Mute => Ok(()),
        Act::Late(wait) => {
            tokio::time::sleep(wait).await;
            stream.write_all(&good).await
        }
        Act::BadChecksum => {
            let end = good.len() - shared.dialect.terminator.as_bytes().len() - 4;
            stream.write_all(&[&good[..end], b"0000\r"].concat()).await
        }
        Act::Garbage => stream.write_all(&[b"\0\xff\xfe??\r\r\n", &good[..]].concat()).await,
        Act::Bytewise => {
            for byte in &good {
                drop(stream.write_all(&[*byte]).await);
                drop(stream.flush().await);
                tokio::task::yield_now().await;
            }
            Ok(())
        }
        Act::Strays => {
            let other = Sequence::parse('9').unwrap();
            let status = shared.library.lock().unwrap().answer(&status_request()).unwrap();
            stream.write_all(&[write(&message, other), write(&status, other), good].concat()).await
        }
        Act::Answer | Act::Refuse | Act::Resend | Act::Html => stream.write_all(&good).await,
    };
    sent.is_ok() && stream.flush().await.is_ok()
}

fn status_request() -> Message {
    let frame = frame::decode(b"9900402.00", Default::default()).unwrap();
    assert!(matches!(frame.message.body, Body::ScStatus(_)));
    frame.message
}
