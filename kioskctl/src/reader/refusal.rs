//! Why a reader's tags were left as they are: what to do about it.

use rfid_driver::data::Layout;
use rfid_driver::tag::TagId;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Tags come and go, or are hard to hear.
    #[error(
        "the pad does not settle within {seconds} s: {n} tags so far, and perhaps more; lay them flat and apart, take others off, and see `reader watch`"
    )]
    Unsettled {
        /// tags so far
        n: usize,
        /// how long it was waited
        seconds: u64,
    },
    /// There is no tag.
    #[error("there is no tag on the pad: lay one on it")]
    NoTag,
    /// It is not clear which tag is meant.
    #[error("there are {} tags on the pad: leave one on it, or name one with --tag: {}", .tags.len(), list(.tags))]
    Several {
        /// what they are called, and what they say
        tags: Vec<String>,
    },
    /// The tag that is named is another one.
    #[error("the tag {tag} is not on the pad; there: {}", list(.tags))]
    NotThere {
        /// as it was named
        tag: String,
        /// the others
        tags: Vec<String>,
    },
    /// It was heard, and not to the end.
    #[error(
        "the tag {tag} could not be read to its end: lay it flat in the middle of the pad, alone, and try again"
    )]
    NotRead {
        /// the tag
        tag: TagId,
    },
    /// It is on something else.
    #[error(
        "the tag says already that it is item {old}: is it the right one? If it is to become {new}, repeat with --overwrite {old}"
    )]
    OtherItem {
        /// what it says
        old: String,
        /// what it was to say
        new: String,
    },
    /// A layout of the other air interface.
    #[error("--layout: {layout} is not for {kind} tags: choose {fit}")]
    WrongAir {
        /// the layout
        layout: Layout,
        /// the tag's kind
        kind: &'static str,
        /// layouts that fit
        fit: &'static str,
    },
    /// Nobody can be asked.
    #[error("nothing was written: there is no terminal to ask at, so say --yes, or --dry-run to only see")]
    NeedsYes,
    /// A tag whose state is not known cannot be brought back into it.
    #[error(
        "--write: the security state of {tag} is not one of the two that are configured: measure with another tag"
    )]
    NoState {
        /// the tag
        tag: TagId,
    },
    /// The driver has ended.
    #[error("the reader was lost in the middle: see that it is plugged in, and try again")]
    Lost,
}

impl Refusal {
    /// 2 where the technician has to mend the command, 1 where tag or reader are not as they should be.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::WrongAir { .. } | Self::NeedsYes => 2,
            Self::Unsettled { .. }
            | Self::NoTag
            | Self::Several { .. }
            | Self::NotThere { .. }
            | Self::NotRead { .. }
            | Self::OtherItem { .. }
            | Self::NoState { .. }
            | Self::Lost => 1,
        }
    }
}

fn list(tags: &[String]) -> String {
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}
