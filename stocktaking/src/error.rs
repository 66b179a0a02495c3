//! Why a stocktake does not go on.

use std::path::PathBuf;

use sync_client::stocktake::JournalError;

/// Why a stocktake does not go on.
#[derive(Debug, thiserror::Error)]
pub enum StocktakeError {
    /// a file of the folder
    #[error("{}: {why}", path.display())]
    File {
        /// which
        path: PathBuf,
        /// what is wrong, and what to do
        why: String,
    },
    /// the list of what is expected
    #[error("{}, line {line}: {why}", path.display())]
    Plan {
        /// the list
        path: PathBuf,
        /// counted from 1; the head is line 1
        line: u64,
        /// what is wrong
        why: String,
    },
    /// how it is to be judged
    #[error("{value}: {why}")]
    Judged {
        /// which value: `miss` or `owner`
        value: &'static str,
        /// what is wrong
        why: String,
    },
    /// the journal
    #[error(transparent)]
    Journal(#[from] JournalError),
}
