//! The configuration in the words of each part: one function for each.

use std::collections::BTreeSet;
use std::sync::Arc;

use circulation::policy::{Rules, Takes};
use circulation::screen::{Language, Look, Offers, Place, Shelf};
use circulation::session::{Offline, PinPolicy, Settings};
use config::{Config, LayoutForm, Letters};
use jiff::SignedDuration;
use rfid_driver::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use rfid_driver::port::{Endpoint, Parity, PortConfig, Protocol};
use rfid_driver::tag::{Afi, SecurityPolicy};
use sync_client::http::{Method, OpenlibConfig};
use sync_client::jitter::Jitter;
use sync_client::link;
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::charset::Charset;
use sync_client::sip2::client::{Roots, Sip2Config, Tls};
use sync_client::sip2::dialect::{Checksum, DayOrder, Dialect, EmptyDate, NoBlock, Terminator};
use sync_client::sip2::field::FieldCode;
use sync_client::task;

use crate::failure::Failure;

/// The language of SIP2's texts: 019, Chinese.
const CHINESE: u16 = 19;

/// A reader that is away for less than this is not shown as a fault.
const READER_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// What the session machine is told; `speaks` if this machine can. It is in service: what staff said about that is not in
/// the configuration.
#[must_use]
pub fn session(config: &Config, speaks: bool) -> Settings {
    let (look, place) = (look(config), place(config));
    Settings {
        language: language(config.kiosk.language),
        look: Look { voice: look.voice && speaks, ..look },
        has_staff_pin: config.staff.pin.is_some(),
        out_of_service: false,
        branch: config.place.branch.clone(),
        place: Arc::new(Place { offers: Offers { voice: speaks, ..place.offers }, ..place }),
        pin: match config.patron.pin {
            config::Pin::None => PinPolicy::CardOnly,
            config::Pin::Required => PinPolicy::Required,
        },
        offline_checkin: match config.offline.checkin {
            config::CheckinPolicy::Assume => Offline::Assume,
            config::CheckinPolicy::Refuse => Offline::Refuse,
        },
        idle: config.visit.idle,
        warn: config.visit.warn,
        done: config.visit.done,
        put_back: config.visit.put_back,
        linger: config.visit.linger,
        reader_grace: READER_GRACE,
        desk: config.desk.enabled.then(circulation::session::card::Rules::default),
    }
}

/// The language at the start of each visit.
#[must_use]
pub const fn language(language: config::Language) -> Language {
    match language {
        config::Language::Chinese => Language::Chinese,
        config::Language::Traditional => Language::Traditional,
        config::Language::English => Language::English,
    }
}

/// The look at the start of each visit.
#[must_use]
pub fn look(config: &Config) -> Look {
    Look { voice: config.screen.voice, ..Look::default() }
}

/// Where the machine stands, and what it offers; whether it can speak is not in the configuration.
#[must_use]
pub fn place(config: &Config) -> Place {
    let place = &config.place;
    let shelf = |shelf: &config::Shelf| Shelf {
        label: shelf.label.clone(),
        x: shelf.x,
        y: shelf.y,
        width: shelf.width,
        height: shelf.height,
        from: shelf.from.clone(),
        to: shelf.to.clone(),
    };
    Place {
        library: place.library.clone().unwrap_or_default(),
        machine: config.kiosk.name.clone(),
        nearest: place.nearest.clone(),
        contact: place.contact.clone(),
        hours: place.hours.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        offers: Offers {
            account: config.account.enabled,
            find: config.find.enabled,
            reserve: config.find.reserve,
            // Without anything to say there is no page.
            card: config.desk.enabled || place.contact.is_some() || !place.hours.is_empty(),
            voice: false,
        },
        shelves: config.shelves.iter().map(shelf).collect(),
        stand: place.stand,
    }
}

