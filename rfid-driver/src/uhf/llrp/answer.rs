//! What a reader answers and tells, in both directions. {#llrp.report}

use super::parameter::{Fields, Parameters, Tlv, tv};
use super::{Message, VERSION};

/// How a request was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) text: String,
    /// Which field was wrong (its number, the error), if that is told.
    pub(crate) field: Option<(u16, u16)>,
}

/// A tag as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagReport {
    pub(crate) uii: Vec<u8>,
    pub(crate) rospec: Option<u32>,
    pub(crate) antenna: Option<u16>,
    pub(crate) rssi: Option<i8>,
    /// Microseconds since 1970.
    pub(crate) first_seen: Option<u64>,
    pub(crate) count: Option<u16>,
    pub(crate) pc: Option<u16>,
    pub(crate) crc: Option<u16>,
    pub(crate) access: Option<u32>,
    pub(crate) results: Vec<OpResult>,
}

/// What an AccessSpec's command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpResult {
    pub(crate) op: u16,
    pub(crate) result: u8,
    pub(crate) done: OpDone,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OpDone {
    Read(Vec<u8>),
    Wrote(u16),
    BlockWrote(u16),
}

/// What a reader tells by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// [`CONNECTED`], or why this host is not served.
    pub(crate) connection: Option<u16>,
    /// 0 began, 1 ended, 2 was displaced; and the ROSpec.
    pub(crate) rospec: Option<(u8, u32)>,
}

/// A reader of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) maker: u32,
    pub(crate) model: u32,
    pub(crate) firmware: String,
}

impl Status {
    pub(crate) fn of(code: u16, text: &str) -> Self {
        Self { code, text: text.to_owned(), field: None }
    }

    pub(crate) fn tlv(&self) -> Tlv {
        let length = u16::try_from(self.text.len()).unwrap_or(u16::MAX);
        let tlv = Tlv::new(STATUS).u16(self.code).u16(length).bytes(self.text.as_bytes());
        self.field.iter().fold(tlv, |tlv, (field, error)| tlv.with(Tlv::new(288).u16(*field).u16(*error)))
    }

    /// The status of a response or an error message.
    pub(crate) fn parse(message: &Message<'_>) -> Option<Self> {
        if !is_response(message.kind) {
            return None;
        }
        let mut fields = Fields(message.body).parameters().find_kind(STATUS)?;
        let (code, text) = (fields.u16()?, fields.text()?);
        let field = fields.parameters().find_kind(288).and_then(|mut fields| fields.u16().zip(fields.u16()));
        Some(Self { code, text: String::from_utf8_lossy(text).into_owned(), field })
    }
}

impl TagReport {
    pub(crate) fn tlv(&self) -> Tlv {
        let mut tlv = Tlv::new(TAG_REPORT);
        tlv = match self.uii.len() {
            12 => tlv.bytes(&tv(13, &self.uii)),
            n => tlv.with(Tlv::new(EPC_DATA).bits(u16::try_from(n * 8).unwrap_or(u16::MAX), &self.uii)),
        };
        let antenna = self.antenna.map(u16::to_be_bytes);
        let values = [
            (9, self.rospec.map(|value| value.to_be_bytes().to_vec())),
            (1, antenna.map(|value| value.to_vec())),
            (6, self.rssi.map(|value| value.to_be_bytes().to_vec())),
            (2, self.first_seen.map(|value| value.to_be_bytes().to_vec())),
            (8, self.count.map(|value| value.to_be_bytes().to_vec())),
            (12, self.pc.map(|value| value.to_be_bytes().to_vec())),
            (11, self.crc.map(|value| value.to_be_bytes().to_vec())),
            (16, self.access.map(|value| value.to_be_bytes().to_vec())),
        ];
        for (kind, value) in values {
            tlv = value.iter().fold(tlv, |tlv, value| tlv.bytes(&tv(kind, value)));
        }
        self.results.iter().fold(tlv, |tlv, result| tlv.with(result.tlv()))
    }

    fn parse(parameters: Parameters<'_>) -> Option<Self> {
        let mut report = Self::default();
        let mut has_uii = false;
        for parameter in parameters {
            let mut fields = Fields(parameter.body);
            match parameter.kind {
                13 => (report.uii, has_uii) = (parameter.body.to_vec(), true),
                EPC_DATA => (report.uii, has_uii) = (fields.bits()?.1.to_vec(), true),
                9 => report.rospec = fields.u32(),
                1 => report.antenna = fields.u16(),
                6 => report.rssi = fields.u8().map(u8::cast_signed),
                2 => {
                    report.first_seen =
                        fields.u32().zip(fields.u32()).map(|(h, l)| u64::from(h) << 32 | u64::from(l))
                }
                8 => report.count = fields.u16(),
                12 => report.pc = fields.u16(),
                11 => report.crc = fields.u16(),
                16 => report.access = fields.u32(),
                kind => report.results.extend(OpResult::parse(kind, fields)),
            }
        }
        (has_uii && parameters.is_sound()).then_some(report)
    }
}

