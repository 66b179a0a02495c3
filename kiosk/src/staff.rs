//! The staff's corner: its password, the state of every part, and what can be done to them.
//!
//! Nothing here touches a patron or a transaction: a machine out of service, a part that begins anew, the end.

use std::io;
use std::path::{Path, PathBuf};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use circulation::patron::Pin;
use circulation::screen::{Part, PartKind, PartState};
use circulation::session::Inspection;
use config::Secret;
use jiff::civil::DateTime;
use sync_client::ledger::Ledger;
use sync_client::mirror::Mirror;
use tracing::{error, info};

/// How the parts are, as far as the loop has heard.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// model and firmware, or why it does not answer; nothing: it has not spoken yet
    pub reader: Option<Result<String, String>>,
    /// why rows cannot be kept
    pub ledger: Option<String>,
    /// whether central answers; nothing: not known yet
    pub online: Option<bool>,
    /// how the printer is, or why it cannot print; nothing: there is none
    pub printer: Option<Result<String, String>>,
}

/// Whether what was typed is the password behind `hash`. Slow on purpose: call it off the event loop.
#[must_use]
pub fn is_right(hash: &Secret, pin: &Pin) -> bool {
    PasswordHash::new(hash.expose())
        .is_ok_and(|hash| Argon2::default().verify_password(pin.as_str().as_bytes(), &hash).is_ok())
}

/// The hash of a password, as the configuration wants it. A fresh salt each time.
///
/// # Errors
/// [`argon2::password_hash::Error`] if the system gives no random bytes.
pub fn hash(pin: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(pin.as_bytes())?.to_string())
}

/// Looks at every part. `address` is central's, `n_titles` what the catalogue has in memory.
pub async fn inspect(
    health: Health,
    ledger: Ledger,
    address: String,
    mirror: Option<(Mirror, Option<usize>)>,
    local: impl Fn(jiff::Timestamp) -> DateTime,
) -> Inspection {
    let counts = ledger.counts().await;
    let reader = match health.reader {
        Some(Ok(detail)) => part(PartKind::Reader, PartState::Works, detail),
        Some(Err(cause)) => part(PartKind::Reader, PartState::Fails, cause),
        None => part(PartKind::Reader, PartState::Fails, String::new()),
    };
    let (kept, n_waiting, n_parked) = match (health.ledger, counts) {
        (None, Ok(counts)) => {
            let waiting = counts.open.saturating_sub(counts.parked);
            (part(PartKind::Ledger, PartState::Works, counts.total.to_string()), waiting, counts.parked)
        }
        (Some(cause), _) => (part(PartKind::Ledger, PartState::Fails, cause), 0, 0),
        (None, Err(cause)) => (part(PartKind::Ledger, PartState::Fails, cause.to_string()), 0, 0),
    };
    let link = if health.online == Some(false) { PartState::Fails } else { PartState::Works };
    let parts = vec![
        reader,
        kept,
        part(PartKind::Central, link, address),
        mirror_part(mirror, local).await,
        match health.printer {
            None => part(PartKind::Printer, PartState::Absent, String::new()),
            Some(Ok(condition)) => part(PartKind::Printer, PartState::Works, condition),
            Some(Err(cause)) => part(PartKind::Printer, PartState::Fails, cause),
        },
    ];
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Inspection { parts, n_waiting: number(n_waiting), n_parked: number(n_parked) }
}

async fn mirror_part(
    mirror: Option<(Mirror, Option<usize>)>,
    local: impl Fn(jiff::Timestamp) -> DateTime,
) -> Part {
    let Some((mirror, n_titles)) = mirror else {
        return part(PartKind::Mirror, PartState::Absent, String::new());
    };
    let looked = tokio::task::spawn_blocking(move || mirror.freshness()).await;
    match looked.map_err(|cause| cause.to_string()).map(|fresh| fresh.map_err(|cause| cause.to_string())) {
        Ok(Ok(Some(fresh))) => {
            let at = local(fresh.mirrored);
            let n_titles = n_titles.map(|n| format!(" · {n}")).unwrap_or_default();
            let detail = format!("{} {:02}:{:02}{n_titles}", at.date(), at.hour(), at.minute());
            part(PartKind::Mirror, PartState::Works, detail)
        }
        Ok(Ok(None)) => part(PartKind::Mirror, PartState::Fails, String::new()),
        Ok(Err(cause)) | Err(cause) => part(PartKind::Mirror, PartState::Fails, cause),
    }
}

const fn part(kind: PartKind, state: PartState, detail: String) -> Part {
    Part { kind, state, detail }
}

