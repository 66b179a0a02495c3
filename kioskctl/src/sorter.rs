//! `kioskctl sorter`: the bins of a return slot, and the rules that fill them.

mod explain;

use std::path::{Path, PathBuf};

use circulation::id::ItemId;
use circulation::policy::ItemState;
use config::Config;
use slot::sort::Facts;
use sync_client::mirror::Mirror;

use crate::arguments::{ExplainArguments, SorterCommand};
use crate::failure::Failure;
use crate::{Outcome, say, settings};

/// Why an item cannot be explained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SorterFailure {
    /// It is no number of an item.
    #[error("{text:?} is no item's number: letters and digits, as on its barcode")]
    Item {
        /// what was given
        text: String,
    },
    /// There are no bins.
    #[error("{}: there is no [[bin]], so nothing is sorted here; describe the bins, or name the slot's file with --config", .file.display())]
    NoBins {
        /// the configuration
        file: PathBuf,
    },
    /// No bin has that name.
    #[error("--full: there is no bin {name:?}; there are {}", .known.join(", "))]
    NoBin {
        /// the name given
        name: String,
        /// those that there are
        known: Vec<String>,
    },
    /// The mirror cannot be read.
    #[error("the mirror cannot be read: {0}; say with options what the item is")]
    Mirror(#[from] sync_client::mirror::MirrorError),
}

/// Carries out one command.
///
/// # Errors
/// [`Failure::Sorter`], and what is wrong with the configuration.
pub(crate) fn run(command: &SorterCommand) -> Result<Outcome, Failure> {
    let SorterCommand::Explain(arguments) = command;
    let file = arguments.config.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG));
    let config = Config::load(file)?;
    if config.bins.is_empty() {
        return Err(SorterFailure::NoBins { file: file.to_owned() }.into());
    }
    let known = |name: &String| config.bin(name).is_some();
    if let Some(name) = arguments.full.iter().find(|name| !known(name)) {
        let known = config.bins.iter().map(|bin| bin.name.clone()).collect();
        return Err(SorterFailure::NoBin { name: name.clone(), known }.into());
    }
    let (facts, source) = facts(&config, arguments)?;
    let told = explain::Explanation::of(&config, &facts, &arguments.full);
    let text =
        if arguments.json { told.json(&arguments.item, source) } else { told.text(&arguments.item, source) };
    say(&text)?;
    Ok(if told.rule.is_some() { Outcome::Good } else { Outcome::Bad })
}

/// Whence the facts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The mirror knows the item; options may have said otherwise.
    Mirror,
    /// It does not.
    Unknown,
    /// There is no mirror.
    None,
}

fn facts(config: &Config, arguments: &ExplainArguments) -> Result<(Facts, Source), SorterFailure> {
    let item =
        ItemId::parse(&arguments.item).map_err(|_| SorterFailure::Item { text: arguments.item.clone() })?;
    let path = config.kiosk.data_dir.join("mirror.db");
    // Opening would make an empty one.
    let (found, source) = if path.is_file() {
        let (mirror, _) = Mirror::open(&path)?;
        match mirror.item(&item)? {
            Some(item) => (Some(item), Source::Mirror),
            None => (None, Source::Unknown),
        }
    } else {
        (None, Source::None)
    };
    let state = found.as_ref().map(|item| item.state);
    let mirrored = found.map(|item| Facts {
        is_on_loan: state.map(|state| state == ItemState::OnLoan),
        is_held: state == Some(ItemState::Held),
        location: Some(item.branch),
        owner: Some(item.owner.as_str().to_owned()),
        call_number: item.description.call_number,
        ..Facts::default()
    });
    let mirrored = mirrored.unwrap_or_default();
    let facts = Facts {
        is_on_loan: mirrored.is_on_loan,
        is_held: arguments.held.unwrap_or(mirrored.is_held),
        sort_bin: arguments.sort_bin.clone(),
        location: arguments.branch.clone().or(mirrored.location),
        owner: arguments.owner.clone().or(mirrored.owner),
        call_number: arguments.call_number.clone().or(mirrored.call_number),
        media: arguments.media.clone(),
        age_group: arguments.age_group.clone(),
    };
    Ok((facts, source))
}
