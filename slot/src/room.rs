//! The room of the 24-hour library, as a pure machine: who comes in, how many are there, and when the door is not as it should be.
//!
//! ```text
//!   street │ card or code ─▶ ask ─▶ [door, relay 5 s] ═══ passage: outer eye, inner eye ═══▶ inside
//!          │                                         ◀═══ exit button, emergency release: by wire ═══
//! ```
//! **Nothing in software may be the only thing that lets a person out** (docs/room.md): exit button, emergency release and
//! fire alarm open the door by wire. What this machine does at an exit is the second layer.
//!
//! Read the modules in this order:
//!
//! - [`io`]: what it is told, and what it tells
//! - [`passage`]: two eyes as steps inwards and outwards
//! - [`door`]: the machine
//! - [`wiring`]: contacts and relays of modules as [`io::Contacts`] and orders
//! - [`model`]: a door with people, for tests and the emulated room
//!
//! # What it keeps
//!
//! - **R1** The door is unlocked for [`Rules::unlock`] after a grant or the last moment of the exit button, and as long as the
//!   fire alarm holds; never otherwise.
//! - **R2** The exit button unlocks in every state in which the contacts are known; where they are not, the wire does.
//! - **R3** The count is never below 0, and knows nobody: neither machine nor outputs carry who came.
//! - **R4** Every question has an end: without a word in time nobody is let in, and the next one may ask.

pub mod door;
pub mod io;
pub mod model;
pub mod passage;
pub mod wiring;

use std::time::Duration;

use config::Config;

/// The times and numbers of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// the door is unlocked for so long
    pub unlock: Duration,
    /// so long it may stand open
    pub held: Duration,
    /// so many may come in with one card
    pub party: u32,
    /// so many may be inside, if that is limited
    pub most: Option<u32>,
    /// so long a word on a card is waited for
    pub patience: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            unlock: Duration::from_secs(5),
            held: Duration::from_secs(30),
            party: 1,
            most: None,
            patience: Duration::from_secs(7),
        }
    }
}

impl Rules {
    /// The rules of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let room = &config.room;
        Self {
            unlock: room.unlock,
            held: room.held,
            party: room.party,
            most: room.most,
            // Whoever asks has looked elsewhere by then.
            patience: room.central.saturating_add(Duration::from_secs(2)),
        }
    }
}
