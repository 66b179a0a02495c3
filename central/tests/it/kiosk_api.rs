//! Transactions with ids, over a real socket: applied once, in their order, whole or not at all.

use super::world::World;
use crate::proxy::Proxy;
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Reason, Verdict};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sync_client::kiosk_api::locate::{Age, How, Sought};
use sync_client::kiosk_api::{Answered, Exception, MAX_BATCH, MAX_BODY, Outcome, What, path, shelves};

fn patron(n: u32) -> PatronId {
    PatronId::parse(&format!("LW2026{n:04}")).unwrap()
}

fn item(n: u32) -> ItemId {
    ItemId::parse(&format!("LW{n:07}")).unwrap()
}

fn id(n: u32) -> TransactionId {
    TransactionId::from_bytes((u128::from(n) << 64).to_be_bytes())
}

fn lends(who: u32, what: u32) -> Act {
    Act::Checkout { patron: patron(who), item: item(what) }
}

fn takes(what: u32) -> Act {
    Act::Checkin { item: item(what) }
}

fn due(verdict: &Verdict) -> Option<Date> {
    match verdict {
        Verdict::Granted(grant) => grant.due,
        Verdict::Declined(reason) => panic!("{reason:?}"),
    }
}

impl World {
    fn of(&self) -> circulation::id::Isil {
        circulation::id::Isil::parse("CN-371116-0-DEMO").unwrap()
    }

    fn has(&self, who: u32) -> Vec<String> {
        let loans = self.app.store().loans(&self.of(), &patron(who)).unwrap();
        let mut items: Vec<String> = loans.iter().map(|loan| loan.item.item.to_string()).collect();
        items.sort();
        items
    }

    /// `code item` of what staff must look at.
    fn exceptions(&self) -> Vec<String> {
        let all = self.app.store().exceptions(&self.of()).unwrap();
        all.iter().map(|exception| format!("{} {}", exception.code, exception.item)).collect()
    }

    async fn tell(&self, n: u32, act: Act, due: Option<Date>, at: Timestamp) -> Answered {
        let kiosk = self.kiosk();
        kiosk.tell(vec![kiosk.fact(id(n), at, act, due)]).await.unwrap().remove(0)
    }

    async fn raw(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.http.post(format!("{}{}", self.base, path::TRANSACTIONS)).body(body);
        refusal(request.bearer_auth(self.token().await)).await
    }
}

