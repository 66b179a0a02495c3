//! ROSpecs (how to take inventory) and AccessSpecs (what to do with a tag), in both directions. {#llrp.spec}
//!
//! A ROSpec here has one AISpec with one InventoryParameterSpec, which is all that a pad needs. What a host sets beyond
//! that, a reader may ignore, and this one does.

use super::parameter::{Fields, Parameters, Tlv};

/// A ROSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoSpec {
    pub(crate) id: u32,
    pub(crate) is_immediate: bool,
    /// How long it runs, in milliseconds; `None`: until it is stopped.
    pub(crate) duration: Option<u32>,
    pub(crate) antennas: Vec<u16>,
    pub(crate) settings: Vec<Antenna>,
    pub(crate) report: Option<ReportSpec>,
}

/// How an antenna takes inventory; antenna 0 is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Antenna {
    pub(crate) id: u16,
    pub(crate) transmitter: Option<Transmitter>,
    pub(crate) session: Option<u8>,
    pub(crate) population: u16,
}

/// How an antenna transmits: the numbers are rows of the reader's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transmitter {
    pub(crate) hop_table: u16,
    pub(crate) channel: u16,
    pub(crate) power: u16,
}

/// When and what a ROSpec reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportSpec {
    /// 0 only when asked, 1 also at the end of an AISpec, 2 at that of the ROSpec.
    pub(crate) trigger: u8,
    /// Also whenever so many tags have been found; 0 = never.
    pub(crate) n: u16,
    /// The bits of TagReportContentSelector.
    pub(crate) content: u16,
    /// The bits of C1G2EPCMemorySelector.
    pub(crate) memory: u8,
}

/// An AccessSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessSpec {
    pub(crate) id: u32,
    pub(crate) antenna: u16,
    /// The ROSpec that it belongs to; 0 = any.
    pub(crate) rospec: u32,
    /// After how many tags it ends, if it does.
    pub(crate) stop: (u8, u16),
    pub(crate) targets: Vec<Target>,
    pub(crate) ops: Vec<Op>,
    /// 0 with the ROSpec's report, 1 at its own end.
    pub(crate) report: Option<u8>,
}

/// Which tags an AccessSpec means: those of whose bank the masked bits are so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) bank: u8,
    pub(crate) is_match: bool,
    pub(crate) pointer: u16,
    pub(crate) n_bits: u16,
    pub(crate) mask: Vec<u8>,
    pub(crate) bits: Vec<u8>,
}

/// What is done with the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) id: u16,
    pub(crate) bank: u8,
    pub(crate) word: u16,
    pub(crate) act: Act,
}

/// Read or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// So many words.
    Read(u16),
    /// These.
    Write(Vec<u16>),
    /// These, by the tag's block write.
    BlockWrite(Vec<u16>),
}

impl RoSpec {
    pub(crate) fn tlv(&self) -> Tlv {
        let stop = Tlv::new(182).u8(u8::from(self.duration.is_some())).u32(self.duration.unwrap_or(0));
        let start = Tlv::new(179).u8(u8::from(self.is_immediate));
        let inventory = Tlv::new(186).u16(INVENTORY_ID).u8(GEN2);
        let inventory = self.settings.iter().fold(inventory, |tlv, antenna| tlv.with(antenna.tlv()));
        let inventory = Tlv::new(183).words(&self.antennas).with(Tlv::new(184).u8(0).u32(0)).with(inventory);
        let boundary = Tlv::new(178).with(start).with(stop);
        let spec = Tlv::new(177).u32(self.id).u8(0).u8(0).with(boundary).with(inventory);
        self.report.iter().fold(spec, |tlv, report| tlv.with(report.tlv()))
    }

