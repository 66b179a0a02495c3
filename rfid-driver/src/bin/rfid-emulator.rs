//! A reader with tags on a pseudo-terminal or a TCP port: for demonstrations, and for tests without hardware.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rfid_driver::emulator::room::file::RoomFile;
use rfid_driver::emulator::shell::{self, Options, ShellError};
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
    /// Room of shelves through which the reader is pushed while it is asked for tags, instead of a pad; UHF only
    #[arg(long, value_name = "FILE")]
    room: Option<PathBuf>,
    /// Print what the catalogue believes of the room, for `kioskctl stocktake start --plan`, and end
    #[arg(long, requires = "room")]
    room_plan: bool,
    /// Print a room to begin with, and end
    #[arg(long, exclusive = true)]
    room_example: bool,
    /// Whether answers take the time of line, air and tags [default: fast; real in a room]
    #[arg(long, value_enum)]
    timing: Option<Pace>,
    /// Baud rate by which the real timing is reckoned [default: what the reader's maker sets]
    #[arg(long)]
    baud: Option<u32>,
    /// What the reader speaks [default: feig-obid; r2000 in a room]
    #[arg(long, value_enum)]
    protocol: Option<Family>,
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

/// What the command line wants.
enum Wish {
    Run(Box<Options>),
    Print(String),
}

#[tokio::main]
async fn main() -> ExitCode {
    let told = match Arguments::parse().wish() {
        Ok(Wish::Print(text)) => {
            let mut stdout = io::stdout().lock();
            stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush())
                .map_err(|error| ShellError::Stdout(error).to_string())
        }
        Ok(Wish::Run(options)) => shell::run(*options).await.map_err(|error| error.to_string()),
        Err(text) => Err(text),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            // Where else to tell it?
            drop(writeln!(io::stderr(), "rfid-emulator: {text}"));
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn wish(self) -> Result<Wish, String> {
        if self.room_example {
            return Ok(Wish::Print(rfid_driver::emulator::room::file::EXAMPLE.to_owned()));
        }
        let file = self.room.as_deref().map(read_room).transpose()?;
        match file {
            Some(file) if self.room_plan => Ok(Wish::Print(file.plan())),
            file => self.options(file.as_ref()).map(|options| Wish::Run(Box::new(options))),
        }
    }

    fn model(&self) -> Model {
        let family = if self.room.is_some() { Family::R2000 } else { Family::FeigObid };
        match (self.protocol.unwrap_or(family), self.model) {
            (Family::FeigObid, Reader::Mr101 | Reader::Reader288) => Model::Mr101,
            (Family::FeigObid, Reader::Cpr02) => Model::Cpr02,
            (Family::M100, _) => Model::M100,
            (Family::R2000, _) => Model::R2000,
            (Family::Reader18, Reader::Reader288) => Model::Reader288,
            (Family::Reader18, Reader::Mr101 | Reader::Cpr02) => Model::Reader18,
            (Family::Mercury, _) => Model::Mercury,
            (Family::Llrp, _) => Model::Llrp,
            (Family::ThreeM810, _) => Model::M810,
        }
    }

    fn options(self, file: Option<&RoomFile>) -> Result<Options, String> {
        let model = self.model();
        if file.is_some() && !model.is_uhf() {
            return Err("a cart carries a UHF reader; leave out --protocol, or name one".to_owned());
        }
        let room = file.map(RoomFile::room).transpose().map_err(|error| error.to_string())?;
        let pace = if room.is_some() { Pace::Real } else { Pace::Fast };
        let emulator = EmulatorConfig {
            model,
            timing: match self.timing.unwrap_or(pace) {
                Pace::Real => model.timing(self.baud.unwrap_or_else(|| model.baud())),
                Pace::Fast => Timing::Fast,
            },
            max_per_inventory: self.max_per_inventory,
            seed: self.seed,
            ..EmulatorConfig::default()
        };
        let is_llrp_alone = model == Model::Llrp && self.link.is_none();
        let listen = self.listen.or_else(|| is_llrp_alone.then(|| LLRP_PORT.to_owned()));
        Ok(Options { emulator, link: self.link, listen, control: self.control, tags: self.tags, room })
    }
}

fn read_room(path: &Path) -> Result<RoomFile, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("the room {} cannot be read: {error}", path.display()))?;
    RoomFile::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Where LLRP readers listen, on this machine alone.
const LLRP_PORT: &str = "127.0.0.1:5084";
