//! RFID readers and library tags: pure protocol machines, one serial shell, and the emulator on the other side of the
//! wire. Knows nothing of circulation: what a tag means for a loan is decided elsewhere.
//!
//! # Readers
//!
//! | family | readers | verified by |
//! |---|---|---|
//! | [`hf::obid`] (FEIG ISO-Host, serial) | ID ISC.MR, PR, LR: stacks, AFI and EAS | the manual's and computed frames; the emulator of this crate, which was written from the same documents; **no hardware** |
//! | [`hf::obid`] | ID CPR: four tags at once, no EAS command, so `use_eas` must be off | the same; stacks beyond four need the reader's "only new transponders" mode or a field that stays on; **no hardware** |
//! | [`hf::m810`] (3M, serial) | 810: stacks, AFI and EAS | one captured probe and its answer; computed frames of inventory, read, write, AFI, EAS and version; the emulator of this crate, which was written from the same facts. Tag information (its fallback is the AFI alone), EAS, DSFID and locks are from the document of the 210 only; **no hardware** |
//! | [`hf::m810`] | 210 | the same; whether it speaks at 19 200 baud and what it answers to the 810's preparation is not published; **no hardware** |
//!
//! # Reading order
//!
//! Bytes from the line become [`frame`]s, frames answers of a [`dialogue`], answers sightings of a [`presence`], and the
//! memory of a new tag [`data`]. [`pad`] drives all of them and tells [`pad::ReaderEvent`]s. Every machine has one shape:
//! `handle(now, input, &mut out)` and `deadline()`; none reads a clock, sleeps or does I/O. That does [`port`], alone.
//!
//! # Features
//!
//! - `serial`: [`port`], the shell over a serial line, with tokio.
//! - `emulator`: [`emulator`] and the program `rfid-emulator`.
//!
//! # Example
//!
//! A whole round trip without hardware: a pad, an emulated reader, and virtual time.
//! ```
//! # #[cfg(feature = "emulator")] {
//! use std::time::{Duration, Instant};
//! use rfid_driver::emulator::{self, Emulator, EmulatorConfig, script};
//! use rfid_driver::hf::obid::Obid;
//! use rfid_driver::pad::{Input, Output, Pad, PadConfig, ReaderEvent};
//!
//! let mut reader = Emulator::new(EmulatorConfig::default());
//! script::run(&mut reader, "book B123456 owner=CN-110108-1-NLC set=1/1");
//! script::run(&mut reader, "put B123456");
//!
//! let mut pad = Pad::new(Obid::new(255), PadConfig::default());
//! let (mut now, mut out, mut events) = (Instant::now(), Vec::new(), Vec::new());
//! pad.handle(now, Input::Opened, &mut out);
//! while !events.contains(&ReaderEvent::Complete { n: 1 }) {
//!     for output in std::mem::take(&mut out) {
//!         match output {
//!             Output::Event(event) => events.push(event),
//!             Output::Reopen => unreachable!("the reader answers"),
//!             Output::Send(request) => {
//!                 let mut answers = Vec::new();
//!                 reader.handle(now, emulator::Input::Bytes(&request), &mut answers);
//!                 for answer in answers {
//!                     pad.handle(now, Input::Bytes(&answer), &mut out);
//!                 }
//!             }
//!         }
//!     }
//!     if out.is_empty() {
//!         now = pad.deadline().unwrap_or(now + Duration::from_millis(1)).max(now);
//!         pad.handle(now, Input::Tick, &mut out);
//!     }
//! }
//! assert!(matches!(&events[1], ReaderEvent::Arrived(arrival) if arrival.afi == Some(rfid_driver::tag::Afi::IN_STOCK)));
//! # }
//! ```

pub mod crc;
pub mod data;
pub mod dialogue;
#[cfg(any(test, feature = "emulator"))]
pub mod emulator;
pub mod frame;
pub mod hf;
pub mod pad;
#[cfg(feature = "serial")]
pub mod port;
pub mod presence;
pub mod tag;
pub mod uhf;
pub mod uhf_pad;

#[cfg(test)]
mod testing;
