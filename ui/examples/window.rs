//! Opens the window and walks through the pages at each touch: `cargo run -p ui --example window -- [WIDTHxHEIGHT] [demo]`.
#![expect(clippy::print_stdout, reason = "a tool for the people who draw the pages")]

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use circulation::screen::{Language, Look, Page, Touch, Welcome};
use ui::{DemoAct, DemoKind, DemoStrip, DemoThing, Options, gallery};

enum Event {
    Touched(Touch),
    Acted(DemoAct),
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = arguments
        .iter()
        .find_map(|text| text.split_once('x'))
        .map(|(width, height)| Ok::<_, std::num::ParseIntError>((width.parse()?, height.parse()?)))
        .transpose()?;
    let (events, inbox) = mpsc::sync_channel(16);
    let acts = events.clone();
    let thing = |key: &str, kind| DemoThing { key: key.into(), label: key.into(), kind, on_pad: false };
    let mut things = vec![thing("读者证 张*", DemoKind::Card), thing("读者证 李*", DemoKind::Card)];
    things.extend(
        ["三体", "活着", "红楼梦", "现代汉语词典", "The Rust Book"].map(|title| thing(title, DemoKind::Book)),
    );
    let demo = arguments.iter().any(|text| text == "demo").then(|| DemoStrip {
        things: things.clone(),
        act: Box::new(move |act| acts.try_send(Event::Acted(act)).unwrap_or_default()),
    });
    let options = Options {
        fullscreen: false,
        size,
        touch: Box::new(move |touch| events.try_send(Event::Touched(touch)).unwrap_or_default()),
        demo,
    };
    let start = gallery::screen(Language::Chinese, Look::default(), Page::Welcome(Welcome::default()));
    ui::run(&start, options, |handle| {
        thread::spawn(move || {
            let (mut language, mut look) = (Language::Chinese, Look::default());
            let mut pages = gallery::pages().into_iter().map(|(_, page)| page).cycle();
            let mut page = pages.next();
            for event in inbox {
                match event {
                    Event::Touched(Touch::Language(chosen)) => language = chosen,
                    Event::Touched(Touch::Style(style)) => look.style = style,
                    Event::Touched(Touch::HighContrast(on)) => look.high_contrast = on,
                    Event::Touched(Touch::Low(on)) => look.low = on,
                    Event::Touched(Touch::Voice(on)) => look.voice = on,
                    Event::Touched(touch) => {
                        println!("{touch:?}");
                        page = pages.next();
                    }
                    Event::Acted(act) => {
                        println!("{act:?}");
                        let (DemoAct::Put(key) | DemoAct::Take(key)) = &act;
                        for thing in things.iter_mut().filter(|thing| thing.key == *key) {
                            thing.on_pad = matches!(act, DemoAct::Put(_));
                        }
                        handle.set_demo(things.clone());
                    }
                }
                if let Some(page) = page.clone() {
                    handle.present(gallery::screen(language, look, page));
                }
            }
        });
    })?;
    Ok(())
}
