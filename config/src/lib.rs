//! The kiosk's one TOML file: types with units, defaults, and errors that name file, line and key.
//!
//! Every key has a default, so an empty file is a whole configuration, and `kiosk.example.toml` beside this
//! crate shows every key with its default (a test holds the two equal). A key that is not known is refused,
//! never ignored: a misspelt `idle_secnods` must not leave a screen open all night.
//!
//! Invariant: a [`Config`] that [`Config::load`] or [`Config::parse`] returned is within every range and free
//! of contradictions; nobody downstream checks again. What is wrong in the *values* of a file is reported all
//! at once, in the order of the lines.
//!
//! ```
//! let config = config::Config::parse("[reader]\npoll_ms = 250\n", "kiosk.toml")?;
//! assert_eq!(config.reader.poll, std::time::Duration::from_millis(250));
//!
//! let error = config::Config::parse("[reader]\npol_ms = 250\n", "kiosk.toml").unwrap_err();
//! assert_eq!(error.to_string(), "kiosk.toml:2: [reader] pol_ms: unknown key; did you mean `poll_ms`?");
//! # Ok::<(), config::ConfigError>(())
//! ```

mod choices;
mod console;
mod describe;
mod desk;
mod draft;
mod endpoint;
mod error;
mod gate;
mod given;
mod layout;
mod migrate;
mod mqtt;
mod nearest;
mod offers;
mod offline;
mod opening;
mod place;
mod printer;
mod reading;
mod reload;
mod room;
mod schema;
mod sections;
mod settings;
mod shape;
mod sip2;
mod slot;
mod sort;
mod units;
mod ups;

pub use choices::{
    AfiPair, CheckinPolicy, CheckoutPolicy, Cut, DispenserKind, Interface, Language, Level, Method, MqttTls,
    PaperWidth, Parity, Pin, Protocol, Signal, Sip2Charset, Sip2Checksum, Sip2DayOrder, Sip2Dialect,
    Sip2EmptyDates, Sip2NoBlock, Sip2Terminator, Sip2Tls, Wire,
};
pub use console::Console;
pub use describe::{Description, EXAMPLE};
pub use desk::Desk;
pub use draft::Draft;
pub use endpoint::Endpoint;
pub use error::{ConfigError, Fault, Hint, Problem};
pub use gate::Gate;
pub use given::{GivenError, lay_over};
pub use layout::{BUILT_IN, Layout, LayoutForm, Letters, Mark, Packing};
pub use migrate::{MigrateError, Migrated, VERSION, migrate};
pub use mqtt::Mqtt;
pub use offers::{Account, Find, Staff};
pub use offline::Offline;
pub use opening::{Span, Week};
pub use place::{Place, Shelf};
pub use printer::Printer;
pub use reading::Key;
pub use reload::{RELOADED, Takes, takes};
pub use room::{Room, Site};
pub use schema::{BEYOND, schema};
pub use sections::{Central, Kiosk, Log, Patron, Reader, Screen, Security, Size, Visit};
pub use settings::{Change, HIDDEN, Setting, changes, settings};
pub use shape::{Field, Shape};
pub use sip2::Sip2;
pub use slot::{Bin, Contact, Module, Slot};
pub use sort::Sort;
pub use units::{Baud, Secret};
pub use ups::Ups;

