//! Why the program could not do its work: what, where, and what to do.

use std::fmt;
use std::io;

use rfid_driver::data::iso28560_3::BlockOrder;
use rfid_driver::data::{Element, EncodeError, Layout, Value};
use rfid_driver::port::{DownCause, Endpoint, OpenError};
use stocktaking::StocktakeError;

use crate::configuration::FileFailure;
use crate::hex::NotHex;
use crate::kiosk::ConsoleFailure;
use crate::locate::LocateFailure;
use crate::reader::clues::Clues;
use crate::reader::ports;
use crate::reader::refusal::Refusal as ReaderRefusal;
use crate::settings;
use crate::sorter::SorterFailure;
use crate::station::{JournalFailure, ListFailure};
use crate::stocktake::StocktakeFailure;
use crate::transfer::TransferFailure;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The sorter cannot explain itself.
    #[error(transparent)]
    Sorter(#[from] SorterFailure),
    /// Manual pages cannot be written.
    #[error("the manual pages cannot be written: {0}; give a folder that can be with --out")]
    Generate(#[source] io::Error),
    /// The set-up cannot go on.
    #[error("setup: {why}")]
    Setup {
        /// why, and what to do
        why: String,
    },
    /// No check has that name.
    #[error("--only: there is no check {name:?}; there are {known}")]
    NoCheck {
        /// the name given
        name: String,
        /// those that there are
        known: String,
    },
    /// A file of the configuration cannot be read or written.
    #[error(transparent)]
    File(#[from] FileFailure),
    /// The kiosk does not run, or never did.
    #[error("there is no {}: the service notes there what it starts the kiosk with (`kioskctl config recover`); start it, or name two files to compare", .path.display())]
    NotRunning {
        /// what it would have written
        path: std::path::PathBuf,
    },
    /// A file cannot be carried over.
    #[error("{}: {error}", .file.display())]
    Migrate {
        /// the file
        file: std::path::PathBuf,
        /// why
        #[source]
        error: config::MigrateError,
    },
    /// The file would mean something else.
    #[error("{}: carried over it would mean something else, which is a fault of this program; the file was left alone, and is still read as it is", .file.display())]
    Meaning {
        /// the file
        file: std::path::PathBuf,
    },
    /// The memory is not hexadecimal.
    #[error("the memory HEX: {0}")]
    Memory(#[source] NotHex),
    /// No layout has that name.
    #[error(
        "--layout: there is no layout {name:?}; there are iso28560-2, iso28560-3, iso28560-3-reversed and rfid501, and for UHF tags iso28560-4 and gaoxiao; {}", OwnLayouts { known, is_configured: *is_configured }
    )]
    UnknownLayout {
        /// the name given
        name: String,
        /// the layouts of the configuration
        known: Vec<String>,
        /// whether there is a configuration
        is_configured: bool,
    },
    /// A layout of UHF tags for a memory.
    #[error(
        "--layout: {layout} is a layout of UHF tags: give the EPC bank with --epc, and the user memory with --user"
    )]
    NeedsEpc {
        /// the layout
        layout: Layout,
    },
    /// A layout of HF tags for an EPC bank.
    #[error(
        "--layout: {layout} is a layout of HF tags: give their memory without --epc, or choose iso28560-4 or gaoxiao"
    )]
    NeedsMemory {
        /// the layout
        layout: Layout,
    },
    /// An option that UHF tags have no use for.
    #[error("{name} is only for HF tags: leave it out")]
    OnlyHf {
        /// the option
        name: &'static str,
    },
    /// Two sources of one AFI.
    #[error(
        "--afi: the PC word in --epc tells the AFI already: leave --afi out, or give the UII without the PC word"
    )]
    AfiTwice,
    /// A lock map of another tag.
    #[error(
        "--locked: {n_marks} marks are more than the memory has blocks ({n_blocks}): give one mark a block, and see whether --block-size is right"
    )]
    LockMap {
        /// characters of the map
        n_marks: usize,
        /// blocks of the memory
        n_blocks: usize,
    },
    /// A memory that ends within a block.
    #[error(
        "--over: {n_bytes} bytes are no whole number of blocks of {block_size}: give the whole memory, or the right --block-size"
    )]
    HalfBlock {
        /// bytes given
        n_bytes: usize,
        /// bytes in a block
        block_size: usize,
    },
    /// Two sizes of one tag.
    #[error(
        "--blocks: {n_blocks} blocks of {block_size} bytes are not the {n_bytes} bytes of --over: leave --blocks out, or give the whole memory"
    )]
    Size {
        /// blocks given
        n_blocks: usize,
        /// bytes in a block
        block_size: usize,
        /// bytes of the memory
        n_bytes: usize,
    },
    /// The draft has no form on this tag.
    #[error("{}", Refusal { layout, error })]
    Encode {
        /// the layout
        layout: Layout,
        /// why
        error: EncodeError,
    },
    /// Neither a data folder nor a configuration.
    #[error(
        "no kiosk is named, and there is no {}: name its configuration with --config, or its data folder with --data-dir",
        settings::CONFIG
    )]
    NoDataDir,
    /// No kiosk ever ran there.
    #[error("there is no ledger {}: correct the data folder, or start the kiosk once", .path.display())]
    NoLedger {
        /// where it was looked for
        path: std::path::PathBuf,
    },
    /// The ledger cannot be opened.
    #[error("the kiosk does not answer, and its ledger cannot be opened: {0}")]
    Ledger(#[from] sync_client::ledger::LedgerOpenError),
    /// Nobody answers on the control socket.
    #[error("no kiosk answers at {}: {cause}; is it running, and are you root or the kiosk's account?", .path.display())]
    NoKiosk {
        /// the socket
        path: std::path::PathBuf,
        /// the system's words
        cause: io::Error,
    },
    /// A stocktake does not go on.
    #[error(transparent)]
    Stocktake(#[from] StocktakeFailure),
    /// Nothing is done with a transfer sheet.
    #[error(transparent)]
    Transfer(#[from] TransferFailure),
    /// A conversion station's batch.
    #[error(transparent)]
    Batch(#[from] JournalFailure),
    /// A conversion station's list.
    #[error(transparent)]
    List(#[from] ListFailure),
    /// It is not known where something is.
    #[error(transparent)]
    Locate(#[from] LocateFailure),
    /// A kiosk elsewhere cannot be asked.
    #[error(transparent)]
    Console(#[from] ConsoleFailure),
    /// The kiosk hung up.
    #[error("the kiosk's control socket fails: {0}; is the kiosk stopping? try again")]
    Socket(#[source] io::Error),
    /// What was asked is not done.
    #[error("{why}")]
    Queue {
        /// why, and what to do
        why: String,
    },
    /// An answer to something else.
    #[error("the kiosk gave an answer of another kind: are kiosk and kioskctl of the same version?")]
    Unexpected,
    /// Neither a port nor a configuration.
    #[error(
        "no reader is named, and there is no {}: name the port with --port, or the configuration with --config{}",
        settings::CONFIG,
        ports::Listed
    )]
    NoPort,
    /// A reader's tags are left as they are.
    #[error(transparent)]
    Reader(#[from] ReaderRefusal),
    /// The list of titles cannot be read.
    #[error("--titles: {} cannot be read: {error}; give a text file in UTF-8 with `item,title` in each line", .path.display())]
    Titles {
        /// the file
        path: std::path::PathBuf,
        /// why
        #[source]
        error: io::Error,
    },
    /// The port cannot be opened.
    #[error("{error}{}", OtherPorts(error))]
    Port {
        /// why
        #[from]
        error: OpenError,
    },
    /// Nothing answers at the one setting that was tried.
    #[error("{endpoint}: no reader at {line}: {cause}{clues}{}", Others(endpoint))]
    NoReader {
        /// the port
        endpoint: Endpoint,
        /// family, speed and parity
        line: String,
        /// what was seen
        cause: DownCause,
        /// what else was seen
        clues: Box<Clues>,
    },
    /// Nothing answers at all.
    #[error(
        "{endpoint}: no reader answers at any of the {n} usual settings: check its power, its cable and its mode (FEIG: ISO host, not scan), and whether this is its port{clues}{}",
        Others(endpoint)
    )]
    NoReaderAtAll {
        /// the port
        endpoint: Endpoint,
        /// how many settings were tried
        n: usize,
        /// what was seen of it all the same
        clues: Box<Clues>,
    },
    /// The answer cannot be put into JSON.
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The answer cannot be printed.
    #[error("the answer cannot be written: {0}")]
    Output(#[source] io::Error),
    /// The async runtime or a signal handler could not be set up.
    #[error("the system refuses what the program needs to start: {0}")]
    System(#[source] io::Error),
}

impl From<StocktakeError> for Failure {
    fn from(cause: StocktakeError) -> Self {
        Self::Stocktake(cause.into())
    }
}

impl Failure {
    /// 2 where the technician has to mend something, 1 otherwise.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Reader(refusal) => refusal.exit_code(),
            // 1 and 2 tell monitoring of the kiosk, and this tells nothing of it.
            Self::NoCheck { .. } => 3,
            Self::Config(_)
            | Self::File(_)
            | Self::NotRunning { .. }
            | Self::Setup { .. }
            | Self::Generate(_)
            | Self::Sorter(_)
            | Self::Migrate { .. }
            | Self::Meaning { .. }
            | Self::Memory(_)
            | Self::UnknownLayout { .. }
            | Self::NeedsEpc { .. }
            | Self::NeedsMemory { .. }
            | Self::OnlyHf { .. }
            | Self::AfiTwice
            | Self::LockMap { .. }
            | Self::HalfBlock { .. }
            | Self::Size { .. }
            | Self::Encode { .. }
            | Self::NoPort
            | Self::Titles { .. }
            | Self::NoDataDir
            | Self::NoLedger { .. }
            | Self::NoKiosk { .. }
            | Self::Console(_)
            | Self::Stocktake(_)
            | Self::Transfer(_)
            | Self::Batch(_)
            | Self::List(_)
            | Self::Locate(_)
            | Self::Ledger(_)
            | Self::Queue { .. }
            | Self::Port { .. } => 2,
            Self::NoReader { .. }
            | Self::NoReaderAtAll { .. }
            | Self::Json(_)
            | Self::Socket(_)
            | Self::Unexpected
            | Self::Output(_)
            | Self::System(_) => 1,
        }
    }

    /// Whether only the reader of the output has gone away.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The layouts of the library's own, and how to have one.
struct OwnLayouts<'a> {
    known: &'a [String],
    is_configured: bool,
}

impl fmt::Display for OwnLayouts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.known, self.is_configured) {
            ([], true) => f.write_str("the configuration has none: describe it there under [[layout]]"),
            ([], false) => {
                f.write_str("for one of your own name the configuration that has it with --config")
            }
            (known, _) => write!(f, "the configuration has {}", known.join(", ")),
        }
    }
}

/// The ports that are there, where another one may have been meant.
struct OtherPorts<'a>(&'a OpenError);

