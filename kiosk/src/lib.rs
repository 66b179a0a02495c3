//! The kiosk daemon: one event loop between reader, ledger, central server and screen.
//!
//! ```text
//!  reader task ──ReaderEvent──▶┐                          ┌──Command──▶ reader task
//!  sync task ────SyncEvent────▶│                          ├──Request──▶ sync task
//!  ledger acks ──Ack──────────▶├─▶ [event] ▶ Session ▶ [effect] ──row──▶ ledger thread
//!  catalogue ────Found────────▶│                          ├──Query────▶ catalogue
//!  screen ───────Touch────────▶│                          └──Screen───▶ screen, speech, sounds
//!  clock ────────Tick─────────▶┘
//! ```
//! Rules that this crate keeps, beside those of `circulation::session`:
//!
//! - a tag is opened only with a [`sync_client::ledger::Durable`] of its granted row in hand (`effect`);
//! - the loop never waits for the disk, the network or a reader: their answers are events;
//! - numbers of patrons appear in no log.
//!
//! Read in this order: [`event`], [`translate`], [`effect`], [`daemon`], [`control`], [`start`](fn@start), [`run`](fn@run),
//! [`demo`]; beside the way of a book stand [`surroundings`], [`desk`], [`catalogue`], [`staff`], [`audible`],
//! [`heartbeat`], [`power`], [`ups`] and [`supervise`], which watches over all of them. [`return_slot`] is the loop of a
//! 24-hour slot, in place of [`daemon`]; [`stocktake`] is a program of its own in it.

pub mod audible;
pub mod broker;
pub mod catalogue;
pub mod console;
pub mod control;
pub mod daemon;
pub mod demo;
pub mod desk;
pub mod effect;
pub mod event;
mod failure;
mod gate;
mod given;
pub mod heartbeat;
pub mod helpers;
mod library;
pub mod log;
mod modules;
pub mod power;
pub mod printer;
pub mod reader;
pub mod reload;
pub mod return_slot;
mod room;
mod run;
pub mod screenshot;
pub mod settings;
pub mod staff;
mod start;
pub mod stocktake;
pub mod supervise;
pub mod surroundings;
pub mod sync;
mod tally;
pub mod translate;
pub mod ups;

pub use failure::Failure;
pub use library::MIRROR_FILE;
pub use run::{Profile, RunOptions, console_password, run, staff_pin};
pub use start::{LEDGER_FILE, Running, start, start_or_wait};
