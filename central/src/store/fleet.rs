//! Kiosks: their secrets, what they say of themselves, what they are told; what waits for staff.

use circulation::id::{Isil, ItemId, TransactionId};
use jiff::civil::DateTime;
use sync_client::kiosk_api::heartbeat::{Condition, Heartbeat, Notice, Order, OrderKind, Posted, Told};

use super::engine::{Access, Row};
use super::people::{act, audit};
use super::statement::fleet;
use super::{Store, StoreError};
use crate::clock;

/// A kiosk as it last said it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// its operator account
    pub kiosk: String,
    /// the branch where it stands
    pub branch: Option<String>,
    /// whether it has a secret of its own
    pub is_admitted: bool,
    /// its last heart-beat
    pub seen_at: Option<DateTime>,
    /// version of its program
    pub version: String,
    /// transactions that central has yet to hear of
    pub n_waiting: u32,
    /// transactions that wait for staff
    pub n_parked: u32,
    /// when the oldest of the waiting ones was asked
    pub oldest_at: Option<DateTime>,
    /// seconds that its clock was ahead of ours
    pub ahead_s: i64,
    /// its parts, by name
    pub parts: Vec<KioskPart>,
}

/// A part of a kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KioskPart {
    /// its name
    pub part: String,
    /// how it is
    pub state: Condition,
    /// model, version or cause
    pub detail: String,
    /// since when it is so
    pub since: DateTime,
}

/// A transaction that waits for staff at a kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// the kiosk
    pub kiosk: String,
    /// the transaction
    pub id: TransactionId,
    /// `checkout` or `checkin`
    pub act: String,
    /// the item
    pub item: ItemId,
    /// its title, if the kiosk knew it
    pub title: String,
    /// why it waits
    pub note: String,
    /// when it was asked
    pub asked_at: DateTime,
    /// what the kiosk is told to do with it, and who said so
    pub command: Option<(OrderKind, String)>,
}

/// A message on the kiosks' screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// the kiosk; nothing: all of them
    pub kiosk: Option<String>,
    /// the words
    pub notice: Notice,
    /// until when it is shown
    pub until: DateTime,
}

/// An item that does not stand where it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// barcode
    pub item: ItemId,
    /// title
    pub title: String,
    /// shelf mark
    pub call_number: String,
    /// where it is
    pub branch: String,
    /// holding state
    pub state: String,
}

/// An item on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTransit {
    /// barcode
    pub item: ItemId,
    /// title
    pub title: String,
    /// shelf mark
    pub call_number: String,
    /// where it left
    pub from: String,
    /// where it goes
    pub to: String,
    /// when it left
    pub sent_at: DateTime,
    /// whether a patron waits for it there
    pub is_for_hold: bool,
}

