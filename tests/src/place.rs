//! A kiosk as a process that can be killed, with everything around it in the test's process: the reader and its tags,
//! central, and the line to it. What is around survives the kiosk, as it does in a library.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use config::Interface;
use kiosk::demo::world::CARD;
use sync_client::queue::{Answer, Entry, Request};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::agree::{Facts, PARKED};
use crate::library::Library;
use crate::line::{Line, Speech, Weather};
use crate::pad::Pad;
use crate::scene::PATIENCE;
use crate::seen::Seen;
use crate::watch::Watch;

/// A kiosk's place in a library.
#[derive(Debug)]
pub struct Place {
    /// the moments of what happens here
    pub watch: Watch,
    /// the reader
    pub pad: Pad,
    /// the line to central
    pub line: Line,
    /// central
    pub library: Library,
    /// the items that are known here
    pub items: Vec<String>,
    /// what was seen of the screens of this life, newest last
    pub seen: Vec<Seen>,
    /// the page that was seen last in this life
    pub page: String,
    kiosk: Option<Life>,
    /// rows up to here are closed and were looked at
    looked_up_to: i64,
    dir: tempfile::TempDir,
}

/// One life of the kiosk.
#[derive(Debug)]
struct Life {
    process: Child,
    screens: mpsc::UnboundedReceiver<String>,
}

/// Which program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `kiosk run --headless`, whose screens nobody sees
    Kiosk,
    /// the same daemon, which tells its screens
    Watched,
    /// the same, which stands still before it shows the first screen that says "done"
    HeldAtDone,
}

impl Place {
    /// A place with so many of the demo's books, and its card; central speaks openlib. The kiosk is not started.
    pub async fn new(n_items: usize, seed: u64, total_timeout: Duration) -> Self {
        Self::with(Interface::Openlib, n_items, seed, total_timeout).await
    }

