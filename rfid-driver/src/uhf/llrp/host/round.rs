//! One inventory: a ROSpec that runs for a while, reports, and tells its end.

use super::{ALL_ANTENNAS, FEW_TAGS, Llrp, Talk, Use, is_end, is_of, refusal};
use crate::data::epc::Pc;
use crate::dialogue::Accepted;
use crate::uhf::llrp::Message;
use crate::uhf::llrp::answer::{self, Status, TagReport};
use crate::uhf::llrp::request::{Request, SpecAct};
use crate::uhf::llrp::spec::{Antenna, ReportSpec, RoSpec, Transmitter};
use crate::uhf::{Epc, Reply, Sighting};

#[derive(Clone, Debug)]
pub(super) struct Round {
    /// What the ROSpec is for.
    runs: Use,
    /// How many of the messages may fail.
    n_free: usize,
    /// The messages, of which the last one starts it.
    sent: Vec<u32>,
    has_started: bool,
    found: Vec<Sighting>,
    /// A tag was reported without its PC word.
    is_mute_of_pc: bool,
    fence: Option<u32>,
}

impl Llrp {
    pub(super) fn round(&mut self) -> Vec<u8> {
        let runs = if self.n_found > FEW_TAGS { Use::Survey } else { Use::Inventory };
        let (mut requests, n_free) = self.load(runs);
        requests.push(Request::RoSpec { act: SpecAct::Start, id: runs.id() });
        let (bytes, sent) = self.send(&requests);
        self.talk = Talk::Round(Round {
            runs,
            n_free,
            sent,
            has_started: false,
            found: Vec::new(),
            is_mute_of_pc: false,
            fence: None,
        });
        bytes
    }

    pub(super) fn accept_round(&mut self, mut round: Round, message: &Message<'_>) -> Accepted<Reply> {
        let accepted = if let Some(status) = Status::parse(message) {
            if Some(message.id) == round.fence {
                self.n_found = round.found.len();
                return Accepted::Reply(round.reply());
            }
            match round.sent.iter().position(|id| *id == message.id) {
                Some(at) if status.code != 0 && at >= round.n_free => {
                    self.loaded = None;
                    return Accepted::Reply(Reply::Refused(refusal(status.code)));
                }
                Some(at) => {
                    round.has_started |= at + 1 == round.sent.len();
                    self.next()
                }
                None => Accepted::No,
            }
        } else if let Some(tags) = answer::reports(message) {
            let runs = round.runs;
            tags.iter().filter(|tag| is_of(tag.rospec, runs)).for_each(|tag| round.see(tag));
            Accepted::Part
        } else if round.has_started && round.fence.is_none() && is_end(message, round.runs) {
            // Type 1 is the reader's own number: little to send, and every reader has it.
            let (bytes, ids) = self.send(&[Request::GetConfig { antenna: 0, what: 1 }]);
            round.fence = ids.last().copied();
            Accepted::Go(bytes)
        } else {
            Accepted::No
        };
        self.talk = Talk::Round(round);
        accepted
    }
}

impl Round {
    /// A tag is told once, by its best antenna: a run looks many times, so that being told twice says nothing.
    fn see(&mut self, tag: &TagReport) {
        let Some(pc) = tag.pc else {
            self.is_mute_of_pc = true;
            return;
        };
        let antenna =
            tag.antenna.and_then(|antenna| u8::try_from(antenna).ok()).filter(|antenna| *antenna > 0);
        let seen = Sighting { epc: Epc::new(Pc(pc), &tag.uii), rssi: tag.rssi, antenna };
        match self.found.iter_mut().find(|known| known.epc == seen.epc) {
            Some(known) if known.rssi < seen.rssi => *known = seen,
            Some(_) => {}
            None => self.found.push(seen),
        }
    }

    /// A tag whose PC word is not known must not be written: such a reader is of no use.
    fn reply(self) -> Reply {
        if self.is_mute_of_pc { Reply::Refused(refusal(NO_PC)) } else { Reply::Found(self.found) }
    }
}

/// Session 0, so that each tag is told again in the next round; PC words, for their AFI.
pub(super) fn rospec(id: u32, duration: u32, transmitters: &[(u16, Transmitter)]) -> RoSpec {
    let antenna = |id, transmitter| Antenna { id, transmitter, session: Some(0), population: POPULATION };
    let settings = match transmitters {
        [] => vec![antenna(ALL_ANTENNAS, None)],
        all => all.iter().map(|(id, transmitter)| antenna(*id, Some(*transmitter))).collect(),
    };
    let report = ReportSpec { trigger: 2, n: 0, content: CONTENT, memory: WITH_PC };
    RoSpec {
        id,
        is_immediate: false,
        duration: Some(duration),
        antennas: vec![ALL_ANTENNAS],
        settings,
        report: Some(report),
    }
}

/// As if the reader had said that it does not know the parameter.
const NO_PC: u16 = 111;
const POPULATION: u16 = 16;
/// ROSpec, antenna, signal strength, AccessSpec.
const CONTENT: u16 = 0x8000 | 0x1000 | 0x0400 | 0x0040;
const WITH_PC: u8 = 0x40;
