//! The way to the library's system, as configured, and what is known of it without it.

use config::{Config, Interface};
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::http::{KioskApi, Openlib};
use sync_client::mirror::{Found, Mirror};
use sync_client::sip2::client::Sip2;
use sync_client::task::Offline;
use tracing::{info, warn};

use crate::failure::Failure;
use crate::settings;

/// The mirror's file in the data folder. It may be deleted at any time; the kiosk fetches it again.
pub const MIRROR_FILE: &str = "mirror.db";

/// The client of the configured interface. Needs a tokio runtime.
///
/// # Errors
/// [`Failure::Central`], [`Failure::Sip2`] or [`Failure::TlsFile`] if the configuration cannot work.
pub(crate) fn client(config: &Config) -> Result<Central, Failure> {
    Ok(match config.central.interface {
        Interface::Openlib => Central::Openlib(Openlib::new(settings::openlib(config))?),
        Interface::Kiosk => Central::Kiosk(KioskApi::new(settings::openlib(config))?, Clock::system()),
        Interface::Sip2 => Central::Sip2(Sip2::start(settings::sip2(config)?)?),
    })
}

/// The mirror and its rules, if the library lends without its system. A mirror that cannot be kept is told, and nothing
/// is lent then: patrons are served all the same while central answers.
pub(crate) fn offline(config: &Config) -> Option<Offline> {
    let rules = settings::rules(config)?;
    let path = config.kiosk.data_dir.join(MIRROR_FILE);
    match Mirror::open(&path) {
        Ok((mirror, found)) => {
            match found {
                Found::Good => {}
                Found::Nothing => info!("there is no mirror of central yet"),
                Found::Replaced { why } => {
                    warn!(why, "the mirror of central was damaged and is fetched again")
                }
            }
            Some(Offline::new(mirror, rules, Clock::system()))
        }
        Err(cause) => {
            warn!(%cause, "nothing is lent while central is silent");
            None
        }
    }
}

/// A refused account is for the technician to mend; a silent server is not: the kiosk serves without it.
pub(crate) async fn check_account(client: &Central, config: &Config) -> Result<(), Failure> {
    match client.ping().await {
        Err(cause) if cause.is_account() => Err(Failure::Account { address: address(config) }),
        Err(cause) => {
            warn!(%cause, "central does not answer yet");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn address(config: &Config) -> String {
    match config.central.interface {
        Interface::Openlib | Interface::Kiosk => config.central.base_url.clone(),
        Interface::Sip2 => format!("{}:{}", config.sip2.host, config.sip2.port),
    }
}
