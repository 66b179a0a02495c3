use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::line::{Line, Lines, MAX};
use super::policy::{Level, Policy, Rules};
use super::*;
use crate::device::{Input, Machine as _, Output};
use crate::testing;

const LIST: &str = "BEGIN LIST UPS\nUPS kiosk \"APC \\\"Back\\\" 650\"\nEND LIST UPS\n";

fn var(name: &str, value: &str) -> String {
    format!("VAR kiosk {name} \"{value}\"\n")
}

/// A supply, and what was said to it.
struct Talk {
    supply: Supply,
    now: Instant,
    out: Vec<Output<Event>>,
}

impl Talk {
    fn open(name: Option<&str>) -> Self {
        let supply = Supply::new(name.map(str::to_owned), Patience::default());
        let mut talk = Self { supply, now: testing::start(), out: Vec::new() };
        talk.tell(Input::Opened);
        assert_eq!(talk.sent(), ["LIST UPS\n"]);
        talk
    }

    fn tell(&mut self, input: Input<'_, std::convert::Infallible>) {
        self.supply.handle(self.now, input, &mut self.out);
    }

    fn say(&mut self, text: &str) {
        self.tell(Input::Bytes(text.as_bytes()));
    }

    fn wait(&mut self) {
        self.now = self.supply.deadline().unwrap();
        self.tell(Input::Tick);
    }

    fn sent(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        self.out.retain(|output| {
            let Output::Send(bytes) = output else { return true };
            sent.push(String::from_utf8(bytes.clone()).unwrap());
            false
        });
        sent
    }

    fn told(&mut self) -> Vec<Event> {
        let told = |output| match output {
            Output::Event(event) => event,
            Output::Send(bytes) => panic!("sent {:?}", String::from_utf8(bytes)),
        };
        std::mem::take(&mut self.out).into_iter().map(told).collect()
    }

    /// One round of answers.
    fn round(&mut self, status: &str, charge: &str, runtime: &str) -> Vec<Event> {
        assert_eq!(self.sent(), ["GET VAR kiosk ups.status\n"]);
        self.say(status);
        assert_eq!(self.sent(), ["GET VAR kiosk battery.charge\n"]);
        self.say(charge);
        assert_eq!(self.sent(), ["GET VAR kiosk battery.runtime\n"]);
        self.say(runtime);
        self.told()
    }
}

fn report(words: &str, charge: Option<u8>, runtime: Option<u64>) -> Report {
    Report { status: Status::parse(words), charge, runtime: runtime.map(Duration::from_secs) }
}

#[test]
fn a_round_tells_status_charge_and_runtime() {
    let mut talk = Talk::open(None);
    talk.say(LIST);
    let told = talk.round(
        &var("ups.status", "OB DISCHRG LB"),
        &var("battery.charge", "41.5"),
        &var("battery.runtime", "300"),
    );
    assert_eq!(told, [Event::Told(report("OB LB", Some(41), Some(300)))]);
    talk.wait();
    // Many a supply knows neither.
    let told = talk.round(
        &var("ups.status", "OL CHRG FROB"),
        "ERR VAR-NOT-SUPPORTED\n",
        "ERR VAR-NOT-SUPPORTED extra\r\n",
    );
    assert_eq!(told, [Event::Told(report("OL", None, None))]);
}

#[test]
fn every_word_of_a_status_is_known_by_itself() {
    let all = "OL OB LB HB RB CHRG DISCHRG BYPASS CAL OFF OVER TRIM BOOST FSD";
    let one = |word: &str| Status::parse(word);
    let yes = Status::default();
    for (word, expected) in [
        ("OL", Status { on_line: true, ..yes }),
        ("OB", Status { on_battery: true, ..yes }),
        ("LB", Status { is_low: true, ..yes }),
        ("RB", Status { replace: true, ..yes }),
        ("BYPASS", Status { bypass: true, ..yes }),
        ("CAL", Status { calibrates: true, ..yes }),
        ("OFF", Status { is_off: true, ..yes }),
        ("OVER", Status { overload: true, ..yes }),
        ("FSD", Status { shutdown: true, ..yes }),
    ] {
        assert_eq!(one(word), expected, "{word}");
    }
    for silent in ["HB", "CHRG", "DISCHRG", "TRIM", "BOOST", "OLD", ""] {
        assert_eq!(one(silent), Status::default(), "{silent}");
    }
    let every = one(all);
    assert!(every.on_line && every.on_battery && every.shutdown && every.calibrates);
    for (words, has) in [("OL", false), ("OL RB", true), ("OL OVER", true), ("OL BYPASS", true)] {
        assert_eq!(one(words).trouble().is_some(), has, "{words}");
    }
}

