//! An ESC/POS printer: reads what it is sent, prints it on paper that can run out, and tells how it is.
//!
//! Real-time commands are carried out when their bytes come, wherever they stand, as in a real printer; all others one
//! after the other, as far as there is paper. With the cover open, no paper or a stuck cutter it is offline: it goes on
//! taking bytes and prints nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Emulated;
use super::parse::{Op, operation};

mod script;

/// A sign on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The letter.
    pub letter: char,
    /// Columns that it takes before it is enlarged: 1 or 2.
    pub columns: u8,
    /// So many times as wide.
    pub width: u8,
    /// So many times as high.
    pub height: u8,
    /// Emphasized.
    pub is_bold: bool,
}

/// What is on paper, from above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line of text; it may be empty.
    Line {
        /// The signs.
        signs: Vec<Sign>,
        /// 0 left, 1 centre, 2 right.
        align: u8,
    },
    /// A QR code.
    Code {
        /// What it says.
        text: Vec<u8>,
        /// Dots of a module.
        module: u8,
        /// 48 L to 51 H.
        level: u8,
        /// 0 left, 1 centre, 2 right.
        align: u8,
    },
    /// A raster picture.
    Raster {
        /// Bytes of a row.
        row: usize,
        /// The rows.
        bits: Vec<u8>,
        /// 0 left, 1 centre, 2 right.
        align: u8,
    },
    /// So many dots without anything.
    Feed(u16),
}

/// What came out at one cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// From above.
    pub marks: Vec<Mark>,
    /// Whether it was cut off, or is what was printed before something happened.
    pub is_cut: bool,
}

/// The printer.
#[derive(Clone, Debug)]
pub struct PrinterEmulator {
    /// Lines of paper that are left; none: a whole roll.
    pub lines_left: Option<u32>,
    /// The roll is nearly used up.
    pub is_near_end: bool,
    /// The cover is open.
    pub is_cover_open: bool,
    /// The cutter is stuck since its last cut...
    pub is_cutter_stuck: bool,
    /// ...or will be at its next one.
    pub jams_at_cut: bool,
    /// It answers nothing.
    pub is_mute: bool,
    /// Answers wait so long.
    pub answer_delay: Duration,
    /// So long a line takes.
    pub line_time: Duration,
    /// Columns of the paper.
    pub columns: usize,
    received: VecDeque<u8>,
    /// the last bytes, in which a real-time command may begin
    tail: Vec<u8>,
    settings: Settings,
    line: Vec<Sign>,
    /// the first byte of a double one
    half: Option<u8>,
    paper: Receipt,
    done: Vec<Receipt>,
    answers: VecDeque<(Instant, Vec<u8>)>,
    busy_until: Option<Instant>,
    n_unknown: u64,
    noise_next: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Settings {
    align: u8,
    is_bold: bool,
    width: u8,
    height: u8,
    is_chinese: bool,
    module: u8,
    level: u8,
    code: Vec<u8>,
}

impl Default for Settings {
    fn default() -> Self {
        // Printers for the Chinese market start in Chinese mode; this one does not, so that a driver which forgets to
        // ask for it is found out.
        let (align, is_bold, width, height, is_chinese) = (0, false, 1, 1, false);
        Self { align, is_bold, width, height, is_chinese, module: 3, level: 48, code: Vec::new() }
    }
}

impl Default for PrinterEmulator {
    fn default() -> Self {
        Self {
            lines_left: None,
            is_near_end: false,
            is_cover_open: false,
            is_cutter_stuck: false,
            jams_at_cut: false,
            is_mute: false,
            answer_delay: Duration::ZERO,
            line_time: Duration::ZERO,
            columns: 48,
            received: VecDeque::new(),
            tail: Vec::new(),
            settings: Settings::default(),
            line: Vec::new(),
            half: None,
            paper: Receipt::default(),
            done: Vec::new(),
            answers: VecDeque::new(),
            busy_until: None,
            n_unknown: 0,
            noise_next: Vec::new(),
        }
    }
}

impl PrinterEmulator {
    /// Receipts that came out since this was last asked.
    pub fn take_receipts(&mut self) -> Vec<Receipt> {
        std::mem::take(&mut self.done)
    }

    /// What hangs out of the printer and was not cut off.
    #[must_use]
    pub const fn hanging(&self) -> &Receipt {
        &self.paper
    }

