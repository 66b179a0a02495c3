//! Parameters: what LLRP messages are made of.

/// A parameter, TLV or TV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) kind: u16,
    pub(crate) body: &'a [u8],
}

/// Fields of a fixed size, taken from the front; each is `None` when the bytes have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// Parameters one after the other; ends early at one that is wrong, see [`Parameters::is_sound`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters<'a> {
    rest: &'a [u8],
    is_sound: bool,
}

/// A parameter being written.
#[derive(Clone, Debug)]
pub(crate) struct Tlv(Vec<u8>);

impl<'a> Fields<'a> {
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// A vector of bits: their number, and the bytes that hold them.
    pub(crate) fn bits(&mut self) -> Option<(u16, &'a [u8])> {
        let n = self.u16()?;
        Some((n, self.take(usize::from(n).div_ceil(8))?))
    }

    /// A vector of bytes behind their number.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let n = self.u16()?;
        self.take(n.into())
    }

    /// A vector of words behind their number, as bytes.
    pub(crate) fn words(&mut self) -> Option<&'a [u8]> {
        let n = self.u16()?;
        self.take(usize::from(n) * 2)
    }

    /// What is left, as parameters.
    pub(crate) fn parameters(self) -> Parameters<'a> {
        Parameters { rest: self.0, is_sound: true }
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}

impl<'a> Parameters<'a> {
    /// Whether every byte belongs to a whole parameter.
    pub(crate) fn is_sound(mut self) -> bool {
        self.by_ref().for_each(drop);
        self.is_sound
    }

    /// The fields of the first parameter of a kind.
    pub(crate) fn find_kind(mut self, kind: u16) -> Option<Fields<'a>> {
        self.find(|parameter| parameter.kind == kind).map(|parameter| Fields(parameter.body))
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let next = split(self.rest);
        match next {
            Some((_, rest)) => self.rest = rest,
            None => *self = Self { rest: &[], is_sound: false },
        }
        next.map(|(parameter, _)| parameter)
    }
}

impl Tlv {
    pub(crate) fn new(kind: u16) -> Self {
        Self([kind.to_be_bytes(), [0; 2]].concat())
    }

    pub(crate) fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    pub(crate) fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn words(self, words: &[u16]) -> Self {
        let n = u16::try_from(words.len()).unwrap_or(u16::MAX);
        words.iter().fold(self.u16(n), |tlv, word| tlv.u16(*word))
    }

    pub(crate) fn bits(self, n: u16, bytes: &[u8]) -> Self {
        self.u16(n).bytes(bytes)
    }

    pub(crate) fn with(mut self, inner: Self) -> Self {
        self.0.extend(inner.into_bytes());
        self
    }

    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        // Nothing that is written here comes near the bound.
        let length = u16::try_from(self.0.len()).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(place) = self.0.get_mut(2..4) {
            place.copy_from_slice(&length);
        }
        self.0
    }
}

fn split(bytes: &[u8]) -> Option<(Parameter<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if first & TV != 0 {
        let kind = first & !TV;
        let (body, rest) = rest.split_at_checked(tv_len(kind)?)?;
        return Some((Parameter { kind: kind.into(), body }, rest));
    }
    let (head, _) = bytes.split_first_chunk::<4>()?;
    let [k1, k0, l1, l0] = *head;
    let (whole, rest) = bytes.split_at_checked(u16::from_be_bytes([l1, l0]).into())?;
    let kind = u16::from_be_bytes([k1, k0]);
    (kind <= MAX_KIND).then_some(Parameter { kind, body: whole.get(4..)? }).map(|parameter| (parameter, rest))
}

/// How long the value of a TV parameter is. {#llrp.tv}
fn tv_len(kind: u8) -> Option<usize> {
    match kind {
        6 => Some(1),
        1 | 7 | 8 | 10..=12 | 14 | 15 | 17 | 19 | 20 => Some(2),
        9 | 16 | 18 => Some(4),
        2..=5 => Some(8),
        13 => Some(12),
        _ => None,
    }
}

/// A TV parameter's bytes.
pub(crate) fn tv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[TV | kind], value].concat()
}

const TV: u8 = 0x80;
const MAX_KIND: u16 = 0x3FF;
