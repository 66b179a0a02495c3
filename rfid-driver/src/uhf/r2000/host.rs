//! The host's side: [`Ask`] to request, answer to [`Reply`].

use std::time::Duration;

use super::request::{
    FAST_SWITCH, FIRMWARE, INVENTORY, MATCH, READ, SESSION_INVENTORY, SET_TEMPORARY_POWER, SET_WORK_ANTENNA,
    WRITE,
};
use super::{Access, Answers, Command, Frame, PUBLIC, Place, Request, Status, Told, answer};
use crate::data::epc::Pc;
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::uhf::{Ask, Capabilities, Filter, MemoryBank, Reply, Sighting, UhfProtocol};

/// An R2000 reader as seen by a host.
///
/// A tag is read and written in two steps: which EPC is meant, then what to do. The first is never left out, though the
/// reader remembers it: one that has started anew would write to every tag. {#r2000.match}
#[derive(Clone, Debug)]
pub struct R2000 {
    waking: Waking,
    by: By,
    step: Step,
    /// Tags of the inventory under way.
    found: Vec<Sighting>,
    /// A read that has failed once though the tag was heard: remembered until it has been done or has failed again.
    failed: Option<Ask>,
}

/// What the reader does while it is probed. There is no command that ends an inventory of many rounds, which a host that
/// has crashed may have left behind; starting anew ends it, and changes nothing that is stored. {#r2000.streaming}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waking {
    Quiet,
    /// It tells tags, and has not answered.
    Streaming,
    /// It was told to start anew.
    Reset,
}

/// By which command tags are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// In session S0, so that each tag is told again the next time.
    Session,
    /// In whichever session the reader takes: for firmware without the other.
    RealTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Matching,
    Accessing,
}

impl R2000 {
    /// A reader that was not asked anything yet.
    pub fn new() -> Self {
        let (by, step) = (By::Session, Step::Matching);
        Self { waking: Waking::Quiet, by, step, found: Vec::new(), failed: None }
    }

    fn probe(&mut self) -> Command {
        let is_streaming = self.waking == Waking::Streaming;
        self.waking = if is_streaming { Waking::Reset } else { Waking::Quiet };
        if is_streaming { Command::Reset } else { Command::Firmware }
    }

    fn accept_probe(&mut self, frame: &Frame<'_>) -> Accepted<Reply> {
        match frame.command {
            FIRMWARE if answer::version(frame.data).is_some() => {
                self.waking = Waking::Quiet;
                Accepted::Reply(Reply::Done)
            }
            INVENTORY | SESSION_INVENTORY | FAST_SWITCH if self.waking == Waking::Quiet => {
                self.waking = Waking::Streaming;
                Accepted::No
            }
            _ => Accepted::No,
        }
    }

    fn accept_inventory(&mut self, frame: &Frame<'_>) -> Accepted<Reply> {
        if ![INVENTORY, SESSION_INVENTORY].contains(&frame.command) {
            return Accepted::No;
        }
        match Told::parse(frame.data) {
            None => Accepted::No,
            Some(Told::Tag(sighting)) => {
                if self.found.len() < MAX_FOUND {
                    self.found.push(sighting);
                }
                Accepted::Part
            }
            Some(Told::End | Told::Error(Status::NO_TAG)) => {
                Accepted::Reply(Reply::Found(std::mem::take(&mut self.found)))
            }
            Some(Told::Error(status)) => {
                let is_unknown = [Status::FAIL, Status::PARAMETER].contains(&status);
                if self.by == By::Session && frame.command == SESSION_INVENTORY && is_unknown {
                    self.by = By::RealTime;
                    return Accepted::Go(bytes(self.inventory()));
                }
                Accepted::Reply(failure(status))
            }
        }
    }

    fn inventory(&self) -> Command {
        match self.by {
            By::Session => Command::SessionInventory { session: 0, target: 0, repeat: 1 },
            By::RealTime => Command::Inventory { repeat: 1 },
        }
    }

