//! A cart in virtual time: what it hears, and that the asking changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::data::epc::Pc;
use crate::emulator::{Emulator, EmulatorConfig, Input, Model, script};

/// A tag that a test needs only to tell it from others.
fn tag(n: u32) -> Gen2Tag {
    let uii = [n.to_be_bytes().as_slice(), &[0; 8]].concat();
    Gen2Tag::new(uii.clone(), Pc::new(6, false, None), &uii, &[])
}

fn spine(name: &str, aisle: u32, at_mm: u32) -> Spine {
    let n = name.bytes().fold(0, |n: u32, byte| n * 31 + u32::from(byte));
    Spine { name: name.to_owned(), aisle, at_mm, tag: tag(n) }
}

fn shelf(mark: &str, aisle: u32, start_mm: u32) -> Shelf {
    Shelf { mark: mark.to_owned(), aisle, start_mm, length_mm: 1_000 }
}

/// Two shelves in the first aisle, one behind the first of them, one in another aisle.
fn room(radio: Radio) -> Room {
    let shelves = vec![shelf("A", 1, 0), shelf("B", 1, 1_000), shelf("C", 2, 0), shelf("D", 3, 0)];
    let spines = vec![
        spine("a", 1, 500),
        spine("b", 1, 1_500),
        spine("c", 2, 600),
        spine("d", 3, 500),
        spine("a2", 1, 900),
    ];
    Room::new(Cart::default(), radio, shelves, spines)
}

#[expect(clippy::disallowed_methods, reason = "any instant serves as the first one")]
fn start() -> Instant {
    Instant::now()
}

#[test]
fn strength_falls_with_the_distance_and_through_the_back() {
    let heard = |room: &Room, aisle, along_mm| {
        let within = room.within_reach(Place { aisle, along_mm });
        let named = within.into_iter().map(|(at, dbm)| format!("{} {dbm}", room.spines()[at].name));
        named.collect::<Vec<_>>().join(", ")
    };
    let noisy = room(Radio::default());
    for (aisle, along_mm, is) in [
        (1, 500, "a -40, a2 -60, c -69"),
        (1, 400, "a -45, a2 -65, c -74"),
        (1, 0, "a -65"),
        (1, 1_500, "b -40"),
        // What is behind what is behind it.
        (2, 600, "c -40, a -69, a2 -79"),
        // The next aisle's back is another's.
        (3, 500, "d -40"),
    ] {
        assert_eq!(heard(&noisy, aisle, along_mm), is, "aisle {aisle}, {along_mm} mm");
    }
    assert_eq!(heard(&room(Radio { back_db: None, ..Radio::default() }), 1, 500), "a -40, a2 -60");
}

#[test]
fn the_cart_is_pushed_while_somebody_reads_and_goes_back_to_the_shelf_when_it_rested() {
    let mut walk = Walk::new(room(Radio::default()));
    let start = start();
    let mut told = Vec::new();
    for ms in [0, 400, 800, 1_200, 1_600, 2_000, 2_400, 2_800, 3_200, 3_600, 4_000, 4_400] {
        walk.read(start + Duration::from_millis(ms));
        told.push(walk.place().unwrap().along_mm);
    }
    // A quarter of a metre a second.
    assert_eq!(told, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_100]);
    // A reader that is at work does not rest.
    walk.done(Some(start + Duration::from_millis(5_200)));
    walk.read(start + Duration::from_millis(5_400));
    assert_eq!(walk.place(), Some(Place { aisle: 1, along_mm: 1_350 }));
    walk.read(start + Duration::from_secs(60));
    assert_eq!(walk.place(), Some(Place { aisle: 1, along_mm: 1_000 }), "at the mark of the shelf");
    // To the end of the last aisle; then a new reading is a new walk.
    let mut now = start + Duration::from_secs(60);
    while walk.stand() != Stand::Over {
        now += Duration::from_millis(200);
        walk.read(now);
    }
    assert_eq!((walk.within_reach(), walk.n()), (vec![], 1));
    walk.read(now + Duration::from_millis(400));
    assert_eq!(walk.stand(), Stand::Over);
    walk.read(now + Duration::from_secs(2));
    assert_eq!((walk.place(), walk.n()), (Some(Place { aisle: 1, along_mm: 0 }), 2));
}

