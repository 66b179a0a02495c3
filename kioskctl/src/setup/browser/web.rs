//! Paths and forms. What changes something is a POST with the session's token, from a page of ours.

use std::net::IpAddr;

use axum::extract::{DefaultBodyLimit, Form, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::Markup;
use serde::Deserialize;
use supervision::console::STYLE;
use supervision::console::door::{
    Denied, MAX_BODY, Words, html, no_random, not_called, not_own, with_headers,
};

use super::page::{self, Frame};
use super::work::Work;
use super::{Shared, job};
use crate::say;
use crate::setup::answers::Answers;
use crate::setup::save;
use crate::setup::trial::{self, Trial};

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(devices))
        .route("/login", get(login_page).post(login))
        .route("/find", post(find))
        .route("/stop", post(stop))
        .route("/port", post(port))
        .route("/test", post(test))
        .route("/use", post(choose))
        .route("/library", get(library).post(answer))
        .route("/summary", get(summary))
        .route("/try", post(try_library))
        .route("/write", post(write))
        .route("/done", get(done))
        .route("/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), by_name))
        .layer(map_response(with_headers))
        .with_state(shared)
}

/// Whoever calls us by a name that is not ours is answered nothing.
async fn by_name(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.0.door.is_called(request.headers()) { next.run(request).await } else { not_called() }
}

/// A page of a session, or the way to the code; while something is under way it looks again by itself.
fn shown(
    shared: &Shared,
    headers: &HeaderMap,
    said: Option<&str>,
    draw: impl FnOnce(&Frame<'_>) -> Markup,
) -> Response {
    let work = shared.work();
    let is_busy = work.under_way.is_some();
    let Some(csrf) = shared.session(headers, !is_busy) else { return Redirect::to("/login").into_response() };
    if work.is_written {
        return Redirect::to("/done").into_response();
    }
    let status = if said.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut answer = html(status, draw(&Frame { work: &work, csrf: &csrf, said }));
    if is_busy {
        answer.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    answer
}

// --- the door

#[derive(Deserialize)]
struct CodeForm {
    code: String,
}

async fn login_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, true).is_some() {
        return Redirect::to("/").into_response();
    }
    html(StatusCode::OK, page::login(None))
}

async fn login(
    State(shared): State<Shared>,
    Extension(peer): Extension<IpAddr>,
    headers: HeaderMap,
    Form(CodeForm { code }): Form<CodeForm>,
) -> Response {
    if !shared.0.door.is_same_origin(&headers) {
        return not_own();
    }
    let asked = shared.clone();
    if let Err(denied) = shared.0.door.check(peer, move || asked.0.code.take(&code)).await {
        if denied == Denied::Wrong {
            told(&format!("验证码不对 a wrong code, from {peer}\n"));
        }
        return denied.answer(WORDS, |said| html(StatusCode::OK, page::login(Some(said))));
    }
    let Some(cookie) = shared.0.door.admit(peer) else { return no_random() };
    let next = shared.0.code.shown();
    told(&format!(
        "浏览器已接入 a browser was let in, from {peer}；再接一个用新验证码 for another one the code is {next}\n"
    ));
    let mut answer = Redirect::to("/").into_response();
    cookie.into_answer(&mut answer);
    answer
}

/// A line for whoever sits at the terminal; a terminal that has gone is no reason to end.
fn told(line: &str) {
    drop(say(line));
}

// --- devices

/// A form with a token, and perhaps a port.
#[derive(Deserialize)]
struct PortForm {
    csrf: String,
    #[serde(default)]
    port: String,
}

async fn devices(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shown(&shared, &headers, None, page::devices)
}

/// Does something if the form is ours, and goes on to a page.
fn done_at(shared: &Shared, headers: &HeaderMap, csrf: &str, to: &str, act: impl FnOnce()) -> Response {
    if !shared.is_own(headers, csrf) {
        return not_own();
    }
    act();
    Redirect::to(to).into_response()
}

async fn find(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    done_at(&shared, &headers, &form.csrf, "/", || job::search(&shared))
}

async fn stop(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    done_at(&shared, &headers, &form.csrf, "/", || shared.work().is_stopped = true)
}

async fn port(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    let port = form.port.trim();
    if let Err(failure) = crate::setup::find::endpoint(port) {
        return shown(&shared, &headers, Some(&failure.to_string()), page::devices);
    }
    job::search_one(&shared, port);
    Redirect::to("/").into_response()
}

