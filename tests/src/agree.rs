//! Whether ledger, tags and central agree, once everything has come to rest.
//!
//! For every item one of these holds, and nothing else is allowed:
//!
//! | tag | central | ledger |
//! |---|---|---|
//! | open, both bits | lent | closed; its last row that was done is a checkout, if it has one |
//! | closed, both bits | not lent | closed; its last row that was done is a checkin, if it has one |
//! | any | any | a row is parked, which names the item for the staff |

use sync_client::queue::Entry;

use crate::scene::Gate;

/// What was found.
#[derive(Debug, Clone)]
pub struct Facts {
    /// every row of the ledger, in order
    pub rows: Vec<Entry>,
    /// the items that central has lent
    pub loans: Vec<String>,
    /// the items' tags
    pub gates: Vec<(String, Gate)>,
}

impl Facts {
    /// Whether no row waits for anybody but the staff.
    #[must_use]
    pub fn are_at_rest(&self) -> bool {
        self.rows.iter().all(|row| row.closed || row.state == PARKED)
    }

    /// Whether staff is told to look at an item.
    #[must_use]
    pub fn is_parked(&self, item: &str) -> bool {
        self.rows.iter().any(|row| row.item == item && row.state == PARKED && !row.closed)
    }

    /// Whether central has lent an item.
    #[must_use]
    pub fn is_lent(&self, item: &str) -> bool {
        self.loans.iter().any(|lent| lent == item)
    }

    /// The first tag in a word.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        match self.gates.first() {
            Some((_, gate)) if *gate == Gate::secured() => "closed",
            Some((_, gate)) if *gate == Gate::unsecured() => "open",
            Some(_) => "half open",
            None => "not there",
        }
    }

    /// Everything that does not agree, in words.
    #[must_use]
    pub fn disagreements(&self) -> Vec<String> {
        self.gates.iter().filter_map(|(item, gate)| self.disagreement(item, gate)).collect()
    }

    /// How one item's tag does not agree with the rest, in words.
    #[must_use]
    pub fn disagreement(&self, item: &str, gate: &Gate) -> Option<String> {
        if self.is_parked(item) {
            return None;
        }
        let is_lent = self.is_lent(item);
        let wanted = if is_lent { Gate::unsecured() } else { Gate::secured() };
        let last = self.rows.iter().rfind(|row| row.item == item && row.state == "settled");
        let is_row_good = last.is_none_or(|row| (row.act == "checkout") == is_lent);
        if *gate == wanted && is_row_good {
            return None;
        }
        let rows: Vec<String> = self
            .rows
            .iter()
            .filter(|row| row.item == item)
            .map(|row| format!("{} {} ({})", row.act, row.state, row.note.as_deref().unwrap_or("-")))
            .collect();
        Some(format!("{item}: lent {is_lent}, tag {gate:?}, rows {rows:?}"))
    }
}

/// The word of rows that wait for staff.
pub const PARKED: &str = "parked";
