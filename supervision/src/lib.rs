//! How the parts of a kiosk are, and what is done when one fails.
//!
//! ```text
//!   part ──Said──▶ [supervisor] ──Restart──▶ whoever has the part        pure: time comes in
//!                      │ states, history
//!                      ├──▶ [alarm]   raised and cleared by a key, kept over a restart
//!                      └──▶ [board]   what console, metrics and kioskctl read
//!   task ──beat──▶ [vitals] ──all alive?──▶ the system's watchdog
//! ```
//! Rules:
//!
//! - nothing here names a patron, an item or a tag: what is said of a part may be shown to whoever watches machines;
//! - a part that fails never ends the others: the kiosk goes on with what is left;
//! - the watchdog is fed only while **every** task beats.
//!
//! Read in this order: [`part`], [`supervisor`], [`alarm`], [`vitals`], [`board`], [`control`]; with the feature `shell`
//! `life`, `log` and `metrics`, with `console` the pages; [`station`] and [`redact`] are theirs; [`mqtt`], with
//! the feature `mqtt` over a socket.

pub mod alarm;
pub mod board;
#[cfg(feature = "console")]
pub mod console;
pub mod control;
#[cfg(feature = "shell")]
pub mod life;
#[cfg(feature = "shell")]
pub mod log;
#[cfg(feature = "shell")]
pub mod metrics;
pub mod mqtt;
pub mod part;
pub mod redact;
mod stamp;
pub mod station;
pub mod supervisor;
pub mod vitals;
