//! The endpoints for kiosks. Their forms, codes and rules stand in [`sync_client::kiosk_api`].
//!
//! Every refusal is a [`Problem`] with its HTTP status, and means that nothing was done. Nothing of a body is logged.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sync_client::kiosk_api::{
    AFTER_HEADER, Batch, Code, Cursor, MAX_BODY, Malformed, Place, Problem, heartbeat::Heartbeat, path,
    transfer::Act, write_answers,
};

use crate::api::Line;
use crate::app::App;
use crate::card;
use crate::store::StoreError;
use crate::token::Caller;

mod desk;
mod feed;
mod locate;

/// Why a call is not answered.
enum Failure {
    Problem(Problem),
    Store(StoreError),
    /// Our fault; nothing was changed.
    Inside,
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Problem(Problem::new(code))
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        let Malformed { at, field } = malformed;
        Self::Problem(Problem { code: Code::Malformed, at, field: Some(field.to_owned()) })
    }
}

impl From<StoreError> for Failure {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

/// Whether a path belongs to this interface, known or not.
pub(crate) fn is_below(text: &str) -> bool {
    text.starts_with("/kiosk/")
}

/// Answers one call.
pub(crate) async fn enter(app: App, line: Line, request: Request) -> Response {
    answer(app, line, request).await.unwrap_or_else(|failure| match failure {
        Failure::Problem(problem) => refusal(&problem),
        Failure::Store(fault) => {
            tracing::error!(%fault, "the store fails; nothing was changed");
            refusal(&Problem::new(Code::Fault))
        }
        Failure::Inside => {
            tracing::error!("a call of a kiosk failed inside; its change was rolled back");
            refusal(&Problem::new(Code::Fault))
        }
    })
}

async fn answer(app: App, line: Line, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let caller = caller(&app, &parts.headers).await?;
    let of = caller.institution.clone();
    match (parts.uri.path(), &parts.method) {
        (path::TRANSACTIONS, &Method::POST) => transact(app, caller, read(body, line).await?).await,
        (path::HEARTBEAT, &Method::POST) => beat(app, caller, read(body, line).await?).await,
        (path::TRANSFER, &Method::POST) => transfer(app, caller, read(body, line).await?).await,
        (path::SHELVES, &Method::POST) => locate::shelves(app, caller, read(body, line).await?).await,
        (path::LOCATE, &Method::POST) => locate::answer(app, caller, read(body, line).await?).await,
        (path::CARD, &Method::POST) => desk::answer(app, caller, read(body, line).await?).await,
        (path::SNAPSHOT, &Method::GET) => {
            let after = parts.headers.get(AFTER_HEADER).map(|value| value.to_str().map(Place::parse));
            let place = match after {
                None => None,
                Some(Ok(Some(place))) => Some(place),
                Some(Ok(None) | Err(_)) => {
                    return Err(malformed(AFTER_HEADER));
                }
            };
            let permit = app.snapshot_permit().ok_or(Code::Busy)?;
            feed::snapshot(app, of, place, permit, feed::takes_gzip(&parts.headers)).await
        }
        (path::CHANGES, &Method::GET) => {
            let query = parts.uri.query().unwrap_or("");
            let after = query.split('&').find_map(|pair| pair.strip_prefix("after="));
            let cursor = after.and_then(Cursor::parse).ok_or_else(|| malformed("after"))?;
            feed::changes(app, of, cursor).await
        }
        _ => Err(Code::NoSuchCall.into()),
    }
}

async fn transact(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let answers = blocking(move || {
        let batch = Batch::parse(&body)?;
        // PostgreSQL keeps no text with a NUL, and no account has one.
        if batch.opuser.contains('\0') {
            return Err(malformed("opuser"));
        }
        is_of(&caller, &batch.opuser)?;
        let answers = app.store().transact(&caller.institution, &batch, app.now())?;
        tracing::debug!(n = answers.len(), opuser = batch.opuser, "transactions");
        Ok(answers)
    })
    .await?;
    let body = write_answers(&answers).map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Keeps what a kiosk says of itself, and tells it what staff has for it.
async fn beat(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let told = blocking(move || {
        let beat = Heartbeat::parse(&body)?;
        is_of(&caller, &beat.opuser)?;
        let mut told = app.store().beat(&caller.institution, &beat, app.now())?;
        told.card_key = card::public_key(app.store(), &caller.institution)?;
        Ok(told)
    })
    .await?;
    let body = told.to_body().map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Does something with a transfer sheet, once.
async fn transfer(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let told = blocking(move || {
        let act = Act::parse(&body)?;
        is_of(&caller, &act.opuser)?;
        Ok(app.store().transfer(&caller.institution, &act, app.now())?)
    })
    .await?;
    let body = serde_json::to_vec(&told).map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// A kiosk with a secret of its own speaks for no other.
fn is_of(caller: &Caller, opuser: &str) -> Result<(), Failure> {
    match &caller.kiosk {
        Some(kiosk) if kiosk != opuser => Err(Code::OtherKiosk.into()),
        Some(_) | None => Ok(()),
    }
}

/// For whom the caller's token speaks.
async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Failure> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("").to_owned();
    let app = app.clone();
    blocking(move || {
        let checked = app.tokens().check(app.store(), &token, app.now())?;
        checked.map_err(|_| Code::TokenRefused.into())
    })
    .await
}

async fn read(body: Body, line: Line) -> Result<Bytes, Failure> {
    let body = tokio::time::timeout(line.body, to_bytes(body, MAX_BODY)).await;
    Ok(body.map_err(|_| Code::TooSlow)?.map_err(|_| Code::TooLarge)?)
}

/// Runs what waits for the store off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Inside))
}

fn malformed(field: &str) -> Failure {
    Failure::Problem(Problem { code: Code::Malformed, at: None, field: Some(field.to_owned()) })
}

fn refusal(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

const JSON: &str = "application/json; charset=utf-8";