    /// Whether something waits to be printed.
    #[must_use]
    pub fn holds_data(&self) -> bool {
        let mut rest: Vec<u8> = self.received.iter().copied().collect();
        while let Some((n, Op::RealTime)) = (!rest.is_empty()).then(|| operation(&rest)).flatten() {
            rest.drain(..n);
        }
        !rest.is_empty() || !self.line.is_empty()
    }

    /// How many operations it did not know.
    #[must_use]
    pub const fn n_unknown(&self) -> u64 {
        self.n_unknown
    }

    /// So many bytes come before its next answer.
    pub fn noise(&mut self, bytes: &[u8]) {
        self.noise_next = bytes.to_vec();
    }

    const fn is_paper_out(&self) -> bool {
        matches!(self.lines_left, Some(0))
    }

    const fn is_offline(&self) -> bool {
        self.is_paper_out() || self.is_cover_open || self.is_cutter_stuck
    }

    fn byte(&mut self, now: Instant, byte: u8) {
        self.received.push_back(byte);
        self.tail.push(byte);
        let from = self.tail.len().saturating_sub(LONGEST_REAL_TIME);
        self.tail.drain(..from);
        if let [.., 0x10, 0x04, group @ 1..=4] = *self.tail {
            let state = self.state(group);
            self.answer(now, vec![state]);
        } else if let [.., 0x10, 0x05, 2] = *self.tail {
            self.is_cutter_stuck &= self.jams_at_cut;
            self.clear();
        } else if self.tail == [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8] {
            self.clear();
            self.answer(now, vec![0x37, 0x25, 0x00]);
        }
    }

    fn clear(&mut self) {
        self.received.clear();
        self.line.clear();
        self.half = None;
    }

    fn answer(&mut self, now: Instant, bytes: Vec<u8>) {
        if !self.is_mute {
            let mut noisy = std::mem::take(&mut self.noise_next);
            noisy.extend(bytes);
            self.answers.push_back((now + self.answer_delay, noisy));
        }
    }

    /// The answer to DLE EOT.
    fn state(&self, group: u8) -> u8 {
        let bit = |is_set: bool, bits: u8| if is_set { bits } else { 0 };
        0x12 | match group {
            1 => bit(self.is_offline(), 0x08),
            2 => {
                bit(self.is_cover_open, 0x04)
                    | bit(self.is_paper_out(), 0x20)
                    | bit(self.is_cutter_stuck, 0x40)
            }
            3 => bit(self.is_cutter_stuck, 0x08),
            _ => bit(self.is_near_end || self.is_paper_out(), 0x0C) | bit(self.is_paper_out(), 0x60),
        }
    }

    /// Carries out what it has, as far as it can.
    fn work(&mut self, now: Instant) {
        while !self.is_offline() && self.busy_until.is_none_or(|until| until <= now) {
            self.received.make_contiguous();
            let Some((n, op)) =
                (!self.received.is_empty()).then(|| operation(self.received.as_slices().0)).flatten()
            else {
                break;
            };
            self.received.drain(..n.min(self.received.len()));
            let n_lines = self.carry_out(now, op);
            if n_lines > 0 && !self.line_time.is_zero() {
                self.busy_until = Some(now + self.line_time * n_lines);
            }
        }
    }

    /// Carries one operation out; how many lines of paper it took.
    fn carry_out(&mut self, now: Instant, op: Op) -> u32 {
        match op {
            Op::Text(bytes) => self.write(&bytes),
            Op::LineFeed => return self.print_line(),
            Op::Initialize => {
                self.settings = Settings::default();
                self.line.clear();
            }
            Op::Feed(n) => return self.feed(u16::from(n) * LINE_DOTS),
            Op::FeedDots(n) => return self.feed(n.into()),
            Op::Align(to) => self.settings.align = to,
            Op::Bold(on) => self.settings.is_bold = on,
            Op::Size { width, height } => (self.settings.width, self.settings.height) = (width, height),
            Op::Chinese(on) => self.settings.is_chinese = on,
            Op::QrModule(n) => self.settings.module = n,
            Op::QrLevel(n) => self.settings.level = n,
            Op::QrStore(text) => self.settings.code = text,
            Op::QrPrint => return self.code(),
            Op::Raster { row, bits } => {
                let align = self.settings.align;
                self.paper.marks.push(Mark::Raster { row, bits, align });
            }
            Op::Cut { feed, .. } => return self.cut(feed),
            Op::Transmit(1 | 49) => {
                let near = if self.is_near_end { 0x03 } else { 0 };
                self.answer(now, vec![near]);
            }
            Op::Unknown(_) | Op::Transmit(_) => self.n_unknown += 1,
            // Not seen on paper.
            Op::Return
            | Op::Underline(_)
            | Op::LineSpacing(_)
            | Op::CodePage(_)
            | Op::QrModel(_)
            | Op::AutoStatus(_)
            | Op::RealTime => {}
        }
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let Settings { is_chinese, width, height, is_bold, .. } = self.settings;
            let (letter, columns) = match (self.half.take(), byte) {
                (Some(first), _) => (double(first, byte), 2),
                (None, 0x81..=0xFE) if is_chinese => {
                    self.half = Some(byte);
                    continue;
                }
                (None, 0x20..=0x7E) => (char::from(byte), 1),
                (None, _) => ('?', 1),
            };
            let sign = Sign { letter, columns, width, height, is_bold };
            // A line that is full is printed.
            if columns_of(&self.line) + usize::from(columns * width) > self.columns {
                self.print_line();
            }
            self.line.push(sign);
        }
    }

