//! What is wrong on the pad is told by name.

use std::time::Duration;

use super::pair::{Family, Pair};
use super::{SECOND, stack, up};
use crate::emulator::{EmulatedTag, EmulatorConfig, Model};
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::trouble::Work;
use crate::pad::{ReaderEvent, Trouble};
use crate::tag::{Security, TagId};

fn told<P: Family>(pair: &Pair<P>) -> Vec<&Trouble> {
    let troubles = pair
        .events
        .iter()
        .filter_map(|event| if let ReaderEvent::Trouble(trouble) = event { Some(trouble) } else { None });
    troubles.collect()
}

/// Defines a second tag that claims the same as `name`.
fn twin<P: Family>(pair: &mut Pair<P>, name: &str, twin: &str) -> (TagId, TagId) {
    let original = pair.emulator.tag(name).unwrap().clone();
    let mut other = original.clone();
    other.uid = EmulatedTag::uid_of(twin);
    let ids = (original.uid.into(), other.uid.into());
    pair.emulator.define(twin, other);
    ids
}

fn are_told_apart<P: Family>(miss: u8) {
    let mut pair = up::<P>(P::fast());
    pair.line("book I1 set=1/1");
    let (a, b) = twin(&mut pair, "I1", "I1b");
    let mut tags = vec![a, b];
    tags.sort();
    let item = "I1".to_owned();
    let one = Trouble::OneBookTwoTags { item: item.clone(), tags: tags.clone() };
    let two = Trouble::TwoBooksOneId { item, tags };
    pair.line(&format!("miss {miss}"));
    for _ in 0..3 {
        pair.line("put I1 I1b");
        pair.until(SECOND * 60, "both", |pair| pair.pad.troubles().count() == 1);
        assert_eq!(told(&pair).last(), Some(&&one));
        pair.line("take I1 I1b");
        pair.until(SECOND * 60, "none", |pair| pair.complete() == Some(0) || pair.n_there() == 0);
        pair.run(SECOND * 2);
        assert_eq!(pair.pad.troubles().count(), 0);
    }
    assert!(!told(&pair).contains(&&two), "{:?}", told(&pair));
    pair.line("put I1 I1b");
    pair.until(SECOND * 60, "both", |pair| pair.pad.troubles().count() == 1);
    pair.line("take I1b");
    pair.until(SECOND * 60, "two books", |pair| pair.pad.troubles().next() == Some(&two));
    pair.line("take I1");
    pair.until(SECOND * 60, "none", |pair| pair.pad.troubles().count() == 0);
    pair.line("put I1 I1b");
    pair.until(SECOND * 60, "two books", |pair| pair.pad.troubles().next() == Some(&two));
}

#[test]
fn one_book_with_two_tags_and_two_books_with_one_id() {
    are_told_apart::<Obid>(0);
    are_told_apart::<M810>(0);
    are_told_apart::<Obid>(10);
}

#[test]
fn parts_of_a_set_are_no_trouble() {
    let mut pair = up::<Obid>(Obid::fast());
    pair.line("book A set=1/2");
    pair.line("book B set=2/2");
    let of_a = pair.emulator.tag("A").unwrap().memory.clone();
    let mut b = EmulatedTag::item(
        EmulatedTag::uid_of("B"),
        "A",
        None,
        Some(crate::data::SetInfo { part: 2, of: 2 }),
        Security::Secured,
    )
    .unwrap();
    assert_ne!(b.memory, of_a);
    b.is_on_pad = false;
    pair.emulator.define("B", b);
    pair.line("put A B");
    pair.until(SECOND, "both", |pair| pair.complete() == Some(2));
    assert_eq!(told(&pair), Vec::<&Trouble>::new());
}

#[test]
fn a_crowd_is_told_and_never_complete() {
    for model in [Model::Mr101, Model::Cpr02] {
        let mut pair = up::<Obid>(EmulatorConfig { model, ..Obid::fast() });
        let names = pair.items(6);
        pair.emulator.faults.crowd = 4;
        pair.line(&format!("put {}", names.join(" ")));
        pair.run(SECOND * 10);
        let [Trouble::TooMany { tags, items }] = told(&pair)[..] else { panic!("{:?}", told(&pair)) };
        assert_eq!(tags.len(), 4, "{model:?}");
        assert!(!items.is_empty());
        assert_eq!((pair.n_there(), pair.pad.is_up()), (4, true));
        assert!(!pair.events.iter().any(|event| matches!(event, ReaderEvent::Complete { n } if *n > 0)));
        pair.line("take I1 I2");
        pair.until(SECOND * 5, "four", |pair| pair.complete() == Some(4));
        assert_eq!(pair.pad.troubles().count(), 0);
    }
}

/// Even when the reader can tell none of them, it is not the reader that is broken.
#[test]
fn a_crowd_of_which_none_is_told_is_no_broken_reader() {
    let mut pair = up::<Obid>(Obid::fast());
    let names = pair.items(3);
    pair.emulator.faults.crowd = 1;
    pair.line(&format!("put {}", names.join(" ")));
    pair.emulator.tag_mut("I1").unwrap().faults.hears_every = 1_000_000;
    pair.emulator.tag_mut("I2").unwrap().faults.hears_every = 1_000_000;
    pair.emulator.tag_mut("I3").unwrap().faults.hears_every = 1_000_000;
    pair.run(SECOND * 5);
    assert!(matches!(told(&pair)[..], [Trouble::TooMany { .. }]), "{:?}", pair.events);
    assert!(pair.pad.is_up());
}

#[test]
fn a_tag_that_moves_is_told() {
    let (mut pair, _) = stack::<Obid>(Obid::fast(), 1);
    let tag = TagId::from(pair.emulator.tag("I1").unwrap().uid);
    pair.line("on afi I1 take");
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
    let item = Some("I1".to_owned());
    assert_eq!(told(&pair), [&Trouble::Moved { tag, item, during: Work::Writing }]);
    pair.until(SECOND * 2, "an empty pad", |pair| pair.complete() == Some(0) || pair.n_there() == 0);
    pair.line("put I1");
    pair.until(SECOND * 2, "the item", |pair| pair.n_there() == 1);
    assert_eq!(pair.pad.troubles().count(), 0);
    // Heard by its system information, and no more when its blocks are asked.
    let mut pair = up::<Obid>(Obid::real());
    pair.items(1);
    pair.line("put I1");
    pair.until(SECOND, "the reading", |pair| {
        pair.transcript.iter().any(|line| line.starts_with("> 0FFFB02B"))
    });
    pair.line("take I1");
    pair.run(Duration::from_millis(500));
    let [Trouble::Moved { during: Work::Reading, .. }] = told(&pair)[..] else { panic!("{:?}", told(&pair)) };
    pair.run(SECOND * 2);
    assert_eq!((pair.pad.troubles().count(), pair.n_there()), (0, 0));
}
