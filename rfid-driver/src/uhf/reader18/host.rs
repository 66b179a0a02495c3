//! The host's side: [`Ask`] to request, answer to [`Reply`].

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::{self, REPORT};
use super::request::{INFORMATION, INVENTORY, MAX_EPC_WORDS, READ, SET_POWER, WRITE};
use super::{
    Aim, Answer, Answers, BROADCAST, Command, Heard, Information, Kind, Mask, Place, Request, Rounds, Status,
    TagError,
};
use crate::data::epc::Pc;
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::uhf::{Ask, Capabilities, Epc, Filter, MemoryBank, Reply, Sighting, UhfProtocol};

/// A UHFReader18 or UHFReader288 as seen by a host: which, its answer to the probe tells.
///
/// An inventory does not tell PC words, in which a tag's security may be. So a tag that was not heard in the last rounds
/// is asked for its own within the inventory; one that does not answer that is left out, as if it had not been heard. Of
/// those that are known one in each inventory is asked again, in turn: another reader may write them. {#reader18.pc}
///
/// Nothing that the reader stores is ever changed, its work mode neither: a reader that was set to tell tags by itself
/// refuses every inventory with the status EE. {#reader18.reports}
#[derive(Clone, Debug)]
pub struct Reader18 {
    kind: Kind,
    scan_time: u8,
    phase: Phase,
    /// The tags of the inventory under way.
    heard: Vec<Heard>,
    known: Vec<Known>,
    /// It tells tags by itself.
    is_reporting: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Tags are told.
    Counting,
    /// The first of these is asked for its PC word.
    AskingPc { unknown: VecDeque<Box<[u8]>> },
}

/// The PC word of a tag.
#[derive(Clone, Debug)]
struct Known {
    uii: Box<[u8]>,
    pc: Pc,
    /// In how many inventories it was not heard.
    unheard: u8,
}

impl Reader18 {
    /// A reader that was not asked anything yet.
    pub fn new() -> Self {
        Self {
            kind: Kind::Single,
            scan_time: LONGEST_UNTOLD,
            phase: Phase::Counting,
            heard: Vec::new(),
            known: Vec::new(),
            is_reporting: false,
        }
    }

    fn learn(&mut self, answer: &Answer<'_>) -> Option<Information> {
        let information = Information::parse(answer.data)?;
        self.kind = information.kind();
        self.scan_time = information.scan_time;
        Some(information)
    }

    fn inventory(&self) -> Command {
        let rounds = match self.kind {
            Kind::Single => None,
            Kind::Multiple => {
                let course = Some([TARGET_A, FIRST_ANTENNA, SCAN_TIME]);
                Some(Rounds { q: Q, session: S0, mask: None, course })
            }
        };
        Command::Inventory { rounds }
    }

    /// A frame of the answer to an inventory, or to the question for a PC word within it.
    fn accept_inventory(&mut self, answer: &Answer<'_>) -> Accepted<Reply> {
        match (&mut self.phase, answer.command) {
            (Phase::Counting, INVENTORY) => self.count(answer),
            (Phase::AskingPc { unknown }, READ) => {
                if let Some(uii) = unknown.pop_front()
                    && let Some(pc) = pc_of(&uii, answer)
                {
                    self.known.retain(|known| known.uii != uii);
                    self.known.push(Known { uii, pc, unheard: 0 });
                }
                self.next_pc()
            }
            (Phase::Counting | Phase::AskingPc { .. }, _) => Accepted::No,
        }
    }

    fn count(&mut self, answer: &Answer<'_>) -> Accepted<Reply> {
        match answer.status {
            Status::FINISHED | Status::TIMEOUT | Status::FULL | Status::MORE => {
                let Some(heard) = answer::heard(self.kind, answer.data) else { return Accepted::No };
                self.heard.extend(heard);
                self.heard.truncate(MAX_HEARD);
                if answer.status == Status::MORE { Accepted::Part } else { self.look_up() }
            }
            Status::NO_TAG => self.look_up(),
            Status::STATISTIC => Accepted::No,
            status => Accepted::Reply(failure(status, None)),
        }
    }

