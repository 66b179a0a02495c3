//! Which bin an item goes to: a table, the first row that matches.
//!
//! ```text
//!   rules  ▶ the first whose every condition holds  ▶ its bin, if it is there and not full
//!                                                   ▶ else its overflow bin ▶ else the exception bin
//!                                                   ▶ else none: the item is not taken
//! ```
//! What staff must see goes to the exception bin without asking the rules. Nothing here is text for people: what
//! `kioskctl sorter explain` prints is made from [`Choice`], and from [`Rule::first_unmet`] of the rows before.

use circulation::call_number::CallNumber;

/// What is known of an item, as far as the rules ask. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// on loan to somebody; not known where central does not say
    pub is_on_loan: Option<bool>,
    /// somebody waits for it
    pub is_held: bool,
    /// the bin that central names (SIP2 CL)
    pub sort_bin: Option<String>,
    /// the place it belongs to (SIP2 AQ)
    pub location: Option<String>,
    /// the institution it belongs to
    pub owner: Option<String>,
    /// its call number
    pub call_number: Option<String>,
    /// its kind (SIP2 CK)
    pub media: Option<String>,
    /// the age group it is for
    pub age_group: Option<String>,
}

/// One row of the table. What is `None` or empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// central's sort bin is this
    pub sort_bin: Option<String>,
    /// the location is one of these
    pub locations: Vec<String>,
    /// the owner is one of these
    pub owners: Vec<String>,
    /// the call number begins with one of these, part by part
    pub call_numbers: Vec<String>,
    /// the call number stands on a shelf from the first to the second
    pub call_number_range: Option<(String, String)>,
    /// it is held, or is not
    pub is_held: Option<bool>,
    /// the kind is one of these
    pub media: Vec<String>,
    /// the age group is one of these
    pub age_groups: Vec<String>,
    /// the bin
    pub bin: usize,
}

/// One of the conditions of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// [`Rule::sort_bin`]
    SortBin,
    /// [`Rule::locations`]
    Location,
    /// [`Rule::owners`]
    Owner,
    /// [`Rule::call_numbers`]
    CallNumber,
    /// [`Rule::call_number_range`]
    CallNumberRange,
    /// [`Rule::is_held`]
    Held,
    /// [`Rule::media`]
    Media,
    /// [`Rule::age_groups`]
    AgeGroup,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// first match wins
    pub rules: Vec<Rule>,
    /// where each bin's items go when it is full
    pub overflow: Vec<Option<usize>>,
    /// for what matches nothing, and for staff
    pub exception: usize,
}

/// Where an item goes and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// the bin; none has room where this is missing
    pub bin: Option<usize>,
    /// the row that matched
    pub rule: Option<usize>,
    /// the bin of that row has no room
    pub is_overflow: bool,
}

impl Rule {
    /// Whether every condition holds.
    pub fn matches(&self, facts: &Facts) -> bool {
        self.first_unmet(facts).is_none()
    }

    /// The first condition that does not hold, in the order of the fields.
    pub fn first_unmet(&self, facts: &Facts) -> Option<Condition> {
        let call_number = facts.call_number.as_deref();
        let conditions = [
            (Condition::SortBin, self.sort_bin.is_none() || self.sort_bin == facts.sort_bin),
            (Condition::Location, is_one(&self.locations, facts.location.as_deref())),
            (Condition::Owner, is_one(&self.owners, facts.owner.as_deref())),
            (Condition::CallNumber, self.call_numbers.is_empty() || begins(&self.call_numbers, call_number)),
            (Condition::CallNumberRange, self.is_in_range(call_number)),
            (Condition::Held, self.is_held.is_none_or(|wanted| wanted == facts.is_held)),
            (Condition::Media, is_one(&self.media, facts.media.as_deref())),
            (Condition::AgeGroup, is_one(&self.age_groups, facts.age_group.as_deref())),
        ];
        conditions.into_iter().find(|(_, holds)| !holds).map(|(condition, _)| condition)
    }

    fn is_in_range(&self, call_number: Option<&str>) -> bool {
        let Some((from, to)) = &self.call_number_range else { return true };
        let (from, to) = (CallNumber::new(from), CallNumber::new(to));
        call_number.is_some_and(|call_number| CallNumber::new(call_number).is_between(&from, &to))
    }
}

impl Table {
    /// The bin for an item; `has_room` says which bins are there and not full.
    pub fn choose(&self, facts: &Facts, has_room: impl Fn(usize) -> bool) -> Choice {
        let rule = self.rules.iter().position(|rule| rule.matches(facts));
        let wanted = rule.and_then(|at| self.rules.get(at)).map_or(self.exception, |rule| rule.bin);
        let found = self.with_room(wanted, has_room);
        Choice { bin: found, rule, is_overflow: found.is_some_and(|bin| bin != wanted) }
    }

    /// The bin for what staff must see.
    pub fn exception(&self, has_room: impl Fn(usize) -> bool) -> Option<usize> {
        self.with_room(self.exception, has_room)
    }

