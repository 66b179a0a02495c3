//! What is asked and answered, without the frame around it.

/// A run of coils or inputs: at least one, and as many as one request can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: u16,
    n: u16,
}

/// Why a run cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// None, or more than one request can name.
    #[error("{n} contacts cannot be asked for at once: 1 to {} can", Span::MOST)]
    Number {
        /// How many.
        n: u16,
    },
    /// Addresses end at 65535.
    #[error("{n} contacts from address {first} on go beyond 65535")]
    Beyond {
        /// The first address.
        first: u16,
        /// How many.
        n: u16,
    },
}

impl Span {
    /// So many coils fit into a request to write them; inputs could be some more.
    pub const MOST: u16 = 1968;

    /// `n` contacts from the address `first` on, counted from 0 as on the wire.
    ///
    /// # Errors
    /// [`SpanError`].
    pub const fn new(first: u16, n: u16) -> Result<Self, SpanError> {
        if n == 0 || n > Self::MOST {
            return Err(SpanError::Number { n });
        }
        if first.checked_add(n - 1).is_none() {
            return Err(SpanError::Beyond { first, n });
        }
        Ok(Self { first, n })
    }

    /// The first address.
    pub const fn first(self) -> u16 {
        self.first
    }

    /// How many.
    pub fn len(self) -> usize {
        usize::from(self.n)
    }

    /// Never: a run has one contact at least.
    pub const fn is_empty(self) -> bool {
        false
    }

    fn n_bytes(self) -> usize {
        self.len().div_ceil(8)
    }
}

/// What is asked of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 01: outputs as they are.
    ReadCoils(Span),
    /// 02: inputs as they are.
    ReadInputs(Span),
    /// 05: one output.
    WriteCoil {
        /// its address
        at: u16,
        /// what it is to be
        is_on: bool,
    },
    /// 0F: outputs.
    WriteCoils {
        /// which
        span: Span,
        /// what they are to be, in the order of their addresses
        bits: Vec<bool>,
    },
}

/// What an answer means to its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What was asked for, in the order of the addresses.
    Bits(Vec<bool>),
    /// It is written.
    Written,
    /// It is refused.
    Refused(Exception),
}

/// Why a module refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception(pub u8);

impl Exception {
    /// It does not know the function.
    pub const FUNCTION: Self = Self(1);
    /// It has no such address.
    pub const ADDRESS: Self = Self(2);
    /// It takes no such value.
    pub const VALUE: Self = Self(3);
    /// It has begun, and is not done yet.
    pub const LATER: Self = Self(5);
    /// It has no time.
    pub const BUSY: Self = Self(6);
}

impl std::fmt::Display for Exception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = match *self {
            Self::FUNCTION => "it does not know this function",
            Self::ADDRESS => "it has no such address",
            Self::VALUE => "it takes no such value",
            Self::LATER | Self::BUSY => "it is busy",
            Self(4) => "it is broken",
            Self(_) => "for a reason of its own",
        };
        write!(f, "exception {}, {words}", self.0)
    }
}

impl Request {
    /// Its number.
    pub const fn function(&self) -> u8 {
        match self {
            Self::ReadCoils(_) => READ_COILS,
            Self::ReadInputs(_) => READ_INPUTS,
            Self::WriteCoil { .. } => WRITE_COIL,
            Self::WriteCoils { .. } => WRITE_COILS,
        }
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut pdu = vec![self.function()];
        match self {
            Self::ReadCoils(span) | Self::ReadInputs(span) => put_span(&mut pdu, *span),
            Self::WriteCoil { at, is_on } => {
                pdu.extend(at.to_be_bytes());
                pdu.extend(if *is_on { ON } else { OFF });
            }
            Self::WriteCoils { span, bits } => {
                put_span(&mut pdu, *span);
                pdu.extend(packed(bits, *span));
            }
        }
        pdu
    }

    /// What it writes to many outputs.
    pub fn into_bits(self) -> Option<Vec<bool>> {
        match self {
            Self::WriteCoils { bits, .. } => Some(bits),
            Self::ReadCoils(_) | Self::ReadInputs(_) | Self::WriteCoil { .. } => None,
        }
    }

