//! The batch on the disk: a line of JSON for each thing that happened, only added to.
//!
//! ```text
//!   {"at":"2026-11-30T09:12:44Z","event":"intent","key":{"item":"LW0000001"},"tag":"E0040100...","was":{"memory":"00.."}}
//!   {"at":"2026-11-30T09:12:46Z","event":"done","seconds":1.4}
//! ```
//! **Rules**
//! - A line is on the disk before [`Journal::note`] returns: an intent is there before the first write of its tag.
//! - A last line without its end was cut by a pulled plug, and never happened: it is taken off before the next one.
//! - One program at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Event};

/// Why a batch cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalFailure {
    /// The system does not let it be read or written.
    #[error("{}: {cause}; is the disk full, or the folder not writable?", .path.display())]
    File {
        /// the file
        path: PathBuf,
        /// what the system says
        cause: io::Error,
    },
    /// There is no such file to look at.
    #[error("{}: no such file; name the batch that `kioskctl tag station` was given", .path.display())]
    Missing {
        /// the file
        path: PathBuf,
    },
    /// It is something else, or damaged.
    #[error("{}, line {line}: this is no batch of a conversion station ({why}); give the name of a new file, or of a batch", .path.display())]
    Damaged {
        /// the file
        path: PathBuf,
        /// which line
        line: usize,
        /// what is wrong with it
        why: String,
    },
    /// Another program writes to it.
    #[error("{} is in use by another program: end the station there first", .path.display())]
    InUse {
        /// the file
        path: PathBuf,
    },
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    #[serde(with = "stamp")]
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) event: Event,
}

/// The file, and what it says so far.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    pub(super) lines: Vec<Line>,
    pub(super) batch: Batch,
}

impl Journal {
    /// Opens a batch, or begins one.
    ///
    /// # Errors
    /// [`JournalFailure`]
    pub(super) fn open(path: &Path) -> Result<Self, JournalFailure> {
        let failed = |cause| JournalFailure::File { path: path.to_owned(), cause };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        file.try_lock().map_err(|_| JournalFailure::InUse { path: path.to_owned() })?;
        let mut journal = Self { file, path: path.to_owned(), lines: Vec::new(), batch: Batch::default() };
        let end = journal.replay()?;
        journal.file.set_len(end).map_err(failed)?;
        journal.file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(journal)
    }

    /// Looks at a batch that is there; also while a station goes on with it.
    ///
    /// # Errors
    /// [`JournalFailure`]
    pub(super) fn look(path: &Path) -> Result<Self, JournalFailure> {
        let file = File::open(path).map_err(|cause| {
            let path = path.to_owned();
            let is_missing = cause.kind() == io::ErrorKind::NotFound;
            if is_missing { JournalFailure::Missing { path } } else { JournalFailure::File { path, cause } }
        })?;
        let mut journal = Self { file, path: path.to_owned(), lines: Vec::new(), batch: Batch::default() };
        journal.replay()?;
        Ok(journal)
    }

    /// Notes what happened; it is on the disk then.
    ///
    /// # Errors
    /// [`JournalFailure::File`]: it is not noted, and what it says must not be done.
    pub(super) fn note(&mut self, at: Timestamp, event: Event) -> Result<(), JournalFailure> {
        let line = Line { at, event };
        let write = |file: &mut File| {
            let mut text = serde_json::to_vec(&line)?;
            text.push(b'\n');
            file.write_all(&text)?;
            file.sync_data()
        };
        write(&mut self.file).map_err(|cause| JournalFailure::File { path: self.path.clone(), cause })?;
        self.batch.take(&line.event);
        self.lines.push(line);
        Ok(())
    }

