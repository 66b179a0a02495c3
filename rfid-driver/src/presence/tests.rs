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

/// covers: presence.gone
#[test]
fn what_is_left_to_look_grows_with_misses_and_shrinks_with_each_look() {
    let (mut presence, mut out) = (Presence::new(1), Vec::new());
    assert_eq!(presence.looks_left(1), 1, "an unknown tag");
    for _ in 0..70 {
        presence.handle(Input::Round(&BTreeSet::from([1])), &mut out);
    }
    assert_eq!(presence.looks_left(1), 4);
    for left in [3, 2, 1, 1] {
        presence.handle(Input::Round(&BTreeSet::new()), &mut out);
        assert_eq!(presence.looks_left(1), left, "a round alone lets no tag leave");
    }
}

#[test]
fn a_tag_departs_after_missed_rounds_and_unanswered_calls() {
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

/// Misses until a tag is gone that was seen in `seen` rounds, every `every`th of which it missed.
fn misses_until_gone(seen: u32, every: u32) -> u32 {
    let mut presence = Presence::new(1);
    let (one, none) = (BTreeSet::from([uid(1)]), BTreeSet::new());
    run(&mut presence, Input::Round(&one));
    for round in 1..=seen {
        run(
            &mut presence,
            Input::Round(if every > 0 && !round.is_multiple_of(every) { &none } else { &one }),
        );
    }
    run(&mut presence, Input::Heard(uid(1)));
    run(&mut presence, Input::Round(&none));
    (2..100).find(|_| !run(&mut presence, Input::Unheard(uid(1))).is_empty()).unwrap()
}

/// covers: presence.gone
#[test]
fn the_better_a_tag_was_heard_the_sooner_its_silence_tells() {
    assert_eq!(misses_until_gone(200, 0), 4);
    assert_eq!(misses_until_gone(2, 0), 9, "little is known of it");
    assert!((19..=20).contains(&misses_until_gone(200, 2)), "every second");
    assert!((32..=36).contains(&misses_until_gone(200, 3)), "every third");
}

/// covers: presence.gone
#[test]
fn the_smallest_number_of_looks_within_the_bound() {
    for (looks, misses) in [(0, 0), (10, 0), (50, 5), (60, 20), (1000, 1)] {
        let tally = Tally { looks, misses };
        let k = i32::try_from(tally.enough(1e-3)).unwrap();
        assert!(tally.rate().powi(k) <= 1e-3 && tally.rate().powi(k - 1) > 1e-3, "{tally:?}: {k}");
    }
    assert_eq!(Tally { looks: 1, misses: 1 }.rate(), 2.0 / 3.0);
}

#[test]
fn a_round_that_was_cut_is_no_evidence() {
    let mut presence = Presence::new(1);
    let (one, none) = (BTreeSet::from([uid(1)]), BTreeSet::new());
    assert_eq!(run(&mut presence, Input::Part(&one)), [Output::Arrived(uid(1))]);
    assert_eq!(run(&mut presence, Input::Part(&none)), []);
    assert_eq!((presence.missed(uid(1)), presence.unheard().count()), (Some(0), 0));
}

#[test]
fn what_has_left_counts_until_the_stack_is_settled() {
    let mut presence = Presence::new(1);
    let both = BTreeSet::from([uid(1), uid(2)]);
    for _ in 0..11 {
        run(&mut presence, Input::Round(&both));
    }
    assert_eq!(presence.counts(uid(1)), Some((11, 11)));
    assert_eq!(presence.tally(), Tally { looks: 20, misses: 0 });
    run(&mut presence, Input::Lost(uid(1)));
    assert_eq!(presence.tally(), Tally { looks: 20, misses: 0 });
    presence.settle();
    assert_eq!(presence.tally(), Tally { looks: 10, misses: 0 });
}

proptest! {
    #![proptest_config(crate::testing::config())]

    #[test]
    fn arrivals_and_departures_alternate(
        rounds in proptest::collection::vec((proptest::collection::btree_set(0_u8..6, 0..6), 0_u8..6, 0_usize..4), 0..60),
    ) {
        let mut presence = Presence::new(2);
        let mut there = BTreeSet::new();
        for (found, asked, answer) in rounds {
            let found: BTreeSet<Uid> = found.into_iter().map(uid).collect();
            let mut out = run(&mut presence, Input::Round(&found));
            let asked = uid(asked);
            let answer = [Input::Heard(asked), Input::Unheard(asked), Input::Lost(asked), Input::Part(&found)]
                .into_iter()
                .nth(answer)
                .unwrap();
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