    /// All tags are told: forgets the PC words of those that are gone, and asks for those that are not known.
    fn look_up(&mut self) -> Accepted<Reply> {
        for known in &mut self.known {
            let is_heard = self.heard.iter().any(|heard| heard.uii == known.uii);
            known.unheard = if is_heard { 0 } else { known.unheard + 1 };
        }
        self.known.retain(|known| known.unheard < FORGOTTEN);
        let oldest = self.oldest();
        let mut unknown: VecDeque<Box<[u8]>> = VecDeque::new();
        for Heard { uii, .. } in &self.heard {
            if !uii.is_empty() && self.pc(uii).is_none() && !unknown.contains(uii) {
                unknown.push_back(uii.clone());
            }
        }
        // Last, so that a lost answer costs only this.
        unknown.extend(oldest);
        self.phase = Phase::AskingPc { unknown };
        self.next_pc()
    }

    /// The tag that is on the pad and was asked the longest ago, which is now the last to be asked again.
    fn oldest(&mut self) -> Option<Box<[u8]>> {
        let at = self.known.iter().position(|known| known.unheard == 0)?;
        let known = self.known.remove(at);
        let uii = known.uii.clone();
        self.known.push(known);
        Some(uii)
    }

    fn next_pc(&mut self) -> Accepted<Reply> {
        let Phase::AskingPc { unknown } = &self.phase else { return Accepted::No };
        let aim = unknown.front().map(|uii| by_epc(uii));
        aim.map_or_else(
            || Accepted::Reply(self.found()),
            |aim| Accepted::Go(bytes(read(aim, MemoryBank::Epc, PC_WORD, 1))),
        )
    }

    fn found(&mut self) -> Reply {
        let heard = std::mem::take(&mut self.heard);
        let sighting = |Heard { uii, antenna, .. }: Heard| {
            // A tag that tells no words counts none.
            let pc = if uii.is_empty() { Some(Pc(0)) } else { self.pc(&uii) };
            pc.map(|pc| Sighting { epc: Epc::new(pc, &uii), rssi: None, antenna })
        };
        Reply::Found(heard.into_iter().filter_map(sighting).collect())
    }

    fn pc(&self, uii: &[u8]) -> Option<Pc> {
        self.known.iter().find(|known| *known.uii == *uii).map(|known| known.pc)
    }

    /// The request for a tag; `None` if this reader cannot address it.
    fn access(&self, ask: &Ask) -> Option<Command> {
        match ask {
            Ask::Read { of, bank, word, n } => {
                Some(read(self.aim(of)?, *bank, u8::try_from(*word).ok()?, *n))
            }
            Ask::Write { of, bank, word, words } => {
                let place = Place { bank: *bank, word: u8::try_from(*word).ok()? };
                let data = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                Some(Command::Write { aim: self.aim(of)?, place, data, password: NO_PASSWORD })
            }
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::Inventory | Ask::SetPower { .. } => None,
        }
    }

    /// Never at whichever tag hears it: an empty EPC would be that.
    fn aim(&self, of: &Filter) -> Option<Aim> {
        match (of, self.kind) {
            (Filter::Uii(uii), _) => (!uii.is_empty()).then(|| by_epc(uii)),
            (Filter::Tid(tid), Kind::Multiple) => Mask::bytes(MemoryBank::Tid, tid.bytes()).map(Aim::Mask),
            (Filter::Tid(_), Kind::Single) => None,
        }
    }

    /// What was written may be a PC word.
    fn forget(&mut self, ask: &Ask) {
        match ask {
            Ask::Write { of: Filter::Uii(uii), bank: MemoryBank::Epc, .. } => {
                self.known.retain(|known| known.uii != *uii);
            }
            Ask::Write { of: Filter::Tid(_), bank: MemoryBank::Epc, .. } => self.known.clear(),
            Ask::Probe => self.known.clear(),
            Ask::Prepare { .. }
            | Ask::Identify
            | Ask::Inventory
            | Ask::Read { .. }
            | Ask::Write { .. }
            | Ask::SetPower { .. } => {}
        }
    }
}

