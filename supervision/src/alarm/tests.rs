use crate::board::Queue;
use crate::part::Condition;

use super::*;

struct World {
    start: Instant,
    alarms: Alarms,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the zero of a virtual clock")]
    fn new() -> Self {
        Self { start: Instant::now(), alarms: Alarms::default() }
    }

    fn at(&self, seconds: u64) -> Moment {
        Moment { now: self.start + Duration::from_secs(seconds), wall: wall(seconds) }
    }

    fn told(&mut self, seconds: u64, key: Key, trouble: Option<&str>) -> Vec<Output> {
        let mut out = Vec::new();
        let trouble = trouble.map(|why| Trouble { severity: Severity::Critical, why: why.to_owned() });
        self.alarms.handle(self.at(seconds), &[(key, trouble)], &mut out);
        out
    }
}

fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + i64::try_from(seconds).unwrap()).unwrap()
}

const READER: Key = Key::Part(Part::Reader);

#[test]
fn a_short_trouble_is_none_and_a_long_one_is_told_once() {
    let mut w = World::new();
    assert_eq!(w.told(0, READER, Some("unplugged")), []);
    assert_eq!(w.alarms.deadline(), Some(w.at(20).now));
    assert_eq!(w.told(19, READER, None), []);
    assert_eq!(w.told(30, READER, Some("unplugged")), []);
    assert_eq!(w.told(49, READER, Some("silent")), []);
    let raised = w.told(50, READER, Some("silent"));
    let [Output::Raised(alarm)] = raised.as_slice() else { panic!("{raised:?}") };
    assert_eq!((alarm.key.as_str(), alarm.why.as_str(), alarm.since), ("part.reader", "silent", wall(30)));
    assert_eq!(w.told(500, READER, Some("unplugged")), []);
    assert_eq!(w.alarms.standing().next().unwrap().why, "unplugged");
    assert_eq!(w.alarms.deadline(), None);
}

#[test]
fn a_trouble_has_to_stay_away_before_its_alarm_is_cleared() {
    let mut w = World::new();
    assert_eq!(w.told(0, Key::Parked, Some("1")).len(), 1);
    assert_eq!(w.told(1, Key::Parked, None), []);
    assert_eq!(w.alarms.deadline(), Some(w.at(11).now));
    assert_eq!(w.told(10, Key::Parked, Some("2")), []);
    assert_eq!(w.told(20, Key::Parked, None), []);
    let cleared = w.told(30, Key::Parked, None);
    let [Output::Cleared(alarm)] = cleared.as_slice() else { panic!("{cleared:?}") };
    assert_eq!((alarm.since, alarm.until), (wall(0), Some(wall(30))));
    assert_eq!(w.told(40, Key::Parked, None), []);
}

#[test]
fn what_stands_is_kept_over_a_restart_and_not_told_again() {
    let mut w = World::new();
    w.told(0, Key::Disk, Some("3 MB free"));
    w.told(0, Key::Parked, Some("1"));
    w.told(1, Key::Parked, None);
    w.told(20, Key::Parked, None);
    let text = serde_json::to_string(&w.alarms.kept()).unwrap();
    let mut kept: Kept = serde_json::from_str(&text).unwrap();
    // An alarm of another version's is not one that nobody can ever clear.
    kept.standing.push(Alarm { key: "part.teleport".to_owned(), ..kept.standing[0].clone() });
    w.alarms = Alarms::restored(kept);
    assert_eq!(w.told(1000, Key::Disk, Some("2 MB free")), []);
    let standing: Vec<_> = w.alarms.standing().map(|alarm| (alarm.key.as_str(), alarm.since)).collect();
    assert_eq!(standing, [("disk.space", wall(0))]);
    assert_eq!(w.alarms.kept().past.len(), 1);
}

#[test]
fn the_past_is_bounded() {
    let mut w = World::new();
    for round in 0..300 {
        w.told(round * 100, Key::Parked, Some("1"));
        w.told(round * 100 + 1, Key::Parked, None);
        w.told(round * 100 + 50, Key::Parked, None);
    }
    let kept = w.alarms.kept();
    assert_eq!((kept.standing.len(), kept.past.len()), (0, MAX_PAST));
    assert_eq!(Alarms::restored(kept.clone()).kept(), kept);
}

#[test]
fn every_key_says_what_it_is_and_what_to_do() {
    for key in Key::all() {
        let alarm = Alarm {
            key: key.word(),
            severity: Severity::Info,
            why: String::new(),
            since: wall(0),
            until: None,
        };
        let (chinese, english) = alarm.what_to_do();
        assert_ne!(chinese, "查看日志", "{key:?}");
        assert!(english.is_ascii() && !chinese.is_ascii(), "{key:?}");
        assert!(!alarm.title().is_ascii(), "{key:?}");
    }
}

#[test]
fn a_board_says_what_is_wrong_by_how_bad_it_is() {
    let mut board = Board::new("kiosk".to_owned(), wall(0));
    assert!(known(&board).iter().all(|(_, trouble)| trouble.is_none()));
    let condition =
        |part, state| Condition { state, why: "because".to_owned(), ..Condition::new(part, wall(0)) };
    board.parts = vec![
        condition(Part::Reader, State::Down),
        condition(Part::Speech, State::Restarting),
        condition(Part::Central, State::Degraded),
        condition(Part::Printer, State::Absent),
        condition(Part::Ledger, State::Up),
        condition(Part::Screen, State::Starting),
    ];
    board.queue = Some(Queue { parked: 2, ..Queue::default() });
    board.disk_free = Some(DISK_FULL - 1);
    board.silent = vec!["loop".to_owned()];
    board.configuration.refused = Some("line 3".to_owned());
    board.configuration.restart = vec!["reader.port".to_owned()];
    let told: Vec<(String, Option<Severity>)> =
        known(&board).into_iter().map(|(key, trouble)| (key.word(), trouble.map(|t| t.severity))).collect();
    let expected = [
        ("part.reader", Some(Severity::Critical)),
        ("part.speech", Some(Severity::Warning)),
        ("part.central", Some(Severity::Warning)),
        ("part.printer", None),
        ("part.ledger", None),
        ("queue.parked", Some(Severity::Warning)),
        ("disk.space", Some(Severity::Critical)),
        ("task.hung", Some(Severity::Critical)),
        ("service.out", None),
        ("config.refused", Some(Severity::Warning)),
        ("config.restart", Some(Severity::Info)),
    ];
    assert_eq!(told, expected.map(|(key, severity)| (key.to_owned(), severity)));
}
