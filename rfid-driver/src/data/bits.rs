//! Bits within bytes, most significant first.

/// Takes groups of bits from the front. A group that is not whole is not given.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Puts groups of bits one behind the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    free: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next group of up to 8 bits, or `None` if fewer are left.
    pub(crate) fn take(&mut self, width: u32) -> Option<u8> {
        let end = self.at + width as usize;
        if end > self.bytes.len() * 8 {
            return None;
        }
        let first = self.at / 8;
        let pair = [self.bytes.get(first), self.bytes.get(first + 1)].map(|byte| byte.copied().unwrap_or(0));
        let window = u16::from_be_bytes(pair) << (self.at % 8);
        let group = window.checked_shr(16 - width.min(8)).unwrap_or(0);
        self.at = end;
        Some(group.to_le_bytes()[0])
    }
}

impl BitWriter {
    /// Puts the low `width` bits (up to 8) of a group.
    pub(crate) fn put(&mut self, group: u8, width: u32) {
        (0..width).rev().for_each(|bit| self.put_bit(group >> bit & 1 == 1));
    }

    /// The bytes, the last one filled with `fill(0)`, `fill(1)`...
    pub(crate) fn finish(mut self, fill: impl Fn(u32) -> bool) -> Vec<u8> {
        (0..self.free).for_each(|at| self.put_bit(fill(at)));
        self.bytes
    }

    fn put_bit(&mut self, bit: bool) {
        if self.free == 0 {
            self.bytes.push(0);
            self.free = 8;
        }
        self.free -= 1;
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << self.free;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cross_bytes() {
        let mut writer = BitWriter::default();
        for group in [0b10101, 0b00110, 0b11111] {
            writer.put(group, 5);
        }
        let bytes = writer.finish(|_| true);
        assert_eq!(bytes, [0b1010_1001, 0b1011_1111]);
        let mut reader = BitReader::new(&bytes);
        assert_eq!(
            [reader.take(5), reader.take(5), reader.take(5)],
            [Some(0b10101), Some(0b00110), Some(0b11111)]
        );
        assert_eq!(reader.take(5), None);
        assert_eq!(reader.take(1), Some(1));
    }
}
