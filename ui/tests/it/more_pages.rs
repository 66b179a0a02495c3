//! The account, the catalogue, the receipt and the staff's corner: what their buttons send, and that a phone can read
//! the receipt off the glass.

use circulation::screen::{
    Account, Cancellation, CardService, CardTouch, Find, Keys, Language, Layout, Look, Page, PartKind,
    Printer, Receipt, Renewal, Script, StaffAct, Style, Touch, Welcome,
};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use ui::{Offscreen, Picture, gallery};

use crate::rig::{Area, LANDSCAPE, PORTRAIT, Rig, settle};

const fn card(touch: CardTouch) -> Touch {
    Touch::Card(touch)
}

#[test]
fn every_button_sends_its_touch() {
    let rows: Vec<(Page, &[&str], Touch)> = vec![
        (page("account-one"), &["Renew"], Touch::Renew(0)),
        (page("account"), &["Renew all 3"], Touch::RenewAll),
        (page("account-holds"), &["Keep it"], Touch::KeepHold),
        (page("account-holds"), &["Give it up"], Touch::CancelHold(2)),
        (few_holds(), &["Give up"], Touch::CancelHold(0)),
        (page("new-card"), &["Back to start"], Touch::Back),
        (page("card-menu"), &["Get a new card"], card(CardTouch::Service(CardService::New))),
        (page("card-menu"), &["Change the password"], card(CardTouch::Service(CardService::Pin))),
        (page("card-menu"), &["Back to start"], Touch::Back),
        (page("card-menu-empty"), &["More time"], Touch::More),
        (page("card-consent"), &["I agree"], card(CardTouch::Agree)),
        (page("card-consent"), &["No, thank you"], Touch::Back),
        (page("card-identity"), &["It is for a child"], card(CardTouch::ForChild)),
        (page("card-identity-child"), &["Type the child's number"], card(CardTouch::TypeChild)),
        (
            page("card-has-card-lost"),
            &["Report a card lost, get another"],
            card(CardTouch::Service(CardService::Replace)),
        ),
        (page("card-types"), &["自习阅览证"], Touch::Open(1)),
        (page("card-confirm"), &["Yes"], card(CardTouch::Confirm)),
        (page("card-name"), &["M"], Touch::Key('m')),
        (page("card-name-choosing"), &["明"], Touch::Candidate(0)),
        (page("card-number"), &["Letters", "X"], Touch::Key('X')),
        (page("card-phone"), &["8"], Touch::Key('8')),
        (page("card-phone"), &["Back"], Touch::Back),
        (page("card-pin"), &["OK"], Touch::Enter),
        (page("card-on-phone"), &["On the phone"], card(CardTouch::OnPhone)),
        (page("card-pay"), &["Give it up"], Touch::Back),
        (page("card-for-phone"), &["I have it"], card(CardTouch::HaveIt)),
        (page("card-refused-alone"), &["A parent is here"], card(CardTouch::Guardian)),
        (page("card-refused-jam"), &["Take it on the phone"], card(CardTouch::OnPhone)),
        (page("card-refused-voucher"), &["Print the voucher"], Touch::Print),
        (page("card-done"), &["Print the receipt"], Touch::Print),
        (page("card-done"), &["Back to start"], Touch::Finish),
        (page("new-card-countdown"), &["More time"], Touch::More),
        (page("about-countdown"), &["More time"], Touch::More),
        (page("done"), &["Print"], Touch::Print),
        (page("done"), &["Keep it on the phone"], Touch::Code),
        (page("done-paper-out"), &["No receipt, back to start"], Touch::Finish),
        (page("account"), &["Back"], Touch::Back),
        (page("account"), &["Finish"], Touch::Finish),
        (page("account-many"), &["More time"], Touch::More),
        (page("find-hits"), &["三体"], Touch::Open(0)),
        (page("find-hits"), &["Only here"], Touch::OnlyHere(true)),
        (page("find-letters"), &["Only here"], Touch::OnlyHere(false)),
        (page("find-hits"), &["Chinese"], Touch::Only(Some(Script::Han))),
        (page("find-hits"), &["Other"], Touch::Only(Some(Script::Other))),
        (page("find-letters"), &["All"], Touch::Only(None)),
        (page("find-start"), &["H"], Touch::Key('h')),
        (page("find-start"), &["Space"], Touch::Key(' ')),
        (page("find-start"), &["Erase"], Touch::Erase),
        (page("find-start"), &["OK"], Touch::Enter),
        (page("find-start"), &["ABC"], Touch::Layout(Layout::Letters)),
        (page("find-start"), &["123"], Touch::Layout(Layout::Digits)),
        (page("find-digits"), &["Pinyin"], Touch::Layout(Layout::Pinyin)),
        (page("find-digits"), &["7"], Touch::Key('7')),
        (page("find-choosing"), &["洪"], Touch::Candidate(1)),
        (few_words(), &["Next words"], Touch::Candidates { next: true }),
        (few_words(), &["Previous words"], Touch::Candidates { next: false }),
        (page("title"), &["Reserve"], Touch::Reserve),
        (page("title"), &["Back"], Touch::Back),
        (page("about"), &["Back to start"], Touch::Back),
        (page("done-code"), &["Back to start"], Touch::Finish),
        (page("done-not-printed"), &["Keep it on the phone"], Touch::Code),
        (page("staff-pin"), &["5"], Touch::Key('5')),
        (page("staff-panel"), &["Restart: Ledger"], Touch::Staff(StaffAct::Restart(PartKind::Ledger))),
        (page("staff-panel"), &["Take out of service"], Touch::Staff(StaffAct::OutOfService(true))),
        (page("staff-panel-troubles"), &["Put into service"], Touch::Staff(StaffAct::OutOfService(false))),
        (page("staff-panel"), &["Test pictures"], Touch::Staff(StaffAct::Picture)),
        (page("staff-panel"), &["End the program"], Touch::Staff(StaffAct::Quit)),
        (page("staff-panel"), &["Switch the machine off"], Touch::Staff(StaffAct::ShutDown)),
        (page("staff-confirm-off"), &["Yes, do it"], Touch::Staff(StaffAct::ShutDown)),
        (page("staff-confirm-quit"), &["No"], Touch::Back),
        (page("staff-panel"), &["Leave the staff's corner"], Touch::Back),
        (page("staff-picture"), &["Next picture"], Touch::Staff(StaffAct::Picture)),
    ];
    for size in [PORTRAIT, LANDSCAPE] {
        let rig = Rig::new(size);
        for (page, clicks, touch) in &rows {
            show(&rig, Page::Welcome(Welcome::default()));
            show(&rig, page.clone());
            for label in *clicks {
                rig.click(label);
            }
            assert_eq!(rig.touched.take(), [*touch], "{clicks:?} at {size:?}");
        }
    }
}

