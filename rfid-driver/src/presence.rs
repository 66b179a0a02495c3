//! Who is on the pad: rounds of sightings become arrivals and departures.
//!
//! ```text
//!            seen                missed `depart_rounds` rounds           not heard by address
//!  absent ─────────▶ present ─────────────────────────────────▶ doubted ─────────────────────▶ absent
//!          Arrived      ▲                     Doubted              │         Departed
//!                       └──────────── seen or heard ◀──────────────┘
//! ```
//! A tag that inventories miss is first asked by its address: anticollision misses tags that are there. For one tag,
//! Arrived and Departed alternate. A lost link changes nothing: only rounds that were carried out are evidence.

use std::collections::{BTreeMap, BTreeSet};

/// What the machine is told.
#[derive(Clone, Debug)]
pub enum Input<'a, K> {
    /// A whole round found these.
    Round(&'a BTreeSet<K>),
    /// A tag was heard by its address.
    Heard(K),
    /// A tag was asked by its address and not heard, or what is known of it is worth nothing.
    Lost(K),
}

/// What the machine tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output<K> {
    /// A tag is new on the pad.
    Arrived(K),
    /// A tag should be asked by its address: answer with [`Input::Heard`] or [`Input::Lost`].
    Doubted(K),
    /// A tag has left the pad.
    Departed(K),
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Presence<K> {
    depart_rounds: u8,
    /// How many rounds in a row each tag was missed.
    missed: BTreeMap<K, u8>,
}

impl<K: Copy + Ord> Presence<K> {
    /// An empty pad; a tag is doubted when `depart_rounds` rounds in a row have missed it.
    pub fn new(depart_rounds: u8) -> Self {
        Self { depart_rounds: depart_rounds.max(1), missed: BTreeMap::new() }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input<'_, K>, out: &mut Vec<Output<K>>) {
        match input {
            Input::Round(found) => self.round(found, out),
            Input::Heard(uid) => {
                if let Some(missed) = self.missed.get_mut(&uid) {
                    *missed = 0;
                }
            }
            Input::Lost(uid) => {
                if self.missed.remove(&uid).is_some() {
                    out.push(Output::Departed(uid));
                }
            }
        }
    }

    /// How many rounds in a row have missed a tag; `None` if it is not on the pad.
    pub fn missed(&self, uid: K) -> Option<u8> {
        self.missed.get(&uid).copied()
    }

    /// How many tags are on the pad.
    pub fn n_tags(&self) -> usize {
        self.missed.len()
    }

    fn round(&mut self, found: &BTreeSet<K>, out: &mut Vec<Output<K>>) {
        for (uid, missed) in &mut self.missed {
            *missed = if found.contains(uid) { 0 } else { missed.saturating_add(1) };
            if *missed >= self.depart_rounds {
                out.push(Output::Doubted(*uid));
            }
        }
        for uid in found {
            self.missed.entry(*uid).or_insert_with(|| {
                out.push(Output::Arrived(*uid));
                0
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::Uid;
    use proptest::prelude::*;

    fn uid(n: u8) -> Uid {
        Uid([0xE0, 4, 1, 0, 0, 0, 0, n])
    }

    fn run(presence: &mut Presence<Uid>, input: Input<'_, Uid>) -> Vec<Output<Uid>> {
        let mut out = Vec::new();
        presence.handle(input, &mut out);
        out
    }

    #[test]
    fn a_tag_departs_after_missed_rounds_and_an_unanswered_call() {
        let mut presence = Presence::new(3);
        let (one, none) = (BTreeSet::from([uid(1)]), BTreeSet::new());
        assert_eq!(run(&mut presence, Input::Round(&one)), [Output::Arrived(uid(1))]);
        assert_eq!(run(&mut presence, Input::Round(&none)), []);
        assert_eq!(run(&mut presence, Input::Round(&none)), []);
        assert_eq!(run(&mut presence, Input::Round(&none)), [Output::Doubted(uid(1))]);
        assert_eq!(run(&mut presence, Input::Heard(uid(1))), []);
        assert_eq!(presence.missed(uid(1)), Some(0));
        for _ in 0..2 {
            assert_eq!(run(&mut presence, Input::Round(&none)), []);
        }
        assert_eq!(run(&mut presence, Input::Round(&none)), [Output::Doubted(uid(1))]);
        assert_eq!(run(&mut presence, Input::Lost(uid(1))), [Output::Departed(uid(1))]);
        assert_eq!(run(&mut presence, Input::Round(&one)), [Output::Arrived(uid(1))]);
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn arrivals_and_departures_alternate(
            rounds in proptest::collection::vec((proptest::collection::btree_set(0_u8..6, 0..6), 0_u8..6, any::<bool>()), 0..60),
        ) {
            let mut presence = Presence::new(2);
            let mut there = BTreeSet::new();
            for (found, asked, heard) in rounds {
                let found: BTreeSet<Uid> = found.into_iter().map(uid).collect();
                let mut out = run(&mut presence, Input::Round(&found));
                let answer = if heard { Input::Heard(uid(asked)) } else { Input::Lost(uid(asked)) };
                out.extend(run(&mut presence, answer));
                for output in out {
                    match output {
                        Output::Arrived(uid) => prop_assert!(there.insert(uid), "arrived twice"),
                        Output::Departed(uid) => prop_assert!(there.remove(&uid), "departed twice"),
                        Output::Doubted(uid) => prop_assert!(there.contains(&uid)),
                    }
                }
                prop_assert_eq!(there.len(), presence.n_tags());
            }
        }
    }
}
