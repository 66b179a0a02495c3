//! Arguments of the SIP2 listener.

use std::net::SocketAddr;
use std::path::PathBuf;

use central::sip2::{Sip2Settings, tls};
use clap::ValueEnum;
use sync_client::sip2::charset::Charset;
use sync_client::sip2::dialect::{Checksum, Dialect};

/// Self-checks and sorters of other makers.
#[derive(clap::Args)]
pub(crate) struct Sip2Args {
    /// serve SIP2 too, at this address and port (6001 is usual; port 0 picks one)
    #[arg(id = "sip2", long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// the certificate (PEM, with its chain) with which SIP2 is spoken over TLS
    #[arg(long = "sip2-tls-cert", value_name = "FILE", requires = "key", requires = "sip2")]
    certificate: Option<PathBuf>,
    /// the key to that certificate (PEM)
    #[arg(long = "sip2-tls-key", value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// how the devices write SIP2
    #[arg(long = "sip2-dialect", value_enum, default_value = "standard")]
    dialect: DialectName,
    /// how they write characters, if not as their dialect does (standard: utf-8, interlib: gbk)
    #[arg(long = "sip2-charset", value_enum)]
    charset: Option<CharsetName>,
    /// what is done about their checksums, if not as their dialect does (standard: lenient, interlib: send-only)
    #[arg(long = "sip2-checksum", value_enum)]
    checksum: Option<ChecksumName>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DialectName {
    /// 3M SIP2 2.00
    Standard,
    /// as the Interlib ACS speaks it
    Interlib,
}

#[derive(Clone, Copy, ValueEnum)]
enum CharsetName {
    #[value(name = "utf-8")]
    Utf8,
    Gbk,
    Gb18030,
    #[value(name = "latin-1")]
    Latin1,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChecksumName {
    /// neither sent nor looked at
    Off,
    /// sent to those who send one, never looked at
    SendOnly,
    /// a wrong one is asked for again
    Lenient,
    /// a missing one too
    Strict,
}

impl Sip2Args {
    /// Dialect and certificate. Reads files.
    pub(crate) fn settings(&self) -> Result<Sip2Settings, String> {
        let mut dialect = match self.dialect {
            DialectName::Standard => Dialect::standard(),
            DialectName::Interlib => Dialect::interlib(),
        };
        if let Some(charset) = self.charset {
            dialect.charset = match charset {
                CharsetName::Utf8 => Charset::Utf8,
                CharsetName::Gbk => Charset::Gbk,
                CharsetName::Gb18030 => Charset::Gb18030,
                CharsetName::Latin1 => Charset::Latin1,
            };
        }
        if let Some(checksum) = self.checksum {
            dialect.checksum = match checksum {
                ChecksumName::Off => Checksum::Off,
                ChecksumName::SendOnly => Checksum::SendOnly,
                ChecksumName::Lenient => Checksum::Lenient,
                ChecksumName::Strict => Checksum::Strict,
            };
        }
        let mut settings = Sip2Settings::new(dialect);
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            settings.tls = Some(tls::acceptor(certificate, key).map_err(|fault| fault.to_string())?);
        }
        Ok(settings)
    }
}
