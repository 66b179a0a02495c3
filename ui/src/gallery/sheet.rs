//! A contact sheet: many small pictures on one, each with its name below.

use std::rc::Rc;

use slint::{Image, ModelRc, Rgba8Pixel, SharedPixelBuffer, VecModel};

use super::Sight;
use crate::generated::{ContactSheet, Thumb};
use crate::{Offscreen, Picture, UiError};

/// Draws sights small, so many in a row, each `cell` pixels wide and high at most, with its name below.
///
/// # Errors
/// As [`Offscreen::new`] and [`Offscreen::render`].
pub fn contact_sheet(
    sights: impl IntoIterator<Item = Sight>,
    columns: u32,
    cell: u32,
) -> Result<Picture, UiError> {
    let mut thumbs = Vec::new();
    let mut panel: Option<(u32, u32, Offscreen)> = None;
    for Sight { name, screen, width, height } in sights {
        let mut canvas = match panel.take() {
            Some((w, h, canvas)) if (w, h) == (width, height) => canvas,
            Some(_) | None => Offscreen::new(width, height)?,
        };
        let small = canvas.render(&screen)?.shrunk(cell);
        let pixels =
            SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(&small.rgba, small.width, small.height);
        thumbs.push(Thumb { picture: Image::from_rgba8(pixels), caption: name.into() });
        panel = Some((width, height, canvas));
    }
    let side = |of: fn(&Thumb) -> u32| thumbs.iter().map(of).max().unwrap_or(cell);
    let cell_width = side(|thumb| thumb.picture.size().width);
    let cell_height = side(|thumb| thumb.picture.size().height);
    let n_rows = u32::try_from(thumbs.len()).unwrap_or(u32::MAX).div_ceil(columns.max(1));
    let (width, height) = (columns * (cell_width + GAP) + GAP, n_rows * (cell_height + CAPTION + GAP) + GAP);
    Offscreen::draw_once(width, height, || {
        let sheet = ContactSheet::new()?;
        let px = |n: u32| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
        sheet.set_columns(i32::try_from(columns).unwrap_or(i32::MAX));
        sheet.set_cell_width(px(cell_width));
        sheet.set_cell_height(px(cell_height));
        sheet.set_gap(px(GAP));
        sheet.set_below(px(CAPTION));
        sheet.set_thumbs(ModelRc::from(Rc::new(VecModel::from(thumbs))));
        Ok(sheet)
    })
}

const GAP: u32 = 18;
const CAPTION: u32 = 34;
