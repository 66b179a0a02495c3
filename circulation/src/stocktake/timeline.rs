//! Which shelf an antenna stood before, at each time of a stocktake.
//!
//! ```text
//!   pass      begin ───────────────────────────── pause      resume ─────────── end
//!   marks           ▲ A          ▲ B                               ▲ B
//!   visits          [A: swept    )[B: interrupted )                [B: swept    )
//! ```
//! A visit begins with a shelf mark heard from near, or with a touch, and lasts until the next one, a pause, or the end of
//! the pass. A mark that is heard again after a pause, or after [`APART_MS`], is visited again. Marks heard only from afar are those of the
//! shelf behind.

use super::plan::ShelfNo;
use super::trace::{Moment, Trace};

/// One pass, in milliseconds since the stocktake began.
#[derive(Debug, Clone, Default)]
pub(super) struct Pass {
    pub(super) begun: u32,
    pub(super) ended: Option<u32>,
    /// from, and until when if it is over
    pub(super) pauses: Vec<(u32, Option<u32>)>,
    /// shelves that somebody named
    pub(super) named: Vec<(u32, ShelfNo)>,
}

impl Pass {
    pub(super) fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|(_, until)| until.is_none())
    }

    /// Whether a read of that time counts.
    pub(super) fn has(&self, at: u32) -> bool {
        let is_within = |from: u32, until: Option<u32>| from <= at && until.is_none_or(|until| at < until);
        is_within(self.begun, self.ended) && !self.pauses.iter().any(|(from, until)| is_within(*from, *until))
    }

    /// Whether it was interrupted between two times.
    fn pauses_in(&self, from: u32, until: u32) -> bool {
        self.pauses.iter().any(|(pause, _)| from <= *pause && *pause <= until)
    }

    /// When what goes on at a time ends by itself: with the next pause (which interrupts it) or with the pass.
    fn end_after(&self, at: u32) -> (u32, bool) {
        let pause = self.pauses.iter().map(|(from, _)| *from).filter(|from| at <= *from).min();
        match (pause, self.ended) {
            (Some(pause), _) => (pause, false),
            (None, Some(end)) => (end, true),
            (None, None) => (u32::MAX, false),
        }
    }
}

/// A stay before one shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    /// nothing: a shelf that is in no plan
    pub(super) shelf: Option<ShelfNo>,
    pub(super) from: u32,
    pub(super) until: u32,
    /// not cut short
    pub(super) is_whole: bool,
}

/// The visits of one pass, by antenna.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    by_antenna: Vec<(u8, Vec<Visit>)>,
    /// for antennas that heard no mark of their own
    of_any: Vec<Visit>,
}

/// A beginning of a visit: no antenna means all of them.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: u32,
    antenna: Option<u8>,
    shelf: Option<ShelfNo>,
}

impl Timeline {
    /// The visits of a pass, from what was heard of the shelf marks in it.
    pub(super) fn of<'a>(
        pass: &Pass,
        marks: impl Iterator<Item = (Option<ShelfNo>, &'a Trace)>,
        near_dbm: i8,
    ) -> Self {
        let named =
            pass.named.iter().map(|(at, shelf)| Start { at: *at, antenna: None, shelf: Some(*shelf) });
        let mut starts: Vec<Start> = named.collect();
        for (shelf, trace) in marks {
            for peak in peaks(trace, near_dbm, pass) {
                starts.push(Start { at: peak.at, antenna: Some(peak.antenna), shelf });
            }
        }
        starts.sort_by_key(|start| (start.at, start.shelf, start.antenna));
        let mut antennas: Vec<u8> = starts.iter().filter_map(|start| start.antenna).collect();
        antennas.sort_unstable();
        antennas.dedup();
        let of = |antenna: u8| {
            let own = starts.iter().filter(move |start| start.antenna.is_none_or(|own| own == antenna));
            (antenna, visits(pass, own))
        };
        Self { by_antenna: antennas.into_iter().map(of).collect(), of_any: visits(pass, starts.iter()) }
    }