impl Store {
    /// Gives a kiosk a secret of its own, of which the hash is kept. One that it had is worth nothing afterwards, nor are
    /// its tokens.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn admit_kiosk(
        &self,
        of: &Isil,
        kiosk: &str,
        secret_hash: &str,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        let appid = appid(of, kiosk);
        self.change(|db| {
            db.write(&fleet::KNOW, &[of.into(), kiosk.into()])?;
            db.write(&fleet::ADMIT, &[of.into(), (&appid).into(), secret_hash.into(), kiosk.into()])?;
            db.write(&fleet::END_TOKENS, &[of.into(), (&appid).into()])?;
            audit(db, of, (actor, act::ADMIT_KIOSK, kiosk), now)
        })
    }

    /// Takes a kiosk's secret back, and its tokens. Says whether it had one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn expel_kiosk(
        &self,
        of: &Isil,
        kiosk: &str,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            let gone = db.rows(&fleet::EXPEL, &[of.into(), kiosk.into()])?;
            let is_gone = !gone.is_empty();
            for mut row in gone {
                let appid = row.text("app.appid")?;
                db.write(&fleet::END_TOKENS, &[of.into(), (&appid).into()])?;
            }
            if is_gone {
                audit(db, of, (actor, act::EXPEL_KIOSK, kiosk), now)?;
            }
            Ok(is_gone)
        })
    }

    /// Takes a kiosk that is no more from the board, and its secret back. One that still beats comes again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn forget_kiosk(
        &self,
        of: &Isil,
        kiosk: &str,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        self.expel_kiosk(of, kiosk, (actor, now))?;
        self.change(|db| {
            for statement in [&fleet::FORGET_PARTS, &fleet::FORGET_PARKED, &fleet::FORGET_KIOSK] {
                db.write(statement, &[of.into(), kiosk.into()])?;
            }
            audit(db, of, (actor, act::FORGET_KIOSK, kiosk), now)
        })
    }

    /// Keeps what a kiosk says of itself; gives what it is told. Its card key is for the caller to add.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn beat(&self, of: &Isil, beat: &Heartbeat, now: DateTime) -> Result<Told, StoreError> {
        let at = clock::stamp(now);
        let oldest = beat.oldest.map(clock::stamp);
        let ahead_s = beat.at.duration_since(now).as_secs();
        let kiosk = beat.opuser.as_str();
        self.change(|db| {
            let values = [
                of.into(),
                kiosk.into(),
                (&at).into(),
                (&beat.version).into(),
                beat.n_waiting.into(),
                beat.n_parked.into(),
                oldest.as_deref().into(),
                ahead_s.into(),
            ];
            db.write(&fleet::BEAT, &values)?;
            keep_parts(db, of, beat, &at)?;
            keep_parked(db, of, beat, &at)?;
            let orders = db.rows(&fleet::COMMANDS, &[of.into(), kiosk.into()])?;
            let orders = orders.into_iter().map(order).collect::<Result<_, _>>()?;
            let messages = db.rows(&fleet::MESSAGES, &[of.into(), (&at).into()])?;
            let messages: Vec<Message> = messages.into_iter().map(message).collect::<Result<_, _>>()?;
            let own = messages.iter().find(|message| message.kiosk.as_deref() == Some(kiosk));
            let any = own.or_else(|| messages.iter().find(|message| message.kiosk.is_none()));
            let posted =
                |message: &Message| Posted { notice: message.notice.clone(), until: Some(message.until) };
            let message = any.map(posted);
            let given = super::given::news(db, of, (kiosk, &beat.given))?;
            Ok(Told { every_s: EVERY_S, message, card_key: None, orders, given })
        })
    }

    /// All kiosks, by name.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn kiosks(&self, of: &Isil) -> Result<Vec<Kiosk>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&fleet::KIOSKS, &[of.into()])?;
            let mut kiosks: Vec<Kiosk> = rows.into_iter().map(kiosk).collect::<Result<_, _>>()?;
            for mut row in db.rows(&fleet::PARTS, &[of.into()])? {
                let name = row.text("kiosk_part.kiosk")?;
                let part = part(row)?;
                if let Some(kiosk) = kiosks.iter_mut().find(|kiosk| kiosk.kiosk == name) {
                    kiosk.parts.push(part);
                }
            }
            Ok(kiosks)
        })
    }

    /// Transactions that wait for staff at kiosks, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn parked(&self, of: &Isil) -> Result<Vec<Parked>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&fleet::ALL_PARKED, &[of.into()])?;
            rows.into_iter().map(parked).collect()
        })
    }

    /// Has a kiosk do something with a parked transaction, with its next heart-beat. Says whether it still waits.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn command(
        &self,
        of: &Isil,
        (kiosk, id, what): (&str, TransactionId, OrderKind),
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.change(|db| {
            let values = [of.into(), kiosk.into(), (&id).into(), what.word().into(), actor.into()];
            let is_there = !db.rows(&fleet::COMMAND, &values)?.is_empty();
            if is_there {
                let act = match what {
                    OrderKind::Retry => act::RETRY_PARKED,
                    OrderKind::Settle => act::SETTLE_PARKED,
                };
                audit(db, of, (actor, act, &format!("{kiosk} {id}")), now)?;
            }
            Ok(is_there)
        })
    }

    /// Closes an exception. Says whether it was open.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn settle_exception(
        &self,
        of: &Isil,
        seq: i64,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let at = clock::stamp(now);
        self.change(|db| {
            let values = [of.into(), seq.into(), (&at).into(), actor.into()];
            let Some(mut row) = db.rows(&fleet::SETTLE, &values)?.into_iter().next() else {
                return Ok(false);
            };
            let item = row.text("staff_exception.item")?;
            audit(db, of, (actor, act::SETTLE_EXCEPTION, &format!("{seq} {item}")), now)?;
            Ok(true)
        })
    }

    /// The messages shown now, that for all kiosks first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn messages(&self, of: &Isil, now: DateTime) -> Result<Vec<Message>, StoreError> {
        let at = clock::stamp(now);
        self.look(|db| {
            let rows = db.rows(&fleet::MESSAGES, &[of.into(), (&at).into()])?;
            rows.into_iter().map(message).collect()
        })
    }

    /// Shows a message on one kiosk or on all of them, instead of the one before; nothing to show takes that back.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_message(
        &self,
        of: &Isil,
        kiosk: Option<&str>,
        notice: Option<(&Notice, DateTime)>,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        let key = kiosk.unwrap_or("");
        let object = kiosk.unwrap_or("*");
        self.change(|db| match notice {
            Some((notice, until)) => {
                let until = clock::stamp(until);
                let values = [
                    of.into(),
                    key.into(),
                    (&notice.chinese).into(),
                    (&notice.english).into(),
                    (&until).into(),
                ];
                db.write(&fleet::SET_MESSAGE, &values)?;
                audit(db, of, (actor, act::SET_MESSAGE, object), now)
            }
            None => {
                db.write(&fleet::END_MESSAGE, &[of.into(), key.into()])?;
                audit(db, of, (actor, act::END_MESSAGE, object), now)
            }
        })
    }

    /// Items that are locked, in repair, searched for, or double, at most `n`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn items_for_staff(&self, of: &Isil, n: u32) -> Result<Vec<Stray>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&fleet::ITEMS_FOR_STAFF, &[of.into(), n.into()])?;
            let read = |mut row: Row| {
                Ok(Stray {
                    item: row.item("item.item")?,
                    title: row.text("item.title")?,
                    call_number: row.text("item.call_number")?,
                    branch: row.text("branch.name")?,
                    state: row.text("item.state")?,
                })
            };
            rows.into_iter().map(read).collect()
        })
    }

    /// Items on their way between branches, the longest under way first, at most `n`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn in_transit(&self, of: &Isil, n: u32) -> Result<Vec<InTransit>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&fleet::IN_TRANSIT, &[of.into(), n.into()])?;
            let read = |mut row: Row| {
                Ok(InTransit {
                    item: row.item("transit.item")?,
                    title: row.text("item.title")?,
                    call_number: row.text("item.call_number")?,
                    from: row.text("branch.name")?,
                    to: row.text("branch.name")?,
                    sent_at: row.time("transit.sent_at")?,
                    is_for_hold: row.text("transit.cause")? == "hold",
                })
            };
            rows.into_iter().map(read).collect()
        })
    }
}

