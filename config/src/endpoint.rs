//! Where the reader is.

use std::{fmt, path::PathBuf};

/// A serial device, or a TCP port of the reader itself or of a serial server before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A serial device; absolute.
    Serial(PathBuf),
    /// A TCP port that passes bytes as they are.
    Tcp {
        /// A name or an address, an IPv6 address without its brackets.
        host: String,
        /// The port, not 0.
        port: u16,
    },
}

impl Endpoint {
    /// What stands in the file: an absolute path, or `tcp://HOST:PORT` with an IPv6 address in brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some(authority) = text.strip_prefix(SCHEME) else {
            return Some(PathBuf::from(text)).filter(|path| path.is_absolute()).map(Self::Serial);
        };
        let (host, port) = authority.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(host) => host.strip_suffix(']').filter(|host| host.contains(':'))?,
            None => Some(host).filter(|host| !host.contains(':'))?,
        };
        let is_sound =
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:%".contains(&b));
        let port = port.parse().ok().filter(|port| *port != 0)?;
        is_sound.then(|| Self::Tcp { host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => path.display().fmt(f),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "{SCHEME}[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{SCHEME}{host}:{port}"),
        }
    }
}

impl From<PathBuf> for Endpoint {
    fn from(path: PathBuf) -> Self {
        Self::Serial(path)
    }
}

impl From<&str> for Endpoint {
    fn from(path: &str) -> Self {
        Self::Serial(path.into())
    }
}

const SCHEME: &str = "tcp://";

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn what_is_read_is_printed_the_same() {
        for text in [
            "/dev/yueting-pad",
            "tcp://192.0.2.7:5084",
            "tcp://gate.local:10001",
            "tcp://[fe80::1%eth0]:5084",
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "COM3",
            "tcp://",
            "tcp://gate",
            "tcp://:1",
            "tcp://gate:0",
            "tcp://gate:99999",
            "tcp://::1:5084",
        ] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }
}
