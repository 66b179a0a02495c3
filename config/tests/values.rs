//! What is accepted becomes the value it says, and no text does harm.

use config::{Baud, CheckinPolicy, Config, Language, Level, Method, Parity, Pin, Protocol, Size};
use proptest::prelude::*;
use std::{path::Path, time::Duration};

#[test]
fn every_key_changes_its_field() {
    let config = Config::parse(
        r#"
        kiosk = { name = " 二楼东 ", data_dir = "/data", language = "en" }
        [reader]
        port = "/dev/ttyUSB0"
        protocol = "feig-obid"
        baud = 115_200
        parity = "none"
        bus_address = 0x00
        poll_ms = 20
        answer_timeout_ms = 10000
        gap_ms = 1
        retries = 0
        depart_rounds = 20
        [security]
        secured_afi = "d7"
        unsecured_afi = "DA"
        use_eas = false
        [central]
        base_url = "https://[::1]:8443/interlib/"
        appid = "a"
        secret = "s"
        opuser = "o"
        connect_timeout_ms = 100
        total_timeout_ms = 100
        method = "get"
        [patron]
        pin = "required"
        [visit]
        idle_seconds = 600
        warn_seconds = 3
        done_seconds = 60
        put_back_seconds = 2
        linger_seconds = 1
        [offline]
        checkin = "refuse"
        [screen]
        width = 1920
        height = 1080
        fullscreen = false
        night_from = "00:00"
        night_to = "23:59"
        voice = true
        sounds = true
        [account]
        enabled = false
        [find]
        enabled = false
        [staff]
        power_off = ["doas", "halt"]
        [place]
        hours = ["周二至周日 9:00–20:30", "周一闭馆"]
        open = ["tue-sun 09:00-20:30"]
        closed_days = ["2026-10-01"]
        [log]
        level = "trace"
        "#,
        "kiosk.toml",
    )
    .unwrap_or_else(|error| panic!("{error}"));

    assert_eq!(config.kiosk.name, "二楼东");
    assert_eq!(config.kiosk.data_dir, Path::new("/data"));
    assert_eq!(config.kiosk.language, Language::English);
    assert_eq!(config.reader.port.to_string(), "/dev/ttyUSB0");
    assert_eq!(config.reader.baud, Baud::new(115_200).unwrap());
    assert_eq!(config.reader.parity, Parity::None);
    assert_eq!(config.reader.bus_address, 0);
    assert_eq!(config.reader.poll, Duration::from_millis(20));
    assert_eq!(config.reader.answer_timeout, Duration::from_secs(10));
    assert_eq!(config.reader.gap, Duration::from_millis(1));
    assert_eq!((config.reader.retries, config.reader.depart_rounds), (0, 20));
    assert_eq!((config.security.secured_afi, config.security.unsecured_afi), (0xD7, 0xDA));
    assert!(config.security.use_afi && !config.security.use_eas);
    assert_eq!(config.central.base_url, "https://[::1]:8443/interlib");
    assert_eq!(config.central.secret.expose(), "s");
    assert_eq!(config.central.total_timeout, Duration::from_millis(100));
    assert_eq!(config.central.method, Method::Get);
    assert_eq!(config.patron.pin, Pin::Required);
    assert_eq!(config.visit.idle, Duration::from_secs(600));
    assert_eq!(config.visit.linger, Duration::from_secs(1));
    assert_eq!(config.offline.checkin, CheckinPolicy::Refuse);
    assert_eq!(config.screen.size, Some(Size { width: 1920, height: 1080 }));
    assert_eq!(config.screen.night_to, jiff::civil::time(23, 59, 0, 0));
    assert!(config.screen.voice && config.screen.sounds && !config.account.enabled);
    assert_eq!(config.staff.power_off, ["doas", "halt"]);
    assert_eq!(config.place.hours, ["周二至周日 9:00–20:30", "周一闭馆"]);
    assert_eq!(config.place.open.on(jiff::civil::Weekday::Monday), []);
    assert_eq!(config.place.open.on(jiff::civil::Weekday::Sunday), [config::Span { from: 540, until: 1230 }]);
    assert_eq!(config.place.closed_days, [jiff::civil::date(2026, 10, 1)]);
    assert_eq!(config.log.level, Level::Trace);
}

#[test]
fn loads_a_file_with_a_byte_order_mark_and_windows_line_ends() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "\u{FEFF}[visit]\r\nidle_seconds = 60\r\n").unwrap();
    assert_eq!(Config::load(file.path()).unwrap().visit.idle, Duration::from_secs(60));
}

/// Pieces that make deep trouble more likely than random characters do.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        " = ",
        ".",
        ",",
        "\n",
        "\r",
        "\"",
        "'''",
        "\"\"\"",
        "#",
        "\\u",
        "\\",
        "0x",
        "_",
        "-",
        "1e9",
        "1979-05-27",
        "inf",
        "true",
        "reader",
        "[reader]\n",
        "poll_ms",
        "central",
        "secret",
        "kiosk",
        "“",
        "龘",
        "\u{0}",
        "\u{FEFF}",
        "99999999999999999999",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_panics_and_every_problem_has_a_line_of_the_file(text in prop_oneof![pieces(), ".*", "(?s).{0,200}"]) {
        if let Err(config::ConfigError::Problems { problems, .. }) = Config::parse(&text, "any") {
            prop_assert!(!problems.is_empty());
            let lines = text.matches('\n').count() + 1;
            for problem in &problems {
                prop_assert!((1..=lines).contains(&problem.line), "{problem} of {lines}");
                prop_assert!(!problem.to_string().contains('\n'), "{problem}");
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        // Accepted or not is all the same here.
        drop(Config::load(file.path()));
    }
}

#[test]
fn deep_nesting_is_an_error_not_a_stack_overflow() {
    for text in [
        "[".repeat(100_000),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
    ] {
        assert!(Config::parse(&text, "deep").is_err());
    }
    // Deep, and sound TOML.
    let text = format!("{} = 1", vec!["a"; 10_000].join("."));
    assert!(Config::parse(&text, "dotted").is_err());
}

#[test]
fn a_3m_reader_on_its_makers_line() {
    let text = "[reader]\nprotocol = \"3m-810\"\nbaud = 19_200\nparity = \"none\"\n";
    let reader = Config::parse(text, "kiosk.toml").unwrap().reader;
    assert_eq!(
        (reader.protocol, reader.baud, reader.parity),
        (Protocol::ThreeM810, Baud::new(19_200).unwrap(), Parity::None)
    );
    assert_eq!(Config::default().reader.protocol, Protocol::FeigObid);
}