#[test]
fn a_server_without_it_stale_data_and_refusals_are_told_and_asked_again() {
    let mut talk = Talk::open(Some("desk"));
    talk.say(LIST);
    let unknown = Down::Unknown { has: "kiosk".to_owned() };
    assert_eq!(talk.told(), [Event::Down(unknown)]);
    talk.wait();
    assert_eq!(talk.sent(), ["LIST UPS\n"], "it may come");

    let mut talk = Talk::open(Some("kiosk"));
    talk.say(LIST);
    talk.sent();
    for (answer, expected) in [
        ("ERR DATA-STALE\n", Down::Stale { word: "DATA-STALE".to_owned() }),
        ("ERR DRIVER-NOT-CONNECTED\n", Down::Stale { word: "DRIVER-NOT-CONNECTED".to_owned() }),
        ("ERR ACCESS-DENIED\n", Down::Refused { word: "ACCESS-DENIED".to_owned() }),
    ] {
        talk.say(answer);
        assert_eq!(talk.told(), [Event::Down(expected)], "{answer}");
        talk.wait();
        assert_eq!(talk.sent(), ["GET VAR kiosk ups.status\n"]);
    }
    talk.say("ERR UNKNOWN-UPS\n");
    talk.told();
    talk.wait();
    assert_eq!(talk.sent(), ["LIST UPS\n"], "the names are looked at again");
}

#[test]
fn silence_is_told_and_a_late_answer_is_not_taken_for_another() {
    let mut talk = Talk::open(Some("kiosk"));
    talk.say(LIST);
    talk.sent();
    talk.wait();
    assert_eq!(talk.told(), [Event::Down(Down::Silent)]);
    talk.say(&var("ups.status", "OB"));
    assert_eq!(talk.told(), [], "nothing is asked now");
    talk.wait();
    let charge = var("battery.charge", "1");
    talk.say(&charge);
    assert_eq!(talk.sent(), ["GET VAR kiosk ups.status\n"], "another variable answers no question");
    talk.say("VAR desk ups.status \"OB\"\n");
    assert_eq!(talk.sent(), Vec::<String>::new(), "nor does another supply");
    talk.say(&var("ups.status", "OL"));
    assert_eq!(talk.sent(), ["GET VAR kiosk battery.charge\n"]);
}

#[test]
fn a_driver_that_has_just_begun_knows_nothing_and_another_program_is_none() {
    let mut talk = Talk::open(None);
    talk.say(LIST);
    let none = "ERR VAR-NOT-SUPPORTED\n";
    let told = talk.round(&var("ups.status", "WAIT"), none, none);
    assert!(matches!(told.as_slice(), [Event::Down(Down::Stale { .. })]), "{told:?}");
    let mut talk = Talk::open(None);
    talk.say("HTTP/1.1 400 Bad Request\r\n");
    assert_eq!(talk.told(), [Event::Down(Down::Foreign)]);
    let mut talk = Talk::open(None);
    talk.say(&format!("{}\n", "x".repeat(MAX * 3)));
    assert_eq!(talk.told(), [Event::Down(Down::Foreign)]);
    let mut talk = Talk::open(None);
    talk.say("BEGIN LIST UPS\nUPS a \"\"\nUPS b \"\"\nEND LIST UPS\n");
    assert_eq!(talk.told(), [Event::Down(Down::Unknown { has: "a, b".to_owned() })], "which of them?");
    talk.tell(Input::Lost(LinkFault::Unplugged));
    assert_eq!(talk.told(), [Event::Down(Down::Link(LinkFault::Unplugged))]);
    assert_eq!(talk.supply.deadline(), None);
}

