//! The drawn screen itself, whatever it is shown on: the component, and the last view that was given to it.

use std::rc::Rc;

use circulation::screen::{Language, Screen, Touch};
use slint::{ComponentHandle, Model, ModelRc, VecModel};

use crate::UiError;
use crate::generated::{BookLine, Kiosk, KioskWindow};
use crate::present::{View, view};

/// The component of the screen. It lives in one thread, after that thread's platform is set.
pub struct Stage {
    window: KioskWindow,
    lines: Rc<VecModel<BookLine>>,
}

impl Stage {
    /// Builds the component and connects its buttons to `touch`, which must not block.
    ///
    /// # Errors
    /// [`UiError::Platform`] if there is no window system to build it on.
    pub fn new(touch: impl Fn(Touch) + 'static) -> Result<Self, UiError> {
        let window = KioskWindow::new()?;
        let lines = Rc::new(VecModel::default());
        window.global::<Kiosk<'_>>().set_lines(ModelRc::from(Rc::clone(&lines)));
        connect(&window, touch);
        slint::select_bundled_translation("zh_CN")?;
        Ok(Self { window, lines })
    }

    /// The component, for whoever shows it.
    #[must_use]
    pub const fn window(&self) -> &KioskWindow {
        &self.window
    }

    /// Shows a screen. What did not change is not touched, and so not drawn again.
    ///
    /// # Errors
    /// [`UiError::Language`] if the language is not bundled.
    pub fn present(&self, screen: &Screen) -> Result<(), UiError> {
        let View { chinese, online, page, identify, visit, done, attention, lines, seconds } = view(screen);
        let kiosk = self.window.global::<Kiosk<'_>>();
        if kiosk.get_chinese() != chinese {
            slint::select_bundled_translation(code(screen.language))?;
            kiosk.set_chinese(chinese);
        } else {
            // another stage of this thread may have chosen another language
            slint::select_bundled_translation(code(screen.language))?;
        }
        kiosk.set_online(online);
        kiosk.set_seconds(seconds);
        kiosk.set_n_lines(i32::try_from(lines.len()).unwrap_or(i32::MAX));
        sync(&self.lines, lines);
        if let Some(identify) = identify {
            kiosk.set_identify(identify);
        }
        if let Some(visit) = visit {
            kiosk.set_visit(visit);
        }
        if let Some(done) = done {
            kiosk.set_done(done);
        }
        if let Some(attention) = attention {
            kiosk.set_attention(attention);
        }
        kiosk.set_page(page);
        Ok(())
    }
}

const fn code(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh_CN",
        Language::English => "en",
    }
}

/// Makes the rows equal to `wanted`, touching only those that differ.
fn sync(rows: &VecModel<BookLine>, wanted: Vec<BookLine>) {
    while rows.row_count() > wanted.len() {
        rows.remove(rows.row_count() - 1);
    }
    for (at, line) in wanted.into_iter().enumerate() {
        match rows.row_data(at) {
            Some(shown) if shown == line => {}
            Some(_) => rows.set_row_data(at, line),
            None => rows.push(line),
        }
    }
}

fn connect(window: &KioskWindow, touch: impl Fn(Touch) + 'static) {
    let touch = Rc::new(touch);
    let kiosk = window.global::<Kiosk<'_>>();
    let on = |what: Touch| {
        let touch = Rc::clone(&touch);
        move || touch(what)
    };
    kiosk.on_borrow(on(Touch::Borrow));
    kiosk.on_return_items(on(Touch::Return));
    kiosk.on_type_number(on(Touch::TypeNumber));
    kiosk.on_erase(on(Touch::Erase));
    kiosk.on_enter(on(Touch::Enter));
    kiosk.on_more(on(Touch::More));
    kiosk.on_finish(on(Touch::Finish));
    kiosk.on_cancel(on(Touch::Cancel));
    let key = Rc::clone(&touch);
    kiosk.on_key(move |text| {
        if let Some(c) = text.chars().next() {
            key(Touch::Key(c));
        }
    });
    kiosk.on_language(move |chinese| {
        touch(Touch::Language(if chinese { Language::Chinese } else { Language::English }));
    });
}
