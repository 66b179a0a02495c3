//! Facts of a batch, read ahead: one trip to the database for many entries instead of several for each.
//!
//! **Rule**: facts are those that the database would give now. A stretch of a batch has each item once. What its entries
//! did to a patron's loans is added to what was read of that patron; a patron to whom anything else was done is read again.

use std::collections::{BTreeMap, BTreeSet};

use circulation::id::{Isil, ItemId, PatronId};
use circulation::transaction::Act;
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::{Entry, What};

use crate::ledger::Loan;
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
    /// what was done to loans since, by patron
    moves: BTreeMap<PatronId, Vec<Move>>,
    /// of whom something else was written since
    touched: BTreeSet<PatronId>,
}

/// What an entry did to loans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    Nothing,
    /// The item's loan ended, or a new one was made, or both; no more than that was done to either patron.
    Moved {
        ended: Option<Loan>,
        lent: Option<(PatronId, Date)>,
    },
    /// More than that, or not known.
    More,
}

struct Move {
    item_type: String,
    due_on: Date,
    is_lent: bool,
}

/// Whom and what an entry may move.
pub(super) struct Touching {
    patrons: Vec<PatronId>,
    item_type: String,
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
            self.moves.clear();
        }
        let known = self.read.remove(&at).filter(|(facts, _)| self.is_fresh(entry, facts));
        match known {
            Some((mut facts, moved_at)) => {
                self.add_moves(&mut facts, desk(entry).now.date());
                Ok((facts, moved_at))
            }
            None => {
                let known = read(db, of, core::slice::from_ref(entry), &desk)?.pop();
                known.ok_or(StoreError::Missing("facts"))
            }
        }
    }

    /// Takes down what an entry did.
    pub(super) fn done(&mut self, touching: Touching, done: Done) {
        match done {
            Done::Nothing => {}
            Done::Moved { ended, lent } => {
                let ended = ended.map(|loan| (loan.patron, loan.due_on, false));
                let lent = lent.map(|(patron, due_on)| (patron, due_on, true));
                for (patron, due_on, is_lent) in ended.into_iter().chain(lent) {
                    let item_type = touching.item_type.clone();
                    self.moves.entry(patron).or_default().push(Move { item_type, due_on, is_lent });
                }
            }
            Done::More => self.touched.extend(touching.patrons),
        }
    }

    /// Counts the loans of the patron as the database would on this day.
    fn add_moves(&self, facts: &mut Facts, today: Date) {
        let Some(patron) = &mut facts.patron else { return };
        let item_type = facts.item.as_ref().map(|item| item.record.item_type.as_str());
        let counts_type = facts.terms.is_some_and(|terms| terms.loan_limit.is_some());
        let standing = &mut patron.standing;
        for moved in self.moves.get(&patron.record.patron).into_iter().flatten() {
            let count = |n: &mut u32| {
                *n = if moved.is_lent { n.saturating_add(1) } else { n.saturating_sub(1) };
            };
            count(&mut standing.n_loans);
            if standing.overdue_limit.is_some() && moved.due_on < today {
                count(&mut standing.n_overdue);
            }
            if counts_type && item_type == Some(&moved.item_type) {
                count(&mut standing.n_of_type);
            }
        }
        patron.record.n_loans = standing.n_loans;
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

impl Touching {
    pub(super) fn of(entry: &Entry, facts: &Facts) -> Self {
        let item_type = facts.item.as_ref().map(|item| item.record.item_type.clone());
        Self { patrons: patrons(entry, facts).cloned().collect(), item_type: item_type.unwrap_or_default() }
    }
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
const MAX_AHEAD: usize = 512;
