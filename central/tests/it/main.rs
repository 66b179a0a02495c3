//! Central over a real socket.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: their failure is the test's failure"
)]

mod circulation;
mod kiosk_api;
mod mirror;
mod offline;
mod program;
mod proxy;
mod refusals;
mod token;
mod world;
