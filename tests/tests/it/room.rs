//! The room with all that is real: Modbus on terminals and TCP, a scanner's line, central over a socket, `kiosk` beside it. Only
//! door and people are a model.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use config::{Config, Interface, Signal};
use kiosk::Running;
use slot::room::model::Act;
use slot_world::room::{RoomWorld, RunningRoom};
use supervision::board::Board;
use supervision::control::{Answer, Request};
use supervision::part::{Condition, Part, State};
use tests::library::Library;
use tests::line::{Line, Speech, Weather};
use tests::night::Night;
use tests::pad::Pad;
use tests::scene::{PATIENCE, hasty};
use tests::watch::Watch;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// A room in its library.
struct Street {
    world: RunningRoom,
    /// the reader at the door
    pad: Pad,
    line: Line,
    library: Library,
    config: Config,
    running: Option<Running>,
    dir: tempfile::TempDir,
}

impl Street {
    /// With modules on a terminal, or on a TCP port; the kiosk is started.
    async fn open(interface: &str, over_tcp: bool) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let library = Library::start(dir.path()).await;
        let line = Line::start(Speech::Http, library.address(), Watch::default()).await;
        let pad = Pad::start(Watch::default(), 5).await;
        let path = |name: &str| dir.path().join(name);
        let module = if over_tcp {
            let port =
                TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a port").port();
            format!("port = \"tcp://127.0.0.1:{port}\"\nprotocol = \"modbus-tcp\"\n")
        } else {
            format!("port = {:?}\nparity = \"none\"\n", path("io"))
        };
        let mut text = format!(
            "[kiosk]\ndata_dir = {:?}\n[reader]\nport = {:?}\n\
             [central]\ninterface = {interface:?}\nbase_url = \"http://{}\"\ntotal_timeout_ms = 1000\n\
             connect_timeout_ms = 500\nin_flight_seconds = 1\n\
             [room]\nenabled = true\nscanner_port = {:?}\nreader_port = {:?}\ntakes_numbers = true\nunlock_seconds = 2\nheld_seconds = 5\n\
             central_timeout_ms = 1000\n[[module]]\nname = \"room\"\nanswer_timeout_ms = 500\n{module}",
            path("data"),
            path("no-reader"),
            line.address(),
            path("scanner"),
            pad.endpoint(),
        );
        text += &contacts("");
        let config = Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"));
        std::fs::create_dir(&config.kiosk.data_dir).expect("a folder");
        let world = RunningRoom::start(&config).expect("the ports are made");
        let mut street = Self { world, pad, line, library, config, running: None, dir };
        street.start().await;
        street
    }

    async fn start(&mut self) {
        let running = kiosk::start(&self.config, hasty(), Box::new(|_| {})).await;
        self.running = Some(running.expect("the kiosk starts"));
        self.until_part("it works", |known| known.state == State::Up).await;
    }

    async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("it stops well");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn until(&self, what: &str, holds: impl Fn(&RoomWorld) -> bool) {
        let found = tokio::time::timeout(PATIENCE, self.world.until(holds)).await;
        found.unwrap_or_else(|_| panic!("{what} did not come: {:?}", self.world.room()));
    }

    async fn board(&self) -> Option<Board> {
        let mut stream = UnixStream::connect(self.path("data/control.sock")).await.ok()?;
        let mut text = serde_json::to_vec(&Request::Board).expect("a request is JSON");
        text.push(b'\n');
        stream.write_all(&text).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        let Answer::Board { board } = serde_json::from_str(&line).ok()? else { return None };
        Some(*board)
    }

    async fn until_part(&self, what: &str, is: impl Fn(&Condition) -> bool) -> Condition {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        let mut last = None;
        loop {
            beat.tick().await;
            let parts = self.board().await.map(|board| board.parts).unwrap_or_default();
            if let Some(known) = parts.into_iter().find(|known| known.part == Part::Room) {
                if is(&known) {
                    return known;
                }
                last = Some(known);
            }
            assert!(tokio::time::Instant::now() < end, "{what} did not come: {last:?}");
        }
    }

    /// Somebody holds up a code and comes in, and another goes out.
    async fn comes_in(&self, code: &str) {
        let before = self.world.room().door.inside;
        self.world.scan(code).await;
        self.until("it is unlocked", |room| room.is_lit(Signal::UnlockDoor)).await;
        self.world.room().door.act(Act::Enter { n: 1, holds: 2 });
        self.until("one is inside", |room| room.door.inside == before + 1 && room.door.is_quiet()).await;
        let told = format!("{} inside", before + 1);
        self.until_part("it is counted", |known| known.why == told).await;
        self.until("it is locked", |room| !room.is_lit(Signal::UnlockDoor)).await;
        self.until("the lamps are out", |room| !room.is_lit(Signal::LampWelcome)).await;
    }

    /// Somebody holds up a code, and is not let in.
    async fn is_refused(&self, code: &str) {
        let before = self.world.room().n_unlocked;
        self.world.scan(code).await;
        let is_no = |room: &RoomWorld| room.is_lit(Signal::LampRefused) && room.is_lit(Signal::Beeper);
        self.until("a no", is_no).await;
        self.until("the lamps are out", |room| !room.is_lit(Signal::LampRefused)).await;
        assert_eq!(self.world.room().n_unlocked, before, "{code}");
    }

    async fn goes_out(&self) {
        let before = self.world.room().door.inside;
        self.world.room().door.act(Act::Exit);
        self.until("one is out", |room| room.door.inside + 1 == before && room.door.is_quiet()).await;
    }
}

