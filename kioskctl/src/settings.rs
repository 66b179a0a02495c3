//! The kiosk's configuration in the words of the driver.

use std::path::Path;
use std::sync::Arc;

use config::{Config, ConfigError, LayoutForm, Letters};
use rfid_driver::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use rfid_driver::port::{Endpoint, Parity, PortConfig, Protocol};
use rfid_driver::tag::{Afi, SecurityPolicy};

/// What the AFI values mean and which layouts the library has of its own: as configured, else 07 in stock and C2 on
/// loan, and none.
pub(crate) fn tags(config: Option<&Path>) -> Result<(SecurityPolicy, Arc<[LocalLayout]>), ConfigError> {
    match config {
        Some(path) => Config::load(path).map(|config| (security(&config), layouts(&config))),
        None => Ok((SecurityPolicy::default(), Arc::default())),
    }
}

/// Where the kiosk's reader is and how it is driven.
pub(crate) fn port(config: &Config) -> PortConfig {
    let reader = &config.reader;
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
        power: reader.power_dbm.map(|dbm| u16::from(dbm) * 100),
        security: security(config),
        layouts: layouts(config),
        ..PortConfig::default()
    }
}

/// Where a reader or a printer is.
pub(crate) fn endpoint(endpoint: &config::Endpoint) -> Endpoint {
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

fn security(config: &Config) -> SecurityPolicy {
    let security = &config.security;
    SecurityPolicy {
        secured: Afi(security.secured_afi),
        unsecured: Afi(security.unsecured_afi),
        use_afi: security.use_afi,
        use_eas: security.use_eas,
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

/// Where the kiosk itself looks for its configuration.
pub(crate) const CONFIG: &str = "/etc/yueting/kiosk.toml";

#[cfg(test)]
mod tests {
    use rfid_driver::data::Layout;

    /// The two crates that know the names do not know each other.
    #[test]
    fn names_of_built_in_layouts_are_the_drivers() {
        for name in config::BUILT_IN {
            let Ok(layout) = name.parse::<Layout>();
            assert!(!matches!(layout, Layout::Local(_)), "{name}");
            assert_eq!(layout.to_string(), name);
        }
    }

    /// The other way round a new layout would be missed: the compiler asks for it here.
    #[test]
    fn every_built_in_layout_is_reserved() {
        use rfid_driver::data::iso28560_3::BlockOrder;
        let all = [
            Layout::Iso28560Part2,
            Layout::Iso28560Part3(BlockOrder::Straight),
            Layout::Iso28560Part3(BlockOrder::Reversed),
            Layout::Iso28560Part4,
            Layout::Gaoxiao,
            Layout::Rfid501,
        ];
        for layout in all {
            let is_reserved = match layout {
                Layout::Iso28560Part2
                | Layout::Iso28560Part3(_)
                | Layout::Iso28560Part4
                | Layout::Gaoxiao
                | Layout::Rfid501 => config::BUILT_IN.contains(&layout.to_string().as_str()),
                Layout::Local(_) => false,
            };
            assert!(is_reserved, "{layout}");
        }
    }
}
