//! Finding a title among 390,000 items, key by key, and typing Chinese. Fails when it is slower or larger than promised.
//!
//! Prints the size of the mirror with both generations in it, what a finder costs, the 50th and 99th percentile of the
//! answer to each key of made-up but usual inputs (initials, full pinyin, characters, authors, numbers), and what a
//! plain `LIKE '%..%'` over the same titles takes for the same characters in the same run. The titles are made up. Times
//! are those of the clock less what the system says it let other programs have, where it says so: a busy machine
//! would be measured otherwise.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "a bench that cannot go on ends; what it makes up is small"
)]
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::path::Path;
use std::time::{Duration, Instant};

use circulation::id::{Isil, ItemId, PatronId};
use circulation::keyboard::pinyin::{SYLLABLES, readings};
use circulation::keyboard::{Key, Keyboard, Layout, MAX_LETTERS};
use circulation::policy::{ItemState, PatronState};
use circulation::search::{Filter, ItemLanguage, Languages, Query};
use jiff::Timestamp;
use jiff::civil::date;
use sync_client::kiosk_api::{
    BranchName, Cursor, Head, ItemEntry, Line, PatronEntry, PinHash, Record, RuleSet,
};
use sync_client::mirror::{Finder, Mirror};

#[path = "made_up/words.rs"]
mod words;

use words::{CLASSES, GIVEN, SURNAMES, WORDS};

const N_PATRONS: u32 = 73_690;
const N_ITEMS: u32 = 390_000;
const N_TITLES: u32 = 205_000;
const N_BRANCHES: u32 = 808;
const N_INPUTS: u32 = 60;
const MAX_FILE: u64 = 150_000_000;
const MAX_KEY: Duration = Duration::from_millis(50);
const MAX_CANDIDATES: Duration = Duration::from_millis(5);

fn main() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("mirror.db");
    let (mirror, _) = Mirror::open(&path).expect("a mirror");
    for cursor in ["bench-1", "bench-2"] {
        let took = load(&mirror, cursor);
        println!("snapshot: {took:.2?}, file {:.1} MB", size(&path) as f64 / 1e6);
    }
    let file = size(&path);
    let before = resident();
    let watch = Watch::start();
    let mut finder = mirror.finder().expect("a finder");
    let took = watch.time();
    println!("finder: {took:.2?}, {:?}, resident memory {:.1} MB more", finder.size(), resident() - before);

    let mut all = Vec::new();
    let mut like = Vec::new();
    let plain = rusqlite::Connection::open(&path).expect("the file");
    let mut hanzi = Vec::new();
    for (name, inputs) in inputs() {
        let mut times = Vec::new();
        for input in &inputs {
            let ends = input.char_indices().map(|(at, c)| at + c.len_utf8());
            for typed in ends.map(|end| &input[..end]) {
                times.push(key(&mut finder, typed, Filter::default()));
                if name == "characters" {
                    hanzi.push(*times.last().expect("one"));
                    like.push(scan(&plain, typed));
                }
            }
        }
        all.extend_from_slice(&times);
        report(name, &mut times);
    }
    let filter =
        Filter { branch: Some("LW007".into()), languages: Some(Languages::Only(ItemLanguage::Chinese)) };
    let mut times: Vec<Duration> = inputs()
        .iter()
        .flat_map(|(_, inputs)| inputs)
        .map(|input| key(&mut finder, input, filter.clone()))
        .collect();
    report("with a branch and a language", &mut times);
    report("all keys", &mut all);
    report("characters again", &mut hanzi);
    report("LIKE for the same characters", &mut like);
    let ratio = percentile(&like, 50).as_secs_f64() / percentile(&hanzi, 50).as_secs_f64();
    println!("LIKE takes {ratio:.1} times as long as the finder (medians)");
    report("holdings", &mut holdings(&mut finder));
    let mut candidates = candidates();
    report("pinyin to characters, each key", &mut candidates);

    assert!(file <= MAX_FILE, "the file has {file} bytes, at most {MAX_FILE} are promised");
    let p99 = percentile(&all, 99);
    assert!(p99 < MAX_KEY, "99 of 100 keys take up to {p99:?}, promised is {MAX_KEY:?}");
    let p99 = percentile(&candidates, 99);
    assert!(p99 < MAX_CANDIDATES, "candidates take up to {p99:?}, promised is {MAX_CANDIDATES:?}");
}

