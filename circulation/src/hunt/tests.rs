//! Hunts in virtual time.

use proptest::prelude::*;

use super::*;
use crate::id::TagKey;

fn mark(shelf: u32) -> ShelfMark {
    ShelfMark::parse(&format!("CJ-{shelf:03}")).unwrap()
}

fn wanted(n: u32, shelf: Option<u32>) -> Wanted {
    let item = ItemId::parse(&format!("LW{n}")).unwrap();
    Wanted { item, call_number: Some(CallNumber::new(&format!("I247.5/{n}"))), shelf: shelf.map(mark) }
}

fn seen(at: Instant, n: u32, rssi: Option<i8>) -> Input {
    let item = ItemId::parse(&format!("LW{n}")).unwrap();
    let content = Content::Item { item, owner: None, set: None, security: None };
    Input::Seen(Sighting { at, tag: TagKey::parse(&format!("T{n}")).unwrap(), content, rssi, antenna: 0 })
}

fn at_shelf(at: Instant, shelf: u32) -> Input {
    let content = Content::Shelf(mark(shelf));
    Input::Seen(Sighting { at, tag: TagKey::parse("M").unwrap(), content, rssi: None, antenna: 0 })
}

#[expect(clippy::disallowed_methods, reason = "any instant serves as the first one")]
fn start() -> Instant {
    Instant::now()
}

/// A hunter with a reader: tags lie on a line, in millimetres; what the reader is asked for it does at once.
struct Walk {
    hunt: Hunt,
    now: Instant,
    at_mm: i64,
    power: i8,
    tags: Vec<(u32, i64)>,
    out: Vec<Output>,
    seed: u64,
    lost_percent: u64,
}

impl Walk {
    fn new(tags: &[(u32, i64)], seed: u64, lost_percent: u64) -> Self {
        let list = tags.iter().map(|(n, _)| wanted(*n, None));
        let hunt = Hunt::new(Settings::default(), list, []);
        Self {
            hunt,
            now: start(),
            at_mm: 0,
            power: 30,
            tags: tags.to_vec(),
            out: Vec::new(),
            seed,
            lost_percent,
        }
    }

    /// A tenth of a second: one round of inventory.
    fn step(&mut self) {
        self.now += Duration::from_millis(100);
        for (n, x) in self.tags.clone() {
            if let Some(rssi) = self.rssi(x) {
                self.tell(seen(self.now, n, Some(rssi)));
            }
        }
        if self.hunt.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.tell(Input::Tick);
        }
    }

    fn tell(&mut self, input: Input) {
        let mut out = Vec::new();
        self.hunt.handle(self.now, input, &mut out);
        for told in &out {
            if let Output::Power(dbm) = told {
                self.power = *dbm;
            }
        }
        let powered = out.iter().any(|told| matches!(told, Output::Power(_)));
        self.out.extend(out);
        if powered {
            self.tell(Input::Powered(self.power));
        }
    }

    /// -30 dBm at the antenna, 12 dB less for each doubling from 10 cm on; below -75 dBm a tag has no power to answer.
    fn rssi(&mut self, x: i64) -> Option<i8> {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = self.seed >> 33;
        let distance = u64::try_from((x - self.at_mm).abs()).unwrap().max(100);
        let doublings = i64::from((distance / 100).ilog2());
        let noise = i64::try_from(chance % 7).unwrap() - 3;
        let rssi = -30 - 12 * doublings + noise - (30 - i64::from(self.power));
        (rssi >= -75 && chance / 7 % 100 >= self.lost_percent).then(|| i8::try_from(rssi).unwrap())
    }

    fn bar(&self) -> u8 {
        let bars = self.out.iter().rev().find_map(|told| match told {
            Output::Signal { bar, .. } => Some(bar.length()),
            Output::Power(_) | Output::Found(_) => None,
        });
        bars.unwrap_or(0)
    }

    fn found(&self) -> Vec<u32> {
        let found = self.out.iter().filter_map(|told| match told {
            Output::Found(wanted) => {
                self.hunt.look(*wanted).map(|(wanted, ..)| wanted.item.as_str().replace("LW", "").parse())
            }
            Output::Power(_) | Output::Signal { .. } => None,
        });
        found.map(Result::unwrap).collect()
    }
}

#[test]
fn the_bar_rises_while_one_nears_and_the_power_falls() {
    let mut walk = Walk::new(&[(1, 3_000)], 1, 0);
    let mut bars = Vec::new();
    for at_mm in [600, 1_400, 2_200, 2_600, 2_800, 2_900, 3_000] {
        walk.at_mm = at_mm;
        (0..30).for_each(|_| walk.step());
        bars.push(walk.bar());
    }
    assert!(bars.is_sorted() && bars[0] <= 4 && bars[6] >= 8, "{bars:?}");
    assert_eq!(walk.found(), [1]);
    assert_eq!(walk.power, 30, "and the next one is listened for");
    let powers: Vec<i8> = walk
        .out
        .iter()
        .filter_map(|told| if let Output::Power(dbm) = told { Some(*dbm) } else { None })
        .collect();
    assert_eq!(powers, [26, 22, 18, 14, 10, 30]);
}

