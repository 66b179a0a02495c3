//! A return slot that exists only in the computer: its modules and readers on the ports that a kiosk's configuration names.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use config::Config;
use rfid_driver::emulator::script::Effect;
use rfid_driver::emulator::shell::control::{self, Line};
use slot_world::picture::picture;
use slot_world::shell::Running;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// A return slot that exists only in the computer, to be played with by commands (type: help).
#[derive(Debug, Parser)]
#[command(name = "slot-emulator", version)]
struct Arguments {
    /// The configuration of the kiosk that is to drive it: what it names as ports, this makes
    #[arg(long, value_name = "FILE", required_unless_present = "tables")]
    config: Option<PathBuf>,
    /// Print the tables of a usual slot with these bins, for a configuration, and end
    #[arg(long, value_name = "BIN", num_args = 1..)]
    tables: Vec<String>,
    /// Commands that are carried out one after the other
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// People come by themselves, with whatever the script has brought; the same number is the same day
    #[arg(long, value_name = "SEED")]
    random: Option<u64>,
    /// Unix socket that takes the same commands as the standard input
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Draw it five times a second, in place
    #[arg(long)]
    picture: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where else to tell it?
            drop(writeln!(io::stderr(), "slot-emulator: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { config, tables, script, random, control, picture } = arguments;
    let Some(config) = config else {
        let bins: Vec<&str> = tables.iter().map(String::as_str).collect();
        return Ok(say(&slot_world::usual::tables(&bins))?);
    };
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let config = Config::load(&config)?;
    let running = Running::start(&config, random.unwrap_or(1))?;
    if let Some(script) = script {
        let text =
            std::fs::read_to_string(&script).map_err(|cause| format!("{}: {cause}", script.display()))?;
        running.world().play_script(&text);
    }
    if let Some(seed) = random {
        drop(running.say(&format!("random {seed}")));
    }
    let (sender, mut lines) = mpsc::channel(16);
    let _control = control.map(|path| control::listen(path, sender.clone())).transpose()?;
    say("ready\n")?;
    // Not awaited: a read from a terminal cannot be called off, the end of the process ends it.
    std::thread::spawn(move || control::read_stdin(&sender));
    let mut beat = tokio::time::interval(LOOK);
    loop {
        let line = tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            line = lines.recv() => line,
            _ = beat.tick() => {
                show(&running, picture)?;
                continue;
            }
        };
        if let Some(line) = line
            && carry_out(&running, line).await
        {
            return Ok(());
        }
    }
}

/// What is to be told, and the picture.
fn show(running: &Running, is_drawn: bool) -> io::Result<()> {
    let (notes, lines) = {
        let mut world = running.world();
        (world.take_notes(), if is_drawn { picture(&world) } else { Vec::new() })
    };
    let mut text: String = notes.iter().map(|note| format!("# {note}\n")).collect();
    if is_drawn {
        // Home, and each line to its end.
        let clear =
            if io::stdout().is_terminal() { ("\x1b[H", "\x1b[K\n", "\x1b[J") } else { ("", "\n", "\n") };
        text += clear.0;
        text.extend(lines.iter().flat_map(|line| [line.as_str(), clear.1]));
        text += clear.2;
    }
    if text.is_empty() { Ok(()) } else { say(&text) }
}

/// Carries out a line; whether it was the last one.
async fn carry_out(running: &Running, Line { text, reply }: Line) -> bool {
    let answer = running.say(&text);
    let is_last = answer.effect == Some(Effect::Quit);
    let (written, wait) = oneshot::channel();
    // Whoever asked may have hung up: nobody is left to tell.
    drop(reply.send((answer, written)));
    if is_last {
        // An error too says that the answer was dealt with.
        drop(wait.await);
    }
    is_last
}

fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// How often it is drawn.
const LOOK: Duration = Duration::from_millis(200);
