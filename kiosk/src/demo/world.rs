//! The programs around the kiosk: started, spoken to, and ended with the demo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use config::Config;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};

use crate::failure::Failure;

/// Central and the reader, running.
#[derive(Debug)]
pub struct World {
    config: Config,
    emulator: Emulator,
    printer: Option<Emulator>,
    id_reader: Option<Emulator>,
    cards: Option<Stack>,
    central: Child,
    address: String,
    /// the merchants for whom it takes money
    payment: Option<PathBuf>,
    // Declared last: the programs end before their folder goes.
    dir: TempDir,
}

/// A dispenser of cards, and the reader at its writing place.
#[derive(Debug)]
pub struct Stack {
    /// Moves cards.
    pub dispenser: Emulator,
    /// Hears what lies at the writing place.
    pub writer: Emulator,
}

/// An emulated part, and the way to tell it what happens to it: the reader, what lies on its pad.
#[derive(Debug)]
pub struct Emulator {
    name: &'static str,
    replies: Lines<BufReader<OwnedReadHalf>>,
    commands: OwnedWriteHalf,
    /// ended with this value; nothing: somebody else ends it
    _program: Option<Child>,
}

/// How fast the emulated reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// As fast as line and air allow a real one.
    Real,
    /// Without any wait.
    Fast,
}

/// The card of the demo, by its number in central's demo data.
pub const CARD: &str = "LW20260001";
/// Five books, by their numbers in central's demo data; the last is a work of reference, which is not lent.
pub const BOOKS: [&str; 5] = ["LW0000001", "LW0000002", "LW0000003", "LW0000004", "LW0000005"];
/// What stands on their covers, for the strip beside the screen.
pub(crate) const COVERS: [&str; 5] = ["红楼梦", "西游记", "呐喊", "傲慢与偏见", "康熙字典"];

/// A program that says nothing for this long has not started.
const START: Duration = Duration::from_secs(30);

impl World {
    /// Starts both programs and lays the demo's card and books beside the pad. The kiosk itself is not started.
    ///
    /// # Errors
    /// [`Failure::NoProgram`], [`Failure::ProgramFailed`] or [`Failure::Output`].
    pub async fn start(timing: Timing) -> Result<Self, Failure> {
        let dir = TempDir::with_prefix("yueting-demo-")
            .map_err(|source| Failure::Output { path: std::env::temp_dir(), source })?;
        let (central, address) = start_central(dir.path(), "127.0.0.1:0", None).await?;
        let mut emulator = Emulator::reader(dir.path(), timing).await?;
        emulator.say(&format!("card {CARD}")).await?;
        for book in BOOKS {
            emulator.say(&format!("book {book} owner=CN-371202-LW")).await?;
        }
        let mut config = Config::default();
        config.kiosk.data_dir = dir.path().to_path_buf();
        config.reader.port = dir.path().join(PORT).into();
        config.central.base_url.clone_from(&address);
        config.visit.done = Duration::from_secs(3);
        config.visit.linger = Duration::from_secs(1);
        config.visit.put_back = Duration::from_secs(4);
        config.screen.fullscreen = false;
        Ok(Self {
            config,
            emulator,
            printer: None,
            id_reader: None,
            cards: None,
            central,
            address,
            payment: None,
            dir,
        })
    }

    /// The configuration of a kiosk in this world.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The same, to be changed before the kiosk starts.
    pub const fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// The folder of this world.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The reader.
    pub const fn emulator(&mut self) -> &mut Emulator {
        &mut self.emulator
    }

    /// Puts a receipt printer into this world; what it prints becomes pictures and texts in `out`. The kiosk must not
    /// be started yet.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn add_printer(&mut self, out: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(out).map_err(|source| Failure::Output { path: out.to_path_buf(), source })?;
        self.printer = Some(Emulator::printer(self.dir.path(), out).await?);
        self.config.printer.enabled = true;
        // It heads what is printed.
        self.config.place.library = Some("青禾市图书馆".to_owned());
        self.config.printer.port = self.dir.path().join(PRINTER_PORT).into();
        Ok(())
    }

    /// The printer, if there is one.
    pub const fn printer(&mut self) -> Option<&mut Emulator> {
        self.printer.as_mut()
    }

    /// Puts a reader of identity cards into this world: library cards are made. The kiosk must not be started yet.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn add_id_reader(&mut self) -> Result<(), Failure> {
        self.id_reader = Some(Emulator::id_reader(self.dir.path()).await?);
        self.config.central.interface = config::Interface::Kiosk;
        self.config.desk.enabled = true;
        self.config.desk.port = self.dir.path().join(ID_PORT).into();
        Ok(())
    }

    /// The reader of identity cards, if there is one.
    pub const fn id_reader(&mut self) -> Option<&mut Emulator> {
        self.id_reader.as_mut()
    }

    /// Puts a dispenser of cards beside the reader of identity cards. The kiosk must not be started yet.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn add_cards(&mut self) -> Result<(), Failure> {
        let dir = self.dir.path();
        let dispenser = Emulator::dispenser(dir).await?;
        self.cards = Some(Stack { dispenser, writer: Emulator::writer(dir).await? });
        self.config.desk.dispenser_port = Some(dir.join(DISPENSER_PORT).into());
        self.config.desk.writer_port = Some(dir.join(WRITER_PORT).into());
        Ok(())
    }

    /// The dispenser of cards, if there is one.
    pub const fn cards(&mut self) -> Option<&mut Stack> {
        self.cards.as_mut()
    }

    /// The process id of central, while it runs.
    #[must_use]
    pub fn central_pid(&self) -> Option<u32> {
        self.central.id()
    }

    /// Ends central without a word, as a power cut would.
    ///
    /// # Errors
    /// [`Failure::System`] if it cannot be ended.
    pub async fn kill_central(&mut self) -> Result<(), Failure> {
        self.central.kill().await.map_err(Failure::System)
    }

    /// Has central take money for the merchants of a file.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn take_payments(&mut self, file: &Path) -> Result<(), Failure> {
        self.payment = Some(file.to_path_buf());
        self.restart_central().await
    }

    /// Starts central again on the same database and address.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn restart_central(&mut self) -> Result<(), Failure> {
        let address = self.address.trim_start_matches("http://").to_owned();
        // The old one is reaped first, or its lock on the database may still be there.
        self.kill_central().await?;
        (self.central, _) = start_central(self.dir.path(), &address, self.payment.as_deref()).await?;
        Ok(())
    }
}

