//! A reader tried out: does it say what lies on its pad?

use std::time::Duration;

use rfid_driver::port::{self, PortConfig};

use super::session::Session;
use super::stack::{Place, Stack};
use crate::failure::Failure;

/// What it said. Not which tags: a patron's card may lie there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    /// what it calls itself
    pub(crate) model: String,
    /// tags on the pad
    pub(crate) n_tags: usize,
    /// from its first answer until no tag could be hidden any more
    pub(crate) took: Duration,
}

/// Opens the reader, and waits until its pad is known.
///
/// # Errors
/// [`Failure::Port`] if the port cannot be used, [`Failure::NoReader`] if nothing answers, [`Failure::Reader`] if the pad
/// does not settle.
pub(crate) async fn run(port: &PortConfig) -> Result<Trial, Failure> {
    port::open_check(port).await?;
    let mut session = Session::start(port.clone());
    let stack = Stack::wait(&mut session, &Place::of(port)).await;
    // The port is free again only when the task has ended.
    session.end().await;
    let stack = stack?;
    let took = stack.complete.duration_since(stack.up);
    Ok(Trial { model: stack.model, n_tags: stack.arrivals.len(), took })
}