#[test]
fn the_cart_goes_where_it_is_told() {
    let config = EmulatorConfig { model: Model::R2000, ..EmulatorConfig::default() };
    let mut emulator = Emulator::new(config);
    emulator.enter(room(Radio { read_percent: 100, noise_db: 0, ..Radio::default() })).unwrap();
    assert_eq!(emulator.enter(room(Radio::default())), Err("there is already a tag \"a\"".to_owned()));
    for (line, reply) in [
        ("room", "ok walking walk=1 shelf=A mm=0\n"),
        ("stand B 400", "ok standing walk=1 shelf=B mm=400\n"),
        ("stand B 1000", "error: B is 1000 mm long\n"),
        ("stand E 0", "error: there is no shelf \"E\" in the room\n"),
        ("go on", "ok walking walk=1 shelf=B mm=400\n"),
        ("halt", "ok standing walk=1 shelf=B mm=400\n"),
        ("stand d", "ok standing walk=1 shelf=D mm=500\n"),
        ("stand e", "error: there is no \"e\" in the room\n"),
        ("stand A 500", "ok standing walk=1 shelf=A mm=500\n"),
        ("take c", "ok 0 on pad\n"),
    ] {
        assert_eq!(script::run(&mut emulator, line).to_string(), reply, "{line}");
    }
    let heard = |emulator: &mut Emulator| {
        emulator.handle(start(), Input::Tick, &mut Vec::new());
        emulator.gen2_inventory().into_iter().map(|tag| tag.rssi).collect::<BTreeSet<_>>()
    };
    assert_eq!(heard(&mut emulator), BTreeSet::from([-40, -60]), "what was taken is not heard");
    assert_eq!(script::run(&mut emulator, "walk").to_string(), "ok walking walk=2 shelf=A mm=0\n");
    assert_eq!(heard(&mut emulator), BTreeSet::from([-65]));
}

#[test]
fn the_example_is_a_room_and_mistakes_are_named() {
    let file = file::RoomFile::parse(file::EXAMPLE).unwrap();
    let room = file.room().unwrap();
    assert_eq!((room.shelves().len(), room.way_mm()), (6, 6_000));
    let plan = file.plan();
    assert_eq!(plan.lines().count(), 1 + 96, "by the catalogue there are sixteen books on each shelf");
    assert!(plan.contains("\nLW0000074,TP312/34,CJ-005,\n") && !plan.contains("coat"), "{plan}");
    for (text, says) in [
        ("", "there is no [[shelf]]"),
        ("[[shelf]]\nmark = 1", "invalid type: integer `1`, expected a string"),
        ("[[shelf]]\nmark = \"A\"\nlenght_mm = 5", "unknown field `lenght_mm`"),
        ("[cart]\nspeed_mm_s = 0\n[[shelf]]\nmark = \"A\"", "[cart]: speed_mm_s = 0 is not from 1 to 10000"),
        ("[radio]\nread_percent = 101\n[[shelf]]\nmark = \"A\"", "[radio]: read_percent = 101 is not"),
        (
            "[[shelf]]\nmark = \"A\"\nlength_mm = 40\nbooks = [{ item = \"B\" }]",
            "A: the books need 52 mm, the shelf has 40",
        ),
        ("[[shelf]]\nmark = \"A\"\nbooks = [{ item = \"A\" }]", "\"A\" is there twice"),
        (
            "[[shelf]]\nmark = \"A\"\nbooks = [{ item = \"B\", home = \"C\" }]",
            "\"B\": its home \"C\" is no shelf",
        ),
        ("[[shelf]]\nmark = \"A\"\nbooks = [{ item = \"\" }]", "\"\" has no place on a tag"),
    ] {
        let told = file::RoomFile::parse(text).and_then(|file| file.room()).unwrap_err().to_string();
        assert!(told.contains(says), "{text:?}: {told}");
    }
}

