//! A whole district, 390,000 items and 73,690 patrons: sown, counted, and mirrored by a kiosk; on SQLite, and on PostgreSQL
//! where it is installed.
//!
//! `cargo bench -p central --bench district` prints it, and fails when a figure of the year's report is not exactly that of
//! the library's own report, or a snapshot lacks a row. Never on time.
//!
//! - `seed`: aim: minutes. `report`: all tables of 2023.
//! - `snapshot`: 463,690 rows over loopback HTTP, packed, unpacked and counted by this program. Aim: below 20 s. The first one
//!   after a seed also numbers as many changes; the next is what a kiosk has to wait for.
//! - `bare`: the snapshot's statements in a loop of pages on a connection set as the store's, each row written as JSON, each
//!   page packed as the server packs it; without store, checks and socket. Aim: the whole at least 0.5 of it.
//! - `batches`: loans and returns told in batches of 1,000 by [`N_KIOSKS`] kiosks at once. Aim: 20,000 rows a second.
//!
//! Seen on two virtual cores while others ran tests, compilers stopped, one run:
//! ```text
//! sqlite       seed 20.4 s; report 2.3 s; snapshot, first 3.0 s, then 10.1 MB in 1.6 s, bare 0.82 s (0.50); batches 23,290 rows a second
//! postgresql   seed 41.1 s; report 2.6 s; snapshot, first 3.3 s, then 10.0 MB in 3.5 s, bare 2.6 s (0.75); batches 20,431 rows a second
//! ```
//! A batch that lends and takes back the same item by turns is read row by row: 1,670 to 2,827 a second on PostgreSQL.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures time, and ends when something is missing"
)]

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use central::seed::laiwu::{ACCESSIONS, APPID, CARDS_BY_MONTH, District, SECRET, Scale};
use central::store::{Address, feed_texts};
use central::{App, Settings};
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::Act;
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use serde_json::Value;
use sync_client::http::{KioskApi, OpenlibConfig};
use sync_client::kiosk_api::{Entry, MAX_BATCH, Outcome, path};
use tokio_postgres::types::{ToSql, Type};

#[path = "../tests/it/postgres.rs"]
mod postgres;

const WHOLE: District = District { scale: Scale::Whole };
const N_ROWS: usize = 390_000 + 73_690;
const N_KIOSKS: usize = 4;
const N_BATCHES: usize = 8;
const PAGE: i64 = 1000;

fn main() -> ExitCode {
    rustls::crypto::ring::default_provider().install_default().ok();
    // Below cargo's target: a folder for temporary files may be in memory, where a sync costs nothing.
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let file = folder.path().join("central.db");
    let file = file.to_str().expect("a path of ours");
    let mut is_right = district("sqlite", file, || bare_sqlite(file));
    match postgres::database() {
        Some(address) => is_right &= district("postgresql", &address, || bare_postgres(&address)),
        None => println!("postgresql: not installed, not measured"),
    }
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn district(engine: &str, address: &str, bare: impl Fn() -> Duration) -> bool {
    let app = App::open_at(&Address::parse(address, None).expect("an address"), Settings::default());
    let app = app.expect("a central");
    let started = Instant::now();
    app.seed_district(Scale::Whole).expect("the district");
    println!("{engine}: seed: {:.1?}", started.elapsed());
    let mut is_right = report(engine, &app);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let base = serve(app);
    // Whoever comes first after so many were sown has each of them numbered as a change.
    let (first, ..) = runtime.block_on(snapshot(&base));
    println!(
        "{engine}: the first snapshot: {first:.1?}, aim below 20 s: {}",
        met(first < Duration::from_secs(20))
    );
    let (took, n_rows, n_bytes) = runtime.block_on(snapshot(&base));
    let own = bare();
    println!(
        "{engine}: snapshot: {n_rows} rows, {:.1} MB packed: {took:.1?}, aim below 20 s: {}; bare {own:.1?}: {:.2} of it",
        f64::from(u32::try_from(n_bytes).expect("few")) / 1e6,
        met(took < Duration::from_secs(20)),
        own.as_secs_f64() / took.as_secs_f64()
    );
    is_right &= n_rows == N_ROWS;
    let (rate, is_told) = runtime.block_on(batches(&base));
    println!("{engine}: batches: {rate:.0} rows a second, aim 20,000: {}", met(rate >= 20_000.0));
    is_right && is_told
}

/// The figures of the library's own report.
fn report(engine: &str, app: &App) -> bool {
    let started = Instant::now();
    let figures = app.store().figures(&District::institution().expect("an ISIL"), 2023).expect("figures");
    println!("{engine}: report: {:.1?}", started.elapsed());
    let cards: u64 = figures.cards.iter().map(|(.., n)| n).sum();
    let loans: u64 = figures.loans_by_month.iter().sum();
    let by_month: Vec<u64> = CARDS_BY_MONTH.iter().map(|n| u64::from(*n)).collect();
    let accessions =
        figures.accessions.iter().zip(ACCESSIONS).all(|(line, (_, material, titles, volumes))| {
            line.material == material
                && line.n_titles == u64::from(titles)
                && line.n_volumes == u64::from(volumes)
        });
    let is_right =
        (cards, loans) == (73_690, 144_309) && figures.cards_by_month[..] == by_month[..] && accessions;
    println!("{engine}: figures: {cards} cards, {loans} loans: {}", met(is_right));
    is_right
}

/// A central with threads of its own, as another process has them; its address.
fn serve(app: App) -> String {
    let (address_in, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().expect("threads").block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            address_in.send(listener.local_addr().expect("an address")).expect("it is waited for");
            central::serve(listener, app).await;
        });
    });
    format!("http://{}", address.recv().expect("an address"))
}

