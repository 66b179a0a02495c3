//! What `reader program` and `reader bench` take.

use std::time::Duration;

use clap::Args;

use super::{KioskArguments, LineArguments, SetArgument, seconds};
use crate::hex::HexByte;

#[derive(Debug, Args)]
pub(crate) struct ProgramArguments {
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// The item's number, or the patron card's
    #[arg(long, value_name = "ID")]
    pub(crate) item: String,
    /// The owner's ISIL, such as CN-110108-1-NLC
    #[arg(long, value_name = "ISIL")]
    pub(crate) isil: Option<String>,
    /// Which part of how many, such as 1/2
    #[arg(long, value_name = "PART/OF")]
    pub(crate) set: Option<SetArgument>,
    /// The type of usage: 10 circulation, 80 patron card
    #[arg(long, value_name = "HH")]
    pub(crate) usage: Option<HexByte>,
    /// The shelf location
    #[arg(long, value_name = "TEXT")]
    pub(crate) shelf: Option<String>,
    /// The title
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The layout to write [default: the tag's own, else iso28560-2, and iso28560-4 on UHF tags]
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,
    /// In the library: the gate alarms [default: as the tag is, else so]
    #[arg(long, conflicts_with = "unsecured")]
    pub(crate) secured: bool,
    /// On loan: the gate is silent
    #[arg(long)]
    pub(crate) unsecured: bool,
    /// Which tag, by its UID or TID [default: the only one]
    #[arg(long, value_name = "UID")]
    pub(crate) tag: Option<String>,
    /// The item id that the tag has now and is to lose
    #[arg(long, value_name = "OLD")]
    pub(crate) overwrite: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Only show what would be written
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// How long to measure
    #[arg(long, value_name = "N", value_parser = seconds, default_value = "10")]
    pub(crate) seconds: Duration,
    /// Change the security of this tag there and back too, by its UID or TID
    #[arg(long, value_name = "TAG")]
    pub(crate) write: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListTagsArguments {
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// How many items it is said to be
    #[arg(long, value_name = "N")]
    pub(crate) expect: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PowerArguments {
    /// The power of all antennas
    #[arg(value_name = "DBM", value_parser = clap::value_parser!(u8).range(0..=36), conflicts_with = "back")]
    pub(crate) dbm: Option<u8>,
    /// For how long, in seconds
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(10..=900), requires = "dbm")]
    pub(crate) seconds: u16,
    /// Go back to the configured power at once
    #[arg(long)]
    pub(crate) back: bool,
    #[command(flatten)]
    pub(crate) kiosk: KioskArguments,
}

pub(super) const PROGRAM_EXAMPLES: &str = "Examples:
  kioskctl reader program --item B123456 --isil CN-110108-1-NLC --set 1/1 --usage 10 --secured
  kioskctl reader program --item B123457 --overwrite B123456 --tag E004010012345678 --yes --json";
