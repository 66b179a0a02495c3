//! The drawn screen itself, whatever it is shown on: the component, and the last view that was given to it.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use circulation::screen::{CardStep, Entry, Language, Page, Screen, Staff, Stocktaking, Style, Touch};
use slint::platform::{Key, WindowEvent};
use slint::{ComponentHandle, Model, ModelRc, SharedString, Timer, TimerMode, VecModel, Weak};

mod pages;

use pages::Pages;

use crate::UiError;
use crate::generated::{BookLine, Kiosk, KioskWindow, LanguageKind, StyleKind, Theme};
use crate::present::{LookView, View, card_receipt, view};

/// The component of the screen. It lives in one thread, after that thread's platform is set.
pub struct Stage {
    window: KioskWindow,
    lines: Rc<VecModel<BookLine>>,
    pages: Pages,
    /// what was shown last, without its values
    shape: Cell<Option<Shape>>,
    /// looks after the keys once a screen is drawn
    care: [Timer; 2],
}

/// Page, and which of its kind it is: on another one the keys begin at its upper left again.
#[derive(Clone, Copy, PartialEq)]
struct Shape {
    page: mem::Discriminant<Page>,
    entry: Option<mem::Discriminant<Entry>>,
    staff: Option<mem::Discriminant<Staff>>,
    counts: Option<mem::Discriminant<Stocktaking>>,
    card: Option<mem::Discriminant<CardStep>>,
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
        let pages = Pages::new(&window);
        connect(&window, touch);
        connect_steps(&window);
        slint::select_bundled_translation("zh_CN")?;
        Ok(Self { window, lines, pages, shape: Cell::new(None), care: Default::default() })
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
        let View {
            language,
            look,
            place,
            opening,
            online,
            paperless,
            notice,
            page,
            identify,
            visit,
            done,
            attention,
            account,
            find,
            title,
            staff,
            stocktake,
            card,
            lines,
            seconds,
        } = view(screen);
        let kiosk = self.window.global::<Kiosk<'_>>();
        // each time: another stage of this thread may have chosen another language
        slint::select_bundled_translation(code(screen.language))?;
        kiosk.set_language_shown(language);
        self.set_look(&look);
        kiosk.set_place(place);
        kiosk.set_opening(opening);
        kiosk.set_online(online);
        kiosk.set_paperless(paperless);
        kiosk.set_notice(notice);
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
        self.pages.account(&self.window, account);
        self.pages.find(&self.window, find);
        self.pages.title(&self.window, title);
        self.pages.staff(&self.window, staff);
        self.pages.stocktake(&self.window, stocktake);
        self.pages.card(&self.window, card);
        let over = if let Page::Done(done) = &screen.page { Some(done) } else { None };
        let receipt = over.map_or_else(|| card_receipt(&screen.page), |done| done.receipt);
        self.pages.receipt(&self.window, &screen.place.library, (over, receipt));
        kiosk.set_page(page);
        let shape = Some(shape(screen));
        if self.shape.replace(shape) != shape {
            self.window.invoke_rest();
        }
        self.care_for_keys();
        Ok(())
    }

    /// A control that goes takes the keys with it, and then none would be heard. It goes when the screen is drawn: soon,
    /// or on a slow machine a little later.
    fn care_for_keys(&self) {
        for (timer, after) in self.care.iter().zip([CARE, 10 * CARE]) {
            let weak = self.window.as_weak();
            timer.start(TimerMode::SingleShot, after, move || {
                if let Some(window) = weak.upgrade()
                    && !has_keys(&window)
                {
                    window.invoke_rest();
                }
            });
        }
    }

    fn set_look(&self, look: &LookView) {
        let theme = self.window.global::<Theme<'_>>();
        theme.set_style(look.style);
        theme.set_high_contrast(look.high_contrast);
        theme.set_low(look.low);
        theme.set_night(look.night);
        self.window.global::<Kiosk<'_>>().set_voice(look.voice);
    }
}

