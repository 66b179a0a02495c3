//! What kiosks mirror, sent while it is read.
//!
//! A snapshot is read page by page, no page waits for the kiosk: between two pages nothing of the store is held. The next
//! one is read while one is packed. Its cursor is taken before the first page, so that what changes meanwhile stands in the changes after it.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use circulation::id::Isil;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_core::Stream;
use sync_client::kiosk_api::{Code, Cursor, End, Head, Line, Place};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Failure, blocking};
use crate::app::App;

/// What is on its way to the socket: some pages at most.
struct Lines(mpsc::Receiver<Result<Bytes, Cut>>);

/// The store failed in the middle: the connection is cut, and the kiosk sees that the end is missing.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot cannot be read to its end")]
struct Cut;

impl Stream for Lines {
    type Item = Result<Bytes, Cut>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

pub(super) async fn snapshot(
    app: App,
    of: Isil,
    place: Option<Place>,
    permit: OwnedSemaphorePermit,
    is_packed: bool,
) -> Result<Response, Failure> {
    let store = app.clone();
    let institution = of.clone();
    let cursor = blocking(move || Ok(store.store().cursor(&institution)?)).await?;
    let head = Line::Head(Head { institution: of.clone(), at: app.now(), cursor: cursor.clone() });
    let (pages, body) = mpsc::channel(PAGES_AHEAD);
    tokio::spawn(async move {
        let _permit = permit;
        let mut packer = Packer::new(is_packed);
        let first = text(&[head]).and_then(|text| packer.put(&text)).map_err(|_| Cut);
        if send(&pages, first).await {
            pump(&app, &of, (place, cursor), packer, &pages).await;
        }
    });
    let mut response = lines(Body::from_stream(Lines(body)));
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether a caller can read gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut words = all.flat_map(|value| value.split(','));
    words.any(|word| {
        let mut parts = word.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&part))
    })
}