/// Asks every so many milliseconds until the walk is over: of each tag, the strongest read and where the cart was then.
fn heard_in_a_walk(room: &Room, every_ms: u64, seed: u64) -> BTreeMap<String, (i8, Place)> {
    let config = EmulatorConfig { model: Model::R2000, seed, ..EmulatorConfig::default() };
    let mut emulator = Emulator::new(config);
    emulator.enter(room.clone()).unwrap();
    let names: BTreeMap<_, _> =
        room.spines().iter().map(|spine| (spine.tag.tid.clone(), spine.name.clone())).collect();
    let mut best = BTreeMap::new();
    let mut now = start();
    loop {
        emulator.handle(now, Input::Tick, &mut Vec::new());
        let tags = emulator.gen2_inventory();
        let Some(place) = emulator.walk().unwrap().place() else { return best };
        for tag in tags {
            let heard = best.entry(names[&tag.tid].clone()).or_insert((tag.rssi, place));
            if tag.rssi > heard.0 {
                *heard = (tag.rssi, place);
            }
        }
        now += Duration::from_millis(every_ms);
    }
}

fn rooms() -> impl Strategy<Value = Room> {
    let radio =
        (50_u8..=100, 0_u8..=30, any::<u64>(), any::<bool>()).prop_map(|(read, miss, seed, ghosts)| Radio {
            read_percent: read,
            miss_percent: miss,
            seed,
            back_db: ghosts.then_some(24),
            ..Radio::default()
        });
    let books = prop::collection::vec((1_u32..4, 0_u32..2_000), 1..60);
    (radio, books).prop_map(|(radio, books)| {
        let shelves =
            (1..4).flat_map(|aisle| (0..2).map(move |n| shelf(&format!("S{aisle}{n}"), aisle, n * 1_000)));
        let spines = books.iter().enumerate().map(|(n, (aisle, at))| Spine {
            tag: tag(u32::try_from(n).unwrap()),
            ..spine(&format!("t{n}"), *aisle, *at)
        });
        Room::new(Cart::default(), radio, shelves.collect(), spines.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What a walk does not miss wholly is heard, however often is asked, and most strongly from before it: ten looks a
    /// second give forty chances to each tag.
    #[test]
    fn a_walk_hears_what_it_does_not_miss(room in rooms(), every_ms in 40_u64..120, seed in any::<u64>()) {
        let walk = Walk::new(room.clone());
        let heard = heard_in_a_walk(&room, every_ms, seed);
        // A tag that answers every other time may be silent all the while that the cart is before it: where it is strongest is
        // asked of tags that always answer.
        let radio = Radio { read_percent: 100, ..room.radio() };
        let sure = Room::new(room.cart(), radio, room.shelves().to_vec(), room.spines().to_vec());
        let strongest = heard_in_a_walk(&sure, every_ms, seed);
        for (at, spine) in room.spines().iter().enumerate() {
            prop_assert_eq!(heard.contains_key(&spine.name), !walk.is_missed(at), "{}", spine.name);
            match strongest.get(&spine.name) {
                None => prop_assert!(walk.is_missed(at), "{} was not heard", spine.name),
                Some((dbm, place)) => {
                    prop_assert!(!walk.is_missed(at), "{} was heard", spine.name);
                    // Two dB up and down at either place: as many as eighty millimetres are worth.
                    prop_assert_eq!(place.aisle, spine.aisle);
                    prop_assert!(place.along_mm.abs_diff(spine.at_mm) < 200, "{}: {dbm} dBm at {place:?}", spine.name);
                }
            }
        }
    }

    /// Where the cart is depends on the time alone.
    #[test]
    fn the_cart_is_where_the_time_says(steps in prop::collection::vec(0_u64..400, 1..40)) {
        let (mut often, mut seldom) = (Walk::new(room(Radio::default())), Walk::new(room(Radio::default())));
        let mut now = start();
        let begin = now;
        often.read(now);
        for step in steps {
            now += Duration::from_millis(step);
            often.read(now);
        }
        seldom.read(begin);
        seldom.done(Some(now));
        seldom.read(now);
        prop_assert_eq!(often.place(), seldom.place());
    }

    /// Less power hears less, and nothing new.
    #[test]
    fn less_power_hears_less(room in rooms(), along_mm in 0_u32..2_000) {
        let reach = |radio: Radio| {
            let room = Room::new(room.cart(), radio, room.shelves().to_vec(), room.spines().to_vec());
            room.within_reach(Place { aisle: 1, along_mm }).into_iter().filter(|(_, dbm)| *dbm >= -84).map(|(at, _)| at).collect::<BTreeSet<_>>()
        };
        let full = reach(room.radio());
        let less = reach(Radio { peak_dbm: room.radio().peak_dbm - 25, ..room.radio() });
        prop_assert!(less.is_subset(&full));
    }
}
