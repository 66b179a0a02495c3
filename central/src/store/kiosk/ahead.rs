//! Facts of a batch, read ahead: one trip to the database for many entries instead of several for each.
//!
//! **Rule**: facts read ahead are used only if nothing in between was done to their item or to one of their patrons. A
//! stretch of a batch has each item once; a patron of whom something was written is read again.

use std::collections::{BTreeMap, BTreeSet};

use circulation::id::{Isil, ItemId, PatronId};
use circulation::transaction::Act;
use jiff::civil::DateTime;
use sync_client::kiosk_api::{Entry, What};

use crate::store::engine::{Access, Value};
use crate::store::facts::{self, Facts};
use crate::store::statement::{Statement, circulate};
use crate::store::{Desk, StoreError};

/// What is known ahead.
#[derive(Default)]
pub(super) struct Ahead {
    /// by the entry's place in the batch
    read: BTreeMap<usize, (Facts, Option<DateTime>)>,
    /// the first entry that nothing was read for
    until: usize,
    /// of whom something was written since
    touched: BTreeSet<PatronId>,
}

impl Ahead {
    /// The facts of an entry as they are now, and when its item was last moved. `desk` tells for whom and when they count.
    pub(super) fn facts(
        &mut self,
        db: &mut dyn Access,
        of: &Isil,
        (entries, at): (&[Entry], usize),
        desk: impl Fn(&Entry) -> Desk,
    ) -> Result<(Facts, Option<DateTime>), StoreError> {
        let Some(rest) = entries.get(at..) else { return Err(StoreError::Missing("an entry")) };
        let Some(entry) = rest.first() else { return Err(StoreError::Missing("an entry")) };
        if at >= self.until {
            let stretch = stretch(rest);
            let found = read(db, of, stretch, &desk)?;
            self.until = at.saturating_add(stretch.len());
            self.read = (at..).zip(found).collect();
            self.touched.clear();
        }
        let known = self.read.remove(&at).filter(|(facts, _)| self.is_fresh(entry, facts));
        let known = match known {
            Some(known) => Some(known),
            None => read(db, of, core::slice::from_ref(entry), &desk)?.pop(),
        };
        let known = known.ok_or(StoreError::Missing("facts"))?;
        self.touched.extend(patrons(entry, &known.0).cloned());
        Ok(known)
    }

    fn is_fresh(&self, entry: &Entry, facts: &Facts) -> bool {
        !patrons(entry, facts).any(|patron| self.touched.contains(patron))
    }
}

/// Who borrows, and who has the item.
fn patrons<'a>(entry: &'a Entry, facts: &'a Facts) -> impl Iterator<Item = &'a PatronId> {
    let borrower = facts.item_standing().and_then(|item| item.loan.as_ref()).map(|loan| &loan.patron);
    subject(&entry.what).1.into_iter().chain(borrower)
}

/// As many entries as have each item once.
fn stretch(entries: &[Entry]) -> &[Entry] {
    let mut items = BTreeSet::new();
    let n = entries.iter().take(MAX_AHEAD).take_while(|entry| items.insert(subject(&entry.what).0)).count();
    entries.get(..n).unwrap_or(entries)
}

fn read(
    db: &mut dyn Access,
    of: &Isil,
    entries: &[Entry],
    desk: impl Fn(&Entry) -> Desk,
) -> Result<Vec<(Facts, Option<DateTime>)>, StoreError> {
    let desks: Vec<(Desk, String)> = entries
        .iter()
        .map(|entry| {
            let desk = desk(entry);
            let today = desk.now.date().to_string();
            (desk, today)
        })
        .collect();
    let mut questions: Vec<(&'static Statement, Vec<Value<'_>>)> = Vec::new();
    for (entry, (desk, today)) in entries.iter().zip(&desks) {
        let (item, patron) = subject(&entry.what);
        questions.push((&circulate::FACTS, Facts::values(of, item, patron, (desk, today)).to_vec()));
        questions.push((&circulate::MOVED_AT, vec![of.into(), item.into()]));
    }
    let mut answers = db.all(&questions)?.into_iter();
    let mut found = Vec::new();
    while let (Some(facts), Some(moved)) = (answers.next(), answers.next()) {
        found.push((Facts::of_rows(facts)?, facts::moved(moved)?));
    }
    Ok(found)
}

/// What an entry is about, and whose card was shown.
pub(super) fn subject(what: &What) -> (&ItemId, Option<&PatronId>) {
    match what {
        What::Ask(act) | What::Tell { act, .. } => match act {
            Act::Checkout { patron, item } => (item, Some(patron)),
            Act::Checkin { item } => (item, None),
        },
        What::Cancel { item } => (item, None),
    }
}

/// Entries read ahead at once.
const MAX_AHEAD: usize = 64;
