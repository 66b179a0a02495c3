//! The console of a kiosk elsewhere, over HTTPS, with the technician's password in each call.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::arguments::ConsoleArguments;
use crate::failure::Failure;
use crate::reader::runtime;
use crate::setup::Questions;

/// Why a console elsewhere cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleFailure {
    /// not an address
    #[error("--console: {url:?} is no address of a console: write https://HOST:PORT")]
    Url {
        /// as given
        url: String,
    },
    /// the password would be read on the way
    #[error(
        "--console: {url} is not https: the password would go over the network for all to read; give the console a certificate (console.tls_cert), or run this on the kiosk"
    )]
    Plain {
        /// as given
        url: String,
    },
    /// a file cannot be used
    #[error("{option}: {} cannot be used: {why}", path.display())]
    File {
        /// the option
        option: &'static str,
        /// the file
        path: PathBuf,
        /// what is wrong
        why: String,
    },
    /// nobody answers, or somebody who is not trusted
    #[error("{url}: {why}")]
    Silent {
        /// the console
        url: String,
        /// why, and what to do
        why: String,
    },
    /// it lets nobody in
    #[error("{url}: {said}")]
    Denied {
        /// the console
        url: String,
        /// its own words
        said: String,
    },
}

/// A console that can be asked.
pub(crate) struct Console {
    runtime: Runtime,
    client: Client,
    url: Url,
    password: String,
}

impl Console {
    /// Makes ready to ask; nothing is sent yet. The password is asked for if no file has it.
    pub(crate) fn open(url: &str, arguments: &ConsoleArguments) -> Result<Self, Failure> {
        let wrong = || ConsoleFailure::Url { url: url.to_owned() };
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        let host = parsed.host_str().ok_or_else(wrong)?;
        let is_here = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        match parsed.scheme() {
            "https" => {}
            // What does not leave this machine, nobody reads.
            "http" if is_here => {}
            "http" => return Err(ConsoleFailure::Plain { url: url.to_owned() }.into()),
            _ => return Err(wrong().into()),
        }
        // Another one installed it before: as good.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let mut builder = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none());
        if let Some(path) = &arguments.ca {
            builder = builder.tls_certs_only(trusted(path)?);
        }
        let client = builder
            .build()
            .map_err(|cause| ConsoleFailure::Silent { url: url.to_owned(), why: chain(&cause) })?;
        let password = match &arguments.password_file {
            Some(path) => first_line(path)?,
            None => Questions::new(false).secret(&format!("密码 Password ({host})"))?,
        };
        let url = parsed.join("/api").map_err(|_| wrong())?;
        Ok(Self { runtime: runtime()?, client, url, password })
    }

    /// One request for one answer.
    pub(crate) fn ask<A: DeserializeOwned>(&self, request: &impl Serialize) -> Result<A, Failure> {
        let sent = async {
            let call = self.client.post(self.url.clone()).basic_auth(ACCOUNT, Some(&self.password));
            let answer = call.json(request).send().await?;
            Ok((answer.status(), answer.text().await?))
        };
        let (status, text) =
            self.runtime.block_on(sent).map_err(|cause: reqwest::Error| self.silent(&cause))?;
        match status {
            StatusCode::OK => serde_json::from_str(&text).map_err(|_| Failure::Unexpected),
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::MISDIRECTED_REQUEST => {
                Err(ConsoleFailure::Denied { url: self.origin(), said: text.trim().to_owned() }.into())
            }
            other => {
                let why = format!("it answers {other}: is it a console of this version?");
                Err(ConsoleFailure::Silent { url: self.origin(), why }.into())
            }
        }
    }

    fn silent(&self, cause: &reqwest::Error) -> ConsoleFailure {
        let told = chain(cause);
        let todo = if told.contains("Expired") || told.contains("expired") {
            "its certificate has expired: give the kiosk a new one (console.tls_cert), and see both clocks"
        } else if told.contains("UnknownIssuer") || told.contains("certificate") {
            "its certificate is not trusted: name the one to trust with --ca"
        } else if cause.is_timeout() {
            "no answer in time: see cable, address and firewall"
        } else {
            "see the address, and whether console.listen lets others in"
        };
        ConsoleFailure::Silent { url: self.origin(), why: format!("{todo} ({told})") }
    }

    fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

fn trusted(path: &Path) -> Result<Vec<Certificate>, ConsoleFailure> {
    let refused = |why: String| ConsoleFailure::File { option: "--ca", path: path.to_owned(), why };
    let pem = fs::read(path).map_err(|cause| refused(cause.to_string()))?;
    let known = Certificate::from_pem_bundle(&pem).map_err(|cause| refused(chain(&cause)))?;
    if known.is_empty() {
        Err(refused("there is no certificate in it; give a PEM file".to_owned()))
    } else {
        Ok(known)
    }
}

fn first_line(path: &Path) -> Result<String, ConsoleFailure> {
    let refused =
        |why: String| ConsoleFailure::File { option: "--password-file", path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|cause: io::Error| refused(cause.to_string()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        Some(_) | None => Err(refused("its first line is empty".to_owned())),
    }
}

/// What it says, and what is behind it: the reason is at the end.
fn chain(cause: &dyn std::error::Error) -> String {
    let mut told = vec![cause.to_string()];
    let mut behind = cause.source();
    while let Some(cause) = behind {
        told.push(cause.to_string());
        behind = cause.source();
    }
    told.dedup();
    told.join(": ")
}

/// There is one account; its name says who calls.
const ACCOUNT: &str = "technician";
const PATIENCE: Duration = Duration::from_secs(40);
