//! The return slot of the 24-hour library, as a pure machine.
//!
//! A book goes in through a shutter, over a reversible belt past a tag antenna, through a one-way flap, onto a sorting
//! belt and into one of several bins. Nobody of the library is there. Whatever happens, each book ends in exactly one
//! place, and the journal says in which.
//!
//! ```text
//!   street │shutter│        inlet belt, both ways          │flap│   sorting belt, forward only
//!          │curtain│ eye_in      [antenna]      eye_mid    │    │ eye_out     ▼bin 0  ▼bin 1 .. ▼exception
//! ```
//!
//! Read the modules in this order:
//!
//! - [`sensors`]: what the mechanics tell, and what they are told
//! - [`io`]: the inputs and outputs of the machine
//! - [`timing`]: every time and size it works with
//! - [`sort`]: which bin, by a table of rules
//! - [`journal`]: the steps of a piece, on the disk before the motion that makes them true
//! - [`shutter`]: the one part that can hurt somebody, a machine of its own
//! - [`slot`]: the machine of the whole
//! - [`setup`]: the configuration as the machine's setup
//! - [`mechanics`]: a model of the iron, for tests and the emulated slot
//! - [`wiring`]: contacts and relays of input and output modules as images and motions
//!
//! Beside the slot, and a machine of its own, stands the [`room`] that is open through the night: its door, and who comes in.
//!
//! # What it keeps
//!
//! - **S1** The shutter never closes on a broken curtain, and a motion towards closed ends with the first sensor image that
//!   shows one. It moves on a broken curtain only to let go of what is there. *Software is the second layer: the curtain
//!   cuts the closing relay by wire, or the slot must not be put to use* (docs/slot.md).
//! - **S2** A piece is checked in only behind the flap, whence it cannot come out again.
//! - **S3** `SEEN`, `TAKEN`, `CHECKED IN`, `SORTED` are on the disk before the motion that makes them true.
//! - **S4** Every state has a way to [`slot::Rest::Idle`] or [`slot::Rest::OutOfService`] in bounded time.

pub mod io;
pub mod journal;
pub mod mechanics;
pub mod room;
pub mod sensors;
pub mod setup;
pub mod shutter;
pub mod slot;
pub mod sort;
pub mod timing;
pub mod wiring;
