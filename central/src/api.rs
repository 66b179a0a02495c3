//! The openlib endpoints.
//!
//! Every known path answers HTTP 200 with an envelope, whatever happens: refusals, bad parameters, a bad token, a
//! fault inside. Parameters come in the query, in a form body, or both. Neither an address nor a parameter is logged:
//! they carry card numbers and passwords.

use core::net::IpAddr;
use core::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use circulation::id::Isil;
use serde::Serialize;
use serde_json::{Map, Value};
use sync_client::wire::{Envelope, path};

use crate::app::App;
use crate::{kiosk_api, openapi};

mod answer;
mod cards;
mod catalogue;
mod circulate;
mod holds;
mod identify;
mod issue;
mod look;
mod money;
mod params;
mod readers;
mod stock;

use answer::Failure;
use params::{BadParameter, Params};

/// The longest query taken, in bytes.
pub const MAX_QUERY: usize = 8 * 1024;

/// The longest form body taken, in bytes: an addreader may carry a photograph (which is not kept).
pub const MAX_BODY: usize = 512 * 1024;

/// Renewal: `rdid`, `barcode`, `opuser` -> `R00108`, `newloanbook`.
pub const RENEW_BOOK: &str = "/openlib/service/barcode/renewbook";

/// The branches: `type` -> `liblist`.
pub const LIB_INFO: &str = "/openlib/service/query/libinfo";

/// From where a call comes, and how long its body may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) from: IpAddr,
    pub(crate) body: Duration,
}

/// An endpoint: where it is, and who answers.
pub(crate) struct Endpoint {
    /// its path; one that ends with a slash is the beginning of all that have a record's number behind it
    pub(crate) path: &'static str,
    who: Who,
}

/// Who answers, and what is known of the caller then.
#[derive(Clone, Copy)]
enum Who {
    /// whoever shows a program's secret
    Stranger(fn(&App, IpAddr, &Params) -> Result<Answer, Failure>),
    /// a program with a token, which speaks for an institution
    Program(fn(&App, &Isil, &Params) -> Result<Answer, Failure>),
    /// anybody: the OPAC of the one institution that is here, or of the one named
    Public(fn(&App, &Isil, &Params) -> Result<Answer, Failure>),
}

const fn program(
    path: &'static str,
    answer: fn(&App, &Isil, &Params) -> Result<Answer, Failure>,
) -> Endpoint {
    Endpoint { path, who: Who::Program(answer) }
}

const fn public(path: &'static str, answer: fn(&App, &Isil, &Params) -> Result<Answer, Failure>) -> Endpoint {
    Endpoint { path, who: Who::Public(answer) }
}

/// All of them, by GET and by POST.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: path::TOKEN, who: Who::Stranger(identify::token) },
    program(path::CONFIRM_READER, identify::confirm_reader),
    program("/openlib/login/opLOGIN", identify::operator),
    program(path::SEARCH_READER, readers::search),
    program("/openlib/service/reader/searchreaderlist", readers::search_list),
    program("/openlib/service/reader/addreader", issue::add),
    program("/openlib/service/reader/cardmanage", cards::manage),
    program("/openlib/service/reader/rdtypechangebefore", cards::change_type_before),
    program("/openlib/service/reader/rdtypechange", cards::change_type),
    program("/openlib/service/reader/searchdebt", money::search_debt),
    program("/openlib/service/reader/paymoney", money::pay),
    program("/openlib/service/reader/addprepay", money::prepay),
    program("/openlib/service/reader/searchoverdue", money::search_overdue),
    program("/openlib/service/reader/onefinhandle", money::settle_one),
    program(path::LOAN_BOOK, circulate::loan_book),
    program(path::RETURN_BOOK, circulate::return_book),
    program(RENEW_BOOK, circulate::renew_book),
    program(path::CURRENT_LOAN, look::current_loan),
    program("/openlib/service/barcode/rdloanlist", look::current_loan),
    program("/openlib/service/barcode/historyloan", look::history),
    program(path::QUERY_HOLDING, look::query_holding),
    program(path::REGISTER_RESERVE, holds::reserve),
    program(path::CANCEL_RESERVE, holds::cancel_reserve),
    program("/openlib/service/barcode/registerprelend", holds::prelend),
    program("/openlib/service/barcode/cancelprelend", holds::cancel_prelend),
    program(path::SEARCH_RESERVES, holds::search_reserves),
    program("/openlib/service/book/searchprelendlist", holds::search_prelends),
    program("/openlib/service/book/searchbib", catalogue::search),
    program(LIB_INFO, look::lib_info),
    program("/openlib/service/hold/assetcountreturnmeta", stock::count),
    program("/openlib/service/hold/holdselfnomanage", stock::shelve),
    program("/openlib/service/purchase/barcodeCollection", stock::collection),
    public("/opac/advance/search", catalogue::opac_search),
    public("/opac/api/search", catalogue::opac_search),
    public("/opac/api/holding/", catalogue::opac_holding),
    public("/opac/api/book/", catalogue::opac_book),
    public("/opac/ranking/bookLoanRank/json", catalogue::opac_ranking),
];

