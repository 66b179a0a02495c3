//! Requests and answers on the wire: form out, envelope in, and the sorting of everything that goes wrong between.

use core::fmt;
use std::error::Error;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::Offset;
use reqwest::{Client, RequestBuilder, Response, Url};

use super::token::{Token, Tokens};
use super::{AskError, ConfigProblem, Method, NotSent, OpenlibConfig, Silence};
use crate::answer;
use crate::wire::{Envelope, path};

pub(super) struct Inner {
    config: OpenlibConfig,
    base: String,
    client: Client,
    tokens: Tokens,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

/// The fields of one call. Every value may be personal: never printed.
type Form<'a> = [(&'a str, &'a str)];

impl Inner {
    pub(super) fn new(config: OpenlibConfig) -> Result<Self, ConfigProblem> {
        for (name, value) in
            [("appid", &config.appid), ("secret", &config.secret), ("opuser", &config.opuser)]
        {
            if value.trim().is_empty() {
                return Err(ConfigProblem::Empty { name });
            }
        }
        let url: Url =
            config.base.trim().parse().map_err(|cause| ConfigProblem::Base { detail: format!("{cause}") })?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(ConfigProblem::Base { detail: format!("the scheme is {}", url.scheme()) });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigProblem::Base { detail: "it has a query or a fragment".to_owned() });
        }
        let client = client(&config, url.scheme() == "https")
            .map_err(|cause| ConfigProblem::Client { detail: innermost(&cause) })?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { config, base, client, tokens: Tokens::default() })
    }

    pub(super) fn opuser(&self) -> &str {
        &self.config.opuser
    }

    pub(super) fn branch(&self) -> Option<&str> {
        self.config.branch.as_deref()
    }

    pub(super) const fn offset(&self) -> Offset {
        self.config.utc_offset
    }

    pub(super) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// One call with a token. If central refuses the token, a new one is fetched and the call repeated, once.
    pub(super) async fn call(&self, path: &str, form: &Form<'_>) -> Result<Envelope, AskError> {
        let deadline = monotonic() + self.config.total_timeout;
        for _ in 0..2 {
            let token = self.token(deadline).await?;
            let mut fields = Vec::with_capacity(form.len().saturating_add(1));
            fields.push(("token", token.value.as_str()));
            fields.extend_from_slice(form);
            let envelope = self.send(path, &fields, deadline).await?;
            if !answer::is_token_refused(&envelope) {
                return Ok(envelope);
            }
            self.tokens.refuse(&token);
        }
        Err(AskError::TokenRefused)
    }

    pub(super) const fn total_timeout(&self) -> Duration {
        self.config.total_timeout
    }

    /// One call of the interface for kiosks, with the token in its header; renewed once if central refuses it.
    pub(super) async fn kiosk_call(
        &self,
        total: Duration,
        build: impl Fn(&Client, &str) -> RequestBuilder,
    ) -> Result<Response, AskError> {
        let deadline = monotonic() + total;
        for _ in 0..2 {
            let token = self.token(deadline.min(monotonic() + self.config.total_timeout)).await?;
            let left = deadline.saturating_duration_since(monotonic());
            let request = build(&self.client, &self.base).bearer_auth(&token.value).timeout(left);
            let response = request.send().await.map_err(|cause| sort(&cause))?;
            if response.status() != reqwest::StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            self.tokens.refuse(&token);
        }
        Err(AskError::TokenRefused)
    }

    /// The token in use. Those who need a new one at the same time share one request and its outcome.
    async fn token(&self, deadline: Instant) -> Result<Token, AskError> {
        let fetch = self.tokens.get(monotonic(), || self.fetch_token(deadline));
        match tokio::time::timeout_at(deadline.into(), fetch).await {
            Ok(token) => token,
            Err(_) => Err(NotSent::NoToken { detail: "no answer in time".to_owned() }.into()),
        }
    }

    async fn fetch_token(&self, deadline: Instant) -> Result<Token, AskError> {
        let form = [("appid", self.config.appid.as_str()), ("secret", self.config.secret.as_str())];
        let envelope = match self.send(path::TOKEN, &form, deadline).await {
            Ok(envelope) => envelope,
            // Nothing was asked yet: whatever went wrong here leaves no doubt.
            Err(AskError::Silent(silence)) => {
                return Err(NotSent::NoToken { detail: silence.to_string() }.into());
            }
            Err(other @ (AskError::NotSent(_) | AskError::TokenRefused)) => return Err(other),
        };
        let fault = answer::of_ping(&envelope);
        let message = envelope.messagelist.into_iter().next().unwrap_or_default();
        let Some(value) = message.token.filter(|token| !token.is_empty()) else {
            // A refusal is about the kiosk's account; an answer that decides nothing is the server's trouble.
            return Err(match fault {
                Ok(()) => AskError::TokenRefused,
                Err(fault) => NotSent::NoToken { detail: fault.to_string() }.into(),
            });
        };
        let ends = message.time.as_deref().and_then(answer::moment);
        Ok(Token::new(value, ends, self.config.utc_offset.to_datetime(self.now()), monotonic()))
    }

    async fn send(&self, path: &str, form: &Form<'_>, deadline: Instant) -> Result<Envelope, AskError> {
        let left = deadline.saturating_duration_since(monotonic());
        if left.is_zero() {
            return Err(NotSent::Local { detail: "no time left".to_owned() }.into());
        }
        let address = format!("{}{path}", self.base);
        let request: RequestBuilder = match self.config.method {
            Method::Post => self.client.post(address).form(form),
            Method::Get => self.client.get(address).query(form),
        };
        let response = request.timeout(left).send().await.map_err(|cause| sort(&cause))?;
        let status = response.status();
        if status != reqwest::StatusCode::OK {
            return Err(Silence::Status { status: status.as_u16() }.into());
        }
        let body = read(response, MAX_BODY).await?;
        parse(&body).map_err(|detail| Silence::NotJson { detail }.into())
    }
}

