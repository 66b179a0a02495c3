//! `[room]`: the room of the 24-hour library, its door and who comes in.

use std::time::Duration;

use jiff::civil::Time;
use toml::de::DeValue;

use crate::opening::{MAX_RULES, RULE, RULE_REGEX, Rule};
use crate::reading::{Reading, Section};
use crate::shape::Shape;
use crate::{Baud, Config, Endpoint, Fault, Signal, Week};

/// `[room]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Whether there is one.
    pub enabled: bool,
    /// The scanner at the door, for cards on a phone; none: there is none.
    pub scanner_port: Option<Endpoint>,
    /// The speed of its line; no parity.
    pub scanner_baud: Baud,
    /// The reader at the door, for cards with a tag; of the same make and line as the reader of `[reader]`.
    pub reader_port: Option<Endpoint>,
    /// A bare card number as a code opens too; else only a code that central signed.
    pub takes_numbers: bool,
    /// The door is unlocked for so long.
    pub unlock: Duration,
    /// The door may stand open for so long.
    pub held: Duration,
    /// So many may come in with one card.
    pub party: u32,
    /// So many may be inside; none: as many as like.
    pub most: Option<u32>,
    /// So long central is waited for.
    pub central: Duration,
    /// For so many days a card that central let in opens while central is silent; 0: none does.
    pub keep_days: u32,
    /// When nobody is inside: the count begins anew.
    pub reset_at: Time,
    /// When people are let in; empty: always.
    pub open: Week,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            enabled: false,
            scanner_port: None,
            scanner_baud: Baud::new(9_600).unwrap_or_default(),
            reader_port: None,
            takes_numbers: false,
            unlock: Duration::from_secs(5),
            held: Duration::from_secs(30),
            party: 1,
            most: None,
            central: Duration::from_secs(5),
            keep_days: 30,
            reset_at: Time::constant(4, 0, 0, 0),
            open: Week::default(),
        }
    }
}

impl Room {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let rule = |value: &DeValue<'_>| Rule::parse(value.as_str()?);
        Self {
            enabled: section.flag("enabled", default.enabled),
            scanner_port: section.optional_endpoint("scanner_port"),
            scanner_baud: section.baud("scanner_baud", default.scanner_baud),
            reader_port: section.optional_endpoint("reader_port"),
            takes_numbers: section.flag("takes_numbers", default.takes_numbers),
            unlock: section.seconds("unlock_seconds", default.unlock, 2..=30),
            held: section.seconds("held_seconds", default.held, 5..=600),
            party: section.number("party", default.party, 1..=20),
            most: section.optional_number("most", 1..=9_999),
            central: section.millis("central_timeout_ms", default.central, 100..=30_000),
            keep_days: section.number("keep_days", default.keep_days, 0..=366),
            reset_at: section.time("reset_at", default.reset_at),
            open: Week::of(&section.list("open", RULE, Shape::pattern(RULE_REGEX), MAX_RULES, rule)),
        }
    }
}

/// Whose a contact or a relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The return slot's.
    Slot,
    /// The room's.
    Room,
}

impl Config {
    /// This configuration with the modules and contacts of one site alone: each module is asked by one task.
    #[must_use]
    pub fn of_site(&self, site: Site) -> Self {
        let contacts = self.contacts.iter().filter(|contact| contact.signal.site() == site);
        let contacts: Vec<_> = contacts.cloned().collect();
        let is_of = |name: &str| {
            let at = self.modules.iter().position(|module| module.name == name);
            let mut own = self.contacts.iter().filter(|contact| at.is_some() && self.module(contact) == at);
            // One that nothing is wired to is the slot's, as it always was.
            own.next().map_or(site == Site::Slot, |first| first.signal.site() == site)
        };
        let named: Vec<_> = contacts
            .into_iter()
            .map(|contact| {
                let module = self.module(&contact).and_then(|at| self.modules.get(at));
                crate::Contact { module: module.map(|module| module.name.clone()), ..contact }
            })
            .collect();
        let modules = self.modules.iter().filter(|module| is_of(&module.name)).cloned().collect();
        Self { contacts: named, modules, ..self.clone() }
    }

    /// Rules over the room and the tables of modules and contacts.
    pub(crate) fn room_contradictions(&self, reading: &mut Reading<'_>) {
        if reading.is_faulty(&["module", "contact"]) {
            return;
        }
        for (at, contact) in self.contacts.iter().enumerate() {
            let mut before = self.contacts.iter().take(at);
            let is_split = |other: &crate::Contact| {
                self.module(other) == self.module(contact) && other.signal.site() != contact.signal.site()
            };
            if before.any(is_split) {
                let text =
                    "a module is the slot's or the room's, not both: wire the room to a module of its own";
                reading.clash_in("contact", at, "signal", text);
            }
        }
        if !self.room.enabled {
            return;
        }
        let is_wired = |signal: Signal| self.contacts.iter().any(|contact| contact.signal == signal);
        let missing: Vec<&str> =
            NEEDED.iter().filter(|signal| !is_wired(**signal)).map(|signal| signal.as_str()).collect();
        if !missing.is_empty() {
            reading.fault_at("room", "enabled", Fault::Unwired { signals: missing.join(", ") });
        }
        if self.room.scanner_port.is_none() && self.room.reader_port.is_none() {
            let text = "nobody could show a card: give scanner_port, reader_port or both";
            reading.clash("room", &["enabled"], text);
        }
    }
}

impl Signal {
    /// Whose it is.
    #[must_use]
    pub const fn site(self) -> Site {
        match self {
            Self::DoorOpen
            | Self::ExitButton
            | Self::FireAlarm
            | Self::PassageOuter
            | Self::PassageInner
            | Self::CountIn
            | Self::CountOut
            | Self::GateAlarm
            | Self::UnlockDoor
            | Self::LampWelcome
            | Self::LampRefused
            | Self::Beeper => Site::Room,
            Self::CurtainClear
            | Self::ShutterOpen
            | Self::ShutterClosed
            | Self::ShutterOverloaded
            | Self::EyeIn
            | Self::EyeMid
            | Self::EyeOut
            | Self::ServiceDoor
            | Self::Smoke
            | Self::Mains
            | Self::Approach
            | Self::BinPresent
            | Self::BinFull
            | Self::BinDropped
            | Self::OpenShutter
            | Self::CloseShutter
            | Self::BeltIn
            | Self::BeltOut
            | Self::Sorter
            | Self::Divert
            | Self::LampReady
            | Self::LampOut => Site::Slot,
        }
    }
}

/// What no room can do without.
const NEEDED: [Signal; 3] = [Signal::DoorOpen, Signal::ExitButton, Signal::UnlockDoor];
