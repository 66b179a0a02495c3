//! The command line of `kioskctl transfer`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::LineArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum TransferCommand {
    /// Begin a sheet from one branch to another
    New(NewArguments),
    /// Read a box of books at once, compare it with what was counted, and put it on the sheet
    ///
    /// A box whose count differs, or in which a tag is unreadable or doubled, is refused whole, and it is said what to do. Exit
    /// code 0 if all of it is on the sheet; 1 if something is not as it should be; 2 if central could not be told: the box is
    /// kept, and told first by the next command.
    #[command(after_help = EXAMPLES)]
    Box(BoxArguments),
    /// The sheet sets out
    Ship(SheetArguments),
    /// Read books that arrived at the other branch
    ///
    /// As often as boxes come. Exit code 0 if all are known; 1 if not; 2 if central could not be told.
    Receive(ReceiveArguments),
    /// Nothing more is expected: what has not arrived is missing
    Close(SheetArguments),
    /// The sheet was a mistake: its books stand where they stood
    Undo(SheetArguments),
    /// How far a sheet is, its boxes and its differences
    Show(SheetArguments),
}

#[derive(Debug, Args)]
pub(crate) struct SheetArguments {
    /// The sheet's number
    #[arg(value_name = "SHEET")]
    pub(crate) sheet: String,
    /// The configuration with the way to central [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CommonArguments {
    /// Where is kept what central was not told yet [default: $XDG_STATE_HOME/yueting/transfer]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(flatten)]
    pub(crate) sheet: SheetArguments,
    /// The branch where the books stand
    #[arg(long, value_name = "BRANCH")]
    pub(crate) from: String,
    /// The branch where they go
    #[arg(long, value_name = "BRANCH")]
    pub(crate) to: String,
    /// They still belong to the first branch afterwards
    #[arg(long)]
    pub(crate) keeps_home: bool,
}

/// A reader, and the way to central.
#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// The sheet's number
    #[arg(value_name = "SHEET")]
    pub(crate) sheet: String,
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// The configuration with the way to central [default: --config, else /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
    /// A file of barcodes, one a line, instead of the reader; - is the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    pub(crate) items: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct BoxArguments {
    #[command(flatten)]
    pub(crate) scan: ScanArguments,
    /// What is written on the box
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: String,
    /// How many books whoever packed it has counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) expect: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiveArguments {
    #[command(flatten)]
    pub(crate) scan: ScanArguments,
    /// How many books whoever unpacks has counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) expect: Option<u32>,
}

const EXAMPLES: &str = "Examples:
  kioskctl transfer new DB20261130-1 --from LW01 --to LW03
  kioskctl transfer box DB20261130-1 --label 1 --expect 40 --port /dev/ttyUSB0 --protocol r2000
  kioskctl transfer ship DB20261130-1
  kioskctl transfer receive DB20261130-1 --expect 40 --port /dev/ttyUSB0 --protocol r2000";
