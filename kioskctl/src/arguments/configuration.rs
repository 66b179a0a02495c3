//! The command line of `kioskctl config`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read a configuration as the kiosk would, and say what is wrong with it, by line
    ///
    /// Exit code 0 if the kiosk can use it, also with remarks; 2 if it cannot.
    Check(CheckArguments),
    /// Every setting that is in force; secrets are hidden
    Show(ShowConfigArguments),
    /// The JSON Schema of the file: types, ranges, units, defaults, what each key is for
    Schema(SchemaArguments),
    /// What differs between two files, or between what the kiosk runs with and its file; and what a change takes
    ///
    /// Exit code 0 if nothing differs, 1 if something does.
    Diff(DiffArguments),
    /// Carry a file of an older version over; its comments stay
    Migrate(MigrateArguments),
    /// Keep a copy of the file as it is now
    Backup(BackupArguments),
    /// The copies that were kept, the newest first
    Versions(FileArguments),
    /// Put a file in force: check it, keep the old one, watch the kiosk, and go back if it does not serve
    Apply(ApplyArguments),
    /// Put a kept version in force, as `apply` does
    Restore(RestoreArguments),
    /// Go back if an `apply` was cut off by a pulled plug, and note what the kiosk starts with; its service calls this
    Recover(FileArguments),
}

/// Whose configuration.
#[derive(Debug, Args)]
pub(crate) struct FileArguments {
    /// The kiosk's configuration
    #[arg(long = "config", value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The file
    #[arg(value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowConfigArguments {
    /// The file
    #[arg(value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) file: PathBuf,
    /// Only what the file says, without the defaults
    #[arg(long)]
    pub(crate) set: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// A table for people instead of JSON
    #[arg(long)]
    pub(crate) table: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The one file, and the other; without them, what the kiosk runs with and its file
    #[arg(value_name = "FILE", num_args = 2)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) of: FileArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// The file
    #[arg(value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) file: PathBuf,
    /// Change the file itself, after a copy of it was kept; without this the result is printed
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    pub(crate) of: FileArguments,
    /// What to remember about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    /// Write the copy to this file instead: for a stick, or another machine
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// The file to put in force
    #[arg(value_name = "FILE")]
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) of: FileArguments,
    #[command(flatten)]
    pub(crate) trial: TrialArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The number of a kept version (`kioskctl config versions`), or a file
    #[arg(value_name = "VERSION")]
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) of: FileArguments,
    #[command(flatten)]
    pub(crate) trial: TrialArguments,
}

/// How a change is tried.
#[derive(Debug, Args)]
pub(crate) struct TrialArguments {
    /// How long the kiosk is watched before the change counts
    #[arg(long = "watch", value_name = "SECONDS", default_value = "120", value_parser = super::seconds)]
    pub(crate) watch: Duration,
    /// How long the kiosk may take to serve after a restart
    #[arg(long = "start", value_name = "SECONDS", default_value = "60", value_parser = super::seconds)]
    pub(crate) start: Duration,
    /// Silence after which the kiosk counts as down
    #[arg(long = "silence", value_name = "SECONDS", default_value = "10", value_parser = super::seconds)]
    pub(crate) silence: Duration,
    /// The command that starts the kiosk anew
    #[arg(long, value_name = "COMMAND", default_value = "systemctl restart yueting-kiosk.service")]
    pub(crate) restart_with: String,
    /// The command that has the kiosk take over what it can while it runs [default: it is asked, as by `kioskctl reload`]
    #[arg(long, value_name = "COMMAND")]
    pub(crate) reload_with: Option<String>,
    /// Write the file and leave the kiosk alone: it takes the file at its next start
    #[arg(long)]
    pub(crate) no_restart: bool,
}
