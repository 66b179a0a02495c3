//! The program at its command line: what it prints, and its exit codes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod configuration;
mod decode;
mod doctor;
mod doctor_devices;
mod emulated;
mod encode;
mod faults;
mod local;
mod package;
mod program;
mod queue;
mod reader;
mod reader_program;
mod setup;
mod setup_browser;
mod standin;
mod station;
