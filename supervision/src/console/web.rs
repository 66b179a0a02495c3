//! Paths and forms.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use maud::Markup;
use serde::Deserialize;
use sync_client::queue::{self, Answer, Which};
use tokio::sync::oneshot;
use tracing::{Level, info};

use super::door::{Door, MAX_BODY, html, not_called, not_own, with_headers};
use super::names::Names;
use super::page::{self, Frame};
use super::{Order, Setup, Ways, bundle};
use crate::board::Board;
use crate::control::{self, BUSY};
use crate::station::Batch;

mod acts;
mod api;
mod door;
mod own;

use own::Own;

/// What every connection shares.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ways: Ways,
    door: Door,
    batch: Mutex<Batch>,
    password: Option<String>,
}

impl Shared {
    pub(super) fn new(setup: &Setup, ways: Ways, names: Names) -> Self {
        Self(Arc::new(Inner {
            ways,
            door: Door::new("yueting", setup.tls.is_some(), setup.idle, names),
            batch: Mutex::default(),
            password: setup.password.clone(),
        }))
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.0.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn board(&self) -> Board {
        self.0.ways.board.borrow().clone()
    }

    fn session(&self, headers: &HeaderMap, is_alive: bool) -> Option<String> {
        self.0.door.session(headers, is_alive)
    }

    fn is_own(&self, headers: &HeaderMap, token: &str) -> bool {
        self.0.door.is_own(headers, token)
    }
}

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/login", get(door::login_page).post(door::login))
        .route("/logout", post(door::logout))
        .route("/parts/{part}", get(part))
        .route("/pad", get(pad))
        .route("/pad/live", get(pad_live))
        .route("/slot", get(slot))
        .route("/slot/live", get(slot_live))
        .route("/power", post(acts::power))
        .route("/station", get(acts::station).post(acts::write_tag))
        .route("/station/new", post(acts::new_batch))
        .route("/queue", get(rows))
        .route("/queue/{id}", get(row).post(act_on_row))
        .route("/log", get(log))
        .route("/tests", get(acts::tests).post(acts::try_out))
        .route("/service", post(acts::service))
        .route("/restart", post(acts::restart))
        .route("/reload", post(acts::reload))
        .route("/bundle", get(support_bundle))
        .route("/api", post(api::api))
        .route("/metrics", get(metrics))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/style.css", get(|| async { file("text/css; charset=utf-8", page::STYLE) }))
        .route("/console.js", get(|| async { file("text/javascript; charset=utf-8", page::SCRIPT) }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), by_name))
        .layer(map_response(with_headers))
        .with_state(shared)
}

