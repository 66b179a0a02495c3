//! How far a session is, counted as the machine tells. Pure.

use circulation::stocktake::{Heard, Output, Plan, ShelfNo};

/// Counts of one session.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// items that belong on each shelf, and those of them that were heard
    shelves: Vec<(u32, u32)>,
    /// items of the plan
    pub n_expected: u32,
    /// those of them that were heard
    pub n_heard: u32,
    /// those that were heard before a shelf where they do not belong
    pub n_astray: u32,
    /// tags that are none of the plan's items
    pub n_others: u32,
    /// the shelf before which the reader stands
    pub here: Option<ShelfNo>,
}

impl Tally {
    /// Nothing was heard yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut tally = Self { shelves: vec![(0, 0); plan.shelves().count()], ..Self::default() };
        for (item, _) in plan.items() {
            tally.n_expected += 1;
            if let Some(shelf) = plan.home(item).and_then(|home| tally.shelves.get_mut(index(home))) {
                shelf.0 += 1;
            }
        }
        tally
    }

    /// Counts what was told.
    pub fn take(&mut self, output: &Output, plan: &Plan) {
        match output {
            Output::Shelf { shelf, .. } => self.here = *shelf,
            Output::Heard { what: Heard::AtHome(item), .. } => {
                self.n_heard += 1;
                if let Some(shelf) = plan.home(*item).and_then(|home| self.shelves.get_mut(index(home))) {
                    shelf.1 += 1;
                }
            }
            Output::Heard { what: Heard::Astray(_), .. } => {
                self.n_heard += 1;
                self.n_astray += 1;
            }
            Output::Heard { what: Heard::Unlisted | Heard::Foreign | Heard::Unreadable, .. } => {
                self.n_others += 1;
            }
            Output::Full | Output::Keep => {}
        }
    }

    /// Of the items that belong on a shelf: how many there are, and how many of them were heard.
    #[must_use]
    pub fn shelf(&self, shelf: ShelfNo) -> Option<(u32, u32)> {
        self.shelves.get(index(shelf)).copied()
    }
}

/// A place in a list.
fn index(shelf: ShelfNo) -> usize {
    usize::try_from(shelf.0).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use circulation::id::{ItemId, ShelfMark};
    use circulation::policy::ItemState;
    use circulation::stocktake::Expected;

    use super::*;

    #[test]
    fn what_is_told_is_counted_where_it_belongs() {
        let item = |id: &str, shelf: &str| Expected {
            item: ItemId::parse(id).unwrap(),
            call_number: None,
            shelf: ShelfMark::parse(shelf).ok(),
            state: ItemState::Free,
        };
        let plan = Plan::new([], [item("LW1", "CJ-001"), item("LW2", "CJ-001"), item("LW3", "CJ-002")]);
        let number = |id| plan.find_item(&ItemId::parse(id).unwrap()).unwrap();
        let here = Some(ShelfNo(0));
        let mut tally = Tally::new(&plan);
        for output in [
            Output::Shelf { shelf: here, antenna: None },
            Output::Heard { what: Heard::AtHome(number("LW1")), shelf: here },
            Output::Heard { what: Heard::Astray(number("LW3")), shelf: here },
            Output::Heard { what: Heard::Foreign, shelf: here },
            Output::Keep,
        ] {
            tally.take(&output, &plan);
        }
        assert_eq!(
            (tally.here, tally.shelf(ShelfNo(0)), tally.shelf(ShelfNo(1))),
            (here, Some((2, 1)), Some((1, 0)))
        );
        assert_eq!((tally.n_expected, tally.n_heard, tally.n_astray, tally.n_others), (3, 2, 1, 1));
        assert_eq!(tally.shelf(ShelfNo(2)), None);
    }
}
