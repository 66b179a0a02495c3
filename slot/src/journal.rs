//! The journal of pieces: what went in, how far it came.
//!
//! ```text
//!   SEEN ──▶ TAKEN ──▶ CHECKED IN ──▶ SORTED(bin) ──▶ DROPPED(bin)
//!    │ │       └─┐                      ▲                 ▲
//!    │ └─────────┴───▶ FOUND ───────────┴─────────────────┘   without a number, nobody took it back, or refused
//!    └──▶ WITHDRAWN   it went back to the street
//!   from anywhere behind the flap ──▶ IN TRANSIT   it is in there somewhere: staff look
//! ```
//! A row is written by the shell with the wall time. It is on the disk before the motion that makes it true: `TAKEN`
//! before the belt carries the piece through the flap (with the shutter closed, so that it can't go elsewhere), `SORTED`
//! before the sorting belt runs. `DROPPED` follows the fall, and says into which bin. The date of a return is that of
//! `TAKEN`.

use circulation::id::{ItemId, TagKey};

/// Number of a piece in the journal; the next is one higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PieceId(pub u64);

/// What is known of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// its number
    pub id: PieceId,
    /// the item; missing of a found thing, and where several lay there
    pub item: Option<ItemId>,
    /// the tags that were heard with it
    pub tags: Vec<TagKey>,
    /// the last step on the disk
    pub step: Step,
}

/// A step of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It lies on the inlet belt and could go back.
    Seen,
    /// It goes through the flap, and does not come out again.
    Taken,
    /// The ledger has its return, told to central or to be told.
    CheckedIn,
    /// It is kept without a check-in, for staff.
    Found,
    /// It goes into this bin.
    Sorted {
        /// the bin
        bin: usize,
    },
    /// It fell into this bin, which may be another than it was sent to. End of the piece.
    Dropped {
        /// the bin
        bin: usize,
    },
    /// It went back to the street. End of the piece.
    Withdrawn,
    /// It is in there somewhere; staff look for it. End of the piece as far as the machine goes.
    InTransit,
}

impl Step {
    /// Whether the machine still has to do something for such a piece after a start.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Seen | Self::Taken | Self::CheckedIn | Self::Found | Self::Sorted { .. } => true,
            Self::Dropped { .. } | Self::Withdrawn | Self::InTransit => false,
        }
    }

    /// Whether `next` may follow.
    ///
    /// A found piece may have been `Seen` (it was refused and nobody took it back) or `Taken` (central refuses its
    /// return), and never becomes checked in. One that fell unseen has no `Sorted`.
    pub const fn may_lead_to(self, next: Self) -> bool {
        match self {
            Self::Seen => matches!(next, Self::Taken | Self::Found | Self::Withdrawn | Self::InTransit),
            Self::Taken => matches!(next, Self::CheckedIn | Self::Found | Self::InTransit),
            Self::CheckedIn => matches!(next, Self::Sorted { .. } | Self::InTransit),
            Self::Found => matches!(next, Self::Sorted { .. } | Self::Dropped { .. } | Self::InTransit),
            Self::Sorted { .. } => matches!(next, Self::Dropped { .. } | Self::InTransit),
            Self::Dropped { .. } | Self::Withdrawn | Self::InTransit => false,
        }
    }
}
