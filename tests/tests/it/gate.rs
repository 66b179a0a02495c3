//! Security gates: an adapter on a TCP port says what happens, and staff is told what the ledger knows of each item.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use circulation::screen::Progress;
use config::{Config, Interface};
use std::time::Duration;
use supervision::part::{Condition, Part, State};
use sync_client::queue::{Answer, Request, StepEntry};
use tests::night::Night;
use tests::scene::{Gate, PATIENCE, Scene, lines};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::drills::until_part;

/// The port of an adapter, before anybody has connected.
struct Adapter(TcpListener);

impl Adapter {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    fn text(&self) -> String {
        format!("[gate]\naddress = \"tcp://{}\"\n", self.0.local_addr().expect("an address"))
    }

    /// The next connection.
    async fn connected(&self) -> TcpStream {
        let next = tokio::time::timeout(PATIENCE, self.0.accept()).await;
        next.expect("somebody connects").expect("it is taken").0
    }

    /// The next connection, greeted as an adapter does.
    async fn greeted(&self) -> TcpStream {
        let mut line = self.connected().await;
        say(&mut line, "yueting-gate 1\n").await;
        line
    }
}

async fn say(line: &mut TcpStream, text: &str) {
    line.write_all(text.as_bytes()).await.expect("it is heard");
}

/// A scene with an adapter that was greeted.
async fn scene(adapter: &Adapter) -> (Scene, TcpStream) {
    let mut scene = Scene::closed().await;
    let config = scene.world.config_mut();
    config.gate = Config::parse(&adapter.text(), "kiosk.toml").expect("it is sound").gate;
    // However slow this machine is, a book that was taken too early comes back in time.
    config.visit.put_back = PATIENCE;
    scene.start_kiosk().await.expect("the kiosk starts");
    let line = adapter.greeted().await;
    scene.until_welcome().await;
    until_part(&mut scene, Part::Gate, "heard", |known| known.state == State::Up).await;
    (scene, line)
}

async fn until_told(scene: &mut Scene, what: &str) -> Condition {
    let is = |known: &Condition| known.state == State::Degraded && known.why.contains(what);
    until_part(scene, Part::Gate, what, is).await
}

async fn queue(scene: &Scene, request: &Request) -> Answer {
    let path = scene.world.config().kiosk.data_dir.join("control.sock");
    let mut stream = UnixStream::connect(path).await.expect("it listens");
    let mut text = serde_json::to_vec(request).expect("a request is JSON");
    text.push(b'\n');
    stream.write_all(&text).await.expect("it is asked");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("it answers");
    serde_json::from_str(&line).expect("an answer")
}

/// The steps of the first row.
async fn steps(scene: &Scene) -> Vec<StepEntry> {
    let Answer::Rows { rows, .. } = queue(scene, &Request::Export { after: 0, patron: false }).await else {
        panic!("rows")
    };
    let id = rows.first().expect("a row").id.clone();
    let Answer::Row { steps, .. } = queue(scene, &Request::Show { id, patron: false }).await else {
        panic!("a row")
    };
    steps
}

