//! The console with invented data, to look at its pages: `cargo run -p supervision --features console --example console`.
//! The password is `look-at-the-pages`. Nothing that is asked here is done anywhere.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a program to look at pages with")]

use std::time::Duration;

use argon2::{Argon2, PasswordHasher as _};
use jiff::Timestamp;
use supervision::alarm::{Alarm, Severity};
use supervision::board::{Board, Queue};
use supervision::console::{Console, Pad, Setup, Tag, Ways};
use supervision::life::Life;
use supervision::log::{logs, start};
use supervision::metrics::Metrics;
use supervision::part::{Change, Part, State};
use supervision::redact::Redactor;
use tokio::sync::{mpsc, watch};

#[tokio::main]
async fn main() {
    start("info", "CONSOLE_LOG");
    let hash = Argon2::default().hash_password(b"look-at-the-pages").expect("it is hashed");
    let setup = Setup {
        listen: "127.0.0.1:8443".parse().expect("an address"),
        password: Some(hash.to_string()),
        tls: None,
        idle: Duration::from_secs(900),
    };
    let (board, pad) = (watch::Sender::new(board()), watch::Sender::new(pad()));
    let (orders, _nobody) = mpsc::channel(1);
    let ways = Ways {
        board: board.subscribe(),
        slot: None,
        pad: pad.subscribe(),
        log: logs().recent().clone(),
        life: Life::default(),
        metrics: Metrics::new(env!("CARGO_PKG_VERSION")),
        orders,
        redactor: Redactor::default(),
        config: "/etc/yueting/kiosk.toml".into(),
    };
    tracing::warn!(cause = "the reader was unplugged", "the reader does not answer");
    let console = Console::start(&setup, ways, ()).expect("it listens");
    println!("http://{}/", console.address());
    core::future::pending::<()>().await;
}

fn board() -> Board {
    let now = Timestamp::now();
    let mut board = Board::new("自助借还机 1".to_owned(), now);
    for part in &mut board.parts {
        part.state = State::Up;
    }
    if let Some(reader) = board.parts.iter_mut().find(|known| known.part == Part::Reader) {
        reader.history.push_back(Change { at: now, state: State::Up, why: "ID ISC.MR 3.2".to_owned() });
        (reader.state, reader.why) = (State::Down, "the reader was unplugged".to_owned());
    }
    board.alarms.push(Alarm {
        key: "part.reader".to_owned(),
        severity: Severity::Critical,
        why: "the reader was unplugged".to_owned(),
        since: now,
        until: None,
    });
    board.queue = Some(Queue { total: 1204, open: 3, parked: 1, ..Queue::default() });
    board.disk_free = Some(12 << 30);
    board.page = "welcome".to_owned();
    board
}

fn pad() -> Pad {
    let tag = |id: &str, item: &str, title: &str| Tag {
        id: id.to_owned(),
        item: Some(item.to_owned()),
        title: Some(title.to_owned()),
        afi: Some("07".to_owned()),
        rssi: Some(-58),
        antenna: Some(1),
        reads: 9.8,
        missed: 1.0,
    };
    let tags = vec![
        tag("E0040150ABCDEF01", "LW0000001", "红楼梦"),
        tag("E0040150ABCDEF02", "LW0000004", "傲慢与偏见：附录、年表与插图的全译本"),
    ];
    Pad { tags, rounds: 9.9, n_garbage: 0 }
}
