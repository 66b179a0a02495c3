//! The technician's console in the browser: plain pages, made on the kiosk, that work on a phone.
//!
//! Served on the management address only, which is off by default. Rules:
//!
//! - nobody without the password sees a tag, a row or a line of the log; `/health/live`, `/health/ready` and `/metrics`
//!   name none of them, and are for machines that watch;
//! - anything but this machine itself is spoken to over TLS only;
//! - what changes something is a POST with the session's own token, from a page of ours;
//! - what could disturb a patron is refused while one is served;
//! - numbers of patrons appear nowhere here: rows come without them, and the log goes through [`crate::redact`];
//! - a name in the address that the certificate is not for is answered by nobody: a page of somebody else's that has its
//!   own name point here gets nothing.
//!
//! `kioskctl --console` asks at `POST /api` what it asks on the control socket, with the password in each call.
//!
//! Read in this order: [`guard`] (pure), [`names`] (pure), [`door`], `page` (pure), `web`, [`tls`], [`server`], [`bundle`].
//!
//! [`door`], [`tls`], [`server`] and the sheet of the pages serve `kioskctl setup --browser` too.

pub mod bundle;
pub mod door;
pub mod guard;
pub mod names;
mod page;
pub mod server;
pub mod slot;
pub mod tls;
mod web;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sync_client::queue;
use tokio::sync::{mpsc, oneshot, watch};

use crate::board::Board;
use crate::control;
use crate::life::Life;
use crate::log::Recent;
use crate::metrics::Metrics;
use crate::redact::Redactor;
use crate::station;

pub use page::{STYLE, document};
pub use server::{Console, ListenError};
pub use tls::TlsProblem;

/// How the console is served.
#[derive(Debug, Clone)]
pub struct Setup {
    /// where it listens
    pub listen: SocketAddr,
    /// the Argon2 hash of the technician's password; without one there are only health and metrics
    pub password: Option<String>,
    /// certificate chain and key, PEM; without them only this machine itself is listened to
    pub tls: Option<(PathBuf, PathBuf)>,
    /// how long a session lasts without a sign of life
    pub idle: Duration,
}

/// What the console shows, and whom it asks. Clones are the same.
#[derive(Debug, Clone)]
pub struct Ways {
    /// everything that is known of the parts
    pub board: watch::Receiver<Board>,
    /// what lies on the pad
    pub pad: watch::Receiver<Pad>,
    /// the return slot, where there is one
    pub slot: Option<watch::Receiver<slot::Slot>>,
    /// the last lines of the log
    pub log: Recent,
    /// the pulse of every task
    pub life: Life,
    /// what is counted
    pub metrics: Metrics,
    /// the kiosk
    pub orders: mpsc::Sender<Order>,
    /// takes out of a text what must not leave the machine
    pub redactor: Redactor,
    /// the configuration's file, for the support bundle
    pub config: PathBuf,
}

/// What lies on the pad at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pad {
    /// the tags
    pub tags: Vec<Tag>,
    /// rounds a second
    pub rounds: f64,
    /// bytes that belonged to no frame so far
    pub n_garbage: u64,
}

/// A tag on the pad.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    /// UID or TID, in its printed form
    pub id: String,
    /// primary item identifier
    pub item: Option<String>,
    /// the title, if it is known
    pub title: Option<String>,
    /// AFI, two hexadecimal digits
    pub afi: Option<String>,
    /// dBm
    pub rssi: Option<i8>,
    /// which antenna hears it
    pub antenna: Option<u8>,
    /// how often it is found, each second
    pub reads: f64,
    /// looks that missed it, of a hundred
    pub missed: f64,
}

/// What the console asks of the kiosk. The answer is a text for people where something can be refused.
#[derive(Debug)]
pub enum Order {
    /// the ledger
    Queue(queue::Request, oneshot::Sender<queue::Answer>),
    /// what is asked on the control socket too
    Control(control::Request, oneshot::Sender<control::Answer>),
    /// try something
    Test(Test, oneshot::Sender<Result<(), String>>),
    /// write a tag
    Program(station::Wanted, oneshot::Sender<Result<station::Written, station::Refused>>),
}

/// What can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// a spoken sentence
    Speak,
    /// a sound
    Sound,
    /// the reader begun anew
    Reader,
    /// a printed page
    Print,
    /// paper fed
    Feed,
}

impl Test {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Speak, Self::Sound, Self::Reader, Self::Print, Self::Feed];

    /// Its word in a form.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Speak => "speak",
            Self::Sound => "sound",
            Self::Reader => "reader",
            Self::Print => "print",
            Self::Feed => "feed",
        }
    }

    /// What is on its button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Speak => "语音试播 Speak",
            Self::Sound => "提示音 Sound",
            Self::Reader => "重开读写器 Reopen reader",
            Self::Print => "打印测试页 Print a page",
            Self::Feed => "走纸 Feed paper",
        }
    }

    /// The test of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|test| test.word() == word)
    }
}