async fn refusal(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn an_ask_is_granted_or_declined_once() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    let first = kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    assert_eq!(due(&first), Some(date(2026, 12, 23)));
    let Verdict::Granted(grant) = &first else { panic!() };
    assert_eq!(grant.description.title.as_deref(), Some("红楼梦"));
    assert_eq!(kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap(), first, "answered as before");
    assert_eq!(world.has(4), ["LW0000001"]);

    let declined = Verdict::Declined(Reason::OnLoan);
    assert_eq!(kiosk.checkout(id(2), &patron(1), &item(1), now).await.unwrap(), declined);
    kiosk.checkin(id(3), &item(1), now).await.unwrap();
    assert_eq!(
        kiosk.checkout(id(2), &patron(1), &item(1), now).await.unwrap(),
        declined,
        "an answer does not change"
    );
    assert_eq!(kiosk.checkin(id(4), &item(1), now).await.unwrap(), Verdict::Declined(Reason::NotOnLoan));
    for (n, who, reason) in [
        (10, 11, Reason::Fees(circulation::money::Amount::from_fen(1250))),
        (11, 13, Reason::LoanLimit(Some(5))),
        (12, 6, Reason::PatronExpired),
    ] {
        let verdict = kiosk.checkout(id(n), &patron(who), &item(2), now).await.unwrap();
        assert_eq!(verdict, Verdict::Declined(reason));
    }
    assert_eq!(world.exceptions(), [""; 0]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_one_loan_is_made() {
    let Some(world) = World::new().await else { return };
    let proxy = Proxy::to(world.address).await;
    let (kiosk, now) = (world.kiosk_at(&proxy.base), world.now());
    kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    for (n, bytes) in [(2, 0), (3, 20), (4, 150), (5, 250)] {
        proxy.cut_after(bytes);
        let lost = kiosk.checkout(id(n), &patron(4), &item(n), now).await.unwrap_err();
        assert!(lost.is_in_doubt(), "{lost}");
        assert_eq!(world.has(4).len(), n.min(4) as usize, "central has done it");
        let found = kiosk.checkout(id(n), &patron(4), &item(n), now).await;
        if n == 5 {
            assert_eq!(found.unwrap(), Verdict::Declined(Reason::NotForLoan), "a refusal gets lost as well");
            break;
        }
        assert_eq!(due(&found.unwrap()), Some(date(2026, 12, 23)));
        let told = world.tell(n, lends(4, n), None, now).await;
        assert!(told.already && matches!(told.outcome, Outcome::Granted(_)), "{told:?}");
    }
    assert_eq!(world.has(4), ["LW0000001", "LW0000002", "LW0000003", "LW0000004"]);
}

#[tokio::test]
async fn a_fact_is_never_refused() {
    let Some(world) = World::new().await else { return };
    let now = world.now();
    let kiosk = world.kiosk();
    kiosk.checkout(id(1), &patron(7), &item(1), now).await.unwrap();
    let told = world.tell(1, lends(7, 1), Some(date(2026, 12, 1)), now).await;
    let Outcome::Recorded { grant, exception } = told.outcome else { panic!("{told:?}") };
    assert_eq!((told.already, grant.due), (false, Some(date(2026, 12, 1))), "as the patron was told");
    assert_eq!(exception, Some(Exception::Against(Reason::PatronLost)));
    assert!(world.tell(1, lends(7, 1), None, now).await.already);

    // Of nobody, of nothing, from tomorrow, of what another has, of what is his, back, and back again.
    let tomorrow = now + SignedDuration::from_hours(24);
    let exceptions = [
        world.tell(2, lends(9999, 2), None, now).await,
        world.tell(3, lends(4, 9_999_999), None, now).await,
        world.tell(4, lends(4, 2), None, tomorrow).await,
        world.tell(5, lends(4, 11), None, now).await,
        world.tell(6, lends(1, 18), None, now).await,
        world.tell(7, takes(18), None, now).await,
        world.tell(8, takes(18), None, now).await,
        world.tell(9, takes(9_999_999), None, now).await,
    ]
    .map(|told| {
        let Outcome::Recorded { exception, .. } = told.outcome else { panic!("{told:?}") };
        exception.map(|exception| exception.code())
    });
    assert_eq!(
        exceptions,
        [
            Some("R00130"),
            Some("R90201"),
            Some("clock_ahead"),
            Some("was_on_loan"),
            None,
            None,
            None,
            Some("R90201")
        ]
    );
    assert_eq!(world.has(4), ["LW0000002", "LW0000011"]);
    assert_eq!(
        world.exceptions(),
        [
            "R90104 LW0000001",
            "R00130 LW0000002",
            "R90201 LW9999999",
            "clock_ahead LW0000002",
            "was_on_loan LW0000011",
            "R90201 LW9999999"
        ]
    );
}

#[tokio::test]
async fn what_happened_later_elsewhere_wins() {
    let Some(world) = World::new().await else { return };
    let (kiosk, offline) = (world.kiosk(), world.now());
    world.pass_minutes(60);
    let later = world.now();
    // Lent and returned at a desk after the kiosk took it back offline, and lent once more.
    kiosk.checkout(id(1), &patron(4), &item(1), later).await.unwrap();
    let told = world.tell(2, takes(1), None, offline).await;
    let superseded = |told: &Answered| {
        matches!(&told.outcome, Outcome::Recorded { exception: Some(Exception::Superseded), .. })
    };
    assert!(superseded(&told), "{told:?}");
    assert!(superseded(&world.tell(3, lends(1, 1), None, offline).await));
    assert_eq!(world.has(4), ["LW0000001"], "the newer loan stands");
    // Facts of one kiosk hold in their order, though all of them are told now.
    let facts = [lends(1, 2), takes(2), lends(2, 2)];
    let at = |n: u32| offline + SignedDuration::from_mins(i64::from(n));
    let entries = (10..).zip(facts).map(|(n, act)| kiosk.fact(id(n), at(n), act, None)).collect();
    let answers = kiosk.tell(entries).await.unwrap();
    assert!(answers.iter().all(|answer| !superseded(answer)), "{answers:?}");
    assert!(world.has(2).contains(&"LW0000002".to_owned()));
    assert_eq!(world.exceptions(), ["superseded LW0000001", "superseded LW0000001"]);
}

#[tokio::test]
async fn a_cancelled_checkout_is_undone_and_stays_so() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    for _ in 0..2 {
        kiosk.cancel(id(1), &item(1), now).await.unwrap();
        assert_eq!(world.has(4), [""; 0]);
    }
    // Reordered: the cancellation overtakes its ask.
    kiosk.cancel(id(2), &item(2), now).await.unwrap();
    let late = kiosk.checkout(id(2), &patron(4), &item(2), now).await.unwrap();
    assert!(matches!(late, Verdict::Declined(Reason::Other(_))), "{late:?}");
    assert_eq!(world.has(4), [""; 0]);
    // Only its own loan: meanwhile it came back and another has it.
    kiosk.checkout(id(3), &patron(4), &item(3), now).await.unwrap();
    kiosk.checkin(id(4), &item(3), now).await.unwrap();
    kiosk.checkout(id(5), &patron(2), &item(3), now).await.unwrap();
    kiosk.cancel(id(3), &item(3), now).await.unwrap();
    assert!(world.has(2).contains(&"LW0000003".to_owned()));
    // What was told and then cancelled.
    world.tell(6, lends(4, 4), None, now).await;
    kiosk.cancel(id(6), &item(4), now).await.unwrap();
    assert_eq!(world.has(4), [""; 0]);
}

#[tokio::test]
async fn an_id_used_for_something_else_does_nothing() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    for (who, what) in [(4, 2), (2, 1)] {
        assert!(kiosk.checkout(id(1), &patron(who), &item(what), now).await.is_err());
        assert_eq!(world.tell(1, lends(who, what), None, now).await.outcome, Outcome::IdReused);
    }
    assert_eq!(world.tell(1, takes(1), None, now).await.outcome, Outcome::IdReused);
    assert!(kiosk.cancel(id(1), &item(2), now).await.is_err());
    assert_eq!(world.has(4), ["LW0000001"]);
}

