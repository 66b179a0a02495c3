//! A receipt as bytes: lines of text, rows of two texts, a code, and the cut.
//!
//! Each part sets what it needs and leaves nothing set, so that parts can stand in any order.

use super::command;
use super::text::{Glyph, bytes, glyphs, width};
use super::wrap::{shortened, wrap};

/// The width of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// 58 mm: 384 dots, 32 columns, 16 Chinese characters a line.
    Mm58,
    /// 80 mm: 576 dots, 48 columns, 24 Chinese characters a line.
    #[default]
    Mm80,
}

impl Paper {
    /// Columns of a line: one for a Latin letter, two for a Chinese character.
    #[must_use]
    pub const fn columns(self) -> usize {
        match self {
            Self::Mm58 => 32,
            Self::Mm80 => 48,
        }
    }

    /// Dots of a line, 8 a millimetre.
    #[must_use]
    pub const fn dots(self) -> usize {
        self.columns() * 12
    }
}

/// How the paper is parted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// A bridge is left, so that the receipt does not fall.
    #[default]
    Partial,
    /// Wholly.
    Full,
    /// There is no cutter: fed to where it can be torn.
    Tear,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Where it stands.
    pub align: Align,
    /// Emphasized.
    pub bold: bool,
    /// So many times as large: 1 to 4; 0 counts as 1.
    pub size: u8,
}

impl Style {
    /// In the middle.
    #[must_use]
    pub const fn centred() -> Self {
        Self { align: Align::Centre, bold: false, size: 1 }
    }

    /// Emphasized.
    #[must_use]
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Twice as large.
    #[must_use]
    pub const fn large(self) -> Self {
        Self { size: 2, ..self }
    }
}

/// A receipt that is being written.
#[derive(Clone, Debug)]
pub struct Slip {
    bytes: Vec<u8>,
    paper: Paper,
    n_lines: usize,
}

/// A receipt that is whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    bytes: Vec<u8>,
    n_lines: usize,
}

impl Slip {
    /// An empty receipt.
    #[must_use]
    pub fn new(paper: Paper) -> Self {
        let bytes = [&command::INITIALIZE[..], &command::CHINESE].concat();
        Self { bytes, paper, n_lines: 0 }
    }

    /// Writes a text, in as many lines as it needs.
    pub fn text(&mut self, text: &str, style: Style) {
        let size = style.size.clamp(1, 4);
        let columns = self.paper.columns() / usize::from(size);
        self.set(style, size);
        for line in wrap(&glyphs(text), columns) {
            self.line(&line, usize::from(size));
        }
        self.unset(style, size);
    }

    /// Writes two texts in one line, the second at the right edge; the first is shortened if they do not fit.
    pub fn row(&mut self, left: &str, right: &str) {
        let columns = self.paper.columns();
        let right = shortened(&glyphs(right), columns);
        let room = columns.saturating_sub(width(&right) + 1);
        let mut line = shortened(&glyphs(left), room);
        let gap = columns.saturating_sub(width(&line) + width(&right));
        line.extend(glyphs(&" ".repeat(gap)));
        line.extend(right);
        self.line(&line, 1);
    }

    /// Writes a text and another at the right edge of the same line, or of the next if they do not fit: nothing is
    /// shortened.
    pub fn entry(&mut self, left: &str, right: &str) {
        let both = width(&glyphs(left)) + width(&glyphs(right));
        if both < self.paper.columns() {
            self.row(left, right);
            return;
        }
        self.text(left, Style::default());
        if !right.is_empty() {
            self.text(right, Style { align: Align::Right, ..Style::default() });
        }
    }

    /// Draws a line across the paper.
    pub fn rule(&mut self) {
        self.line(&glyphs(&"-".repeat(self.paper.columns())), 1);
    }

    /// Leaves so many lines empty.
    pub fn feed(&mut self, lines: u8) {
        self.bytes.extend(command::feed(lines));
        self.n_lines += usize::from(lines);
    }

    /// Prints a QR code in the middle, of modules of so many dots (1 to 16).
    pub fn code(&mut self, text: &str, module: u8) {
        self.bytes.extend(command::align(1));
        self.bytes.extend(command::qr(text.as_bytes(), module));
        self.bytes.extend(command::align(0));
        // About as high as it is wide: 33 modules and more, a line has 30 dots.
        self.n_lines += usize::from(module) * 2;
    }

    /// Feeds the end of the receipt out, and cuts it off.
    #[must_use]
    pub fn finish(mut self, cut: Cut) -> Job {
        match cut {
            Cut::Partial => self.bytes.extend([0x1D, b'V', 66, FEED_TO_CUTTER]),
            Cut::Full => self.bytes.extend([0x1D, b'V', 65, FEED_TO_CUTTER]),
            Cut::Tear => self.bytes.extend(command::feed(FEED_TO_EDGE)),
        }
        self.n_lines += usize::from(FEED_TO_EDGE);
        Job { bytes: self.bytes, n_lines: self.n_lines }
    }

    fn line(&mut self, line: &[Glyph], height: usize) {
        self.bytes.extend(bytes(line));
        self.bytes.push(b'\n');
        self.n_lines += height;
    }

    fn set(&mut self, style: Style, size: u8) {
        match style.align {
            Align::Left => {}
            Align::Centre => self.bytes.extend(command::align(1)),
            Align::Right => self.bytes.extend(command::align(2)),
        }
        if style.bold {
            self.bytes.extend(command::bold(true));
        }
        if size > 1 {
            self.bytes.extend(command::size(size, size));
        }
    }

    fn unset(&mut self, style: Style, size: u8) {
        if size > 1 {
            self.bytes.extend(command::size(1, 1));
        }
        if style.bold {
            self.bytes.extend(command::bold(false));
        }
        if style.align != Align::Left {
            self.bytes.extend(command::align(0));
        }
    }
}

impl Job {
    /// What is sent to the printer.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// About how many lines of paper it takes.
    #[must_use]
    pub const fn n_lines(&self) -> usize {
        self.n_lines
    }
}

/// Who borrowed what is nobody else's business.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("n_bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Dots from the last line to the cutter, beyond what the printer feeds by itself.
const FEED_TO_CUTTER: u8 = 0;
/// Lines from the head to where paper is torn.
const FEED_TO_EDGE: u8 = 4;
