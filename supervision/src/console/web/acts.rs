//! What staff orders at the console: tests, out of service, a part begun anew, a tag written.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::sync::oneshot;
use tracing::info;

use super::super::page;
use super::super::{Order, Test};
use super::{BUSY, GONE, Only, Shared, not_own, shown};
use crate::part::Part;
use crate::station::{Batch, Refused, Wanted, Written};

pub(super) async fn tests(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shown(&shared, &headers, None, page::tests)
}

#[derive(Deserialize)]
pub(super) struct TestForm {
    csrf: String,
    test: String,
}

pub(super) async fn try_out(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<TestForm>,
) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    let Some(test) = Test::named(&form.test) else { return StatusCode::NOT_FOUND.into_response() };
    let done = if shared.board().is_serving {
        Err(BUSY.to_owned())
    } else {
        order(&shared, |tell| Order::Test(test, tell)).await
    };
    told(&shared, &headers, done)
}

#[derive(Deserialize)]
pub(super) struct ServiceForm {
    csrf: String,
    out: String,
}

pub(super) async fn service(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<ServiceForm>,
) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    let is_out = form.out == "yes";
    info!(is_out, "staff at the console changes the service");
    let done = order(&shared, |tell| Order::Service(is_out, tell)).await;
    told(&shared, &headers, done)
}

#[derive(Deserialize)]
pub(super) struct RestartForm {
    csrf: String,
    part: String,
}

pub(super) async fn restart(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<RestartForm>,
) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    let Some(part) = Part::named(&form.part) else { return StatusCode::NOT_FOUND.into_response() };
    let done = if shared.board().is_serving {
        Err(BUSY.to_owned())
    } else {
        order(&shared, |tell| Order::Restart(part, tell)).await
    };
    told(&shared, &headers, done)
}

/// The page of tests, with what became of one.
fn told(shared: &Shared, headers: &HeaderMap, done: Result<(), String>) -> Response {
    let said = done.err().unwrap_or_else(|| "已执行 · done".to_owned());
    shown(shared, headers, Some(&said), page::tests)
}

async fn order(
    shared: &Shared,
    make: impl FnOnce(oneshot::Sender<Result<(), String>>) -> Order,
) -> Result<(), String> {
    let (tell, told) = oneshot::channel();
    shared.0.ways.orders.send(make(tell)).await.map_err(|_| GONE.to_owned())?;
    told.await.unwrap_or_else(|_| Err(GONE.to_owned()))
}

// --- the tag station

pub(super) async fn station(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let batch = shared.batch().clone();
    shown(&shared, &headers, None, |frame| page::station(frame, &batch, &Wanted::default(), None))
}

#[derive(Deserialize)]
pub(super) struct TagForm {
    csrf: String,
    item: String,
    overwrite: Option<String>,
    again: Option<String>,
}

pub(super) async fn write_tag(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<TagForm>,
) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
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

pub(super) async fn new_batch(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<Only>,
) -> Response {
    if !shared.is_own(&headers, &form.csrf) {
        return not_own();
    }
    *shared.batch() = Batch::default();
    Redirect::to("/station").into_response()
}
