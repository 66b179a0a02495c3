//! The emulated slot: in virtual time, and as a program with an independent master.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod program;
#[path = "../../../peripherals/tests/it/python.rs"]
mod python;
mod world;
