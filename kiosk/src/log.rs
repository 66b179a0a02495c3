//! Logs: to the journal, or to standard error; the last ones in memory. Numbers of patrons are in none.

pub use supervision::log::logs;

/// Starts the log at this level, or at what the environment variable `KIOSK_LOG` says. A second call changes nothing.
pub fn start(level: &str) {
    supervision::log::start(level, "KIOSK_LOG");
}