#[tokio::test]
async fn what_cannot_be_read_does_nothing() {
    let Some(world) = World::new().await else { return };
    let entry = |n: u32, item: &str| json!({"id": id(n).to_string(), "mode": "tell", "kind": "checkout", "patron": "LW20260004", "item": item, "at": "2026-11-23 09:30:00"});
    let batch = |entries: Vec<Value>| json!({"opuser": "kiosk-1", "transactions": entries}).to_string();
    let bad = batch(vec![entry(1, "LW0000001"), entry(2, "LW|2"), entry(3, "LW0000003")]);
    assert_eq!(world.raw(bad).await, (400, json!({"code": "malformed", "at": 1, "field": "item"})));
    for bad in ["", "{}", "[]", "<html>", "{\"opuser\":\"k\",\"transactions\":[{}]}"] {
        assert_eq!(world.raw(bad).await, (400, json!({"code": "malformed", "field": "body"})), "{bad}");
    }
    let nul = json!({"opuser": "k\u{0}", "transactions": []}).to_string();
    assert_eq!(world.raw(nul).await, (400, json!({"code": "malformed", "field": "opuser"})));
    let many = batch((0..=MAX_BATCH).map(|n| entry(u32::try_from(n).unwrap(), "LW0000001")).collect());
    assert_eq!(world.raw(many).await, (400, json!({"code": "malformed", "field": "transactions"})));
    assert_eq!(world.raw(" ".repeat(MAX_BODY + 1)).await, (413, json!({"code": "too_large"})));
    assert_eq!(world.has(4), [""; 0], "nothing half applied");
    assert_eq!(world.raw(batch(vec![])).await, (200, json!({"answers": []})));

    let at = |path: &str| format!("{}{path}", world.base);
    let refused = (401, json!({"code": "token_refused"}));
    assert_eq!(refusal(world.http.post(at(path::TRANSACTIONS)).body("{}")).await, refused);
    assert_eq!(refusal(world.http.get(at(path::SNAPSHOT)).bearer_auth("0".repeat(32))).await, refused);
    let token = world.token().await;
    for (request, status, code) in [
        (world.http.get(at(path::TRANSACTIONS)), 404, "no_such_call"),
        (world.http.post(at("/kiosk/v2/transactions")), 404, "no_such_call"),
        (world.http.get(at(path::CHANGES)), 400, "malformed"),
        (world.http.get(at(&format!("{}?after=0-0", path::CHANGES))), 410, "cursor_gone"),
        (world.http.get(at(path::SNAPSHOT)).header("snapshot-after", "shelf 7"), 400, "malformed"),
    ] {
        let (got, body) = refusal(request.bearer_auth(&token)).await;
        assert_eq!((got, body["code"].as_str().unwrap()), (status, code));
    }
}

