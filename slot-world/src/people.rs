//! Who brings things and takes them back, at a word or at random.

use std::time::{Duration, Instant};

use slot::mechanics::Place;

use crate::world::World;

/// The people at the slot.
#[derive(Debug, Default)]
pub struct People {
    acts: Vec<Act>,
    street: Option<Street>,
    chance: Chance,
}

/// What somebody does.
#[derive(Clone, Debug)]
struct Act {
    what: What,
    since: Instant,
    until: Instant,
}

#[derive(Clone, Debug)]
enum What {
    /// Brings a thing and pushes it in as far as the belt grips it.
    Push { thing: usize, owed: f64 },
    /// Takes a thing back as soon as it can be grasped.
    Take { thing: usize },
    /// Holds a hand in the shutter.
    Hand,
}

/// Somebody comes now and then with whatever still lies in the street.
#[derive(Clone, Debug)]
struct Street {
    next: Instant,
}

impl People {
    /// Nobody is there.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { acts: Vec::new(), street: None, chance: Chance::new(seed) }
    }

    /// Somebody comes with a thing.
    pub fn push(&mut self, now: Instant, thing: usize) {
        self.begin(now, What::Push { thing, owed: 0.0 }, PATIENCE);
    }

    /// Somebody takes a thing back.
    pub fn take(&mut self, now: Instant, thing: usize) {
        self.begin(now, What::Take { thing }, PATIENCE);
    }

    /// Somebody holds a hand in the shutter.
    pub fn hold_hand(&mut self, now: Instant, time: Duration) {
        self.begin(now, What::Hand, time);
    }

    /// From now on people come by themselves.
    pub fn come_at_random(&mut self, now: Instant, seed: u64) {
        (self.street, self.chance) = (Some(Street { next: now }), Chance::new(seed));
    }

    /// Nobody comes by themselves any more.
    pub fn stay_away(&mut self) {
        self.street = None;
    }

    /// Whether nobody does anything.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        self.acts.is_empty()
    }

    fn begin(&mut self, now: Instant, what: What, time: Duration) {
        self.acts.push(Act { what, since: now, until: now + time });
    }

    /// One step of everybody.
    pub(crate) fn step(&mut self, now: Instant, world: &mut World) {
        self.come(now, world);
        world.iron.has_hand = false;
        world.around.is_approached = false;
        let acts = core::mem::take(&mut self.acts);
        for mut act in acts {
            if !act.step(now, world) {
                self.acts.push(act);
            }
        }
    }

    /// Whoever comes at random.
    fn come(&mut self, now: Instant, world: &World) {
        let Some(street) = self.street.as_mut().filter(|street| now >= street.next && self.acts.is_empty())
        else {
            return;
        };
        street.next = now + Duration::from_millis(300 + self.chance.below(4_000));
        let offered = world.iron.things.iter().position(
            |thing| matches!(thing.place, Place::Lying(front) if front - thing.len < -20.0 && front < 300.0),
        );
        if let Some(thing) = offered {
            if self.chance.holds(0.8) {
                self.take(now, thing);
            }
            return;
        }
        let waiting = world.iron.things.iter().enumerate().filter(|(_, thing)| thing.place == Place::Street);
        let waiting: Vec<usize> = waiting.map(|(at, _)| at).collect();
        let n_waiting = u64::try_from(waiting.len()).unwrap_or_default();
        let Some(thing) = usize::try_from(self.chance.below(n_waiting)).ok().and_then(|at| waiting.get(at))
        else {
            return;
        };
        self.push(now, *thing);
        if self.chance.holds(0.08) {
            let time = Duration::from_millis(200 + self.chance.below(2_000));
            let later = now + Duration::from_millis(1_000 + self.chance.below(6_000));
            self.acts.push(Act { what: What::Hand, since: later, until: later + time });
        }
        if self.chance.holds(0.05) {
            let later = now + Duration::from_millis(2_000 + self.chance.below(3_000));
            self.acts.push(Act { what: What::Take { thing: *thing }, since: later, until: later + PATIENCE });
        }
    }
}

impl Act {
    /// Whether it is over.
    fn step(&mut self, now: Instant, world: &mut World) -> bool {
        if now < self.since {
            return false;
        }
        let is_late = now >= self.until;
        match &mut self.what {
            What::Hand => {
                world.iron.has_hand |= !is_late;
                is_late
            }
            What::Take { thing } => world.iron.grasp(*thing) || is_late,
            What::Push { thing, owed } => {
                let is_in = push(world, *thing, owed);
                if is_late && !is_in {
                    give_up(world, *thing);
                }
                is_in || is_late
            }
        }
    }
}

/// One step of pushing; whether it is in, or never will be.
fn push(world: &mut World, thing: usize, owed: &mut f64) -> bool {
    let Some(body) = world.bodies.get(thing) else { return true };
    if body.thick > MOUTH {
        let name = world.iron.things.get(thing).map(|thing| thing.name.clone()).unwrap_or_default();
        world.note(format!("{name} is too thick for the mouth"));
        give_up(world, thing);
        return true;
    }
    *owed += body.speed / HAND;
    // The button beside the mouth, until it opens.
    world.around.is_approached |= world.iron.shutter < 0.9;
    if world.iron.shutter < 0.9 && world.iron.things.get(thing).is_some_and(|one| one.place == Place::Street)
    {
        *owed = 0.0;
        return false;
    }
    while *owed >= 1.0 {
        *owed -= 1.0;
        if world.iron.push(thing) {
            return true;
        }
    }
    false
}

/// Whoever has pushed in vain goes away with it.
fn give_up(world: &mut World, thing: usize) {
    if let Some(thing) =
        world.iron.things.get_mut(thing).filter(|thing| matches!(thing.place, Place::Held(_)))
    {
        thing.place = Place::Street;
    }
}

/// A small seeded source of chance, so that a day can be played again.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Default for Chance {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    fn holds(&mut self, chance: f64) -> bool {
        (self.below(1_000_000) as f64) < chance * 1e6
    }
}

/// How long somebody tries.
const PATIENCE: Duration = Duration::from_secs(60);
/// How fast [`slot::mechanics::Mechanics::push`] pushes, in millimetres a second.
const HAND: f64 = 200.0;
/// What is thicker does not go in, in millimetres.
const MOUTH: f64 = 60.0;