/// Within reach of a wheelchair nothing above can be touched: filters and rows are reached from below, all of them.
#[test]
fn from_below_the_titles_are_filtered_and_each_row_of_an_account_is_acted_on() {
    for style in [Style::Standard, Style::Large] {
        let rig = Rig::new(PORTRAIT);
        let low =
            |page| gallery::screen(Language::English, Look { style, low: true, ..Look::default() }, page);
        rig.show(&low(page("find-hits")));
        rig.click("Choose which titles");
        for filter in ["Chinese", "Other", "All", "Only here"] {
            rig.click(filter);
        }
        let chosen = [
            Touch::Only(Some(Script::Han)),
            Touch::Only(Some(Script::Other)),
            Touch::Only(None),
            Touch::OnlyHere(true),
        ];
        assert_eq!(rig.touched.take(), chosen);
        rig.click("Back to the titles");
        assert_eq!(rig.buttons("Chinese").len(), 0);

        let Page::Account(account) = page("account-many") else { panic!("it is an account") };
        let account = Account { seconds_left: None, ..account };
        rig.show(&low(Page::Account(account.clone())));
        let mut reached = Vec::new();
        for _ in 0..account.loans.len() + account.holds.len() {
            for act in ["Renew this one", "Give this one up", "Keep it", "Give it up"] {
                if rig.buttons(act).len() == 1 {
                    rig.click(act);
                }
            }
            reached.extend(rig.touched.take());
            rig.click("The next row");
        }
        let renewals = (0..).zip(&account.loans).filter(|(_, loan)| loan.renewal == Renewal::Offered);
        let mut wanted: Vec<Touch> = renewals.map(|(row, _)| Touch::Renew(row)).collect();
        for (row, hold) in (0..).zip(&account.holds) {
            match hold.cancellation {
                Cancellation::Offered | Cancellation::Refused(_) => wanted.push(Touch::CancelHold(row)),
                Cancellation::Unsure => wanted.extend([Touch::KeepHold, Touch::CancelHold(row)]),
                Cancellation::No | Cancellation::Asking | Cancellation::Done => {}
            }
        }
        assert!(!wanted.is_empty());
        assert_eq!(reached, wanted);
    }
}