    /// The answer to the first or the second step of a command for a tag.
    fn accept_access(&mut self, ask: &Ask, of: &Filter, frame: &Frame<'_>) -> Accepted<Reply> {
        match (self.step, frame.command) {
            (Step::Matching, MATCH) => match answer::status(frame) {
                Some(Status::OK) if is_matched(of) => {
                    self.step = Step::Accessing;
                    let beyond = || Accepted::Reply(refused(Status::PARAMETER));
                    access(ask).map_or_else(beyond, |command| Accepted::Go(bytes(command)))
                }
                // Nothing was sent to a tag yet.
                Some(status) => Accepted::Reply(refused(status)),
                None => Accepted::No,
            },
            (Step::Accessing, READ) if answer::status(frame) == Some(Status::READ) => self.read_again(ask),
            (Step::Accessing, READ | WRITE) => {
                let reply = accessed(ask, of, frame);
                let is_read = matches!(reply, Some(Reply::Words(_)));
                self.failed = self.failed.take().filter(|failed| !(is_read && failed == ask));
                reply.into()
            }
            (Step::Matching | Step::Accessing, _) => Accepted::No,
        }
    }
}

impl R2000 {
    /// The tag was heard but could not be read: by chance, or because it has no such word. No error tells the two apart,
    /// so what fails again is taken for a no. {#r2000.read-error}
    fn read_again(&mut self, ask: &Ask) -> Accepted<Reply> {
        let has_failed = self.failed.take().is_some_and(|failed| failed == *ask);
        match access(ask).filter(|_| !has_failed) {
            Some(command) => {
                self.failed = Some(ask.clone());
                Accepted::Go(bytes(command))
            }
            None => Accepted::Reply(refused(Status::READ)),
        }
    }
}

impl Default for R2000 {
    fn default() -> Self {
        Self::new()
    }
}

impl Protocol for R2000 {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        self.step = Step::Matching;
        self.found.clear();
        bytes(match ask {
            Ask::Probe => self.probe(),
            Ask::Prepare { .. } => Command::SetWorkAntenna { antenna: 0 },
            Ask::Identify => Command::Firmware,
            Ask::Inventory => self.inventory(),
            Ask::Read { of, .. } | Ask::Write { of, .. } => Command::Match { uii: Some(uii(of).to_vec()) },
            Ask::SetPower { centi_dbm } => {
                Command::SetTemporaryPower { dbm: u8::try_from(centi_dbm / 100).unwrap_or(u8::MAX) }
            }
        })
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        let Some(frame) = Frame::parse(frame) else { return Accepted::No };
        match ask {
            Ask::Probe => self.accept_probe(&frame),
            Ask::Prepare { .. } => set(&frame, SET_WORK_ANTENNA).into(),
            Ask::Identify if frame.command == FIRMWARE => identity(&frame).into(),
            Ask::Identify => Accepted::No,
            Ask::Inventory => self.accept_inventory(&frame),
            Ask::Read { of, .. } | Ask::Write { of, .. } => self.accept_access(ask, of, &frame),
            Ask::SetPower { .. } => set(&frame, SET_TEMPORARY_POWER).into(),
        }
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Probe if self.waking == Waking::Streaming => STARTING_TIME,
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::SetPower { .. } => Duration::ZERO,
            Ask::Inventory => INVENTORY_TIME,
            Ask::Read { .. } => TAG_TIME,
            Ask::Write { words, .. } => TAG_TIME + WORD_TIME * u32::try_from(words.len()).unwrap_or(u32::MAX),
        }
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // The next round asks it again, and sooner than a repetition says that the reader is silent.
        !matches!(ask, Ask::Inventory)
    }

    /// Only the frame that ends an inventory was lost.
    fn silence(&mut self, ask: &Ask) -> Option<Reply> {
        let has_heard = matches!(ask, Ask::Inventory) && !self.found.is_empty();
        has_heard.then(|| Reply::Found(std::mem::take(&mut self.found)))
    }
}

impl UhfProtocol for R2000 {
    fn capabilities(&self) -> Capabilities {
        // The one step is the work antenna, of which another host may have left another; the reader does not store it.
        Capabilities { n_prepare: 1, by_tid: false, is_call_slow: false }
    }
}

/// What came of a read or a write.
fn accessed(ask: &Ask, of: &Filter, frame: &Frame<'_>) -> Option<Reply> {
    let is_write = matches!(ask, Ask::Write { .. });
    if frame.command != if is_write { WRITE } else { READ } {
        return None;
    }
    if let Some(status) = answer::status(frame) {
        return Some(failure(status));
    }
    let access = Access::parse(frame.data)?;
    if is_write {
        let (told, status) = access.written()?;
        let reply = if status == Status::OK { Reply::Done } else { failure(status) };
        return is_of(told, ask, uii(of)).then_some(reply);
    }
    let (told, words) = access.words()?;
    let Ask::Read { n, .. } = ask else { return None };
    (told == uii(of) && words.len() == usize::from(*n) * 2).then(|| Reply::Words(words.to_vec()))
}

