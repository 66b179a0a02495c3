//! Alarms: raised and cleared by a key, never twice for one trouble, kept over a restart. Pure: time comes in.
//!
//! ```text
//!  clear ──holds──▶ doubted ──patience──▶ standing ──gone──▶ easing ──CALM──▶ cleared, kept among the past ones
//!     ▲               │ gone                  ▲                │ holds
//!     └───────────────┘                       └────────────────┘
//! ```
//! An alarm says what is wrong, since when, and what to do about it, in Chinese and in English.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::board::{Board, Configuration};
use crate::part::{Moment, Part, State};

/// What an alarm is about; there is at most one for each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// a part does not work
    Part(Part),
    /// transactions wait for staff
    Parked,
    /// the disk is nearly full
    Disk,
    /// a task does nothing any more
    Hung,
    /// staff took the machine out of service
    OutOfService,
    /// the configuration's file was not taken over
    Refused,
    /// a part of the configuration's file counts only after a restart
    Restart,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// to be known
    Info,
    /// somebody should look today
    Warning,
    /// nobody can be served
    Critical,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// what it is about, as `part.reader`
    pub key: String,
    /// how bad it is
    pub severity: Severity,
    /// what is wrong, in the part's own words; never of a patron or an item
    pub why: String,
    /// since when
    #[serde(with = "crate::stamp")]
    pub since: Timestamp,
    /// until when; nothing while it stands
    #[serde(default, with = "crate::stamp::option", skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What is known of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// how bad it is
    pub severity: Severity,
    /// what is wrong
    pub why: String,
}

/// What became of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// It stands from now on.
    Raised(Alarm),
    /// It is over.
    Cleared(Alarm),
}

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Alarms {
    doubted: BTreeMap<Key, Doubt>,
    standing: BTreeMap<String, Standing>,
    past: VecDeque<Alarm>,
}

#[derive(Debug, Clone)]
struct Doubt {
    since: Moment,
    trouble: Trouble,
}

#[derive(Debug, Clone)]
struct Standing {
    alarm: Alarm,
    /// since when the trouble is gone
    gone: Option<Instant>,
}

/// What is kept over a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// those that stand
    pub standing: Vec<Alarm>,
    /// those that are over, the newest last
    pub past: Vec<Alarm>,
}

impl Key {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Parked, Self::Disk, Self::Hung, Self::OutOfService, Self::Refused, Self::Restart];
        Part::ALL.into_iter().map(Self::Part).chain(others)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Part(part) => format!("part.{}", part.word()),
            Self::Parked => "queue.parked".to_owned(),
            Self::Disk => "disk.space".to_owned(),
            Self::Hung => "task.hung".to_owned(),
            Self::OutOfService => "service.out".to_owned(),
            Self::Refused => "config.refused".to_owned(),
            Self::Restart => "config.restart".to_owned(),
        }
    }

    /// How long a trouble has to last before it is told.
    const fn patience(self) -> Duration {
        match self {
            // A cable that is moved, a server that is begun anew.
            Self::Part(Part::Central | Part::Mqtt) => Duration::from_secs(120),
            Self::Part(_) => Duration::from_secs(20),
            Self::Parked | Self::Disk | Self::Hung | Self::OutOfService | Self::Refused | Self::Restart => {
                Duration::ZERO
            }
        }
    }
}

impl Alarms {
    /// Alarms as they were before a restart.
    #[must_use]
    pub fn restored(kept: Kept) -> Self {
        let known: Vec<String> = Key::all().map(Key::word).collect();
        let standing = kept.standing.into_iter().filter(|alarm| known.contains(&alarm.key));
        let standing = standing.map(|alarm| (alarm.key.clone(), Standing { alarm, gone: None })).collect();
        let n_past = kept.past.len();
        let past = kept.past.into_iter().skip(n_past.saturating_sub(MAX_PAST)).collect();
        Self { doubted: BTreeMap::new(), standing, past }
    }

