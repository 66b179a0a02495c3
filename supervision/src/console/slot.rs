//! A return slot at one moment, as the console draws it.

/// The slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    /// the word of its state
    pub state: String,
    /// why it takes nothing; nothing while it serves
    pub why: Option<String>,
    /// its contacts; nothing: they are not known, and nothing moves
    pub contacts: Option<Contacts>,
    /// the shutter's motor
    pub shutter: Drive,
    /// the inlet belt
    pub inlet: Drive,
    /// whether the sorting belt runs
    pub sorter_runs: bool,
    /// the bin that the diverter is set to
    pub divert: Option<usize>,
    /// the lamps at the mouth
    pub lamp: Lamp,
    /// the piece in hand, and those that wait
    pub pieces: Vec<Piece>,
    /// the bins, along the belt
    pub bins: Vec<Bin>,
}

/// What the contacts say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// the shutter stands at its upper limit
    pub is_open: bool,
    /// the shutter stands at its lower limit
    pub is_closed: bool,
    /// nothing is in the plane of the shutter
    pub is_curtain_clear: bool,
    /// the eyes behind the shutter, at the flap, and behind it: whether something covers them
    pub eyes: [bool; 3],
    /// the service door
    pub is_door_open: bool,
    /// mains
    pub has_mains: bool,
}

/// Which way a motor is driven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Drive {
    /// not at all
    #[default]
    Stands,
    /// up; inwards
    Forward,
    /// down; outwards
    Back,
}

/// The lamps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lamp {
    /// it takes items
    Ready,
    /// it serves somebody
    #[default]
    Dark,
    /// it is out of service
    Out,
}

/// A piece in the slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// its number in the journal
    pub number: u64,
    /// its item, if it is known
    pub item: Option<String>,
    /// where it lies
    pub place: Place,
}

/// Where a piece lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// on the inlet belt
    Inlet,
    /// on its way through the flap
    Flap,
    /// on the sorting belt
    Sorter,
}

/// A bin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bin {
    /// its name
    pub name: String,
    /// pieces that fell in since the program began, or since another cart was put there
    pub n: u32,
    /// it is full
    pub is_full: bool,
    /// no cart stands there
    pub is_away: bool,
}
