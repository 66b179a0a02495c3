//! The room of the visit `stocktake`: modelled shelves, a cart with a UHF reader, and the folder of a count.
//!
//! Nothing in it is pretended either: the room is the one that `rfid-emulator` gives to begin with, what the catalogue
//! believes of it is a list as a library would have it, and the reader is an R2000 on a pseudo-terminal.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use circulation::screen::Language;
use rfid_driver::port::{PortConfig, Protocol};
use stocktaking::{Folder, Judged};
use tempfile::TempDir;

use super::world::{EMULATOR, Emulator, PORT, hear};
use crate::failure::Failure;
use crate::stocktake::Told;

/// The room, with the cart at the beginning of its way.
#[derive(Debug)]
pub(super) struct Room {
    emulator: Emulator,
    folder: PathBuf,
    list: PathBuf,
    // Declared last: the reader ends before its folder goes.
    dir: TempDir,
}

impl Room {
    /// Makes the room and starts the reader; the cart stands before the first shelf.
    ///
    /// # Errors
    /// [`Failure::NoProgram`], [`Failure::ProgramFailed`] or [`Failure::Output`].
    pub(super) async fn enter() -> Result<Self, Failure> {
        let dir = TempDir::with_prefix("yueting-demo-")
            .map_err(|source| Failure::Output { path: std::env::temp_dir(), source })?;
        let (file, list) = (dir.path().join("room.toml"), dir.path().join("plan.csv"));
        write(&file, &hear(EMULATOR, &["--room-example".as_ref()]).await?)?;
        let arguments: [&OsStr; 3] = ["--room".as_ref(), file.as_os_str(), "--room-plan".as_ref()];
        write(&list, &hear(EMULATOR, &arguments).await?)?;
        let mut emulator = Emulator::cart(dir.path(), &file).await?;
        emulator.say("halt").await?;
        Ok(Self { emulator, folder: dir.path().join(LIBRARY), list, dir })
    }

    /// A count of this room, as `kiosk stocktake` begins one.
    ///
    /// # Errors
    /// [`Failure::Stocktake`].
    pub(super) fn told(&self, language: Language, is_mute: bool) -> Result<Told, Failure> {
        let judged = Judged { owners: vec![OWNER.to_owned()], ..Judged::default() };
        let folder = Folder::make(&self.folder, &self.list, judged)?;
        let (baud, parity) = Protocol::R2000.line();
        let endpoint = self.dir.path().join(PORT).into();
        let config = PortConfig {
            endpoint,
            protocol: Protocol::R2000,
            baud,
            parity,
            is_sweep: true,
            ..PortConfig::default()
        };
        Ok(Told::of(folder, config, language, is_mute))
    }

    /// The reader on the cart.
    pub(super) const fn emulator(&mut self) -> &mut Emulator {
        &mut self.emulator
    }

    /// The folder of the programs around the count.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What `kioskctl stocktake report` says of the count.
    ///
    /// # Errors
    /// [`Failure::NoProgram`], [`Failure::ProgramFailed`].
    pub(super) async fn report(&self) -> Result<String, Failure> {
        hear("kioskctl", &["stocktake".as_ref(), "report".as_ref(), self.folder.as_os_str()]).await
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|source| Failure::Output { path: path.to_path_buf(), source })
}

/// The folder's name heads the screen.
const LIBRARY: &str = "青禾市图书馆";
/// Whose items are this library's, as their tags say.
pub(super) const OWNER: &str = "CN-371202-LW";
