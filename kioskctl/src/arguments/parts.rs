//! The command line of what is asked of a kiosk that runs.

use clap::{Args, Subcommand};
use supervision::part::Part;

use super::QueueArguments;

#[derive(Debug, Args)]
pub(crate) struct PartsArguments {
    #[command(flatten)]
    pub(crate) kiosk: QueueArguments,
    /// How this part was, change by change
    #[arg(long, value_name = "PART", value_parser = part)]
    pub(crate) history: Option<Part>,
}

#[derive(Debug, Args)]
pub(crate) struct AlarmsArguments {
    #[command(flatten)]
    pub(crate) kiosk: QueueArguments,
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
    pub(crate) kiosk: QueueArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Out of service: whoever stands there is served to the end, and nobody after them
    Out(QueueArguments),
    /// Back into service
    Back(QueueArguments),
}

fn part(word: &str) -> Result<Part, String> {
    Part::named(word).ok_or_else(|| {
        let known: Vec<&str> = Part::ALL.into_iter().map(Part::word).collect();
        format!("there is no such part; there are: {}", known.join(", "))
    })
}