async fn test(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    done_at(&shared, &headers, &form.csrf, "/", || job::test(&shared, &form.port))
}

async fn choose(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    done_at(&shared, &headers, &form.csrf, "/", || shared.work().choose(&form.port))
}

// --- the library

#[derive(Deserialize)]
struct LibraryForm {
    csrf: String,
    library: String,
    name: String,
    gates: String,
    interface: String,
    address: String,
    account: String,
    #[serde(default)]
    operator: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    then: String,
}

impl LibraryForm {
    /// An empty secret leaves the one that was typed before.
    fn answers(&self, before: &Answers) -> Answers {
        let text = |text: &str| text.trim().to_owned();
        let secret = Some(text(&self.secret)).filter(|secret| !secret.is_empty());
        Answers {
            library: text(&self.library),
            name: text(&self.name),
            gates: text(&self.gates),
            interface: text(&self.interface),
            address: text(&self.address),
            account: text(&self.account),
            operator: text(&self.operator),
            secret: secret.or_else(|| before.secret.clone()),
        }
    }
}

async fn library(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let has_file = shared.0.arguments.secret_file.is_some();
    shown(&shared, &headers, None, |frame| page::library(frame, has_file))
}

async fn answer(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<LibraryForm>) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    {
        let mut work = shared.work();
        // What is being asked with the answers of before would be taken for an answer to these.
        if work.under_way.is_none() {
            let answers = form.answers(&work.answers);
            if answers != work.answers {
                work.trial = None;
            }
            work.answers = answers;
        }
    }
    if let Err(why) = text(&shared) {
        let has_file = shared.0.arguments.secret_file.is_some();
        return shown(&shared, &headers, Some(&why), |frame| page::library(frame, has_file));
    }
    match form.then.as_str() {
        "test" => {
            job::library(&shared);
            Redirect::to("/library").into_response()
        }
        _ => Redirect::to("/summary").into_response(),
    }
}

// --- the file

/// The file as it would be written, or why it would be none.
fn text(shared: &Shared) -> Result<String, String> {
    let (draft, secret) = (shared.draft(), shared.work().answers.secret.clone());
    let draft = draft.map_err(|failure| failure.to_string())?;
    if shared.work().answers.account.is_empty() {
        return Err("账号还没有填 the kiosk's account there is not given".to_owned());
    }
    if secret.is_none() && shared.0.arguments.secret_file.is_none() {
        return Err("密钥还没有填 the account's secret is not given".to_owned());
    }
    trial::address(&draft, secret.as_deref()).map_err(|failure| failure.to_string())?;
    Ok(draft.text())
}

async fn summary(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    summed_up(&shared, &headers, None)
}

fn summed_up(shared: &Shared, headers: &HeaderMap, said: Option<&str>) -> Response {
    let text = text(shared);
    let text = text.as_deref().map_err(String::as_str);
    shown(shared, headers, said, |frame| page::summary(frame, &shared.path(), text))
}

async fn try_library(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<PortForm>,
) -> Response {
    done_at(&shared, &headers, &form.csrf, "/summary", || job::library(&shared))
}

async fn write(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<PortForm>) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    if may_write(&shared.work()) {
        match written(&shared) {
            Ok(()) => shared.ended(),
            Err(why) => return summed_up(&shared, &headers, Some(&why)),
        }
    }
    Redirect::to("/summary").into_response()
}

/// As on the terminal: a refused account is to be mended first, and what was not tried is not written.
fn may_write(work: &Work) -> bool {
    work.under_way.is_none()
        && !work.is_written
        && matches!(work.trial, Some(Trial::Taken | Trial::Silent(_)))
}

fn written(shared: &Shared) -> Result<(), String> {
    let arguments = &shared.0.arguments;
    // Somebody may have written it meanwhile.
    save::may_write(arguments).map_err(|failure| failure.to_string())?;
    let draft = shared.draft().map_err(|failure| failure.to_string())?;
    let secret = shared.work().answers.secret.clone();
    save::write(arguments, draft, secret).map_err(|failure| failure.to_string())
}

async fn done(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, true).is_none() {
        return Redirect::to("/login").into_response();
    }
    if !shared.work().is_written {
        return Redirect::to("/summary").into_response();
    }
    html(StatusCode::OK, page::done(&shared.path()))
}

const WORDS: Words =
    Words { no_secret: "没有验证码 · there is no code", wrong: "验证码不对 · wrong code" };
