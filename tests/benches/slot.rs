//! The return slot with a central that is 50 ms away: from the moment when a tag can be heard to the order on the wire, and
//! seconds a book beside the least that its iron takes.
//!
//! `cargo bench -p tests --bench slot` prints it. It fails when a book is not taken, and when a book takes so much longer
//! than the iron needs that it is the program, and not the belt, that is waited for.
//!
//! Real in it: the daemon, its ledger on the disk, Modbus at 19,200 baud's pauses and the readers over pseudo-terminals,
//! central over a socket; the belts are a model that runs at 300 and 400 mm a second, its shutter moves in 0.8 s. For the first figure the tag is deaf until its
//! book lies wholly on the belt, so that nothing but the answer is waited for; the order is the shutter's, which has to be
//! closed before the belt may go on. Usually the belt has work left when the answer is there.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::time::{Duration, Instant};

use config::Interface;
use slot::mechanics::{Place, least};
use tests::night::Night;

const AWAY: Duration = Duration::from_millis(50);
const AIM: Duration = Duration::from_millis(150);
/// The bin of all of them, and how long they are.
const NOVELS: usize = 1;
const LENGTH: f64 = 210.0;
/// Rows on the disk, the answer of the tag behind the shutter, its silence behind the flap and central take some of it.
const MOST_RATIO: f64 = 1.4;
const BOOKS: [&str; 8] =
    ["LW0000001", "LW0000002", "LW0000003", "LW0000004", "LW0000006", "LW0000007", "LW0000008", "LW0000009"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut times = runtime.block_on(answers());
    times.sort_unstable();
    let [median, worst] = [times[times.len() / 2], times[times.len() - 1]];
    println!(
        "from a tag that can be heard to the order on the wire, central {AWAY:?} away, n {}:",
        times.len()
    );
    println!("  median {:.0} ms, worst {:.0} ms, aim {AIM:?}: {}", ms(median), ms(worst), met(worst < AIM));
    let each = runtime.block_on(one_after_the_other());
    let least = least(LENGTH, NOVELS);
    let ratio = each.as_secs_f64() / least.as_secs_f64();
    println!("one book after the other: {:.2} s each", each.as_secs_f64());
    println!("  belts, shutter and hand alone: {:.2} s; {ratio:.2} times as long", least.as_secs_f64());
    assert!(
        ratio < MOST_RATIO,
        "the belt waits for the program: {ratio:.2} times the least, at most {MOST_RATIO}"
    );
}

/// Each book waits, wholly on the belt, until its tag can be heard.
async fn answers() -> Vec<Duration> {
    let night = begin(1).await;
    let mut times = Vec::new();
    for item in BOOKS {
        night.world.world().tag_mut(item).expect("its tag").faults.hears_every = u32::MAX;
        night.say(&format!("push {item}"));
        let lies = |world: &slot_world::world::World| {
            let sensors = world.iron.sensors();
            sensors.eye_mid && !sensors.eye_in && !world.iron.is_moving()
        };
        night.until("it lies on the belt", lies).await;
        let n = {
            let mut world = night.world.world();
            world.tag_mut(item).expect("its tag").faults.hears_every = 0;
            world.moments().len()
        };
        let begun = now();
        night.until("an order", |world| world.moments().len() > n).await;
        let ordered = night.world.world().moved_at().expect("it was ordered");
        times.push(ordered.saturating_duration_since(begun));
        night.until_in_a_bin(item).await;
        night.until("it is open again", |world| world.iron.shutter >= 1.0).await;
    }
    times
}

/// Somebody with a stack: the next one is in the mouth as soon as there is room, the last being behind the flap.
async fn one_after_the_other() -> Duration {
    let night = begin(2).await;
    let (mut begun, mut last) = (None, now());
    for (at, item) in BOOKS.into_iter().enumerate() {
        night.say(&format!("push {item}"));
        night.until("it is behind the flap", |world| is_behind(world, item)).await;
        if let Some(before) = at.checked_sub(1).and_then(|at| BOOKS.get(at)) {
            assert!(matches!(night.world.world().place(before), Some(Place::Bin(NOVELS))), "{before}");
        }
        begun.get_or_insert_with(now);
        last = now();
    }
    night.until_in_a_bin(BOOKS[BOOKS.len() - 1]).await;
    let n = u32::try_from(BOOKS.len() - 1).expect("few");
    last.saturating_duration_since(begun.expect("there are books")) / n
}

fn is_behind(world: &slot_world::world::World, item: &str) -> bool {
    world.find(item).and_then(|at| world.iron.things.get(at)).is_some_and(slot::mechanics::Thing::is_inside)
}

async fn begin(seed: u64) -> Night {
    let mut night = Night::away(Interface::Kiosk, seed, AWAY).await;
    for item in BOOKS {
        night.library.at_desk(item, true).await;
        night.bring(item);
    }
    night.start();
    night.until_ready().await;
    night
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
