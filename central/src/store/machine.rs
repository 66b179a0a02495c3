//! Library cards that machines make: reserved, then confirmed or deleted, each by the id that it was given at the machine.
//!
//! ```text
//!   nothing ──reserve──▶ reserved ──confirm──▶ confirmed
//!      └────────delete──────▶ deleted ◀──delete──┘ reserved only
//! ```
//! **Rule**: the id is kept in the SQL transaction that does what is asked. A repeat is answered from there; a `reserve`
//! that comes after its `delete` is refused, so that nothing comes to life behind the back of who gave it up.
//!
//! A new card is a reader's row from the start, suspended: nobody borrows with it, and nobody gets a second one for the
//! same identity card. A card that replaces a lost one is a number alone until it was taken; then the reader's row, with
//! loans and fees, goes to it.

use circulation::id::{Isil, PatronId, TransactionId};
use circulation::money::Amount;
use jiff::civil::Date;
use sync_client::kiosk_api::issue::{CardTold, Refusal};

use super::engine::{Access, Value};
use super::reader::{NewCard, issue_facts, log, move_patron, next_number, write_card};
use super::statement::{circulate, desk as desk_sql, machine as sql, seen};
use super::{Desk, Store, StoreError, look};
use crate::certificate::CertificateHash;
use crate::clock;
use crate::ledger::{CardEvent, CardState, IssueRefused, issue, machine_new, machine_replace};

mod serve;
mod till;

use serve::{holder, kind};
use till::take_money;

/// A card that is asked for at a machine.
#[derive(Clone)]
pub struct Wanted {
    /// what it is
    pub card: WantedCard,
    /// the identity card of a child's guardian
    pub guardian: Option<CertificateHash>,
    /// version of the text that was agreed to
    pub consent: u32,
    /// the card is a code on the phone
    pub on_phone: bool,
}

/// What it is.
#[derive(Clone)]
pub enum WantedCard {
    /// Somebody has none.
    New {
        /// who; number, state and term are not asked for
        card: Box<NewCard>,
        /// day of birth
        born: Date,
    },
    /// It replaces a lost one.
    Replaces {
        /// the lost one
        lost: PatronId,
        /// the identity card of who asks
        certificate: CertificateHash,
    },
}

/// Who has taken the money for a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Till {
    /// Central's own orders say what was paid; what was not is owed.
    Here,
    /// The machine: it confirms no card that is not paid.
    Machine,
}

impl Store {
    /// Whether a new card comes to be if it is reserved now, as far as that is known without a change: then its password
    /// is worth the work of hashing it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn foresees_card(
        &self,
        of: &Isil,
        id: TransactionId,
        (patron_type, born): (&str, Date),
        today: Date,
    ) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.look(|db| {
            let is_kept = !db.rows(&sql::IS_KEPT, &[of.into(), (&id).into()])?.is_empty();
            Ok(!is_kept && machine_new(kind(db, of, patron_type)?.as_ref(), born, today).is_ok())
        })
    }

    /// Reserves a number, or answers what was answered to its id before.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn reserve_card(
        &self,
        of: &Isil,
        id: TransactionId,
        wanted: &Wanted,
        desk: &Desk,
    ) -> Result<CardTold, StoreError> {
        self.change(|db| {
            match kept(db, of, id)? {
                Some(Kept::Deleted) => return Ok(refused(Refusal::Gone)),
                Some(Kept::There(card)) => return told(db, of, &card),
                None => {}
            }
            let done = match &wanted.card {
                WantedCard::New { card, born } => {
                    reserve_new(db, of, (card, *born, wanted.guardian.is_some()), desk)?
                }
                WantedCard::Replaces { lost, certificate } => {
                    reserve_next(db, of, (lost, certificate), desk)?
                }
            };
            let reserved = match done {
                Ok(reserved) => reserved,
                Err(why) => return Ok(refused(why)),
            };
            keep(db, of, id, (wanted, &reserved), desk)?;
            let until = Some(reserved.until.to_string());
            Ok(CardTold { card: Some(reserved.card.as_str().to_owned()), until, ..CardTold::default() })
        })
    }

    /// A card was taken: it is in force from now on, and a lost one that it replaces is not any more.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn confirm_card(
        &self,
        of: &Isil,
        id: TransactionId,
        till: Till,
        desk: &Desk,
    ) -> Result<CardTold, StoreError> {
        self.change(|db| {
            let Some(Kept::There(kept)) = kept(db, of, id)? else { return Ok(refused(Refusal::Gone)) };
            if kept.is_confirmed {
                return told(db, of, &kept);
            }
            match &kept.replaces {
                Some(lost) => hand_over(db, of, lost, &kept.card, desk)?,
                None => put_in_force(db, of, &kept, desk)?,
            }
            take_money(db, of, id, (&kept, till), desk)?;
            let (id, at) = (id.to_string(), clock::stamp(desk.now));
            db.write(&sql::CONFIRM_CARD, &[of.into(), (&id).into(), (&at).into()])?;
            Ok(CardTold { already: false, ..told(db, of, &There { is_confirmed: true, ..kept })? })
        })
    }

    /// A card was not taken: nothing of it is left but its id. What staff has made of it meanwhile stays.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn delete_card(&self, of: &Isil, id: TransactionId, desk: &Desk) -> Result<CardTold, StoreError> {
        self.change(|db| {
            let at = clock::stamp(desk.now);
            let text = id.to_string();
            match kept(db, of, id)? {
                // It may still be under way: it comes too late.
                None => {
                    keep_deleted(db, of, &text, desk)?;
                    return Ok(CardTold::default());
                }
                Some(Kept::Deleted) => return Ok(CardTold { already: true, ..CardTold::default() }),
                Some(Kept::There(card)) if card.is_confirmed => return Ok(refused(Refusal::HasCard)),
                Some(Kept::There(There { card, replaces: None, .. })) => remove(db, of, &card, desk)?,
                Some(Kept::There(_)) => {}
            }
            db.write(&sql::FORGET_CARD, &[of.into(), (&text).into(), (&at).into()])?;
            Ok(CardTold::default())
        })
    }
}

