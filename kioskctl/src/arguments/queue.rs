//! The command line of `kioskctl queue`.

use clap::{Args, Subcommand};

use super::KioskArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// How many rows wait for what; exit code 1 if some wait for staff
    Status(KioskArguments),
    /// The rows that are not closed, the newest first
    List(ListArguments),
    /// One row, and every step it took
    Show(ShowArguments),
    /// Try a row again that waits for staff
    ///
    /// What the kiosk took as done is told to central again; of anything else central is asked what it knows.
    Retry(OneArguments),
    /// Leave an open row to staff: the kiosk tries it no more
    Park(NoteArguments),
    /// Close a row that waits for staff: say what was done about it
    Settle(NoteArguments),
    /// Every row as one line of JSON, the oldest first
    Export(ExportArguments),
    /// Move a damaged ledger aside, so that the kiosk starts with a new one
    ///
    /// Nothing is deleted: the old file stays beside the new one, with the time in its name. A sound ledger is left alone.
    NewLedger(KioskArguments),
}

impl QueueCommand {
    pub(crate) fn queue(&self) -> &KioskArguments {
        match self {
            Self::Status(queue) | Self::NewLedger(queue) => queue,
            Self::List(list) => &list.queue,
            Self::Show(one) => &one.queue,
            Self::Retry(one) => &one.queue,
            Self::Park(one) | Self::Settle(one) => &one.queue,
            Self::Export(export) => &export.queue,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) queue: KioskArguments,
    /// Only rows that wait for staff
    #[arg(long, conflicts_with = "all")]
    pub(crate) parked: bool,
    /// Closed rows too
    #[arg(long)]
    pub(crate) all: bool,
    /// How many rows at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) limit: u16,
}

#[derive(Debug, Args)]
pub(crate) struct OneArguments {
    /// The row's id, or its last digits
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) queue: KioskArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The row's id, or its last digits
    pub(crate) id: String,
    /// Show the patron's number, if the row still has it
    #[arg(long)]
    pub(crate) patron: bool,
    #[command(flatten)]
    pub(crate) queue: KioskArguments,
}

#[derive(Debug, Args)]
pub(crate) struct NoteArguments {
    /// The row's id, or its last digits
    pub(crate) id: String,
    /// What to write down: why, or what was done
    #[arg(long = "note", value_name = "TEXT")]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) queue: KioskArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) queue: KioskArguments,
    /// With patrons' numbers, where rows still have them
    #[arg(long)]
    pub(crate) patrons: bool,
}
