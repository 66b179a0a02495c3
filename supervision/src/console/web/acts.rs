//! What staff orders at the console: tests, out of service, a part begun anew, a tag written.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::sync::oneshot;
use tracing::info;

use super::super::page;
use super::super::{Order, Test};
use super::own::{Nothing, Own};
use super::{BUSY, GONE, Shared, ask_control, shown};
use crate::control::{Answer, Request};
use crate::part::Part;
use crate::station::{Batch, Refused, Wanted, Written};

pub(super) async fn tests(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shown(&shared, &headers, None, page::tests)
}

#[derive(Deserialize)]
pub(super) struct TestForm {
    test: String,
}

pub(super) async fn try_out(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Own(form): Own<TestForm>,
) -> Response {
    let Some(test) = Test::named(&form.test) else { return StatusCode::NOT_FOUND.into_response() };
    let done = if shared.board().is_serving { Err(BUSY.to_owned()) } else { try_one(&shared, test).await };
    told(&shared, &headers, done)
}

#[derive(Deserialize)]
pub(super) struct ServiceForm {
    out: String,
}

pub(super) async fn service(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Own(form): Own<ServiceForm>,
) -> Response {
    let is_out = form.out == "yes";
    info!(is_out, "staff at the console changes the service");
    let done = done(ask_control(&shared, Request::Service { out: is_out }).await);
    told(&shared, &headers, done)
}

#[derive(Deserialize)]
pub(super) struct RestartForm {
    part: String,
}

pub(super) async fn restart(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Own(form): Own<RestartForm>,
) -> Response {
    let Some(part) = Part::named(&form.part) else { return StatusCode::NOT_FOUND.into_response() };
    let done = if shared.board().is_serving {
        Err(BUSY.to_owned())
    } else {
        done(ask_control(&shared, Request::Restart { part }).await)
    };
    told(&shared, &headers, done)
}

/// Takes over the configuration's file. Nobody is disturbed: patrons see it only between two visits.
pub(super) async fn reload(State(shared): State<Shared>, headers: HeaderMap, _: Own<Nothing>) -> Response {
    info!("staff at the console has the configuration taken over");
    let said = said(ask_control(&shared, Request::Reload).await);
    shown(&shared, &headers, Some(&said), page::overview)
}

/// The page of tests, with what became of one.
fn told(shared: &Shared, headers: &HeaderMap, done: Result<(), String>) -> Response {
    let said = done.err().unwrap_or_else(|| DONE.to_owned());
    shown(shared, headers, Some(&said), page::tests)
}

/// The words of an answer.
fn said(answer: Answer) -> String {
    match answer {
        Answer::Reloaded(reloaded) => reloaded.to_string(),
        Answer::Power(trial) => format!("{} dBm", trial.dbm),
        Answer::Refused { why } => why,
        Answer::Done | Answer::Board { .. } | Answer::Log { .. } => DONE.to_owned(),
    }
}

/// Whether it was done.
fn done(answer: Answer) -> Result<(), String> {
    match answer {
        Answer::Refused { why } => Err(why),
        Answer::Done | Answer::Board { .. } | Answer::Reloaded(_) | Answer::Power(_) | Answer::Log { .. } => {
            Ok(())
        }
    }
}

async fn try_one(shared: &Shared, test: Test) -> Result<(), String> {
    let (tell, told) = oneshot::channel();
    shared.0.ways.orders.send(Order::Test(test, tell)).await.map_err(|_| GONE.to_owned())?;
    told.await.unwrap_or_else(|_| Err(GONE.to_owned()))
}

// --- the transmit power

#[derive(Deserialize)]
pub(super) struct PowerForm {
    #[serde(default)]
    dbm: String,
    #[serde(default)]
    seconds: String,
    back: Option<String>,
}

/// Another power for a while, or back to the configured one.
pub(super) async fn power(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Own(form): Own<PowerForm>,
) -> Response {
    let wanted = match (form.back, form.dbm.trim().parse(), form.seconds.trim().parse()) {
        (Some(_), ..) => Some(Request::PowerBack),
        (None, Ok(dbm), Ok(seconds)) => Some(Request::Power { dbm, seconds }),
        (None, ..) => None,
    };
    let said = match wanted {
        Some(request) => {
            info!(?request, "staff at the console tries the reader's power");
            said(ask_control(&shared, request).await)
        }
        None => "请填整数 · whole numbers, please".to_owned(),
    };
    let pad = shared.0.ways.pad.borrow().clone();
    shown(&shared, &headers, Some(&said), |frame| page::pad(frame, &pad))
}

// --- the tag station

pub(super) async fn station(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let batch = shared.batch().clone();
    shown(&shared, &headers, None, |frame| page::station(frame, &batch, &Wanted::default(), None))
}

#[derive(Deserialize)]
pub(super) struct TagForm {
    item: String,
    overwrite: Option<String>,
    again: Option<String>,
}

pub(super) async fn write_tag(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Own(form): Own<TagForm>,
) -> Response {
    let wanted =
        Wanted { item: form.item.trim().to_owned(), overwrite: form.overwrite, again: form.again.is_some() };
    let ended = program(&shared, &wanted).await;
    if let Ok(written) = &ended {
        shared.batch().wrote(written);
    }
    let batch = shared.batch().clone();
    shown(&shared, &headers, None, |frame| page::station(frame, &batch, &wanted, Some(&ended)))
}

async fn program(shared: &Shared, wanted: &Wanted) -> Result<Written, Refused> {
    let board = shared.board();
    if !board.out_of_service || board.is_serving {
        return Err(Refused::InService);
    }
    let pad = shared.0.ways.pad.borrow().clone();
    let seen: Vec<(String, Option<String>)> = pad.tags.into_iter().map(|tag| (tag.id, tag.item)).collect();
    shared.batch().check(wanted, &seen)?;
    let (tell, told) = oneshot::channel();
    let gone = || Refused::Failed { why: GONE.to_owned() };
    shared.0.ways.orders.send(Order::Program(wanted.clone(), tell)).await.map_err(|_| gone())?;
    told.await.unwrap_or_else(|_| Err(gone()))
}

pub(super) async fn new_batch(State(shared): State<Shared>, _: Own<Nothing>) -> Response {
    *shared.batch() = Batch::default();
    Redirect::to("/station").into_response()
}

const DONE: &str = "已执行 · done";
