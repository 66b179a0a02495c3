//! Counting shelves on a tablet, and hunting for single items: what is seen, and what can be touched.
//!
//! **Rule:** every item of the shelf is one spine, in the order of the call numbers; what does not belong there stands behind
//! them. No count here is larger than what it counts of ([`Gauge`]).

use crate::id::{ItemId, ShelfMark};
use crate::sighting::LastSeen;

/// The pages of a stocktake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stocktaking {
    /// One shelf is being counted.
    Count(Count),
    /// A shelf is to be chosen.
    Shelves(Shelves),
    /// Single items are looked for.
    Hunt(Hunting),
}

/// The shelf in hand, and how far everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// whether a pass goes on
    pub state: CountState,
    /// the pass that goes on, or that was the last; 0: none has begun
    pub pass: u8,
    /// how many passes an item must not be heard by until it is missing
    pub passes_needed: u8,
    /// the way to the reader
    pub reader: Ears,
    /// the shelf that is shown; nothing: none was heard or chosen yet
    pub shelf: Option<Row>,
    /// shelves that were gone over, of all of the plan
    pub room: Gauge,
    /// items that were heard, of all that should be there
    pub library: Gauge,
    /// what is not as it should be, counted
    pub odd: Odd,
    /// the last thing that was not as it should be
    pub finding: Option<Seen>,
    /// the pass is to be ended: it waits for a second touch
    pub asks_end: bool,
    /// whether and how the library's system is told
    pub telling: Telling,
}

/// How the library's system is told what was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub enum Telling {
    /// It cannot be, or not now: a pass goes on, or nobody said where it is.
    #[default]
    No,
    /// It can be told of so many items.
    Offered(u32),
    /// It is being told.
    Going {
        /// how far
        gauge: Gauge,
        /// seconds left, once that can be reckoned
        seconds_left: Option<u32>,
    },
    /// It was told of so many; so many of them it did not take.
    Done {
        /// told
        told: u32,
        /// not taken
        refused: u32,
    },
    /// It was told of some only: somebody stopped it, or it does not answer. The rest can be told later.
    Stopped {
        /// so far
        gauge: Gauge,
        /// it does not answer; otherwise somebody stopped it
        is_silent: bool,
    },
}

/// Whether a pass goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum CountState {
    /// none has begun, or the last one has ended
    #[default]
    Idle,
    /// one goes on
    Reading,
    /// one is interrupted
    Paused,
}

/// How the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Ears {
    /// it was not heard of yet
    #[default]
    Starting,
    /// it reads
    Up,
    /// it does not answer, or its port is gone
    Down,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Gauge {
    /// done; never more than there are
    pub done: u32,
    /// there are
    pub of: u32,
}

/// One shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// its mark
    pub mark: ShelfMark,
    /// what belongs here in the order of the call numbers, then what does not belong here
    pub spines: Vec<Spine>,
    /// items of this shelf that were heard, of those that should be there
    pub gauge: Gauge,
    /// how many passes went over the whole of it
    pub sweeps: u8,
}

/// One spine of a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spine {
    /// which item; nothing: a tag that is none of the plan's
    pub item: Option<ItemId>,
    /// how it stands
    pub state: SpineState,
    /// it was heard in the pass that goes on; otherwise in one before it, if at all
    pub is_fresh: bool,
}

/// How a spine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum SpineState {
    /// not heard yet
    #[default]
    Unseen,
    /// heard where it belongs
    Present,
    /// not heard by as many passes as the rule wants
    Missing,
    /// on loan by the catalogue, and not here; or here in the plan and heard on another shelf
    Absent,
    /// on loan by the catalogue, and here
    OnLoan,
    /// here, and its security bits are open
    Unsecured,
    /// here, and of another shelf
    Misplaced,
    /// here, and in no plan; of another library; or not readable
    Stranger,
}

/// How many of what is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Odd {
    /// [`SpineState::Misplaced`]
    pub misplaced: u32,
    /// [`SpineState::Missing`]
    pub missing: u32,
    /// [`SpineState::OnLoan`]
    pub on_loan: u32,
    /// [`SpineState::Unsecured`]
    pub unsecured: u32,
    /// [`SpineState::Stranger`]
    pub strangers: u32,
}

/// Something that was heard and is not as it should be: the data of one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// what it is: never `Unseen`, `Present` or `Absent`
    pub state: SpineState,
    /// which item, if it is one
    pub item: Option<ItemId>,
    /// its call number, if known
    pub call_number: Option<String>,
    /// where it was heard, if a shelf was open
    pub here: Option<ShelfMark>,
    /// where it belongs, if the plan says
    pub home: Option<ShelfMark>,
    /// counts all findings of the session: the same one twice is two
    pub number: u32,
}

/// The shelves of the plan, one page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelves {
    /// in the order in which one walks
    pub rows: Vec<ShelfLine>,
    /// position of the first one shown, from 0
    pub first: usize,
    /// of so many
    pub n_shelves: usize,
}

/// A shelf in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfLine {
    /// its mark
    pub mark: ShelfMark,
    /// items of it that were heard
    pub gauge: Gauge,
    /// it was gone over
    pub is_swept: bool,
    /// it is the one that is shown
    pub is_here: bool,
}

/// Items that are looked for, one page of them, and how near the nearest is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hunting {
    /// the list
    pub rows: Vec<HuntLine>,
    /// position of the first one shown, from 0
    pub first: usize,
    /// all of the list, and how many of it were found
    pub found: Gauge,
    /// the item that is heard, or else the next to go to; nothing: none is left
    pub now: Option<HuntLine>,
    /// it is heard now
    pub is_heard: bool,
    /// how near it is, 0 to 100
    pub strength: u8,
    /// goes on by one for each beat of the sound; the nearer, the more often
    pub beat: u32,
    /// the way to the reader
    pub reader: Ears,
}

