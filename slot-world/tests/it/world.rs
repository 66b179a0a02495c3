//! The world in virtual time, with its coils set by hand.

use std::time::{Duration, Instant};

use config::{Config, Signal};
use slot::mechanics::Place;
use slot_world::picture::picture;
use slot_world::usual;
use slot_world::world::{Reader, World};

pub(crate) fn config(ports: &str) -> Config {
    let text = format!("{ports}\n[slot]\nenabled = true\n{}", usual::tables(&["held", "novels", "staff"]));
    Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"))
}

/// A world, its time, and what its contacts are called.
struct Play {
    world: World,
    config: Config,
    now: Instant,
}

impl Play {
    fn new() -> Self {
        let config = config("[[module]]\nname = \"io\"");
        // The only clock that is read; all times are offsets from it.
        #[expect(clippy::disallowed_methods, reason = "an origin for virtual time")]
        let now = Instant::now();
        let mut world = World::new(&config, 1);
        world.pass(now);
        Self { world, config, now }
    }

    fn say(&mut self, line: &str) -> Result<String, String> {
        self.world.say(self.now, line).end
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.world.pass(self.now);
    }

    fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            if holds(self) {
                return;
            }
            self.pass(20);
        }
        panic!("it does not come\n{}", picture(&self.world).join("\n"));
    }

    fn address(&self, signal: Signal, bin: Option<&str>) -> usize {
        let is = |contact: &&config::Contact| contact.signal == signal && contact.bin.as_deref() == bin;
        usize::from(self.config.contacts.iter().find(is).unwrap().address)
    }

    fn sees(&self, signal: Signal, bin: Option<&str>) -> bool {
        self.world.modules[0].inputs[self.address(signal, bin)]
    }

    fn set(&mut self, signal: Signal, bin: Option<&str>, is_on: bool) {
        let at = self.address(signal, bin);
        self.world.modules[0].coils[at] = is_on;
    }
}

#[test]
fn a_book_goes_the_whole_way_and_its_tag_is_heard_where_it_lies() {
    let mut play = Play::new();
    play.say("book LW1 long=200 owner=CN-371202-LW").unwrap();
    play.say("push LW1").unwrap();
    play.until(|play| play.sees(Signal::Approach, None));
    assert!(play.sees(Signal::ShutterClosed, None) && play.sees(Signal::CurtainClear, None));
    play.set(Signal::OpenShutter, None, true);
    play.until(|play| play.sees(Signal::ShutterOpen, None));
    assert!(!play.sees(Signal::Approach, None), "it is open");
    play.set(Signal::OpenShutter, None, false);
    play.until(|play| play.sees(Signal::EyeIn, None));
    let is_heard =
        |play: &mut Play, which| play.world.emulator(which).tag("LW1").is_some_and(|tag| tag.is_on_pad);
    assert!(is_heard(&mut play, Reader::Tunnel) && !is_heard(&mut play, Reader::Inner));
    play.set(Signal::BeltIn, None, true);
    play.until(|play| play.sees(Signal::EyeMid, None) && !play.sees(Signal::EyeIn, None));
    play.world.tag_mut("LW1").unwrap().eas = true;
    play.set(Signal::Sorter, None, true);
    play.set(Signal::Divert, Some("novels"), true);
    play.until(|play| play.sees(Signal::EyeOut, None));
    play.until(|play| !play.sees(Signal::EyeOut, None));
    assert!(!is_heard(&mut play, Reader::Tunnel) && is_heard(&mut play, Reader::Inner));
    assert!(play.world.tag("LW1").unwrap().eas, "what was written to it goes along");
    play.until(|play| play.sees(Signal::BinDropped, Some("novels")));
    assert_eq!(play.world.place("LW1"), Some(Place::Bin(1)));
    play.pass(300);
    assert!(!play.sees(Signal::BinDropped, Some("novels")), "it has fallen");
    assert_eq!(picture(&play.world)[3], "bin 1 novels: 1 LW1");
}

#[test]
fn the_wire_of_the_curtain_stops_the_shutter_and_without_it_only_software_would() {
    for (wire, is_stopped) in [("on", true), ("off", false)] {
        let mut play = Play::new();
        play.say(&format!("wire {wire}")).unwrap();
        play.set(Signal::OpenShutter, None, true);
        play.until(|play| play.sees(Signal::ShutterOpen, None));
        play.set(Signal::OpenShutter, None, false);
        play.say("hand 5000").unwrap();
        play.pass(40);
        play.set(Signal::CloseShutter, None, true);
        play.pass(400);
        assert!(!play.sees(Signal::CurtainClear, None));
        assert_eq!(play.sees(Signal::ShutterOpen, None), is_stopped);
        assert_eq!(play.world.iron.pinched > Duration::ZERO, !is_stopped);
    }
}

