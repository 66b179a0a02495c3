//! `make soak`: visits and pulled plugs by the thousand, and what was lost.
//!
//! Real in it: the kiosk's daemon as a process of its own, its ledger on the disk, central with its database and the
//! line between them, each on a socket, SIGKILL. A third of the places speaks openlib, a third SIP2, a third central's own
//! interface. The reader is the product's emulated one behind a TCP port, which answers at once; patrons neither read nor
//! walk. Not in it: the glass, a serial line, a disk that lies.
//!
//! `--visits N` (10,000), `--kills N` (1,000), `--places N` side by side (16), `--seed N` (1): the same story again.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::process::ExitCode;
use std::time::Instant;

use tests::story::Tally;
use tests::{kills, visits};
use tokio::task::JoinSet;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (n_visits, n_kills) = (argument("--visits", 10_000), argument("--kills", 1_000));
    let begun = now();
    let tally = runtime.block_on(async {
        let after_visits = side_by_side(n_visits, visits::run).await;
        println!("{n_visits} visits: {:.0} s", begun.elapsed().as_secs_f64());
        let after_kills = side_by_side(n_kills, kills::run).await;
        println!("{n_kills} kills: {:.0} s together", begun.elapsed().as_secs_f64());
        after_visits.plus(after_kills)
    });
    print(&tally);
    if tally.complaints().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn side_by_side<F>(n: u64, run: impl Fn(u64, u64) -> F) -> Tally
where
    F: Future<Output = Tally> + Send + 'static,
{
    let (n_places, seed) = (argument("--places", 16).max(1), argument("--seed", 1));
    let mut places = JoinSet::new();
    for at in 0..n_places {
        let share = n / n_places + u64::from(at < n % n_places);
        if share > 0 {
            places.spawn(run(seed * 1000 + at, share));
        }
    }
    let mut tally = Tally::default();
    while let Some(place) = places.join_next().await {
        tally = tally.plus(place.expect("a place that does not come to rest ends the soak"));
    }
    tally
}

fn print(tally: &Tally) {
    println!("\nvisits                {:>7}", tally.visits);
    println!("loans made            {:>7}", tally.loans);
    println!("returns made          {:>7}", tally.returns);
    println!("transactions          {:>7}", tally.rows);
    println!("  told afterwards     {:>7}", tally.assumed);
    println!("promises kept         {:>7}", tally.promises);
    println!("items shown to staff  {:>7}", tally.staff);
    println!("faults survived       {:>7}", tally.faults.values().sum::<u64>());
    for (name, n) in &tally.faults {
        println!("  {name:<36}{n:>7}");
    }
    println!("lost                  {:>7}", tally.lost.len());
    println!("doubled               {:>7}", tally.doubled.len());
    println!("tags left open        {:>7}", tally.left_open.len());
    for complaint in tally.complaints() {
        println!("  {complaint}");
    }
}

/// The number behind a word of the command line.
fn argument(name: &str, default: u64) -> u64 {
    let mut words = std::env::args().skip_while(|word| word != name).skip(1);
    words.next().map_or(default, |word| word.parse().expect("a number"))
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