/// Whoever wants paper is told before the visit that there is none; a machine that never had a printer says nothing.
#[test]
fn a_printer_that_cannot_print_is_told_on_the_welcome_page_only() {
    let rig = Rig::new(PORTRAIT);
    let line = "No receipts on paper at the moment: your phone can keep yours";
    for (printer, is_told) in
        [(Printer::Absent, false), (Printer::Ready, false), (Printer::NoPaper, true), (Printer::Down, true)]
    {
        show(&rig, Page::Welcome(Welcome { printer }));
        assert_eq!(rig.labels().iter().any(|label| label.contains(line)), is_told, "{printer:?}");
    }
    show(&rig, page("identify-card"));
    assert!(!rig.labels().iter().any(|label| label.contains(line)));
}

#[test]
fn two_buttons_move_the_list_and_then_turn_its_page() {
    let rig = Rig::new(PORTRAIT);
    show(&rig, page("find-longest"));
    assert_eq!(rig.buttons("Page up")[0].accessible_enabled(), Some(true), "there are titles before these");
    rig.click("Page up");
    assert_eq!(rig.touched.take(), [Touch::Turn { next: false }]);
    show(&rig, page("find-hits"));
    for _ in 0..20 {
        rig.click("Page down");
    }
    let touched = rig.touched.take();
    assert!(touched.len() < 20, "the first touches move the list");
    assert!(touched.iter().all(|touch| *touch == Touch::Turn { next: true }), "{touched:?}");
    show(&rig, page("account-many"));
    let is_seen =
        |title: &str| rig.labels().iter().any(|label| label.starts_with(&format!("line   {title} ")));
    assert!(is_seen("三体") && !is_seen("繁花"));
    for _ in 0..20 {
        if rig.buttons("Page down")[0].accessible_enabled() == Some(true) {
            rig.click("Page down");
        }
    }
    assert!(!is_seen("三体"), "{:?}", rig.labels());
    assert_eq!(rig.touched.take(), []);
}

#[test]
fn the_corners_are_hidden_on_every_page_and_take_no_button_its_touch() {
    for size in [PORTRAIT, LANDSCAPE] {
        for look in [Look::default(), Look { low: true, ..Look::default() }] {
            let rig = Rig::new(size);
            for (name, page) in
                gallery::pages().into_iter().filter(|(name, _)| !name.starts_with("staff-picture"))
            {
                rig.show(&gallery::screen(Language::English, look, page));
                let areas = slint_corners(&rig);
                assert_eq!(areas.len(), 4, "{name}");
                for (number, (x, y)) in (0..).zip(areas) {
                    click_at(&rig, x, y);
                    assert_eq!(rig.touched.take(), [Touch::Corner(number)], "{name} at {size:?}: {x} {y}");
                }
            }
        }
    }
}

