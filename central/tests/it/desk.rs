//! Library cards at a machine, over a real socket: reserved first, in force once they were taken, each once.

use super::world::{World, code};
use circulation::id::{Isil, PatronId, TransactionId};
use serde_json::{Value, json};
use sync_client::kiosk_api::issue::{
    CardDeed, CardTold, HolderReport, HolderWord, Refusal, StandingReport, Wish,
};
use sync_client::kiosk_api::path;

/// GB 11643's own example; the other is of a child, with its check digit worked out.
const ADULT: &str = "11010519491231002X";
const CHILD: &str = "110105201801010019";

fn id(n: u8) -> String {
    TransactionId::from_bytes([n; 16]).to_string()
}

fn wish() -> Wish {
    Wish {
        certificate: ADULT.into(),
        name: "样小甲".into(),
        born: Some("1949-12-31".into()),
        kind: "普通借阅证".into(),
        phone: "13800138000".into(),
        pin: "293847".into(),
        consent: 3,
        ..Wish::default()
    }
}

fn child() -> Wish {
    Wish {
        certificate: CHILD.into(),
        name: "样小乙".into(),
        born: Some("2018-01-01".into()),
        kind: "少儿证".into(),
        guardian: Some(ADULT.into()),
        ..wish()
    }
}

fn institution() -> Isil {
    Isil::parse("CN-371116-0-DEMO").unwrap()
}

fn why(told: &CardTold) -> Option<Refusal> {
    told.refused
}

impl World {
    async fn card(&self, deed: CardDeed) -> CardTold {
        self.kiosk().card(deed).await.unwrap()
    }

    async fn reserve(&self, n: u8, wish: Wish) -> CardTold {
        self.card(CardDeed::Reserve { id: id(n), wish: Box::new(wish) }).await
    }

    async fn confirm(&self, n: u8) -> CardTold {
        self.card(CardDeed::Confirm { id: id(n) }).await
    }

    async fn delete(&self, n: u8) -> CardTold {
        self.card(CardDeed::Delete { id: id(n) }).await
    }

    async fn standing(&self, certificate: &str) -> StandingReport {
        self.card(CardDeed::Check { certificate: certificate.into() }).await.standing.unwrap()
    }

    async fn holder(&self, certificate: &str) -> Option<HolderReport> {
        self.standing(certificate).await.holder
    }

    /// A card that was taken.
    async fn issued(&self, n: u8, wish: Wish) -> String {
        let card = self.reserve(n, wish).await.card.unwrap();
        assert_eq!(why(&self.confirm(n).await), None);
        card
    }

    /// What the log has of a card: event, state before and after.
    fn logged(&self, card: &str) -> String {
        self.text(&format!(
            "SELECT coalesce(string_agg(event || ' ' || state_before || '>' || state_after, ', ' ORDER BY seq), '-') \
             FROM card_log WHERE patron = '{card}'"
        ))
    }

    fn count(&self, table: &str) -> String {
        self.text(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}"))
    }
}

#[tokio::test]
async fn a_card_is_reserved_and_in_force_once_it_was_taken() {
    let Some(world) = World::new().await else { return };
    let standing = world.standing(ADULT).await;
    assert_eq!(standing.holder, None);
    let kinds: Vec<&str> = standing.kinds.iter().map(|kind| kind.kind.as_str()).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    let kind = standing.kinds.iter().find(|kind| kind.kind == "普通借阅证").unwrap();
    assert_eq!((kind.age_from, kind.age_to, kind.by_credit, kind.loans), (Some(14), None, true, 10));

    let reserved = world.reserve(1, wish()).await;
    let card = reserved.card.clone().unwrap();
    assert_eq!((card.as_str(), reserved.until.as_deref()), ("R2026000001", Some("2036-11-20")));
    assert_eq!(world.reserve(1, wish()).await, CardTold { already: true, ..reserved.clone() });
    // Nobody borrows with it, and nobody gets a second one.
    assert_ne!(code(&world.lend(&card, "LW0000001").await), "R90001");
    assert_eq!(why(&world.reserve(2, wish()).await), Some(Refusal::HasCard));
    assert_eq!(world.holder(ADULT).await.unwrap().state, HolderWord::Locked);

    let confirmed = world.confirm(1).await;
    assert_eq!((confirmed.already, confirmed.card.as_deref()), (false, Some(card.as_str())));
    assert!(world.confirm(1).await.already && world.reserve(1, wish()).await.already);
    assert_eq!(world.holder(ADULT).await.unwrap().state, HolderWord::Valid);
    assert_eq!(code(&world.lend(&card, "LW0000001").await), "R90001");
    let patron = world.app.store().patron(&institution(), &PatronId::parse(&card).unwrap()).unwrap().unwrap();
    assert_eq!((patron.name.as_str(), patron.state.as_str()), ("样小甲", "10"), "by credit");
    assert_eq!(world.logged(&card), "reserve >4, issue 4>10");
    assert_eq!(why(&world.delete(1).await), Some(Refusal::HasCard), "there is no way back");
    assert_eq!(world.text("SELECT CAST(consent AS TEXT) FROM machine_card"), "3");
}

