//! A return slot in a library: its mechanics and readers on terminals, its central, and `kiosk run --profile return-slot`
//! as a process that can be killed. What is around survives it.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use circulation::id::ItemId;
use config::{Config, Interface};
use slot::mechanics::Place;
use slot_world::picture::picture;
use slot_world::shell::Running;
use slot_world::usual;
use slot_world::world::World;
use supervision::board::Board;
use supervision::control;
use sync_client::queue::{Answer, Entry, Request};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::far::Far;
use crate::library::Library;
use crate::line::{Line, Speech, Weather};
use crate::scene::{Gate, PATIENCE};
use crate::watch::Watch;

/// The slot in its library.
#[derive(Debug)]
pub struct Night {
    /// mechanics, modules, readers, people
    pub world: Running,
    /// the line to central
    pub line: Line,
    /// central
    pub library: Library,
    /// the moments of what central hears
    pub watch: Watch,
    process: Option<Child>,
    dir: tempfile::TempDir,
}

/// A piece as the journal on the disk has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// its item
    pub item: Option<String>,
    /// its last step
    pub step: String,
    /// the bin
    pub bin: Option<String>,
}

impl Night {
    /// A slot with three bins (`holds`, `novels` for call numbers I2, `staff`); the program is not started.
    pub async fn new(interface: Interface, seed: u64) -> Self {
        Self::away(interface, seed, Duration::ZERO).await
    }

    /// The same with a central that is so far away, there and back.
    pub async fn away(interface: Interface, seed: u64, away: Duration) -> Self {
        Self::with(interface, seed, away, "").await
    }

    /// The same with more in its configuration.
    pub async fn with(interface: Interface, seed: u64, away: Duration, more: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let library = Library::start(dir.path()).await;
        let watch = Watch::default();
        let line = Line::start(Speech::Http, library.address(), watch.clone()).await;
        // The distance is the program's: the line opens a connection for each call, which nobody's network does.
        let mut address = line.address();
        if !away.is_zero() {
            let far = Far::start(address).await;
            far.set(away);
            address = far.address();
        }
        let path = |name: &str| dir.path().join(name);
        let word = if interface == Interface::Kiosk { "kiosk" } else { "openlib" };
        let text = format!(
            "[kiosk]\ndata_dir = {:?}\n[reader]\nport = {:?}\npoll_ms = 20\n\
             [central]\ninterface = {word:?}\nbase_url = \"http://{}\"\ntotal_timeout_ms = 2000\n\
             connect_timeout_ms = 1000\nin_flight_seconds = 1\n\
             [slot]\nenabled = true\nowners = [\"CN-371202-LW\"]\ninner_port = {:?}\nexception_bin = \"staff\"\n\
             central_timeout_ms = 2000\n\
             [[module]]\nname = \"io\"\nport = {:?}\nanswer_timeout_ms = 500\n\
             [[sort]]\nbin = \"holds\"\nheld = true\n[[sort]]\nbin = \"novels\"\nowners = [\"CN-371202-LW\"]\n{more}{}",
            path("data"),
            path("reader"),
            address,
            path("inner"),
            path("io"),
            usual::tables(&["holds", "novels", "staff"]),
        );
        std::fs::write(path("kiosk.toml"), &text).expect("the configuration is written");
        let config = Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"));
        let world = Running::start(&config, seed).expect("the slot's ports are made");
        Self { world, line, library, watch, process: None, dir }
    }

    /// A file of this night's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// One line of the emulated slot's own language.
    ///
    /// # Panics
    /// If it does not understand it.
    pub fn say(&self, line: &str) {
        let reply = self.world.say(line);
        assert!(reply.end.is_ok(), "{line}: {:?}", reply.end);
    }

    /// Brings an item of this library, in somebody's hands.
    pub fn bring(&self, item: &str) {
        self.say(&format!("book {item} owner=CN-371202-LW"));
    }

