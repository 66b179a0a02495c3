//! Style 3.6, 8 (b) and 9, as much of them as every build bears; `make soak` goes on to thousands.

use tests::kills::KILL;
use tests::visits::SLOW;
use tests::{kills, visits};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whenever_the_plug_is_pulled() {
    // By openlib, by central's own interface, by SIP2: see `Story::new`.
    let (one, two, three) = tokio::join!(kills::run(1, 10), kills::run(2, 10), kills::run(3, 10));
    let tally = one.plus(two).plus(three);
    assert_eq!(tally.complaints(), Vec::<&String>::new());
    assert!(tally.n_faults(KILL) >= 30 && tally.loans > 0 && tally.promises > 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_in_visits_with_faults() {
    let (one, two, three) = tokio::join!(visits::run(1, 14), visits::run(2, 14), visits::run(3, 14));
    let tally = one.plus(two).plus(three);
    assert_eq!(tally.complaints(), Vec::<&String>::new());
    assert!(tally.loans > 0 && tally.returns > 0 && tally.promises > 0, "{tally:?}");
    assert!(tally.n_faults(SLOW) < tally.visits / 4, "most visits without a fault end well: {tally:?}");
}
