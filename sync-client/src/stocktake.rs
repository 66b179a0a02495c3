//! A stocktake on the disk: what its machine was told, so that a stop at any point loses no sighting.
//!
//! ```text
//!   yueting stocktake 1
//!   1f0c9a3e|0|begin
//!   7b21d004|1250|mark|E004015012345678|-41|1|CJ-001
//!   09ce77aa|1900|item|E004015087654321|-47|1|LW0001234|CN-371200|1/3|secured
//!   checksum|milliseconds since it began|what
//! ```
//! No field can hold a `|` ([`circulation::id`]); what is not known is empty. A line whose checksum (CRC-32 of what follows
//! it) is wrong is damage: it is left out and counted. So is a last line without its end.
//!
//! The text is a STABLE format: the first line says its version.

#[cfg(feature = "ledger")]
mod journal;
mod line;

#[cfg(feature = "ledger")]
pub use journal::{Journal, JournalError, Replay, SYNC};
pub use line::{Entry, HEADER};
