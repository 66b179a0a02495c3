//! The kiosk's durable ledger and its way to the central server.
//!
//! - [`wire`]: the openlib forms and codes, shared with `central`; no I/O
pub mod wire;