impl OpResult {
    fn tlv(&self) -> Tlv {
        let head = |kind| Tlv::new(kind).u8(self.result).u16(self.op);
        match &self.done {
            OpDone::Read(bytes) => {
                head(READ).u16(u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX)).bytes(bytes)
            }
            OpDone::Wrote(n) => head(WRITE).u16(*n),
            OpDone::BlockWrote(n) => head(BLOCK_WRITE).u16(*n),
        }
    }

    fn parse(kind: u16, mut fields: Fields<'_>) -> Option<Self> {
        let (result, op) = (fields.u8()?, fields.u16()?);
        let done = match kind {
            READ => OpDone::Read(fields.words()?.to_vec()),
            WRITE => OpDone::Wrote(fields.u16()?),
            BLOCK_WRITE => OpDone::BlockWrote(fields.u16()?),
            _ => return None,
        };
        Some(Self { op, result, done })
    }
}

impl Event {
    /// An event of a reader whose clock shows so many microseconds since 1970.
    pub(crate) fn to_bytes(self, id: u32, clock: u64) -> Vec<u8> {
        let [high, low] = [clock >> 32, clock].map(|half| u32::try_from(half & 0xFFFF_FFFF).unwrap_or(0));
        let mut tlv = Tlv::new(246).with(Tlv::new(128).u32(high).u32(low));
        if let Some((event, rospec)) = self.rospec {
            tlv = tlv.with(Tlv::new(249).u8(event).u32(rospec).u32(0));
        }
        if let Some(status) = self.connection {
            tlv = tlv.with(Tlv::new(256).u16(status));
        }
        Message { version: VERSION, kind: EVENT, id, body: &tlv.into_bytes() }.to_bytes()
    }

    pub(crate) fn parse(message: &Message<'_>) -> Option<Self> {
        let data =
            (message.kind == EVENT).then(|| Fields(message.body).parameters().find_kind(246))??.parameters();
        Some(Self {
            connection: data.find_kind(256).and_then(|mut fields| fields.u16()),
            rospec: data.find_kind(249).and_then(|mut fields| fields.u8().zip(fields.u32())),
        })
    }
}

impl Device {
    /// Out of GeneralDeviceCapabilities.
    pub(crate) fn parse(message: &Message<'_>) -> Option<Self> {
        let mut fields = Fields(message.body).parameters().find_kind(137)?;
        fields.take(4)?;
        let (maker, model, firmware) = (fields.u32()?, fields.u32()?, fields.text()?);
        Some(Self { maker, model, firmware: String::from_utf8_lossy(firmware).into_owned() })
    }
}

/// A response with its status, and what else it holds.
pub(crate) fn response(kind: u16, id: u32, status: &Status, rest: &[u8]) -> Vec<u8> {
    let body = [status.tlv().into_bytes().as_slice(), rest].concat();
    Message { version: VERSION, kind, id, body: &body }.to_bytes()
}

/// A message without fields.
pub(crate) fn bare(kind: u16, id: u32) -> Vec<u8> {
    Message { version: VERSION, kind, id, body: &[] }.to_bytes()
}

/// RO_ACCESS_REPORT.
pub(crate) fn report(id: u32, tags: &[TagReport]) -> Vec<u8> {
    let body: Vec<u8> = tags.iter().flat_map(|tag| tag.tlv().into_bytes()).collect();
    Message { version: VERSION, kind: REPORT, id, body: &body }.to_bytes()
}

/// The tags of an RO_ACCESS_REPORT; `None` if it is none, or if anything in it is wrong.
pub(crate) fn reports(message: &Message<'_>) -> Option<Vec<TagReport>> {
    let parameters = (message.kind == REPORT).then(|| Fields(message.body).parameters())?;
    if !parameters.is_sound() {
        return None;
    }
    let tags = parameters.filter(|parameter| parameter.kind == TAG_REPORT);
    tags.map(|parameter| TagReport::parse(Fields(parameter.body).parameters())).collect()
}

/// The rows of the reader's table of transmit powers: number and hundredths of a dBm.
pub(crate) fn powers(message: &Message<'_>) -> Vec<(u16, i16)> {
    let find = || {
        let mut regulatory = Fields(message.body).parameters().find_kind(143)?;
        regulatory.take(4)?;
        Some(regulatory.parameters().find_kind(144)?.parameters())
    };
    let row = |body| {
        let mut fields = Fields(body);
        Some((fields.u16()?, fields.u16()?.cast_signed()))
    };
    let rows = find().into_iter().flatten().filter(|parameter| parameter.kind == 145);
    rows.filter_map(|parameter| row(parameter.body)).collect()
}

fn is_response(kind: u16) -> bool {
    !matches!(kind, REPORT | KEEPALIVE | EVENT | CUSTOM)
}

/// The status of a connection that is served.
pub(crate) const CONNECTED: u16 = 0;
/// A reader serves another host that has connected to it.
pub(crate) const TAKEN: u16 = 2;
pub(crate) const KEEPALIVE: u16 = 62;
pub(crate) const KEEPALIVE_ACK: u16 = 72;
pub(crate) const ERROR: u16 = 100;
pub(crate) const REPORT: u16 = 61;
const EVENT: u16 = 63;
const CUSTOM: u16 = 1023;
/// The messages that a reader sends, those of LLRP 1.1 included.
pub(crate) const KINDS: &[u16] = &[
    4, 11, 12, 13, 30, 31, 32, 33, 34, 35, 36, 45, 50, 51, 52, 53, 54, 56, 57, REPORT, KEEPALIVE, EVENT,
    ERROR, CUSTOM,
];
const STATUS: u16 = 287;
const TAG_REPORT: u16 = 240;
const EPC_DATA: u16 = 241;
const READ: u16 = 349;
const WRITE: u16 = 350;
const BLOCK_WRITE: u16 = 354;
