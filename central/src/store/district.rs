//! Stores the made-up district, once: all of it or nothing.

use circulation::id::Isil;
use jiff::civil::Date;

use super::engine::{Access, Value};
use super::statement::{circulate, sow, stock};
use super::{Desk, Sown, Store, StoreError};
use crate::clock;
use crate::seed;
use crate::seed::laiwu::{self, District, Holder, Running, Volume};

/// The hashes that go with the district: of the program's secret, and some of the password, dealt out by turns.
pub struct Dealt {
    /// of [`laiwu::SECRET`]
    pub secret: String,
    /// of [`seed::PASSWORD`]
    pub passwords: Vec<String>,
    /// of the same for kiosks
    pub kiosk_pins: Vec<String>,
}

impl Store {
    /// Adds the district. If it is there, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn sow_district(
        &self,
        of: &Isil,
        district: District,
        dealt: &Dealt,
        desk: &Desk,
    ) -> Result<Sown, StoreError> {
        self.change(|db| {
            if !db.rows(&sow::IS_SOWN, &[of.into(), SEED.into()])?.is_empty() {
                return Ok(Sown::Before);
            }
            rules(db, of, district, dealt)?;
            let n_patrons = patrons(db, of, district, dealt)?;
            let n_items = items(db, of, district)?;
            moves(db, of, district)?;
            running(db, of, district, desk)?;
            db.write(&sow::SEED, &[of.into(), SEED.into(), (&clock::stamp(desk.now)).into()])?;
            forget_changes(db, of)?;
            Ok(Sown::Now { n_patrons, n_items })
        })
    }

    /// Whether the district was sown.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn has_district(&self, of: &Isil) -> Result<bool, StoreError> {
        self.look(|db| Ok(!db.rows(&sow::IS_SOWN, &[of.into(), SEED.into()])?.is_empty()))
    }
}

/// Whoever mirrors this institution must take a new snapshot: what was added is not told one by one.
pub(super) fn forget_changes(db: &mut dyn Access, of: &Isil) -> Result<(), StoreError> {
    db.write(&stock::FORGET_NOTES, &[of.into()])?;
    db.write(&stock::FORGET_CHANGES, &[of.into()])?;
    db.write(&stock::RAISE_FLOOR, &[of.into()])
}

fn rules(db: &mut dyn Access, of: &Isil, district: District, dealt: &Dealt) -> Result<(), StoreError> {
    db.write(&sow::INSTITUTION, &[of.into(), NAME.into(), seed::DEBT_LIMIT_FEN.into()])?;
    for (branch, name) in district.branches() {
        db.write(&sow::BRANCH, &[of.into(), (&branch).into(), (&name).into()])?;
    }
    db.write(&sow::NEW_APP, &[of.into(), laiwu::APPID.into(), (&dealt.secret).into()])?;
    for (account, branch) in District::kiosks() {
        db.write(&stock::ADD_SERVICE_POINT, &[of.into(), (&account).into(), branch.into()])?;
    }
    for (name, limit) in seed::PATRON_TYPES {
        db.write(&sow::PATRON_TYPE, &[of.into(), (*name).into(), (*limit).into()])?;
    }
    for name in seed::ITEM_TYPES {
        db.write(&sow::ITEM_TYPE, &[of.into(), (*name).into()])?;
    }
    for (card, kind, days, renewals) in seed::RULES {
        let values = [of.into(), (*card).into(), (*kind).into(), i64::from(*days).into(), (*renewals).into()];
        db.write(&sow::LOAN_RULE, &values)?;
    }
    for (position, (group, material, ..)) in (1_u32..).zip(laiwu::ACCESSIONS) {
        db.write(&stock::ADD_MATERIAL, &[of.into(), material.into(), group.into(), position.into()])?;
    }
    Ok(())
}

fn patrons(db: &mut dyn Access, of: &Isil, district: District, dealt: &Dealt) -> Result<usize, StoreError> {
    let hashes = dealt.passwords.iter().zip(&dealt.kiosk_pins).cycle();
    let mut n = 0;
    for (holder, (hash, pin)) in district.holders().zip(hashes) {
        let Holder { id, name, patron_type, birth_year, sex, issued_on } = holder;
        let day = issued_on.to_string();
        let values = [
            of.into(),
            (&id).into(),
            (&name).into(),
            hash.into(),
            patron_type.into(),
            "1".into(),
            (&day).into(),
            ENDS_ON.into(),
            Value::Int(0),
            Value::Int(0),
            pin.into(),
            Value::Int(birth_year.into()),
            sex.into(),
            (&day).into(),
        ];
        db.write(&stock::ADD_PATRON, &values)?;
        n += 1;
    }
    Ok(n)
}

fn items(db: &mut dyn Access, of: &Isil, district: District) -> Result<usize, StoreError> {
    let mut n = 0;
    for volume in district.volumes() {
        let Volume { id, record, title, author, isbn, call_number, item_type, branch, material, added_on } =
            volume;
        let day = added_on.to_string();
        let values = [
            of.into(),
            (&id).into(),
            record.into(),
            (&title).into(),
            (&author).into(),
            (&isbn).into(),
            (&call_number).into(),
            item_type.into(),
            (&branch).into(),
            "2".into(),
            "chi".into(),
            "".into(),
            material.into(),
            (&day).into(),
        ];
        db.write(&stock::ADD_ITEM, &values)?;
        n += 1;
    }
    Ok(n)
}

fn moves(db: &mut dyn Access, of: &Isil, district: District) -> Result<(), StoreError> {
    for moved in district.moves() {
        let (at, due) = (clock::stamp(moved.at), moved.due_on.to_string());
        let values = [
            of.into(),
            (&at).into(),
            if moved.is_checkout { "checkout" } else { "checkin" }.into(),
            (&moved.item).into(),
            (&moved.patron).into(),
            (&due).into(),
            (&moved.opuser).into(),
        ];
        db.write(&circulate::LOG, &values)?;
    }
    Ok(())
}

/// As those of the demo library, they are no transactions of anybody's, so that they are not in the circulation log.
fn running(db: &mut dyn Access, of: &Isil, district: District, desk: &Desk) -> Result<(), StoreError> {
    let today: Date = desk.now.date();
    for Running { item, patron, loaned_on, due_on } in district.running(today) {
        let (at, due) = (format!("{loaned_on} 10:00:00"), due_on.to_string());
        let values = [
            of.into(),
            (&item).into(),
            (&patron).into(),
            (&at).into(),
            (&due).into(),
            (&desk.opuser).into(),
            Value::Null,
            Value::Null,
            Value::Null,
        ];
        db.write(&circulate::LEND, &values)?;
    }
    Ok(())
}

const SEED: &str = "laiwu-1";
const NAME: &str = "莱芜区图书馆（2023 年规模）";
/// Cards are good for longer than this program is.
const ENDS_ON: &str = "2099-12-31";
