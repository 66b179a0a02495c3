//! The pages as pixels, without any display.

use circulation::screen::{
    AccountState, Cancellation, CardStep, Hint, Language, Line, Look, Page, Progress, Purpose, Receipt,
    Renewal, Reserve, Visit, Welcome,
};
use ui::{Offscreen, Picture, gallery};

#[test]
fn both_shapes_of_panel_are_filled_and_differ() {
    let mut portrait = Offscreen::new(1080, 1920).unwrap();
    let mut landscape = Offscreen::new(1920, 1080).unwrap();
    for (name, page) in gallery::pages().into_iter().step_by(5) {
        let screen = gallery::screen(Language::Chinese, Look::default(), page);
        let (a, b) = (portrait.render(&screen).unwrap(), landscape.render(&screen).unwrap());
        assert_eq!((a.width, a.height, a.rgba.len()), (1080, 1920, 4 * 1080 * 1920));
        assert_eq!((b.width, b.height, b.rgba.len()), (1920, 1080, 4 * 1080 * 1920));
        assert!(n_colours(&a) > 50 && n_colours(&b) > 50, "{name}");
        assert_ne!(a.rgba, b.rgba, "{name}");
    }
}

#[test]
fn a_page_looks_the_same_whatever_was_shown_before() {
    let mut used = Offscreen::new(540, 960).unwrap();
    for (name, page) in gallery::pages().into_iter().step_by(3) {
        if is_moving(&page) {
            continue; // the dots are somewhere else each time
        }
        let screen = gallery::screen(Language::English, Look::default(), page);
        let again = used.render(&screen).unwrap();
        assert_eq!(used.draw(&screen).unwrap(), 0, "{name}: nothing changed, nothing is drawn");
        let fresh = Offscreen::new(540, 960).unwrap().render(&screen).unwrap();
        assert!(again == fresh, "{name}");
    }
}

#[test]
fn a_ticking_countdown_leaves_the_rest_alone() {
    let tick = |seconds| {
        let lines = gallery::refusals().into_iter().take(2).collect();
        let visit = gallery::visit(Purpose::Borrow, lines, Hint::TakeBooks);
        gallery::screen(
            Language::Chinese,
            Look::default(),
            Page::Visit(Visit { seconds_left: Some(seconds), ..visit }),
        )
    };
    let mut used = Offscreen::new(1080, 1920).unwrap();
    used.render(&tick(20)).unwrap();
    for seconds in (1..20).rev() {
        let n_drawn = used.draw(&tick(seconds)).unwrap();
        assert!(n_drawn < 60_000, "{n_drawn} pixels for one number");
    }
    let again = used.render(&tick(1)).unwrap();
    let fresh = Offscreen::new(1080, 1920).unwrap().render(&tick(1)).unwrap();
    let n_differ = again.rgba.chunks(4).zip(fresh.rgba.chunks(4)).filter(|(a, b)| a != b).count();
    assert_eq!(n_differ, 0);
}

#[test]
fn a_picture_can_be_read_back() {
    let mut screen = Offscreen::new(270, 480).unwrap();
    let picture = screen
        .render(&gallery::screen(Language::Chinese, Look::default(), Page::Welcome(Welcome::default())))
        .unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("welcome.png");
    picture.write_png(&path).unwrap();
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(pixels == picture.rgba);
}

/// The dots of something that is being done.
fn is_moving(page: &Page) -> bool {
    let works = |lines: &[Line]| {
        lines.iter().any(|line| match &line.progress {
            Progress::Working => true,
            Progress::Yours { renewal, .. } => *renewal == Renewal::Asking,
            Progress::Done { .. }
            | Progress::Refused(_)
            | Progress::Incomplete
            | Progress::PutBack
            | Progress::Undone
            | Progress::Unclear
            | Progress::Unsecured => false,
        })
    };
    match page {
        Page::Identify(page) => page.busy,
        Page::Visit(page) => page.hint == Hint::Wait || works(&page.lines),
        Page::Done(page) => page.receipt == Receipt::Printing || works(&page.lines),
        Page::Account(page) => {
            page.state == AccountState::Asking
                || page.loans.iter().any(|loan| loan.renewal == Renewal::Asking)
                || page.holds.iter().any(|hold| hold.cancellation == Cancellation::Asking)
        }
        Page::Title(page) => page.reserve == Reserve::Asking,
        Page::Card(page) => {
            matches!(&page.step, CardStep::Pay { codes, .. } if codes.is_empty())
                || matches!(
                    page.step,
                    CardStep::Asking
                        | CardStep::Working(_)
                        | CardStep::Done { receipt: Receipt::Printing, .. }
                        | CardStep::Refused { receipt: Receipt::Printing, .. }
                )
        }
        Page::Welcome(_)
        | Page::Find(_)
        | Page::About(_)
        | Page::NewCard(_)
        | Page::Attention(_)
        | Page::Staff(_)
        | Page::Stocktake(_) => false,
    }
}

fn n_colours(picture: &Picture) -> usize {
    picture.rgba.chunks(4).collect::<std::collections::BTreeSet<_>>().len()
}
