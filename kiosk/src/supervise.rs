//! Watches over the parts: hears how they are, has them begun anew, raises alarms, and feeds the system's watchdog.
//!
//! ```text
//!   parts ──Told──▶ [this task] ──Order::Restart──▶ event loop (reader, sync, catalogue, speech)
//!                    │  │  └──────starter────────▶ control socket, console
//!                    │  └──Board──▶ console, metrics, kioskctl
//!                    └──WATCHDOG=1 while every task beats, and the ledger answers
//! ```
//! The machines are [`supervision`]'s; here is the clock, the disk and the socket.

mod desk;
mod reporter;
mod task;

use std::sync::Arc;
use std::time::Duration;

use circulation::id::TransactionId;
use circulation::screen::Notice;
use peripherals::nut::policy::Level;
use rfid_driver::port::Command;
use rfid_driver::tag::TagId;
use supervision::life;
use supervision::part::Part;
use tokio::sync::oneshot;

use crate::reload::Fresh;

pub(crate) use desk::says_itself;
pub use desk::{Desk, Starter, Starters, Turn};
pub use reporter::{Farewell, Reporter, Told};
pub(crate) use task::of_task;

/// What the event loop is told to do about its parts.
#[derive(Debug)]
pub enum Order {
    /// Begin a part anew.
    Restart(Part),
    /// End a part in the middle of whatever it does, as a fault would.
    End(Part),
    /// Look at a row again: staff wants it tried.
    Resolve(TransactionId),
    /// Out of service, or back.
    Service(bool),
    /// How it stands with the mains.
    Power(Level),
    /// Another configuration; the answer is whether it is in force, or waits for the end of a visit.
    Configure(Fresh, oneshot::Sender<bool>),
    /// What the library tells its readers; nothing takes it back.
    Notice(Option<Arc<Notice>>),
    /// Say or print something for a test; the answer is why not.
    Test(Test, oneshot::Sender<Result<(), String>>),
    /// Say which tags lie on the pad.
    Tags(oneshot::Sender<Vec<TagId>>),
    /// A command for the reader, of the console's station.
    Reader(Command),
}

/// What is tried on the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// a spoken sentence
    Speak,
    /// a sound
    Sound,
    /// the reader begun anew
    Reader,
    /// a printed page
    Print,
    /// paper fed
    Feed,
}

/// How long a task may go without a sign of life: well below the patience of the service manager.
#[must_use]
pub fn limit() -> Duration {
    life::watchdog_period().map_or(LIMIT, |period| (period / 2).min(LIMIT))
}

const LIMIT: Duration = Duration::from_secs(15);
