//! Who has which card, the kinds that machines make, and what a machine does for somebody who has a card.

use circulation::id::{Isil, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::issue::{CardTold, HolderReport, KindReport, Refusal, StandingReport};

use super::refused;
use crate::certificate::CertificateHash;
use crate::ledger::{
    CardEvent, CardState, MachineKind, machine_renew, machine_replace, machine_serve, standing,
};
use crate::store::engine::{Access, Row, Value};
use crate::store::people::{act, audit};
use crate::store::reader::{log, reader, type_facts};
use crate::store::statement::{circulate, desk as desk_sql, feed, machine as sql};
use crate::store::{Desk, PatronRecord, Store, StoreError};

impl Store {
    /// The kinds of cards that machines make, by name.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn machine_kinds(&self, of: &Isil) -> Result<Vec<MachineKind>, StoreError> {
        self.look(|db| {
            let kinds = db.rows(&sql::KINDS, &[of.into()])?.into_iter().map(kind_of);
            kinds.map(|read| read.map(|(kind, _)| kind)).collect()
        })
    }

    /// What a card costs that replaces a lost one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn replacement(&self, of: &Isil) -> Result<Amount, StoreError> {
        self.look(|db| replacement(db, of))
    }

    /// Has machines make a kind of card. Says whether there is such a type.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_machine_kind(
        &self,
        of: &Isil,
        kind: &MachineKind,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let age = |age: Option<u8>| age.map_or(Value::Null, |age| Value::Int(age.into()));
        self.change(|db| {
            if type_facts(db, of, &kind.patron_type)?.is_none() {
                return Ok(false);
            }
            let values = [
                of.into(),
                (&kind.patron_type).into(),
                age(kind.ages.0),
                age(kind.ages.1),
                kind.fee.into(),
                kind.deposit.into(),
                i64::from(kind.by_credit).into(),
            ];
            db.write(&sql::SET_KIND, &values)?;
            audit(db, of, (actor, act::SET_RULE, &object(&kind.patron_type)), now)?;
            Ok(true)
        })
    }

    /// Has machines make a kind of card no more. Says whether they did.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn end_machine_kind(
        &self,
        of: &Isil,
        patron_type: &str,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            let was = !db.rows(&sql::END_KIND, &[of.into(), patron_type.into()])?.is_empty();
            if was {
                audit(db, of, (actor, act::END_RULE, &object(patron_type)), now)?;
            }
            Ok(was)
        })
    }

    /// Sets what a card costs that replaces a lost one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_replacement(
        &self,
        of: &Isil,
        fee: Amount,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        self.change(|db| {
            db.write(&sql::SET_REPLACEMENT, &[of.into(), fee.into()])?;
            audit(db, of, (actor, act::SET_RULE, &object("*")), now)
        })
    }

    /// What is known of the holder of an identity card.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn card_standing(
        &self,
        of: &Isil,
        certificate: &CertificateHash,
        today: Date,
    ) -> Result<StandingReport, StoreError> {
        self.look(|db| {
            let report = |record: PatronRecord| HolderReport {
                card: record.patron.as_str().to_owned(),
                state: standing(CardState::of_code(&record.state), record.ends_on, today),
                until: record.ends_on.to_string(),
            };
            let holder = holder(db, of, certificate)?.map(report);
            let kinds = db.rows(&sql::KINDS, &[of.into()])?.into_iter().map(kind_of);
            let kinds = kinds.map(|read| read.map(kind_report)).collect::<Result<_, _>>()?;
            let replacement_fen = replacement(db, of)?.fen();
            Ok(StandingReport { holder, kinds, replacement_fen, ..StandingReport::default() })
        })
    }

    /// Makes the term of a card longer.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn renew_card(
        &self,
        of: &Isil,
        owner: (&CertificateHash, &PatronId),
        desk: &Desk,
    ) -> Result<CardTold, StoreError> {
        self.change(|db| {
            let Some(record) = owned(db, of, owner)? else { return Ok(refused(Refusal::NoCard)) };
            let Some((_, days)) = type_facts(db, of, &record.patron_type)? else {
                return Ok(refused(Refusal::NoSuchKind));
            };
            let state = CardState::of_code(&record.state);
            let until = match machine_renew(state, record.ends_on, days, desk.now.date()) {
                Ok(until) => until.to_string(),
                Err(why) => return Ok(refused(why)),
            };
            db.write(&desk_sql::SET_END, &[of.into(), owner.1.into(), (&until).into()])?;
            log(db, of, (owner.1, "extend"), (&record.state, &record.state), None, desk)?;
            Ok(CardTold { until: Some(until), ..CardTold::default() })
        })
    }

    /// Locks a card that is lost.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn lose_card(
        &self,
        of: &Isil,
        owner: (&CertificateHash, &PatronId),
        desk: &Desk,
    ) -> Result<CardTold, StoreError> {
        self.change(|db| {
            let Some(record) = owned(db, of, owner)? else { return Ok(refused(Refusal::NoCard)) };
            let state = CardState::of_code(&record.state);
            if machine_replace(state).is_ok() {
                return Ok(CardTold { already: true, ..CardTold::default() });
            }
            if let Err(why) = machine_serve(state) {
                return Ok(refused(why));
            }
            let lost = CardState::Lost.code();
            db.write(&circulate::SET_CARD, &[of.into(), owner.1.into(), lost.into()])?;
            log(db, of, (owner.1, CardEvent::Lose.word()), (&record.state, lost), None, desk)?;
            Ok(CardTold::default())
        })
    }

    /// Gives a card another password: its hash, and another one for kiosks.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_card_pin(
        &self,
        of: &Isil,
        owner: (&CertificateHash, &PatronId),
        (hash, for_kiosks): (&str, &str),
        desk: &Desk,
    ) -> Result<CardTold, StoreError> {
        self.change(|db| {
            let Some(record) = owned(db, of, owner)? else { return Ok(refused(Refusal::NoCard)) };
            if let Err(why) = machine_serve(CardState::of_code(&record.state)) {
                return Ok(refused(why));
            }
            db.write(&sql::SET_SECRET, &[of.into(), owner.1.into(), hash.into()])?;
            db.write(&feed::KEEP_KIOSK_PIN, &[of.into(), owner.1.into(), hash.into(), for_kiosks.into()])?;
            log(db, of, (owner.1, "pin"), (&record.state, &record.state), None, desk)?;
            Ok(CardTold::default())
        })
    }
}

