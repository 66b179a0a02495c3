//! Loans between libraries (馆际互借): what each of the two does, and how one hears of the other.
//!
//! ```text
//!   who borrows                                             who lends
//!   ill_ask ─▶ row, message ──┐                      ┌──▶ row
//!                             └──▶ carry ──▶ apply ──┘
//!                             ┌─── carry ◀── message ◀── ill_act(send)      apply, then forget the message: told twice,
//!   row ◀── apply ◀───────────┘                                             it is heard once, by its number
//! ```
//! **Rule**: a transaction names one library. What a deed needs of the other comes in its message, and is nothing of a patron.

use circulation::id::{Isil, ItemId, PatronId};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use sync_client::kiosk_api::locate::How;
use sync_client::wire::code::holding;

use super::engine::{Access, Row};
use super::facts::Facts;
use super::seen;
use super::statement::{circulate, ill as sql, stock};
use super::{Desk, Store, StoreError};
use crate::clock;
use crate::ledger::ill::{IllDeed, IllRefused, IllState, Side, own};

mod carry;

/// A loan between this library and another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ill {
    /// the same in both
    pub id: String,
    /// which of the two this library is
    pub side: Side,
    /// the other one: its code
    pub partner: String,
    /// what staff calls it
    pub partner_name: Option<String>,
    /// what is lent
    pub what: Title,
    /// for whom; only where it is borrowed, and only until it is over
    pub patron: Option<PatronId>,
    /// where it is picked up; where it is lent, the first branch that has it
    pub branch: String,
    /// its barcode at home
    pub item: Option<ItemId>,
    /// the barcode under which it is lent where it is borrowed
    pub local_item: Option<ItemId>,
    /// how far it is
    pub state: IllState,
    /// when it was asked for, in the library's local time
    pub asked_at: DateTime,
    /// when it became what it is
    pub changed_at: DateTime,
    pub(super) n_said: i64,
    pub(super) n_heard: i64,
}

/// What is wanted, as a catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Title {
    /// title
    pub title: String,
    /// author
    pub author: String,
    /// ISBN
    pub isbn: String,
    /// shelf mark
    pub call_number: String,
}

/// What one library tells the other about a deed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(default)]
    pub(super) what: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<String>,
}

/// What staff adds to a deed.
#[derive(Debug, Clone, Copy, Default)]
pub struct With<'a> {
    /// of sending: the item; of receiving: the barcode under which it is lent here, if another one was put on it
    pub item: Option<&'a ItemId>,
    /// of receiving: the type of item as which it is lent here
    pub item_type: &'a str,
}