    /// The same with a way to central; by central's own the kiosk lends while central is silent.
    pub async fn with(interface: Interface, n_items: usize, seed: u64, total_timeout: Duration) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let library = Library::start(dir.path()).await;
        let mut place = Self::beside(library, interface, seed, total_timeout, dir).await;
        for item in LENDABLE.iter().take(n_items) {
            place.bring(item);
        }
        place
    }

    /// A place without books at a library's SIP2 server.
    pub async fn elsewhere(library: Library, seed: u64, total_timeout: Duration) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self::beside(library, Interface::Sip2, seed, total_timeout, dir).await
    }

    async fn beside(
        library: Library,
        interface: Interface,
        seed: u64,
        total_timeout: Duration,
        dir: tempfile::TempDir,
    ) -> Self {
        let watch = Watch::default();
        let (speech, central) = match interface {
            Interface::Openlib | Interface::Kiosk => (Speech::Http, library.address()),
            Interface::Sip2 => (Speech::Sip2, library.sip2_address()),
        };
        let line = Line::start(speech, central, watch.clone()).await;
        let pad = Pad::start(watch.clone(), seed).await;
        pad.say(&format!("card {CARD}"));
        let place = Self {
            watch,
            pad,
            line,
            library,
            items: Vec::new(),
            seen: Vec::new(),
            page: String::new(),
            kiosk: None,
            looked_up_to: 0,
            dir,
        };
        place.write_config(interface, total_timeout);
        place
    }

    /// One more book, beside the pad.
    pub fn bring(&mut self, item: &str) {
        self.pad.say(&format!("book {item} owner=CN-371202-LW"));
        self.items.push(item.to_owned());
    }

    fn write_config(&self, interface: Interface, total_timeout: Duration) {
        let millis = total_timeout.as_millis();
        let (word, checkout) = match interface {
            Interface::Openlib => ("openlib", "refuse"),
            Interface::Kiosk => ("kiosk", "assume"),
            Interface::Sip2 => ("sip2", "refuse"),
        };
        let line = self.line.address();
        let mut text = format!(
            "[kiosk]\ndata_dir = {:?}\n[reader]\nport = {:?}\npoll_ms = 20\n\
             [central]\ninterface = {word:?}\nbase_url = \"http://{line}\"\ntotal_timeout_ms = {millis}\n\
             connect_timeout_ms = {}\nin_flight_seconds = 1\n[offline]\ncheckout = {checkout:?}\n",
            self.data_dir(),
            self.pad.endpoint(),
            millis.min(2000),
        );
        if interface == Interface::Sip2 {
            let account = self.library.account();
            let password = self.dir.path().join("sip2.password");
            std::fs::write(&password, &account.password).expect("the password is written");
            text.push_str(&format!(
                "[sip2]\nhost = \"{}\"\nport = {}\nuser = {:?}\npassword_file = {password:?}\ninstitution = {:?}\n\
                 checksum = \"strict\"\nempty_dates = {:?}\nanswer_timeout_ms = {}\n",
                line.ip(),
                line.port(),
                account.user,
                account.institution,
                if account.wants_dates { "now" } else { "blank" },
                millis.min(3000),
            ));
        }
        std::fs::write(self.config(), text).expect("the configuration is written");
    }

    /// The kiosk's configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("kiosk.toml")
    }

    /// The kiosk's data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Starts the kiosk.
    pub fn start(&mut self, program: Program) {
        self.start_on(program, Disk::Usual);
    }

    /// Starts the kiosk with its data folder on a disk of its own.
    pub fn start_on(&mut self, program: Program, disk: Disk) {
        let (name, arguments): (&str, &[&str]) = match program {
            Program::Kiosk => ("kiosk", &["run", "--headless", "--config"]),
            Program::Watched => ("watched-kiosk", &["show"]),
            Program::HeldAtDone => ("watched-kiosk", &["hold"]),
        };
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir.path().join("kiosk.log"))
            .expect("the log is made");
        let mut process = disk
            .command(&beside(name), &self.data_dir())
            .args(arguments)
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let stdout = process.stdout.take().expect("it has an output");
        let (told, screens) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        self.seen.clear();
        self.page.clear();
        self.kiosk = Some(Life { process, screens });
    }

    /// Pulls the plug: SIGKILL. Everything that was on the screen by then is in `seen`.
    pub async fn kill(&mut self) {
        let Some(mut life) = self.kiosk.take() else { return };
        life.process.kill().await.expect("it is killed");
        while let Some(line) = life.screens.recv().await {
            self.saw(&line);
        }
    }

    /// A path inside the kiosk's data folder, as the running kiosk sees it: its disk may be its own.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn on_its_disk(&self, name: &str) -> PathBuf {
        let pid = self.pid();
        let data = self.data_dir();
        let inside = data.strip_prefix("/").expect("the folder is absolute");
        PathBuf::from(format!("/proc/{pid}/root")).join(inside).join(name)
    }

    /// The process of the kiosk that runs.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.kiosk.as_ref().and_then(|life| life.process.id()).expect("it runs")
    }

    /// Waits for the kiosk to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let life = self.kiosk.as_mut().expect("it was started");
        let ended = tokio::time::timeout(PATIENCE, life.process.wait()).await;
        ended.expect("it ends").expect("it is waited for")
    }

    /// What the kiosk has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("kiosk.log")).unwrap_or_default()
    }

    /// Waits until the kiosk knows enough to lend without central.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn until_mirrored(&self) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while !self.log().contains("the mirror is up to date") {
            beat.tick().await;
            assert!(tokio::time::Instant::now() < end, "no mirror\n{}", self.log());
        }
    }

    /// Waits for a screen of this life; one that was there already counts.
    pub async fn until(&mut self, what: &str, is: impl Fn(&Seen) -> bool) {
        if self.seen.iter().any(&is) {
            return;
        }
        self.until_next(what, is).await;
    }

    /// Waits for a screen that comes from now on.
    ///
    /// # Panics
    /// If it does not come.
    pub async fn until_next(&mut self, what: &str, is: impl Fn(&Seen) -> bool) {
        let end = tokio::time::sleep(PATIENCE);
        tokio::pin!(end);
        loop {
            let life = self.kiosk.as_mut().expect("it runs");
            let line = tokio::select! {
                line = life.screens.recv() => line,
                () = &mut end => None,
            };
            let Some(line) = line else {
                panic!("{what} did not come; seen: {:?}\n{}", self.seen.last(), self.log());
            };
            if self.saw(&line).is_some_and(&is) {
                return;
            }
        }
    }

    /// Takes in the screens that came meanwhile, without waiting.
    pub fn look(&mut self) {
        while let Some(line) = self.kiosk.as_mut().and_then(|life| life.screens.try_recv().ok()) {
            self.saw(&line);
        }
    }

    fn saw(&mut self, line: &str) -> Option<&Seen> {
        let seen = Seen::parse(line)?;
        self.page.clone_from(&seen.page);
        self.seen.push(seen);
        self.seen.last()
    }

    /// Asks the running kiosk as `kioskctl queue` does. Nothing while it cannot be reached.
    pub async fn ask(&self, request: &Request) -> Option<Answer> {
        let mut stream = UnixStream::connect(self.on_its_disk("control.sock")).await.ok()?;
        let mut text = serde_json::to_vec(request).expect("a request is JSON");
        text.push(b'\n');
        stream.write_all(&text).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        serde_json::from_str(&line).ok()
    }

    /// Every row that was not looked at yet, asked of the running kiosk.
    pub async fn rows(&self) -> Option<Vec<Entry>> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let after = all.last().map_or(self.looked_up_to, |row| row.seq);
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

    /// Waits, in fair weather and with the kiosk running, until no row waits for anybody but staff; gives the facts.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn at_rest(&self) -> Facts {
        self.line.set(Weather::Fair);
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        loop {
            beat.tick().await;
            let rows = self.rows().await;
            assert!(
                tokio::time::Instant::now() < end,
                "no rest: {:?}\n{}",
                rows.map(|rows| rows.into_iter().filter(|row| !row.closed).collect::<Vec<_>>()),
                self.log()
            );
            let Some(rows) = rows else { continue };
            let facts = self.facts(rows).await;
            if facts.are_at_rest() {
                return facts;
            }
        }
    }

    /// These rows were looked at, and are closed.
    pub fn forget(&mut self, facts: &Facts) {
        self.looked_up_to = facts.rows.last().map_or(self.looked_up_to, |row| row.seq);
    }

    async fn facts(&self, rows: Vec<Entry>) -> Facts {
        let gates = self.items.iter().map(|item| (item.clone(), self.pad.gate(item))).collect();
        Facts { rows, loans: self.library.loans(&self.items).await, gates }
    }

    /// Staff looks at every parked row: takes the item back at the desk, secures its tag, and settles the row.
    /// Answers how many there were.
    pub async fn let_staff_look(&self, facts: &Facts) -> u64 {
        let mut n = 0;
        for row in facts.rows.iter().filter(|row| row.state == PARKED && !row.closed) {
            if facts.is_lent(&row.item) {
                self.library.at_desk(&row.item, false).await;
            }
            self.pad.say(&format!("secure {}", row.item));
            let settle = Request::Settle { id: row.id.clone(), note: "back on the shelf".to_owned() };
            match self.ask(&settle).await {
                Some(Answer::Row { .. }) => n += 1,
                // The kiosk has settled the tag's matter itself meanwhile.
                Some(Answer::Refused { why }) if why.contains("closed already") => {}
                answer => panic!("{answer:?}"),
            }
        }
        n
    }
}

