//! `[slot]`, `[[module]]`, `[[contact]]` and `[[bin]]`: the 24-hour return slot, and how it is wired.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::de::DeValue;

use crate::choices::{Parity, Signal, Wire};
use crate::reading::{Choice as _, Reading, Section, in_range, numbers, words};
use crate::shape::{Accepts, Shape};
use crate::{Baud, Config, Endpoint, Fault};

/// `[slot]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Whether there is one.
    pub enabled: bool,
    /// Institutions (ISIL) whose items are taken while central is silent.
    pub owners: Vec<String>,
    /// The bin for what matches no rule, and for what staff must see; none: the last one.
    pub exception_bin: Option<String>,
    /// A thing without a tag is kept for staff; else it is handed back.
    pub keep_unknown: bool,
    /// The reader behind the flap, which closes the gate bits; of the same make and line as the reader over the belt.
    pub inner_port: Option<Endpoint>,
    /// The shutter reaches a limit within this.
    pub shutter: Duration,
    /// So long it waits for an item with the shutter open.
    pub wait: Duration,
    /// An item is wholly on the belt within this.
    pub intake: Duration,
    /// One item covers the outer eye no longer.
    pub longest: Duration,
    /// An item may take so long from the belt's start to behind the flap, and from there into a bin.
    pub transport: Duration,
    /// An item that is handed back may stay in the mouth so long.
    pub hand_back: Duration,
    /// So long central is waited for.
    pub central: Duration,
    /// Mains must be back so long before items are taken again.
    pub mains: Duration,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            enabled: false,
            owners: Vec::new(),
            exception_bin: None,
            keep_unknown: false,
            inner_port: None,
            shutter: Duration::from_secs(4),
            wait: Duration::from_secs(20),
            intake: Duration::from_secs(8),
            longest: Duration::from_millis(2_500),
            transport: Duration::from_secs(8),
            hand_back: Duration::from_secs(15),
            central: Duration::from_secs(5),
            mains: Duration::from_secs(60),
        }
    }
}

impl Slot {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            enabled: section.flag("enabled", default.enabled),
            owners: section.texts("owners", &[], MAX_NAMES),
            exception_bin: section.optional_text("exception_bin"),
            keep_unknown: section.flag("keep_unknown", default.keep_unknown),
            inner_port: section.optional_endpoint("inner_port"),
            shutter: section.millis("shutter_ms", default.shutter, 500..=30_000),
            wait: section.seconds("wait_seconds", default.wait, 5..=120),
            intake: section.millis("intake_ms", default.intake, 1_000..=60_000),
            longest: section.millis("longest_ms", default.longest, 500..=30_000),
            transport: section.millis("transport_ms", default.transport, 1_000..=60_000),
            hand_back: section.seconds("hand_back_seconds", default.hand_back, 5..=120),
            central: section.millis("central_timeout_ms", default.central, 100..=30_000),
            mains: section.seconds("mains_seconds", default.mains, 1..=3_600),
        }
    }
}

/// One `[[module]]`: contacts and relays that speak Modbus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// What `[[contact]]` calls it.
    pub name: String,
    /// Where it is.
    pub port: Endpoint,
    /// How its frames are wrapped.
    pub wire: Wire,
    /// The speed of a serial line.
    pub baud: Baud,
    /// Its parity.
    pub parity: Parity,
    /// Its number on the line.
    pub unit: u8,
    /// From one look at its inputs to the next.
    pub poll: Duration,
    /// How long an answer may take.
    pub answer_timeout: Duration,
}

impl Module {
    /// Reads one table; `None` if it is not a whole module, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, earlier: &[Self]) -> Option<Self> {
        let name = name(section, "name");
        if earlier.iter().any(|other| Some(&other.name) == name.as_ref()) {
            section.fault("name", Fault::Clash { text: TWICE });
        }
        let baud = Baud::new(19_200).unwrap_or_default();
        let module = Self {
            name: name.clone().unwrap_or_default(),
            port: section.endpoint("port", &"/dev/yueting-io".into()),
            wire: section.choice("protocol"),
            baud: section.baud("baud", baud),
            parity: section.choice("parity"),
            unit: section.number("unit", 1, 1..=247),
            poll: section.millis("poll_ms", Duration::from_millis(20), 10..=200),
            answer_timeout: section.millis("answer_timeout_ms", Duration::from_millis(100), 20..=2_000),
        };
        if module.wire == Wire::Tcp && matches!(module.port, Endpoint::Serial(_)) {
            let text = "Modbus TCP has no serial port; write port = \"tcp://HOST:502\", or protocol = \"modbus-rtu\"";
            section.fault("protocol", Fault::Clash { text });
        }
        name.map(|_| module)
    }
}

