//! A return slot that exists only in the computer, for tests, demonstrations and whoever writes a driver for it.
//!
//! ```text
//!   people, script, chance ─▶ [World] mechanics, in steps of 20 ms
//!                              │  ▲ contacts and relays, as the configuration wires them
//!                              │  └── Modbus modules on terminals or TCP ports  ◀── whoever drives the slot
//!                              └───── readers over the inlet belt and behind the flap  ◀──
//! ```
//! It is wired by the file of the kiosk that is to drive it: what that names as ports, this makes.
//!
//! Read the modules in this order:
//!
//! - [`plant`]: the mechanics' contacts and drives as inputs and coils
//! - [`world`]: all of it as one machine in time
//! - [`people`]: who brings what, and takes it back
//! - [`words`]: the lines with which one plays with it
//! - [`picture`]: how it looks
//! - [`usual`]: a wiring to begin with
//! - [`shell`]: ports, time, and lines from outside
//! - [`room`]: a door with people, and a scanner at it

pub mod people;
pub mod picture;
pub mod plant;
pub mod room;
pub mod shell;
pub mod usual;
pub mod words;
pub mod world;
