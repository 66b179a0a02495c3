//! Files that are whole at any time: written beside, synced, renamed, and the folder synced.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileFailure {
    /// It cannot be read.
    #[error("{}: cannot be read ({cause}); name another file, or run this as root", .path.display())]
    Read {
        /// the file
        path: PathBuf,
        /// why
        #[source]
        cause: io::Error,
    },
    /// It is not UTF-8, or far too long.
    #[error("{}: no configuration: it is longer than 1 MB, or not UTF-8; name the right file", .path.display())]
    NoText {
        /// the file
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("{}: cannot be written ({cause}); nothing was changed; run this as root, and see whether the disk is full", .path.display())]
    Write {
        /// the file
        path: PathBuf,
        /// why
        #[source]
        cause: io::Error,
    },
    /// It would be overwritten.
    #[error("{}: is there already and was left alone; {hint}", .path.display())]
    Exists {
        /// the file
        path: PathBuf,
        /// what to do
        hint: &'static str,
    },
    /// No such version.
    #[error("no version {wanted} was kept in {}; `kioskctl config versions` lists them", .folder.display())]
    NoVersion {
        /// what was asked for
        wanted: String,
        /// where they are
        folder: PathBuf,
    },
    /// Another one is at it.
    #[error(
        "another `kioskctl config` is putting a file in force (it watches the kiosk for two minutes); wait for it, or end it with Ctrl-C"
    )]
    Busy,
}

/// Reads a configuration's text.
pub(crate) fn read(path: &Path) -> Result<String, FileFailure> {
    let failed = |cause| FileFailure::Read { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let is_short = bytes.len() as u64 <= MAX_BYTES;
    let text = String::from_utf8(bytes).ok().filter(|_| is_short);
    text.ok_or_else(|| FileFailure::NoText { path: path.to_owned() })
}

/// Writes a file that is not there yet, for its owner alone.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), FileFailure> {
    write_new(path, text, 0o600).map_err(|cause| {
        let path = path.to_owned();
        if cause.kind() == io::ErrorKind::AlreadyExists {
            FileFailure::Exists { path, hint: "name another file, or remove it first" }
        } else {
            FileFailure::Write { path, cause }
        }
    })
}

/// Writes a file with one secret, in the place of one that is there: for root, and for the group of its folder, which the
/// package makes the kiosk's.
pub(crate) fn create_secret(path: &Path, secret: &str) -> Result<(), FileFailure> {
    let failed = |cause| FileFailure::Write { path: path.to_owned(), cause };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = (|| {
        write_new(&beside, &format!("{secret}\n"), 0o640)?;
        // Readable by the group that the folder has: root's folder, the kiosk's group.
        let group = path.parent().and_then(|folder| folder.metadata().ok()).map(|folder| folder.gid());
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&beside, None, group)?;
        }
        fs::rename(&beside, path)?;
        sync_folder(path)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&beside))).map_err(failed)
}

/// Replaces a file at once: whoever reads it sees the old text or the new one, after a pulled plug too. Owner and rights
/// stay; a new file is for its owner and group. A link stays one.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), FileFailure> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |cause| FileFailure::Write { path: path.to_owned(), cause };
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = target.with_file_name(name);
    let written = (|| {
        let old = target.metadata().ok();
        let mode = old.as_ref().map_or(0o640, |old| old.permissions().mode() & 0o777);
        write_new(&beside, text, mode)?;
        if rustix::process::geteuid().is_root() {
            // A new one is root's, for the group of its folder: the package makes that the kiosk's.
            let folder = target.parent().and_then(|folder| folder.metadata().ok());
            let (user, group) = match &old {
                Some(old) => (Some(old.uid()), Some(old.gid())),
                None => (None, folder.map(|folder| folder.gid())),
            };
            std::os::unix::fs::chown(&beside, user, group)?;
        }
        fs::rename(&beside, &target)?;
        sync_folder(&target)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&beside))).map_err(failed)
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    // The process's mask may have taken rights away.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()?;
    sync_folder(path)
}

/// The name is on the disk too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

const MAX_BYTES: u64 = 1 << 20;
