//! The openlib endpoints.
//!
//! Every known path answers HTTP 200 with an envelope, whatever happens: refusals, bad parameters, a bad token, a
//! fault inside. Parameters come in the query, in a form body, or both. Neither an address nor a parameter is logged:
//! they carry card numbers and passwords.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use sync_client::wire::{Envelope, path};

use crate::app::App;
use crate::{kiosk_api, openapi};

mod answer;
mod circulate;
mod identify;
mod look;
mod params;

use answer::Failure;
use params::{BadParameter, Params};

/// The longest query taken, in bytes.
pub const MAX_QUERY: usize = 8 * 1024;

/// The longest form body taken, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// Renewal: `rdid`, `barcode`, `opuser` -> `R00108`, `newloanbook`.
pub const RENEW_BOOK: &str = "/openlib/service/barcode/renewbook";

/// The branches: `type` -> `liblist`.
pub const LIB_INFO: &str = "/openlib/service/query/libinfo";

/// How long a client may take to send a body.
const BODY_DEADLINE: core::time::Duration = core::time::Duration::from_secs(10);

/// The endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Token,
    ConfirmReader,
    SearchReader,
    LoanBook,
    ReturnBook,
    RenewBook,
    CurrentLoan,
    QueryHolding,
    LibInfo,
}

/// What an endpoint answers.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(skip_serializing_if = "Option::is_none")]
    liblist: Option<Vec<look::Library>>,
}

/// The paths of openlib.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    [
        path::TOKEN,
        path::CONFIRM_READER,
        path::SEARCH_READER,
        path::LOAN_BOOK,
        path::RETURN_BOOK,
        path::CURRENT_LOAN,
        path::QUERY_HOLDING,
        RENEW_BOOK,
        LIB_INFO,
    ]
    .into_iter()
    .filter(|path| Endpoint::at(path).is_some())
}

/// One door for all: routes of axum's own would also run GET's on HEAD, and HEAD must not lend a book.
pub(crate) async fn enter(State(app): State<App>, request: Request) -> Response {
    if request.uri().path() == openapi::PATH && request.method() == Method::GET {
        return openapi::answer();
    }
    if kiosk_api::is_below(request.uri().path()) {
        return kiosk_api::enter(app, request).await;
    }
    let (parts, body) = request.into_parts();
    let Some(endpoint) = Endpoint::at(parts.uri.path()) else {
        return (StatusCode::NOT_FOUND, "no such endpoint\n").into_response();
    };
    if parts.method != Method::GET && parts.method != Method::POST {
        let allow = [(header::ALLOW, "GET, POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "use GET or POST\n").into_response();
    }
    let form = match form(&parts.headers, body).await {
        Ok(form) => form,
        Err(bad) => return json(&Failure::from(bad).into()),
    };
    let params = match Params::parse(parts.uri.query().unwrap_or(""), &form) {
        Ok(params) => params,
        Err(bad) => return json(&Failure::from(bad).into()),
    };
    let work = tokio::task::spawn_blocking(move || endpoint.answer(&app, &params));
    let answer = work.await.unwrap_or_else(|fault| {
        tracing::error!(%fault, ?endpoint, "an endpoint panicked; its change was rolled back");
        Err(Failure::Fault)
    });
    json(&answer.unwrap_or_else(Answer::from))
}

impl Endpoint {
    fn at(text: &str) -> Option<Self> {
        Some(match text {
            path::TOKEN => Self::Token,
            path::CONFIRM_READER => Self::ConfirmReader,
            path::SEARCH_READER => Self::SearchReader,
            path::LOAN_BOOK => Self::LoanBook,
            path::RETURN_BOOK => Self::ReturnBook,
            path::CURRENT_LOAN => Self::CurrentLoan,
            path::QUERY_HOLDING => Self::QueryHolding,
            RENEW_BOOK => Self::RenewBook,
            LIB_INFO => Self::LibInfo,
            _ => return None,
        })
    }

    fn answer(self, app: &App, params: &Params) -> Result<Answer, Failure> {
        if self == Self::Token {
            return identify::token(app, params);
        }
        let of = identify::institution(app, params)?;
        match self {
            Self::Token => Err(Failure::Fault),
            Self::ConfirmReader => identify::confirm_reader(app, &of, params),
            Self::SearchReader => look::search_reader(app, &of, params),
            Self::CurrentLoan => look::current_loan(app, &of, params),
            Self::QueryHolding => look::query_holding(app, &of, params),
            Self::LibInfo => look::lib_info(app, &of),
            Self::LoanBook => circulate::loan_book(app, &of, params),
            Self::ReturnBook => circulate::return_book(app, &of, params),
            Self::RenewBook => circulate::renew_book(app, &of, params),
        }
    }
}

async fn form(headers: &HeaderMap, body: Body) -> Result<Bytes, BadParameter> {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let body = tokio::time::timeout(BODY_DEADLINE, to_bytes(body, MAX_BODY))
        .await
        .map_err(|_| BadParameter::BodyTooSlow)?
        .map_err(|_| BadParameter::BodyTooLong)?;
    let is_form =
        kind.is_none_or(|kind| kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
    if is_form || body.is_empty() { Ok(body) } else { Err(BadParameter::BodyIsNoForm) }
}

fn json(answer: &Answer) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, body).into_response()
        }
        Err(fault) => {
            tracing::error!(%fault, "an answer cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