fn client(base: &str, account: &str) -> KioskApi {
    let mut config = OpenlibConfig::new(base, APPID, SECRET, account);
    config.total_timeout = Duration::from_secs(120);
    KioskApi::new(config).expect("a client")
}

/// How long, how many rows, how many bytes came.
async fn snapshot(base: &str) -> (Duration, usize, usize) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let ask = http
        .post(format!("{base}{}", sync_client::wire::path::TOKEN))
        .form(&[("appid", APPID), ("secret", SECRET)]);
    let said = ask.send().await.expect("an answer").text().await.expect("a text");
    let token = said.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    let started = Instant::now();
    let ask =
        http.get(format!("{base}{}", path::SNAPSHOT)).bearer_auth(token).header("accept-encoding", "gzip");
    let mut response = ask.send().await.expect("an answer");
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let (mut unpack, mut n_bytes, mut n_lines) = (GzDecoder::new(Vec::new()), 0, 0);
    while let Some(chunk) = response.chunk().await.expect("a chunk") {
        n_bytes += chunk.len();
        unpack.write_all(&chunk).and_then(|()| unpack.flush()).expect("gzip");
        n_lines += unpack.get_mut().drain(..).filter(|byte| *byte == b'\n').count();
    }
    n_lines += unpack.finish().expect("a whole").iter().filter(|byte| **byte == b'\n').count();
    // Head, rules and end are no rows.
    (started.elapsed(), n_lines - 3, n_bytes)
}

fn bare_sqlite(file: &str) -> Duration {
    let connection = rusqlite::Connection::open(file).expect("a database");
    connection.execute_batch("PRAGMA cache_size = -65536").expect("settings");
    let of = central::seed::laiwu::INSTITUTION;
    let started = Instant::now();
    let mut packing = Packing::new();
    for (text, _) in feed_texts() {
        let mut prepared = connection.prepare(text).expect("a statement");
        let mut behind = String::new();
        loop {
            let mut rows = prepared.query(rusqlite::params![of, behind, PAGE]).expect("rows");
            let mut n = 0;
            while let Some(row) = rows.next().expect("a row") {
                behind = row.get(0).expect("a key");
                packing.row((0..row.as_ref().column_count()).map(|column| match row.get_ref(column) {
                    Ok(ValueRef::Integer(int)) => int.into(),
                    Ok(ValueRef::Text(text)) => str::from_utf8(text).expect("UTF-8").into(),
                    Ok(_) => Value::Null,
                    Err(fault) => panic!("{fault}"),
                }));
                n += 1;
            }
            packing.page();
            if n < PAGE {
                break;
            }
        }
    }
    started.elapsed()
}

