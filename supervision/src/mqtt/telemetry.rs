//! What is told, and under which topic. Pure.
//!
//! | topic | what | retained |
//! |---|---|---|
//! | `te/device/ID/service/yueting[-PART]` | that there is such a service | yes |
//! | `te/device/ID/service/yueting[-PART]/status/health` | `up` or `down`, since when | yes |
//! | `te/device/ID///a/KEY` | an alarm that stands; empty when it is over | yes |
//! | `te/device/ID///m/kiosk` | the numbers of `/metrics` | no |
//!
//! Spec: thin-edge.io, "MQTT API": telemetry and service health.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::packet::Message;
use crate::alarm::{Key, Severity};
use crate::board::Board;
use crate::part::{Part, State};

/// Who tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// the segment of the topics
    pub id: String,
    /// the program's process, as the health of services wants it
    pub pid: u32,
}

impl Device {
    /// Everything that holds now: by topic, what is to be retained there.
    #[must_use]
    pub fn facts(&self, board: &Board) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        self.service(&mut facts, None, board.is_live(), board.started);
        for known in &board.parts {
            // Of a part that this kiosk has not, or that has not spoken yet, there is nothing to say.
            if !matches!(known.state, State::Absent | State::Starting) {
                self.service(&mut facts, Some(known.part), known.state.works(), known.since);
            }
        }
        for alarm in &board.alarms {
            let (_, to_do) = alarm.what_to_do();
            let text = format!("{} · {}; {to_do}", alarm.title(), alarm.why);
            let severity = severity(alarm.severity);
            let told = json!({ "text": text, "severity": severity, "time": alarm.since.to_string() });
            facts.insert(self.alarm(&alarm.key), told.to_string());
        }
        facts
    }

    /// Every topic that [`facts`](Self::facts) may ever name: a broker may still have something there from before.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let services = std::iter::once(None).chain(Part::ALL.map(Some));
        let services = services.flat_map(|part| {
            let topic = self.of(part);
            [health(&topic), topic]
        });
        services.chain(Key::all().map(|key| self.alarm(&key.word()))).collect()
    }

    /// What the broker says when this program is gone without a word.
    #[must_use]
    pub fn will(&self) -> Message {
        let payload = json!({ "pid": self.pid, "status": "down" }).to_string();
        Message { topic: health(&self.of(None)), payload, retain: true }
    }

    /// The numbers of a text of metrics, as one measurement.
    #[must_use]
    pub fn measured(&self, metrics: &str, at: Timestamp) -> Message {
        let mut told = numbers(metrics);
        told.insert("time".to_owned(), at.to_string().into());
        let topic = format!("te/device/{}///m/kiosk", self.id);
        Message { topic, payload: Value::Object(told).to_string(), retain: false }
    }

    fn service(&self, to: &mut BTreeMap<String, String>, part: Option<Part>, is_up: bool, since: Timestamp) {
        let topic = self.of(part);
        let status = if is_up { "up" } else { "down" };
        let told = json!({ "pid": self.pid, "status": status, "time": since.to_string() });
        to.insert(health(&topic), told.to_string());
        let told = json!({ "@type": "service", "name": name(part), "type": "kiosk" });
        to.insert(topic, told.to_string());
    }

    fn of(&self, part: Option<Part>) -> String {
        format!("te/device/{}/service/{}", self.id, name(part))
    }

    fn alarm(&self, key: &str) -> String {
        format!("te/device/{}///a/{key}", self.id)
    }
}

/// What has to be said so that a broker that has `has` has `wanted`.
#[must_use]
pub fn news(has: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<Message> {
    let retained = |topic: &String, payload: &str| Message {
        topic: topic.clone(),
        payload: payload.to_owned(),
        retain: true,
    };
    let gone = has.iter().filter(|(topic, payload)| !payload.is_empty() && !wanted.contains_key(*topic));
    let gone = gone.map(|(topic, _)| retained(topic, ""));
    let new = wanted.iter().filter(|(topic, payload)| has.get(*topic) != Some(payload));
    gone.chain(new.map(|(topic, payload)| retained(topic, payload))).collect()
}

fn health(service: &str) -> String {
    format!("{service}/status/health")
}

fn name(part: Option<Part>) -> String {
    match part {
        Some(part) => format!("yueting-{}", part.word()),
        None => "yueting".to_owned(),
    }
}

/// thin-edge.io has four; ours are the worst, the second and the least of them.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "major",
        Severity::Info => "warning",
    }
}