/// What readers type.
fn inputs() -> Vec<(&'static str, Vec<String>)> {
    let mut random = Random(7);
    let mut titles = || title(random.below(N_TITLES));
    let pinyin = |title: &str, full: bool| -> String {
        let read = title.encode_utf16().filter_map(|unit| readings(unit).next());
        read.take(6).map(|s| SYLLABLES[usize::from(s)]).map(|s| if full { s } else { &s[..1] }).collect()
    };
    let some = |make: &mut dyn FnMut() -> String| (0..N_INPUTS).map(|_| make()).collect::<Vec<String>>();
    vec![
        ("initials", some(&mut || pinyin(&titles(), false))),
        ("full pinyin", some(&mut || pinyin(&titles(), true))),
        ("characters", some(&mut || titles().chars().skip(2).take(5).collect())),
        (
            "two words",
            some(&mut || {
                let title = titles();
                let part = |at| title.chars().skip(at).take(2).collect::<String>();
                format!("{} {}", part(0), pinyin(&part(4), false))
            }),
        ),
        ("authors", (0..N_INPUTS).map(|n| author(n * 977).chars().take(3).collect()).collect()),
        ("numbers", (0..N_INPUTS).flat_map(|n| [isbn(n * 1201), call_number(n * 733)]).collect()),
        ("nothing fits", some(&mut || "qqqzzzxx".to_owned())),
    ]
}

fn key(finder: &mut Finder, text: &str, filter: Filter) -> Duration {
    let query = Query { text: text.into(), filter, n: 12, ..Query::default() };
    let watch = Watch::start();
    let results = finder.search(&query).expect("an answer");
    let took = watch.time();
    assert!(results.hits.len() == results.n_hits.min(12));
    took
}

fn scan(plain: &rusqlite::Connection, text: &str) -> Duration {
    // The second snapshot went into generation 0 or 1: the other one is gone.
    let sql = "SELECT name FROM sqlite_schema WHERE name GLOB 'title_[01]'";
    let table: String =
        plain.prepare_cached(sql).expect("sql").query_row((), |row| row.get(0)).expect("a table");
    let sql = format!("SELECT count(*) FROM {table} WHERE title LIKE ?1 OR author LIKE ?1");
    let mut query = plain.prepare_cached(&sql).expect("sql");
    let watch = Watch::start();
    let _n: i64 = query.query_row([format!("%{text}%")], |row| row.get(0)).expect("a number");
    watch.time()
}

fn holdings(finder: &mut Finder) -> Vec<Duration> {
    let query = Query { text: "zg".into(), n: 100, ..Query::default() };
    let hits = finder.search(&query).expect("an answer").hits;
    let time = |hit: &circulation::search::Hit| {
        let watch = Watch::start();
        let holdings = finder.holdings(hit.key).expect("an answer");
        let took = watch.time();
        assert_eq!(holdings.len(), hit.n_copies as usize);
        took
    };
    hits.iter().map(time).collect()
}

/// Usual sentences, and the worst that can be typed: letters that can be cut into syllables in many ways, up to the end.
fn candidates() -> Vec<Duration> {
    let inputs = inputs();
    let usual =
        inputs.iter().take(2).flat_map(|(_, inputs)| inputs.chunks_exact(2).map(|pair| pair.concat()));
    let worst = ["xian", "sh", "a", "zhangan", "n", "fangang", "hlm"].map(|part| part.repeat(48));
    let mut times = Vec::new();
    for input in usual.chain(worst) {
        let mut keyboard = Keyboard::new(Layout::Pinyin, 8);
        for letter in input.chars().take(MAX_LETTERS) {
            let watch = Watch::start();
            keyboard.press(Key::Character(letter));
            times.push(watch.time());
            assert!(!keyboard.view().candidates.is_empty());
        }
    }
    times
}

fn load(mirror: &Mirror, cursor: &str) -> Duration {
    let head = Head {
        institution: isil(),
        at: date(2026, 11, 23).at(9, 30, 0, 0),
        cursor: Cursor::parse(cursor).expect("a cursor"),
    };
    let lines = core::iter::once(rules()).chain((0..N_PATRONS).map(patron)).chain((0..N_ITEMS).map(item));
    let mut loader = mirror.start_snapshot(&head).expect("a start");
    let mut took = Duration::ZERO;
    let mut chunk = Vec::with_capacity(5000);
    for line in lines {
        chunk.push(line);
        if chunk.len() == chunk.capacity() {
            let started = Instant::now();
            loader.put(&chunk).expect("room");
            took += started.elapsed();
            chunk.clear();
        }
    }
    let started = Instant::now();
    loader.put(&chunk).expect("room");
    loader.finish(&head, &head.cursor, Timestamp::now()).expect("an end");
    took + started.elapsed()
}

