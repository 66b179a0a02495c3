//! The daemon of `kiosk run --headless`, with what its screens say on the standard output, one line for each: so that
//! a test knows what a patron was told before the kiosk was killed. Nothing else of it differs, but that it hurries.
//!
//! `watched-kiosk show CONFIG` tells every screen. `watched-kiosk hold CONFIG` stands still for ever before it shows
//! the first screen that says "done", and tells only that: the moment between the disk and the screen. `watched-kiosk slot
//! CONFIG` is `kiosk run --profile return-slot`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for tests, which ends when something is missing"
)]

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use config::Config;
use kiosk::effect::Show;
use kiosk::{Failure, Profile, RunOptions, Running};
use sync_client::task;
use tests::scene::hasty;
use tests::seen::Seen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, how, path] = arguments.as_slice() else {
        eprintln!("usage: watched-kiosk show|hold|slot CONFIG");
        return ExitCode::from(2);
    };
    if how == "slot" {
        let options = RunOptions { config: path.into(), headless: true, profile: Profile::ReturnSlot };
        return match kiosk::run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("kiosk: {failure}");
                ExitCode::from(failure.exit_code())
            }
        };
    }
    kiosk::log::start("info");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the runtime starts");
    match runtime.block_on(start(path, how == "hold")) {
        Ok(_running) => runtime.block_on(core::future::pending()),
        Err(failure) => {
            eprintln!("kiosk: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn start(path: &str, is_held: bool) -> Result<Running, Failure> {
    let mut config = Config::load(Path::new(path))?;
    config.visit.linger = Duration::from_millis(100);
    config.visit.done = Duration::from_millis(100);
    config.visit.idle = Duration::from_millis(1500);
    config.visit.put_back = Duration::from_millis(400);
    let options = task::Options { in_flight: config.central.in_flight, ..hasty() };
    let show: Show = Box::new(move |screen| {
        let seen = Seen::of(screen);
        if is_held && seen.has_done() {
            tell("held");
            loop {
                std::thread::park();
            }
        }
        tell(&seen.text());
    });
    kiosk::start_or_wait(&config, options, show).await
}

fn tell(text: &str) {
    println!("{text}");
    std::io::stdout().flush().expect("somebody reads it");
}
