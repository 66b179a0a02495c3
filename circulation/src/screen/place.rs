//! Where the machine stands, when it serves, and why it does not.

use jiff::civil::{Date, Time};

use super::Language;

/// What does not change while the daemon runs: from the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// the library, as its readers call it
    pub library: String,
    /// this machine, as staff calls it
    pub machine: String,
    /// where the next machine is; shown when this one does not serve
    pub nearest: Option<String>,
    /// whom to ask
    pub contact: Option<String>,
    /// opening hours in the library's own words, a line each
    pub hours: Vec<String>,
    /// version of the program
    pub version: String,
    /// what this machine offers
    pub offers: Offers,
    /// the shelves of this room, for the map
    pub shelves: Vec<Shelf>,
    /// where this machine stands on the map, if that is known: tenths of a percent from the left and from above
    pub stand: Option<(u16, u16)>,
}

/// What the library tells its readers, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notice {
    /// in Chinese
    pub chinese: String,
    /// in English; empty: the Chinese text
    pub english: String,
}

/// What a machine offers besides borrowing and returning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offers {
    /// loans, holds, fees, renewal
    pub account: bool,
    /// the catalogue
    pub find: bool,
    /// holds on titles
    pub reserve: bool,
    /// what one needs for a card, and where it is made
    pub card: bool,
    /// spoken prompts
    pub voice: bool,
}

impl Notice {
    /// The text for who reads this language.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::English if !self.english.is_empty() => &self.english,
            Language::Chinese | Language::Traditional | Language::English => &self.chinese,
        }
    }
}

/// The receipt printer, as far as a patron is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Printer {
    /// This machine has none.
    #[default]
    Absent,
    /// It prints.
    Ready,
    /// It has no paper.
    NoPaper,
    /// It does not answer, or something is wrong with it.
    Down,
}

/// The page that waits for a patron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Welcome {
    /// the receipt printer: whoever wants paper is told before the visit, not after it
    pub printer: Printer,
}

/// A page that is only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leaflet {
    /// seconds until it closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// A shelf on the map of the room, in tenths of a percent of its width and height from the upper left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// what is written on it
    pub label: String,
    /// left edge
    pub x: u16,
    /// upper edge
    pub y: u16,
    /// width
    pub width: u16,
    /// height
    pub height: u16,
    /// the first call number on it
    pub from: String,
    /// the last call number on it: what it heads stands here too ([`crate::call_number::CallNumber::heads`])
    pub to: String,
}

/// Whether the library is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// Always, or nobody told the machine.
    #[default]
    Always,
    /// Open.
    Open {
        /// until this time of today
        until: Time,
    },
    /// Closed: only what lies in the hand of staff goes on.
    Closed {
        /// the next opening, if it is known
        opens: Option<(Date, Time)>,
    },
}

/// Why the kiosk cannot go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The kiosk has just started and has not read its pad yet.
    Starting,
    /// The RFID reader does not answer.
    ReaderDown,
    /// The ledger cannot be written: disk full, read-only or damaged.
    LedgerDown,
    /// Books lie on the pad from before the start: take them away.
    ClearPad,
    /// Staff took the machine out of service.
    OutOfService,
    /// The library is closed.
    Closed,
    /// Staff is needed at the machine: a book waits that its reader could not settle.
    StaffNeeded,
}