/// How the door is wired, to a module of this name; to the only one without.
fn contacts(module: &str) -> String {
    let module = if module.is_empty() { String::new() } else { format!("module = {module:?}\n") };
    let wires = [
        ("door-open", 0, true),
        ("exit-button", 1, false),
        ("fire-alarm", 2, true),
        ("passage-outer", 3, false),
        ("passage-inner", 4, false),
        ("gate-alarm", 5, false),
        ("unlock-door", 0, false),
        ("lamp-welcome", 1, false),
        ("lamp-refused", 2, false),
        ("beeper", 3, false),
    ];
    let wires = wires.map(|(signal, address, inverted)| {
        format!("[[contact]]\nsignal = {signal:?}\n{module}address = {address}\ninverted = {inverted}\n")
    });
    wires.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_opens_and_one_that_is_none_does_not_and_a_stop_leaves_every_relay_safe() {
    let mut street = Street::open("kiosk", false).await;
    street.comes_in("LW20260001").await;
    street.is_refused("LW20269999").await;
    street.is_refused("https://example.org/").await;
    // The code on a phone, once central has told its key.
    let key = street.path("data/card-key");
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    while !key.exists() {
        beat.tick().await;
        assert!(tokio::time::Instant::now() < end, "central tells its key");
    }
    let code = street.library.code("LW20260002");
    street.comes_in(&code).await;
    // Signed, but for another card.
    let forged = code.replacen("LW20260002", "LW20260003", 1);
    street.is_refused(&forged).await;
    street.goes_out().await;
    street.goes_out().await;
    street.until_part("nobody is inside", |known| known.why == "0 inside").await;
    street.world.scan("LW20260001").await;
    street.until("it is unlocked", |room| room.is_lit(Signal::UnlockDoor)).await;
    street.stop().await;
    let room = street.world.room();
    assert!(room.modules[0].coils.iter().all(|coil| !coil), "{:?}", room.modules[0].coils);
}

/// Without central those come in of whom it said so before, also after a restart; nobody else, and everybody out.
#[tokio::test(flavor = "multi_thread")]
async fn without_central_the_cards_that_it_let_in_before_open() {
    let mut street = Street::open("openlib", true).await;
    street.comes_in("LW20260001").await;
    // A room that begins counts from nobody.
    street.goes_out().await;
    street.line.set(Weather::Down);
    street.stop().await;
    street.start().await;
    street.comes_in("LW20260001").await;
    street.is_refused("LW20260002").await;
    street.goes_out().await;
    let kept = std::fs::read_to_string(street.path("data/room-cards")).expect("a list");
    assert!(!kept.contains("LW2026") && kept.lines().count() == 2, "{kept}");
    street.line.set(Weather::Fair);
    street.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_door_a_held_door_and_a_silent_module_are_told_and_the_exit_opens_all_the_same() {
    let mut street = Street::open("kiosk", true).await;
    street.comes_in("LW20260001").await;
    street.world.room().door.act(Act::Force);
    let forced = "the door was opened without a card and without the exit button";
    street.until_part("forced", |known| known.state == State::Degraded && known.why == forced).await;
    street.until("it falls shut", |room| room.door.is_quiet()).await;

    street.world.room().door.contacts.door_is_open = true;
    let held = |known: &Condition| known.why.contains("the door stands open too long");
    street.until_part("held open", held).await;
    street.until("it beeps", |room| room.is_lit(Signal::Beeper)).await;
    street.world.room().door.contacts.door_is_open = false;
    street.until_part("shut", |known| !held(known)).await;

    street.world.room().door.contacts.gate = true;
    let gate = "the gate alarms; every loan made here in the last ten minutes was verified";
    street.until_part("the gate", |known| known.why.contains(gate)).await;
    street.world.room().door.contacts.gate = false;

    street.world.room().modules[0].is_mute = true;
    let known = street.until_part("nothing is known", |known| known.state == State::Down).await;
    assert!(known.why.starts_with("room: the module does not answer"), "{}", known.why);
    street.goes_out().await;
    let n_unlocked = street.world.room().n_unlocked;
    street.world.scan("LW20260001").await;
    street.world.room().modules[0].is_mute = false;
    street.until_part("it is back", |known| known.state != State::Down).await;
    assert_eq!(street.world.room().n_unlocked, n_unlocked, "who came meanwhile was not let in");
    street.stop().await;
}

/// At the reader of the door: a card with a tag lets in, one that is unknown does not, and a book is no wish to come in.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_with_a_tag_opens_and_a_book_that_is_carried_past_does_not() {
    let mut street = Street::open("kiosk", true).await;
    street.pad.say("book LW0000001 owner=CN-371202-LW");
    street.pad.say("card LW20260001");
    street.pad.say("put LW0000001");
    street.pad.looked_at().await;
    street.pad.say("put LW20260001");
    street.until("it is unlocked", |room| room.is_lit(Signal::UnlockDoor)).await;
    assert_eq!(street.world.room().n_unlocked, 1, "the book opened nothing");
    street.world.room().door.act(Act::Enter { n: 1, holds: 2 });
    street.until_part("it is counted", |known| known.why == "1 inside").await;
    street.until("it is locked", |room| !room.is_lit(Signal::UnlockDoor) && room.door.is_quiet()).await;
    street.until("the lamps are out", |room| !room.is_lit(Signal::LampWelcome)).await;
    street.pad.looked_at().await;
    assert_eq!(street.world.room().n_unlocked, 1, "a card that stays there is shown once");
    street.pad.say("take all");
    street.pad.say("card LW20269999");
    street.pad.say("put LW20269999");
    let is_no = |room: &RoomWorld| room.is_lit(Signal::LampRefused) && room.is_lit(Signal::Beeper);
    street.until("a no", is_no).await;
    street.until("the lamps are out", |room| !room.is_lit(Signal::LampRefused)).await;
    // The reader falls silent, which is told, and is heard again.
    street.pad.say("mute on");
    let deaf = |known: &Condition| known.state == State::Degraded && known.why.contains("reader: ");
    street.until_part("cards are not read", deaf).await;
    street.pad.say("mute off");
    street.until_part("cards are read", |known| known.state == State::Up).await;
    street.pad.say("take all");
    street.pad.looked_at().await;
    street.pad.say("put LW20260001");
    street.until("it is unlocked", |room| room.n_unlocked == 2).await;
    street.stop().await;
}

/// One program drives the slot outside and the room behind it, each through modules of its own: a book comes back while
/// somebody comes in, and what goes wrong with the one leaves the other alone.
#[tokio::test]
async fn a_slot_and_a_room_in_one_program_leave_each_other_alone() {
    let pad = Pad::start(Watch::default(), 6).await;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a port").port();
    let room = format!(
        "[room]\nenabled = true\nreader_port = {:?}\nunlock_seconds = 2\n\
         [[module]]\nname = \"room\"\nport = \"tcp://127.0.0.1:{port}\"\nprotocol = \"modbus-tcp\"\n\
         answer_timeout_ms = 500\n{}",
        pad.endpoint(),
        contacts("room"),
    );
    let mut night = Night::with(Interface::Kiosk, 12, Duration::ZERO, &room).await;
    let text = std::fs::read_to_string(night.path("kiosk.toml")).expect("it is read");
    let config = Config::parse(&text, "kiosk.toml").expect("it is sound");
    let street = RunningRoom::start(&config).expect("the ports are made");
    let until = async |what: &str, holds: &dyn Fn(&RoomWorld) -> bool| {
        let found = tokio::time::timeout(PATIENCE, street.until(holds)).await;
        found.unwrap_or_else(|_| panic!("{what} did not come: {:?}", street.room()));
    };
    let is = |board: &Board, part: Part, state: State| {
        board.parts.iter().any(|known| known.part == part && known.state == state)
    };
    for item in ["LW0000001", "LW0000002"] {
        night.library.at_desk(item, true).await;
        night.bring(item);
    }
    night.start();
    night.until_ready().await;
    night.until_board(|board| is(board, Part::Room, State::Up)).await;

    night.say("push LW0000001");
    pad.say("card LW20260001");
    pad.say("put LW20260001");
    until("it is unlocked", &|room| room.is_lit(Signal::UnlockDoor)).await;
    street.room().door.act(Act::Enter { n: 1, holds: 2 });
    night.until_in_a_bin("LW0000001").await;
    until("one is inside", &|room| room.door.inside == 1 && room.door.is_quiet()).await;

    // The room's module is silent: the slot takes the next book all the same.
    street.room().modules[0].is_mute = true;
    let board = night.until_board(|board| is(board, Part::Room, State::Down)).await;
    assert!(is(&board, Part::Io, State::Up), "{board:?}");
    night.say("push LW0000002");
    night.until_in_a_bin("LW0000002").await;
    street.room().modules[0].is_mute = false;
    night.until_board(|board| is(board, Part::Room, State::Up)).await;
    let rows = night.at_rest().await;
    assert_eq!(rows.iter().map(|row| row.state.as_str()).collect::<Vec<_>>(), ["settled", "settled"]);
    assert!(night.stop().await.success());
    assert!(street.room().modules[0].coils.iter().all(|coil| !coil), "{:?}", street.room().modules[0].coils);
}
