//! The `kiosk` program: arguments, logs, exit code. Nothing else.
//!
//! Exit codes: 0 done; 1 a fault that a restart may mend; 2 something that the technician must mend.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use kiosk::demo::{self, DemoOptions};
use kiosk::stocktake::{self, Shown, StocktakeOptions};
use kiosk::{Failure, Profile, RunOptions, screenshot};
use rfid_driver::port::{Endpoint, EndpointError, Protocol};

/// The library self-service kiosk.
#[derive(Debug, Parser)]
#[command(name = "kiosk", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve readers with the hardware and the central server named in the configuration
    Run {
        /// The configuration file
        #[arg(long, value_name = "FILE", default_value = "/etc/yueting/kiosk.toml")]
        config: PathBuf,
        /// Serve without a screen
        #[arg(long)]
        headless: bool,
        /// What the machine is
        #[arg(long, value_enum, default_value_t = Machine::Kiosk)]
        profile: Machine,
    },
    /// Draw the pages of the screen into PNG files, with invented people and books
    Screenshot {
        /// Where the pictures go; those of one page go here if nothing else is said
        #[arg(long, value_name = "DIR", required_unless_present_any = ["sheet", "page"])]
        out: Option<PathBuf>,
        /// Every page small on one sheet, and some of them in other looks: the picture of the documents
        #[arg(long, value_name = "FILE.png", conflicts_with_all = ["out", "all", "page", "language", "look", "shape"])]
        sheet: Option<PathBuf>,
        /// Every page in every language and look, on both shapes of panel
        #[arg(long, conflicts_with_all = ["page", "language", "look", "shape"])]
        all: bool,
        /// Only this page; `--page list` names them
        #[arg(long, value_name = "NAME")]
        page: Option<String>,
        /// In this language: zh, zh-tw or en
        #[arg(long, value_name = "NAME", default_value = "zh")]
        language: String,
        /// In this look, as large, child-night or large-low-contrast
        #[arg(long, value_name = "NAME", default_value = "standard")]
        look: String,
        /// On this panel: portrait or landscape
        #[arg(long, value_name = "NAME", default_value = "portrait")]
        shape: String,
    },
    /// Hash the staff's password for the configuration: type it, and end it with Enter
    StaffPin,
    /// Hash the technician's password for the console in the browser: type it, and end it with Enter
    ConsolePassword,
    /// Count shelves and find books on a tablet; everything is offline, and on the disk within a second
    ///
    /// The folder is the one of `kioskctl stocktake`, which also makes its report and tells the library's system. A pass that
    /// was cut off goes on at once.
    #[command(after_help = stocktake::EXAMPLES)]
    Stocktake {
        /// The stocktake's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where the reader is: a serial port, or tcp://HOST:PORT
        #[arg(long, value_name = "PORT", value_parser = endpoint)]
        port: Endpoint,
        /// What it speaks: feig-obid, 3m-810, m100, r2000, reader18, mercury or llrp
        #[arg(long, value_name = "FAMILY", default_value = "r2000", value_parser = protocol)]
        protocol: Protocol,
        /// Its speed [default: as its maker delivers it]
        #[arg(long, value_name = "N")]
        baud: Option<u32>,
        /// What is expected, for a new folder: a CSV file with the columns barcode, call_number, shelf and state
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        /// For a new folder: whose items are ours besides those whose tags name nobody; may be given several times
        #[arg(long, value_name = "ISIL", requires = "plan")]
        owner: Vec<String>,
        /// In this language at first: zh, zh-tw or en
        #[arg(long, value_name = "NAME", default_value = "zh")]
        language: String,
        /// A kiosk's configuration, which says where the library's system is: it can be told what was counted, and says
        /// where items were last seen
        #[arg(long, value_name = "FILE")]
        library: Option<PathBuf>,
        /// No sounds
        #[arg(long)]
        mute: bool,
        /// In a window, not over the whole display
        #[arg(long, conflicts_with = "headless")]
        window: bool,
        /// Without a display: each screen becomes a picture in this folder, and what would be touched is typed
        #[arg(long, value_name = "DIR")]
        headless: Option<PathBuf>,
    },
    /// Central, an emulated reader and the kiosk together, with nothing to configure
    Demo {
        /// Where the pictures of the screens go (without a window)
        #[arg(long, value_name = "DIR", default_value = "demo-out")]
        out: PathBuf,
        /// Which visit is played (without a window; stocktake with one where there is a display); `--visit list` names them
        #[arg(long, value_name = "NAME", default_value = demo::DEFAULT_VISIT)]
        visit: String,
        /// Play the visit without a window even where there is a display
        #[arg(long)]
        headless: bool,
        /// Pictures in landscape (1920x1080) instead of portrait (1080x1920)
        #[arg(long)]
        landscape: bool,
        /// The screens in English
        #[arg(long)]
        english: bool,
    },
}

/// What the machine is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Machine {
    /// A kiosk with a pad
    Kiosk,
    /// A 24-hour return slot, without a screen
    ReturnSlot,
}

impl From<Machine> for Profile {
    fn from(machine: Machine) -> Self {
        match machine {
            Machine::Kiosk => Self::Kiosk,
            Machine::ReturnSlot => Self::ReturnSlot,
        }
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = error.exit_code();
            return match error.print() {
                Ok(()) => ExitCode::from(u8::try_from(code).unwrap_or(2)),
                Err(_) => ExitCode::from(2),
            };
        }
    };
    let result = match arguments.command {
        Command::Screenshot { sheet: Some(file), .. } => screenshot::sheet(&file),
        Command::Screenshot { out, all: true, .. } => screenshot::all(&out.unwrap_or_default()),
        Command::Screenshot { out, all: false, page, language, look, shape, sheet: None } => {
            let wanted = screenshot::Wanted { page, language, look, shape };
            screenshot::some(&out.unwrap_or_else(|| PathBuf::from(".")), &wanted)
        }
        Command::StaffPin => kiosk::staff_pin(),
        Command::ConsolePassword => kiosk::console_password(),
        Command::Run { config, headless, profile } => {
            kiosk::run(&RunOptions { config, headless, profile: profile.into() })
        }
        Command::Stocktake {
            folder,
            port,
            library,
            protocol,
            baud,
            plan,
            owner,
            language,
            mute,
            window,
            headless,
        } => {
            let shown = match headless {
                Some(out) => Shown::Pictures(out),
                None if window => Shown::Window,
                None => Shown::Fullscreen,
            };
            let owners = owner;
            let is_mute = mute;
            let options = StocktakeOptions {
                folder,
                plan,
                owners,
                port,
                library,
                protocol,
                baud,
                language,
                is_mute,
                shown,
            };
            stocktake::run(&options)
        }
        Command::Demo { out, visit, headless, landscape, english } => {
            demo::run(&DemoOptions { out, visit, headless, landscape, english })
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn endpoint(text: &str) -> Result<Endpoint, EndpointError> {
    text.parse()
}

fn protocol(name: &str) -> Result<Protocol, String> {
    Protocol::named(name).ok_or_else(|| {
        let known = Protocol::ALL.map(Protocol::name).join(", ");
        format!("there is no such family of readers; there are: {known}")
    })
}

#[expect(clippy::print_stderr, reason = "the last word of a program that could not do its work")]
fn report(failure: &Failure) -> ExitCode {
    eprintln!("kiosk: {failure}");
    ExitCode::from(failure.exit_code())
}