#[tokio::test]
async fn a_card_that_was_not_taken_leaves_its_id() {
    let Some(world) = World::new().await else { return };
    let before = world.count("patron");
    let card = world.reserve(1, wish()).await.card.unwrap();
    assert_eq!(world.delete(1).await, CardTold::default());
    assert!(world.delete(1).await.already);
    assert_eq!(world.count("patron"), before);
    assert_eq!(world.logged(&card), "reserve >4, delete 4>");
    assert_eq!(why(&world.reserve(1, wish()).await), Some(Refusal::Gone), "it comes too late");
    assert_eq!(why(&world.confirm(1).await), Some(Refusal::Gone));
    let left = "SELECT state || coalesce(card, '') || coalesce(becomes, '') FROM machine_card";
    assert_eq!(world.text(left), "deleted");
    // A deletion that overtakes its reservation: nothing comes to life behind its back.
    assert_eq!(world.delete(2).await, CardTold::default());
    assert_eq!(why(&world.reserve(2, wish()).await), Some(Refusal::Gone));
    assert_eq!(why(&world.confirm(3).await), Some(Refusal::Gone), "never reserved");
    // The identity card is free again, and a number is given once.
    assert_ne!(world.issued(4, wish()).await, card);
}

#[tokio::test]
async fn what_staff_has_made_of_a_reserved_card_stays() {
    let Some(world) = World::new().await else { return };
    let card = world.reserve(1, wish()).await.card.unwrap();
    world.execute(&format!("UPDATE patron SET state = '1' WHERE patron = '{card}'"));
    assert_eq!(world.delete(1).await, CardTold::default());
    assert_eq!(world.holder(ADULT).await.unwrap().card, card, "staff has given it to somebody");
    let other = world.reserve(2, child()).await.card.unwrap();
    world.execute(&format!("UPDATE patron SET state = '5' WHERE patron = '{other}'"));
    assert_eq!(why(&world.confirm(2).await), None);
    let state = format!("SELECT state FROM patron WHERE patron = '{other}'");
    assert_eq!(world.text(&state), "5", "staff has cancelled it");
}

#[tokio::test]
async fn a_child_comes_with_a_guardian_and_its_telephone() {
    let Some(world) = World::new().await else { return };
    world.issued(1, wish()).await;
    let card = world.issued(2, child()).await;
    let row = format!("SELECT CAST(birth_year AS TEXT) || sex || state FROM patron WHERE patron = '{card}'");
    assert_eq!(world.text(&row), "2018M10");
    // Its telephone is the guardian's log-in already.
    let logins = "SELECT CAST(count(login_hash) AS TEXT) FROM patron WHERE name LIKE '样%'";
    assert_eq!(world.text(logins), "1");
    let friend = Wish { certificate: "110105201801010027".into(), guardian: None, ..child() };
    assert_eq!(why(&world.reserve(3, friend).await), Some(Refusal::PhoneTaken));
    let adults = Wish { kind: "普通借阅证".into(), phone: String::new(), ..child() };
    let adults = Wish { certificate: "110105201801010027".into(), ..adults };
    assert_eq!(why(&world.reserve(4, adults.clone()).await), Some(Refusal::NoSuchKind), "not for its age");
    let unknown = Wish { kind: "月票".into(), ..adults };
    assert_eq!(why(&world.reserve(5, unknown).await), Some(Refusal::NoSuchKind));
}

