//! Thirty thousand items on one transfer sheet: filled, shipped, received but for one, closed; on SQLite, and on PostgreSQL
//! where it is installed. Then the same in 750 boxes of 40, put on a sheet and received one after another.
//!
//! `cargo bench -p central --bench sheet` prints the seconds of each step beside those of a bare `UPDATE` of as many rows
//! in the same database; and of the boxes, what one costs among the first twenty and among the last. It fails when a step does
//! not do what it should. Never on time.
//!
//! Seen on two virtual cores:
//! ```text
//! sqlite       filled in 0.30 s, shipped in 0.23 s, received in 0.95 s, closed in 0.05 s: 1.53 s; bare 0.05 s
//! postgresql   filled in 1.66 s, shipped in 1.82 s, received in 2.76 s, closed in 0.26 s: 6.50 s; bare 0.68 s
//! ```
//! Before each statement said its way: more than 30 s on PostgreSQL, where the tables had just grown from nothing.
//! Before SQLite began with the list of barcodes: 92.9 s.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench prints, measures time, and ends when something is missing"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use central::store::{Address, Desk, NewSheet};
use central::{App, Settings};
use circulation::id::{Isil, ItemId, TransactionId};
use jiff::SignedDuration;
use jiff::civil::{DateTime, datetime};
use sync_client::kiosk_api::transfer::{Act, Deed};

#[path = "../tests/it/postgres.rs"]
mod postgres;

const N_ITEMS: usize = 30_000;
const BOX: usize = 40;
/// Boxes at the beginning and at the end that are compared.
const EDGE: usize = 20;
const NOW: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);
/// As many rows, touched by one statement.
const BARE: &str = "UPDATE item SET at_branch = 'LW02' WHERE record = 99";

