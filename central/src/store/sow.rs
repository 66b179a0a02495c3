//! Stores the demo library, once.

use circulation::id::Isil;

use super::engine::{Access, Value};
use super::statement::{circulate, machine, sow};
use super::{Desk, Sown, Store, StoreError};
use crate::clock;
use crate::seed::{self, Demo};

/// The hashes that go with the demo data: of the program's secret, and one of the password for each patron in order.
pub struct Hashes {
    /// of [`seed::SECRET`]
    pub secret: String,
    /// of [`seed::PASSWORD`], each with its own salt
    pub passwords: Vec<String>,
    /// of the same for kiosks, each with a salt of its own
    pub kiosk_pins: Vec<String>,
}

impl Store {
    /// Whether the demo library was sown.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_sown(&self, of: &Isil) -> Result<bool, StoreError> {
        self.look(|db| Ok(!db.rows(&sow::IS_SOWN, &[of.into(), SEED.into()])?.is_empty()))
    }

    /// Adds the demo library, all of it or nothing. If it is there, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sow(&self, demo: &Demo, hashes: &Hashes, desk: &Desk) -> Result<Sown, StoreError> {
        let of = &demo.institution;
        self.change(|db| {
            // Two copies of central may be told to sow at once: the second finds it done.
            if !db.rows(&sow::IS_SOWN, &[of.into(), SEED.into()])?.is_empty() {
                return Ok(Sown::Before);
            }
            rules(db, of, hashes)?;
            patrons(db, of, demo, hashes)?;
            items(db, of, demo)?;
            loans(db, of, demo, desk)?;
            db.write(&sow::SEED, &[of.into(), SEED.into(), (&clock::stamp(desk.now)).into()])?;
            Ok(Sown::Now { n_patrons: demo.patrons.len(), n_items: demo.items.len() })
        })
    }
}

fn rules(db: &mut dyn Access, of: &Isil, hashes: &Hashes) -> Result<(), StoreError> {
    db.write(&sow::INSTITUTION, &[of.into(), seed::NAME.into(), seed::DEBT_LIMIT_FEN.into()])?;
    for (branch, name) in seed::BRANCHES {
        db.write(&sow::BRANCH, &[of.into(), (*branch).into(), (*name).into()])?;
    }
    db.write(&sow::NEW_APP, &[of.into(), seed::APPID.into(), (&hashes.secret).into()])?;
    for (name, limit) in seed::PATRON_TYPES {
        db.write(&sow::PATRON_TYPE, &[of.into(), (*name).into(), (*limit).into()])?;
    }
    for (name, (from, to), deposit, by_credit) in seed::MACHINE_KINDS {
        let age = |age: &Option<u8>| age.map_or(Value::Null, |age| Value::Int(age.into()));
        let (deposit, by_credit) = (Value::Int(*deposit), i64::from(*by_credit).into());
        let values = [of.into(), (*name).into(), age(from), age(to), Value::Int(0), deposit, by_credit];
        db.write(&machine::SET_KIND, &values)?;
    }
    for name in seed::ITEM_TYPES {
        db.write(&sow::ITEM_TYPE, &[of.into(), (*name).into()])?;
    }
    for (card, kind, days, renewals) in seed::RULES {
        let values = [of.into(), (*card).into(), (*kind).into(), i64::from(*days).into(), (*renewals).into()];
        db.write(&sow::LOAN_RULE, &values)?;
    }
    Ok(())
}

fn patrons(db: &mut dyn Access, of: &Isil, demo: &Demo, hashes: &Hashes) -> Result<(), StoreError> {
    let hashes = hashes.passwords.iter().zip(&hashes.kiosk_pins);
    for (patron, (hash, kiosk_pin)) in demo.patrons.iter().zip(hashes) {
        let (starts_on, ends_on) = (patron.starts_on.to_string(), patron.ends_on.to_string());
        let values = [
            of.into(),
            (&patron.id).into(),
            patron.name.into(),
            hash.into(),
            patron.patron_type.into(),
            patron.state.into(),
            (&starts_on).into(),
            (&ends_on).into(),
            Value::Int(0),
            patron.debt_fen.into(),
            kiosk_pin.into(),
        ];
        db.write(&sow::NEW_PATRON, &values)?;
    }
    Ok(())
}

fn items(db: &mut dyn Access, of: &Isil, demo: &Demo) -> Result<(), StoreError> {
    for item in &demo.items {
        let values = [
            of.into(),
            (&item.id).into(),
            item.record.into(),
            (&item.title).into(),
            item.author.into(),
            (&item.isbn).into(),
            (&item.call_number).into(),
            item.item_type.into(),
            item.branch.into(),
            item.state.into(),
        ];
        db.write(&sow::NEW_ITEM, &values)?;
    }
    Ok(())
}

/// Loans and holds. They are no transactions of anybody's, so that they are not in the circulation log.
fn loans(db: &mut dyn Access, of: &Isil, demo: &Demo, desk: &Desk) -> Result<(), StoreError> {
    for loan in &demo.loans {
        let (at, due) = (format!("{} 10:00:00", loan.loaned_on), loan.due_on.to_string());
        let values = [
            of.into(),
            (&loan.item).into(),
            (&loan.patron).into(),
            (&at).into(),
            (&due).into(),
            (&desk.opuser).into(),
            Value::Null,
            Value::Null,
            Value::Null,
        ];
        db.write(&circulate::LEND, &values)?;
    }
    let at = clock::stamp(desk.now);
    for (item, patron) in seed::HOLDS {
        let values = [of.into(), (*item).into(), (*patron).into(), (&at).into(), Value::Null];
        db.write(&circulate::PLACE_HOLD, &values)?;
    }
    Ok(())
}

const SEED: &str = "demo-1";
