//! The stocktake of a whole district: 390,000 expected items against 400,000 sightings; and a live pass.
//!
//! `cargo bench -p circulation --bench reconcile` prints it, and fails when the report is wrong. Never on time.
//!
//! - `plan`: the items sorted and their call numbers put in order. `hear`: the sightings taken. `report`: all of it judged.
//!   Aim: together below 10 s and 500 MB.
//! - `plain`: the same sightings in a loop over a `HashMap` of barcodes that only says what was not heard: no shelf, no RSSI,
//!   no order. In the same run; the ratio is what the judgement costs.
//! - `live`: a pass of ten minutes at 1,000 reads a second, each tag heard twenty times. Aim: below 20 % of one core.
//!
//! Seen on two virtual cores, one run each:
//! ```text
//! quiet   plan 0.67 s, hear 0.71 s, report 0.27 s: 1.65 s and 203 MB beside its input; 4.2 times plain; live 0.12 %
//! loaded  plan 1.41 s, hear 1.92 s, report 0.72 s: 4.05 s                            ; 3.3 times plain; live 0.29 %
//! ```
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures time, and ends when something is missing"
)]

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use circulation::id::{ItemId, ShelfMark, TagKey};
use circulation::policy::ItemState;
use circulation::stocktake::{
    Content, Expected, Input, Output, Plan, Report, Rule, Settings, ShelfNo, Sighting, Stocktake,
};

const N_ITEMS: u32 = 390_000;
const PER_SHELF: u32 = 40;
/// Every so many-th item is gone, and every so many-th stands on the next shelf.
const GONE: u32 = 97;
const MOVED: u32 = 101;
const BETWEEN_READS: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let expected: Vec<Expected> = (0..N_ITEMS).map(expected).collect();
    let start = Instant::now();
    let heard: Vec<Input> = sightings(start).collect();
    let before = peak_mb();

    let clock = Instant::now();
    let plan = Plan::new((0..N_ITEMS.div_ceil(PER_SHELF)).map(mark), expected.iter().cloned());
    let of_plan = clock.elapsed();

    let rule = Rule::new(0.01, 0.99).expect("a rule");
    let mut stocktake = Stocktake::new(plan, Settings { rule, ..Settings::default() });
    let mut out = Vec::new();
    let clock = Instant::now();
    stocktake.handle(start, Input::Begin, &mut out);
    for input in &heard {
        stocktake.handle(start, input.clone(), &mut out);
        out.clear();
    }
    stocktake.handle(start + BETWEEN_READS * u32::try_from(heard.len()).unwrap(), Input::End, &mut out);
    let of_hearing = clock.elapsed();

    let clock = Instant::now();
    let report = stocktake.report();
    let of_report = clock.elapsed();
    let used = peak_mb() - before;

    let (of_plain, n_unheard) = plain(&expected, &heard);
    let all = of_plan + of_hearing + of_report;
    println!("{N_ITEMS} items, {} sightings", heard.len());
    println!("plan   {:>7.2} s", of_plan.as_secs_f64());
    println!("hear   {:>7.2} s", of_hearing.as_secs_f64());
    println!("report {:>7.2} s", of_report.as_secs_f64());
    println!("all    {:>7.2} s, {used} MB beside the {before} MB of its input", all.as_secs_f64());
    println!(
        "plain  {:>7.2} s; ratio {:.1}",
        of_plain.as_secs_f64(),
        all.as_secs_f64() / of_plain.as_secs_f64()
    );
    println!("{:?}", report.total);
    drop(stocktake);
    let is_live_right = live(&expected);
    if is_right(&report, n_unheard) && is_live_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the room was made of is what the report says.
fn is_right(report: &Report, n_unheard: usize) -> bool {
    let n_gone = u64::from(N_ITEMS.div_ceil(GONE));
    let total = report.total;
    let n_unheard = u64::try_from(n_unheard).unwrap();
    total.adds_up()
        && total.missing == n_gone
        && n_unheard == n_gone
        && total.elsewhere == total.misplaced
        && total.elsewhere > 3_000
}

fn expected(n: u32) -> Expected {
    Expected {
        item: item(n),
        call_number: Some(format!("I247.5{}/{}", n / 4_000, 1 + n % 4_000)),
        shelf: Some(mark(n / PER_SHELF)),
        state: ItemState::Free,
    }
}

