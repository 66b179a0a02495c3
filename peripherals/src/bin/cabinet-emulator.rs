//! A part of the cabinet on a pseudo-terminal or a TCP port: for demonstrations, and for tests without hardware.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use peripherals::dispenser::sf::Form;
use peripherals::emulator::dispenser::{DispenserEmulator, Family};
use peripherals::emulator::idcard::IdCardEmulator;
use peripherals::emulator::modbus::ModbusEmulator;
use peripherals::emulator::printer::PrinterEmulator;
use peripherals::emulator::shell::{self, Options, Part};

/// A part of a kiosk's cabinet on a pseudo-terminal or a TCP port, to be played with by commands (type: help).
#[derive(Debug, Parser)]
#[command(name = "cabinet-emulator", version)]
struct Arguments {
    /// Symbolic link to the terminal; re-pointed when the part is plugged again
    #[arg(long, value_name = "PATH", global = true)]
    link: Option<PathBuf>,
    /// TCP port instead of a terminal; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", global = true, conflicts_with = "link")]
    listen: Option<String>,
    /// Unix socket that takes the same commands as the standard input
    #[arg(long, value_name = "PATH", global = true)]
    control: Option<PathBuf>,
    #[command(subcommand)]
    part: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// A receipt printer that speaks ESC/POS
    Printer {
        /// Folder for what is printed: receipt-01.png and receipt-01.txt, and so on
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Columns of the paper: 48 for 80 mm, 32 for 58 mm
        #[arg(long, default_value_t = 48)]
        columns: usize,
    },
    /// An identity card reader (SDT, SAM-V); its cards are invented
    IdCard,
    /// A card dispenser
    Dispenser {
        /// What it speaks
        #[arg(long, value_enum, default_value_t = Kind::Crt591)]
        kind: Kind,
        /// Cards in the stack
        #[arg(long, default_value_t = 100)]
        stock: u32,
    },
    /// A module with contacts and relays that speaks Modbus: RTU on a terminal, Modbus TCP with --listen
    IoModule {
        /// Its number on the line
        #[arg(long, default_value_t = 1)]
        unit: u8,
        /// Contacts, from address 0 on
        #[arg(long, default_value_t = 16)]
        inputs: usize,
        /// Relays, from address 0 on
        #[arg(long, default_value_t = 16)]
        coils: usize,
        /// Milliseconds without a request after which its relays are cut
        #[arg(long, value_name = "MS")]
        watchdog: Option<u64>,
        /// RTU frames over TCP too, as behind a serial server
        #[arg(long)]
        rtu: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// CRT-571, CRT-591
    Crt591,
    /// K720, D1801
    K720,
    /// K720 whose frames do not say their length
    K720NoLength,
    /// CRT-531, CD-720M
    Cd720,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { link, listen, control, part } = Arguments::parse();
    let (part, out) = match part {
        Which::Printer { out, columns } => {
            let mut printer = PrinterEmulator::default();
            printer.columns = columns;
            (Part::Printer(Box::new(printer)), out)
        }
        Which::IdCard => (Part::Other(Box::new(IdCardEmulator::default())), None),
        Which::Dispenser { kind, stock } => {
            let family = match kind {
                Kind::Crt591 => Family::F2,
                Kind::K720 => Family::Sf(Form::K720),
                Kind::K720NoLength => Family::Sf(Form::NoLength),
                Kind::Cd720 => Family::Sf(Form::Cd720),
            };
            (Part::Other(Box::new(DispenserEmulator::new(family, stock))), None)
        }
        Which::IoModule { unit, inputs, coils, watchdog, rtu } => {
            let new = if listen.is_some() && !rtu { ModbusEmulator::tcp } else { ModbusEmulator::rtu };
            let mut module = new(unit, inputs, coils);
            module.watchdog = watchdog.map(Duration::from_millis);
            (Part::Other(Box::new(module)), None)
        }
    };
    match shell::run(Options { part, link, listen, control, out }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where else to tell it?
            drop(writeln!(io::stderr(), "cabinet-emulator: {error}"));
            ExitCode::FAILURE
        }
    }
}
