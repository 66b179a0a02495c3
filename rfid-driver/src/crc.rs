//! Checksums of 16 bits, sixteen bytes at a step.
//!
//! Table `k` tells what a byte with `k` zero bytes behind it leaves in the register. The register is linear, so the
//! sixteen bytes of a step are looked up one by one, each in the table of its distance from the end, and added.

/// A CRC of 16 bits, as tables for one polynomial and one bit order.
#[derive(Debug)]
pub struct Crc16 {
    is_reflected: bool,
    tables: [[u16; 256]; STEP],
}

/// Polynomial 1021, most significant bit first: ISO/IEC 13239 in the forms of ISO 28560-3, of Gen2 tags and of 3M.
pub static CRC_1021: Crc16 = Crc16::new(0x1021);
/// Polynomial 1021, least significant bit first (8408): FEIG, and many UHF readers.
pub static CRC_8408: Crc16 = Crc16::reflected(0x8408);

impl Crc16 {
    /// The CRC of a polynomial, most significant bit first.
    pub const fn new(polynomial: u16) -> Self {
        Self::of(polynomial, false)
    }

    /// The CRC of a polynomial that is written least significant bit first.
    pub const fn reflected(polynomial: u16) -> Self {
        Self::of(polynomial, true)
    }

    /// The register after these bytes, from what it was before them.
    pub fn update(&self, register: u16, bytes: &[u8]) -> u16 {
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let register = steps.iter().fold(register, |register, step| self.step(register, step));
        // Frames are short: what is left counts.
        let (halves, rest) = rest.as_chunks::<{ STEP / 2 }>();
        let register = halves.iter().fold(register, |register, half| self.half_step(register, half));
        rest.iter().fold(register, |register, byte| self.byte(register, *byte))
    }

    fn step(&self, register: u16, bytes: &[u8; STEP]) -> u16 {
        let [one, two] = if self.is_reflected { register.to_le_bytes() } else { register.to_be_bytes() };
        let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15] = *bytes;
        let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = &self.tables;
        // In four sums that do not wait for each other.
        let a = look_up(t13, b2) ^ look_up(t12, b3) ^ look_up(t11, b4) ^ look_up(t10, b5);
        let b = look_up(t9, b6) ^ look_up(t8, b7) ^ look_up(t7, b8) ^ look_up(t6, b9);
        let c = look_up(t5, b10) ^ look_up(t4, b11) ^ look_up(t3, b12) ^ look_up(t2, b13);
        let d = look_up(t1, b14) ^ look_up(t0, b15);
        look_up(t15, b0 ^ one) ^ look_up(t14, b1 ^ two) ^ (a ^ b ^ (c ^ d))
    }

    fn half_step(&self, register: u16, bytes: &[u8; STEP / 2]) -> u16 {
        let [one, two] = if self.is_reflected { register.to_le_bytes() } else { register.to_be_bytes() };
        let [b0, b1, b2, b3, b4, b5, b6, b7] = *bytes;
        let [t0, t1, t2, t3, t4, t5, t6, t7, ..] = &self.tables;
        let a = look_up(t5, b2) ^ look_up(t4, b3) ^ look_up(t3, b4);
        let b = look_up(t2, b5) ^ look_up(t1, b6) ^ look_up(t0, b7);
        look_up(t7, b0 ^ one) ^ look_up(t6, b1 ^ two) ^ (a ^ b)
    }

    fn byte(&self, register: u16, byte: u8) -> u16 {
        let [table, ..] = &self.tables;
        let [low, high] = register.to_le_bytes();
        if self.is_reflected {
            register >> 8 ^ look_up(table, low ^ byte)
        } else {
            register << 8 ^ look_up(table, high ^ byte)
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the loops end before the lengths of the arrays")]
    const fn of(polynomial: u16, is_reflected: bool) -> Self {
        let mut tables = [[0; 256]; STEP];
        let mut byte = 0;
        while byte < 256_u16 {
            let mut register = if is_reflected { byte } else { byte << 8 };
            let mut table = 0;
            while table < STEP {
                let mut bit = 0;
                while bit < 8 {
                    register = match is_reflected {
                        true if register & 1 == 1 => register >> 1 ^ polynomial,
                        true => register >> 1,
                        false if register & 0x8000 != 0 => register << 1 ^ polynomial,
                        false => register << 1,
                    };
                    bit += 1;
                }
                tables[table][byte as usize] = register;
                table += 1;
            }
            byte += 1;
        }
        Self { is_reflected, tables }
    }
}

fn look_up(table: &[u16; 256], byte: u8) -> u16 {
    // A byte is always within the table; the compiler sees it too.
    table.get(usize::from(byte)).copied().unwrap_or(0)
}

const STEP: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bitwise(polynomial: u16, is_reflected: bool, register: u16, bytes: &[u8]) -> u16 {
        bytes.iter().fold(register, |register, byte| {
            let byte = u16::from(*byte);
            (0..8).fold(register ^ if is_reflected { byte } else { byte << 8 }, |register, _| {
                match (is_reflected, register & if is_reflected { 1 } else { 0x8000 } != 0) {
                    (true, true) => register >> 1 ^ polynomial,
                    (true, false) => register >> 1,
                    (false, true) => register << 1 ^ polynomial,
                    (false, false) => register << 1,
                }
            })
        })
    }

    #[test]
    fn published_check_values() {
        assert_eq!(CRC_1021.update(0xFFFF, b"123456789"), 0x29B1, "CRC-16/IBM-3740");
        assert_eq!(CRC_8408.update(0xFFFF, b"123456789"), 0x6F91, "CRC-16/MCRF4XX");
        assert_eq!(CRC_1021.update(0xFFFF, b"RFID tag data model"), 0x1AEE, "rfid.md 1.2");
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn as_bit_by_bit(start in any::<u16>(), bytes in proptest::collection::vec(any::<u8>(), 0..100), at in 0_usize..100) {
            prop_assert_eq!(CRC_1021.update(start, &bytes), bitwise(0x1021, false, start, &bytes));
            prop_assert_eq!(CRC_8408.update(start, &bytes), bitwise(0x8408, true, start, &bytes));
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(CRC_8408.update(CRC_8408.update(start, one), two), CRC_8408.update(start, &bytes));
        }
    }
}
