//! The receipt: which choice the patron has, and its text as a code for the phone.
//!
//! Invariant: the text is about books only, never about the patron, and never longer than [`MAX_BYTES`]: the code
//! stays coarse enough for any phone. Titles are shortened first; where that is not enough, books become a number.
//!
//! ```text
//!   湖滨图书馆              the library
//!   借出                    what was lent: title, due date
//!   三体 · 应还 2026-12-22
//!   归还                    what was returned: title
//!   活着
//! ```

use std::iter;

use circulation::screen::{Done, Line, Printer, Progress, Receipt, Renewal, Way};
use jiff::civil::Date;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use slint::{Image, Rgba8Pixel, SharedPixelBuffer};

use super::g;

/// The largest code: 93 modules a side, so 101 with the light around it: 6 pixels a module on a panel of 1080x1920, which is 1.5 mm
/// on one of 22 inches.
const MAX_VERSION: u8 = 19;
/// What the largest code holds with 15 % of it to spare (ISO/IEC 18004, table 7: 19-M).
const MAX_BYTES: usize = 624;
/// Light modules around the code (ISO/IEC 18004, 5.3.8).
const QUIET: i32 = 4;
/// Lengths to which titles are shortened, in characters, one after the other.
const TITLE_LENGTHS: [usize; 4] = [60, 24, 14, 9];

/// Which choice there is: its kind, and the printer.
pub(crate) const fn choice(receipt: Receipt) -> (g::ReceiptKind, g::PrinterKind) {
    let (absent, ready) = (g::PrinterKind::Absent, g::PrinterKind::Ready);
    match receipt {
        Receipt::Nothing => (g::ReceiptKind::Nothing, absent),
        Receipt::Offered { printer: Printer::Absent } => (g::ReceiptKind::Offered, absent),
        Receipt::Offered { printer: Printer::Ready } => (g::ReceiptKind::Offered, ready),
        Receipt::Offered { printer: Printer::NoPaper } => (g::ReceiptKind::Offered, g::PrinterKind::NoPaper),
        Receipt::Offered { printer: Printer::Down } => (g::ReceiptKind::Offered, g::PrinterKind::Down),
        Receipt::Code => (g::ReceiptKind::Code, absent),
        Receipt::Printing => (g::ReceiptKind::Printing, ready),
        Receipt::Printed => (g::ReceiptKind::Printed, ready),
        Receipt::NotPrinted => (g::ReceiptKind::NotPrinted, ready),
        Receipt::NoPaper => (g::ReceiptKind::NoPaper, ready),
    }
}

/// The receipt as plain text of at most [`MAX_BYTES`].
pub(crate) fn text(done: &Done, library: &str, words: &g::ReceiptWords) -> String {
    let library = shortened(library, 40);
    let sections = sections(done, words);
    let whole = |longest| joined(&library, sections.iter().flat_map(|section| section.lines(longest, words)));
    let fitting = TITLE_LENGTHS.into_iter().map(whole).find(|text| text.len() <= MAX_BYTES);
    fitting.unwrap_or_else(|| {
        let first = sections.iter().flat_map(|section| &section.books).filter_map(|(_, due)| *due).min();
        let first = first.map(|due| with(&words.first_due, &due.to_string()));
        joined(&library, sections.iter().filter_map(Section::number).chain(first))
    })
}

/// The text as a picture, one pixel a module with its quiet zone, and its modules a side. `None` if it is too long,
/// which [`text`] never is.
pub(crate) fn code(text: &str) -> Option<(Image, i32)> {
    let bytes = QrSegment::make_bytes(text.as_bytes());
    let code = QrCode::encode_segments_advanced(
        &[bytes],
        QrCodeEcc::Medium,
        Version::MIN,
        Version::new(MAX_VERSION),
        None,
        true,
    )
    .ok()?;
    let side = code.size() + 2 * QUIET;
    let n_pixels = u32::try_from(side).ok()?;
    let mut pixels = SharedPixelBuffer::<Rgba8Pixel>::new(n_pixels, n_pixels);
    let places = (0..side).flat_map(|y| (0..side).map(move |x| (x - QUIET, y - QUIET)));
    for (pixel, (x, y)) in pixels.make_mut_slice().iter_mut().zip(places) {
        let level = if code.get_module(x, y) { 0 } else { 0xff };
        *pixel = Rgba8Pixel::new(level, level, level, 0xff);
    }
    Some((Image::from_rgba8(pixels), side))
}

/// What was done of one kind: its books with their titles and due dates.
struct Section<'a> {
    heading: &'a str,
    /// the sentence that says how many
    number: &'a str,
    books: Vec<(Option<&'a str>, Option<Date>)>,
}

fn sections<'a>(done: &'a Done, words: &'a g::ReceiptWords) -> [Section<'a>; 3] {
    let books = |what: fn(&Line) -> Option<Option<Date>>| {
        done.lines.iter().filter_map(|line| Some((line.title.as_deref(), what(line)?))).collect()
    };
    [
        Section { heading: &words.lent, number: &words.n_lent, books: books(lent) },
        Section { heading: &words.renewed, number: &words.n_renewed, books: books(renewed) },
        Section { heading: &words.returned, number: &words.n_returned, books: books(returned) },
    ]
}

/// The due date of a line that was lent; outside, whether it was.
fn lent(line: &Line) -> Option<Option<Date>> {
    (line.way == Way::Out && line.is_done()).then(|| line.progress.due())
}

fn renewed(line: &Line) -> Option<Option<Date>> {
    match &line.progress {
        Progress::Yours { due, renewal: Renewal::Done } => Some(*due),
        Progress::Yours { due: _, renewal: Renewal::Offered | Renewal::Asking | Renewal::Refused(_) }
        | Progress::Working
        | Progress::Done { .. }
        | Progress::Refused(_)
        | Progress::Incomplete
        | Progress::PutBack
        | Progress::Undone
        | Progress::Unclear
        | Progress::Unsecured => None,
    }
}

fn returned(line: &Line) -> Option<Option<Date>> {
    (line.way == Way::In && line.is_done()).then_some(None)
}

impl Section<'_> {
    fn lines(&self, longest: usize, words: &g::ReceiptWords) -> Vec<String> {
        let heading = (!self.books.is_empty()).then(|| self.heading.to_owned());
        let line = |(title, due): &(Option<&str>, Option<Date>)| {
            let title = title.map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&words.untitled);
            let due = due.map(|due| format!(" · {}", with(&words.due, &due.to_string())));
            shortened(title, longest) + &due.unwrap_or_default()
        };
        heading.into_iter().chain(self.books.iter().map(line)).collect()
    }

    fn number(&self) -> Option<String> {
        (!self.books.is_empty()).then(|| with(self.number, &self.books.len().to_string()))
    }
}

fn shortened(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(iter::once('…')).collect()
}

fn with(sentence: &str, value: &str) -> String {
    sentence.replacen("{}", value, 1)
}

fn joined(library: &str, lines: impl Iterator<Item = String>) -> String {
    let library = (!library.is_empty()).then(|| library.to_owned());
    library.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
