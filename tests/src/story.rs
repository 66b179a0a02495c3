//! A place, a seed, and what becomes of it: whatever is done to the kiosk, the same questions are asked afterwards.
//!
//! | counted as | when |
//! |---|---|
//! | lost | a screen said "done" and central knows nothing of it, or ledger, tag and central differ and no row is parked |
//! | doubled | central has lent an item more often than the kiosk has transactions for it |
//! | left open | the gate would let an item pass that is not lent, and no row is parked |

use std::collections::BTreeMap;
use std::time::Duration;

use config::Interface;

use crate::agree::Facts;
use crate::chance::Chance;
use crate::place::Place;
use crate::scene::Gate;
use crate::seen::DONE;

/// What was done and survived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// visits
    pub visits: u64,
    /// looks at everything
    pub looks: u64,
    /// rows of the ledgers
    pub rows: u64,
    /// loans and returns among them that were taken as done without central, and told
    pub assumed: u64,
    /// loans that central made
    pub loans: u64,
    /// returns that central made
    pub returns: u64,
    /// promises of a screen that were looked at afterwards
    pub promises: u64,
    /// items that staff was told to look at
    pub staff: u64,
    /// faults by their names
    pub faults: BTreeMap<&'static str, u64>,
    /// see above
    pub lost: Vec<String>,
    /// see above
    pub doubled: Vec<String>,
    /// see above
    pub left_open: Vec<String>,
}

/// A story.
#[derive(Debug)]
pub struct Story {
    /// where it happens
    pub place: Place,
    /// what happens
    pub chance: Chance,
    /// what became of it
    pub tally: Tally,
    /// the kiosk's lives so far
    pub n_lives: u64,
    seed: u64,
    /// in which life each item was last put on the pad
    put: BTreeMap<String, u64>,
    /// what the screen last called done, and in which life
    told: BTreeMap<String, (u64, bool)>,
    /// checkouts that the ledger has, by item
    asked: BTreeMap<String, u64>,
}

impl Story {
    /// A story of so many books. By the seed, the way to central is openlib, SIP2, or central's own interface, by which
    /// the kiosk lends without central too.
    pub async fn new(seed: u64, n_items: usize) -> Self {
        let way = match seed % 3 {
            0 => Interface::Sip2,
            1 => Interface::Openlib,
            _ => Interface::Kiosk,
        };
        Self {
            place: Place::with(way, n_items, seed, Duration::from_millis(400)).await,
            chance: Chance::new(seed),
            tally: Tally::default(),
            n_lives: 0,
            seed,
            put: BTreeMap::new(),
            told: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Counts a fault.
    pub fn fault(&mut self, name: &'static str) {
        *self.tally.faults.entry(name).or_default() += 1;
    }

    /// Lays things on the pad.
    pub fn put(&mut self, names: &[String]) {
        for name in names {
            self.put.insert(name.clone(), self.n_lives);
        }
        if !names.is_empty() {
            self.place.pad.say(&format!("put {}", names.join(" ")));
        }
    }

    /// What the patron was told in this life, by the screens so far; they are forgotten.
    pub fn remember(&mut self) {
        self.place.look();
        let seen = core::mem::take(&mut self.place.seen);
        for told in seen.iter().flat_map(|seen| &seen.lines) {
            if told.word == DONE {
                self.told.insert(told.item.clone(), (self.n_lives, told.is_out));
            } else {
                self.told.remove(&told.item);
            }
        }
    }

    /// Everything comes to rest and is looked at; staff does what is left. The kiosk must be running.
    pub async fn look(&mut self) -> Facts {
        let facts = self.place.at_rest().await;
        for (item, gate) in &facts.gates {
            if let Some(text) = facts.disagreement(item, gate) {
                let text = format!("seed {}, life {}: {text}", self.seed, self.n_lives);
                let is_left_open = *gate != Gate::secured() && !facts.is_lent(item);
                if is_left_open { self.tally.left_open.push(text) } else { self.tally.lost.push(text) }
            }
        }
        self.keep_promises(&facts);
        self.count_loans(&facts);
        self.tally.looks += 1;
        self.tally.rows += facts.rows.len() as u64;
        self.tally.assumed += facts.rows.iter().filter(|row| row.assumed).count() as u64;
        self.tally.staff += self.place.let_staff_look(&facts).await;
        for item in &self.place.items {
            self.place.pad.heal(item);
        }
        self.place.forget(&facts);
        facts
    }

    /// What was called done, and was not touched since, is so.
    fn keep_promises(&mut self, facts: &Facts) {
        for (item, (life, is_out)) in core::mem::take(&mut self.told) {
            if self.put.get(&item) != Some(&life) {
                continue;
            }
            self.tally.promises += 1;
            if facts.is_lent(&item) != is_out {
                let text = format!("seed {}, life {life}: {item} was called done, lent {is_out}", self.seed);
                self.tally.lost.push(text);
            }
        }
    }

    fn count_loans(&mut self, facts: &Facts) {
        for row in facts.rows.iter().filter(|row| row.act == "checkout") {
            *self.asked.entry(row.item.clone()).or_default() += 1;
        }
        for item in &self.place.items {
            let asked = self.asked.get(item).copied().unwrap_or_default();
            let lent = self.place.line.n_done("loanbook", item);
            if lent > asked {
                let text =
                    format!("seed {}: {item} was lent {lent} times by {asked} transactions", self.seed);
                self.tally.doubled.push(text);
            }
        }
        self.tally.loans = self.place.line.n_done_in_all("loanbook");
        self.tally.returns = self.place.line.n_done_in_all("returnbook");
    }
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (name, n) in other.faults {
            *self.faults.entry(name).or_default() += n;
        }
        self.lost.extend(other.lost);
        self.doubled.extend(other.doubled);
        self.left_open.extend(other.left_open);
        Self {
            visits: self.visits + other.visits,
            looks: self.looks + other.looks,
            rows: self.rows + other.rows,
            assumed: self.assumed + other.assumed,
            loans: self.loans + other.loans,
            returns: self.returns + other.returns,
            promises: self.promises + other.promises,
            staff: self.staff + other.staff,
            ..self
        }
    }

    /// Everything that must not be, in words.
    #[must_use]
    pub fn complaints(&self) -> Vec<&String> {
        self.lost.iter().chain(&self.doubled).chain(&self.left_open).collect()
    }

    /// How often a fault was survived.
    #[must_use]
    pub fn n_faults(&self, name: &str) -> u64 {
        self.faults.get(name).copied().unwrap_or_default()
    }
}
