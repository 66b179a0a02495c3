//! The host's side: [`Ask`] to messages, answers to [`Reply`].
//!
//! A reader may hold one ROSpec only (an Impinj Speedway says so), so those of inventories, reads and writes, which run
//! differently long, take turns; each is made when another one was there before. Each message waits for the answer to
//! the one before: not every reader takes several out of one packet. {#llrp.host}
//! ```text
//! Inventory   [DELETE_ROSPEC 0, ADD_ROSPEC, ENABLE_ROSPEC] START_ROSPEC  ─▶ it runs, reports, tells its end
//!             GET_READER_CONFIG                                          ─▶ whose answer comes behind every report
//! Read/Write  [the same] ADD_ACCESSSPEC, ENABLE_ACCESSSPEC, START_ROSPEC ─▶ the result is reported, or its end is told
//!             STOP_ROSPEC, DELETE_ACCESSSPEC                             ─▶ whose answers end the ask
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::{self, Device, Event, Status};
use super::request::{Request, SpecAct};
use super::spec::{Act, Transmitter};
use super::{Answers, Message};
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::uhf::{Ask, Capabilities, Reply, UhfProtocol};

mod access;
mod round;
mod setting;

use access::Access;
use round::Round;

/// An LLRP reader as seen by a host.
#[derive(Clone, Debug)]
pub struct Llrp {
    last_id: u32,
    last_access: u32,
    talk: Talk,
    /// Messages of the ask that wait for the answers before them.
    queue: VecDeque<Vec<u8>>,
    /// The ROSpec that the reader holds.
    loaded: Option<Use>,
    /// How many tags the last inventory has found.
    n_found: usize,
    /// How each antenna transmits, once the power was set. It goes into ROSpecs, which no reader keeps.
    transmitters: Vec<(u16, Transmitter)>,
}

/// What a ROSpec is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Inventory,
    /// An inventory of many tags.
    Survey,
    /// One word of a tag that may have left: see [`Use::duration`].
    Call,
    Read,
    Write,
}

/// What is under way.
#[derive(Clone, Debug)]
enum Talk {
    Nothing,
    /// One message, whose answer is the reply.
    Single {
        id: u32,
    },
    Round(Round),
    Access(Access),
    Power {
        id: u32,
        row: Option<u16>,
    },
}

impl Llrp {
    /// A reader that was not asked anything yet.
    pub fn new() -> Self {
        Self {
            last_id: 0,
            last_access: 0,
            talk: Talk::Nothing,
            queue: VecDeque::new(),
            loaded: None,
            n_found: 0,
            transmitters: Vec::new(),
        }
    }

    /// The bytes of the first request, and the ids of all; the others wait, see [`Self::next`].
    fn send(&mut self, requests: &[Request]) -> (Vec<u8>, Vec<u32>) {
        self.queue.clear();
        let mut ids = Vec::new();
        for request in requests {
            self.last_id = self.last_id.wrapping_add(1).max(1);
            self.queue.push_back(request.to_bytes(self.last_id));
            ids.push(self.last_id);
        }
        (self.queue.pop_front().unwrap_or_default(), ids)
    }

    /// What was waited for has come: the next message.
    fn next(&mut self) -> Accepted<Reply> {
        self.queue.pop_front().map_or(Accepted::Part, Accepted::Go)
    }

    fn single(&mut self, request: Request) -> Vec<u8> {
        let (bytes, ids) = self.send(&[request]);
        self.talk = Talk::Single { id: ids.first().copied().unwrap_or_default() };
        bytes
    }

    /// The requests that make the reader hold the ROSpec of a use, and how many of them may fail.
    fn load(&mut self, r#use: Use) -> (Vec<Request>, usize) {
        if self.loaded == Some(r#use) {
            return (Vec::new(), 0);
        }
        self.loaded = Some(r#use);
        let (id, duration) = (r#use.id(), r#use.duration());
        let delete = Request::RoSpec { act: SpecAct::Delete, id: 0 };
        let enable = Request::RoSpec { act: SpecAct::Enable, id };
        let add = Request::AddRoSpec(round::rospec(id, duration, &self.transmitters));
        (vec![delete, add, enable], 1)
    }

    fn accept_single(&mut self, ask: &Ask, message: &Message<'_>) -> Accepted<Reply> {
        let Some(status) = Status::parse(message) else { return Accepted::No };
        let refused = || Reply::Refused(refusal(status.code));
        let reply = match ask {
            // Nothing was there to be stopped: as good as stopped.
            Ask::Probe => Some(Reply::Done),
            Ask::Identify if status.code == 0 => {
                Device::parse(message).map(|device| Reply::Reader(identity(device)))
            }
            Ask::Prepare { .. } if status.code == 0 => Some(Reply::Done),
            Ask::Identify | Ask::Prepare { .. } => Some(refused()),
            Ask::Inventory | Ask::Read { .. } | Ask::Write { .. } | Ask::SetPower { .. } => None,
        };
        reply.into()
    }
}

impl Default for Llrp {
    fn default() -> Self {
        Self::new()
    }
}

impl Protocol for Llrp {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        if !matches!(self.talk, Talk::Nothing) {
            // What was not answered to the end has left nobody knows what behind.
            self.loaded = None;
        }
        match ask {
            Ask::Probe => {
                self.loaded = None;
                self.single(Request::RoSpec { act: SpecAct::Delete, id: 0 })
            }
            Ask::Prepare { step: 0 } => self.single(Request::AccessSpec { act: SpecAct::Delete, id: 0 }),
            Ask::Prepare { step: _ } => self.single(Request::SetConfig(setting::connection())),
            Ask::Identify => self.single(Request::GetCapabilities { what: 1 }),
            Ask::Inventory => self.round(),
            Ask::Read { of, bank, word, n } => self.access(of, *bank, *word, Act::Read((*n).into())),
            Ask::Write { of, bank, word, words } => self.access(of, *bank, *word, Act::Write(words.clone())),
            Ask::SetPower { .. } => {
                let (bytes, ids) = self.send(&[Request::GetCapabilities { what: 3 }]);
                self.talk = Talk::Power { id: ids.first().copied().unwrap_or_default(), row: None };
                bytes
            }
        }
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        let Some(message) = Message::parse(frame) else { return Accepted::No };
        if let Some(reply) = turned_away(&message) {
            return Accepted::Reply(reply);
        }
        match std::mem::replace(&mut self.talk, Talk::Nothing) {
            Talk::Nothing => Accepted::No,
            Talk::Single { id } if message.id == id && Status::parse(&message).is_some() => {
                self.accept_single(ask, &message)
            }
            talk @ Talk::Single { .. } => {
                self.talk = talk;
                Accepted::No
            }
            Talk::Round(round) => self.accept_round(round, &message),
            Talk::Access(access) => self.accept_access(ask, access, &message),
            Talk::Power { id, row } => self.accept_power(id, row, ask, &message),
        }
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::SetPower { .. } => SETTING_TIME,
            Ask::Inventory => millis(Use::Survey.duration()) + RUN_TIME,
            Ask::Read { .. } => millis(Use::Read.duration()) + RUN_TIME,
            Ask::Write { .. } => millis(Use::Write.duration()) + RUN_TIME,
        }
    }

