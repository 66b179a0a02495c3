//! Brings a mirror up to date: by changes if it can, by a snapshot if it must.
//!
//! ```text
//!   mend ─▶ has a cursor? ──yes──▶ changes ... until there are no more
//!              │no                    │ cursor gone
//!              ▼                      ▼
//!           snapshot (goes on where it broke off) ─▶ changes since its first line
//! ```
//! Each step leaves the mirror whole, so that the caller only ever repeats the whole after a fault.

use std::io::Write as _;

use std::time::Duration;

use flate2::write::GzDecoder;
use jiff::civil::DateTime;
use reqwest::Response;

use super::kiosk_api::{CallError, FEED_TIMEOUT, accepted, refused};
use super::{AskError, KioskApi, Silence, openlib};
use crate::kiosk_api::{AFTER_HEADER, Code, Cursor, Head, Line, MAX_LINE, Malformed, Place, path};
use crate::mirror::{Freshness, Loader, Mirror, MirrorError, Progress};

/// What a refresh did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// why the mirror was made anew before, if it was damaged
    pub mended: Option<String>,
    /// whether a snapshot was taken
    pub snapshot: Option<Start>,
    /// patrons, items and rule sets received
    pub n_lines: usize,
    /// central's local time at the end: how wrong is the kiosk's clock?
    pub central_at: DateTime,
}

/// Where a snapshot started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// at its first line
    Fresh,
    /// where an earlier one broke off
    Resumed,
}