/// The card of whoever holds an identity card.
pub(super) fn holder(
    db: &mut dyn Access,
    of: &Isil,
    certificate: &CertificateHash,
) -> Result<Option<PatronRecord>, StoreError> {
    let row = db.rows(&desk_sql::READER_BY_CERTIFICATE, &[of.into(), Value::Bytes(certificate)])?.pop();
    row.map(|row| Ok(reader(row)?.patron)).transpose()
}

/// The card, if it is that of whoever holds the identity card. Nobody else changes it until the end.
fn owned(
    db: &mut dyn Access,
    of: &Isil,
    (certificate, card): (&CertificateHash, &PatronId),
) -> Result<Option<PatronRecord>, StoreError> {
    db.lock(of, &[], &[card])?;
    Ok(holder(db, of, certificate)?.filter(|record| record.patron == *card))
}

/// The rule for a kind, if machines make it.
pub(super) fn kind(
    db: &mut dyn Access,
    of: &Isil,
    patron_type: &str,
) -> Result<Option<MachineKind>, StoreError> {
    let kinds = db.rows(&sql::KINDS, &[of.into()])?.into_iter().map(kind_of);
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    Ok(kinds.into_iter().map(|(kind, _)| kind).find(|kind| kind.patron_type == patron_type))
}

pub(super) fn replacement(db: &mut dyn Access, of: &Isil) -> Result<Amount, StoreError> {
    let row = db.rows(&sql::REPLACEMENT, &[of.into()])?.pop();
    row.ok_or(StoreError::Missing("institution"))?.fen("institution.replacement_fen")
}

/// A kind, and how many items it lends at once.
fn kind_of(mut row: Row) -> Result<(MachineKind, u32), StoreError> {
    let kind = MachineKind {
        patron_type: row.text("machine_rule.patron_type")?,
        ages: (row.number_or_null("machine_rule.age_from")?, row.number_or_null("machine_rule.age_to")?),
        fee: row.fen("machine_rule.fee_fen")?,
        deposit: row.fen("machine_rule.deposit_fen")?,
        by_credit: row.flag("machine_rule.by_credit")?,
    };
    Ok((kind, row.number("patron_type.loan_limit")?))
}

fn kind_report((kind, loans): (MachineKind, u32)) -> KindReport {
    KindReport {
        kind: kind.patron_type,
        age_from: kind.ages.0,
        age_to: kind.ages.1,
        fee_fen: kind.fee.fen(),
        deposit_fen: kind.deposit.fen(),
        by_credit: kind.by_credit,
        loans,
    }
}

/// A rule as the log names it.
fn object(patron_type: &str) -> String {
    format!("machine / {patron_type}")
}