/// Whether the machine is out of service, kept as a file: a machine that was taken out stays out over a restart.
#[derive(Debug, Clone)]
pub struct OutOfService(PathBuf);

impl OutOfService {
    /// The mark in a data folder.
    #[must_use]
    pub fn in_folder(data_dir: &Path) -> Self {
        Self(data_dir.join(MARK_FILE))
    }

    /// Whether staff took the machine out of service.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.exists()
    }

    /// Takes it out, or puts it back.
    ///
    /// # Errors
    /// What the system says; then it holds until the next start only.
    pub fn set(&self, is_out: bool) -> io::Result<()> {
        if is_out {
            std::fs::File::create(&self.0)?.sync_all()
        } else {
            match std::fs::remove_file(&self.0) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
                Ok(()) | Err(_) => Ok(()),
            }
        }
    }
}

/// Switches the machine off.
pub async fn power_off(command: Vec<String>) {
    let Some((program, arguments)) = command.split_first() else { return };
    info!(program, "staff switches the machine off");
    let ended = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(false)
        .status()
        .await;
    match ended {
        Ok(status) if status.success() => {}
        Ok(status) => error!(program, %status, "the machine is not switched off"),
        Err(cause) => error!(program, %cause, "the machine is not switched off"),
    }
}

const MARK_FILE: &str = "out-of-service";

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Pin {
        let mut pin = Pin::default();
        text.chars().for_each(|key| pin.push(key));
        pin
    }

    #[test]
    fn only_the_password_is_right_and_each_hash_differs() {
        let (one, other) = (hash("271828").unwrap(), hash("271828").unwrap());
        assert_ne!(one, other);
        assert!(one.starts_with("$argon2id$") && !one.contains("271828"), "{one}");
        let one = Secret::new(one);
        assert!(is_right(&one, &typed("271828")));
        for wrong in ["", "27182", "2718281", "271829"] {
            assert!(!is_right(&one, &typed(wrong)), "{wrong}");
        }
        assert!(!is_right(&Secret::new("271828"), &typed("271828")));
        // What is printed is what the configuration takes.
        let text = format!("[staff]\npin = {:?}", other);
        assert!(config::Config::parse(&text, "test").unwrap().staff.pin.is_some());
    }

    #[test]
    fn out_of_service_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let mark = OutOfService::in_folder(folder.path());
        assert!(!mark.is_set());
        mark.set(false).unwrap();
        mark.set(true).unwrap();
        mark.set(true).unwrap();
        assert!(OutOfService::in_folder(folder.path()).is_set());
        mark.set(false).unwrap();
        assert!(!OutOfService::in_folder(folder.path()).is_set());
        assert!(OutOfService::in_folder(Path::new("/nowhere")).set(true).is_err());
    }

    #[tokio::test]
    async fn every_part_is_told_in_a_fixed_order() {
        let folder = tempfile::tempdir().unwrap();
        let ledger =
            Ledger::open(&folder.path().join("ledger.db"), sync_client::clock::Clock::system()).unwrap();
        let (mirror, _) = Mirror::open(&folder.path().join("mirror.db")).unwrap();
        let local = |at: jiff::Timestamp| jiff::tz::Offset::UTC.to_datetime(at);
        let health =
            Health { reader: Some(Err("unplugged".to_owned())), online: Some(false), ..Health::default() };
        let seen = inspect(health, ledger.clone(), "central:1".to_owned(), Some((mirror, None)), local).await;
        let told: Vec<_> =
            seen.parts.iter().map(|part| (part.kind, part.state, part.detail.as_str())).collect();
        let expected = [
            (PartKind::Reader, PartState::Fails, "unplugged"),
            (PartKind::Ledger, PartState::Works, "0"),
            (PartKind::Central, PartState::Fails, "central:1"),
            (PartKind::Mirror, PartState::Fails, ""),
            (PartKind::Printer, PartState::Absent, ""),
        ];
        assert_eq!(told, expected);
        assert_eq!((seen.n_waiting, seen.n_parked), (0, 0));
        let health = Health {
            reader: Some(Ok("ID CPR40 2.5".to_owned())),
            online: Some(true),
            ledger: None,
            printer: Some(Err("no paper".to_owned())),
        };
        let seen = inspect(health, ledger.clone(), String::new(), None, local).await;
        let states: Vec<_> = seen.parts.iter().map(|part| part.state).collect();
        let (works, absent) = (PartState::Works, PartState::Absent);
        assert_eq!(states, [works, works, works, absent, PartState::Fails]);
        ledger.close().await;
    }
}
