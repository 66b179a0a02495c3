//! The numbers of a kiosk for Prometheus, in the OpenMetrics text format. No label names a patron, an item or a tag.
//!
//! | name | what |
//! |---|---|
//! | `kiosk_up` | 1 while the program runs |
//! | `kiosk_ready` | 1 while a patron can be served |
//! | `kiosk_device_state{device,state}` | 1 for the state that a part is in, 0 for the others |
//! | `kiosk_device_restarts_total{device}` | how often a part was begun anew |
//! | `kiosk_transactions_total{op,result}` | checkouts and checkins by how they ended |
//! | `kiosk_tx_duration_seconds{op}` | from the item on the pad to "done" |
//! | `kiosk_ils_rtt_seconds` | from the item on the pad to central's verdict, the ledger's commit included |
//! | `kiosk_offline_queue_length`, `kiosk_offline_oldest_seconds` | what central has yet to hear |
//! | `kiosk_parked` | transactions that wait for staff |
//! | `kiosk_rfid_reads_total{antenna}`, `kiosk_rfid_rounds_total`, `kiosk_rfid_noise` | the reader; noise in bytes of no frame |
//! | `kiosk_ui_last_frame_seconds` | since the screen's thread was last heard |
//! | `kiosk_disk_free_bytes`, `kiosk_clock_synced` | the machine |
//! | `kiosk_ups_on_battery`, `kiosk_ups_charge_percent`, `kiosk_ups_runtime_seconds` | the supply with a battery, as far as it says so |
//! | `kiosk_room_people`, `kiosk_room_entries_total{result}` | how many are in the room, and what was said at its door |
//! | `kiosk_gate_alarms_total{loans}` | alarms of the security gates, by what the ledger knows of the item, or of the loans before |
//! | `kiosk_gate_passages_total{direction}` | who went through the gates, as far as they count |
//! | `kiosk_alarms{severity}` | alarms that stand |
//! | `kiosk_watchdog_missed_total` | looks that found a task silent |
//! | `kiosk_build_info`, `kiosk_config_version_info` | what runs |

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::alarm::Severity;
use crate::board::Board;
use crate::part::State;

