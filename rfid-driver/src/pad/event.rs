//! What a pad tells and what it can be told: plain data, the interface of the driver.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use super::trouble::Trouble;
use crate::data::epc::Bank;
use crate::data::{Layout, TagData, WordPlan, WritePlan};
use crate::hf::Identity;
use crate::tag::{Afi, Dsfid, Security, TagId};

/// An edge on the pad. Samples do not cross this interface: a tag that lies still is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// The reader answers.
    Up(Identity),
    /// The reader does not answer. Told once for each cause; tags are neither gone nor to be relied on.
    Down(DownCause),
    /// A tag is new on the pad and was read.
    Arrived(Arrival),
    /// A tag that had arrived has left.
    Departed {
        /// The tag.
        tag: TagId,
    },
    /// A sweep has heard these: each tag once for each antenna, where it was strongest. Only of pads that sweep.
    Heard(Vec<Heard>),
    /// So many rounds have found nothing new that none is hidden, and every tag is read. Once after each change and Up.
    Complete {
        /// How many tags are on the pad.
        n: usize,
    },
    /// The one answer to [`Command::SetSecurity`].
    Wrote {
        /// The command's number.
        request: u64,
        /// The tag.
        tag: TagId,
        /// How it ended.
        outcome: WriteOutcome,
    },
    /// The one answer to [`Command::Program`]. The tag departs behind it, and arrives anew with what it then says.
    Programmed {
        /// The command's number.
        request: u64,
        /// The tag.
        tag: TagId,
        /// How it ended.
        outcome: ProgramOutcome,
    },
    /// The one answer to [`Command::Dump`].
    Dumped {
        /// The command's number.
        request: u64,
        /// The tag.
        tag: TagId,
        /// What it holds; `None` if it is not on the pad, or was not heard to the end.
        dump: Option<Dump>,
    },
    /// The one answer to [`Command::SetPower`], and what became of the configured power after each opening.
    Power {
        /// The command's number; `None` of the configured power, which is told only if it was not taken.
        request: Option<u64>,
        /// In hundredths of a dBm.
        centi_dbm: u16,
        /// How it ended.
        outcome: PowerOutcome,
    },
    /// Something is wrong with what lies on the pad. Once for each occurrence.
    Trouble(Trouble),
    /// It is no more.
    TroubleOver(Trouble),
}

/// A tag as it was read when it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The tag.
    pub tag: TagId,
    /// What its AFI means in the library's policy; `None` if it is neither of the two, or unknown, or AFI is not used.
    pub security: Option<Security>,
    /// Its AFI; `None` if the tag does not tell it.
    pub afi: Option<Afi>,
    /// The layout of its memory; `None` for blank, foreign and unreadable tags.
    pub layout: Option<Layout>,
    /// What its memory says.
    pub data: TagData,
    /// When the last byte of its last answer had come.
    pub at: Instant,
}

/// A tag that a sweep has heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The tag, by what it says: its serial number was not asked for.
    pub tag: TagId,
    /// What that is.
    pub data: TagData,
    /// What its AFI means in the library's policy, if it tells one.
    pub security: Option<Security>,
    /// How strongly it was heard, in dBm, if the reader tells.
    pub rssi: Option<i8>,
    /// The antenna that heard it, counted from 1, if the reader tells.
    pub antenna: Option<u8>,
    /// When.
    pub at: Instant,
}

