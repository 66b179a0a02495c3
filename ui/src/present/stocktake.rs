//! Counting shelves and hunting for single items.

use circulation::id::{ItemId, ShelfMark};
use circulation::screen::{
    Count, CountState, Ears, Gauge, HuntLine, HuntState, Hunting, Row, Seen, ShelfLine, Shelves, Spine,
    SpineState, StocktakeTouch, Stocktaking, Telling,
};
use slint::SharedString;

use super::{g, int, seen};

/// What the pages of a stocktake show.
#[derive(Default)]
pub(crate) struct StocktakeView {
    pub(crate) page: g::StocktakePageView,
    pub(crate) spines: Vec<g::SpineView>,
    pub(crate) n_boards: i32,
    pub(crate) shelf: g::GaugeView,
    pub(crate) room: g::GaugeView,
    pub(crate) library: g::GaugeView,
    pub(crate) told: g::GaugeView,
    pub(crate) odd: g::OddView,
    pub(crate) finding: g::FindingView,
    pub(crate) shelves: Vec<g::ShelfRow>,
    pub(crate) hunted: Vec<g::HuntRow>,
    pub(crate) found: g::GaugeView,
    pub(crate) now: Option<g::HuntRow>,
    pub(crate) heard: bool,
    pub(crate) strength: i32,
}

pub(super) fn view(page: &Stocktaking) -> StocktakeView {
    match page {
        Stocktaking::Count(count) => count_view(count),
        Stocktaking::Shelves(shelves) => shelves_view(shelves),
        Stocktaking::Hunt(hunt) => hunt_view(hunt),
    }
}

fn count_view(count: &Count) -> StocktakeView {
    let (telling, told, seconds_left, refused) = telling(&count.telling);
    let page = g::StocktakePageView {
        kind: g::StocktakeKind::Count,
        state: match count.state {
            CountState::Idle => g::CountKind::Idle,
            CountState::Reading => g::CountKind::Reading,
            CountState::Paused => g::CountKind::Paused,
        },
        reader: ears(count.reader),
        pass: i32::from(count.pass),
        passes_needed: i32::from(count.passes_needed),
        mark: mark(count.shelf.as_ref().map(|row| &row.mark)),
        sweeps: count.shelf.as_ref().map_or(0, |row| i32::from(row.sweeps)),
        asks_end: count.asks_end,
        telling,
        seconds_left,
        refused,
        ..g::StocktakePageView::default()
    };
    let odd = count.odd;
    let (spines, n_boards) = count.shelf.as_ref().map_or_else(|| (Vec::new(), 1), spines);
    StocktakeView {
        page,
        spines,
        n_boards,
        shelf: gauge(count.shelf.as_ref().map(|row| row.gauge).unwrap_or_default()),
        room: gauge(count.room),
        library: gauge(count.library),
        told: gauge(told),
        odd: g::OddView {
            misplaced: int(odd.misplaced),
            missing: int(odd.missing),
            on_loan: int(odd.on_loan),
            unsecured: int(odd.unsecured),
            strangers: int(odd.strangers),
        },
        finding: count.finding.as_ref().map(finding).unwrap_or_default(),
        ..StocktakeView::default()
    }
}

/// How the library's system is told: how far, seconds left, what it did not take.
fn telling(telling: &Telling) -> (g::TellKind, Gauge, i32, i32) {
    match *telling {
        Telling::No => (g::TellKind::No, Gauge::default(), -1, 0),
        Telling::Offered(n) => (g::TellKind::Offered, Gauge::new(0, n), -1, 0),
        Telling::Going { gauge, seconds_left } => {
            (g::TellKind::Going, gauge, seconds_left.map_or(-1, int), 0)
        }
        Telling::Done { told, refused } => (g::TellKind::Done, Gauge::new(told, told), -1, int(refused)),
        Telling::Stopped { gauge, is_silent: true } => (g::TellKind::Silent, gauge, -1, 0),
        Telling::Stopped { gauge, is_silent: false } => (g::TellKind::Stopped, gauge, -1, 0),
    }
}

/// Where each spine stands, and on how many boards: each is as thick and as high as its item's number has it, so that a
/// shelf looks like itself every time.
fn spines(row: &Row) -> (Vec<g::SpineView>, i32) {
    let sizes: Vec<u32> = row.spines.iter().map(size).collect();
    let n_boards = if sizes.len() > ONE_BOARD { 2 } else { 1 };
    let per_board = sizes.len().div_ceil(n_boards).max(1);
    let boards = sizes.chunks(per_board);
    let longest = boards.map(|board| board.iter().map(|size| thick(*size)).sum::<f32>()).fold(0.0, f32::max);
    // A few books do not fill the shelf.
    let unit = if longest > 0.0 { (1.0 / longest).min(THICKEST) } else { 0.0 };
    let (mut x, mut views) = (0.0, Vec::with_capacity(sizes.len()));
    for (at, (spine, size)) in row.spines.iter().zip(&sizes).enumerate() {
        if at.is_multiple_of(per_board) {
            x = 0.0;
        }
        let width = thick(*size) * unit;
        views.push(g::SpineView {
            state: spine_kind(spine.state),
            fresh: spine.is_fresh,
            board: int(at / per_board),
            x,
            width,
            height: 0.72 + 0.06 * part(*size / 5 % 5),
        });
        x += width;
    }
    (views, int(n_boards))
}

