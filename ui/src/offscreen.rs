//! The same screens drawn into memory: for the headless demo, for pictures and for measuring.
//!
//! Uses only Slint's public platform interface: no display, no window system, no testing crate.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use circulation::screen::Screen;
use slint::platform::software_renderer::{MinimalSoftwareWindow, PremultipliedRgbaColor, RepaintBufferType};
use slint::platform::{Platform, WindowAdapter};
use slint::{ComponentHandle, PhysicalSize, PlatformError};

use crate::{Stage, UiError, fonts};

/// A screen without glass. Any number of them may live in one thread, but no window beside them.
pub struct Offscreen {
    stage: Stage,
    canvas: Rc<MinimalSoftwareWindow>,
    pixels: Vec<PremultipliedRgbaColor>,
    width: u32,
    height: u32,
}

/// What was drawn: rows from the top, four bytes a pixel, all opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// pixels in a row
    pub width: u32,
    /// rows
    pub height: u32,
    /// `4 * width * height` bytes: red, green, blue, alpha
    pub rgba: Vec<u8>,
}

impl Offscreen {
    /// A screen of this many pixels.
    ///
    /// # Errors
    /// [`UiError::NoFont`], or [`UiError::SetPlatform`] if a window was opened by this process before.
    pub fn new(width: u32, height: u32) -> Result<Self, UiError> {
        let canvas = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        Memory::install()?;
        NEXT.set(Some(Rc::clone(&canvas)));
        let stage = Stage::new(|_| {})?;
        canvas.set_size(PhysicalSize::new(width, height));
        stage.window().show()?;
        let pixels = vec![PremultipliedRgbaColor::default(); area(width, height)];
        Ok(Self { stage, canvas, pixels, width, height })
    }

    /// Draws something that is no screen, once.
    pub(crate) fn draw_once<C: ComponentHandle>(
        width: u32,
        height: u32,
        build: impl FnOnce() -> Result<C, PlatformError>,
    ) -> Result<Picture, UiError> {
        let canvas = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        Memory::install()?;
        NEXT.set(Some(Rc::clone(&canvas)));
        let component = build()?;
        canvas.set_size(PhysicalSize::new(width, height));
        component.show()?;
        slint::platform::update_timers_and_animations();
        let mut pixels = vec![PremultipliedRgbaColor::default(); area(width, height)];
        let stride = usize::try_from(width).unwrap_or(0);
        canvas.draw_if_needed(|renderer| {
            renderer.render(&mut pixels, stride);
        });
        Ok(Picture { width, height, rgba: opaque(&pixels) })
    }

    /// Draws a screen and gives a copy of the pixels.
    ///
    /// # Errors
    /// As [`Stage::present`].
    pub fn render(&mut self, screen: &Screen) -> Result<Picture, UiError> {
        self.draw(screen)?;
        Ok(Picture { width: self.width, height: self.height, rgba: opaque(&self.pixels) })
    }

    /// Draws a screen and keeps the pixels: what a measurement of the drawing alone wants. Only what changed since
    /// the last screen is drawn; says how many pixels that were.
    ///
    /// # Errors
    /// As [`Stage::present`].
    pub fn draw(&mut self, screen: &Screen) -> Result<u64, UiError> {
        self.stage.present(screen)?;
        Ok(self.frame())
    }

    /// What is drawn, and can be touched by events.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Lets the time of a frame pass and draws what changed by itself or by events; says how many pixels that were.
    pub fn frame(&mut self) -> u64 {
        // Two rounds: a change of size or of the list's length is answered by the screen in the second.
        for _ in 0..2 {
            CLOCK.set(CLOCK.get() + Duration::from_millis(16));
            slint::platform::update_timers_and_animations();
        }
        let stride = usize::try_from(self.width).unwrap_or(0);
        let mut n_drawn = 0;
        let pixels = &mut self.pixels;
        self.canvas.draw_if_needed(|renderer| {
            let region = renderer.render(pixels, stride);
            n_drawn = region.iter().map(|(_, size)| u64::from(size.width) * u64::from(size.height)).sum();
        });
        n_drawn
    }
}

impl Picture {
    /// The same picture smaller, so that its longer side has `side` pixels: each new pixel is the mean of the old ones
    /// under it. A picture that is small enough stays as it is.
    #[must_use]
    pub fn shrunk(&self, side: u32) -> Self {
        let longer = self.width.max(self.height);
        if longer <= side || side == 0 {
            return self.clone();
        }
        let (width, height) = ((self.width * side / longer).max(1), (self.height * side / longer).max(1));
        let mut rgba = Vec::with_capacity(4 * area(width, height));
        for y in 0..height {
            let rows = y * self.height / height..(y + 1) * self.height / height;
            for x in 0..width {
                let columns = x * self.width / width..(x + 1) * self.width / width;
                rgba.extend(self.mean(columns, rows.clone()));
            }
        }
        Self { width, height, rgba }
    }

    fn mean(&self, columns: Range<u32>, rows: Range<u32>) -> [u8; 4] {
        let mut sums = [0_u32; 4];
        let mut n = 0;
        for y in rows {
            for x in columns.clone() {
                let at = 4 * usize::try_from(u64::from(y) * u64::from(self.width) + u64::from(x))
                    .unwrap_or(usize::MAX / 4);
                let Some(pixel) = self.rgba.get(at..at + 4) else { continue };
                n += 1;
                for (sum, part) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*part);
                }
            }
        }
        sums.map(|sum| u8::try_from(sum / n.max(1)).unwrap_or(u8::MAX))
    }

    /// Writes the picture as a PNG file.
    ///
    /// # Errors
    /// [`UiError::File`] if the file cannot be created, [`UiError::Picture`] if it cannot be written.
    pub fn write_png(&self, path: &Path) -> Result<(), UiError> {
        let file = File::create(path).map_err(|source| UiError::File { path: path.to_owned(), source })?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgba)?;
        writer.finish()?;
        Ok(())
    }
}

fn area(width: u32, height: u32) -> usize {
    usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(0)
}

fn opaque(pixels: &[PremultipliedRgbaColor]) -> Vec<u8> {
    pixels.iter().flat_map(|p| [p.red, p.green, p.blue, 0xff]).collect()
}

/// The platform of a thread that draws into memory.
struct Memory;

impl Memory {
    /// Makes it this thread's platform, once.
    fn install() -> Result<(), UiError> {
        if INSTALLED.get() {
            return Ok(());
        }
        fonts::check()?;
        slint::platform::set_platform(Box::new(Self))?;
        INSTALLED.set(true);
        Ok(())
    }
}

impl Platform for Memory {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let canvas = NEXT.take().ok_or(PlatformError::NoPlatform)?;
        Ok(canvas)
    }

    fn duration_since_start(&self) -> Duration {
        CLOCK.get()
    }
}

thread_local! {
    static INSTALLED: Cell<bool> = const { Cell::new(false) };
    /// the canvas of the stage that is being built
    static NEXT: RefCell<Option<Rc<MinimalSoftwareWindow>>> = const { RefCell::new(None) };
    /// moves by frames, not by time: the same screens give the same pictures
    static CLOCK: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}
