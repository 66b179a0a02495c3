//! Times in one run, side by side: each thing is measured in turns with the others, and its best turn counts, because
//! what disturbs a run only ever makes it slower.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Turns of each thing.
const TURNS: usize = 15;
/// A turn is at least so long.
const TURN: Duration = Duration::from_millis(20);

/// One thing to be measured.
pub(crate) type Work<'a> = Box<dyn FnMut() + 'a>;

/// Seconds of one call of each work, in the order given.
pub(crate) fn seconds(works: &mut [Work<'_>]) -> Vec<f64> {
    let calls: Vec<u32> = works.iter_mut().map(calls_in_a_turn).collect();
    let mut best = vec![f64::INFINITY; works.len()];
    for _ in 0..TURNS {
        for ((work, calls), best) in works.iter_mut().zip(&calls).zip(&mut best) {
            let begun = now();
            (0..*calls).for_each(|_| work());
            *best = best.min(begun.elapsed().as_secs_f64() / f64::from(*calls));
        }
    }
    best
}

fn calls_in_a_turn(work: &mut Work<'_>) -> u32 {
    let mut calls = 1;
    loop {
        let begun = now();
        (0..calls).for_each(|_| work());
        if begun.elapsed() >= TURN {
            return calls;
        }
        calls *= 2;
    }
}

/// Work whose result nobody uses.
pub(crate) fn work<'a, T>(mut call: impl FnMut() -> T + 'a) -> Work<'a> {
    Box::new(move || drop(black_box(call())))
}

/// The word for an aim.
pub(crate) const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