    /// The visit that a read belongs to; reads within [`EDGE_MS`] of a visit to the tag's own shelf belong to that one.
    pub(super) fn visit(&self, moment: Moment, home: Option<ShelfNo>) -> Option<Visit> {
        let visits = self.visits(moment.antenna);
        let after = visits.partition_point(|visit| visit.from <= moment.at);
        let before = after.checked_sub(1).and_then(|at| visits.get(at));
        let held = before.filter(|visit| moment.at < visit.until);
        if home.is_none() || held.is_some_and(|visit| visit.shelf == home) {
            return held.copied();
        }
        let next = visits.get(after).filter(|next| next.from <= moment.at.saturating_add(EDGE_MS));
        let last = after.checked_sub(2).and_then(|at| visits.get(at));
        let last = last.filter(|last| moment.at < last.until.saturating_add(EDGE_MS));
        let own = [last, next].into_iter().flatten().find(|visit| visit.shelf == home);
        own.or(held).copied()
    }

    /// The shelves that were gone over as a whole, and not in passing.
    pub(super) fn swept(&self) -> impl Iterator<Item = ShelfNo> {
        let all = self.by_antenna.iter().flat_map(|(_, visits)| visits);
        let only_named = self.by_antenna.is_empty().then_some(&self.of_any).into_iter().flatten();
        all.chain(only_named)
            .filter(|visit| visit.is_whole && visit.until.saturating_sub(visit.from) >= SWEEP_MS)
            .filter_map(|visit| visit.shelf)
    }

    fn visits(&self, antenna: u8) -> &[Visit] {
        let own = self.by_antenna.iter().find(|(own, _)| *own == antenna);
        own.map_or(self.of_any.as_slice(), |(_, visits)| visits)
    }
}

/// The nearest moment of each time that a mark was passed. Whoever goes on after a pause passes it anew.
fn peaks(mark: &Trace, near_dbm: i8, pass: &Pass) -> Vec<Moment> {
    let mut moments = mark.moments().to_vec();
    moments.sort_by_key(|moment| (moment.at, moment.antenna));
    let mut peaks: Vec<Moment> = Vec::new();
    let mut last = None;
    for moment in moments {
        let is_same = last.is_some_and(|last| {
            moment.at.saturating_sub(last) <= APART_MS && !pass.pauses_in(last, moment.at)
        });
        last = Some(moment.at);
        match peaks.last_mut() {
            Some(peak) if is_same => {
                if moment.rssi > peak.rssi {
                    *peak = moment;
                }
            }
            Some(_) | None => peaks.push(moment),
        }
    }
    let best = mark.peak().map_or(i8::MIN, |peak| peak.rssi);
    let least = near_dbm.max(best.saturating_sub(BELOW_BEST_DB));
    peaks.retain(|peak| peak.rssi >= least);
    peaks
}

fn visits<'a>(pass: &Pass, starts: impl Iterator<Item = &'a Start>) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    for start in starts {
        let (until, is_whole) = pass.end_after(start.at);
        if let Some(before) = visits.last_mut() {
            if before.shelf == start.shelf && start.at < before.until {
                // Its mark again, from another side: the stay goes on.
                continue;
            }
            if start.at < before.until {
                (before.until, before.is_whole) = (start.at, true);
            }
        }
        visits.push(Visit { shelf: start.shelf, from: start.at, until, is_whole });
    }
    visits
}

/// A mark that was silent for so long is visited anew.
const APART_MS: u32 = 10_000;
/// A mark is passed at about the same distance each time; what is so much weaker came through the shelf.
const BELOW_BEST_DB: i8 = 15;
/// The last books of a shelf are nearest when the next mark is heard already.
const EDGE_MS: u32 = 1_500;
/// Nobody goes over a shelf in less.
const SWEEP_MS: u32 = 2_000;
