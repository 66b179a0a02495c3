//! Files of older versions, carried over step by step: comments, order and spelling of what does not change stay.
//!
//! Each step knows its version by frozen copies of the old words and types, in a file of its own, and changes only what the
//! next version spells otherwise; it never changes what the file means. A file without `version` is of version 1.

mod v1;

use toml_edit::{DocumentMut, value};

/// The version that this program writes. It reads every older one too.
pub const VERSION: u32 = 2;

/// A file that was carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// What it says now.
    pub text: String,
    /// The version that it had.
    pub from: u32,
    /// What was changed, a sentence each.
    pub changes: Vec<String>,
}

/// Why a file cannot be carried over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// It is not TOML.
    #[error("not TOML: {message}; `kioskctl config check` names the line")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// Its version is no number that is known.
    #[error(
        "version = {found}: known are 1 to {VERSION}; a file of a newer program is read by that program only"
    )]
    Version {
        /// What stands there.
        found: String,
    },
}

/// Carries a text over to [`VERSION`]. A text of that version comes back as it is.
///
/// # Errors
/// [`MigrateError`]
pub fn migrate(text: &str) -> Result<Migrated, MigrateError> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        MigrateError::Syntax { message: error.message().to_owned() }
    })?;
    let from = version(&document)?;
    let mut changes = Vec::new();
    if from <= 1 {
        changes.extend(v1::to_v2(&mut document));
        set_version(&mut document, 2);
        changes.push("version = 2 stands at the top".to_owned());
    }
    let text = if changes.is_empty() { text.to_owned() } else { document.to_string() };
    Ok(Migrated { text, from, changes })
}

fn version(document: &DocumentMut) -> Result<u32, MigrateError> {
    let Some(found) = document.get("version") else { return Ok(1) };
    let number = found.as_integer().and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| (1..=VERSION).contains(number))
        .ok_or_else(|| MigrateError::Version { found: found.to_string().trim().to_owned() })
}

/// Puts the version before the first heading, below the comment at the top of the file.
fn set_version(document: &mut DocumentMut, version: u32) {
    let is_new = !document.contains_key("version");
    document.insert("version", value(i64::from(version)));
    if !is_new {
        return;
    }
    // What stood above the first heading stays above the version, if it is the head of the file: up to an empty line.
    let first =
        document.iter_mut().filter_map(|(_, item)| item.as_table_mut()).min_by_key(|table| table.position());
    let Some(table) = first else { return };
    let above = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
    let (head, rest) = above.rsplit_once("\n\n").map_or((above.as_str(), ""), |(head, rest)| (head, rest));
    let head = if head.trim().is_empty() { String::new() } else { format!("{}\n", head.trim_end()) };
    table.decor_mut().set_prefix(format!("\n{rest}"));
    if let Some(mut key) = document.key_mut("version") {
        key.leaf_decor_mut().set_prefix(head);
    }
}
