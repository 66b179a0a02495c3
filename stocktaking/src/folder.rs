//! The folder of a stocktake.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use circulation::id::Isil;
use circulation::stocktake::{Marks, Plan, Rule, Settings, Stocktake};
use serde::{Deserialize, Serialize};
use sync_client::stocktake::{Journal, JournalError};

use crate::{StocktakeError, plan};

/// How it is judged, on the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// in dBm
    pub near_dbm: i8,
    /// of a hundred tags
    pub miss_percent: u8,
    /// of a hundred
    pub confidence_percent: u8,
    /// ISILs
    pub owners: Vec<String>,
    /// how the number of a shelf mark begins
    pub shelf_prefix: String,
    /// its type of usage
    pub shelf_usage: Option<u8>,
}

impl Default for Judged {
    /// -60 dBm, ten misses in a hundred, 99 of a hundred sure; no owner but those that tags do not name; marks begin with `CJ-`.
    fn default() -> Self {
        Self {
            near_dbm: -60,
            miss_percent: 10,
            confidence_percent: 99,
            owners: Vec::new(),
            shelf_prefix: "CJ-".to_owned(),
            shelf_usage: None,
        }
    }
}

impl Judged {
    /// For the machine.
    ///
    /// # Errors
    /// [`StocktakeError::Judged`]: the value that makes no sense.
    pub fn settings(&self) -> Result<Settings, StocktakeError> {
        let wrong = |value, why: &str| StocktakeError::Judged { value, why: why.to_owned() };
        let ratio = |percent: u8| f64::from(percent) / 100.0;
        let rule = Rule::new(ratio(self.miss_percent), ratio(self.confidence_percent))
            .ok_or_else(|| wrong("miss", "0 to 90, with a confidence of 50 to 99"))?;
        let isil = |text: &String| Isil::parse(text).map_err(|fault| wrong("owner", &fault.to_string()));
        let owners = self.owners.iter().map(isil).collect::<Result<_, _>>()?;
        Ok(Settings { rule, near_dbm: self.near_dbm, owners })
    }

    /// How a tag shows that it is a shelf mark.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks {
            usage: self.shelf_usage,
            prefix: Some(self.shelf_prefix.clone()).filter(|text| !text.is_empty()),
        }
    }
}

/// A folder that is a stocktake.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// how it is judged
    pub judged: Judged,
}

impl Folder {
    /// Makes one, with a copy of the plan.
    ///
    /// # Errors
    /// The plan is wrong, or the folder cannot be made.
    pub fn make(path: &Path, list: &Path, judged: Judged) -> Result<Self, StocktakeError> {
        judged.settings()?;
        // Before anything is written: a list with a fault makes no folder.
        plan::read(list)?;
        let failed =
            |cause: io::Error| StocktakeError::File { path: path.to_owned(), why: cause.to_string() };
        fs::create_dir_all(path).map_err(failed)?;
        fs::copy(list, path.join(PLAN)).map_err(failed)?;
        let text = serde_json::to_string_pretty(&judged).map_err(|cause| failed(cause.into()))?;
        fs::write(path.join(JUDGED), text + "\n").map_err(failed)?;
        Ok(Self { path: path.to_owned(), judged })
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_there(path: &Path) -> bool {
        path.join(JUDGED).exists()
    }

    /// Opens one.
    ///
    /// # Errors
    /// [`StocktakeError::File`] if there is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StocktakeError> {
        let file = path.join(JUDGED);
        let failed = |why: String| StocktakeError::File { path: file.clone(), why };
        if !file.exists() {
            return Err(failed(NO_STOCKTAKE.to_owned()));
        }
        let text = fs::read_to_string(&file).map_err(|cause| failed(cause.to_string()))?;
        let judged = serde_json::from_str(&text).map_err(|cause| failed(cause.to_string()))?;
        Ok(Self { path: path.to_owned(), judged })
    }