#[test]
fn what_is_too_thick_does_not_go_in_and_a_module_that_is_not_asked_cuts_its_relays() {
    let mut play = Play::new();
    play.say("thing brick thick=90").unwrap();
    play.say("push brick").unwrap();
    play.pass(100);
    assert_eq!(play.world.place("brick"), Some(Place::Street));
    assert_eq!(play.world.take_notes(), ["brick is too thick for the mouth"]);
    // Switches the inlet belt on, and says nothing any more.
    let at = u16::try_from(play.address(Signal::BeltIn, None)).unwrap();
    let write = peripherals::modbus::pdu::Request::WriteCoil { at, is_on: true };
    let frame = peripherals::modbus::wire::rtu(1, &write.encode());
    let mut out = Vec::new();
    play.world.module(play.now, 0, &frame, &mut out);
    assert_eq!((out.len(), play.world.moments()), (1, &["inlet inwards".to_owned()][..]));
    play.pass(1_500);
    assert_eq!(play.world.moments(), ["inlet inwards", "inlet stop"]);
}

#[test]
fn a_script_waits_for_what_it_names_and_lines_that_are_wrong_say_why() {
    let mut play = Play::new();
    play.world.play_script("# a night\nthing a\nwait 500\nthing b\nuntil a bin\nthing c\nfly\n");
    play.pass(100);
    assert_eq!(play.world.iron.things.len(), 1);
    play.pass(600);
    assert_eq!(play.world.iron.things.len(), 2);
    play.world.iron.things[0].place = Place::Bin(0);
    play.pass(100);
    assert_eq!(play.world.iron.things.len(), 3);
    assert!(!play.world.is_playing());
    assert_eq!(play.world.take_notes(), ["fly: \"fly\" is not a command; try: help"]);
    for (line, why) in [
        ("push nobody", "there is no thing \"nobody\"; bring it with book, thing, card or blank"),
        ("thing a", "there is already a thing \"a\""),
        ("thing d long=0", "long=0 is no number from 1 to 2000"),
        ("bin sky full", "there is no bin \"sky\": they are held, novels, staff"),
        ("door ajar", "\"ajar\" is neither open nor shut"),
        ("module 7 mute on", "there is no module \"7\": they are 0 to 0"),
    ] {
        assert_eq!(play.say(line).unwrap_err(), why);
    }
    assert!(play.say("push").unwrap_err().starts_with("usage: push NAME"));
    play.say("module 0 mute on").unwrap();
    play.say("tunnel miss 30").unwrap();
    assert!(play.world.modules[0].is_mute);
}

#[test]
fn everything_stands_still_at_a_moment_and_goes_on_without_power_on_the_relays() {
    let mut play = Play::new();
    play.world.stop_at(Some(1));
    let at = u16::try_from(play.address(Signal::OpenShutter, None)).unwrap();
    let write = peripherals::modbus::pdu::Request::WriteCoil { at, is_on: true };
    let mut out = Vec::new();
    play.world.module(play.now, 0, &peripherals::modbus::wire::rtu(1, &write.encode()), &mut out);
    assert!(out.is_empty() && play.world.is_frozen());
    play.pass(1_000);
    assert!(play.sees(Signal::ShutterClosed, None));
    play.world.go_on(play.now);
    play.pass(1_000);
    assert!(play.sees(Signal::ShutterClosed, None) && !play.world.is_frozen());
}

#[test]
fn the_same_seed_is_the_same_day() {
    let day = |seed: u64| {
        let mut play = Play::new();
        (0..6).for_each(|n| drop(play.say(&format!("book LW{n}")).unwrap()));
        play.say(&format!("random {seed}")).unwrap();
        play.set(Signal::OpenShutter, None, true);
        play.set(Signal::BeltIn, None, true);
        play.set(Signal::Sorter, None, true);
        play.pass(0);
        let mut pictures = Vec::new();
        for _ in 0..600 {
            play.pass(100);
            pictures.push(picture(&play.world).join("\n"));
        }
        pictures
    };
    let first = day(7);
    assert_eq!(first, day(7));
    assert_ne!(first, day(8));
    assert!(first.last().unwrap().contains("bin 2 staff: "), "{}", first.last().unwrap());
}
