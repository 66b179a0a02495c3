//! The transmit power: configured, by command, over a lost link, and one that the reader does not have.

use std::time::Duration;

use super::pair::{Family, Pair};
use crate::emulator::Emulator;
use crate::pad::{PadConfig, PowerOutcome, ReaderEvent};
use crate::uhf::r2000::R2000;

fn with<P: Family>(power: Option<u16>) -> Pair<P> {
    let mut pair = Pair::<P>::with(P::default(), P::fast(), PadConfig { power, ..PadConfig::default() });
    up(&mut pair);
    pair
}

fn up<P: Family>(pair: &mut Pair<P>) {
    let n_ups =
        |pair: &Pair<P>| pair.events.iter().filter(|event| matches!(event, ReaderEvent::Up(_))).count();
    let before = n_ups(pair);
    if !pair.pad.is_up() {
        pair.until(Duration::from_secs(20), "up", |pair| n_ups(pair) > before);
    }
}

fn outcomes<P: Family>(pair: &Pair<P>) -> Vec<(u16, PowerOutcome)> {
    let told = |event: &ReaderEvent| {
        let ReaderEvent::Power { centi_dbm, outcome, .. } = event else { return None };
        Some((*centi_dbm, *outcome))
    };
    pair.events.iter().filter_map(told).collect()
}

pub(super) fn the_power_is_set_and_kept<P: Family>() {
    let as_delivered = Emulator::new(P::fast()).power();
    assert_eq!(with::<P>(None).emulator.power(), as_delivered, "nobody asked");
    let mut pair = with::<P>(Some(2_300));
    // One that may only be taken for each round is so once there was one.
    pair.run(Duration::from_secs(1));
    assert_eq!((pair.emulator.power(), outcomes(&pair)), (Some(2_300), vec![]));
    pair.set_power(2_100);
    pair.until(Duration::from_secs(5), "an answer", |pair| pair.n_open() == 0);
    pair.run(Duration::from_secs(1));
    assert_eq!((pair.emulator.power(), outcomes(&pair)), (Some(2_100), vec![(2_100, PowerOutcome::Set)]));

    // Whatever it forgets without power: it is set again, and so is what it did not hear.
    pair.line("unplug");
    pair.emulator = Emulator::new(P::fast());
    pair.line("plug");
    pair.until(Duration::from_secs(20), "up again", |pair| pair.pad.is_up());
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.emulator.power(), Some(2_100));
    pair.line("unplug");
    pair.set_power(2_500);
    assert_eq!(outcomes(&pair).last(), Some(&(2_500, PowerOutcome::Unheard)));
    pair.line("plug");
    pair.until(Duration::from_secs(20), "up again", |pair| pair.pad.is_up());
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.emulator.power(), Some(2_500));
    // Tags are read as before.
    pair.items(3);
    pair.line("put I1 I2 I3");
    pair.until(Duration::from_secs(20), "all", |pair| pair.complete() == Some(3));
}

/// What a passive tag answers with is what reaches it.
#[test]
fn with_less_power_tags_sound_weaker_and_the_far_ones_fall_silent() {
    let mut pair = with::<R2000>(None);
    pair.items(2);
    pair.line("rssi I2 -76");
    pair.line("put I1 I2");
    pair.until(Duration::from_secs(20), "both", |pair| pair.complete() == Some(2));
    let rssi = |pair: &Pair<R2000>| pair.pad.seen().iter().map(|seen| seen.rssi).collect::<Vec<_>>();
    let mut both = rssi(&pair);
    both.sort();
    assert_eq!(both, [Some(-76), Some(-55)]);
    pair.set_power(2_000);
    pair.until(Duration::from_secs(20), "one", |pair| pair.n_there() == 1);
    pair.run(Duration::from_secs(1));
    assert_eq!(rssi(&pair), [Some(-65)]);
}

/// R2000 readers take 20 to 33 dBm.
#[test]
fn a_power_that_the_reader_does_not_have_is_told_and_changes_nothing() {
    let mut pair = with::<R2000>(Some(500));
    assert_eq!(outcomes(&pair), [(500, PowerOutcome::Refused)]);
    assert_eq!(pair.emulator.power(), Some(3_000));
    pair.set_power(2_000);
    pair.set_power(4_000);
    pair.until(Duration::from_secs(5), "answers", |pair| pair.n_open() == 0);
    assert_eq!(outcomes(&pair)[1..], [(2_000, PowerOutcome::Set), (4_000, PowerOutcome::Refused)]);
    assert_eq!(pair.emulator.power(), Some(2_000));
}
