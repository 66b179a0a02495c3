//! Holds: 15.
//!
//! | BY | `+` | `-`, `*` |
//! |---|---|---|
//! | 2 | the copy of AB's title that is likely to come first, chosen once, now | the hold on any copy of it |
//! | 4 | as 2, of those that stand in the branch where it is picked up (BS) | as 2 |
//! | others | the copy in AB | the hold on that copy |
//!
//! AB of the answer is that of the request, for devices tell answers apart by it; which copy is held, AF says.

use circulation::id::{ItemId, PatronId};
use circulation::transaction::Reason;
use jiff::civil::Date;
use sync_client::sip2::answer::day;
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::Done;
use sync_client::sip2::message::*;
use sync_client::wire::code::holding;

use super::session::{Asked, Fault};
use super::{patron, words};
use crate::ledger::HoldRefused;
use crate::store::{Copy, HoldKind, Wanted};

/// Which copy was held, given up or changed; or why nothing was, in words.
type Became = Result<ItemId, String>;

/// 16: `+` holds, `-` gives the hold up, `*` has it picked up elsewhere (BS) or wanted until another day (BW); its place in
/// the queue stays.
pub(super) fn change(asked: &mut Asked<'_>, wanted: &Hold) -> Result<Message, Fault> {
    let became = match (patron::acting(asked)?, asked.item()) {
        (Err(reason), _) => Err(words::of_reason(&reason)),
        (Ok(_), None) => Err(words::of_reason(&Reason::ItemUnknown)),
        (Ok(patron), Some(item)) if wanted.mode.as_str() == "+" => place(asked, &patron, item)?,
        (Ok(patron), Some(item)) => match held(asked, &patron, item)? {
            Some(item) if wanted.mode.as_str() == "-" => give_up(asked, &patron, item)?,
            Some(item) => amend(asked, &patron, item)?,
            None => Err(words::NO_SUCH_HOLD.to_owned()),
        },
    };
    answer(asked, became)
}

/// Whether any copy of the title is meant.
fn is_title(asked: &Asked<'_>) -> bool {
    matches!(asked.fields.said(F_HOLD_TYPE), Some("2" | "4"))
}

/// The item whose hold is meant.
fn held(asked: &Asked<'_>, patron: &PatronId, item: ItemId) -> Result<Option<ItemId>, Fault> {
    if !is_title(asked) {
        return Ok(Some(item));
    }
    let store = asked.app().store();
    let Some(named) = store.item(asked.of, &item)? else { return Ok(None) };
    let holds = store.holds(asked.of, patron, None, asked.desk.now.date())?;
    Ok(holds.into_iter().find(|hold| hold.item.record == named.record).map(|hold| hold.item.item))
}

fn place(asked: &Asked<'_>, patron: &PatronId, item: ItemId) -> Result<Became, Fault> {
    let until = match until(asked) {
        Ok(until) => until,
        Err(words) => return Ok(Err(words.to_owned())),
    };
    let branches = asked.app().store().branches(asked.of)?;
    let said = asked.fields.said(F_PICKUP);
    // Some devices write where they stand, in words of their own: picked up wherever the item is.
    let is_own = |pickup: &str| asked.location == Some(pickup);
    let pickup = said.filter(|pickup| branches.iter().any(|b| b.branch == *pickup) || !is_own(pickup));
    let wanted = Wanted { kind: HoldKind::Reserve, pickup, until };
    match asked.fields.said(F_HOLD_TYPE) {
        Some("2") => any_copy(asked, (patron, &item), &wanted, |_| true),
        Some("4") => {
            any_copy(asked, (patron, &item), &wanted, |copy| Some(copy.at_branch.as_str()) == pickup)
        }
        Some(_) | None => {
            let placed = asked.app().store().place_wanted(asked.of, (patron, &item), &wanted, &asked.desk)?;
            Ok(placed.map(|()| item).map_err(|refused| words::of_hold(&refused)))
        }
    }
}

