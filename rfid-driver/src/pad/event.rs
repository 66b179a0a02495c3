//! What a pad tells and what it can be told: plain data, the interface of the driver.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use crate::data::{Layout, TagData};
use crate::hf::Identity;
use crate::tag::{Afi, Security, TagId};

/// An edge on the pad. Samples do not cross this interface: a tag that lies still is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// The reader answers.
    Up(Identity),
    /// The reader does not answer. Told once for each cause; tags are neither gone nor to be relied on.
    Down(DownCause),
    /// A tag is new on the pad and was read.
    Arrived(Arrival),
    /// A tag that had arrived has left.
    Departed {
        /// The tag.
        tag: TagId,
    },
    /// A whole round has found nothing new and every tag is read. Once after each change, and after Up.
    Complete {
        /// How many tags are on the pad.
        n: usize,
    },
    /// The one answer to [`Command::SetSecurity`].
    Wrote {
        /// The command's number.
        request: u64,
        /// The tag.
        tag: TagId,
        /// How it ended.
        outcome: WriteOutcome,
    },
}

/// A tag as it was read when it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The tag.
    pub tag: TagId,
    /// What its AFI means in the library's policy; `None` if it is neither of the two, or unknown, or AFI is not used.
    pub security: Option<Security>,
    /// Its AFI; `None` if the tag does not tell it.
    pub afi: Option<Afi>,
    /// The layout of its memory; `None` for blank, foreign and unreadable tags.
    pub layout: Option<Layout>,
    /// What its memory says.
    pub data: TagData,
    /// When the last byte of its last answer had come.
    pub at: Instant,
}

/// What a pad can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Bring a tag into a state; exactly one [`ReaderEvent::Wrote`] follows.
    SetSecurity {
        /// A number that comes back with the outcome.
        request: u64,
        /// The tag.
        tag: TagId,
        /// The state.
        to: Security,
    },
}

/// How a security write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteOutcome {
    /// The tag has said that it took every write, and its AFI was read back.
    Verified,
    /// The tag is not on the pad and nothing was sent to it.
    Gone,
    /// Something was sent that may have been written, and that could be neither verified nor undone.
    Uncertain,
    /// The tag answers, and is in its previous state.
    Refused,
}

/// Why a reader does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownCause {
    /// Its port cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its port has vanished.
    #[error("the reader was unplugged")]
    Unplugged,
    /// Its port fails.
    #[error("the reader's port fails: {kind}")]
    Link {
        /// The system's word for it.
        kind: io::ErrorKind,
    },
    /// The port is there, and nothing answers.
    #[error(
        "the reader is silent: check its power, its cable and the configured protocol, baud rate and parity"
    )]
    Silent,
    /// Something answers, and is no reader that this driver can use.
    #[error(
        "the reader answers, but refuses what a pad needs: check its model and its mode (ISO host, not scan)"
    )]
    Refuses,
}

/// Why a port cannot be opened: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at the path.
    #[error("there is no reader port at {}: plug the reader in, or correct the path", .path.display())]
    Missing {
        /// The port's path.
        path: PathBuf,
    },
    /// Another program has it.
    #[error("the reader port {} is in use by another program: end that program", .path.display())]
    Busy {
        /// The port's path.
        path: PathBuf,
    },
    /// This user may not.
    #[error("the reader port {} may not be opened by this user: add the user to the port's group (often dialout)", .path.display())]
    Permission {
        /// The port's path.
        path: PathBuf,
    },
    /// Something else is at the path.
    #[error("{} is not a serial port: correct the path", .path.display())]
    NotATty {
        /// The path.
        path: PathBuf,
    },
    /// The port does not take the settings.
    #[error("the reader port {} does not take {baud} baud with this parity: correct the settings", .path.display())]
    Settings {
        /// The port's path.
        path: PathBuf,
        /// The baud rate that was tried.
        baud: u32,
    },
    /// Anything else that the system says.
    #[error("the reader port {} cannot be opened: {kind}", .path.display())]
    Other {
        /// The port's path.
        path: PathBuf,
        /// The system's word for it.
        kind: io::ErrorKind,
    },
}