/// Nobody is answered who calls the console by a name that is not its own.
async fn by_name(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.0.door.is_called(request.headers()) { next.run(request).await } else { not_called() }
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// A page of a session, or the way to the password.
fn shown(
    shared: &Shared,
    headers: &HeaderMap,
    said: Option<&str>,
    draw: impl FnOnce(&Frame<'_>) -> Markup,
) -> Response {
    let Some(csrf) = shared.session(headers, true) else { return Redirect::to("/login").into_response() };
    let board = shared.board();
    html(StatusCode::OK, draw(&Frame { board: &board, csrf: &csrf, said }))
}

// --- what is shown

async fn overview(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shown(&shared, &headers, None, page::overview)
}

async fn part(State(shared): State<Shared>, headers: HeaderMap, Path(word): Path<String>) -> Response {
    let known = shared.board().parts.into_iter().find(|known| known.part.word() == word);
    shown(&shared, &headers, None, |frame| match &known {
        Some(known) => page::part(frame, known),
        None => page::overview(frame),
    })
}

async fn pad(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let pad = shared.0.ways.pad.borrow().clone();
    shown(&shared, &headers, None, |frame| page::pad(frame, &pad))
}

/// Asked for by a page that looks again by itself, which is no sign of life.
async fn pad_live(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, false).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let pad = shared.0.ways.pad.borrow().clone();
    html(StatusCode::OK, page::pad_live(&pad))
}

/// A kiosk has none: its page of parts, then.
async fn slot(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let slot = shared.0.ways.slot.as_ref().map(|slot| slot.borrow().clone());
    shown(&shared, &headers, None, |frame| match &slot {
        Some(slot) => page::slot(frame, slot),
        None => page::overview(frame),
    })
}

async fn slot_live(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, false).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match &shared.0.ways.slot {
        Some(slot) => html(StatusCode::OK, page::slot_live(&slot.borrow().clone())),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Rows {
    which: Option<String>,
}

async fn rows(State(shared): State<Shared>, headers: HeaderMap, Query(query): Query<Rows>) -> Response {
    if shared.session(&headers, true).is_none() {
        return Redirect::to("/login").into_response();
    }
    let (word, which) = match query.which.as_deref() {
        Some("all") => ("all", Which::All),
        Some("open") => ("open", Which::Open),
        Some(_) | None => ("parked", Which::Parked),
    };
    let answer = ask_queue(&shared, queue::Request::List { which, limit: 200 }).await;
    shown(&shared, &headers, None, |frame| page::queue(frame, word, &answer))
}

async fn row(State(shared): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if shared.session(&headers, true).is_none() {
        return Redirect::to("/login").into_response();
    }
    let answer = ask_queue(&shared, queue::Request::Show { id, patron: false }).await;
    shown(&shared, &headers, None, |frame| answered(frame, &answer))
}

fn answered(frame: &Frame<'_>, answer: &Answer) -> Markup {
    match answer {
        Answer::Row { row, steps } => page::row(frame, row, steps),
        Answer::Rows { .. } | Answer::Status(_) | Answer::Refused { .. } => page::queue(frame, "", answer),
    }
}

#[derive(Deserialize)]
struct RowForm {
    id: String,
    #[serde(default)]
    note: String,
}

async fn act_on_row(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Path(act): Path<String>,
    Own(RowForm { id, note }): Own<RowForm>,
) -> Response {
    let request = match act.as_str() {
        "retry" => queue::Request::Retry { id: id.clone() },
        "settle" => queue::Request::Settle { id: id.clone(), note },
        "park" => queue::Request::Park { id: id.clone(), why: note },
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    info!(act, row = id, "staff at the console");
    match ask_queue(&shared, request).await {
        Answer::Refused { why } => {
            shown(&shared, &headers, Some(&why), |frame| frame.page("/queue", &maud::html! {}))
        }
        Answer::Row { .. } | Answer::Rows { .. } | Answer::Status(_) => {
            let now = ask_queue(&shared, queue::Request::Show { id, patron: false }).await;
            shown(&shared, &headers, Some("已办 · done"), |frame| answered(frame, &now))
        }
    }
}

async fn ask_queue(shared: &Shared, request: queue::Request) -> Answer {
    let (tell, told) = oneshot::channel();
    let gone = || Answer::Refused { why: GONE.to_owned() };
    if shared.0.ways.orders.send(Order::Queue(request, tell)).await.is_err() {
        return gone();
    }
    told.await.unwrap_or_else(|_| gone())
}

async fn ask_control(shared: &Shared, request: control::Request) -> control::Answer {
    let (tell, told) = oneshot::channel();
    let gone = || control::Answer::Refused { why: GONE.to_owned() };
    if shared.0.ways.orders.send(Order::Control(request, tell)).await.is_err() {
        return gone();
    }
    told.await.unwrap_or_else(|_| gone())
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    level: String,
    #[serde(default)]
    text: String,
}

async fn log(State(shared): State<Shared>, headers: HeaderMap, Query(query): Query<LogQuery>) -> Response {
    let level = query.level.parse().unwrap_or(Level::INFO);
    let ways = &shared.0.ways;
    let lines = ways.log.told(level, &query.text, control::MAX_LINES.into(), &ways.redactor);
    let level = level.as_str().to_lowercase();
    shown(&shared, &headers, None, |frame| page::log(frame, &level, &query.text, &lines))
}

// --- for machines that watch, and for developers

async fn metrics(State(shared): State<Shared>) -> Response {
    let ways = &shared.0.ways;
    let text = ways.metrics.text(&shared.board(), Timestamp::now(), ways.life.n_missed());
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}

async fn live(State(shared): State<Shared>) -> Response {
    health(shared.board().is_live(), &shared.board())
}

async fn ready(State(shared): State<Shared>) -> Response {
    health(shared.board().is_ready(), &shared.board())
}

fn health(is_well: bool, board: &Board) -> Response {
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, board.summary() + "\n").into_response()
}

async fn support_bundle(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, true).is_none() {
        return Redirect::to("/login").into_response();
    }
    let ways = &shared.0.ways;
    let board = shared.board();
    let path = ways.config.clone();
    let config = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
    let lines = ways.log.lines(Level::TRACE, "", usize::MAX);
    let log = lines.iter().map(|line| format!("{} {} {}\n", line.at, line.level, line.text)).collect();
    let parts = bundle::Parts {
        board: serde_json::to_string_pretty(&board).unwrap_or_else(|cause| cause.to_string()),
        config: config
            .map_err(|cause| cause.to_string())
            .and_then(|read| read.map_err(|cause| cause.to_string()))
            .unwrap_or_else(|cause| format!("# {cause}\n")),
        log,
        metrics: ways.metrics.text(&board, Timestamp::now(), ways.life.n_missed()),
        machine: format!("version {}\nstarted {}\n", board.version, board.started),
    };
    let at = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    match bundle::pack(&parts, &ways.redactor, at) {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, "application/gzip"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"yueting-support.tar.gz\""),
            ],
            bytes,
        )
            .into_response(),
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{cause}\n")).into_response(),
    }
}

const GONE: &str = "本机正在停止 · the kiosk is ending";
