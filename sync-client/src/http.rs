//! The clients of openlib and of central's own interface for kiosks ([`KioskApi`]): one call, one answer, and for every
//! failure whether the act may have been done.
//!
//! **Rule**: an error says [`AskError::is_in_doubt`] unless it is certain that central did nothing. Nothing is sent
//! twice by itself: no redirects, no retries but one, after central itself refused the token.
//!
//! One call, the token it needs included, takes at most the configured total. No text of an error holds an address's
//! query, a card number, the secret or the token.

mod account;
mod kiosk_api;
mod openlib;
#[cfg(feature = "mirror")]
mod refresh;
mod stock;
mod token;

use core::fmt;
use std::time::Duration;

use circulation::id::{ItemId, PatronId};
use circulation::patron::{Patron, Pin};
use circulation::transaction::{Reason, Verdict};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::answer::{self, Fault};
pub use crate::answer::{HoldingFact, HoldingState, Loan};
use crate::clock::Clock;
use crate::wire::path;
pub use kiosk_api::KioskApi;
#[cfg(feature = "mirror")]
pub use refresh::{RefreshError, Refreshed, Start};

/// How to reach and how to speak to the central server.
#[derive(Clone)]
pub struct OpenlibConfig {
    /// scheme, host and port, and whatever stands before `/openlib`
    pub base: String,
    /// the kiosk's application id
    pub appid: String,
    /// the secret that belongs to it
    pub secret: String,
    /// the operator account that transactions are booked on
    pub opuser: String,
    /// the branch in which the kiosk stands: what is reserved there is picked up there; without one the server chooses
    pub branch: Option<String>,
    /// how parameters travel
    pub method: Method,
    /// the longest wait for name, connection and TLS
    pub connect_timeout: Duration,
    /// the longest wait for a whole call
    pub total_timeout: Duration,
    /// the server's time zone: openlib writes local times without one
    pub utc_offset: Offset,
    /// wall time
    pub clock: Clock,
}

/// How parameters travel. Only the first keeps card numbers out of the logs of servers and proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// as a form in the body
    #[default]
    Post,
    /// in the address, for servers that take nothing else
    Get,
}

impl OpenlibConfig {
    /// A configuration with the usual times: connect 2 s, total 5 s, UTC+8, the machine's clock, POST.
    #[must_use]
    pub fn new(base: &str, appid: &str, secret: &str, opuser: &str) -> Self {
        Self {
            base: base.to_owned(),
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            opuser: opuser.to_owned(),
            branch: None,
            method: Method::Post,
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            utc_offset: jiff::tz::offset(8),
            clock: Clock::system(),
        }
    }
}

impl fmt::Debug for OpenlibConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenlibConfig")
            .field("base", &self.base)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// the base is no address
    #[error("the address of the central server is no http or https address: {detail}")]
    Base {
        /// what is wrong with it
        detail: String,
    },
    /// a value is empty
    #[error("{name} of the central server is empty")]
    Empty {
        /// the key
        name: &'static str,
    },
    /// the client cannot be built
    #[error(
        "the HTTP client cannot start: {detail}; https needs the system's certificates (package ca-certificates)"
    )]
    Client {
        /// words of the TLS library
        detail: String,
    },
}

/// Why a call brought no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// the call never reached central: certainly not done
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// the call was sent, and no usable answer came: done or not done
    #[error("no usable answer: {0}")]
    Silent(#[from] Silence),
    /// central refused a fresh token: certainly not done
    #[error("the central server refuses the kiosk's token; check appid, secret and the clock")]
    TokenRefused,
}

impl AskError {
    /// Whether central may have done what was asked.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::TokenRefused => false,
            Self::Silent(_) => true,
        }
    }
}

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// nobody listens there
    #[error("the connection is refused")]
    Refused,
    /// the name has no address
    #[error("the server's name is not known")]
    Name,
    /// no connection in time
    #[error("no connection in time")]
    ConnectTimeout,
    /// neither of these: no route, TLS handshake
    #[error("no connection ({detail})")]
    Connect {
        /// the system's words
        detail: String,
    },
    /// no token could be had
    #[error("no token ({detail})")]
    NoToken {
        /// why
        detail: String,
    },
    /// the request cannot be written (our fault)
    #[error("the request cannot be written ({detail})")]
    Local {
        /// why
        detail: String,
    },
}

