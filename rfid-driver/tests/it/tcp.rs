//! The shell over TCP: a reader behind a serial server, and LLRP.

use std::time::Duration;

use rfid_driver::data::TagData;
use rfid_driver::port::{
    self, DownCause, Endpoint, OpenError, PortConfig, Protocol, ReaderEvent, WriteOutcome,
};
use rfid_driver::tag::Security;

use crate::{Driver, Emulator, stack};

fn llrp(emulator: &Emulator) -> PortConfig {
    PortConfig { protocol: Protocol::Llrp, ..emulator.config() }
}

fn tcp(emulator: &Emulator) -> (String, u16) {
    match &emulator.endpoint {
        Endpoint::Tcp { host, port } => (host.clone(), *port),
        Endpoint::Serial(path) => panic!("{}", path.display()),
    }
}

#[tokio::test]
async fn a_stack_is_read_written_and_taken_over_tcp() {
    let emulator = Emulator::listen(&["--max-per-inventory", "2"]);
    let config = emulator.config();
    assert_eq!(port::open_check(&config).await, Ok(()));
    stack(emulator, config).await;
}

/// Behind a serial server too, noise costs what it hits and nothing else.
#[tokio::test]
async fn noise_over_tcp_is_survived() {
    let mut emulator = Emulator::listen(&[]);
    emulator.say("noise every 7 5");
    let config = emulator.config();
    stack(emulator, config).await;
}

#[tokio::test]
async fn a_serial_server_goes_away_and_comes_back() {
    let mut emulator = Emulator::listen(&[]);
    let mut driver = Driver::start(emulator.config());
    driver.up().await;
    let (host, port) = tcp(&emulator);
    let gone = OpenError::ConnectionRefused { host, port };
    for _ in 0..3 {
        assert_eq!(emulator.say("unplug"), "ok");
        assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Closed));
        assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Open(gone.clone())));
        assert_eq!(port::open_check(&emulator.config()).await, Err(gone.clone()));
        assert_eq!(emulator.say("plug"), format!("ok {}", emulator.endpoint));
        driver.up().await;
    }
}

/// A serial server hangs up on a second host; an LLRP reader says why.
#[tokio::test]
async fn a_second_host_is_told_and_served_when_the_first_has_gone() {
    for protocol in [Protocol::FeigObid, Protocol::Llrp] {
        let emulator = Emulator::listen(&["--protocol", protocol.name()]);
        let config = PortConfig { protocol, ..emulator.config() };
        let mut first = Driver::start(config.clone());
        first.up().await;
        let (host, port) = tcp(&emulator);
        let mut second = Driver::start(config.clone());
        let cause = match protocol {
            Protocol::Llrp => DownCause::Open(OpenError::Taken { host, port }),
            Protocol::FeigObid
            | Protocol::ThreeM810
            | Protocol::M100
            | Protocol::R2000
            | Protocol::Reader18
            | Protocol::Mercury => DownCause::Closed,
        };
        assert_eq!(second.next().await, ReaderEvent::Down(cause.clone()));
        if let DownCause::Open(error) = cause {
            assert!(error.to_string().contains("end that one's program"), "{error}");
            assert_eq!(port::open_check(&config).await, Err(error));
        }
        drop(first.events);
        first.task.await.unwrap();
        second.up().await;
    }
}

#[tokio::test]
async fn the_wrong_protocol_over_tcp_is_told() {
    let emulator = Emulator::listen(&[]);
    let config = llrp(&emulator);
    let quick = PortConfig { answer_timeout: Duration::from_millis(20), ..config };
    assert_eq!(Driver::start(quick).next().await, ReaderEvent::Down(DownCause::Silent));
    let emulator = Emulator::listen(&["--protocol", "llrp"]);
    let quick = PortConfig { answer_timeout: Duration::from_millis(20), ..emulator.config() };
    assert_eq!(Driver::start(quick).next().await, ReaderEvent::Down(DownCause::Silent));
}

/// What is no message ends the connection, and the next one goes on.
#[tokio::test]
async fn a_garbled_llrp_stream_is_begun_anew() {
    let mut emulator = Emulator::listen(&["--protocol", "llrp"]);
    let mut driver = Driver::start(llrp(&emulator));
    driver.up().await;
    emulator.say("noise 40");
    assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Garbled));
    driver.up().await;
}

/// The port stays; the reader behind it has forgotten everything, or says nothing for a while.
#[tokio::test]
async fn a_reader_that_was_reset_is_probed_again() {
    for protocol in [Protocol::FeigObid, Protocol::Llrp] {
        let mut emulator = Emulator::listen(&["--protocol", protocol.name()]);
        let answer_timeout = Duration::from_millis(5);
        let config = PortConfig { protocol, answer_timeout, retries: 1, ..emulator.config() };
        let mut driver = Driver::start(config);
        driver.up().await;
        emulator.say("mute on");
        assert_eq!(driver.next().await, ReaderEvent::Down(DownCause::Silent));
        emulator.say("mute off");
        driver.up().await;
    }
}

#[tokio::test]
async fn a_stack_is_read_written_and_taken_by_an_llrp_reader() {
    let mut emulator = Emulator::listen(&["--protocol", "llrp", "--timing", "real"]);
    let mut driver = Driver::start(llrp(&emulator));
    driver.up().await;
    for name in ["I1", "I2", "I3"] {
        let defined = emulator.say(&format!("book {name} owner=CN-110108-1-NLC"));
        assert!(defined.starts_with("ok"), "{defined}");
    }
    assert_eq!(emulator.say("put I1 I2 I3"), "ok 3 on pad");
    let mut arrived = Vec::new();
    while arrived.len() < 3 {
        if let ReaderEvent::Arrived(arrival) = driver.next().await {
            let TagData::Library(tag) = arrival.data else { panic!("{:?}", arrival.data) };
            assert_eq!(arrival.security, Some(Security::Secured));
            arrived.push((tag.primary_item_id, arrival.tag));
        }
    }
    for (request, (_, tag)) in arrived.iter().enumerate() {
        driver.set(request as u64, *tag, Security::Unsecured).await;
    }
    let mut written = 0;
    while written < 3 {
        if let ReaderEvent::Wrote { outcome, .. } = driver.next().await {
            assert_eq!(outcome, WriteOutcome::Verified);
            written += 1;
        }
    }
    for (name, _) in &arrived {
        let shown = emulator.say(&format!("show {name}"));
        assert!(shown.contains("afi=C2") || shown.to_lowercase().contains("unsecured"), "{shown}");
    }
    emulator.say("take all");
    let mut departed = 0;
    while departed < 3 {
        departed += usize::from(matches!(driver.next().await, ReaderEvent::Departed { .. }));
    }
}