    /// Reads all whole lines; gives where they end.
    fn replay(&mut self) -> Result<u64, JournalFailure> {
        let mut all = Vec::new();
        self.file
            .read_to_end(&mut all)
            .map_err(|cause| JournalFailure::File { path: self.path.clone(), cause })?;
        let damaged = |line, why: String| JournalFailure::Damaged { path: self.path.clone(), line, why };
        let end = all.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // A file that is no batch at all must not be cut off.
        if end == 0 && !all.is_empty() && !all.starts_with(BEGINNING) {
            return Err(damaged(1, "it has no whole line".to_owned()));
        }
        let mut lines = Vec::new();
        for (at, line) in
            all.get(..end).unwrap_or_default().split_inclusive(|byte| *byte == b'\n').enumerate()
        {
            let line: Line =
                serde_json::from_slice(line).map_err(|cause| damaged(at + 1, cause.to_string()))?;
            self.batch.take(&line.event);
            lines.push(line);
        }
        self.lines = lines;
        Ok(u64::try_from(end).unwrap_or(u64::MAX))
    }
}

/// A moment as RFC 3339 has it.
mod stamp {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// How every line begins.
const BEGINNING: &[u8] = b"{\"at\":";

#[cfg(test)]
mod tests {
    use super::super::batch::{Key, Was};
    use super::*;

    fn key(item: &str) -> Key {
        Key { item: item.to_owned(), set: None }
    }

    fn intent(item: &str, tag: &str) -> Event {
        let was = Was { item: None, memory: "0102".to_owned(), user: None, dsfid: Some(0) };
        Event::Intent { key: key(item), tag: tag.to_owned(), was }
    }

    #[test]
    fn a_batch_is_gone_on_with_and_a_cut_line_never_happened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("batch.jsonl");
        let at = Timestamp::UNIX_EPOCH;
        let mut journal = Journal::open(&path).unwrap();
        journal.note(at, intent("A", "t1")).unwrap();
        journal.note(at, Event::Done { seconds: 1.5 }).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalFailure::InUse { .. })));
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        drop(journal);
        // The plug is pulled at each byte of the second line, and the batch goes on.
        for cut in first..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            assert_eq!(journal.batch.is_done(&key("A")), cut == whole.len(), "{cut}");
            assert_eq!(journal.batch.open().is_some(), cut < whole.len(), "{cut}");
            journal.note(at, Event::Torn { why: "cut".to_owned() }).unwrap();
            drop(journal);
            let journal = Journal::look(&path).unwrap();
            assert_eq!(journal.lines.len(), if cut == whole.len() { 3 } else { 2 });
        }
    }

    #[test]
    fn a_file_that_is_no_batch_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes.txt");
        assert!(matches!(Journal::look(&path), Err(JournalFailure::Missing { .. })));
        assert!(!path.exists());
        for text in
            ["some notes", "some notes\nof mine\n", "{\"at\":\"1970-01-01T00:00:00Z\",\"event\":\"dance\"}\n"]
        {
            std::fs::write(&path, text).unwrap();
            let told = Journal::open(&path).unwrap_err().to_string();
            assert!(told.contains("notes.txt, line 1: this is no batch"), "{told}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    /// Batches of today are read by the stations of tomorrow. Do not change this test.
    #[test]
    fn the_lines_are_these() {
        let at = Timestamp::UNIX_EPOCH;
        let refused = Event::Refused {
            key: Key { set: Some((1, 2)), ..key("A") },
            tag: None,
            says: None,
            why: "why".to_owned(),
        };
        for (event, text) in [
            (
                intent("A", "t1"),
                r#"{"at":"1970-01-01T00:00:00Z","event":"intent","key":{"item":"A"},"tag":"t1","was":{"item":null,"memory":"0102","dsfid":0}}"#,
            ),
            (Event::Done { seconds: 1.5 }, r#"{"at":"1970-01-01T00:00:00Z","event":"done","seconds":1.5}"#),
            (
                refused,
                r#"{"at":"1970-01-01T00:00:00Z","event":"refused","key":{"item":"A","set":[1,2]},"tag":null,"says":null,"why":"why"}"#,
            ),
            (
                Event::GivenUp { key: key("A"), tag: "t1".to_owned() },
                r#"{"at":"1970-01-01T00:00:00Z","event":"given-up","key":{"item":"A"},"tag":"t1"}"#,
            ),
        ] {
            let line = Line { at, event };
            assert_eq!(serde_json::to_string(&line).unwrap(), text);
            assert_eq!(serde_json::from_str::<Line>(text).unwrap(), line);
        }
    }
}