impl Store {
    /// The libraries with which this one has agreed on it: code and name.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn ill_partners(&self, of: &Isil) -> Result<Vec<(String, String)>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&sql::PARTNERS, &[of.into()])?.into_iter();
            rows.map(|mut row| Ok((row.text("ill_partner.partner")?, row.text("ill_partner.name")?)))
                .collect()
        })
    }

    /// Agrees with another library, or ends that. Says whether it is in this database.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_ill_partner(&self, of: &Isil, partner: &Isil, is_one: bool) -> Result<bool, StoreError> {
        let library = self.look(|db| db.rows(&sql::LIBRARY, &[partner.into()]))?.pop();
        let Some(mut library) = library.filter(|_| of != partner) else { return Ok(false) };
        let name = library.text("institution.name")?;
        self.change(|db| match is_one {
            true => db.write(&sql::SET_PARTNER, &[of.into(), partner.into(), (&name).into()]),
            false => db.write(&sql::DROP_PARTNER, &[of.into(), partner.into()]),
        })?;
        Ok(true)
    }

    /// The loans between this library and others: what changed last first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn ills(&self, of: &Isil, most: u32) -> Result<Vec<Ill>, StoreError> {
        self.look(|db| db.rows(&sql::LATEST, &[of.into(), most.into()])?.into_iter().map(ill).collect())
    }

    /// Asks a partner for something, for a patron or for the library itself. Gives the id.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn ill_ask(
        &self,
        of: &Isil,
        (partner, what): (&str, &Title),
        (patron, branch): (Option<&PatronId>, &str),
        desk: &Desk,
    ) -> Result<Result<String, IllRefused>, StoreError> {
        let id = fresh()?;
        self.change(|db| {
            let partners = db.rows(&sql::PARTNERS, &[of.into()])?.into_iter();
            let codes = partners.map(|mut row| row.text("ill_partner.partner"));
            if !codes.collect::<Result<Vec<_>, _>>()?.iter().any(|code| code == partner) {
                return Ok(Err(IllRefused::NoPartner));
            }
            if db.rows(&circulate::IS_BRANCH, &[of.into(), branch.into()])?.is_empty() {
                return Ok(Err(IllRefused::Missing("branch")));
            }
            if let Some(patron) = patron
                && super::look::patron(db, of, patron)?.is_none()
            {
                return Ok(Err(IllRefused::Missing("card")));
            }
            begin(
                db,
                of,
                (&id, Side::Borrows, partner),
                what,
                (patron, branch),
                (IllState::Asked, 1, 0),
                desk.now,
            )?;
            say(db, of, (&id, 1, partner), IllDeed::Ask, &Body { what: what.clone(), item: None })?;
            Ok(Ok(id.clone()))
        })
    }

    /// Does something with a loan. What was asked for can be done once.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn ill_act(
        &self,
        of: &Isil,
        id: &str,
        deed: IllDeed,
        with: With<'_>,
        desk: &Desk,
    ) -> Result<Result<Ill, IllRefused>, StoreError> {
        self.change(|db| {
            db.rows(&sql::LOCK, &[of.into(), id.into()])?;
            let Some(mut loan) = one(db, of, id)? else { return Ok(Err(IllRefused::Unknown)) };
            let Some(next) = own(loan.side, loan.state, deed) else {
                return Ok(Err(IllRefused::State(loan.state)));
            };
            let moved = match deed {
                IllDeed::Ask | IllDeed::Cancel | IllDeed::Refuse => Ok(()),
                IllDeed::Send => send(db, of, &mut loan, with.item, desk)?,
                IllDeed::Receive => receive(db, of, &mut loan, with, desk)?,
                IllDeed::SendBack => send_back(db, of, &loan, desk)?,
                IllDeed::TakeHome => take_home(db, of, &loan, desk)?,
            };
            if let Err(refused) = moved {
                return Ok(Err(refused));
            }
            loan.state = next;
            loan.changed_at = desk.now;
            loan.n_said += 1;
            if next.is_over() || next == IllState::Back {
                loan.patron = None;
            }
            let item = loan.item.as_ref().map(ItemId::to_string);
            say(db, of, (&loan.id, loan.n_said, &loan.partner), deed, &Body { item, ..Body::default() })?;
            set(db, of, &loan)?;
            Ok(Ok(loan))
        })
    }
}

/// Who lends gives an item out of its own hands: it is not for loan until it is home.
fn send(
    db: &mut dyn Access,
    of: &Isil,
    loan: &mut Ill,
    item: Option<&ItemId>,
    desk: &Desk,
) -> Result<Result<(), IllRefused>, StoreError> {
    let Some(item) = item else { return Ok(Err(IllRefused::Missing("item"))) };
    if let Err(refused) = free(db, of, item, desk)? {
        return Ok(Err(refused));
    }
    db.write(&sql::SET_ITEM_STATE, &[of.into(), item.into(), holding::LOCKED.into()])?;
    seen::note(db, of, (item, How::Transfer), (None, &loan.partner), desk.now)?;
    loan.item = Some(item.clone());
    Ok(Ok(()))
}

