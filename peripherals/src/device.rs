//! The shape of every machine here: what goes in, what comes out, and what can be wrong with the way to a part.

use std::io;
use std::time::Instant;

/// A part's driver as a pure machine.
pub trait Machine {
    /// What it can be told.
    type Command;
    /// What it tells.
    type Event;

    /// Takes one input at `now`; appends what is to be done.
    fn handle(&mut self, now: Instant, input: Input<'_, Self::Command>, out: &mut Vec<Output<Self::Event>>);

    /// When [`Input::Tick`] is due.
    fn deadline(&self) -> Option<Instant>;
}

/// What happens to a machine.
#[derive(Debug)]
pub enum Input<'a, C> {
    /// The port is open.
    Opened,
    /// The port is gone, or cannot be opened.
    Lost(LinkFault),
    /// Bytes from the part.
    Bytes(&'a [u8]),
    /// What its user wants.
    Command(C),
    /// The deadline may have come.
    Tick,
}

/// What is to be done for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<E> {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Tell its user.
    Event(E),
}

/// What is wrong with the way to a part: in words for whoever has to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// There is nothing at the path.
    #[error("nothing is plugged in at {at}: plug the part in, or correct the path")]
    Missing {
        /// The port.
        at: String,
    },
    /// Another program has it.
    #[error("{at} is in use by another program: end that program")]
    Busy {
        /// The port.
        at: String,
    },
    /// This user may not.
    #[error("{at} may not be opened by this user: add the user to the port's group (often dialout)")]
    Permission {
        /// The port.
        at: String,
    },
    /// The path is not a serial port.
    #[error("{at} is not a serial port: correct the path")]
    NotATty {
        /// The path.
        at: String,
    },
    /// The port does not take the settings.
    #[error("{at} does not take these settings: correct the baud rate")]
    Settings {
        /// The port.
        at: String,
    },
    /// A connection cannot be made.
    #[error(
        "{at} does not take a connection ({kind}): check the power and the network cable of the part, or correct the address"
    )]
    Unreachable {
        /// The address.
        at: String,
        /// The system's word for it.
        kind: io::ErrorKind,
    },
    /// Anything else when opening.
    #[error("{at} cannot be opened: {kind}")]
    Other {
        /// The port.
        at: String,
        /// The system's word for it.
        kind: io::ErrorKind,
    },
    /// It was there, and is no more.
    #[error("it was unplugged, or has hung up")]
    Unplugged,
    /// The port fails.
    #[error("its port fails: {kind}")]
    Broken {
        /// The system's word for it.
        kind: io::ErrorKind,
    },
}
