//! The `kiosk` program: arguments, logs, exit code. Nothing else.
//!
//! Exit codes: 0 done; 1 a fault that a restart may mend; 2 something that the technician must mend.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kiosk::demo::{self, DemoOptions};
use kiosk::{Failure, RunOptions, screenshot};

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
    },
    /// Draw the pages of the screen into PNG files, with invented people and books
    Screenshot {
        /// Where the pictures go
        #[arg(long, value_name = "DIR", required_unless_present = "sheet")]
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
    /// Central, an emulated reader and the kiosk together, with nothing to configure
    Demo {
        /// Where the pictures of the screens go (without a window)
        #[arg(long, value_name = "DIR", default_value = "demo-out")]
        out: PathBuf,
        /// Which visit is played (without a window); `--visit list` names them
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
            screenshot::some(&out.unwrap_or_default(), &wanted)
        }
        Command::StaffPin => kiosk::staff_pin(),
        Command::ConsolePassword => kiosk::console_password(),
        Command::Run { config, headless } => kiosk::run(&RunOptions { config, headless }),
        Command::Demo { out, visit, headless, landscape, english } => {
            demo::run(&DemoOptions { out, visit, headless, landscape, english })
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a program that could not do its work")]
fn report(failure: &Failure) -> ExitCode {
    eprintln!("kiosk: {failure}");
    ExitCode::from(failure.exit_code())
}
