//! What a payment provider tells by itself: `POST /pay/v1/{wechat|alipay}/{institution}`, signed by the provider.
//!
//! Answered as each of them wants it: with success only once it is on the disk; else it is sent again.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use circulation::id::Isil;
use sync_client::kiosk_api::pay::PayVia;

use super::{id_of, with_store};
use crate::api::Line;
use crate::app::App;
use crate::payment::Answer;

/// What all these paths begin with.
pub(crate) const BELOW: &str = "/pay/v1/";

/// Whether a path belongs here.
pub(crate) fn is_below(path: &str) -> bool {
    path.starts_with(BELOW)
}

/// Takes one notification.
pub(crate) async fn enter(app: App, line: Line, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let place = parts.uri.path().strip_prefix(BELOW).and_then(|rest| rest.split_once('/'));
    let place = place.and_then(|(via, of)| Some((PayVia::of_word(via)?, Isil::parse(of).ok()?)));
    let Some((via, of)) = place.filter(|_| parts.method == Method::POST) else {
        return (StatusCode::NOT_FOUND, "no such notification\n").into_response();
    };
    let Some(body) = read(body, line).await else {
        return answer(via, Err("the body is too long or too slow"));
    };
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| value.to_str().ok().map(|value| (name.as_str(), value)))
        .collect();
    answer(via, told(&app, &of, via, Answer { status: 200, headers: &headers, body: &body }).await)
}

async fn told(app: &App, of: &Isil, via: PayVia, notice: Answer<'_>) -> Result<(), &'static str> {
    let cashier = app.cashier().ok_or("no money is taken here")?;
    let merchant = cashier.merchant(of, via).ok_or("no money is taken here")?;
    let trade = merchant.notified(notice, cashier.now()).map_err(|why| {
        tracing::warn!(via = via.word(), %why, "a notification of a payment counts for nothing");
        "it is not believed"
    })?;
    let Some(id) = id_of(&trade.order) else { return Err("no such order") };
    let fault = |fault| {
        tracing::error!(%fault, "the store fails; a notification of a payment is not taken");
        "not now"
    };
    let orders = with_store(app, of, move |app, of| app.store().orders(of, id)).await.map_err(fault)?;
    let order = orders.iter().find(|order| order.via == via).ok_or("no such order")?;
    let orders = cashier.heard(app, of, (order, &trade)).await.map_err(fault)?;
    // The other provider's order is ended, or late money goes back, without keeping this one waiting.
    super::settle::beside(&cashier, app, of, orders);
    Ok(())
}

/// A provider's word for taken, and for not taken.
fn answer(via: PayVia, done: Result<(), &'static str>) -> Response {
    match (via, done) {
        (PayVia::Wechat, Ok(())) => StatusCode::NO_CONTENT.into_response(),
        (PayVia::Alipay, Ok(())) => "success".into_response(),
        (PayVia::Wechat, Err(why)) => {
            let body = format!("{{\"code\":\"FAIL\",\"message\":\"{why}\"}}");
            (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        (PayVia::Alipay, Err(why)) => (StatusCode::BAD_REQUEST, format!("fail: {why}\n")).into_response(),
    }
}

async fn read(body: Body, line: Line) -> Option<Bytes> {
    tokio::time::timeout(line.body, to_bytes(body, MAX_BODY)).await.ok()?.ok()
}

/// Bytes of a notification.
const MAX_BODY: usize = 32 * 1024;
