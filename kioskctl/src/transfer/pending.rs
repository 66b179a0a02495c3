//! What central was not told yet: one file for each sheet, a line for each act, the oldest first.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sync_client::kiosk_api::transfer::Act;

use super::TransferFailure;

/// The acts that wait.
pub(super) struct Pending {
    path: PathBuf,
    acts: Vec<Act>,
    /// Locked while it is open: a second program would tell the same acts beside this one.
    _lock: File,
}

impl Pending {
    /// Opens those of a sheet.
    ///
    /// # Errors
    /// [`TransferFailure::File`] if they cannot be read, or another program has them.
    pub(super) fn open(folder: Option<&Path>, sheet: &str) -> Result<Self, TransferFailure> {
        let folder = folder.map_or_else(usual, |folder| Ok(folder.to_owned()))?;
        let failed = |path: &Path, why: String| TransferFailure::File { path: path.to_owned(), why };
        fs::create_dir_all(&folder).map_err(|cause| failed(&folder, cause.to_string()))?;
        let beside = folder.join(format!("{sheet}.lock"));
        let lock = File::create(&beside).map_err(|cause| failed(&beside, cause.to_string()))?;
        lock.try_lock().map_err(|_| {
            failed(&beside, "another kioskctl is at work with this sheet; wait for it".to_owned())
        })?;
        let path = folder.join(format!("{sheet}.jsonl"));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(failed(&path, cause.to_string())),
        };
        let damaged = |line: usize| {
            failed(&path, format!("line {line} is damaged; move the file aside, and look at the sheet"))
        };
        let acts = text
            .lines()
            .enumerate()
            .map(|(at, line)| Act::parse(line.as_bytes()).map_err(|_| damaged(at + 1)));
        let acts = acts.collect::<Result<_, _>>()?;
        Ok(Self { path, acts, _lock: lock })
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many wait.
    pub(super) fn n(&self) -> usize {
        self.acts.len()
    }

    /// The one to be told next.
    pub(super) fn first(&self) -> Option<&Act> {
        self.acts.first()
    }

    /// Notes one, on the disk.
    ///
    /// # Errors
    /// [`TransferFailure::File`]; then it is not noted.
    pub(super) fn add(&mut self, act: Act) -> Result<(), TransferFailure> {
        self.acts.push(act);
        self.write()
    }

    /// The first was answered.
    ///
    /// # Errors
    /// [`TransferFailure::File`]; then it is told again, which does no harm.
    pub(super) fn done(&mut self) -> Result<(), TransferFailure> {
        if !self.acts.is_empty() {
            self.acts.remove(0);
        }
        self.write()
    }

    /// Whole or not at all: beside it, then in its place.
    fn write(&self) -> Result<(), TransferFailure> {
        let failed = |why: String| TransferFailure::File { path: self.path.clone(), why };
        let mut text = Vec::new();
        for act in &self.acts {
            text.extend(act.to_body().map_err(|cause| failed(cause.to_string()))?);
            text.push(b'\n');
        }
        let beside = self.path.with_extension("new");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        };
        write().map_err(|cause| failed(cause.to_string()))
    }
}

/// Where programs of this person keep what is not theirs to lose.
fn usual() -> Result<PathBuf, TransferFailure> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let why = || "there is no home folder: say where with --state".to_owned();
    let state =
        state.or_else(home).ok_or_else(|| TransferFailure::Argument { name: "--state", why: why() })?;
    Ok(state.join("yueting/transfer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use circulation::id::TransactionId;
    use sync_client::kiosk_api::transfer::Deed;

    #[test]
    fn what_waits_survives_and_is_told_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let act = |n: u8| Act {
            opuser: "cart".to_owned(),
            id: TransactionId::from_bytes([n; 16]),
            sheet: "S1".to_owned(),
            deed: Deed::Ship,
        };
        let mut pending = Pending::open(Some(folder.path()), "S1").unwrap();
        pending.add(act(1)).unwrap();
        pending.add(act(2)).unwrap();
        assert!(Pending::open(Some(folder.path()), "S1").is_err(), "another has it");
        drop(pending);
        let mut again = Pending::open(Some(folder.path()), "S1").unwrap();
        assert_eq!((again.n(), again.first()), (2, Some(&act(1))));
        again.done().unwrap();
        drop(again);
        assert_eq!(Pending::open(Some(folder.path()), "S1").unwrap().first(), Some(&act(2)));
        fs::write(folder.path().join("S2.jsonl"), "{\n").unwrap();
        let told = Pending::open(Some(folder.path()), "S2").err().unwrap().to_string();
        assert!(told.contains("S2.jsonl: line 1 is damaged"), "{told}");
    }
}
