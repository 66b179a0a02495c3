//! The host's side: [`Ask`] to command, answer to [`Reply`].

use std::time::Duration;

use super::request::{INFORMATION, QUERY, READ, SELECT, SELECT_MODE, SET_POWER, SET_QUERY, STOP, WRITE};
use super::{Access, Answer, Answers, Code, Command, Info, Mask, SelectMode, Told};
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::uhf::{Ask, Capabilities, Epc, Filter, MemoryBank, Reply, Sighting, UhfProtocol};

/// A reader as seen by a host.
///
/// Every read and write is preceded by its own selection: a selection that the reader lost (it was reset) would make
/// the command one for any tag. The reader answers in order, so that an answer to an earlier command can only come
/// before the selection's, where it is not taken. {#m100.order}
#[derive(Clone, Debug, Default)]
pub struct M100 {
    step: Step,
    /// Tags of the inventory under way: no frame says that it is over.
    heard: Vec<Sighting>,
    probes: Probes,
}

/// Which answer an ask of several commands waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Step {
    /// Of the first command.
    #[default]
    First,
    /// Of the last.
    Last,
    /// Of the firmware, the hardware being this.
    Firmware { model: String },
}

#[derive(Clone, Copy, Debug, Default)]
enum Probes {
    #[default]
    ByStop,
    ByInformation,
}

impl M100 {
    /// A reader that was not asked anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn found(&mut self) -> Reply {
        Reply::Found(std::mem::take(&mut self.heard))
    }

    /// A reader that does not know how to stop is asked who it is: stopping comes first, since one that streams may
    /// answer nothing else.
    fn next_probe(&mut self) -> Command {
        let (command, next) = match self.probes {
            Probes::ByStop => (Command::Stop, Probes::ByInformation),
            Probes::ByInformation => (Command::Information(Info::Hardware), Probes::ByStop),
        };
        self.probes = next;
        command
    }

    fn told(&mut self, ask: &Ask, Told { command, parameters }: Told) -> Accepted<Reply> {
        let done = |command_done: bool| match (command_done, parameters.as_slice()) {
            (true, [0]) => Accepted::Reply(Reply::Done),
            (true, [status]) => Accepted::Reply(refused(*status, None)),
            (true | false, _) => Accepted::No,
        };
        match ask {
            Ask::Probe if matches!(command, STOP | INFORMATION) => Accepted::Reply(Reply::Done),
            Ask::Probe | Ask::Inventory => Accepted::No,
            Ask::Prepare { step: QUERY_STEP } => match (command, parameters.as_slice()) {
                (QUERY, &[high, low]) => query(u16::from_be_bytes([high, low])),
                _ => done(command == SET_QUERY),
            },
            // The document shows 0C in the answer to 12; later firmware says 12.
            Ask::Prepare { .. } => done(matches!(command, SELECT | SELECT_MODE)),
            Ask::Identify if command == INFORMATION => self.identity(&parameters),
            Ask::Identify => Accepted::No,
            Ask::SetPower { .. } => done(command == SET_POWER),
            Ask::Read { .. } | Ask::Write { .. } => match (&self.step, command) {
                (Step::First, SELECT) if parameters == [0] => self.access(ask),
                (Step::First, SELECT) => done(true),
                (Step::Last, READ | WRITE) => accessed(ask, command, &parameters).into(),
                (Step::First | Step::Last | Step::Firmware { .. }, _) => Accepted::No,
            },
        }
    }

    /// Hardware, then firmware: each is a text behind its number.
    fn identity(&mut self, parameters: &[u8]) -> Accepted<Reply> {
        let Some((part, text)) = parameters.split_first() else { return Accepted::No };
        match (Info::of(*part), &mut self.step) {
            (Some(Info::Hardware), step @ Step::First) => {
                *step = Step::Firmware { model: printable(text) };
                Accepted::Go(Command::Information(Info::Firmware).to_bytes())
            }
            (Some(Info::Firmware), Step::Firmware { model }) => {
                let model = std::mem::take(model);
                Accepted::Reply(Reply::Reader(Identity { model, firmware: printable(text) }))
            }
            (Some(Info::Hardware | Info::Firmware | Info::Maker) | None, _) => Accepted::No,
        }
    }

    fn access(&mut self, ask: &Ask) -> Accepted<Reply> {
        let command = match ask {
            Ask::Read { bank, word, n, .. } => {
                Command::Read { password: NO_PASSWORD, bank: *bank, word: *word, n: u16::from(*n) }
            }
            Ask::Write { bank, word, words, .. } => {
                Command::Write { password: NO_PASSWORD, bank: *bank, word: *word, words: words.clone() }
            }
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::Inventory | Ask::SetPower { .. } => {
                return Accepted::No;
            }
        };
        self.step = Step::Last;
        Accepted::Go(command.to_bytes())
    }

    /// Errors do not say which command they answer: an ask takes only those that its command can have.
    fn failed(&mut self, ask: &Ask, code: Code, tag: Option<&Epc>) -> Option<Reply> {
        match (ask, code) {
            // An empty round of a reader that still streams.
            (Ask::Probe, Code::NO_TAG) => None,
            (Ask::Probe, Code::COMMAND) => Some(Reply::Done),
            (Ask::Probe, _) => None,
            (Ask::Inventory, Code::NO_TAG) => Some(self.found()),
            (Ask::Identify, Code::COMMAND) => match std::mem::take(&mut self.step) {
                Step::Firmware { model } => Some(Reply::Reader(Identity { model, firmware: String::new() })),
                Step::First | Step::Last => Some(refused(code.0, None)),
            },
            (_, Code::COMMAND) => Some(refused(code.0, None)),
            (Ask::Read { .. } | Ask::Write { .. }, _) if self.step == Step::Last => {
                if tag.is_some_and(|tag| !is_meant(ask, tag)) {
                    return None;
                }
                failure(ask, code)
            }
            (Ask::Inventory, FREQUENCY) => Some(Reply::Missing),
            (
                Ask::Inventory
                | Ask::Prepare { .. }
                | Ask::Identify
                | Ask::Read { .. }
                | Ask::Write { .. }
                | Ask::SetPower { .. },
                _,
            ) => None,
        }
    }
}

