//! A stocktake of an invented room: shelves that are being counted, and items that are looked for.

use circulation::id::{ItemId, ShelfMark};
use circulation::screen::{
    Count, CountState, Ears, Gauge, HuntLine, HuntState, Hunting, Odd, Page, Row, Seen, ShelfLine, Shelves,
    Spine, SpineState, Stocktaking, Telling,
};
use circulation::sighting::{Age, How, LastSeen};

pub(super) fn pages() -> Vec<(&'static str, Page)> {
    let page = |page| Page::Stocktake(page);
    let far = Gauge::new(48_120, 126_480);
    let told = |telling| Count { state: CountState::Idle, pass: 3, telling, ..shelf(60) };
    let count = |count| page(Stocktaking::Count(count));
    vec![
        ("stocktake-begin", count(begin())),
        ("stocktake", count(shelf(60))),
        ("stocktake-few", count(few())),
        ("stocktake-many", count(Count { finding: Some(stranger()), ..shelf(140) })),
        ("stocktake-paused", count(Count { state: CountState::Paused, ..shelf(60) })),
        ("stocktake-reader", count(Count { reader: Ears::Down, ..shelf(60) })),
        ("stocktake-end", count(Count { asks_end: true, ..shelf(60) })),
        ("stocktake-over", count(Count { state: CountState::Idle, pass: 3, ..shelf(60) })),
        ("stocktake-tell", count(told(Telling::Offered(126_480)))),
        ("stocktake-telling", count(told(Telling::Going { gauge: far, seconds_left: Some(312) }))),
        ("stocktake-told", count(told(Telling::Done { told: 126_480, refused: 2 }))),
        ("stocktake-tell-silent", count(told(Telling::Stopped { gauge: far, is_silent: true }))),
        ("stocktake-shelves", page(Stocktaking::Shelves(shelves()))),
        ("stocktake-hunt", page(Stocktaking::Hunt(hunt(70)))),
        ("stocktake-hunt-silent", page(Stocktaking::Hunt(Hunting { is_heard: false, ..hunt(0) }))),
        ("stocktake-hunt-over", page(Stocktaking::Hunt(over()))),
        ("stocktake-hunt-reader", page(Stocktaking::Hunt(Hunting { reader: Ears::Down, ..hunt(0) }))),
    ]
}

/// A shelf of so many spines, two thirds of the way along it, with one of each kind.
#[must_use]
pub fn shelf(n: u32) -> Count {
    let reached = n * 2 / 3;
    let state = |at: u32| match at {
        7 => SpineState::Missing,
        15 => SpineState::OnLoan,
        22 => SpineState::Unsecured,
        28 | 51 => SpineState::Absent,
        at if at < reached => SpineState::Present,
        _ => SpineState::Unseen,
    };
    let own = (0..n).map(|at| Spine { item: item(at), state: state(at), is_fresh: !(10..14).contains(&at) });
    let astray = Spine { item: item(900), state: SpineState::Misplaced, is_fresh: true };
    let other = Spine { item: None, state: SpineState::Stranger, is_fresh: true };
    Count {
        state: CountState::Reading,
        pass: 2,
        passes_needed: 3,
        reader: Ears::Up,
        shelf: mark(12).map(|mark| Row {
            mark,
            spines: own.chain([astray, other]).collect(),
            gauge: Gauge::new(reached - 2, n - 2),
            sweeps: 1,
        }),
        room: Gauge::new(11, 48),
        library: Gauge::new(126_480, 390_112),
        odd: Odd { misplaced: 14, missing: 3, on_loan: 2, unsecured: 1, strangers: 5 },
        finding: Some(Seen {
            state: SpineState::Misplaced,
            item: item(900),
            call_number: Some("K835.617=43/S894".into()),
            here: mark(12),
            home: mark(31),
            number: 20,
        }),
        asks_end: false,
        telling: Telling::No,
    }
}

fn begin() -> Count {
    Count {
        state: CountState::Idle,
        pass: 0,
        passes_needed: 3,
        reader: Ears::Starting,
        shelf: None,
        room: Gauge::new(0, 48),
        library: Gauge::new(0, 390_112),
        odd: Odd::default(),
        finding: None,
        asks_end: false,
        telling: Telling::No,
    }
}

fn few() -> Count {
    let whole = shelf(6);
    Count { finding: None, odd: Odd::default(), pass: 1, ..whole }
}

fn stranger() -> Seen {
    Seen {
        state: SpineState::Stranger,
        item: None,
        call_number: None,
        here: mark(12),
        home: None,
        number: 21,
    }
}

fn shelves() -> Shelves {
    let line = |at: u32| {
        let done = if at < 11 {
            58
        } else if at == 11 {
            38
        } else {
            0
        };
        mark(at + 1).map(|mark| ShelfLine {
            mark,
            gauge: Gauge::new(done, 60),
            is_swept: at < 11,
            is_here: at == 11,
        })
    };
    Shelves { rows: (0..24).filter_map(line).collect(), first: 0, n_shelves: 48 }
}

fn hunt(strength: u8) -> Hunting {
    let line = |at: u32| {
        let state = match at {
            0 | 1 => HuntState::Found,
            2 => HuntState::GivenUp,
            _ => HuntState::Sought,
        };
        Some(HuntLine {
            item: item(at)?,
            call_number: Some(format!("I247.57/{}", 40 + at)),
            shelf: mark(12 + at / 4),
            state,
            is_heard: at < 4,
            seen: Some(LastSeen {
                how: How::Stocktake,
                age: Age::Days(at),
                branch: None,
                place: "CJ-012".into(),
            }),
            heard_at: if at < 4 { mark(12) } else { None },
        })
    };
    Hunting {
        rows: (0..9).filter_map(line).collect(),
        first: 0,
        found: Gauge::new(2, 9),
        now: line(3),
        is_heard: strength > 0,
        strength,
        beat: 0,
        reader: Ears::Up,
    }
}

fn over() -> Hunting {
    let mut hunt = hunt(0);
    for line in &mut hunt.rows {
        line.state = HuntState::Found;
    }
    Hunting { found: Gauge::new(9, 9), now: None, ..hunt }
}

fn item(at: u32) -> Option<ItemId> {
    ItemId::parse(&format!("QH{:07}", 2_150_000 + at * 37)).ok()
}

fn mark(at: u32) -> Option<ShelfMark> {
    ShelfMark::parse(&format!("CJ-{at:03}")).ok()
}
