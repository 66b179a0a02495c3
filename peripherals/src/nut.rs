//! A battery-backed supply (UPS), as Network UPS Tools tell of it: lines of text over TCP, port 3493.
//!
//! ```text
//!   we    LIST UPS                        upsd   BEGIN LIST UPS
//!                                                UPS kiosk "APC Back-UPS 650"
//!                                                END LIST UPS
//!   we    GET VAR kiosk ups.status        upsd   VAR kiosk ups.status "OB DISCHRG LB"        or    ERR DATA-STALE
//! ```
//! Read only: no account is needed, and none is sent. What the words of a status mean is [`Status`]'s; what is done about
//! them is [`policy`]'s.
//!
//! # What it keeps
//!
//! - A line is at most [`line::MAX`] bytes; what is longer is dropped to its end, and said.
//! - An answer is taken only for the variable that it names, so that one that comes late is not mistaken for the next.
//! - Old data is no data: `ERR DATA-STALE` is [`Down`], never the last status again.
//!
//! # Spec
//! Network UPS Tools, docs/net-protocol.txt (LIST UPS, GET VAR, errors) and docs/new-drivers.txt (words of `ups.status`).

pub mod line;
mod machine;
pub mod policy;

use std::time::Duration;

use crate::device::LinkFault;

pub use machine::{Patience, Supply};

/// What a supply says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// how it stands
    pub status: Status,
    /// how full the battery is, in percent, if it says so
    pub charge: Option<u8>,
    /// how long the battery lasts, if it says so
    pub runtime: Option<Duration>,
}

/// The words of `ups.status`; a word that is not known is passed over, as the protocol asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any of the words may stand beside any other")]
pub struct Status {
    /// `OL`: on the mains
    pub on_line: bool,
    /// `OB`: on the battery
    pub on_battery: bool,
    /// `LB`: the battery is low
    pub is_low: bool,
    /// `RB`: the battery has to be replaced
    pub replace: bool,
    /// `BYPASS`: the battery does not help now
    pub bypass: bool,
    /// `CAL`: the battery is emptied on purpose, to be measured
    pub calibrates: bool,
    /// `OFF`: it gives no power
    pub is_off: bool,
    /// `OVER`: more is drawn than it can give
    pub overload: bool,
    /// `FSD`: whoever leads the machines on this supply has them shut down now
    pub shutdown: bool,
}

impl Status {
    /// The status of these words. `HB`, `CHRG`, `DISCHRG`, `TRIM` and `BOOST` change nothing here.
    #[must_use]
    pub fn parse(words: &str) -> Self {
        let has = |word: &str| words.split_ascii_whitespace().any(|one| one == word);
        Self {
            on_line: has("OL"),
            on_battery: has("OB"),
            is_low: has("LB"),
            replace: has("RB"),
            bypass: has("BYPASS"),
            calibrates: has("CAL"),
            is_off: has("OFF"),
            overload: has("OVER"),
            shutdown: has("FSD"),
        }
    }

    /// What staff has to see to, though nothing has failed yet.
    #[must_use]
    pub const fn trouble(&self) -> Option<&'static str> {
        if self.replace {
            Some("its battery has to be replaced")
        } else if self.overload {
            Some("more is drawn than it can give")
        } else if self.bypass {
            Some("it is on bypass: a cut would not be bridged")
        } else if self.is_off {
            Some("its outlets are off")
        } else {
            None
        }
    }
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What the supply says now: after each round of questions.
    Told(Report),
    /// Nothing is known of it, until the next [`Event::Told`].
    Down(Down),
}

/// Why nothing is known of a supply: in words for whoever has to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// The way to the server.
    #[error("{0}")]
    Link(#[from] LinkFault),
    /// It does not answer.
    #[error("the NUT server does not answer")]
    Silent,
    /// The server has lost the supply.
    #[error("the NUT server hears nothing of the supply ({word}): check its cable, and that its driver runs")]
    Stale {
        /// its word for it
        word: String,
    },
    /// It refuses to tell.
    #[error("the NUT server refuses ({word}): correct ups.name, or let this machine read")]
    Refused {
        /// its word for it
        word: String,
    },
    /// It has no supply, or none of that name.
    #[error("the NUT server has no supply of this name: correct ups.name; it has {has}")]
    Unknown {
        /// those that it has
        has: String,
    },
    /// What it says is no line of the protocol.
    #[error("what answers there is no NUT server: correct ups.address")]
    Foreign,
}

#[cfg(test)]
mod tests;
