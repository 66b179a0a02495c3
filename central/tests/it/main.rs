//! Central over a real socket: the same suite on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: their failure is the test's failure"
)]
#![expect(clippy::duplicate_mod, reason = "the suite is there once for each engine")]

mod bank;
mod browser;
mod commands;
mod copies;
mod corpus;
mod http_fuzzer;
mod postgres;
mod program;
mod proxy;
mod sip2_program;
mod tls;

#[path = "."]
mod on_sqlite {
    const ENGINE: crate::Engine = crate::Engine::Sqlite;

    mod account;
    mod circulation;
    mod desk;
    mod exchange;
    mod hostile;
    mod kiosk_api;
    mod mirror;
    mod offline;
    mod openapi;
    mod openlib;
    mod pay;
    mod refusals;
    mod sip2;
    mod slow;
    mod token;
    pub(super) mod web;
    pub(super) mod world;
}

#[path = "."]
mod on_postgres {
    const ENGINE: crate::Engine = crate::Engine::Postgres;

    mod account;
    mod circulation;
    mod desk;
    mod exchange;
    mod hostile;
    mod kiosk_api;
    mod mirror;
    mod offline;
    mod openapi;
    mod openlib;
    mod pay;
    mod refusals;
    mod sip2;
    mod slow;
    mod token;
    pub(super) mod web;
    pub(super) mod world;
}

/// What a suite runs on.
enum Engine {
    Sqlite,
    Postgres,
}