    /// What the bytes of a request ask, for whoever answers them.
    ///
    /// # Errors
    /// The exception to answer with.
    pub fn decode(pdu: &[u8]) -> Result<Self, Exception> {
        let (function, data) = pdu.split_first().ok_or(Exception::FUNCTION)?;
        let (head, rest) = data.split_first_chunk::<4>().ok_or(Exception::VALUE)?;
        let [a, b, c, d] = *head;
        let (first, value) = (u16::from_be_bytes([a, b]), [c, d]);
        let span = || {
            Span::new(first, u16::from_be_bytes(value)).map_err(|error| match error {
                SpanError::Number { .. } => Exception::VALUE,
                SpanError::Beyond { .. } => Exception::ADDRESS,
            })
        };
        match *function {
            READ_COILS | READ_INPUTS if !rest.is_empty() => Err(Exception::VALUE),
            READ_COILS => Ok(Self::ReadCoils(span()?)),
            READ_INPUTS => Ok(Self::ReadInputs(span()?)),
            WRITE_COIL if rest.is_empty() && (value == ON || value == OFF) => {
                Ok(Self::WriteCoil { at: first, is_on: value == ON })
            }
            WRITE_COILS => {
                let span = span()?;
                let bits = unpacked(rest, span).ok_or(Exception::VALUE)?;
                Ok(Self::WriteCoils { span, bits })
            }
            WRITE_COIL => Err(Exception::VALUE),
            _ => Err(Exception::FUNCTION),
        }
    }

    /// What the bytes of an answer mean; `None` if they answer something else.
    pub fn hear(&self, pdu: &[u8]) -> Option<Heard> {
        let (function, data) = pdu.split_first()?;
        if *function == self.function() | REFUSED {
            let [code] = *data else { return None };
            return Some(Heard::Refused(Exception(code)));
        }
        if *function != self.function() {
            return None;
        }
        match self {
            Self::ReadCoils(span) | Self::ReadInputs(span) => unpacked(data, *span).map(Heard::Bits),
            // What was written is said again, without the values of many.
            Self::WriteCoil { .. } | Self::WriteCoils { .. } => {
                self.encode().get(1..5).is_some_and(|echo| echo == data).then_some(Heard::Written)
            }
        }
    }

    /// The answer to it; `bits` are what was asked for.
    pub fn answer(&self, bits: &[bool]) -> Vec<u8> {
        match self {
            Self::ReadCoils(span) | Self::ReadInputs(span) => {
                [vec![self.function()], packed(bits, *span)].concat()
            }
            Self::WriteCoil { .. } | Self::WriteCoils { .. } => {
                let mut pdu = self.encode();
                pdu.truncate(5);
                pdu
            }
        }
    }
}

/// The answer that refuses a function.
pub fn refusal(function: u8, exception: Exception) -> [u8; 2] {
    [function | REFUSED, exception.0]
}

fn put_span(pdu: &mut Vec<u8>, span: Span) {
    pdu.extend(span.first.to_be_bytes());
    pdu.extend(span.n.to_be_bytes());
}

/// The number of bytes, then eight contacts in each, the first in its lowest bit; what `bits` lacks is off.
fn packed(bits: &[bool], span: Span) -> Vec<u8> {
    let n = span.n_bytes();
    let mut bytes = vec![0; n + 1];
    // 246 at most: a span is no longer.
    if let Some(count) = bytes.first_mut() {
        *count = u8::try_from(n).unwrap_or(u8::MAX);
    }
    for (at, _) in bits.iter().take(span.len()).enumerate().filter(|(_, is_on)| **is_on) {
        if let Some(byte) = bytes.get_mut(at / 8 + 1) {
            *byte |= 1 << (at % 8);
        }
    }
    bytes
}

fn unpacked(data: &[u8], span: Span) -> Option<Vec<bool>> {
    let (count, bytes) = data.split_first()?;
    if usize::from(*count) != span.n_bytes() || bytes.len() != span.n_bytes() {
        return None;
    }
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    Some((0..span.len()).map(bit).collect())
}