    /// What is to be kept over a restart.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept { standing: self.standing().cloned().collect(), past: self.past.iter().cloned().collect() }
    }

    /// The alarms that stand, by key.
    pub fn standing(&self) -> impl Iterator<Item = &Alarm> {
        self.standing.values().map(|standing| &standing.alarm)
    }

    /// Takes what is known of every key now; of a key that nothing is known of nothing changes.
    pub fn handle(&mut self, at: Moment, known: &[(Key, Option<Trouble>)], out: &mut Vec<Output>) {
        for (key, trouble) in known {
            match trouble {
                Some(trouble) => self.holds(at, *key, trouble),
                None => self.is_gone(at, *key, out),
            }
        }
        let is_due = |key: &Key, doubt: &Doubt| doubt.since.now + key.patience() <= at.now;
        let due: Vec<Key> =
            self.doubted.iter().filter(|(key, doubt)| is_due(key, doubt)).map(|(key, _)| *key).collect();
        for key in due {
            let Some(Doubt { since, trouble }) = self.doubted.remove(&key) else { continue };
            let alarm = Alarm {
                key: key.word(),
                severity: trouble.severity,
                why: trouble.why,
                since: since.wall,
                until: None,
            };
            out.push(Output::Raised(alarm.clone()));
            self.standing.insert(alarm.key.clone(), Standing { alarm, gone: None });
        }
    }

    /// When [`Alarms::handle`] may have something to say, whatever is known then.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let doubted = self.doubted.iter().map(|(key, doubt)| doubt.since.now + key.patience());
        let easing = self.standing.values().filter_map(|standing| Some(standing.gone? + CALM));
        doubted.chain(easing).min()
    }

    fn holds(&mut self, at: Moment, key: Key, trouble: &Trouble) {
        if let Some(standing) = self.standing.get_mut(&key.word()) {
            standing.gone = None;
            standing.alarm.severity = trouble.severity;
            standing.alarm.why.clone_from(&trouble.why);
            return;
        }
        let doubt = self.doubted.entry(key).or_insert_with(|| Doubt { since: at, trouble: trouble.clone() });
        doubt.trouble = trouble.clone();
    }

    fn is_gone(&mut self, at: Moment, key: Key, out: &mut Vec<Output>) {
        self.doubted.remove(&key);
        let word = key.word();
        let Some(standing) = self.standing.get_mut(&word) else { return };
        let since = *standing.gone.get_or_insert(at.now);
        if since + CALM > at.now {
            return;
        }
        if let Some(Standing { mut alarm, .. }) = self.standing.remove(&word) {
            alarm.until = Some(at.wall);
            if self.past.len() >= MAX_PAST {
                self.past.pop_front();
            }
            self.past.push_back(alarm.clone());
            out.push(Output::Cleared(alarm));
        }
    }
}

impl Alarm {
    /// What it is about, in one line of Chinese.
    #[must_use]
    pub fn title(&self) -> String {
        match self.key.strip_prefix("part.").and_then(Part::named) {
            Some(part) => format!("{}不能工作", part.chinese()),
            None => match self.key.as_str() {
                "queue.parked" => "有记录等待工作人员处理",
                "disk.space" => "磁盘将满",
                "task.hung" => "程序的一部分停住了",
                "service.out" => "本机已停止服务",
                "config.refused" => "设置文件有误，仍用原设置",
                "config.restart" => "有设置要重启后才生效",
                other => other,
            }
            .to_owned(),
        }
    }

