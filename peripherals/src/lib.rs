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
//! | receipt printer | [`escpos`]: ESC/POS with GB18030 text | bytes compared with python-escpos 3.1 and pyescpos 0.4; states of the manuals |
//! | barcode and QR scanner | [`scan`]: lines of a serial port; input events of a keyboard | trigger commands of Newland's and Honeywell's manuals; no device's recording |
//! | identity card reader | [`idcard`]: SDT, SAM-V | frames that integrators publish; one whole answer computed by others (its SHA-256) |
//! | card dispenser | [`dispenser::f2`]: CRT-571, CRT-591 | frames of the maker's document |
//! | | [`dispenser::sf`]: K720, K720 without length, CRT-531, CD-720M | frames of drivers in the field; the CD-720M's of its manual |
//! | supply with a battery (UPS) | [`nut`]: Network UPS Tools, over TCP | NUT 2.8.0 itself: upsd with dummy-ups |
//! | security gates | [`gate`]: lines of our own for an adapter beside each make, over TCP | tests of the lines alone |
//! | modules with contacts and relays | [`modbus`]: Modbus RTU and TCP | examples of the specification; pymodbus 3.6.9 as master and as slave |
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
pub mod dispenser;
#[cfg(any(test, feature = "emulator"))]
pub mod emulator;
pub mod escpos;
pub mod gate;
pub mod idcard;
pub mod modbus;
pub mod nut;
#[cfg(feature = "serial")]
pub mod port;
pub mod scan;

#[cfg(test)]
mod testing;