    /// Starts the program.
    pub fn start(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.path("kiosk.log"));
        let test = std::env::current_exe().expect("this program has a path");
        let folder = test.parent().and_then(|deps| deps.parent()).expect("it lies in the target folder");
        let process = Command::new(folder.join("watched-kiosk"))
            .arg("slot")
            .arg(self.path("kiosk.toml"))
            .stdin(Stdio::null())
            .stderr(log.expect("the log is made"))
            .kill_on_drop(true)
            .spawn();
        self.process = Some(process.expect("the program starts"));
    }

    /// Pulls the plug of the program: SIGKILL.
    pub async fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        process.kill().await.expect("it is killed");
    }

    /// Tells the program to stop, and waits for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("it runs");
        let pid = process.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        let sent =
            rustix::process::kill_process(pid.expect("it has a number"), rustix::process::Signal::TERM);
        sent.expect("it is told");
        let ended = tokio::time::timeout(PATIENCE, process.wait()).await;
        ended.expect("it ends").expect("it is waited for")
    }

    /// What the program has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("kiosk.log")).unwrap_or_default()
    }

    /// Waits until the world is so.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) {
        if tokio::time::timeout(PATIENCE, self.world.until(holds)).await.is_err() {
            let drawn = picture(&self.world.world()).join("\n");
            panic!("{what} did not come\n{drawn}\n{}", self.log());
        }
    }

    /// Waits until something lies in a bin; which.
    pub async fn until_in_a_bin(&self, item: &str) -> usize {
        let bin = |world: &World| match world.place(item) {
            Some(Place::Bin(bin)) => Some(bin),
            Some(Place::Street | Place::Held(_) | Place::Lying(_) | Place::Staff) | None => None,
        };
        self.until(&format!("{item} in a bin"), |world| bin(world).is_some()).await;
        bin(&self.world.world()).unwrap_or_default()
    }

    /// Waits until the slot takes something: the first one after a start.
    pub async fn until_ready(&self) {
        self.until_logged("the slot state=\"idle\"", 1).await;
    }

    /// Waits until the log says something so often.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn until_logged(&self, what: &str, n: usize) {
        self.until_log(what, |log| log.matches(what).count() >= n).await;
    }

    /// Waits until the log is so.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn until_log(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while !holds(&self.log()) {
            beat.tick().await;
            assert!(tokio::time::Instant::now() < end, "{what:?} was not logged\n{}", self.log());
        }
    }

    /// What the gate sees of a thing.
    ///
    /// # Panics
    /// If it has no tag.
    #[must_use]
    pub fn gate(&self, item: &str) -> Gate {
        let world = self.world.world();
        let tag = world.tag(item).expect("the tag is there");
        Gate { afi: format!("{:02X}", tag.afi.0), eas: tag.eas }
    }

    /// Every row of the running program's ledger, oldest first. Nothing while it cannot be asked.
    pub async fn rows(&self) -> Option<Vec<Entry>> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let after = all.last().map_or(0, |row| row.seq);
            match self.ask(&Request::Export { after, patron: false }).await? {
                Answer::Rows { rows, more } => {
                    all.extend(rows);
                    if !more {
                        return Some(all);
                    }
                }
                Answer::Status(_) | Answer::Row { .. } | Answer::Refused { .. } => return None,
            }
        }
    }

    async fn ask(&self, request: &Request) -> Option<Answer> {
        let line = serde_json::to_vec(request).expect("a request is JSON");
        serde_json::from_str(&self.tell_control(line).await?).ok()
    }

    /// Asks what staff asks about parts; nothing while it cannot be asked.
    pub async fn control(&self, request: &control::Request) -> Option<control::Answer> {
        let line = serde_json::to_vec(request).expect("a request is JSON");
        serde_json::from_str(&self.tell_control(line).await?).ok()
    }

    /// Everything that is known of its parts.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub async fn board(&self) -> Board {
        match self.control(&control::Request::Board).await {
            Some(control::Answer::Board { board }) => *board,
            other => panic!("{other:?}\n{}", self.log()),
        }
    }

    /// Waits until what is known of its parts is so.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn until_board(&self, holds: impl Fn(&Board) -> bool) -> Board {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        loop {
            let board = self.board().await;
            if holds(&board) {
                return board;
            }
            beat.tick().await;
            assert!(tokio::time::Instant::now() < end, "{}\n{}", board.summary(), self.log());
        }
    }

    /// One line to the control socket, and the one that comes back.
    async fn tell_control(&self, mut line: Vec<u8>) -> Option<String> {
        let mut stream = UnixStream::connect(self.path("data/control.sock")).await.ok()?;
        line.push(b'\n');
        stream.write_all(&line).await.ok()?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await.ok()?;
        Some(answer)
    }

    /// Waits, in fair weather, until every row of the ledger is closed or waits for staff; gives them.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn at_rest(&self) -> Vec<Entry> {
        self.line.set(Weather::Fair);
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        loop {
            beat.tick().await;
            let rows = self.rows().await;
            if let Some(rows) = &rows
                && rows.iter().all(|row| row.closed || row.state == "parked")
            {
                return rows.clone();
            }
            assert!(tokio::time::Instant::now() < end, "no rest: {rows:?}\n{}", self.log());
        }
    }

    /// The pieces as they are on the disk, the oldest first. The program is not running.
    ///
    /// # Panics
    /// If it runs, or the file cannot be read.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        assert!(self.process.is_none(), "it has the ledger for itself");
        let file = rusqlite::Connection::open(self.path("data/ledger.db")).expect("the ledger opens");
        let mut query =
            file.prepare("SELECT item, step, bin FROM pieces ORDER BY id").expect("there are pieces");
        let rows =
            query.query_map([], |row| Ok(Piece { item: row.get(0)?, step: row.get(1)?, bin: row.get(2)? }));
        rows.expect("they are read").map(|row| row.expect("a piece")).collect()
    }

    /// Whether an item is on loan at central.
    pub async fn is_lent(&self, item: &str) -> bool {
        let id = ItemId::parse(item).expect("the id is good");
        let fact = self.library.staff().holding(&id).await.expect("central answers");
        fact.is_some_and(|fact| fact.state == sync_client::answer::HoldingState::OnLoan)
    }
}
