//! A part that is one task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use supervision::part::Part;
use tokio::task::JoinHandle;

use super::{Reporter, Starter, Turn, limit};

/// What begins a part whose whole is the future that `make` gives, and begins it anew: the old one is ended first, and only an
/// end that nobody meant is told. `name` is the task's, for the watchdog.
pub(crate) fn of_task<F>(
    (part, name): (Part, &'static str),
    reporter: &Reporter,
    mut make: impl FnMut() -> Result<F, String> + Send + 'static,
) -> Starter
where
    F: Future<Output = ()> + Send + 'static,
{
    let reporter = reporter.clone();
    let mut running: Option<(JoinHandle<()>, Arc<AtomicBool>)> = None;
    Box::new(move |turn| {
        if let Some((old, is_meant)) = running.take() {
            is_meant.store(true, Ordering::Relaxed);
            old.abort();
        }
        if turn == Turn::End {
            return Ok(());
        }
        let work = make()?;
        let (farewell, is_meant) = reporter.farewell(part);
        let watched = reporter.life().watch(name, limit(), work);
        let task = tokio::spawn(async move {
            watched.await;
            drop(farewell);
        });
        running = Some((task, is_meant));
        Ok(())
    })
}
