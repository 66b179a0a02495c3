//! Cards, in the Chinese extension: 81, 83, 85, 91. Answered only where the dialect speaks them.
//!
//! | message | XK | what | is asked to show |
//! |---|---|---|---|
//! | 81 | 01, 11 | a new card; 11: without a deposit | nothing; without an identity card's number (XO) it has to be verified |
//! | 81 | 03 | a term more | a proof |
//! | 81 | 04 | replaced, with a new number (XA) or without | a proof |
//! | 81 | 05 | exchanged for a new number (XA) | a proof |
//! | 83 | 07 | good again, if it was lost; what staff stopped goes on being stopped | a proof |
//! | 83 | 08, 09, 10 | lost, to be verified, suspended | nothing, but no wrong password |
//! | 83 | 06, 11 | cancelled; 11: the deposit is given back | a proof |
//! | 85 | 13 | the cards of a citizen (XO) | |
//! | 91 | 0, 1 | is this number (AA) somebody's, has this citizen (XO) a card? | |
//!
//! **Rule**: what makes a card worth more, or ends it, needs a proof: the right password (AD), or the number of the identity
//! card that was shown for this card (XO). Wrong ones count for the lock of the card. Of a person is kept what openlib's
//! addreader keeps; address, telephone, nation and picture are taken and forgotten.

use circulation::id::{MAX_LEN, PatronId};
use circulation::money::Amount;
use circulation::transaction::Reason;
use jiff::civil::Date;
use sync_client::sip2::answer::day;
use sync_client::sip2::field::*;
use sync_client::sip2::message::*;

use super::session::{Asked, Fault};
use super::{loan, patron, words};
use crate::certificate::{CertificateHash, Kind, born};
use crate::ledger::{CardEvent, CardState};
use crate::password::{self, Cost};
use crate::people::attempt;
use crate::store::{By, NewCard, RenumberRefused};

/// What was done, in words, and to which card; or why nothing was.
type Became = Result<(PatronId, String), String>;

/// 82
pub(super) fn update(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let became = match operation(asked) {
        Some(1) => issue(asked, true)?,
        Some(11) => issue(asked, false)?,
        Some(3) => extend(asked)?,
        Some(4) => renumber(asked, Some(CardEvent::Replace))?,
        Some(5) => renumber(asked, None)?,
        Some(_) | None => Err(words::NO_SUCH_OPERATION.to_owned()),
    };
    let message = asked.say(CardUpdateAnswer { date: asked.date() });
    Ok(said(asked, message, became))
}

/// 84
pub(super) fn state(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let became = match operation(asked) {
        Some(8) => change(asked, CardEvent::Lose)?,
        Some(9) => change(asked, CardEvent::Verify)?,
        Some(10) => change(asked, CardEvent::Suspend)?,
        Some(6) => change_proven(asked, CardEvent::Cancel)?,
        Some(7) => change_proven(asked, CardEvent::Restore)?,
        Some(11) => give_up(asked)?,
        Some(_) | None => Err(words::NO_SUCH_OPERATION.to_owned()),
    };
    let message = asked.say(CardStateAnswer { date: asked.date() });
    Ok(said(asked, message, became))
}

/// 86: the numbers of a citizen's cards, with `]]` between them.
pub(super) fn search(asked: &Asked<'_>) -> Result<Message, Fault> {
    let message =
        asked.say(CardSearchAnswer { date: asked.date() }).with(F_OPERATION, asked.echo(F_OPERATION));
    let hash = match certificate(asked) {
        Ok(Some(hash)) => hash,
        Ok(None) => return Ok(message.with(F_CARDS, "").with(F_SCREEN, words::NO_CITIZEN)),
        Err(words) => return Ok(message.with(F_CARDS, "").with(F_SCREEN, words)),
    };
    let found = asked.app().store().readers(asked.of, By::Certificate(&hash))?;
    let numbers: Vec<&str> = found.iter().map(|reader| reader.patron.patron.as_str()).collect();
    Ok(message.with(F_CARDS, numbers.join("]]")))
}

