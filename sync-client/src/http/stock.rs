//! What a stocktake has seen. Both calls can be repeated: they say how something is, and change it once.
//!
//! `at`: when it was seen, which our own central asks for (`seentime`); nothing to others, who would not know the word.

use circulation::id::{ItemId, ShelfMark};
use circulation::transaction::Reason;
use jiff::civil::DateTime;

use super::{AskError, Openlib, Silence};
use crate::answer;
use crate::wire::path;

impl Openlib {
    /// An item was seen in a count (assetcountreturnmeta), or why it was not taken.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn count(
        &self,
        item: &ItemId,
        batch: &str,
        at: Option<DateTime>,
    ) -> Result<Result<(), Reason>, AskError> {
        let at = at.map(stamp);
        let mut form =
            vec![("barcode", item.as_str()), ("countsignflag", batch), ("opuser", self.0.opuser())];
        form.extend(at.as_deref().map(|at| (SEEN_AT, at)));
        let envelope = self.0.call(path::COUNT, &form).await?;
        Ok(answer::of_done(&envelope).map_err(Silence::Fault)?)
    }

    /// An item stands on a shelf (holdselfnomanage), or why that was not taken.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn shelve(
        &self,
        item: &ItemId,
        shelf: &ShelfMark,
        at: Option<DateTime>,
    ) -> Result<Result<(), Reason>, AskError> {
        let at = at.map(stamp);
        let mut form =
            vec![("barcode", item.as_str()), ("selfno", shelf.as_str()), ("opuser", self.0.opuser())];
        form.extend(at.as_deref().map(|at| (SEEN_AT, at)));
        let envelope = self.0.call(path::SHELVE, &form).await?;
        Ok(answer::of_done(&envelope).map_err(Silence::Fault)?)
    }
}

/// As openlib writes times.
fn stamp(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

const SEEN_AT: &str = "seentime";
