//! Where a reader is: a serial port, or a TCP port of the reader itself or of a serial server before it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a reader is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A serial port: best a link by id, which stays the same when the reader is plugged elsewhere.
    Serial(PathBuf),
    /// A TCP port that passes bytes as they are; speed and parity are set at the other end.
    Tcp {
        /// A name or an address, an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// What is neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// A path that depends on where the program was started, or no path at all.
    #[error("{text:?} is no reader port: write an absolute path such as /dev/ttyUSB0, or tcp://HOST:PORT")]
    Form {
        /// What was given.
        text: String,
    },
    /// A host without a sound port.
    #[error(
        "{text:?} is no TCP port: write tcp://HOST:PORT, an IPv6 address in brackets, the port from 1 to 65535"
    )]
    Tcp {
        /// What was given.
        text: String,
    },
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if let Some(authority) = text.strip_prefix(SCHEME) {
            return tcp(authority).ok_or_else(|| EndpointError::Tcp { text: text.to_owned() });
        }
        let path = PathBuf::from(text);
        if path.is_absolute() {
            Ok(Self::Serial(path))
        } else {
            Err(EndpointError::Form { text: text.to_owned() })
        }
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

impl Endpoint {
    /// Whether speed and parity of the line are set elsewhere.
    pub fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp { .. })
    }
}

fn tcp(authority: &str) -> Option<Endpoint> {
    let (host, port) = authority.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(host) => host.strip_suffix(']').filter(|host| host.contains(':'))?,
        None => Some(host).filter(|host| !host.contains(':'))?,
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
    let is_sound = !host.is_empty() && host.bytes().all(is_name);
    let port = port.parse().ok().filter(|port| *port != 0)?;
    is_sound.then(|| Endpoint::Tcp { host: host.to_owned(), port })
}

const SCHEME: &str = "tcp://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_tcp_ports_are_told_apart_and_printed_as_they_are_read() {
        for (text, host, port) in [
            ("tcp://192.168.1.20:5084", "192.168.1.20", 5084),
            ("tcp://speedway-10-25-32.local:10001", "speedway-10-25-32.local", 10001),
            ("tcp://[fe80::1%eth0]:5084", "fe80::1%eth0", 5084),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint, Endpoint::Tcp { host: host.to_owned(), port });
            assert_eq!(endpoint.to_string(), text);
        }
        let path: Endpoint = "/dev/serial/by-id/usb-FTDI:1".parse().unwrap();
        assert_eq!((path.to_string().as_str(), path.is_tcp()), ("/dev/serial/by-id/usb-FTDI:1", false));
    }

    #[test]
    fn what_is_neither_is_told_with_what_to_write() {
        for text in ["", "ttyUSB0", "./reader", "COM3", "http://reader:80", "TCP://reader:80"] {
            assert!(matches!(text.parse::<Endpoint>(), Err(EndpointError::Form { .. })), "{text}");
        }
        for text in [
            "tcp://",
            "tcp://reader",
            "tcp://reader:",
            "tcp://:5084",
            "tcp://reader:0",
            "tcp://reader:65536",
            "tcp://reader:5084/",
            "tcp://fe80::1:5084",
            "tcp://[reader]:5084",
            "tcp://re ader:5084",
            "tcp://[::1:5084",
        ] {
            assert!(matches!(text.parse::<Endpoint>(), Err(EndpointError::Tcp { .. })), "{text}");
        }
    }
}
