//! The program `central`: arguments, log set-up, exit code.

mod export_args;
mod given_args;
mod import_args;
mod message_args;
mod operator_args;
mod people_args;
mod progress;
mod report_args;
mod rules_args;
mod sip2_args;
mod web_args;

use std::cell::Cell;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use central::cashier::{Cashier, Times};
use central::certificate::CertificateKey;
use central::seed::laiwu::Scale;
use central::sip2::Sip2Settings;
use central::store::{Address, Sown};
use central::{App, Serving, Settings};
use clap::{Parser, Subcommand, ValueEnum};
use export_args::ExportArgs;
use import_args::ImportArgs;
use operator_args::OperatorArgs;
use people_args::{AccountCommand, KioskCommand};
use report_args::ReportArgs;
use rules_args::RulesCommand;
use sip2_args::Sip2Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use web_args::WebArgs;

/// The central server of a library: openlib over HTTP.
#[derive(Parser)]
#[command(name = "central", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the openlib interface, and SIP2 if asked, until SIGTERM or SIGINT.
    Serve {
        #[command(flatten)]
        database: Database,
        /// address and port; port 0 picks one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8700")]
        listen: SocketAddr,
        /// sow the demo library first, if it is not there
        #[arg(long)]
        seed_demo: bool,
        /// merchants of WeChat Pay and Alipay, for cards that machines make; without it nobody takes money (docs/central.md)
        #[arg(long, value_name = "FILE")]
        payment: Option<PathBuf>,
        #[command(flatten)]
        web: WebArgs,
        #[command(flatten)]
        sip2: Sip2Args,
    },
    /// Accounts of staff: make them, disable them, set their passwords.
    Account {
        #[command(subcommand)]
        what: AccountCommand,
    },
    /// Kiosks: give them secrets, and take those back.
    Kiosk {
        #[command(subcommand)]
        what: KioskCommand,
    },
    /// Rules: who is lent what and for how long, limits, closing days.
    Rules {
        #[command(subcommand)]
        what: RulesCommand,
    },
    /// Add data to a database.
    Seed {
        /// the demo library: invented patrons, real books
        #[arg(long, required_unless_present = "scale")]
        demo: bool,
        /// a whole district, invented: 390,000 items, 73,690 cards, 144,309 loans in 2023; takes a minute or two
        #[arg(long, value_enum)]
        scale: Option<SeedScale>,
        #[command(flatten)]
        database: Database,
    },
    /// Take in a list of items or patrons (CSV, MARC), or a whole library that was exported.
    Import {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        import: ImportArgs,
    },
    /// Write everything of a library out again, as CSV and MARC.
    Export {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        export: ExportArgs,
    },
    /// Make an operator account for openlib's log-in of staff, or give it another password.
    Operator {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        operator: OperatorArgs,
    },
    /// Count a year: cards, accessions, active readers, loans.
    Report {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        report: ReportArgs,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SeedScale {
    /// the district as its library reports it
    Laiwu,
    /// what came to it in the year 2023, and one loan in fifty
    LaiwuYear,
}

/// Where the library is kept.
#[derive(clap::Args)]
struct Database {
    /// an SQLite file, made if there is none; or postgres://USER@HOST:PORT/NAME (a socket's folder: ?host=FOLDER), whose
    /// password is taken from PGPASSWORD or a file
    #[arg(long, value_name = "FILE|ADDRESS", alias = "db")]
    database: String,
    /// the file with the password of the PostgreSQL user
    #[arg(long, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// the file with the key for numbers of identity cards, made if there is none; all copies of this central share it.
    /// Beside an SQLite file it is FILE.key if not given; with PostgreSQL and without it no such number is taken
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Database {
    fn open(&self) -> Result<App, String> {
        let password = match &self.database_password_file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|fault| format!("cannot read the password in {}: {fault}", path.display()))?;
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            None => std::env::var("PGPASSWORD").ok(),
        };
        let address =
            Address::parse(&self.database, password.as_deref()).map_err(|fault| fault.to_string())?;
        let app = App::open_at(&address, Settings::default()).map_err(|fault| fault.to_string())?;
        let beside = || match &address {
            Address::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".key");
                Some(PathBuf::from(name))
            }
            Address::Server(_) => None,
        };
        if let Some(path) = self.key_file.clone().or_else(beside) {
            app.set_certificate_key(CertificateKey::at(&path).map_err(|fault| fault.to_string())?);
        }
        Ok(app)
    }
}

/// Exit code for what the caller can put right: arguments, paths, ports.
const USAGE: u8 = 2;

/// Answers under way get this long after a signal.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let interrupted = Cell::new(false);
    let outcome = match Args::parse().command {
        Command::Serve { database, listen, seed_demo, payment, web, sip2 } => {
            serve(&database, (listen, &web, &sip2), seed_demo, payment.as_deref())
        }
        Command::Account { what } => what.run().and_then(|text| say(&text)),
        Command::Kiosk { what } => what.run().and_then(|text| say(&text)),
        Command::Rules { what } => what.run().and_then(|text| say(&text)),
        Command::Seed { demo, scale, database } => seed(&database, &interrupted, demo, scale),
        Command::Import { database, import } => {
            database.open().and_then(|app| long(&app, &interrupted, || import.run(&app)))
        }
        Command::Export { database, export } => {
            database.open().and_then(|app| long(&app, &interrupted, || export.run(&app)))
        }
        Command::Operator { database, operator } => {
            database.open().and_then(|app| operator.run(&app)).and_then(|text| say(&text))
        }
        Command::Report { database, report } => {
            database.open().and_then(|app| report.run(&app)).and_then(|text| say(text.trim_end()))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            // Nobody is left to tell if stderr is gone.
            writeln!(std::io::stderr(), "central: {text}").ok();
            ExitCode::from(if interrupted.get() { progress::INTERRUPTED } else { USAGE })
        }
    }
}

