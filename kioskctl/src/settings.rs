//! The kiosk's configuration in the words of the driver.

use std::path::Path;

use config::{Config, ConfigError};
use rfid_driver::port::{Parity, PortConfig, Protocol};
use rfid_driver::tag::{Afi, SecurityPolicy};

/// What the AFI values mean: as configured, else 07 in stock and C2 on loan.
pub(crate) fn policy(config: Option<&Path>) -> Result<SecurityPolicy, ConfigError> {
    match config {
        Some(path) => Config::load(path).map(|config| security(&config)),
        None => Ok(SecurityPolicy::default()),
    }
}

/// Where the kiosk's reader is and how it is driven.
pub(crate) fn port(config: &Config) -> PortConfig {
    let reader = &config.reader;
    PortConfig {
        path: reader.port.clone(),
        protocol: match reader.protocol {
            config::Protocol::FeigObid => Protocol::FeigObid,
            config::Protocol::ThreeM810 => Protocol::ThreeM810,
        },
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
        security: security(config),
        ..PortConfig::default()
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

/// Where the kiosk itself looks for its configuration.
pub(crate) const CONFIG: &str = "/etc/yueting/kiosk.toml";
