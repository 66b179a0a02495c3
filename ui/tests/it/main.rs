//! The screen, without any display: what it says, how it looks, what its buttons and keys send.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod colours;
mod keys;
mod more_pages;
mod pages;
mod pictures;
mod rig;
mod sweep;
mod words;
