//! The ledger on a real disk, the client against a real socket, and the task between the two.
#![cfg(all(feature = "ledger", feature = "http"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests are tests"
)]

mod desk;
mod http;
mod ledger;
mod ledger_wal;
mod queue;
#[cfg(feature = "mirror")]
mod search;
mod server;
#[cfg(feature = "sip2")]
mod sip2;
#[cfg(all(feature = "sip2", feature = "mirror"))]
mod storm;
#[cfg(all(feature = "sip2", feature = "mirror"))]
mod task;
mod world;