    /// Whether it was made of this list.
    ///
    /// # Errors
    /// [`StocktakeError::File`] if one of the two cannot be read.
    pub fn is_of(&self, list: &Path) -> Result<bool, StocktakeError> {
        let read = |path: &Path| {
            fs::read(path)
                .map_err(|cause| StocktakeError::File { path: path.to_owned(), why: cause.to_string() })
        };
        Ok(read(&self.path.join(PLAN))? == read(list)?)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name: that of the count, where nobody gives another.
    #[must_use]
    pub fn name(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The file of whoever reads.
    #[must_use]
    pub fn pid(&self) -> PathBuf {
        self.path.join("session.pid")
    }

    /// The file that says which items the library's system was told, and on which shelves.
    #[must_use]
    pub fn told(&self) -> PathBuf {
        self.path.join("told")
    }

    /// What is expected.
    ///
    /// # Errors
    /// [`StocktakeError::File`] or [`StocktakeError::Plan`].
    pub fn plan(&self) -> Result<Plan, StocktakeError> {
        plan::read(&self.path.join(PLAN))
    }

    /// The machine with all that it was told, and the journal for more. A pass that was cut off is paused.
    ///
    /// # Errors
    /// [`StocktakeError::Journal`] if another session reads, or the journal cannot be read.
    pub fn take(&self, now: Instant) -> Result<(Stocktake, Journal, Lost), StocktakeError> {
        self.replay(&self.path.join(JOURNAL), now, &mut |_, _| {})
    }

    /// The machine as it is now, also while a session reads: from a copy of the journal.
    ///
    /// # Errors
    /// [`StocktakeError`], if it cannot be read.
    pub fn look(&self, now: Instant) -> Result<(Stocktake, Lost), StocktakeError> {
        self.look_on(now, &mut |_, _| {})
    }

    /// As [`Self::look`]; `step` hears now and then how much of how much of the journal was read.
    ///
    /// # Errors
    /// [`StocktakeError`], if it cannot be read.
    pub fn look_on(
        &self,
        now: Instant,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(Stocktake, Lost), StocktakeError> {
        let from = self.path.join(JOURNAL);
        let failed = |cause: io::Error| StocktakeError::File { path: from.clone(), why: cause.to_string() };
        let copy = tempfile::NamedTempFile::new().map_err(failed)?;
        if from.exists() {
            fs::copy(&from, copy.path()).map_err(failed)?;
        }
        let (stocktake, _, lost) = self.replay(copy.path(), now, step)?;
        Ok((stocktake, lost))
    }

    /// When something was last noted of it: nothing that was heard was heard later. Nothing before the first pass.
    #[must_use]
    pub fn noted_at(&self) -> Option<SystemTime> {
        fs::metadata(self.path.join(JOURNAL)).and_then(|journal| journal.modified()).ok()
    }

    /// Whether a session reads.
    #[must_use]
    pub fn is_read(&self, now: Instant, plan: &Plan) -> bool {
        let file = self.path.join(JOURNAL);
        file.exists() && matches!(Journal::open(&file, now, plan), Err(JournalError::InUse { .. }))
    }

    fn replay(
        &self,
        file: &Path,
        now: Instant,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(Stocktake, Journal, Lost), StocktakeError> {
        let plan = self.plan()?;
        let (journal, replay) = Journal::open(file, now, &plan)?;
        let lost = Lost { n_damaged: replay.n_damaged, n_unknown: replay.n_unknown, was_cut: replay.was_cut };
        let mut stocktake = Stocktake::new(plan, self.judged.settings()?);
        replay.tell(&mut stocktake, step);
        Ok((stocktake, journal, lost))
    }
}

/// What the journal did not give back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// lines that were damaged
    pub n_damaged: usize,
    /// lines of shelves that the plan does not know any more
    pub n_unknown: usize,
    /// nothing was lost, but a pass was cut off: it is paused now
    pub was_cut: bool,
}

const NO_STOCKTAKE: &str =
    "there is no stocktake here: begin one with the list of what is expected (--plan FILE)";
const PLAN: &str = "plan.csv";
const JUDGED: &str = "stocktake.json";
const JOURNAL: &str = "journal";
