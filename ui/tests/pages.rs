//! Every page, headless: what it says in each language, what its buttons send, and that everything fits.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on stops"
)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use circulation::screen::{
    Entry, Hint, Identify, Language, Page, Progress, Purpose, Screen, Touch, Visit, Way,
};
use expect_test::{ExpectFile, expect_file};
use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, ElementQuery, TestingBackend, TestingBackendOptions,
};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition, PhysicalSize};
use ui::Stage;

#[path = "pages/fixtures.rs"]
mod fixtures;

#[test]
fn what_each_page_says_in_chinese() {
    check_labels(Language::Chinese, &expect_file!["pages/labels.zh.txt"]);
}

#[test]
fn what_each_page_says_in_english() {
    check_labels(Language::English, &expect_file!["pages/labels.en.txt"]);
}

/// The things of the demo become known after the window is made; the keys must reach them all the same.
#[test]
fn keys_put_things_on_the_pad_in_the_demo_and_do_nothing_without_it() {
    let rig = Rig::new(PORTRAIT);
    let toggled = Rc::new(RefCell::new(Vec::new()));
    let demo = rig.stage.window().global::<ui::generated::Demo<'_>>();
    demo.on_toggle({
        let toggled = Rc::clone(&toggled);
        move |index| toggled.borrow_mut().push(index)
    });
    let press = |key: &str| {
        let window = rig.stage.window().window();
        window.dispatch_event(WindowEvent::WindowActiveChanged(true));
        window.dispatch_event(WindowEvent::KeyPressed { text: key.into() });
        window.dispatch_event(WindowEvent::KeyReleased { text: key.into() });
    };
    press("2");
    assert_eq!(*toggled.borrow(), [] as [i32; 0], "there is nothing to toggle yet");
    demo.set_n_things(3);
    demo.set_shown(true);
    for key in ["2", "4", "x", "3"] {
        press(key);
    }
    assert_eq!(*toggled.borrow(), [1, 2]);
}

#[test]
fn nothing_is_left_in_english_on_a_chinese_page() {
    let rig = Rig::new(PORTRAIT);
    let ours = [
        "The",
        "Rust",
        "Programming",
        "Language",
        "Klabnik,",
        "Klabnik",
        "Nichols",
        "English",
        "ABC",
        "An",
        "Exhaustive",
    ];
    let exempt = |word: &str| {
        ours.contains(&word)
            || word.starts_with("B00000")
            || "An Exhaustive and Thoroughly Annotated Bibliography of Everything Ever Printed \
                Bartholomew Featherstonehaugh-Cholmondeley the Younger"
                .contains(word)
    };
    for (name, page) in fixtures::pages() {
        rig.show(&fixtures::screen(Language::Chinese, page));
        // also what is drawn without being spoken
        for text in rig.elements().iter().filter_map(ElementHandle::accessible_label) {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ',')));
            let foreign = words
                .filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()))
                .find(|word| !(exempt(word) || word.len() == 1 && name.starts_with("identify")));
            assert_eq!(foreign, None, "{name}: {text}");
        }
    }
}

#[test]
fn every_button_sends_its_touch() {
    let countdown = || {
        let lines = fixtures::troubles();
        Page::Visit(Visit { seconds_left: Some(9), ..fixtures::visit(Purpose::Borrow, lines, Hint::PutBack) })
    };
    let identify = |entry| Page::Identify(fixtures::identify(entry));
    let number = || identify(Entry::Number { masked: "L".into() });
    let rows: Vec<(Page, &[&str], Touch)> = vec![
        (Page::Welcome, &["借书"], Touch::Borrow),
        (Page::Welcome, &["还书"], Touch::Return),
        (Page::Welcome, &["English"], Touch::Language(Language::English)),
        (identify(Entry::Card), &["没带证？输入证号"], Touch::TypeNumber),
        (identify(Entry::Card), &["返回首页"], Touch::Cancel),
        (number(), &["7"], Touch::Key('7')),
        (number(), &["0"], Touch::Key('0')),
        (number(), &["字母", "L"], Touch::Key('L')),
        (number(), &["字母", "Z"], Touch::Key('Z')),
        (number(), &["字母", "数字", "1"], Touch::Key('1')),
        (number(), &["退格"], Touch::Erase),
        (number(), &["字母", "退格"], Touch::Erase),
        (number(), &["确定"], Touch::Enter),
        (number(), &["字母", "确定"], Touch::Enter),
        (identify(Entry::Pin { len: 3 }), &["4"], Touch::Key('4')),
        (countdown(), &["办完了"], Touch::Finish),
        (countdown(), &["再等一会儿"], Touch::More),
        (countdown(), &["English"], Touch::Language(Language::English)),
    ];
    for size in [PORTRAIT, LANDSCAPE] {
        let rig = Rig::new(size);
        for (page, clicks, touch) in &rows {
            rig.show(&Screen { language: Language::Chinese, online: true, page: Page::Welcome });
            rig.show(&Screen { language: Language::Chinese, online: true, page: page.clone() });
            for label in *clicks {
                rig.click(label);
            }
            assert_eq!(rig.touched.take(), [*touch], "{clicks:?} at {size:?}");
        }
        let (_, done) = fixtures::pages().into_iter().find(|(name, _)| *name == "done").unwrap();
        rig.show(&fixtures::screen(Language::English, done));
        rig.click("Back to start");
        rig.click("中文");
        assert_eq!(rig.touched.take(), [Touch::Finish, Touch::Language(Language::Chinese)]);
    }
}

