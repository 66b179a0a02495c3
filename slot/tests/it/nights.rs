//! Random nights: people, children, faults. Whatever happened, in the morning each thing lies in one place, and the
//! journal says in which.
//!
//! `YUETING_NIGHTS=100000 cargo test --release -p slot nights` plays that many; a night that fails tells its story, and
//! `YUETING_NIGHT=seed` plays it alone, with `YUETING_NIGHTS` so many from there.

use std::time::Duration;

use circulation::id::ItemId;
use slot::io::{Content, Input, Outage, Power};
use slot::journal::{Piece, Step};
use slot::slot::Rest;

use crate::rig::Rig;
use crate::street::{Sort, bring, grasp, push};
use slot::mechanics::{Place, Thing};

#[test]
fn after_every_night_each_book_is_in_one_place() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    // One night alone, or so many from the first.
    let first = number("YUETING_NIGHT");
    let usual = if first.is_some() { 1 } else { 300 };
    let n_nights = number("YUETING_NIGHTS").unwrap_or(usual);
    let seeds = first.unwrap_or(0)..first.unwrap_or(0) + n_nights;
    let (mut n_things, mut n_bins, mut n_cuts) = (0, 0, 0);
    for seed in seeds.clone() {
        let night = Night::play(seed);
        let rig = &night.rig;
        assert!(rig.faults.is_empty(), "night {seed}: {:?}\n{}", rig.faults, rig.story.join("\n"));
        n_things += rig.iron.things.len();
        n_bins += rig.iron.things.iter().filter(|thing| matches!(thing.place, Place::Bin(_))).count();
        n_cuts += night.n_cuts;
    }
    println!(
        "{} nights, {n_things} things brought, {n_bins} in bins, {n_cuts} plugs pulled",
        seeds.end - seeds.start
    );
    // A night in which nothing happens would prove nothing.
    assert!(seeds.end - seeds.start < 50 || (n_bins * 3 > n_things && n_cuts > 0));
}

struct Night {
    rig: Rig,
    n_cuts: usize,
}

impl Night {
    fn play(seed: u64) -> Self {
        let mut night = Self { rig: Rig::new(seed), n_cuts: 0 };
        night.rig.read_rate = 0.5 + night.rig.chance.below(50) as f64 / 100.0;
        night.rig.until(Duration::from_secs(30), |rig| rig.rest() == Rest::Idle);
        for _ in 0..1 + night.rig.chance.below(4) {
            night.visit();
            if night.rig.chance.holds(0.1) {
                night.rig.iron.bins[0].1 ^= true;
            }
        }
        night.morning();
        night.check();
        night
    }

    /// Somebody comes with one thing, or a second one close behind it; things go wrong on the way.
    fn visit(&mut self) {
        const SORTS: [Sort; 12] = [
            Sort::Book,
            Sort::Book,
            Sort::Book,
            Sort::Book,
            Sort::Book,
            Sort::Held,
            Sort::NotOnLoan,
            Sort::Foreign,
            Sort::BusCard,
            Sort::Damaged,
            Sort::Tagless,
            Sort::Book,
        ];
        let rig = &mut self.rig;
        let sort = rig.chance.pick(&SORTS);
        let thing = bring(rig, sort);
        let second = rig.chance.holds(0.1).then(|| bring(rig, Sort::Book));
        let item = ItemId::parse(&format!("LW{thing:05}")).unwrap();
        if rig.chance.holds(0.05) {
            rig.refuses.insert(item);
        }
        rig.fails_to_secure = rig.chance.holds(0.05);
        rig.iron.misses = rig.chance.holds(0.03);
        rig.is_online = rig.chance.holds(0.8);
        rig.give(Input::Approach);
        let (grabs, takes_back) = (rig.chance.holds(0.15), rig.chance.holds(0.6));
        let mut troubles = Troubles::of(rig);
        let (start, patience) = (rig.now, Duration::from_secs(40 + rig.chance.below(60)));
        let grab_at = start + Duration::from_millis(2000 + rig.chance.below(8000));
        let mut follows = second;
        // Somebody polite has a stack: the next one waits until the shutter opens again.
        let waits = rig.chance.holds(0.5);
        while rig.now < start + patience {
            let is_in = !matches!(rig.iron.things[thing].place, Place::Street | Place::Held(_))
                || rig.now > start + Duration::from_secs(12)
                || push(rig, thing);
            let has_room = rig.iron.things[thing].tail().is_none_or(|tail| tail > 15.0);
            if let (true, true, Some(next)) = (is_in, has_room, follows)
                && (push(rig, next) || (!waits && rig.iron.shutter < 0.2))
            {
                follows = None;
            }
            if grabs && rig.now >= grab_at {
                grasp(rig, thing);
            }
            if takes_back && rig.state() == "reject" {
                for one in [Some(thing), second].into_iter().flatten() {
                    if rig.iron.things[one].tail().is_some_and(|tail| tail < -20.0) && rig.chance.holds(0.02)
                    {
                        grasp(rig, one);
                    }
                }
            }
            self.n_cuts += troubles.step(rig);
            rig.step();
            if is_in && (!waits || follows.is_none()) && rig.rest() == Rest::Idle {
                break;
            }
        }
        troubles.end(rig);
        for one in [Some(thing), second].into_iter().flatten() {
            if matches!(rig.iron.things[one].place, Place::Held(_)) {
                rig.iron.things[one].place = Place::Street;
            }
        }
    }

