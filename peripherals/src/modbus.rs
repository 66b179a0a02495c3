//! Input and output modules that speak Modbus, on a serial line (RTU) or over TCP: contacts and relays of a cabinet.
//!
//! ```text
//!   RTU   | unit | function · data | CRC-16 low, high |        a frame ends with 3.5 characters of silence
//!   TCP   | transaction 2 | 0 0 | length 2 | unit | function · data |                            big-endian
//!
//!   01 read coils        02 read discrete inputs        05 write one coil        0F write coils        8x exception
//! ```
//! The machine keeps one image of each side: [`Event::Inputs`] as the contacts are, debounced, and the outputs as they
//! were ordered, read back. It orders whole images, so that an order whose answer was lost may be given again.
//!
//! # What it keeps
//!
//! - One exchange is under way at a time. After a time-out a serial line must have been silent before the next one, which
//!   is of another function, so that an answer that comes late is told apart; over TCP the transaction tells it.
//! - A module that does not answer, refuses, or whose outputs are not as they were ordered, is *down*: nothing is known
//!   of its inputs, and its outputs are written as [`Setup::safe`] before anything else is believed. What was ordered
//!   before is forgotten: nothing begins to move because a module has come back.
//! - **This is no safety device.** What must stop must stop by wire, and by the module's own watchdog, which cuts its
//!   outputs when it is asked no more (docs/slot.md).
//!
//! # Spec
//! MODBUS Application Protocol V1.1b3, 6.1, 6.2, 6.5, 6.11, 7; MODBUS over Serial Line V1.02, 2.5.1; MODBUS Messaging on
//! TCP/IP V1.0b, 3.1.

pub mod debounce;
mod module;
pub mod pdu;
pub mod wire;

pub use module::{Command, Down, Event, Module, Patience, Setup};
