//! `kioskctl queue new-ledger`: a damaged ledger is moved aside, never deleted, and never while it is sound or in use.

use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use sync_client::clock::Clock;
use sync_client::ledger::{Ledger, LedgerOpenError};

use super::caller::LEDGER_FILE;
use crate::failure::Failure;
use crate::kiosk::SOCKET_FILE;
use crate::{Outcome, say};

/// Moves the ledger of a data folder aside if it is damaged.
///
/// # Errors
/// [`Failure::NoLedger`], [`Failure::Ledger`] if it cannot be opened for another reason than damage,
/// [`Failure::Queue`] if it is sound, in use, or cannot be moved.
pub(super) fn run(data_dir: &Path) -> Result<Outcome, Failure> {
    let file = data_dir.join(LEDGER_FILE);
    if !file.exists() {
        return Err(Failure::NoLedger { path: file });
    }
    if UnixStream::connect(data_dir.join(SOCKET_FILE)).is_ok() {
        return refuse("the kiosk runs, and works with its ledger; stop it first".to_owned());
    }
    match Ledger::open(&file, Clock::system()) {
        Ok(_) => return refuse(format!("the ledger {} is sound and stays where it is", file.display())),
        Err(LedgerOpenError::Damaged { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    // `ledger.db.damaged-20261122T130501Z`
    let now = Clock::system().now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = with(&file, &format!(".damaged-{now}"));
    // The log first: a database alone is found damaged again, a log alone would be taken for the new one's.
    for end in ["-wal", "-shm", ""] {
        if let Err(cause) = rename(&with(&file, end), &with(&aside, end)) {
            return refuse(format!("{} cannot be moved: {cause}", with(&file, end).display()));
        }
    }
    File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(Failure::System)?;
    say(&format!(
        "the damaged ledger is now {}\nkeep it: what it had not told central stands only there\n\
         the kiosk begins a new one when it starts\n",
        aside.display()
    ))?;
    Ok(Outcome::Good)
}

/// What is not there needs no moving; what is there already is not written over.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match (from.exists(), to.exists()) {
        (false, _) => Ok(()),
        (true, true) => Err(io::ErrorKind::AlreadyExists.into()),
        (true, false) => fs::rename(from, to),
    }
}

fn with(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn refuse(why: String) -> Result<Outcome, Failure> {
    Err(Failure::Queue { why })
}