fn main() -> ExitCode {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("central.db");
    let file = path.to_str().expect("a path of ours");
    drop(open(file));
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let numbers = format!(
        "(WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {N_ITEMS}) SELECT n FROM g)"
    );
    connection.execute_batch(&items(&numbers)).expect("items");
    let start = Instant::now();
    connection.execute_batch(BARE).expect("an update");
    let bare = start.elapsed().as_secs_f64();
    connection.execute_batch("UPDATE item SET at_branch = NULL").expect("an update");
    drop(connection);
    let mut is_right = measure("sqlite", file, bare) & boxes("sqlite", file);
    match postgres::database() {
        Some(address) => {
            drop(open(&address));
            postgres::execute(&address, &items(&format!("generate_series(1, {N_ITEMS}) AS g (n)")));
            let start = Instant::now();
            postgres::execute(&address, BARE);
            let bare = start.elapsed().as_secs_f64();
            postgres::execute(&address, "UPDATE item SET at_branch = NULL");
            is_right &= measure("postgresql", &address, bare) & boxes("postgresql", &address);
        }
        None => println!("postgresql: not installed, not measured"),
    }
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn open(address: &str) -> App {
    let settings = Settings { clock: Arc::new(|| NOW), token_life: SignedDuration::from_hours(2) };
    let app = App::open_at(&Address::parse(address, None).unwrap(), settings).unwrap();
    app.seed_demo().unwrap();
    app
}

fn items(numbers: &str) -> String {
    format!(
        "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
         SELECT '{}', 'S' || CAST(1000000 + n AS TEXT), 99, '书', '', '', 'I2', '普通图书', 'LW01', '2' FROM {numbers}",
        central::seed::INSTITUTION
    )
}

fn measure(engine: &str, address: &str, bare: f64) -> bool {
    let app = open(address);
    let of = Isil::parse(central::seed::INSTITUTION).unwrap();
    let desk = Desk { opuser: "bench".to_owned(), now: NOW };
    let many: Vec<ItemId> =
        (1..=N_ITEMS).map(|n| ItemId::parse(&format!("S{}", 1_000_000 + n)).unwrap()).collect();
    let sheet = NewSheet { sheet: "T1", from: "LW01", to: "LW03", keeps_home: false };
    app.store().make_sheet(&of, sheet, &desk).unwrap().unwrap();
    let mut at = Instant::now();
    let mut step = || {
        let seconds = at.elapsed().as_secs_f64();
        at = Instant::now();
        seconds
    };
    let refused = app.store().fill_sheet(&of, "T1", &many).unwrap().unwrap();
    let filled = step();
    let shipped = app.store().ship_sheet(&of, "T1", &desk).unwrap().unwrap();
    let shipping = step();
    let arrived = many.get(1..).unwrap_or_default();
    app.store().receive_sheet(&of, "T1", arrived, &desk).unwrap().unwrap();
    let receiving = step();
    let closed = app.store().close_sheet(&of, "T1", &desk).unwrap().unwrap();
    let closing = step();
    let all = filled + shipping + receiving + closing;
    println!(
        "{engine}: {N_ITEMS} items filled in {filled:.2} s, shipped in {shipping:.2} s, received in {receiving:.2} s, \
         closed in {closing:.2} s: {all:.2} s; a bare update of as many rows {bare:.2} s"
    );
    let n = u64::try_from(N_ITEMS).unwrap();
    let is_right = refused.is_empty()
        && (shipped.n_items, closed.n_items, closed.n_arrived) == (n, n, n - 1)
        && closed.n_extra == 0;
    if !is_right {
        println!("{engine}: NOT AS IT SHOULD BE: {} refused, {closed:?}", refused.len());
    }
    is_right
}

/// Box after box onto a sheet of its own, and out of it at the other branch.
fn boxes(engine: &str, address: &str) -> bool {
    let app = open(address);
    let of = Isil::parse(central::seed::INSTITUTION).unwrap();
    // Where the sheet before has brought them; the one that was missing is still on its way.
    let many: Vec<String> = (2..=N_ITEMS).map(|n| format!("S{}", 1_000_000 + n)).collect();
    let mut number = 0_u128;
    let mut tell = |deed: Deed| {
        number += 1;
        let id = TransactionId::from_bytes(number.to_be_bytes());
        let act = Act { opuser: "bench".to_owned(), id, sheet: "T2".to_owned(), deed };
        let start = Instant::now();
        let told = app.store().transfer(&of, &act, NOW).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert!(told.refused.is_none() && told.not.is_empty(), "{:?}", told.refused);
        (seconds, told.sheet.unwrap())
    };
    tell(Deed::Make { from: "LW03".to_owned(), to: "LW01".to_owned(), keeps_home: false });
    let boxes = || many.chunks(BOX).map(<[String]>::to_vec).enumerate();
    let packed = boxes().map(|(at, items)| {
        let declared = u32::try_from(items.len()).unwrap();
        tell(Deed::Box { label: at.to_string(), declared, items }).0
    });
    say(engine, "packed", &packed.collect::<Vec<_>>());
    tell(Deed::Ship);
    let received = boxes().map(|(_, items)| tell(Deed::Receive { items }).0);
    say(engine, "received", &received.collect::<Vec<_>>());
    let (_, sheet) = tell(Deed::Close);
    let n = u64::try_from(many.len()).unwrap();
    let is_right = (sheet.items, sheet.arrived, sheet.extra) == (n, n, 0);
    if !is_right {
        println!("{engine}: NOT AS IT SHOULD BE: {} of {n}", sheet.arrived);
    }
    is_right
}

/// What a box costs at the beginning and at the end.
fn say(engine: &str, what: &str, seconds: &[f64]) {
    let mean =
        |some: &[f64]| some.iter().sum::<f64>() * 1000.0 / f64::from(u32::try_from(some.len()).unwrap());
    let (first, last) = (mean(&seconds[..EDGE]), mean(&seconds[seconds.len() - EDGE..]));
    println!(
        "{engine}: {} boxes {what} in {:.2} s: one of the first {EDGE} in {first:.2} ms, of the last in {last:.2} ms: \
         {:.2} times",
        seconds.len(),
        seconds.iter().sum::<f64>(),
        last / first
    );
}