/// It becomes an item of this library's, to be lent as any other, until it is sent back.
fn receive(
    db: &mut dyn Access,
    of: &Isil,
    loan: &mut Ill,
    with: With<'_>,
    desk: &Desk,
) -> Result<Result<(), IllRefused>, StoreError> {
    let Some(item) = with.item.or(loan.item.as_ref()).cloned() else {
        return Ok(Err(IllRefused::Missing("item")));
    };
    let types = db.rows(&stock::ITEM_TYPES, &[of.into()])?.into_iter();
    let types = types.map(|mut row| row.text("item_type.item_type")).collect::<Result<Vec<_>, _>>()?;
    if !types.iter().any(|name| name == with.item_type) {
        return Ok(Err(IllRefused::Missing("type of item")));
    }
    db.lock(of, &[&item], &[])?;
    let Title { title, author, isbn, call_number } = &loan.what;
    let before = db.rows(&sql::CAME_BEFORE, &[of.into(), (&item).into(), (&loan.partner).into()])?.pop();
    let is_known = !db.rows(&stock::HAS_ITEM, &[of.into(), (&item).into()])?.is_empty();
    match before.map(|mut row| row.int("item.record")).transpose()? {
        Some(record) => {
            let values = [
                of.into(),
                (&item).into(),
                record.into(),
                title.into(),
                author.into(),
                isbn.into(),
                call_number.into(),
                with.item_type.into(),
                (&loan.branch).into(),
            ];
            db.write(&sql::RENEW_ITEM, &values)?;
        }
        None if is_known => return Ok(Err(IllRefused::Clash)),
        None => {
            let last = db.rows(&stock::LAST_RECORD, &[of.into()])?.pop();
            let last = last.map(|mut row| row.int_or_null("item.record")).transpose()?.flatten().unwrap_or(0);
            let day = desk.now.date().to_string();
            let values = [
                of.into(),
                (&item).into(),
                (last + 1).into(),
                title.into(),
                author.into(),
                isbn.into(),
                call_number.into(),
                with.item_type.into(),
                (&loan.branch).into(),
                holding::IN_LIBRARY.into(),
                "".into(),
                "".into(),
                "".into(),
                (&day).into(),
            ];
            db.write(&stock::ADD_ITEM, &values)?;
        }
    }
    seen::note(db, of, (&item, How::Transfer), (Some(&loan.branch), &loan.partner), desk.now)?;
    loan.local_item = Some(item);
    Ok(Ok(()))
}

/// It is this library's no more.
fn send_back(
    db: &mut dyn Access,
    of: &Isil,
    loan: &Ill,
    desk: &Desk,
) -> Result<Result<(), IllRefused>, StoreError> {
    let Some(item) = &loan.local_item else { return Ok(Err(IllRefused::Missing("item"))) };
    if let Err(refused) = free(db, of, item, desk)? {
        return Ok(Err(refused));
    }
    db.write(&sql::SET_ITEM_STATE, &[of.into(), item.into(), holding::WITHDRAWN.into()])?;
    Ok(Ok(()))
}

fn take_home(
    db: &mut dyn Access,
    of: &Isil,
    loan: &Ill,
    desk: &Desk,
) -> Result<Result<(), IllRefused>, StoreError> {
    let Some(item) = &loan.item else { return Ok(Err(IllRefused::Missing("item"))) };
    db.lock(of, &[item], &[])?;
    db.write(&sql::SET_ITEM_STATE, &[of.into(), item.into(), holding::IN_LIBRARY.into()])?;
    let here = seen::stands(db, of, &desk.opuser)?;
    seen::note(db, of, (item, How::Return), (here.as_deref(), &desk.opuser), desk.now)?;
    Ok(Ok(()))
}

/// An item that nobody has, waits for, or is sending.
fn free(
    db: &mut dyn Access,
    of: &Isil,
    item: &ItemId,
    desk: &Desk,
) -> Result<Result<(), IllRefused>, StoreError> {
    db.lock(of, &[item], &[])?;
    let facts = Facts::read(db, of, item, None, desk)?;
    Ok(match &facts.item {
        None => Err(IllRefused::Item("there is no such item")),
        Some(item) if item.standing.loan.is_some() => Err(IllRefused::Item("it is on loan")),
        Some(item) if item.standing.held_for.is_some() => Err(IllRefused::Item("somebody waits for it")),
        Some(item) if item.sent_to.is_some() => Err(IllRefused::Item("it is on its way to another branch")),
        Some(item) if item.record.state != holding::IN_LIBRARY => {
            Err(IllRefused::Item("it is not in the library"))
        }
        Some(_) => Ok(()),
    })
}

