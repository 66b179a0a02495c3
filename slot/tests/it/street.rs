//! What people do at the slot: mostly the right thing.

use std::time::Duration;

use circulation::id::{Isil, ItemId, TagKey};
use circulation::item::{ItemTag, Security};
use slot::io::{Content, Input};
use slot::sort::Facts;

use crate::mechanics::{Place, STEP, Thing};
use crate::rig::{Library, Rig};

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
    rig.iron.things.push(Thing {
        name,
        len,
        tags,
        place: Place::Street,
        is_heard: false,
        lay_with_another: false,
        is_stuck: false,
        was_stuck: false,
    });
    n
}

/// Pushes a thing in as far as the belt grips it, and lets go; a little at each step.
pub(crate) fn push(rig: &mut Rig, thing: usize) -> bool {
    const GRIP: f64 = 110.0;
    let by = 200.0 * STEP.as_secs_f64();
    let blocks = rig.iron.shutter < 0.9;
    let is_lying = |at: usize, one: &Thing| at != thing && matches!(one.place, Place::Lying(_));
    let others: Vec<usize> =
        (0..).zip(&rig.iron.things).filter(|(at, one)| is_lying(*at, one)).map(|(at, _)| at).collect();
    if !others.is_empty() && matches!(rig.iron.things[thing].place, Place::Held(_)) {
        for at in others.into_iter().chain([thing]) {
            rig.iron.things[at].lay_with_another = true;
        }
    }
    let Some(thing) = rig.iron.things.get_mut(thing) else { return true };
    match thing.place {
        Place::Street => thing.place = Place::Held(-60.0),
        Place::Held(front) if front + by > -5.0 && blocks => {}
        Place::Held(front) if front >= GRIP => {
            thing.place = Place::Lying(front);
            return true;
        }
        Place::Held(front) => thing.place = Place::Held(front + by),
        Place::Lying(_) | Place::Bin(_) | Place::Staff => return true,
    }
    false
}

/// Takes back what can be grasped: what stands out of the mouth, or lies just behind it with the shutter open.
pub(crate) fn grasp(rig: &mut Rig, thing: usize) -> bool {
    let (is_open, reach) = (rig.iron.shutter > 0.5, 100.0);
    let Some(thing) = rig.iron.things.get_mut(thing) else { return true };
    let can = thing.tail().is_some_and(|tail| tail < 0.0 || (is_open && tail < reach));
    if thing.place == Place::Street {
        return true;
    }
    if can || matches!(thing.place, Place::Held(_)) {
        thing.place = Place::Street;
        let name = thing.name.clone();
        rig.tell(&format!("{name} is taken back"));
        return true;
    }
    false
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