#[tokio::test]
async fn a_full_batch_is_applied_in_its_order_and_answered_again() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    // Ten items go out and come back, fifty times, to patrons by turns; the last round stays out.
    let facts = (0..1000_u32).map(|n| {
        let (round, what) = (n / 20, 20 + n % 10);
        let act = if n % 20 < 10 { lends(19 + round % 10, what) } else { takes(what) };
        kiosk.fact(id(n), now, act, None)
    });
    let mut entries: Vec<_> = facts.collect();
    entries.truncate(990);
    entries.extend((990..1000).map(|n| kiosk.fact(id(n), now, lends(19, n % 10 + 20), None)));
    let before = world.app.store().loans(&world.of(), &patron(19)).unwrap().len();
    let answers = kiosk.tell(entries.clone()).await.unwrap();
    assert_eq!(answers.len(), 1000);
    assert!(answers.iter().all(|answer| !answer.already));
    let again = kiosk.tell(entries).await.unwrap();
    assert!(again.iter().all(|answer| answer.already));
    assert!(again.iter().zip(&answers).all(|(again, first)| again.outcome == first.outcome));
    assert_eq!(world.has(28).iter().filter(|item| item.as_str() <= "LW0000029").count(), 0);
    assert_eq!(world.has(19).len() - before, 10, "each in the order told: the last fact of an item stands");
    let more = kiosk.entry(id(1), now, What::Cancel { item: item(1) });
    assert!(kiosk.tell(vec![more; MAX_BATCH + 1]).await.is_err());
}

/// What is told again in another order, with ids doubled within a batch: each id once, and what happened last stands.
#[tokio::test]
async fn replayed_and_reordered_ids_change_nothing() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    let at = |minutes: i64| now + SignedDuration::from_mins(minutes);
    // 4 had it, then 19, who has it still; 20 had another one and brought it back.
    let facts = [
        kiosk.fact(id(3), at(-10), lends(19, 1), None),
        kiosk.fact(id(1), at(-30), lends(4, 1), None),
        kiosk.fact(id(2), at(-20), takes(1), None),
        kiosk.fact(id(4), at(-30), lends(20, 2), None),
        kiosk.fact(id(5), at(-20), takes(2), None),
    ];
    let before = world.has(19).len();
    let doubled: Vec<_> = facts.iter().chain(facts.iter().rev()).cloned().collect();
    let answers = kiosk.tell(doubled).await.unwrap();
    assert_eq!(answers.iter().filter(|answer| !answer.already).count(), facts.len());
    let state =
        || (world.has(4), world.has(19).len() - before, world.has(20).contains(&"LW0000002".to_owned()));
    assert_eq!(state(), (Vec::new(), 1, false));
    let n_exceptions = world.app.store().exceptions(&world.of()).unwrap().len();
    for turn in 0..facts.len() {
        let mut again = facts.to_vec();
        again.rotate_left(turn);
        for answer in kiosk.tell(again).await.unwrap() {
            assert!(answer.already, "{answer:?}");
            let first = answers.iter().find(|first| first.id == answer.id).unwrap();
            assert_eq!(answer.outcome, first.outcome);
        }
    }
    assert_eq!(state(), (Vec::new(), 1, false));
    assert_eq!(world.app.store().exceptions(&world.of()).unwrap().len(), n_exceptions);
    // What came too late is for staff to see.
    assert_eq!(n_exceptions, 2);
}

