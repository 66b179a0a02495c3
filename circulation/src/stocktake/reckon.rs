//! From what was heard to the report.
//!
//! ```text
//!   marks ─▶ timeline of each pass ─▶ each tag: its place ─▶ each item: its standing ─▶ findings of each shelf ─▶ sums
//! ```
//! Every step looks at sets only: nothing here depends on the order in which the tags were heard.

use std::collections::BTreeMap;

use super::miss::{Shown, Sure};
use super::order::{Stand, out_of_order};
use super::plan::{Item, ItemNo, ShelfNo};
use super::report::{Finding, Report, ShelfReport, Standing, What};
use super::timeline::Timeline;
use super::trace::{Moment, Trace};
use super::{Kind, Stocktake, Tag};
use crate::id::TagKey;
use crate::policy::ItemState;

/// Where a tag is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// On a shelf.
    On { shelf: ShelfNo, sure: Sure, visit: (u8, u32), at: u32 },
    /// Heard from near, while no shelf was open.
    Unmarked,
    /// In the room, somewhere.
    Somewhere,
}

/// The tag that speaks for an item.
#[derive(Debug, Clone, Copy)]
struct Voice<'a> {
    key: &'a TagKey,
    tag: &'a Tag,
    place: Place,
}

/// What one visit heard of a tag.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    weight: u64,
    /// the sum of the times, each times its weight
    by_time: u64,
    n: usize,
}

/// Makes the report.
pub(super) fn report(stocktake: &Stocktake) -> Report {
    let timelines = timelines(stocktake);
    let mut report = Report {
        shelves: vec![ShelfReport::default(); stocktake.plan.n_shelves()],
        standings: Vec::with_capacity(stocktake.plan.n_items()),
        ..Report::default()
    };
    for timeline in &timelines {
        let mut swept: Vec<ShelfNo> = timeline.swept().collect();
        swept.sort_unstable();
        swept.dedup();
        for shelf in swept {
            report.shelf_mut(Some(shelf)).sweeps += 1;
        }
    }
    let voices = voices(stocktake, &timelines, &mut report);
    report.shown = shown(stocktake, &timelines, &voices);
    report.passes_needed = stocktake.settings.rule.passes(report.shown);

    let mut stands = BTreeMap::new();
    for ((no, item), voice) in stocktake.plan.all().zip(&voices) {
        let (standing, sure) = match voice {
            Some(voice) => {
                note(no, item, *voice, &mut report, &mut stands);
                heard(item, voice.place)
            }
            None => unheard(no, item, stocktake, &mut report),
        };
        report.shelf_mut(item.home).counts.stand(standing);
        report.standings.push((standing, sure));
    }
    for ((shelf, _), mut stands) in stands {
        for (item, behind) in out_of_order(&mut stands) {
            let what = What::OutOfOrder { item, behind };
            report.shelf_mut(Some(shelf)).findings.push(Finding { what, sure: ORDER_SURE });
        }
    }
    report.settle();
    report
}

fn timelines(stocktake: &Stocktake) -> Vec<Timeline> {
    let marks: Vec<(Option<ShelfNo>, &Tag)> = stocktake
        .tags
        .values()
        .filter_map(|tag| match tag.kind {
            Kind::Mark(shelf) => Some((shelf, tag)),
            Kind::Item(_) | Kind::Unlisted(_) | Kind::Foreign | Kind::Unreadable => None,
        })
        .collect();
    (0_u8..)
        .zip(&stocktake.passes)
        .map(|(number, pass)| {
            let heard =
                marks.iter().flat_map(|(shelf, tag)| tag.traces.iter().map(move |trace| (*shelf, trace)));
            let of_pass = heard.filter(|(_, trace)| trace.pass == number);
            Timeline::of(pass, of_pass, stocktake.settings.near_dbm)
        })
        .collect()
}

