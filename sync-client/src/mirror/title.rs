//! Titles: copies with the same title, author and ISBN are one.

use std::collections::BTreeMap;

use circulation::search::{ItemLanguage, isbn13};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::kiosk_api::ItemEntry;

/// The number of an item's title, given to it when it is first met. Without `known` the index says what is there.
pub(super) fn put(
    db: &Connection,
    g: i64,
    known: Option<&mut BTreeMap<i64, i64>>,
    item: &ItemEntry,
) -> Result<i64, rusqlite::Error> {
    let key = key(item);
    match known {
        Some(known) => {
            if let Some(id) = known.get(&key) {
                return Ok(*id);
            }
            let id = insert(db, g, key, item)?;
            known.insert(key, id);
            Ok(id)
        }
        None => match find(db, g, key)? {
            Some(id) => Ok(id),
            None => insert(db, g, key, item),
        },
    }
}

/// The number of the title with a key.
pub(super) fn find(db: &Connection, g: i64, key: i64) -> Result<Option<i64>, rusqlite::Error> {
    db.prepare_cached(&format!("SELECT id FROM title_{g} WHERE key = ?1 LIMIT 1"))?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// The numbers of all titles by their keys.
pub(super) fn all(db: &Connection, g: i64) -> Result<BTreeMap<i64, i64>, rusqlite::Error> {
    let mut query = db.prepare(&format!("SELECT key, id FROM title_{g}"))?;
    query.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The language at a place of [`ItemLanguage::ALL`].
pub(super) fn language_of(code: u8) -> ItemLanguage {
    ItemLanguage::ALL.get(usize::from(code)).copied().unwrap_or(ItemLanguage::Other)
}

/// The place of a language in [`ItemLanguage::ALL`].
pub(super) fn language_code(language: ItemLanguage) -> u8 {
    let place = ItemLanguage::ALL.iter().position(|known| *known == language);
    place.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

fn insert(db: &Connection, g: i64, key: i64, item: &ItemEntry) -> Result<i64, rusqlite::Error> {
    let language = match item.record.language.as_str() {
        "" => ItemLanguage::guess(&item.title),
        code => ItemLanguage::of_code(code),
    };
    let isbn = isbn13(&item.record.isbn).and_then(|isbn| i64::try_from(isbn).ok());
    db.prepare_cached(&format!(
        "INSERT INTO title_{g} (key, title, author, isbn, language, call) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    ))?
    .insert(params![
        key,
        item.title,
        item.record.author,
        isbn,
        language_code(language),
        item.call_number.to_ascii_uppercase()
    ])
}

/// FNV-1a of title, author and ISBN. It stands in files, so it must stay what it is; two of half a million titles have the same
/// with a probability of one in a hundred million.
fn key(item: &ItemEntry) -> i64 {
    let record = &item.record;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [&item.title, &record.author, &record.isbn] {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash.cast_signed()
}
