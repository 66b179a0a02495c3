//! `kioskctl locate`: where a book is, asked of central.

mod show;

use std::path::Path;

use config::Config;
use sync_client::kiosk_api::locate::{Located, MAX_TEXT, Sought};

use crate::arguments::LocateArguments;
use crate::failure::Failure;
use crate::reader::runtime;
use crate::{Outcome, library, say, settings};
pub(crate) use show::sighting;

/// Why it is not known where something is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocateFailure {
    /// What is looked for is too long.
    #[error("BARCODE|WORD: more than {MAX_TEXT} characters: write part of it")]
    TooLong,
    /// There is no way to central.
    #[error("--config: {0}")]
    NoWay(String),
    /// Central does not answer.
    #[error("central was not asked ({0}); is it running, and does the configuration name it? try again")]
    Central(String),
}

/// Asks, and prints the copies.
///
/// # Errors
/// [`LocateFailure`], and a configuration that cannot be used.
pub(crate) fn run(arguments: &LocateArguments) -> Result<Outcome, Failure> {
    let text = arguments.words.join(" ");
    if text.trim().chars().count() > MAX_TEXT {
        return Err(LocateFailure::TooLong.into());
    }
    let config = Config::load(arguments.config.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG)))?;
    let located = ask(&config, Sought::Text(text))?;
    say(&if arguments.json { show::json(&located)? } else { show::words(&located) })?;
    Ok(if located.next_free().is_some() { Outcome::Good } else { Outcome::Bad })
}

/// Asks central.
///
/// # Errors
/// [`LocateFailure`]: there is no way to it, or it does not answer.
pub(crate) fn ask(config: &Config, sought: Sought) -> Result<Located, Failure> {
    let runtime = runtime()?;
    let _within = runtime.enter();
    let api = library::kiosk_api(config, "where a book is").map_err(LocateFailure::NoWay)?;
    let asked = runtime.block_on(api.locate(sought));
    Ok(asked.map_err(|cause| LocateFailure::Central(cause.to_string()))?)
}
