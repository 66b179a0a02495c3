//! The drivers on real pseudo-terminals, against the emulators as programs; and our bytes beside those of others.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod generators;
mod modbus;
mod parts;
mod printer;
mod program;
mod python;
