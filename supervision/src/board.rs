//! What is known of a kiosk at one moment: all that console, metrics, health and `kioskctl` show. No patron, no item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alarm::Alarm;
use crate::control::Trial;
use crate::part::{Condition, Part, State};

/// The board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// the kiosk's name
    pub kiosk: String,
    /// the program's version
    pub version: String,
    /// when the program was started
    #[serde(with = "crate::stamp")]
    pub started: Timestamp,
    /// the configuration that is in force, and what became of its file since
    pub configuration: Configuration,
    /// how every part is
    pub parts: Vec<Condition>,
    /// the alarms that stand
    pub alarms: Vec<Alarm>,
    /// alarms that are over, the newest last
    pub past: Vec<Alarm>,
    /// the ledger's rows; nothing while it cannot be asked
    pub queue: Option<Queue>,
    /// bytes free where the ledger is
    pub disk_free: Option<u64>,
    /// whether the system's clock is set by a time server, if it says so
    pub clock_synced: Option<bool>,
    /// the page that is shown, by its word
    pub page: String,
    /// whether somebody stands at the machine and uses it
    pub is_serving: bool,
    /// whether staff took the machine out of service
    pub out_of_service: bool,
    /// tasks that do nothing any more
    pub silent: Vec<String>,
    /// the transmit power of the reader
    #[serde(default)]
    pub power: Power,
}

/// The transmit power of the reader, in dBm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// as configured; nothing: as the reader has it
    pub configured: Option<u8>,
    /// another one that is tried
    pub trial: Option<Trial>,
}

/// The configuration that is in force, and what became of its file since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// tells two configurations apart, and nothing of what stands in them
    pub digest: String,
    /// since when the kiosk has it
    #[serde(with = "crate::stamp")]
    pub since: Timestamp,
    /// patrons see it only once the visit that lasts has ended
    pub waits: bool,
    /// settings of the file that count only after a restart, as `reader.port`
    pub restart: Vec<String>,
    /// why the file was not taken over when that was asked last
    pub refused: Option<String>,
}

/// How many rows of the ledger wait for what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// every row
    pub total: u64,
    /// not closed
    pub open: u64,
    /// taken as done, central has yet to hear of it
    pub to_tell: u64,
    /// sent and not answered
    pub doubt: u64,
    /// waiting for staff
    pub parked: u64,
    /// when the oldest open row was asked
    #[serde(default, with = "crate::stamp::option")]
    pub oldest: Option<Timestamp>,
}

impl Board {
    /// A board of which nothing is known yet.
    #[must_use]
    pub fn new(kiosk: String, started: Timestamp) -> Self {
        Self {
            kiosk,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started,
            configuration: Configuration {
                digest: String::new(),
                since: started,
                waits: false,
                restart: Vec::new(),
                refused: None,
            },
            parts: Part::ALL.into_iter().map(|part| Condition::new(part, started)).collect(),
            alarms: Vec::new(),
            past: Vec::new(),
            queue: None,
            disk_free: None,
            clock_synced: None,
            page: String::new(),
            is_serving: false,
            out_of_service: false,
            silent: Vec::new(),
            power: Power::default(),
        }
    }

    /// How a part is.
    #[must_use]
    pub fn state(&self, part: Part) -> State {
        self.parts.iter().find(|known| known.part == part).map_or(State::Starting, |known| known.state)
    }

    /// Whether every task still does something.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.silent.is_empty()
    }

    /// Whether a patron can be served now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_live()
            && !self.out_of_service
            && self.parts.iter().all(|known| {
                // Most kiosks have no slot.
                !known.part.is_vital() || known.state.works() || known.state == State::Absent
            })
    }

    /// One line for whoever watches the machine.
    #[must_use]
    pub fn summary(&self) -> String {
        let not_well =
            |known: &&Condition| !matches!(known.state, State::Up | State::Absent | State::Starting);
        let troubles: Vec<String> = self
            .parts
            .iter()
            .filter(not_well)
            .map(|known| format!("{} {}", known.part.word(), known.state.word()))
            .collect();
        let served = if self.is_ready() { "patrons are served" } else { "nobody is served" };
        if troubles.is_empty() { served.to_owned() } else { format!("{served}; {}", troubles.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_vital_keeps_a_kiosk_from_serving() {
        let mut board = Board::new("one".to_owned(), Timestamp::UNIX_EPOCH);
        assert!(board.is_live() && !board.is_ready());
        for known in &mut board.parts {
            known.state = if known.part.is_vital() { State::Up } else { State::Down };
        }
        assert!(board.is_ready());
        assert!(board.summary().starts_with("patrons are served; central down, "), "{}", board.summary());
        board.out_of_service = true;
        assert!(!board.is_ready());
        board.out_of_service = false;
        board.silent.push("loop".to_owned());
        assert!(!board.is_ready() && !board.is_live());
        let text = serde_json::to_string(&board).unwrap();
        assert_eq!(serde_json::from_str::<Board>(&text).unwrap(), board);
    }
}
