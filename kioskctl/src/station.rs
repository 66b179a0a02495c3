//! `kioskctl tag station`: barcode in, tag out, verified; and `kioskctl tag batch`, what that came to.
//!
//! ```text
//!   list, or scanner ──item──▶ [desk] ──dump──▶ tag       what it says now: refused, or planned over it
//!                                │  ──intent──▶ [journal]  on the disk before the first write
//!                                │  ──program─▶ tag       each write read back, at the end all of it
//!                                └──done──────▶ [journal]  then the next
//! ```
//! What may be written where is decided by [`batch`] alone.

mod batch;
mod desk;
mod journal;
mod list;
mod report;
mod tell;
mod typed;
mod write;

use std::sync::Arc;

use rfid_driver::data::Usage;
use rfid_driver::tag::Security;

use crate::arguments::{BatchArguments, StationArguments};
use crate::failure::Failure;
use crate::reader::program::plan::{Rules, Wish};
use crate::reader::session::Session;
use crate::reader::stack::Place;
use crate::reader::{line, runtime};
use crate::{Outcome, say};
use desk::{Desk, End};
use journal::Journal;
use report::Summary;
use tell::Teller;
use typed::Typed;

pub(crate) use journal::JournalFailure;
pub(crate) use list::ListFailure;

/// Gives items their tags until the list is done or whoever sits there ends it.
///
/// # Errors
/// [`Failure`]: the batch or the list cannot be used, or the reader does not answer.
pub(crate) fn run(arguments: &StationArguments) -> Result<Outcome, Failure> {
    let rows = arguments.list.as_deref().map(list::read).transpose()?;
    let line = line(&arguments.line)?;
    let journal = Journal::open(&arguments.batch)?;
    let rules = Rules {
        policy: line.port.security,
        layouts: Arc::clone(&line.port.layouts),
        is_configured: line.is_configured,
    };
    let runtime = runtime()?;
    let (ended, journal) = runtime.block_on(async {
        rfid_driver::port::open_check(&line.port).await?;
        let mut desk = Desk {
            session: Session::start(line.port.clone()),
            place: Place::of(&line.port),
            typed: Typed::listen()?,
            teller: Teller::new(arguments.json),
            journal,
            rules,
            wish: wish(arguments),
            rewrite: arguments.rewrite,
            passed: None,
        };
        let ended = desk.serve(rows.as_deref()).await;
        let Desk { session, journal, .. } = desk;
        session.end().await;
        Ok::<_, Failure>((ended, journal))
    })?;
    // Somebody may still be thinking about the next line.
    runtime.shutdown_background();
    let summary = Summary::of(&journal, rows.as_deref());
    tell_summary(&summary, arguments.json)?;
    if let Some(path) = &arguments.csv {
        report::write_csv(path, &journal.lines)?;
    }
    Ok(match ended? {
        End::Interrupted => Outcome::Interrupted,
        End::Over if summary.is_whole() => Outcome::Good,
        End::Over => Outcome::Bad,
    })
}

/// What a batch came to; also while a station goes on with it.
///
/// # Errors
/// [`Failure`]: the batch or the list cannot be used.
pub(crate) fn show(arguments: &BatchArguments) -> Result<Outcome, Failure> {
    let rows = arguments.list.as_deref().map(list::read).transpose()?;
    let journal = Journal::look(&arguments.batch)?;
    let summary = Summary::of(&journal, rows.as_deref());
    if let Some(path) = &arguments.csv {
        report::write_csv(path, &journal.lines)?;
    }
    tell_summary(&summary, arguments.json)?;
    Ok(if summary.is_whole() { Outcome::Good } else { Outcome::Bad })
}

fn tell_summary(summary: &Summary, is_json: bool) -> Result<(), Failure> {
    say(&if is_json { format!("{}\n", summary.json()) } else { summary.text() })
}

/// What every tag of the batch is to say besides its item.
fn wish(arguments: &StationArguments) -> Wish {
    let to = if arguments.unsecured { Security::Unsecured } else { Security::Secured };
    Wish {
        owner: arguments.isil.clone(),
        usage: arguments.usage.map(|usage| Usage(usage.0)),
        layout: arguments.layout.clone(),
        to: Some(to),
        ..Wish::default()
    }
}
