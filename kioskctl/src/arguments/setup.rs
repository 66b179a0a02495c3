//! The command line of `kioskctl setup`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct SetupArguments {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = crate::settings::CONFIG)]
    pub(crate) config: PathBuf,
    /// Replace a file that is there; a copy of it is kept
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Ask nothing: take what is given and found, and the defaults
    #[arg(long)]
    pub(crate) yes: bool,
    /// What readers call the library
    #[arg(long, value_name = "TEXT")]
    pub(crate) library: Option<String>,
    /// What this kiosk is called on the screen
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// The folder of the ledger
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The way to the library's system
    #[arg(long, value_name = "WAY")]
    pub(crate) interface: Option<InterfaceArgument>,
    /// The library's system: http(s)://HOST:PORT, or HOST:PORT for SIP2
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) central: Option<String>,
    /// The kiosk's name there: appid, or the SIP2 user
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// A file whose first line is the account's secret; without it the secret is asked for and kept in a file of its own
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The operator account that loans are booked under
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// The two AFI values that the gates know
    #[arg(long, value_name = "PAIR")]
    pub(crate) gates: Option<GatesArgument>,
    /// Look for reader and printer only at these ports; may be given several times
    #[arg(long = "port", value_name = "PORT")]
    pub(crate) ports: Vec<String>,
    /// Print a test receipt if a printer answers
    #[arg(long)]
    pub(crate) print_test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InterfaceArgument {
    /// Interlib's HTTP interface
    Openlib,
    /// Our own central's interface
    Kiosk,
    /// 3M SIP2
    Sip2,
}

impl InterfaceArgument {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Openlib => "openlib",
            Self::Kiosk => "kiosk",
            Self::Sip2 => "sip2",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GatesArgument {
    /// 07 in the library, C2 on loan
    Standard,
    /// D7 and DA
    #[value(name = "3m")]
    ThreeM,
    /// 07 and 21
    German,
}

impl GatesArgument {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ThreeM => "3m",
            Self::German => "german",
        }
    }
}
