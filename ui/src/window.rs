//! The screen in a window (or straight on a kiosk's display), and the two ways across its thread.
//!
//! In: [`Handle::present`] puts a screen into a slot of one; the event loop takes the latest. Out: the callbacks of
//! [`Options`], called on the event loop's thread, so they must not block.

use std::env;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use circulation::screen::{Screen, Touch};
use slint::{ComponentHandle, ModelRc, PhysicalSize, VecModel, Weak};

use crate::generated::{Demo, DemoItem, KioskWindow};
use crate::{Stage, UiError, fonts};

/// How the screen is shown.
pub struct Options {
    /// over the whole display
    pub fullscreen: bool,
    /// size of the window in pixels; without it a portrait window that fits most desktops, or the whole display
    pub size: Option<(u32, u32)>,
    /// takes what the patron touches; must not block
    pub touch: Box<dyn Fn(Touch) + Send>,
    /// the tray of things beside the screen; demo only
    pub demo: Option<DemoStrip>,
}

/// The tray of the demo: things to put on the pad and to take off it, by hand or with the keys 1 to 9.
pub struct DemoStrip {
    /// what lies in the tray
    pub things: Vec<DemoThing>,
    /// takes what is done with them; must not block
    pub act: Box<dyn Fn(DemoAct) + Send>,
}

/// One thing of the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoThing {
    /// names it in [`DemoAct`]
    pub key: String,
    /// what is written on it
    pub label: String,
    /// what it looks like
    pub kind: DemoKind,
    /// whether it lies on the pad
    pub on_pad: bool,
}

/// What a thing of the tray is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoKind {
    /// a library card
    Card,
    /// a book
    Book,
}

/// What is done with a thing of the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoAct {
    /// Put on the pad.
    Put(String),
    /// Taken off the pad.
    Take(String),
}

/// The way to a running screen, from any thread.
#[derive(Clone)]
pub struct Handle {
    window: Weak<KioskWindow>,
    pending: Arc<Mutex<Option<Screen>>>,
}

/// Shows the screen until [`Handle::quit`] or until the window is closed. Takes the calling thread, which must be the
/// main thread; calls `attach` once, before the first picture.
///
/// # Errors
/// [`UiError::NoDisplay`], [`UiError::NoFont`], or what the window system says.
pub fn run(start: &Screen, options: Options, attach: impl FnOnce(Handle)) -> Result<(), UiError> {
    if !display_available() {
        return Err(UiError::NoDisplay);
    }
    fonts::check()?;
    let Options { fullscreen, size, touch, demo } = options;
    let stage = Rc::new(Stage::new(touch)?);
    stage.present(start)?;
    if let Some(DemoStrip { things, act }) = demo {
        connect_demo(stage.window(), things, act);
    }
    let window = stage.window();
    let pending = Arc::new(Mutex::new(None));
    SHOWN.set(Some(Rc::clone(&stage)));
    attach(Handle { window: window.as_weak(), pending });
    if let Some((width, height)) = size {
        window.window().set_size(PhysicalSize::new(width, height));
    }
    window.window().set_fullscreen(fullscreen);
    let ended = window.run();
    SHOWN.set(None);
    Ok(ended?)
}

/// Whether [`run`] has something to show the screen on.
#[must_use]
pub fn display_available() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    (cfg!(feature = "window") && (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")))
        || (cfg!(feature = "kms") && !cfg!(feature = "window"))
}

impl Handle {
    /// Shows a screen soon; of several in a row only the latest. Never blocks. Does nothing once the screen is closed.
    pub fn present(&self, screen: Screen) {
        let waiting = self.pending.lock().unwrap_or_else(PoisonError::into_inner).replace(screen);
        if waiting.is_some() {
            return; // the event loop has been told already
        }
        let pending = Arc::clone(&self.pending);
        let told = self.window.upgrade_in_event_loop(move |_| {
            let latest = pending.lock().unwrap_or_else(PoisonError::into_inner).take();
            SHOWN.with_borrow(|stage| {
                if let (Some(stage), Some(screen)) = (stage, latest) {
                    // fails only if a language is missing, which `run` has tried already
                    stage.present(&screen).unwrap_or_default();
                }
            });
        });
        told.unwrap_or_default();
    }

    /// Has something done on the screen's thread, which shows that it is alive. Must not block.
    pub fn feel(&self, done: impl FnOnce() + Send + 'static) {
        self.window.upgrade_in_event_loop(move |_| done()).unwrap_or_default();
    }

    /// Shows where the things of the demo are now.
    pub fn set_demo(&self, things: Vec<DemoThing>) {
        self.window.upgrade_in_event_loop(move |window| fill_tray(&window, things)).unwrap_or_default();
    }

    /// Closes the screen: [`run`] returns.
    pub fn quit(&self) {
        slint::quit_event_loop().unwrap_or_default();
    }
}

fn connect_demo(window: &KioskWindow, things: Vec<DemoThing>, act: Box<dyn Fn(DemoAct) + Send>) {
    fill_tray(window, things);
    let demo = window.global::<Demo<'_>>();
    demo.set_shown(true);
    let weak = window.as_weak();
    demo.on_toggle(move |index| {
        let Some(window) = weak.upgrade() else { return };
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(thing) = slint::Model::row_data(&window.global::<Demo<'_>>().get_things(), at) else {
            return;
        };
        let key = thing.key.to_string();
        act(if thing.on_pad { DemoAct::Take(key) } else { DemoAct::Put(key) });
    });
}

fn fill_tray(window: &KioskWindow, things: Vec<DemoThing>) {
    let items: Vec<DemoItem> = things
        .into_iter()
        .map(|DemoThing { key, label, kind, on_pad }| DemoItem {
            key: key.into(),
            label: label.into(),
            is_card: kind == DemoKind::Card,
            on_pad,
        })
        .collect();
    let demo = window.global::<Demo<'_>>();
    demo.set_n_things(i32::try_from(items.len()).unwrap_or(i32::MAX));
    demo.set_things(ModelRc::from(Rc::new(VecModel::from(items))));
}

thread_local! {
    /// the stage of the running window: neither it nor its models may leave this thread
    static SHOWN: std::cell::RefCell<Option<Rc<Stage>>> = const { std::cell::RefCell::new(None) };
}
