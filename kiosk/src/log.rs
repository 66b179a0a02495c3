//! Logs: to standard error, where the journal of the system takes them. Numbers of patrons are in none.

use tracing_subscriber::EnvFilter;

/// Starts the log at this level, or at what the environment variable `KIOSK_LOG` says. A second call changes nothing.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("KIOSK_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("the log runs already");
    }
}