/// Why a refresh did not come to its end. The mirror answers as before, or with what has been applied since.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// central does not answer, or not so that it helps
    #[error(transparent)]
    Ask(#[from] AskError),
    /// the mirror cannot be written
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// a line cannot be read, or stands where it must not
    #[error("central's lines cannot be read: {0}")]
    Lines(#[from] Malformed),
    /// the answer ends before its last line
    #[error("the answer was cut")]
    Cut,
}

impl KioskApi {
    /// Brings the mirror up to date.
    ///
    /// # Errors
    /// [`RefreshError`]; a snapshot that broke off goes on with the next call.
    pub async fn refresh(&self, mirror: &Mirror) -> Result<Refreshed, RefreshError> {
        let (mended, fresh) = blocking(mirror, |mirror| Ok((mirror.mend()?, mirror.freshness()?))).await?;
        let mut n_lines = 0;
        if let Some(fresh) = fresh
            && let Some(central_at) = self.follow(mirror, fresh, &mut n_lines).await?
        {
            return Ok(Refreshed { mended, snapshot: None, n_lines, central_at });
        }
        let (start, mut central_at) = self.snapshot(mirror, &mut n_lines).await?;
        if let Some(fresh) = blocking(mirror, Mirror::freshness).await?
            && let Some(later) = self.follow(mirror, fresh, &mut n_lines).await?
        {
            central_at = later;
        }
        Ok(Refreshed { mended, snapshot: Some(start), n_lines, central_at })
    }

    /// Applies changes until there are no more. Nothing if the cursor is gone.
    async fn follow(
        &self,
        mirror: &Mirror,
        mut fresh: Freshness,
        n_lines: &mut usize,
    ) -> Result<Option<DateTime>, RefreshError> {
        loop {
            let Some(lines) = self.changes(&fresh.cursor).await? else { return Ok(None) };
            let (head, body, end) = framed(lines)?;
            *n_lines += body.len();
            // Up to date it is only after the last of them.
            let mirrored = if end.more { fresh.mirrored } else { self.0.now() };
            let (at, cursor) = (head.at, end.cursor.clone());
            blocking(mirror, move |mirror| {
                let mut loader = mirror.start_changes()?;
                loader.put(&body)?;
                loader.finish(&head, &cursor, mirrored)
            })
            .await?;
            if !end.more {
                return Ok(Some(at));
            }
            fresh.cursor = end.cursor;
        }
    }

    /// One answer full of changes; nothing if the cursor is gone.
    async fn changes(&self, after: &Cursor) -> Result<Option<Vec<Line>>, RefreshError> {
        let call = self.0.kiosk_call(FEED_TIMEOUT, |client, base| {
            client.get(format!("{base}{}?after={}", path::CHANGES, after.as_str()))
        });
        let response = match accepted(call.await?).await {
            Ok(response) => response,
            Err(CallError::Refused(problem)) if problem.code == Code::CursorGone => return Ok(None),
            Err(CallError::Refused(problem)) => return Err(refused(&problem).into()),
            Err(CallError::Ask(error)) => return Err(error.into()),
        };
        let body = openlib::read(response, MAX_CHANGES).await?;
        if body.last() != Some(&b'\n') {
            return Err(RefreshError::Cut);
        }
        Ok(Some(parse(&body)?))
    }

    async fn snapshot(
        &self,
        mirror: &Mirror,
        n_lines: &mut usize,
    ) -> Result<(Start, DateTime), RefreshError> {
        let broken_off = match blocking(mirror, Mirror::broken_off).await? {
            // If its changes are gone, or were another database's, what is there of it is of no use.
            Some(progress) if self.changes(&progress.cursor).await?.is_some() => Some(progress),
            Some(_) | None => None,
        };
        let place = broken_off.as_ref().map(|progress| progress.place.clone());
        let mut blocks = Blocks::new(self.start_snapshot(place).await?);
        let (head, mut rest) = blocks.head().await?;
        let start = if broken_off.is_some() { Start::Resumed } else { Start::Fresh };
        let cursor = broken_off.as_ref().map_or_else(|| head.cursor.clone(), |known| known.cursor.clone());
        let mut loader = begin(mirror, &head, broken_off).await?;
        loop {
            let (next, n, ended) = load(mirror, loader, rest).await?;
            *n_lines += n;
            loader = next;
            if ended {
                break;
            }
            rest = blocks.next().await?.ok_or(RefreshError::Cut)?;
        }
        let (at, now) = (head.at, self.0.now());
        blocking(mirror, move |_| loader.finish(&head, &cursor, now)).await?;
        Ok((start, at))
    }

    async fn start_snapshot(&self, place: Option<Place>) -> Result<Response, RefreshError> {
        let call = self.0.kiosk_call(FEED_TIMEOUT, |client, base| {
            let request = client.get(format!("{base}{}", path::SNAPSHOT)).header("accept-encoding", "gzip");
            match &place {
                Some(place) => request.header(AFTER_HEADER, place.to_text()),
                None => request,
            }
        });
        accepted(call.await?).await.map_err(|error| match error {
            CallError::Ask(error) => error.into(),
            CallError::Refused(problem) => refused(&problem).into(),
        })
    }
}

async fn begin(mirror: &Mirror, head: &Head, broken_off: Option<Progress>) -> Result<Loader, RefreshError> {
    let head = head.clone();
    blocking(mirror, move |mirror| match broken_off {
        Some(_) => mirror.resume_snapshot(),
        None => mirror.start_snapshot(&head),
    })
    .await
}

/// Parses and writes a block off the async threads. Says how many lines it had, and whether the end was among them.
async fn load(
    mirror: &Mirror,
    mut loader: Loader,
    block: Vec<u8>,
) -> Result<(Loader, usize, bool), RefreshError> {
    blocking_with(mirror, move |_| {
        let mut lines = parse(&block)?;
        let ended = matches!(lines.last(), Some(Line::End(_)));
        if ended {
            lines.pop();
        }
        loader.put(&lines)?;
        Ok((loader, lines.len(), ended))
    })
    .await
}

/// Splits an answer into its first line, its body and its last line.
fn framed(lines: Vec<Line>) -> Result<(Head, Vec<Line>, crate::kiosk_api::End), RefreshError> {
    let mut lines = lines.into_iter();
    let Some(Line::Head(head)) = lines.next() else { return Err(MirrorError::OutOfOrder.into()) };
    let mut body: Vec<Line> = lines.collect();
    let Some(Line::End(end)) = body.pop() else { return Err(RefreshError::Cut) };
    Ok((head, body, end))
}

fn parse(block: &[u8]) -> Result<Vec<Line>, Malformed> {
    block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(Line::parse).collect()
}

/// A response cut into blocks of whole lines.
struct Blocks {
    response: Response,
    /// where it comes packed
    unpack: Option<GzDecoder<Vec<u8>>>,
    /// received, not handed out; its last line may be unfinished
    buffer: Vec<u8>,
}

impl Blocks {
    fn new(response: Response) -> Self {
        let is_packed = response.headers().get("content-encoding").is_some_and(|value| value == "gzip");
        Self { response, unpack: is_packed.then(|| GzDecoder::new(Vec::new())), buffer: Vec::new() }
    }

    /// What has come, unpacked. A little at a time: packed bytes may be a thousand times as many.
    fn take_in(&mut self, chunk: &[u8]) -> Result<(), RefreshError> {
        let Some(unpack) = &mut self.unpack else {
            self.buffer.extend_from_slice(chunk);
            return Ok(());
        };
        for part in chunk.chunks(PACKED) {
            unpack.write_all(part).and_then(|()| unpack.flush()).map_err(|_| RefreshError::Cut)?;
            self.buffer.append(unpack.get_mut());
            let whole = self.buffer.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            if self.buffer.len() - whole > MAX_LINE {
                return Err(AskError::from(Silence::TooLong { limit: MAX_LINE }).into());
            }
        }
        Ok(())
    }

    /// The first line, and whatever whole lines came with it.
    async fn head(&mut self) -> Result<(Head, Vec<u8>), RefreshError> {
        let block = self.next().await?.ok_or(RefreshError::Cut)?;
        let end = block.iter().position(|byte| *byte == b'\n').ok_or(RefreshError::Cut)?;
        let (first, rest) = block.split_at(end);
        match Line::parse(first)? {
            Line::Head(head) => Ok((head, rest.to_vec())),
            Line::Rules(_)
            | Line::Patron(_)
            | Line::Item(_)
            | Line::PatronGone(_)
            | Line::ItemGone(_)
            | Line::End(_) => Err(MirrorError::OutOfOrder.into()),
        }
    }

    /// Whole lines, about [`BLOCK`] bytes; nothing at the end of the response.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RefreshError> {
        loop {
            let whole = self.buffer.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            if self.buffer.len() - whole > MAX_LINE {
                return Err(AskError::from(Silence::TooLong { limit: MAX_LINE }).into());
            }
            if whole >= BLOCK {
                return Ok(Some(self.take(whole)));
            }
            let chunk = tokio::time::timeout(STALLED, self.response.chunk()).await;
            match chunk.map_err(|_| AskError::from(Silence::Timeout))? {
                Ok(Some(chunk)) => self.take_in(&chunk)?,
                Ok(None) if self.buffer.is_empty() => return Ok(None),
                Ok(None) if whole == self.buffer.len() => return Ok(Some(self.take(whole))),
                Ok(None) => return Err(RefreshError::Cut),
                // What is whole is kept: the next call goes on behind it.
                Err(_) if whole > 0 => return Ok(Some(self.take(whole))),
                Err(cause) => return Err(AskError::from(openlib::silence(&cause)).into()),
            }
        }
    }

    fn take(&mut self, whole: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(whole);
        core::mem::replace(&mut self.buffer, rest)
    }
}

/// Runs what waits for the disk off the async threads.
async fn blocking<T: Send + 'static>(
    mirror: &Mirror,
    work: impl FnOnce(&Mirror) -> Result<T, MirrorError> + Send + 'static,
) -> Result<T, RefreshError> {
    blocking_with(mirror, |mirror| Ok(work(mirror)?)).await
}

async fn blocking_with<T: Send + 'static>(
    mirror: &Mirror,
    work: impl FnOnce(&Mirror) -> Result<T, RefreshError> + Send + 'static,
) -> Result<T, RefreshError> {
    let mirror = mirror.clone();
    let path = mirror.path().to_owned();
    tokio::task::spawn_blocking(move || work(&mirror)).await.unwrap_or_else(|cause| {
        // Only a panic of ours comes here.
        Err(MirrorError::System { path, detail: cause.to_string() }.into())
    })
}

/// Bytes that are parsed and written at once.
const BLOCK: usize = 256 * 1024;
/// Packed bytes that are unpacked at once.
const PACKED: usize = 4096;
/// The longest answer with changes.
const MAX_CHANGES: usize = 16 << 20;
/// A snapshot that brings nothing for so long has broken off.
const STALLED: Duration = Duration::from_secs(20);
