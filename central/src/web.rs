//! The pages: for staff below `/staff`, for readers on the phone below `/m`. Plain HTML, made here, without a script.
//!
//! ```text
//!   request ─▶ limit by address ─▶ body in time and size ─▶ cookies, form ─▶ POST: own page and token?
//!           ─▶ session ─▶ right ─▶ store ─▶ page ─▶ headers that forbid what a page does not need
//! ```
//! - [`call`]: what came, parsed; [`reply`]: what goes; [`visitor`]: who is there
//! - `staff`, `reader`: the pages; [`page`]: what is around them; [`words`]: two languages
//!
//! **Rules.** What changes something is a POST with the token of its form, from a page of ours. Nothing that names a person
//! stands in an address. No page is kept by a browser or a proxy. Text is escaped by the templates, without exception.

use core::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::Response;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::server::Serving;

mod call;
mod limit;
mod login;
mod map;
mod page;
mod reader;
mod reply;
mod staff;
mod visitor;
mod words;

use call::Call;
use limit::Limiter;
use reply::{Reply, Trouble};

/// What all calls share.
pub(crate) struct Web {
    limiter: Mutex<Limiter>,
    /// passwords checked at once: each takes 19 MiB
    guesses: Semaphore,
    is_behind_proxy: bool,
}

impl Web {
    pub(crate) fn new(serving: &Serving) -> Self {
        Self {
            limiter: Mutex::default(),
            guesses: Semaphore::new(MAX_GUESSES),
            is_behind_proxy: serving.is_behind_proxy,
        }
    }

    fn lets(&self, app: &App, peer: IpAddr) -> bool {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner).lets(peer, app.now())
    }
}

/// Whether a path belongs to the pages, known or not.
pub(crate) fn is_below(path: &str) -> bool {
    let is =
        |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || ["/staff", "/m", "/static", "/language"].into_iter().any(is)
}

/// Answers one call.
pub(crate) async fn enter(
    web: Arc<Web>,
    app: App,
    (peer, is_https): (IpAddr, bool),
    request: Request,
) -> Response {
    if !web.lets(&app, peer) {
        return reply::plain(429, "too many requests from this address; wait a minute\n")
            .into_response(is_https);
    }
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_DEADLINE, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return reply::plain(413, "the form is too large, or broke off\n").into_response(is_https);
        }
        Err(_) => return reply::plain(408, "the form did not come in time\n").into_response(is_https),
    };
    let call = match Call::parse(&app, &parts, &body, (peer, is_https), web.is_behind_proxy) {
        Ok(call) => call,
        Err(refused) => return refused.into_response(is_https),
    };
    // Held while a password is checked, or somebody's many guesses would take all memory.
    let guess = if call.is_guess() {
        match tokio::time::timeout(BODY_DEADLINE, web.guesses.acquire()).await {
            Ok(permit) => permit.ok(),
            Err(_) => {
                return reply::plain(503, "too many log-ins at once; try again\n").into_response(is_https);
            }
        }
    } else {
        None
    };
    let done = tokio::task::spawn_blocking(move || answer(&call)).await;
    drop(guess);
    match done {
        Ok(reply) => reply.into_response(is_https),
        Err(fault) => {
            tracing::error!(%fault, "a page panicked; its change was rolled back");
            reply::plain(500, "central failed inside\n").into_response(is_https)
        }
    }
}

fn answer(call: &Call) -> Reply {
    let done = match call.path.split('/').nth(1).unwrap_or("") {
        "" => Ok(Reply::see("/m")),
        "static" => page::file(&call.path),
        "language" => words::switch(call),
        "staff" => staff::answer(call),
        _ => reader::answer(call),
    };
    done.unwrap_or_else(|trouble| trouble_page(call, trouble))
}

fn trouble_page(call: &Call, trouble: Trouble) -> Reply {
    if let Trouble::Store(fault) = &trouble {
        tracing::error!(%fault, "the store fails; nothing was changed");
    }
    page::trouble(call, &trouble)
}

/// The longest form, in bytes.
const MAX_BODY: usize = 16 * 1024;
/// How long a browser may take to send one.
const BODY_DEADLINE: Duration = Duration::from_secs(15);
const MAX_GUESSES: usize = 4;