    /// Everything works again; staff mend what is out of service, and empty the bins.
    fn morning(&mut self) {
        let rig = &mut self.rig;
        rig.tell("morning");
        (rig.is_online, rig.has_disk, rig.is_blind) = (true, true, false);
        rig.iron.is_door_open = false;
        rig.power = Power::Mains;
        rig.give(Input::Power(Power::Mains));
        if rig.is_dark() {
            rig.plug_in();
        }
        for bin in &mut rig.iron.bins {
            *bin = (true, false);
        }
        for _ in 0..6 {
            rig.until(Duration::from_secs(400), |rig| rig.rest() != Rest::Busy);
            match rig.rest() {
                Rest::Idle => break,
                Rest::OutOfService(Outage::Power) => {
                    rig.until(Duration::from_secs(90), |rig| rig.rest() != Rest::OutOfService(Outage::Power));
                }
                Rest::OutOfService(_) | Rest::Busy => rig.mend(),
            }
        }
        rig.until(Duration::from_secs(5), |_| false);
        if rig.rest() != Rest::Idle {
            let state = rig.state();
            rig.fault(&format!("not idle in the morning: {state} {:?}", rig.rest()));
        }
    }

    fn check(&mut self) {
        let pieces: Vec<Piece> = self.rig.journal.values().map(|(piece, _)| piece.clone()).collect();
        let passed = |piece: &Piece, wanted: &dyn Fn(&Step) -> bool| {
            self.rig.journal.get(&piece.id).is_some_and(|(_, steps)| steps.iter().any(wanted))
        };
        let mut faults = Vec::new();
        for thing in &self.rig.iron.things {
            let name = &thing.name;
            let of_it: Vec<&Piece> = pieces.iter().filter(|piece| is_of(piece, thing)).collect();
            let n_in = of_it.iter().filter(|piece| passed(piece, &|step| *step == Step::CheckedIn)).count();
            if n_in > 1 {
                faults.push(format!("{name} was checked in {n_in} times"));
            }
            match thing.place {
                Place::Street if n_in > 0 => faults.push(format!("{name} is in the street and checked in")),
                // It stuck where no eye sees it, and has no tag: the next that is put in brings it to light.
                Place::Lying(_) if thing.was_stuck && !thing.tells() => {}
                // Its row says that it is in there somewhere, and staff have been told to look.
                Place::Lying(_)
                    if is_shut_in(thing) && of_it.iter().any(|piece| piece.step == Step::InTransit) => {}
                // It went through the flap upon another, and stuck when that one fell: the eyes of any slot see one thing
                // there. Its row is that of both, and the belt brings it with the next piece, as found.
                Place::Lying(_)
                    if thing.was_stuck
                        && thing.lay_with_another
                        && is_shut_in(thing)
                        && has_fallen(&of_it) => {}
                Place::Held(_) | Place::Lying(_) => faults.push(format!("{name} lies {:?}", thing.place)),
                Place::Bin(_) if thing.tells() && of_it.is_empty() => {
                    let by_number = pieces.iter().filter(|piece| piece.tags.is_empty()).count();
                    if by_number == 0 {
                        faults.push(format!("{name} is in there and no row tells of it"));
                    }
                }
                Place::Street | Place::Bin(_) | Place::Staff => {}
            }
            let is_back = of_it.iter().all(|piece| piece.step == Step::Withdrawn);
            if matches!(thing.place, Place::Bin(_))
                && !of_it.is_empty()
                && is_back
                && pieces.len() == of_it.len()
            {
                faults.push(format!("{name} is in there, and its row says that it went back"));
            }
        }
        let open: Vec<_> =
            pieces.iter().filter(|piece| piece.step.is_open()).map(|piece| piece.id.0).collect();
        if !open.is_empty() {
            faults.push(format!("rows that never ended: {open:?}"));
        }
        self.count(&pieces, &mut faults);
        for fault in faults {
            self.rig.fault(&fault);
        }
    }

