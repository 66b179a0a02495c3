//! Every page, headless: what it says in each language, in which order the keys go through it, and what its buttons send.

use std::cell::RefCell;
use std::rc::Rc;

use circulation::screen::{
    Entry, Hint, Identify, Language, Look, Page, Progress, Purpose, Screen, Style, Touch, Visit, Way, Welcome,
};
use expect_test::{ExpectFile, expect_file};
use i_slint_backend_testing::ElementHandle;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use ui::gallery;

use crate::rig::{LANDSCAPE, PORTRAIT, Rig, settle};

#[test]
fn what_each_page_says_in_chinese() {
    check_labels(Language::Chinese, &expect_file!["pages/labels.zh.txt"]);
}

#[test]
fn what_each_page_says_in_traditional_chinese() {
    check_labels(Language::Traditional, &expect_file!["pages/labels.zh-tw.txt"]);
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
    let press = |key: &str| rig.type_text(key);
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
        "EN",
        "ISBN",
        "hlm",
        "RFID",
        "GNU",
        "ISO",
        "MB",
        "Dream",
        "of",
        "the",
        "Red",
        "Chamber",
        "Cao",
        "Xueqin",
    ];
    let exempt = |word: &str| {
        ours.contains(&word)
            || word.starts_with("B00000")
            || "An Exhaustive and Thoroughly Annotated Bibliography of Everything Ever Printed \
                Bartholomew Featherstonehaugh-Cholmondeley the Younger"
                .contains(word)
    };
    for (name, page) in gallery::pages() {
        rig.show(&plain(Language::Chinese, page));
        // also what is drawn without being spoken
        for text in rig.elements().iter().filter_map(ElementHandle::accessible_label) {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ',')));
            let foreign =
                words.filter(|word| word.contains(|c: char| c.is_ascii_alphabetic())).find(|word| {
                    !(exempt(word)
                        || word.len() == 1
                        // marks of shelves, barcodes, call numbers; the last characters of an identity card
                        || ((name.starts_with("stocktake") || name == "card-types" || name == "card-types-countdown")
                            && word.contains(|c: char| c.is_ascii_digit()))
                        || name.starts_with("title")
                        || name.starts_with("card-name")
                        || name.starts_with("find")
                        || name.starts_with("staff"))
                });
            assert_eq!(foreign, None, "{name}: {text}");
        }
    }
}

#[test]
fn every_button_sends_its_touch() {
    let countdown = || {
        let lines = gallery::troubles();
        Page::Visit(Visit { seconds_left: Some(9), ..gallery::visit(Purpose::Borrow, lines, Hint::PutBack) })
    };
    let identify = |entry| Page::Identify(gallery::identify(entry));
    let number = || identify(Entry::Number { masked: "L".into() });
    let rows: Vec<(Page, &[&str], Touch)> = vec![
        (Page::Welcome(Welcome::default()), &["借书"], Touch::Borrow),
        (Page::Welcome(Welcome::default()), &["还书"], Touch::Return),
        (Page::Welcome(Welcome::default()), &["English"], Touch::Language(Language::English)),
        (Page::Welcome(Welcome::default()), &["繁體中文"], Touch::Language(Language::Traditional)),
        (Page::Welcome(Welcome::default()), &["大字版"], Touch::Style(Style::Large)),
        (Page::Welcome(Welcome::default()), &["儿童版"], Touch::Style(Style::Child)),
        (Page::Welcome(Welcome::default()), &["高对比度"], Touch::HighContrast(true)),
        (Page::Welcome(Welcome::default()), &["轮椅低位操作"], Touch::Low(true)),
        (Page::Welcome(Welcome::default()), &["语音提示"], Touch::Voice(true)),
        (Page::Welcome(Welcome::default()), &["我的借阅"], Touch::Account),
        (Page::Welcome(Welcome::default()), &["查找图书"], Touch::Find),
        (Page::Welcome(Welcome::default()), &["办读者证"], Touch::NewCard),
        (Page::Welcome(Welcome::default()), &["关于本机"], Touch::About),
        (page_called("visit-renew"), &["续借"], Touch::Renew(0)),
        (page_called("visit-renew"), &["我的借阅"], Touch::Account),
        (page_called("visit-renew"), &["查找图书"], Touch::Find),
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
            rig.show(&plain(Language::Chinese, Page::Welcome(Welcome::default())));
            rig.show(&plain(Language::Chinese, page.clone()));
            for label in *clicks {
                rig.click(label);
            }
            assert_eq!(rig.touched.take(), [*touch], "{clicks:?} at {size:?}");
        }
        let done = page_called("done");
        rig.show(&plain(Language::English, done));
        rig.click("No receipt, back to start");
        rig.click("简体中文");
        assert_eq!(rig.touched.take(), [Touch::Finish, Touch::Language(Language::Chinese)]);
    }
}

