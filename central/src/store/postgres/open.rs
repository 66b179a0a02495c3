//! Opening: is this server's database ours, does it keep what it commits, is its schema up to date?

use tokio_postgres::{Client, Config};

use super::pool::Pool;
use super::{Database, wait};
use crate::store::{OpenError, StoreError, statement};

impl Database {
    /// Connects, and makes or migrates the schema as needed. Any number of copies may do so at once.
    pub(in crate::store) fn open(config: &Config) -> Result<Self, OpenError> {
        let server = shown(config);
        let pool = Pool::new(with_settings(config)).map_err(|source| OpenError::Threads { source })?;
        {
            let mut lease = pool.lease().map_err(|fault| failure(&server, fault))?;
            keeps_what_it_commits(lease.client(), &server)?;
            migrate(lease.client(), &server)?;
            // A schema that does not fit shows now, and not when the first patron asks.
            for statement in statement::ALL.iter().copied().flatten() {
                for text in core::iter::once(statement.postgres).chain(statement.many.map(|many| many.text)) {
                    lease.prepared(text).map_err(|fault| failure(&server, fault))?;
                }
            }
            lease.is_clean = true;
        }
        Ok(Self { pool })
    }
}

/// A central that has stopped in the middle must not hold its locks, and what is answered must be on the disk.
fn with_settings(config: &Config) -> Config {
    let mut config = config.clone();
    let given = config.get_options().unwrap_or_default();
    let options = format!("{given} {SETTINGS}");
    config.options(options.trim()).application_name("central");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(core::time::Duration::from_secs(5));
    }
    config
}

fn keeps_what_it_commits(client: &Client, server: &str) -> Result<(), OpenError> {
    for (setting, expected) in [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")] {
        let found = text(client, &format!("SHOW {setting}")).map_err(|fault| failure(server, fault))?;
        if found.as_deref() != Some(expected) {
            return Err(OpenError::ServerSetting { server: server.to_owned(), setting });
        }
    }
    Ok(())
}

fn migrate(client: &Client, server: &str) -> Result<(), OpenError> {
    let failed = |fault| failure(server, fault);
    let run = |sql: &str| wait::until(client.batch_execute(sql)).map_err(|fault| failed(fault.into()));
    run("BEGIN")?;
    run(&format!("SELECT pg_advisory_xact_lock({LOCK})"))?;
    let is_ours = text(client, "SELECT to_regclass('central_schema')::text").map_err(failed)?.is_some();
    if !is_ours {
        let tables = "SELECT min(tablename)::text FROM pg_tables WHERE schemaname = current_schema()";
        if text(client, tables).map_err(failed)?.is_some() {
            return Err(OpenError::ServerForeign { server: server.to_owned() });
        }
    }
    let found = if is_ours {
        let version = text(client, "SELECT max(version)::text FROM central_schema").map_err(failed)?;
        version.and_then(|version| version.parse().ok()).unwrap_or(0)
    } else {
        0
    };
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::ServerNewer { server: server.to_owned(), found, known });
    }
    for sql in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        run(sql)?;
    }
    run(&format!("UPDATE central_schema SET version = {known}"))?;
    run("COMMIT")
}

/// The one text that a question gives.
fn text(client: &Client, sql: &str) -> Result<Option<String>, StoreError> {
    let row = wait::until(client.query_one(sql, &[]))?;
    Ok(row.try_get(0)?)
}

fn failure(server: &str, fault: StoreError) -> OpenError {
    let server = server.to_owned();
    let StoreError::Postgres { code, .. } = &fault else {
        return OpenError::Postgres { server, source: fault };
    };
    match code.as_deref() {
        None => OpenError::Unreachable { server, source: fault },
        Some(code) if code.starts_with("28") => OpenError::Denied { server, source: fault },
        Some("3D000") => OpenError::NoDatabase { server },
        Some(_) => OpenError::Postgres { server, source: fault },
    }
}

/// Where it is, without the password.
fn shown(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let name = config.get_dbname().or_else(|| config.get_user()).unwrap_or("?");
    format!("{name} at {}:{port}", hosts.collect::<Vec<_>>().join(","))
}

/// Statements are looked-up keys: planning one again for its values, or compiling it, costs more than running it.
const SETTINGS: &str = "-c synchronous_commit=on -c lock_timeout=5s -c statement_timeout=30s \
     -c idle_in_transaction_session_timeout=30s -c plan_cache_mode=force_generic_plan -c jit=off";

/// "YTCE" in ASCII: whoever makes the schema holds this lock.
const LOCK: i64 = 0x5954_4345;

const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/postgres/0001_central.sql"),
    include_str!("../../../migrations/postgres/0004_desk.sql"),
    include_str!("../../../migrations/postgres/0005_people.sql"),
    include_str!("../../../migrations/postgres/0006_reports.sql"),
    include_str!("../../../migrations/postgres/0007_titles.sql"),
    include_str!("../../../migrations/postgres/0008_sounds.sql"),
    include_str!("../../../migrations/postgres/0010_back.sql"),
    include_str!("../../../migrations/postgres/0011_touch.sql"),
    include_str!("../../../migrations/postgres/0011_words.sql"),
    include_str!("../../../migrations/postgres/0012_boxes.sql"),
    include_str!("../../../migrations/postgres/0013_seen.sql"),
    include_str!("../../../migrations/postgres/0014_counts.sql"),
    include_str!("../../../migrations/postgres/0015_map.sql"),
    include_str!("../../../migrations/postgres/0016_ill.sql"),
    include_str!("../../../migrations/postgres/0017_machine.sql"),
    include_str!("../../../migrations/postgres/0018_given.sql"),
    include_str!("../../../migrations/postgres/0019_undone.sql"),
    include_str!("../../../migrations/postgres/0020_orders.sql"),
];
