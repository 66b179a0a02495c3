//! A pseudo-terminal behind a symbolic link: a serial port as far as a host can tell.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use tokio::io::unix::AsyncFd;

/// The open terminal: both sides.
pub struct Pty {
    master: AsyncFd<OwnedFd>,
    slave: OwnedFd,
    /// What a host opens.
    pub path: PathBuf,
}

impl Pty {
    /// A new terminal, set raw.
    ///
    /// # Errors
    /// What the system says.
    pub fn open() -> io::Result<Self> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let slave = rustix::fs::open(
            name.as_c_str(),
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let mut termios = rustix::termios::tcgetattr(&slave)?;
        termios.make_raw();
        rustix::termios::tcsetattr(&slave, OptionalActions::Now, &termios)?;
        rustix::fs::fcntl_setfl(&master, rustix::fs::fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
        let path = PathBuf::from(name.to_string_lossy().into_owned());
        Ok(Self { master: register(master)?, slave, path })
    }

    /// The next bytes of the host.
    pub async fn read(&self, buffer: &mut [u8]) -> usize {
        loop {
            let Ok(mut ready) = self.master.readable().await else { return std::future::pending().await };
            match ready.try_io(|master| Ok(rustix::io::read(master.as_fd(), &mut *buffer)?)) {
                Ok(Ok(n)) if n > 0 => {
                    // A host that was killed leaves its exclusive mode behind; on a real port the last close ends it.
                    rustix::termios::ioctl_tiocnxcl(&self.slave).unwrap_or_default();
                    return n;
                }
                // The slave is kept open: there is no end of file. Anything else goes away or shows at the next call.
                Ok(_) => tokio::task::yield_now().await,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes all bytes; a host that does not read loses them, as on a real line.
    pub async fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match rustix::io::write(self.master.get_ref(), bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) => tokio::task::yield_now().await,
                Err(_) => return,
            }
        }
    }
}

#[expect(deprecated, reason = "its successor is an unsafe fn; an OwnedFd keeps the rule that it asks for")]
fn register(master: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(master)
}

/// Makes or re-points a link in one step, so that it never dangles in between.
///
/// # Errors
/// What the system says; something that is no link is left alone.
pub fn point(link: &Path, target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link).is_ok_and(|metadata| !metadata.is_symlink()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no link is there"));
    }
    let mut fresh = link.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    symlink(target, &fresh)?;
    fs::rename(&fresh, link).inspect_err(|_| drop(fs::remove_file(&fresh)))
}
