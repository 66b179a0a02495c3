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

/// The mirror, if this way to central fills one and somebody needs it: to lend or to sort without central, or to find a book. A
/// mirror that cannot be kept is told, and neither is done then: patrons are served all the same while central answers.
pub(crate) fn mirror(config: &Config) -> Option<Mirror> {
    let is_wanted = config.find.enabled
        || config.slot.enabled
        || config.room.enabled
        || settings::rules(config).is_some();
    let is_filled = config.central.interface == Interface::Kiosk;
    if !is_wanted || !is_filled {
        return None;
    }
    match Mirror::open(&config.kiosk.data_dir.join(MIRROR_FILE)) {
        Ok((mirror, found)) => {
            match found {
                Found::Good => {}
                Found::Nothing => info!("there is no mirror of central yet"),
                Found::Replaced { why } => {
                    warn!(why, "the mirror of central was damaged and is fetched again")
                }
            }
            Some(mirror)
        }
        Err(cause) => {
            warn!(%cause, "nothing is lent while central is silent, and no book is found");
            None
        }
    }
}

/// What the sync task keeps up to date, and lends by.
pub(crate) fn offline(config: &Config, mirror: Option<&Mirror>) -> Option<Offline> {
    let mirror = mirror?.clone();
    Some(match settings::rules(config) {
        Some(rules) => Offline::new(mirror, rules, Clock::system()),
        None => Offline::only_mirror(mirror, Clock::system()),
    })
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

/// Where the library's system is.
pub(crate) fn address(config: &Config) -> String {
    match config.central.interface {
        Interface::Openlib | Interface::Kiosk => config.central.base_url.clone(),
        Interface::Sip2 => format!("{}:{}", config.sip2.host, config.sip2.port),
    }
}
