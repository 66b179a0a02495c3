//! One connection: bytes to frames, one answered before the next is looked at.
//!
//! | a frame | is answered |
//! |---|---|
//! | not understood, or with a wrong checksum | with 96; at the fifth in a row the connection is closed |
//! | 97 | with the last answer once more |
//! | the last one again, number and all, and it changes something | with its answer, out of memory |
//! | longer than any frame is | not: the connection is closed |
//!
//! **Rule**: memory is bounded by the longest frame, every wait by a deadline.

use std::net::IpAddr;
use std::sync::Arc;

use sync_client::sip2::dialect::{Checksum, Dialect};
use sync_client::sip2::frame::{self, Check, Frame, Piece, Splitter};
use sync_client::sip2::message::{Message, ResendAnswer, ResendRequest};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::Shared;
use super::session::{Fault, Session};

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The peer went.
    Gone,
    /// It said nothing, or too little, for too long; or it took no answer.
    Slow,
    /// It wrote a frame longer than any.
    TooLong,
    /// It wrote nothing that is SIP2.
    Garbage,
    /// It asked for something without a log-in, or guessed at passwords.
    Refused,
    /// Central cannot say what became of a request: no answer leaves the device in doubt, as it should be.
    Fault,
    /// Central stops.
    Stopping,
}

/// What is remembered for repetitions.
#[derive(Default)]
struct Memory {
    /// the last frame that was sent
    said: Vec<u8>,
    /// the last request that changed something, and its answer
    done: Option<(Vec<u8>, Vec<u8>)>,
    /// frames in a row that were no good
    n_bad: u8,
}

/// Serves a connection to its end.
pub(super) async fn run(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    from: IpAddr,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) -> Ended {
    let login_until = Instant::now() + shared.settings.login_timeout;
    let mut session = Session::new(Arc::clone(&shared), from);
    let (mut splitter, mut pieces, mut buffer) = (Splitter::default(), Vec::new(), Vec::with_capacity(READ));
    let mut memory = Memory::default();
    let mut frame_until = None;
    loop {
        let until = match frame_until {
            _ if !session.is_logged_in() => login_until,
            Some(until) => until,
            None => Instant::now() + shared.settings.idle_timeout,
        };
        buffer.clear();
        let read = tokio::select! {
            read = timeout_at(until, stream.read_buf(&mut buffer)) => read,
            _ = stop.wait_for(|is_stopping| *is_stopping) => return Ended::Stopping,
        };
        match read {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) => return Ended::Gone,
            Err(_) => return Ended::Slow,
        }
        splitter.push(&buffer, &mut pieces);
        // Bytes one by one must not put off the end of a frame for ever.
        frame_until = match buffer.last() {
            Some(b'\r' | b'\n') => None,
            Some(_) if pieces.is_empty() && frame_until.is_some() => frame_until,
            Some(_) | None => Some(Instant::now() + shared.settings.frame_timeout),
        };
        for piece in pieces.drain(..) {
            let Piece::Frame(bytes) = piece else { return Ended::TooLong };
            session = match answer(session, &bytes, &mut memory, &shared.settings.dialect).await {
                Ok(session) => session,
                Err(why) => return why,
            };
            let sent = timeout(shared.settings.frame_timeout, send(&mut stream, &memory.said)).await;
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ended::Gone,
                Err(_) => return Ended::Slow,
            }
        }
        if buffer.capacity() > READ {
            buffer = Vec::with_capacity(READ);
        }
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Answers one frame: what is to be sent then stands in `memory.said`.
async fn answer(
    mut session: Session,
    bytes: &[u8],
    memory: &mut Memory,
    dialect: &Dialect,
) -> Result<Session, Ended> {
    let Some(request) = understood(bytes, dialect) else {
        return again(session, memory, dialect);
    };
    if request.message.id() == ResendAnswer::ID {
        return if memory.said.is_empty() { again(session, memory, dialect) } else { Ok(session) };
    }
    let is_kept = request.sequence.is_some() && !request.message.id().is_repeatable();
    if let Some((_, said)) = memory.done.as_ref().filter(|(done, _)| is_kept && done == bytes) {
        memory.said.clone_from(said);
        return Ok(session);
    }
    tracing::trace!(message = %request.message.id(), "SIP2");
    let Frame { message, sequence, check, .. } = request;
    let work = tokio::task::spawn_blocking(move || {
        let answer = session.answer(&message);
        (session, answer)
    });
    let (session, answer) = work.await.map_err(|fault| {
        tracing::error!(%fault, "a SIP2 request panicked; its change was rolled back");
        Ended::Fault
    })?;
    let message = match answer {
        Ok(message) => message,
        Err(Fault::Unknown) => return again(session, memory, dialect),
        Err(Fault::Refused) => return Err(Ended::Refused),
        Err(Fault::Inside) => return Err(Ended::Fault),
    };
    let said = written(&message, (sequence, check), dialect)?;
    // Only what comes at once again is a repetition: some devices write the same number and date for ever.
    memory.done = is_kept.then(|| (bytes.to_vec(), said.clone()));
    memory.said = said;
    memory.n_bad = 0;
    Ok(session)
}

/// The request, if it can be read and its checksum is as the dialect wants it.
fn understood(bytes: &[u8], dialect: &Dialect) -> Option<Frame> {
    let frame = frame::decode(bytes, dialect.charset).ok()?;
    let is_right = match (dialect.checksum, frame.check) {
        (Checksum::Off | Checksum::SendOnly, _) | (_, Check::Good) | (Checksum::Lenient, Check::Absent) => {
            true
        }
        (Checksum::Lenient | Checksum::Strict, Check::Bad { .. }) | (Checksum::Strict, Check::Absent) => {
            false
        }
    };
    is_right.then_some(frame)
}

/// Asks for the frame once more.
fn again(session: Session, memory: &mut Memory, dialect: &Dialect) -> Result<Session, Ended> {
    memory.n_bad = memory.n_bad.saturating_add(1);
    if memory.n_bad >= MAX_BAD {
        return Err(Ended::Garbage);
    }
    memory.said = written(&Message::new(ResendRequest {}), (None, Check::Good), dialect)?;
    Ok(session)
}

/// An answer in bytes, with a trailer if the request had one.
fn written(
    message: &Message,
    (sequence, check): (Option<frame::Sequence>, Check),
    dialect: &Dialect,
) -> Result<Vec<u8>, Ended> {
    let encoded = if sequence.is_none() && check == Check::Absent {
        let bare = Dialect { checksum: Checksum::Off, ..dialect.clone() };
        frame::encode(message, sequence.unwrap_or_default(), &bare)
    } else {
        frame::encode(message, sequence.unwrap_or_default(), dialect)
    };
    encoded.map_err(|fault| {
        tracing::error!(%fault, message = %message.id(), "an answer cannot be written as SIP2");
        Ended::Fault
    })
}

/// Bytes read at once.
const READ: usize = 4096;
/// Frames in a row that are no good, before the peer is given up.
const MAX_BAD: u8 = 5;