/// A library whose books can be looked for, with a map of the room.
pub fn finds(config: &mut Config) {
    config.central.interface = config::Interface::Kiosk;
    config.find.enabled = true;
    config.place.branch = Some("LW01".to_owned());
    let shelf = |(label, x, from, to): (&str, u16, &str, &str)| config::Shelf {
        label: label.to_owned(),
        x,
        y: 80,
        width: 120,
        height: 420,
        from: from.to_owned(),
        to: to.to_owned(),
    };
    config.shelves = [
        ("A–F", 60, "A", "F"),
        ("G–H", 240, "G", "H"),
        ("I", 420, "I", "I"),
        ("J–K", 600, "J", "K"),
        ("N–Z", 780, "N", "Z"),
    ]
    .map(shelf)
    .to_vec();
    config.place.stand = Some((500, 920));
}

async fn start_central(dir: &Path, listen: &str, payment: Option<&Path>) -> Result<(Child, String), Failure> {
    let database = dir.join("central.db");
    let mut arguments: Vec<&OsStr> = vec![
        "serve".as_ref(),
        "--db".as_ref(),
        database.as_os_str(),
        "--listen".as_ref(),
        listen.as_ref(),
        "--seed-demo".as_ref(),
    ];
    if let Some(file) = payment {
        arguments.extend(["--payment".as_ref(), file.as_os_str()]);
    }
    let (child, line) = start("central", &arguments, dir).await?;
    let address = line.strip_prefix("listening on ").unwrap_or(&line).trim_end_matches('/').to_owned();
    Ok((child, address))
}

impl Emulator {
    async fn printer(dir: &Path, out: &Path) -> Result<Self, Failure> {
        let more: [&OsStr; 3] = ["printer".as_ref(), "--out".as_ref(), out.as_os_str()];
        Self::plugged(CABINET, dir, (PRINTER_PORT, "printer-control"), &more).await
    }

    async fn id_reader(dir: &Path) -> Result<Self, Failure> {
        Self::plugged(CABINET, dir, (ID_PORT, "idcard-control"), &["id-card".as_ref()]).await
    }

    async fn dispenser(dir: &Path) -> Result<Self, Failure> {
        Self::plugged(CABINET, dir, (DISPENSER_PORT, "dispenser-control"), &["dispenser".as_ref()]).await
    }

    async fn writer(dir: &Path) -> Result<Self, Failure> {
        let more: [&OsStr; 2] = ["--timing".as_ref(), "fast".as_ref()];
        Self::plugged(EMULATOR, dir, (WRITER_PORT, "writer-control"), &more).await
    }

    async fn reader(dir: &Path, timing: Timing) -> Result<Self, Failure> {
        let word = match timing {
            Timing::Real => "real",
            Timing::Fast => "fast",
        };
        Self::plugged(EMULATOR, dir, (PORT, "control"), &["--timing".as_ref(), word.as_ref()]).await
    }

    /// A UHF reader on a cart in a room, at the beginning of its way.
    pub(super) async fn cart(dir: &Path, room: &Path) -> Result<Self, Failure> {
        let more: [&OsStr; 2] = ["--room".as_ref(), room.as_os_str()];
        Self::plugged(EMULATOR, dir, (PORT, "control"), &more).await
    }

    /// Starts an emulator on a terminal; where terminal and control are, in the folder.
    async fn plugged(
        name: &'static str,
        dir: &Path,
        (port, control): (&str, &str),
        more: &[&OsStr],
    ) -> Result<Self, Failure> {
        let (link, control) = (dir.join(port), dir.join(control));
        let ends: [&OsStr; 4] =
            ["--link".as_ref(), link.as_os_str(), "--control".as_ref(), control.as_os_str()];
        // Options of a program's part stand behind its name.
        let arguments: Vec<&OsStr> = ends.into_iter().chain(more.iter().copied()).collect();
        Self::start(name, &arguments, dir, &control).await
    }

