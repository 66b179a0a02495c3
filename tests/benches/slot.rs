//! The return slot with a central that is 50 ms away: from the moment when a tag can be heard to the order on the wire, and
//! seconds a book.
//!
//! `cargo bench -p tests --bench slot` prints it, and fails when a book is not taken. Never on time.
//!
//! Real in it: the daemon, its ledger on the disk, Modbus at 19,200 baud's pauses and the readers over pseudo-terminals,
//! central over a socket; the belts are a model that runs at 300 mm a second. For the first figure the tag is deaf until its
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
use tests::night::Night;

const AWAY: Duration = Duration::from_millis(50);
const AIM: Duration = Duration::from_millis(150);
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
    println!("one book after the other: {:.2} s each", each.as_secs_f64());
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

/// Somebody with a stack: the next one is in the mouth as soon as there is room.
async fn one_after_the_other() -> Duration {
    let night = begin(2).await;
    let (mut begun, mut last) = (None, now());
    for item in BOOKS {
        night.say(&format!("push {item}"));
        night.until_in_a_bin(item).await;
        begun.get_or_insert_with(now);
        last = now();
    }
    let n = u32::try_from(BOOKS.len() - 1).expect("few");
    last.saturating_duration_since(begun.expect("there are books")) / n
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