/// 92: AC is 0 for what is free and 1 for what is there; missing where neither can be said.
pub(super) fn check(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let is_there = match operation(asked) {
        Some(0) => match asked.patron() {
            Some(patron) => {
                Ok(!asked.app().store().readers(asked.of, By::Number(patron.as_str()))?.is_empty())
            }
            None => Err(words::NO_NUMBER),
        },
        Some(1) => match certificate(asked) {
            Ok(Some(hash)) => Ok(!asked.app().store().readers(asked.of, By::Certificate(&hash))?.is_empty()),
            Ok(None) => Err(words::NO_CITIZEN),
            Err(words) => Err(words),
        },
        Some(_) | None => Err(words::NO_SUCH_OPERATION),
    };
    let message = asked.say(CardCheckAnswer { date: asked.date() });
    let message =
        message.with(F_PATRON_ID, asked.echo(F_PATRON_ID)).with(F_OPERATION, asked.echo(F_OPERATION));
    Ok(match is_there {
        Ok(is_there) => message.with(F_TERMINAL_PASSWORD, if is_there { "1" } else { "0" }),
        Err(words) => message.with(F_SCREEN, words),
    })
}

/// What 82 and 84 say alike. Clients in the field look for OK, or for 成功 in AF.
fn said(asked: &Asked<'_>, message: Message, became: Became) -> Message {
    let (number, ok, words) = match became {
        Ok((patron, words)) => (patron.as_str().to_owned(), "1", words),
        Err(words) => (asked.echo(F_PATRON_ID), "0", words),
    };
    let message = message.with(F_PATRON_ID, number).with(F_OPERATION, asked.echo(F_OPERATION));
    message.with(F_DONE, ok).with(F_SCREEN, words)
}

fn operation(asked: &Asked<'_>) -> Option<u8> {
    asked.fields.said(F_OPERATION)?.parse().ok()
}

