//! What a stocktake comes to.
//!
//! For each shelf and for all together ([`Counts::adds_up`]):
//! ```text
//!   expected = present + elsewhere + glimpsed + away + unseen + missing
//!   sum of elsewhere over the shelves = sum of misplaced over the shelves
//! ```

use crate::id::{ItemId, TagKey};

use super::miss::{Shown, Sure};
use super::plan::{ItemNo, ShelfNo};

/// How an expected item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Heard where it belongs, or where nobody had said which shelf it was.
    Present,
    /// Heard on another shelf.
    Elsewhere(ShelfNo),
    /// Heard, but from afar or on several shelves: it is in the room, nobody can say where.
    Glimpsed,
    /// On loan by the catalogue, and not heard.
    Away,
    /// Not heard, and too few passes went over its shelf to call it missing.
    Unseen,
    /// Not heard by as many passes as the rule wants.
    Missing,
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Here, and of another shelf.
    Misplaced {
        /// the item
        item: ItemNo,
        /// where it belongs
        home: ShelfNo,
    },
    /// Of here, and not heard by as many passes as the rule wants.
    Missing {
        /// the item
        item: ItemNo,
    },
    /// Here, and on loan by the catalogue.
    OnLoan {
        /// the item
        item: ItemNo,
    },
    /// Here, not on loan, and its security bits are open: the gate would let it pass.
    Unsecured {
        /// the item
        item: ItemNo,
    },
    /// Here, on its own shelf, and not in the order of the call numbers.
    OutOfOrder {
        /// the item
        item: ItemNo,
        /// behind which it belongs; nothing: before the first
        behind: Option<ItemNo>,
    },
    /// Two tags carry one item's number; the item counts where the better heard one is.
    Doubled {
        /// the item
        item: ItemNo,
        /// the other tag
        tag: TagKey,
    },
    /// An item of this library that is not in the plan.
    Unlisted {
        /// its number
        item: ItemId,
    },
    /// An item of another library, or no item at all.
    Foreign {
        /// the tag
        tag: TagKey,
    },
    /// A tag that answers and cannot be read.
    Unreadable {
        /// the tag
        tag: TagKey,
    },
}

/// Something that is not as it should be, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// what
    pub what: What,
    /// how sure
    pub sure: Sure,
}

/// How many of everything. The first seven are of the items that belong here, the others of what is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// items that belong here
    pub expected: u64,
    /// [`Standing::Present`]
    pub present: u64,
    /// [`Standing::Elsewhere`]
    pub elsewhere: u64,
    /// [`Standing::Glimpsed`]
    pub glimpsed: u64,
    /// [`Standing::Away`]
    pub away: u64,
    /// [`Standing::Unseen`]
    pub unseen: u64,
    /// [`Standing::Missing`]
    pub missing: u64,
    /// [`What::Misplaced`]
    pub misplaced: u64,
    /// [`What::OnLoan`]
    pub on_loan: u64,
    /// [`What::Unsecured`]
    pub unsecured: u64,
    /// [`What::OutOfOrder`]
    pub out_of_order: u64,
    /// [`What::Doubled`]
    pub doubled: u64,
    /// [`What::Unlisted`]
    pub unlisted: u64,
    /// [`What::Foreign`]
    pub foreign: u64,
    /// [`What::Unreadable`]
    pub unreadable: u64,
}

/// One shelf.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShelfReport {
    /// how many passes went over the whole of it
    pub sweeps: u8,
    /// how many of everything
    pub counts: Counts,
    /// what is not as it should be, kind by kind
    pub findings: Vec<Finding>,
}

/// The whole stocktake as it is now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// one for each shelf of the plan, in its order
    pub shelves: Vec<ShelfReport>,
    /// what belongs to no shelf, and what was heard before none
    pub nowhere: ShelfReport,
    /// all of them together
    pub total: Counts,
    /// what the passes have shown of their misses
    pub shown: Shown,
    /// how many passes an item must not be heard by until it is missing
    pub passes_needed: u8,
    pub(super) standings: Vec<(Standing, Sure)>,
}

impl Report {
    /// How an item of the plan stands, and how sure that is.
    #[must_use]
    pub fn standing(&self, item: ItemNo) -> Option<(Standing, Sure)> {
        self.standings.get(usize::try_from(item.0).ok()?).copied()
    }

    /// The report of a shelf; of none: [`Self::nowhere`].
    #[must_use]
    pub fn shelf(&self, shelf: Option<ShelfNo>) -> Option<&ShelfReport> {
        match shelf {
            Some(shelf) => self.shelves.get(usize::try_from(shelf.0).ok()?),
            None => Some(&self.nowhere),
        }
    }

    pub(super) fn shelf_mut(&mut self, shelf: Option<ShelfNo>) -> &mut ShelfReport {
        let at = shelf.and_then(|shelf| usize::try_from(shelf.0).ok());
        at.and_then(|at| self.shelves.get_mut(at)).unwrap_or(&mut self.nowhere)
    }

    /// Puts the findings in order and adds everything up.
    pub(super) fn settle(&mut self) {
        let mut total = Counts::default();
        for shelf in self.shelves.iter_mut().chain([&mut self.nowhere]) {
            shelf.findings.sort_unstable();
            for finding in &shelf.findings {
                *shelf.counts.of(&finding.what) += 1;
            }
            total.add(&shelf.counts);
        }
        self.total = total;
    }
}

impl Counts {
    /// Whether every item that belongs here stands in exactly one way.
    #[must_use]
    pub const fn adds_up(&self) -> bool {
        let told = self.present + self.elsewhere + self.glimpsed + self.away + self.unseen + self.missing;
        self.expected == told
    }

    pub(super) const fn stand(&mut self, standing: Standing) {
        self.expected += 1;
        match standing {
            Standing::Present => self.present += 1,
            Standing::Elsewhere(_) => self.elsewhere += 1,
            Standing::Glimpsed => self.glimpsed += 1,
            Standing::Away => self.away += 1,
            Standing::Unseen => self.unseen += 1,
            // Counted with the others that are found.
            Standing::Missing => {}
        }
    }

    const fn of(&mut self, what: &What) -> &mut u64 {
        match what {
            What::Misplaced { .. } => &mut self.misplaced,
            What::Missing { .. } => &mut self.missing,
            What::OnLoan { .. } => &mut self.on_loan,
            What::Unsecured { .. } => &mut self.unsecured,
            What::OutOfOrder { .. } => &mut self.out_of_order,
            What::Doubled { .. } => &mut self.doubled,
            What::Unlisted { .. } => &mut self.unlisted,
            What::Foreign { .. } => &mut self.foreign,
            What::Unreadable { .. } => &mut self.unreadable,
        }
    }

    const fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.present += other.present;
        self.elsewhere += other.elsewhere;
        self.glimpsed += other.glimpsed;
        self.away += other.away;
        self.unseen += other.unseen;
        self.missing += other.missing;
        self.misplaced += other.misplaced;
        self.on_loan += other.on_loan;
        self.unsecured += other.unsecured;
        self.out_of_order += other.out_of_order;
        self.doubled += other.doubled;
        self.unlisted += other.unlisted;
        self.foreign += other.foreign;
        self.unreadable += other.unreadable;
    }
}
