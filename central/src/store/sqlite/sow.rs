//! Stores the demo library, once.

use circulation::id::Isil;
use rusqlite::{Transaction, params};

use super::Store;
use crate::clock;
use crate::seed::{self, Demo};
use crate::store::{Desk, Sown, StoreError};

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
        Ok(self
            .reader()
            .prepare_cached("SELECT count(*) FROM seed WHERE institution = ?1 AND seed = ?2")?
            .query_row(params![of.as_str(), SEED], |row| row.get::<_, i64>(0))?
            > 0)
    }

    /// Adds the demo library, all of it or nothing. If it is there, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sow(&self, demo: &Demo, hashes: &Hashes, desk: &Desk) -> Result<Sown, StoreError> {
        if self.is_sown(&demo.institution)? {
            return Ok(Sown::Before);
        }
        let of = demo.institution.as_str();
        self.change(|tx| {
            rules(tx, of, hashes)?;
            patrons(tx, of, demo, hashes)?;
            items(tx, of, demo)?;
            loans(tx, of, demo, desk)?;
            tx.execute(
                "INSERT INTO seed (institution, seed, sown_at) VALUES (?1, ?2, ?3)",
                params![of, SEED, clock::stamp(desk.now)],
            )?;
            Ok(Sown::Now { n_patrons: demo.patrons.len(), n_items: demo.items.len() })
        })
    }
}

fn rules(tx: &Transaction<'_>, of: &str, hashes: &Hashes) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO institution (institution, name, debt_limit_fen) VALUES (?1, ?2, ?3)",
        params![of, seed::NAME, seed::DEBT_LIMIT_FEN],
    )?;
    tx.execute(
        "INSERT INTO app (institution, appid, secret_hash) VALUES (?1, ?2, ?3)",
        params![of, seed::APPID, hashes.secret],
    )?;
    for (branch, name) in seed::BRANCHES {
        tx.prepare_cached("INSERT INTO branch (institution, branch, name) VALUES (?1, ?2, ?3)")?
            .execute(params![of, branch, name])?;
    }
    for (name, limit) in seed::PATRON_TYPES {
        tx.prepare_cached(
            "INSERT INTO patron_type (institution, patron_type, loan_limit) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![of, name, limit])?;
    }
    for name in seed::ITEM_TYPES {
        tx.prepare_cached("INSERT INTO item_type (institution, item_type) VALUES (?1, ?2)")?
            .execute(params![of, name])?;
    }
    for (card, kind, days, renewals) in seed::RULES {
        tx.prepare_cached(
            "INSERT INTO loan_rule (institution, patron_type, item_type, period_days, n_renewals) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![of, card, kind, days, renewals])?;
    }
    Ok(())
}

fn patrons(tx: &Transaction<'_>, of: &str, demo: &Demo, hashes: &Hashes) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
         deposit_fen, debt_fen, kiosk_pin_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let hashes = hashes.passwords.iter().zip(&hashes.kiosk_pins);
    for (patron, (hash, kiosk_pin)) in demo.patrons.iter().zip(hashes) {
        insert.execute(params![
            of,
            patron.id.as_str(),
            patron.name,
            hash,
            patron.patron_type,
            patron.state,
            patron.starts_on.to_string(),
            patron.ends_on.to_string(),
            0_i64,
            patron.debt_fen,
            kiosk_pin
        ])?;
    }
    Ok(())
}

fn items(tx: &Transaction<'_>, of: &str, demo: &Demo) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for item in &demo.items {
        insert.execute(params![
            of,
            item.id.as_str(),
            item.record,
            item.title,
            item.author,
            item.isbn,
            item.call_number,
            item.item_type,
            item.branch,
            item.state
        ])?;
    }
    Ok(())
}

/// Loans and holds. They are no transactions of anybody's, so that they are not in the circulation log.
fn loans(tx: &Transaction<'_>, of: &str, demo: &Demo, desk: &Desk) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO loan (institution, item, patron, loaned_at, due_on, n_renewals, opuser) \
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
    )?;
    for loan in &demo.loans {
        insert.execute(params![
            of,
            loan.item.as_str(),
            loan.patron.as_str(),
            format!("{} 10:00:00", loan.loaned_on),
            loan.due_on.to_string(),
            desk.opuser
        ])?;
    }
    for (item, patron) in seed::HOLDS {
        tx.prepare_cached("INSERT INTO hold (institution, item, patron, placed_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![of, item, patron, clock::stamp(desk.now)])?;
    }
    Ok(())
}

const SEED: &str = "demo-1";
