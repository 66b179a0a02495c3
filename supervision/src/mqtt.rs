//! How the kiosk is, told to an MQTT broker by thin-edge.io's topics. Nothing is taken from the broker: this only publishes.
//!
//! ```text
//!   board, metrics ──▶ [telemetry] ──facts, measurements──▶ [session] ──bytes──▶ publisher ──TCP or TLS──▶ broker
//!                       pure                                 pure: time comes in    the shell
//! ```
//! Rules:
//!
//! - what is told is what the console and `/metrics` show: no patron, no item, no tag;
//! - what holds is retained, and what holds no more is taken back by an empty retained message; a broker that forgot
//!   all of it, or never heard it, is told everything when it is back;
//! - a broker that is away, slow or wrong costs nobody anything: it is tried again after 1, 2, 4 .. 60 s.
//!
//! Spec: MQTT 3.1.1 (OASIS Standard, 29 October 2014); thin-edge.io, "MQTT API" (topics, alarms, health of services).
//!
//! Read in this order: [`packet`], [`telemetry`], [`session`], `publisher`.

pub mod packet;
#[cfg(feature = "mqtt")]
mod publisher;
pub mod session;
pub mod telemetry;

#[cfg(feature = "mqtt")]
pub use publisher::{Publisher, Setup, SetupProblem, Trust};
