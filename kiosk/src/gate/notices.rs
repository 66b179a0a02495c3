//! What stands at the gates: alarms for a while, faults until they are over. Pure, and never more than a page of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Alarms and faults.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// by gate and item, the oldest first
    alarms: Vec<Alarm>,
    faults: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Alarm {
    gate: String,
    item: String,
    text: String,
    until: Instant,
}

impl Notices {
    /// An alarm stands for [`STANDS`] from now. Says whether it is another than those that stand: a gate tells of a tag that
    /// lies in its field again and again.
    pub(super) fn alarm(&mut self, now: Instant, (gate, item): (&str, &str), text: String) -> bool {
        self.pass(now);
        let until = now + STANDS;
        let same = |alarm: &&mut Alarm| alarm.gate == gate && alarm.item == item && alarm.text == text;
        if let Some(alarm) = self.alarms.iter_mut().find(same) {
            alarm.until = until;
            return false;
        }
        if self.alarms.len() >= MOST {
            self.alarms.remove(0);
        }
        self.alarms.push(Alarm { gate: gate.to_owned(), item: item.to_owned(), text, until });
        true
    }

    /// A gate is out of order, or well again.
    pub(super) fn fault(&mut self, gate: &str, why: Option<String>) {
        match why {
            Some(why) if self.faults.len() < MOST || self.faults.contains_key(gate) => {
                self.faults.insert(gate.to_owned(), why);
            }
            Some(_) => {}
            None => drop(self.faults.remove(gate)),
        }
    }

    /// The adapter is another one: what it said of faults is old.
    pub(super) fn forget_faults(&mut self) {
        self.faults.clear();
    }

    /// Lets the time pass.
    pub(super) fn pass(&mut self, now: Instant) {
        self.alarms.retain(|alarm| alarm.until > now);
    }

    /// When the next alarm is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.alarms.iter().map(|alarm| alarm.until).min()
    }

    /// All of it for staff; empty, if nothing stands.
    pub(super) fn text(&self) -> String {
        let alarms = self.alarms.iter().rev().map(|alarm| alarm.text.clone());
        let faults = self.faults.iter().map(|(gate, why)| format!("gate {gate}: {why}"));
        alarms.chain(faults).collect::<Vec<_>>().join("; ")
    }
}

/// Staff has so long to see it: central hears within a minute.
pub(super) const STANDS: Duration = Duration::from_secs(180);
const MOST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_new_once_stands_for_its_time_and_none_pushes_out_all_others() {
        let t0 = super::super::now();
        let mut notices = Notices::default();
        assert!(notices.alarm(t0, ("main", "A"), "a".to_owned()));
        let later = t0 + Duration::from_secs(60);
        assert!(!notices.alarm(later, ("main", "A"), "a".to_owned()), "it lies there");
        assert!(notices.alarm(later, ("side", "A"), "b".to_owned()));
        assert_eq!(notices.text(), "b; a");
        assert_eq!(notices.deadline(), Some(later + STANDS));
        notices.pass(later + STANDS);
        assert_eq!((notices.text().as_str(), notices.deadline()), ("", None));
        for n in 0..100 {
            assert!(notices.alarm(later, ("main", &n.to_string()), n.to_string()));
            notices.fault(&n.to_string(), Some("x".to_owned()));
        }
        assert!(notices.text().starts_with("99; 98; ") && notices.text().len() < 200, "{}", notices.text());
        notices.fault("0", None);
        assert!(!notices.text().contains("gate 0:"));
        notices.forget_faults();
        assert!(!notices.text().contains("gate"));
    }
}
