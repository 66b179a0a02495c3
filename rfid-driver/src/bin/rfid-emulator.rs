//! A reader with tags on a pseudo-terminal or a TCP port: for demonstrations, and for tests without hardware.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rfid_driver::emulator::shell::{self, Options};
use rfid_driver::emulator::{EmulatorConfig, Model, Timing};

/// An RFID reader on a pseudo-terminal or a TCP port, with tags that are laid on its pad by commands (type: help).
#[derive(Debug, Parser)]
#[command(name = "rfid-emulator", version)]
struct Arguments {
    /// Symbolic link to the terminal; re-pointed when the reader is plugged again
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
    /// TCP port instead of a terminal, such as 127.0.0.1:10001; port 0 is any that is free [default for llrp: 127.0.0.1:5084]
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "link")]
    listen: Option<String>,
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
    /// M100, QM100, R200 and their kin (BB ... 7E)
    M100,
    /// R2000 readers (A0)
    R2000,
    /// UHFReader18, or UHFReader288 with --model reader288
    Reader18,
    /// ThingMagic Mercury serial
    Mercury,
    /// LLRP 1.0.1, over TCP
    Llrp,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reader {
    /// ID ISC.MR101: whole stacks, EAS
    Mr101,
    /// ID CPR.02: four tags at once, no EAS
    Cpr02,
    /// UHFReader288: four antennas, signal strength
    Reader288,
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
            (Family::FeigObid, Reader::Mr101 | Reader::Reader288) => Model::Mr101,
            (Family::FeigObid, Reader::Cpr02) => Model::Cpr02,
            (Family::M100, _) => Model::M100,
            (Family::R2000, _) => Model::R2000,
            (Family::Reader18, Reader::Reader288) => Model::Reader288,
            (Family::Reader18, Reader::Mr101 | Reader::Cpr02) => Model::Reader18,
            (Family::Mercury, _) => Model::Mercury,
            (Family::Llrp, _) => Model::Llrp,
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
        let is_llrp_alone = model == Model::Llrp && self.link.is_none();
        let listen = self.listen.or_else(|| is_llrp_alone.then(|| LLRP_PORT.to_owned()));
        Options { emulator, link: self.link, listen, control: self.control, tags: self.tags }
    }
}

/// Where LLRP readers listen, on this machine alone.
const LLRP_PORT: &str = "127.0.0.1:5084";
