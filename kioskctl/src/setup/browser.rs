//! `kioskctl setup --browser`: the set-up on three plain pages, which need no script and work on a phone.
//!
//! Rules:
//!
//! - HTTPS only; a certificate that nobody vouches for is compared by its fingerprint, which the terminal shows;
//! - nobody is let in without the code of the terminal, which is good once; guessing is slowed as at the console;
//! - what changes something is a POST with the session's token, and a request for another host is answered with nothing;
//! - what is written is what the terminal's set-up would write, by the same code, and then the command ends.
//!
//! Read in this order: `code`, `certificate`, `work`, `job`, `page`, `web`.

mod certificate;
mod code;
mod job;
mod page;
mod web;
mod work;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use config::Draft;
use rustls::pki_types::CertificateDer;
use supervision::console::door::Door;
use supervision::console::names::Names;
use supervision::console::{server, tls};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answers::Answers;
use super::find;
use super::trial::Trial;
use crate::arguments::SetupArguments;
use crate::failure::Failure;
use crate::{Outcome, say};
use code::Code;
use work::Work;

/// What every connection shares.
#[derive(Debug, Clone)]
struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    arguments: SetupArguments,
    certificate: CertificateDer<'static>,
    door: Door,
    code: Code,
    work: Mutex<Work>,
    /// when somebody who may did something
    alive: Mutex<Instant>,
    /// the file is written
    end: Notify,
}

/// Serves the pages until the file is written.
///
/// # Errors
/// [`Failure::Setup`] if the page cannot be served, or nobody comes.
pub(super) fn run(arguments: &SetupArguments, wanted: SocketAddr) -> Result<Outcome, Failure> {
    crate::reader::runtime()?.block_on(serve(arguments, wanted))
}

async fn serve(arguments: &SetupArguments, wanted: SocketAddr) -> Result<Outcome, Failure> {
    let failed = |why: String| Failure::Setup { why };
    let pair = certificate::pair(arguments, wanted.ip())?;
    let Some(certificate) = pair.0.first().cloned() else {
        return Err(failed("the file of --tls-cert has no certificate".to_owned()));
    };
    let acceptor = tls::acceptor(pair).map_err(|error| failed(error.to_string()))?;
    let (listener, address) = server::listen(wanted)
        .map_err(|cause| failed(format!("cannot listen at {wanted}: {cause}; give another address")))?;
    let shared = Shared(Arc::new(Inner {
        arguments: arguments.clone(),
        door: Door::new("yueting-setup", true, IDLE, Names::of(Some(certificate.clone()))),
        code: Code::new().map_err(Failure::System)?,
        work: Mutex::new(Work::new(ports(arguments), Answers::given(arguments)?)),
        alive: Mutex::new(Instant::now()),
        end: Notify::new(),
        certificate,
    }));
    say(&greeting(&shared, address))?;
    let pages = web::router(shared.clone());
    tokio::select! {
        () = server::accept(listener, Some(acceptor), pages) => Err(failed("the page is not served any more".to_owned())),
        () = shared.is_lonely() => Err(failed("nobody was there for an hour; nothing was written".to_owned())),
        () = shared.farewell() => {
            say(&super::next(arguments))?;
            let work = shared.work();
            let is_whole = work.chosen_reader().is_some() && work.trial == Some(Trial::Taken);
            Ok(if is_whole { Outcome::Good } else { Outcome::Bad })
        }
    }
}

fn greeting(shared: &Shared, address: SocketAddr) -> String {
    let port = address.port();
    let host = match address.ip() {
        ip if ip.is_unspecified() => certificate::host_name().unwrap_or_else(|| "localhost".to_owned()),
        ip if ip.is_ipv6() => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    let mut text = format!(
        "在浏览器中打开 open in a browser       https://{host}:{port}/\n\
         一次性验证码 one-time code             {}\n\
         证书指纹 certificate, SHA-256          {}\n\
         浏览器会提示证书不受信任：先比对指纹 the browser will warn of the certificate: compare it with this first\n",
        shared.0.code.shown(),
        tls::fingerprint(&shared.0.certificate),
    );
    if address.ip().is_loopback() {
        text.push_str(&format!(
            "从另一台电脑 from another machine        ssh -L {port}:127.0.0.1:{port} ACCOUNT@THIS-MACHINE\n"
        ));
    }
    text + "Ctrl-C 结束，什么也不写 ends this, and nothing is written\n"
}

/// The ports that are asked without being named in the browser.
fn ports(arguments: &SetupArguments) -> Vec<String> {
    if arguments.ports.is_empty() { find::serial_ports() } else { arguments.ports.clone() }
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.0.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ports(&self) -> Vec<String> {
        ports(&self.0.arguments)
    }

    /// The file as it stands now.
    fn draft(&self) -> Result<Draft, Failure> {
        let work = self.work();
        work.answers.draft(&self.0.arguments, work.chosen_reader(), work.chosen_printer())
    }

    /// The file that is written.
    fn path(&self) -> String {
        self.0.arguments.config.display().to_string()
    }

    fn session(&self, headers: &HeaderMap, is_alive: bool) -> Option<String> {
        let csrf = self.0.door.session(headers, is_alive)?;
        self.lives();
        Some(csrf)
    }

    fn is_own(&self, headers: &HeaderMap, token: &str) -> bool {
        let is_own = self.0.door.is_own(headers, token);
        if is_own {
            self.lives();
        }
        is_own
    }

    fn lives(&self) {
        *self.0.alive.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The file is written.
    fn ended(&self) {
        self.work().is_written = true;
        self.0.end.notify_one();
    }

    /// Ends when the file is written and the browser has had the time to say so.
    async fn farewell(&self) {
        self.0.end.notified().await;
        tokio::time::sleep(FAREWELL).await;
    }

    /// Ends when nobody was there for too long: what is open is closed again.
    async fn is_lonely(&self) {
        loop {
            let alive = *self.0.alive.lock().unwrap_or_else(PoisonError::into_inner);
            if alive.elapsed() > LONELY {
                return;
            }
            tokio::time::sleep_until(alive + LONELY + Duration::from_secs(1)).await;
        }
    }
}

/// How long a session lasts without a sign of life.
const IDLE: Duration = Duration::from_secs(1_800);
const LONELY: Duration = Duration::from_secs(3_600);
/// Longer than a browser takes to fetch the last page and its sheet.
const FAREWELL: Duration = Duration::from_secs(3);
