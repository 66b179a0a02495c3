//! RFID readers and library tags: pure protocol machines, one serial shell, and the emulator on the other side of the
//! wire. Knows nothing of circulation: what a tag means for a loan is decided elsewhere.
//!
//! # Readers
//!
//! **No hardware**: what is not said to be verified otherwise is verified by the emulator of this crate alone, which was
//! written from the same documents. "Frames" are published or captured ones, and tests both ways; "run" is a program that
//! others wrote, in the test suite, against that emulator (`tests/it/independent.rs`, `tests/independent`).
//!
//! | family | readers | verified by | limits |
//! |---|---|---|---|
//! | [`hf::obid`] (FEIG ISO-Host) | ID ISC.MR, PR, LR: stacks, AFI and EAS | frames of the manuals, and computed ones; Biblio::RFID was run at design time only | |
//! | [`hf::obid`] | ID CPR | the same | four tags at once, more need the reader's "only new transponders" mode or a field that stays on; no EAS command, so `use_eas` must be off |
//! | [`hf::m810`] (3M) | 810: stacks, AFI and EAS | one captured probe and its answer; computed frames of inventory, read, write, AFI, EAS and version | tag information (its fallback is the AFI alone), EAS, DSFID and locks are from the document of the 210 only |
//! | [`hf::m810`] | 210 | the same | whether it speaks at 19 200 baud and what it answers to the 810's preparation is not published |
//! | [`uhf::m100`] | M100, QM100, R200, YRM100, JRD-4035 | frames of the manual; uhf-rfid 1.0.1 run: inventory, select, settings | that program's reads and writes differ from the manual, and are not run |
//! | [`uhf::r2000`] (A0) | Impinj R2000 and Indy: Rodinbell, Invelion | few frames; pyImpinj 1.2 run | tags are addressed by UII: programmed only alone on the pad |
//! | [`uhf::reader18`] | UHFReader18, 86, 288 (Chafon) | captured frames of others' tests; wabson.chafon-rfid 1.0.0 and uhfreader18 0.6.0 run | UHFReader18: one tag at a time, addressed by UII |
//! | [`uhf::mercury`] | ThingMagic M6e, Micro, Nano, M7e; Silion | sessions of the vendor's client; rfid-silion-compat 0.1.0 run | |
//! | [`uhf::llrp`] (1.0.1) | fixed readers and gates over TCP | captured messages; pyllrp 3.1.1 run | one host at a time |
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