impl Protocol for M100 {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        self.step = Step::First;
        self.heard.clear();
        let command = match ask {
            Ask::Probe => self.next_probe(),
            Ask::Prepare { step: QUERY_STEP } => Command::Query,
            Ask::Prepare { .. } => Command::SetSelectMode(SelectMode::Access),
            Ask::Identify => Command::Information(Info::Hardware),
            Ask::Inventory => Command::Inventory,
            Ask::Read { of, .. } | Ask::Write { of, .. } => Command::Select(mask(of)),
            Ask::SetPower { centi_dbm } => Command::SetPower(*centi_dbm),
        };
        command.to_bytes()
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        match (Answer::parse(frame), ask) {
            (Some(Answer::Notice(sighting)), Ask::Inventory) => {
                self.heard.push(sighting);
                let is_enough = self.heard.len() >= MAX_HEARD;
                if is_enough { Accepted::Reply(self.found()) } else { Accepted::Part }
            }
            (Some(Answer::Told(told)), _) => self.told(ask, told),
            (Some(Answer::Error { code, tag }), _) => self.failed(ask, code, tag.as_ref()).into(),
            (Some(Answer::Notice(_)) | None, _) => Accepted::No,
        }
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Inventory => ROUND_TIME,
            Ask::Read { .. } => READ_TIME,
            Ask::Write { words, .. } => READ_TIME + WORD_TIME * u32::try_from(words.len()).unwrap_or(1),
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::SetPower { .. } => Duration::ZERO,
        }
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // The next round asks it again, and sooner than a repetition says that the reader is silent.
        !matches!(ask, Ask::Inventory)
    }

    fn quiet(&self, ask: &Ask) -> Option<Duration> {
        matches!(ask, Ask::Inventory).then_some(QUIET)
    }

    fn silence(&mut self, ask: &Ask) -> Option<Reply> {
        let is_round = matches!(ask, Ask::Inventory) && !self.heard.is_empty();
        is_round.then(|| self.found())
    }
}

impl UhfProtocol for M100 {
    fn capabilities(&self) -> Capabilities {
        Capabilities { n_prepare: 2, by_tid: true, is_call_slow: false }
    }
}

/// Session 0, target A, all tags: what our selections set, and what makes a tag be told again the next time. The rest
/// of the word is left as it was found. {#m100.query}
fn query(word: u16) -> Accepted<Reply> {
    let wanted = word & !(QUERY_SEL | QUERY_SESSION | QUERY_TARGET);
    if word == wanted {
        Accepted::Reply(Reply::Done)
    } else {
        Accepted::Go(Command::SetQuery(wanted).to_bytes())
    }
}

/// The selection of one tag: it becomes A, all others B. {#m100.select}
///
/// A tag without a UII is told by its PC word, which counts none: a mask of no bits would mean every tag. The length of
/// a mask is one byte, so that of a UII above 31 bytes the first 31 count; the answer tells whose it is.
fn mask(of: &Filter) -> Mask {
    let (bank, bit, bytes) = match of {
        Filter::Uii(uii) if uii.is_empty() => {
            let zeros = vec![0];
            return Mask {
                action: 0,
                bank: MemoryBank::Epc,
                bit: PC_BIT,
                n_bits: PC_LENGTH_BITS,
                bytes: zeros,
            };
        }
        Filter::Uii(uii) => (MemoryBank::Epc, UII_BIT, uii.get(..MAX_MASK).unwrap_or(uii)),
        Filter::Tid(tid) => (MemoryBank::Tid, 0, tid.bytes()),
    };
    let n_bits = u8::try_from(bytes.len() * 8).unwrap_or(u8::MAX);
    Mask { action: 0, bank, bit, n_bits, bytes: bytes.to_vec() }
}