/// What takes long: watched, and ended by Ctrl-C.
fn long(
    app: &App,
    interrupted: &Cell<bool>,
    work: impl FnOnce() -> Result<String, String>,
) -> Result<(), String> {
    let done = progress::watched(app, work);
    // What was done before it could be stopped is told as done.
    interrupted.set(done.is_err() && app.store().meter().is_stopped());
    say(&done?)
}

fn seed(
    database: &Database,
    interrupted: &Cell<bool>,
    demo: bool,
    scale: Option<SeedScale>,
) -> Result<(), String> {
    let app = database.open()?;
    if demo {
        say(&sow(&app)?)?;
    }
    let scale = match scale {
        None => return Ok(()),
        Some(SeedScale::Laiwu) => Scale::Whole,
        Some(SeedScale::LaiwuYear) => Scale::Year,
    };
    long(&app, interrupted, || match app.seed_district(scale) {
        Ok(Sown::Now { n_patrons, n_items }) => {
            Ok(format!("district sown: {n_patrons} patrons (password 123456), {n_items} items"))
        }
        Ok(Sown::Before) => Ok("the district is there already; nothing was changed".to_owned()),
        Err(fault) => Err(format!("cannot sow the district: {fault}; nothing was changed")),
    })
}

fn serve(
    database: &Database,
    (listen, web, sip2): (SocketAddr, &WebArgs, &Sip2Args),
    seed_demo: bool,
    payment: Option<&Path>,
) -> Result<(), String> {
    let settings = sip2.settings()?;
    let serving = web.serving()?;
    let cashier = payment.map(|path| Cashier::of_file(path, Times::default()));
    let cashier = cashier.transpose().map_err(|fault| fault.to_string())?;
    let app = database.open()?;
    if let Some(cashier) = cashier {
        tracing::info!(?cashier, "payments are taken");
        app.set_cashier(cashier);
    }
    if seed_demo {
        tracing::info!("{}", sow(&app)?);
    }
    let is_open = [Some(listen), sip2.listen].iter().flatten().any(|address| !address.ip().is_loopback());
    if is_open && app.is_demo().map_err(|fault| fault.to_string())? {
        tracing::warn!("the demo library, whose secrets everybody knows, is open to the network");
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|fault| format!("cannot start threads: {fault}"))?;
    let outcome =
        runtime.block_on(run((listen, serving), sip2.listen.map(|address| (address, settings)), app));
    runtime.shutdown_timeout(GRACE);
    outcome
}

async fn run(
    (listen, serving): (SocketAddr, Serving),
    sip2: Option<(SocketAddr, Sip2Settings)>,
    app: App,
) -> Result<(), String> {
    let (listener, address) = bind(listen, "--listen").await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|fault| format!("no signals: {fault}"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|fault| format!("no signals: {fault}"))?;
    let (stopping, mut stopped) = watch::channel(false);
    let (tidy_stop, cashier_stop) = (stopped.clone(), stopped.clone());
    let devices = match sip2 {
        Some((listen, settings)) => Some((bind(listen, "--sip2").await?, settings, stopped.clone())),
        None => None,
    };
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.send_replace(true);
    };
    let grace = async move {
        stopped.changed().await.ok();
        tokio::time::sleep(GRACE).await;
    };
    let scheme = if serving.tls.is_some() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{address}"))?;
    tracing::info!(%address, is_tls = serving.tls.is_some(), "listening");
    let tidy = tokio::spawn(central::tidy::run(app.clone(), tidy_stop));
    let settle = tokio::spawn(central::cashier::run(app.clone(), cashier_stop));
    let devices = devices.map(|((listener, address), settings, stopped)| {
        tracing::info!(%address, is_tls = settings.tls.is_some(), "listening for SIP2");
        (address, tokio::spawn(central::sip2::serve(listener, app.clone(), settings, stopped)))
    });
    if let Some((address, _)) = &devices {
        say(&format!("listening for SIP2 on {address}"))?;
    }
    let all = async {
        central::serve_until(listener, app, serving, stop).await;
        if let Some((_, devices)) = devices {
            // It ends with the same signal, or it panicked, which is in the log.
            devices.await.ok();
        }
        // Likewise.
        tidy.await.ok();
        settle.await.ok();
    };
    tokio::select! {
        () = all => {}
        () = grace => {}
    }
    Ok(())
}

async fn bind(listen: SocketAddr, option: &str) -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind(listen).await.map_err(|fault| {
        format!("cannot listen on {listen}: {fault}; stop the program that has it, or give another {option}")
    })?;
    let address = listener.local_addr().map_err(|fault| format!("the listener has no address: {fault}"))?;
    Ok((listener, address))
}

fn sow(app: &App) -> Result<String, String> {
    match app.seed_demo() {
        Ok(Sown::Now { n_patrons, n_items }) => {
            Ok(format!("demo library sown: {n_patrons} patrons (password 123456), {n_items} items"))
        }
        Ok(Sown::Before) => Ok("the demo library is there already; nothing was changed".to_owned()),
        Err(fault) => Err(format!("cannot sow the demo library: {fault}; nothing was changed")),
    }
}

fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|fault| format!("cannot write to stdout: {fault}"))
}