type Labels<const N: usize> = [(&'static str, String); N];
type Real = Gauge<f64, AtomicU64>;

/// What is counted. Clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Numbers>);

struct Numbers {
    registry: Registry,
    transactions: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram, fn() -> Histogram>,
    round_trip: Histogram,
    reads: Family<Labels<1>, Counter>,
    rounds: Counter,
    noise: Gauge,
    last_frame: Real,
    supply: Supply,
    people: Family<Labels<0>, Gauge>,
    entries: Family<Labels<1>, Counter>,
    gates: Family<Labels<1>, Counter>,
    passages: Family<Labels<1>, Counter>,
    board: Shown,
    /// what the reader had counted when it was last looked at
    seen: Mutex<Seen>,
}

/// What is read off the board when somebody asks.
#[derive(Default)]
struct Shown {
    up: Gauge,
    ready: Gauge,
    config: Family<Labels<1>, Gauge>,
    states: Family<Labels<2>, Gauge>,
    restarts: Family<Labels<1>, Counter>,
    queue: Gauge,
    oldest: Real,
    parked: Gauge,
    disk: Gauge,
    clock: Family<Labels<0>, Gauge>,
    alarms: Family<Labels<1>, Gauge>,
    missed: Counter,
}

/// The supply with a battery; what it does not say has no line.
#[derive(Default)]
struct Supply {
    on_battery: Family<Labels<0>, Gauge>,
    charge: Family<Labels<0>, Gauge>,
    runtime: Family<Labels<0>, Gauge>,
}

#[derive(Default)]
struct Seen {
    sightings: BTreeMap<String, u64>,
    n_rounds: u64,
}

/// What the reader counts at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// of each tag on the pad: a name that is kept to ourselves, its antenna, how often it was found so far
    pub sightings: Vec<(String, Option<u8>, u64)>,
    /// rounds so far
    pub n_rounds: u64,
    /// bytes that belonged to no frame so far
    pub n_garbage: u64,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(version: &str) -> Self {
        let mut registry = Registry::with_prefix("kiosk");
        let mut numbers = Numbers {
            registry: Registry::default(),
            transactions: Family::default(),
            durations: Family::new_with_constructor(durations),
            round_trip: Histogram::new(ROUND_TRIPS),
            reads: Family::default(),
            rounds: Counter::default(),
            noise: Gauge::default(),
            last_frame: Gauge::default(),
            supply: Supply::default(),
            people: Family::default(),
            entries: Family::default(),
            gates: Family::default(),
            passages: Family::default(),
            board: Shown::default(),
            seen: Mutex::default(),
        };
        numbers.register(&mut registry);
        let build = Info::new(vec![("version", version.to_owned())]);
        registry.register("build", "The program", build);
        numbers.registry = registry;
        Self(Arc::new(numbers))
    }

    /// A checkout or checkin has ended so.
    pub fn transaction(&self, op: &str, result: &str) {
        let labels = [("op", op.to_owned()), ("result", result.to_owned())];
        self.0.transactions.get_or_create(&labels).inc();
    }

    /// How long one took that was done.
    pub fn took(&self, op: &str, time: Duration) {
        self.0.durations.get_or_create(&[("op", op.to_owned())]).observe(time.as_secs_f64());
    }

    /// How long central took for a verdict.
    pub fn round_trip(&self, time: Duration) {
        self.0.round_trip.observe(time.as_secs_f64());
    }

    /// What the reader has counted so far; what is new since the last time is added.
    pub fn read(&self, reading: &Reading) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut seen.sightings);
        for (tag, antenna, n) in &reading.sightings {
            // One that came anew counts from the start.
            let old = before.get(tag).copied().filter(|old| old <= n).unwrap_or(0);
            let antenna = antenna.map_or_else(|| "unknown".to_owned(), |antenna| antenna.to_string());
            self.0.reads.get_or_create(&[("antenna", antenna)]).inc_by(n - old);
            seen.sightings.insert(tag.clone(), *n);
        }
        let rounds = if reading.n_rounds >= seen.n_rounds {
            reading.n_rounds - seen.n_rounds
        } else {
            reading.n_rounds
        };
        self.0.rounds.inc_by(rounds);
        seen.n_rounds = reading.n_rounds;
        self.0.noise.set(i64::try_from(reading.n_garbage).unwrap_or(i64::MAX));
    }

    /// How long ago the screen's thread was heard.
    pub fn last_frame(&self, ago: Duration) {
        self.0.last_frame.set(ago.as_secs_f64());
    }

    /// What the supply says: whether it is on its battery, how full that is, how long it lasts; nothing, if it is not heard.
    pub fn ups(&self, said: Option<(bool, Option<u8>, Option<Duration>)>) {
        let supply = &self.0.supply;
        let (on_battery, charge, runtime) = said
            .map_or((None, None, None), |(on_battery, charge, runtime)| {
                (Some(i64::from(on_battery)), charge.map(i64::from), runtime)
            });
        shown(&supply.on_battery, on_battery);
        shown(&supply.charge, charge);
        shown(&supply.runtime, runtime.map(|left| i64::try_from(left.as_secs()).unwrap_or(i64::MAX)));
    }

    /// So many are in the room.
    pub fn inside(&self, n: u32) {
        self.0.people.get_or_create(&[]).set(i64::from(n));
    }

    /// Somebody held a card up at the room's door, and this became of it.
    pub fn entry(&self, result: &'static str) {
        self.0.entries.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// A security gate has alarmed, with so many loans in doubt just before.
    pub fn gate(&self, n_doubtful: usize) {
        self.gate_at(if n_doubtful == 0 { "verified" } else { "in-doubt" });
    }

    /// A security gate has alarmed at an item of which this is known.
    pub fn gate_at(&self, loans: &'static str) {
        self.0.gates.get_or_create(&[("loans", loans.to_owned())]).inc();
    }

    /// So many went through a security gate.
    pub fn passed(&self, direction: &'static str, n: u32) {
        self.0.passages.get_or_create(&[("direction", direction.to_owned())]).inc_by(u64::from(n));
    }

    /// All of it as text, with what the board says now.
    #[must_use]
    pub fn text(&self, board: &Board, now: Timestamp, n_missed: u64) -> String {
        self.0.show(board, now, n_missed);
        let mut text = String::new();
        // A String takes everything.
        encode(&mut text, &self.0.registry).unwrap_or_default();
        text
    }
}