/// How central was silent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// no answer in time
    #[error("no answer in time")]
    Timeout,
    /// the connection broke before the answer was whole
    #[error("the connection broke ({detail})")]
    Broken {
        /// the system's words
        detail: String,
    },
    /// a status other than 200
    #[error("HTTP status {status}")]
    Status {
        /// the status
        status: u16,
    },
    /// the answer is longer than any answer is
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// bytes allowed
        limit: usize,
    },
    /// the answer is no openlib answer: a web page, or a cut one
    #[error("the answer is not openlib's ({detail})")]
    NotJson {
        /// where the JSON ends
        detail: String,
    },
    /// the answer breaks the rules of openlib
    #[error("{0}")]
    Fault(#[from] Fault),
}

/// The client. Cheap to clone; all clones share connections and token.
#[derive(Debug, Clone)]
pub struct Openlib(std::sync::Arc<openlib::Inner>);

impl Openlib {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigProblem`] if the configuration cannot work.
    pub fn new(config: OpenlibConfig) -> Result<Self, ConfigProblem> {
        Ok(Self(std::sync::Arc::new(openlib::Inner::new(config)?)))
    }

    /// Looks a patron up: one who may use the kiosk today, or why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn patron(&self, id: &PatronId) -> Result<Result<Patron, Reason>, AskError> {
        let form = [("rdid", id.as_str()), ("havecluster", "0")];
        let envelope = self.0.call(path::SEARCH_READER, &form).await?;
        let today = self.local_now().date();
        Ok(answer::of_patron(&envelope, id, today).map_err(Silence::Fault)?)
    }

    /// Checks that a card and its password belong together.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn confirm(&self, id: &PatronId, pin: &Pin) -> Result<Result<(), Reason>, AskError> {
        let form = [
            ("rdid", id.as_str()),
            ("rdpasswd", pin.as_str()),
            ("opuser", self.0.opuser()),
            ("localvalid", "1"),
            ("havecluster", "0"),
        ];
        let envelope = self.0.call(path::CONFIRM_READER, &form).await?;
        Ok(answer::of_confirm(&envelope).map_err(Silence::Fault)?)
    }

    /// Lends an item.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn checkout(&self, patron: &PatronId, item: &ItemId) -> Result<Verdict, AskError> {
        let form = [
            ("rdid", patron.as_str()),
            ("barcode", item.as_str()),
            ("opuser", self.0.opuser()),
            // 1: with its attachments. 2 would lend nothing and ask back.
            ("attachmentloanflag", "1"),
        ];
        let envelope = self.0.call(path::LOAN_BOOK, &form).await?;
        Ok(answer::of_checkout(&envelope, item).map_err(Silence::Fault)?)
    }

    /// Takes an item back.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn checkin(&self, item: &ItemId) -> Result<Verdict, AskError> {
        let form = [("barcode", item.as_str()), ("opuser", self.0.opuser())];
        let envelope = self.0.call(path::RETURN_BOOK, &form).await?;
        Ok(answer::of_checkin(&envelope, item).map_err(Silence::Fault)?)
    }

    /// Lists a patron's loans, those at other branches too, or says why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn loans(&self, patron: &PatronId) -> Result<Result<Vec<Loan>, Reason>, AskError> {
        let form = [("rdid", patron.as_str()), ("havecluster", "1")];
        let envelope = self.0.call(path::CURRENT_LOAN, &form).await?;
        Ok(answer::of_loans(&envelope).map_err(Silence::Fault)?)
    }

    /// Looks an item up; nothing if central does not know it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn holding(&self, item: &ItemId) -> Result<Option<HoldingFact>, AskError> {
        let envelope = self.0.call(path::QUERY_HOLDING, &[("barcode", item.as_str())]).await?;
        Ok(answer::of_holding(&envelope, item).map_err(Silence::Fault)?)
    }

    /// Asks for something harmless, to learn whether central answers.
    ///
    /// # Errors
    /// [`AskError`] if it does not.
    pub async fn ping(&self) -> Result<(), AskError> {
        // openlib has no ping; an item that does not exist costs the server least.
        let envelope = self.0.call(path::QUERY_HOLDING, &[("barcode", "0")]).await?;
        Ok(answer::of_ping(&envelope).map_err(Silence::Fault)?)
    }

    /// Now, as the server's local time.
    #[must_use]
    pub fn local_now(&self) -> DateTime {
        self.local(self.0.now())
    }

    /// A moment as the server's local time.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.0.offset().to_datetime(at)
    }
}
