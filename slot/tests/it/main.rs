//! The slot against its mechanics: every hazard by name, and random nights.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: their failure is the test's failure"
)]

mod around;
mod hazards;
mod nights;
mod rig;
mod room;
mod street;