/// Lines on their way, packed or not.
enum Packer {
    Plain,
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Packer {
    fn new(is_packed: bool) -> Self {
        if is_packed {
            Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::fast())))
        } else {
            Self::Plain
        }
    }

    /// What is to be sent so that the kiosk has all of this.
    fn put(&mut self, text: &[u8]) -> Result<Bytes, Failure> {
        match self {
            Self::Plain => Ok(Bytes::copy_from_slice(text)),
            Self::Gzip(encoder) => {
                encoder.write_all(text).and_then(|()| encoder.flush()).map_err(|_| Failure::Inside)?;
                Ok(core::mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// What is to be sent at the end.
    fn end(self) -> Result<Bytes, Failure> {
        match self {
            Self::Plain => Ok(Bytes::new()),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from).map_err(|_| Failure::Inside),
        }
    }
}

/// Sends page after page, then the end. While a page is packed and sent, the next one is read.
async fn pump(
    app: &App,
    of: &Isil,
    (place, cursor): (Option<Place>, Cursor),
    mut packer: Packer,
    pages: &mpsc::Sender<Result<Bytes, Cut>>,
) {
    let mut page = read(app, of, place).await;
    loop {
        let Ok(lines) = page else { return fail(pages).await };
        let Some(last) = lines.iter().rev().find_map(place_of) else {
            let rest = end(packer, lines, cursor).await;
            return match rest {
                Ok(rest) => drop(send(pages, Ok(rest)).await),
                Err(_) => fail(pages).await,
            };
        };
        let (next, packed) = tokio::join!(read(app, of, Some(last)), pack(packer, lines, pages));
        match packed {
            Ok(Some(still)) => (packer, page) = (still, next),
            Ok(None) => return,
            Err(_) => return fail(pages).await,
        }
    }
}

/// The page behind a place.
async fn read(app: &App, of: &Isil, after: Option<Place>) -> Result<Vec<Line>, Failure> {
    let (app, of) = (app.clone(), of.clone());
    blocking(move || Ok(app.store().snapshot_page(&of, after.as_ref(), app.now().date())?)).await
}

/// Packs and sends a page, and gives the packer back; none if the kiosk has gone.
async fn pack(
    mut packer: Packer,
    page: Vec<Line>,
    pages: &mpsc::Sender<Result<Bytes, Cut>>,
) -> Result<Option<Packer>, Failure> {
    let (bytes, packer) = blocking(move || Ok((packer.put(&text(&page)?)?, packer))).await?;
    Ok(send(pages, Ok(bytes)).await.then_some(packer))
}

/// The last lines, and what says that they are the last.
async fn end(mut packer: Packer, mut lines: Vec<Line>, cursor: Cursor) -> Result<Bytes, Failure> {
    lines.push(Line::End(End { cursor, more: false }));
    blocking(move || {
        let bytes = packer.put(&text(&lines)?)?;
        Ok(Bytes::from([bytes.as_ref(), packer.end()?.as_ref()].concat()))
    })
    .await
}

/// Cuts the connection.
async fn fail(pages: &mpsc::Sender<Result<Bytes, Cut>>) {
    tracing::error!("a snapshot cannot be read to its end");
    send(pages, Err(Cut)).await;
}

pub(super) async fn changes(app: App, of: Isil, after: Cursor) -> Result<Response, Failure> {
    let body = blocking(move || {
        let today = app.now().date();
        let found = app.store().changes(&of, &after, today, MAX_CHANGES)?;
        let changes = found.ok_or(Code::CursorGone)?;
        let head = Head { institution: of, at: app.now(), cursor: after };
        let mut all = vec![Line::Head(head)];
        all.extend(changes.lines);
        all.push(Line::End(End { cursor: changes.cursor, more: changes.more }));
        text(&all)
    })
    .await?;
    Ok(lines(Body::from(body)))
}

/// Whether the kiosk is still there and takes what is sent.
async fn send(pages: &mpsc::Sender<Result<Bytes, Cut>>, page: Result<Bytes, Cut>) -> bool {
    matches!(tokio::time::timeout(STALLED, pages.send(page)).await, Ok(Ok(())))
}

fn text(lines: &[Line]) -> Result<Bytes, Failure> {
    let mut text = Vec::with_capacity(lines.len().saturating_mul(160));
    for line in lines {
        line.write(&mut text).map_err(|_| Failure::Inside)?;
    }
    Ok(text.into())
}

fn place_of(line: &Line) -> Option<Place> {
    match line {
        Line::Patron(patron) => Some(Place::Patron(patron.id.clone())),
        Line::Item(item) => Some(Place::Item(item.id.clone())),
        Line::Head(_) | Line::Rules(_) | Line::PatronGone(_) | Line::ItemGone(_) | Line::End(_) => None,
    }
}

fn lines(body: Body) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// Pages read ahead of the kiosk.
const PAGES_AHEAD: usize = 2;
/// A kiosk that takes nothing for so long has gone.
const STALLED: Duration = Duration::from_secs(30);
/// Changes in one answer: some hundred kilobytes.
const MAX_CHANGES: u32 = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn only_who_asks_for_gzip_gets_it() {
        for (asked, expected) in [
            (None, false),
            (Some("gzip"), true),
            (Some("br, GZIP;q=0.5"), true),
            (Some("gzip;q=0, identity"), false),
            (Some("gzipped"), false),
            (Some("*"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(asked) = asked {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(asked));
            }
            assert_eq!(takes_gzip(&headers), expected, "{asked:?}");
        }
    }

    /// What was put can be unpacked before the end is there: a kiosk uses what it has.
    #[test]
    fn a_page_can_be_read_before_the_next_one_comes() {
        let mut packer = Packer::new(true);
        let Ok(first) = packer.put(b"one\ntwo\n") else { panic!("packed") };
        let mut text = [0; 8];
        flate2::read::GzDecoder::new(first.as_ref()).read_exact(&mut text).unwrap();
        assert_eq!(&text, b"one\ntwo\n");
        let Ok(end) = packer.end() else { panic!("packed") };
        let mut all = String::new();
        flate2::read::GzDecoder::new([first, end].concat().as_slice()).read_to_string(&mut all).unwrap();
        assert_eq!(all, "one\ntwo\n");
    }
}