    /// `None` if it lacks what every ROSpec must have.
    pub(crate) fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let (id, _priority, _state) = (fields.u32()?, fields.u8()?, fields.u8()?);
        let parameters = fields.parameters();
        let boundary = parameters.find_kind(178)?.parameters();
        let start = boundary.find_kind(179)?.u8()?;
        let mut inventory = parameters.find_kind(183)?;
        let antennas = inventory.words()?;
        let inventory = inventory.parameters();
        let durations = [boundary.find_kind(182)?, inventory.find_kind(184)?].map(duration);
        let mut specified = inventory.find_kind(186)?;
        specified.take(3)?;
        Some(Self {
            id,
            is_immediate: start == 1,
            duration: durations.into_iter().flatten().min(),
            antennas: words(antennas),
            settings: antennas_of(specified.parameters()),
            report: parameters.find_kind(237).and_then(ReportSpec::parse),
        })
    }
}

impl Antenna {
    fn tlv(&self) -> Tlv {
        let tlv = self
            .transmitter
            .iter()
            .fold(Tlv::new(222).u16(self.id), |tlv, transmitter| tlv.with(transmitter.tlv()));
        self.session.iter().fold(tlv, |tlv, session| {
            let singulation = Tlv::new(336).u8(session << 6).u16(self.population).u32(0);
            tlv.with(Tlv::new(330).u8(0).with(singulation))
        })
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let id = fields.u16()?;
        let parameters = fields.parameters();
        let mut command = parameters.find_kind(330).unwrap_or(Fields(&[]));
        command.take(1);
        let singulation = command
            .parameters()
            .find_kind(336)
            .and_then(|mut fields| Some((fields.u8()? >> 6, fields.u16()?)));
        let transmitter = parameters.find_kind(224).and_then(|mut fields| {
            Some(Transmitter { hop_table: fields.u16()?, channel: fields.u16()?, power: fields.u16()? })
        });
        let (session, population) = singulation.unzip();
        Some(Self { id, transmitter, session, population: population.unwrap_or(0) })
    }
}

impl Transmitter {
    pub(crate) fn tlv(&self) -> Tlv {
        Tlv::new(224).u16(self.hop_table).u16(self.channel).u16(self.power)
    }
}

impl ReportSpec {
    fn tlv(&self) -> Tlv {
        let content = Tlv::new(238).u16(self.content).with(Tlv::new(348).u8(self.memory));
        Tlv::new(237).u8(self.trigger).u16(self.n).with(content)
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let (trigger, n) = (fields.u8()?, fields.u16()?);
        let mut selector = fields.parameters().find_kind(238)?;
        let content = selector.u16()?;
        let memory = selector.parameters().find_kind(348).and_then(|mut fields| fields.u8()).unwrap_or(0);
        Some(Self { trigger, n, content, memory })
    }
}

impl AccessSpec {
    pub(crate) fn tlv(&self) -> Tlv {
        let (stop, count) = self.stop;
        let targets = self.targets.iter().fold(Tlv::new(338), |tlv, target| tlv.with(target.tlv()));
        let command = self.ops.iter().fold(Tlv::new(209).with(targets), |tlv, op| tlv.with(op.tlv()));
        let spec = Tlv::new(207).u32(self.id).u16(self.antenna).u8(GEN2).u8(0).u32(self.rospec);
        let spec = spec.with(Tlv::new(208).u8(stop).u16(count)).with(command);
        self.report.iter().fold(spec, |tlv, report| tlv.with(Tlv::new(239).u8(*report)))
    }

    /// `None` if it lacks what every AccessSpec must have, or does what is not known here.
    pub(crate) fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let (id, antenna) = (fields.u32()?, fields.u16()?);
        let (protocol, _state, rospec) = (fields.u8()?, fields.u8()?, fields.u32()?);
        let parameters = fields.parameters();
        let mut stop = parameters.find_kind(208)?;
        let command = parameters.find_kind(209)?.parameters();
        let targets = command.find_kind(338)?.parameters().filter(|parameter| parameter.kind == 339);
        let targets =
            targets.map(|parameter| Target::parse(Fields(parameter.body))).collect::<Option<_>>()?;
        let ops = command.filter(|parameter| !matches!(parameter.kind, 338 | CUSTOM));
        let ops: Vec<Op> =
            ops.map(|parameter| Op::parse(parameter.kind, Fields(parameter.body))).collect::<Option<_>>()?;
        let report = parameters.find_kind(239).and_then(|mut fields| fields.u8());
        let stop = (stop.u8()?, stop.u16()?);
        (protocol == GEN2 && !ops.is_empty()).then_some(Self {
            id,
            antenna,
            rospec,
            stop,
            targets,
            ops,
            report,
        })
    }
}

