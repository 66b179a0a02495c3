//! The serial ports that are there, with the names that stay theirs.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

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

/// Who has a port open, as far as this user may see, and how to find out.
pub(crate) struct Holders<'a>(pub(crate) &'a Path);

impl fmt::Display for Holders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.display();
        for (pid, name) in holders(self.0) {
            write!(f, "\nit is held by process {pid} ({name})")?;
        }
        write!(
            f,
            "\nwho has it: `sudo fuser -v {path}` or `sudo lsof {path}`; if that is the kiosk itself, stop it first, for it drives its reader alone"
        )
    }
}

/// Processes that have a file open, this one left out.
fn holders(path: &Path) -> Vec<(u32, String)> {
    let Ok(target) = fs::canonicalize(path) else { return Vec::new() };
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has_it = |pid: &u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|file| fs::read_link(file.path()).is_ok_and(|to| to == target))
    };
    let name = |pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
    pids.filter(|pid| *pid != own).filter(has_it).map(|pid| (pid, name(pid))).collect()
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
