//! Staff and the ledger: list, show, retry, park, settle, export.

use sync_client::ledger::Ledger;
use sync_client::queue::{Answer, Effect, Request, Which, serve};
use sync_client::row::{State, Step};

use crate::world::{NINE, checkin, checkout, clock, id};

struct Staff {
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

impl Staff {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), clock(NINE)).unwrap();
        let staff = Self { ledger, _folder: folder };
        let _ = staff.ledger.append(&checkout(0x1001, "P20260017", "LW1")).await.unwrap();
        staff.steps(0x1001, &[Step::Doubt { why: "time-out".into() }, parked("look at it")]).await;
        let _ = staff.ledger.append(&checkin(0x1002, "LW2")).await.unwrap();
        staff.steps(0x1002, &[Step::Assumed { due: None }, parked("central refuses the return")]).await;
        let _ = staff.ledger.append(&checkout(0x2002, "P20260018", "LW3")).await.unwrap();
        staff.steps(0x2002, &[Step::Declined { why: "R90203".into() }]).await;
        let _ = staff.ledger.append(&checkin(0x2003, "LW4")).await.unwrap();
        staff
    }

    async fn steps(&self, n: u16, steps: &[Step]) {
        for step in steps {
            let _ = self.ledger.record(id(n), step.clone()).await.unwrap();
        }
    }

    async fn ask(&self, request: Request) -> (Answer, Option<Effect>) {
        // Over the wire and back, as it comes.
        let text = serde_json::to_string(&request).unwrap();
        let (answer, effect) = serve(&self.ledger, Some(true), &serde_json::from_str(&text).unwrap()).await;
        let text = serde_json::to_string(&answer).unwrap();
        (serde_json::from_str(&text).unwrap(), effect)
    }

    async fn refused(&self, request: Request) -> String {
        match self.ask(request).await {
            (Answer::Refused { why }, None) => why,
            other => panic!("{other:?}"),
        }
    }

    async fn items(&self, which: Which) -> Vec<String> {
        match self.ask(Request::List { which, limit: 10 }).await.0 {
            Answer::Rows { rows, more: false } => rows.into_iter().map(|row| row.item).collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn parked(why: &str) -> Step {
    Step::Parked { why: why.into() }
}

#[tokio::test]
async fn staff_sees_what_waits_and_no_patron_unasked() {
    let staff = Staff::new().await;
    let Answer::Status(status) = staff.ask(Request::Status).await.0 else { panic!("no status") };
    assert_eq!((status.total, status.open, status.parked, status.online), (4, 3, 2, Some(true)));
    assert!(status.oldest.unwrap().starts_with("2026-11-22T01:00:00"));
    assert_eq!(staff.items(Which::Open).await, ["LW4", "LW2", "LW1"]);
    assert_eq!(staff.items(Which::Parked).await, ["LW2", "LW1"]);
    assert_eq!(staff.items(Which::All).await, ["LW4", "LW3", "LW2", "LW1"]);
    let show = |patron| staff.ask(Request::Show { id: "1001".into(), patron });
    let (Answer::Row { row, steps }, None) = show(false).await else { panic!("no row") };
    assert_eq!((row.patron, row.note.as_deref()), (None, Some("look at it")));
    let words: Vec<&str> = steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(words, ["asked", "doubt", "parked"]);
    let (Answer::Row { row, .. }, None) = show(true).await else { panic!("no row") };
    assert_eq!(row.patron.as_deref(), Some("P20260017"));
}

#[tokio::test]
async fn a_parked_row_is_tried_again_or_settled_once() {
    let staff = Staff::new().await;
    let retry = |id: &str| Request::Retry { id: id.into() };
    let (Answer::Row { row, .. }, effect) = staff.ask(retry("00001001")).await else { panic!("no row") };
    assert_eq!((row.state.as_str(), effect), ("doubt", Some(Effect::Resolve(id(0x1001)))), "looked at again");
    let (Answer::Row { row, .. }, effect) = staff.ask(retry("1002")).await else { panic!("no row") };
    assert_eq!((row.state.as_str(), effect), ("settled", Some(Effect::Resolve(id(0x1002)))), "told again");
    assert!(
        staff.refused(retry("1002")).await.contains("the row is settled; only a row that waits for staff")
    );

    let park = Request::Park { id: "1001".into(), why: "the patron is at the desk".into() };
    let (Answer::Row { row, .. }, None) = staff.ask(park.clone()).await else { panic!("no row") };
    assert_eq!(row.state, "parked");
    assert!(staff.refused(park).await.contains("the row is parked"));
    let settle = |note: &str| Request::Settle { id: "1001".into(), note: note.into() };
    assert!(staff.refused(settle("  ")).await.contains("must not be empty"));
    let (Answer::Row { row, .. }, None) = staff.ask(settle("book on the shelf, tag closed")).await else {
        panic!("no row")
    };
    assert!(row.closed);
    assert!(staff.refused(settle("again")).await.contains("closed already"));
    let row = staff.ledger.row(id(0x1001)).await.unwrap().unwrap();
    assert_eq!((row.state, row.is_closed(), row.patron), (State::Parked, true, None), "its patron is erased");
    let last = staff.ledger.steps(id(0x1001)).await.unwrap().pop().unwrap();
    assert_eq!((last.step.as_str(), last.detail.as_deref()), ("told", Some("book on the shelf, tag closed")));
}

#[tokio::test]
async fn what_is_not_clear_is_refused_with_advice() {
    let staff = Staff::new().await;
    let show = |id: &str| Request::Show { id: id.into(), patron: false };
    assert!(staff.refused(show("002")).await.contains("at least 4"));
    assert!(staff.refused(show("ffff")).await.contains("no row ends in \"ffff\""));
    assert!(staff.refused(Request::Retry { id: "2002".into() }).await.contains("the row is declined"));
    let parked = Request::Park { id: "2002".into(), why: "x".into() };
    assert!(staff.refused(parked).await.contains("what can be parked"));
    assert!(serde_json::from_str::<Request>(r#"{"request":"drop"}"#).is_err());
}

#[tokio::test]
async fn export_is_in_the_order_of_asking_and_goes_on_where_it_stopped() {
    let staff = Staff::new().await;
    let Answer::Rows { rows, more } = staff.ask(Request::Export { after: 0, patron: true }).await.0 else {
        panic!("no rows")
    };
    let seen: Vec<(&str, Option<&str>)> =
        rows.iter().map(|row| (row.item.as_str(), row.patron.as_deref())).collect();
    assert_eq!(
        seen,
        [("LW1", Some("P20260017")), ("LW2", None), ("LW3", None), ("LW4", None)],
        "closed rows have no patron any more"
    );
    assert!(!more);
    let after = rows[1].seq;
    let Answer::Rows { rows, .. } = staff.ask(Request::Export { after, patron: false }).await.0 else {
        panic!("no rows")
    };
    assert_eq!(rows.iter().map(|row| row.item.as_str()).collect::<Vec<_>>(), ["LW3", "LW4"]);
}