/// What an endpoint answers.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    envelope: Envelope,
    /// what the envelope has no place for
    #[serde(flatten)]
    payload: Map<String, Value>,
}

/// The paths of openlib and the OPAC.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.path)
}

/// One door for all: routes of axum's own would also run GET's on HEAD, and HEAD must not lend a book.
pub(crate) async fn enter(app: App, line: Line, request: Request) -> Response {
    if request.uri().path() == openapi::PATH && request.method() == Method::GET {
        return openapi::answer();
    }
    if kiosk_api::is_below(request.uri().path()) {
        return kiosk_api::enter(app, line, request).await;
    }
    let (parts, body) = request.into_parts();
    let Some((endpoint, rest)) = Endpoint::at(parts.uri.path()) else {
        return (StatusCode::NOT_FOUND, "no such endpoint\n").into_response();
    };
    if parts.method != Method::GET && parts.method != Method::POST {
        let allow = [(header::ALLOW, "GET, POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "use GET or POST\n").into_response();
    }
    let form = match form(&parts.headers, body, line.body).await {
        Ok(form) => form,
        Err(bad) => return json(&Failure::from(bad).into()),
    };
    let params = match Params::parse(parts.uri.query().unwrap_or(""), &form) {
        Ok(params) => params.and_record(rest),
        Err(bad) => return json(&Failure::from(bad).into()),
    };
    let work = tokio::task::spawn_blocking(move || endpoint.answer(&app, line.from, &params));
    let answer = work.await.unwrap_or_else(|fault| {
        tracing::error!(%fault, endpoint = endpoint.path, "an endpoint panicked; its change was rolled back");
        Err(Failure::Fault)
    });
    json(&answer.unwrap_or_else(Answer::from))
}

impl Endpoint {
    /// The endpoint at a path, and what stands behind its slash.
    fn at(text: &str) -> Option<(&'static Self, &str)> {
        ENDPOINTS.iter().find_map(|endpoint| match text.strip_prefix(endpoint.path)? {
            "" if !endpoint.path.ends_with('/') => Some((endpoint, "")),
            rest if endpoint.path.ends_with('/') && !rest.is_empty() => Some((endpoint, rest)),
            _ => None,
        })
    }

    fn answer(&self, app: &App, from: IpAddr, params: &Params) -> Result<Answer, Failure> {
        match self.who {
            Who::Stranger(answer) => answer(app, from, params),
            Who::Program(answer) => answer(app, &identify::institution(app, params)?, params),
            Who::Public(answer) => answer(app, &identify::public_institution(app, params)?, params),
        }
    }
}

async fn form(headers: &HeaderMap, body: Body, deadline: Duration) -> Result<Bytes, BadParameter> {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let body = tokio::time::timeout(deadline, to_bytes(body, MAX_BODY))
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
