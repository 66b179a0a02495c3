//! What a patron does with the own account: renewing, reserving, giving a hold up.

use circulation::account::Hold;
use circulation::id::{ItemId, PatronId};
use circulation::transaction::Reason;
use jiff::civil::Date;

use super::{AskError, Openlib, Silence};
use crate::answer;
use crate::wire::path;

impl Openlib {
    /// Renews a loan: the new due date if central says it, or why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn renew(
        &self,
        patron: &PatronId,
        item: &ItemId,
    ) -> Result<Result<Option<Date>, Reason>, AskError> {
        let form = [("rdid", patron.as_str()), ("barcode", item.as_str()), ("opuser", self.0.opuser())];
        let envelope = self.0.call(path::RENEW_BOOK, &form).await?;
        Ok(answer::of_renewal(&envelope, item).map_err(Silence::Fault)?)
    }

    /// A patron's holds: those on what comes back (预约), and those on what is fetched from the shelf (预借).
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn holds(&self, patron: &PatronId) -> Result<Result<Vec<Hold>, Reason>, AskError> {
        let form = [("rdid", patron.as_str())];
        let envelope = self.0.call(path::SEARCH_RESERVES, &form).await?;
        let mut holds = match answer::of_holds(&envelope).map_err(Silence::Fault)? {
            Ok(holds) => holds,
            Err(reason) => return Ok(Err(reason)),
        };
        // Not every library has them: a server that knows no such list, or refuses it, has none.
        match self.0.call(path::SEARCH_PRELENDS, &form).await {
            Ok(envelope) => {
                holds.extend(answer::of_holds(&envelope).ok().and_then(Result::ok).unwrap_or_default())
            }
            Err(AskError::Silent(Silence::Status { .. } | Silence::NotJson { .. })) => {}
            Err(cause) => return Err(cause),
        }
        Ok(Ok(holds))
    }

    /// Gives a hold up, of whichever kind it is, or says why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn cancel_hold(
        &self,
        patron: &PatronId,
        item: &ItemId,
    ) -> Result<Result<(), Reason>, AskError> {
        let form = [("rdid", patron.as_str()), ("barcode", item.as_str()), ("opuser", self.0.opuser())];
        let envelope = self.0.call(path::CANCEL_RESERVE, &form).await?;
        let Err(reason) = answer::of_done(&envelope).map_err(Silence::Fault)? else { return Ok(Ok(())) };
        let other = self.0.call(path::CANCEL_PRELEND, &form).await;
        let is_done = other.is_ok_and(|envelope| matches!(answer::of_done(&envelope), Ok(Ok(()))));
        Ok(if is_done { Ok(()) } else { Err(reason) })
    }

    /// Puts a hold on an item, to be picked up in the kiosk's own branch, or says why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn reserve(&self, patron: &PatronId, item: &ItemId) -> Result<Result<(), Reason>, AskError> {
        let mut form =
            vec![("rdid", patron.as_str()), ("barcode", item.as_str()), ("opuser", self.0.opuser())];
        form.extend(self.0.branch().map(|branch| ("piclocal", branch)));
        let envelope = self.0.call(path::REGISTER_RESERVE, &form).await?;
        Ok(answer::of_done(&envelope).map_err(Silence::Fault)?)
    }
}