impl fmt::Display for OtherPorts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            OpenError::Missing { .. } | OpenError::NotATty { .. } => ports::Listed.fmt(f),
            OpenError::Busy { path } => ports::Holders(path).fmt(f),
            OpenError::Permission { .. }
            | OpenError::Settings { .. }
            | OpenError::Other { .. }
            | OpenError::NeedsTcp { .. }
            | OpenError::HostUnknown { .. }
            | OpenError::ConnectionRefused { .. }
            | OpenError::TimedOut { .. }
            | OpenError::Unreachable { .. }
            | OpenError::Taken { .. }
            | OpenError::NotLlrp { .. }
            | OpenError::Connection { .. } => Ok(()),
        }
    }
}

/// The ports that are there, if a serial one was tried.
struct Others<'a>(&'a Endpoint);

impl fmt::Display for Others<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Endpoint::Serial(_) => ports::Listed.fmt(f),
            Endpoint::Tcp { .. } => Ok(()),
        }
    }
}

/// Why a draft has no form, in the words of the command line.
struct Refusal<'a> {
    layout: &'a Layout,
    error: &'a EncodeError,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.layout;
        match self.error {
            EncodeError::PrimaryItemId => write!(f, "--item: {layout} takes {}", id_form(layout)),
            EncodeError::Owner { owner } => {
                write!(f, "--isil: {layout} cannot hold {owner:?}: {}", owner_form(layout))
            }
            EncodeError::Set { part, of, most } => {
                write!(f, "--set: {layout} has no room for part {part} of {of}: its numbers go to {most}")
            }
            EncodeError::Length { oid, length } => {
                write!(
                    f,
                    "{}: the value takes {length} bytes on the tag, and 16383 are allowed: shorten it",
                    option(*oid)
                )
            }
            EncodeError::Element { oid: OWNER } if *layout == Layout::Gaoxiao => {
                write!(f, "--isil: {layout} cannot hold this: {}", owner_form(layout))
            }
            EncodeError::Element { oid } => {
                write!(
                    f,
                    "{}: {layout} has no place for this: leave it out, or choose another --layout",
                    option(*oid)
                )
            }
            EncodeError::Room { needed, room } => write!(
                f,
                "the tag is too small: {needed} bytes are needed and {room} are there; leave something out (first --title), or give the tag's true size with --blocks"
            ),
            EncodeError::Locked { block } => write!(
                f,
                "block {block} is locked and would have to change: this tag cannot be made so; take another tag, or correct --locked"
            ),
            EncodeError::Layout { name } => write!(f, "--layout: {name} is not written block by block"),
            EncodeError::NoSafeOrder => write!(
                f,
                "no order of writes is safe on this tag: a power cut could leave the number of another item; take a fresh tag"
            ),
        }
    }
}

