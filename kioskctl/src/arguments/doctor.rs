//! The command line of `kioskctl doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The kiosk's configuration
    #[arg(long, value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) config: PathBuf,
    /// Only these checks; may be given several times
    #[arg(long, value_name = "CHECK")]
    pub(crate) only: Vec<String>,
    /// The language of the findings
    #[arg(long = "lang", value_name = "LANGUAGE", default_value = "both")]
    pub(crate) language: DoctorLanguage,
    /// Print one JSON object for each finding
    #[arg(long)]
    pub(crate) json: bool,
    /// Warn if fewer megabytes are free; a quarter of it is a fault
    #[arg(long, value_name = "MB", default_value_t = 512)]
    pub(crate) min_free_mb: u64,
    /// Look at a system below this folder, such as a mounted disk
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// As if it were this moment, such as 2027-01-01T00:00:00Z: what will be expired then?
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorLanguage {
    /// Chinese
    Zh,
    /// English
    En,
    /// Chinese, then English
    Both,
}

impl DoctorLanguage {
    /// Whether there is Chinese, and English.
    pub(crate) fn parts(self) -> (bool, bool) {
        match self {
            Self::Zh => (true, false),
            Self::En => (false, true),
            Self::Both => (true, true),
        }
    }
}
