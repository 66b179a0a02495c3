//! The Interlib-style central server: openlib and an interface for kiosks over HTTP on an embedded SQLite or a
//! PostgreSQL.
//!
//! ```text
//!   HTTP ─▶ api ─▶ store ── one SQL transaction ──┐
//!  server kiosk_api  (forms of sync_client)       ├─▶ ledger decides, pure
//!           web      (pages)                      └─▶ applied and logged, or nothing
//! ```
//!
//! - [`ledger`]: the decisions: may this patron borrow this item today?
//! - [`store`]: what is kept, and the only way to change it
//! - [`api`]: the endpoints of openlib; every answer is an envelope with a code
//! - [`kiosk_api`]: the endpoints for kiosks: transactions with ids, snapshot, changes
//! - [`openapi`]: the document that describes both
//! - [`sip2`]: the same library for self-checks and sorters of other makers
//! - [`payment`]: what providers of payment are asked and told, pure; not wired to an endpoint yet
//! - [`app`]: one running central; [`token`], [`password`], [`certificate`], [`clock`]: its parts
//! - `web`: pages for staff and for readers' phones; [`board`]: what a heart-beat means; [`server`]: connections
//! - [`people`]: who may do what; [`card`]: a patron's card as a signed code
//! - [`payment`], [`cashier`]: money for cards that machines make, through phones
//! - [`tidy`]: what has to be done without being asked for
//! - [`seed`]: the demo library, and a whole district
//! - [`exchange`]: lists of other systems, CSV and MARC, in and out
//! - [`report`]: the year in figures: page, table, chart
//!
//! **Invariant**: what was answered as done is on disk, and an item is never on loan twice.

pub mod api;
pub mod app;
pub mod board;
pub mod card;
pub mod cashier;
pub mod certificate;
pub mod clock;
pub mod exchange;
pub mod kiosk_api;
pub mod ledger;
pub mod openapi;
pub mod password;
pub mod payment;
pub mod people;
pub mod report;
pub mod seed;
pub mod server;
pub mod sip2;
pub mod store;
pub mod tidy;
pub mod token;
mod web;

pub use app::{App, SeedFailure, Settings};
pub use server::Serving;
pub use store::OpenError;

use tokio::net::TcpListener;

/// Serves for ever, plain HTTP.
pub async fn serve(listener: TcpListener, app: App) {
    server::serve(listener, app, Serving::default(), core::future::pending()).await;
}

/// Serves until `stop` ends, then finishes the answers under way.
pub async fn serve_until(
    listener: TcpListener,
    app: App,
    serving: Serving,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    server::serve(listener, app, serving, stop).await;
}
