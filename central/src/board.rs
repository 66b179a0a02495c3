//! What a kiosk's last heart-beat means: is it well, and if not, what has to be done? Pure.
//!
//! | alarm | when |
//! |---|---|
//! | never seen | it has a secret, and was never heard of |
//! | silent | no heart-beat for five minutes |
//! | part | a part fails, or wants attention; since when |
//! | parked | transactions wait for staff |
//! | queue | more than 100 wait for central, or one for more than an hour |
//! | clock | its clock is more than two minutes off |

use jiff::SignedDuration;
use jiff::civil::DateTime;
use sync_client::kiosk_api::heartbeat::Condition;

use crate::store::fleet::{Kiosk, KioskPart};

/// What has to be seen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// it was never heard of
    NeverSeen,
    /// not heard of since
    Silent(DateTime),
    /// a part fails, or wants attention
    Part(KioskPart),
    /// so many transactions wait for staff
    Parked(u32),
    /// so many transactions wait for central, the oldest since
    Queue(u32, Option<DateTime>),
    /// its clock is so many seconds ahead
    Clock(i64),
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// nothing to do
    Well,
    /// to be seen to today
    Attention,
    /// readers are not served
    Bad,
}

impl Alarm {
    /// How bad it is.
    #[must_use]
    pub const fn grade(&self) -> Grade {
        match self {
            Self::Silent(_) => Grade::Bad,
            Self::Part(part) if matches!(part.state, Condition::Fails) => Grade::Bad,
            Self::NeverSeen | Self::Part(_) | Self::Parked(_) | Self::Queue(..) | Self::Clock(_) => {
                Grade::Attention
            }
        }
    }
}

/// All alarms of a kiosk, the worst first.
#[must_use]
pub fn alarms(kiosk: &Kiosk, now: DateTime) -> Vec<Alarm> {
    let Some(seen_at) = kiosk.seen_at else { return vec![Alarm::NeverSeen] };
    let mut all = Vec::new();
    if now.duration_since(seen_at) >= SILENT {
        all.push(Alarm::Silent(seen_at));
    }
    let is_ill = |part: &&KioskPart| matches!(part.state, Condition::Fails | Condition::Attention);
    all.extend(kiosk.parts.iter().filter(is_ill).cloned().map(Alarm::Part));
    if kiosk.n_parked > 0 {
        all.push(Alarm::Parked(kiosk.n_parked));
    }
    let is_old = kiosk.oldest_at.is_some_and(|oldest| now.duration_since(oldest) >= OLD);
    if kiosk.n_waiting > MANY || (kiosk.n_waiting > 0 && is_old) {
        all.push(Alarm::Queue(kiosk.n_waiting, kiosk.oldest_at));
    }
    if kiosk.ahead_s.abs() > OFF_S {
        all.push(Alarm::Clock(kiosk.ahead_s));
    }
    all.sort_by_key(|alarm| core::cmp::Reverse(alarm.grade()));
    all
}

/// How bad the worst of them is.
#[must_use]
pub fn grade(alarms: &[Alarm]) -> Grade {
    alarms.iter().map(Alarm::grade).max().unwrap_or(Grade::Well)
}

const SILENT: SignedDuration = SignedDuration::from_mins(5);
const OLD: SignedDuration = SignedDuration::from_hours(1);
const MANY: u32 = 100;
const OFF_S: i64 = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    const NOW: DateTime = datetime(2026, 11, 23, 9, 30, 0, 0);

    fn before(minutes: i64) -> DateTime {
        NOW.saturating_sub(SignedDuration::from_mins(minutes))
    }

    fn well() -> Kiosk {
        Kiosk {
            kiosk: "kiosk-1".into(),
            branch: None,
            is_admitted: true,
            seen_at: Some(before(1)),
            version: String::new(),
            n_waiting: 0,
            n_parked: 0,
            oldest_at: None,
            ahead_s: 0,
            parts: vec![part(Condition::Works), part(Condition::Absent)],
        }
    }

    fn part(state: Condition) -> KioskPart {
        KioskPart { part: "printer".into(), state, detail: String::new(), since: before(9) }
    }

    #[test]
    fn each_trouble_has_its_alarm() {
        let rows: Vec<(Kiosk, Vec<Alarm>, Grade)> = vec![
            (well(), vec![], Grade::Well),
            (Kiosk { seen_at: None, ..well() }, vec![Alarm::NeverSeen], Grade::Attention),
            (Kiosk { seen_at: Some(before(4)), ..well() }, vec![], Grade::Well),
            (Kiosk { seen_at: Some(before(5)), ..well() }, vec![Alarm::Silent(before(5))], Grade::Bad),
            (Kiosk { n_waiting: 100, oldest_at: Some(before(59)), ..well() }, vec![], Grade::Well),
            (
                Kiosk { n_waiting: 1, oldest_at: Some(before(60)), ..well() },
                vec![Alarm::Queue(1, Some(before(60)))],
                Grade::Attention,
            ),
            (Kiosk { n_waiting: 101, ..well() }, vec![Alarm::Queue(101, None)], Grade::Attention),
            (Kiosk { ahead_s: -121, ..well() }, vec![Alarm::Clock(-121)], Grade::Attention),
            (
                Kiosk {
                    n_parked: 2,
                    parts: vec![part(Condition::Attention), part(Condition::Fails)],
                    ..well()
                },
                vec![
                    Alarm::Part(part(Condition::Fails)),
                    Alarm::Part(part(Condition::Attention)),
                    Alarm::Parked(2),
                ],
                Grade::Bad,
            ),
        ];
        for (kiosk, expected, how_bad) in rows {
            let found = alarms(&kiosk, NOW);
            assert_eq!(found, expected);
            assert_eq!(grade(&found), how_bad);
        }
    }
}
