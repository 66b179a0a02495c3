//! The way to the library's system, as configured: the clients that the kiosk itself has.

use config::{Config, Interface};
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::http::{KioskApi, Method, Openlib, OpenlibConfig};
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::client::{Roots, Sip2, Sip2Config, Tls};
use sync_client::sip2::dialect::{Checksum, Dialect};

/// The client of the library's system, as the kiosk has it. Needs a tokio runtime.
///
/// # Errors
/// Why the configuration cannot work.
pub(crate) fn central(config: &Config) -> Result<Central, String> {
    let told = |error: &dyn std::error::Error| error.to_string();
    Ok(match config.central.interface {
        Interface::Openlib => Central::Openlib(Openlib::new(openlib(config)).map_err(|e| told(&e))?),
        Interface::Kiosk => {
            Central::Kiosk(KioskApi::new(openlib(config)).map_err(|e| told(&e))?, Clock::system())
        }
        Interface::Sip2 => Central::Sip2(Sip2::start(sip2(config)?).map_err(|e| told(&e))?),
    })
}

/// The client of our own central's interface for kiosks, which is also beside its openlib.
///
/// # Errors
/// Why the configuration cannot work; `what` is what SIP2 has no words for.
pub(crate) fn kiosk_api(config: &Config, what: &str) -> Result<KioskApi, String> {
    match central(config)? {
        Central::Kiosk(api, _) => Ok(api),
        Central::Openlib(openlib) => Ok(KioskApi::beside(&openlib)),
        Central::Sip2(_) => Err(format!("SIP2 has no words for {what}: name central itself")),
    }
}

/// Where the library's system is.
pub(crate) fn address(config: &Config) -> String {
    match config.central.interface {
        Interface::Openlib | Interface::Kiosk => config.central.base_url.clone(),
        Interface::Sip2 => format!("{}:{}", config.sip2.host, config.sip2.port),
    }
}

fn openlib(config: &Config) -> OpenlibConfig {
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

/// Enough of the dialect to log in and to ask for the state.
fn sip2(config: &Config) -> Result<Sip2Config, String> {
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
    if sip2.dialect == config::Sip2Dialect::Interlib {
        client.dialect = Dialect::interlib();
    }
    match sip2.checksum {
        config::Sip2Checksum::Dialect => {}
        config::Sip2Checksum::Off => client.dialect.checksum = Checksum::Off,
        config::Sip2Checksum::SendOnly => client.dialect.checksum = Checksum::SendOnly,
        config::Sip2Checksum::Lenient => client.dialect.checksum = Checksum::Lenient,
        config::Sip2Checksum::Strict => client.dialect.checksum = Checksum::Strict,
    }
    client.tls = match (sip2.tls, &sip2.tls_file) {
        (config::Sip2Tls::Off, _) | (config::Sip2Tls::File, None) => None,
        (config::Sip2Tls::System, _) => Some(Tls { roots: Roots::System, name: None }),
        (config::Sip2Tls::File, Some(path)) => {
            let pem = std::fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
            Some(Tls { roots: Roots::Pem(pem), name: None })
        }
    };
    client.connect_timeout = config.central.connect_timeout;
    client.total_timeout = config.central.total_timeout.max(sip2.answer_timeout);
    client.answer_timeout = sip2.answer_timeout;
    Ok(client)
}

/// The language of SIP2's texts: 019, Chinese.
const CHINESE: u16 = 19;
