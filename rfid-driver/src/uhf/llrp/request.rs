//! What a host asks, in both directions.

use super::parameter::{Fields, Tlv};
use super::spec::{AccessSpec, Antenna, RoSpec, antennas_of};
use super::{Message, VERSION};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    GetCapabilities { what: u8 },
    GetConfig { antenna: u16, what: u8 },
    SetConfig(Config),
    CloseConnection,
    AddRoSpec(RoSpec),
    RoSpec { act: SpecAct, id: u32 },
    AddAccessSpec(AccessSpec),
    AccessSpec { act: SpecAct, id: u32 },
    GetReport,
    KeepaliveAck,
    EnableEventsAndReports,
}

/// What is done with a spec that is there; for deleting, disabling and enabling, id 0 means all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpecAct {
    Delete,
    Start,
    Stop,
    Enable,
    Disable,
}

/// What SET_READER_CONFIG sets of all that it could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) is_reset: bool,
    /// Event type, and whether it is told.
    pub(crate) events: Vec<(u16, bool)>,
    /// Milliseconds between keepalives; `None` within: none are sent.
    pub(crate) keepalive: Option<Option<u32>>,
    pub(crate) antennas: Vec<Antenna>,
    /// Events and reports are told at once to a host that connects.
    pub(crate) holds_nothing: bool,
}

/// Why a request is none, as the number of an LLRPStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) u16);

impl Request {
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Self::GetCapabilities { .. } => 1,
            Self::GetConfig { .. } => 2,
            Self::SetConfig(_) => 3,
            Self::CloseConnection => 14,
            Self::AddRoSpec(_) => 20,
            Self::RoSpec { act, .. } => act.of_rospec(),
            Self::AddAccessSpec(_) => 40,
            Self::AccessSpec { act, .. } => act.of_access(),
            Self::GetReport => 60,
            Self::EnableEventsAndReports => 64,
            Self::KeepaliveAck => 72,
        }
    }

    pub(crate) fn to_bytes(&self, id: u32) -> Vec<u8> {
        let body = match self {
            Self::GetCapabilities { what } => vec![*what],
            Self::GetConfig { antenna, what } => {
                let [high, low] = antenna.to_be_bytes();
                // Of inputs and outputs nothing is wanted: port 0 each.
                vec![high, low, *what, 0, 0, 0, 0]
            }
            Self::SetConfig(config) => config.body(),
            Self::AddRoSpec(spec) => spec.tlv().into_bytes(),
            Self::AddAccessSpec(spec) => spec.tlv().into_bytes(),
            Self::RoSpec { id, .. } | Self::AccessSpec { id, .. } => id.to_be_bytes().to_vec(),
            Self::CloseConnection | Self::GetReport | Self::EnableEventsAndReports | Self::KeepaliveAck => {
                Vec::new()
            }
        };
        Message { version: VERSION, kind: self.kind(), id, body: &body }.to_bytes()
    }

    pub(crate) fn parse(message: &Message<'_>) -> Result<Self, Fault> {
        if message.version != VERSION {
            return Err(Fault(UNSUPPORTED_VERSION));
        }
        let fields = Fields(message.body);
        Self::of_kind(message.kind, fields).unwrap_or(Err(Fault(UNSUPPORTED_MESSAGE)))
    }

    /// `None`: no such request is known.
    fn of_kind(kind: u16, mut fields: Fields<'_>) -> Option<Result<Self, Fault>> {
        let request = match kind {
            1 => fields.u8().map(|what| Self::GetCapabilities { what }),
            2 => fields.u16().zip(fields.u8()).map(|(antenna, what)| Self::GetConfig { antenna, what }),
            3 => Config::parse(fields).map(Self::SetConfig),
            14 => Some(Self::CloseConnection),
            20 => fields.parameters().find_kind(177).and_then(RoSpec::parse).map(Self::AddRoSpec),
            40 => fields.parameters().find_kind(207).and_then(AccessSpec::parse).map(Self::AddAccessSpec),
            60 => Some(Self::GetReport),
            64 => Some(Self::EnableEventsAndReports),
            72 => Some(Self::KeepaliveAck),
            _ => {
                let of_rospec = SpecAct::ALL.into_iter().find(|act| act.of_rospec() == kind);
                let of_access =
                    SpecAct::ALL.into_iter().find(|act| act.of_access() == kind && act.is_for_access());
                let id = fields.u32();
                match (of_rospec, of_access) {
                    (Some(act), _) => id.map(|id| Self::RoSpec { act, id }),
                    (None, Some(act)) => id.map(|id| Self::AccessSpec { act, id }),
                    (None, None) => return None,
                }
            }
        };
        Some(request.ok_or(Fault(PARAMETER_ERROR)))
    }
}

impl SpecAct {
    const ALL: [Self; 5] = [Self::Delete, Self::Start, Self::Stop, Self::Enable, Self::Disable];

    fn of_rospec(self) -> u16 {
        match self {
            Self::Delete => 21,
            Self::Start => 22,
            Self::Stop => 23,
            Self::Enable => 24,
            Self::Disable => 25,
        }
    }

    /// AccessSpecs are neither started nor stopped.
    fn of_access(self) -> u16 {
        match self {
            Self::Delete => 41,
            Self::Enable | Self::Start => 42,
            Self::Disable | Self::Stop => 43,
        }
    }

    fn is_for_access(self) -> bool {
        matches!(self, Self::Delete | Self::Enable | Self::Disable)
    }
}

impl Config {
    fn body(&self) -> Vec<u8> {
        let mut body = vec![u8::from(self.is_reset) << 7];
        if !self.events.is_empty() {
            let events = self.events.iter().fold(Tlv::new(244), |tlv, (event, is_told)| {
                tlv.with(Tlv::new(245).u16(*event).u8(u8::from(*is_told) << 7))
            });
            body.extend(events.into_bytes());
        }
        if let Some(period) = self.keepalive {
            let keepalive = Tlv::new(220).u8(u8::from(period.is_some())).u32(period.unwrap_or(0));
            body.extend(keepalive.into_bytes());
        }
        if self.holds_nothing {
            body.extend(Tlv::new(226).u8(0).into_bytes());
        }
        body
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let is_reset = fields.u8()? & 0x80 != 0;
        let parameters = fields.parameters();
        let events = parameters.find_kind(244).unwrap_or(Fields(&[])).parameters();
        let event = |body| {
            let mut fields = Fields(body);
            Some((fields.u16()?, fields.u8()? & 0x80 != 0))
        };
        let keepalive = |mut fields: Fields<'_>| {
            let (kind, period) = (fields.u8()?, fields.u32()?);
            Some((kind == 1 && period > 0).then_some(period))
        };
        parameters.is_sound().then(|| Self {
            is_reset,
            events: events.filter_map(|parameter| event(parameter.body)).collect(),
            keepalive: parameters.find_kind(220).and_then(keepalive),
            antennas: antennas_of(parameters),
            holds_nothing: parameters.find_kind(226).and_then(|mut fields| fields.u8()) == Some(0),
        })
    }
}

pub(crate) const PARAMETER_ERROR: u16 = 100;
pub(crate) const UNSUPPORTED_MESSAGE: u16 = 109;
pub(crate) const UNSUPPORTED_VERSION: u16 = 110;
