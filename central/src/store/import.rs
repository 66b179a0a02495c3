//! Takes in lists of patrons and items: all that may be taken in one change, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use circulation::id::Isil;

use super::district::forget_changes;
use super::engine::{Access, Value};
use super::statement::{Statement, feed, look, stock};
use super::{Store, StoreError};
use crate::exchange::{Item, Patron, Place, Refusal};

/// What is to be taken in.
pub struct Import<'a> {
    /// items, each with its place in the file
    pub items: &'a [(Place, Item)],
    /// patrons, each with its place in the file
    pub patrons: &'a [(Place, Patron)],
    /// the stored form of each patron's password, in the same order
    pub hashes: &'a [String],
    /// for items that do not say it
    pub item_type: Option<&'a str>,
    /// for items that do not say it
    pub branch: Option<&'a str>,
    /// for patrons who do not say it
    pub patron_type: Option<&'a str>,
    /// whether branches and item types that are not there are made
    pub makes_missing: bool,
    /// whether what can be taken is taken when something else cannot
    pub skips_refused: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// items added
    pub n_items: usize,
    /// patrons added
    pub n_patrons: usize,
    /// what the library's own data do not allow
    pub refused: Vec<Refusal>,
    /// whether anything was written
    pub is_applied: bool,
}

impl Store {
    /// Takes in patrons and items. If something is refused, nothing is, unless the rest was asked for.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn import(&self, of: &Isil, import: &Import<'_>) -> Result<Imported, StoreError> {
        self.change(|db| {
            let known = Known::read(db, of)?;
            let mut refused = Vec::new();
            let items = known.good_items(db, of, import, &mut refused)?;
            let patrons = known.good_patrons(db, of, import, &mut refused)?;
            let is_applied = refused.is_empty() || import.skips_refused;
            if !is_applied {
                return Ok(Imported { n_items: 0, n_patrons: 0, refused, is_applied });
            }
            known.make_missing(db, of, &items)?;
            for holder in &patrons {
                add_patron(db, of, holder)?;
            }
            add_items(db, of, &items)?;
            if items.len() + patrons.len() > MANY {
                forget_changes(db, of)?;
            }
            Ok(Imported { n_items: items.len(), n_patrons: patrons.len(), refused, is_applied })
        })
    }
}

/// An item with what goes for it where it says nothing.
struct Settled<'a> {
    item: &'a Item,
    item_type: &'a str,
    branch: &'a str,
}

/// A patron with what goes for them where the list says nothing.
struct Holder<'a> {
    patron: &'a Patron,
    patron_type: &'a str,
    hash: &'a str,
}

/// What the library has already.
struct Known {
    branches: BTreeSet<String>,
    item_types: BTreeSet<String>,
    patron_types: BTreeSet<String>,
}

impl Known {
    fn read(db: &mut dyn Access, of: &Isil) -> Result<Self, StoreError> {
        let mut first = |statement: &'static Statement| -> Result<BTreeSet<String>, StoreError> {
            db.rows(statement, &[of.into()])?.into_iter().map(|mut row| row.text("name")).collect()
        };
        Ok(Self {
            branches: first(&look::BRANCHES)?,
            item_types: first(&stock::ITEM_TYPES)?,
            patron_types: first(&feed::PATRON_TYPES)?,
        })
    }

    fn good_items<'a>(
        &self,
        db: &mut dyn Access,
        of: &Isil,
        import: &Import<'a>,
        refused: &mut Vec<Refusal>,
    ) -> Result<Vec<Settled<'a>>, StoreError> {
        let ids: Vec<&str> = import.items.iter().map(|(_, item)| item.id.as_str()).collect();
        let there = there(db, of, &stock::HAS_ITEM, &ids)?;
        let mut seen = BTreeSet::new();
        let mut good = Vec::new();
        for ((place, item), is_there) in import.items.iter().zip(there) {
            let refuse = |field: &str, what: String, advice| refusal(*place, field, what, advice);
            let id = item.id.as_str();
            let found =
                (item.item_type.as_deref().or(import.item_type), item.branch.as_deref().or(import.branch));
            let judged = match found {
                _ if is_there => Err(refuse("barcode", format!("{id} is in the library already"), TWICE)),
                _ if !seen.insert(id) => {
                    Err(refuse("barcode", format!("{id} stands in the file before"), TWICE))
                }
                (None, _) => {
                    Err(refuse("item_type", "it has no type".to_owned(), "name one with --item-type"))
                }
                (_, None) => Err(refuse("branch", "it has no branch".to_owned(), "name one with --branch")),
                (Some(name), _) if !import.makes_missing && !self.item_types.contains(name) => {
                    Err(refuse("item_type", format!("there is no type {name}"), MISSING))
                }
                (_, Some(code)) if !import.makes_missing && !self.branches.contains(code) => {
                    Err(refuse("branch", format!("there is no branch {code}"), MISSING))
                }
                (Some(item_type), Some(branch)) => Ok(Settled { item, item_type, branch }),
            };
            match judged {
                Ok(settled) => good.push(settled),
                Err(refusal) => refused.push(refusal),
            }
        }
        Ok(good)
    }

    fn good_patrons<'a>(
        &self,
        db: &mut dyn Access,
        of: &Isil,
        import: &Import<'a>,
        refused: &mut Vec<Refusal>,
    ) -> Result<Vec<Holder<'a>>, StoreError> {
        let ids: Vec<&str> = import.patrons.iter().map(|(_, patron)| patron.id.as_str()).collect();
        let there = there(db, of, &stock::HAS_PATRON, &ids)?;
        let mut seen = BTreeSet::new();
        let mut good = Vec::new();
        for (((place, patron), is_there), hash) in import.patrons.iter().zip(there).zip(import.hashes) {
            let refuse = |field: &str, what: String, advice| refusal(*place, field, what, advice);
            let judged = match patron.patron_type.as_deref().or(import.patron_type) {
                _ if is_there => Err(refuse("card", "the card is in the library already".to_owned(), TWICE)),
                _ if !seen.insert(patron.id.as_str()) => {
                    Err(refuse("card", "the card stands in the file before".to_owned(), TWICE))
                }
                None => Err(refuse(
                    "patron_type",
                    "the card has no type".to_owned(),
                    "name one with --patron-type",
                )),
                Some(name) if !self.patron_types.contains(name) => Err(refuse(
                    "patron_type",
                    format!("there is no type {name}"),
                    "mend the cell, or make the type first",
                )),
                Some(patron_type) => Ok(Holder { patron, patron_type, hash }),
            };
            match judged {
                Ok(settled) => good.push(settled),
                Err(refusal) => refused.push(refusal),
            }
        }
        Ok(good)
    }

    /// Branches get their code as their name until somebody names them.
    fn make_missing(&self, db: &mut dyn Access, of: &Isil, items: &[Settled<'_>]) -> Result<(), StoreError> {
        let branches: BTreeSet<&str> = items.iter().map(|item| item.branch).collect();
        for branch in branches.into_iter().filter(|branch| !self.branches.contains(*branch)) {
            db.write(&stock::ADD_BRANCH, &[of.into(), branch.into(), branch.into()])?;
        }
        let types: BTreeSet<&str> = items.iter().map(|item| item.item_type).collect();
        for name in types.into_iter().filter(|name| !self.item_types.contains(*name)) {
            db.write(&stock::ADD_ITEM_TYPE, &[of.into(), name.into()])?;
        }
        Ok(())
    }
}

