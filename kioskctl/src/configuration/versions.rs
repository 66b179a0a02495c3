//! Versions of the file that were kept: beside it, in the folder `versions`, for root alone.
//!
//! ```text
//! /etc/yueting/kiosk.toml
//! /etc/yueting/versions/kiosk-0007-2026-11-29T083000Z.toml      the text as it was
//! /etc/yueting/versions/kiosk-0007-2026-11-29T083000Z.note      why it was kept
//! /etc/yueting/versions/kiosk.running                   what the kiosk was started with, or took over
//! /etc/yueting/versions/kiosk.pending                          an apply is under way, and what it would go back to
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::file::{self, FileFailure};

/// The kept versions of one file.
#[derive(Debug)]
pub(crate) struct Versions {
    folder: PathBuf,
    /// the name of the file, so that two files in one folder have versions of their own
    stem: String,
}

/// One version that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) number: u32,
    /// When, in UTC.
    pub(crate) saved: String,
    pub(crate) note: String,
    pub(crate) path: PathBuf,
}

impl Versions {
    /// Those of a file.
    pub(crate) fn beside(file: &Path) -> Self {
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = file.parent().map(|folder| folder.join("versions")).unwrap_or_default();
        Self { folder, stem }
    }

    /// All, the oldest first.
    pub(crate) fn list(&self) -> Result<Vec<Kept>, FileFailure> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(FileFailure::Read { path: self.folder.clone(), cause }),
        };
        let mut kept: Vec<Kept> = entries.flatten().filter_map(|entry| self.kept(entry.path())).collect();
        kept.sort_by_key(|kept| kept.number);
        Ok(kept)
    }

    fn kept(&self, path: PathBuf) -> Option<Kept> {
        let name =
            path.file_name()?.to_str()?.strip_suffix(".toml")?.strip_prefix(&self.stem)?.strip_prefix('-')?;
        let (number, saved) = name.split_once('-')?;
        let number = number.parse().ok()?;
        let saved = saved.to_owned();
        let note = fs::read_to_string(path.with_extension("note")).unwrap_or_default().trim().to_owned();
        Some(Kept { number, saved, note, path })
    }

    /// Keeps a text. One that is the newest already is not kept twice. The oldest beyond [`MOST`] are removed.
    pub(crate) fn keep(&self, text: &str, note: &str) -> Result<Kept, FileFailure> {
        self.make_folder()?;
        let kept = self.list()?;
        if let Some(last) = kept.last()
            && file::read(&last.path).is_ok_and(|old| old == text)
        {
            return Ok(last.clone());
        }
        let number = kept.last().map_or(1, |last| last.number + 1);
        let saved = now();
        let path = self.folder.join(format!("{}-{number:04}-{saved}.toml", self.stem));
        file::create(&path, text)?;
        let note: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        if !note.is_empty() {
            file::create(&path.with_extension("note"), &note)?;
        }
        for old in kept.iter().rev().skip(MOST - 1) {
            for path in [old.path.clone(), old.path.with_extension("note")] {
                // A version too many does no harm.
                fs::remove_file(path).unwrap_or_default();
            }
        }
        Ok(Kept { number, saved, note, path })
    }

    /// The file of a version, or a file that was named by its path.
    pub(crate) fn find(&self, wanted: &str) -> Result<PathBuf, FileFailure> {
        let kept = self.list()?;
        let by_number = wanted.parse::<u32>().ok();
        match kept.into_iter().find(|kept| Some(kept.number) == by_number) {
            Some(kept) => Ok(kept.path),
            None if by_number.is_none() && Path::new(wanted).is_file() => Ok(wanted.into()),
            None => Err(FileFailure::NoVersion { wanted: wanted.to_owned(), folder: self.folder.clone() }),
        }
    }

    fn make_folder(&self) -> Result<(), FileFailure> {
        let failed = |cause| FileFailure::Write { path: self.folder.clone(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(failed)
    }

    /// Takes the lock that one apply at a time has; the system gives it back when the process ends, however it ends.
    pub(super) fn lock(&self) -> Result<File, FileFailure> {
        self.make_folder()?;
        let path = self.folder.join("lock");
        let failed = |cause| FileFailure::Write { path: path.clone(), cause };
        let mut options = OpenOptions::new();
        let lock =
            options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(fs::TryLockError::WouldBlock) => Err(FileFailure::Busy),
            Err(fs::TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Notes what a trial that is cut off goes back to: the file of a version.
    pub(super) fn set_pending(&self, back_to: &Path) -> Result<(), FileFailure> {
        file::replace(&self.pending_file(), &back_to.to_string_lossy())
    }

    /// What a trial that was cut off goes back to.
    pub(super) fn pending(&self) -> Result<Option<PathBuf>, FileFailure> {
        let path = self.pending_file();
        match path.exists() {
            true => file::read(&path).map(|text| Some(PathBuf::from(text.trim()))),
            false => Ok(None),
        }
    }

    /// The trial is over.
    pub(super) fn clear_pending(&self) -> Result<(), FileFailure> {
        let path = self.pending_file();
        let removed = fs::remove_file(&path).and_then(|()| file::sync_folder(&path));
        removed.map_err(|cause| FileFailure::Write { path, cause })
    }

    /// Notes what the kiosk runs with from now on.
    pub(super) fn set_running(&self, text: &str) -> Result<(), FileFailure> {
        self.make_folder()?;
        file::replace(&self.running_file(), text)
    }

    /// What the kiosk was started with.
    pub(super) fn running_file(&self) -> PathBuf {
        self.folder.join(format!("{}.running", self.stem))
    }

    fn pending_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pending", self.stem))
    }
}

/// The time in UTC, to the second, as a name of a file may have it.
fn now() -> String {
    sync_client::clock::Clock::system().now().strftime("%Y-%m-%dT%H%M%SZ").to_string()
}

/// Versions that are kept.
const MOST: usize = 50;
