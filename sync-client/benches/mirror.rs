//! The mirror at the size of a district: 73,690 patrons, 390,000 items. Fails when it is larger or slower than promised.
//!
//! Prints the time of a snapshot, the size of the file while both generations are in it and after, and the 50th and
//! 99th percentile of a lookup (patron, item, period and calendar together), at rest and while it is being refreshed.
#![expect(clippy::expect_used, reason = "a bench that cannot go on ends")]
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use circulation::id::{Isil, ItemId, PatronId};
use circulation::policy::{ItemState, PatronState};
use jiff::Timestamp;
use jiff::civil::date;
use sync_client::kiosk_api::{
    Cursor, Head, ItemEntry, Line, PatronEntry, PatronType, PinHash, Record, RuleSet, Term,
};
use sync_client::mirror::Mirror;

const N_PATRONS: u32 = 73_690;
const N_ITEMS: u32 = 390_000;
const MAX_FILE: u64 = 150_000_000;
const MAX_LOOKUP: Duration = Duration::from_millis(1);
const N_LOOKUPS: u32 = 100_000;

fn main() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("mirror.db");
    let (mirror, _) = Mirror::open(&path).expect("a mirror");
    let took = load(&mirror, "bench-1");
    println!("snapshot of {} rows: {took:.2?}, file {}", N_PATRONS + N_ITEMS, megabytes(&path));
    let rest = lookups(&mirror, || false);
    report("lookups at rest", &rest);

    let done = Arc::new(AtomicBool::new(false));
    let refresh = {
        let (mirror, done) = (mirror.clone(), Arc::clone(&done));
        std::thread::spawn(move || {
            let took = load(&mirror, "bench-2");
            done.store(true, Ordering::Release);
            took
        })
    };
    let busy = lookups(&mirror, || !done.load(Ordering::Acquire));
    let took = refresh.join().expect("the refresh ends");
    report("lookups during a refresh", &busy);
    println!("refresh during lookups: {took:.2?}, file {}", megabytes(&path));

    drop(mirror);
    let started = Instant::now();
    let (mirror, found) = Mirror::open(&path).expect("a mirror");
    println!("open and check: {:.2?} ({found:?})", started.elapsed());
    assert!(mirror.freshness().expect("readable").is_some());

    let size = size(&path);
    assert!(size <= MAX_FILE, "the file has {size} bytes, at most {MAX_FILE} are promised");
    for (name, times) in [("at rest", &rest), ("during a refresh", &busy)] {
        let p99 = percentile(times, 99);
        assert!(p99 < MAX_LOOKUP, "99 of 100 lookups {name} take up to {p99:?}, promised is {MAX_LOOKUP:?}");
    }
}

/// One snapshot; the time is that of the mirror alone.
fn load(mirror: &Mirror, cursor: &str) -> Duration {
    let head = Head {
        institution: isil(),
        at: date(2026, 11, 23).at(9, 30, 0, 0),
        cursor: Cursor::parse(cursor).expect("a cursor"),
    };
    let mut took = Duration::ZERO;
    let mut timed = |work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        took += started.elapsed();
    };
    let mut loader = mirror.start_snapshot(&head).expect("a start");
    let lines = core::iter::once(rules()).chain((0..N_PATRONS).map(patron)).chain((0..N_ITEMS).map(item));
    let mut chunk = Vec::with_capacity(5000);
    for line in lines {
        chunk.push(line);
        if chunk.len() == chunk.capacity() {
            timed(&mut || loader.put(&chunk).expect("room"));
            chunk.clear();
        }
    }
    timed(&mut || loader.put(&chunk).expect("room"));
    let started = Instant::now();
    loader.finish(&head, &head.cursor, Timestamp::now()).expect("an end");
    took + started.elapsed()
}

/// Lookups spread over everything, [`N_LOOKUPS`] and for as long as `goes_on` says.
fn lookups(mirror: &Mirror, goes_on: impl Fn() -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut n: u32 = 1;
    while times.len() < N_LOOKUPS as usize || goes_on() {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (patron, item) = (patron_id(n % N_PATRONS), item_id(n % N_ITEMS));
        let started = Instant::now();
        let facts = mirror.facts(&patron, &item).expect("an answer");
        times.push(started.elapsed());
        assert!(facts.patron.is_some() && facts.item.is_some_and(|item| item.period_days.is_some()));
    }
    times.sort_unstable();
    times
}

fn report(name: &str, times: &[Duration]) {
    let last = times.last().copied().unwrap_or_default();
    let (p50, p99) = (percentile(times, 50), percentile(times, 99));
    println!("{name}: {} of them, p50 {p50:.1?}, p99 {p99:.1?}, longest {last:.1?}", times.len());
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

/// With the write-ahead log.
fn size(path: &Path) -> u64 {
    ["", "-wal"]
        .iter()
        .filter_map(|suffix| std::fs::metadata(format!("{}{suffix}", path.display())).ok())
        .map(|file| file.len())
        .sum()
}

fn megabytes(path: &Path) -> String {
    format!("{:.1} MB", size(path) as f64 / 1e6)
}

fn isil() -> Isil {
    Isil::parse("CN-371116-0-DEMO").expect("an ISIL")
}

fn patron_id(n: u32) -> PatronId {
    PatronId::parse(&format!("LW2026{n:06}")).expect("a number")
}

fn item_id(n: u32) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).expect("a barcode")
}

fn rules() -> Line {
    let types = ["普通借阅证", "一卡通读者", "少儿证"];
    let terms = types.iter().flat_map(|patron_type| {
        ["普通图书", "少儿图书"].iter().map(|item_type| Term {
            patron_type: (*patron_type).to_owned(),
            item_type: (*item_type).to_owned(),
            period_days: 30,
        })
    });
    Line::Rules(RuleSet {
        patron_types: types.map(|name| PatronType { name: name.to_owned(), loan_limit: 10 }).to_vec(),
        terms: terms.collect(),
        closed: (1..=7).map(|day| date(2027, 2, day)).collect(),
        branches: Vec::new(),
    })
}

fn patron(n: u32) -> Line {
    let mut salt = [0; 16];
    let mut hash = [0; 32];
    // Bytes that no compression could shorten, as those of a real hash.
    let mut state = n;
    for byte in salt.iter_mut().chain(&mut hash) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    Line::Patron(PatronEntry {
        id: patron_id(n),
        patron_type: if n.is_multiple_of(3) { "普通借阅证" } else { "少儿证" }.to_owned(),
        state: PatronState::Valid,
        starts_on: date(2025, 1, 1),
        ends_on: date(2027, 12, 31),
        n_loans: n % 10,
        pin: Some(PinHash { kib: 19_456, passes: 2, salt, hash }),
    })
}

fn item(n: u32) -> Line {
    let volume = n % 40;
    Line::Item(ItemEntry {
        id: item_id(n),
        item_type: if n.is_multiple_of(2) { "普通图书" } else { "少儿图书" }.to_owned(),
        owner: isil(),
        branch: format!("LW{:02}", n % 808),
        state: ItemState::Free,
        // As long as the titles of a real catalogue: 17 characters in the mean.
        title: format!("中国古典文学名著丛书选编（第{volume:02}册）"),
        call_number: format!("I242.{}/{}:{volume}", n % 9, n % 9973),
        record: Record::default(),
    })
}
