//! Receipt printers that speak ESC/POS, with Chinese text in GB18030.
//!
//! [`slip`] makes the bytes of a receipt, [`printer`] is the machine that prints them and knows how the printer is.
//!
//! ```text
//!   Slip ─▶ bytes ─▶ [Printer] ──10 04 1..4──▶  printer: how it is, at any time, even with its buffer full
//!                              ◀── 0xx1xx10 ──
//!                              ──job, 1D 72 01─▶ answered only when all before it is on paper: the end of printing
//!                              ◀── 0xx0xxxx ──
//! ```
//! # Spec
//! Epson's ESC/POS command reference (DLE EOT, DLE DC4 fn 8, GS r, GS ( k); FS & and the double bytes of GB18030 from the
//! manuals of printers for the Chinese market.

pub mod command;
pub mod printer;
pub mod slip;
pub mod status;
mod text;
mod wrap;

pub use printer::{Command, Event, Outcome, Patience, Printer, Trouble};
pub use slip::{Align, Cut, Job, Paper, Slip, Style};
pub use status::{PaperState, State};
