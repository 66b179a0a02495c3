//! A pass that goes on: every input goes into the machine and, if it changed anything, into the journal.
//!
//! **Rule:** an output is handed out only after what brought it about is in the journal.

use std::fs;
use std::time::Instant;

use circulation::stocktake::{Input, Marks, Output, Sighting, Stocktake};
use sync_client::stocktake::Journal;

use crate::{Folder, Lost, StocktakeError};

/// A stocktake that this program reads for: nobody else has its journal.
#[derive(Debug)]
pub struct Pass {
    stocktake: Stocktake,
    journal: Journal,
    marks: Marks,
    lost: Lost,
}

/// What an input brought about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// it changed the stocktake, and is in the journal
    pub is_kept: bool,
    /// what the machine told
    pub outputs: Vec<Output>,
}

impl Pass {
    /// Takes a stocktake into hand, with all that it was told before. A pass that was cut off is paused.
    ///
    /// # Errors
    /// As [`Folder::take`].
    pub fn open(folder: &Folder, now: Instant) -> Result<Self, StocktakeError> {
        let (stocktake, journal, lost) = folder.take(now)?;
        Ok(Self { stocktake, journal, marks: folder.judged.marks(), lost })
    }

    /// Writes down that this process reads, for whoever wants it to pause.
    ///
    /// # Errors
    /// [`StocktakeError::File`].
    pub fn sign(folder: &Folder) -> Result<(), StocktakeError> {
        let path = folder.pid();
        fs::write(&path, format!("{}\n", std::process::id()))
            .map_err(|cause| StocktakeError::File { path, why: cause.to_string() })
    }

    /// Tells the machine, and writes it down. A sighting counts at the time of its read, late as it may come.
    ///
    /// # Errors
    /// [`StocktakeError::Journal`]: the pass cannot go on, or it would be lost.
    pub fn tell(&mut self, now: Instant, input: Input) -> Result<Told, StocktakeError> {
        let input = match input {
            Input::Seen(seen) => Input::Seen(Sighting { at: self.journal.at(seen.at), ..seen }),
            other @ (Input::Begin | Input::Pause | Input::Resume | Input::End | Input::AtShelf(_)) => other,
        };
        let (before, at) = (self.stocktake.state(), self.journal.at(now));
        let mut outputs = Vec::new();
        self.stocktake.handle(at, input.clone(), &mut outputs);
        let is_kept = match &input {
            Input::Seen(_) => outputs.contains(&Output::Keep),
            Input::AtShelf(_) => !outputs.is_empty(),
            Input::Begin | Input::Pause | Input::Resume | Input::End => self.stocktake.state() != before,
        };
        if is_kept {
            self.journal.append(at, now, &input, self.stocktake.plan())?;
        }
        Ok(Told { is_kept, outputs })
    }

    /// When [`Self::sync`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.journal.deadline()
    }

    /// Puts on the disk what waits.
    ///
    /// # Errors
    /// [`StocktakeError::Journal`]: what was taken since may be lost.
    pub fn sync(&mut self) -> Result<(), StocktakeError> {
        Ok(self.journal.sync()?)
    }

    /// The machine.
    #[must_use]
    pub const fn stocktake(&self) -> &Stocktake {
        &self.stocktake
    }

    /// How a tag shows that it is a shelf mark.
    #[must_use]
    pub const fn marks(&self) -> &Marks {
        &self.marks
    }

    /// What the journal did not give back.
    #[must_use]
    pub const fn lost(&self) -> Lost {
        self.lost
    }
}
