//! The command line of `kioskctl stocktake`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{LineArguments, seconds};
use crate::hex::HexByte;

#[derive(Debug, Subcommand)]
pub(crate) enum StocktakeCommand {
    /// Begin a pass over the shelves, and read until Ctrl-C
    ///
    /// The first pass makes the folder, by the list of what is expected (--plan). Each further pass makes the result surer:
    /// an item is missing only after as many passes as the rule wants. Everything is on the disk within a second. While it
    /// reads, a line `end` ends the pass, and the mark of a shelf says before which one you stand.
    #[command(after_help = EXAMPLES)]
    Start(StartArguments),
    /// Write the list of what should stand on the shelves of a branch, as central has it
    ///
    /// For `start --plan` on this machine or another, and for the tablet. `start --branch` fetches it by itself.
    Plan(PlanArguments),
    /// Interrupt the pass that reads in another terminal: a shelf that was gone over in part is gone over again
    Pause(FolderArguments),
    /// Go on with a pass that was interrupted, also by a crash or on another machine
    Resume(SessionArguments),
    /// How far it is; also while it reads
    Status(FolderArguments),
    /// What stands where, and what does not: shelf by shelf
    ///
    /// Exit code 0 if all is as it should be; 1 if something is not.
    Report(ReportArguments),
    /// Look for items by the strength of their tags, until each is found
    ///
    /// The bar rises as you near one; the reader's power is stepped down, and found is what answers at the least. A shelf mark
    /// on the way says where you are, and which is the next shelf. Exit code 0 if all were found; 1 if some were not.
    Find(FindArguments),
    /// End the pass, and tell the library's system what was seen
    ///
    /// A line that breaks loses nothing: the same command goes on where it was.
    Close(CloseArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// The stocktake's folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SessionArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// Pause after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    #[command(flatten)]
    pub(crate) session: SessionArguments,
    /// What is expected: a CSV file whose first row names the columns barcode, call_number, shelf and state
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// What is expected: what central says should stand in this branch
    #[arg(long, value_name = "BRANCH", conflicts_with = "plan")]
    pub(crate) branch: Option<String>,
    #[command(flatten)]
    pub(crate) expected: ExpectedArguments,
    /// The weakest read of a tag on the shelf before the antenna; weaker ones may be behind it
    #[arg(long, value_name = "DBM", default_value_t = -60, allow_negative_numbers = true, value_parser = clap::value_parser!(i8).range(-100..=0))]
    pub(crate) near: i8,
    /// How many of a hundred tags a pass is believed to miss
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=90))]
    pub(crate) miss: u8,
    /// How sure it has to be that an item is missing
    #[arg(long, value_name = "PERCENT", default_value_t = 99, value_parser = clap::value_parser!(u8).range(50..=99))]
    pub(crate) confidence: u8,
    /// Whose items are ours besides those whose tags name nobody; may be given several times
    #[arg(long, value_name = "ISIL")]
    pub(crate) owner: Vec<String>,
    /// How the number of a shelf mark begins
    #[arg(long, value_name = "TEXT", default_value = "CJ-")]
    pub(crate) shelf_prefix: String,
    /// The type of usage of a shelf mark, besides
    #[arg(long, value_name = "HH")]
    pub(crate) shelf_usage: Option<HexByte>,
}

/// Which list, and the way to central.
#[derive(Debug, Args)]
pub(crate) struct ExpectedArguments {
    /// Only shelves whose marks begin so
    #[arg(long, value_name = "TEXT")]
    pub(crate) shelves: Option<String>,
    /// The configuration with the way to central [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The file that is written
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The branch whose shelves are to be counted
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: String,
    #[command(flatten)]
    pub(crate) expected: ExpectedArguments,
}

#[derive(Debug, Args)]
pub(crate) struct FindArguments {
    #[command(flatten)]
    pub(crate) session: SessionArguments,
    /// Barcodes of the items
    #[arg(value_name = "ITEM")]
    pub(crate) items: Vec<String>,
    /// All that the stocktake has not found yet
    #[arg(long)]
    pub(crate) missing: bool,
    /// The configuration with the way to central: it is asked where each was last seen, and when
    #[arg(long, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
    /// Powers from full to least, in dBm, such as 30,26,22 [default: what the reader's family takes]
    #[arg(long, value_name = "DBM,..", value_delimiter = ',', value_parser = clap::value_parser!(i8).range(0..=36))]
    pub(crate) powers: Vec<i8>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// Only this shelf
    #[arg(long, value_name = "MARK")]
    pub(crate) shelf: Option<String>,
    /// Write a line of CSV for each finding
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CloseArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// The configuration with the way to the library's system [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The number of the count at the library's system [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) batch: Option<String>,
    /// Only end the pass, and tell nobody
    #[arg(long)]
    pub(crate) keep: bool,
}

const EXAMPLES: &str = "Examples:
  kioskctl stocktake start east-wing --branch LW01 --shelves CJ-0 --library kiosk.toml --port /dev/ttyUSB0 --protocol r2000
  kioskctl stocktake start east-wing --plan east-wing.csv --port /dev/ttyUSB0 --protocol r2000
  kioskctl stocktake report east-wing --csv east-wing-findings.csv

A plan:
  barcode,call_number,shelf,state
  LW0000001,I242.4/12,CJ-001,free
  LW0000002,I242.4/15,CJ-001,on-loan";
