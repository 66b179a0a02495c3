//! One round: which tags are on the pad now.
//!
//! ```text
//! reset field ─▶ inventory ─┬─ all told ──────────▶ done
//!                   ▲       ├─ more held ─────────▶ inventory, more
//!                   │       └─ others may hide ───▶ silence each new one ─┐
//!                   └───────────────────────────────────────────────────── ┘
//! ```
//! A family whose field is not reset begins with the inventory.

use std::collections::{BTreeSet, VecDeque};

use crate::hf::{Ask, Capabilities, Reply, Rest, Sighting};
use crate::tag::Uid;

/// A round under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    found: BTreeSet<Uid>,
    stage: Stage,
    n_inventories: u8,
}

#[derive(Clone, Debug)]
enum Stage {
    Reset,
    Inventory,
    Quiet(VecDeque<Uid>),
}

/// How a round goes on.
pub(super) enum Next {
    /// Ask this.
    Ask(Round, Ask),
    /// These are all.
    Done(BTreeSet<Uid>),
    /// The round says nothing about who is there.
    Void,
}

impl Round {
    pub(super) fn begin(capabilities: Capabilities) -> (Self, Ask) {
        let (stage, n_inventories, ask) = if capabilities.is_field_reset {
            (Stage::Reset, 0, Ask::ResetField)
        } else {
            (Stage::Inventory, 1, Ask::Inventory { more: false })
        };
        (Self { found: BTreeSet::new(), stage, n_inventories }, ask)
    }

    pub(super) fn reply(mut self, reply: &Reply) -> Next {
        match &mut self.stage {
            // A field that was not reset shows in the inventory.
            Stage::Reset => self.inventory(false),
            Stage::Quiet(loud) => match loud.pop_front() {
                Some(uid) => Next::Ask(self, Ask::Quiet { uid }),
                None => self.inventory(false),
            },
            Stage::Inventory => match reply {
                Reply::Found { tags, rest } => self.found(tags, *rest),
                Reply::Missing
                | Reply::Refused(_)
                | Reply::Done
                | Reply::Reader(_)
                | Reply::System(_)
                | Reply::Blocks { .. } => Next::Void,
            },
        }
    }

    fn inventory(mut self, more: bool) -> Next {
        self.stage = Stage::Inventory;
        self.n_inventories += 1;
        if self.n_inventories > MAX_INVENTORIES {
            return Next::Done(self.found);
        }
        Next::Ask(self, Ask::Inventory { more })
    }

    fn found(mut self, tags: &[Sighting], rest: Rest) -> Next {
        let room = MAX_TAGS.saturating_sub(self.found.len());
        let mut new: VecDeque<Uid> =
            tags.iter().map(|tag| tag.uid).filter(|uid| !self.found.contains(uid)).take(room).collect();
        self.found.extend(&new);
        match rest {
            Rest::Nothing => Next::Done(self.found),
            Rest::More => self.inventory(true),
            Rest::Hidden if self.found.is_empty() => Next::Void,
            Rest::Hidden => match new.pop_front() {
                Some(uid) => Next::Ask(Self { stage: Stage::Quiet(new), ..self }, Ask::Quiet { uid }),
                None => Next::Done(self.found),
            },
        }
    }
}

/// A reader that never ends its list is believed so far.
const MAX_INVENTORIES: u8 = 64;
/// More tags than any pad reads.
const MAX_TAGS: usize = 256;