/// The answer of a tag: whose it is shows by its EPC.
fn accessed(ask: &Ask, command: u8, parameters: &[u8]) -> Option<Reply> {
    let Access { tag, data } = Access::parse(parameters)?;
    match ask {
        _ if !is_meant(ask, &tag) => None,
        Ask::Read { n, .. } if command == READ => {
            (data.len() == usize::from(*n) * 2).then_some(Reply::Words(data))
        }
        Ask::Write { .. } if command == WRITE => match data.as_slice() {
            [0] => Some(Reply::Done),
            [_] => Some(Reply::Missing),
            _ => None,
        },
        Ask::Read { .. }
        | Ask::Write { .. }
        | Ask::Probe
        | Ask::Prepare { .. }
        | Ask::Identify
        | Ask::Inventory
        | Ask::SetPower { .. } => None,
    }
}

/// Whether an answer with this EPC can be that of the tag that was asked. One that is addressed by its TID may have any;
/// a write of the EPC bank may be answered with the EPC as it was or as it is.
fn is_meant(ask: &Ask, tag: &Epc) -> bool {
    match ask {
        Ask::Read { of: Filter::Uii(uii), .. } => tag.uii() == uii.as_ref(),
        Ask::Write { of: Filter::Uii(uii), bank: MemoryBank::Epc, word, words } => {
            tag.uii() == uii.as_ref() || is_rewritten(tag.uii(), uii, usize::from(*word), words)
        }
        Ask::Write { of: Filter::Uii(uii), .. } => tag.uii() == uii.as_ref(),
        Ask::Read { of: Filter::Tid(_), .. } | Ask::Write { of: Filter::Tid(_), .. } => true,
        Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::Inventory | Ask::SetPower { .. } => false,
    }
}

/// Whether `now` is `before` with these words written; a new PC word may count more or fewer of them.
fn is_rewritten(now: &[u8], before: &[u8], word: usize, words: &[u16]) -> bool {
    let written = |at: usize| {
        let [high, low] = words.get((at / 2 + UII_WORD).checked_sub(word)?)?.to_be_bytes();
        Some(if at.is_multiple_of(2) { high } else { low })
    };
    let is_counted_anew = word < UII_WORD;
    let mut pairs = now.iter().zip(before).enumerate();
    (now.len() == before.len() || is_counted_anew)
        && pairs.all(|(at, (now, before))| *now == written(at).unwrap_or(*before))
}

/// An error that is a no leaves the tag as it was; every other may be a lost answer. {#m100.error}
fn failure(ask: &Ask, code: Code) -> Option<Reply> {
    let is_read = matches!(ask, Ask::Read { .. });
    let is_ours = match code {
        Code::READ_FAILED => is_read,
        Code::WRITE_FAILED => !is_read,
        Code::PASSWORD | FREQUENCY => true,
        Code(byte) => code
            .tag()
            .is_some_and(|tag| Code(byte) == if is_read { Code::of_read(tag) } else { Code::of_write(tag) }),
    };
    if !is_ours {
        return None;
    }
    // Of several words the first may have been written before the tag said no, unless the bank is locked.
    let is_first = !matches!(ask, Ask::Write { words, .. } if words.len() > 1);
    Some(match (code, code.tag()) {
        (Code::PASSWORD, _) => refused(code.0, None),
        (_, Some(tag)) if is_first || tag == TAG_LOCKED => refused(code.0, Some(tag)),
        (_, _) => Reply::Missing,
    })
}

fn refused(status: u8, tag: Option<u8>) -> Reply {
    Reply::Refused(Refusal { status, tag, block: None, is_locked: tag == Some(TAG_LOCKED) })
}

fn printable(text: &[u8]) -> String {
    let text: String =
        text.iter().filter(|byte| (0x20..0x7F).contains(*byte)).copied().map(char::from).collect();
    text.trim().to_owned()
}

/// The step of the preparation that looks at the query parameters; the other sets the select mode.
const QUERY_STEP: u8 = 0;
/// Tags that have none are all that a library pad meets.
const NO_PASSWORD: u32 = 0;
const FREQUENCY: Code = Code(0x20);
/// Gen2: the memory is locked.
const TAG_LOCKED: u8 = 0x04;
const QUERY_SEL: u16 = 0b11 << 10;
const QUERY_SESSION: u16 = 0b11 << 8;
const QUERY_TARGET: u16 = 1 << 7;
/// Where the PC word stands in its bank...
const PC_BIT: u32 = 0x10;
/// ...and how many of its bits count the words of the UII.
const PC_LENGTH_BITS: u8 = 5;
/// The word of the EPC bank at which the UII begins.
const UII_WORD: usize = 2;
/// The bit of it.
const UII_BIT: u32 = 0x20;
/// Bytes of the longest mask.
const MAX_MASK: usize = 31;
/// Notices of one inventory, more than any pad holds: a reader that streams must end it all the same.
const MAX_HEARD: usize = 255;
/// The longest pause within a round: fifteen empty slots, and the delay of a USB converter.
const QUIET: Duration = Duration::from_millis(40);
/// A round in which no tag answers, with the change of the channel before it.
const ROUND_TIME: Duration = Duration::from_millis(300);
/// Selection, singulation, and one command.
const READ_TIME: Duration = Duration::from_millis(100);
/// A tag answers a write within 20 ms; the reader tries more than once.
const WORD_TIME: Duration = Duration::from_millis(40);
