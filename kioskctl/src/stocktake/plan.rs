//! `kioskctl stocktake plan`: what should stand on the shelves, as central has it, as a list for a stocktake.

use std::io::IsTerminal as _;
use std::path::Path;

use circulation::call_number::CallNumber;
use config::Config;
use sync_client::kiosk_api::shelves::Expected;

use super::StocktakeFailure;
use crate::arguments::{ExpectedArguments, PlanArguments};
use crate::failure::Failure;
use crate::reader::runtime;
use crate::{Outcome, library, say, settings};

/// Fetches the list and writes it. Exit code 1 if there is nothing on it.
pub(super) fn run(arguments: &PlanArguments) -> Result<Outcome, Failure> {
    if arguments.file.exists() {
        let why = format!("{} is there already: name another file", arguments.file.display());
        return Err(StocktakeFailure::Option { option: "FILE", why }.into());
    }
    let n = write(&arguments.expected, &arguments.branch, &arguments.file)?;
    say(&format!("{n} 册 items → {}\n", arguments.file.display()))?;
    Ok(Outcome::Good)
}

/// Writes what should stand in a branch into a file; gives how many items that are.
pub(super) fn write(expected: &ExpectedArguments, branch: &str, file: &Path) -> Result<usize, Failure> {
    let config = Config::load(expected.library.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG)))?;
    let mut items = fetch(&config, branch, expected.shelves.as_deref())?;
    if items.is_empty() {
        let why = format!(
            "central knows of nothing that should stand there: is {branch:?} the code of a branch, and do marks of shelves begin so?"
        );
        return Err(StocktakeFailure::Option { option: "--branch", why }.into());
    }
    // Shelf after shelf, each from its left to its right; what has no shelf comes last.
    items.sort_by_cached_key(|item| {
        (item.shelf.is_empty(), item.shelf.clone(), CallNumber::new(&item.call_number), item.item.clone())
    });
    let failed =
        |why: String| StocktakeFailure::Option { option: "FILE", why: format!("{}: {why}", file.display()) };
    let mut out = csv::Writer::from_path(file).map_err(|cause| failed(cause.to_string()))?;
    out.write_record(["barcode", "call_number", "shelf", "state"])
        .map_err(|cause| failed(cause.to_string()))?;
    for item in &items {
        let row = [item.item.as_str(), &item.call_number, &item.shelf, item.state.word()];
        out.write_record(row).map_err(|cause| failed(cause.to_string()))?;
    }
    out.flush().map_err(|cause| failed(cause.to_string()))?;
    Ok(items.len())
}

fn fetch(config: &Config, branch: &str, shelf: Option<&str>) -> Result<Vec<Expected>, Failure> {
    let option = |why| StocktakeFailure::Option { option: "--library", why };
    let runtime = runtime()?;
    let _within = runtime.enter();
    let api = library::kiosk_api(config, "what should stand on a shelf").map_err(option)?;
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = runtime.block_on(api.shelves(branch, shelf, after));
        let page =
            page.map_err(|cause| option(format!("central does not give its list: {cause}; try again")))?;
        items.extend(page.items);
        let Some(next) = page.next else { return Ok(items) };
        if std::io::stdout().is_terminal() {
            say(&format!("\r\u{1b}[K{} 册 items", items.len()))?;
        }
        after = Some(next);
    }
}
