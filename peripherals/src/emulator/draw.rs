//! A receipt as a picture, dot for dot as a head of 8 dots a millimetre prints it.

use std::io;

use qrcodegen::{QrCode, QrCodeEcc};
use swash::FontRef;
use swash::scale::{Render, ScaleContext, Source};
use swash::zeno::Format;

use super::printer::{LINE_DOTS, Mark, Receipt, Sign};

/// A picture of one byte a dot, 0 black and 255 white.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Dots of a row.
    pub width: usize,
    /// From above.
    pub dots: Vec<u8>,
}

impl Picture {
    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.dots.len() / self.width.max(1)
    }

    fn grow(&mut self, rows: usize) -> usize {
        let top = self.height();
        self.dots.resize(self.dots.len() + rows * self.width, PAPER);
        top
    }

    fn ink(&mut self, x: usize, y: usize, cover: u8) {
        if x < self.width
            && let Some(dot) = self.dots.get_mut(y * self.width + x)
        {
            *dot = dot.saturating_sub(cover);
        }
    }
}

/// Draws a receipt on paper of so many printable dots, with the margins that the paper has.
#[must_use]
pub fn draw(receipt: &Receipt, dots: usize) -> Picture {
    let mut picture = Picture { width: dots + 2 * MARGIN, dots: Vec::new() };
    picture.grow(MARGIN);
    let mut scale = ScaleContext::new();
    let font = FontRef::from_index(FONT, 0);
    for mark in &receipt.marks {
        match mark {
            Mark::Line { signs, align } => line(&mut picture, signs, *align, font, &mut scale),
            Mark::Code { text, module, level, align } => code(&mut picture, text, *module, *level, *align),
            Mark::Raster { row, bits, align } => raster(&mut picture, *row, bits, *align),
            Mark::Feed(rows) => drop(picture.grow((*rows).into())),
        }
    }
    picture
}

/// The picture as a PNG file.
///
/// # Errors
/// What the encoder says: a picture of no size.
pub fn png(picture: &Picture) -> io::Result<Vec<u8>> {
    let size = |n: usize| u32::try_from(n).map_err(io::Error::other);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size(picture.width)?, size(picture.height())?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&picture.dots).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(file)
}

fn line(
    picture: &mut Picture,
    signs: &[Sign],
    align: u8,
    font: Option<FontRef<'_>>,
    scale: &mut ScaleContext,
) {
    let highest = signs.iter().map(|sign| usize::from(sign.height)).max().unwrap_or(1);
    let top = picture.grow(highest * usize::from(LINE_DOTS));
    let wide: usize = signs.iter().map(cell).sum();
    let mut x = left(picture, wide, align);
    for sign in signs {
        // Signs of one line stand on one foot.
        let y = top + (highest - usize::from(sign.height)) * CELL;
        match font {
            Some(font) if sign.letter != ' ' => glyph(picture, sign, font, scale, (x, y)),
            Some(_) | None => {}
        }
        x += cell(sign);
    }
}

/// Dots that a sign takes.
fn cell(sign: &Sign) -> usize {
    usize::from(sign.columns * sign.width) * (CELL / 2)
}

fn glyph(
    picture: &mut Picture,
    sign: &Sign,
    font: FontRef<'_>,
    scale: &mut ScaleContext,
    at: (usize, usize),
) {
    // Latin letters are narrower than half a Chinese one is wide in most fonts, so they may be as large.
    let size = if sign.columns == 1 { LATIN } else { CELL };
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let mut scaler = scale.builder(font).size(size as f32).build();
    let image = Render::new(&[Source::Outline])
        .format(Format::Alpha)
        .render(&mut scaler, font.charmap().map(sign.letter));
    let Some(image) = image else { return };
    let (wide, high) = (usize::from(sign.width), usize::from(sign.height));
    let box_width = usize::from(sign.columns) * (CELL / 2);
    let own = image.placement.width as usize;
    // A proportional letter stands in the middle of its cell, as in a printer's own font.
    let x0 = match sign.columns {
        1 => i64::try_from(box_width.saturating_sub(own) / 2).unwrap_or_default(),
        _ => image.placement.left.into(),
    };
    let y0 = i64::from(FOOT - image.placement.top);
    let thick = usize::from(sign.is_bold) + 1;
    for (n, &cover) in image.data.iter().enumerate().filter(|(_, cover)| **cover > 0) {
        let (column, row) = (n % own.max(1), n / own.max(1));
        let (Some(x), Some(y)) = (moved(x0, column), moved(y0, row)) else { continue };
        for dy in 0..high {
            for dx in 0..wide * thick.min(wide + 1) {
                picture.ink(at.0 + x * wide + dx, at.1 + y * high + dy, cover);
            }
        }
    }
}

/// So many dots from a place that may lie outside; what is outside is not drawn.
fn moved(from: i64, dots: usize) -> Option<usize> {
    usize::try_from(from + i64::try_from(dots).ok()?).ok()
}

fn code(picture: &mut Picture, text: &[u8], module: u8, level: u8, align: u8) {
    let level = match level {
        48 => QrCodeEcc::Low,
        50 => QrCodeEcc::Quartile,
        51 => QrCodeEcc::High,
        _ => QrCodeEcc::Medium,
    };
    // What no code can say is not printed, as in a printer.
    let Ok(code) = QrCode::encode_binary(text, level) else { return };
    let (side, module) = (usize::try_from(code.size()).unwrap_or_default(), usize::from(module));
    let top = picture.grow(side * module);
    let x0 = left(picture, side * module, align);
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
        let is_dark = code.get_module(i32::try_from(x).unwrap_or(-1), i32::try_from(y).unwrap_or(-1));
        for n in (0..module * module).filter(|_| is_dark) {
            picture.ink(x0 + x * module + n % module, top + y * module + n / module, u8::MAX);
        }
    }
}

fn raster(picture: &mut Picture, row: usize, bits: &[u8], align: u8) {
    let top = picture.grow(bits.len().div_ceil(row.max(1)));
    let x0 = left(picture, row * 8, align);
    for (n, byte) in bits.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte >> (7 - bit) & 1 == 1) {
            picture.ink(x0 + n % row.max(1) * 8 + bit, top + n / row.max(1), u8::MAX);
        }
    }
}

const fn left(picture: &Picture, wide: usize, align: u8) -> usize {
    let room = (picture.width - 2 * MARGIN).saturating_sub(wide);
    MARGIN
        + match align {
            0 => 0,
            1 => room / 2,
            _ => room,
        }
}

/// A bundled font of the screen: it has every sign of GB2312 and more.
const FONT: &[u8] = include_bytes!("../../../ui/slint/fonts/NotoSansSC-Regular.otf");
const PAPER: u8 = 0xFF;
/// Dots beside the printable ones.
const MARGIN: usize = 32;
/// Dots of a Chinese sign, each way.
const CELL: usize = 24;
/// Size of Latin letters.
const LATIN: usize = 22;
/// From the top of a cell to the foot of its letters.
const FOOT: i32 = 21;
