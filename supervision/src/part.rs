//! The parts of a kiosk, and how each of them is.

use std::collections::VecDeque;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a kiosk is made of: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// the RFID reader
    Reader,
    /// the ledger on the disk
    Ledger,
    /// the way to central
    Central,
    /// the screen
    Screen,
    /// spoken prompts and sounds
    Speech,
    /// the mirror in which books are looked for
    Catalogue,
    /// the receipt printer
    Printer,
    /// the control socket
    Control,
    /// the console in the browser
    Console,
    /// the broker that is told how the kiosk is
    Mqtt,
    /// the return slot
    Slot,
    /// its modules with contacts and relays
    Io,
    /// its reader behind the flap
    Inner,
    /// the supply with a battery
    Ups,
    /// the room and its door
    Room,
    /// the reader of identity cards
    Identity,
    /// the dispenser of library cards, and the reader that writes them
    Cards,
    /// the security gates
    Gate,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has not spoken yet.
    Starting,
    /// It works.
    Up,
    /// It works, and something is wrong with it.
    Degraded,
    /// It does not work, and tries to mend itself.
    Down,
    /// It has ended, and is begun anew.
    Restarting,
    /// This kiosk has none.
    Absent,
}

/// One moment, on both clocks: a machine counts by `now`, and people read `wall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// on the clock that never jumps
    pub now: Instant,
    /// on the clock on the wall
    pub wall: Timestamp,
}

/// A change of a part's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// when
    #[serde(with = "crate::stamp")]
    pub at: Timestamp,
    /// what it became
    pub state: State,
    /// why, or what it says of itself
    pub why: String,
}

/// How a part is, and how it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// the part
    pub part: Part,
    /// how it is
    pub state: State,
    /// since when
    #[serde(with = "crate::stamp")]
    pub since: Timestamp,
    /// why, or what it says of itself
    pub why: String,
    /// how often it was begun anew since the program started
    pub n_restarts: u64,
    /// the changes before, the newest last; at most [`Condition::MAX_HISTORY`]
    pub history: VecDeque<Change>,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::Reader,
        Self::Ledger,
        Self::Central,
        Self::Screen,
        Self::Speech,
        Self::Catalogue,
        Self::Printer,
        Self::Control,
        Self::Console,
        Self::Mqtt,
        Self::Slot,
        Self::Io,
        Self::Inner,
        Self::Ups,
        Self::Room,
        Self::Identity,
        Self::Cards,
        Self::Gate,
    ];

    /// Its name in words of programs: labels, keys, arguments.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Ledger => "ledger",
            Self::Central => "central",
            Self::Screen => "screen",
            Self::Speech => "speech",
            Self::Catalogue => "catalogue",
            Self::Printer => "printer",
            Self::Control => "control",
            Self::Console => "console",
            Self::Mqtt => "mqtt",
            Self::Slot => "slot",
            Self::Io => "io",
            Self::Inner => "inner",
            Self::Ups => "ups",
            Self::Room => "room",
            Self::Identity => "identity",
            Self::Cards => "cards",
            Self::Gate => "gate",
        }
    }

    /// The part of a name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// Its name in Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Reader => "读写器",
            Self::Ledger => "账本",
            Self::Central => "中心",
            Self::Screen => "屏幕",
            Self::Speech => "语音",
            Self::Catalogue => "查书",
            Self::Printer => "打印机",
            Self::Control => "控制口",
            Self::Console => "控制台",
            Self::Mqtt => "遥测",
            Self::Slot => "还书口",
            Self::Io => "输入输出模块",
            Self::Inner => "内侧读写器",
            Self::Ups => "不间断电源",
            Self::Room => "阅览室门禁",
            Self::Identity => "身份证读卡器",
            Self::Cards => "发卡机",
            Self::Gate => "安全门",
        }
    }

    /// Whether nobody can be served without it.
    #[must_use]
    pub const fn is_vital(self) -> bool {
        match self {
            Self::Reader | Self::Ledger | Self::Slot | Self::Io => true,
            Self::Central
            | Self::Screen
            | Self::Speech
            | Self::Catalogue
            | Self::Printer
            | Self::Control
            | Self::Console
            | Self::Mqtt
            | Self::Inner
            | Self::Ups
            | Self::Room
            | Self::Identity
            | Self::Cards
            | Self::Gate => false,
        }
    }
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Starting, Self::Up, Self::Degraded, Self::Down, Self::Restarting, Self::Absent];

    /// Its name in words of programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Restarting => "restarting",
            Self::Absent => "absent",
        }
    }

    /// Its name in Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Starting => "启动中",
            Self::Up => "正常",
            Self::Degraded => "欠佳",
            Self::Down => "故障",
            Self::Restarting => "重启中",
            Self::Absent => "未配",
        }
    }

    /// Whether the part does its work.
    #[must_use]
    pub const fn works(self) -> bool {
        match self {
            Self::Up | Self::Degraded => true,
            Self::Starting | Self::Down | Self::Restarting | Self::Absent => false,
        }
    }
}

impl Condition {
    /// Changes that are remembered.
    pub const MAX_HISTORY: usize = 50;

    /// A part that has not spoken yet.
    #[must_use]
    pub fn new(part: Part, since: Timestamp) -> Self {
        let (why, history) = (String::new(), VecDeque::new());
        Self { part, state: State::Starting, since, why, n_restarts: 0, history }
    }

    /// Takes a new state; `false` if nothing is different. A new reason for the same state is no change of it.
    pub(crate) fn become_(&mut self, at: Timestamp, state: State, why: String) -> bool {
        if self.state == state {
            let is_news = self.why != why;
            self.why = why;
            return is_news;
        }
        let last = Change { at: self.since, state: self.state, why: std::mem::take(&mut self.why) };
        if self.history.len() >= Self::MAX_HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(last);
        (self.state, self.since, self.why) = (state, at, why);
        true
    }
}