#[test]
fn every_button_is_large_and_everything_fits() {
    for (size, least) in [(PORTRAIT, 88.0), (LANDSCAPE, 88.0), ((1024, 768), 40.0), ((607, 1080), 44.0)] {
        let rig = Rig::new(size);
        let (width, height) = (f32_of(size.0), f32_of(size.1));
        for language in [Language::Chinese, Language::English] {
            for (name, page) in fixtures::pages() {
                rig.show(&fixtures::screen(language, page));
                for element in rig.elements() {
                    let (at, extent) = (element.absolute_position(), element.size());
                    let label = element.accessible_label().unwrap_or_default();
                    if !label.is_empty() {
                        let fits = at.x >= -0.5 && at.x + extent.width <= width + 0.5;
                        assert!(fits, "{name} {language:?} {size:?}: {label} at {at:?} {extent:?}");
                    }
                    if element.accessible_role() == Some(AccessibleRole::Button) {
                        let side = extent.width.min(extent.height);
                        assert!(side >= least, "{name} {size:?}: {label} is only {extent:?}");
                        let fits = at.y >= -0.5 && at.y + extent.height <= height + 0.5;
                        assert!(fits, "{name} {language:?} {size:?}: {label} at {at:?} {extent:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn buttons_do_not_lie_on_each_other() {
    for size in [PORTRAIT, LANDSCAPE] {
        let rig = Rig::new(size);
        for language in [Language::Chinese, Language::English] {
            for (name, page) in fixtures::pages() {
                rig.show(&fixtures::screen(language, page));
                let boxes: Vec<_> = rig
                    .elements()
                    .iter()
                    .filter(|element| element.accessible_role() == Some(AccessibleRole::Button))
                    .map(|element| (element.absolute_position(), element.size(), element.accessible_label()))
                    .collect();
                for (i, (a, a_size, a_label)) in boxes.iter().enumerate() {
                    for (b, b_size, b_label) in &boxes[i + 1..] {
                        let apart = a.x + a_size.width <= b.x + 0.5
                            || b.x + b_size.width <= a.x + 0.5
                            || a.y + a_size.height <= b.y + 0.5
                            || b.y + b_size.height <= a.y + 0.5;
                        assert!(apart, "{name} {language:?} {size:?}: {a_label:?} and {b_label:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_language_changes_at_any_moment_and_keeps_the_page() {
    let rig = Rig::new(PORTRAIT);
    let page = || Page::Visit(fixtures::visit(Purpose::Borrow, fixtures::troubles(), Hint::PutBack));
    for (language, here, gone) in [
        (Language::Chinese, "办完了", "Finish"),
        (Language::English, "Finish", "办完了"),
        (Language::Chinese, "办完了", "Finish"),
    ] {
        rig.show(&Screen { language, online: true, page: page() });
        assert_eq!(rig.buttons(here).len(), 1, "{here}");
        assert_eq!(rig.buttons(gone).len(), 0, "{gone}");
    }
}

#[test]
fn what_is_masked_stays_masked() {
    let rig = Rig::new(PORTRAIT);
    rig.show(&Screen {
        language: Language::Chinese,
        online: true,
        page: Page::Identify(fixtures::identify(Entry::Number { masked: "******0001".into() })),
    });
    let said = rig.labels();
    assert!(said.iter().any(|label| label.ends_with("******0001")), "{said:?}");
    rig.show(&Screen {
        language: Language::Chinese,
        online: true,
        page: Page::Identify(fixtures::identify(Entry::Pin { len: 6 })),
    });
    let said = rig.labels();
    assert!(said.iter().any(|label| label.ends_with("已输入 6 位")), "{said:?}");
    assert!(!said.iter().any(|label| label.contains("0001")), "{said:?}");
}

#[test]
fn the_newest_line_is_in_sight_and_a_finger_brings_the_oldest_back() {
    let rig = Rig::new(PORTRAIT);
    let (_, many) = fixtures::pages().into_iter().find(|(name, _)| *name == "visit-many").unwrap();
    rig.show(&Screen { language: Language::Chinese, online: true, page: many });
    settle(50);
    // lines out of sight are not found
    let is_in_sight =
        |title: &str| rig.labels().iter().any(|label| label.starts_with(&format!("line   {title}")));
    assert!(is_in_sight("繁花") && !is_in_sight("三体"), "{:?}", rig.labels());
    let window = rig.stage.window().window();
    let at = |y| LogicalPosition::new(500.0, y);
    window.dispatch_event(WindowEvent::PointerPressed {
        position: at(700.0),
        button: PointerEventButton::Left,
    });
    for y in [800.0, 1000.0, 1300.0, 1600.0, 1900.0] {
        settle(150);
        window.dispatch_event(WindowEvent::PointerMoved { position: at(y) });
    }
    window.dispatch_event(WindowEvent::PointerReleased {
        position: at(1900.0),
        button: PointerEventButton::Left,
    });
    settle(2000);
    assert!(is_in_sight("三体") && !is_in_sight("繁花"), "{:?}", rig.labels());
}

#[test]
fn every_reason_has_a_sentence_and_an_advice() {
    let rig = Rig::new(PORTRAIT);
    let mut text = String::new();
    for reason in fixtures::reasons() {
        text.push_str(&format!("== {reason:?}\n"));
        for language in [Language::Chinese, Language::English] {
            let progress = Progress::Refused(reason.clone());
            let line = fixtures::line("B0000020", "城南旧事", "", Way::Out, progress);
            let page = Page::Visit(fixtures::visit(Purpose::Borrow, vec![line], Hint::TakeBooks));
            rig.show(&Screen { language, online: true, page });
            let labels = rig.labels();
            let said: Vec<_> =
                labels.iter().filter_map(|label| label.strip_prefix("line   城南旧事 / ")).collect();
            assert_eq!(said.len(), 1, "{reason:?}");
            assert_eq!(said[0].matches(" / ").count(), 1, "{said:?}");
            let page =
                Page::Identify(Identify { problem: Some(reason.clone()), ..fixtures::identify(Entry::Card) });
            rig.show(&Screen { language, online: true, page });
            assert!(rig.labels().contains(&format!("text   {}", said[0])), "{reason:?}: {:?}", rig.labels());
            text.push_str(&format!("{}\n", said[0]));
        }
    }
    expect_file!["pages/reasons.txt"].assert_eq(&text);
}

const PORTRAIT: (u32, u32) = (1080, 1920);
const LANDSCAPE: (u32, u32) = (1920, 1080);

struct Rig {
    stage: Stage,
    touched: Rc<RefCell<Vec<Touch>>>,
}

impl Rig {
    fn new((width, height): (u32, u32)) -> Self {
        let backend = TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        });
        // a second rig in the same thread shares the first one's platform
        drop(slint::platform::set_platform(Box::new(backend)));
        let touched = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&touched);
        let stage = Stage::new(move |touch| log.borrow_mut().push(touch)).unwrap();
        stage.window().window().set_size(PhysicalSize::new(width, height));
        stage.window().show().unwrap();
        settle(1);
        Self { stage, touched }
    }

    fn show(&self, screen: &Screen) {
        self.stage.present(screen).unwrap();
        settle(1);
        settle(1);
    }

    fn elements(&self) -> Vec<ElementHandle> {
        ElementQuery::from_root(self.stage.window()).find_all()
    }

    fn labels(&self) -> Vec<String> {
        let spoken = self.elements().into_iter().filter_map(|element| {
            let role = match element.accessible_role()? {
                AccessibleRole::Button => "button",
                AccessibleRole::Text => "text",
                AccessibleRole::List => "list",
                AccessibleRole::ListItem => "line",
                _ => return None,
            };
            let label = element.accessible_label().filter(|label| !label.is_empty())?;
            Some(format!("{role:<6} {label}"))
        });
        spoken.collect()
    }

    fn buttons(&self, label: &str) -> Vec<ElementHandle> {
        let label = label.to_owned();
        ElementQuery::from_root(self.stage.window())
            .match_accessible_role(AccessibleRole::Button)
            .match_predicate(move |e| e.accessible_label().is_some_and(|l| l == label))
            .find_all()
    }

    fn click(&self, label: &str) {
        let buttons = self.buttons(label);
        assert_eq!(buttons.len(), 1, "buttons called {label}");
        buttons[0].mock_single_click(PointerEventButton::Left);
        settle(200);
    }
}

fn check_labels(language: Language, expected: &ExpectFile) {
    let rig = Rig::new(PORTRAIT);
    let mut text = String::new();
    for (name, page) in fixtures::pages() {
        rig.show(&fixtures::screen(language, page));
        text.push_str(&format!("== {name}\n{}\n\n", rig.labels().join("\n")));
    }
    expected.assert_eq(&text);
}

fn settle(ms: u64) {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(ms));
}

fn f32_of(pixels: u32) -> f32 {
    f32::from(u16::try_from(pixels).unwrap())
}
