//! What `kioskctl --console` asks: the words of the control socket, one request for one answer, the password in each call.
//!
//! A page of somebody else's cannot ask: a browser sends JSON and this header nowhere else without asking first, and that is
//! answered with 405. What could disturb a patron is refused while one is served, and numbers of patrons are not told.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sync_client::queue;
use tracing::info;

use super::super::door::Denied;
use super::door::{self, WORDS};
use super::{BUSY, Shared, ask_control, ask_queue};
use crate::control;

pub(super) async fn api(
    State(shared): State<Shared>,
    Extension(peer): Extension<IpAddr>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !is_json {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON, as application/json\n").into_response();
    }
    let checked = match password(&headers) {
        Some(password) => door::check(&shared, peer, password).await,
        None => Err(Denied::Wrong),
    };
    if let Err(denied) = checked {
        return denied.answer(WORDS, |said| format!("{said}\n").into_response());
    }
    if control::Request::is_named_in(&body) {
        match serde_json::from_str(&body) {
            Ok(request) => told(&about_parts(&shared, request).await),
            Err(cause) => told(&control::Answer::Refused { why: format!("not a request: {cause}") }),
        }
    } else {
        match serde_json::from_str(&body) {
            Ok(request) => told(&about_rows(&shared, request).await),
            Err(cause) => told(&queue::Answer::Refused { why: format!("not a request: {cause}") }),
        }
    }
}

/// The technician's password, as RFC 7617 has it; the name does not matter, for there is one account.
fn password(headers: &HeaderMap) -> Option<String> {
    let told = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, code) = told.split_once(' ')?;
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(code.trim()).ok())??;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

async fn about_parts(shared: &Shared, request: control::Request) -> control::Answer {
    use control::Request as Asked;
    // Whoever stands at the machine sees for themselves; whoever does not, does not.
    if matches!(request, Asked::Restart { .. }) && shared.board().is_serving {
        return control::Answer::Refused { why: BUSY.to_owned() };
    }
    if !matches!(request, Asked::Board | Asked::Log { .. }) {
        info!(?request, "staff asks from another machine");
    }
    ask_control(shared, request).await
}

async fn about_rows(shared: &Shared, request: queue::Request) -> queue::Answer {
    use queue::Request as Asked;
    let names_patrons =
        matches!(request, Asked::Show { patron: true, .. } | Asked::Export { patron: true, .. });
    if names_patrons {
        return queue::Answer::Refused { why: AT_THE_MACHINE.to_owned() };
    }
    ask_queue(shared, request).await
}

fn told(answer: &impl Serialize) -> Response {
    Json(answer).into_response()
}

const AT_THE_MACHINE: &str =
    "读者号只能在本机上查看 · numbers of patrons are shown at the machine itself only: run kioskctl there";
