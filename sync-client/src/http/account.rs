//! What a patron does with the own account: renewing and reserving.

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

    /// Puts a hold on an item, or says why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn reserve(&self, patron: &PatronId, item: &ItemId) -> Result<Result<(), Reason>, AskError> {
        let form = [("rdid", patron.as_str()), ("barcode", item.as_str()), ("opuser", self.0.opuser())];
        let envelope = self.0.call(path::REGISTER_RESERVE, &form).await?;
        Ok(answer::of_done(&envelope).map_err(Silence::Fault)?)
    }
}
