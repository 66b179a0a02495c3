//! The command line: names, values and their ranges.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use config::Baud;
use rfid_driver::data::SetInfo;
use rfid_driver::port::{Endpoint, EndpointError};

use crate::hex::{Hex, HexByte};

mod configuration;
mod doctor;
mod kiosk;
mod locate;
mod parts;
mod queue;
mod reader;
mod setup;
mod sorter;
mod station;
mod stocktake;
mod transfer;

pub(crate) use configuration::{
    BackupArguments, CheckArguments, ConfigCommand, DiffArguments, FileArguments, MigrateArguments,
    SchemaArguments, ShowConfigArguments, TrialArguments,
};
pub(crate) use doctor::{DoctorArguments, DoctorLanguage};
pub(crate) use kiosk::{ConsoleArguments, KioskArguments};
pub(crate) use locate::LocateArguments;
pub(crate) use parts::{AlarmsArguments, LogArguments, PartsArguments, RestartArguments, ServiceCommand};
pub(crate) use queue::{ListArguments, QueueCommand};
use reader::PROGRAM_EXAMPLES;
pub(crate) use reader::{BenchArguments, ListTagsArguments, PowerArguments, ProgramArguments};
pub(crate) use setup::SetupArguments;
pub(crate) use sorter::{ExplainArguments, SorterCommand};
use station::STATION_EXAMPLES;
pub(crate) use station::{BatchArguments, StationArguments};
pub(crate) use stocktake::{
    CloseArguments, ExpectedArguments, FindArguments, FolderArguments, PlanArguments, ReportArguments,
    SessionArguments, StartArguments, StocktakeCommand,
};

pub(crate) use transfer::{CommonArguments, ScanArguments, SheetArguments, TransferCommand};

