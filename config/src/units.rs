//! Values with a meaning that their primitive type does not show.

use std::fmt;

/// Speed of a serial line.
///
/// # Units
/// Bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Baud(u32);

impl Baud {
    /// The speeds that readers are built for, in rising order.
    pub const ALL: [Self; 8] = [
        Self(4_800),
        Self(9_600),
        Self(19_200),
        Self(38_400),
        Self(57_600),
        Self(115_200),
        Self(230_400),
        Self(460_800),
    ];

    /// What printers and most other parts of a cabinet are set to.
    pub(crate) const FASTEST_USUAL: Self = Self(115_200);

    /// Takes a speed that readers are built for.
    #[must_use]
    pub fn new(bits_per_second: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| baud.0 == bits_per_second)
    }

    /// Returns the speed as a number.
    #[must_use]
    pub fn bits_per_second(self) -> u32 {
        self.0
    }
}

impl Default for Baud {
    /// What FEIG readers leave the factory with.
    fn default() -> Self {
        Self(38_400)
    }
}

impl fmt::Display for Baud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that must never reach a log; [`Debug`](fmt::Debug) prints stars and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `secret`.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Hands out the text, for the one call that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