/// What a pad can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Bring a tag into a state; exactly one [`ReaderEvent::Wrote`] follows.
    SetSecurity {
        /// A number that comes back with the outcome.
        request: u64,
        /// The tag.
        tag: TagId,
        /// The state.
        to: Security,
    },
    /// Write a tag; exactly one [`ReaderEvent::Programmed`] follows.
    Program {
        /// A number that comes back with the outcome.
        request: u64,
        /// The tag.
        tag: TagId,
        /// What to write. A tag that is in none of the plan's states is left as it is.
        plan: Plan,
        /// The state to bring it into afterwards; a plan of words must say the same, or none.
        to: Security,
    },
    /// Read all of a tag; exactly one [`ReaderEvent::Dumped`] follows.
    Dump {
        /// A number that comes back with it.
        request: u64,
        /// The tag.
        tag: TagId,
    },
    /// Set the transmit power of all antennas; exactly one [`ReaderEvent::Power`] follows. The pad sets it again after each
    /// opening, until it is told of another.
    SetPower {
        /// A number that comes back with the outcome.
        request: u64,
        /// In hundredths of a dBm. Families that know whole dBm only leave the fraction away.
        centi_dbm: u16,
    },
}

/// What became of a transmit power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PowerOutcome {
    /// The reader has said that it took it.
    Set,
    /// The reader has no such power, and keeps the one before.
    Refused,
    /// The reader is not heard: it is told once it answers.
    Unheard,
    /// This reader has no power that could be set: HF.
    Unfit,
}

/// What to write on a tag, whatever its air interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// On an HF tag.
    Blocks {
        /// Its memory when the plan was made.
        before: Vec<u8>,
        /// The blocks, in this order.
        plan: WritePlan,
    },
    /// On a UHF tag.
    Words(WordPlan),
}

/// All that a tag holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// Its memory from byte 0 to the end; of a UHF tag the EPC bank, the StoredCRC included.
    pub memory: Vec<u8>,
    /// Bytes in a block.
    pub block_size: u8,
    /// Of each block whether it is locked; empty if neither tag nor reader tell.
    pub locked: Vec<bool>,
    /// Its DSFID, if it is told.
    pub dsfid: Option<Dsfid>,
    /// Its AFI, if it is told.
    pub afi: Option<Afi>,
    /// The other banks of a UHF tag.
    pub other_banks: Option<OtherBanks>,
}

/// What a UHF tag holds besides its EPC bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherBanks {
    /// Its TID with the serial number; empty if it has none.
    pub tid: Vec<u8>,
    /// Its user memory; empty if it has none, or does not let it be read.
    pub user: Vec<u8>,
}

/// How the writing of a tag ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgramOutcome {
    /// Its whole memory was read back as planned, and its security is verified.
    Verified,
    /// The tag is not on the pad and nothing was sent to it.
    Gone,
    /// The tag is not as it was when the plan was made; nothing was sent to it.
    Stale,
    /// The plan is for tags of another kind, or says another security state; nothing was sent to it.
    Unfit,
    /// Another tag may answer instead of this one, for it can only be addressed by what it says; nothing was sent to it.
    NotAlone,
    /// The tag answers and does not take this. What the plan writes before it is written.
    Refused {
        /// What it does not take.
        at: Place,
        /// Whether that is locked.
        is_locked: bool,
    },
    /// The tag was not heard any more: this may be written or not. What the plan writes before it is written.
    Uncertain {
        /// What may be written or not.
        at: Place,
    },
}

/// Where the writing of a tag ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A block.
    Block(u8),
    /// A word of a UHF tag.
    Word {
        /// Its bank.
        bank: Bank,
        /// Its number.
        word: u16,
    },
    /// The DSFID.
    Dsfid,
    /// AFI or EAS.
    Security,
}

/// A tag as the pad sees it now: for a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The tag.
    pub tag: TagId,
    /// Its primary item identifier, once it was read.
    pub item: Option<String>,
    /// Its AFI, as last read or written.
    pub afi: Option<Afi>,
    /// How strongly it is heard, in dBm, if the reader tells.
    pub rssi: Option<i8>,
    /// The antenna that hears it, if the reader tells.
    pub antenna: Option<u8>,
    /// How often it was looked for, in rounds and by its address.
    pub looks: u64,
    /// How often it was found.
    pub sightings: u64,
    /// When it was last found.
    pub last: Instant,
}