pub(super) const READ_COILS: u8 = 0x01;
pub(super) const READ_INPUTS: u8 = 0x02;
pub(super) const WRITE_COIL: u8 = 0x05;
pub(super) const WRITE_COILS: u8 = 0x0F;
/// Set in the function of an answer that refuses.
pub(super) const REFUSED: u8 = 0x80;
const ON: [u8; 2] = [0xFF, 0];
const OFF: [u8; 2] = [0, 0];

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::config;

    fn span(first: u16, n: u16) -> Span {
        Span::new(first, n).unwrap()
    }

    /// The examples of the specification: 6.1, 6.2, 6.5, 6.11.
    #[test]
    fn the_examples_of_the_specification_are_made_and_read() {
        let bits = |bytes: &[u8], n: usize| -> Vec<bool> {
            bytes.iter().flat_map(|byte| (0..8).map(move |at| byte >> at & 1 == 1)).take(n).collect()
        };
        for (request, asked, answered, heard) in [
            (
                Request::ReadCoils(span(19, 19)),
                &b"\x01\x00\x13\x00\x13"[..],
                &b"\x01\x03\xCD\x6B\x05"[..],
                Heard::Bits(bits(b"\xCD\x6B\x05", 19)),
            ),
            (
                Request::ReadInputs(span(196, 22)),
                b"\x02\x00\xC4\x00\x16",
                b"\x02\x03\xAC\xDB\x35",
                Heard::Bits(bits(b"\xAC\xDB\x35", 22)),
            ),
            (
                Request::WriteCoil { at: 172, is_on: true },
                b"\x05\x00\xAC\xFF\x00",
                b"\x05\x00\xAC\xFF\x00",
                Heard::Written,
            ),
            (
                Request::WriteCoils { span: span(19, 10), bits: bits(b"\xCD\x01", 10) },
                b"\x0F\x00\x13\x00\x0A\x02\xCD\x01",
                b"\x0F\x00\x13\x00\x0A",
                Heard::Written,
            ),
        ] {
            assert_eq!(request.encode(), asked);
            assert_eq!(Request::decode(asked), Ok(request.clone()));
            assert_eq!(request.hear(answered), Some(heard.clone()));
            let bits = if let Heard::Bits(bits) = heard { bits } else { Vec::new() };
            assert_eq!(request.answer(&bits), answered);
            let function = request.function();
            assert_eq!(
                request.hear(&refusal(function, Exception::ADDRESS)),
                Some(Heard::Refused(Exception(2)))
            );
        }
    }

    /// Each of these was taken for an answer by a codec that others wrote (docs/decisions).
    #[test]
    fn what_answers_something_else_is_no_answer() {
        let read = Request::ReadInputs(span(0, 16));
        for pdu in [
            &b""[..],
            b"\x02",
            b"\x01\x02\xFF\xFF",
            b"\x02\x01\xFF",
            b"\x02\x09\xFF\xFF",
            b"\x02\x02\xFF",
            b"\x02\x02\xFF\xFF\xFF",
            b"\x82",
            b"\x82\x02\x02",
            b"\x81\x02",
        ] {
            assert_eq!(read.hear(pdu), None, "{pdu:02X?}");
        }
        let write = Request::WriteCoils { span: span(0, 8), bits: vec![true; 8] };
        for pdu in [&b"\x0F\x12\x34\x00\x08"[..], b"\x0F\x00\x00\x00\x03", b"\x0F\x00\x00\x00"] {
            assert_eq!(write.hear(pdu), None, "{pdu:02X?}");
        }
    }

    #[test]
    fn a_request_that_cannot_be_carried_out_is_refused_with_the_right_exception() {
        for (pdu, exception) in [
            (&b""[..], Exception::FUNCTION),
            (b"\x63\0\0\0\x01", Exception::FUNCTION),
            (b"\x01\0\0", Exception::VALUE),
            (b"\x01\0\0\0\0", Exception::VALUE),
            (b"\x01\0\0\x40\0", Exception::VALUE),
            (b"\x02\xFF\xFF\0\x02", Exception::ADDRESS),
            (b"\x05\0\0\x12\x34", Exception::VALUE),
            (b"\x0F\0\0\0\x40\x01\xFF", Exception::VALUE),
        ] {
            assert_eq!(Request::decode(pdu), Err(exception), "{pdu:02X?}");
        }
        assert_eq!(Span::new(0xFFFF, 1).map(Span::len), Ok(1));
        assert_eq!(
            Span::new(1, 0).unwrap_err().to_string(),
            "0 contacts cannot be asked for at once: 1 to 1968 can"
        );
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_bytes_are_read_and_what_is_read_is_made_again(pdu in vec(any::<u8>(), 0..40)) {
            if let Ok(request) = Request::decode(&pdu) {
                prop_assert_eq!(Request::decode(&request.encode()), Ok(request.clone()));
                prop_assert!(request.hear(&request.answer(&[true; 9])).is_some());
                request.hear(&pdu);
            }
        }

        #[test]
        fn contacts_come_out_as_they_went_in(first in any::<u16>(), bits in vec(any::<bool>(), 1..1968)) {
            let Ok(span) = Span::new(first, bits.len().try_into().unwrap()) else { return Ok(()) };
            let read = Request::ReadInputs(span);
            prop_assert_eq!(read.hear(&read.answer(&bits)), Some(Heard::Bits(bits.clone())));
            let write = Request::WriteCoils { span, bits };
            prop_assert_eq!(Request::decode(&write.encode()), Ok(write));
        }
    }
}
