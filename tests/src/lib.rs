//! The harness of the end-to-end tests: a whole kiosk in a folder of its own.
//!
//! Central and the reader are the product's programs as processes; the kiosk is the daemon, in the test's process so
//! that its screens can be awaited, or as a process where it is to be killed. Nothing is slept for: every wait is for a
//! screen, a row or an answer, with one generous limit that only a failure reaches.
#![expect(clippy::expect_used, reason = "what a test cannot set up ends the test, with its reason")]

pub mod address;
pub mod agree;
pub mod chance;
pub mod far;
pub mod kills;
pub mod library;
pub mod line;
pub mod night;
pub mod pad;
pub mod place;
pub mod scene;
pub mod seen;
pub mod story;
pub mod supply;
pub mod uhf;
pub mod visits;
pub mod watch;