/// A short digest of a configuration: tells two of them apart, and nothing of what stands in them.
#[must_use]
pub fn digest(config: &Config) -> String {
    use core::hash::{Hash as _, Hasher as _};
    // Secrets show themselves as stars.
    let mut hasher = std::hash::DefaultHasher::new();
    format!("{config:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// What the reader task is told.
#[must_use]
pub fn port(config: &Config) -> PortConfig {
    let reader = &config.reader;
    let security = &config.security;
    PortConfig {
        endpoint: endpoint(&reader.port),
        protocol: protocol(reader.protocol),
        baud: reader.baud.bits_per_second(),
        parity: parity(reader.parity),
        bus_address: reader.bus_address,
        poll: reader.poll,
        answer_timeout: reader.answer_timeout,
        gap: reader.gap,
        retries: reader.retries,
        depart_rounds: reader.depart_rounds,
        power: reader.power_dbm.map(|dbm| u16::from(dbm) * 100),
        security: SecurityPolicy {
            secured: Afi(security.secured_afi),
            unsecured: Afi(security.unsecured_afi),
            use_afi: security.use_afi,
            use_eas: security.use_eas,
        },
        layouts: layouts(config),
        ..PortConfig::default()
    }
}

/// Where the reader of identity cards is.
#[must_use]
pub fn id_port(config: &Config) -> peripherals::port::PortConfig {
    let desk = &config.desk;
    peripherals::port::PortConfig::new(endpoint(&desk.port), desk.baud.bits_per_second())
}

/// Where the dispenser of cards is, if there is one.
#[must_use]
pub fn dispenser_port(config: &Config) -> Option<peripherals::port::PortConfig> {
    let desk = &config.desk;
    let at = desk.dispenser_port.as_ref()?;
    Some(peripherals::port::PortConfig::new(endpoint(at), desk.dispenser_baud.bits_per_second()))
}

/// Where the reader at its writing place is: as the one of the pad but for its port.
#[must_use]
pub fn card_writer_port(config: &Config) -> Option<PortConfig> {
    let writer = config.desk.writer_port.as_ref()?;
    Some(PortConfig { endpoint: endpoint(writer), ..port(config) })
}

/// Where the printer is.
#[must_use]
pub fn printer_port(config: &Config) -> peripherals::port::PortConfig {
    let printer = &config.printer;
    peripherals::port::PortConfig::new(endpoint(&printer.port), printer.baud.bits_per_second())
}

/// Where a module of a slot is.
#[must_use]
pub fn module_port(module: &config::Module) -> peripherals::port::PortConfig {
    let baud = module.baud.bits_per_second();
    peripherals::port::PortConfig {
        parity: parity(module.parity),
        ..peripherals::port::PortConfig::new(endpoint(&module.port), baud)
    }
}

/// Where the scanner at a room's door is, if there is one.
#[must_use]
pub fn scanner_port(config: &Config) -> Option<peripherals::port::PortConfig> {
    let port = config.room.scanner_port.as_ref()?;
    Some(peripherals::port::PortConfig::new(endpoint(port), config.room.scanner_baud.bits_per_second()))
}

/// Where the reader at a room's door is, if there is one: as the one of the kiosk but for its port.
#[must_use]
pub fn door_port(config: &Config) -> Option<PortConfig> {
    let door = config.room.reader_port.as_ref()?;
    Some(PortConfig { endpoint: endpoint(door), ..port(config) })
}

/// Where the NUT server of the supply is, if there is one.
#[must_use]
pub fn ups_port(config: &Config) -> Option<peripherals::port::PortConfig> {
    let address = config.ups.address.as_ref()?;
    // The speed is of no account over TCP.
    Some(peripherals::port::PortConfig::new(endpoint(address), 9_600))
}

/// Where the adapter of the security gates is, if there is one.
#[must_use]
pub fn gate_port(config: &Config) -> Option<peripherals::port::PortConfig> {
    let address = config.gate.address.as_ref()?;
    // The speed is of no account over TCP.
    Some(peripherals::port::PortConfig::new(endpoint(address), 9_600))
}

/// Where the reader behind a slot's flap is, if there is one: as the one over the belt but for its port.
#[must_use]
pub fn inner_port(config: &Config) -> Option<PortConfig> {
    let inner = config.slot.inner_port.as_ref()?;
    Some(PortConfig { endpoint: endpoint(inner), ..port(config) })
}

const fn parity(parity: config::Parity) -> Parity {
    match parity {
        config::Parity::None => Parity::None,
        config::Parity::Even => Parity::Even,
        config::Parity::Odd => Parity::Odd,
    }
}

/// Where a part is.
fn endpoint(endpoint: &config::Endpoint) -> Endpoint {
    match endpoint {
        config::Endpoint::Serial(path) => Endpoint::Serial(path.clone()),
        config::Endpoint::Tcp { host, port } => Endpoint::Tcp { host: host.clone(), port: *port },
    }
}

/// What the reader speaks.
fn protocol(protocol: config::Protocol) -> Protocol {
    match protocol {
        config::Protocol::FeigObid => Protocol::FeigObid,
        config::Protocol::ThreeM810 => Protocol::ThreeM810,
        config::Protocol::M100 => Protocol::M100,
        config::Protocol::R2000 => Protocol::R2000,
        config::Protocol::Reader18 => Protocol::Reader18,
        config::Protocol::Mercury => Protocol::Mercury,
        config::Protocol::Llrp => Protocol::Llrp,
    }
}

/// The library's own layouts.
fn layouts(config: &Config) -> Arc<[LocalLayout]> {
    config.layouts.iter().map(layout).collect()
}

fn layout(layout: &config::Layout) -> LocalLayout {
    let form = match layout.form {
        LayoutForm::Field { offset, length, has_length_byte, packing } => LocalForm::Field {
            offset: offset.into(),
            length: if has_length_byte {
                FieldLength::Prefixed(length.into())
            } else {
                FieldLength::Fixed(length.into())
            },
            packing: match packing {
                config::Packing::Number { digits } => Packing::Number { digits: digits.into() },
                config::Packing::Bcd => Packing::Bcd,
                config::Packing::Ascii => Packing::Ascii,
                config::Packing::SixBit => Packing::SixBit,
            },
        },
        LayoutForm::SelfDescribing { letters } => LocalForm::SelfDescribing {
            letters: match letters {
                Letters::Ascii => Packing::Ascii,
                Letters::SixBit => Packing::SixBit,
            },
        },
    };
    let mark = |mark: &config::Mark| Mark { at: mark.at.into(), mask: mark.mask, value: mark.value };
    LocalLayout { name: layout.name.clone(), form, marks: layout.marks.iter().map(mark).collect() }
}

/// What the client of the central server is told.
#[must_use]
pub fn openlib(config: &Config) -> OpenlibConfig {
    let central = &config.central;
    let mut client =
        OpenlibConfig::new(&central.base_url, &central.appid, central.secret.expose(), &central.opuser);
    client.connect_timeout = central.connect_timeout;
    client.total_timeout = central.total_timeout;
    client.branch.clone_from(&config.place.branch);
    client.method = match central.method {
        config::Method::Post => Method::Post,
        config::Method::Get => Method::Get,
    };
    client
}

/// What the client of a SIP2 server is told.
///
/// # Errors
/// [`Failure::TlsFile`] if the certificates cannot be read.
pub fn sip2(config: &Config) -> Result<Sip2Config, Failure> {
    let sip2 = &config.sip2;
    let login = sip2.user.clone().map(|user| Account {
        user,
        password: sip2.password.as_ref().map(|password| password.expose().to_owned()).unwrap_or_default(),
    });
    let station = Station {
        institution: sip2.institution.clone(),
        terminal_password: String::new(),
        location: sip2.location.clone().unwrap_or_default(),
        login,
        operator: sip2.operator.clone().unwrap_or_default(),
        language: CHINESE,
    };
    let mut client = Sip2Config::new(&sip2.host, sip2.port, station);
    client.dialect = dialect(sip2);
    client.tls = match (sip2.tls, &sip2.tls_file) {
        (config::Sip2Tls::Off, _) | (config::Sip2Tls::File, None) => None,
        (config::Sip2Tls::System, _) => Some(Tls { roots: Roots::System, name: None }),
        (config::Sip2Tls::File, Some(path)) => {
            let pem = std::fs::read(path).map_err(|cause| Failure::TlsFile { path: path.clone(), cause })?;
            Some(Tls { roots: Roots::Pem(pem), name: None })
        }
    };
    client.connect_timeout = config.central.connect_timeout;
    client.total_timeout = config.central.total_timeout.max(sip2.answer_timeout);
    client.answer_timeout = sip2.answer_timeout;
    client.keep_alive = sip2.keep_alive;
    Ok(client)
}

fn dialect(sip2: &config::Sip2) -> Dialect {
    let mut dialect = match sip2.dialect {
        config::Sip2Dialect::Standard => Dialect::standard(),
        config::Sip2Dialect::Interlib => Dialect::interlib(),
    };
    dialect.charset = match sip2.charset {
        config::Sip2Charset::Dialect => dialect.charset,
        config::Sip2Charset::Utf8 => Charset::Utf8,
        config::Sip2Charset::Gbk => Charset::Gbk,
        config::Sip2Charset::Gb18030 => Charset::Gb18030,
        config::Sip2Charset::Latin1 => Charset::Latin1,
    };
    dialect.checksum = match sip2.checksum {
        config::Sip2Checksum::Dialect => dialect.checksum,
        config::Sip2Checksum::Off => Checksum::Off,
        config::Sip2Checksum::SendOnly => Checksum::SendOnly,
        config::Sip2Checksum::Lenient => Checksum::Lenient,
        config::Sip2Checksum::Strict => Checksum::Strict,
    };
    dialect.terminator = match sip2.terminator {
        config::Sip2Terminator::Cr => Terminator::Cr,
        config::Sip2Terminator::CrLf => Terminator::CrLf,
        config::Sip2Terminator::Lf => Terminator::Lf,
    };
    dialect.empty_date = match sip2.empty_dates {
        config::Sip2EmptyDates::Blank => EmptyDate::Blank,
        config::Sip2EmptyDates::Now => EmptyDate::Now,
    };
    dialect.day_order = match sip2.day_order {
        config::Sip2DayOrder::DayFirst => DayOrder::DayFirst,
        config::Sip2DayOrder::MonthFirst => DayOrder::MonthFirst,
    };
    let fields = |codes: &[String]| codes.iter().filter_map(|code| FieldCode::parse(code)).collect();
    dialect.omit = fields(&sip2.omit);
    if !sip2.loan_fields.is_empty() {
        dialect.loans = fields(&sip2.loan_fields);
    }
    dialect.no_block = match sip2.no_block {
        config::Sip2NoBlock::Never => NoBlock::Never,
        config::Sip2NoBlock::Checkin => NoBlock::CheckinOnly,
        config::Sip2NoBlock::Always => NoBlock::Always,
    };
    dialect
}

/// What may be lent while central is silent; nothing if the library lends nothing then.
#[must_use]
pub fn rules(config: &Config) -> Option<Rules> {
    let offline = &config.offline;
    match offline.checkout {
        config::CheckoutPolicy::Refuse => None,
        config::CheckoutPolicy::Assume => Some(Rules {
            // Nobody named: the library whose mirror it is.
            owners: BTreeSet::new(),
            takes: Takes::Anything,
            per_patron: offline.per_patron,
            per_kiosk: offline.per_kiosk,
            max_silence: SignedDuration::from_hours(i64::from(offline.max_silence_hours)),
            max_mirror_age: SignedDuration::from_hours(i64::from(offline.max_mirror_age_hours)),
        }),
    }
}

/// What the sync task is told. It looks again at an unsettled row about as often as the answer can change.
#[must_use]
pub fn sync(config: &Config) -> task::Options {
    let default = task::Options::default();
    let in_flight = config.central.in_flight;
    task::Options {
        in_flight,
        retry: default.retry.min(in_flight),
        refresh: config.offline.refresh,
        link: link::Options { jitter: Jitter::of(&config.kiosk.name), ..default.link },
        ..default
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sip2_server_is_spoken_to_as_the_file_says() {
        let told = |text: &str| dialect(&Config::parse(text, "test").unwrap().sip2);
        assert_eq!(told(""), Dialect::standard());
        let of_interlib = told("[sip2]\ndialect = \"interlib\"");
        assert_eq!(of_interlib, Dialect::interlib());
        let code = |text| FieldCode::parse(text).unwrap();
        assert_eq!(
            told(
                "[sip2]\ndialect = \"interlib\"\ncharset = \"gb18030\"\nchecksum = \"strict\"\nterminator = \"crlf\"\n\
                 empty_dates = \"now\"\nday_order = \"month-first\"\nomit = [\"AC\", \"BP\"]\nloan_fields = [\"AU\"]\n\
                 no_block = \"always\""
            ),
            Dialect {
                charset: Charset::Gb18030,
                checksum: Checksum::Strict,
                terminator: Terminator::CrLf,
                empty_date: EmptyDate::Now,
                day_order: DayOrder::MonthFirst,
                omit: vec![code("AC"), code("BP")],
                loans: vec![code("AU")],
                no_block: NoBlock::Always,
                ..of_interlib
            }
        );
    }

    #[test]
    fn the_session_is_told_what_the_file_says() {
        let text = r#"
            [kiosk]
            name = "一楼大厅 2 号机"
            language = "zh-Hant"
            [place]
            library = "青禾市图书馆"
            branch = "LW01"
            hours = ["周一闭馆"]
            [[shelf]]
            label = "I"
            x = 0
            y = 0
            width = 10
            height = 20
            from = "I"
            to = "I"
            [account]
            enabled = false
            [screen]
            voice = true
        "#;
        let config = Config::parse(text, "test").unwrap();
        let told = session(&config, false);
        assert_eq!(told.language, Language::Traditional);
        assert!(!told.look.voice && !told.place.offers.voice, "what cannot speak is silent");
        assert!(!told.has_staff_pin && !told.out_of_service);
        assert_eq!(told.branch.as_deref(), Some("LW01"));
        assert_eq!((told.place.library.as_str(), told.place.shelves.len()), ("青禾市图书馆", 1));
        // there is something to say about cards
        assert_eq!(told.place.offers, Offers { card: true, ..Offers::default() });
        let told = session(&config, true);
        assert!(told.look.voice && told.place.offers.voice);
    }
}
