//! The command line of what is asked of a kiosk that runs.

use clap::{Args, Subcommand};
use supervision::part::Part;

use super::KioskArguments;

#[derive(Debug, Args)]
pub(crate) struct PartsArguments {
    #[command(flatten)]
    pub(crate) kiosk: KioskArguments,
    /// How this part was, change by change
    #[arg(long, value_name = "PART", value_parser = part)]
    pub(crate) history: Option<Part>,
}

#[derive(Debug, Args)]
pub(crate) struct AlarmsArguments {
    #[command(flatten)]
    pub(crate) kiosk: KioskArguments,
    /// Those that are over too
    #[arg(long)]
    pub(crate) past: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestartArguments {
    /// reader, central, catalogue, speech, printer, control or console
    #[arg(value_name = "PART", value_parser = part)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) kiosk: KioskArguments,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// The least important that is shown: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub(crate) level: String,
    /// Only lines that contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) contains: String,
    /// How many lines at most, the newest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) limit: u16,
    #[command(flatten)]
    pub(crate) kiosk: KioskArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Out of service: whoever stands there is served to the end, and nobody after them
    Out(KioskArguments),
    /// Back into service
    Back(KioskArguments),
}

fn part(word: &str) -> Result<Part, String> {
    Part::named(word).ok_or_else(|| {
        let known: Vec<&str> = Part::ALL.into_iter().map(Part::word).collect();
        format!("there is no such part; there are: {}", known.join(", "))
    })
}
