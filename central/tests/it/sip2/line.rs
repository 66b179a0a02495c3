//! Lines written by hand: what is malformed, repeated, too long, too slow, or not allowed.

use std::time::Duration;

use sync_client::sip2::dialect::{Checksum, Dialect};
use sync_client::sip2::frame::checksum;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Acs, library, patron};

/// A connection without any manners.
pub(super) struct Line(TcpStream);

impl Line {
    async fn open(acs: &Acs) -> Self {
        Self(TcpStream::connect(acs.address).await.unwrap())
    }

    /// Logged in.
    pub(super) async fn enter(acs: &Acs) -> Self {
        let mut line = Self::open(acs).await;
        assert_eq!(line.ask("9300CNyueting-demo|COyueting-demo-secret|CPkiosk-1|").await, "941");
        line
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn read(&mut self) -> String {
        let mut frame = Vec::new();
        loop {
            match self.0.read_u8().await.unwrap() {
                b'\r' => return String::from_utf8(frame).unwrap(),
                byte => frame.push(byte),
            }
        }
    }

    pub(super) async fn ask(&mut self, frame: &str) -> String {
        self.write(format!("{frame}\r").as_bytes()).await;
        self.read().await
    }

    /// Central ends the connection, and says nothing more.
    async fn ends(mut self) -> bool {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest).await {
            Ok(_) => rest.is_empty(),
            Err(fault) => fault.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

/// The frame with its number and checksum.
fn checked(frame: &str, sequence: u8) -> String {
    let head = format!("{frame}AY{sequence}AZ");
    format!("{head}{:04X}", checksum(head.as_bytes()))
}

const LEND: &str = "11NN20261123    093000                  AOx|AALW20260004|ABLW0000001|AC|";
const BACK: &str = "09N20261123    09300020261123    093000APx|AOx|ABLW0000001|AC|";

async fn n_loans(acs: &Acs) -> usize {
    let app = acs.world.app.clone();
    let loans = tokio::task::spawn_blocking(move || app.store().loans(&library(), &patron("LW20260004")));
    loans.await.unwrap().unwrap().len()
}

#[tokio::test]
async fn without_a_log_in_only_the_status_is_told() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::open(&acs).await;
    assert!(line.ask("9900402.00").await.starts_with("98YYYYYY050003"));
    line.write(format!("{LEND}\r").as_bytes()).await;
    assert!(line.ends().await);
    assert_eq!(n_loans(&acs).await, 0);

    let mut line = Line::enter(&acs).await;
    // A log-in that is refused ends the one before.
    assert_eq!(line.ask("9300CNyueting-demo|COno|").await, "940");
    line.write(b"1720261123    093000AOx|ABLW0000001|\r").await;
    assert!(line.ends().await);

    let mut line = Line::open(&acs).await;
    for guess in ["9300CNnobody|COx|", "9311CNyueting-demo|COyueting-demo-secret|", "9300CN|CO|"] {
        assert_eq!(line.ask(guess).await, "940", "{guess}");
    }
    line.write(b"9300CNyueting-demo|COguess|\r").await;
    assert!(line.ends().await, "no guessing");
}

#[tokio::test]
async fn what_is_not_understood_is_asked_for_again_but_not_for_ever() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    for nonsense in [
        &b"GET / HTTP/1.1"[..],
        b"\xff\xfe\x00",
        b"1",
        b"11",
        b"11NNsoon",
        b"12",
        b"96",
        b"81YN20261123    093000",
        b"7",
        b"9X",
    ] {
        let mut line = Line::enter(&acs).await;
        line.write(&[nonsense, b"\r"].concat()).await;
        let answer = line.read().await;
        let is_refused = answer.starts_with("96") || answer.starts_with("120");
        assert!(is_refused, "{answer} to {}", String::from_utf8_lossy(nonsense));
        // It goes on.
        assert!(line.ask("9900402.00").await.starts_with("98"));
    }
    let mut line = Line::enter(&acs).await;
    for _ in 0..4 {
        assert!(line.ask("??").await.starts_with("96"));
    }
    line.write(b"??\r").await;
    assert!(line.ends().await);
    // Ids that are none, fields that are none.
    let mut line = Line::enter(&acs).await;
    for odd in [
        "11NN                                    AO\u{1F4D5}|AA馆|AB\u{7}|AC||||?|",
        "1720261123    093000AO|AB';DROP TABLE item;--|",
        "63019                            AA|BP-1|BQx|",
        "2300020261123    093000AA|AD|",
        "15+20261123    093000AALW20260004|AB|BSnowhere|",
        "29NN20261123    093000                  AALW20260004|AJ红楼梦|",
    ] {
        let answer = line.ask(odd).await;
        assert!(answer.get(..2).unwrap().parse::<u8>().is_ok_and(|n| n != 96 && n % 2 == 0), "{answer}");
    }
    assert_eq!(n_loans(&acs).await, 0);
}

#[tokio::test]
async fn a_frame_longer_than_any_ends_the_connection() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    line.write(&[b'1'; 70_000]).await;
    line.write(b"\r").await;
    assert!(line.ends().await);
}

#[tokio::test]
async fn a_wrong_checksum_does_nothing() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    let right = checked(LEND, 3);
    let wrong = right.replace("LW0000001", "LW0000002");
    assert!(line.ask(&wrong).await.starts_with("96AZ"));
    assert_eq!(n_loans(&acs).await, 0);
    let answer = line.ask(&right).await;
    assert!(answer.starts_with("121N") && answer.contains("AY3AZ"), "{answer}");
    let strict = |settings: &mut central::sip2::Sip2Settings| {
        settings.dialect = Dialect { checksum: Checksum::Strict, ..Dialect::standard() };
    };
    let Some(acs) = Acs::start(strict).await else { return };
    let mut line = Line::open(&acs).await;
    assert!(line.ask("9900402.00").await.starts_with("96"));
    assert!(line.ask(&checked("9900402.00", 0)).await.starts_with("98"));
}

