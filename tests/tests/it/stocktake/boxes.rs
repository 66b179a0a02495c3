//! Boxes of books for a transfer sheet, in the room of the stocktake.

use tests::place::beside;
use tests::scene::Scene;
use tokio::process::Command;

use super::Room;

/// A box of books for a transfer sheet: read at once, counted against what is declared.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_read_at_once_and_counted() {
    let mut room = Room::new().await;
    room.say("put LW0000001 LW0000002 LW0000003 LW0000006").await;
    let list = async |expect: &str| {
        let mut command = Command::new(beside("kioskctl"));
        command
            .args(["reader", "list", "--expect", expect, "--protocol", "r2000", "--port"])
            .arg(room.reader.port());
        let output = command.output().await.expect("it is run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let all = "LW0000001\nLW0000002\nLW0000003\nLW0000006\n";
    assert_eq!(list("4").await, (Some(0), all.to_owned(), String::new()));
    let short = "kioskctl: 数目不符 declared 5, read 4\n";
    assert_eq!(list("5").await, (Some(1), all.to_owned(), short.to_owned()));
}

/// Boxes packed at one branch and received at the other, while the line to central breaks.
#[tokio::test(flavor = "multi_thread")]
async fn boxes_go_onto_a_sheet_and_arrive_and_a_broken_line_doubles_nothing() {
    let mut room = Room::new().await;
    let scene = Scene::closed().await;
    let config = room.file("kiosk.toml");
    let central = scene.world.config().central.clone();
    let text = |address: &str| format!("[central]\nbase_url = {address:?}\n");
    std::fs::write(&config, text(&central.base_url)).expect("it is written");
    let (state, port) = (room.file("state"), room.reader.port().to_owned());
    let kioskctl = async |words: &[&str], reads: bool| {
        let mut command = Command::new(beside("kioskctl"));
        command.arg("transfer").args(words).arg("--state").arg(&state);
        if reads {
            command.args(["--protocol", "r2000", "--port"]).arg(&port).arg("--library").arg(&config);
        } else {
            command.arg("--config").arg(&config);
        }
        let output = command.output().await.expect("it is run");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let says = |told: (Option<i32>, String), code: i32, text: &str| {
        assert!(told.0 == Some(code) && told.1.contains(text), "{told:?}: not {code}, {text}");
    };
    says(kioskctl(&["ship", "DB-1"], false).await, 1, "there is no such sheet");
    says(kioskctl(&["new", "DB-1", "--from", "LW01", "--to", "LW03"], false).await, 0, "made, LW01 → LW03");
    room.say("put LW0000001 LW0000002 LW0000003").await;
    let one = ["box", "DB-1", "--label", "1", "--expect"];
    says(
        kioskctl(&[&one[..], &["4"]].concat(), true).await,
        1,
        "declared 4, read 3\nNothing was put on the sheet",
    );
    // Central is not there: the box is kept, and told before what comes next.
    std::fs::write(&config, text("http://127.0.0.1:9")).expect("it is written");
    says(kioskctl(&[&one[..], &["3"]].concat(), true).await, 2, "1 acts are kept in");
    std::fs::write(&config, text(&central.base_url)).expect("it is written");
    says(kioskctl(&["show", "DB-1"], false).await, 0, "3 / 3 册列入");
    says(kioskctl(&["ship", "DB-1"], false).await, 0, "has set out");
    room.say("take LW0000002").await;
    says(kioskctl(&["receive", "DB-1", "--expect", "2"], true).await, 0, "2 / 2 册接收");
    says(kioskctl(&["undo", "DB-1"], false).await, 1, "something of it has arrived");
    says(kioskctl(&["close", "DB-1"], false).await, 0, "LW0000002  缺失 missing");
}