/// The option that an element comes from.
fn option(oid: u8) -> String {
    match oid {
        1 => "--item".to_owned(),
        OWNER => "--isil".to_owned(),
        4 => "--set".to_owned(),
        5 => "--usage".to_owned(),
        6 => "--shelf".to_owned(),
        17 => "--title".to_owned(),
        oid => Element { oid, value: Value::Bytes(Vec::new()), locked: false }.name().to_owned(),
    }
}

fn id_form(layout: &Layout) -> &'static str {
    match layout {
        Layout::Rfid501 => "1 to 16 ASCII characters",
        Layout::Gaoxiao => "1 to 14 ASCII characters",
        Layout::Iso28560Part3(BlockOrder::Straight | BlockOrder::Reversed) => {
            "1 to 16 printable characters (more only on tags of more than 9 blocks)"
        }
        Layout::Iso28560Part4 => {
            "printable characters, and no full stops that would look like an owner or a set"
        }
        Layout::Iso28560Part2 => "at least one character, and none that cannot be printed",
        Layout::Local(_) => {
            "what its packing can hold: for a number, all its digits with the zeros in front that `digits` tells; for bcd, two digits or more"
        }
    }
}

fn owner_form(layout: &Layout) -> &'static str {
    match layout {
        Layout::Gaoxiao => "write a university's code of five digits, such as 10248",
        Layout::Iso28560Part2
        | Layout::Iso28560Part3(_)
        | Layout::Iso28560Part4
        | Layout::Rfid501
        | Layout::Local(_) => {
            "write an ISIL of letters, digits, hyphen, colon and slash, such as CN-110108-1-NLC"
        }
    }
}

const OWNER: u8 = 3;