/// Where a title's copies are: for whoever stands at a shelf.
#[tokio::test]
async fn a_copy_is_located_with_its_last_sighting() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    let located = kiosk.locate(Sought::Text("LW0000001".to_owned())).await.unwrap();
    let first = &located.copies[0];
    assert_eq!(
        (first.item.as_str(), first.title.as_str(), first.state.as_str()),
        ("LW0000001", "红楼梦", "3")
    );
    assert_eq!(first.due.as_deref(), Some("2026-12-23"));
    let seen = first.seen.as_ref().unwrap();
    assert_eq!(
        (seen.how, seen.place.as_str(), located.age(seen)),
        (How::Loan, "kiosk-1", Some(Age::Minutes(0)))
    );
    let next = located.next_free().unwrap();
    assert!(next.title == "红楼梦" && next.item != "LW0000001" && next.is_free(), "{next:?}");
    let items = vec![item(2), ItemId::parse("NONE").unwrap()];
    let some = kiosk.locate(Sought::Items(items)).await.unwrap();
    assert_eq!(some.copies.iter().map(|copy| copy.item.as_str()).collect::<Vec<_>>(), ["LW0000002"]);
    assert_eq!(some.copies[0].seen, None);
    let nothing = kiosk.locate(Sought::Text("没有这本书".to_owned())).await.unwrap();
    assert!(nothing.copies.is_empty() && nothing.next_free().is_none());
    // Nothing is found without a token.
    let bare =
        world.http.post(format!("{}{}", world.base, path::LOCATE)).body(r#"{"opuser":"k","text":"a"}"#);
    assert_eq!(refusal(bare).await.0, 401);
    let empty =
        world.http.post(format!("{}{}", world.base, path::LOCATE)).body(r#"{"opuser":"k","text":""}"#);
    let (status, said) = refusal(empty.bearer_auth(world.token().await)).await;
    assert_eq!((status, &said["field"]), (400, &json!("text")));
}

/// What should stand on shelves is listed page by page, with what is away.
#[tokio::test]
async fn the_shelves_of_a_branch_are_listed() {
    let Some(world) = World::new().await else { return };
    let (kiosk, now) = (world.kiosk(), world.now());
    let all = kiosk.shelves("LW01", None, None).await.unwrap();
    assert!(all.next.is_none() && all.items.is_sorted_by_key(|item| item.item.clone()), "{all:?}");
    let state = |page: &shelves::Page, item: &str| {
        page.items.iter().find(|one| one.item == item).map(|one| one.state.word())
    };
    assert_eq!(["LW0000001", "NONE"].map(|item| state(&all, item)), [Some("free"), None]);
    kiosk.checkout(id(1), &patron(4), &item(1), now).await.unwrap();
    world.execute("UPDATE item SET shelf = 'CJ-001' WHERE item IN ('LW0000001', 'LW0000002')");
    // In repair, and withdrawn: the second is expected nowhere.
    world.execute("UPDATE item SET shelf = 'CJ-002', branch = 'LW01', state = '14' WHERE item = 'LW0000003'");
    world.execute("UPDATE item SET shelf = 'CJ-002', branch = 'LW01', state = '5' WHERE item = 'LW0000004'");
    let some = kiosk.shelves("LW01", Some("CJ-"), None).await.unwrap();
    let told: Vec<_> = some.items.iter().map(|item| (item.item.as_str(), item.state.word())).collect();
    assert_eq!(told, [("LW0000001", "on-loan"), ("LW0000002", "free"), ("LW0000003", "not-for-loan")]);
    let behind = kiosk.shelves("LW01", Some("CJ-"), Some("LW0000001".to_owned())).await.unwrap();
    assert_eq!(behind.items.len(), 2);
    assert!(kiosk.shelves("LW99", None, None).await.unwrap().items.is_empty());
}
