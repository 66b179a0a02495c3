//! Looking things up. Each question is one read transaction on the generation that is looked at.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::item::Description;
use circulation::policy::{Calendar, ItemFacts, ItemState, PatronFacts, PatronState};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::load::active;
use super::{Facts, Freshness, Mirror, MirrorError};
use crate::kiosk_api::{Cursor, PinHash};

/// An item, without anybody in mind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// whose it is
    pub owner: Isil,
    /// code of the branch
    pub branch: String,
    /// whether it can be lent
    pub state: ItemState,
    /// title and shelf mark
    pub description: Description,
}

impl Mirror {
    /// How fresh the mirror is; nothing if it is empty.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn freshness(&self) -> Result<Option<Freshness>, MirrorError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "SELECT institution, cursor, mirrored_ms FROM meta WHERE active IS NOT NULL",
            )?;
            let row = |row: &Row<'_>| {
                Ok(Freshness {
                    institution: Isil::parse(&row.get::<_, String>(0)?).map_err(|_| bad(0))?,
                    cursor: Cursor::parse(&row.get::<_, String>(1)?).ok_or(bad(1))?,
                    mirrored: Timestamp::from_millisecond(row.get(2)?).map_err(|_| bad(2))?,
                })
            };
            query.query_row((), row).optional()
        })
    }

    /// A patron, if known.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn patron(&self, id: &PatronId) -> Result<Option<PatronFacts>, MirrorError> {
        self.read(|db| match active(db)? {
            Some(g) => Ok(patron(db, g, id)?.map(|(facts, _)| facts)),
            None => Ok(None),
        })
    }

    /// An item, if known.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn item(&self, id: &ItemId) -> Result<Option<Item>, MirrorError> {
        self.read(|db| match active(db)? {
            Some(g) => Ok(item(db, g, id)?.map(|(item, _)| item)),
            None => Ok(None),
        })
    }

    /// All that the rules want to know for one checkout.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn facts(&self, patron_id: &PatronId, item_id: &ItemId) -> Result<Facts, MirrorError> {
        self.read(|db| {
            let Some(g) = active(db)? else {
                return Ok(Facts { patron: None, item: None, calendar: Calendar::default() });
            };
            let patron = patron(db, g, patron_id)?;
            let item = item(db, g, item_id)?;
            let period_days = match (&patron, &item) {
                (Some((_, patron_type)), Some((_, item_type))) => period(db, g, *patron_type, *item_type)?,
                (Some(_) | None, _) => None,
            };
            Ok(Facts {
                patron: patron.map(|(facts, _)| facts),
                item: item.map(|(item, _)| ItemFacts { owner: item.owner, state: item.state, period_days }),
                calendar: calendar(db, g)?,
            })
        })
    }

    /// The hash of a patron's password: nothing if the patron is unknown, `Some(None)` if central sent none.
    pub(super) fn pin(&self, id: &PatronId) -> Result<Option<Option<PinHash>>, MirrorError> {
        self.read(|db| {
            let Some(g) = active(db)? else { return Ok(None) };
            let row = |row: &Row<'_>| {
                let packed: Option<Vec<u8>> = row.get(0)?;
                packed.map(|packed| PinHash::unpack(&packed).ok_or(bad(0))).transpose()
            };
            db.prepare_cached(&format!("SELECT pin FROM patron_{g} WHERE id = ?1"))?
                .query_row([id.as_str()], row)
                .optional()
        })
    }
}

fn patron(db: &Connection, g: i64, id: &PatronId) -> Result<Option<(PatronFacts, i64)>, rusqlite::Error> {
    // A type without a limit lends nothing.
    let sql = format!(
        "SELECT p.state, p.starts, p.ends, p.loans, coalesce(t.loan_limit, 0), p.type \
         FROM patron_{g} AS p LEFT JOIN patron_type_{g} AS t ON t.type = p.type WHERE p.id = ?1"
    );
    let row = |row: &Row<'_>| {
        let facts = PatronFacts {
            state: *PatronState::ALL.get(usize::from(row.get::<_, u8>(0)?)).ok_or(bad(0))?,
            starts_on: day(row, 1)?,
            ends_on: day(row, 2)?,
            n_loans: row.get(3)?,
            loan_limit: row.get(4)?,
        };
        Ok((facts, row.get(5)?))
    };
    db.prepare_cached(&sql)?.query_row([id.as_str()], row).optional()
}

fn item(db: &Connection, g: i64, id: &ItemId) -> Result<Option<(Item, i64)>, rusqlite::Error> {
    let sql = format!(
        "SELECT i.state, o.text, b.text, t.title, coalesce(i.call, t.call), i.type, t.author FROM item_{g} AS i \
         JOIN title_{g} AS t ON t.id = i.title \
         JOIN word_{g} AS o ON o.code = i.owner JOIN word_{g} AS b ON b.code = i.branch WHERE i.id = ?1"
    );
    let row = |row: &Row<'_>| {
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let item = Item {
            state: *ItemState::ALL.get(usize::from(row.get::<_, u8>(0)?)).ok_or(bad(0))?,
            owner: Isil::parse(&row.get::<_, String>(1)?).map_err(|_| bad(1))?,
            branch: row.get(2)?,
            description: Description {
                title: filled(row.get(3)?),
                author: filled(row.get(6)?),
                call_number: filled(row.get(4)?),
            },
        };
        Ok((item, row.get(5)?))
    };
    db.prepare_cached(&sql)?.query_row([id.as_str()], row).optional()
}

fn period(db: &Connection, g: i64, patron_type: i64, item_type: i64) -> Result<Option<u16>, rusqlite::Error> {
    let sql = format!("SELECT period_days FROM term_{g} WHERE patron_type = ?1 AND item_type = ?2");
    db.prepare_cached(&sql)?.query_row(params![patron_type, item_type], |row| row.get(0)).optional()
}

fn calendar(db: &Connection, g: i64) -> Result<Calendar, rusqlite::Error> {
    let mut query = db.prepare_cached(&format!("SELECT day FROM closed_{g}"))?;
    let days: Vec<Date> = query.query_map((), |row| day(row, 0))?.collect::<Result<_, _>>()?;
    Ok(Calendar::new(days))
}

/// A day from its number, `YYYYMMDD`.
fn day(row: &Row<'_>, at: usize) -> Result<Date, rusqlite::Error> {
    let number: i32 = row.get(at)?;
    let part = |part: i32| i8::try_from(part % 100).map_err(|_| bad(at));
    let year = i16::try_from(number / 10_000).map_err(|_| bad(at))?;
    Date::new(year, part(number / 100)?, part(number)?).map_err(|_| bad(at))
}

/// A value that we never wrote.
const fn bad(at: usize) -> rusqlite::Error {
    rusqlite::Error::IntegralValueOutOfRange(at, 0)
}
