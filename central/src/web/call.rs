//! What came, parsed.

use core::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use jiff::civil::DateTime;

use super::reply::{self, Reply};
use super::words::Language;
use crate::app::App;
use crate::people::session::Ticket;

/// One call.
pub(super) struct Call {
    pub(super) app: App,
    pub(super) now: DateTime,
    pub(super) is_post: bool,
    pub(super) path: String,
    pub(super) query: Fields,
    pub(super) form: Fields,
    pub(super) peer: IpAddr,
    pub(super) is_https: bool,
    pub(super) language: Language,
    /// a POST came from a page of this server, as far as the browser says
    pub(super) is_own: bool,
    cookies: Vec<(String, String)>,
}

/// `name=value` pairs of a query or a form.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

/// For whom a page is: each has a cookie of its own, so that staff may be a reader too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Staff,
    Reader,
}

impl Call {
    pub(super) fn parse(
        app: &App,
        parts: &Parts,
        body: &[u8],
        (peer, is_https): (IpAddr, bool),
        is_behind_proxy: bool,
    ) -> Result<Self, Reply> {
        let is_post = match parts.method {
            Method::POST => true,
            Method::GET | Method::HEAD => false,
            _ => {
                let mut refused = reply::plain(405, "use GET or POST\n");
                refused.add(header::ALLOW, "GET, HEAD, POST");
                return Err(refused);
            }
        };
        let headers = &parts.headers;
        let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if is_post && !kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
            return Err(reply::plain(415, "send a form: application/x-www-form-urlencoded\n"));
        }
        let query = parts.uri.query().unwrap_or("");
        if query.len() > MAX_QUERY {
            return Err(reply::plain(414, "the address is too long\n"));
        }
        let cookies = cookies(headers);
        let language = Language::of_cookie(cookie(&cookies, Language::COOKIE));
        Ok(Self {
            app: app.clone(),
            now: app.now(),
            is_post,
            path: parts.uri.path().to_owned(),
            query: Fields::parse(query.as_bytes()),
            form: if is_post { Fields::parse(body) } else { Fields::default() },
            peer,
            is_https,
            language,
            is_own: is_own(headers, is_https, is_behind_proxy),
            cookies,
        })
    }

    /// Whether a password is to be checked or made.
    pub(super) fn is_guess(&self) -> bool {
        let slow = ["/login", "/password", "/accounts", "/kiosks"];
        self.is_post && slow.into_iter().any(|end| self.path.ends_with(end))
    }

    /// What the cookie of an area says.
    pub(super) fn ticket(&self, area: Area) -> Option<Ticket> {
        cookie(&self.cookies, &area.cookie(self.is_https)).and_then(Ticket::parse)
    }
}

impl Area {
    /// The cookie's name. Over TLS browsers take it from this very server only (`__Host-`).
    pub(super) fn cookie(self, is_https: bool) -> String {
        let name = match self {
            Self::Staff => "yt_staff",
            Self::Reader => "yt_reader",
        };
        if is_https { format!("__Host-{name}") } else { name.to_owned() }
    }
}

impl Fields {
    fn parse(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text).take(MAX_FIELDS);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of a name without the spaces around it; empty if there is none. No value has a control character:
    /// no text of a library has one, and PostgreSQL keeps no NUL.
    pub(super) fn text(&self, name: &str) -> String {
        self.secret(name).trim().chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
    }

    /// The first value of a name as it is.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// A number, if it is one.
    pub(super) fn number<T: core::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }
}

/// Whether what a browser says of where it comes from is this server. A browser that says nothing is old, or no browser;
/// the token of the form stands against forgery in any case.
fn is_own(headers: &HeaderMap, is_https: bool, is_behind_proxy: bool) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site)) {
        return false;
    }
    let Some(origin) = text("origin") else { return true };
    let forwarded = if is_behind_proxy { text("x-forwarded-host") } else { None };
    let host = forwarded.or_else(|| text("host")).unwrap_or("");
    let scheme = if is_https { "https" } else { "http" };
    origin.eq_ignore_ascii_case(&format!("{scheme}://{host}"))
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.take(MAX_FIELDS).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn cookie<'a>(cookies: &'a [(String, String)], name: &str) -> Option<&'a str> {
    cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

const MAX_QUERY: usize = 2048;
const MAX_FIELDS: usize = 64;
/// Characters of a field that is no password.
const MAX_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn where_a_form_comes_from() {
        for (pairs, is_https, is_behind_proxy, expected) in [
            (&[("host", "lib.example:8700")][..], false, false, true),
            (&[("host", "lib.example:8700"), ("origin", "http://lib.example:8700")], false, false, true),
            (&[("host", "lib.example"), ("origin", "http://lib.example")], true, false, false),
            (&[("host", "lib.example"), ("origin", "https://evil.example")], true, false, false),
            (&[("host", "lib.example"), ("origin", "null")], false, false, false),
            (&[("host", "lib.example"), ("sec-fetch-site", "cross-site")], false, false, false),
            (&[("host", "lib.example"), ("sec-fetch-site", "same-site")], false, false, false),
            (
                &[("host", "inside"), ("x-forwarded-host", "lib.example"), ("origin", "https://lib.example")],
                true,
                true,
                true,
            ),
            (
                &[("host", "inside"), ("x-forwarded-host", "lib.example"), ("origin", "https://lib.example")],
                true,
                false,
                false,
            ),
        ] {
            assert_eq!(is_own(&headers(pairs), is_https, is_behind_proxy), expected, "{pairs:?}");
        }
    }

    #[test]
    fn fields_are_read_without_control_characters() {
        let fields = Fields::parse("a=%E7%BA%A2+x%00%0d%0a&a=2&b=%FF&n=12".as_bytes());
        assert_eq!(fields.text("a"), "红 x");
        assert_eq!(fields.text("b"), "\u{FFFD}");
        assert_eq!((fields.number("n"), fields.number::<u32>("a")), (Some(12), None));
        assert_eq!(fields.text("c"), "");
    }

    #[test]
    fn cookies_are_found_among_others() {
        let all = cookies(&headers(&[("cookie", "a=1; yt_staff=x~y;c"), ("cookie", "d=4")]));
        assert_eq!(cookie(&all, "yt_staff"), Some("x~y"));
        assert_eq!(cookie(&all, "d"), Some("4"));
        assert_eq!(cookie(&all, "c"), None);
    }
}