use reading::Reading;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Everything a kiosk is told, valid as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// `[kiosk]`: its name and where it keeps its data.
    pub kiosk: Kiosk,
    /// `[place]`: the library around it.
    pub place: Place,
    /// `[[shelf]]`: the shelves of the room, for the map.
    pub shelves: Vec<Shelf>,
    /// `[reader]`: the line to the RFID reader under the pad.
    pub reader: Reader,
    /// `[security]`: what is written to a tag when it is lent and returned.
    pub security: Security,
    /// `[[layout]]`: how tags are written that follow no standard; the most frequent first.
    pub layouts: Vec<Layout>,
    /// `[central]`: the way to the central server.
    pub central: Central,
    /// `[sip2]`: the way to a library's system that speaks SIP2.
    pub sip2: Sip2,
    /// `[patron]`: how a patron proves who they are.
    pub patron: Patron,
    /// `[visit]`: how long the screens stay.
    pub visit: Visit,
    /// `[offline]`: what is done when central is silent.
    pub offline: Offline,
    /// `[account]`: whether patrons see and renew their loans here.
    pub account: Account,
    /// `[find]`: whether patrons look for books here.
    pub find: Find,
    /// `[screen]`: the window.
    pub screen: Screen,
    /// `[printer]`: the receipt printer.
    pub printer: Printer,
    /// `[desk]`: library cards at the machine.
    pub desk: Desk,
    /// `[slot]`: the 24-hour return slot.
    pub slot: Slot,
    /// `[room]`: the room of the 24-hour library.
    pub room: Room,
    /// `[[module]]`: the modules with contacts and relays, of slot and room.
    pub modules: Vec<Module>,
    /// `[[contact]]`: what each of those is.
    pub contacts: Vec<Contact>,
    /// `[[bin]]`: its bins, in their order along the belt.
    pub bins: Vec<Bin>,
    /// `[[sort]]`: which bin an item goes to; the first that matches.
    pub sorts: Vec<Sort>,
    /// `[gate]`: the security gates.
    pub gate: Gate,
    /// `[ups]`: the supply with a battery behind the machine.
    pub ups: Ups,
    /// `[staff]`: the staff's corner.
    pub staff: Staff,
    /// `[console]`: the technician's console in the browser.
    pub console: Console,
    /// `[mqtt]`: the broker that is told how the kiosk is.
    pub mqtt: Mqtt,
    /// `[log]`: what is written about all this.
    pub log: Log,
    /// The file that it was read from; none if it was no file.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], [`ConfigError::Unreadable`], [`ConfigError::TooLong`] and
    /// [`ConfigError::NotUtf8`] for the file itself, and all errors of [`Config::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::load_with_text(path).map(|(config, _)| config)
    }

    /// Reads the file at `path`, and gives its text too: for whoever says what differs in the next one.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with_text(path: impl AsRef<Path>) -> Result<(Self, String), ConfigError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let unreadable = |source| ConfigError::Unreadable { file: name.clone(), source };

        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ConfigError::Missing { file: name });
            }
            Err(error) => return Err(unreadable(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ConfigError::TooLong { file: name, max: MAX_BYTES });
        }
        let text = str::from_utf8(&bytes).map_err(|error| ConfigError::NotUtf8 {
            file: name.clone(),
            line: reading::line_at(&bytes, error.valid_up_to()),
        })?;
        let config = Self { file: Some(path.to_owned()), ..Self::parse(text, &name)? };
        Ok((config, text.to_owned()))
    }

    /// Reads `text`; `file_name` is only what the messages call it. The one file this may open is the
    /// one that `central.secret_file` names.
    ///
    /// # Errors
    /// [`ConfigError::Problems`]: what is wrong, by line. A text that is not TOML is reported alone; where the
    /// text is sound, every unknown key, wrong value and contradiction is in the list.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, ConfigError> {
        let mut reading = Reading::of(text);
        let config = Self::read(&mut reading);
        let problems = reading.finish();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError::Problems { file: file_name.to_owned(), problems })
        }
    }

    fn read(reading: &mut Reading<'_>) -> Self {
        reading.version(VERSION);
        let config = Self {
            kiosk: Kiosk::read(&mut reading.section("kiosk")),
            place: Place::read(&mut reading.section("place")),
            shelves: reading.list("shelf", place::MAX_SHELVES, Shelf::read),
            reader: Reader::read(&mut reading.section("reader")),
            security: Security::read(&mut reading.section("security")),
            layouts: reading.list("layout", layout::MAX_LAYOUTS, Layout::read),
            central: Central::read(&mut reading.section("central")),
            sip2: Sip2::read(&mut reading.section("sip2")),
            patron: Patron::read(&mut reading.section("patron")),
            visit: Visit::read(&mut reading.section("visit")),
            offline: Offline::read(&mut reading.section("offline")),
            account: Account::read(&mut reading.section("account")),
            find: Find::read(&mut reading.section("find")),
            screen: Screen::read(&mut reading.section("screen")),
            printer: Printer::read(&mut reading.section("printer")),
            desk: Desk::read(&mut reading.section("desk")),
            slot: Slot::read(&mut reading.section("slot")),
            room: Room::read(&mut reading.section("room")),
            modules: reading.list("module", slot::MAX_MODULES, Module::read),
            contacts: reading.list("contact", slot::MAX_CONTACTS, Contact::read),
            bins: reading.list("bin", slot::MAX_BINS, Bin::read),
            sorts: reading.list("sort", sort::MAX_RULES, Sort::read),
            gate: Gate::read(&mut reading.section("gate")),
            ups: Ups::read(&mut reading.section("ups")),
            staff: Staff::read(&mut reading.section("staff")),
            console: Console::read(&mut reading.section("console")),
            mqtt: Mqtt::read(&mut reading.section("mqtt")),
            log: Log::read(&mut reading.section("log")),
            file: None,
        };
        config.contradictions(reading);
        config
    }

    /// Rules over more than one key.
    fn contradictions(&self, reading: &mut Reading<'_>) {
        let Self { security, central, visit, offline, sip2, find, .. } = self;
        self.console.contradictions(reading);
        self.mqtt.contradictions(reading);
        self.slot_contradictions(reading);
        if security.secured_afi == security.unsecured_afi {
            reading.clash(
                "security",
                &["secured_afi", "unsecured_afi"],
                "the two values are the same, so a gate could not tell a lent item from a stolen one; \
                 make them differ, as \"07\" and \"C2\"",
            );
        }
        if !security.use_afi && !security.use_eas {
            reading.clash(
                "security",
                &["use_afi", "use_eas"],
                "both are false, so no tag would ever be secured; set the one that the gates look for to true",
            );
        }
        if central.connect_timeout > central.total_timeout {
            reading.clash(
                "central",
                &["connect_timeout_ms", "total_timeout_ms"],
                "connecting may take longer than the whole call; make connect_timeout_ms the smaller one",
            );
        }
        if self.desk.enabled && central.interface != Interface::Kiosk {
            reading.clash(
                "desk",
                &["enabled"],
                "only our own central keeps what a card needs: set central.interface = \"kiosk\", or enabled = false",
            );
        }
        if self.desk.dispenser_port.is_some() != self.desk.writer_port.is_some() {
            reading.clash(
                "desk",
                &["dispenser_port", "writer_port"],
                "a card out of the stack has to be written: name both the dispenser and the reader at its writing place, or neither",
            );
        }
        if offline.checkout == CheckoutPolicy::Assume && central.interface != Interface::Kiosk {
            reading.clash(
                "offline",
                &["checkout"],
                "without central nobody knows who may borrow what: set central.interface = \"kiosk\", which \
                 fills the mirror that this needs, or checkout = \"refuse\"",
            );
        }
        if find.enabled && central.interface != Interface::Kiosk {
            reading.clash(
                "find",
                &["enabled"],
                "books are looked for in the mirror of the catalogue, which only central.interface = \"kiosk\" fills: \
                 set that, or enabled = false",
            );
        }
        if find.reserve && !find.enabled {
            reading.clash(
                "find",
                &["reserve"],
                "only a title that was found can be reserved; set enabled = true, or reserve = false",
            );
        }
        if sip2.tls == Sip2Tls::File && sip2.tls_file.is_none() {
            reading.clash(
                "sip2",
                &["tls"],
                "`tls_file` is missing; name the certificates that vouch for the server",
            );
        }
        if visit.warn >= visit.idle {
            reading.clash(
                "visit",
                &["warn_seconds", "idle_seconds"],
                "the warning would come before the visit has begun; make warn_seconds less than idle_seconds",
            );
        }
    }
}

/// Lists every key a file may have, in the order of the example file.
#[must_use]
pub fn keys() -> Vec<Key> {
    let mut reading = Reading::of("");
    let _ = Config::read(&mut reading);
    reading.into_keys()
}

/// More than any kiosk needs; less than `/dev/zero` has.
const MAX_BYTES: u64 = 1 << 20;