impl Numbers {
    fn register(&self, to: &mut Registry) {
        to.register("transactions", "Checkouts and checkins, by how they ended", self.transactions.clone());
        to.register("tx_duration_seconds", "From the item on the pad to done", self.durations.clone());
        to.register(
            "ils_rtt_seconds",
            "From the item on the pad to the verdict of central",
            self.round_trip.clone(),
        );
        to.register("rfid_reads", "Tags found, by antenna", self.reads.clone());
        to.register("rfid_rounds", "Rounds over the pad", self.rounds.clone());
        to.register("rfid_noise", "Bytes from the reader that belong to no frame", self.noise.clone());
        to.register("ui_last_frame_seconds", "Since the screen was last heard", self.last_frame.clone());
        self.supply.register(to);
        to.register("room_people", "How many are in the room", self.people.clone());
        to.register("room_entries", "What was said at the room's door", self.entries.clone());
        to.register("gate_alarms", "Alarms of the security gates", self.gates.clone());
        to.register("gate_passages", "Who went through the security gates", self.passages.clone());
        self.board.register(to);
    }

    fn show(&self, board: &Board, now: Timestamp, n_missed: u64) {
        let shown = &self.board;
        shown.up.set(1);
        shown.ready.set(i64::from(board.is_ready()));
        // It changes while the kiosk runs, which an info of this library cannot.
        shown.config.clear();
        shown.config.get_or_create(&[("digest", board.configuration.digest.clone())]).set(1);
        for known in &board.parts {
            let device = || known.part.word().to_owned();
            for state in State::ALL {
                let labels = [("device", device()), ("state", state.word().to_owned())];
                shown.states.get_or_create(&labels).set(i64::from(known.state == state));
            }
            up_to(&shown.restarts.get_or_create(&[("device", device())]), known.n_restarts);
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        if let Some(queue) = &board.queue {
            shown.queue.set(number(queue.open.saturating_sub(queue.parked)));
            shown.parked.set(number(queue.parked));
            let age = queue.oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
            shown.oldest.set(age.max(0.0));
        }
        shown.disk.set(board.disk_free.map_or(-1, number));
        match board.clock_synced {
            Some(synced) => shown.clock.get_or_create(&[]).set(i64::from(synced)),
            None => i64::from(shown.clock.remove(&[])),
        };
        for (severity, word) in SEVERITIES {
            let n = board.alarms.iter().filter(|alarm| alarm.severity == severity).count();
            shown
                .alarms
                .get_or_create(&[("severity", word.to_owned())])
                .set(n.try_into().unwrap_or(i64::MAX));
        }
        up_to(&shown.missed, n_missed);
    }
}

impl Shown {
    fn register(&self, to: &mut Registry) {
        to.register("up", "The program runs", self.up.clone());
        to.register("ready", "A patron can be served", self.ready.clone());
        to.register("config_version_info", "The configuration, by its digest", self.config.clone());
        to.register("device_state", "The state of each part", self.states.clone());
        to.register("device_restarts", "How often a part was begun anew", self.restarts.clone());
        to.register(
            "offline_queue_length",
            "Transactions that central has yet to hear of",
            self.queue.clone(),
        );
        to.register("offline_oldest_seconds", "Age of the oldest of them", self.oldest.clone());
        to.register("parked", "Transactions that wait for staff", self.parked.clone());
        to.register("disk_free_bytes", "Room where the ledger is, -1 if unknown", self.disk.clone());
        to.register("clock_synced", "The clock is set by a time server", self.clock.clone());
        to.register("alarms", "Alarms that stand", self.alarms.clone());
        to.register("watchdog_missed", "Looks that found a task silent", self.missed.clone());
    }
}

impl Supply {
    fn register(&self, to: &mut Registry) {
        to.register("ups_on_battery", "The mains are gone", self.on_battery.clone());
        to.register("ups_charge_percent", "How full the battery is", self.charge.clone());
        to.register("ups_runtime_seconds", "How long the battery lasts", self.runtime.clone());
    }
}

/// Shows a number, or no line at all.
fn shown(gauge: &Family<Labels<0>, Gauge>, value: Option<i64>) {
    match value {
        Some(value) => {
            gauge.get_or_create(&[]).set(value);
        }
        None => {
            gauge.remove(&[]);
        }
    }
}

/// Brings a counter up to what was counted elsewhere.
fn up_to(counter: &Counter, n: u64) {
    counter.inc_by(n.saturating_sub(counter.get()));
}

fn durations() -> Histogram {
    Histogram::new(DURATIONS)
}

/// Seconds.
const DURATIONS: [f64; 9] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
const ROUND_TRIPS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const SEVERITIES: [(Severity, &str); 3] =
    [(Severity::Info, "info"), (Severity::Warning, "warning"), (Severity::Critical, "critical")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Queue;

    fn value(text: &str, name: &str) -> Option<f64> {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::new("1.2.3");
        let mut board = Board::new("one".to_owned(), Timestamp::UNIX_EPOCH);
        board.queue =
            Some(Queue { open: 5, parked: 2, oldest: Some(Timestamp::UNIX_EPOCH), ..Queue::default() });
        metrics.transaction("checkout", "done");
        metrics.transaction("checkout", "done");
        metrics.took("checkout", Duration::from_millis(800));
        metrics.round_trip(Duration::from_millis(40));
        metrics.inside(3);
        metrics.entry("entered");
        metrics.gate(0);
        metrics.gate_at("late");
        metrics.passed("out", 2);
        metrics.ups(Some((true, Some(41), Some(Duration::from_secs(300)))));
        let reading = |n, n_rounds| Reading {
            sightings: vec![("E004".to_owned(), Some(2), n)],
            n_rounds,
            n_garbage: 7,
        };
        for (n, rounds) in [(3, 10), (5, 12), (1, 2)] {
            metrics.read(&reading(n, rounds));
        }
        let now = Timestamp::from_second(90).unwrap();
        let text = metrics.text(&board, now, 4);
        assert_eq!(metrics.text(&board, now, 4), text, "asking changes nothing");
        for (name, expected) in [
            ("kiosk_up", 1.0),
            ("kiosk_ready", 0.0),
            ("kiosk_device_state{device=\"reader\",state=\"starting\"}", 1.0),
            ("kiosk_device_state{device=\"reader\",state=\"up\"}", 0.0),
            ("kiosk_transactions_total{op=\"checkout\",result=\"done\"}", 2.0),
            ("kiosk_tx_duration_seconds_count{op=\"checkout\"}", 1.0),
            ("kiosk_ils_rtt_seconds_count", 1.0),
            ("kiosk_rfid_reads_total{antenna=\"2\"}", 6.0),
            ("kiosk_rfid_rounds_total", 14.0),
            ("kiosk_rfid_noise", 7.0),
            ("kiosk_offline_queue_length", 3.0),
            ("kiosk_offline_oldest_seconds", 90.0),
            ("kiosk_parked", 2.0),
            ("kiosk_gate_alarms_total{loans=\"verified\"}", 1.0),
            ("kiosk_gate_alarms_total{loans=\"late\"}", 1.0),
            ("kiosk_gate_passages_total{direction=\"out\"}", 2.0),
            ("kiosk_room_people", 3.0),
            ("kiosk_room_entries_total{result=\"entered\"}", 1.0),
            ("kiosk_ups_on_battery", 1.0),
            ("kiosk_ups_charge_percent", 41.0),
            ("kiosk_ups_runtime_seconds", 300.0),
            ("kiosk_watchdog_missed_total", 4.0),
            ("kiosk_build_info{version=\"1.2.3\"}", 1.0),
        ] {
            assert_eq!(value(&text, name), Some(expected), "{name}\n{text}");
        }
        metrics.ups(None);
        let unheard = metrics.text(&board, now, 4);
        assert!(!unheard.contains("\nkiosk_ups_charge_percent "), "what is not known is not told");
        assert!(!text.contains("E004"), "{text}");
        assert!(!text.contains("\nkiosk_clock_synced "), "what is not known is not told");
        assert!(text.ends_with("# EOF\n"));
    }
}