#[tokio::test]
async fn a_repeated_frame_is_answered_from_memory() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    let first = line.ask(&checked(LEND, 5)).await;
    assert!(first.starts_with("121N"), "{first}");
    assert_eq!(line.ask(&checked(LEND, 5)).await, first, "not: on loan");
    assert_eq!(line.ask("97AZFEF5").await, first);
    assert!(line.ask(&checked(LEND, 6)).await.starts_with("120"), "another number is another request");
    assert_eq!(n_loans(&acs).await, 1);
    // Devices that write one number and date for ever: only what comes at once again is a repetition.
    assert!(line.ask(&checked(BACK, 5)).await.starts_with("101"));
    assert!(line.ask(&checked(LEND, 5)).await.starts_with("121"));
    assert_eq!(n_loans(&acs).await, 1);
    let mut line = Line::open(&acs).await;
    assert!(line.ask("97").await.starts_with("96"), "there was nothing to repeat");
}

#[tokio::test]
async fn frames_arrive_in_any_pieces() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    for byte in checked(LEND, 1).bytes() {
        line.write(&[byte]).await;
    }
    line.write(format!("\r\n\r\n{}\n{}\r", checked(BACK, 2), checked(LEND, 3)).as_bytes()).await;
    for start in ["121", "101", "121"] {
        assert!(line.read().await.starts_with(start));
    }
}

#[tokio::test]
async fn a_slow_peer_is_given_up() {
    let short = Duration::from_millis(50);
    let long = Duration::from_hours(1);
    let Some(acs) =
        Acs::start(|settings| (settings.login_timeout, settings.idle_timeout) = (short, long)).await
    else {
        return;
    };
    assert!(Line::open(&acs).await.ends().await, "it never logged in");
    let Some(acs) = Acs::start(|settings| settings.idle_timeout = short).await else { return };
    assert!(Line::enter(&acs).await.ends().await, "it fell silent");
    let Some(acs) =
        Acs::start(|settings| (settings.frame_timeout, settings.idle_timeout) = (short, long)).await
    else {
        return;
    };
    let mut line = Line::enter(&acs).await;
    line.write(b"17").await;
    assert!(line.ends().await, "it did not end its message");
    let mut line = Line::enter(&acs).await;
    // Each byte comes in time, their end never does.
    while line.0.write_all(b"1").await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn only_so_many_are_served_at_once() {
    let Some(acs) = Acs::start(|settings| settings.max_connections = 1).await else { return };
    let mut line = Line::enter(&acs).await;
    assert!(Line::open(&acs).await.ends().await);
    assert!(line.ask("9900402.00").await.starts_with("98"));
    drop(line);
    // Its place is free once central has seen it go.
    while Line::open(&acs).await.gets_nothing().await {}
    // A stop lets the answers under way go out, then ends.
    acs.stop.send_replace(true);
    acs.stop.closed().await;
}

impl Line {
    async fn gets_nothing(mut self) -> bool {
        let asked = self.0.write_all(b"9900402.00\r").await;
        let mut byte = [0];
        asked.is_err() || !matches!(self.0.read(&mut byte).await, Ok(1))
    }
}

#[tokio::test]
async fn what_central_does_not_do_is_refused_in_words() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    for (paid, words) in [
        ("BV1.00|AOx|AALW20260011|", "缺少流水号"),
        ("BV0.00|AOx|AALW20260011|BK7|", "金额不正确"),
        ("BVviel|AOx|AALW20260011|BK7|", "金额不正确"),
        ("BV99.00|AOx|AALW20260011|BK7|", "只欠 12.50 元"),
        ("BV1.00|AOx|AALW20260011|BK7|CG1|", "没有这笔欠费"),
        ("BV1.00|AOx|AALW20260011|BK7|CGx|", "没有这笔欠费"),
        ("BV1.00|AOx|AALW99|BK7|", "没有这个读者证号"),
        ("BV1.00|AOx|AALW20260011|AD000000|BK7|", "密码不正确"),
    ] {
        let answer = line.ask(&format!("3720261123    0930000400CNY{paid}")).await;
        assert!(answer.starts_with("38N") && answer.contains(words), "{answer} to {paid}");
    }
    let answer = line.ask("1920261123    093000AOx|ABLW9|CHx|").await;
    assert!(answer.starts_with("200"), "{answer}");
    // A card that the machine kept is suspended until this machine takes it back.
    let answer = line.ask("01Y20261123    093000AOx|ALkept|AALW20260004|AC|").await;
    assert!(answer.starts_with("24YYYY") && answer.contains("已暂停"), "{answer}");
    let answer = line.ask("2520261123    093000AOx|AALW20260004|AC|AD000000|").await;
    assert!(answer.starts_with("26YYYY") && answer.contains("CQN|"), "{answer}");
    assert!(line.ask(LEND).await.starts_with("120"));
    assert!(line.ask("3520261123    093000AOx|AALW20260004|").await.starts_with("36Y"));
    let answer = line.ask(&LEND.replace("AC|", "AC|BIY|")).await;
    assert!(answer.starts_with("120"), "no return is undone: {answer}");
}

#[tokio::test]
async fn a_loan_of_ones_own_is_renewed_if_the_device_says_so() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    assert!(line.ask(LEND).await.starts_with("121N"));
    assert!(line.ask(&LEND.replace("11NN", "11YN")).await.starts_with("121Y"));
    assert!(
        line.ask(&LEND.replace("11NN", "11YN").replace("LW20260004", "LW20260001")).await.starts_with("120")
    );
}
