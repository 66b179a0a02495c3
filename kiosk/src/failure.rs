//! Why the program could not do its work, and whose turn it is.

use std::path::PathBuf;

/// Why the kiosk does not run. The text says what, where and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] sync_client::ledger::LedgerOpenError),
    /// The address or the account of the central server is malformed.
    #[error(transparent)]
    Central(#[from] sync_client::http::ConfigProblem),
    /// The address or the account of the SIP2 server is malformed.
    #[error(transparent)]
    Sip2(#[from] sync_client::sip2::client::ConfigProblem),
    /// The certificates of the SIP2 server cannot be read.
    #[error("the certificates {} cannot be read: {cause}; correct sip2.tls_file, or its permissions", path.display())]
    TlsFile {
        /// the file
        path: PathBuf,
        /// the system's words
        cause: std::io::Error,
    },
    /// The central server refuses the account.
    #[error(
        "the library's system at {address} refuses this kiosk's account: correct appid and secret in [central] (SIP2: user and password_file in [sip2]), or ask the server's administrator"
    )]
    Account {
        /// its address
        address: String,
    },
    /// The configuration is of no return slot.
    #[error(
        "this configuration has no return slot: set enabled = true in [slot], and describe modules, contacts and bins; or leave --profile out"
    )]
    NoSlot,
    /// The configuration makes no slot.
    #[error(transparent)]
    Slot(#[from] slot::setup::SetupError),
    /// The screen cannot be opened.
    #[error(transparent)]
    Screen(#[from] ui::UiError),
    /// The async runtime or a signal handler could not be set up.
    #[error("the system refuses what the daemon needs to start: {0}")]
    System(#[source] std::io::Error),
    /// A part of the daemon ended though it never should.
    #[error("{part} ended by itself; see the log above for the cause")]
    PartEnded {
        /// the part
        part: &'static str,
    },
    /// Staff ended the program at the screen, so that it begins anew.
    #[error("ended by staff at the screen, to begin anew")]
    StaffQuit,
    /// A password cannot be read, or hashed.
    #[error("no password was hashed: {why}; type it once, and end it with Enter")]
    StaffPin {
        /// what is wrong
        why: String,
    },
    /// A stocktake's folder, plan or journal.
    #[error(transparent)]
    Stocktake(#[from] stocktaking::StocktakeError),
    /// The library's system cannot be told of a stocktake, or what it was told cannot be noted.
    #[error(transparent)]
    Telling(#[from] stocktaking::TellError),
    /// The folder of a stocktake was made of another list.
    #[error(
        "{}: a stocktake of another list is here already: leave --plan out to go on with it, or name another folder",
        path.display()
    )]
    OtherPlan {
        /// the folder
        path: PathBuf,
    },
    /// The port of a stocktake's reader.
    #[error(transparent)]
    Reader(#[from] rfid_driver::port::OpenError),
    /// No such page, language or look.
    #[error("there is no {kind} named {name}; there are: {known}")]
    NoSight {
        /// page, language, look or shape
        kind: &'static str,
        /// the name given
        name: String,
        /// the names there are
        known: String,
    },
    /// A program that belongs to the demo is missing.
    #[error("the demo needs the program {}, which is not there; build the whole workspace first: make demo", path.display())]
    NoProgram {
        /// where it was looked for
        path: PathBuf,
    },
    /// A program of the demo did not start.
    #[error("{program} did not start: {cause}")]
    ProgramFailed {
        /// the program
        program: &'static str,
        /// what it said
        cause: String,
    },
    /// A file of the demo cannot be written.
    #[error("{}: cannot be written: {source}; choose another directory with --out", path.display())]
    Output {
        /// the file
        path: PathBuf,
        /// the cause
        source: std::io::Error,
    },
    /// No such visit.
    #[error("there is no visit named {name}; the visits are: {known}")]
    NoVisit {
        /// the name given
        name: String,
        /// the names there are
        known: String,
    },
    /// The played visit did not go as its script says.
    #[error("the visit stopped at \"{step}\": {cause}")]
    Visit {
        /// the step
        step: String,
        /// what was awaited, and what was seen last
        cause: String,
    },
}

impl Failure {
    /// 2 where the technician has to mend something, 1 where a restart may help.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Ledger(_)
            | Self::Central(_)
            | Self::Sip2(_)
            | Self::TlsFile { .. }
            | Self::Account { .. }
            | Self::NoSlot
            | Self::Slot(_)
            | Self::Screen(_)
            | Self::Stocktake(_)
            | Self::Telling(_)
            | Self::OtherPlan { .. }
            | Self::Reader(_)
            | Self::NoProgram { .. }
            | Self::Output { .. }
            | Self::StaffPin { .. }
            | Self::NoSight { .. }
            | Self::NoVisit { .. } => 2,
            Self::System(_)
            | Self::PartEnded { .. }
            | Self::StaffQuit
            | Self::ProgramFailed { .. }
            | Self::Visit { .. } => 1,
        }
    }
}
