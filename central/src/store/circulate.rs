//! Loans, returns, renewals: lock, read the facts, let the ledger decide, apply and log, all in one transaction.
//!
//! The outer `Result` is whether the store works, the inner one is the ledger's verdict.

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::money::Amount;
use circulation::transaction::Reason;
use jiff::civil::Date;
use sync_client::kiosk_api::locate::How;
use sync_client::wire::code;

use super::engine::{Access, Value};
use super::facts::{Facts, ItemFacts};
use super::gate::About;
use super::statement::{circulate, shelf};
use super::{Desk, ItemRecord, LoanRecord, Store, StoreError, hold, seen};
use crate::clock;
use crate::ledger::{self, Loan, Route};

/// An item that came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Returned {
    /// the loan that ended
    pub loan: LoanRecord,
    /// where the item goes from here
    pub route: Route,
    /// what was lent with it (附件)
    pub attachment: Option<String>,
}

impl core::fmt::Debug for Returned {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Returned").field("loan", &self.loan).finish_non_exhaustive()
    }
}

impl Store {
    /// Lends an item to a patron, if the ledger grants it. The patron's own hold on it is thereby fulfilled.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkout(
        &self,
        of: &Isil,
        patron: &PatronId,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        let lent = self.checkout_with(of, (patron, item), false, desk)?;
        Ok(lent.map(|(loan, _)| loan))
    }

    /// Lends an item, with what belongs to it (附件) or without. Gives what went with it, too.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkout_with(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        with_attachment: bool,
        desk: &Desk,
    ) -> Result<Result<(LoanRecord, Option<String>), Reason>, StoreError> {
        self.circulated(about(of, item, Some(patron), desk), move |db, about, facts| {
            let patron = about.patron.as_ref().ok_or(StoreError::Missing("who borrows"))?;
            let loan = match checkout(db, &about.of, patron, facts, &about.desk, None)? {
                Ok(loan) => loan,
                Err(reason) => return Ok(Err(reason)),
            };
            let attachment = facts.item.as_ref().map(|item| item.attachment.clone());
            let attachment = attachment.filter(|text| with_attachment && !text.is_empty());
            if attachment.is_some() {
                db.write(&shelf::WITH_ATTACHMENT, &[(&about.of).into(), (&about.item).into()])?;
            }
            Ok(Ok((loan, attachment)))
        })
    }

    /// Takes an item back. Gives the loan that ended. Being late may cost; where the item goes next is decided.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkin(
        &self,
        of: &Isil,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        Ok(self.checkin_with(of, item, desk)?.map(|back| back.loan))
    }

    /// Takes an item back. Gives the loan that ended, where the item goes, and what must have come with it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkin_with(
        &self,
        of: &Isil,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<Returned, Reason>, StoreError> {
        self.circulated(about(of, item, None, desk), |db, about, facts| {
            checkin(db, &about.of, facts, &about.desk)
        })
    }

    /// Renews a patron's loan.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn renew(
        &self,
        of: &Isil,
        patron: &PatronId,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[patron])?;
            let facts = Facts::read(db, of, item, Some(patron), desk)?;
            let (who, what) = (facts.patron_standing(), facts.item_standing());
            let judged = ledger::renew(patron, who, what, facts.terms, &facts.open, desk.now.date());
            let due_on = match judged {
                Ok(due_on) => due_on,
                Err(reason) => return Ok(Err(reason)),
            };
            let item_facts = facts.item.as_ref().ok_or(StoreError::Missing("item"))?;
            let loan = what.and_then(|item| item.loan.as_ref()).ok_or(StoreError::Missing("loan"))?;
            let day = due_on.to_string();
            db.write(&circulate::RENEW, &[of.into(), item.into(), (&day).into()])?;
            log(db, of, "renew", (item, patron, due_on), desk)?;
            let renewed = Loan { due_on, n_renewals: loan.n_renewals.saturating_add(1), ..loan.clone() };
            item_facts.loan_record(&renewed).map(Ok)
        })
    }
}

/// What a change is about, for whoever makes it.
fn about(of: &Isil, item: &ItemId, patron: Option<&PatronId>, desk: &Desk) -> About {
    About { of: of.clone(), item: item.clone(), patron: patron.cloned(), desk: desk.clone() }
}

/// Lends if the ledger grants it. Item and patron are locked.
pub(super) fn checkout(
    db: &mut dyn Access,
    of: &Isil,
    patron: &PatronId,
    facts: &Facts,
    desk: &Desk,
    transaction: Option<TransactionId>,
) -> Result<Result<LoanRecord, Reason>, StoreError> {
    let (who, what) = (facts.patron_standing(), facts.item_standing());
    match ledger::checkout(patron, who, what, facts.terms, &facts.open, desk.now.date()) {
        Ok(due_on) => {
            let item_facts = facts.item.as_ref().ok_or(StoreError::Missing("item"))?;
            Ok(Ok(lend(db, of, item_facts, (patron, due_on), desk, transaction)?))
        }
        Err(reason) => {
            // Whoever asked has it in hand.
            seen::here(db, of, facts, How::Pad, desk)?;
            Ok(Err(reason))
        }
    }
}

/// Takes back if the ledger grants it. The item is locked.
pub(super) fn checkin(
    db: &mut dyn Access,
    of: &Isil,
    facts: &Facts,
    desk: &Desk,
) -> Result<Result<Returned, Reason>, StoreError> {
    match ledger::checkin(facts.item_standing()) {
        Ok(ended) => bring_back(db, of, facts, ended, desk).map(Ok),
        Err(reason) => {
            seen::here(db, of, facts, How::Return, desk)?;
            came_back(db, of, facts, desk)?;
            Ok(Err(reason))
        }
    }
}

