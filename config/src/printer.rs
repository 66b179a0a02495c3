//! `[printer]`: the receipt printer.

use crate::choices::{Cut, PaperWidth};
use crate::reading::Section;
use crate::{Baud, Endpoint};

/// `[printer]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// Whether there is one.
    pub enabled: bool,
    /// Where it is.
    pub port: Endpoint,
    /// The speed of the line; no parity.
    pub baud: Baud,
    /// The width of its paper.
    pub paper: PaperWidth,
    /// How a receipt is parted from the roll.
    pub cut: Cut,
}

impl Default for Printer {
    fn default() -> Self {
        Self {
            enabled: false,
            port: "/dev/yueting-printer".into(),
            baud: Baud::FASTEST_USUAL,
            paper: PaperWidth::default(),
            cut: Cut::default(),
        }
    }
}

impl Printer {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            enabled: section.flag("enabled", default.enabled),
            port: section.endpoint("port", &default.port),
            baud: section.baud("baud", default.baud),
            paper: section.choice("paper"),
            cut: section.choice("cut"),
        }
    }
}
