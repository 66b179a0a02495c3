//! The return slot with all that is real: terminals, Modbus, readers, the ledger on the disk, central over a socket. Only
//! the iron is a model.

use std::time::Duration;

use config::Interface;
use slot::mechanics::Place;
use supervision::control::{Answer, Request};
use supervision::part::{Part, State};
use tests::line::Weather;
use tests::night::{Night, Piece};
use tests::scene::Gate;
use tests::watch::Moment;
use tokio::task::JoinSet;

const NOVELS: usize = 1;
const STAFF: usize = 2;

fn dropped(item: &str, bin: &str) -> Piece {
    Piece { item: Some(item.to_owned()), step: "dropped".to_owned(), bin: Some(bin.to_owned()) }
}

#[tokio::test]
async fn a_book_goes_in_lies_in_its_bin_and_its_loan_is_over() {
    let mut night = Night::new(Interface::Kiosk, 1).await;
    let item = "LW0000001";
    night.library.at_desk(item, true).await;
    night.bring(item);
    assert_eq!(night.gate(item), Gate::unsecured());
    night.start();
    night.until_ready().await;
    night.say(&format!("push {item}"));
    assert_eq!(night.until_in_a_bin(item).await, NOVELS);
    assert_eq!(night.gate(item), Gate::secured());
    let rows = night.at_rest().await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].item.as_str(), rows[0].state.as_str()), (item, "settled"));
    assert!(!night.is_lent(item).await);
    night.until_logged("step=Dropped", 1).await;
    assert!(night.stop().await.success());
    assert!(!night.world.world().iron.is_moving());
    assert_eq!(night.pieces(), [dropped(item, "novels")]);
}

#[tokio::test]
async fn a_stop_in_the_middle_leaves_every_relay_safe() {
    let mut night = Night::new(Interface::Kiosk, 2).await;
    night.start();
    night.until_ready().await;
    night.say("thing brick long=210");
    night.say("push brick");
    night
        .until("the belt runs", |world| {
            world.iron.is_moving() && matches!(world.place("brick"), Some(Place::Lying(_)))
        })
        .await;
    assert!(night.stop().await.success());
    let world = night.world.world();
    assert!(world.modules[0].coils.iter().all(|coil| !coil), "{:?}", world.modules[0].coils);
    assert!(night.log().contains("every output is safe"), "{}", night.log());
}

#[tokio::test]
async fn without_central_a_book_of_ours_is_taken_and_told_with_its_date_later() {
    let mut night = Night::new(Interface::Kiosk, 3).await;
    let item = "LW0000002";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.line.set(Weather::Down);
    night.start();
    night.until_ready().await;
    night.say(&format!("push {item}"));
    // Nobody says where it belongs: staff see it.
    assert_eq!(night.until_in_a_bin(item).await, STAFF);
    assert_eq!(night.gate(item), Gate::secured());
    assert!(night.is_lent(item).await, "nobody has told central");
    let rows = night.at_rest().await;
    assert_eq!((rows.len(), rows[0].state.as_str(), rows[0].assumed), (1, "settled", true));
    assert!(!night.is_lent(item).await);
    assert_eq!(night.line.n_done("returnbook", item), 1);
}

#[tokio::test]
async fn a_foreign_book_comes_back_and_central_hears_of_no_return() {
    let mut night = Night::new(Interface::Openlib, 4).await;
    night.say("book JN0000001 owner=CN-370100-JN");
    night.start();
    night.until_ready().await;
    night.say("push JN0000001");
    night.until_logged("sign=Refused(NotOurs)", 1).await;
    night.say("take JN0000001");
    night.until("it is taken back", |world| world.place("JN0000001") == Some(Place::Street)).await;
    night.until_logged("step=Withdrawn", 1).await;
    assert_eq!(night.line.n_done_in_all("returnbook"), 0);
    assert!(night.rows().await.expect("it runs").is_empty());
}

#[tokio::test]
async fn a_module_that_falls_silent_stops_everything_and_the_slot_begins_anew_by_itself() {
    let mut night = Night::new(Interface::Kiosk, 5).await;
    let item = "LW0000003";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    night.until_ready().await;
    night.say(&format!("push {item}"));
    let is_carried = |world: &slot_world::world::World| matches!(world.place(item), Some(Place::Lying(front)) if front > 300.0);
    night.until("it is carried", is_carried).await;
    night.say("module 0 mute on");
    night.until_logged("takes nothing: the contacts are not known", 1).await;
    // It hears, though nobody hears it.
    night.until("every relay is off", |world| !world.iron.is_moving()).await;
    night.say("module 0 mute off");
    night.until_in_a_bin(item).await;
    let rows = night.at_rest().await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(!night.is_lent(item).await);
}

