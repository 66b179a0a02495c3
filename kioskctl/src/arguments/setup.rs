//! The command line of `kioskctl setup`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Args)]
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
    /// Ask in a browser instead of here: HTTPS at this address, behind a code that is shown here
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8443",
        value_parser = address, conflicts_with_all = ["yes", "print_test"])]
    pub(crate) browser: Option<SocketAddr>,
    /// The certificate for the browser, PEM [default: the console's, else one that is made on the spot]
    #[arg(long, value_name = "FILE", requires_all = ["browser", "tls_key"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

impl SetupArguments {
    /// The words of [`GatesArgument`], for a page that asks what is not given.
    pub(crate) const GATES: [&str; 3] =
        [GatesArgument::Standard.word(), GatesArgument::ThreeM.word(), GatesArgument::German.word()];
    /// The words of [`InterfaceArgument`].
    pub(crate) const INTERFACES: [&str; 3] =
        [InterfaceArgument::Openlib.word(), InterfaceArgument::Kiosk.word(), InterfaceArgument::Sip2.word()];
}

/// An address with a port, or without one.
fn address(text: &str) -> Result<SocketAddr, String> {
    let bare = || text.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT));
    text.parse()
        .ok()
        .or_else(bare)
        .ok_or_else(|| "write an address of this machine, such as 192.0.2.10:8443".to_owned())
}

/// The console's, which does not run yet.
const PORT: u16 = 8_443;

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
    pub(crate) const fn word(self) -> &'static str {
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
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ThreeM => "3m",
            Self::German => "german",
        }
    }
}
