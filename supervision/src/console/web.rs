//! Paths and forms.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use jiff::Timestamp;
use maud::Markup;
use serde::Deserialize;
use sync_client::queue::{self, Answer, Which};
use tokio::sync::{Semaphore, oneshot};
use tracing::{Level, info, warn};

use super::guard::Guard;
use super::page::{self, Frame};
use super::{Order, Setup, Ways, bundle};
use crate::board::Board;
use crate::station::Batch;

mod acts;

/// What every connection shares.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ways: Ways,
    guard: Mutex<Guard>,
    batch: Mutex<Batch>,
    password: Option<String>,
    is_tls: bool,
    /// one password is checked at a time: guessing costs this machine one core at most
    check: Semaphore,
}

impl Shared {
    pub(super) fn new(setup: &Setup, ways: Ways) -> Self {
        Self(Arc::new(Inner {
            ways,
            guard: Mutex::new(Guard::new(setup.idle)),
            batch: Mutex::default(),
            password: setup.password.clone(),
            is_tls: setup.tls.is_some(),
            check: Semaphore::new(1),
        }))
    }

    fn guard(&self) -> MutexGuard<'_, Guard> {
        self.0.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.0.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn board(&self) -> Board {
        self.0.ways.board.borrow().clone()
    }

    fn cookie_name(&self) -> &'static str {
        // The prefix holds a browser to what a secure cookie is.
        if self.0.is_tls { "__Host-yueting" } else { "yueting" }
    }

    fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(self.cookie_name())?.strip_prefix('='))
    }

    /// The session of a request: its token for forms.
    fn session(&self, headers: &HeaderMap, is_alive: bool) -> Option<String> {
        let cookie = self.cookie(headers)?;
        self.guard().csrf(now(), cookie, is_alive)
    }

    /// Whether a form was sent by a page of ours, in a session.
    fn is_own(&self, headers: &HeaderMap, token: &str) -> bool {
        let Some(cookie) = self.cookie(headers) else { return false };
        self.is_same_origin(headers) && self.guard().is_own(now(), cookie, token)
    }

    /// A browser says whose page sends a form. One that does not is held by the token alone.
    fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
            return false;
        }
        let scheme = if self.0.is_tls { "https" } else { "http" };
        match (text("origin"), text("host")) {
            (None, _) => true,
            (Some(origin), Some(host)) => origin == format!("{scheme}://{host}"),
            (Some(_), None) => false,
        }
    }
}

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/login", get(login_page).post(login))
        .route("/logout", post(logout))
        .route("/parts/{part}", get(part))
        .route("/pad", get(pad))
        .route("/pad/live", get(pad_live))
        .route("/station", get(acts::station).post(acts::write_tag))
        .route("/station/new", post(acts::new_batch))
        .route("/queue", get(rows))
        .route("/queue/{id}", get(row).post(act_on_row))
        .route("/log", get(log))
        .route("/tests", get(acts::tests).post(acts::try_out))
        .route("/service", post(acts::service))
        .route("/restart", post(acts::restart))
        .route("/bundle", get(support_bundle))
        .route("/metrics", get(metrics))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/style.css", get(|| async { file("text/css; charset=utf-8", page::STYLE) }))
        .route("/console.js", get(|| async { file("text/javascript; charset=utf-8", page::SCRIPT) }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(with_headers))
        .with_state(shared)
}