#[test]
fn quotes_and_backslashes_are_undone() {
    for (line, expected) in
        [("VAR a b \"c \\\"d\\\" \\\\e\"\n", r#"c "d" \e"#), ("VAR a b \"\"\n", ""), ("VAR a b c\r\n", "c")]
    {
        let Line::Var { value, .. } = Line::parse(line) else { panic!("{line}") };
        assert_eq!(value, expected, "{line}");
    }
    for line in ["", "VAR a b", "VAR a b c d", "OK", "\"", "\\"] {
        assert_eq!(Line::parse(line), Line::Other, "{line}");
    }
}

proptest! {
    #![proptest_config(testing::config())]

    /// Any bytes in any pieces: bounded, no panic, and the pieces make no difference.
    #[test]
    fn lines_are_the_same_however_they_come(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'"'), any::<u8>()], 0..2_000),
        size in 1_usize..700,
    ) {
        let lines = |size: usize| {
            let (mut lines, mut heard) = (Lines::default(), Vec::new());
            bytes.chunks(size).for_each(|chunk| lines.push(chunk, |line| heard.push(line)));
            heard
        };
        prop_assert_eq!(lines(size), lines(usize::MAX));
    }

    /// Whatever a server says, the machine waits for something, and comes back once it is a server again.
    #[test]
    fn noise_leaves_no_machine_stuck(noise in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let mut talk = Talk::open(Some("kiosk"));
        talk.tell(Input::Bytes(&noise));
        prop_assert!(talk.supply.deadline().is_some());
        talk.tell(Input::Opened);
        talk.out.clear();
        talk.say(LIST);
        prop_assert_eq!(talk.sent(), ["GET VAR kiosk ups.status\n"]);
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn on_the_battery_nothing_new_is_begun_and_after_a_minute_of_mains_it_goes_on() {
    let (t0, mut policy) = (testing::start(), Policy::new(Rules::default()));
    let at = |n| t0 + seconds(n);
    assert_eq!(policy.told(t0, &report("OL", Some(100), Some(900))), Level::Mains);
    assert_eq!(policy.told(at(2), &report("OB DISCHRG", Some(99), Some(880))), Level::Battery);
    assert_eq!(policy.deadline(), None, "as long as it is heard");
    assert_eq!(policy.told(at(10), &report("OL CHRG", Some(98), Some(870))), Level::Returning);
    assert_eq!(policy.told(at(30), &report("OB", Some(98), Some(870))), Level::Battery, "gone again");
    assert_eq!(policy.told(at(40), &report("OL", Some(98), None)), Level::Returning);
    assert_eq!(policy.deadline(), Some(at(100)));
    assert_eq!(policy.tick(at(99)), Level::Returning);
    assert_eq!(policy.tick(at(100)), Level::Mains);
    assert!(Level::Mains.serves() && !Level::Returning.serves() && !Level::Battery.serves());
}

#[test]
fn low_is_what_the_supply_says_or_less_than_two_minutes_left_or_silence_on_the_battery() {
    let t0 = testing::start();
    let after = |reports: &[(&str, Option<u64>)]| {
        let mut policy = Policy::new(Rules::default());
        for (words, runtime) in reports {
            policy.told(t0, &report(words, None, *runtime));
        }
        policy
    };
    for (words, runtime, expected) in [
        ("OB LB", None, Level::Low),
        ("OB", Some(119), Level::Low),
        ("OB", Some(120), Level::Battery),
        ("OL FSD", Some(900), Level::Low),
        ("OL LB", Some(20), Level::Mains),
        ("OB CAL", Some(60), Level::Mains),
        ("OB CAL LB", None, Level::Low),
    ] {
        assert_eq!(after(&[(words, runtime)]).level(), expected, "{words} {runtime:?}");
    }
    // Unloaded it recovers: that changes nothing any more, but the mains do.
    assert_eq!(after(&[("OB LB", None), ("OB", Some(600))]).level(), Level::Low);
    assert_eq!(after(&[("OB LB", None), ("OL", None)]).level(), Level::Returning);

    let mut policy = after(&[("OB", Some(600))]);
    assert_eq!(policy.down(t0 + seconds(1)), Level::Battery);
    assert_eq!(policy.down(t0 + seconds(20)), Level::Battery);
    assert_eq!(policy.tick(t0 + seconds(31)), Level::Low);
    let mut policy = after(&[("OL", None)]);
    assert_eq!(policy.down(t0), Level::Mains, "no kiosk stops for want of a server");
    assert_eq!((policy.tick(t0 + seconds(9_999)), policy.deadline()), (Level::Mains, None));
}