/// Holds the copy that is likely to come first: one that stands there, then one that few wait for and that is due soon.
fn any_copy(
    asked: &Asked<'_>,
    (patron, item): (&PatronId, &ItemId),
    wanted: &Wanted<'_>,
    is_meant: impl Fn(&Copy) -> bool,
) -> Result<Became, Fault> {
    let store = asked.app().store();
    let Some(named) = store.item(asked.of, item)? else {
        return Ok(Err(words::of_reason(&Reason::ItemUnknown)));
    };
    let holds = store.holds(asked.of, patron, None, asked.desk.now.date())?;
    if holds.iter().any(|hold| hold.item.record == named.record) {
        return Ok(Err(words::of_hold(&HoldRefused::Already)));
    }
    let mut copies: Vec<Copy> = store.copies(asked.of, named.record)?.into_iter().filter(is_meant).collect();
    copies.sort_by_key(|copy| (copy.item.state != holding::IN_LIBRARY, copy.n_holds, copy.due_on));
    for copy in copies.into_iter().take(MAX_COPIES) {
        match store.place_wanted(asked.of, (patron, &copy.item.item), wanted, &asked.desk)? {
            Ok(()) => return Ok(Ok(copy.item.item)),
            // Not this one; perhaps another.
            Err(HoldRefused::Reason(Reason::NotForLoan | Reason::ItemUnknown)) => {}
            Err(refused) => return Ok(Err(words::of_hold(&refused))),
        }
    }
    Ok(Err(words::NO_FREE_COPY.to_owned()))
}

fn give_up(asked: &Asked<'_>, patron: &PatronId, item: ItemId) -> Result<Became, Fault> {
    let is_ended = asked.app().store().end_wanted(asked.of, (patron, &item), None, &asked.desk)?;
    Ok(if is_ended { Ok(item) } else { Err(words::NO_SUCH_HOLD.to_owned()) })
}

/// Another branch, another last day, or both: the day first, for it may be refused.
fn amend(asked: &Asked<'_>, patron: &PatronId, item: ItemId) -> Result<Became, Fault> {
    let until = match until(asked) {
        Ok(until) => until,
        Err(words) => return Ok(Err(words.to_owned())),
    };
    let branch = asked.fields.said(F_PICKUP);
    if until.is_none() && branch.is_none() {
        return Ok(Err(words::NO_PICKUP.to_owned()));
    }
    let store = asked.app().store();
    let mut done = Ok(true);
    if let Some(until) = until {
        done = store.prolong_hold(asked.of, (patron, &item), until, &asked.desk)?;
    }
    if let (Ok(true), Some(branch)) = (&done, branch) {
        done = store.move_pickup(asked.of, (patron, &item), branch, &asked.desk)?;
    }
    Ok(match done {
        Ok(true) => Ok(item),
        Ok(false) => Err(words::NO_SUCH_HOLD.to_owned()),
        Err(refused) => Err(words::of_hold(&refused)),
    })
}

/// BW, if it is said.
fn until(asked: &Asked<'_>) -> Result<Option<Date>, &'static str> {
    let Some(text) = asked.fields.said(F_EXPIRATION) else { return Ok(None) };
    day(text, asked.dialect().day_order).map(Some).ok_or(words::BAD_DAY)
}

fn answer(asked: &Asked<'_>, became: Became) -> Result<Message, Fault> {
    let item = became.as_ref().ok().cloned().or_else(|| asked.item());
    let record = match &item {
        Some(item) => asked.app().store().item(asked.of, item)?,
        None => None,
    };
    let is_available = record.as_ref().is_some_and(|record| record.state == holding::IN_LIBRARY);
    let body = HoldAnswer { ok: Done(became.is_ok()), is_available, date: asked.date() };
    let message = asked.say(body).with(F_PATRON_ID, asked.echo(F_PATRON_ID));
    let message = message.with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    let message = message.with(F_TITLE, record.map(|record| record.title).unwrap_or_default());
    Ok(match became {
        Err(words) => message.with(F_SCREEN, words),
        Ok(item) if is_title(asked) => message.with(F_SCREEN, format!("复本 {}", item.as_str())),
        Ok(_) => message,
    })
}

/// Copies of a title that are tried: the first that may be lent is taken.
const MAX_COPIES: usize = 50;