fn report(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let last = times.last().copied().unwrap_or_default();
    let (p50, p99) = (percentile(times, 50), percentile(times, 99));
    println!("{name}: {} of them, p50 {p50:.1?}, p99 {p99:.1?}, longest {last:.1?}", times.len());
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

/// With the write-ahead log.
fn size(path: &Path) -> u64 {
    let files = ["", "-wal"].map(|suffix| std::fs::metadata(format!("{}{suffix}", path.display())));
    files.into_iter().flatten().map(|file| file.len()).sum()
}

/// Megabytes of memory this process has; 0 where nobody says.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Time of this thread: the clock's, less the wait for a processor.
struct Watch {
    waited: Duration,
    started: Instant,
}

impl Watch {
    fn start() -> Self {
        Self { waited: waited(), started: Instant::now() }
    }

    fn time(&self) -> Duration {
        let elapsed = self.started.elapsed();
        elapsed.saturating_sub(waited().saturating_sub(self.waited))
    }
}

/// How long this thread has waited for a processor so far; nothing where nobody says.
fn waited() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// A number that is the same in every run.
struct Random(u32);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(end)) >> 32) as u32
    }
}

fn isil() -> Isil {
    Isil::parse("CN-371116-0-DEMO").expect("an ISIL")
}

fn rules() -> Line {
    let branches =
        (0..N_BRANCHES).map(|n| BranchName { code: format!("LW{n:03}"), name: format!("第{n}分馆") });
    Line::Rules(RuleSet { branches: branches.collect(), ..RuleSet::default() })
}

fn patron(n: u32) -> Line {
    let mut random = Random(n);
    let mut byte = || random.below(256) as u8;
    Line::Patron(PatronEntry {
        id: PatronId::parse(&format!("LW2026{n:06}")).expect("a number"),
        patron_type: "普通借阅证".into(),
        state: PatronState::Valid,
        starts_on: date(2025, 1, 1),
        ends_on: date(2027, 12, 31),
        n_loans: n % 10,
        pin: Some(PinHash {
            kib: 19_456,
            passes: 2,
            salt: [0; 16].map(|_: u8| byte()),
            hash: [0; 32].map(|_: u8| byte()),
        }),
    })
}

/// Half of the copies stand beside the first one of their title, the other half came at any time.
fn item(n: u32) -> Line {
    let mut random = Random(n.wrapping_mul(2_654_435_761));
    let in_order = (u64::from(n) * u64::from(N_TITLES) / u64::from(N_ITEMS)) as u32;
    let of = if n.is_multiple_of(4) { random.below(N_TITLES) } else { in_order };
    Line::Item(ItemEntry {
        id: ItemId::parse(&format!("LW{n:07}")).expect("a barcode"),
        item_type: "普通图书".into(),
        owner: isil(),
        branch: format!("LW{:03}", random.below(N_BRANCHES)),
        state: ItemState::ALL[random.below(4) as usize],
        title: title(of),
        call_number: call_number(of),
        record: Record {
            author: author(of),
            isbn: isbn(of),
            language: "chi".into(),
            shelf: format!("{}F-{:02}", random.below(6), random.below(40)),
        },
    })
}

fn isbn(n: u32) -> String {
    format!("9787{n:08}0")
}

fn call_number(n: u32) -> String {
    let mut random = Random(n ^ 0x5a5a);
    let class = CLASSES[random.below(CLASSES.len() as u32) as usize];
    format!("{class}.{}/{}", random.below(9), random.below(9973))
}

fn author(n: u32) -> String {
    let mut random = Random(n / 3);
    let mut one = |of: &str| of.chars().nth(random.below(of.chars().count() as u32) as usize).expect("one");
    let (surname, first, second) = (one(SURNAMES), one(GIVEN), one(GIVEN));
    format!("{surname}{first}{second}{}", if n.is_multiple_of(3) { "主编" } else { "著" })
}

/// 6 to 24 characters, 14 in the mean; one in twelve is English.
fn title(n: u32) -> String {
    let mut random = Random(n.wrapping_mul(747_796_405));
    if n.is_multiple_of(12) {
        let mut word = || ENGLISH[random.below(ENGLISH.len() as u32) as usize];
        return format!("{} {} of {} {}", word(), word(), word(), n % 97);
    }
    let words: Vec<char> = WORDS.chars().filter(|character| !character.is_whitespace()).collect();
    let mut word = || {
        let at = random.below(words.len() as u32 / 2) as usize * 2;
        words[at..at + 2].iter().collect::<String>()
    };
    let mut title = format!("{}{}{}", word(), word(), word());
    match n % 5 {
        0 => title.push_str(&format!("：{}{}{}{}", word(), word(), word(), word())),
        1 => title.push_str(&format!("与{}{}", word(), word())),
        2 => title.push_str(&format!("（第{}版）", n % 9)),
        _ => title.push_str(&format!("的{}{}{}", word(), word(), word())),
    }
    title
}

const ENGLISH: [&str; 12] = [
    "The History",
    "Introduction",
    "Art",
    "Science",
    "Principles",
    "Rust",
    "Data",
    "Journey",
    "Garden",
    "Night",
    "Ocean",
    "Mind",
];