#[tokio::test]
async fn a_deposit_is_booked_once_with_the_card() {
    let Some(world) = World::new().await else { return };
    let card = world.issued(1, Wish { kind: "一卡通读者".into(), ..wish() }).await;
    assert!(world.confirm(1).await.already);
    let row = format!("SELECT state || ' ' || CAST(deposit_fen AS TEXT) FROM patron WHERE patron = '{card}'");
    assert_eq!(world.text(&row), "1 10000");
    let paid = "SELECT serial || ' ' || purpose || ' ' || CAST(amount_fen AS TEXT) FROM payment";
    assert_eq!(world.text(paid), format!("{} deposit 10000", id(1)));
    world
        .reserve(
            2,
            Wish {
                kind: "一卡通读者".into(),
                phone: String::new(),
                certificate: "E12345678".into(),
                ..wish()
            },
        )
        .await;
    world.delete(2).await;
    assert_eq!(world.count("payment"), "1");
}

#[tokio::test]
async fn a_lost_card_is_locked_and_the_next_one_has_its_account() {
    let Some(world) = World::new().await else { return };
    let old = world.issued(1, wish()).await;
    assert_eq!(code(&world.lend(&old, "LW0000001").await), "R90001");
    let next = || Wish { certificate: ADULT.into(), replaces: Some(old.clone()), ..Wish::default() };
    assert_eq!(why(&world.reserve(2, next()).await), Some(Refusal::NotLost));
    let lose = || CardDeed::Lose { certificate: ADULT.into(), card: old.clone() };
    assert_eq!(world.card(lose()).await, CardTold::default());
    assert!(world.card(lose()).await.already);
    assert_eq!(world.holder(ADULT).await.unwrap().state, HolderWord::Lost);
    assert_ne!(code(&world.lend(&old, "LW0000002").await), "R90001");

    let reserved = world.reserve(2, next()).await;
    let new = reserved.card.clone().unwrap();
    assert_ne!(new, old);
    assert_eq!(world.reserve(2, next()).await, CardTold { already: true, ..reserved });
    assert_eq!(
        world.holder(ADULT).await.unwrap().card,
        old,
        "until it was taken the lost one has the account"
    );
    // Another attempt that came to nothing changes nothing.
    let given_up = world.reserve(3, next()).await.card.unwrap();
    assert_eq!(world.delete(3).await, CardTold::default());
    assert_ne!(given_up, new);

    assert_eq!(why(&world.confirm(2).await), None);
    assert!(world.confirm(2).await.already);
    let holder = world.holder(ADULT).await.unwrap();
    assert_eq!((holder.card.as_str(), holder.state), (new.as_str(), HolderWord::Valid));
    let loan = "SELECT patron FROM loan WHERE item = 'LW0000001'";
    assert_eq!(world.text(loan), new);
    let successor = format!("SELECT successor FROM card_log WHERE patron = '{old}' AND event = 'replace'");
    assert_eq!(world.text(&successor), new);
    assert_eq!(why(&world.reserve(4, next()).await), Some(Refusal::NoCard), "the old number is nobody's");
}

#[tokio::test]
async fn a_card_that_staff_has_locked_is_not_got_round() {
    let Some(world) = World::new().await else { return };
    let card = world.issued(1, wish()).await;
    world.execute(&format!("UPDATE patron SET state = '4' WHERE patron = '{card}'"));
    let (certificate, pin) = (ADULT.to_owned(), "775533".to_owned());
    let next = Wish { certificate: certificate.clone(), replaces: Some(card.clone()), ..Wish::default() };
    let deeds = [
        CardDeed::Renew { certificate: certificate.clone(), card: card.clone() },
        CardDeed::Lose { certificate: certificate.clone(), card: card.clone() },
        CardDeed::Pin { certificate, card, pin },
        CardDeed::Reserve { id: id(2), wish: Box::new(next) },
    ];
    for deed in deeds {
        assert_eq!(why(&world.card(deed.clone()).await), Some(Refusal::Locked), "{deed:?}");
    }
}

