//! `kiosk demo`: central, an emulated reader and the kiosk together, with nothing to configure.
//!
//! Nothing in it is pretended: central is the program `central` on a real socket and a real database, the reader is the
//! program `rfid-emulator` on a real pseudo-terminal, and the kiosk is the daemon itself. Where there is a display, a
//! window opens with a strip of books to put on the pad; where there is none, a visit is played from its script
//! ([`visits`]), told as a story, and each screen becomes a picture. The visit `stocktake` has a cart and a tablet instead
//! of a kiosk, and modelled shelves instead of a pad (`shelves`); it has a window too.

mod cart;
mod play;
mod room;
mod shelves;
mod story;
mod strip;
pub mod visits;
pub mod world;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::log;
use crate::run::{Signals, in_window, runtime};

pub(crate) use story::{Story, line};
use strip::Strip;

/// The visit that is played when none is named.
pub const DEFAULT_VISIT: &str = "borrow-and-return";

/// What `kiosk demo` was asked to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// where the pictures go
    pub out: PathBuf,
    /// the visit to play; `stocktake` has a window where there is a display
    pub visit: String,
    /// no window even where there is a display
    pub headless: bool,
    /// pictures in landscape
    pub landscape: bool,
    /// the screens in English
    pub english: bool,
}

impl DemoOptions {
    fn apply<'config>(&self, config: &'config mut config::Config) -> &'config config::Config {
        if self.english {
            config.kiosk.language = config::Language::English;
        }
        config
    }
}

/// Runs the demo.
///
/// # Errors
/// [`Failure`], which knows the exit code.
pub fn run(options: &DemoOptions) -> Result<(), Failure> {
    if options.visit == "list" {
        return play::list();
    }
    let visit = visits::find(&options.visit)?;
    log::start("warn");
    let runtime = runtime()?;
    let is_window = !options.headless && ui::display_available();
    if is_window && visit.library == visits::Library::Counts {
        return shelves::in_window(&runtime, options);
    }
    let named = options.visit != DEFAULT_VISIT;
    if !is_window || named {
        runtime.block_on(play::play(visit, options))
    } else {
        let mut world = runtime.block_on(world::World::start(world::Timing::Real))?;
        world::finds(world.config_mut());
        runtime.block_on(world.add_printer(&options.out))?;
        let config = options.apply(world.config_mut()).clone();
        let strip = runtime.block_on(Strip::lay_out(world))?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        in_window(&runtime, &config, signals, Some(strip.options()), |spawner, window| {
            strip.attach(spawner, window.clone());
        })
    }
}
