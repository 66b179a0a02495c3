//! `kioskctl stocktake`: counting shelves with a UHF reader on a cart, or with an HF wand; offline, and resumed after a crash.
//!
//! The folder and the pass are those of [`stocktaking`]; here are the terminal, and the words to the library's system.

mod close;
mod find;
mod live;
mod plan;
mod report;
mod session;
mod show;

use std::path::PathBuf;

use stocktaking::StocktakeError;

use crate::Outcome;
use crate::arguments::StocktakeCommand;
use crate::failure::Failure;

/// Why a stocktake does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StocktakeFailure {
    /// the folder, its plan or its journal
    #[error(transparent)]
    Folder(StocktakeError),
    /// the command does not fit how far it is
    #[error("{}: {why}", folder.display())]
    State {
        /// the stocktake
        folder: PathBuf,
        /// why, and what to do instead
        why: &'static str,
    },
    /// a value of the command line
    #[error("{option}: {why}")]
    Option {
        /// which
        option: &'static str,
        /// what is wrong
        why: String,
    },
    /// the library's system
    #[error("{told} of {of} were told, then: {why}; the same command goes on with the others")]
    Central {
        /// items that are told
        told: usize,
        /// of so many
        of: usize,
        /// its words
        why: String,
    },
}

impl From<StocktakeError> for StocktakeFailure {
    fn from(cause: StocktakeError) -> Self {
        match cause {
            // By the name that was typed.
            StocktakeError::Judged { value: "miss", why } => Self::Option { option: "--miss", why },
            StocktakeError::Judged { value: "owner", why } => Self::Option { option: "--owner", why },
            cause @ (StocktakeError::File { .. }
            | StocktakeError::Plan { .. }
            | StocktakeError::Judged { .. }
            | StocktakeError::Journal(_)) => Self::Folder(cause),
        }
    }
}

/// Carries out one command.
///
/// # Errors
/// [`StocktakeFailure`], and those of the reader's port.
pub(crate) fn run(command: &StocktakeCommand) -> Result<Outcome, Failure> {
    match command {
        StocktakeCommand::Start(arguments) => session::start(arguments),
        StocktakeCommand::Plan(arguments) => plan::run(arguments),
        StocktakeCommand::Resume(arguments) => session::resume(arguments),
        StocktakeCommand::Pause(arguments) => session::pause(arguments),
        StocktakeCommand::Status(arguments) => show::status(arguments),
        StocktakeCommand::Find(arguments) => find::run(arguments),
        StocktakeCommand::Report(arguments) => report::run(arguments),
        StocktakeCommand::Close(arguments) => close::run(arguments),
    }
}