/// One item of a hunt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HuntLine {
    /// which
    pub item: ItemId,
    /// its call number, if known
    pub call_number: Option<String>,
    /// where it belongs, if known
    pub shelf: Option<ShelfMark>,
    /// how it stands
    pub state: HuntState,
    /// it was heard in this hunt
    pub is_heard: bool,
    /// the shelf before which it was heard last; nothing: no mark was heard before it
    pub heard_at: Option<ShelfMark>,
    /// where the library's system saw it last, if that is known
    pub seen: Option<LastSeen>,
}

/// How an item of a hunt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum HuntState {
    /// nobody has it yet
    #[default]
    Sought,
    /// it was found
    Found,
    /// nobody looks for it any more
    GivenUp,
}

/// What is touched on these pages. Positions are those of the page shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StocktakeTouch {
    /// Begin a pass, the first or another one.
    Begin,
    /// Interrupt the pass.
    Pause,
    /// Go on with it.
    Resume,
    /// Show the list of the shelves.
    Shelves,
    /// The reader stands before this one.
    Shelf(usize),
    /// Look for what this shelf misses.
    Find,
    /// The item that is looked for is in the hand.
    Found,
    /// Look for it no more.
    Skip,
    /// Tell the library's system what was counted.
    Tell,
    /// Stop telling it.
    StopTelling,
    /// End the pass; a second time, since what was not heard counts against it. Without a pass, leave.
    Close,
}

impl Gauge {
    /// A gauge that never says more than all.
    #[must_use]
    pub fn new(done: u32, of: u32) -> Self {
        Self { done: done.min(of), of }
    }

    /// Per cent, rounded down, so that 100 is all of it. Of nothing, all.
    #[must_use]
    pub fn percent(self) -> u8 {
        let percent = (u64::from(self.done) * 100).checked_div(self.of.into()).unwrap_or(100);
        u8::try_from(percent).unwrap_or(100)
    }
}

impl SpineState {
    /// Whether somebody should turn to it.
    #[must_use]
    pub const fn is_odd(self) -> bool {
        match self {
            Self::Unseen | Self::Present | Self::Absent => false,
            Self::Missing | Self::OnLoan | Self::Unsecured | Self::Misplaced | Self::Stranger => true,
        }
    }
}

impl Stocktaking {
    /// One word for the page.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Shelves(_) => "shelves",
            Self::Hunt(_) => "hunt",
        }
    }
}

impl core::fmt::Display for Stocktaking {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Shelves(shelves) => {
                write!(f, "shelves {} to {}", shelves.first + 1, shelves.first + shelves.rows.len())?;
                write!(f, " of {}", shelves.n_shelves)
            }
            Self::Hunt(hunt) => {
                write!(f, "hunt: {} of {} found", hunt.found.done, hunt.found.of)?;
                let Some(now) = &hunt.now else { return Ok(()) };
                let shelf = now.shelf.as_ref().map_or("?", ShelfMark::as_str);
                write!(f, "\n  {} at {shelf}: {}", now.item, hunt.strength)?;
                let Some(seen) = &now.seen else { return Ok(()) };
                write!(f, "\n  last seen {}: {} at {}", seen.age.english(), seen.how.word(), seen.place)
            }
        }
    }
}

/// The spines as letters, so that a shelf can be read in one line.
impl core::fmt::Display for Count {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (room, library) = (self.room, self.library);
        write!(
            f,
            "count: {:?}, pass {} of {}, reader {:?}",
            self.state, self.pass, self.passes_needed, self.reader
        )?;
        write!(f, "\n  shelves {}/{}, items {}/{}", room.done, room.of, library.done, library.of)?;
        if let Some(row) = &self.shelf {
            write!(f, "\n  {} {}/{} ", row.mark.as_str(), row.gauge.done, row.gauge.of)?;
            row.spines.iter().try_for_each(|spine| f.write_str(spine.state.letter()))?;
        }
        if let Some(seen) = &self.finding {
            let mark = |mark: &Option<ShelfMark>| mark.as_ref().map_or("?", ShelfMark::as_str).to_owned();
            let item = seen.item.as_ref().map_or("?", ItemId::as_str);
            write!(f, "\n  {:?} {item} at {}, of {}", seen.state, mark(&seen.here), mark(&seen.home))?;
        }
        if self.asks_end {
            f.write_str("\n  (end the pass?)")?;
        }
        match &self.telling {
            Telling::No => Ok(()),
            Telling::Offered(n) => write!(f, "\n  {n} items can be told"),
            Telling::Going { gauge, .. } => write!(f, "\n  telling {}/{}", gauge.done, gauge.of),
            Telling::Done { told, refused } => write!(f, "\n  told {told}, refused {refused}"),
            Telling::Stopped { gauge, is_silent } => {
                let why = if *is_silent { "silent" } else { "stopped" };
                write!(f, "\n  {why} at {}/{}", gauge.done, gauge.of)
            }
        }
    }
}

impl SpineState {
    const fn letter(self) -> &'static str {
        match self {
            Self::Unseen => ".",
            Self::Present => "P",
            Self::Missing => "-",
            Self::Absent => "_",
            Self::OnLoan => "L",
            Self::Unsecured => "U",
            Self::Misplaced => "M",
            Self::Stranger => "?",
        }
    }
}