/// One `[[contact]]`: which input or output of which module is what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// What it tells, or does.
    pub signal: Signal,
    /// The bin that it belongs to, if it is of a bin.
    pub bin: Option<String>,
    /// The module; none: the first one.
    pub module: Option<String>,
    /// The address of the input or coil, from 0.
    pub address: u16,
    /// It is so when the contact is open, or the relay has fallen off.
    pub inverted: bool,
    /// It counts when it has been so for this long.
    pub on: Duration,
    /// It counts as over when it has been otherwise for this long.
    pub off: Duration,
}

impl Contact {
    /// Reads one table; `None` if it is not a whole contact, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, _: &[Self]) -> Option<Self> {
        let known = words(Signal::ALL.iter().map(|signal| signal.as_str()));
        let signal = section.required("signal", known, |value| {
            let word = value.as_str()?;
            Signal::ALL.iter().copied().find(|signal| signal.as_str() == word)
        });
        let bin = section.optional_text("bin");
        let module = section.optional_text("module");
        let addresses = 0..=MAX_ADDRESS;
        let address =
            section.required("address", numbers(&addresses, ""), |value| in_range(value, &addresses));
        let inverted = section.flag("inverted", false);
        let on = section.millis("on_ms", Duration::ZERO, 0..=2_000);
        let off = section.millis("off_ms", Duration::ZERO, 0..=2_000);
        let contact = Self { signal: signal?, bin, module, address: address?, inverted, on, off };
        contact.check(section);
        Some(contact)
    }

    fn check(&self, section: &mut Section<'_, '_>) {
        if self.signal.is_of_bin() && self.bin.is_none() {
            let text = "it belongs to a bin: name that with `bin`";
            section.fault("signal", Fault::Clash { text });
        }
        if !self.signal.is_of_bin() && self.bin.is_some() {
            section.fault("bin", Fault::Clash { text: "this signal belongs to no bin; leave `bin` out" });
        }
        let stops_at_once = self.signal == Signal::CurtainClear && !self.off.is_zero();
        if stops_at_once {
            let text =
                "a broken curtain counts at once, or a hand is in the shutter for longer; set off_ms to 0";
            section.fault("off_ms", Fault::Clash { text });
        }
        for (key, time) in [("on_ms", self.on), ("off_ms", self.off)] {
            if self.signal.is_output() && !time.is_zero() {
                section.fault(key, Fault::Clash { text: "an output does not bounce; leave it out" });
            }
        }
    }
}

/// One `[[bin]]`, in their order along the belt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    /// What staff and the other tables call it.
    pub name: String,
    /// Where its items go when it is full.
    pub overflow: Option<String>,
}

impl Bin {
    /// Reads one table; `None` if it is not a whole bin, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, earlier: &[Self]) -> Option<Self> {
        let name = name(section, "name");
        if earlier.iter().any(|other| Some(&other.name) == name.as_ref()) {
            section.fault("name", Fault::Clash { text: TWICE });
        }
        let overflow = section.optional_text("overflow");
        name.map(|name| Self { name, overflow })
    }
}

impl Config {
    /// The place of a bin among the bins.
    #[must_use]
    pub fn bin(&self, name: &str) -> Option<usize> {
        self.bins.iter().position(|bin| bin.name == name)
    }

    /// The place of a contact's module among the modules.
    #[must_use]
    pub fn module(&self, contact: &Contact) -> Option<usize> {
        match &contact.module {
            Some(name) => self.modules.iter().position(|module| module.name == *name),
            None => (!self.modules.is_empty()).then_some(0),
        }
    }

    /// Rules over more than one table of a slot.
    pub(crate) fn slot_contradictions(&self, reading: &mut Reading<'_>) {
        if reading.is_faulty(&["module", "contact", "bin", "sort"]) {
            return;
        }
        self.names_are_known(reading);
        self.contacts_are_single(reading);
        self.room_contradictions(reading);
        if self.slot.enabled {
            self.slot_is_whole(reading);
        }
    }

