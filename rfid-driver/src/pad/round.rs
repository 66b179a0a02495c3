//! One round: which tags are on the pad now.
//!
//! ```text
//! reset field ─▶ inventory ─┬─ all told ──────────▶ done
//!                   ▲       ├─ more held ─────────▶ inventory, more
//!                   │       └─ others may hide ───▶ silence all that were told ─┐
//!                   └─────────────────────────────────────────────────────────── ┘ nothing new so often: crowded
//! ```
//! The field is reset only if an inventory was taken since it last was: the pad resets it in the rest between two rounds,
//! where nobody waits for it. A family whose field is never reset begins with the inventory. A crowded round has found tags, and the reader says that
//! there are more which it cannot tell: it is no evidence that a tag has left.

use std::collections::{BTreeSet, VecDeque};

use crate::hf::{Ask, Reply, Rest, Sighting};
use crate::tag::Uid;

/// A round under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    found: BTreeSet<Uid>,
    stage: Stage,
    n_inventories: u8,
    /// So many inventories in a row have told nothing new, and that there is more.
    n_stuck: u8,
}

#[derive(Clone, Debug)]
enum Stage {
    Reset,
    Inventory,
    Quiet(VecDeque<Uid>),
}

/// Whether a round begins with the reset of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resets {
    First,
    NotAgain,
}

/// How a round goes on.
pub(super) enum Next {
    /// Ask this.
    Ask(Round, Ask),
    /// These were found, and perhaps there are more that the reader cannot tell.
    Done { found: BTreeSet<Uid>, is_crowded: bool },
    /// The round says nothing about who is there.
    Void,
}

impl Round {
    pub(super) fn begin(resets: Resets) -> (Self, Ask) {
        let (stage, n_inventories, ask) = if resets == Resets::First {
            (Stage::Reset, 0, Ask::ResetField)
        } else {
            (Stage::Inventory, 1, Ask::Inventory { more: false })
        };
        (Self { found: BTreeSet::new(), stage, n_inventories, n_stuck: 0 }, ask)
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
            return self.done(true);
        }
        Next::Ask(self, Ask::Inventory { more })
    }

    fn found(mut self, tags: &[Sighting], rest: Rest) -> Next {
        let n_before = self.found.len();
        let room = MAX_TAGS.saturating_sub(n_before);
        let new: BTreeSet<Uid> =
            tags.iter().map(|tag| tag.uid).filter(|uid| !self.found.contains(uid)).collect();
        let is_full = new.len() > room;
        self.found.extend(new.into_iter().take(room));
        self.n_stuck = if self.found.len() > n_before { 0 } else { self.n_stuck + 1 };
        match rest {
            _ if is_full => self.done(true),
            Rest::Nothing => self.done(false),
            Rest::More => self.inventory(true),
            Rest::Hidden if self.n_stuck > STUCK => self.done(true),
            Rest::Hidden => self.silence(tags.iter().map(|tag| tag.uid).collect()),
        }
    }

    fn silence(self, mut loud: VecDeque<Uid>) -> Next {
        match loud.pop_front() {
            Some(uid) => Next::Ask(Self { stage: Stage::Quiet(loud), ..self }, Ask::Quiet { uid }),
            None => self.inventory(false),
        }
    }

    fn done(self, is_crowded: bool) -> Next {
        Next::Done { found: self.found, is_crowded }
    }
}

/// A reader that never ends its list is believed so far.
const MAX_INVENTORIES: u8 = 64;
/// More tags than any pad reads.
const MAX_TAGS: usize = 256;
/// So many further inventories may tell nothing new: what was to be silenced may not have heard it.
const STUCK: u8 = 2;
