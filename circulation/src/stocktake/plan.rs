//! What a stocktake expects: the shelves in the order in which one walks, and the items with where each belongs.

use std::collections::BTreeMap;

use crate::call_number::CallNumber;
use crate::id::{ItemId, ShelfMark};
use crate::policy::ItemState;

/// A shelf of a [`Plan`], by its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShelfNo(pub u32);

/// An item of a [`Plan`], by its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemNo(pub u32);

/// An item as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// its barcode
    pub item: ItemId,
    /// its call number, if known
    pub call_number: Option<String>,
    /// the shelf where it belongs, if the catalogue says
    pub shelf: Option<ShelfMark>,
    /// whether it is in the library at all
    pub state: ItemState,
}

/// How a tag shows that it is a shelf mark and no item.
///
/// ISO 28560-1 leaves usage types 3 and 4 to the library and gives shelves none of their own: each library says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// the type of usage (ISO 28560-1, OID 5) of a shelf mark
    pub usage: Option<u8>,
    /// how the number of a shelf mark begins; no barcode of an item does
    pub prefix: Option<String>,
}

impl Marks {
    /// The shelf that a tag marks, if it does. The prefix stays part of the number.
    #[must_use]
    pub fn read(&self, usage: Option<u8>, id: &str) -> Option<ShelfMark> {
        let by_usage = self.usage.is_some() && self.usage == usage;
        let by_prefix =
            self.prefix.as_deref().is_some_and(|prefix| !prefix.is_empty() && id.starts_with(prefix));
        if by_usage || by_prefix { ShelfMark::parse(id).ok() } else { None }
    }
}

/// What is expected, compiled: an item costs some 60 bytes beside its number and its call number.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    shelves: Vec<ShelfMark>,
    by_mark: BTreeMap<ShelfMark, ShelfNo>,
    /// in the order of their ids
    items: Vec<Item>,
}

/// An item of the plan.
#[derive(Debug, Clone)]
pub(super) struct Item {
    id: ItemId,
    pub(super) home: Option<ShelfNo>,
    /// its place in the order of all call numbers; equal ones share it
    pub(super) rank: Option<u32>,
    pub(super) state: ItemState,
    call_number: Option<Box<str>>,
}

impl Plan {
    /// Compiles a plan. A shelf that an item names and `shelves` does not is added behind the others; of an item or a
    /// shelf that is given twice, the first counts.
    #[must_use]
    pub fn new(
        shelves: impl IntoIterator<Item = ShelfMark>,
        expected: impl IntoIterator<Item = Expected>,
    ) -> Self {
        let mut plan = Self::default();
        for mark in shelves {
            plan.shelf_or_new(mark);
        }
        let mut call_numbers = Vec::new();
        for expected in expected {
            let home = expected.shelf.map(|mark| plan.shelf_or_new(mark));
            call_numbers.extend(expected.call_number.as_deref().map(CallNumber::new));
            // Where its call number is, until all are sorted.
            let rank = expected.call_number.as_ref().map(|_| index(call_numbers.len().saturating_sub(1)));
            let call_number = expected.call_number.map(String::into_boxed_str);
            plan.items.push(Item { id: expected.item, home, rank, state: expected.state, call_number });
        }
        let ranks = ranks(&call_numbers);
        for item in &mut plan.items {
            item.rank = item.rank.and_then(|at| ranks.get(usize::try_from(at).ok()?).copied());
        }
        plan.items.sort_by(|one, other| one.id.cmp(&other.id));
        plan.items.dedup_by(|one, other| one.id == other.id);
        plan
    }

    /// The shelves, in their order.
    pub fn shelves(&self) -> impl Iterator<Item = (ShelfNo, &ShelfMark)> {
        (0..).map(ShelfNo).zip(&self.shelves)
    }

    /// The items, in the order of their ids.
    pub fn items(&self) -> impl Iterator<Item = (ItemNo, &ItemId)> {
        (0..).map(ItemNo).zip(self.items.iter().map(|item| &item.id))
    }

    /// How many items are expected.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// The number of a shelf.
    #[must_use]
    pub fn find_shelf(&self, mark: &ShelfMark) -> Option<ShelfNo> {
        self.by_mark.get(mark).copied()
    }

    /// The number of an item.
    #[must_use]
    pub fn find_item(&self, id: &ItemId) -> Option<ItemNo> {
        self.items.binary_search_by(|item| item.id.cmp(id)).ok().map(|at| ItemNo(index(at)))
    }

    /// The id of an item.
    #[must_use]
    pub fn item_id(&self, item: ItemNo) -> Option<&ItemId> {
        self.item(item).map(|item| &item.id)
    }

    /// What the mark of a shelf says.
    #[must_use]
    pub fn mark(&self, shelf: ShelfNo) -> Option<&ShelfMark> {
        self.shelves.get(usize::try_from(shelf.0).ok()?)
    }

    /// Where an item belongs.
    #[must_use]
    pub fn home(&self, item: ItemNo) -> Option<ShelfNo> {
        self.item(item)?.home
    }

    /// The call number of an item, as the catalogue has it, if it does.
    #[must_use]
    pub fn call_number(&self, item: ItemNo) -> Option<&str> {
        self.item(item)?.call_number.as_deref()
    }

    pub(super) fn item(&self, item: ItemNo) -> Option<&Item> {
        self.items.get(usize::try_from(item.0).ok()?)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (ItemNo, &Item)> {
        (0..).map(ItemNo).zip(&self.items)
    }

    pub(super) const fn n_shelves(&self) -> usize {
        self.shelves.len()
    }

    fn shelf_or_new(&mut self, mark: ShelfMark) -> ShelfNo {
        if let Some(known) = self.by_mark.get(&mark) {
            return *known;
        }
        let new = ShelfNo(index(self.shelves.len()));
        self.by_mark.insert(mark.clone(), new);
        self.shelves.push(mark);
        new
    }
}

/// For each call number its place among all; equal ones have one place.
fn ranks(call_numbers: &[CallNumber]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..index(call_numbers.len())).collect();
    let text = |at: u32| usize::try_from(at).ok().and_then(|at| call_numbers.get(at));
    order.sort_by(|one, other| text(*one).cmp(&text(*other)));
    let mut ranks = vec![0; call_numbers.len()];
    let (mut rank, mut before) = (0, None);
    for at in order {
        let this = text(at);
        if before.is_some() && before != this {
            rank += 1;
        }
        before = this;
        if let Some(place) = usize::try_from(at).ok().and_then(|at| ranks.get_mut(at)) {
            *place = rank;
        }
    }
    ranks
}

/// A plan has fewer than 2^32 of anything.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
