//! A reader that is carried along shelves.

use std::collections::BTreeMap;
use std::time::Duration;

use super::pair::{Family, Pair};
use crate::data::TagData;
use crate::emulator::Model;
use crate::pad::{Heard, PadConfig, ReaderEvent};

fn sweep<P: Family>() -> Pair<P> {
    let mut pair =
        Pair::<P>::with(P::default(), P::real(), PadConfig { is_sweep: true, ..PadConfig::default() });
    pair.until(Duration::from_secs(20), "up", |pair| pair.pad.is_up());
    pair
}

fn heard<P: Family>(pair: &Pair<P>) -> Vec<&Heard> {
    let mut told = Vec::new();
    for event in &pair.events {
        if let ReaderEvent::Heard(heard) = event {
            told.extend(heard);
        } else {
            assert!(matches!(event, ReaderEvent::Up(_)), "{event:?}");
        }
    }
    told
}

/// Nothing arrives, no tag is asked anything, and what is read again and again is told a few times a second.
pub(super) fn what_is_heard_on_the_way_is_told_and_nothing_is_asked<P: Family>() {
    let mut pair = sweep::<P>();
    pair.items(40);
    let counted = |pair: &Pair<P>| pair.emulator.counters();
    let before = counted(&pair);
    for at in 1..=40 {
        pair.line(&format!("put I{at}"));
        pair.run(Duration::from_millis(100));
        if at > 10 {
            pair.line(&format!("take I{}", at - 10));
        }
    }
    pair.run(Duration::from_secs(1));
    let after = counted(&pair);
    // UHFReader288 tells no PC word in an inventory, and its host reads that.
    let reads_pc = P::MODEL == Model::Reader288;
    assert_eq!(after.writes, before.writes);
    assert!(reads_pc || after.reads == before.reads, "an inventory is all that is asked");
    let mut by_item: BTreeMap<&str, usize> = BTreeMap::new();
    for heard in heard(&pair) {
        let TagData::Library(tag) = &heard.data else { panic!("{heard:?}") };
        assert!(heard.security.is_some() || heard.rssi.is_some() || heard.antenna.is_none(), "{heard:?}");
        *by_item.entry(&tag.primary_item_id).or_default() += 1;
    }
    assert_eq!(by_item.len(), 40, "each is heard: {by_item:?}");
    // Ten lie there to the end: for one second each, and five tellings at most in each of the two others.
    let most = by_item.values().max().copied().unwrap_or_default();
    assert!(most <= 12, "{by_item:?}");
    assert!(after.inventories - before.inventories > 20, "rounds follow one another");
}

/// One that is moved is told by its item and part, not by a serial number that nobody asked for.
#[test]
fn an_item_is_the_same_whatever_its_security_says() {
    let mut pair = sweep::<crate::uhf::r2000::R2000>();
    pair.line("book I1 owner=CN-110108-1-NLC set=1/2");
    pair.line("book I1_2 owner=CN-110108-1-NLC set=2/2 on-loan");
    pair.line("put I1");
    pair.run(Duration::from_millis(500));
    pair.line("take I1");
    pair.line("put I1_2");
    pair.run(Duration::from_millis(500));
    let tags: std::collections::BTreeSet<_> = heard(&pair).iter().map(|heard| heard.tag).collect();
    assert_eq!(tags.len(), 2, "{:?}", pair.events);
}
