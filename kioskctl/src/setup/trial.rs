//! The library's system, asked with what will be written.

use config::{Config, Draft};

use crate::failure::Failure;
use crate::library;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trial {
    /// it answers and takes the account
    Taken,
    /// it answers, and refuses the account
    Refused,
    /// it does not answer, and why
    Silent(String),
}

/// Where that is.
///
/// # Errors
/// [`Failure::Config`] if what was said makes no configuration.
pub(super) fn address(draft: &Draft, secret: Option<&str>) -> Result<String, Failure> {
    Ok(library::address(&with(draft, secret)?))
}

/// Asks; the secret is used from memory, for its file is not written yet. Needs a tokio runtime.
///
/// # Errors
/// [`Failure::Config`] if what was said makes no configuration.
pub(super) async fn run(draft: &Draft, secret: Option<&str>) -> Result<Trial, Failure> {
    let config = with(draft, secret)?;
    let client = match library::central(&config) {
        Ok(client) => client,
        Err(why) => return Ok(Trial::Silent(why)),
    };
    Ok(match client.ping().await {
        Ok(()) => Trial::Taken,
        Err(cause) if cause.is_account() => Trial::Refused,
        Err(cause) => Trial::Silent(cause.to_string()),
    })
}

/// The configuration that the draft is, with the secret in it.
fn with(draft: &Draft, secret: Option<&str>) -> Result<Config, Failure> {
    let mut tried = draft.clone();
    if let Some(secret) = secret {
        tried.unset("central", "secret_file").unset("sip2", "password_file").set("central", "secret", secret);
    }
    let mut config = Config::parse(&tried.text(), "what was answered")?;
    if let Some(secret) = secret {
        config.sip2.password = Some(config::Secret::new(secret));
    }
    Ok(config)
}