/// The question is under way as soon as the tag answers, and not only when the belt has done its part.
#[tokio::test]
async fn row_and_answer_are_there_before_the_book_lies_wholly_on_the_belt() {
    let mut night = Night::away(Interface::Kiosk, 6, Duration::from_millis(50)).await;
    let item = "LW0000004";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    night.until_ready().await;
    night.say(&format!("push {item}"));
    night.until_logged("step=Dropped", 1).await;
    let log = night.log();
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what:?} was not logged\n{log}"));
    // Whatever the belt has still to do: the decision falls at the moment when the book lies wholly on it.
    assert!(!log.contains("state=\"hold\""), "it waits for nobody\n{log}");
    let commit = at("state=\"commit\"");
    assert!(at("step=Seen") < commit && at("what the library knows has come") < commit, "{log}");
    let (taken, checkin) = (at("step=Taken"), at("state=\"checkin\""));
    assert!(commit < taken && taken < checkin && checkin < at("step=CheckedIn"), "{log}");
    assert!(at("step=CheckedIn") < at("step=Sorted") && at("step=Sorted") < at("step=Dropped"), "{log}");
}

/// Whoever presses the button on the console, or says it to `kioskctl`: both come in by these words.
#[tokio::test]
async fn staff_take_the_slot_out_of_service_and_it_stays_out_over_a_restart() {
    let mut night = Night::new(Interface::Kiosk, 7).await;
    let item = "LW0000008";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    night.until_ready().await;
    let service = |out| Request::Service { out };
    assert_eq!(night.control(&service(true)).await, Some(Answer::Done));
    night.until_logged("sign=Closed(Staff)", 1).await;
    // The supervisor hears of it by another way than the log.
    let board = night.until_board(|board| board.state(Part::Slot) == State::Down).await;
    assert!(board.out_of_service && !board.is_ready(), "{}", board.summary());
    let is_shut = |world: &slot_world::world::World| world.iron.shutter <= 0.0;
    assert!(is_shut(&night.world.world()));
    assert!(night.stop().await.success());

    night.start();
    night.until_logged("sign=Closed(Staff)", 2).await;
    // Somebody presses the button all the same, and nothing opens.
    night.say(&format!("push {item}"));
    night.until("the button is pressed", |world| world.around.is_approached).await;
    night.until_board(|board| board.page == "out-of-service").await;
    assert!(is_shut(&night.world.world()));
    assert_eq!(night.control(&service(false)).await, Some(Answer::Done));
    // Whoever still stands there is served.
    assert_eq!(night.until_in_a_bin(item).await, NOVELS);
    night.until_board(|board| !board.out_of_service).await;
}

/// The table of bins is taken over while it runs: the next book goes where the new one says.
#[tokio::test]
async fn another_table_of_bins_is_taken_over_and_the_next_book_goes_by_it() {
    const HOLDS: usize = 0;
    let mut night = Night::new(Interface::Kiosk, 8).await;
    let items = ["LW0000001", "LW0000002", "LW0000003"];
    for item in items {
        night.library.at_desk(item, true).await;
        night.bring(item);
    }
    night.start();
    night.until_ready().await;
    night.say(&format!("push {}", items[0]));
    assert_eq!(night.until_in_a_bin(items[0]).await, NOVELS);
    let before = std::fs::read_to_string(night.path("kiosk.toml")).expect("it is read");
    let rule = "[[sort]]\nbin = \"novels\"\n";
    assert!(before.contains(rule));
    let file = before.replace(rule, &rule.replace("novels", "holds"));
    std::fs::write(night.path("kiosk.toml"), file).expect("it is written");
    let Some(Answer::Reloaded(told)) = night.control(&Request::Reload).await else {
        panic!("{}", night.log())
    };
    assert_eq!((told.restart, told.waits), (Vec::new(), false), "{:?}", told.taken);
    assert!(told.taken.iter().any(|name| name.starts_with("sort")), "{:?}", told.taken);
    night.say(&format!("push {}", items[1]));
    assert_eq!(night.until_in_a_bin(items[1]).await, HOLDS);
    // A table with a fault changes nothing.
    let faulty = before.replace(rule, &rule.replace("novels", "no such bin"));
    std::fs::write(night.path("kiosk.toml"), faulty).expect("it is written");
    let refused = night.control(&Request::Reload).await;
    assert!(matches!(refused, Some(Answer::Refused { .. })), "{refused:?}");
    night.say(&format!("push {}", items[2]));
    assert_eq!(night.until_in_a_bin(items[2]).await, HOLDS);
}

