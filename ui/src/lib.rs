//! The touch screen of the kiosk: draws [`circulation::screen::Screen`], sends back [`circulation::screen::Touch`].
//!
//! Invariant: the picture is a function of the last `Screen` alone. What the patron types is never kept here; the
//! only state of its own is what a hand leaves behind: a list scrolled, a keypad showing letters.
//!
//! ```text
//!   Screen ──present──▶ properties of `Kiosk` (slint/api.slint) ──▶ pages (slint/pages) ──▶ pixels
//!   Touch  ◀──callback── buttons
//! ```
//!
//! [`run`] owns a window and the calling thread; [`Offscreen`] draws the same screens into memory.

mod fonts;
pub mod gallery;
mod offscreen;
mod present;
mod printed;
mod speech;
mod stage;
mod window;

pub use offscreen::{Offscreen, Picture};
pub use printed::{PrintedLine, printed, printed_card, test_page};
pub use speech::spoken;
pub use stage::Stage;
pub use window::{DemoAct, DemoKind, DemoStrip, DemoThing, Handle, Options, display_available, run};

/// The generated components; for this crate and its tests.
#[doc(hidden)]
pub use ui_pages::generated;

/// Why the screen cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// no font at all: the window system would give up without a word
    #[error(
        "no font is known to fontconfig: install fonts-dejavu-core (or any other font), or set FONTCONFIG_FILE to a \
         configuration that names a folder with one"
    )]
    NoFont,
    /// no X11 or Wayland display
    #[error(
        "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; use --headless, or start this inside a desktop session"
    )]
    NoDisplay,
    /// what Slint says
    #[error("the screen cannot be opened: {0}")]
    Platform(#[from] slint::PlatformError),
    /// what Slint says of a second platform in one thread
    #[error("the screen cannot be opened: {0}")]
    SetPlatform(#[from] slint::platform::SetPlatformError),
    /// the bundled languages are not the expected ones
    #[error("a language is missing: {0}")]
    Language(#[from] slint::SelectBundledTranslationError),
    /// the event loop is gone
    #[error("the screen's event loop has ended: {0}")]
    Loop(#[from] slint::EventLoopError),
    /// a picture cannot be written
    #[error("the picture cannot be written: {0}")]
    Picture(#[from] png::EncodingError),
    /// a file cannot be created
    #[error("{path}: {source}")]
    File {
        /// which
        path: std::path::PathBuf,
        /// why
        source: std::io::Error,
    },
}
