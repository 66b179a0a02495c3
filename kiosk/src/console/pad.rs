//! What lies on the pad, for the console: no patron's card shows its number.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use circulation::id::ItemId;
use rfid_driver::port::{Seen, Snapshot};
use rfid_driver::tag::TagId;
use supervision::console::{Pad, Tag};
use supervision::metrics::{Metrics, Reading};
use sync_client::mirror::Mirror;
use tokio::sync::watch;

/// Looks at the pad again and again.
pub(super) struct Look {
    seen: watch::Receiver<Snapshot>,
    cards: watch::Receiver<BTreeSet<TagId>>,
    mirror: Option<Mirror>,
    titles: BTreeMap<String, Option<String>>,
    /// the last looks, the oldest first
    before: VecDeque<Before>,
}

struct Before {
    at: Instant,
    n_rounds: u64,
    sightings: BTreeMap<TagId, u64>,
}

impl Look {
    pub(super) const fn new(
        seen: watch::Receiver<Snapshot>,
        cards: watch::Receiver<BTreeSet<TagId>>,
        mirror: Option<Mirror>,
    ) -> Self {
        Self { seen, cards, mirror, titles: BTreeMap::new(), before: VecDeque::new() }
    }

    pub(super) async fn run(mut self, pad: watch::Sender<Pad>, metrics: Metrics) {
        while self.seen.changed().await.is_ok() {
            let snapshot = self.seen.borrow_and_update().clone();
            let sightings = snapshot.seen.iter();
            metrics.read(&Reading {
                sightings: sightings
                    .map(|seen| (seen.tag.to_string(), seen.antenna, seen.sightings))
                    .collect(),
                n_rounds: snapshot.n_rounds,
                n_garbage: snapshot.n_garbage,
            });
            let shown = self.shown(&snapshot).await;
            pad.send_replace(shown);
        }
    }

    async fn shown(&mut self, snapshot: &Snapshot) -> Pad {
        if let Some(at) = snapshot.at {
            let sightings = snapshot.seen.iter().map(|seen| (seen.tag, seen.sightings)).collect();
            self.before.push_back(Before { at, n_rounds: snapshot.n_rounds, sightings });
            while self.before.get(1).is_some_and(|second| at.duration_since(second.at) >= SPAN) {
                self.before.pop_front();
            }
        }
        let mut tags = Vec::with_capacity(snapshot.seen.len());
        for seen in &snapshot.seen {
            let is_card = self.cards.borrow().contains(&seen.tag);
            let title = match (&seen.item, is_card) {
                (Some(item), false) => self.title(item).await,
                (Some(_), true) | (None, _) => None,
            };
            tags.push(self.tag(seen, is_card, title));
        }
        if self.titles.len() > MAX_TITLES {
            self.titles.clear();
        }
        let rounds =
            self.before.front().map_or(0.0, |first| self.rate(first, snapshot.n_rounds, first.n_rounds));
        Pad { tags, rounds, n_garbage: snapshot.n_garbage }
    }

    fn tag(&self, seen: &Seen, is_card: bool, title: Option<String>) -> Tag {
        let reads = self.before.iter().find_map(|before| {
            let first = *before.sightings.get(&seen.tag)?;
            Some(self.rate(before, seen.sightings, first))
        });
        let missed = seen.looks.saturating_sub(seen.sightings);
        Tag {
            id: if is_card { "—".to_owned() } else { seen.tag.to_string() },
            item: if is_card { Some("读者证 patron's card".to_owned()) } else { seen.item.clone() },
            title,
            afi: seen.afi.map(|afi| format!("{:02X}", afi.0)),
            rssi: seen.rssi,
            antenna: seen.antenna,
            reads: reads.unwrap_or_default(),
            missed: 100.0 * number(missed) / number(seen.looks.max(1)),
        }
    }

    fn rate(&self, first: &Before, now: u64, then: u64) -> f64 {
        let last = self.before.back().map_or(first.at, |last| last.at);
        let seconds = last.duration_since(first.at).as_secs_f64();
        if seconds > 0.0 { number(now.saturating_sub(then)) / seconds } else { 0.0 }
    }

    async fn title(&mut self, item: &str) -> Option<String> {
        if let Some(known) = self.titles.get(item) {
            return known.clone();
        }
        let (mirror, id) = (self.mirror.clone()?, ItemId::parse(item).ok()?);
        let found = tokio::task::spawn_blocking(move || mirror.item(&id)).await.ok()?.ok()?;
        let title = found.and_then(|item| item.description.title);
        self.titles.insert(item.to_owned(), title.clone());
        title
    }
}

fn number(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// So long ago is lately.
const SPAN: Duration = Duration::from_secs(2);
const MAX_TITLES: usize = 1_000;