/// The plug of the program is pulled at each change of the relays that a book on its way makes; what it had ordered has no
/// answer, and the modules' watchdogs cut the rest.
#[tokio::test]
async fn killed_at_each_motion_it_ends_with_the_book_in_one_place_and_one_return() {
    let mut running = JoinSet::new();
    let (mut ends, mut next) = (Vec::new(), 1);
    // Each has its own slot, which mostly waits for belts.
    while ends.last() != Some(&false) || !running.is_empty() {
        while running.len() < 4 && !ends.contains(&false) && next <= MOST_MOTIONS {
            running.spawn(killed_at_motion(next));
            next += 1;
        }
        match running.join_next().await {
            Some(end) => ends.push(end.expect("it ends well")),
            None => break,
        }
    }
    let n_killed = ends.iter().filter(|was_killed| **was_killed).count();
    assert!(n_killed >= 8 && ends.contains(&false), "{n_killed}");
}

/// Whether there was such a motion.
async fn killed_at_motion(n: usize) -> bool {
    let mut night = Night::new(Interface::Kiosk, 100).await;
    let item = "LW0000006";
    night.library.at_desk(item, true).await;
    night.bring(item);
    night.start();
    night.until_ready().await;
    {
        let mut world = night.world.world();
        let so_far = world.moments().len();
        world.stop_at(Some(so_far + n));
    }
    night.say(&format!("push {item}"));
    let is_rest = |world: &slot_world::world::World| {
        matches!(world.place(item), Some(Place::Bin(_))) && world.iron.shutter <= 0.0
    };
    night.until("a stop, or rest", |world| world.is_frozen() || is_rest(world)).await;
    if !night.world.world().is_frozen() {
        ends_well(&mut night, item, n).await;
        return false;
    }
    night.kill().await;
    night.world.go_on();
    night.start();
    // The state of the slot when it has put things in order: at rest, or waiting for whoever stands there.
    night.until_in_a_bin(item).await;
    ends_well(&mut night, item, n).await;
    true
}

/// The book lies in a bin: one return, told once, and what may be open waits for staff.
async fn ends_well(night: &mut Night, item: &str, n: usize) {
    let rows = night.at_rest().await;
    assert_eq!(rows.len(), 1, "motion {n}: {rows:?}\n{}", night.log());
    assert!(!night.is_lent(item).await, "motion {n}");
    assert_eq!(night.line.n_done("returnbook", item), 1, "motion {n}");
    let is_closed = night.gate(item) == Gate::secured();
    assert!(is_closed || rows.iter().all(|row| row.state == "parked"), "motion {n}: {rows:?}");
    // It may have been killed when the row was on the disk and nobody had said so: then it was not open any more at the next
    // start.
    let was_dropped = |log: &str| log.rfind("n_open=0") > log.find("step=Sorted").or(Some(usize::MAX));
    // Or between the fall and its row: nobody saw it fall then, and staff are told to look.
    let has_ended = |log: &str| log.contains("step=Dropped") || log.contains("step=InTransit");
    night.until_log("step=Dropped", |log| has_ended(log) || was_dropped(log)).await;
    assert!(night.stop().await.success());
    let pieces = night.pieces();
    let ours: Vec<&Piece> = pieces.iter().filter(|piece| piece.item.as_deref() == Some(item)).collect();
    // Before its row was on the disk the piece was nobody's, and begins anew with another number.
    let is_in = |piece: &Piece| matches!(piece.step.as_str(), "dropped" | "in-transit");
    assert_eq!(ours.iter().filter(|piece| is_in(piece)).count(), 1, "motion {n}: {pieces:?}");
    assert!(ours.iter().all(|piece| is_in(piece) || piece.step == "withdrawn"), "motion {n}: {pieces:?}");
}

#[tokio::test]
async fn killed_around_the_return_central_makes_it_once() {
    let mut running = JoinSet::new();
    for moment in ["ask comes", "ask is done"] {
        running.spawn(async move {
            let mut night = Night::new(Interface::Kiosk, 200).await;
            let item = "LW0000007";
            night.library.at_desk(item, true).await;
            night.bring(item);
            night.start();
            night.until_ready().await;
            night.watch.begin(Some(Moment(moment.to_owned(), 1)));
            night.say(&format!("push {item}"));
            night.watch.stopped().await;
            night.kill().await;
            night.watch.begin(None);
            night.world.go_on();
            night.start();
            night.until_in_a_bin(item).await;
            ends_well(&mut night, item, 0).await;
        });
    }
    while let Some(end) = running.join_next().await {
        end.expect("it ends well");
    }
}

/// More changes of the relays than a book makes.
const MOST_MOTIONS: usize = 40;
