//! The kiosk's durable ledger and its way to the central server.
//!
//! The pure part needs no feature: it has no I/O, no clock and no runtime. Read in this order:
//!
//! - [`wire`]: the openlib forms and codes, shared with `central`
//! - [`answer`]: what an answer means; the payload decides before the code
//! - [`row`]: a row of the ledger, its states and the table of legal steps
//! - [`settle`]: what becomes of a row that was left open, once somebody has looked
//! - [`link`]: the machine that says whether central can be reached
//! - [`jitter`]: pauses that differ from kiosk to kiosk
//! - [`beat`]: the machine that says when the next heart-beat is sent
//! - [`kiosk_api`]: the forms of central's own interface for kiosks, shared with `central`
//! - [`desk`]: the questions of [`circulation::session::card`] in those forms
//! - [`clock`]: wall time as a parameter
//! - [`stocktake`]: the lines in which a stocktake is written down
//! - [`sip2`]: SIP2, the second way to a library's system: codec, dialects, dialogue
//!
//! The shells:
//!
//! - `ledger` (feature `ledger`): SQLite on a thread of its own; what it answered is on the disk
//! - `mirror` (feature `mirror`): patrons, items and rules as central last sent them, in a SQLite file of their own
//! - `stocktake::Journal` (feature `ledger`): those lines in a file of their own, on the disk within a second
//! - `queue` (feature `ledger`): what staff asks of the ledger and does with its rows
//! - `http` (feature `http`): the client of openlib
//! - `sip2::client` (feature `sip2`): the client of SIP2
//! - `central` (features `http` and `sip2`): the library's system, whichever of the two reaches it
//! - `task` (all of them): asks, reverses, resolves and tells, between the kiosk's loop and the ones above
//!
//! **Invariants**: nothing is asked before its row is durable ([`row::State::Asked`]); whatever was sent and not
//! answered is in doubt and is looked up, never repeated blindly; an open row is resolved or parked, never dropped.

pub mod answer;
pub mod beat;
#[cfg(all(feature = "http", feature = "sip2"))]
pub mod central;
pub mod clock;
pub mod desk;
#[cfg(feature = "http")]
pub mod http;
pub mod jitter;
pub mod kiosk_api;
#[cfg(feature = "ledger")]
pub mod ledger;
pub mod link;
#[cfg(feature = "mirror")]
pub mod mirror;
#[cfg(feature = "ledger")]
pub mod queue;
pub mod row;
pub mod settle;
pub mod sip2;
#[cfg(any(feature = "ledger", feature = "sip2"))]
mod soon;
pub mod stocktake;
#[cfg(all(feature = "ledger", feature = "http", feature = "sip2", feature = "mirror"))]
pub mod task;
pub mod wire;