/// What every answer carries.
async fn with_headers(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

const HEADERS: [(header::HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: under that, browsers send `Origin: null` with our own forms too, which is refused.
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn html(status: StatusCode, page: Markup) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
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

/// Refused as a form of somebody else's.
fn not_own() -> Response {
    (StatusCode::FORBIDDEN, "this form is not of a page of this session: log in, and try again\n")
        .into_response()
}

// --- the door

#[derive(Deserialize)]
struct Password {
    password: String,
}

async fn login_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, true).is_some() {
        return Redirect::to("/").into_response();
    }
    html(StatusCode::OK, page::login(&shared.board().kiosk, None))
}

async fn login(
    State(shared): State<Shared>,
    Extension(peer): Extension<IpAddr>,
    headers: HeaderMap,
    Form(Password { password }): Form<Password>,
) -> Response {
    if !shared.is_same_origin(&headers) {
        return not_own();
    }
    let kiosk = shared.board().kiosk;
    let refused = |status, said: &str| html(status, page::login(&kiosk, Some(said)));
    let Some(hash) = shared.0.password.clone() else {
        return refused(
            StatusCode::FORBIDDEN,
            "未设密码：kiosk console-password 算出，写入 console.password · no password is set: kiosk console-password makes one",
        );
    };
    // Nobody is let in while the permit waits: whoever guesses from many addresses waits for themselves.
    let Ok(permit) = shared.0.check.acquire().await else { return not_own() };
    let may = shared.guard().may_try(now(), peer);
    if let Err(left) = may {
        let said = format!("尝试过多，请等 {0} 秒 · too many tries: wait {0} s", left.as_secs() + 1);
        let mut answer = refused(StatusCode::TOO_MANY_REQUESTS, &said);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left.as_secs() + 1));
        return answer;
    }
    let checked = tokio::task::spawn_blocking(move || is_right(&hash, &password)).await;
    if !checked.unwrap_or(false) {
        shared.guard().wrong(now(), peer);
        warn!(%peer, "a wrong password at the console");
        drop(permit);
        return refused(StatusCode::UNAUTHORIZED, "密码不对 · wrong password");
    }
    let mut random = [0; 64];
    if getrandom::fill(&mut random).is_err() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the system gives no random bytes\n").into_response();
    }
    let admitted = shared.guard().admit(now(), peer, &random);
    info!(%peer, "somebody logged in at the console");
    let mut answer = Redirect::to("/").into_response();
    set_cookie(&shared, &mut answer, &admitted.cookie, "");
    answer
}

async fn logout(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<Only>) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    if let Some(cookie) = shared.cookie(&headers) {
        shared.guard().leave(cookie);
    }
    let mut answer = Redirect::to("/login").into_response();
    set_cookie(&shared, &mut answer, "", "; Max-Age=0");
    answer
}

fn set_cookie(shared: &Shared, answer: &mut Response, value: &str, end: &str) {
    let secure = if shared.0.is_tls { "; Secure" } else { "" };
    let name = shared.cookie_name();
    let text = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{end}");
    // Hexadecimal digits and words of ours: always a header.
    if let Ok(text) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert(header::SET_COOKIE, text);
    }
}

/// Slow on purpose.
fn is_right(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

// --- what is shown

/// A form with nothing but its token.
#[derive(Deserialize)]
struct Only {
    csrf: String,
}

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
    csrf: String,
    id: String,
    #[serde(default)]
    note: String,
}

async fn act_on_row(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Path(act): Path<String>,
    Form(RowForm { csrf, id, note }): Form<RowForm>,
) -> Response {
    if !shared.is_own(&headers, &csrf) {
        return not_own();
    }
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

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    level: String,
    #[serde(default)]
    text: String,
}

async fn log(State(shared): State<Shared>, headers: HeaderMap, Query(query): Query<LogQuery>) -> Response {
    let level = query.level.parse().unwrap_or(Level::INFO);
    let mut lines = shared.0.ways.log.lines(level, "", MAX_LINES);
    for line in &mut lines {
        line.text = shared.0.ways.redactor.redact(&line.text);
    }
    // By what is shown, so that the filter finds no number that is taken out.
    lines.retain(|line| line.text.contains(&query.text));
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

#[expect(clippy::disallowed_methods, reason = "the shell that gives the guard its time")]
fn now() -> Instant {
    Instant::now()
}

const BUSY: &str = "正有读者使用，请稍候 · somebody uses the machine: wait until they are gone";
const GONE: &str = "本机正在停止 · the kiosk is ending";
const MAX_BODY: usize = 16 * 1024;
/// Lines of the log on one page.
const MAX_LINES: usize = 500;