fn item(n: u32) -> ItemId {
    ItemId::parse(&format!("3712{n:08}")).expect("a barcode")
}

fn mark(shelf: u32) -> ShelfMark {
    ShelfMark::parse(&format!("CJ-{shelf:05}")).expect("a shelf")
}

/// Shelf by shelf: its mark, heard twice, then its books, each once; ten reads a second.
fn sightings(start: Instant) -> impl Iterator<Item = Input> {
    let tags = (0..N_ITEMS.div_ceil(PER_SHELF)).flat_map(move |shelf| {
        let mark = (format!("M{shelf:05}"), Content::Shelf(mark(shelf)));
        [mark.clone(), mark].into_iter().chain(on(shelf).map(|n| (format!("E{n:023X}"), book(n))))
    });
    (0..).zip(tags).map(move |(n, (tag, content))| read(start + BETWEEN_READS * n, &tag, content))
}

/// What stands on a shelf: its own books but those that were moved on, and those of the one before that were.
fn on(shelf: u32) -> impl Iterator<Item = u32> {
    let of = |shelf: u32| shelf * PER_SHELF..((shelf + 1) * PER_SHELF).min(N_ITEMS);
    let is_last = (shelf + 1) * PER_SHELF >= N_ITEMS;
    let own = of(shelf).filter(move |n| n % MOVED != 1 || is_last);
    let moved = shelf.checked_sub(1).into_iter().flat_map(of).filter(|n| n % MOVED == 1);
    own.chain(moved).filter(|n| n % GONE != 0)
}

fn book(n: u32) -> Content {
    Content::Item { item: item(n), owner: None, set: None, security: None }
}

fn read(at: Instant, tag: &str, content: Content) -> Input {
    let tag = TagKey::parse(tag).expect("a tag");
    Input::Seen(Sighting { at, tag, content, rssi: None, antenna: 1 })
}

/// What everybody writes first.
fn plain(expected: &[Expected], heard: &[Input]) -> (Duration, usize) {
    let clock = Instant::now();
    let mut by_item: HashMap<ItemId, bool> = expected.iter().map(|one| (one.item.clone(), false)).collect();
    for input in heard {
        if let Input::Seen(Sighting { content: Content::Item { item, .. }, .. }) = input.clone()
            && let Some(was_heard) = by_item.get_mut(&item)
        {
            *was_heard = true;
        }
    }
    let n_unheard = expected.iter().filter(|one| by_item.get(&one.item) == Some(&false)).count();
    (clock.elapsed(), n_unheard)
}

/// Ten minutes at 1,000 reads a second; the numbers of the tags come as text, as the driver gives them.
fn live(expected: &[Expected]) -> bool {
    let plan = Plan::new((0..N_ITEMS.div_ceil(PER_SHELF)).map(mark), expected.iter().cloned());
    let mut stocktake = Stocktake::new(plan, Settings::default());
    let (start, mut out, mut n_told) = (Instant::now(), Vec::new(), 0_u32);
    stocktake.handle(start, Input::Begin, &mut out);
    stocktake.handle(start, Input::AtShelf(ShelfNo(0)), &mut out);
    let (n_reads, per_tag) = (600_000_u32, 20);
    let clock = Instant::now();
    for n in 0..n_reads {
        let at = start + Duration::from_millis(n.into());
        let book = n / per_tag / 50 * 50 + n % 50;
        let tag = TagKey::parse(&format!("E{book:023X}")).expect("a tag");
        let rssi = i8::try_from(i64::from(n % 17) - 58).ok();
        let sighting = Sighting { at, tag, content: self::book(book), rssi, antenna: 1 };
        stocktake.handle(at, Input::Seen(sighting), &mut out);
        n_told += u32::from(out.drain(..).any(|told| matches!(told, Output::Heard { .. })));
    }
    let share = clock.elapsed().as_secs_f64() / f64::from(n_reads) * 1_000.0 * 100.0;
    println!("live   {share:>7.3} % of one core at 1,000 reads a second, {n_told} tags");
    n_told == n_reads / per_tag
}

/// The most memory that this process has had, in MB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}