/// XO as it is kept; nothing if none was sent.
///
/// # Errors
/// In words: numbers cannot be compared, for there is no key to them.
fn certificate(asked: &Asked<'_>) -> Result<Option<CertificateHash>, &'static str> {
    let Some(number) = asked.fields.said(F_CITIZEN) else { return Ok(None) };
    if number.chars().count() > MAX_NUMBER {
        return Err(words::NO_CITIZEN);
    }
    let key = asked.app().certificate_key().ok_or(words::NO_KEY)?;
    Ok(Some(key.hash(asked.of, Kind::Certificate, number)))
}

/// The card named, if the password or the identity card is that of its owner.
fn proven(asked: &mut Asked<'_>) -> Result<Result<PatronId, String>, Fault> {
    let Some(patron) = asked.patron() else { return Ok(Err(words::of_reason(&Reason::PatronUnknown))) };
    match patron::is_right(asked, &patron)? {
        Some(true) => return Ok(Ok(patron)),
        Some(false) => return Ok(Err(words::of_reason(&Reason::WrongPin))),
        None => {}
    }
    let hash = match certificate(asked) {
        Ok(Some(hash)) => hash,
        Ok(None) => return Ok(Err(words::NO_PROOF.to_owned())),
        Err(words) => return Ok(Err(words.to_owned())),
    };
    let store = asked.app().store();
    // Numbers can be guessed as passwords can.
    let (person, now) = (attempt::subject("card", patron.as_str()), asked.app().now());
    if store.try_log_in(asked.of, (&person, None), now)?.is_some() {
        return Ok(Err(words::WRONG_PROOF.to_owned()));
    }
    let owners = store.readers(asked.of, By::Certificate(&hash))?;
    if owners.iter().any(|owner| owner.patron.patron == patron) {
        store.forget_failures(asked.of, &person)?;
        return Ok(Ok(patron));
    }
    store.log_in_failed(asked.of, (&person, None), None, now)?;
    Ok(Err(words::WRONG_PROOF.to_owned()))
}

fn issue(asked: &mut Asked<'_>, with_deposit: bool) -> Result<Became, Fault> {
    let card = match new_card(asked, with_deposit)? {
        Ok(card) => card,
        Err(words) => return Ok(Err(words.to_owned())),
    };
    let issued = asked.app().store().issue_card(asked.of, &card, &asked.desk)?;
    if issued.is_ok() {
        tracing::debug!(opuser = asked.desk.opuser, "a card was issued over SIP2");
    }
    Ok(issued.map(|number| (number, "办证成功".to_owned())).map_err(words::of_issue))
}

/// What is to be issued; or what is wrong with it, in words.
fn new_card(asked: &mut Asked<'_>, with_deposit: bool) -> Result<Result<NewCard, &'static str>, Fault> {
    let number = match (asked.fields.said(F_PATRON_ID), asked.patron()) {
        (Some(_), None) => return Ok(Err(words::NO_NUMBER)),
        (_, number) => number,
    };
    let name = asked.fields.said(F_NAME).filter(|name| name.chars().count() <= MAX_NAME);
    let kind = asked.fields.said(F_CARD_TYPE).filter(|kind| kind.len() <= MAX_LEN);
    let password = asked.fields.first(F_PATRON_PASSWORD).unwrap_or("");
    let (Some(name), Some(kind)) = (name, kind) else { return Ok(Err(words::NO_NAME_OR_TYPE)) };
    if !(MIN_SECRET..=attempt::MAX_PASSWORD).contains(&password.chars().count()) {
        return Ok(Err(words::SHORT_PASSWORD));
    }
    let (starts_on, ends_on, born_on) =
        match (date(asked, F_CARD_START), date(asked, F_XD), date(asked, F_BORN)) {
            (Ok(_), Ok(_), Ok(Some(born_on))) if !YEARS.contains(&born_on.year()) => {
                return Ok(Err(words::BAD_DAY));
            }
            (Ok(starts_on), Ok(ends_on), Ok(born_on)) => (starts_on, ends_on, born_on),
            (Err(words), _, _) | (_, Err(words), _) | (_, _, Err(words)) => return Ok(Err(words)),
        };
    let certificate = match certificate(asked) {
        Ok(certificate) => certificate,
        Err(words) => return Ok(Err(words)),
    };
    let deposit = match asked.fields.said(F_FEE).filter(|_| with_deposit).map(Amount::parse_yuan) {
        Some(Some(amount)) if amount.fen() > 0 => Some((amount, CASH.to_owned(), serial(asked)?)),
        Some(Some(amount)) if amount.fen() == 0 => None,
        Some(Some(_) | None) => return Ok(Err(words::BAD_DEPOSIT)),
        None => None,
    };
    let known = asked.fields.said(F_CITIZEN).and_then(born);
    let library = asked.fields.said(F_LIBRARY).filter(|library| *library != asked.of.as_str());
    let state = if certificate.is_some() { CardState::Valid } else { CardState::Unverified };
    Ok(Ok(NewCard {
        number,
        name: name.to_owned(),
        hashes: (hash(password)?, hash(password)?),
        patron_type: kind.to_owned(),
        state: state.code(),
        term: (starts_on, ends_on),
        branch: library.map(str::to_owned),
        sex: match asked.fields.said(F_SEX) {
            Some("1" | "男" | "M") => "M",
            Some("0" | "女" | "F") => "F",
            Some(_) | None => known.map_or("", |known| known.sex),
        },
        birth_year: born_on.map(|day| i64::from(day.year())).or_else(|| known.map(|known| known.year)),
        certificate,
        deposit,
        ..NewCard::default()
    }))
}

fn extend(asked: &mut Asked<'_>) -> Result<Became, Fault> {
    let patron = match proven(asked)? {
        Ok(patron) => patron,
        Err(words) => return Ok(Err(words)),
    };
    let extended = asked.app().store().extend_card(asked.of, &patron, &asked.desk)?;
    Ok(extended.map(|until| (patron, format!("延期成功，有效期至 {until}"))).map_err(words::of_change))
}

/// 补办, 换证: the old number is nobody's any more.
fn renumber(asked: &mut Asked<'_>, event: Option<CardEvent>) -> Result<Became, Fault> {
    let old = match proven(asked)? {
        Ok(patron) => patron,
        Err(words) => return Ok(Err(words)),
    };
    let new = asked.fields.said(F_NEW_PATRON_ID).map(PatronId::parse);
    match (new, event) {
        (Some(Err(_)), _) | (None, None) => Ok(Err(words::NO_NUMBER.to_owned())),
        (None, Some(event)) => put(asked, old, event),
        (Some(Ok(new)), event) => {
            let done = asked.app().store().renumber_card(asked.of, (&old, &new), event, &asked.desk)?;
            Ok(match done {
                Ok(()) => Ok((new, "办理成功，请使用新证".to_owned())),
                Err(RenumberRefused::Change(refused)) => Err(words::of_change(refused)),
                Err(RenumberRefused::Card(refused)) => Err(words::of_card(refused)),
            })
        }
    }
}

fn change(asked: &mut Asked<'_>, event: CardEvent) -> Result<Became, Fault> {
    match patron::acting(asked)? {
        Ok(patron) => put(asked, patron, event),
        Err(reason) => Ok(Err(words::of_reason(&reason))),
    }
}

fn change_proven(asked: &mut Asked<'_>, event: CardEvent) -> Result<Became, Fault> {
    let patron = match proven(asked)? {
        Ok(patron) => patron,
        Err(words) => return Ok(Err(words)),
    };
    if event == CardEvent::Restore {
        let record = asked.app().store().patron(asked.of, &patron)?;
        if record.is_none_or(|record| CardState::of_code(&record.state) != CardState::Lost) {
            return Ok(Err(words::ONLY_STAFF_ENABLES.to_owned()));
        }
    }
    put(asked, patron, event)
}

fn put(asked: &Asked<'_>, patron: PatronId, event: CardEvent) -> Result<Became, Fault> {
    let changed = asked.app().store().change_card(asked.of, &patron, event, &asked.desk)?;
    Ok(changed.map(|state| (patron, format!("操作成功，证状态：{}", state.name()))).map_err(words::of_card))
}

fn give_up(asked: &mut Asked<'_>) -> Result<Became, Fault> {
    let patron = match proven(asked)? {
        Ok(patron) => patron,
        Err(words) => return Ok(Err(words)),
    };
    let serial = serial(asked)?;
    let back = asked.app().store().give_up_card(asked.of, &patron, &serial, &asked.desk)?;
    Ok(back.map(|back| (patron, format!("退证成功，应退押金 {back} 元"))).map_err(words::of_card))
}

/// BK, or a fresh number for the payment.
fn serial(asked: &Asked<'_>) -> Result<String, Fault> {
    match asked.fields.said(F_TRANSACTION).filter(|serial| serial.len() <= MAX_LEN) {
        Some(serial) => Ok(serial.to_owned()),
        None => Ok(password::hex(loan::fresh_id()?.as_bytes())),
    }
}

/// A day, if one is said.
fn date(asked: &Asked<'_>, code: FieldCode) -> Result<Option<Date>, &'static str> {
    let Some(text) = asked.fields.said(code) else { return Ok(None) };
    day(text, asked.dialect().day_order).map(Some).ok_or(words::BAD_DAY)
}

fn hash(password: &str) -> Result<String, Fault> {
    password::hash(password, Cost::Standard).map_err(|fault| {
        tracing::error!(%fault, "a password cannot be hashed");
        Fault::Inside
    })
}

/// As openlib's addreader has them.
const MIN_SECRET: usize = 6;
const MAX_NUMBER: usize = 100;
const MAX_NAME: usize = 60;
const YEARS: core::ops::RangeInclusive<i16> = 1900..=2150;
/// openlib `paytype`.
const CASH: &str = "1";
