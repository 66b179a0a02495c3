//! `kioskctl reader program`: writes one tag, and reads it back.
//!
//! The tag is dumped first: what is locked and what it says besides stays, and a tag that is on another item is refused.

use std::io::{self, IsTerminal};
use std::time::Duration;

use rfid_driver::port::{Command, Dump, Plan, PortConfig, ProgramOutcome, ReaderEvent};
use rfid_driver::tag::{Security, TagId};

use super::refusal::Refusal;
use super::session::Session;
use super::stack::{Place, Stack};
use super::{line, runtime};
use crate::arguments::ProgramArguments;
use crate::failure::Failure;
use crate::{Outcome, say};
use plan::{Rules, Wish};
use report::Report;

pub(crate) mod plan;
mod report;

pub(crate) use report::detail;

/// Writes, unless the person at the terminal says no.
///
/// # Errors
/// [`Failure`] if nothing was written.
pub(crate) fn run(arguments: &ProgramArguments) -> Result<Outcome, Failure> {
    if !arguments.yes && !arguments.dry_run && (arguments.json || !io::stdin().is_terminal()) {
        return Err(Refusal::NeedsYes.into());
    }
    let line = line(&arguments.line)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        rfid_driver::port::open_check(&line.port).await?;
        let mut session = Session::start(line.port.clone());
        let outcome = program(arguments, &line.port, line.is_configured, &mut session).await;
        session.end().await;
        outcome
    });
    // Somebody may still be thinking about an answer.
    runtime.shutdown_background();
    outcome
}

async fn program(
    arguments: &ProgramArguments,
    port: &PortConfig,
    is_configured: bool,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let rules = Rules { policy: port.security, layouts: port.layouts.clone(), is_configured };
    let stack = Stack::wait(session, &Place::of(port)).await?;
    let tag = stack.one(arguments.tag.as_deref())?.tag;
    let dump = dump(session, tag).await?;
    let planned = rules.plan(&Wish::from(arguments), &dump)?;
    let now = plan::security(&planned.before, &dump, rules.policy);
    let mut report = Report::of(tag, &dump, now, &planned);
    if !arguments.json {
        say(&report.table(planned.draft.set))?;
    }
    if arguments.dry_run || !(arguments.yes || confirm(session).await?) {
        tell(arguments, &report)?;
        return Ok(if arguments.dry_run { Outcome::Good } else { Outcome::Bad });
    }
    let outcome = write(session, tag, planned.plan, planned.to).await?;
    report.ended(outcome);
    tell(arguments, &report)?;
    Ok(if outcome == ProgramOutcome::Verified { Outcome::Good } else { Outcome::Bad })
}

fn tell(arguments: &ProgramArguments, report: &Report) -> Result<(), Failure> {
    if !arguments.json {
        return say(&format!("{}\n", report.detail()));
    }
    say(&(serde_json::to_string(report).map_err(Failure::Json)? + "\n"))
}

/// All that the tag holds; a reading that was cut is begun again.
///
/// # Errors
/// [`Refusal::NotRead`] if it is not heard to the end, [`Refusal::Lost`] without a driver.
pub(crate) async fn dump(session: &mut Session, tag: TagId) -> Result<Dump, Failure> {
    for _ in 0..DUMP_TRIES {
        let request = session.tell(|request| Command::Dump { request, tag }).await.ok_or(Refusal::Lost)?;
        let is_answer = |event| match event {
            ReaderEvent::Dumped { request: of, dump, .. } if of == request => Some(dump),
            ReaderEvent::Dumped { .. }
            | ReaderEvent::Heard(_)
            | ReaderEvent::Power { .. }
            | ReaderEvent::Up(_)
            | ReaderEvent::Down(_)
            | ReaderEvent::Arrived(_)
            | ReaderEvent::Departed { .. }
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => None,
        };
        match session.answer(is_answer).await.ok_or(Refusal::Lost)? {
            Some(dump) => return Ok(dump),
            None => tokio::time::sleep(DUMP_AGAIN).await,
        }
    }
    Err(Refusal::NotRead { tag }.into())
}

/// Writes a plan, and reads all of it back.
///
/// # Errors
/// [`Refusal::Lost`] without a driver.
pub(crate) async fn write(
    session: &mut Session,
    tag: TagId,
    plan: Plan,
    to: Security,
) -> Result<ProgramOutcome, Failure> {
    let request =
        session.tell(|request| Command::Program { request, tag, plan, to }).await.ok_or(Refusal::Lost)?;
    let is_answer = |event| match event {
        ReaderEvent::Programmed { request: of, outcome, .. } if of == request => Some(outcome),
        ReaderEvent::Programmed { .. }
        | ReaderEvent::Up(_)
        | ReaderEvent::Down(_)
        | ReaderEvent::Arrived(_)
        | ReaderEvent::Departed { .. }
        | ReaderEvent::Complete { .. }
        | ReaderEvent::Wrote { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Heard(_)
        | ReaderEvent::Power { .. }
        | ReaderEvent::Trouble(_)
        | ReaderEvent::TroubleOver(_) => None,
    };
    Ok(session.answer(is_answer).await.ok_or(Refusal::Lost)?)
}

/// Asks at the terminal; what the reader tells meanwhile is let go.
async fn confirm(session: &mut Session) -> Result<bool, Failure> {
    say("write it? [y/N] ")?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    tokio::pin!(answer);
    loop {
        tokio::select! {
            line = &mut answer => {
                let line = line.map_err(io::Error::other).and_then(|line| line).map_err(Failure::System)?;
                return Ok(matches!(line.trim(), "y" | "Y" | "yes"));
            }
            event = session.events.recv() => if event.is_none() { return Err(Refusal::Lost.into()) },
        }
    }
}

/// A tag at the edge of the field may need a second reading, and then it is not one to write.
const DUMP_TRIES: u8 = 3;
const DUMP_AGAIN: Duration = Duration::from_millis(200);
