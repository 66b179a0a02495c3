//! Readers at serial and TCP ports, through the driver that the kiosk uses.

pub(crate) mod bench;
pub(crate) mod clues;
pub(crate) mod list;
mod pad;
pub(crate) mod ports;
pub(crate) mod probe;
pub(crate) mod program;
mod rates;
pub(crate) mod refusal;
pub(crate) mod session;
pub(crate) mod stack;
mod titles;
pub(crate) mod trial;
pub(crate) mod watch;

use std::path::Path;

use config::Config;
use rfid_driver::port::{Parity, PortConfig, Protocol};
use tokio::runtime::{Builder, Runtime};

use crate::arguments::{LineArguments, ParityArgument, ProtocolArgument};
use crate::failure::Failure;
use crate::settings;

/// Where the reader is to be looked for, and what is known of its line.
pub(crate) struct Line {
    pub(crate) port: PortConfig,
    /// Whether speed and parity are given: by the configuration, or both by the command line.
    pub(crate) is_configured: bool,
}

/// The reader that the arguments name.
///
/// # Errors
/// [`Failure::NoPort`] if they name none, and what is wrong with the configuration.
pub(crate) fn line(arguments: &LineArguments) -> Result<Line, Failure> {
    let Some(endpoint) = &arguments.port else {
        let path = match &arguments.config {
            Some(path) => path.as_path(),
            None if Path::new(settings::CONFIG).exists() => Path::new(settings::CONFIG),
            None => return Err(Failure::NoPort),
        };
        let config = Config::load(path)?;
        return Ok(Line { port: settings::port(&config), is_configured: true });
    };
    let protocol = arguments.protocol.map_or_else(Protocol::default, |protocol| match protocol {
        ProtocolArgument::FeigObid => Protocol::FeigObid,
        ProtocolArgument::ThreeM810 => Protocol::ThreeM810,
        ProtocolArgument::M100 => Protocol::M100,
        ProtocolArgument::R2000 => Protocol::R2000,
        ProtocolArgument::Reader18 => Protocol::Reader18,
        ProtocolArgument::Mercury => Protocol::Mercury,
        ProtocolArgument::Llrp => Protocol::Llrp,
    });
    let (baud, parity) = protocol.line();
    let given = arguments.parity.map(|parity| match parity {
        ParityArgument::Even => Parity::Even,
        ParityArgument::None => Parity::None,
        ParityArgument::Odd => Parity::Odd,
    });
    Ok(Line {
        port: PortConfig {
            endpoint: endpoint.clone(),
            protocol,
            baud: arguments.baud.map_or(baud, config::Baud::bits_per_second),
            parity: given.unwrap_or(parity),
            ..PortConfig::default()
        },
        is_configured: false,
    })
}

/// The words of a line's settings, such as `feig-obid 38400 8E1`. Over TCP the line is set elsewhere.
pub(crate) fn settings_of(port: &PortConfig) -> String {
    if port.endpoint.is_tcp() {
        return word(port.protocol).to_owned();
    }
    let letter = match port.parity {
        Parity::None => 'N',
        Parity::Even => 'E',
        Parity::Odd => 'O',
    };
    format!("{} {} 8{letter}1", word(port.protocol), port.baud)
}

/// The word of a family in the configuration.
pub(crate) fn word(protocol: Protocol) -> &'static str {
    protocol.name()
}

pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(Failure::System)
}
