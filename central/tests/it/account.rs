//! A patron's account as the kiosk asks for it: the same over openlib, the kiosk interface and SIP2, with holds that are
//! placed and given up; and where a book goes that was brought back.

use std::sync::Arc;

use circulation::account::Account;
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::screen::HoldState;
use circulation::transaction::{Act, Destination, Reason, Transaction, Verdict};
use jiff::civil::date;
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::sip2::ask::{Account as Login, Station};
use sync_client::sip2::client::{Sip2, Sip2Config};
use tokio::net::TcpListener;

use super::world::World;

const WHO: &str = "LW20260004";

fn item(text: &str) -> ItemId {
    ItemId::parse(text).unwrap()
}

fn patron(text: &str) -> PatronId {
    PatronId::parse(text).unwrap()
}

/// The three ways to a central, each as the account `kiosk-1`.
async fn ways(world: &World) -> Vec<(&'static str, Central)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = central::sip2::Sip2Settings::new(sync_client::sip2::dialect::Dialect::standard());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(central::sip2::serve(listener, world.app.clone(), settings, stopped));
    // It serves as long as the test runs.
    std::mem::forget(stop);
    let station = Station {
        institution: central::seed::INSTITUTION.into(),
        location: "kiosk-1".into(),
        login: Some(Login { user: "yueting-demo".into(), password: "yueting-demo-secret".into() }),
        ..Station::default()
    };
    let mut config = Sip2Config::new("127.0.0.1", port, station);
    config.connect_timeout = std::time::Duration::from_secs(60);
    config.answer_timeout = std::time::Duration::from_secs(60);
    config.total_timeout = std::time::Duration::from_secs(120);
    let now = Arc::clone(&world.clock());
    let clock = Clock::new(move || jiff::tz::offset(8).to_timestamp(*now.lock().unwrap()).unwrap());
    config.clock = clock.clone();
    vec![
        ("kiosk", Central::Kiosk(world.kiosk(), clock)),
        ("openlib", Central::Openlib(world.kiosk().openlib())),
        ("sip2", Central::Sip2(Sip2::start(config).unwrap())),
    ]
}

async fn account(central: &Central) -> Account {
    central.account(&patron(WHO)).await.unwrap().unwrap()
}

#[tokio::test]
async fn holds_are_placed_seen_and_given_up_over_every_way() {
    let Some(world) = World::new().await else { return };
    let (lent, free) = (item("LW0000011"), item("LW0000001"));
    for (way, central) in ways(&world).await {
        assert_eq!(account(&central).await.holds, [], "{way}");
        assert_eq!(central.reserve(&patron(WHO), &lent).await.unwrap(), Ok(()), "{way}");
        assert!(central.reserve(&patron(WHO), &lent).await.unwrap().is_err(), "{way}: held already");
        assert!(central.reserve(&patron("LW20260007"), &free).await.unwrap().is_err(), "{way}: a lost card");
        let holds = account(&central).await.holds;
        let [hold] = holds.as_slice() else { panic!("{way}: {}", holds.len()) };
        assert_eq!(
            (hold.item.as_ref(), hold.description.title.as_deref()),
            (Some(&lent), Some("老残游记")),
            "{way}"
        );
        assert!(matches!(hold.state, HoldState::Waiting { .. }), "{way}: {:?}", hold.state);
        assert_eq!(central.cancel_hold(&patron(WHO), &lent).await.unwrap(), Ok(()), "{way}");
        assert!(central.cancel_hold(&patron(WHO), &lent).await.unwrap().is_err(), "{way}: there is none");
        assert_eq!(account(&central).await.holds, [], "{way}");
    }
}

#[tokio::test]
async fn what_waits_on_the_hold_shelf_is_ready_over_every_way() {
    let Some(world) = World::new().await else { return };
    let ways = ways(&world).await;
    let free = item("LW0000001");
    assert_eq!(ways[0].1.reserve(&patron(WHO), &free).await.unwrap(), Ok(()));
    let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
    let desk = central::store::Desk { opuser: "desk".into(), now: *world.clock().lock().unwrap() };
    world.app.store().arrive(&of, &free, &desk).unwrap();
    for (way, central) in ways {
        let holds = account(&central).await.holds;
        let HoldState::Ready { until, .. } = &holds[0].state else { panic!("{way}: {:?}", holds[0].state) };
        // SIP2 has no field for the day.
        assert_eq!(*until, (way != "sip2").then_some(date(2026, 11, 30)), "{way}");
    }
    let told = world.app.store().notices(&of, 0, 10).unwrap();
    assert_eq!(
        (told.len(), told[0].kind.as_str(), told[0].until.as_deref()),
        (1, "hold_ready", Some("2026-11-30"))
    );
}

/// The kiosk can say "put this one onto the hold shelf", whichever way it asks.
#[tokio::test]
async fn a_return_names_where_the_book_goes_over_every_way() {
    let Some(world) = World::new().await else { return };
    world.execute("INSERT INTO service_point SELECT institution, 'kiosk-1', 'LW02' FROM institution");
    for (number, (way, central)) in (1..).zip(ways(&world).await) {
        let what = item(&format!("LW000000{number}"));
        let ask = async |n: u8, act| {
            let transaction = Transaction { id: TransactionId::from_bytes([number * 16 + n; 16]), act };
            match central.ask(&transaction).await.unwrap() {
                Verdict::Granted(grant) => Ok(grant.destination),
                Verdict::Declined(reason) => Err(reason),
            }
        };
        let (lend, back) = (
            || Act::Checkout { patron: patron(WHO), item: what.clone() },
            || Act::Checkin { item: what.clone() },
        );
        assert_eq!(ask(1, lend()).await, Ok(None), "{way}");
        assert_eq!(ask(2, back()).await, Ok(Some(Destination::Home("LW01".into()))), "{way}");
        assert_eq!(ask(3, lend()).await, Ok(None), "{way}");
        let hold = async |branch| {
            let form =
                [("rdid", "LW20260001"), ("barcode", what.as_str()), ("piclocal", branch), ("opuser", "d")];
            world.ask("/openlib/service/barcode/cancelreserve", &form).await;
            let placed = world.ask("/openlib/service/barcode/registerreserve", &form).await;
            assert_eq!(placed["success"], true, "{placed}");
        };
        hold("LW03").await;
        assert_eq!(ask(4, back()).await, Ok(Some(Destination::HoldElsewhere("LW03".into()))), "{way}");
        assert_eq!(ask(5, back()).await, Err(Reason::NotOnLoan), "{way}");
        hold("LW02").await;
        world.execute("DELETE FROM transit");
        let one = Act::Checkout { patron: patron("LW20260001"), item: what.clone() };
        assert_eq!(ask(6, one).await, Ok(None), "{way}");
        let form = [("rdid", WHO), ("barcode", what.as_str()), ("piclocal", "LW02"), ("opuser", "d")];
        world.ask("/openlib/service/barcode/registerreserve", &form).await;
        assert_eq!(ask(7, back()).await, Ok(Some(Destination::HoldShelf)), "{way}");
    }
}
