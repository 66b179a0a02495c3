//! The staff's corner: behind a gesture and a password.

/// The pages of the staff's corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staff {
    /// The password is asked for.
    Pin {
        /// characters typed
        len: usize,
        /// the last one was wrong
        wrong: bool,
        /// seconds until the next try, after too many
        locked: Option<u16>,
    },
    /// The state of every part.
    Panel(Panel),
    /// A test picture.
    Picture {
        /// which, below [`Staff::N_PICTURES`]: a grid, five plain colours, and cells that are painted by touching them
        number: u8,
    },
}

impl Staff {
    /// How many test pictures there are; after the last one comes the panel.
    pub const N_PICTURES: u8 = 7;
}

/// The state of every part, and what can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// the parts, in a fixed order
    pub parts: Vec<Part>,
    /// transactions that central has yet to hear of
    pub n_waiting: u32,
    /// transactions that wait for staff
    pub n_parked: u32,
    /// the machine is out of service
    pub out_of_service: bool,
    /// an act that is to be touched a second time
    pub confirm: Option<StaffAct>,
}

/// One part of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// which
    pub kind: PartKind,
    /// how it is
    pub state: PartState,
    /// model, version or cause, in the words of the part
    pub detail: String,
}

/// The parts of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// RFID reader
    Reader,
    /// the ledger on the disk
    Ledger,
    /// the central server
    Central,
    /// the mirror of its catalogue
    Mirror,
    /// receipt printer
    Printer,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartState {
    /// It works.
    Works,
    /// It does not.
    Fails,
    /// This machine has none.
    Absent,
}

/// What staff can do at the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StaffAct {
    /// Take the machine out of service, or put it back.
    OutOfService(bool),
    /// Begin anew with a part.
    Restart(PartKind),
    /// Show the test pictures; again for the next one.
    Picture,
    /// End the program; whoever watches it starts it again.
    Quit,
    /// Switch the machine off.
    ShutDown,
}