/// For each item the tag that speaks for it; what is no item of the plan is noted at once.
fn voices<'a>(
    stocktake: &'a Stocktake,
    timelines: &[Timeline],
    report: &mut Report,
) -> Vec<Option<Voice<'a>>> {
    let mut voices: Vec<Option<Voice<'a>>> = vec![None; stocktake.plan.n_items()];
    for (key, tag) in &stocktake.tags {
        let home = match tag.kind {
            Kind::Item(item) => stocktake.plan.home(item),
            Kind::Mark(_) => continue,
            Kind::Unlisted(_) | Kind::Foreign | Kind::Unreadable => None,
        };
        let place = place(tag, home, timelines, stocktake.settings.near_dbm);
        let what = match &tag.kind {
            Kind::Item(item) => {
                let voice = Voice { key, tag, place };
                let Some(of_item) = usize::try_from(item.0).ok().and_then(|at| voices.get_mut(at)) else {
                    continue;
                };
                // Tags come in the order of their numbers, so that of two that are heard alike the same one speaks.
                let other = match of_item.replace(voice) {
                    None => continue,
                    Some(first) if first.place.rank() >= place.rank() => {
                        *of_item = Some(first);
                        voice
                    }
                    Some(first) => first,
                };
                let speaks = of_item.as_ref().map(|voice| voice.tag.part);
                if speaks == Some(other.tag.part) {
                    let what = What::Doubled { item: *item, tag: other.key.clone() };
                    note_at(other.place, what, Sure::WHOLLY, report);
                }
                continue;
            }
            Kind::Unlisted(item) => What::Unlisted { item: item.clone() },
            Kind::Foreign => What::Foreign { tag: key.clone() },
            Kind::Unreadable => What::Unreadable { tag: key.clone() },
            Kind::Mark(_) => continue,
        };
        note_at(place, what, place.sure(), report);
    }
    voices
}

/// The place of a tag: the last pass that heard it from near on a shelf decides.
fn place(tag: &Tag, home: Option<ShelfNo>, timelines: &[Timeline], near_dbm: i8) -> Place {
    let mut best = Place::Somewhere;
    for trace in tag.traces.iter().rev() {
        let Some(timeline) = timelines.get(usize::from(trace.pass)) else { continue };
        match place_in(trace, home, timeline, near_dbm) {
            place @ Place::On { .. } => return place,
            Place::Unmarked => best = Place::Unmarked,
            Place::Somewhere => {}
        }
    }
    best
}

fn place_in(trace: &Trace, home: Option<ShelfNo>, timeline: &Timeline, near_dbm: i8) -> Place {
    if trace.peak().is_none_or(|peak| peak.rssi < near_dbm) {
        return Place::Somewhere;
    }
    let mut heard: BTreeMap<(Option<ShelfNo>, u32), Share> = BTreeMap::new();
    let mut whole = 0_u64;
    for moment in trace.strongest(super::MOMENTS).iter() {
        whole = whole.saturating_add(moment.weight());
        if let Some(visit) = timeline.visit(*moment, home) {
            heard.entry((visit.shelf, visit.from)).or_default().add(*moment);
        }
    }
    // As much on two shelves: the one before which it was heard later.
    let best = heard.iter().max_by_key(|((shelf, from), share)| (share.weight, *from, *shelf));
    let Some(((Some(shelf), from), best)) = best else { return Place::Unmarked };
    let (shelf, from) = (*shelf, *from);
    let share = Sure::share(best.weight, whole);
    let has_rssi = trace.peak().is_some_and(|peak| peak.rssi != super::NEXT_TO);
    // One read alone may be a chance, unless the reader hears nothing but what lies before it.
    let sure = if best.n == 1 && has_rssi { share.half() } else { share };
    if home.is_some_and(|home| home != shelf) && sure < STRAY_SURE {
        return Place::Somewhere;
    }
    Place::On { shelf, sure, visit: (trace.pass, from), at: best.at() }
}

impl Share {
    fn add(&mut self, moment: Moment) {
        let weight = moment.weight();
        self.weight = self.weight.saturating_add(weight);
        self.by_time = self.by_time.saturating_add(weight.saturating_mul(u64::from(moment.at)));
        self.n = self.n.saturating_add(1);
    }

    /// When it was nearest: the mean of the times.
    fn at(self) -> u32 {
        u32::try_from(self.by_time.checked_div(self.weight).unwrap_or(0)).unwrap_or(u32::MAX)
    }
}

impl Place {
    /// Of two tags of one item, the one with the higher rank speaks.
    const fn rank(self) -> u16 {
        match self {
            Self::On { sure, .. } => sure.per_mille() + 2,
            Self::Unmarked => 1,
            Self::Somewhere => 0,
        }
    }

    const fn sure(self) -> Sure {
        match self {
            Self::On { sure, .. } => sure,
            Self::Unmarked | Self::Somewhere => Sure::WHOLLY.half(),
        }
    }

