//! Readers at the desk: found, issued, extended, changed into another type or number.

use circulation::id::{Isil, PatronId};
use circulation::money::Amount;
use jiff::civil::Date;

use super::engine::{Access, Row, Value};
use super::facts::patron_record;
use super::statement::{Statement, circulate, desk as sql, machine};
use super::{Desk, PatronRecord, Store, StoreError, look};
use crate::certificate::CertificateHash;
use crate::clock;
use crate::ledger::{
    CardEvent, CardRefused, CardState, ChangeRefused, IssueFacts, IssueRefused, change_type, extend, issue,
};

/// A patron with what only the desk needs.
#[derive(Clone, PartialEq, Eq)]
pub struct ReaderRecord {
    /// the patron
    pub patron: PatronRecord,
    /// `M` male, `F` female, empty: not told
    pub sex: String,
    /// code of the branch where the card was issued
    pub branch: Option<String>,
    /// its name
    pub branch_name: Option<String>,
    /// paid ahead
    pub prepaid: Amount,
}

/// How a reader is looked for.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// the card's number, or that of a card which stands for it
    Number(&'a str),
    /// the identity card
    Certificate(&'a CertificateHash),
    /// the log-in
    Login(&'a CertificateHash),
    /// the whole name
    Name(&'a str),
}

/// A card that is to be issued.
#[derive(Clone, Default)]
pub struct NewCard {
    /// its number; nothing: the next running one
    pub number: Option<PatronId>,
    /// the reader's name
    pub name: String,
    /// hash of the password, and another one for kiosks
    pub hashes: (String, String),
    /// type of the card
    pub patron_type: String,
    /// `rdcfstate`
    pub state: &'static str,
    /// first and last day, if they are not the usual ones
    pub term: (Option<Date>, Option<Date>),
    /// where it is issued
    pub branch: Option<String>,
    /// see [`ReaderRecord::sex`]
    pub sex: &'static str,
    /// year of birth
    pub birth_year: Option<i64>,
    /// keyed hash of the identity card's number
    pub certificate: Option<CertificateHash>,
    /// keyed hash of the log-in
    pub login: Option<CertificateHash>,
    /// another card that stands for this one
    pub attached: Option<String>,
    /// paid for it: how much, how, and the number of the payment
    pub deposit: Option<(Amount, String, String)>,
}

impl Store {
    /// Readers found, by card number; at most a hundred.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn readers(&self, of: &Isil, by: By<'_>) -> Result<Vec<ReaderRecord>, StoreError> {
        let (statement, value): (&'static Statement, Value<'_>) = match by {
            By::Number(number) => (&sql::READER_BY_NUMBER, number.into()),
            By::Certificate(hash) => (&sql::READER_BY_CERTIFICATE, Value::Bytes(hash)),
            By::Login(hash) => (&sql::READER_BY_LOGIN, Value::Bytes(hash)),
            By::Name(name) => (&sql::READERS_BY_NAME, name.into()),
        };
        self.look(|db| db.rows(statement, &[of.into(), value])?.into_iter().map(reader).collect())
    }

    /// Issues a card. Gives its number.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn issue_card(
        &self,
        of: &Isil,
        card: &NewCard,
        desk: &Desk,
    ) -> Result<Result<PatronId, IssueRefused>, StoreError> {
        self.change(|db| {
            let facts = issue_facts(db, of, card)?;
            let today = desk.now.date();
            let (starts_on, ends_on) = match issue(&facts, card.term, today) {
                Ok(term) => term,
                Err(refused) => return Ok(Err(refused)),
            };
            let number = match &card.number {
                Some(number) => number.clone(),
                None => next_number(db, of, today)?,
            };
            write_card(db, of, card, &number, (starts_on, ends_on), today)?;
            if let Some(attached) = &card.attached {
                db.write(&sql::ATTACH_CARD, &[of.into(), attached.into(), (&number).into()])?;
            }
            if let Some((amount, how, serial)) = &card.deposit {
                let at = clock::stamp(desk.now);
                let values = [
                    of.into(),
                    serial.into(),
                    (&at).into(),
                    (&number).into(),
                    "deposit".into(),
                    (*amount).into(),
                    how.into(),
                    Value::Null,
                    (&desk.opuser).into(),
                ];
                db.write(&sql::KEEP_PAYMENT, &values)?;
            }
            log(db, of, (&number, "issue"), ("", card.state), None, desk)?;
            Ok(Ok(number))
        })
    }

    /// Extends a card (延期). Gives its new last day.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn extend_card(
        &self,
        of: &Isil,
        patron: &PatronId,
        desk: &Desk,
    ) -> Result<Result<Date, ChangeRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(record) = look::patron(db, of, patron)? else { return Ok(Err(ChangeRefused::Unknown)) };
            let Some((_, validity_days)) = type_facts(db, of, &record.patron_type)? else {
                return Ok(Err(ChangeRefused::NoSuchType));
            };
            let state = CardState::of_code(&record.state);
            let until = match extend(state, record.ends_on, validity_days, desk.now.date()) {
                Ok(until) => until,
                Err(refused) => return Ok(Err(refused)),
            };
            db.write(&sql::SET_END, &[of.into(), patron.into(), (&until.to_string()).into()])?;
            log(db, of, (patron, "extend"), (&record.state, &record.state), None, desk)?;
            Ok(Ok(until))
        })
    }

    /// Makes a card one of another type; with `is_preview` only says whether that would do.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn change_type(
        &self,
        of: &Isil,
        (patron, new): (&PatronId, &str),
        is_preview: bool,
        desk: &Desk,
    ) -> Result<Result<(), ChangeRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(record) = look::patron(db, of, patron)? else { return Ok(Err(ChangeRefused::Unknown)) };
            let limit = type_facts(db, of, new)?.map(|(limit, _)| limit);
            let state = CardState::of_code(&record.state);
            let judged = change_type(state, (&record.patron_type, new), record.n_loans, limit);
            if judged.is_ok() && !is_preview {
                db.write(&sql::SET_TYPE, &[of.into(), patron.into(), new.into()])?;
                log(db, of, (patron, "type"), (&record.state, &record.state), None, desk)?;
            }
            Ok(judged)
        })
    }

    /// Gives a patron a card with another number (换证, 补办). Loans, holds, fees and what is known of the patron go with
    /// it; the logs keep the old number and say which one follows. A replacement also makes the card valid again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn renumber_card(
        &self,
        of: &Isil,
        (old, new): (&PatronId, &PatronId),
        event: Option<CardEvent>,
        desk: &Desk,
    ) -> Result<Result<(), RenumberRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[old, new])?;
            let Some(record) = look::patron(db, of, old)? else {
                return Ok(Err(RenumberRefused::Change(ChangeRefused::Unknown)));
            };
            let is_promised = !db.rows(&machine::IS_PROMISED, &[of.into(), new.into()])?.is_empty();
            if is_promised || look::patron(db, of, new)?.is_some() {
                return Ok(Err(RenumberRefused::Change(ChangeRefused::NumberTaken)));
            }
            let before = CardState::of_code(&record.state);
            let after = match event {
                Some(event) => match before.after(event, record.n_loans, record.debt) {
                    Ok(after) => after,
                    Err(refused) => return Ok(Err(RenumberRefused::Card(refused))),
                },
                None if before == CardState::Cancelled => {
                    return Ok(Err(RenumberRefused::Change(ChangeRefused::Cancelled)));
                }
                None => before,
            };
            move_patron(db, of, old, new)?;
            let code = if event.is_some() { after.code() } else { record.state.as_str() };
            db.write(&circulate::SET_CARD, &[of.into(), new.into(), code.into()])?;
            let word = event.map_or("renumber", CardEvent::word);
            log(db, of, (old, word), (&record.state, code), Some(new), desk)?;
            Ok(Ok(()))
        })
    }

    /// Ends a card for good and gives the deposit back (退证). Gives how much that is.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn give_up_card(
        &self,
        of: &Isil,
        patron: &PatronId,
        serial: &str,
        desk: &Desk,
    ) -> Result<Result<Amount, CardRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(record) = look::patron(db, of, patron)? else { return Ok(Err(CardRefused::Unknown)) };
            let before = CardState::of_code(&record.state);
            let after = match before.after(CardEvent::Cancel, record.n_loans, record.debt) {
                Ok(after) => after,
                Err(refused) => return Ok(Err(refused)),
            };
            db.write(&circulate::SET_CARD, &[of.into(), patron.into(), after.code().into()])?;
            log(db, of, (patron, "give_up"), (&record.state, after.code()), None, desk)?;
            if record.deposit.fen() != 0 {
                db.write(&sql::SET_DEPOSIT, &[of.into(), patron.into(), Value::Int(0)])?;
                let at = clock::stamp(desk.now);
                let back = Amount::from_fen(-record.deposit.fen());
                let values = [
                    of.into(),
                    serial.into(),
                    (&at).into(),
                    patron.into(),
                    "deposit".into(),
                    back.into(),
                    "".into(),
                    Value::Null,
                    (&desk.opuser).into(),
                ];
                db.write(&sql::KEEP_PAYMENT, &values)?;
            }
            Ok(Ok(record.deposit))
        })
    }

    /// Takes back a suspension that the same account had made, and nothing else: a device that kept a card by mistake.
    /// Says whether the card is as it was before.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn take_back_suspension(
        &self,
        of: &Isil,
        patron: &PatronId,
        desk: &Desk,
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(mut row) =
                db.rows(&sql::LAST_CARD_EVENT, &[of.into(), patron.into()])?.into_iter().next()
            else {
                return Ok(false);
            };
            let (event, before, opuser) = (
                row.text("card_log.event")?,
                row.text("card_log.state_before")?,
                row.text("card_log.opuser")?,
            );
            if event != CardEvent::Suspend.word() || opuser != desk.opuser {
                return Ok(false);
            }
            db.write(&circulate::SET_CARD, &[of.into(), patron.into(), (&before).into()])?;
            log(db, of, (patron, "enable"), (CardState::Suspended.code(), &before), None, desk)?;
            Ok(true)
        })
    }
}

