//! How often tags are read: from what was seen some seconds ago and now.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rfid_driver::port::Snapshot;
use rfid_driver::tag::TagId;

/// The last looks, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Rates(VecDeque<Look>);

#[derive(Debug)]
struct Look {
    at: Instant,
    n_rounds: u64,
    sightings: BTreeMap<TagId, u64>,
}

impl Rates {
    /// Takes what is seen; the same snapshot twice counts once.
    pub(super) fn take(&mut self, seen: &Snapshot) {
        let Some(at) = seen.at.filter(|at| self.0.back().is_none_or(|last| last.at < *at)) else { return };
        let sightings = seen.seen.iter().map(|seen| (seen.tag, seen.sightings)).collect();
        self.0.push_back(Look { at, n_rounds: seen.n_rounds, sightings });
        while self.0.get(1).is_some_and(|second| at.duration_since(second.at) >= SPAN) {
            self.0.pop_front();
        }
    }

    /// How often a second a tag was heard lately; `None` until that can be told.
    pub(super) fn of(&self, tag: TagId) -> Option<f64> {
        let last = self.0.back()?;
        let first = self.0.iter().find(|look| look.sightings.contains_key(&tag))?;
        let n = last.sightings.get(&tag)?.saturating_sub(*first.sightings.get(&tag)?);
        rate(n, first, last)
    }

    pub(super) fn rounds(&self) -> Option<f64> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        rate(last.n_rounds.saturating_sub(first.n_rounds), first, last)
    }
}

fn rate(n: u64, first: &Look, last: &Look) -> Option<f64> {
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let n = u32::try_from(n).map_or(f64::MAX, f64::from);
    (seconds > 0.0).then(|| (n / seconds * 10.0).round() / 10.0)
}

/// So long ago is lately.
const SPAN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use rfid_driver::port::Seen;

    #[test]
    fn a_rate_is_what_came_in_the_last_seconds() {
        let tag = TagId::of_content(b"a");
        #[expect(clippy::disallowed_methods, reason = "any start will do")]
        let start = Instant::now();
        let mut rates = Rates::default();
        for tenth in 0..=50_u64 {
            let at = start + Duration::from_millis(tenth * 100);
            // Ten a second, from the third second on twenty.
            let sightings = tenth.min(30) + tenth.saturating_sub(30) * 2;
            let seen = Seen {
                tag,
                item: None,
                afi: None,
                rssi: None,
                antenna: None,
                looks: sightings,
                sightings,
                last: at,
            };
            rates.take(&Snapshot { at: Some(at), seen: vec![seen], n_rounds: tenth * 2, n_garbage: 0 });
            assert_eq!(rates.of(tag).is_some(), tenth > 0);
        }
        assert_eq!((rates.of(tag), rates.rounds()), (Some(20.0), Some(20.0)));
        assert_eq!(rates.of(TagId::of_content(b"b")), None);
    }
}