#[test]
fn who_walks_away_gets_more_power_and_then_nothing() {
    let mut walk = Walk::new(&[(1, 3_000)], 1, 0);
    walk.at_mm = 2_800;
    (0..30).for_each(|_| walk.step());
    assert!(walk.power < 30 && walk.found().is_empty());
    walk.at_mm = -20_000;
    (0..200).for_each(|_| walk.step());
    assert_eq!((walk.power, walk.bar(), walk.hunt.deadline()), (30, 0, None));
}

#[test]
fn what_passes_is_noted_with_its_shelf() {
    let mut hunt = Hunt::new(Settings::default(), [wanted(1, None), wanted(2, None)], [mark(0), mark(1)]);
    let (at, mut out) = (start(), Vec::new());
    hunt.handle(at, seen(at, 2, Some(-70)), &mut out);
    let later = at + Duration::from_secs(1);
    hunt.handle(later, at_shelf(later, 1), &mut out);
    hunt.handle(later, seen(later, 1, Some(-74)), &mut out);
    hunt.handle(later, seen(later, 99, Some(-40)), &mut out);
    let last = |n| hunt.look(WantedNo(n)).unwrap().2.cloned();
    assert_eq!(last(0), Some(LastHeard { at: later, shelf: Some(mark(1)) }));
    assert_eq!(last(1), Some(LastHeard { at, shelf: None }));
    // The ear stays with the stronger one.
    assert!(matches!(out[..], [Output::Signal { wanted: WantedNo(1), .. }]), "{out:?}");
}

#[test]
fn the_next_is_the_nearest_by_the_shelves() {
    let list = [
        wanted(1, Some(0)),
        wanted(2, Some(9)),
        wanted(3, Some(5)),
        wanted(4, None),
        wanted(5, Some(3)),
        wanted(10, Some(5)),
        wanted(9, Some(5)),
    ];
    let mut hunt = Hunt::new(Settings::default(), list, (0..10).map(mark));
    let (at, mut out) = (start(), Vec::new());
    hunt.handle(at, at_shelf(at, 4), &mut out);
    let mut way = Vec::new();
    while let Some(next) = hunt.next() {
        let (wanted, ..) = hunt.look(next).unwrap();
        way.push(wanted.item.as_str().to_owned());
        let shelf = wanted.shelf.clone();
        hunt.handle(at, Input::Close { wanted: next, is_found: way.len() % 2 == 0 }, &mut out);
        if let Some(shelf) = shelf {
            let content = Content::Shelf(shelf);
            let tag = TagKey::parse("M").unwrap();
            hunt.handle(at, Input::Seen(Sighting { at, tag, content, rssi: None, antenna: 0 }), &mut out);
        }
    }
    // Of two shelves as near, the one ahead; on it by call number; what has no shelf at last.
    assert_eq!(way, ["LW3", "LW9", "LW10", "LW5", "LW1", "LW2", "LW4"]);
    assert_eq!(hunt.n_sought(), 0);
    assert_eq!(out.len(), 3, "what is given up is not found: {out:?}");
}

#[test]
fn a_reader_without_strength_finds_what_it_reads() {
    let settings = Settings { powers_dbm: Vec::new(), ..Settings::default() };
    let mut hunt = Hunt::new(settings, [wanted(1, None), wanted(1, None)], []);
    let (at, mut out) = (start(), Vec::new());
    for _ in 0..2 {
        hunt.handle(at, seen(at, 1, None), &mut out);
    }
    assert_eq!(out, [Output::Found(WantedNo(0))], "once, and the list has it once");
}

#[test]
fn a_reader_that_is_deaf_to_power_is_asked_again() {
    let mut hunt = Hunt::new(Settings::default(), [wanted(1, None)], []);
    let (at, mut out) = (start(), Vec::new());
    for ms in [0, 100, 200, 300] {
        let at = at + Duration::from_millis(ms);
        hunt.handle(at, seen(at, 1, Some(-40)), &mut out);
    }
    let powers = |out: &[Output]| out.iter().filter(|told| matches!(told, Output::Power(26))).count();
    assert_eq!(powers(&out), 1, "no second step before the first is done");
    let deadline = hunt.deadline().unwrap();
    hunt.handle(deadline, Input::Tick, &mut out);
    assert_eq!(powers(&out), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Who walks along and stops where the bar is long finds every item, and none from afar.
    #[test]
    fn every_item_is_found_where_it_is(
        places in proptest::collection::btree_set(1_u32..60, 1..6),
        seed in any::<u64>(),
        lost in 0_u64..31,
    ) {
        let tags: Vec<(u32, i64)> = places.iter().map(|place| (*place, i64::from(*place) * 200)).collect();
        let mut walk = Walk::new(&tags, seed, lost);
        let mut n_found = 0;
        // Slowly, there and back and there: an item that another one drowned is heard on the way back.
        for at_mm in (0..12_500).step_by(100).chain((0..12_500).rev().step_by(100)).chain((0..12_500).step_by(100)) {
            walk.at_mm = at_mm;
            // One stays where it is near, as long as it gets nearer.
            for _ in 0..if walk.bar() >= 8 { 20 } else { 3 } {
                walk.step();
            }
            for n in &walk.found()[n_found..] {
                let (_, x) = tags.iter().find(|(tag, _)| tag == n).unwrap();
                prop_assert!((x - at_mm).abs() < 400, "{n} found from {} mm", x - at_mm);
            }
            n_found = walk.found().len();
        }
        prop_assert_eq!(n_found, tags.len());
    }
}
