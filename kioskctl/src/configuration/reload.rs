//! `kioskctl reload`: the kiosk takes over what it can of its file while it runs. What cannot be used changes nothing.

use std::path::PathBuf;

use supervision::control::{Answer, Reloaded, Request};

use super::file::{self, FileFailure};
use super::versions::Versions;
use crate::arguments::KioskArguments;
use crate::failure::Failure;
use crate::kiosk::Kiosk;
use crate::{Outcome, say, settings};

/// Has a running kiosk take its file over, and notes what it runs with for `config diff`.
///
/// # Errors
/// [`Failure::NoKiosk`] if no kiosk answers, [`Failure::Queue`] with what is wrong with the file.
pub(crate) fn run(kiosk: &KioskArguments) -> Result<Outcome, Failure> {
    if kiosk.console.url.is_some() {
        // What is noted beside the file is noted on the kiosk.
        show(kiosk, &ask(&Kiosk::of(kiosk)?)?)?;
        return Ok(Outcome::Good);
    }
    let path = kiosk.config.clone().unwrap_or_else(|| settings::CONFIG.into());
    let text = if kiosk.data_dir.is_some() { None } else { Some(file::read(&path)?) };
    let told = ask(&Kiosk::Here(folder(kiosk, text.as_deref())))?;
    show(kiosk, &told)?;
    if let Some(text) = text.filter(|_| told.restart.is_empty()) {
        match Versions::beside(&path).set_running(&text) {
            Ok(()) => {}
            // The kiosk's own account may have it reload, and may not write beside its file.
            Err(FileFailure::Write { cause, .. }) if cause.kind() == std::io::ErrorKind::PermissionDenied => {
                say("`kioskctl config diff` does not know of it: that needs root\n")?;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(Outcome::Good)
}

fn show(kiosk: &KioskArguments, told: &Reloaded) -> Result<(), Failure> {
    if kiosk.json {
        say(&(serde_json::to_string(told).map_err(Failure::Json)? + "\n"))?;
    } else {
        say(&format!("{told}\n"))?;
    }
    Ok(())
}

/// Asks a kiosk that runs.
///
/// # Errors
/// As [`run`].
pub(super) fn ask(kiosk: &Kiosk) -> Result<Reloaded, Failure> {
    let Answer::Reloaded(told) = kiosk.ask(&Request::Reload)? else { return Err(Failure::Unexpected) };
    Ok(told)
}

/// The kiosk's data folder, also where the file has faults: the kiosk is to say them.
fn folder(kiosk: &KioskArguments, text: Option<&str>) -> PathBuf {
    let said = || {
        let settings = config::settings(text.unwrap_or_default());
        let found = settings.into_iter().find(|known| (known.section, known.name) == ("kiosk", "data_dir"));
        let value = found?.value?;
        Some(PathBuf::from(value.trim_matches('"')))
    };
    let default = || config::Config::default().kiosk.data_dir;
    kiosk.data_dir.clone().or_else(said).unwrap_or_else(default)
}
