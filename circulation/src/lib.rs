//! The words and rules of circulation at a self-service kiosk.
//!
//! Pure: no I/O, no clock, no randomness, no serialization. Time, ids and the outside world's answers come in as
//! inputs; what is to be done goes out as data. Read the modules in this order:
//!
//! - [`id`]: item, patron, tag and transaction ids, parsed once and never re-checked
//! - [`money`], [`item`], [`patron`]: the things that circulate and the people who borrow them
//! - [`transaction`]: checkout and checkin, and the verdicts on them
//! - [`policy`]: what may be assumed while central is silent
//! - [`identity`], [`card_type`]: who asks for a card, and which one they may have
//! - [`issue`]: the order of acts in which a card is issued
//! - [`call_number`]: the order in which call numbers stand on a shelf
//! - [`keyboard`]: the keyboard of the screen, with Chinese characters from pinyin
//! - [`reading`]: how a Chinese title is read, for children
//! - [`search`]: what a patron looks for in the catalogue, and what was found
//! - [`sighting`]: when and where an item was last seen
//! - [`stocktake`]: what stands on which shelf and what is missing, from sightings of tags
//! - [`hunt`]: a list of items is looked for by the strength of their tags
//! - [`screen`]: what a patron sees and can touch, as plain data
//! - [`session`]: the machine of one kiosk: `handle(now, input, &mut out)`
//!
//! **Invariant**: nothing in this crate knows a wire format, a database or a widget.

pub mod account;
pub mod call_number;
pub mod card_type;
pub mod hunt;
pub mod id;
pub mod identity;
pub mod issue;
pub mod item;
pub mod keyboard;
pub mod money;
pub mod patron;
pub mod policy;
pub mod reading;
pub mod screen;
pub mod search;
pub mod session;
pub mod sighting;
pub mod stocktake;
pub mod transaction;
