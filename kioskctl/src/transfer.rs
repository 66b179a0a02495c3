//! `kioskctl transfer`: books packed into boxes, put on a transfer sheet at central a box at a time, shipped, received.
//!
//! **Rule**: what was done is on the disk with its id before central is told, and stays there until central has answered.
//! Whatever breaks in between, the next command tells it again, and central does it once.

mod pending;
mod show;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use circulation::id::{ItemId, TransactionId};
use config::Config;
use serde_json::json;
use sync_client::http::KioskApi;
use sync_client::kiosk_api::transfer::{Act, Deed, MAX_ITEMS, Told, is_sheet};

use crate::arguments::{CommonArguments, ScanArguments, SheetArguments, TransferCommand};
use crate::failure::Failure;
use crate::reader::{list, runtime};
use crate::{Outcome, library, say, settings};
use pending::Pending;

/// Why nothing is done with a sheet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferFailure {
    /// An argument is wrong.
    #[error("{name}: {why}")]
    Argument {
        /// which
        name: &'static str,
        /// why, and what to do
        why: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// the file
        path: PathBuf,
        /// why
        why: String,
    },
    /// Central cannot be told.
    #[error("central was not told ({why}). {n} acts are kept in {}: the next command for this sheet tells them first", .path.display())]
    Central {
        /// why
        why: String,
        /// how many wait
        n: usize,
        /// where
        path: PathBuf,
    },
}

/// What was read, and what is odd about it.
struct Scan {
    items: Vec<ItemId>,
    odd: Vec<String>,
}

/// Carries out one command.
///
/// # Errors
/// [`TransferFailure`], and what the reader's failures are.
pub(crate) fn run(command: &TransferCommand) -> Result<Outcome, Failure> {
    match command {
        TransferCommand::New(new) => {
            let (from, to) = (new.from.clone(), new.to.clone());
            plain(&new.sheet, Deed::Make { from, to, keeps_home: new.keeps_home })
        }
        TransferCommand::Ship(sheet) => plain(sheet, Deed::Ship),
        TransferCommand::Close(sheet) => plain(sheet, Deed::Close),
        TransferCommand::Undo(sheet) => plain(sheet, Deed::Undo),
        TransferCommand::Show(sheet) => plain(sheet, Deed::Look),
        TransferCommand::Box(packed) => {
            let (way, label) = (Way::of_scan(&packed.scan)?, &packed.label);
            let scan = Scan::take(&packed.scan, Some(packed.expect))?;
            if !scan.odd.is_empty() {
                return refuse(&way, &format!("box {label}"), &scan, "Nothing was put on the sheet");
            }
            let items = scan.items.iter().map(ItemId::to_string).collect();
            way.carry_out(Deed::Box { label: label.clone(), declared: packed.expect, items })
        }
        TransferCommand::Receive(receive) => {
            let way = Way::of_scan(&receive.scan)?;
            let scan = Scan::take(&receive.scan, receive.expect)?;
            if !scan.odd.is_empty() {
                return refuse(&way, "this box", &scan, "Nothing was received");
            }
            way.carry_out(Deed::Receive { items: scan.items.iter().map(ItemId::to_string).collect() })
        }
    }
}

fn plain(sheet: &SheetArguments, deed: Deed) -> Result<Outcome, Failure> {
    Way::new(&sheet.sheet, sheet.config.as_deref(), &sheet.common)?.carry_out(deed)
}

/// A box that is not as it was counted: the answer is a no.
fn refuse(way: &Way, what: &str, scan: &Scan, nothing: &str) -> Result<Outcome, Failure> {
    if way.json {
        let items: Vec<&str> = scan.items.iter().map(ItemId::as_str).collect();
        say(&format!("{}\n", json!({ "refused": "count", "items": items, "odd": scan.odd })))?;
    } else {
        let odd: String = scan.odd.iter().map(|odd| format!("  {odd}\n")).collect();
        say(&format!("{what} 与申报不符 is not as declared:\n{odd}{nothing}. {WHAT_TO_DO}\n"))?;
    }
    Ok(Outcome::Bad)
}

/// A sheet, and the way to it.
struct Way {
    sheet: String,
    config: Config,
    pending: Pending,
    json: bool,
}

impl Way {
    fn new(sheet: &str, config: Option<&Path>, common: &CommonArguments) -> Result<Self, Failure> {
        if !is_sheet(sheet) {
            let why = format!("{sheet:?} is no number of a sheet: 1 to 32 letters, digits, - and _");
            return Err(TransferFailure::Argument { name: "SHEET", why }.into());
        }
        let config = Config::load(config.unwrap_or_else(|| Path::new(settings::CONFIG)))?;
        let pending = Pending::open(common.state.as_deref(), sheet)?;
        Ok(Self { sheet: sheet.to_owned(), config, pending, json: common.json })
    }