    fn names_are_known(&self, reading: &mut Reading<'_>) {
        let is_known = |name: &Option<String>| name.as_ref().is_none_or(|name| self.bin(name).is_some());
        if !is_known(&self.slot.exception_bin) {
            reading.clash("slot", &["exception_bin"], NO_BIN);
        }
        for (at, bin) in self.bins.iter().enumerate() {
            if !is_known(&bin.overflow) {
                reading.clash_in("bin", at, "overflow", NO_BIN);
            }
        }
        for (at, contact) in self.contacts.iter().enumerate() {
            if !is_known(&contact.bin) {
                reading.clash_in("contact", at, "bin", NO_BIN);
            }
            if self.module(contact).is_none() {
                let key = if contact.module.is_some() { "module" } else { "signal" };
                let text = "no [[module]] has this name; correct it, or describe the module";
                reading.clash_in("contact", at, key, text);
            }
        }
        for (at, rule) in self.sorts.iter().enumerate() {
            if !self.bins.is_empty() && self.bin(&rule.bin).is_none() {
                reading.clash_in("sort", at, "bin", NO_BIN);
            }
        }
    }

    fn contacts_are_single(&self, reading: &mut Reading<'_>) {
        let (mut signals, mut places) = (BTreeSet::new(), BTreeSet::new());
        for (at, contact) in self.contacts.iter().enumerate() {
            if !signals.insert((contact.signal.as_str(), &contact.bin)) {
                let text = "a contact above is the same; leave one of the two out";
                reading.clash_in("contact", at, "signal", text);
            }
            if !places.insert((self.module(contact), contact.signal.is_output(), contact.address)) {
                let text = "a contact above has this address of the module; correct one of the two";
                reading.clash_in("contact", at, "address", text);
            }
        }
    }

    /// A slot that is in use has all that its machine needs.
    fn slot_is_whole(&self, reading: &mut Reading<'_>) {
        if self.bins.is_empty() {
            reading.clash("slot", &["enabled"], "there is no [[bin]]; describe the bins, in their order");
        }
        let is_wired = |signal: Signal, bin: Option<&str>| {
            self.contacts.iter().any(|contact| contact.signal == signal && contact.bin.as_deref() == bin)
        };
        let of_all = NEEDED.iter().filter(|signal| !is_wired(**signal, None));
        let mut missing: Vec<String> = of_all.map(|signal| signal.as_str().to_owned()).collect();
        for bin in &self.bins {
            if !is_wired(Signal::BinDropped, Some(&bin.name)) {
                missing.push(format!("{} of {:?}", Signal::BinDropped.as_str(), bin.name));
            }
        }
        if !missing.is_empty() {
            reading.fault_at("slot", "enabled", Fault::Unwired { signals: missing.join(", ") });
        }
    }
}

impl Signal {
    /// Whether it is of one bin.
    #[must_use]
    pub fn is_of_bin(self) -> bool {
        matches!(self, Self::BinPresent | Self::BinFull | Self::BinDropped | Self::Divert)
    }

    /// Whether it is something to be done.
    #[must_use]
    pub fn is_output(self) -> bool {
        matches!(
            self,
            Self::OpenShutter
                | Self::CloseShutter
                | Self::BeltIn
                | Self::BeltOut
                | Self::Sorter
                | Self::Divert
                | Self::LampReady
                | Self::LampOut
                | Self::UnlockDoor
                | Self::LampWelcome
                | Self::LampRefused
                | Self::Beeper
        )
    }
}

fn name(section: &mut Section<'_, '_>, key: &'static str) -> Option<String> {
    section.required(key, Accepts::new(NAME, Shape::Text { most: MAX_NAME }), |value: &DeValue<'_>| {
        let text = value.as_str()?.trim();
        let is_short = (1..=MAX_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_short.then(|| text.to_owned())
    })
}

/// What no slot can do without.
const NEEDED: [Signal; 11] = [
    Signal::CurtainClear,
    Signal::ShutterOpen,
    Signal::ShutterClosed,
    Signal::EyeIn,
    Signal::EyeMid,
    Signal::EyeOut,
    Signal::OpenShutter,
    Signal::CloseShutter,
    Signal::BeltIn,
    Signal::BeltOut,
    Signal::Sorter,
];
pub(crate) const MAX_MODULES: usize = 8;
pub(crate) const MAX_CONTACTS: usize = 256;
pub(crate) const MAX_BINS: usize = 32;
/// Lists of names, as of institutions.
pub(crate) const MAX_NAMES: usize = 64;
/// One question of Modbus reaches no further.
const MAX_ADDRESS: u16 = 1_967;
const MAX_NAME: usize = 40;
const NAME: &str = "a text of 1 to 40 characters in quotes";
const TWICE: &str = "a table above has the same name; give each its own";
const NO_BIN: &str = "no [[bin]] has this name; correct it, or describe the bin";