/// A book is taken off between its two bits and carried through the gate: its row says so while the loan is still open, and the
/// loan goes on when it is put back. After that the gate's alarm is a false one.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_bit_is_written_into_its_row_and_told_and_a_verified_loan_is_a_false_alarm() {
    let adapter = Adapter::new().await;
    let (mut scene, mut line) = scene(&adapter).await;
    scene.reader("on eas LW0000001 take").await;
    scene.reader("put LW20260001 LW0000001").await;
    scene
        .until("a call to put it back", |screen| {
            lines(screen).is_some_and(|lines| lines.iter().any(|line| line.progress == Progress::PutBack))
        })
        .await;
    say(&mut line, "alarm main out item=LW0000001 afi=C2 eas=on\n").await;
    let known = until_told(&mut scene, "late bit").await;
    assert_eq!(
        known.why,
        "gate main: an item goes out (AFI C2, EAS on): late bit: it is lent here, and nobody has read its tag back; \
         open the tag"
    );
    let seen = |steps: &[StepEntry]| -> Vec<Option<String>> {
        steps.iter().filter(|step| step.step == "seen").map(|step| step.detail.clone()).collect()
    };
    let expected = Some("gate main alarmed: it goes out (AFI C2, EAS on)".to_owned());
    assert_eq!(
        seen(&steps(&scene).await),
        std::slice::from_ref(&expected),
        "it is on the disk when staff is told"
    );
    // It lies in the gate's field: nothing new.
    say(&mut line, "alarm main out item=LW0000001 afi=C2 eas=on\n").await;
    scene.reader("put LW0000001").await;
    scene.until_lines(1, 0).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured());
    say(&mut line, "alarm main out item=LW0000001\n").await;
    until_told(&mut scene, "false alarm: it is lent here, and its tag was read back").await;
    let steps = steps(&scene).await;
    assert_eq!(seen(&steps), [expected], "once, and the false alarm is no word about the row: {steps:?}");
    assert_eq!(scene.loans().await, ["LW0000001"]);
    say(&mut line, "alarm side out item=LW0000002 uid=E004010000000002 afi=07\n").await;
    until_told(&mut scene, "gate side: an item goes out (AFI 07): it was not lent here today").await;
    scene.stop_kiosk().await;
}

/// Whatever comes over the line, gates are heard again: noise, a line without an end, another program, a cut.
#[tokio::test(flavor = "multi_thread")]
async fn noise_and_cuts_are_told_and_the_gates_are_heard_again() {
    let adapter = Adapter::new().await;
    let (mut scene, mut line) = scene(&adapter).await;
    line.write_all(&[0xFF, 0, b'\n', 7, b'\n']).await.expect("it is heard");
    say(&mut line, &"x".repeat(300_000)).await;
    say(&mut line, "\nfault main antenna 2\n").await;
    until_told(&mut scene, "gate main: antenna 2").await;
    say(&mut line, "well main\nalarm main ?\n").await;
    until_told(
        &mut scene,
        "gate main: the gate alarms; every loan made here in the last ten minutes was verified",
    )
    .await;
    drop(line);
    let is_down = |known: &Condition| known.state == State::Down;
    let known = until_part(&mut scene, Part::Gate, "a cut", is_down).await;
    assert!(known.why.contains("it was unplugged, or has hung up"), "{}", known.why);
    let mut other = adapter.connected().await;
    say(&mut other, "HTTP/1.1 400 Bad Request\r\n\r\nalarm third out item=LW0000003\n").await;
    let foreign = |known: &Condition| known.why.contains("no gate's adapter of this version");
    let known = until_part(&mut scene, Part::Gate, "another program", foreign).await;
    assert!(!known.why.contains("third"), "it is believed nothing: {}", known.why);
    drop(other);
    let mut line = adapter.greeted().await;
    say(&mut line, "alarm third out item=LW0000003\n").await;
    until_told(&mut scene, "gate third: an item goes out: it was not lent here today").await;
    // Half a line is forgotten with its connection.
    say(&mut line, "alarm fourth out item=LW00").await;
    drop(line);
    let mut line = adapter.greeted().await;
    say(&mut line, "00004\nalarm fifth out item=LW0000005\n").await;
    let known = until_told(&mut scene, "gate fifth: an item goes out").await;
    assert!(!known.why.contains("fourth") && !known.why.contains("LW0000"), "{}", known.why);
    scene.stop_kiosk().await;
}

/// A slot with gates and without a room: what it has just taken back is not lent.
#[tokio::test]
async fn a_slot_hears_its_gates_without_a_room() {
    let adapter = Adapter::new().await;
    let mut night = Night::with(Interface::Kiosk, 11, Duration::ZERO, &adapter.text()).await;
    let item = "LW0000001";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    let mut line = adapter.greeted().await;
    night.until_ready().await;
    night.say(&format!("push {item}"));
    night.until_in_a_bin(item).await;
    night.at_rest().await;
    say(&mut line, &format!("pass door in 3\nalarm door in item={item}\n")).await;
    let told = "gate door: an item comes in: it was returned here: it is not lent";
    night
        .until_board(|board| board.parts.iter().any(|known| known.part == Part::Gate && known.why == told))
        .await;
    assert!(night.stop().await.success());
}
