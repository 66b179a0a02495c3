//! Readers of Chinese identity cards with the ministry's SAM-V module: the SDT protocol.
//!
//! ```text
//!   host → module   AA AA AA 96 69 | length 2 | command 2 · data        | check
//!   module → host   AA AA AA 96 69 | length 2 | SW1 SW2 SW3 · data      | check      big-endian; check: XOR of length
//!                                                                                    and what follows it
//!   each read:  20 01 find ─9F▶ 20 02 select ─90▶ 30 01 read ─90▶ 256 bytes of text, 1024 of photograph
//! ```
//! **The photograph is dropped here**, unread, with address, nation and issuer: nothing of them leaves this module. What
//! is kept of the text is overwritten in memory when it is dropped.
//!
//! # Spec
//! The module's protocol as its integrators publish it (commands, answers, frames); GA/T 490 for the text; GB 11643 for
//! the number. The foreigners' card of 2023 is known by its type letter; where its fields are is not published: of it
//! only the number is looked for, and staff does the rest.

pub mod frame;
mod machine;
pub mod record;

pub use machine::{CardFault, Command, Down, Event, IdReader, Patience};
pub use record::{Document, IdNumber, Kind};