/// How a security write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteOutcome {
    /// The tag has said that it took every write, and its AFI was read back.
    Verified,
    /// The tag is not on the pad and nothing was sent to it.
    Gone,
    /// Something was sent that may have been written, and that could be neither verified nor undone.
    Uncertain,
    /// The tag answers, and is in its previous state.
    Refused,
}

/// Why a reader does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownCause {
    /// Its port cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its port has vanished.
    #[error("the reader was unplugged")]
    Unplugged,
    /// Its port fails.
    #[error("the reader's port fails: {kind}")]
    Link {
        /// The system's word for it.
        kind: io::ErrorKind,
    },
    /// The other end of a TCP connection has hung up.
    #[error(
        "the reader has closed its connection: check its power and network, and whether another host uses it (it takes one at a time)"
    )]
    Closed,
    /// What comes over the connection is no longer what the protocol says: it is made anew.
    #[error(
        "the reader's messages have become unreadable: the connection is made anew; see that nothing else writes to it"
    )]
    Garbled,
    /// The port is there, and nothing answers.
    #[error(
        "the reader is silent: check its power, its cable and the configured protocol, baud rate and parity"
    )]
    Silent,
    /// Something answers, and is no reader that this driver can use.
    #[error(
        "the reader answers, but refuses what a pad needs: check its model and its mode (ISO host, not scan)"
    )]
    Refuses,
}

/// Why a port cannot be opened: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at the path.
    #[error("there is no reader port at {}: plug the reader in, or correct the path", .path.display())]
    Missing {
        /// The port's path.
        path: PathBuf,
    },
    /// Another program has it.
    #[error("the reader port {} is in use by another program: end that program", .path.display())]
    Busy {
        /// The port's path.
        path: PathBuf,
    },
    /// This user may not.
    #[error("the reader port {} may not be opened by this user: add the user to the port's group (often dialout)", .path.display())]
    Permission {
        /// The port's path.
        path: PathBuf,
    },
    /// Something else is at the path.
    #[error("{} is not a serial port: correct the path", .path.display())]
    NotATty {
        /// The path.
        path: PathBuf,
    },
    /// The port does not take the settings.
    #[error("the reader port {} does not take {baud} baud with this parity: correct the settings", .path.display())]
    Settings {
        /// The port's path.
        path: PathBuf,
        /// The baud rate that was tried.
        baud: u32,
    },
    /// Anything else that the system says.
    #[error("the reader port {} cannot be opened: {kind}", .path.display())]
    Other {
        /// The port's path.
        path: PathBuf,
        /// The system's word for it.
        kind: io::ErrorKind,
    },
    /// LLRP has no serial form.
    #[error("LLRP is spoken over TCP, not at {}: write tcp://HOST:5084", .path.display())]
    NeedsTcp {
        /// The port's path.
        path: PathBuf,
    },
    /// No name server knows the host.
    #[error("the reader's host {host} is not known: correct the name, or give its address")]
    HostUnknown {
        /// The host.
        host: String,
    },
    /// The host is there and has no such port open.
    #[error(
        "{host} does not take connections at port {port}: correct the port, or switch the reader's or serial server's TCP port on"
    )]
    ConnectionRefused {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// Nothing came back.
    #[error(
        "no answer from {host}, port {port}: check the power and the network cable of the reader, or correct the address"
    )]
    TimedOut {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// There is no way to it.
    #[error(
        "{host} cannot be reached from here (port {port}): check this machine's network, or correct the address"
    )]
    Unreachable {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// It serves one host at a time, and that is another one.
    #[error(
        "the reader at {host}, port {port}, turns this host away, for it serves another one: end that one's program, or wait a minute until the reader misses it"
    )]
    Taken {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// Something else answers there.
    #[error(
        "what answers at {host}, port {port}, is no LLRP reader: correct the address (readers listen at 5084), or the protocol"
    )]
    NotLlrp {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// Anything else that the system says of a connection.
    #[error("the connection to {host}, port {port}, cannot be made: {kind}")]
    Connection {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The system's word for it.
        kind: io::ErrorKind,
    },
}