    /// What to do about it: in Chinese, and in English.
    #[must_use]
    pub fn what_to_do(&self) -> (&'static str, &'static str) {
        match self.key.as_str() {
            "part.reader" => (
                "检查读写器的电源和数据线；kioskctl reader probe 可查明协议和波特率",
                "check the reader's power and cable; kioskctl reader probe finds its protocol and speed",
            ),
            "part.ledger" | "disk.space" => (
                "腾出磁盘空间，检查磁盘是否只读或损坏；数据目录在 kiosk.data_dir",
                "free space, and see whether the disk is read-only or damaged; the folder is kiosk.data_dir",
            ),
            "part.central" => (
                "检查网络和中心服务器；其间还书照收、恢复后补报",
                "check the network and the central server; returns are taken meanwhile, and told later",
            ),
            "part.screen" => (
                "检查显示器和图形会话；journalctl -u yueting 有原因",
                "check the display and its session; journalctl -u yueting tells the cause",
            ),
            "part.speech" => (
                "检查 espeak-ng 或 speech-dispatcher 及声卡；其余功能不受影响",
                "check espeak-ng or speech-dispatcher and the sound card; all else works",
            ),
            "part.catalogue" => (
                "本地书目副本损坏时会自动重新获取；检查磁盘空间",
                "a damaged mirror is fetched again by itself; check the space on the disk",
            ),
            "part.printer" => (
                "装纸、合盖、检查电源和数据线；其间不打印凭条，读者可扫码",
                "fill in paper, close the cover, check power and cable; receipts are offered as a code meanwhile",
            ),
            "part.control" | "part.console" => (
                "检查地址、端口和证书文件；不影响读者借还",
                "check address, port and certificate; patrons are served all the same",
            ),
            "part.mqtt" => (
                "检查 MQTT 服务器及 [mqtt] 设置；不影响读者借还",
                "check the broker, and [mqtt] in the configuration; patrons are served all the same",
            ),
            "part.slot" => (
                "看原因；打开检修门取出卡住的图书，满箱请换；修好后在控制台恢复服务",
                "see why; open the service door and take out what sticks, change full bins; then put it back into service",
            ),
            "part.io" => (
                "检查输入输出模块的电源、接线和站号；其间还书口全部停住",
                "check the module's power, cable and number on the line; the slot stands still meanwhile",
            ),
            "part.inner" => (
                "检查翻板后读写器的电源和数据线；其间所还图书入例外箱",
                "check power and cable of the reader behind the flap; returns go to the exception bin meanwhile",
            ),
            "part.ups" => (
                "停电时查供电；无应答时检查 NUT 服务和电源的数据线；电池老化请更换",
                "see to the mains; if it does not answer, to the NUT server and the supply's cable; replace an old battery",
            ),
            "part.room" => (
                "看原因：关门、查看室内是否有人被困或尾随；读卡、模块无应答时查电源和接线",
                "see why: shut the door, see who is inside; if cards are not read or a module is silent, check power and cables",
            ),
            "part.identity" => (
                "检查身份证读卡器的电源和数据线；其间不能办证",
                "check power and cable of the identity card reader; no library card is made meanwhile",
            ),
            "part.cards" => (
                "添加空白卡、清空废卡箱、取出卡住的卡；检查发卡机和写卡器的电源和数据线；其间可办手机证",
                "fill the stack, empty the bin, free a stuck card; check power and cables of dispenser and writer; cards go on phones meanwhile",
            ),
            "part.gate" => (
                "看原因：所述图书请到门口核实；无应答时检查适配程序、地址和网线",
                "see why: look at the item at the gate; if nothing is heard, check the adapter, its address and its cable",
            ),
            "queue.parked" => (
                "kioskctl queue list --parked 列出，核实后 retry 或 settle",
                "kioskctl queue list --parked shows them: look, then retry or settle each",
            ),
            "task.hung" => (
                "看门狗会重启程序；若再次出现，请取支持包并联系开发者",
                "the watchdog begins the program anew; if it comes back, take a support bundle and tell the developers",
            ),
            "service.out" => (
                "在控制台或工作人员页面恢复服务",
                "put it back into service on the console or at the staff's corner",
            ),
            "config.refused" => (
                "按所示行改正文件，再 systemctl reload yueting-kiosk；或 kioskctl config restore 恢复",
                "mend the file at the line that is named, then systemctl reload yueting-kiosk; or kioskctl config restore",
            ),
            "config.restart" => (
                "在无人使用时 systemctl restart yueting-kiosk",
                "systemctl restart yueting-kiosk, at a time when nobody uses the machine",
            ),
            _ => ("查看日志", "see the log"),
        }
    }
}

/// What a board says of every key that it knows of.
#[must_use]
pub fn known(board: &Board) -> Vec<(Key, Option<Trouble>)> {
    let mut known: Vec<(Key, Option<Trouble>)> = board
        .parts
        .iter()
        .filter_map(|condition| {
            let severity = if condition.part.is_vital() { Severity::Critical } else { Severity::Warning };
            let trouble = |severity| Some(Trouble { severity, why: condition.why.clone() });
            let trouble = match condition.state {
                // Nothing is known yet.
                State::Starting => return None,
                State::Up | State::Absent => None,
                State::Degraded => trouble(Severity::Warning),
                State::Down | State::Restarting => trouble(severity),
            };
            Some((Key::Part(condition.part), trouble))
        })
        .collect();
    let when = |holds: bool, severity, why: String| holds.then_some(Trouble { severity, why });
    if let Some(queue) = &board.queue {
        let why = format!("{} transactions wait for staff", queue.parked);
        known.push((Key::Parked, when(queue.parked > 0, Severity::Warning, why)));
    }
    if let Some(free) = board.disk_free {
        let why = format!("{} MB free", free >> 20);
        let severity = if free < DISK_FULL { Severity::Critical } else { Severity::Warning };
        known.push((Key::Disk, when(free < DISK_LOW, severity, why)));
    }
    let silent = board.silent.join(", ");
    known.push((Key::Hung, when(!board.silent.is_empty(), Severity::Critical, silent)));
    known.push((Key::OutOfService, when(board.out_of_service, Severity::Info, String::new())));
    let Configuration { refused, restart, .. } = &board.configuration;
    let why = refused.clone().unwrap_or_default();
    known.push((Key::Refused, when(refused.is_some(), Severity::Warning, why)));
    known.push((Key::Restart, when(!restart.is_empty(), Severity::Info, restart.join(", "))));
    known
}

/// How long a trouble has to be gone.
const CALM: Duration = Duration::from_secs(10);
/// Alarms that are over and still told.
const MAX_PAST: usize = 100;
/// Room on the disk that is little, and that is none: the ledger, its log and the mirror's next copy.
const DISK_LOW: u64 = 512 << 20;
const DISK_FULL: u64 = 32 << 20;

#[cfg(test)]
mod tests;