/// Why a card keeps its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenumberRefused {
    /// of the number, or of the card itself
    #[error(transparent)]
    Change(ChangeRefused),
    /// of the card's state
    #[error(transparent)]
    Card(CardRefused),
}

impl core::fmt::Debug for ReaderRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ReaderRecord").field("patron", &self.patron).finish_non_exhaustive()
    }
}

pub(super) fn reader(mut row: Row) -> Result<ReaderRecord, StoreError> {
    let id = row.patron("patron.patron")?;
    Ok(ReaderRecord {
        patron: patron_record(&mut row, id)?,
        sex: row.text("patron.sex")?,
        branch: row.text_or_null("patron.branch")?,
        branch_name: row.text_or_null("branch.name")?,
        prepaid: row.fen("patron.prepaid_fen")?,
    })
}

pub(super) fn issue_facts(db: &mut dyn Access, of: &Isil, card: &NewCard) -> Result<IssueFacts, StoreError> {
    let serial = card.deposit.as_ref().map(|(_, _, serial)| serial.as_str());
    let values = [
        of.into(),
        (&card.patron_type).into(),
        card.branch.as_deref().into(),
        card.number.as_ref().map(PatronId::as_str).into(),
        card.certificate.as_ref().map_or(Value::Null, |hash| Value::Bytes(hash)),
        card.login.as_ref().map_or(Value::Null, |hash| Value::Bytes(hash)),
        card.attached.as_deref().into(),
        serial.into(),
    ];
    let Some(mut row) = db.rows(&sql::ISSUE_FACTS, &values)?.into_iter().next() else {
        return Ok(IssueFacts::default());
    };
    let validity_days = row.number_or_null("patron_type.validity_days")?;
    let is_branch = row.flag("branch")?;
    Ok(IssueFacts {
        validity_days,
        is_branch_unknown: card.branch.is_some() && !is_branch,
        is_number_taken: row.flag("patron")?,
        is_certificate_taken: row.flag("patron.certificate_hash")?,
        is_login_taken: row.flag("patron.login_hash")?,
        is_attached_taken: row.flag("attached_card")?,
        is_serial_used: row.flag("payment")?,
    })
}

