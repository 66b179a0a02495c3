//! The command line of `kioskctl sorter`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum SorterCommand {
    /// Into which bin an item goes, by which rule, and why not by the rules before
    ///
    /// What is known of it comes from the kiosk's mirror, as of its last telling; options say otherwise, or say all where there
    /// is no mirror. Exit code 0 if a rule takes it; 1 if none does: then it goes to the exception bin.
    Explain(ExplainArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The item's number
    #[arg(value_name = "ITEM")]
    pub(crate) item: String,
    /// The configuration with the rules [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The branch, or location, that it belongs to
    #[arg(long, value_name = "CODE", visible_alias = "location")]
    pub(crate) branch: Option<String>,
    /// The institution that it belongs to
    #[arg(long, value_name = "ISIL")]
    pub(crate) owner: Option<String>,
    /// Its call number
    #[arg(long, value_name = "TEXT")]
    pub(crate) call_number: Option<String>,
    /// Somebody waits for it, or nobody does
    #[arg(long, value_name = "true|false")]
    pub(crate) held: Option<bool>,
    /// The bin that central names
    #[arg(long, value_name = "BIN")]
    pub(crate) sort_bin: Option<String>,
    /// Its kind
    #[arg(long, value_name = "KIND")]
    pub(crate) media: Option<String>,
    /// The age group it is for
    #[arg(long, value_name = "GROUP")]
    pub(crate) age_group: Option<String>,
    /// Bins that are full or away
    #[arg(long = "full", value_name = "BIN")]
    pub(crate) full: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
