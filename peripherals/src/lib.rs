//! The other parts of a kiosk's cabinet, beside the RFID reader: pure protocol machines, one shell, and the emulators on
//! the other side of the wire. Knows nothing of circulation.
//!
//! # Parts
//!
//! **No hardware was tried.** "Frames" are published ones, and tests both ways; all else is verified by the emulators of
//! this crate alone, which were written from the same documents.
//!
//! | part | protocol | verified by |
//! |---|---|---|
//! | receipt printer | [`escpos`]: ESC/POS with GB18030 text | bytes compared with python-escpos 3.1 and pyescpos 0.4 |
//!
//! # Reading order
//!
//! [`device`] is the shape of every machine. Frames come out of the stream by [`rfid_driver::frame`], so that noise costs
//! no good frame. No machine reads a clock, sleeps or does I/O; that does [`port`], alone.
//!
//! # Features
//!
//! - `serial`: [`port`], the shell over serial lines and TCP, with tokio.
//! - `emulator`: [`emulator`] and the program `cabinet-emulator`.

pub mod device;
#[cfg(any(test, feature = "emulator"))]
pub mod emulator;
pub mod escpos;
#[cfg(feature = "serial")]
pub mod port;

#[cfg(test)]
mod testing;