/// Whether each of some is there.
fn there(
    db: &mut dyn Access,
    of: &Isil,
    statement: &'static Statement,
    ids: &[&str],
) -> Result<Vec<bool>, StoreError> {
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(ASKED) {
        let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
            some.iter().map(|id| (statement, vec![of.into(), (*id).into()])).collect();
        all.extend(db.all(&questions)?.into_iter().map(|rows| !rows.is_empty()));
    }
    Ok(all)
}

fn add_patron(db: &mut dyn Access, of: &Isil, holder: &Holder<'_>) -> Result<(), StoreError> {
    let Holder { patron, patron_type, hash } = holder;
    let (starts, ends) = (patron.starts_on.to_string(), patron.ends_on.to_string());
    let issued = patron.issued_on.map(|day| day.to_string());
    let values = [
        of.into(),
        (&patron.id).into(),
        (&patron.name).into(),
        (*hash).into(),
        (*patron_type).into(),
        patron.state.into(),
        (&starts).into(),
        (&ends).into(),
        patron.deposit_fen.into(),
        patron.debt_fen.into(),
        Value::Null,
        patron.birth_year.map_or(Value::Null, |year| Value::Int(year.into())),
        patron.sex.into(),
        issued.as_deref().into(),
    ];
    db.write(&stock::ADD_PATRON, &values)
}

fn add_items(db: &mut dyn Access, of: &Isil, items: &[Settled<'_>]) -> Result<(), StoreError> {
    let last = db.rows(&stock::LAST_RECORD, &[of.into()])?.into_iter().next();
    let mut last = last.map(|mut row| row.int_or_null("item.record")).transpose()?.flatten().unwrap_or(0);
    last = items.iter().filter_map(|item| item.item.record).fold(last, i64::max);
    let mut alike: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
    for Settled { item, item_type, branch } in items {
        let record = item.record.unwrap_or_else(|| {
            *alike.entry((&item.title, &item.author, &item.isbn)).or_insert_with(|| {
                last += 1;
                last
            })
        });
        let added = item.added_on.map(|day| day.to_string());
        let values = [
            of.into(),
            (&item.id).into(),
            record.into(),
            (&item.title).into(),
            (&item.author).into(),
            (&item.isbn).into(),
            (&item.call_number).into(),
            (*item_type).into(),
            (*branch).into(),
            (&item.state).into(),
            (&item.language).into(),
            (&item.shelf).into(),
            (&item.material).into(),
            added.as_deref().into(),
        ];
        db.write(&stock::ADD_ITEM, &values)?;
    }
    Ok(())
}

fn refusal(place: Place, field: &str, what: String, advice: &'static str) -> Refusal {
    Refusal { place, field: field.to_owned(), what, advice }
}

/// Rows that kiosks follow one by one; more of them, and a new snapshot is quicker.
const MANY: usize = 20_000;
/// Asked for at once.
const ASKED: usize = 1000;

const TWICE: &str = "take the row out, or let the rest in with --skip-refused";
const MISSING: &str = "mend it, make it first, or let all that are missing be made with --make-missing";
