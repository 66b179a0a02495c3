//! What stands on a library card that this machine makes.

use std::sync::Arc;

use circulation::id::PatronId;
use rfid_driver::data::local::LocalLayout;
use rfid_driver::data::{self, Draft, Hints, Layout, Usage};
use rfid_driver::port::{Dump, Plan};
use rfid_driver::tag::{Security, SecurityPolicy};

/// How cards are written.
#[derive(Debug, Clone)]
pub(super) struct Writing {
    pub(super) policy: SecurityPolicy,
    pub(super) layouts: Arc<[LocalLayout]>,
    /// ISIL of the library, if it is known
    pub(super) owner: Option<String>,
}

impl Writing {
    /// A reader carries the card through the gate, which must not cry.
    pub(super) const SECURITY: Security = Security::Unsecured;

    /// What is to be written on a blank card.
    ///
    /// # Spec
    /// ISO 28560-2: the number as primary item identifier, usage 80 (patron card), the owner's ISIL.
    ///
    /// # Errors
    /// In words for the log, without the number.
    pub(super) fn plan(&self, card: &PatronId, dump: &Dump) -> Result<Plan, String> {
        if dump.other_banks.is_some() {
            return Err("it is a UHF tag, and cards are HF (ISO 15693)".to_owned());
        }
        let draft = Draft {
            primary_item_id: card.as_str().to_owned(),
            owner: self.owner.clone(),
            usage: Some(Usage::PATRON_CARD),
            ..Draft::default()
        };
        let hints = Hints {
            dsfid: dump.dsfid,
            afi: dump.afi,
            block_size: usize::from(dump.block_size.max(1)),
            locked: &dump.locked,
            local: &self.layouts,
            policy: self.policy,
        };
        let plan = data::plan(&draft, &Layout::Iso28560Part2, &dump.memory, &hints);
        let plan = plan.map_err(|fault| fault.to_string())?;
        Ok(Plan::Blocks { before: dump.memory.clone(), plan })
    }
}