/// What is kept of an id.
enum Kept {
    Deleted,
    There(There),
}

/// A card that was reserved, and perhaps taken.
struct There {
    is_confirmed: bool,
    card: PatronId,
    replaces: Option<PatronId>,
    becomes: Option<String>,
    fee: Amount,
    deposit: Amount,
}

/// A number that is somebody's from now on.
struct Reserved {
    card: PatronId,
    until: Date,
    becomes: Option<CardState>,
    fee: Amount,
    deposit: Amount,
}

fn refused(why: Refusal) -> CardTold {
    CardTold { refused: Some(why), ..CardTold::default() }
}

fn kept(db: &mut dyn Access, of: &Isil, id: TransactionId) -> Result<Option<Kept>, StoreError> {
    let id = id.to_string();
    let Some(mut row) = db.rows(&sql::CARD, &[of.into(), (&id).into()])?.pop() else { return Ok(None) };
    let state = row.text("machine_card.state")?;
    if state == DELETED {
        return Ok(Some(Kept::Deleted));
    }
    Ok(Some(Kept::There(There {
        is_confirmed: state != RESERVED,
        card: row.patron("machine_card.card")?,
        replaces: row.patron_or_null("machine_card.replaces")?,
        becomes: row.text_or_null("machine_card.becomes")?,
        fee: row.fen("machine_card.fee_fen")?,
        deposit: row.fen("machine_card.deposit_fen")?,
    })))
}

/// The answer to a card that is there.
fn told(db: &mut dyn Access, of: &Isil, there: &There) -> Result<CardTold, StoreError> {
    let owner = there.replaces.as_ref().filter(|_| !there.is_confirmed).unwrap_or(&there.card);
    let until = look::patron(db, of, owner)?.map(|record| record.ends_on.to_string());
    Ok(CardTold { already: true, card: Some(there.card.as_str().to_owned()), until, ..CardTold::default() })
}

fn reserve_new(
    db: &mut dyn Access,
    of: &Isil,
    (card, born, has_guardian): (&NewCard, Date, bool),
    desk: &Desk,
) -> Result<Result<Reserved, Refusal>, StoreError> {
    let today = desk.now.date();
    let kind = kind(db, of, &card.patron_type)?;
    let becomes = match machine_new(kind.as_ref(), born, today) {
        // A rule that came since nobody foresaw a card: the next time it is one.
        Ok(_) if card.hashes.0.is_empty() => return Ok(Err(Refusal::NoSuchKind)),
        Ok(becomes) => becomes,
        Err(why) => return Ok(Err(why)),
    };
    let mut card = NewCard { state: CardState::Suspended.code(), ..card.clone() };
    let stands = db.rows(&seen::STANDS, &[of.into(), (&desk.opuser).into()])?.pop();
    card.branch = stands.map(|mut row| row.text("service_point.branch")).transpose()?;
    let mut facts = issue_facts(db, of, &card)?;
    // A child gives its guardian's telephone, with which the guardian logs in.
    if has_guardian && facts.is_login_taken {
        card.login = None;
        facts.is_login_taken = false;
    }
    let (starts_on, until) = match issue(&facts, card.term, today) {
        Ok(term) => term,
        Err(why) => return Ok(Err(refusal(why))),
    };
    let number = next_number(db, of, today)?;
    write_card(db, of, &card, &number, (starts_on, until), today)?;
    log(db, of, (&number, "reserve"), ("", card.state), None, desk)?;
    let none = Amount::default();
    let (fee, deposit) = kind.map_or((none, none), |kind| (kind.fee, kind.deposit));
    Ok(Ok(Reserved { card: number, until, becomes: Some(becomes), fee, deposit }))
}

