//! Looking for a book.

use jiff::civil::Date;

use crate::sighting::LastSeen;
use crate::transaction::Reason;

/// The page on which a book is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// what is written
    pub text: String,
    /// the keyboard below it
    pub keys: Keys,
    /// titles found, one page of them
    pub hits: Vec<Hit>,
    /// titles found in all; none while nothing is written
    pub n_found: Option<u32>,
    /// position of the first title shown, from 0
    pub first: usize,
    /// whether there are titles after those shown
    pub more: bool,
    /// which titles count
    pub filter: Filter,
    /// the catalogue is not on this machine (yet)
    pub unavailable: bool,
    /// seconds until the page closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// Which titles count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// only what stands in this branch
    pub only_here: bool,
    /// only titles in this script
    pub script: Option<Script>,
}

/// The script of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    /// Chinese
    Han,
    /// any other
    Other,
}

/// The keyboard: what it shows besides its keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// which keys
    pub layout: Layout,
    /// letters that are not hanzi yet
    pub composition: String,
    /// hanzi to choose from
    pub candidates: Vec<String>,
    /// there are candidates before these
    pub before: bool,
    /// there are candidates after these
    pub after: bool,
}

/// The layouts of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Layout {
    /// letters that become hanzi
    #[default]
    Pinyin,
    /// letters as they are
    Letters,
    /// digits
    Digits,
}

/// One title in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// title
    pub title: String,
    /// author
    pub author: Option<String>,
    /// copies in all branches, or in this one if only they count
    pub n_copies: u32,
    /// of these, copies that can be taken now, as far as the machine knows
    pub n_free: u32,
}

/// The page of one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// title
    pub title: String,
    /// author
    pub author: Option<String>,
    /// ISBN
    pub isbn: Option<String>,
    /// where its copies stand; this branch first
    pub holdings: Vec<Holding>,
    /// whether it can be reserved
    pub reserve: Reserve,
    /// seconds until the page closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// The copies of a title that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// the branch, as its readers call it
    pub branch: String,
    /// it is the branch of this machine
    pub here: bool,
    /// shelf mark
    pub call_number: Option<String>,
    /// room or collection
    pub location: Option<String>,
    /// copies that stand there
    pub n_copies: u32,
    /// whether one can be taken
    pub availability: Availability,
    /// position of its shelf in [`super::Place::shelves`]
    pub shelf: Option<usize>,
    /// when and where the copy to go to was last seen: one that can be taken, of those the one seen last; nothing while
    /// that is not known, or of no use because none can be taken
    pub seen: Option<LastSeen>,
}

/// Whether a copy can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// At least one is in.
    In,
    /// All are lent.
    Lent {
        /// when the first is due, if that is known
        due: Option<Date>,
    },
    /// It is read in the library only.
    HereOnly,
    /// Not known: central is silent.
    Unknown,
}

/// Whether a title can be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserve {
    /// Not at this machine.
    No,
    /// It may be tried.
    Offered,
    /// Central is being asked.
    Asking,
    /// It is reserved.
    Done,
    /// It is not reserved, for this reason.
    Refused(Reason),
}
