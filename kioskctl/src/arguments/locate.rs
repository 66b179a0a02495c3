//! The command line of `kioskctl locate`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct LocateArguments {
    /// A barcode, or words of a title, an author or a subject, an ISBN, or pinyin
    #[arg(value_name = "BARCODE|WORD", required = true)]
    pub(crate) words: Vec<String>,
    /// The configuration with the way to central [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
