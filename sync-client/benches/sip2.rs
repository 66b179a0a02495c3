//! SIP2 checkouts a second over one connection: our client beside another one, the crate `sip2` 0.3.4 (MIT, blocking, one
//! thread, no checksums), against the same server, in one run, by turns. Both check that each checkout was granted.
//!
//! `cargo bench -p sync-client --features sip2 --bench sip2` prints it, and fails when an answer is missing or wrong. Never
//! on time.
//!
//! - `pysip2`: an independent server in a process of its own (PyPI, MIT), installed below cargo's target as the tests do.
//!   Where that is impossible it is left out, and said so; `YUETING_SIP2_PYTHON` names a Python that has it already. This
//!   is the aim: at least as many as the other. The server's own time is most of it.
//! - `echo`: a thread of this program that puts the item into a ready-made answer: what is left is the clients' own cost.
//!   No aim: no library system answers in microseconds. Ours hands each call from its task to the connection's and back,
//!   waits for the socket and for a deadline together, and reads the whole answer; the other blocks a thread.
//!
//! Ours twice: without checksums, as the other always is, which is the comparison; and with them, as it is usually
//! configured: then the server, which is written in Python, computes two more for each call.
//!
//! Seen on two virtual cores with nothing beside it, one run each; medians of 61 rounds' ratios, in brackets the lowest and
//! highest. First when the client slept at once until the answer came, then when it looks a moment longer first
//! (`sync_client::soon`):
//! ```text
//!                             slept                   looks first
//! pysip2   ours, checksums    0.91 (0.84, 1.06)       1.02 (0.55, 1.64)
//! pysip2   ours, without      0.96 (0.88, 1.09)       1.04 (0.59, 1.63)     5,800 beside 5,600 a second: met
//! echo     ours, checksums    0.86 (0.24, 1.24)       0.84 (0.32, 1.50)
//! ```
//! With another program beside it now and then: 1.01 and 0.96.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures time, and ends when something is missing"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use circulation::id::{ItemId, PatronId};
use circulation::transaction::Verdict;
use jiff::civil::date;
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::client::{Sip2, Sip2Config};
use sync_client::sip2::dialect::{Checksum, Dialect, EmptyDate};
use tokio::runtime::Runtime;

#[path = "../tests/it/sip2/pysip2.rs"]
mod pysip2;

use pysip2::Pysip2;

const N_ROUNDS: usize = 61;

fn main() -> ExitCode {
    // As the kiosk has it.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("threads");
    println!("{N_ROUNDS} rounds                       a second   beside the other (lowest, highest)");
    let mut is_right = true;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/sip2_acs.py");
    if let Some(server) = Pysip2::start(&script, &[]) {
        is_right &= Contest::new(&runtime, server.port).run("pysip2", 100, true);
    }
    is_right &= Contest::new(&runtime, echo()).run("echo", 1000, false);
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Two clients of ours and the other one, at one server.
struct Contest<'a> {
    runtime: &'a Runtime,
    checked: Sip2,
    unchecked: Sip2,
    other: sip2::Client,
}

impl<'a> Contest<'a> {
    fn new(runtime: &'a Runtime, port: u16) -> Self {
        let _inside = runtime.enter();
        let start = |checksum| {
            let dialect = Dialect { checksum, empty_date: EmptyDate::Now, ..Dialect::standard() };
            let login = Some(Account { user: "kiosk1".into(), password: "secret".into() });
            let station = Station { institution: "LIB".into(), login, language: 19, ..Station::default() };
            Sip2::start(Sip2Config { dialect, ..Sip2Config::new("127.0.0.1", port, station) })
                .expect("a client")
        };
        let (checked, unchecked) = (start(Checksum::Strict), start(Checksum::Off));
        let mut other = sip2::Client::new(&format!("127.0.0.1:{port}")).expect("a connection");
        let mut account = sip2::ParamSet::new();
        account.set_sip_user("kiosk1").set_sip_pass("secret");
        assert!(other.login(&account).expect("an answer").ok(), "logged in");
        assert!(other.sc_status().expect("an answer").ok(), "on-line");
        Self { runtime, checked, unchecked, other }
    }

