//! The supply with a battery, against a real NUT server (upsd with dummy-ups): what is heard of it, and what kiosk and slot
//! do about it.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::time::Duration;

use circulation::screen::{Attention, Page};
use config::{Config, Interface};
use peripherals::nut::{self, Down, Event, Patience, Status};
use peripherals::port;
use slot::mechanics::Place;
use supervision::part::{Part, State};
use tests::night::Night;
use tests::scene::{Gate, Scene};
use tests::supply::Supply;
use tokio::sync::mpsc;

use crate::drills::{board, until_part};

/// The first event that is so.
async fn next(events: &mut mpsc::Receiver<Event>, what: &str, is: impl Fn(&Event) -> bool) -> Event {
    let mut seen = Vec::new();
    let found = async {
        loop {
            let event = events.recv().await.expect("it goes on");
            if is(&event) {
                return event;
            }
            seen.push(event);
        }
    };
    let found = tokio::time::timeout(tests::scene::PATIENCE, found).await;
    found.unwrap_or_else(|_| panic!("{what} did not come: {seen:?}"))
}

fn status(words: &str) -> impl Fn(&Event) -> bool {
    let expected = Status::parse(words);
    move |event| matches!(event, Event::Told(report) if report.status == expected)
}

#[tokio::test]
async fn what_upsd_says_is_heard_and_what_it_does_not_hear_is_said() {
    let Some(mut supply) = Supply::start().await else { return };
    let config = Config::parse(&format!("[ups]\naddress = {:?}\n", supply.address()), "kiosk.toml");
    let port = kiosk::settings::ups_port(&config.expect("it is sound")).expect("there is one");
    let patience = Patience { poll: Duration::from_millis(50), ..Patience::default() };
    let (_commands, requests) = mpsc::channel(1);
    let (told, mut events) = mpsc::channel(16);
    tokio::spawn(port::run(port, nut::Supply::new(None, patience), requests, told));
    let Event::Told(report) = next(&mut events, "mains", status("OL")).await else { panic!() };
    assert_eq!((report.charge, report.runtime), (Some(100), Some(Duration::from_secs(900))));
    supply.is("OB DISCHRG LB", 9, 80);
    let Event::Told(report) = next(&mut events, "low", status("OB LB")).await else { panic!() };
    assert_eq!((report.charge, report.runtime), (Some(9), Some(Duration::from_secs(80))));
    supply.unplug();
    let is_stale = |event: &Event| matches!(event, Event::Down(Down::Stale { .. }));
    next(&mut events, "a driver that is gone", is_stale).await;
    supply.is("OL CHRG RB", 12, 100);
    supply.plug();
    next(&mut events, "another driver", status("OL RB")).await;
    supply.hang_up();
    next(&mut events, "no server", |event| matches!(event, Event::Down(Down::Link(_)))).await;
    supply.serve().await;
    next(&mut events, "another server", status("OL RB")).await;

    let (_commands, requests) = mpsc::channel(1);
    let (told, mut events) = mpsc::channel(16);
    let config = Config::parse(&format!("[ups]\naddress = {:?}\n", supply.address()), "kiosk.toml");
    let port = kiosk::settings::ups_port(&config.expect("it is sound")).expect("there is one");
    tokio::spawn(port::run(port, nut::Supply::new(Some("desk".to_owned()), patience), requests, told));
    let unknown = next(&mut events, "no such supply", |_| true).await;
    assert_eq!(unknown, Event::Down(Down::Unknown { has: "kiosk".to_owned() }));
}

/// A visit goes on to its end, nobody else begins one, and the machine is switched off when the battery ends; with the mains
/// it serves again.
#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_on_its_battery_ends_the_visit_and_is_switched_off_when_it_ends() {
    let Some(supply) = Supply::start().await else { return };
    let mut scene = Scene::closed().await;
    let mark = scene.world.config().kiosk.data_dir.join("switched-off");
    let text = format!(
        "[ups]\naddress = {:?}\nname = \"kiosk\"\npoll_seconds = 1\nresume_seconds = 2\npower_off = [\"touch\", {:?}]\n",
        supply.address(),
        mark
    );
    scene.world.config_mut().ups = Config::parse(&text, "kiosk.toml").expect("it is sound").ups;
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    until_part(&mut scene, Part::Ups, "mains", |known| known.state == State::Up).await;
    scene.reader("put LW20260001 LW0000001").await;
    scene.until_lines(1, 0).await;

    supply.is("OB DISCHRG", 80, 600);
    let known = until_part(&mut scene, Part::Ups, "battery", |known| known.state == State::Degraded).await;
    assert_eq!(known.why, "the mains are gone: on the battery, 80 % left");
    let closed = |page: &Page| *page == Page::Attention(Attention::OutOfService);
    scene.until("the end of the visit", |screen| matches!(screen.page, Page::Done(_))).await;
    assert_eq!(scene.gate("LW0000001").await, Gate::unsecured(), "the loan that was made stays made");
    scene.reader("take all").await;
    scene.until("out of service", |screen| closed(&screen.page)).await;
    assert!(!board(&scene).await.expect("it answers").out_of_service, "that is staff's word, and would last");
    scene.reader("put LW20260001 LW0000002").await;
    assert!(!mark.exists(), "the battery lasts");

    supply.is("OB DISCHRG LB", 8, 500);
    let file = mark.clone();
    scene
        .until_fact("the machine is switched off", || core::future::ready(file.exists().then_some(())))
        .await;
    assert_eq!(scene.rows().len(), 1, "nothing was begun on the battery: {:?}", scene.rows());
    scene.reader("take all").await;

    supply.is("OL CHRG", 20, 900);
    scene.until_welcome().await;
    until_part(&mut scene, Part::Ups, "mains", |known| known.state == State::Up).await;
    scene.reader("put LW20260001 LW0000002").await;
    scene.until_lines(1, 0).await;
    scene.stop_kiosk().await;
}

#[tokio::test]
async fn a_slot_on_its_battery_finishes_the_book_and_closes() {
    let Some(supply) = Supply::start().await else { return };
    let more = format!("[ups]\naddress = {:?}\npoll_seconds = 1\nresume_seconds = 1\n", supply.address());
    let mut night = Night::with(Interface::Kiosk, 7, Duration::ZERO, &more).await;
    let item = "LW0000001";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    night.until_ready().await;
    night.say(&format!("push {item}"));
    night.until("it lies on the belt", |world| matches!(world.place(item), Some(Place::Lying(_)))).await;
    supply.is("OB DISCHRG", 80, 600);
    night.until_in_a_bin(item).await;
    night.until_logged("sign=Closed(Power)", 1).await;
    let rows = night.at_rest().await;
    assert_eq!((rows.len(), rows[0].state.as_str()), (1, "settled"));
    supply.is("OB DISCHRG LB", 5, 60);
    night.until_logged("all is at rest and on the disk", 1).await;
    assert!(night.stop().await.success());
}