    fn print_line(&mut self) -> u32 {
        let signs = std::mem::take(&mut self.line);
        let n = signs.iter().map(|sign| u32::from(sign.height)).max().unwrap_or(1);
        self.paper.marks.push(Mark::Line { signs, align: self.settings.align });
        self.use_paper(n)
    }

    fn feed(&mut self, dots: u16) -> u32 {
        if !self.line.is_empty() {
            self.print_line();
        }
        self.paper.marks.push(Mark::Feed(dots));
        self.use_paper(u32::from(dots.div_ceil(LINE_DOTS)))
    }

    fn code(&mut self) -> u32 {
        let Settings { module, level, align, ref code, .. } = self.settings;
        self.paper.marks.push(Mark::Code { text: code.clone(), module, level, align });
        self.use_paper(u32::from(module))
    }

    fn cut(&mut self, feed: u8) -> u32 {
        let n = self.feed(u16::from(feed) + TO_CUTTER);
        if self.jams_at_cut {
            self.is_cutter_stuck = true;
        } else {
            let marks = std::mem::take(&mut self.paper.marks);
            self.done.push(Receipt { marks, is_cut: true });
        }
        n
    }

    fn use_paper(&mut self, n: u32) -> u32 {
        if let Some(left) = &mut self.lines_left {
            *left = left.saturating_sub(n);
            self.is_near_end |= *left < NEAR_END;
        }
        n
    }
}

impl Emulated for PrinterEmulator {
    fn handle(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        for &byte in bytes.iter().take(MAX_RECEIVED.saturating_sub(self.received.len())) {
            self.byte(now, byte);
            self.work(now);
        }
        self.work(now);
        while let Some((_, answer)) = self.answers.pop_front_if(|(due, _)| *due <= now) {
            out.push(answer);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let answer = self.answers.front().map(|(due, _)| *due);
        let work = self.busy_until.filter(|_| !self.received.is_empty() && !self.is_offline());
        answer.into_iter().chain(work).min()
    }

    fn command(
        &mut self,
        now: Instant,
        words: &[&str],
        lines: &mut Vec<String>,
    ) -> Option<Result<String, String>> {
        script::run(self, now, words, lines)
    }

    fn help(&self) -> &'static [&'static str] {
        &script::HELP
    }

    fn unplug(&mut self) {
        self.clear();
        self.answers.clear();
        self.busy_until = None;
    }
}

impl Receipt {
    /// The receipt as text, a line each; a code as `[code: ..]`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for mark in &self.marks {
            match mark {
                Mark::Line { signs, .. } => text.extend(signs.iter().map(|sign| sign.letter)),
                Mark::Code { text: code, .. } => {
                    text += &format!("[code: {}]", String::from_utf8_lossy(code));
                }
                Mark::Raster { .. } => text += "[picture]",
                Mark::Feed(_) => continue,
            }
            text.push('\n');
        }
        text
    }
}

fn double(first: u8, second: u8) -> char {
    let pair = [first, second];
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(&pair);
    text.and_then(|text| text.chars().next()).unwrap_or('\u{FFFD}')
}

fn columns_of(signs: &[Sign]) -> usize {
    signs.iter().map(|sign| usize::from(sign.columns * sign.width)).sum()
}

/// Dots of a line of text with its spacing.
pub(super) const LINE_DOTS: u16 = 30;
/// Dots from the head to the cutter.
const TO_CUTTER: u16 = 120;
/// Lines that are left when the sensor begins to tell.
const NEAR_END: u32 = 50;
/// Bytes that it takes before it says no to more.
const MAX_RECEIVED: usize = 65_536;
const LONGEST_REAL_TIME: usize = 10;