    const fn shelf(self) -> Option<ShelfNo> {
        match self {
            Self::On { shelf, .. } => Some(shelf),
            Self::Unmarked | Self::Somewhere => None,
        }
    }
}

/// How often passes missed what another one heard, on the shelves that both went over.
fn shown(stocktake: &Stocktake, timelines: &[Timeline], voices: &[Option<Voice<'_>>]) -> Shown {
    let mut passes_over: Vec<u32> = vec![0; stocktake.plan.n_shelves()];
    for (timeline, bit) in timelines.iter().zip(bits()) {
        for shelf in timeline.swept() {
            if let Some(over) = usize::try_from(shelf.0).ok().and_then(|at| passes_over.get_mut(at)) {
                *over |= bit;
            }
        }
    }
    let mut shown = Shown::default();
    for ((_, item), voice) in stocktake.plan.all().zip(voices) {
        let (Some(home), Some(voice)) = (item.home, voice) else { continue };
        if voice.place.shelf() != Some(home) {
            continue;
        }
        let over = usize::try_from(home.0).ok().and_then(|at| passes_over.get(at)).copied().unwrap_or(0);
        let heard_in = voice.tag.traces.iter().filter_map(|trace| bits().nth(usize::from(trace.pass)));
        let heard = heard_in.fold(0, |all, bit| all | bit);
        for bit in bits().take(timelines.len()).filter(|bit| over & bit != 0) {
            if heard & over & !bit != 0 {
                shown.known += 1;
                shown.missed += u64::from(heard & bit == 0);
            }
        }
    }
    shown
}

/// One bit for each of [`super::MAX_PASSES`] passes.
fn bits() -> impl Iterator<Item = u32> {
    (0..u32::from(super::MAX_PASSES)).map(|pass| 1 << pass)
}

fn heard(item: &Item, place: Place) -> (Standing, Sure) {
    match (place, item.home) {
        (Place::On { shelf, sure, .. }, Some(home)) if shelf != home => (Standing::Elsewhere(shelf), sure),
        (Place::On { sure, .. }, _) => (Standing::Present, sure),
        (Place::Unmarked, _) => (Standing::Present, place.sure()),
        (Place::Somewhere, _) => (Standing::Glimpsed, place.sure()),
    }
}

fn unheard(no: ItemNo, item: &Item, stocktake: &Stocktake, report: &mut Report) -> (Standing, Sure) {
    if item.state == ItemState::OnLoan {
        return (Standing::Away, Sure::WHOLLY);
    }
    let sweeps = item.home.and_then(|home| report.shelf(Some(home))).map_or(0, |shelf| shelf.sweeps);
    let sure = stocktake.settings.rule.sureness(sweeps, report.shown);
    if sweeps < report.passes_needed {
        return (Standing::Unseen, sure);
    }
    let what = What::Missing { item: no };
    report.shelf_mut(item.home).findings.push(Finding { what, sure });
    (Standing::Missing, sure)
}

/// Notes what is odd about an item that was heard, and where it stands in its row.
fn note(
    no: ItemNo,
    item: &Item,
    voice: Voice<'_>,
    report: &mut Report,
    stands: &mut BTreeMap<(ShelfNo, (u8, u32)), Vec<Stand>>,
) {
    if item.state == ItemState::OnLoan {
        note_at(voice.place, What::OnLoan { item: no }, Sure::WHOLLY, report);
    } else if voice.tag.security.is_some_and(|(_, is_open)| is_open) {
        note_at(voice.place, What::Unsecured { item: no }, Sure::WHOLLY, report);
    }
    if let Place::On { shelf, sure, visit, at } = voice.place {
        match item.home {
            Some(home) if home != shelf => {
                note_at(voice.place, What::Misplaced { item: no, home }, sure, report);
            }
            Some(_) | None => {
                if let Some(rank) = item.rank {
                    stands.entry((shelf, visit)).or_default().push(Stand { item: no, at, rank });
                }
            }
        }
    }
}

fn note_at(place: Place, what: What, sure: Sure, report: &mut Report) {
    report.shelf_mut(place.shelf()).findings.push(Finding { what, sure });
}

/// An item is called misplaced only if so much of what was heard of it was heard there.
const STRAY_SURE: Sure = Sure::per_mille_of(600);
/// Order is told from times alone.
const ORDER_SURE: Sure = Sure::per_mille_of(800);