/// A number of the item's own.
fn size(spine: &Spine) -> u32 {
    let id = spine.item.as_ref().map_or("", ItemId::as_str);
    id.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619)) >> 7
}

fn thick(size: u32) -> f32 {
    0.8 + 0.1 * part(size % 5)
}

fn part(small: u32) -> f32 {
    f32::from(u8::try_from(small).unwrap_or(0))
}

const fn spine_kind(state: SpineState) -> g::SpineKind {
    match state {
        SpineState::Unseen => g::SpineKind::Unseen,
        SpineState::Present => g::SpineKind::Present,
        SpineState::Missing => g::SpineKind::Missing,
        SpineState::Absent => g::SpineKind::Absent,
        SpineState::OnLoan => g::SpineKind::OnLoan,
        SpineState::Unsecured => g::SpineKind::Unsecured,
        SpineState::Misplaced => g::SpineKind::Misplaced,
        SpineState::Stranger => g::SpineKind::Stranger,
    }
}

fn finding(seen: &Seen) -> g::FindingView {
    g::FindingView {
        some: true,
        state: spine_kind(seen.state),
        item: seen.item.as_ref().map_or("", ItemId::as_str).into(),
        call_number: seen.call_number.as_deref().unwrap_or_default().into(),
        here: mark(seen.here.as_ref()),
        home: mark(seen.home.as_ref()),
    }
}

fn shelves_view(shelves: &Shelves) -> StocktakeView {
    let row = |line: &ShelfLine| g::ShelfRow {
        mark: line.mark.as_str().into(),
        gauge: gauge(line.gauge),
        swept: line.is_swept,
        here: line.is_here,
    };
    StocktakeView {
        page: g::StocktakePageView {
            kind: g::StocktakeKind::Shelves,
            first: int(shelves.first),
            n_rows: int(shelves.rows.len()),
            n_all: int(shelves.n_shelves),
            ..g::StocktakePageView::default()
        },
        shelves: shelves.rows.iter().map(row).collect(),
        ..StocktakeView::default()
    }
}

fn hunt_view(hunt: &Hunting) -> StocktakeView {
    StocktakeView {
        page: g::StocktakePageView {
            kind: g::StocktakeKind::Hunt,
            reader: ears(hunt.reader),
            first: int(hunt.first),
            n_rows: int(hunt.rows.len()),
            n_all: int(hunt.found.of),
            ..g::StocktakePageView::default()
        },
        hunted: hunt.rows.iter().map(hunted).collect(),
        found: gauge(hunt.found),
        now: hunt.now.as_ref().map(hunted),
        heard: hunt.is_heard,
        strength: i32::from(hunt.strength),
        ..StocktakeView::default()
    }
}

fn hunted(line: &HuntLine) -> g::HuntRow {
    g::HuntRow {
        item: line.item.as_str().into(),
        call_number: line.call_number.as_deref().unwrap_or_default().into(),
        shelf: mark(line.shelf.as_ref()),
        is_heard: line.is_heard,
        heard_at: mark(line.heard_at.as_ref()),
        seen: seen::view(line.seen.as_ref()),
        state: match line.state {
            HuntState::Sought => g::HuntKind::Sought,
            HuntState::Found => g::HuntKind::Found,
            HuntState::GivenUp => g::HuntKind::GivenUp,
        },
    }
}

const fn ears(ears: Ears) -> g::EarsKind {
    match ears {
        Ears::Starting => g::EarsKind::Starting,
        Ears::Up => g::EarsKind::Up,
        Ears::Down => g::EarsKind::Down,
    }
}

fn gauge(gauge: Gauge) -> g::GaugeView {
    g::GaugeView { done: int(gauge.done), of: int(gauge.of), percent: i32::from(gauge.percent()) }
}

fn mark(mark: Option<&ShelfMark>) -> SharedString {
    mark.map_or("", ShelfMark::as_str).into()
}

/// What was touched.
pub(crate) const fn touched(act: g::StocktakeAct) -> StocktakeTouch {
    match act {
        g::StocktakeAct::Begin => StocktakeTouch::Begin,
        g::StocktakeAct::Pause => StocktakeTouch::Pause,
        g::StocktakeAct::Resume => StocktakeTouch::Resume,
        g::StocktakeAct::Shelves => StocktakeTouch::Shelves,
        g::StocktakeAct::Find => StocktakeTouch::Find,
        g::StocktakeAct::Found => StocktakeTouch::Found,
        g::StocktakeAct::Skip => StocktakeTouch::Skip,
        g::StocktakeAct::Tell => StocktakeTouch::Tell,
        g::StocktakeAct::StopTelling => StocktakeTouch::StopTelling,
        g::StocktakeAct::Close => StocktakeTouch::Close,
    }
}

/// More spines than these stand on two boards.
const ONE_BOARD: usize = 70;
/// The thickness of a middling spine where there are few, in parts of the board.
const THICKEST: f32 = 0.026;