impl Target {
    /// The tags whose bank holds these bytes from a bit on.
    pub(crate) fn bytes(bank: u8, pointer: u16, bytes: &[u8]) -> Self {
        let n_bits = u16::try_from(bytes.len() * 8).unwrap_or(u16::MAX);
        Self { bank, is_match: true, pointer, n_bits, mask: vec![0xFF; bytes.len()], bits: bytes.to_vec() }
    }

    fn tlv(&self) -> Tlv {
        let head = self.bank << 6 | u8::from(self.is_match) << 5;
        let target = Tlv::new(339).u8(head).u16(self.pointer);
        target.bits(self.n_bits, &self.mask).bits(self.n_bits, &self.bits)
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let (head, pointer) = (fields.u8()?, fields.u16()?);
        let ((n_bits, mask), (n_data, bits)) = (fields.bits()?, fields.bits()?);
        (n_bits == n_data).then(|| Self {
            bank: head >> 6,
            is_match: head & 0x20 != 0,
            pointer,
            n_bits,
            mask: mask.to_vec(),
            bits: bits.to_vec(),
        })
    }
}

impl Op {
    fn tlv(&self) -> Tlv {
        let head = |kind| Tlv::new(kind).u16(self.id).u32(NO_PASSWORD).u8(self.bank << 6).u16(self.word);
        match &self.act {
            Act::Read(n) => head(READ).u16(*n),
            Act::Write(words) => head(WRITE).words(words),
            Act::BlockWrite(words) => head(BLOCK_WRITE).words(words),
        }
    }

    fn parse(kind: u16, mut fields: Fields<'_>) -> Option<Self> {
        let (id, _password) = (fields.u16()?, fields.u32()?);
        let (bank, word) = (fields.u8()? >> 6, fields.u16()?);
        let act = match kind {
            READ => Act::Read(fields.u16()?),
            WRITE => Act::Write(words(fields.words()?)),
            BLOCK_WRITE => Act::BlockWrite(words(fields.words()?)),
            _ => return None,
        };
        Some(Self { id, bank, word, act })
    }
}

/// The AntennaConfigurations among parameters.
pub(crate) fn antennas_of(parameters: Parameters<'_>) -> Vec<Antenna> {
    let antennas = parameters.filter(|parameter| parameter.kind == 222);
    antennas.filter_map(|parameter| Antenna::parse(Fields(parameter.body))).collect()
}

/// The duration of a stop trigger: of its own kind, or the timeout of a tag observation.
fn duration(mut fields: Fields<'_>) -> Option<u32> {
    let (kind, duration) = (fields.u8()?, fields.u32()?);
    let timeout = || {
        let mut observation = fields.parameters().find_kind(185)?;
        observation.take(8)?;
        observation.u32()
    };
    match kind {
        1 => Some(duration),
        3 => timeout(),
        _ => None,
    }
}

fn words(bytes: &[u8]) -> Vec<u16> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| u16::from_be_bytes(*word)).collect()
}

/// EPCglobal Class 1 Gen2.
const GEN2: u8 = 1;
const INVENTORY_ID: u16 = 1;
const NO_PASSWORD: u32 = 0;
const READ: u16 = 341;
const WRITE: u16 = 342;
const BLOCK_WRITE: u16 = 347;
const CUSTOM: u16 = 1023;
