//! `kioskctl stocktake close`: the pass ends, and the library's system is told what was seen and where.
//!
//! Over openlib an item that was heard is counted (`assetcountreturnmeta`), and one that stands on a shelf is said to stand
//! there (`holdselfnomanage`). Both can be said again, so that after a broken line the last few are. SIP2 has no such words:
//! there the report is what goes to the library.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use circulation::id::{ItemId, ShelfMark};
use circulation::stocktake::{Input, Standing, Stocktake};
use config::Config;
use jiff::Timestamp;
use jiff::civil::DateTime;
use stocktaking::{Folder, Pass, StocktakeError};
use sync_client::central::Central;
use sync_client::http::Openlib;

use super::StocktakeFailure;
use super::show::now;
use crate::arguments::CloseArguments;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::reader::runtime;
use crate::{Outcome, library, say, settings};

/// Ends the pass, and tells.
pub(super) fn run(arguments: &CloseArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.folder.folder)?;
    // Before the pass is ended: where it is to be told must be known.
    let file = arguments.config.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG));
    let config = if arguments.keep { None } else { Some(Config::load(file)?) };
    // What is told now was seen then: a loan meanwhile is the later news.
    let seen_at = folder.noted_at().and_then(|at| Timestamp::try_from(at).ok());
    let mut pass = Pass::open(&folder, now())?;
    pass.tell(now(), Input::End)?;
    pass.sync()?;
    let Some(config) = config else {
        say("the pass is over; nobody was told\n")?;
        return Ok(Outcome::Good);
    };
    let batch = arguments.batch.clone().or_else(|| {
        let path = folder.path().canonicalize().ok()?;
        Some(path.file_name()?.to_string_lossy().into_owned())
    });
    let batch = batch.unwrap_or_default();
    let seen = seen(pass.stocktake());
    let (n, address) = (seen.len(), library::address(&config));
    match runtime()?.block_on(tell(&folder, &config, &batch, (&seen, seen_at)))? {
        Ended::All => {
            say(&format!("{n} items told to {address} as count {batch}\n"))?;
            Ok(Outcome::Good)
        }
        Ended::Interrupted { told } => {
            let what = format!("interrupted: {told} of {n} items told to {address} as count {batch}");
            say(&format!("{what}; the same command tells the others\n"))?;
            Ok(Outcome::Interrupted)
        }
    }
}

/// How the telling ended.
enum Ended {
    All,
    /// By Ctrl-C, when so many were told.
    Interrupted {
        told: usize,
    },
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

/// Tells those that were not told yet. Ctrl-C may fall into the middle of a call: it is told again the next time.
async fn tell(
    folder: &Folder,
    config: &Config,
    batch: &str,
    (seen, seen_at): (&[(ItemId, Option<ShelfMark>)], Option<Timestamp>),
) -> Result<Ended, Failure> {
    let option = |why: &str| StocktakeFailure::Option { option: "--config", why: why.to_owned() };
    let client = library::central(config).map_err(|why| option(&why))?;
    let (openlib, at) = match client {
        Central::Openlib(openlib) => (openlib, None),
        Central::Kiosk(api, _) => (api.openlib(), seen_at.map(|at| api.local(at))),
        Central::Sip2(_) => {
            let why = "SIP2 has no words for a stocktake: use --keep, and hand in the report";
            return Err(option(why).into());
        }
    };
    let failed = |told: usize, why: String| StocktakeFailure::Central { told, of: seen.len(), why };
    let mut told = Told::open(folder.told(), batch).map_err(StocktakeFailure::from)?;
    let mut progress = Progress::begin("告诉中心 told", seen.len())?;
    for (n, (item, shelf)) in seen.iter().enumerate() {
        if !told.knows(item, shelf.as_ref()) {
            tokio::select! {
                () = progress.interrupted() => {
                    told.sync().map_err(StocktakeFailure::from)?;
                    return Ok(Ended::Interrupted { told: n });
                }
                answer = tell_one((&openlib, batch, at), item, shelf.as_ref()) => {
                    answer.map_err(|why| failed(n, why))??;
                }
            }
            told.note(item, shelf.as_ref()).map_err(StocktakeFailure::from)?;
        }
        progress.step();
    }
    told.sync().map_err(StocktakeFailure::from)?;
    Ok(Ended::All)
}

/// Tells one. That the system does not know it is no reason not to tell the others: it says so in the log of the library.
async fn tell_one(
    (openlib, batch, at): (&Openlib, &str, Option<DateTime>),
    item: &ItemId,
    shelf: Option<&ShelfMark>,
) -> Result<Result<(), StocktakeFailure>, String> {
    let counted = openlib.count(item, batch, at).await.map_err(|cause| cause.to_string())?;
    if let (Ok(()), Some(shelf)) = (&counted, shelf) {
        let shelved = openlib.shelve(item, shelf, at).await.map_err(|cause| cause.to_string())?;
        if let Err(failure) = unknown(item, &shelved) {
            return Ok(Err(failure));
        }
    }
    Ok(unknown(item, &counted))
}

/// What the library's system was told in a count: a line for each item and shelf, behind what was told before. A later pass may
/// hear more items, or one of them on another shelf: so each is known by itself, and not how many they were.
struct Told {
    path: PathBuf,
    file: File,
    batch: String,
    /// of this count, the shelf that was told last; empty: none
    shelves: BTreeMap<String, String>,
    n_unsynced: usize,
}

impl Told {
    fn open(path: PathBuf, batch: &str) -> Result<Self, StocktakeError> {
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

    fn knows(&self, item: &ItemId, shelf: Option<&ShelfMark>) -> bool {
        self.shelves.get(item.as_str()).is_some_and(|told| told == shelf.map_or("", ShelfMark::as_str))
    }

    fn note(&mut self, item: &ItemId, shelf: Option<&ShelfMark>) -> Result<(), StocktakeError> {
        let shelf = shelf.map_or("", ShelfMark::as_str);
        let line = format!("{}\t{item}\t{shelf}\n", self.batch);
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|cause| self.failed(&cause))?;
        self.shelves.insert(item.as_str().to_owned(), shelf.to_owned());
        self.n_unsynced += 1;
        if self.n_unsynced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    fn sync(&mut self) -> Result<(), StocktakeError> {
        self.n_unsynced = 0;
        self.file.sync_data().map_err(|cause| self.failed(&cause))
    }

    fn failed(&self, cause: &io::Error) -> StocktakeError {
        StocktakeError::File { path: self.path.clone(), why: cause.to_string() }
    }
}

fn unknown(
    item: &ItemId,
    answer: &Result<(), circulation::transaction::Reason>,
) -> Result<(), StocktakeFailure> {
    let Err(reason) = answer else { return Ok(()) };
    let told = say(&format!("{item}: refused by the library's system: {reason:?}\n"));
    told.map_err(|cause| StocktakeFailure::Option { option: "stdout", why: cause.to_string() })
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
