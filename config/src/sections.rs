//! The sections of the file: what each key means, its default and its range.
//!
//! Each section is one struct, its `Default` (what the example file shows) and its `read`. A key whose value
//! is a time carries its unit in the name; the field is a [`Duration`] and does not.

use crate::choices::{AfiPair, Interface, Language, Level, Method, Parity, Pin, Protocol};
use crate::reading::{Section, in_range, numbers};
use crate::{Baud, Endpoint, Fault, Secret};
use jiff::civil::{Time, time};
use std::{
    fs::File,
    io::Read as _,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

/// `[kiosk]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// What patrons and staff call this kiosk.
    pub name: String,
    /// The folder of the ledger; absolute.
    pub data_dir: PathBuf,
    /// The language of the screen when nobody has chosen one.
    pub language: Language,
}

impl Default for Kiosk {
    fn default() -> Self {
        Self {
            name: "自助借还机 1".to_owned(),
            data_dir: "/var/lib/yueting".into(),
            language: Language::default(),
        }
    }
}

impl Kiosk {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            name: section.text("name", &default.name),
            data_dir: section.path("data_dir", &default.data_dir),
            language: section.choice("language"),
        }
    }
}

/// `[reader]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Where it is.
    pub port: Endpoint,
    /// The language the reader speaks.
    pub protocol: Protocol,
    /// The speed of the line.
    pub baud: Baud,
    /// The parity of the line.
    pub parity: Parity,
    /// The reader's address; 255 is answered by any.
    pub bus_address: u8,
    /// Pause between two rounds over the pad.
    pub poll: Duration,
    /// Silence after which a command counts as lost.
    pub answer_timeout: Duration,
    /// The longest silence inside one frame.
    pub gap: Duration,
    /// How often a lost command is sent again.
    pub retries: u8,
    /// Rounds that may miss an item before it is called by its address, and is gone if it stays silent.
    pub depart_rounds: u8,
    /// The transmit power of a UHF reader's antennas; `None`: as the reader has it.
    ///
    /// # Units
    /// dBm.
    pub power_dbm: Option<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            port: "/dev/yueting-pad".into(),
            protocol: Protocol::default(),
            baud: Baud::default(),
            parity: Parity::default(),
            bus_address: 255,
            poll: Duration::from_millis(100),
            answer_timeout: Duration::from_millis(300),
            gap: Duration::from_millis(12),
            retries: 2,
            depart_rounds: 1,
            power_dbm: None,
        }
    }
}

impl Reader {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let reader = Self {
            port: section.endpoint("port", &default.port),
            protocol: section.choice("protocol"),
            baud: section.baud("baud", default.baud),
            parity: section.choice("parity"),
            bus_address: section.number("bus_address", default.bus_address, 0..=255),
            poll: section.millis("poll_ms", default.poll, 20..=5_000),
            answer_timeout: section.millis("answer_timeout_ms", default.answer_timeout, 50..=10_000),
            gap: section.millis("gap_ms", default.gap, 1..=1_000),
            retries: section.number("retries", default.retries, 0..=10),
            depart_rounds: section.number("depart_rounds", default.depart_rounds, 1..=20),
            power_dbm: section
                .ask("power_dbm", None, numbers(&POWER, "dBm"), |value| in_range(value, &POWER)),
        };
        if reader.power_dbm.is_some() && !reader.protocol.is_uhf() {
            let text = "only UHF readers have a power that can be set; remove it, or correct `protocol`";
            section.fault("power_dbm", Fault::Clash { text });
        }
        reader
    }
}

impl Protocol {
    /// Whether readers of this family read UHF tags.
    #[must_use]
    pub const fn is_uhf(self) -> bool {
        match self {
            Self::FeigObid | Self::ThreeM810 => false,
            Self::M100 | Self::R2000 | Self::Reader18 | Self::Mercury | Self::Llrp => true,
        }
    }
}

/// What any of the families takes; what the reader at hand does not take, it says itself.
const POWER: RangeInclusive<u8> = 0..=36;

/// `[security]`: at least one of the two means is used, and the two AFI values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// AFI of an item in the library, guarded.
    pub secured_afi: u8,
    /// AFI of an item on loan.
    pub unsecured_afi: u8,
    /// Whether the gates look at the AFI.
    pub use_afi: bool,
    /// Whether the gates look at the EAS bit.
    pub use_eas: bool,
}

impl Default for Security {
    /// # Spec
    /// ISO 28560-1: 07 "in circulation, in library", C2 "out".
    fn default() -> Self {
        let (secured_afi, unsecured_afi) = AfiPair::default().values();
        Self { secured_afi, unsecured_afi, use_afi: true, use_eas: true }
    }
}

impl Security {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let (secured_afi, unsecured_afi) = section.choice::<AfiPair>("afi_pair").values();
        Self {
            secured_afi: section.optional_hex_byte("secured_afi").unwrap_or(secured_afi),
            unsecured_afi: section.optional_hex_byte("unsecured_afi").unwrap_or(unsecured_afi),
            use_afi: section.flag("use_afi", default.use_afi),
            use_eas: section.flag("use_eas", default.use_eas),
        }
    }
}

impl AfiPair {
    /// The value of an item in the library, and that of one on loan.
    #[must_use]
    pub fn values(self) -> (u8, u8) {
        match self {
            Self::Standard => (0x07, 0xC2),
            Self::ThreeM => (0xD7, 0xDA),
            Self::German => (0x07, 0x21),
        }
    }
}

