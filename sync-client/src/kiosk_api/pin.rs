//! The hash of a patron's password as a kiosk keeps it. Central computes it, with a salt that is used for nothing else.

use core::fmt;

/// Argon2id, one lane: `argon2id$<KiB>$<passes>$<salt, 16 bytes in hex>$<hash, 32 bytes in hex>`.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash {
    /// memory of one guess, in KiB
    pub kib: u32,
    /// passes over it
    pub passes: u32,
    /// salt
    pub salt: [u8; 16],
    /// hash
    pub hash: [u8; 32],
}

impl PinHash {
    /// Bytes of the packed form: `kib` and `passes` big-endian, salt, hash.
    pub const PACKED_LEN: usize = 56;

    /// Parses the text; what would cost more than 64 MiB or eight passes is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('$');
        let algorithm = fields.next()?;
        let hash = Self {
            kib: fields.next()?.parse().ok().filter(|kib| *kib <= MAX_KIB)?,
            passes: fields.next()?.parse().ok().filter(|passes| *passes <= MAX_PASSES)?,
            salt: unhex(fields.next()?)?,
            hash: unhex(fields.next()?)?,
        };
        (algorithm == "argon2id" && fields.next().is_none()).then_some(hash)
    }

    /// The packed form.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(Self::PACKED_LEN);
        packed.extend(self.kib.to_be_bytes());
        packed.extend(self.passes.to_be_bytes());
        packed.extend(self.salt);
        packed.extend(self.hash);
        packed
    }

    /// Reads the packed form.
    #[must_use]
    pub fn unpack(packed: &[u8]) -> Option<Self> {
        let (kib, rest) = packed.split_first_chunk()?;
        let (passes, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        Some(Self {
            kib: u32::from_be_bytes(*kib),
            passes: u32::from_be_bytes(*passes),
            salt: *salt,
            hash: rest.try_into().ok()?,
        })
    }
}

impl fmt::Display for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argon2id${}${}$", self.kib, self.passes)?;
        self.salt.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("$")?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(…)")
    }
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut digits = text.chars().map(|c| c.to_digit(16));
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = u8::try_from(digits.next()?? * 16 + digits.next()??).ok()?;
    }
    digits.next().is_none().then_some(bytes)
}

/// The most memory that a guess may cost: a kiosk has little.
const MAX_KIB: u32 = 64 * 1024;
/// The most passes that a guess may take.
const MAX_PASSES: u32 = 8;
