//! `kioskctl config migrate`: a file of an older version, in the words of this one.

use std::path::Path;

use config::Config;

use super::file;
use super::versions::Versions;
use crate::arguments::MigrateArguments;
use crate::failure::Failure;
use crate::{Outcome, say};

/// Carries a file over, and prints or replaces it.
pub(super) fn run(arguments: &MigrateArguments) -> Result<Outcome, Failure> {
    let path: &Path = &arguments.file;
    let text = super::sound(path)?;
    let migrated =
        config::migrate(&text).map_err(|error| Failure::Migrate { file: path.to_owned(), error })?;
    if !arguments.write {
        return say(&migrated.text).map(|()| Outcome::Good);
    }
    if migrated.changes.is_empty() {
        return say(&format!("{}: is of version {} already\n", path.display(), config::VERSION))
            .map(|()| Outcome::Good);
    }
    // What the kiosk would make of it, but for secrets that this account may not read.
    let same = Config::parse(&text, "").ok() == Config::parse(&migrated.text, "").ok();
    if !same {
        return Err(Failure::Meaning { file: path.to_owned() });
    }
    let kept = Versions::beside(path).keep(&text, &format!("before version {}", config::VERSION))?;
    file::replace(path, &migrated.text)?;
    let mut told = format!("{}: carried over from version {}\n", path.display(), migrated.from);
    for change in &migrated.changes {
        told.push_str(&format!("  {change}\n"));
    }
    told.push_str(&format!("version {} kept: {}\n", kept.number, kept.path.display()));
    say(&told).map(|()| Outcome::Good)
}
