//! The command line of what is asked of a kiosk that runs, here or elsewhere.

use std::path::PathBuf;

use clap::Args;

/// Which kiosk.
#[derive(Debug, Args)]
pub(crate) struct KioskArguments {
    /// The kiosk's configuration [default: /etc/yueting/kiosk.toml]
    #[arg(long, value_name = "FILE", conflicts_with = "data_dir")]
    pub(crate) config: Option<PathBuf>,
    /// The kiosk's data folder, instead of the configuration
    #[arg(long, value_name = "PATH")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A kiosk elsewhere.
#[derive(Debug, Args)]
pub(crate) struct ConsoleArguments {
    /// The console of a kiosk elsewhere, such as `https://kiosk-3.example:8443`
    #[arg(long = "console", value_name = "URL", conflicts_with_all = ["config", "data_dir"])]
    pub(crate) url: Option<String>,
    /// The certificate to trust there, PEM [default: those that this machine trusts]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) ca: Option<PathBuf>,
    /// A file with the technician's password in its first line [default: it is asked for]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) password_file: Option<PathBuf>,
}