/// Tags and readers of a library kiosk, for its technician.
#[derive(Debug, Parser)]
#[command(name = "kioskctl", version, about, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What a tag says, what to write on one, and the station where books get their tags
    #[command(subcommand, disable_help_subcommand = true)]
    Tag(TagCommand),
    /// The kiosk's ledger: what waits for central or for staff
    #[command(subcommand, disable_help_subcommand = true)]
    Queue(QueueCommand),
    /// The reader at a serial port
    #[command(subcommand, disable_help_subcommand = true)]
    Reader(ReaderCommand),
    /// The kiosk's configuration: check it, compare it, put it in force and take it back
    #[command(subcommand, disable_help_subcommand = true)]
    Config(ConfigCommand),
    /// Count shelves: what is there, what is missing, what stands on the wrong shelf
    #[command(subcommand, disable_help_subcommand = true)]
    Stocktake(StocktakeCommand),
    /// Where a book is: its copies with branch, shelf and state, when each was last seen, and which one to go to
    ///
    /// Exit code 0 if a copy is free; 1 if none is, or nothing was found; 2 if central could not be asked.
    Locate(LocateArguments),
    /// Transfer sheets: boxes of books read at once, shipped to another branch, received there
    #[command(subcommand, disable_help_subcommand = true)]
    Transfer(TransferCommand),
    /// The bins of a return slot: where an item goes, and why
    #[command(subcommand, disable_help_subcommand = true)]
    Sorter(SorterCommand),
    /// Manual pages and shell completion, for the package
    #[command(hide = true)]
    Generate(GenerateArguments),
    /// Find reader and printer, ask the rest, try each, and write the configuration
    ///
    /// Exit code 0 if all was found and answers; 1 if the file was written and something is missing; 2 if nothing was written.
    Setup(SetupArguments),
    /// Look at everything the kiosk needs, and say of each fault what to do
    ///
    /// Exit code 0 if all is well; 1 for a warning; 2 for a fault. Nothing is changed.
    #[command(after_help = DOCTOR_CHECKS)]
    Doctor(DoctorArguments),
    /// Have a kiosk that runs take over its configuration's file, as far as that needs no restart
    ///
    /// Patrons see it only between two visits. What needs a restart is named. Exit code 0 if the file was taken over; 2 if
    /// it cannot be used: then nothing changes, and it is said what is wrong.
    Reload(KioskArguments),
    /// How every part of a kiosk that runs is, and since when
    ///
    /// Exit code 0 while patrons can be served; 1 while they cannot; 2 if the kiosk does not run.
    Parts(PartsArguments),
    /// The alarms that stand, and what to do about each
    ///
    /// Exit code 0 if there are none; 1 if there are; 2 if the kiosk does not run.
    Alarms(AlarmsArguments),
    /// End a part of a kiosk that runs, so that it is begun anew
    Restart(RestartArguments),
    /// The last lines of a kiosk's log, without what might name a person
    Log(LogArguments),
    /// Take a kiosk that runs out of service, or put it back
    #[command(subcommand, disable_help_subcommand = true)]
    Service(ServiceCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// Tell what the memory of a tag says, and in which layout
    ///
    /// Exit code 0 if an item id came out; 1 if the tag is blank, foreign or damaged; 2 if the arguments are wrong.
    #[command(after_help = DECODE_EXAMPLES)]
    Decode(DecodeArguments),
    /// Show what to write on a tag, and in which order
    ///
    /// The order is such that a power cut between any two writes never leaves the number of another item.
    #[command(after_help = ENCODE_EXAMPLES)]
    Encode(EncodeArguments),
    /// Give books their tags, one after the other: scan the barcode, lay the book on the pad, next
    ///
    /// Each tag is read first, written, and read back whole; what is locked stays. A tag of another item is refused without
    /// --rewrite. The batch is a journal: a pulled plug loses nothing, and no two tags get one number. Exit code 0 if all is
    /// written; 1 if something is left or failed; 2 if the command must be mended; 130 after Ctrl-C.
    #[command(after_help = STATION_EXAMPLES)]
    Station(StationArguments),
    /// What a batch of the station came to: how many, how fast, what failed and why
    Batch(BatchArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReaderCommand {
    /// Ask a reader who it is; find what it speaks, its speed and its parity
    ///
    /// Without --protocol, --baud and --parity the usual ones are tried in turn, which may take some seconds. Exit code 0 if a reader answers; 1 if none does;
    /// 2 if the port cannot be used.
    Probe(LineArguments),
    /// Show what lies on the pad, live, until Ctrl-C
    ///
    /// On a terminal a table: item, AFI, security, strength, antenna, reads a second, troubles; elsewhere a line an event.
    /// With --json an object an event, and one with all that is seen each second. With --port alone, a FEIG reader as its maker delivers it; `reader probe` finds the others. Exit code 0 if the
    /// reader answered; 1 if it never did; 2 if the port cannot be used.
    Watch(WatchArguments),
    /// Write one tag, and read it back
    ///
    /// What is locked and what the tag says besides stays. A tag that is on another item is refused, unless --overwrite
    /// names that. A power cut leaves the old item id, the new one or none. Exit code 0 if it was verified; 1 if the tag
    /// is not as it should be; 2 if the command must be mended.
    #[command(after_help = PROGRAM_EXAMPLES)]
    Program(ProgramArguments),
    /// Read the whole stack once, and print a barcode a line: a box of books for a transfer sheet
    ///
    /// What is odd (another number than declared, two tags with one number, tags of no item) is said beside the list. Exit code
    /// 0 if all is as it should be; 1 if not, or if no reader answers; 2 if the port cannot be used.
    List(ListTagsArguments),
    /// Try another transmit power of a kiosk's UHF reader; it goes back by itself
    ///
    /// What it goes back to is reader.power_dbm, which must be set. Without DBM, what is set and what is tried. Exit code 0
    /// if the reader took it; 2 if not, or if a patron is being served.
    Power(PowerArguments),
    /// Measure the reader with what lies on the pad
    ///
    /// Nothing is written, unless --write names a tag, whose security is then changed there and back.
    Bench(BenchArguments),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    /// Where they go
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArguments {
    /// The memory of an HF tag from block 0, in transmission order; spaces and colons are allowed
    #[arg(value_name = "HEX", required_unless_present = "epc", conflicts_with_all = ["epc", "user", "tid"])]
    pub(crate) memory: Vec<String>,
    /// A UHF tag's EPC bank: CRC, PC word and UII, or PC word and UII, or the UII alone
    #[arg(long, value_name = "HEX")]
    pub(crate) epc: Option<Hex>,
    /// A UHF tag's user memory
    #[arg(long, value_name = "HEX", requires = "epc")]
    pub(crate) user: Option<Hex>,
    /// A UHF tag's TID; it is only repeated in the answer
    #[arg(long, value_name = "HEX", requires = "epc")]
    pub(crate) tid: Option<Hex>,
    #[command(flatten)]
    pub(crate) around: AroundMemory,
    /// The layout, if it is known; otherwise it is recognised
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EncodeArguments {
    /// The item's number, or the patron card's
    #[arg(long, value_name = "ID")]
    pub(crate) item: String,
    /// The owner's ISIL, such as CN-110108-1-NLC
    #[arg(long, value_name = "ISIL")]
    pub(crate) isil: Option<String>,
    /// Which part of how many, such as 1/2
    #[arg(long, value_name = "PART/OF")]
    pub(crate) set: Option<SetArgument>,
    /// The type of usage: 10 circulation, 80 patron card
    #[arg(long, value_name = "HH")]
    pub(crate) usage: Option<HexByte>,
    /// The shelf location
    #[arg(long, value_name = "TEXT")]
    pub(crate) shelf: Option<String>,
    /// The title
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// What iso28560-2 writes text in that is not compacted [default: utf-8]
    #[arg(long, value_name = "NAME")]
    pub(crate) charset: Option<CharsetArgument>,
    /// The layout to write
    #[arg(long, value_name = "NAME", default_value = "iso28560-2")]
    pub(crate) layout: String,
    /// How many blocks the tag has [default: as many as --over has, else 28]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) blocks: Option<u16>,
    /// The whole memory that is on the tag now, of which only what is given again stays [default: a fresh tag's zeros]
    #[arg(long, value_name = "HEX")]
    pub(crate) over: Option<Hex>,
    #[command(flatten)]
    pub(crate) around: AroundMemory,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is known of a tag besides its memory.
#[derive(Debug, Args)]
pub(crate) struct AroundMemory {
    /// The tag's AFI
    #[arg(long, value_name = "HH")]
    pub(crate) afi: Option<HexByte>,
    /// The tag's DSFID
    #[arg(long, value_name = "HH")]
    pub(crate) dsfid: Option<HexByte>,
    /// Bytes in a block
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) block_size: u8,
    /// Which blocks are locked: one character a block, `l` locked and `.` not, as in `ll..`
    #[arg(long, value_name = "MAP")]
    pub(crate) locked: Option<LockMap>,
    /// A kiosk's configuration, for what its AFI values mean and for the library's own layouts
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Where the reader is.
#[derive(Debug, Args)]
pub(crate) struct LineArguments {
    /// The kiosk's configuration [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    pub(crate) config: Option<PathBuf>,
    /// The serial port or tcp://HOST:PORT, instead of the configuration
    #[arg(long, value_name = "PORT", value_parser = endpoint)]
    pub(crate) port: Option<Endpoint>,
    /// What it speaks
    #[arg(long, value_name = "FAMILY", requires = "port")]
    pub(crate) protocol: Option<ProtocolArgument>,
    /// Its speed
    #[arg(long, value_name = "N", requires = "port", value_parser = baud)]
    pub(crate) baud: Option<Baud>,
    /// Its parity
    #[arg(long, value_name = "PARITY", requires = "port")]
    pub(crate) parity: Option<ParityArgument>,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    #[command(flatten)]
    pub(crate) line: LineArguments,
    /// A file with a line `item,title` for each item, to show titles
    #[arg(long, value_name = "FILE")]
    pub(crate) titles: Option<PathBuf>,
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which part of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetArgument(pub(crate) SetInfo);

/// Of each block, whether it is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockMap(pub(crate) Vec<bool>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolArgument {
    /// FEIG OBID ISO host
    FeigObid,
    /// 3M 810 and 210
    #[value(name = "3m-810")]
    ThreeM810,
    /// M100, QM100, R200 and their kin, UHF
    M100,
    /// R2000 readers, UHF
    R2000,
    /// UHFReader18, UHFReader288 and their kin, UHF
    Reader18,
    /// ThingMagic Mercury serial, UHF
    Mercury,
    /// LLRP over TCP, UHF
    Llrp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ParityArgument {
    /// 8E1, the default of FEIG readers
    Even,
    /// 8N1
    None,
    /// 8O1
    Odd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CharsetArgument {
    /// UTF-8, compaction code 7
    #[value(name = "utf-8")]
    Utf8,
    /// ISO 8859-1, compaction code 6, where the text fits it
    #[value(name = "latin-1")]
    Latin1,
}

/// Not a place in a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the part, a slash and the number of parts, such as 1/2; parts are counted from 1 to 999")]
pub(crate) struct NotASet;

/// Not a lock map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither `l` (locked) nor `.` (not locked): write one of the two for each block")]
pub(crate) struct NotALock(char);

impl FromStr for SetArgument {
    type Err = NotASet;

    fn from_str(text: &str) -> Result<Self, NotASet> {
        let (part, of) = text.split_once('/').ok_or(NotASet)?;
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| NotASet);
        let set = SetInfo { part: number(part)?, of: number(of)? };
        if (1..=set.of).contains(&set.part) && set.of <= 999 { Ok(Self(set)) } else { Err(NotASet) }
    }
}

impl FromStr for LockMap {
    type Err = NotALock;

    fn from_str(text: &str) -> Result<Self, NotALock> {
        let is_locked = |mark| match mark {
            'l' | 'L' => Ok(true),
            '.' | 'w' | 'W' | '-' => Ok(false),
            other => Err(NotALock(other)),
        };
        text.chars().map(is_locked).collect::<Result<_, _>>().map(Self)
    }
}

/// On the command line a path may be a relative one.
fn endpoint(text: &str) -> Result<Endpoint, EndpointError> {
    if text.starts_with("tcp:") { text.parse() } else { Ok(Endpoint::Serial(text.into())) }
}

fn baud(text: &str) -> Result<Baud, String> {
    text.parse().ok().and_then(Baud::new).ok_or_else(|| {
        let known: Vec<String> = Baud::ALL.iter().map(ToString::to_string).collect();
        format!("readers are built for {}", known.join(", "))
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("write a number of seconds from 0 to {MAX_SECONDS}, such as 10 or 2.5"))
}

/// A week.
const MAX_SECONDS: f64 = 604_800.0;
const DOCTOR_CHECKS: &str = "Checks, for --only: config, data, space, ledger, queue, clock, port, reader, printer, central, certificate,
console, mirror, fonts, display, audio, service, package";
const DECODE_EXAMPLES: &str = "Examples:
  kioskctl tag decode --dsfid 06 --afi 07 41060B1C B3D35DA0 0201E003 0A1B81E1 10108A1A C7307F24 02010165 01100000
  kioskctl tag decode --json 11:01:01:31:31:32:32:33:33:34:34:00:00:00:00:00:00:00:00:51:3E:44:45:37:30:35:00:00:00:00:00:00
  kioskctl tag decode --epc 'C157 3400 1703 0003 98130803F4040000' --user '0C022808 1004 00010001'

Layouts: iso28560-2, iso28560-3, iso28560-3-reversed, rfid501; UHF: iso28560-4, gaoxiao; and, with --config, those of
its [[layout]] tables";
const ENCODE_EXAMPLES: &str = "Examples:
  kioskctl tag encode --item B123456 --isil CN-110108-1-NLC --set 1/1 --usage 10
  kioskctl tag encode --item 11223344 --layout iso28560-3 --blocks 8 --over \"$(cat tag.hex)\"

Layouts: iso28560-2, iso28560-3, iso28560-3-reversed, rfid501; UHF: iso28560-4, gaoxiao (for these, --afi is what the
PC word is to say, and there are no blocks); and, with --config, those of its [[layout]] tables";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sets_and_lock_maps() {
        assert_eq!("2/3".parse(), Ok(SetArgument(SetInfo { part: 2, of: 3 })));
        for text in ["", "1", "0/1", "3/2", "1/1000", "1/2/3", "a/b", "-1/2"] {
            assert_eq!(text.parse::<SetArgument>(), Err(NotASet), "{text}");
        }
        assert_eq!("l.W".parse(), Ok(LockMap(vec![true, false, false])));
        assert_eq!("lx".parse::<LockMap>(), Err(NotALock('x')));
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2_500)));
        for text in ["", "-1", "NaN", "inf", "1e9", "ten"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
