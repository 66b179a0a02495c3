//! Figures of a measurement: pure.

use std::time::Duration;

use rfid_driver::port::Snapshot;
use serde::Serialize;

use crate::table;

/// What was measured; times in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) model: String,
    pub(super) tags: usize,
    pub(super) seconds: f64,
    pub(super) rounds_per_second: f64,
    pub(super) tags_per_second: f64,
    /// From the reader's answer to the first tag, read.
    pub(super) one_tag_ms: Option<Spread>,
    /// To the last tag, read.
    pub(super) stack_ms: Option<Spread>,
    /// Until it is sure that none is hidden.
    pub(super) complete_ms: Option<Spread>,
    /// One change of security, verified.
    pub(super) write_ms: Option<Spread>,
    pub(super) noise_bytes: u64,
    pub(super) missed_looks_percent: f64,
}

/// The median, and what one in twenty exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    p50: f64,
    p95: f64,
    n: usize,
}

impl Spread {
    pub(super) fn of(times: &[Duration]) -> Option<Self> {
        let mut ms: Vec<f64> = times.iter().map(|time| tenth(time.as_secs_f64() * 1_000.0)).collect();
        ms.sort_by(f64::total_cmp);
        let rank = |percent: usize| ms.get((ms.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: rank(50)?, p95: rank(95)?, n: ms.len() })
    }
}

/// What went on between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Steady {
    pub(super) seconds: f64,
    pub(super) rounds_per_second: f64,
    pub(super) tags_per_second: f64,
    pub(super) noise_bytes: u64,
    pub(super) missed_looks_percent: f64,
}

impl Steady {
    /// Between two snapshots of one opening; tags that were there both times count.
    pub(super) fn between(first: &Snapshot, last: &Snapshot) -> Self {
        let span = first.at.zip(last.at).map(|(first, last)| last.saturating_duration_since(first));
        let seconds = span.unwrap_or_default().as_secs_f64();
        let (mut looks, mut sightings) = (0, 0);
        for seen in &last.seen {
            if let Some(was) = first.seen.iter().find(|was| was.tag == seen.tag) {
                looks += seen.looks.saturating_sub(was.looks);
                sightings += seen.sightings.saturating_sub(was.sightings);
            }
        }
        let rate = |n: u64| if seconds > 0.0 { tenth(float(n) / seconds) } else { 0.0 };
        let missed = looks.saturating_sub(sightings);
        Self {
            seconds: tenth(seconds),
            rounds_per_second: rate(last.n_rounds.saturating_sub(first.n_rounds)),
            tags_per_second: rate(sightings),
            noise_bytes: last.n_garbage.saturating_sub(first.n_garbage),
            missed_looks_percent: if looks > 0 { tenth(float(missed) * 100.0 / float(looks)) } else { 0.0 },
        }
    }
}

impl Figures {
    pub(super) fn table(&self) -> String {
        let spread = |spread: Option<Spread>| match spread {
            Some(Spread { p50, p95, n }) => {
                format!("{p50:.1} ms, one in twenty above {p95:.1} ms  ({n} times)")
            }
            None => "-".to_owned(),
        };
        table::pairs(&[
            ("reader", self.model.clone()),
            ("tags", self.tags.to_string()),
            ("rounds", format!("{:.1} a second, over {:.1} s", self.rounds_per_second, self.seconds)),
            ("tags heard", format!("{:.1} a second", self.tags_per_second)),
            ("first tag read", spread(self.one_tag_ms)),
            ("all tags read", spread(self.stack_ms)),
            ("none is hidden", spread(self.complete_ms)),
            ("security write", spread(self.write_ms)),
            ("missed looks", format!("{:.1} %", self.missed_looks_percent)),
            ("noise", format!("{} bytes", self.noise_bytes)),
        ])
    }
}

fn float(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_ranks() {
        let ms = |n: std::ops::RangeInclusive<u64>| n.map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&ms(7..=7)), Some(Spread { p50: 7.0, p95: 7.0, n: 1 }));
        assert_eq!(Spread::of(&ms(1..=100)), Some(Spread { p50: 50.0, p95: 95.0, n: 100 }));
        assert_eq!(Steady::between(&Snapshot::default(), &Snapshot::default()), Steady::default());
    }
}