/// What the kiosk's data folder lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// the machine's
    Usual,
    /// a small one in memory, for this process alone
    Small,
    /// the machine's, which this process may only read
    ReadOnly,
}

impl Disk {
    /// Whether this machine lets an account have disks of its own (Linux user namespaces).
    #[must_use]
    pub fn can_be_had() -> bool {
        let tried = std::process::Command::new("unshare").args(["-rm", "true"]).status();
        tried.is_ok_and(|status| status.success())
    }

    fn command(self, program: &Path, folder: &Path) -> Command {
        let mount = match self {
            Self::Usual => return Command::new(program),
            Self::Small => "mount -t tmpfs -o size=512k none \"$0\"",
            Self::ReadOnly => "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\"",
        };
        std::fs::create_dir_all(folder).expect("the folder is made");
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c"]).arg(format!("{mount} && exec \"$@\"")).arg(folder).arg(program);
        command
    }
}

/// A program that was built together with this one.
///
/// # Panics
/// If it was not.
#[must_use]
pub fn beside(program: &str) -> PathBuf {
    let here = std::env::current_exe().expect("this program has a path");
    let mut found = here.ancestors().skip(1).take(2).map(|dir| dir.join(program));
    found.find(|path| path.is_file()).expect("build the programs first: cargo build --workspace --bins")
}

/// Books of the demo library that its card may borrow, all at once.
const LENDABLE: &[&str] =
    &["LW0000001", "LW0000002", "LW0000003", "LW0000004", "LW0000006", "LW0000007", "LW0000008", "LW0000009"];
