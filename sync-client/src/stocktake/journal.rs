//! The journal's file: lines are only added.
//!
//! **Rules**
//! - What [`Journal::append`] took is with the system at once, so that a killed program loses nothing; and on the disk within
//!   [`SYNC`], so that a pulled plug loses no sighting older than a second. The shell calls [`Journal::sync`] at the deadline.
//! - A file that was left in the middle of a pass is read as one that was paused where it ends.
//! - Blocking: a line is a write to the page cache, `sync` is an fsync. It wants a thread of its own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use circulation::stocktake::{Input, Plan, Sighting, Stocktake};

use super::line::{Entry, HEADER};

/// How long a line may be with the system before it is on the disk.
pub const SYNC: Duration = Duration::from_millis(900);

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// the file cannot be opened, read or written
    #[error("{path}: {error}; is the disk full, or the folder not writable?")]
    File {
        /// the file
        path: PathBuf,
        /// what the system says
        error: io::Error,
    },
    /// the file is something else
    #[error(
        "{path} is no stocktake of this version: it begins with {found:?}, not with {HEADER:?}; give another name"
    )]
    Foreign {
        /// the file
        path: PathBuf,
        /// its beginning
        found: String,
    },
    /// another program writes to it
    #[error("{path} is in use by another program; pause the stocktake there first")]
    InUse {
        /// the file
        path: PathBuf,
    },
}

/// A stocktake on the disk.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// the time of the machine at which everything began
    zero: Instant,
    /// when it was opened, and how far the stocktake was then
    opened: (Instant, u32),
    /// since when a line waits for the disk
    waits: Option<Instant>,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    /// what the machine was told, with the machine's own times
    pub inputs: Vec<(Instant, Input)>,
    /// lines that were damaged, and are left out
    pub n_damaged: usize,
    /// shelves that are in no plan any more: lines that are left out
    pub n_unknown: usize,
    /// a pass was going on: it is paused now
    pub was_cut: bool,
}

impl Replay {
    /// Tells a machine all of it. `step` hears now and then how much of how much was told.
    pub fn tell(self, stocktake: &mut Stocktake, step: &mut dyn FnMut(usize, usize)) {
        let mut out = Vec::new();
        let n_inputs = self.inputs.len();
        for (at, (now, input)) in self.inputs.into_iter().enumerate() {
            if at.is_multiple_of(STEP) {
                step(at, n_inputs);
            }
            stocktake.handle(now, input, &mut out);
            out.clear();
        }
        step(n_inputs, n_inputs);
    }
}