    /// `wanted`, what it flows over to, the exception bin, else any: what is inside must lie somewhere.
    fn with_room(&self, wanted: usize, has_room: impl Fn(usize) -> bool) -> Option<usize> {
        let overflow = self.overflow.get(wanted).copied().flatten();
        let named = [Some(wanted), overflow, Some(self.exception)].into_iter().flatten();
        named.chain(0..self.overflow.len()).find(|bin| has_room(*bin))
    }
}

fn is_one(wanted: &[String], got: Option<&str>) -> bool {
    wanted.is_empty() || got.is_some_and(|got| wanted.iter().any(|one| one == got))
}

fn begins(wanted: &[String], got: Option<&str>) -> bool {
    let Some(got) = got.map(CallNumber::new) else { return false };
    wanted.iter().any(|one| CallNumber::new(one).heads(&got))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let text = |text: &str| Some(text.to_owned());
        Table {
            rules: vec![
                Rule { is_held: Some(true), bin: 1, ..Rule::default() },
                Rule { sort_bin: text("7"), bin: 2, ..Rule::default() },
                Rule {
                    owners: vec!["CN-371202-LW".to_owned()],
                    call_numbers: vec!["I".to_owned()],
                    bin: 0,
                    ..Rule::default()
                },
            ],
            overflow: vec![Some(2), None, None, None],
            exception: 3,
        }
    }

    #[test]
    fn the_first_row_that_matches_wins_and_a_full_bin_flows_over() {
        let own = Facts {
            owner: Some("CN-371202-LW".to_owned()),
            call_number: Some("I247.5/12".to_owned()),
            ..Facts::default()
        };
        let all = [0, 1, 2, 3];
        let rows: [(&str, Facts, &[usize], Choice); 6] = [
            (
                "a novel of ours",
                own.clone(),
                &all,
                Choice { bin: Some(0), rule: Some(2), is_overflow: false },
            ),
            (
                "held comes first",
                Facts { is_held: true, ..own.clone() },
                &all,
                Choice { bin: Some(1), rule: Some(0), is_overflow: false },
            ),
            ("full", own.clone(), &[1, 2, 3], Choice { bin: Some(2), rule: Some(2), is_overflow: true }),
            (
                "overflow full too",
                own.clone(),
                &[1, 3],
                Choice { bin: Some(3), rule: Some(2), is_overflow: true },
            ),
            (
                "nothing known",
                Facts::default(),
                &all,
                Choice { bin: Some(3), rule: None, is_overflow: false },
            ),
            ("no room at all", own, &[], Choice { bin: None, rule: Some(2), is_overflow: false }),
        ];
        for (name, facts, room, expected) in rows {
            assert_eq!(table().choose(&facts, |bin| room.contains(&bin)), expected, "{name}");
        }
    }

    #[test]
    fn each_condition_is_named_when_it_does_not_hold_and_a_fact_that_is_missing_holds_nothing() {
        let list = |text: &str| vec![text.to_owned()];
        let text = |text: &str| Some(text.to_owned());
        let facts = Facts {
            is_on_loan: Some(true),
            is_held: false,
            sort_bin: text("7"),
            location: text("LW01"),
            owner: text("CN-371202-LW"),
            call_number: text("I247.5/12"),
            media: text("图书"),
            age_group: text("少儿"),
        };
        let all = Rule {
            sort_bin: text("7"),
            locations: list("LW01"),
            owners: list("CN-371202-LW"),
            call_numbers: list("I24"),
            call_number_range: Some(("I247.5/2".to_owned(), "I247.5/12".to_owned())),
            is_held: Some(false),
            media: list("图书"),
            age_groups: list("少儿"),
            bin: 0,
        };
        assert_eq!(all.first_unmet(&facts), None);
        assert_eq!(Rule::default().first_unmet(&Facts::default()), None, "what asks nothing takes all");
        for (rule, condition) in [
            (Rule { sort_bin: text("8"), ..all.clone() }, Condition::SortBin),
            (Rule { locations: list("LW02"), ..all.clone() }, Condition::Location),
            (Rule { owners: list("CN-371202-JN"), ..all.clone() }, Condition::Owner),
            // The author's number 12 does not begin with 1.
            (Rule { call_numbers: list("I247.5/1"), ..all.clone() }, Condition::CallNumber),
            (
                Rule { call_number_range: Some(("I247.5/13".to_owned(), "J".to_owned())), ..all.clone() },
                Condition::CallNumberRange,
            ),
            (Rule { is_held: Some(true), ..all.clone() }, Condition::Held),
            (Rule { media: list("期刊"), ..all.clone() }, Condition::Media),
            (Rule { age_groups: list("成人"), ..all.clone() }, Condition::AgeGroup),
        ] {
            assert_eq!(rule.first_unmet(&facts), Some(condition));
            assert!(!rule.matches(&facts) && !rule.matches(&Facts::default()));
        }
    }
}