fn client(config: &OpenlibConfig, is_tls: bool) -> Result<Client, reqwest::Error> {
    // Fails only if the program has chosen a provider already, which is as good.
    rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
    let builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_keepalive(POOL_IDLE);
    // Without TLS the system's certificates are not needed, and a bare system may have none.
    let builder = if is_tls { builder } else { builder.tls_certs_only([]) };
    builder.build()
}

/// Reads the body, at most `max` bytes of it.
pub(super) async fn read(mut response: Response, max: usize) -> Result<Vec<u8>, AskError> {
    let mut body = Vec::new();
    // After the status line nothing can be "not sent" any more.
    while let Some(chunk) = response.chunk().await.map_err(|cause| AskError::Silent(silence(&cause)))? {
        if body.len().saturating_add(chunk.len()) > max {
            return Err(Silence::TooLong { limit: max }.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Parses an envelope. Fields that are null or doubled, as some servers write them, do no harm.
fn parse(body: &[u8]) -> Result<Envelope, String> {
    // The position only: serde's own words may quote the answer.
    let place = |cause: serde_json::Error| format!("line {}, column {}", cause.line(), cause.column());
    let value: serde_json::Value = serde_json::from_slice(body).map_err(place)?;
    let serde_json::Value::Object(mut fields) = value else {
        return Err("no object".to_owned());
    };
    fields.retain(|_, value| !value.is_null());
    serde_json::from_value(serde_json::Value::Object(fields))
        .map_err(|_| "a field has a wrong type".to_owned())
}

fn sort(cause: &reqwest::Error) -> AskError {
    if cause.is_builder() {
        return NotSent::Local { detail: innermost(cause) }.into();
    }
    if cause.is_connect() {
        return not_connected(cause).into();
    }
    silence(cause).into()
}

fn not_connected(cause: &reqwest::Error) -> NotSent {
    if cause.is_dns() {
        return NotSent::Name;
    }
    if cause.is_timeout() {
        return NotSent::ConnectTimeout;
    }
    let refused = causes(cause)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::ConnectionRefused);
    if refused { NotSent::Refused } else { NotSent::Connect { detail: innermost(cause) } }
}

pub(super) fn silence(cause: &reqwest::Error) -> Silence {
    if cause.is_timeout() { Silence::Timeout } else { Silence::Broken { detail: innermost(cause) } }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The innermost cause: what the system said, without the address that outer ones print.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).skip(1).last().map_or_else(|| "unknown".to_owned(), ToString::to_string)
}

/// The runtime's clock.
fn monotonic() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The longest answer read: the loans of the most eager reader take a tenth of it.
const MAX_BODY: usize = 1 << 20;
/// Shorter than the 5 s after which common servers close idle connections: a call on a dying one would be in doubt.
const POOL_IDLE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_doubled_fields_do_no_harm() {
        let envelope =
            parse(br#"{"success":false,"success":true,"messagelist":null,"newloanbook":null}"#).unwrap();
        assert!(envelope.success);
        for body in [&b"<html>"[..], b"", b"[]", b"{\"success\":tr", br#"{"messagelist":7}"#] {
            assert!(parse(body).is_err());
        }
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused() {
        let of = |base: &str, secret: &str| {
            Inner::new(OpenlibConfig::new(base, "a", secret, "op")).map(|i| i.base)
        };
        assert_eq!(of("http://h:8080/x/", "s"), Ok("http://h:8080/x".to_owned()));
        assert_eq!(of("http://h", " "), Err(ConfigProblem::Empty { name: "secret" }));
        for base in ["", "h", "ftp://h", "http://h?x=1", "http://"] {
            assert!(matches!(of(base, "s"), Err(ConfigProblem::Base { .. })), "{base}");
        }
    }
}
