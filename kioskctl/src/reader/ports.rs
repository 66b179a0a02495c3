//! The serial ports that are there, with the names that stay theirs.

use std::fmt;
use std::fs;
use std::path::PathBuf;

/// The ports of this machine as lines of a text, to go behind a fault.
pub(crate) struct Listed;

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = available();
        if ports.is_empty() {
            return f.write_str(
                "\nthere is no serial port on this machine: see whether the adapter is plugged in",
            );
        }
        f.write_str("\nserial ports on this machine:")?;
        ports.iter().try_for_each(|port| write!(f, "\n  {port}"))
    }
}

/// Each port, by its link if it has one: that name stays when it is plugged elsewhere.
fn available() -> Vec<String> {
    // A machine that does not tell its ports has none to offer.
    let mut names: Vec<String> =
        serialport::available_ports().unwrap_or_default().into_iter().map(|port| port.port_name).collect();
    names.sort();
    let links = links();
    let with_link = |name: String| match links.iter().find(|(_, target)| target.as_os_str() == name.as_str())
    {
        Some((link, _)) => format!("{}  (now {name})", link.display()),
        None => name,
    };
    names.into_iter().map(with_link).collect()
}

/// Links by id, and what they point to.
fn links() -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(BY_ID).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), fs::canonicalize(entry.path()).ok()?))).collect()
}

const BY_ID: &str = "/dev/serial/by-id";
