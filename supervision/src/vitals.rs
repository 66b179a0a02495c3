//! Signs of life: whether every task still does something. The system's watchdog is fed only while all of them do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Who has beaten when.
#[derive(Debug, Clone, Default)]
pub struct Vitals {
    tasks: BTreeMap<&'static str, Pulse>,
    /// how often a look found somebody silent
    n_missed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pulse {
    last: Instant,
    limit: Duration,
}

impl Vitals {
    /// From now on this task has to beat at least once in `limit`. Again with another limit: that counts.
    pub fn enter(&mut self, now: Instant, task: &'static str, limit: Duration) {
        self.tasks.insert(task, Pulse { last: now, limit });
    }

    /// The task has done something. One that never entered is nobody.
    pub fn beat(&mut self, now: Instant, task: &'static str) {
        if let Some(pulse) = self.tasks.get_mut(task) {
            pulse.last = pulse.last.max(now);
        }
    }

    /// The task is gone, and is missed by somebody else.
    pub fn leave(&mut self, task: &'static str) {
        self.tasks.remove(task);
    }

    /// Looks at all of them: whoever is silent for too long, by name.
    pub fn silent(&mut self, now: Instant) -> Vec<&'static str> {
        let is_silent = |pulse: &Pulse| now.saturating_duration_since(pulse.last) > pulse.limit;
        let silent: Vec<&'static str> =
            self.tasks.iter().filter(|(_, pulse)| is_silent(pulse)).map(|(task, _)| *task).collect();
        if !silent.is_empty() {
            self.n_missed += 1;
        }
        silent
    }

    /// How often a look found somebody silent.
    #[must_use]
    pub const fn n_missed(&self) -> u64 {
        self.n_missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the zero of a virtual clock")]
    fn one_silent_task_is_enough_and_one_that_left_is_not_missed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut vitals = Vitals::default();
        assert!(vitals.silent(at(100)).is_empty());
        vitals.enter(at(0), "loop", Duration::from_secs(10));
        vitals.enter(at(0), "reader", Duration::from_secs(30));
        vitals.beat(at(9), "loop");
        vitals.beat(at(9), "a stranger");
        assert!(vitals.silent(at(19)).is_empty());
        assert_eq!(vitals.silent(at(20)), ["loop"]);
        assert_eq!(vitals.silent(at(31)), ["loop", "reader"]);
        // A beat that comes late is one; an old one takes nothing back.
        vitals.beat(at(32), "loop");
        vitals.beat(at(5), "loop");
        assert_eq!(vitals.silent(at(33)), ["reader"]);
        vitals.leave("reader");
        assert!(vitals.silent(at(34)).is_empty());
        assert_eq!(vitals.n_missed(), 3);
    }
}