#[test]
fn the_language_changes_at_any_moment_and_keeps_the_page() {
    let rig = Rig::new(PORTRAIT);
    let page = || Page::Visit(gallery::visit(Purpose::Borrow, gallery::troubles(), Hint::PutBack));
    for (language, here, gone) in [
        (Language::Chinese, "办完了", "Finish"),
        (Language::English, "Finish", "办完了"),
        (Language::Chinese, "办完了", "Finish"),
    ] {
        rig.show(&plain(language, page()));
        assert_eq!(rig.buttons(here).len(), 1, "{here}");
        assert_eq!(rig.buttons(gone).len(), 0, "{gone}");
    }
}

#[test]
fn what_is_masked_stays_masked() {
    let rig = Rig::new(PORTRAIT);
    rig.show(&plain(
        Language::Chinese,
        Page::Identify(gallery::identify(Entry::Number { masked: "******0001".into() })),
    ));
    let said = rig.labels();
    assert!(said.iter().any(|label| label.ends_with("******0001")), "{said:?}");
    rig.show(&plain(Language::Chinese, Page::Identify(gallery::identify(Entry::Pin { len: 6 }))));
    let said = rig.labels();
    assert!(said.iter().any(|label| label.ends_with("已输入 6 位")), "{said:?}");
    assert!(!said.iter().any(|label| label.contains("0001")), "{said:?}");
}

/// What is chosen is switched off by the same touch.
#[test]
fn a_look_that_is_on_is_one_touch_from_off() {
    let rig = Rig::new(PORTRAIT);
    let look = Look { style: Style::Large, high_contrast: true, low: true, night: false, voice: true };
    rig.show(&gallery::screen(Language::English, look, Page::Welcome(Welcome::default())));
    for (label, touch) in [
        ("Large text", Touch::Style(Style::Standard)),
        ("High contrast", Touch::HighContrast(false)),
        ("Everything within reach from a wheelchair", Touch::Low(false)),
        ("Spoken prompts", Touch::Voice(false)),
    ] {
        rig.click(label);
        assert_eq!(rig.touched.take(), [touch], "{label}");
    }
}

/// What the machine does not offer is not shown.
#[test]
fn buttons_follow_what_the_machine_offers() {
    let rig = Rig::new(PORTRAIT);
    for page in [Page::Welcome(Welcome::default()), page_called("visit-done")] {
        let mut screen = plain(Language::English, page);
        screen.place = std::sync::Arc::default();
        rig.show(&screen);
        for label in ["My loans", "Find a book", "Get a card", "Spoken prompts"] {
            assert_eq!(rig.buttons(label).len(), 0, "{label}");
        }
    }
}

#[test]
fn the_newest_line_is_in_sight_and_a_finger_brings_the_oldest_back() {
    let rig = Rig::new(PORTRAIT);
    let many = page_called("visit-many");
    rig.show(&plain(Language::Chinese, many));
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
    for reason in gallery::reasons() {
        text.push_str(&format!("== {reason:?}\n"));
        for language in [Language::Chinese, Language::English] {
            let progress = Progress::Refused(reason.clone());
            let line = gallery::line("B0000020", "城南旧事", "", Way::Out, progress);
            let page = Page::Visit(gallery::visit(Purpose::Borrow, vec![line], Hint::TakeBooks));
            rig.show(&plain(language, page));
            let labels = rig.labels();
            let said: Vec<_> =
                labels.iter().filter_map(|label| label.strip_prefix("line   城南旧事 / ")).collect();
            assert_eq!(said.len(), 1, "{reason:?}");
            assert_eq!(said[0].matches(" / ").count(), 1, "{said:?}");
            let page =
                Page::Identify(Identify { problem: Some(reason.clone()), ..gallery::identify(Entry::Card) });
            rig.show(&plain(language, page));
            assert!(rig.labels().contains(&format!("text   {}", said[0])), "{reason:?}: {:?}", rig.labels());
            text.push_str(&format!("{}\n", said[0]));
        }
    }
    expect_file!["pages/reasons.txt"].assert_eq(&text);
}

fn check_labels(language: Language, expected: &ExpectFile) {
    let rig = Rig::new(PORTRAIT);
    let mut text = String::new();
    for (name, page) in gallery::pages() {
        // the keys begin anew, wherever they were on a page of the same kind
        rig.show(&gallery::screen(language, Look::default(), Page::Welcome(Welcome::default())));
        rig.show(&gallery::screen(language, Look::default(), page));
        let order = rig.focus_order();
        text.push_str(&format!("== {name}\n{}\nkeys   {}\n\n", rig.labels().join("\n"), order.join(" > ")));
    }
    expected.assert_eq(&text);
}

fn plain(language: Language, page: Page) -> Screen {
    gallery::screen(language, Look::default(), page)
}

fn page_called(name: &str) -> Page {
    let (_, page) = gallery::pages().into_iter().find(|(n, _)| *n == name).unwrap();
    page
}
