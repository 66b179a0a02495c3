//! What nobody asks for and has to be done all the same: holds that nobody came for end, and the item goes to whoever is
//! next; titles that were changed are sorted into the index of the catalogue. Several copies of central may do it at once:
//! each hold ends once. What one library did with a loan between libraries is told to the other.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::store::{Desk, StoreError};

/// Tidies up now and then every `EVERY`, until `stop` turns true.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    loop {
        let worker = app.clone();
        match tokio::task::spawn_blocking(move || once(&worker)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(n)) => {
                tracing::info!(n, "held items that nobody came for have to be taken from the hold shelf")
            }
            Ok(Err(fault)) => tracing::error!(%fault, "the store fails; holds are tidied up later"),
            Err(fault) => tracing::error!(%fault, "tidying up panicked; its change was rolled back"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            // An error means that whoever could stop us is gone.
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
        }
    }
}

/// Tidies up once. Gives how many items have to be taken from a hold shelf. Blocks.
///
/// # Errors
/// [`StoreError`]; what was done before it stays done.
pub fn once(app: &App) -> Result<usize, StoreError> {
    let desk = Desk { opuser: "tidy".to_owned(), now: app.now() };
    let mut n_items = 0;
    for (of, _) in app.store().institutions()? {
        loop {
            let tidied = app.store().tidy_holds(&of, BATCH, &desk)?;
            n_items += tidied.waited.len();
            if tidied.n_ended == 0 {
                break;
            }
        }
        let n_told = app.store().carry_ills(&of, desk.now)?;
        if n_told > 0 {
            tracing::info!(n_told, "other libraries were told of loans between libraries");
        }
        let n_titles = app.store().index_titles(&of)?;
        if n_titles > 0 {
            tracing::debug!(n_titles, "titles are sorted into the index");
        }
    }
    Ok(n_items)
}

/// A day's holds end at midnight; an hour later nobody has noticed.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// Holds ended between two looks.
const BATCH: u32 = 200;