fn bare_postgres(address: &str) -> Duration {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let connected = tokio_postgres::connect(address, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("a connection");
        tokio::spawn(connection);
        let settings = "SET plan_cache_mode = force_generic_plan; SET jit = off";
        client.batch_execute(settings).await.expect("settings");
        let of = central::seed::laiwu::INSTITUTION;
        let started = Instant::now();
        let mut packing = Packing::new();
        for (_, text) in feed_texts() {
            let prepared = client.prepare(text).await.expect("a statement");
            let mut behind = String::new();
            loop {
                let values: [&(dyn ToSql + Sync); 3] = [&of, &behind, &PAGE];
                let rows = client.query(&prepared, &values).await.expect("rows");
                if let Some(last) = rows.last() {
                    behind = last.get(0);
                }
                for row in &rows {
                    packing.row(row.columns().iter().enumerate().map(|(at, column)| match *column.type_() {
                        Type::INT8 => row.get::<_, Option<i64>>(at).into(),
                        Type::INT4 => row.get::<_, Option<i32>>(at).into(),
                        _ => row.get::<_, Option<&str>>(at).into(),
                    }));
                }
                packing.page();
                if rows.len() < usize::try_from(PAGE).expect("few") {
                    break;
                }
            }
        }
        started.elapsed()
    })
}

/// Rows as JSON, and pages of them packed.
struct Packing {
    text: Vec<u8>,
    packer: GzEncoder<Vec<u8>>,
}

impl Packing {
    fn new() -> Self {
        Self { text: Vec::new(), packer: GzEncoder::new(Vec::new(), Compression::fast()) }
    }

    fn row(&mut self, cells: impl Iterator<Item = Value>) {
        serde_json::to_writer(&mut self.text, &cells.collect::<Vec<Value>>()).expect("JSON");
        self.text.push(b'\n');
    }

    fn page(&mut self) {
        self.packer.write_all(&self.text).and_then(|()| self.packer.flush()).expect("gzip");
        std::hint::black_box(self.packer.get_mut().drain(..).count());
        self.text.clear();
    }
}

/// Rows told a second, and whether each was recorded without an exception.
async fn batches(base: &str) -> (f64, bool) {
    let mut kiosks = tokio::task::JoinSet::new();
    let mut all = Vec::new();
    for n in 0..N_KIOSKS {
        let api = client(base, &format!("kiosk-{n}"));
        all.push((api, (0..N_BATCHES).map(|batch| entries(n, batch)).collect::<Vec<_>>()));
    }
    let started = Instant::now();
    for (api, batches) in all {
        kiosks.spawn(async move {
            let mut is_right = true;
            for batch in batches {
                let answers = api.tell(batch).await.expect("told");
                is_right &= answers
                    .iter()
                    .all(|answer| matches!(answer.outcome, Outcome::Recorded { exception: None, .. }));
            }
            is_right
        });
    }
    let is_right = kiosks.join_all().await.into_iter().all(|is_right| is_right);
    let n = u32::try_from(N_KIOSKS * N_BATCHES * MAX_BATCH).expect("few");
    (f64::from(n) / started.elapsed().as_secs_f64(), is_right)
}

/// Five hundred books of a kiosk's own that are not on loan are lent, each to a patron of its own, and then brought back.
fn entries(kiosk: usize, batch: usize) -> Vec<Entry> {
    let books = WHOLE.volumes().filter(|volume| volume.item_type == "普通图书" && !volume.id.ends_with("01"));
    let books = books.skip(kiosk * 1500 + 7).step_by(3).take(MAX_BATCH / 2);
    let patrons =
        WHOLE.holders().filter(|holder| holder.patron_type == "普通借阅证").skip(5000 + kiosk * 500);
    let clock = jiff::tz::offset(8).to_datetime(Timestamp::now());
    let acts = books.zip(patrons).map(|(volume, holder)| {
        let item = ItemId::parse(&volume.id).expect("a barcode");
        let patron = PatronId::parse(&holder.id).expect("a card");
        (Act::Checkout { patron, item: item.clone() }, Act::Checkin { item })
    });
    let (out, back): (Vec<Act>, Vec<Act>) = acts.unzip();
    let entry = |(n, act): (usize, Act)| {
        let number = u32::try_from((kiosk * N_BATCHES + batch) * MAX_BATCH + n).expect("few");
        let mut id = [0x5E; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let what = sync_client::kiosk_api::What::Tell { act, due: None };
        Entry { id: TransactionId::from_bytes(id), at: clock, what }
    };
    out.into_iter().chain(back).enumerate().map(entry).collect()
}

const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
