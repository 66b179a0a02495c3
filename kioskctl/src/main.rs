//! The `kioskctl` program: what a technician asks of tags and readers, without a kiosk.
//!
//! Exit codes: 0 done; 1 the tag or the reader is not as it should be; 2 something that the technician must mend; 130 somebody
//! pressed Ctrl-C.
//!
//! `tag` is pure: bytes in, words out. `reader` and `station` talk to a real port, through the driver that the kiosk itself uses.

mod arguments;
mod configuration;
mod doctor;
mod failure;
mod generate;
mod hex;
mod kiosk;
mod library;
mod locate;
mod parts;
mod printer;
mod progress;
mod queue;
mod reader;
mod settings;
mod setup;
mod sorter;
mod station;
mod stocktake;
mod table;
mod tag;
mod transfer;
mod usage;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, ReaderCommand, TagCommand};
use crate::failure::Failure;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Good,
    /// The answer is a no: told on the standard output.
    Bad,
    /// Something must be mended: told on the standard output.
    Mend,
    /// Somebody pressed Ctrl-C: what was done until then was told.
    Interrupted,
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
    let result = match &arguments.command {
        Command::Tag(TagCommand::Decode(decode)) => tag::decode::run(decode),
        Command::Tag(TagCommand::Encode(encode)) => tag::encode::run(encode),
        Command::Tag(TagCommand::Station(arguments)) => station::run(arguments),
        Command::Tag(TagCommand::Batch(arguments)) => station::show(arguments),
        Command::Reader(ReaderCommand::Probe(line)) => reader::probe::run(line),
        Command::Queue(queue) => queue::run(queue),
        Command::Stocktake(command) => stocktake::run(command),
        Command::Locate(arguments) => locate::run(arguments),
        Command::Transfer(command) => transfer::run(command),
        Command::Sorter(command) => sorter::run(command),
        Command::Generate(arguments) => generate::run(arguments),
        Command::Setup(arguments) => setup::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Config(command) => configuration::run(command),
        Command::Reload(kiosk) => configuration::reload(kiosk),
        Command::Parts(arguments) => parts::parts(arguments),
        Command::Alarms(arguments) => parts::alarms(arguments),
        Command::Restart(arguments) => parts::restart(arguments),
        Command::Service(command) => parts::service(command),
        Command::Log(arguments) => parts::log(arguments),
        Command::Reader(ReaderCommand::Power(power)) => parts::power(power),
        Command::Reader(ReaderCommand::List(list)) => reader::list::run(list),
        Command::Reader(ReaderCommand::Watch(watch)) => reader::watch::run(watch),
        Command::Reader(ReaderCommand::Program(program)) => reader::program::run(program),
        Command::Reader(ReaderCommand::Bench(bench)) => reader::bench::run(bench),
    };
    match result {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::from(1),
        Ok(Outcome::Mend) => ExitCode::from(2),
        // As the shell has it for a program that SIGINT ended.
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(failure) => report(&failure),
    }
}

/// Prints a text; whoever reads it may have gone away.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

#[expect(clippy::print_stderr, reason = "the last word of a program that could not do its work")]
fn report(failure: &Failure) -> ExitCode {
    // `kioskctl ... | head` is no fault.
    if !failure.is_closed_pipe() {
        eprintln!("kioskctl: {failure}");
    }
    ExitCode::from(failure.exit_code())
}