impl Default for Reader18 {
    fn default() -> Self {
        Self::new()
    }
}

impl Protocol for Reader18 {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        self.phase = Phase::Counting;
        self.heard.clear();
        self.is_reporting = false;
        self.forget(ask);
        bytes(match ask {
            // Nothing has to be set: never asked, see its capabilities.
            Ask::Probe | Ask::Identify | Ask::Prepare { .. } => Command::Information,
            Ask::Inventory => self.inventory(),
            // A tag that cannot be addressed is refused, once the reader has shown that it is there.
            Ask::Read { .. } | Ask::Write { .. } => self.access(ask).unwrap_or(Command::Information),
            Ask::SetPower { centi_dbm } => {
                Command::SetPower { dbm: u8::try_from(centi_dbm / 100).unwrap_or(u8::MAX) }
            }
        })
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        let Some(answer) = Answer::parse(frame) else { return Accepted::No };
        self.is_reporting |= answer.command == REPORT;
        let status = answer.status;
        match (ask, answer.command) {
            (Ask::Probe | Ask::Identify | Ask::Prepare { .. }, INFORMATION) => {
                self.accept_information(ask, &answer).into()
            }
            (Ask::Inventory, _) => self.accept_inventory(&answer),
            (Ask::Read { .. } | Ask::Write { .. }, INFORMATION) if self.access(ask).is_none() => {
                Accepted::Reply(failure(Status::PARAMETER, None))
            }
            (Ask::Read { n, .. }, READ) if status == Status::OK => {
                let is_whole = answer.data.len() == usize::from(*n) * 2;
                is_whole.then(|| Reply::Words(answer.data.to_vec())).into()
            }
            (Ask::Write { .. }, WRITE) if status == Status::OK => {
                answer.data.is_empty().then_some(Reply::Done).into()
            }
            (Ask::SetPower { .. }, SET_POWER) if status == Status::OK => Accepted::Reply(Reply::Done),
            (Ask::Read { .. }, READ) | (Ask::Write { .. }, WRITE) => {
                Accepted::Reply(tag_failure(ask, &answer))
            }
            (Ask::SetPower { .. }, SET_POWER) => Accepted::Reply(failure(status, None)),
            (
                Ask::Probe
                | Ask::Identify
                | Ask::Prepare { .. }
                | Ask::Read { .. }
                | Ask::Write { .. }
                | Ask::SetPower { .. },
                _,
            ) => Accepted::No,
        }
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Inventory => match self.kind {
                Kind::Single => SCAN_STEP * u32::from(self.scan_time) + SCAN_EXCESS,
                Kind::Multiple => SCAN_STEP * u32::from(SCAN_TIME) + SCAN_EXCESS,
            },
            Ask::Read { .. } => TAG_TIME,
            Ask::Write { words, .. } => TAG_TIME + WORD_TIME * u32::try_from(words.len()).unwrap_or(u32::MAX),
            // A reader that is still counting for a host that has crashed hears nothing meanwhile.
            Ask::Probe => SCAN_STEP * u32::from(SCAN_TIME),
            Ask::Prepare { .. } | Ask::Identify | Ask::SetPower { .. } => Duration::ZERO,
        }
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // The next round asks it again, and sooner than a repetition says that the reader is silent.
        !matches!(ask, Ask::Inventory)
    }

    fn silence(&mut self, ask: &Ask) -> Option<Reply> {
        if !matches!(ask, Ask::Inventory) {
            return None;
        }
        if self.is_reporting {
            return Some(refused(REPORT, None));
        }
        // The last frame was lost, or a tag's PC word: what is known is told.
        (!self.heard.is_empty()).then(|| self.found())
    }
}

impl Reader18 {
    fn accept_information(&mut self, ask: &Ask, answer: &Answer<'_>) -> Option<Reply> {
        if answer.status != Status::OK {
            return Some(failure(answer.status, None));
        }
        let information = self.learn(answer)?;
        let (major, minor) = information.version;
        let identity = Identity { model: information.name(), firmware: format!("{major}.{minor}") };
        Some(if matches!(ask, Ask::Identify) { Reply::Reader(identity) } else { Reply::Done })
    }
}

