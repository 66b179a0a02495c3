//! One central in this process, with a clock that a test can set.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::Engine;
use central::certificate::CertificateKey;
use central::store::Address;
use central::{App, Settings};
use jiff::civil::{DateTime, datetime};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::Value;
use sync_client::clock::Clock;
use sync_client::http::{KioskApi, OpenlibConfig};
use sync_client::wire::{Envelope, path};

pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    /// goes nowhere by itself
    pub(crate) still: reqwest::Client,
    pub(crate) app: App,
    now: Arc<Mutex<DateTime>>,
    database: String,
    _folder: tempfile::TempDir,
}

impl World {
    /// A central with the demo library, on 23 November 2026, half past nine. Nothing where its engine is not installed.
    pub(crate) async fn new() -> Option<Self> {
        let folder = tempfile::TempDir::new().unwrap();
        let now = Arc::new(Mutex::new(datetime(2026, 11, 23, 9, 30, 0, 0)));
        let clock = Arc::clone(&now);
        let settings = Settings {
            clock: Arc::new(move || *clock.lock().unwrap()),
            token_life: SignedDuration::from_hours(2),
        };
        let database = match super::ENGINE {
            Engine::Sqlite => folder.path().join("central.db").to_str().unwrap().to_owned(),
            Engine::Postgres => crate::postgres::database()?,
        };
        let app = App::open_at(&Address::parse(&database, None).unwrap(), settings).unwrap();
        app.seed_demo().unwrap();
        app.set_certificate_key(CertificateKey::new([7; 32]));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(central::serve(listener, app.clone()));
        Some(Self {
            base: format!("http://{address}"),
            address,
            http: client(),
            still: still_client(),
            app,
            now,
            database,
            _folder: folder,
        })
    }

    /// Runs a statement past central.
    pub(crate) fn execute(&self, sql: &str) {
        match super::ENGINE {
            Engine::Sqlite => {
                let connection = rusqlite::Connection::open(&self.database).unwrap();
                connection.busy_timeout(Duration::from_secs(60)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Engine::Postgres => crate::postgres::execute(&self.database, sql),
        }
    }

    /// The one text that a question past central gives.
    pub(crate) fn text(&self, sql: &str) -> String {
        match super::ENGINE {
            Engine::Sqlite => {
                let connection = rusqlite::Connection::open(&self.database).unwrap();
                connection.query_row(sql, (), |row| row.get(0)).unwrap()
            }
            Engine::Postgres => text_on_server(&self.database, sql),
        }
    }

    /// A table as whoever stole the database reads it: on SQLite the bytes of the files, on PostgreSQL its rows.
    pub(crate) fn dump(&self, table: &'static str) -> String {
        match super::ENGINE {
            Engine::Sqlite => {
                let log = std::fs::read(format!("{}-wal", self.database)).unwrap_or_default();
                let bytes = [std::fs::read(&self.database).unwrap(), log].concat();
                // Numbers are no text there: they are read as such.
                let connection = rusqlite::Connection::open(&self.database).unwrap();
                let years = "SELECT coalesce(group_concat(birth_year), '') FROM patron";
                let years: String = connection.query_row(years, (), |row| row.get(0)).unwrap();
                String::from_utf8_lossy(&bytes).into_owned() + &years
            }
            Engine::Postgres => text_on_server(
                &self.database,
                &format!("SELECT string_agg(CAST(t AS TEXT), ' ') FROM {table} AS t"),
            ),
        }
    }

    pub(crate) fn pass_minutes(&self, minutes: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(minutes.minutes()).unwrap();
    }

    /// The kiosk's client; its clock is that of this central.
    pub(crate) fn kiosk(&self) -> KioskApi {
        self.kiosk_at(&self.base)
    }

    /// The kiosk's client, on another way to this central.
    pub(crate) fn kiosk_at(&self, base: &str) -> KioskApi {
        let mut config = OpenlibConfig::new(base, "yueting-demo", "yueting-demo-secret", "kiosk-1");
        let now = Arc::clone(&self.now);
        // The machine may be busy with everybody's tests: what is slow is no fault here.
        config.total_timeout = Duration::from_secs(60);
        config.clock = Clock::new(move || timestamp(*now.lock().unwrap()));
        KioskApi::new(config).unwrap()
    }

    /// The clock of this central.
    pub(crate) fn clock(&self) -> Arc<Mutex<DateTime>> {
        Arc::clone(&self.now)
    }

    /// Now, as a kiosk's clock shows it.
    pub(crate) fn now(&self) -> Timestamp {
        timestamp(*self.now.lock().unwrap())
    }

    pub(crate) async fn token(&self) -> String {
        let answer =
            self.get(path::TOKEN, &[("appid", "yueting-demo"), ("secret", "yueting-demo-secret")]).await;
        answer["messagelist"][0]["token"].as_str().unwrap().to_owned()
    }

    /// GET; the answer must be HTTP 200 with JSON that the kiosk's client reads.
    pub(crate) async fn get(&self, path: &str, params: &[(&str, &str)]) -> Value {
        read(self.http.get(format!("{}{path}", self.base)).query(params)).await
    }

    /// POST of a form; as [`World::get`].
    pub(crate) async fn post(&self, path: &str, params: &[(&str, &str)]) -> Value {
        read(self.http.post(format!("{}{path}", self.base)).form(params)).await
    }

    /// GET with a fresh token.
    pub(crate) async fn ask(&self, path: &str, params: &[(&str, &str)]) -> Value {
        let token = self.token().await;
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(params);
        self.get(path, &all).await
    }

    pub(crate) async fn lend(&self, patron: &str, item: &str) -> Value {
        self.ask(path::LOAN_BOOK, &[("rdid", patron), ("barcode", item), ("opuser", "kiosk-1")]).await
    }
}

/// The one text that a question to PostgreSQL gives.
fn text_on_server(address: &str, sql: &str) -> String {
    let (address, sql) = (address.to_owned(), sql.to_owned());
    let worker = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            let text = client.query_one(&sql, &[]).await.unwrap().get(0);
            drop(client);
            connection.await.unwrap().unwrap();
            text
        })
    });
    worker.join().unwrap()
}

fn timestamp(local: DateTime) -> Timestamp {
    jiff::tz::offset(8).to_timestamp(local).unwrap()
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let text = response.text().await.unwrap();
    let _: Envelope = serde_json::from_str(&text).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(value["success"].is_boolean(), "{text}");
    assert!(!text.contains(r#""rdpasswd""#) && !text.contains("argon2id"), "{text}");
    value
}

pub(crate) fn client() -> reqwest::Client {
    // Another test of this process may have been first.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn still_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) fn code(answer: &Value) -> &str {
    answer["messagelist"][0]["code"].as_str().unwrap()
}

pub(crate) fn text(answer: &Value) -> &str {
    answer["messagelist"][0]["message"].as_str().unwrap()
}
