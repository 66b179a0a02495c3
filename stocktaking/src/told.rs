//! What the library's system was told already, on the disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use circulation::id::{ItemId, ShelfMark};

use crate::StocktakeError;

/// What the library's system was told in a count: a line for each item and shelf, behind what was told before. A later pass may
/// hear more items, or one of them on another shelf: so each is known by itself, and not how many they were.
#[derive(Debug)]
pub(crate) struct Told {
    path: PathBuf,
    file: File,
    batch: String,
    /// of this count, the shelf that was told last; empty: none
    shelves: BTreeMap<String, String>,
    n_unsynced: usize,
}

impl Told {
    pub(crate) fn open(path: PathBuf, batch: &str) -> Result<Self, StocktakeError> {
        let failed = |cause: io::Error| StocktakeError::File { path: path.clone(), why: cause.to_string() };
        let mut file = File::options().read(true).append(true).create(true).open(&path).map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        // The plug was pulled within a line: what is written next is a line of its own.
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        let mut shelves = BTreeMap::new();
        for line in text.lines() {
            if let [of, item, shelf] = line.split('\t').collect::<Vec<_>>()[..]
                && of == batch
            {
                shelves.insert(item.to_owned(), shelf.to_owned());
            }
        }
        Ok(Self { path, file, batch: batch.to_owned(), shelves, n_unsynced: 0 })
    }

    pub(crate) fn knows(&self, item: &ItemId, shelf: Option<&ShelfMark>) -> bool {
        self.shelves.get(item.as_str()).is_some_and(|told| told == shelf.map_or("", ShelfMark::as_str))
    }

    pub(crate) fn note(&mut self, item: &ItemId, shelf: Option<&ShelfMark>) -> Result<(), StocktakeError> {
        let shelf = shelf.map_or("", ShelfMark::as_str);
        let line = format!("{}\t{item}\t{shelf}\n", self.batch);
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|cause| self.failed(&cause))?;
        self.shelves.insert(item.as_str().to_owned(), shelf.to_owned());
        self.n_unsynced += 1;
        if self.n_unsynced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    pub(crate) fn sync(&mut self) -> Result<(), StocktakeError> {
        self.n_unsynced = 0;
        self.file.sync_data().map_err(|cause| self.failed(&cause))
    }

    fn failed(&self, cause: &io::Error) -> StocktakeError {
        StocktakeError::File { path: self.path.clone(), why: cause.to_string() }
    }
}

/// So many are told again if the power fails. Both calls may be repeated.
const SYNC_EVERY: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_known_by_count_item_and_shelf_and_not_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told");
        // As it was written before: a number, which says nothing of a single item; and a line that was torn.
        std::fs::write(&path, "14\n2026-11\tLW9").unwrap();
        let (one, other) = (ItemId::parse("LW1").unwrap(), ItemId::parse("LW2").unwrap());
        let (here, there) = (ShelfMark::parse("CJ-001").unwrap(), ShelfMark::parse("CJ-002").unwrap());
        let mut told = Told::open(path.clone(), "2026-11").unwrap();
        told.note(&one, Some(&here)).unwrap();
        told.note(&other, None).unwrap();
        told.note(&one, Some(&there)).unwrap();
        told.sync().unwrap();
        let told = Told::open(path.clone(), "2026-11").unwrap();
        assert!(told.knows(&one, Some(&there)) && told.knows(&other, None));
        assert!(!told.knows(&one, Some(&here)), "it was said to stand elsewhere since");
        assert!(!told.knows(&other, Some(&here)) && !told.knows(&ItemId::parse("LW9").unwrap(), None));
        assert!(!Told::open(path, "2026-12").unwrap().knows(&other, None), "another count");
    }
}
