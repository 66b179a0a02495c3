//! Logging in: the lock first, then the password, then a new ticket.
//!
//! Whether an account exists is told by nothing: the same words, the same lock, and a password is hashed in any case.

use circulation::id::{Isil, PatronId};
use jiff::civil::DateTime;
use maud::{Markup, html};

use super::call::{Area, Call};
use super::reply::{Reply, Trouble};
use super::visitor::Visitor;
use crate::certificate::Kind;
use crate::password;
use crate::people::attempt::{MAX_PASSWORD, subject};
use crate::people::session::{Ticket, Who};
use crate::store::By;

/// How an attempt ended.
pub(super) enum Attempt {
    /// in: this is the new ticket
    In(Ticket),
    /// name or password is wrong
    Wrong,
    /// nobody may try before this
    Locked(DateTime),
}

/// The institution that the form or the address names, or the only one there is.
pub(super) fn institution(call: &Call) -> Result<Option<Isil>, Trouble> {
    let named =
        [call.form.text("library"), call.query.text("library")].into_iter().find(|text| !text.is_empty());
    let all = call.app.store().institutions()?;
    let found = match named {
        Some(named) => all.into_iter().find(|(isil, _)| isil.as_str() == named),
        None => all.into_iter().next(),
    };
    Ok(found.map(|(isil, _)| isil))
}

/// A field to choose the institution; nothing where there is one.
pub(super) fn institution_field(call: &Call) -> Result<Markup, Trouble> {
    let all = call.app.store().institutions()?;
    let chosen = institution(call)?;
    Ok(html! {
        @if all.len() > 1 {
            label for="library" { (call.language.t("图书馆", "Library")) }
            select id="library" name="library" {
                @for (isil, name) in &all {
                    option value=(isil.as_str()) selected[Some(isil) == chosen.as_ref()] { (name) }
                }
            }
        }
    })
}

/// Tries an account of staff.
pub(super) fn staff(call: &Call, of: &Isil) -> Result<Attempt, Trouble> {
    let name = call.form.text("account");
    let found = call.app.store().account(of, &name)?.filter(|(account, _)| account.disabled_at.is_none());
    let (who, hash) = match found {
        Some((account, hash)) => (Some(Who::Account { account: account.account, role: account.role }), hash),
        None => (None, NOBODY.to_owned()),
    };
    attempt(call, of, ("account", &name), who, &hash)
}

/// Tries a card, by its number or by its reader's telephone number. Failures count for the card either way.
pub(super) fn reader(call: &Call, of: &Isil) -> Result<Attempt, Trouble> {
    let number = call.form.text("card");
    let known = match PatronId::parse(&number) {
        Ok(patron) => call.app.store().password_hash(of, &patron)?.map(|hash| (patron, hash)),
        Err(_) => None,
    };
    let known = match known {
        Some(known) => Some(known),
        None => by_telephone(call, of, &number)?,
    };
    match known {
        Some((patron, hash)) => {
            let name = patron.as_str().to_owned();
            attempt(call, of, ("card", &name), Some(Who::Patron(patron)), &hash)
        }
        None => attempt(call, of, ("card", &number), None, NOBODY),
    }
}

/// The card whose reader logs in with a telephone number, and the hash of its password.
fn by_telephone(call: &Call, of: &Isil, number: &str) -> Result<Option<(PatronId, String)>, Trouble> {
    let store = call.app.store();
    let Some(key) = call.app.certificate_key() else { return Ok(None) };
    let login = key.hash(of, Kind::Login, number);
    let Some(reader) = store.readers(of, By::Login(&login))?.pop() else { return Ok(None) };
    let patron = reader.patron.patron;
    Ok(store.password_hash(of, &patron)?.map(|hash| (patron, hash)))
}

fn attempt(
    call: &Call,
    of: &Isil,
    (kind, name): (&str, &str),
    who: Option<Who>,
    hash: &str,
) -> Result<Attempt, Trouble> {
    let store = call.app.store();
    let (person, address) = (subject(kind, name), subject("address", &call.peer.to_string()));
    let subjects = (person.as_str(), Some(address.as_str()));
    if let Some(until) = store.try_log_in(of, subjects, call.now)? {
        return Ok(Attempt::Locked(until));
    }
    let password = call.form.secret("password");
    let is_right = password.chars().count() <= MAX_PASSWORD && password::verify(password, hash);
    let Some(who) = who.filter(|_| is_right) else {
        let account = if kind == "account" && hash != NOBODY { Some(name) } else { None };
        let until = store.log_in_failed(of, subjects, account, call.now)?;
        return Ok(until.map_or(Attempt::Wrong, Attempt::Locked));
    };
    store.forget_failures(of, &person)?;
    let ticket = Ticket::fresh(Some(of.clone())).map_err(|_| Trouble::Random)?;
    store.open_session(of, &ticket.hash(), &who, call.now)?;
    Ok(Attempt::In(ticket))
}

/// Ends the session, here and in the browser.
pub(super) fn out(call: &Call, visitor: &Visitor, to: &str) -> Result<Reply, Trouble> {
    if let Some((of, who)) = visitor.session() {
        call.app.store().end_session(of, &visitor.ticket.hash(), who, call.now)?;
    }
    Ok(Reply::see(to).with_ticket(visitor.area, None, call.is_https))
}

/// The words for an attempt that failed.
pub(super) fn failed(call: &Call, area: Area, attempt: &Attempt) -> Option<Markup> {
    let l = call.language;
    let wrong = match area {
        Area::Staff => l.t("账号或密码不正确。", "Wrong account or password."),
        Area::Reader => l.t(
            "证号或密码不正确。忘记密码请到服务台重设。",
            "Wrong card number or password. The desk can set a new password.",
        ),
    };
    match attempt {
        Attempt::In(_) => None,
        Attempt::Wrong => Some(html! { (wrong) }),
        Attempt::Locked(until) => Some(html! {
            (l.t("尝试次数过多，请在 ", "Too many attempts. Try again after "))
            (format!("{:02}:{:02}", until.hour(), until.minute()))
            (l.t(" 以后再试。", "."))
        }),
    }
}

/// The hash of no password, as slow to check as any.
const NOBODY: &str = "argon2id$19456$2$00000000000000000000000000000000$\
     0000000000000000000000000000000000000000000000000000000000000000";
