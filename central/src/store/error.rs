//! Why a store cannot be opened, and why a question to it has no answer.

use std::path::PathBuf;

/// Why the store cannot be opened: what, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// the path leads to no place where a file can be written
    #[error(
        "cannot use the database {}: {source}; give the path of a file in a folder that exists and that this \
         account may write to", path.display()
    )]
    Path {
        /// the path given
        path: PathBuf,
        /// what the operating system says
        source: std::io::Error,
    },
    /// another central has the database
    #[error(
        "the database {} is in use by another central; stop that one first, or give another file with --database",
        path.display()
    )]
    InUse {
        /// the path given
        path: PathBuf,
    },
    /// the file is no database of central's
    #[error(
        "the file {} is not a database of central; give another file with --database (nothing was changed)",
        path.display()
    )]
    Foreign {
        /// the path given
        path: PathBuf,
    },
    /// the database was made by a newer central
    #[error(
        "the database {} has schema {found}, this central knows {known}; run the newer central again \
         (nothing was changed)", path.display()
    )]
    Newer {
        /// the path given
        path: PathBuf,
        /// schema found
        found: i64,
        /// schema known
        known: i64,
    },
    /// SQLite did not take a setting that durability rests on
    #[error(
        "the database {} does not take {setting}; put it on a local disk (network file systems do not do)",
        path.display()
    )]
    Setting {
        /// the path given
        path: PathBuf,
        /// the setting
        setting: &'static str,
    },
    /// the text given names no database
    #[error(
        "this names no database: {cause}; give the path of a file, or postgres://USER@HOST/NAME (without the password)"
    )]
    Address {
        /// what is wrong with it
        cause: String,
    },
    /// a password stands where everybody on the machine can read it
    #[error(
        "the address of a database must not hold its password: others can read the command line; put it into the \
         environment as PGPASSWORD, or into a file given with --database-password-file"
    )]
    PasswordInAddress,
    /// there are no threads for the connections
    #[error("the system gives no threads for connections to the database: {source}")]
    Threads {
        /// what the operating system says
        source: std::io::Error,
    },
    /// nothing answers at that address
    #[error(
        "the database {server} cannot be reached: {source}; check the address and that PostgreSQL runs there"
    )]
    Unreachable {
        /// database and server
        server: String,
        /// what was tried
        source: StoreError,
    },
    /// the server does not let us in
    #[error(
        "the database {server} lets us not in: {source}; check the user, and the password in PGPASSWORD or in the \
         file given with --database-password-file"
    )]
    Denied {
        /// database and server
        server: String,
        /// what the server says
        source: StoreError,
    },
    /// the server has no such database
    #[error("there is no database {server}; make it with createdb, owned by the user that central is")]
    NoDatabase {
        /// database and server
        server: String,
    },
    /// the database holds something else
    #[error(
        "the database {server} holds tables that are not central's; give one of its own (nothing was changed)"
    )]
    ServerForeign {
        /// database and server
        server: String,
    },
    /// the database was made by a newer central
    #[error(
        "the database {server} has schema {found}, this central knows {known}; run the newer central again \
         (nothing was changed)"
    )]
    ServerNewer {
        /// database and server
        server: String,
        /// schema found
        found: i64,
        /// schema known
        known: i64,
    },
    /// the server does not keep what it commits
    #[error("the database {server} would lose loans in a power cut; set {setting} = on in its configuration")]
    ServerSetting {
        /// database and server
        server: String,
        /// the setting
        setting: &'static str,
    },
    /// the server fails
    #[error("the database {server} cannot be opened: {source}")]
    Postgres {
        /// database and server
        server: String,
        /// what the server says
        source: StoreError,
    },
    /// SQLite fails
    #[error(
        "the database {} cannot be opened: {source}; check the disk, or restore the file from a backup",
        path.display()
    )]
    Sqlite {
        /// the path given
        path: PathBuf,
        /// what SQLite says
        source: rusqlite::Error,
    },
}

/// Why a question to the store has no answer. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// the database fails: full or broken disk, locked by another program
    #[error("the database fails: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// the server fails, cannot be reached, or refuses; never with a value of a row
    #[error("the database fails: {text}")]
    Postgres {
        /// SQLSTATE, where the server said something at all
        code: Option<String>,
        /// what it said
        text: String,
    },
    /// whoever watched it wants it to end
    #[error("it was cancelled")]
    Cancelled,
    /// every connection is in use, for longer than a caller can wait
    #[error("all connections to the database are in use")]
    Busy,
    /// a row that must be there is not
    #[error("{0} is missing")]
    Missing(&'static str),
    /// a stored text is not what its column says
    #[error("column {column} holds something else than {expected}")]
    Corrupt {
        /// the column
        column: &'static str,
        /// what should stand there
        expected: &'static str,
    },
}

impl From<tokio_postgres::Error> for StoreError {
    /// The server's details are left out: they quote rows, and rows are about people.
    fn from(fault: tokio_postgres::Error) -> Self {
        let Some(said) = fault.as_db_error() else {
            let cause = core::error::Error::source(&fault).map(ToString::to_string);
            let text = cause.map_or_else(|| fault.to_string(), |cause| format!("{fault}: {cause}"));
            return Self::Postgres { code: None, text };
        };
        let code = said.code().code().to_owned();
        let text = format!("{} ({code})", said.message());
        Self::Postgres { code: Some(code), text }
    }
}
