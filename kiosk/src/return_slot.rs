//! A 24-hour return slot: the loop of `kiosk run --profile return-slot`.
//!
//! ```text
//!  modules ──images──▶┐                            ┌──coils────▶ modules      [modules]
//!  readers ──tags────▶│                            ├──close───▶ inner reader  [tags]
//!  journal ──Durable─▶├─▶ slot::Slot ──Output──▶ ──┼──row─────▶ journal task ─▶ ledger's file
//!  central ──Looked──▶│      (pure)                ├──look────▶ central, mirror  [library]
//!  ledger ───────────▶│                            └──return──▶ ledger, sync task [returns]
//!  clock ────Tick────▶┘
//! ```
//! As the kiosk's loop it waits for nothing but the next event. It keeps, beside the rules of [`slot`]:
//!
//! - A step is told to the machine as durable only when its row is on the disk; rows go there one after the other.
//! - A piece has one transaction, made with its first row: however often its return is begun, there is one row of it.
//! - The date of a return is that of its `TAKEN`.
//! - Whatever ends this program, the coils are written as it is safe first; what kills it leaves that to the modules' own
//!   watchdog.

mod books;
mod dates;
mod farewell;
mod journal;
mod library;
mod mains;
mod modules;
mod picture;
mod returns;
mod shell;
mod start;
mod tags;
mod words;

pub use books::{Answer, Books, Opened};
pub use returns::Written;
pub use start::start;