/// The samples of an OpenMetrics text: `kiosk_parked 2` is `"parked": 2`, and labels make a group of numbers. The states
/// of parts are told as health, and curves not at all.
fn numbers(metrics: &str) -> Map<String, Value> {
    let mut told = Map::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((sample, value)) = line.rsplit_once(' ') else { continue };
        let Some(value) = value.parse().ok().and_then(serde_json::Number::from_f64) else { continue };
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        let name = name.trim_start_matches("kiosk_").trim_end_matches("_total");
        if UNTOLD.iter().any(|untold| name.starts_with(untold)) {
            continue;
        }
        if labels.is_empty() {
            told.insert(name.to_owned(), value.into());
            continue;
        }
        let values = labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once("=\""));
        let member: Vec<&str> = values.map(|(_, value)| value.trim_end_matches('"')).collect();
        let group = told.entry(name).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(group) = group {
            group.insert(member.join("_"), value.into());
        }
    }
    told
}

const UNTOLD: [&str; 6] = [
    "device_",
    "build_info",
    "config_version_info",
    "tx_duration_seconds",
    "ils_rtt_seconds",
    "clock_synced_",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::Alarm;

    fn device() -> Device {
        Device { id: "kiosk-1".to_owned(), pid: 7 }
    }

    fn board() -> Board {
        let mut board = Board::new("东门 1".to_owned(), Timestamp::UNIX_EPOCH);
        for part in &mut board.parts {
            part.state = State::Absent;
        }
        board.parts[0].state = State::Down;
        board.alarms.push(Alarm {
            key: "part.reader".to_owned(),
            severity: Severity::Critical,
            why: "the reader was unplugged".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            until: None,
        });
        board
    }

    #[test]
    fn what_holds_has_a_topic_each_and_is_taken_back_when_it_holds_no_more() {
        let mut board = board();
        let facts = device().facts(&board);
        let told: Vec<String> = facts.iter().map(|(topic, payload)| format!("{topic} {payload}")).collect();
        let expected = expect_test::expect![[r#"
            te/device/kiosk-1///a/part.reader {"severity":"critical","text":"读写器不能工作 · the reader was unplugged; check the reader's power and cable; kioskctl reader probe finds its protocol and speed","time":"1970-01-01T00:00:00Z"}
            te/device/kiosk-1/service/yueting {"@type":"service","name":"yueting","type":"kiosk"}
            te/device/kiosk-1/service/yueting-reader {"@type":"service","name":"yueting-reader","type":"kiosk"}
            te/device/kiosk-1/service/yueting-reader/status/health {"pid":7,"status":"down","time":"1970-01-01T00:00:00Z"}
            te/device/kiosk-1/service/yueting/status/health {"pid":7,"status":"up","time":"1970-01-01T00:00:00Z"}"#]];
        expected.assert_eq(&told.join("\n"));
        let all = device().topics();
        assert!(facts.keys().all(|topic| all.contains(topic)));
        assert_eq!(news(&facts, &facts), []);
        board.alarms.clear();
        let after = device().facts(&board);
        let expected = Message {
            topic: "te/device/kiosk-1///a/part.reader".to_owned(),
            payload: String::new(),
            retain: true,
        };
        assert_eq!(news(&facts, &after), [expected]);
    }

    #[test]
    fn a_measurement_is_the_numbers_of_the_metrics() {
        let text = "# TYPE kiosk_ready gauge\nkiosk_ready 1\nkiosk_transactions_total{op=\"checkout\",result=\"done\"} 2\n\
                    kiosk_device_state{device=\"reader\",state=\"up\"} 1\nkiosk_ui_last_frame_seconds 0.5\n\
                    kiosk_tx_duration_seconds_bucket{le=\"0.25\",op=\"checkout\"} 0\nkiosk_odd NaN\n# EOF\n";
        let told = device().measured(text, Timestamp::UNIX_EPOCH);
        assert_eq!(told.topic, "te/device/kiosk-1///m/kiosk");
        assert!(!told.retain);
        let expected = json!({
            "ready": 1.0, "transactions": { "checkout_done": 2.0 }, "ui_last_frame_seconds": 0.5,
            "time": "1970-01-01T00:00:00Z",
        });
        assert_eq!(serde_json::from_str::<Value>(&told.payload).unwrap(), expected);
    }
}
