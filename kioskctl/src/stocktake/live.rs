//! What is seen while a pass goes on. Pure: the machine tells, and a text comes out.

use circulation::id::ShelfMark;
use circulation::stocktake::{Heard, Output, Plan, ShelfNo};
use serde_json::{Value, json};
use stocktaking::Tally;

/// What a session tells its terminal, or another program.
#[derive(Debug)]
pub(super) struct Live {
    is_json: bool,
    tally: Tally,
}

impl Live {
    pub(super) fn new(plan: &Plan, is_json: bool) -> Self {
        Self { is_json, tally: Tally::new(plan) }
    }

    /// A line of its own for what somebody should turn to at once.
    pub(super) fn tell(&mut self, output: &Output, plan: &Plan) -> Option<String> {
        self.tally.take(output, plan);
        let mark =
            |shelf: Option<ShelfNo>| shelf.and_then(|shelf| plan.mark(shelf)).map_or("?", ShelfMark::as_str);
        match output {
            Output::Shelf { shelf, .. } => self
                .line(json!({ "event": "shelf", "shelf": mark(*shelf) }), || format!("— {}", mark(*shelf))),
            Output::Heard { what: Heard::Astray(item), shelf } => {
                let (id, home) = (plan.item_id(*item)?, mark(plan.home(*item)));
                let told =
                    json!({ "event": "astray", "item": id.as_str(), "shelf": mark(*shelf), "home": home });
                // The bell: a sound for the ear that is with the shelf.
                self.line(told, || format!("\u{7}! {id} 错架 stands at {}, belongs to {home}", mark(*shelf)))
            }
            Output::Full => self.line(json!({ "event": "full" }), || {
                "标签过多 too many tags: this one is dropped".to_owned()
            }),
            Output::Heard {
                what: Heard::AtHome(_) | Heard::Unlisted | Heard::Foreign | Heard::Unreadable,
                ..
            }
            | Output::Keep => None,
        }
    }

    /// How far it is, in one line.
    pub(super) fn progress(&self, plan: &Plan) -> String {
        let tally = &self.tally;
        let percent =
            (u64::from(tally.n_heard) * 100).checked_div(tally.n_expected.into()).unwrap_or_default();
        let here = tally.here.and_then(|shelf| Some((plan.mark(shelf)?, tally.shelf(shelf)?)));
        let shelf =
            here.map(|(mark, (of, heard))| format!("{} {heard}/{of}  ", mark.as_str())).unwrap_or_default();
        format!(
            "{shelf}{}/{} ({percent} %)  错架 astray {}  其他 others {}",
            tally.n_heard, tally.n_expected, tally.n_astray, tally.n_others
        )
    }

    /// The same for programs, after so many milliseconds of reading.
    pub(super) fn counts(&self, ms: u128) -> Value {
        let tally = &self.tally;
        json!({
            "event": "progress", "ms": u64::try_from(ms).unwrap_or(u64::MAX), "expected": tally.n_expected,
            "heard": tally.n_heard, "astray": tally.n_astray, "others": tally.n_others,
        })
    }

    fn line(&self, told: Value, words: impl FnOnce() -> String) -> Option<String> {
        Some(if self.is_json { told.to_string() } else { words() })
    }
}

#[cfg(test)]
mod tests {
    use circulation::id::ItemId;
    use circulation::policy::ItemState;
    use circulation::stocktake::Expected;

    use super::*;

    fn plan() -> Plan {
        let item = |id: &str, shelf: &str| Expected {
            item: ItemId::parse(id).unwrap(),
            call_number: None,
            shelf: ShelfMark::parse(shelf).ok(),
            state: ItemState::Free,
        };
        Plan::new([], [item("LW1", "CJ-001"), item("LW2", "CJ-001"), item("LW3", "CJ-002")])
    }

    #[test]
    fn a_book_on_the_wrong_shelf_is_told_with_a_bell_and_counted() {
        let plan = plan();
        let mut live = Live::new(&plan, false);
        let number = |id| plan.find_item(&ItemId::parse(id).unwrap()).unwrap();
        let here = Some(ShelfNo(0));
        assert_eq!(live.tell(&Output::Shelf { shelf: here, antenna: None }, &plan).unwrap(), "— CJ-001");
        assert_eq!(
            live.tell(&Output::Heard { what: Heard::AtHome(number("LW1")), shelf: here }, &plan),
            None
        );
        let told =
            live.tell(&Output::Heard { what: Heard::Astray(number("LW3")), shelf: here }, &plan).unwrap();
        assert_eq!(told, "\u{7}! LW3 错架 stands at CJ-001, belongs to CJ-002");
        assert_eq!(live.tell(&Output::Heard { what: Heard::Foreign, shelf: here }, &plan), None);
        assert_eq!(live.progress(&plan), "CJ-001 1/2  2/3 (66 %)  错架 astray 1  其他 others 1");
    }

    #[test]
    fn an_empty_plan_divides_by_nothing() {
        let plan = Plan::new([], []);
        assert_eq!(Live::new(&plan, true).progress(&plan), "0/0 (0 %)  错架 astray 0  其他 others 0");
    }
}
