//! What one library says is carried to the other: first heard there, then forgotten here.

use circulation::id::Isil;
use jiff::civil::DateTime;

use super::{Body, IllDeed, IllState, Side, begin, one, say, set, sql};
use crate::ledger::ill::heard;
use crate::store::engine::{Access, Row};
use crate::store::statement::look;
use crate::store::{Store, StoreError};
use circulation::id::ItemId;

/// What one library says to another.
struct Message {
    id: String,
    n: i64,
    partner: String,
    deed: IllDeed,
    body: Body,
}

impl Store {
    /// Tells all partners in this database what this library did. Gives how many things were told. Ended in the middle, a thing
    /// may be told again, and is heard once.
    ///
    /// # Errors
    /// [`StoreError`]; what was not told is told the next time.
    pub fn carry_ills(&self, of: &Isil, now: DateTime) -> Result<usize, StoreError> {
        let mut n_told = 0;
        loop {
            let rows = self.look(|db| db.rows(&sql::UNTOLD, &[of.into(), AT_ONCE.into()]))?;
            let messages: Vec<Message> = rows.into_iter().map(message).collect::<Result<_, _>>()?;
            let n = messages.len();
            for message in messages {
                self.carry_one(of, &message, now)?;
                n_told += 1;
            }
            if n < AT_ONCE as usize {
                return Ok(n_told);
            }
        }
    }

    fn carry_one(&self, of: &Isil, message: &Message, now: DateTime) -> Result<(), StoreError> {
        let Message { id, n, partner, .. } = message;
        // A library that is not in this database any more hears nothing, and nobody waits for it.
        if let Ok(partner) = Isil::parse(partner)
            && !self.look(|db| db.rows(&sql::LIBRARY, &[(&partner).into()]))?.is_empty()
        {
            self.change(|db| hear(db, &partner, of, message, now))?;
        } else {
            tracing::warn!(%partner, "a library that was told of a loan is not in this database");
        }
        self.change(|db| db.write(&sql::TOLD, &[of.into(), id.into(), (*n).into()]))
    }
}

/// One library hears another, once.
fn hear(
    db: &mut dyn Access,
    of: &Isil,
    from: &Isil,
    message: &Message,
    now: DateTime,
) -> Result<(), StoreError> {
    let Message { id, n, deed, body, .. } = message;
    db.rows(&sql::LOCK, &[of.into(), id.into()])?;
    let Some(mut loan) = one(db, of, id)? else {
        return if *deed == IllDeed::Ask { asked(db, of, from, message, now) } else { Ok(()) };
    };
    // Heard before; or somebody else's id.
    if *n <= loan.n_heard || loan.partner != from.as_str() {
        return Ok(());
    }
    loan.n_heard = *n;
    let next = heard(loan.state, *deed);
    if *deed == IllDeed::Send && loan.side == Side::Borrows {
        loan.item = body.item.as_deref().and_then(|text| ItemId::parse(text).ok());
    }
    if next != loan.state {
        loan.state = next;
        loan.changed_at = now;
    }
    if next.is_over() {
        loan.patron = None;
    }
    set(db, of, &loan)
}

/// Somebody asks for something of ours. Who is no partner of ours is refused by the same way.
fn asked(
    db: &mut dyn Access,
    of: &Isil,
    from: &Isil,
    message: &Message,
    now: DateTime,
) -> Result<(), StoreError> {
    let Message { id, n, body, .. } = message;
    let partners = db.rows(&sql::PARTNERS, &[of.into()])?.into_iter();
    let codes = partners.map(|mut row| row.text("ill_partner.partner")).collect::<Result<Vec<_>, _>>()?;
    let is_partner = codes.iter().any(|code| code == from.as_str());
    let branch = db.rows(&look::BRANCHES, &[of.into()])?.into_iter().next();
    let branch = branch.map_or(Ok(String::new()), |mut row| row.text("branch.branch"))?;
    let (state, n_said) = if is_partner { (IllState::Asked, 0) } else { (IllState::Refused, 1) };
    let who = (id.as_str(), Side::Lends, from.as_str());
    begin(db, of, who, &body.what, (None, &branch), (state, n_said, *n), now)?;
    if is_partner {
        return Ok(());
    }
    say(db, of, (id, 1, from.as_str()), IllDeed::Refuse, &Body::default())
}

fn message(mut row: Row) -> Result<Message, StoreError> {
    let corrupt = |column, expected| StoreError::Corrupt { column, expected };
    Ok(Message {
        id: row.text("ill_message.id")?,
        n: row.int("ill_message.n")?,
        partner: row.text("ill_message.partner")?,
        deed: IllDeed::of_word(&row.text("ill_message.deed")?)
            .ok_or_else(|| corrupt("ill_message.deed", "a deed"))?,
        body: serde_json::from_str(&row.text("ill_message.body")?)
            .map_err(|_| corrupt("ill_message.body", "a message"))?,
    })
}

/// Messages between two looks.
const AT_ONCE: u32 = 200;
