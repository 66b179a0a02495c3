//! Logs: to the journal, or to standard error; the last ones in memory. Numbers of patrons are in none.

pub use supervision::log::logs;

/// Starts the log at this level, or at what the environment variable `KIOSK_LOG` says. A second call changes nothing.
pub fn start(level: &str) {
    supervision::log::start(level, VARIABLE);
}

/// Another level from now on. `false` if the environment says the level, or there is no log: then nothing changes.
#[must_use]
pub fn set_level(level: &str) -> bool {
    std::env::var_os(VARIABLE).is_none() && logs().set_level(level)
}

const VARIABLE: &str = "KIOSK_LOG";