#[tokio::test]
async fn a_term_is_made_longer_and_a_password_changed_for_its_owner_alone() {
    let Some(world) = World::new().await else { return };
    let card = world.issued(1, wish()).await;
    let renew = |certificate: &str| CardDeed::Renew { certificate: certificate.into(), card: card.clone() };
    assert_eq!(why(&world.card(renew(ADULT)).await), Some(Refusal::NotRenewed));
    world.execute(&format!("UPDATE patron SET ends_on = '2026-12-01' WHERE patron = '{card}'"));
    assert_eq!(why(&world.card(renew(CHILD)).await), Some(Refusal::NoCard));
    assert_eq!(world.card(renew(ADULT)).await.until.as_deref(), Some("2036-11-28"));

    let pin = |certificate: &str| {
        let (certificate, card) = (certificate.to_owned(), card.clone());
        CardDeed::Pin { certificate, card, pin: "775533".into() }
    };
    assert_eq!(why(&world.card(pin(CHILD)).await), Some(Refusal::NoCard));
    let patron = PatronId::parse(&card).unwrap();
    let hash = || world.app.store().password_hash(&institution(), &patron).unwrap().unwrap();
    assert!(central::password::verify("293847", &hash()));
    assert_eq!(why(&world.card(pin(ADULT)).await), None);
    assert!(central::password::verify("775533", &hash()) && !central::password::verify("293847", &hash()));
    let for_kiosks = world.text(&format!("SELECT kiosk_pin_hash FROM patron WHERE patron = '{card}'"));
    assert!(central::password::verify("775533", &for_kiosks) && for_kiosks != hash());
    assert_eq!(world.logged(&card), "reserve >4, issue 4>10, extend 10>10, pin 10>10");
}

/// A number that is promised is nobody else's, at the counter neither.
#[tokio::test]
async fn a_promised_number_is_given_to_nobody_else() {
    let Some(world) = World::new().await else { return };
    let old = world.issued(1, wish()).await;
    world.card(CardDeed::Lose { certificate: ADULT.into(), card: old.clone() }).await;
    let next = Wish { certificate: ADULT.into(), replaces: Some(old.clone()), ..Wish::default() };
    let promised = world.reserve(2, next).await.card.unwrap();
    let add = [
        ("rdid", promised.as_str()),
        ("rdname", "页小乙"),
        ("rdpasswd", "123456"),
        ("rdtype", "普通借阅证"),
        ("operator", "desk-1"),
    ];
    let answer = world.ask("/openlib/service/reader/addreader", &add).await;
    assert_eq!(code(&answer), "R90111");
    // The lost card gets another number at the counter: the account is found all the same.
    let manage =
        [("currdid", old.as_str()), ("newrdid", "LW20269999"), ("rdstate", "7"), ("opuser", "desk-1")];
    world.ask("/openlib/service/reader/cardmanage", &manage).await;
    assert_eq!(world.holder(ADULT).await.unwrap().card, "LW20269999");
    assert_eq!(why(&world.confirm(2).await), None);
    assert_eq!(world.holder(ADULT).await.unwrap().card, promised);
}

#[tokio::test]
async fn what_is_personal_is_in_no_table_and_in_no_answer() {
    let Some(world) = World::new().await else { return };
    world.issued(1, wish()).await;
    world.reserve(2, child()).await;
    for table in ["patron", "machine_card", "card_log"] {
        let dump = world.dump(table);
        for secret in [ADULT, CHILD, "13800138000", "293847", "19491231", "20180101"] {
            assert!(!dump.contains(secret), "{secret} in {table}");
        }
    }
    let told = serde_json::to_string(&world.standing(ADULT).await).unwrap();
    assert!(!told.contains("样小") && !told.contains("1949"), "{told}");
}

#[tokio::test]
async fn a_malformed_call_names_its_part() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let ask = async |body: Value| {
        let url = format!("{}{}", world.base, path::CARD);
        let answer = world.http.post(url).bearer_auth(&token).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["field"].clone())
    };
    let check = |certificate: &str| json!({ "opuser": "kiosk-1", "do": "check", "certificate": certificate });
    assert_eq!(ask(check("1")).await, (400, json!("certificate")));
    assert_eq!(ask(json!({ "opuser": "kiosk-1", "do": "eat" })).await, (400, json!("body")));
    let old = json!({ "opuser": "kiosk-1", "do": "reserve", "id": id(1), "certificate": ADULT, "name": "样", "born":
        "1700-01-01", "kind": "普通借阅证", "pin": "293847" });
    assert_eq!(ask(old).await, (400, json!("born")));
}
