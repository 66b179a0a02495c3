//! Holds: 15.

use circulation::id::{ItemId, PatronId};
use circulation::transaction::Reason;
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::Done;
use sync_client::sip2::message::*;
use sync_client::wire::code::holding;

use super::session::{Asked, Fault};
use super::{patron, words};

/// 16: `+` holds the item named, `-` gives the hold up, `*` has it picked up elsewhere; its place in the queue stays.
pub(super) fn change(asked: &mut Asked<'_>, wanted: &Hold) -> Result<Message, Fault> {
    let refused = match (patron::acting(asked)?, asked.item()) {
        (Err(reason), _) => Some(words::of_reason(&reason)),
        (Ok(_), None) => Some(words::of_reason(&Reason::ItemUnknown)),
        (Ok(patron), Some(item)) => match wanted.mode.as_str() {
            "+" => place(asked, &patron, &item)?,
            "-" if asked.app().store().end_wanted(asked.of, (&patron, &item), None, &asked.desk)? => None,
            "-" => Some(words::NO_SUCH_HOLD.to_owned()),
            _ => move_pickup(asked, &patron, &item)?,
        },
    };
    answer(asked, refused)
}

/// Why the item is not held, if it is not.
fn place(asked: &Asked<'_>, patron: &PatronId, item: &ItemId) -> Result<Option<String>, Fault> {
    let store = asked.app().store();
    let branches = store.branches(asked.of)?;
    let said = asked.fields.said(F_PICKUP);
    // Some devices write where they stand, in words of their own: picked up wherever the item is.
    let is_own = |pickup: &str| asked.location == Some(pickup);
    let pickup = said.filter(|pickup| branches.iter().any(|b| b.branch == *pickup) || !is_own(pickup));
    let placed = store.place_hold(asked.of, (patron, item), pickup, &asked.desk)?;
    Ok(placed.err().map(|refused| words::of_hold(&refused)))
}

/// Why the pick-up branch stays, if it does.
fn move_pickup(asked: &Asked<'_>, patron: &PatronId, item: &ItemId) -> Result<Option<String>, Fault> {
    let Some(branch) = asked.fields.said(F_PICKUP) else { return Ok(Some(words::NO_PICKUP.to_owned())) };
    let moved = asked.app().store().move_pickup(asked.of, (patron, item), branch, &asked.desk)?;
    Ok(match moved {
        Ok(true) => None,
        Ok(false) => Some(words::NO_SUCH_HOLD.to_owned()),
        Err(refused) => Some(words::of_hold(&refused)),
    })
}

fn answer(asked: &Asked<'_>, refused: Option<String>) -> Result<Message, Fault> {
    let record = match asked.item() {
        Some(item) => asked.app().store().item(asked.of, &item)?,
        None => None,
    };
    let is_available = record.as_ref().is_some_and(|record| record.state == holding::IN_LIBRARY);
    let body = HoldAnswer { ok: Done(refused.is_none()), is_available, date: asked.date() };
    let message = asked.say(body).with(F_PATRON_ID, asked.echo(F_PATRON_ID));
    let message = message.with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    let message = message.with(F_TITLE, record.map(|record| record.title).unwrap_or_default());
    Ok(match refused {
        Some(words) => message.with(F_SCREEN, words),
        None => message,
    })
}
