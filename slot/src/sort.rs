//! Which bin an item goes to: a table, the first row that matches.
//!
//! ```text
//!   rules  ▶ the first whose every condition holds  ▶ its bin, if it is there and not full
//!                                                   ▶ else its overflow bin ▶ else the exception bin
//!                                                   ▶ else none: the item is not taken
//! ```
//! What staff must see goes to the exception bin without asking the rules. Nothing here is text for people: what
//! `kioskctl sorter explain` prints is made from [`Choice`].

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
    /// the call number begins with one of these
    pub call_numbers: Vec<String>,
    /// it is held, or is not
    pub is_held: Option<bool>,
    /// the kind is one of these
    pub media: Vec<String>,
    /// the age group is one of these
    pub age_groups: Vec<String>,
    /// the bin
    pub bin: usize,
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
        let is = |wanted: &Option<String>, got: &Option<String>| wanted.is_none() || wanted == got;
        is(&self.sort_bin, &facts.sort_bin)
            && is_one(&self.locations, facts.location.as_deref())
            && is_one(&self.owners, facts.owner.as_deref())
            && (self.call_numbers.is_empty() || begins(&self.call_numbers, facts.call_number.as_deref()))
            && self.is_held.is_none_or(|wanted| wanted == facts.is_held)
            && is_one(&self.media, facts.media.as_deref())
            && is_one(&self.age_groups, facts.age_group.as_deref())
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
    got.is_some_and(|got| wanted.iter().any(|one| got.starts_with(one.as_str())))
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
}