    /// Whether every checkout was granted.
    fn run(&mut self, name: &str, n: usize, has_aim: bool) -> bool {
        let items: Vec<String> = (0..n).map(|at| format!("{:05}", 40_000 + at)).collect();
        let mut rounds = Vec::new();
        for round in 0..=N_ROUNDS {
            let mut rates = [0.0; 3];
            let mut is_right = true;
            // Who begins changes from round to round.
            for turn in 0..3 {
                let who = (round + turn) % 3;
                let started = Instant::now();
                let n_granted = match who {
                    0 => self.runtime.block_on(ours(self.checked.clone(), items.clone())),
                    1 => self.runtime.block_on(ours(self.unchecked.clone(), items.clone())),
                    _ => theirs(&mut self.other, &items),
                };
                is_right &= n_granted == n;
                if let Some(rate) = rates.get_mut(who) {
                    *rate = n as f64 / started.elapsed().as_secs_f64();
                }
            }
            if !is_right {
                println!("{name}: WRONG: not every checkout was granted");
                return false;
            }
            // The first one connects.
            if round > 0 {
                rounds.push(rates);
            }
        }
        report(name, has_aim, &rounds);
        true
    }
}

/// One checkout after another, from a task, as the kiosk's sync task does it.
async fn ours(client: Sip2, items: Vec<String>) -> usize {
    let all = tokio::spawn(async move {
        let patron = PatronId::parse("P1").expect("a number");
        let mut n_granted = 0;
        for item in &items {
            let item = ItemId::parse(item).expect("a barcode");
            let verdict = client.checkout(&patron, &item).await.expect("an answer");
            let is_due = |due| due == Some(date(2026, 12, 22));
            n_granted += usize::from(matches!(verdict, Verdict::Granted(grant) if is_due(grant.due)));
        }
        n_granted
    });
    all.await.expect("it ends")
}

fn theirs(client: &mut sip2::Client, items: &[String]) -> usize {
    let mut n_granted = 0;
    for item in items {
        let mut what = sip2::ParamSet::new();
        what.set_institution("LIB").set_terminal_pwd("").set_patron_id("P1").set_item_id(item);
        let answer = client.checkout(&what).expect("an answer");
        n_granted += usize::from(answer.ok() && answer.value("AH") == Some("2026-12-22"));
    }
    n_granted
}

fn report(name: &str, has_aim: bool, rounds: &[[f64; 3]]) {
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let at = |values: &[f64], place: usize| values.get(place).copied().unwrap_or_default();
    let median = |values: &[f64]| at(values, values.len() / 2);
    for (who, words) in ["ours, checksums", "ours, without", "the crate sip2"].into_iter().enumerate() {
        let rates = sorted(rounds.iter().filter_map(|rates| rates.get(who)).copied().collect());
        let ratios = sorted(rounds.iter().map(|rates| at(rates, who) / at(rates, 2)).collect());
        let (ratio, low, high) = (median(&ratios), at(&ratios, 0), at(&ratios, ratios.len() - 1));
        let aim = match (has_aim && who == 1, ratio >= 1.0) {
            (false, _) => "",
            (true, true) => "  >= 1 met",
            (true, false) => "  >= 1 MISSED",
        };
        println!("{name:<8} {words:<20} {:>9.0}   {ratio:>6.3} ({low:.3}, {high:.3}){aim}", median(&rates));
    }
}

/// A server that reads nothing but the message's number and its item; its port.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).expect("a socket");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut line = Vec::new();
    // A client that is gone ends it.
    while reader.read_until(b'\r', &mut line).is_ok_and(|n| n > 0) {
        let text = String::from_utf8_lossy(&line);
        let mut said = match text.get(..2) {
            Some("93") => "941".to_owned(),
            Some("99") => "98YYYYYY03000320261123    0930002.00AOLIB|BXYYYYYYYYYYYYYYYY|".to_owned(),
            _ => {
                // Behind the fixed part: two numbers, two letters, two dates.
                let fields = text.get(40..).unwrap_or_default();
                let item = fields.split('|').find_map(|field| field.strip_prefix("AB")).unwrap_or_default();
                format!("121NNY20261123    093000AOLIB|AAP1|AB{item}|AJThe Pickwick Papers|AH2026-12-22|")
            }
        };
        // The last nine characters, if there is a checksum: AY, its number, AZ, four digits.
        let trailer = text.trim_end().len().checked_sub(9).and_then(|at| text.get(at..at + 3));
        if let Some(numbered) = trailer.filter(|trailer| trailer.starts_with("AY")) {
            said.push_str(numbered);
            said.push_str("AZ");
            let sum: u32 = said.bytes().map(u32::from).sum();
            said.push_str(&format!("{:04X}", sum.wrapping_neg() & 0xFFFF));
        }
        said.push('\r');
        if stream.write_all(said.as_bytes()).is_err() {
            return;
        }
        line.clear();
    }
}