fn reserve_next(
    db: &mut dyn Access,
    of: &Isil,
    (lost, certificate): (&PatronId, &CertificateHash),
    desk: &Desk,
) -> Result<Result<Reserved, Refusal>, StoreError> {
    db.lock(of, &[], &[lost])?;
    let Some(record) = holder(db, of, certificate)?.filter(|record| record.patron == *lost) else {
        return Ok(Err(Refusal::NoCard));
    };
    if let Err(why) = machine_replace(CardState::of_code(&record.state)) {
        return Ok(Err(why));
    }
    let card = next_number(db, of, desk.now.date())?;
    let fee = serve::replacement(db, of)?;
    Ok(Ok(Reserved { card, until: record.ends_on, becomes: None, fee, deposit: Amount::default() }))
}

fn keep(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    (wanted, reserved): (&Wanted, &Reserved),
    desk: &Desk,
) -> Result<(), StoreError> {
    let (id, at) = (id.to_string(), clock::stamp(desk.now));
    let replaces = match &wanted.card {
        WantedCard::Replaces { lost, .. } => Some(lost.as_str()),
        WantedCard::New { .. } => None,
    };
    let values = [
        of.into(),
        (&id).into(),
        RESERVED.into(),
        (&reserved.card).into(),
        replaces.into(),
        reserved.becomes.map(CardState::code).into(),
        reserved.fee.into(),
        reserved.deposit.into(),
        wanted.consent.into(),
        i64::from(wanted.on_phone).into(),
        wanted.guardian.as_ref().map_or(Value::Null, |hash| Value::Bytes(hash)),
        (&at).into(),
        (&desk.opuser).into(),
    ];
    db.write(&sql::KEEP_CARD, &values)
}

fn keep_deleted(db: &mut dyn Access, of: &Isil, id: &str, desk: &Desk) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let (none, nothing) = (Value::Null, Value::Int(0));
    let values = [
        of.into(),
        id.into(),
        DELETED.into(),
        none,
        none,
        none,
        nothing,
        nothing,
        nothing,
        nothing,
        none,
        (&at).into(),
        (&desk.opuser).into(),
    ];
    db.write(&sql::KEEP_CARD, &values)
}

/// A new card that was taken. One that staff has changed meanwhile stays as staff wants it.
fn put_in_force(db: &mut dyn Access, of: &Isil, kept: &There, desk: &Desk) -> Result<(), StoreError> {
    db.lock(of, &[], &[&kept.card])?;
    let Some(record) = look::patron(db, of, &kept.card)? else { return Ok(()) };
    let becomes = kept.becomes.as_deref().unwrap_or(CardState::Valid.code());
    if CardState::of_code(&record.state) == CardState::Suspended {
        db.write(&circulate::SET_CARD, &[of.into(), (&kept.card).into(), becomes.into()])?;
        log(db, of, (&kept.card, "issue"), (&record.state, becomes), None, desk)?;
    }
    Ok(())
}

/// The reader of a lost card has the next one in hand: the account goes to it. Were it refused now, the reader would stand
/// there with a card that is nobody's; a card that staff has locked meanwhile stays locked under its new number.
fn hand_over(
    db: &mut dyn Access,
    of: &Isil,
    lost: &PatronId,
    card: &PatronId,
    desk: &Desk,
) -> Result<(), StoreError> {
    db.lock(of, &[], &[lost, card])?;
    let Some(record) = look::patron(db, of, lost)? else { return Ok(()) };
    let is_lost = CardState::of_code(&record.state) == CardState::Lost;
    let after = if is_lost { CardState::Valid.code() } else { record.state.as_str() };
    move_patron(db, of, lost, card)?;
    db.write(&circulate::SET_CARD, &[of.into(), card.into(), after.into()])?;
    log(db, of, (lost, CardEvent::Replace.word()), (&record.state, after), Some(card), desk)
}

/// A new card that was not taken goes, unless staff has given it to somebody or something hangs on it.
fn remove(db: &mut dyn Access, of: &Isil, card: &PatronId, desk: &Desk) -> Result<(), StoreError> {
    db.lock(of, &[], &[card])?;
    let Some(mut row) = db.rows(&sql::HANGS_ON, &[of.into(), card.into()])?.pop() else { return Ok(()) };
    let (state, hangs) = (row.text("patron.state")?, row.int("loan")?);
    if CardState::of_code(&state) != CardState::Suspended || hangs > 0 {
        return Ok(());
    }
    db.write(&desk_sql::REMOVE_PATRON, &[of.into(), card.into()])?;
    log(db, of, (card, "delete"), (&state, ""), None, desk)
}

fn refusal(why: IssueRefused) -> Refusal {
    match why {
        IssueRefused::CertificateTaken => Refusal::HasCard,
        IssueRefused::LoginTaken => Refusal::PhoneTaken,
        IssueRefused::NoSuchType
        | IssueRefused::NoSuchBranch
        | IssueRefused::NumberTaken
        | IssueRefused::AttachedTaken
        | IssueRefused::SerialUsed
        | IssueRefused::BadTerm => Refusal::NoSuchKind,
    }
}

const RESERVED: &str = "reserved";
const DELETED: &str = "deleted";