/// `[central]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Central {
    /// Scheme, host and port, without a slash at the end; `/openlib` follows it.
    pub base_url: String,
    /// The kiosk's name at the server's token service.
    pub appid: String,
    /// What proves it; from `secret`, or the first line of the file `secret_file`.
    pub secret: Secret,
    /// The operator account that loans are booked under.
    pub opuser: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole call may take; not less than `connect_timeout`.
    pub total_timeout: Duration,
    /// How long a call that was given up may still be under way inside the server.
    pub in_flight: Duration,
    /// How calls are sent.
    pub method: Method,
    /// Which way the library's system is reached.
    pub interface: Interface,
}

impl Default for Central {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8700".to_owned(),
            appid: "yueting-demo".to_owned(),
            secret: Secret::new("yueting-demo-secret"),
            opuser: "kiosk1".to_owned(),
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            in_flight: Duration::from_secs(60),
            method: Method::default(),
            interface: Interface::default(),
        }
    }
}

impl Central {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let interface = section.choice("interface");
        Self {
            interface,
            base_url: section.base_url("base_url", &default.base_url),
            appid: section.text("appid", &default.appid),
            secret: Self::read_secret(section, default.secret),
            opuser: section.text("opuser", &default.opuser),
            connect_timeout: section.millis("connect_timeout_ms", default.connect_timeout, 100..=60_000),
            total_timeout: section.millis("total_timeout_ms", default.total_timeout, 100..=120_000),
            in_flight: section.seconds("in_flight_seconds", default.in_flight, 1..=600),
            method: section.choice("method"),
        }
    }

    fn read_secret(section: &mut Section<'_, '_>, default: Secret) -> Secret {
        let secret = section.secret("secret", default);
        let Some(path) = section.optional_path("secret_file") else { return secret };
        if section.has("secret") {
            section
                .fault("secret_file", Fault::Clash { text: "`secret` is also there; keep one of the two" });
            return secret;
        }
        match first_line(&path) {
            Ok(line) => Secret::new(line),
            Err(why) => {
                section.fault("secret_file", Fault::SecretFile { file: path.display().to_string(), why });
                secret
            }
        }
    }
}

/// Reads the one secret line of a small regular file.
pub(crate) fn first_line(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| error.to_string();
    if !path.metadata().map_err(told)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut text = String::new();
    File::open(path).map_err(told)?.take(MAX_SECRET_BYTES).read_to_string(&mut text).map_err(told)?;
    let line = text.lines().next().map(str::trim).unwrap_or_default();
    if line.is_empty() { Err("its first line is empty".to_owned()) } else { Ok(line.to_owned()) }
}

/// `[patron]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patron {
    /// Whether a card alone is enough.
    pub pin: Pin,
}

impl Patron {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { pin: section.choice("pin") }
    }
}

/// `[visit]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Without a touch or an item for this long, the visit ends and the patron is forgotten.
    pub idle: Duration,
    /// How long before that end the screen warns; less than `idle`.
    pub warn: Duration,
    /// How long the last screen of a visit stays.
    pub done: Duration,
    /// How long an item that was taken away too early is waited for.
    pub put_back: Duration,
    /// How long a visit that is over waits for its last item to leave the pad.
    pub linger: Duration,
}

impl Default for Visit {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(45),
            warn: Duration::from_secs(15),
            done: Duration::from_secs(8),
            put_back: Duration::from_secs(10),
            linger: Duration::from_secs(6),
        }
    }
}

impl Visit {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            idle: section.seconds("idle_seconds", default.idle, 10..=600),
            warn: section.seconds("warn_seconds", default.warn, 3..=120),
            done: section.seconds("done_seconds", default.done, 2..=60),
            put_back: section.seconds("put_back_seconds", default.put_back, 2..=120),
            linger: section.seconds("linger_seconds", default.linger, 1..=60),
        }
    }
}

/// `[screen]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The size of the window; `None` leaves it to the display.
    pub size: Option<Size>,
    /// Whether the window covers the whole display.
    pub fullscreen: bool,
    /// From this time of the day on the colours are dark.
    pub night_from: Time,
    /// Until this time of the day; the same as `night_from`: never.
    pub night_to: Time,
    /// Whether prompts are spoken when nobody has chosen; always in the large mode, if the machine can speak.
    pub voice: bool,
    /// Whether something sounds when a book is placed, done or refused.
    pub sounds: bool,
}

/// The size of a window.
///
/// # Units
/// Physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            size: None,
            fullscreen: true,
            night_from: time(18, 30, 0, 0),
            night_to: time(6, 30, 0, 0),
            voice: false,
            sounds: false,
        }
    }
}

impl Screen {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let width = section.optional_number("width", 320..=7_680);
        let height = section.optional_number("height", 320..=7_680);
        for (here, other, text) in [
            ("width", "height", "`height` is missing; give both or neither"),
            ("height", "width", "`width` is missing; give both or neither"),
        ] {
            if section.has(here) && !section.has(other) {
                section.fault(here, Fault::Clash { text });
            }
        }
        let default = Self::default();
        Self {
            size: width.zip(height).map(|(width, height)| Size { width, height }),
            fullscreen: section.flag("fullscreen", default.fullscreen),
            night_from: section.time("night_from", default.night_from),
            night_to: section.time("night_to", default.night_to),
            voice: section.flag("voice", default.voice),
            sounds: section.flag("sounds", default.sounds),
        }
    }
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// The least important level that is still written.
    pub level: Level,
}

impl Log {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { level: section.choice("level") }
    }
}

const MAX_SECRET_BYTES: u64 = 4_096;
