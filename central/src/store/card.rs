//! The state of a card, changed as the ledger's table allows, and logged.

use circulation::id::{Isil, PatronId};

use super::statement::circulate;
use super::{Desk, Store, StoreError, look};
use crate::clock;
use crate::ledger::{CardEvent, CardRefused, CardState};

impl Store {
    /// Changes the state of a card. Gives the new one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn change_card(
        &self,
        of: &Isil,
        patron: &PatronId,
        event: CardEvent,
        desk: &Desk,
    ) -> Result<Result<CardState, CardRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(record) = look::patron(db, of, patron)? else { return Ok(Err(CardRefused::Unknown)) };
            let before = CardState::of_code(&record.state);
            let after = match before.after(event, record.n_loans, record.debt) {
                Ok(after) => after,
                Err(refused) => return Ok(Err(refused)),
            };
            db.write(&circulate::SET_CARD, &[of.into(), patron.into(), after.code().into()])?;
            let at = clock::stamp(desk.now);
            let values = [
                of.into(),
                (&at).into(),
                patron.into(),
                event.word().into(),
                (&record.state).into(),
                after.code().into(),
                (&desk.opuser).into(),
            ];
            db.write(&circulate::LOG_CARD, &values)?;
            Ok(Ok(after))
        })
    }
}
