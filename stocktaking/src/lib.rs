//! Stocktaking for programs: what `kioskctl stocktake` in a terminal and `kiosk stocktake` on a touch screen have in common.
//!
//! One folder is one stocktake: `plan.csv` what is expected, `stocktake.json` how it is judged, `journal` what was heard
//! ([`sync_client::stocktake`]), `session.pid` who reads now, `told` how much of it the library's system was told. The folder
//! can be carried to another machine between two sessions. What is judged, and how, is [`circulation::stocktake`].
//!
//! ```text
//!   reader ──ReaderEvent──▶ [reads] ──Sighting──▶ [Pass] ──▶ Stocktake (circulation)
//!                                                   └─────▶ Journal: on the disk within a second
//! ```
//! [`Telling`] hands what was counted to the library's system, item by item, and can be stopped at any of them.
//!
//! **Rule:** what the machine kept is in the journal before anybody is told of it.

mod error;
mod folder;
mod pass;
mod plan;
mod power;
mod reads;
mod tally;
mod telling;
mod told;

pub use error::StocktakeError;
pub use folder::{Folder, Judged, Lost};
pub use pass::{Pass, Told};
pub use power::powers;
pub use reads::{arrived, heard, sighting};
pub use tally::Tally;
pub use telling::{Step, TellError, Telling};