    async fn start(
        name: &'static str,
        arguments: &[&OsStr],
        dir: &Path,
        control: &Path,
    ) -> Result<Self, Failure> {
        let (program, _) = start(name, arguments, dir).await?;
        let (replies, commands) = ear(name, control).await?;
        Ok(Self { name, replies, commands, _program: Some(program) })
    }

    /// Another one that speaks to the reader in the same folder, and does not end it.
    pub(super) async fn beside_reader(dir: &Path) -> Result<Self, Failure> {
        let (replies, commands) = ear(EMULATOR, &dir.join("control")).await?;
        Ok(Self { name: EMULATOR, replies, commands, _program: None })
    }

    /// Says one line of the emulator's control protocol; gives what stands behind `ok`.
    ///
    /// # Errors
    /// [`Failure::ProgramFailed`] with the emulator's own words.
    pub async fn say(&mut self, line: &str) -> Result<String, Failure> {
        Ok(self.ask(line).await?.1)
    }

    /// The same; gives the lines that stand before it.
    ///
    /// # Errors
    /// As [`Emulator::say`].
    pub async fn lines(&mut self, line: &str) -> Result<Vec<String>, Failure> {
        Ok(self.ask(line).await?.0)
    }

    async fn ask(&mut self, line: &str) -> Result<(Vec<String>, String), Failure> {
        let program = self.name;
        let failed = |cause: String| Failure::ProgramFailed { program, cause: format!("{line}: {cause}") };
        self.commands
            .write_all(format!("{line}\n").as_bytes())
            .await
            .map_err(|source| failed(source.to_string()))?;
        let mut lines = Vec::new();
        loop {
            let reply = self.replies.next_line().await.map_err(|source| failed(source.to_string()))?;
            let reply = reply.ok_or_else(|| failed("it has ended".to_owned()))?;
            if let Some(rest) = reply.strip_prefix("ok") {
                return Ok((lines, rest.trim().to_owned()));
            }
            if let Some(cause) = reply.strip_prefix("error:") {
                return Err(failed(cause.trim().to_owned()));
            }
            lines.push(reply);
        }
    }
}

async fn ear(
    name: &'static str,
    control: &Path,
) -> Result<(Lines<BufReader<OwnedReadHalf>>, OwnedWriteHalf), Failure> {
    let stream = UnixStream::connect(control).await.map_err(|source| Failure::ProgramFailed {
        program: name,
        cause: format!("{}: {source}", control.display()),
    })?;
    let (read, commands) = stream.into_split();
    Ok((BufReader::new(read).lines(), commands))
}

/// What a program of the workspace says until it ends. One that was told to look for something may end with 1.
pub(super) async fn hear(program: &'static str, arguments: &[&OsStr]) -> Result<String, Failure> {
    let failed = |cause: String| Failure::ProgramFailed { program, cause };
    let output = Command::new(beside(program)?)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|source| failed(source.to_string()))?;
    if !matches!(output.status.code(), Some(0 | 1)) || output.stdout.is_empty() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("what it says is no text".to_owned()))
}

/// Starts a program of the workspace and waits for its first line.
async fn start(program: &'static str, arguments: &[&OsStr], dir: &Path) -> Result<(Child, String), Failure> {
    let path = beside(program)?;
    let log = dir.join(format!("{program}.log"));
    let errors =
        std::fs::File::create(&log).map_err(|source| Failure::Output { path: log.clone(), source })?;
    let failed = |cause: String| Failure::ProgramFailed { program, cause };
    let mut child = Command::new(&path)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| failed(source.to_string()))?;
    let stdout = child.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
    let mut lines = BufReader::new(stdout).lines();
    match tokio::time::timeout(START, lines.next_line()).await {
        Ok(Ok(Some(line))) => {
            // Whatever it says later is read and dropped, so that it never waits for a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            Ok((child, line))
        }
        Ok(Ok(None) | Err(_)) => Err(failed(last_words(&log))),
        Err(_) => Err(failed(format!("no sign of life for {} s", START.as_secs()))),
    }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("it ended without a word").to_owned()
}

/// Where the program is that was built together with this one.
fn beside(program: &str) -> Result<PathBuf, Failure> {
    let here = std::env::current_exe().map_err(Failure::System)?;
    // A test runs from a folder below the one with the programs.
    let found = here.ancestors().skip(1).take(2).map(|dir| dir.join(program)).find(|path| path.is_file());
    found.ok_or_else(|| Failure::NoProgram { path: here.with_file_name(program) })
}

pub(super) const EMULATOR: &str = "rfid-emulator";
const CABINET: &str = "cabinet-emulator";
pub(super) const PORT: &str = "pad";
const PRINTER_PORT: &str = "printer";
const ID_PORT: &str = "idcard";
const DISPENSER_PORT: &str = "dispenser";
const WRITER_PORT: &str = "writer";
