//! What people do at the slot: mostly the right thing.

use std::time::Duration;

use circulation::id::{Isil, ItemId, TagKey};
use circulation::item::{ItemTag, Security};
use slot::io::{Content, Input};
use slot::sort::Facts;

use crate::rig::{Library, Rig};
use slot::mechanics::{Place, Thing};

/// A small seeded source of chance, so that a night can be played again.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    pub(crate) fn holds(&mut self, chance: f64) -> bool {
        (self.below(1_000_000) as f64) < chance * 1e6
    }
}

/// What is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Book,
    Held,
    NotOnLoan,
    Foreign,
    BusCard,
    Damaged,
    Tagless,
}

/// Lays a thing into somebody's hand in the street; answers its place among the things.
pub(crate) fn bring(rig: &mut Rig, sort: Sort) -> usize {
    let n = rig.iron.things.len();
    let item = ItemId::parse(&format!("LW{n:05}")).unwrap();
    let key = TagKey::parse(&format!("E00401{n:010X}")).unwrap();
    let owner = |isil: &str| Some(Isil::parse(isil).unwrap());
    let tag = |isil: &str| ItemTag {
        item: item.clone(),
        owner: owner(isil),
        set: None,
        security: Security::Unsecured,
    };
    let content = match sort {
        Sort::Book | Sort::Held | Sort::NotOnLoan => Some(Content::Item(tag("LW"))),
        Sort::Foreign => Some(Content::Item(tag("JN"))),
        Sort::BusCard => Some(Content::Foreign),
        Sort::Damaged => Some(Content::Damaged),
        Sort::Tagless => None,
    };
    let facts = Facts {
        is_on_loan: Some(sort != Sort::NotOnLoan),
        is_held: sort == Sort::Held,
        owner: Some("LW".to_owned()),
        ..Facts::default()
    };
    let known = if sort == Sort::Foreign { Library::Foreign } else { Library::Knows(facts) };
    rig.library.insert(item, known);
    let len = 150.0 + rig.chance.below(180) as f64;
    let tags = content.map(|content| (key, content)).into_iter().collect();
    let name = format!("{sort:?} {n}");
    rig.iron.things.push(Thing::new(name, len, tags));
    n
}

/// Pushes a thing in as far as the belt grips it, and lets go; a little at each step.
pub(crate) fn push(rig: &mut Rig, thing: usize) -> bool {
    rig.iron.push(thing)
}

/// Takes back what can be grasped: what stands out of the mouth, or lies just behind it with the shutter open.
pub(crate) fn grasp(rig: &mut Rig, thing: usize) -> bool {
    let was_in = rig.iron.things.get(thing).is_some_and(|thing| thing.place != Place::Street);
    let is_out = rig.iron.grasp(thing);
    if was_in && is_out {
        let name = rig.iron.things[thing].name.clone();
        rig.tell(&format!("{name} is taken back"));
    }
    is_out
}

/// Comes, waits for the shutter, puts one thing in. Whether it went in.
pub(crate) fn put_in(rig: &mut Rig, thing: usize) -> bool {
    let name = rig.iron.things[thing].name.clone();
    rig.tell(&format!("somebody comes with {name}"));
    rig.give(Input::Approach);
    if !rig.until(Duration::from_secs(8), |rig| rig.iron.shutter >= 1.0) {
        return false;
    }
    let end = rig.now + Duration::from_secs(15);
    while rig.now < end {
        if push(rig, thing) {
            return true;
        }
        rig.step();
    }
    rig.iron.things[thing].place = Place::Street;
    false
}