/// Notes that an item which nobody had is here. Whoever lent it may not have told yet.
pub(super) fn came_back(
    db: &mut dyn Access,
    of: &Isil,
    facts: &Facts,
    desk: &Desk,
) -> Result<(), StoreError> {
    let Some(item) = facts.item.as_ref().filter(|item| item.standing.loan.is_none()) else { return Ok(()) };
    let at = clock::stamp(desk.now);
    db.write(&circulate::CAME_BACK, &[of.into(), (&item.record.item).into(), (&at).into()])?;
    Ok(())
}

/// Makes a loan and logs it. The patron's own hold on the item is thereby fulfilled, and a way that it was on ends.
pub(super) fn lend(
    db: &mut dyn Access,
    of: &Isil,
    facts: &ItemFacts,
    (patron, due_on): (&PatronId, Date),
    desk: &Desk,
    transaction: Option<TransactionId>,
) -> Result<LoanRecord, StoreError> {
    let item = &facts.record.item;
    let (mut placed_at, mut pickup) = (None, None);
    if facts.is_held_by_patron
        && let Some(mut row) =
            db.rows(&circulate::END_HOLD, &[of.into(), item.into(), patron.into()])?.into_iter().next()
    {
        placed_at = row.text_or_null("hold.placed_at")?;
        pickup = row.text_or_null("hold.pickup_branch")?;
    }
    if facts.sent_to.is_some() {
        db.write(&circulate::END_TRANSIT, &[of.into(), item.into()])?;
    }
    let (at, due) = (clock::stamp(desk.now), due_on.to_string());
    let values = [
        of.into(),
        item.into(),
        patron.into(),
        (&at).into(),
        (&due).into(),
        (&desk.opuser).into(),
        transaction.as_ref().map_or(Value::Null, Value::from),
        placed_at.as_deref().into(),
        pickup.as_deref().into(),
    ];
    db.write(&circulate::LEND, &values)?;
    log(db, of, "checkout", (item, patron, due_on), desk)?;
    let item = ItemRecord { state: code::holding::ON_LOAN.to_owned(), ..facts.record.clone() };
    Ok(LoanRecord { item, loaned_at: desk.now, due_on, n_renewals: 0 })
}

/// Ends a loan that the patron ended by bringing the item here: lateness may cost, and the item goes on its way.
pub(super) fn bring_back(
    db: &mut dyn Access,
    of: &Isil,
    facts: &Facts,
    ended: &Loan,
    desk: &Desk,
) -> Result<Returned, StoreError> {
    let item = facts.item.as_ref().ok_or(StoreError::Missing("item"))?;
    let mut record = take_back(db, of, item, ended, desk)?;
    let is_borrower = facts.patron.as_ref().is_some_and(|patron| patron.record.patron == ended.patron);
    if let Some(terms) = facts.terms.filter(|_| is_borrower) {
        let fee = ledger::fine(terms.fine, ended.due_on, desk.now.date());
        owe(db, of, (&ended.patron, &item.record.item), fee, desk)?;
    }
    let route = hold::send_on(db, of, facts, item, desk)?;
    // The item as it is now, where it is now.
    if let Some(name) = &facts.here_name {
        record.item.branch_name.clone_from(name);
    }
    let attachment = Some(&item.attachment).filter(|_| item.is_attachment_lent).cloned();
    Ok(Returned { loan: record, route, attachment })
}

/// Ends a loan and logs it; nothing else.
pub(super) fn take_back(
    db: &mut dyn Access,
    of: &Isil,
    facts: &ItemFacts,
    ended: &Loan,
    desk: &Desk,
) -> Result<LoanRecord, StoreError> {
    let item = &facts.record.item;
    db.write(&circulate::END_LOAN, &[of.into(), item.into()])?;
    log(db, of, "checkin", (item, &ended.patron, ended.due_on), desk)?;
    Ok(LoanRecord { item: facts.record.clone(), ..facts.loan_record(ended)? })
}

/// Ends a loan that was never taken along. To the log it is a return that nobody made: it does not say where the item is.
pub(super) fn undo(
    db: &mut dyn Access,
    of: &Isil,
    item: &ItemId,
    undone: &Loan,
    desk: &Desk,
) -> Result<(), StoreError> {
    db.write(&circulate::END_LOAN, &[of.into(), item.into()])?;
    let (at, due) = (clock::stamp(desk.now), undone.due_on.to_string());
    let values =
        [of.into(), (&at).into(), item.into(), (&undone.patron).into(), (&due).into(), (&desk.opuser).into()];
    db.write(&circulate::LOG_UNDONE, &values)
}

fn owe(
    db: &mut dyn Access,
    of: &Isil,
    (patron, item): (&PatronId, &ItemId),
    fee: Amount,
    desk: &Desk,
) -> Result<(), StoreError> {
    if fee == Amount::from_fen(0) {
        return Ok(());
    }
    let at = clock::stamp(desk.now);
    db.write(&circulate::OWE, &[of.into(), patron.into(), fee.into()])?;
    let values = [of.into(), (&at).into(), patron.into(), item.into(), fee.into(), (&desk.opuser).into()];
    db.write(&circulate::LOG_FEE, &values)
}

fn log(
    db: &mut dyn Access,
    of: &Isil,
    act: &'static str,
    (item, patron, due_on): (&ItemId, &PatronId, Date),
    desk: &Desk,
) -> Result<(), StoreError> {
    let (at, due) = (clock::stamp(desk.now), due_on.to_string());
    let values = [
        of.into(),
        (&at).into(),
        act.into(),
        item.into(),
        patron.into(),
        (&due).into(),
        (&desk.opuser).into(),
    ];
    db.write(&circulate::LOG, &values)
}