/// The `appid` of a kiosk with a secret of its own: no two institutions have the same.
#[must_use]
pub fn appid(of: &Isil, kiosk: &str) -> String {
    format!("{}/{kiosk}", of.as_str())
}

fn keep_parts(db: &mut dyn Access, of: &Isil, beat: &Heartbeat, at: &str) -> Result<(), StoreError> {
    for part in &beat.parts {
        let values = [
            of.into(),
            (&beat.opuser).into(),
            (&part.part).into(),
            part.state.word().into(),
            (&part.detail).into(),
            at.into(),
        ];
        db.write(&fleet::PART, &values)?;
    }
    db.write(&fleet::PARTS_GONE, &[of.into(), (&beat.opuser).into(), at.into()])
}

fn keep_parked(db: &mut dyn Access, of: &Isil, beat: &Heartbeat, at: &str) -> Result<(), StoreError> {
    for row in &beat.rows {
        let (id, asked) = (row.id.to_string(), clock::stamp(row.asked));
        let values = [
            of.into(),
            (&beat.opuser).into(),
            (&id).into(),
            if row.is_checkout { "checkout" } else { "checkin" }.into(),
            (&row.item).into(),
            (&row.title).into(),
            (&row.note).into(),
            (&asked).into(),
            at.into(),
        ];
        db.write(&fleet::PARKED, &values)?;
    }
    db.write(&fleet::PARKED_GONE, &[of.into(), (&beat.opuser).into(), at.into()])
}

