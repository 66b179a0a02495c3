//! What `tag station` and `tag batch` take.

use std::path::PathBuf;

use clap::Args;

use super::LineArguments;
use crate::hex::HexByte;

#[derive(Debug, Args)]
pub(crate) struct StationArguments {
    /// The batch: a file that is begun, or gone on with
    #[arg(value_name = "BATCH")]
    pub(crate) batch: PathBuf,
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// What is to be written, as CSV with a column barcode, and if wanted set (1/2) and title [default: a scanner that types lines]
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) list: Option<PathBuf>,
    /// The owner's ISIL, such as CN-110108-1-NLC
    #[arg(long, value_name = "ISIL")]
    pub(crate) isil: Option<String>,
    /// The type of usage, such as 10: circulation
    #[arg(long, value_name = "HH")]
    pub(crate) usage: Option<HexByte>,
    /// The layout to write [default: iso28560-2, and iso28560-4 on UHF tags]
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,
    /// On loan: the gate is silent [default: in the library, the gate alarms]
    #[arg(long)]
    pub(crate) unsecured: bool,
    /// Tags of other items may be rewritten
    #[arg(long)]
    pub(crate) rewrite: bool,
    /// Write the report as CSV at the end
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) csv: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BatchArguments {
    /// The batch
    #[arg(value_name = "BATCH")]
    pub(crate) batch: PathBuf,
    /// Its list, to say what is left of it
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) list: Option<PathBuf>,
    /// Write the report as CSV
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) csv: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(super) const STATION_EXAMPLES: &str = "Examples:
  kioskctl tag station east.batch --isil CN-371202-LW --port /dev/ttyUSB0
  kioskctl tag station east.batch --list east.csv --rewrite --csv east-report.csv

At the keyboard: undo takes back the last tag, skip leaves the item, end (or Ctrl-D) ends; so do 撤销, 跳过, 结束.";