    /// What lies in the bins is as much as the rows say, but for what came with another unseen.
    fn count(&mut self, pieces: &[Piece], faults: &mut Vec<String>) {
        let inside = |thing: &&Thing| matches!(thing.place, Place::Bin(_));
        let n_inside = self.rig.iron.things.iter().filter(inside).count();
        let ended = |piece: &&Piece| matches!(piece.step, Step::Dropped { .. } | Step::InTransit);
        let (n_rows, n_tags): (usize, usize) = pieces
            .iter()
            .filter(ended)
            .fold((0, 0), |(rows, tags), piece| (rows + 1, tags + piece.tags.len().max(1)));
        // Of two that lie upon one another, one without a tag that answers is what no antenna and no eye can tell.
        let is_unseen = |thing: &&Thing| thing.lay_with_another && !thing.tells();
        let n_unseen = self.rig.iron.things.iter().filter(is_unseen).count();
        if n_inside > n_tags.max(n_rows) + n_unseen {
            let things: Vec<_> =
                self.rig.iron.things.iter().map(|one| (&one.name, one.place, one.tells())).collect();
            faults.push(format!(
                "{n_inside} are in there, {n_rows} rows with {n_tags} tags tell: {things:?} {pieces:?}"
            ));
        }
    }
}

/// What goes wrong during a visit, each with its own chance.
struct Troubles {
    cut: Option<u64>,
    hand: Option<u64>,
    jam: Option<u64>,
    disk: Option<u64>,
    blind: Option<u64>,
    door: Option<u64>,
    mains: Option<u64>,
    line: Option<u64>,
    at: u64,
}

impl Troubles {
    fn of(rig: &mut Rig) -> Self {
        let mut one = |chance: f64| rig.chance.holds(chance).then(|| rig.chance.below(800));
        Self {
            cut: one(0.25),
            hand: one(0.2),
            jam: one(0.08),
            disk: one(0.06),
            blind: one(0.06),
            door: one(0.04),
            mains: one(0.06),
            line: one(0.1),
            at: 0,
        }
    }

    /// One step later; how many plugs were pulled.
    fn step(&mut self, rig: &mut Rig) -> usize {
        self.at += 1;
        let begins = |trouble: Option<u64>| trouble == Some(self.at);
        let ends = |trouble: Option<u64>, after: u64| trouble.is_some_and(|start| self.at == start + after);
        let mut n_cuts = 0;
        if begins(self.cut) && !rig.is_dark() {
            rig.pull_plug();
            n_cuts = 1;
        } else if ends(self.cut, 60) && rig.is_dark() {
            rig.plug_in();
        }
        if begins(self.hand) || ends(self.hand, 70) {
            rig.iron.has_hand = begins(self.hand) && (rig.iron.shutter > 0.5);
            rig.tell(if rig.iron.has_hand { "a hand" } else { "no hand" });
        }
        if begins(self.jam) || ends(self.jam, 500) {
            let jams = begins(self.jam);
            rig.tell(if jams { "the belts jam" } else { "the belts run" });
            rig.iron.things.iter_mut().for_each(|thing| {
                thing.is_stuck = jams;
                thing.was_stuck |= jams && matches!(thing.place, Place::Lying(_));
            });
        }
        if begins(self.disk) || ends(self.disk, 400) {
            rig.has_disk = !begins(self.disk);
        }
        if begins(self.blind) || ends(self.blind, 40) {
            rig.is_blind = begins(self.blind);
            rig.iron.cut();
        }
        if begins(self.door) || ends(self.door, 200) {
            rig.iron.is_door_open = begins(self.door);
        }
        if begins(self.mains) || ends(self.mains, 900) {
            rig.power = if begins(self.mains) { Power::Battery } else { Power::Mains };
            rig.give(Input::Power(rig.power));
        }
        if begins(self.line) {
            rig.is_online = !rig.is_online;
        }
        n_cuts
    }

    /// Nobody's hand stays in a shutter for ever; the rest is left to the morning.
    fn end(&self, rig: &mut Rig) {
        rig.iron.has_hand = false;
        rig.iron.things.iter_mut().for_each(|thing| thing.is_stuck = false);
        if rig.is_dark() {
            rig.plug_in();
        }
        (rig.has_disk, rig.is_blind, rig.iron.is_door_open) = (true, false, false);
    }
}

/// Behind the shutter, where nobody takes it.
fn is_shut_in(thing: &Thing) -> bool {
    thing.tail().is_some_and(|tail| tail > 20.0)
}

/// Whether one of these says that it fell.
fn has_fallen(rows: &[&Piece]) -> bool {
    rows.iter().any(|piece| matches!(piece.step, Step::Dropped { .. }))
}

/// Whether a row tells of a thing: its item, or its tag among those that were heard.
fn is_of(piece: &Piece, thing: &Thing) -> bool {
    thing.tags.iter().any(|(key, content)| {
        let is_item = matches!(content, Content::Item(tag) if Some(&tag.item) == piece.item.as_ref());
        is_item || piece.tags.contains(key)
    })
}