impl Journal {
    /// Opens the file, or begins one; reads what it holds.
    ///
    /// # Errors
    /// [`JournalError`]: it cannot be opened or read, is no journal, or another program has it.
    pub fn open(path: &Path, now: Instant, plan: &Plan) -> Result<(Self, Replay), JournalError> {
        let failed = |error| JournalError::File { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse { path: path.to_owned() },
            TryLockError::Error(error) => failed(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end.saturating_add(1));
        let text = String::from_utf8_lossy(bytes.get(..whole).unwrap_or_default()).into_owned();
        let mut journal = Self { file, path: path.to_owned(), zero: now, opened: (now, 0), waits: None };
        let mut replay = Replay { n_damaged: usize::from(whole < bytes.len()), ..Replay::default() };
        let mut lines = text.split_terminator('\n');
        match lines.next() {
            // Empty, or cut within its first line.
            None if HEADER.as_bytes().starts_with(&bytes) => {
                journal.cut_at(0)?;
                journal.write(now, format!("{HEADER}\n").as_bytes())?;
                journal.sync()?;
                return Ok((journal, Replay::default()));
            }
            Some(HEADER) => {}
            first => {
                let found = first.map_or_else(|| String::from_utf8_lossy(&bytes).into_owned(), str::to_owned);
                let found = found.chars().take(HEADER.len()).collect();
                return Err(JournalError::Foreign { path: path.to_owned(), found });
            }
        }
        journal.cut_at(whole)?;
        journal.read(lines, plan, &mut replay);
        if replay.was_cut {
            let end = journal.at(now);
            journal.append(end, now, &Input::Pause, plan)?;
            replay.inputs.push((end, Input::Pause));
        }
        journal.sync()?;
        Ok((journal, replay))
    }

    /// The machine's time: that of the system, without the time during which nobody had the file open.
    #[must_use]
    pub fn at(&self, now: Instant) -> Instant {
        let (opened, ms) = self.opened;
        self.zero + Duration::from_millis(ms.into()) + now.saturating_duration_since(opened)
    }

    /// Writes down what the machine was told at a time of its own ([`Self::at`]). Of sightings those that it told to keep
    /// are enough.
    ///
    /// # Errors
    /// [`JournalError::File`]: the pass cannot go on, or it would be lost.
    pub fn append(
        &mut self,
        at: Instant,
        now: Instant,
        input: &Input,
        plan: &Plan,
    ) -> Result<(), JournalError> {
        let at = match input {
            Input::Seen(sighting) => sighting.at,
            Input::Begin | Input::Pause | Input::Resume | Input::End | Input::AtShelf(_) => at,
        };
        let ms = u32::try_from(at.saturating_duration_since(self.zero).as_millis()).unwrap_or(u32::MAX);
        match Entry::of(input, plan) {
            Some(entry) => self.write(now, entry.encode(ms).as_bytes()),
            None => Ok(()),
        }
    }

    /// When [`Self::sync`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.waits.map(|since| since + SYNC)
    }

    /// Puts on the disk what waits.
    ///
    /// # Errors
    /// [`JournalError::File`]: what was taken since may be lost.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.waits.is_some() {
            self.file.sync_data().map_err(|error| self.failed(error))?;
            self.waits = None;
        }
        Ok(())
    }

    /// Drops a line that was begun and not ended, so that the next one begins where it did.
    fn cut_at(&mut self, whole: usize) -> Result<(), JournalError> {
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        let cut = self.file.set_len(whole).and_then(|()| self.file.seek(SeekFrom::End(0)));
        cut.map(|_| ()).map_err(|error| self.failed(error))
    }

    fn read<'a>(&mut self, lines: impl Iterator<Item = &'a str>, plan: &Plan, replay: &mut Replay) {
        let mut last = 0;
        for line in lines {
            let Some((ms, entry)) = Entry::decode(line) else {
                replay.n_damaged = replay.n_damaged.saturating_add(1);
                continue;
            };
            last = last.max(ms);
            let at = self.zero + Duration::from_millis(ms.into());
            let input = match entry {
                Entry::Begin => Input::Begin,
                Entry::Pause => Input::Pause,
                Entry::Resume => Input::Resume,
                Entry::End => Input::End,
                Entry::AtShelf(mark) => match plan.find_shelf(&mark) {
                    Some(shelf) => Input::AtShelf(shelf),
                    None => {
                        replay.n_unknown = replay.n_unknown.saturating_add(1);
                        continue;
                    }
                },
                Entry::Seen { tag, content, rssi, antenna } => {
                    Input::Seen(Sighting { at, tag, content, rssi, antenna })
                }
            };
            match input {
                Input::Begin | Input::Resume => replay.was_cut = true,
                Input::Pause | Input::End => replay.was_cut = false,
                Input::AtShelf(_) | Input::Seen(_) => {}
            }
            replay.inputs.push((at, input));
        }
        // The last read counts: the pause comes after it.
        self.opened.1 = last.saturating_add(1);
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<(), JournalError> {
        self.file.write_all(bytes).map_err(|error| self.failed(error))?;
        self.waits.get_or_insert(now);
        Ok(())
    }

    fn failed(&self, error: io::Error) -> JournalError {
        JournalError::File { path: self.path.clone(), error }
    }
}

/// Inputs between two words of how far it is.
const STEP: usize = 1_000;

#[cfg(test)]
mod tests;