const fn code(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh_CN",
        Language::Traditional => "zh_TW",
        Language::English => "en",
    }
}

/// Makes the rows equal to `wanted`, touching only those that differ.
fn sync<T: Clone + PartialEq + 'static>(rows: &VecModel<T>, wanted: Vec<T>) {
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
    kiosk.on_account(on(Touch::Account));
    kiosk.on_find(on(Touch::Find));
    kiosk.on_about(on(Touch::About));
    kiosk.on_new_card(on(Touch::NewCard));
    connect_look(&kiosk, &touch);
    pages::connect(window, &touch);
    let key = Rc::clone(&touch);
    kiosk.on_key(move |text| {
        if let Some(c) = text.chars().next() {
            key(Touch::Key(c));
        }
    });
}

/// Language, size, colours and reach.
fn connect_look(kiosk: &Kiosk<'_>, touch: &Rc<impl Fn(Touch) + 'static>) {
    let language = Rc::clone(touch);
    kiosk.on_language(move |chosen| {
        language(Touch::Language(match chosen {
            LanguageKind::Simplified => Language::Chinese,
            LanguageKind::Traditional => Language::Traditional,
            LanguageKind::English => Language::English,
        }));
    });
    let style = Rc::clone(touch);
    kiosk.on_style(move |chosen| {
        style(Touch::Style(match chosen {
            StyleKind::Standard => Style::Standard,
            StyleKind::Large => Style::Large,
            StyleKind::Child => Style::Child,
        }));
    });
    let high_contrast = Rc::clone(touch);
    kiosk.on_high_contrast(move |on| high_contrast(Touch::HighContrast(on)));
    let low = Rc::clone(touch);
    kiosk.on_low(move |on| low(Touch::Low(on)));
    let voice = Rc::clone(touch);
    kiosk.on_speak(move |on| voice(Touch::Voice(on)));
    let renew = Rc::clone(touch);
    kiosk.on_renew(move |row| {
        if let Ok(row) = usize::try_from(row) {
            renew(Touch::Renew(row));
        }
    });
}

fn shape(screen: &Screen) -> Shape {
    let entry = match &screen.page {
        Page::Identify(page) => Some(mem::discriminant(&page.entry)),
        Page::Welcome(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Done(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => None,
    };
    let staff = if let Page::Staff(staff) = &screen.page { Some(mem::discriminant(staff)) } else { None };
    let counts = if let Page::Stocktake(page) = &screen.page { Some(mem::discriminant(page)) } else { None };
    let card = if let Page::Card(page) = &screen.page { Some(mem::discriminant(&page.step)) } else { None };
    Shape { page: mem::discriminant(&screen.page), entry, staff, counts, card }
}

/// Whether some control has the keys: a key that no keyboard has is heard by whatever stands around it.
fn has_keys(window: &KioskWindow) -> bool {
    let kiosk = window.global::<Kiosk<'_>>();
    kiosk.set_keys_heard(false);
    let text = SharedString::from(NO_KEY);
    window.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
    window.window().dispatch_event(WindowEvent::KeyReleased { text });
    kiosk.get_keys_heard()
}

/// A keypad has no Tab key: its arrows become one, once the key that is being handled is done with.
fn connect_steps(window: &KioskWindow) {
    let weak = window.as_weak();
    window.global::<Kiosk<'_>>().on_step(move |forward| {
        let weak = Weak::clone(&weak);
        Timer::single_shot(Duration::ZERO, move || {
            let Some(window) = weak.upgrade() else { return };
            let text = SharedString::from(if forward { Key::Tab } else { Key::Backtab });
            window.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
            window.window().dispatch_event(WindowEvent::KeyReleased { text });
        });
    });
}

/// A frame and a half: by then a screen is drawn.
const CARE: Duration = Duration::from_millis(25);
/// Of the private use area.
const NO_KEY: char = '\u{f8ff}';