    fn is_repeatable(&self, _ask: &Ask) -> bool {
        // Over TCP nothing is lost that a repetition would bring back.
        false
    }

    fn quiet(&self, _ask: &Ask) -> Option<Duration> {
        match &self.talk {
            Talk::Access(access) if access.has_parted => Some(STOPPING_TIME),
            Talk::Nothing | Talk::Single { .. } | Talk::Round(_) | Talk::Access(_) | Talk::Power { .. } => {
                None
            }
        }
    }

    fn silence(&mut self, _ask: &Ask) -> Option<Reply> {
        match std::mem::replace(&mut self.talk, Talk::Nothing) {
            // The end of a ROSpec that was stopped is not told by every reader.
            Talk::Access(access) if access.has_parted => Some(access.outcome.unwrap_or(Reply::Missing)),
            talk @ (Talk::Nothing
            | Talk::Single { .. }
            | Talk::Round(_)
            | Talk::Access(_)
            | Talk::Power { .. }) => {
                self.talk = talk;
                None
            }
        }
    }

    fn unasked(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let message = Message::parse(frame)?;
        (message.kind == answer::KEEPALIVE).then(|| answer::bare(answer::KEEPALIVE_ACK, message.id))
    }
}

impl UhfProtocol for Llrp {
    fn capabilities(&self) -> Capabilities {
        Capabilities { n_prepare: 2, by_tid: true, is_call_slow: true }
    }
}

impl Use {
    fn id(self) -> u32 {
        match self {
            Self::Inventory => 1,
            Self::Read => 2,
            Self::Write => 3,
            Self::Call => 4,
            Self::Survey => 5,
        }
    }

    /// In milliseconds. Several inventories must miss a tag until it is known to have left, so that they are short as long
    /// as few tags are there: at 219 tags a second, ten are heard within that. An access is stopped when it is done, so
    /// that only a tag that is not there costs all of it.
    fn duration(self) -> u32 {
        match self {
            Self::Call => 40,
            Self::Inventory => 50,
            Self::Survey | Self::Read => 100,
            Self::Write => 400,
        }
    }
}

/// A number of an LLRPStatus in one byte: its hundreds and what is above them, 401 as 41. {#llrp.status}
fn refusal(code: u16) -> Refusal {
    let status = u8::try_from(((code / 100) << 4) | (code % 100).min(15)).unwrap_or(u8::MAX);
    Refusal { status, tag: None, block: None, is_locked: false }
}

/// A connection on which the reader says that it serves another host.
fn turned_away(message: &Message<'_>) -> Option<Reply> {
    let status = Event::parse(message)?.connection?;
    // 4 only tells that somebody else has tried.
    (1..=3).contains(&status).then(|| Reply::Refused(Refusal { status: TURNED_AWAY, ..refusal(0) }))
}

fn is_end(message: &Message<'_>, of: Use) -> bool {
    Event::parse(message)
        .and_then(|event| event.rospec)
        .is_some_and(|(event, id)| event != 0 && id == of.id())
}

fn is_of(rospec: Option<u32>, of: Use) -> bool {
    rospec.is_none_or(|id| id == of.id())
}

fn identity(device: Device) -> Identity {
    let maker = match device.maker {
        IMPINJ => "Impinj".to_owned(),
        maker => format!("LLRP maker {maker}"),
    };
    Identity { model: format!("{maker} model {}", device.model), firmware: device.firmware }
}

fn millis(duration: u32) -> Duration {
    Duration::from_millis(duration.into())
}

/// More tags than so many are many.
const FEW_TAGS: usize = 10;
/// The status of a refusal by a reader that serves another host. No number of an LLRPStatus becomes it.
const TURNED_AWAY: u8 = 0xFE;
const IMPINJ: u32 = 25_882;
const ALL_ANTENNAS: u16 = 0;
/// A reader that has just started may take its time over a setting.
const SETTING_TIME: Duration = Duration::from_secs(2);
/// Beyond the run itself.
const RUN_TIME: Duration = Duration::from_millis(500);
/// From the answer to STOP_ROSPEC to the end of the ROSpec.
const STOPPING_TIME: Duration = Duration::from_millis(100);