#[test]
fn a_phone_reads_the_receipt_off_the_glass() {
    let mut texts = Vec::new();
    for (width, height) in [(1080, 1920), (1920, 1080), (1024, 768), (607, 1080)] {
        let mut panel = Offscreen::new(width, height).unwrap();
        for night in [false, true] {
            let look = Look { night, ..Look::default() };
            let picture = panel.render(&gallery::screen(Language::Chinese, look, page("done-code"))).unwrap();
            texts.push(read(&picture));
        }
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
    let lines: Vec<&str> = texts[0].lines().collect();
    assert_eq!(lines[0], gallery::place().library);
    assert!(lines[2].starts_with("三体 · ") && lines[2].contains("2026-12-22"), "{lines:?}");
    assert!(!texts[0].contains("张") && !texts[0].contains("0001"), "nothing of the patron: {texts:?}");
}

#[test]
fn another_receipt_is_another_code_and_none_is_forgotten() {
    let mut panel = Offscreen::new(1080, 1920).unwrap();
    let mut shown =
        |page| read_if(&panel.render(&gallery::screen(Language::English, Look::default(), page)).unwrap());
    let Page::Done(done) = page("done-code") else { panic!("no receipt") };
    let first = shown(Page::Done(done.clone()));
    assert!(first.as_ref().is_some_and(|text| text.contains("The Rust Programming Language")), "{first:?}");
    let mut fewer = done.clone();
    fewer.lines.truncate(1);
    assert_ne!(shown(Page::Done(fewer)), first);
    let offered = circulation::screen::Done { receipt: Receipt::Offered { printer: Printer::Ready }, ..done };
    assert_eq!(shown(Page::Done(offered)), None);
    assert_eq!(shown(Page::Welcome(Welcome::default())), None);
}

fn page(name: &str) -> Page {
    let page = gallery::pages().into_iter().find(|(known, _)| *known == name);
    page.unwrap_or_else(|| panic!("no page {name}")).1
}

/// Words before and after three that all have room: the arrows need not move the strip first.
fn few_words() -> Page {
    let Page::Find(find) = page("find-choosing") else { panic!("no keyboard") };
    let candidates = find.keys.candidates.iter().take(3).cloned().collect();
    let keys = Keys { candidates, before: true, ..find.keys.clone() };
    Page::Find(Find { keys, ..find })
}

fn few_holds() -> Page {
    let Page::Account(account) = page("account-holds") else { panic!("no account") };
    let holds = account.holds.iter().take(1).cloned().collect();
    Page::Account(Account { holds, ..account })
}

fn show(rig: &Rig, page: Page) {
    rig.show(&gallery::screen(Language::English, Look::default(), page));
    settle(50);
}

/// A free spot of each corner: in the margin of the page, between its bars.
fn slint_corners(rig: &Rig) -> Vec<(f32, f32)> {
    let corners =
        i_slint_backend_testing::ElementHandle::find_by_element_type_name(rig.stage.window(), "Corner");
    let mut areas: Vec<_> = corners.map(|corner| Area::of(&corner)).collect();
    areas.truncate(4);
    let spot = |(number, area): (usize, Area)| {
        let x = if number == 0 || number == 3 { area.x + 10.0 } else { area.right - 10.0 };
        let y = if number < 2 { area.y + 10.0 } else { area.bottom - 6.0 };
        (x, y)
    };
    areas.into_iter().enumerate().map(spot).collect()
}

fn click_at(rig: &Rig, x: f32, y: f32) {
    let window = rig.stage.window().window();
    let position = LogicalPosition::new(x, y);
    window.dispatch_event(WindowEvent::PointerPressed { position, button: PointerEventButton::Left });
    settle(150);
    window.dispatch_event(WindowEvent::PointerReleased { position, button: PointerEventButton::Left });
    settle(150);
}

fn read(picture: &Picture) -> String {
    read_if(picture).unwrap_or_else(|| panic!("no code on {}x{}", picture.width, picture.height))
}

/// The text of the one code on a picture.
fn read_if(picture: &Picture) -> Option<String> {
    let (width, height) = (usize::try_from(picture.width).unwrap(), usize::try_from(picture.height).unwrap());
    let mut grey = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let at = 4 * (y * width + x);
        let sum: u32 = picture.rgba[at..at + 3].iter().map(|part| u32::from(*part)).sum();
        u8::try_from(sum / 3).unwrap()
    });
    grey.detect_grids().iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}
