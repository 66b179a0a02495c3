//! The library's system is told what a stocktake saw.
//!
//! Over openlib an item that was heard is counted (`assetcountreturnmeta`), and one that stands on a shelf is said to stand
//! there (`holdselfnomanage`). Both can be said again, so that after a broken line the last few are. SIP2 has no such words:
//! there the report is what goes to the library.

use std::time::SystemTime;

use circulation::id::{ItemId, ShelfMark};
use circulation::stocktake::{Standing, Stocktake};
use circulation::transaction::Reason;
use jiff::Timestamp;
use jiff::civil::DateTime;
use sync_client::central::Central;
use sync_client::http::Openlib;

use crate::told::Told;
use crate::{Folder, StocktakeError};

/// Telling that goes on, item by item. Whoever stops it between two steps, or in the middle of one, loses nothing.
#[derive(Debug)]
pub struct Telling {
    openlib: Openlib,
    batch: String,
    at: Option<DateTime>,
    seen: Vec<(ItemId, Option<ShelfMark>)>,
    done: usize,
    told: Told,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One item is told.
    Told,
    /// One item was told, and the library's system does not take it: no reason not to tell the others.
    Refused(ItemId, Reason),
    /// All are told, and that is on the disk.
    All,
}

/// Why it is not told.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The library's system cannot be told of a stocktake.
    #[error("SIP2 has no words for a stocktake: hand in the report")]
    NoWords,
    /// The library's system does not answer.
    #[error("{0}")]
    Silent(String),
    /// What was told cannot be noted.
    #[error(transparent)]
    Folder(#[from] StocktakeError),
}

impl Telling {
    /// Begins, or goes on where it was. Without a name the count is called as its folder. What is told now was seen when the
    /// journal was last written, at `noted_at` ([`Folder::noted_at`]): a loan meanwhile is the later news.
    ///
    /// # Errors
    /// [`TellError::NoWords`], and [`TellError::Folder`] if what was told before cannot be read.
    pub fn begin(
        (folder, stocktake): (&Folder, &Stocktake),
        client: Central,
        batch: Option<&str>,
        noted_at: Option<SystemTime>,
    ) -> Result<Self, TellError> {
        let noted_at = noted_at.and_then(|at| Timestamp::try_from(at).ok());
        let (openlib, at) = match client {
            Central::Openlib(openlib) => (openlib, None),
            Central::Kiosk(api, _) => (api.openlib(), noted_at.map(|at| api.local(at))),
            Central::Sip2(_) => return Err(TellError::NoWords),
        };
        let batch = batch.map_or_else(|| folder.name(), str::to_owned);
        let told = Told::open(folder.told(), &batch)?;
        Ok(Self { openlib, batch, at, seen: seen(stocktake), done: 0, told })
    }

    /// The name of the count.
    #[must_use]
    pub fn batch(&self) -> &str {
        &self.batch
    }

    /// Items to be told, those among them that were told before.
    #[must_use]
    pub const fn n_items(&self) -> usize {
        self.seen.len()
    }

    /// Of these, told.
    #[must_use]
    pub const fn n_told(&self) -> usize {
        self.done
    }

    /// Tells the next one. Dropped in the middle, it is told again the next time.
    ///
    /// # Errors
    /// [`TellError::Silent`], or [`TellError::Folder`] if it cannot be noted. The same step can be tried again.
    pub async fn step(&mut self) -> Result<Step, TellError> {
        let Some((item, shelf)) = self.seen.get(self.done) else {
            self.told.sync()?;
            return Ok(Step::All);
        };
        let mut step = Step::Told;
        if !self.told.knows(item, shelf.as_ref()) {
            if let Err(reason) = tell((&self.openlib, &self.batch, self.at), item, shelf.as_ref()).await? {
                step = Step::Refused(item.clone(), reason);
            }
            self.told.note(item, shelf.as_ref())?;
        }
        self.done += 1;
        Ok(step)
    }

    /// Puts on the disk how far it is.
    ///
    /// # Errors
    /// [`TellError::Folder`].
    pub fn rest(&mut self) -> Result<(), TellError> {
        Ok(self.told.sync()?)
    }
}

/// The items that were heard, in the order of their ids, and the shelf of each where one can be said.
fn seen(stocktake: &Stocktake) -> Vec<(ItemId, Option<ShelfMark>)> {
    let (plan, report) = (stocktake.plan(), stocktake.report());
    plan.items()
        .filter_map(|(item, id)| {
            let shelf = match report.standing(item)?.0 {
                Standing::Present => plan.home(item),
                Standing::Elsewhere(shelf) => Some(shelf),
                Standing::Glimpsed => None,
                Standing::Away | Standing::Unseen | Standing::Missing => return None,
            };
            Some((id.clone(), shelf.and_then(|shelf| plan.mark(shelf)).cloned()))
        })
        .collect()
}

/// Tells one: that it was counted, and then where it stands.
async fn tell(
    (openlib, batch, at): (&Openlib, &str, Option<DateTime>),
    item: &ItemId,
    shelf: Option<&ShelfMark>,
) -> Result<Result<(), Reason>, TellError> {
    let silent = |cause: &dyn std::error::Error| TellError::Silent(cause.to_string());
    let counted = openlib.count(item, batch, at).await.map_err(|cause| silent(&cause))?;
    match (counted, shelf) {
        (Ok(()), Some(shelf)) => openlib.shelve(item, shelf, at).await.map_err(|cause| silent(&cause)),
        (counted, _) => Ok(counted),
    }
}
