//! Tags that say the same, and tags of which one says the beginning of what another says.

use std::time::Duration;

use super::pair::{Family, Pair};
use super::{SECOND, arrived, up};
use crate::dialogue::{Accepted, Protocol};
use crate::emulator::Model;
use crate::pad::{ReaderEvent, Trouble, WriteOutcome};
use crate::tag::Security;
use crate::uhf::m100::{Answers, M100};
use crate::uhf::{Ask, Capabilities, Reply, UhfProtocol};

/// A reader that cannot address a tag by its TID.
#[derive(Clone, Debug, Default)]
pub(super) struct ByUii(M100);

impl Protocol for ByUii {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        self.0.encode(ask)
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        self.0.accept(ask, frame)
    }

    fn patience(&self, ask: &Ask) -> Duration {
        self.0.patience(ask)
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        self.0.is_repeatable(ask)
    }

    fn quiet(&self, ask: &Ask) -> Option<Duration> {
        self.0.quiet(ask)
    }

    fn silence(&mut self, ask: &Ask) -> Option<Reply> {
        self.0.silence(ask)
    }
}

impl UhfProtocol for ByUii {
    fn capabilities(&self) -> Capabilities {
        Capabilities { by_tid: false, ..self.0.capabilities() }
    }
}

impl Family for ByUii {
    const MODEL: Model = Model::M100;
}

/// A book and a second tag that says the same.
fn twins<P: Family>() -> Pair<P> {
    let mut pair = up::<P>(P::fast());
    let shown = pair.line("book I1 owner=CN-110108-1-NLC");
    let epc = shown.split("epc=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    pair.line(&format!("raw I1_twin epc={epc} tid=E28011600000000000000077"));
    pair.line("put I1 I1_twin");
    pair
}

/// covers: uhf-pad.twins
#[test]
fn two_tags_that_say_the_same_are_two() {
    let mut pair = twins::<M100>();
    pair.until(SECOND * 5, "both", |pair| pair.complete() == Some(2));
    assert_eq!(arrived(&pair, "I1"), 2);
    let is_told = |event: &ReaderEvent| matches!(event, ReaderEvent::Trouble(Trouble::OneBookTwoTags { item, .. }) if item == "I1");
    assert!(pair.events.iter().any(is_told), "{:#?}", pair.events);
    for to in [Security::Unsecured, Security::Secured] {
        pair.set("I1", to);
        pair.until(SECOND * 2, "the write", |pair| pair.pad.n_jobs() == 0);
        assert_eq!(pair.tag("I1").security(), Some(to));
        assert_eq!(
            pair.tag("I1_twin").security(),
            Some(Security::Secured),
            "by its TID only that one is written"
        );
    }
    pair.line("take I1");
    pair.until(SECOND * 3, "one of them", |pair| pair.complete() == Some(1));
    assert_eq!(pair.n_departed(), 1);
    assert_eq!(pair.pad.seen()[0].tag, pair.id("I1_twin"));
}

#[test]
fn one_that_joins_its_twin_is_noticed() {
    let mut pair = twins::<M100>();
    pair.line("take I1_twin");
    pair.until(SECOND * 5, "one", |pair| pair.complete() == Some(1));
    pair.run(SECOND * 3);
    pair.line("put I1_twin");
    pair.until(SECOND * 3, "both", |pair| pair.complete() == Some(2));
}

#[test]
fn by_its_uii_no_tag_is_written_while_two_say_it() {
    let mut pair = twins::<ByUii>();
    pair.until(SECOND * 8, "both", |pair| pair.complete() == Some(2));
    let writes = pair.emulator.counters().writes;
    for name in ["I1", "I1_twin"] {
        let request = pair.set(name, Security::Unsecured);
        pair.until(SECOND, "an outcome", |pair| pair.outcome(request).is_some());
        assert_eq!(pair.outcome(request), Some(WriteOutcome::Refused), "{name}");
    }
    assert_eq!(pair.emulator.counters().writes, writes);
    pair.line("take I1");
    pair.until(SECOND * 5, "one of them", |pair| pair.complete() == Some(1));
    let request = pair.set("I1_twin", Security::Unsecured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.outcome(request).is_some());
    assert_eq!(pair.outcome(request), Some(WriteOutcome::Verified));
}

/// A filter for the shorter UII finds both.
fn beginnings<P: Family>() {
    for (first, second) in [("ABC", "ABCDEF"), ("ABCDEF", "ABC")] {
        let mut pair = up::<P>(P::fast());
        for item in [first, second] {
            pair.line(&format!("book {item}"));
            pair.line(&format!("put {item}"));
            pair.run(Duration::from_millis(400));
        }
        pair.until(SECOND * 20, "both", |pair| pair.complete() == Some(2));
        pair.set(second, Security::Unsecured);
        pair.until(SECOND * 5, "an outcome", |pair| pair.outcomes() == 1);
        pair.set(first, Security::Unsecured);
        pair.until(SECOND * 5, "an outcome", |pair| pair.outcomes() == 2);
        pair.run(SECOND * 5);
        assert_eq!((pair.n_there(), pair.n_departed()), (2, 0), "{:#?}", pair.events);
    }
}

#[test]
fn one_that_begins_like_another_is_not_taken_for_it() {
    beginnings::<M100>();
    beginnings::<ByUii>();
}

#[test]
fn tags_that_are_told_twice_arrive_once() {
    let mut pair = up::<M100>(M100::fast());
    pair.line("double 100");
    let names = pair.items(10);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 10, "the whole stack", |pair| pair.complete() == Some(10));
    pair.run(SECOND * 5);
    assert!(names.iter().all(|name| arrived(&pair, name) == 1));
}
