//! Why a call brought no answer, sorted by the one question that matters: may it have been done?

use super::super::answer::Fault;
use super::super::dialogue;

/// Why a call brought no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// the call never reached the ACS: certainly not done
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// the call was sent, and no usable answer came: done or not done, see [`AskError::is_in_doubt`]
    #[error("no usable answer: {0}")]
    Silent(#[from] Silence),
    /// the ACS refuses the kiosk's account: certainly not done
    #[error("the library system refuses the kiosk's login; check user and password")]
    LoginRefused,
}

impl AskError {
    /// Whether the ACS may have done what was asked.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::LoginRefused => false,
            Self::Silent(Silence::Dialogue(silence)) => silence.is_in_doubt(),
            Self::Silent(Silence::Broken { .. } | Silence::Stopped | Silence::Fault(_)) => true,
        }
    }
}

impl From<Fault> for AskError {
    fn from(fault: Fault) -> Self {
        Self::Silent(Silence::Fault(fault))
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
    /// no route, or another trouble of the network
    #[error("no connection ({detail})")]
    Connect {
        /// the system's words
        detail: String,
    },
    /// the other side speaks no TLS, or nobody vouches for it
    #[error("no TLS connection ({detail})")]
    Tls {
        /// words of the TLS library
        detail: String,
    },
    /// login or status brought no usable answer
    #[error("no session ({detail})")]
    NoSession {
        /// why
        detail: String,
    },
    /// the ACS says that it does not take this now
    #[error("the library system says that it takes no {what} now")]
    Closed {
        /// `checkouts`, `checkins` or `anything`
        what: &'static str,
    },
    /// the queue before it took all its time
    #[error("no time left before it could be sent")]
    NoTime,
    /// the client's task has ended
    #[error("the client has stopped")]
    Stopped,
}

/// How the ACS was silent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// what the dialogue says
    #[error("{0}")]
    Dialogue(#[from] dialogue::Silence),
    /// the connection broke before the answer was whole
    #[error("the connection broke ({detail})")]
    Broken {
        /// the system's words
        detail: String,
    },
    /// the client's task ended while the call was under way
    #[error("the client has stopped")]
    Stopped,
    /// the answer breaks the rules
    #[error("{0}")]
    Fault(#[from] Fault),
}
