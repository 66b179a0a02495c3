//! The console over real sockets: what is served to whom, and what is refused. And the numbers, as others read them.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod api;
mod attacks;
mod browser;
mod metrics;
mod pages;
mod rig;
mod tls;