pub(super) fn write_card(
    db: &mut dyn Access,
    of: &Isil,
    card: &NewCard,
    number: &PatronId,
    (starts_on, ends_on): (Date, Date),
    today: Date,
) -> Result<(), StoreError> {
    let (starts_on, ends_on, today) = (starts_on.to_string(), ends_on.to_string(), today.to_string());
    let deposit = card.deposit.as_ref().map_or(0, |(amount, _, _)| amount.fen());
    let values = [
        of.into(),
        number.into(),
        (&card.name).into(),
        (&card.hashes.0).into(),
        (&card.patron_type).into(),
        card.state.into(),
        (&starts_on).into(),
        (&ends_on).into(),
        deposit.into(),
        (&card.hashes.1).into(),
        card.sex.into(),
        card.birth_year.map_or(Value::Null, Value::Int),
        (&today).into(),
        card.branch.as_deref().into(),
        card.certificate.as_ref().map_or(Value::Null, |hash| Value::Bytes(hash)),
        card.login.as_ref().map_or(Value::Null, |hash| Value::Bytes(hash)),
    ];
    db.write(&sql::ISSUE, &values)
}

/// The next running number that is nobody's.
pub(super) fn next_number(db: &mut dyn Access, of: &Isil, today: Date) -> Result<PatronId, StoreError> {
    let prefix = format!("R{}", today.year());
    let corrupt =
        StoreError::Corrupt { column: "numbering.prefix", expected: "the beginning of a card number" };
    loop {
        let values = [of.into(), "patron".into(), (&prefix).into(), NUMBER_DIGITS.into()];
        let rows = db.rows(&sql::NEXT_NUMBER, &values)?;
        let mut row = rows.into_iter().next().ok_or(StoreError::Missing("a number"))?;
        let prefix = row.text("numbering.prefix")?;
        let width = row.number::<usize>("numbering.n_digits")?.min(20);
        let number = format!("{prefix}{:0width$}", row.int("numbering.last")?);
        let Ok(number) = PatronId::parse(&number) else { return Err(corrupt) };
        if look::patron(db, of, &number)?.is_none() {
            return Ok(number);
        }
    }
}

