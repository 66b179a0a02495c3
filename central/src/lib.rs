//! The Interlib-style central server: openlib and an interface for kiosks over HTTP on an embedded SQLite or a
//! PostgreSQL.
//!
//! ```text
//!   HTTP ─▶ api ─▶ store ── one SQL transaction ──┐
//!    kiosk_api  (forms of sync_client)            ├─▶ ledger decides, pure
//!                                                 └─▶ applied and logged, or nothing
//! ```
//!
//! - [`ledger`]: the decisions: may this patron borrow this item today?
//! - [`store`]: what is kept, and the only way to change it
//! - [`api`]: the endpoints of openlib; every answer is an envelope with a code
//! - [`kiosk_api`]: the endpoints for kiosks: transactions with ids, snapshot, changes
//! - [`openapi`]: the document that describes both
//! - [`sip2`]: the same library for self-checks and sorters of other makers
//! - [`payment`]: what providers of payment are asked and told, pure; not wired to an endpoint yet
//! - [`app`]: one running central; [`token`], [`password`], [`clock`]: its parts
//! - [`seed`]: the demo library, and a whole district
//! - [`exchange`]: lists of other systems, CSV and MARC, in and out
//! - [`report`]: the year in figures: page, table, chart
//!
//! **Invariant**: what was answered as done is on disk, and an item is never on loan twice.

pub mod api;
pub mod app;
pub mod clock;
pub mod exchange;
pub mod kiosk_api;
pub mod ledger;
pub mod openapi;
pub mod password;
pub mod payment;
pub mod report;
pub mod seed;
pub mod sip2;
pub mod store;
pub mod token;

pub use app::{App, SeedFailure, Settings};
pub use store::OpenError;

use tokio::net::TcpListener;

/// Serves until the listener fails.
///
/// # Errors
/// What the listener says.
pub async fn serve(listener: TcpListener, app: App) -> std::io::Result<()> {
    axum::serve(listener, api::router(app)).await
}

/// Serves until `stop` ends, then finishes the answers under way.
///
/// # Errors
/// What the listener says.
pub async fn serve_until(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, api::router(app)).with_graceful_shutdown(stop).await
}
