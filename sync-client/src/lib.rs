//! The kiosk's durable ledger and its way to the central server.
//!
//! The pure part needs no feature: it has no I/O, no clock and no runtime. Read in this order:
//!
//! - [`wire`]: the openlib forms and codes, shared with `central`
//! - [`answer`]: what an answer means; the payload decides before the code
//! - [`row`]: a row of the ledger, its states and the table of legal steps
//! - [`settle`]: what becomes of a row that was left open, once somebody has looked
//! - [`link`]: the machine that says whether central can be reached
//! - [`clock`]: wall time as a parameter
//!
//! The shells:
//!
//! - `ledger` (feature `ledger`): SQLite on a thread of its own; what it answered is on the disk
//! - `http` (feature `http`): the client of openlib
//! - `task` (both): asks, reverses, resolves and tells, between the kiosk's loop and the two above
//!
//! **Invariants**: nothing is asked before its row is durable ([`row::State::Asked`]); whatever was sent and not
//! answered is in doubt and is looked up, never repeated blindly; an open row is resolved or parked, never dropped.

pub mod answer;
pub mod clock;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "ledger")]
pub mod ledger;
pub mod link;
pub mod row;
pub mod settle;
#[cfg(all(feature = "ledger", feature = "http"))]
pub mod task;
pub mod wire;