fn begin(
    db: &mut dyn Access,
    of: &Isil,
    (id, side, partner): (&str, Side, &str),
    what: &Title,
    (patron, branch): (Option<&PatronId>, &str),
    (state, n_said, n_heard): (IllState, i64, i64),
    now: DateTime,
) -> Result<(), StoreError> {
    let at = clock::stamp(now);
    let Title { title, author, isbn, call_number } = what;
    let values = [
        of.into(),
        id.into(),
        side.word().into(),
        partner.into(),
        title.into(),
        author.into(),
        isbn.into(),
        call_number.into(),
        patron.map(PatronId::as_str).into(),
        branch.into(),
        state.word().into(),
        (&at).into(),
        n_said.into(),
        n_heard.into(),
    ];
    db.write(&sql::BEGIN, &values)
}

fn set(db: &mut dyn Access, of: &Isil, loan: &Ill) -> Result<(), StoreError> {
    let at = clock::stamp(loan.changed_at);
    let values = [
        of.into(),
        (&loan.id).into(),
        loan.state.word().into(),
        loan.item.as_ref().map(ItemId::as_str).into(),
        loan.local_item.as_ref().map(ItemId::as_str).into(),
        loan.patron.as_ref().map(PatronId::as_str).into(),
        (&at).into(),
        loan.n_said.into(),
        loan.n_heard.into(),
    ];
    db.write(&sql::SET, &values)
}

fn say(
    db: &mut dyn Access,
    of: &Isil,
    (id, n, partner): (&str, i64, &str),
    deed: IllDeed,
    body: &Body,
) -> Result<(), StoreError> {
    let body = serde_json::to_string(body).map_err(|_| StoreError::Missing("the form of a message"))?;
    let values = [of.into(), id.into(), n.into(), partner.into(), deed.word().into(), (&body).into()];
    db.write(&sql::SAY, &values)
}

fn one(db: &mut dyn Access, of: &Isil, id: &str) -> Result<Option<Ill>, StoreError> {
    db.rows(&sql::ONE, &[of.into(), id.into()])?.pop().map(ill).transpose()
}

fn ill(mut row: Row) -> Result<Ill, StoreError> {
    let corrupt = |column, expected| StoreError::Corrupt { column, expected };
    let item = |text: Option<String>, column| {
        let id = text.map(|text| ItemId::parse(&text)).transpose();
        id.map_err(|_| corrupt(column, "a barcode"))
    };
    Ok(Ill {
        id: row.text("ill.id")?,
        side: Side::of_word(&row.text("ill.side")?).ok_or_else(|| corrupt("ill.side", "a side"))?,
        partner: row.text("ill.partner")?,
        partner_name: row.text_or_null("ill_partner.name")?,
        what: Title {
            title: row.text("ill.title")?,
            author: row.text("ill.author")?,
            isbn: row.text("ill.isbn")?,
            call_number: row.text("ill.call_number")?,
        },
        patron: row.patron_or_null("ill.patron")?,
        branch: row.text("ill.branch")?,
        item: item(row.text_or_null("ill.item")?, "ill.item")?,
        local_item: item(row.text_or_null("ill.local_item")?, "ill.local_item")?,
        state: IllState::of_word(&row.text("ill.state")?).ok_or_else(|| corrupt("ill.state", "a state"))?,
        asked_at: row.time("ill.asked_at")?,
        changed_at: row.time("ill.changed_at")?,
        n_said: row.int("ill.n_said")?,
        n_heard: row.int("ill.n_heard")?,
    })
}

/// An id that no other library makes.
fn fresh() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Missing("random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
