//! What goes: a page, a way to another page, a file; with the headers that forbid what a page of ours does not need.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::Markup;

use super::call::Area;
use crate::people::session::Ticket;
use crate::store::StoreError;

/// An answer.
pub(super) struct Reply {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    headers: Vec<(HeaderName, String)>,
    is_kept: bool,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// no such page
    NoPage,
    /// the form is not from a page of ours, or older than the session
    Forged,
    /// nobody is logged in, and somebody must be
    LoggedOut(Area),
    /// the account may not do this
    Denied,
    /// something in the form cannot be used: what, in both languages
    Bad(&'static str, &'static str),
    /// the store fails
    Store(StoreError),
    /// the system gives no random bytes
    Random,
}

impl From<StoreError> for Trouble {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl Reply {
    /// A page.
    pub(super) fn page(status: u16, page: Markup) -> Self {
        Self::new(status, "text/html; charset=utf-8", page.into_string().into_bytes())
    }

    /// To another page of ours, with GET. `path` is never what somebody sent.
    pub(super) fn see(path: &str) -> Self {
        let mut reply = Self::new(303, "text/plain; charset=utf-8", Vec::new());
        reply.headers.push((header::LOCATION, path.to_owned()));
        reply
    }

    /// A file of the program's, which a browser may keep for a day.
    pub(super) fn file(kind: &'static str, body: &'static str) -> Self {
        Self { is_kept: true, ..Self::new(200, kind, body.as_bytes().to_vec()) }
    }

    /// Something made: figures as CSV.
    pub(super) fn made(kind: &'static str, body: Vec<u8>) -> Self {
        Self::new(200, kind, body)
    }

    fn new(status: u16, kind: &'static str, body: Vec<u8>) -> Self {
        Self { status, kind, body, headers: Vec::new(), is_kept: false }
    }

    pub(super) fn add(&mut self, name: HeaderName, value: impl Into<String>) {
        self.headers.push((name, value.into()));
    }

    /// With the cookie of an area, or without one any more.
    pub(super) fn with_ticket(mut self, area: Area, ticket: Option<&Ticket>, is_https: bool) -> Self {
        let name = area.cookie(is_https);
        // A reader comes from a chat or a code; staff's own pages are never linked from elsewhere.
        let same_site = match area {
            Area::Staff => "Strict",
            Area::Reader => "Lax",
        };
        let secure = if is_https { "; Secure" } else { "" };
        let value = match ticket {
            Some(ticket) => {
                format!("{name}={}; Path=/; HttpOnly; SameSite={same_site}{secure}", ticket.value())
            }
            None => format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite={same_site}{secure}"),
        };
        self.add(header::SET_COOKIE, value);
        self
    }

    pub(super) fn into_response(self, is_https: bool) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        let cache = if self.is_kept { "public, max-age=86400" } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        for (name, value) in self.headers {
            match HeaderValue::from_str(&value) {
                Ok(value) => {
                    headers.append(name, value);
                }
                Err(fault) => tracing::error!(%name, %fault, "a header was left out"),
            }
        }
        response
    }
}

/// A line of text.
pub(super) fn plain(status: u16, text: &'static str) -> Reply {
    Reply::new(status, "text/plain; charset=utf-8", text.into())
}

/// No script at all; style and pictures from here; forms to here; in nobody's frame.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];
