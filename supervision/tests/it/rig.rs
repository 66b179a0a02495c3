//! A console on a port of its own, with a kiosk behind it that writes down what it is asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::{Argon2, PasswordHasher as _};
use jiff::Timestamp;
use reqwest::{Client, Response, redirect};
use supervision::board::Board;
use supervision::console::slot::Slot;
use supervision::console::{Console, Order, Pad, Setup, Tag, Ways};
use supervision::control::{self, Reloaded, Request, Trial};
use supervision::life::Life;
use supervision::log::Recent;
use supervision::metrics::Metrics;
use supervision::part::State;
use supervision::redact::Redactor;
use supervision::station::Written;
use sync_client::queue::{Answer, Entry};
use tokio::sync::{mpsc, watch};

pub(crate) const PASSWORD: &str = "correct horse 71";
/// What no answer may show to whoever has no session.
pub(crate) const TAG: &str = "E0040150ABCDEF01";
pub(crate) const ITEM: &str = "LW0000017";

pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) board: watch::Sender<Board>,
    asked: Arc<Mutex<Vec<String>>>,
    pub(crate) metrics: Metrics,
    ways: Ways,
    _console: Console,
    pub(crate) pad: watch::Sender<Pad>,
    pub(crate) slot: watch::Sender<Slot>,
}

pub(crate) fn hash(password: &str) -> String {
    // As cheap as the algorithm allows: these tests are about the door, not the lock.
    let cheap = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cheap);
    argon2.hash_password(password.as_bytes()).unwrap().to_string()
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::with(None, PathBuf::from("/nowhere"))
    }

    pub(crate) fn with(tls: Option<(PathBuf, PathBuf)>, config: PathBuf) -> Self {
        let mut known = Board::new("一号机".to_owned(), Timestamp::UNIX_EPOCH);
        for part in &mut known.parts {
            part.state = State::Up;
        }
        let board = watch::Sender::new(known);
        let pad = watch::Sender::new(Pad {
            tags: vec![Tag {
                id: TAG.to_owned(),
                item: Some(ITEM.to_owned()),
                title: Some("<b>红楼梦</b>".to_owned()),
                ..Tag::default()
            }],
            ..Pad::default()
        });
        let slot = watch::Sender::new(Slot::default());
        let (orders, asked) = mpsc::channel(8);
        let heard = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(kiosk(asked, Arc::clone(&heard)));
        let ways = Ways {
            board: board.subscribe(),
            pad: pad.subscribe(),
            slot: Some(slot.subscribe()),
            log: Recent::default(),
            life: Life::default(),
            metrics: Metrics::new("0.1.0"),
            orders,
            redactor: Redactor::new(["top-secret-word".to_owned()]),
            config,
        };
        let setup = Setup {
            listen: "127.0.0.1:0".parse().unwrap(),
            password: Some(hash(PASSWORD)),
            tls,
            idle: Duration::from_secs(900),
        };
        let console = Console::start(&setup, ways.clone(), ()).unwrap();
        let metrics = ways.metrics.clone();
        Self { address: console.address(), board, asked: heard, metrics, ways, _console: console, pad, slot }
    }

    pub(crate) fn ways(&self) -> Ways {
        self.ways.clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> (u16, String) {
        let answer = client().get(self.url(path)).header("cookie", cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> (u16, String) {
        let answer = client().post(self.url(path)).header("cookie", cookie).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn log_in(&self) -> String {
        let answer = self.try_password(PASSWORD).await;
        assert_eq!(answer.status().as_u16(), 303, "{answer:?}");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn try_password(&self, password: &str) -> Response {
        client().post(self.url("/login")).form(&[("password", password)]).send().await.unwrap()
    }

    /// The token of the forms of a session.
    pub(crate) async fn token(&self, cookie: &str) -> String {
        let (_, page) = self.get("/tests", cookie).await;
        let after = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub(crate) fn client() -> Client {
    // A second call changes nothing.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

async fn kiosk(mut orders: mpsc::Receiver<Order>, heard: Arc<Mutex<Vec<String>>>) {
    while let Some(order) = orders.recv().await {
        let text = match &order {
            Order::Queue(request, _) => format!("{request:?}"),
            Order::Control(Request::Restart { part }, _) => format!("restart {}", part.word()),
            Order::Control(Request::Reload, _) => "reload".to_owned(),
            Order::Control(Request::Service { out }, _) => format!("service out={out}"),
            Order::Control(request, _) => format!("{request:?}"),
            Order::Test(test, _) => format!("test {}", test.word()),
            Order::Program(wanted, _) => format!("program {}", wanted.item),
        };
        heard.lock().unwrap().push(text);
        match order {
            Order::Queue(_, answer) => drop(answer.send(Answer::Rows { rows: vec![row()], more: false })),
            Order::Control(request, answer) => drop(answer.send(answered(&request))),
            Order::Test(_, answer) => drop(answer.send(Ok(()))),
            Order::Program(wanted, answer) => {
                drop(answer.send(Ok(Written { tag: TAG.to_owned(), item: wanted.item, was_same: false })));
            }
        }
    }
}

fn answered(request: &Request) -> control::Answer {
    match request {
        Request::Reload => control::Answer::Reloaded(Reloaded {
            taken: vec!["visit.idle_seconds".to_owned()],
            restart: vec!["reader.port".to_owned()],
            waits: true,
        }),
        Request::Power { dbm, .. } => {
            control::Answer::Power(Trial { dbm: *dbm, until: Timestamp::UNIX_EPOCH })
        }
        Request::Board
        | Request::Restart { .. }
        | Request::Service { .. }
        | Request::PowerBack
        | Request::Log { .. } => control::Answer::Done,
    }
}

fn row() -> Entry {
    Entry {
        seq: 1,
        id: "019a8c3e-1234-7000-8000-123456789012".to_owned(),
        act: "checkin".to_owned(),
        item: ITEM.to_owned(),
        title: Some("<script>alert(1)</script>".to_owned()),
        patron: None,
        state: "parked".to_owned(),
        assumed: false,
        tag_open: true,
        closed: false,
        asked: "2026-11-29T01:02:03Z".to_owned(),
        changed: "2026-11-29T01:02:03Z".to_owned(),
        attempts: 3,
        note: None,
    }
}