    fn of_scan(scan: &ScanArguments) -> Result<Self, Failure> {
        let config = scan.library.as_deref().or(scan.line.config.as_deref());
        Self::new(&scan.sheet, config, &scan.common)
    }

    /// Notes what is done, then tells central whatever waits, and it.
    fn carry_out(mut self, deed: Deed) -> Result<Outcome, Failure> {
        let runtime = runtime()?;
        let _within = runtime.enter();
        let api = api(&self.config)?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|cause| Failure::System(std::io::Error::other(cause.to_string())))?;
        let opuser = api.opuser().to_owned();
        let act = Act { opuser, id: TransactionId::from_bytes(bytes), sheet: self.sheet.clone(), deed };
        if act.deed != Deed::Look {
            self.pending.add(act.clone())?;
        }
        let mut outcome = Outcome::Good;
        while let Some(first) = self.pending.first().cloned() {
            let told =
                runtime.block_on(api.transfer(&first)).map_err(|cause| self.untold(&cause.to_string()))?;
            self.pending.done()?;
            outcome = self.tell(&first, &told, outcome)?;
        }
        if act.deed == Deed::Look {
            let told =
                runtime.block_on(api.transfer(&act)).map_err(|cause| self.untold(&cause.to_string()))?;
            outcome = self.tell(&act, &told, outcome)?;
        }
        Ok(outcome)
    }

    fn untold(&self, why: &str) -> TransferFailure {
        TransferFailure::Central {
            why: why.to_owned(),
            n: self.pending.n(),
            path: self.pending.path().to_owned(),
        }
    }

    fn tell(&self, act: &Act, told: &Told, before: Outcome) -> Result<Outcome, Failure> {
        let text = if self.json { show::json(act, told) } else { show::words(act, told) };
        say(&text)?;
        let is_good = told.refused.is_none() && told.not.is_empty();
        Ok(if is_good { before } else { Outcome::Bad })
    }
}

impl Scan {
    /// Reads the box, or the file that lists it.
    fn take(arguments: &ScanArguments, expect: Option<u32>) -> Result<Self, Failure> {
        let expected = expect.and_then(|n| usize::try_from(n).ok());
        let (items, odd) = match &arguments.items {
            None => {
                let contents = list::read(&arguments.line)?;
                let odd = contents.odd(expected);
                (contents.items.into_keys().collect(), odd)
            }
            Some(path) => listed(path, expected)?,
        };
        let bad = |text: &String| {
            let why = format!("{text:?} is no barcode");
            ItemId::parse(text).map_err(|_| TransferFailure::Argument { name: "the box", why })
        };
        let items: Vec<ItemId> = items.iter().map(bad).collect::<Result<_, _>>()?;
        if items.is_empty() || items.len() > MAX_ITEMS {
            let why = format!("{} books were read; a box has 1 to {MAX_ITEMS}", items.len());
            return Err(TransferFailure::Argument { name: "the box", why }.into());
        }
        Ok(Self { items, odd })
    }
}

/// The barcodes of a file, and what is odd about them.
fn listed(path: &Path, expected: Option<usize>) -> Result<(Vec<String>, Vec<String>), TransferFailure> {
    let failed =
        |cause: std::io::Error| TransferFailure::File { path: path.to_owned(), why: cause.to_string() };
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(failed)?;
    } else {
        text = std::fs::read_to_string(path).map_err(failed)?;
    }
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    for word in text.trim_start_matches('\u{FEFF}').split_whitespace() {
        *items.entry(word).or_default() += 1;
    }
    let count = expected.filter(|expected| *expected != items.len());
    let count = count.map(|expected| format!("数目不符 declared {expected}, listed {}", items.len()));
    let twice = items.iter().filter(|(_, n)| **n > 1);
    let twice = twice.map(|(item, n)| format!("{item}: 重复 listed {n} times"));
    let odd = count.into_iter().chain(twice).collect();
    Ok((items.into_keys().map(str::to_owned).collect(), odd))
}

fn api(config: &Config) -> Result<KioskApi, TransferFailure> {
    let argument = |why| TransferFailure::Argument { name: "--config", why };
    library::kiosk_api(config, "transfer sheets").map_err(argument)
}

const WHAT_TO_DO: &str = "请重新摆放后再读；仍不符则开箱点数。Set the box down again and repeat the command; if it still \
     differs, open it, count, and replace the tag of a book that is not heard.";
