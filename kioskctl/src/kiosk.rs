//! A kiosk that runs: on its control socket, or, from another machine, at its console. The words are the same.

mod console;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::Config;
use serde::Serialize;
use serde::de::DeserializeOwned;
use supervision::control::{Answer, Request};

use crate::arguments::KioskArguments;
use crate::failure::Failure;
use crate::settings;

pub(crate) use console::{Console, ConsoleFailure};

/// Where a kiosk is asked.
pub(crate) enum Kiosk {
    /// On this machine, by its data folder.
    Here(PathBuf),
    /// On another one.
    Elsewhere(Console),
}

impl Kiosk {
    /// The kiosk that the arguments name.
    ///
    /// # Errors
    /// [`Failure::NoDataDir`] if they name none, what is wrong with the configuration, and [`ConsoleFailure`].
    pub(crate) fn of(arguments: &KioskArguments) -> Result<Self, Failure> {
        match &arguments.console.url {
            Some(url) => Ok(Self::Elsewhere(Console::open(url, &arguments.console)?)),
            None => data_dir(arguments).map(Self::Here),
        }
    }

    /// Asks about parts.
    ///
    /// # Errors
    /// [`Failure::NoKiosk`] or [`ConsoleFailure`] if no kiosk answers, [`Failure::Queue`] if it refuses.
    pub(crate) fn ask(&self, request: &Request) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Here(folder) => {
                let path = folder.join(SOCKET_FILE);
                let stream = UnixStream::connect(&path).map_err(|cause| Failure::NoKiosk { path, cause })?;
                stream.set_read_timeout(Some(PATIENCE)).map_err(Failure::System)?;
                exchange(&mut BufReader::new(stream), request).map_err(Failure::Socket)?
            }
            Self::Elsewhere(console) => console.ask(request)?,
        };
        match answer {
            Answer::Refused { why } => Err(Failure::Queue { why }),
            answer @ (Answer::Board { .. }
            | Answer::Reloaded(_)
            | Answer::Power(_)
            | Answer::Log { .. }
            | Answer::Done) => Ok(answer),
        }
    }
}

/// One line for one line, on the control socket.
pub(crate) fn exchange<A: DeserializeOwned>(
    stream: &mut BufReader<UnixStream>,
    request: &impl Serialize,
) -> io::Result<A> {
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.get_mut().write_all(&text)?;
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

/// The data folder of a kiosk on this machine.
///
/// # Errors
/// [`Failure::NoDataDir`] if nobody says which, and what is wrong with the configuration.
pub(crate) fn data_dir(kiosk: &KioskArguments) -> Result<PathBuf, Failure> {
    if let Some(folder) = &kiosk.data_dir {
        return Ok(folder.clone());
    }
    let path = kiosk.config.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG));
    if kiosk.config.is_none() && !path.exists() {
        return Err(Failure::NoDataDir);
    }
    Ok(Config::load(path)?.kiosk.data_dir)
}

/// As the kiosk names it, in its data folder.
pub(crate) const SOCKET_FILE: &str = "control.sock";
/// Longer than the longest of what is asked takes: a telling of central.
const PATIENCE: Duration = Duration::from_secs(30);