fn kiosk(mut row: Row) -> Result<Kiosk, StoreError> {
    Ok(Kiosk {
        kiosk: row.text("kiosk.kiosk")?,
        seen_at: row.time_or_null("kiosk.seen_at")?,
        version: row.text("kiosk.version")?,
        n_waiting: row.number("kiosk.n_waiting")?,
        n_parked: row.number("kiosk.n_parked")?,
        oldest_at: row.time_or_null("kiosk.oldest_at")?,
        ahead_s: row.int("kiosk.ahead_s")?,
        is_admitted: row.text_or_null("app.appid")?.is_some(),
        branch: row.text_or_null("branch.name")?,
        parts: Vec::new(),
    })
}

fn part(mut row: Row) -> Result<KioskPart, StoreError> {
    let expected = "a condition";
    Ok(KioskPart {
        part: row.text("kiosk_part.part")?,
        state: Condition::of_word(&row.text("kiosk_part.state")?)
            .ok_or(StoreError::Corrupt { column: "kiosk_part.state", expected })?,
        detail: row.text("kiosk_part.detail")?,
        since: row.time("kiosk_part.since")?,
    })
}

fn parked(mut row: Row) -> Result<Parked, StoreError> {
    Ok(Parked {
        kiosk: row.text("kiosk_parked.kiosk")?,
        id: id(&mut row)?,
        act: row.text("kiosk_parked.act")?,
        item: row.item("kiosk_parked.item")?,
        title: row.text("kiosk_parked.title")?,
        note: row.text("kiosk_parked.note")?,
        asked_at: row.time("kiosk_parked.asked_at")?,
        command: match row.text_or_null("kiosk_parked.command")? {
            Some(word) => Some((order_kind(&word)?, row.text("kiosk_parked.command_by")?)),
            None => None,
        },
    })
}

fn order(mut row: Row) -> Result<Order, StoreError> {
    Ok(Order {
        id: id(&mut row)?,
        what: order_kind(&row.text("kiosk_parked.command")?)?,
        by: row.text("kiosk_parked.command_by")?,
    })
}

fn id(row: &mut Row) -> Result<TransactionId, StoreError> {
    let corrupt = StoreError::Corrupt { column: "kiosk_parked.id", expected: "a transaction's id" };
    TransactionId::parse(&row.text("kiosk_parked.id")?).ok_or(corrupt)
}

fn order_kind(word: &str) -> Result<OrderKind, StoreError> {
    let corrupt = StoreError::Corrupt { column: "kiosk_parked.command", expected: "an order" };
    [OrderKind::Retry, OrderKind::Settle].into_iter().find(|kind| kind.word() == word).ok_or(corrupt)
}

fn message(mut row: Row) -> Result<Message, StoreError> {
    let kiosk = Some(row.text("kiosk_message.kiosk")?).filter(|kiosk| !kiosk.is_empty());
    let chinese = row.text("kiosk_message.chinese")?;
    let english = row.text("kiosk_message.english")?;
    Ok(Message { kiosk, notice: Notice { chinese, english }, until: row.time("kiosk_message.until")? })
}

/// Seconds between two heart-beats.
const EVERY_S: u32 = 60;