pub(super) fn type_facts(
    db: &mut dyn Access,
    of: &Isil,
    name: &str,
) -> Result<Option<(u32, u32)>, StoreError> {
    let row = db.rows(&sql::PATRON_TYPE_FACTS, &[of.into(), name.into()])?.into_iter().next();
    row.map(|mut row| Ok((row.number("patron_type.loan_limit")?, row.number("patron_type.validity_days")?)))
        .transpose()
}

pub(super) fn move_patron(
    db: &mut dyn Access,
    of: &Isil,
    old: &PatronId,
    new: &PatronId,
) -> Result<(), StoreError> {
    let rows = db.rows(&sql::UNIQUE_OF_PATRON, &[of.into(), old.into()])?;
    let mut unique = rows.into_iter().next().ok_or(StoreError::Missing("patron"))?;
    let certificate = unique.bytes_or_null("patron.certificate_hash")?;
    let login = unique.bytes_or_null("patron.login_hash")?;
    db.write(&sql::COPY_PATRON, &[of.into(), old.into(), new.into()])?;
    let moves = [&sql::MOVE_LOANS, &sql::MOVE_HOLDS, &sql::MOVE_BLOCKS, &sql::MOVE_CARDS];
    for statement in moves.into_iter().chain([&machine::MOVE_CARD, &machine::MOVE_REPLACED]) {
        db.write(statement, &[of.into(), old.into(), new.into()])?;
    }
    db.write(&sql::REMOVE_PATRON, &[of.into(), old.into()])?;
    let values = [
        of.into(),
        new.into(),
        certificate.as_deref().map_or(Value::Null, Value::Bytes),
        login.as_deref().map_or(Value::Null, Value::Bytes),
    ];
    db.write(&sql::SET_UNIQUE, &values)
}

pub(super) fn log(
    db: &mut dyn Access,
    of: &Isil,
    (patron, event): (&PatronId, &'static str),
    (before, after): (&str, &str),
    successor: Option<&PatronId>,
    desk: &Desk,
) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let values = [
        of.into(),
        (&at).into(),
        patron.into(),
        event.into(),
        before.into(),
        after.into(),
        (&desk.opuser).into(),
        successor.map(PatronId::as_str).into(),
    ];
    db.write(&sql::LOG_SUCCESSION, &values)
}

const NUMBER_DIGITS: i64 = 6;