impl UhfProtocol for Reader18 {
    /// Right once the reader has answered the probe.
    fn capabilities(&self) -> Capabilities {
        Capabilities { n_prepare: 0, by_tid: self.kind == Kind::Multiple, is_call_slow: false }
    }
}

/// The PC word in an answer, if it counts the words of this tag.
fn pc_of(uii: &[u8], answer: &Answer<'_>) -> Option<Pc> {
    let Ok(word) = <[u8; 2]>::try_from(answer.data) else { return None };
    let pc = Pc(u16::from_be_bytes(word));
    (answer.status == Status::OK && pc.n_words() * 2 == uii.len()).then_some(pc)
}

/// The tag with this EPC; of a longer one than can be told, the tag whose EPC begins so. {#reader18.long-epc}
fn by_epc(uii: &[u8]) -> Aim {
    Aim::Epc(uii.iter().copied().take(usize::from(MAX_EPC_WORDS) * 2).collect())
}

fn read(aim: Aim, bank: MemoryBank, word: u8, n: u8) -> Command {
    Command::Read { aim, place: Place { bank, word }, n, password: NO_PASSWORD }
}

/// A failed read or write. Only if nothing can have been written is it a no. {#reader18.status}
fn tag_failure(ask: &Ask, answer: &Answer<'_>) -> Reply {
    let error = answer.data.first().filter(|_| answer.status == Status::TAG).map(|error| TagError(*error));
    let is_one_step = match ask {
        Ask::Write { words, .. } => words.len() == 1,
        Ask::Probe
        | Ask::Prepare { .. }
        | Ask::Identify
        | Ask::Inventory
        | Ask::Read { .. }
        | Ask::SetPower { .. } => true,
    };
    match error {
        Some(TagError::LOCKED) => failure(answer.status, error),
        // Words before the one that the tag does not have may be written.
        Some(TagError::OVERRUN) if is_one_step => failure(answer.status, error),
        Some(_) => Reply::Missing,
        None => failure(answer.status, None),
    }
}

fn failure(Status(status): Status, tag: Option<TagError>) -> Reply {
    if tag.is_none() && !Status(status).is_no() {
        return Reply::Missing;
    }
    refused(status, tag)
}

fn refused(status: u8, tag: Option<TagError>) -> Reply {
    let is_locked = tag == Some(TagError::LOCKED);
    Reply::Refused(Refusal { status, tag: tag.map(|error| error.0), block: None, is_locked })
}

fn bytes(command: Command) -> Vec<u8> {
    Request { address: BROADCAST, command }.to_bytes()
}

const NO_PASSWORD: [u8; 4] = [0; 4];
/// Sixteen slots to begin with: a stack on a pad.
const Q: u8 = 4;
const S0: u8 = 0;
const TARGET_A: u8 = 0;
const FIRST_ANTENNA: u8 = 0x80;
/// The shortest that the manual allows: an inventory ends sooner if all tags have told themselves.
const SCAN_TIME: u8 = 3;
/// Until a reader tells its own.
const LONGEST_UNTOLD: u8 = 10;
const SCAN_STEP: Duration = Duration::from_millis(100);
/// A reader may take 75 ms more than its scan time; the first frame takes the rest.
const SCAN_EXCESS: Duration = Duration::from_millis(150);
/// Where the PC word is in its bank.
const PC_WORD: u8 = 1;
/// A tag that was not heard so often is asked anew: another reader may have written it.
const FORGOTTEN: u8 = 3;
/// So many tags of one inventory are kept: more than any pad holds.
const MAX_HEARD: usize = 1024;
/// Singulation and one access, with the reader's own repetitions.
const TAG_TIME: Duration = Duration::from_millis(300);
/// One word written: the tag may take 20 ms.
const WORD_TIME: Duration = Duration::from_millis(25);
