//! The configuration in the words of each part: one function for each.

use std::sync::Arc;

use circulation::screen::Language;
use circulation::session::{Offline, PinPolicy, Settings};
use config::{Config, LayoutForm, Letters};
use rfid_driver::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use rfid_driver::port::{Endpoint, Parity, PortConfig, Protocol};
use rfid_driver::tag::{Afi, SecurityPolicy};
use sync_client::http::{Method, OpenlibConfig};
use sync_client::task;

/// A reader that is away for less than this is not shown as a fault.
const READER_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// What the session machine is told.
#[must_use]
pub fn session(config: &Config) -> Settings {
    Settings {
        language: match config.kiosk.language {
            config::Language::Chinese => Language::Chinese,
            config::Language::English => Language::English,
        },
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
    }
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
        parity: match reader.parity {
            config::Parity::None => Parity::None,
            config::Parity::Even => Parity::Even,
            config::Parity::Odd => Parity::Odd,
        },
        bus_address: reader.bus_address,
        poll: reader.poll,
        answer_timeout: reader.answer_timeout,
        gap: reader.gap,
        retries: reader.retries,
        depart_rounds: reader.depart_rounds,
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

/// Where the reader is.
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
    client.method = match central.method {
        config::Method::Post => Method::Post,
        config::Method::Get => Method::Get,
    };
    client
}

/// What the sync task is told. It looks again at an unsettled row about as often as the answer can change.
#[must_use]
pub fn sync(config: &Config) -> task::Options {
    let default = task::Options::default();
    let in_flight = config.central.in_flight;
    task::Options { in_flight, retry: default.retry.min(in_flight), ..default }
}
