//! `kioskctl queue`: the ledger's rows, and what staff does with them.
//!
//! A kiosk that runs has the ledger and answers on its control socket; of one that does not, the ledger is opened here.

mod caller;
mod renew;
mod show;

use sync_client::queue::{Answer, Request, Which};

use crate::arguments::{KioskArguments, ListArguments, QueueCommand};
use crate::failure::Failure;
use crate::kiosk;
use crate::{Outcome, say};
pub(crate) use caller::Caller;

/// Carries out one command.
///
/// # Errors
/// [`Failure::Ledger`] if neither the kiosk answers nor the ledger can be opened, [`Failure::Queue`] if what was asked
/// is refused.
pub(crate) fn run(command: &QueueCommand) -> Result<Outcome, Failure> {
    if let QueueCommand::NewLedger(kiosk) = command {
        if kiosk.console.url.is_some() {
            return Err(Failure::Queue {
                why: "a ledger is moved aside on the kiosk itself: run this there".to_owned(),
            });
        }
        return renew::run(&kiosk::data_dir(kiosk)?);
    }
    let mut caller = Caller::of(command.queue())?;
    match command {
        // Done above: whoever moves the ledger must not have it open.
        QueueCommand::NewLedger(_) => Ok(Outcome::Good),
        QueueCommand::Status(queue) => status(&mut caller, queue),
        QueueCommand::List(list) => rows(&mut caller, list),
        QueueCommand::Show(one) => {
            let request = Request::Show { id: one.id.clone(), patron: one.patron };
            let answer = caller.ask(&request)?;
            say(&show::row(&answer, one.queue.json)?)?;
            Ok(Outcome::Good)
        }
        QueueCommand::Retry(one) => change(&mut caller, Request::Retry { id: one.id.clone() }, &one.queue),
        QueueCommand::Park(one) => {
            let request = Request::Park { id: one.id.clone(), why: one.text.clone() };
            change(&mut caller, request, &one.queue)
        }
        QueueCommand::Settle(one) => {
            let request = Request::Settle { id: one.id.clone(), note: one.text.clone() };
            change(&mut caller, request, &one.queue)
        }
        QueueCommand::Export(export) => {
            let mut after = 0;
            loop {
                let answer = caller.ask(&Request::Export { after, patron: export.patrons })?;
                let Answer::Rows { rows, more } = answer else { return Err(Failure::Unexpected) };
                say(&show::lines(&rows)?)?;
                match rows.last() {
                    Some(last) if more => after = last.seq,
                    Some(_) | None => return Ok(Outcome::Good),
                }
            }
        }
    }
}

/// Exit code 1 when staff is wanted: for whoever watches.
fn status(caller: &mut Caller, queue: &KioskArguments) -> Result<Outcome, Failure> {
    let Answer::Status(status) = caller.ask(&Request::Status)? else { return Err(Failure::Unexpected) };
    say(&show::status(&status, queue.json)?)?;
    Ok(if status.parked == 0 { Outcome::Good } else { Outcome::Bad })
}

fn rows(caller: &mut Caller, list: &ListArguments) -> Result<Outcome, Failure> {
    let which = match (list.all, list.parked) {
        (true, _) => Which::All,
        (false, true) => Which::Parked,
        (false, false) => Which::Open,
    };
    let answer = caller.ask(&Request::List { which, limit: u32::from(list.limit) })?;
    let Answer::Rows { rows, more } = answer else { return Err(Failure::Unexpected) };
    let text = if list.queue.json { show::lines(&rows)? } else { show::table(&rows, more) };
    say(&text)?;
    Ok(Outcome::Good)
}

fn change(caller: &mut Caller, request: Request, queue: &KioskArguments) -> Result<Outcome, Failure> {
    let answer = caller.ask(&request)?;
    say(&show::row(&answer, queue.json)?)?;
    Ok(Outcome::Good)
}
