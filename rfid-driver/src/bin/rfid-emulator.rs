//! A reader with tags on a pseudo-terminal: for demonstrations, and for tests without hardware.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rfid_driver::emulator::shell::{self, Options};
use rfid_driver::emulator::{EmulatorConfig, Model, Timing};

/// An RFID reader on a pseudo-terminal, with tags that are laid on its pad by commands (type: help).
#[derive(Debug, Parser)]
#[command(name = "rfid-emulator", version)]
struct Arguments {
    /// Symbolic link to the terminal; re-pointed when the reader is plugged again
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
    /// Unix socket that takes the same commands as the standard input
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// File of commands that are carried out at the start
    #[arg(long, value_name = "FILE")]
    tags: Option<PathBuf>,
    /// Whether answers take the time of line, air and tags
    #[arg(long, value_enum, default_value_t = Pace::Fast)]
    timing: Pace,
    /// Baud rate by which the real timing is reckoned [default: what the reader's maker sets]
    #[arg(long)]
    baud: Option<u32>,
    /// What the reader speaks
    #[arg(long, value_enum, default_value_t = Family::FeigObid)]
    protocol: Family,
    /// The reader, if it is a FEIG one
    #[arg(long, value_enum, default_value_t = Reader::Mr101)]
    model: Reader,
    /// How many tags one inventory answer tells, if it is a FEIG reader
    #[arg(long, value_name = "N", default_value_t = 16)]
    max_per_inventory: usize,
    /// Start of the randomness of noise and missed tags
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pace {
    Real,
    Fast,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Family {
    /// FEIG OBID ISO-Host
    FeigObid,
    /// 3M 810 and 210
    #[value(name = "3m-810")]
    ThreeM810,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reader {
    /// ID ISC.MR101: whole stacks, EAS
    Mr101,
    /// ID CPR.02: four tags at once, no EAS
    Cpr02,
}

#[tokio::main]
async fn main() -> ExitCode {
    match shell::run(Arguments::parse().options()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where else to tell it?
            drop(writeln!(io::stderr(), "rfid-emulator: {error}"));
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn options(self) -> Options {
        let model = match (self.protocol, self.model) {
            (Family::FeigObid, Reader::Mr101) => Model::Mr101,
            (Family::FeigObid, Reader::Cpr02) => Model::Cpr02,
            (Family::ThreeM810, _) => Model::M810,
        };
        let emulator = EmulatorConfig {
            model,
            timing: match self.timing {
                Pace::Real => model.timing(self.baud.unwrap_or_else(|| model.baud())),
                Pace::Fast => Timing::Fast,
            },
            max_per_inventory: self.max_per_inventory,
            seed: self.seed,
            ..EmulatorConfig::default()
        };
        Options { emulator, link: self.link, control: self.control, tags: self.tags }
    }
}
