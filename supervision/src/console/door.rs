//! The way in over HTTP: a secret once, then a session's cookie; whose form it is; and what every answer carries.
//!
//! The rules are [`Guard`]'s; here they meet headers. The console has one such door, and the set-up in the browser another.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::Markup;
use tokio::sync::Semaphore;
use tracing::{debug, info, warn};

use super::guard::Guard;
use super::names::Names;

/// The door of one listener.
#[derive(Debug)]
pub struct Door {
    guard: Mutex<Guard>,
    names: Names,
    cookie_name: String,
    is_tls: bool,
    /// one secret is checked at a time: guessing costs this machine one core at most
    check: Semaphore,
}

/// Why nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// there is no secret to be right
    NoSecret,
    /// not looked at: too many were wrong, and so long there is to wait
    Wait(Duration),
    /// it is wrong
    Wrong,
    /// nobody is let in any more
    Ending,
}

/// What is said to whoever is not let in, as far as it is not the same everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// of [`Denied::NoSecret`]
    pub no_secret: &'static str,
    /// of [`Denied::Wrong`]
    pub wrong: &'static str,
}

impl Denied {
    /// What is said of it; `draw` makes an answer of the words, and the status is put in here.
    pub fn answer(self, words: Words, draw: impl FnOnce(&str) -> Response) -> Response {
        let said = match self {
            Self::NoSecret => words.no_secret.to_owned(),
            Self::Wait(left) => {
                format!("尝试过多，请等 {0} 秒 · too many tries: wait {0} s", left.as_secs() + 1)
            }
            Self::Wrong => words.wrong.to_owned(),
            Self::Ending => "本机正在停止 · the kiosk is ending".to_owned(),
        };
        let mut answer = draw(&said);
        *answer.status_mut() = match self {
            Self::NoSecret => StatusCode::FORBIDDEN,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Wrong => StatusCode::UNAUTHORIZED,
            Self::Ending => StatusCode::SERVICE_UNAVAILABLE,
        };
        if let Self::Wait(left) = self {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left.as_secs() + 1));
        }
        answer
    }
}

/// A cookie for the browser.
#[derive(Debug)]
pub struct SetCookie(String);

impl Door {
    /// Nobody is admitted yet. `name` is the cookie's; `idle` is how long a session lasts without a sign of life.
    #[must_use]
    pub fn new(name: &str, is_tls: bool, idle: Duration, names: Names) -> Self {
        // The prefix holds a browser to what a secure cookie is.
        let prefix = if is_tls { "__Host-" } else { "" };
        let (guard, cookie_name) = (Mutex::new(Guard::new(idle)), format!("{prefix}{name}"));
        Self { guard, names, cookie_name, is_tls, check: Semaphore::new(1) }
    }

    /// Whether a request calls us by a name of ours; no other is to be answered.
    #[must_use]
    pub fn is_called(&self, headers: &HeaderMap) -> bool {
        self.names.are_called(headers)
    }

    /// The session of a request: its token for forms. `is_alive`: somebody did something, and not only a page that looks
    /// again by itself.
    #[must_use]
    pub fn session(&self, headers: &HeaderMap, is_alive: bool) -> Option<String> {
        let cookie = self.cookie(headers)?;
        self.guard().csrf(now(), cookie, is_alive)
    }

    /// Whether a form was sent by a page of ours, in a session.
    #[must_use]
    pub fn is_own(&self, headers: &HeaderMap, token: &str) -> bool {
        let Some(cookie) = self.cookie(headers) else { return false };
        self.is_same_origin(headers) && self.guard().is_own(now(), cookie, token)
    }

    /// Tries a secret; a wrong one is counted against the address. `is_right` may be slow, and is not asked at all while
    /// the address has to wait.
    ///
    /// # Errors
    /// [`Denied`]
    pub async fn check(
        &self,
        peer: IpAddr,
        is_right: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<(), Denied> {
        // Nobody is let in while the permit waits: whoever guesses from many addresses waits for themselves.
        let permit = self.check.acquire().await.map_err(|_| Denied::Ending)?;
        self.guard().may_try(now(), peer).map_err(Denied::Wait)?;
        if tokio::task::spawn_blocking(is_right).await.unwrap_or(false) {
            return Ok(());
        }
        self.guard().wrong(now(), peer);
        warn!(%peer, "a wrong secret at the door");
        drop(permit);
        Err(Denied::Wrong)
    }

    /// Begins a session, for an address whose secret was right; nothing if the system gives no random bytes.
    pub fn admit(&self, peer: IpAddr) -> Option<SetCookie> {
        let mut random = [0; 64];
        getrandom::fill(&mut random).ok()?;
        let admitted = self.guard().admit(now(), peer, &random);
        info!(%peer, "somebody was let in");
        Some(self.set_cookie(&admitted.cookie, ""))
    }

    /// Ends the session of a request; the cookie that ends it in the browser too.
    #[must_use]
    pub fn leave(&self, headers: &HeaderMap) -> SetCookie {
        if let Some(cookie) = self.cookie(headers) {
            self.guard().leave(cookie);
        }
        self.set_cookie("", "; Max-Age=0")
    }

    fn set_cookie(&self, value: &str, end: &str) -> SetCookie {
        let (name, secure) = (&self.cookie_name, if self.is_tls { "; Secure" } else { "" });
        SetCookie(format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{end}"))
    }

    fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(self.cookie_name.as_str())?.strip_prefix('='))
    }

    /// A browser says whose page sends a form. One that does not is held by the token alone.
    #[must_use]
    pub fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
            return false;
        }
        let scheme = if self.is_tls { "https" } else { "http" };
        match (text("origin"), text("host")) {
            (None, _) => true,
            (Some(origin), Some(host)) => origin == format!("{scheme}://{host}"),
            (Some(_), None) => false,
        }
    }

    fn guard(&self) -> MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SetCookie {
    /// Puts the cookie into an answer.
    pub fn into_answer(self, answer: &mut Response) {
        // Hexadecimal digits and words of ours: always a header.
        if let Ok(text) = HeaderValue::from_str(&self.0) {
            answer.headers_mut().insert(header::SET_COOKIE, text);
        }
    }
}

/// Refused as a form of somebody else's.
#[must_use]
pub fn not_own() -> Response {
    (StatusCode::FORBIDDEN, "this form is not of a page of this session: log in, and try again\n")
        .into_response()
}

/// A page.
#[must_use]
pub fn html(status: StatusCode, page: Markup) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
}

/// Not answered: somebody calls us by a name that is not ours.
#[must_use]
pub fn not_called() -> Response {
    debug!("a caller used a name that is not ours");
    (StatusCode::MISDIRECTED_REQUEST, NOT_THE_NAME).into_response()
}

/// No session can begin.
#[must_use]
pub fn no_random() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "the system gives no random bytes\n").into_response()
}

/// What every answer carries: it holds a browser to itself, and is kept nowhere.
pub async fn with_headers(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[expect(clippy::disallowed_methods, reason = "the shell that gives the guard its time")]
fn now() -> Instant {
    Instant::now()
}

const HEADERS: [(header::HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: under that, browsers send `Origin: null` with our own forms too, which is refused.
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];
/// What one form may have, in bytes.
pub const MAX_BODY: usize = 16 * 1024;
const NOT_THE_NAME: &str = "此名称不是本控制台的；请用地址，或证书上的名称 · this is not the console's name: call it by its address, or by a name that its certificate is for\n";