/// Whether the answer to a write is about the tag that was meant: whether it is told as it was or as it became is not
/// published.
fn is_of(told: &[u8], ask: &Ask, uii: &[u8]) -> bool {
    let Ask::Write { bank: MemoryBank::Epc, word, words, .. } = ask else { return told == uii };
    let written: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let first = usize::from(*word) * 2;
    // From word 0; what stands before the UII does not matter here but for the length that the PC word counts.
    let mut bank = vec![0; UII_AT.max(first + written.len()).max(UII_AT + uii.len())];
    bank.splice(UII_AT..UII_AT + uii.len(), uii.iter().copied());
    bank.splice(first..first + written.len(), written);
    let length = match (*word, words.as_slice()) {
        (0, [_, pc, ..]) | (1, [pc, ..]) => Pc(*pc).n_words() * 2,
        _ => uii.len(),
    };
    let became = bank.get(UII_AT..).unwrap_or_default();
    let n_known = length.min(became.len());
    told == uii || (told.len() == length && told.get(..n_known) == became.get(..n_known))
}

/// The second step of a command for a tag; `None` if one byte cannot tell its first word.
fn access(ask: &Ask) -> Option<Command> {
    match ask {
        Ask::Read { bank, word, n, .. } => {
            let place = Place { bank: *bank, word: u8::try_from(*word).ok()? };
            Some(Command::Read { place, n: *n, password: Some(NO_PASSWORD) })
        }
        Ask::Write { bank, word, words, .. } => {
            let place = Place { bank: *bank, word: u8::try_from(*word).ok()? };
            let data = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            Some(Command::Write { password: NO_PASSWORD, place, data, by_blocks: false })
        }
        Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::Inventory | Ask::SetPower { .. } => None,
    }
}

/// Whether the reader can have matched one tag: a tag that counts no words has nothing to be matched by.
fn is_matched(of: &Filter) -> bool {
    !uii(of).is_empty()
}

/// The EPC to match; nothing for a TID, which is never asked of this family.
fn uii(of: &Filter) -> &[u8] {
    match of {
        Filter::Uii(uii) => uii,
        Filter::Tid(_) => &[],
    }
}

fn identity(frame: &Frame<'_>) -> Option<Reply> {
    match answer::version(frame.data) {
        Some(firmware) => Some(Reply::Reader(Identity { model: MODEL.to_owned(), firmware })),
        None => answer::status(frame).map(refused),
    }
}

fn set(frame: &Frame<'_>, command: u8) -> Option<Reply> {
    let status = answer::status(frame).filter(|_| frame.command == command)?;
    Some(if status == Status::OK { Reply::Done } else { refused(status) })
}

/// An error that is a no leaves the tag as it was; every other may be a lost answer. {#r2000.error}
fn failure(status: Status) -> Reply {
    if status.is_no() { refused(status) } else { Reply::Missing }
}

fn refused(status: Status) -> Reply {
    let is_locked = status == Status::ACCESS;
    Reply::Refused(Refusal { status: status.0, tag: None, block: None, is_locked })
}

fn bytes(command: Command) -> Vec<u8> {
    Request { address: PUBLIC, command }.to_bytes()
}

const MODEL: &str = "R2000 (A0)";
const NO_PASSWORD: [u8; 4] = [0; 4];
/// Where the UII begins in its bank, behind StoredCRC and PC word.
const UII_AT: usize = 4;
/// So many tags of one inventory are kept: more than any pad holds.
const MAX_FOUND: usize = 1024;
/// One round over a stack, and the first tags on the line.
const INVENTORY_TIME: Duration = Duration::from_millis(800);
/// How long a reader takes to start anew.
const STARTING_TIME: Duration = Duration::from_millis(1_300);
/// Singulation and one access.
const TAG_TIME: Duration = Duration::from_millis(100);
/// One word written: the tag may take 20 ms.
const WORD_TIME: Duration = Duration::from_millis(25);
