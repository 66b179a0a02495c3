//! Library cards at the machine, end to end: identity card, central, ledger, screen, receipt; and what is left of who was there.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::Path;
use std::time::Duration;

use circulation::screen::{CardService, CardStep, CardTouch, Page, PayWith, Screen, Touch};
use supervision::control::{Answer, Request};
use supervision::part::{Part, State};
use tests::scene::{Scene, open_cards};

use crate::bank::Bank;
use crate::drills::{ask, until_part};

/// The invented person of the emulated reader; the number is the example of GB 11643.
const NUMBER: &str = "11010519491231002X";
const NAME: &str = "样张";
const PHONE: &str = "13800138000";
const PIN: &str = "293847";

fn is_at(screen: &Screen, begin: &str) -> bool {
    matches!(&screen.page, Page::Card(card) if card.step.to_string().starts_with(begin))
}

struct Desk {
    scene: Scene,
    n_touches: usize,
}

impl Desk {
    async fn open(receipts: &Path) -> Self {
        let mut scene = Scene::closed().await;
        scene.world.add_id_reader().await.expect("the identity reader starts");
        scene.world.add_printer(receipts).await.expect("the printer starts");
        // Passwords are hashed slowly on purpose, and this machine may be busy.
        scene.world.config_mut().central.total_timeout = Duration::from_secs(9);
        scene.start_kiosk().await.expect("the kiosk starts");
        scene.until_welcome().await;
        Self { scene, n_touches: 0 }
    }

    /// With a dispenser, and a blank card where it writes.
    async fn with_cards(receipts: &Path) -> Self {
        let mut scene = Scene::closed().await;
        scene.world.add_id_reader().await.expect("the identity reader starts");
        scene.world.add_printer(receipts).await.expect("the printer starts");
        scene.world.add_cards().await.expect("the dispenser starts");
        scene.world.config_mut().central.total_timeout = Duration::from_secs(9);
        let mut desk = Self { scene, n_touches: 0 };
        desk.writer("blank NEW uid=E0040100000000C1").await;
        desk.writer("put NEW").await;
        desk.scene.start_kiosk().await.expect("the kiosk starts");
        desk.scene.until_welcome().await;
        desk
    }

    async fn writer(&mut self, words: &str) {
        self.scene.world.cards().expect("there are some").writer.say(words).await.expect("it understands");
    }

    async fn dispenser(&mut self, words: &str) -> bool {
        self.scene.world.cards().expect("there are some").dispenser.say(words).await.is_ok()
    }

    /// How the dispenser is, in its own words.
    async fn shown(&mut self) -> String {
        let dispenser = &mut self.scene.world.cards().expect("there are some").dispenser;
        dispenser.lines("show").await.expect("it understands").join(" ")
    }

    async fn until_gate(&mut self) {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        let there = async {
            while !self.shown().await.contains("Gate") {
                beat.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), there).await.expect("a card comes to the gate");
    }

    /// From the identity card to the last touch before the machine is at work.
    async fn as_far_as_work(&mut self) {
        self.as_far_as_work_with("普通借阅证").await;
    }

    async fn as_far_as_work_with(&mut self, kind: &str) {
        self.as_far_as_identity(CardService::New).await;
        self.id("put").await;
        let screen = self.until("types").await;
        let Page::Card(circulation::screen::Card { step: CardStep::Types { choices, .. }, .. }) =
            &screen.page
        else {
            panic!("{screen}")
        };
        let row = choices.iter().position(|choice| choice.name == kind).expect("it is offered");
        self.id("take").await;
        self.touch(Touch::Open(row)).await;
        self.until("phone").await;
        self.type_keys(PHONE).await;
        self.until("pin").await;
        self.type_keys(PIN).await;
        self.until("pin again").await;
        self.type_keys(PIN).await;
    }

    /// Until whatever was cut in the middle has come to its end.
    async fn until_nothing_is_cut(&mut self) {
        let path = self.scene.ledger_path();
        let no_open_card = || {
            let path = path.clone();
            async move { (open_cards(&path) == 0).then_some(()) }
        };
        self.scene.until_fact("what was cut has come to its end", no_open_card).await;
    }

    async fn until(&mut self, begin: &str) -> Screen {
        self.scene.until(begin, |screen| is_at(screen, begin)).await
    }

    async fn touch(&mut self, touch: Touch) {
        self.n_touches += 1;
        self.scene.touch(touch).await;
    }

    async fn card(&mut self, touch: CardTouch) {
        self.touch(Touch::Card(touch)).await;
    }

    async fn type_keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.scene.touch(Touch::Key(key)).await;
        }
        self.touch(Touch::Enter).await;
    }

    async fn id(&mut self, word: &str) {
        self.scene.world.id_reader().expect("there is one").say(word).await.expect("it understands");
    }

    /// To the page that wants an identity card. The desk is there once its reader and central have answered: until then the
    /// touch shows the leaflet.
    async fn as_far_as_identity(&mut self, service: CardService) {
        loop {
            self.scene.touch(Touch::NewCard).await;
            let opened = |screen: &Screen| is_at(screen, "menu") || matches!(screen.page, Page::NewCard(_));
            let screen = self.scene.until("the desk, or the leaflet", opened).await;
            if is_at(&screen, "menu") && screen.online {
                break;
            }
            self.scene.touch(Touch::Back).await;
            self.scene.until_welcome().await;
        }
        self.n_touches = 1;
        self.card(CardTouch::Service(service)).await;
        self.until("consent").await;
        self.card(CardTouch::Agree).await;
        self.until("identity").await;
    }

    /// A card on the phone, to its end.
    async fn get_card(&mut self) {
        self.as_far_as_work().await;
        self.until("on the phone?").await;
        self.card(CardTouch::OnPhone).await;
        self.until("for the phone").await;
        self.card(CardTouch::HaveIt).await;
        self.until("done").await;
    }
}

/// Every byte of a folder's files, and of the folders in it.
fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(bytes(&path));
        } else if path.is_file() {
            all.push((path.display().to_string(), std::fs::read(&path).expect("it can be read")));
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_on_the_phone_takes_twelve_touches_at_most_and_leaves_nobody_behind() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(receipts.path()).await;
    desk.get_card().await;
    desk.touch(Touch::Print).await;
    desk.scene.until("the receipt", |screen| screen.to_string().contains("receipt Printed")).await;
    desk.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;
    assert!(desk.n_touches <= 12, "{} touches", desk.n_touches);
    let text = std::fs::read_to_string(receipts.path().join("receipt-01.txt")).expect("it is on paper");
    assert!(text.contains("读者证办理凭条") && !text.contains("R20"), "the card is masked:\n{text}");

    // Whoever comes again has a card already.
    desk.as_far_as_identity(CardService::New).await;
    desk.id("put").await;
    let screen = desk.until("has card").await;
    assert!(screen.to_string().contains("Valid"), "{screen}");
    desk.scene.touch(Touch::Cancel).await;
    desk.scene.until_welcome().await;

    for screen in &desk.scene.history {
        let shown = format!("{screen:?}");
        for secret in [NUMBER, NAME, PHONE, PIN] {
            assert!(!shown.contains(secret), "{secret} on a screen: {screen}");
        }
    }
    desk.scene.stop_kiosk().await;
    let left = bytes(desk.scene.world.dir());
    assert!(left.iter().any(|(name, _)| name.ends_with("ledger.db")), "the ledger is there");
    assert!(left.iter().any(|(name, _)| name.ends_with("central.db")), "central's database is there");
    for (name, bytes) in &left {
        for secret in [NUMBER, "110105", PHONE, PIN] {
            assert!(!holds(bytes, secret), "{secret} in {name}");
        }
        // Central keeps the name of its reader; the kiosk does not.
        let is_centrals = name.contains("central");
        assert!(is_centrals || !holds(bytes, NAME), "the name in {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_nobody_wants_after_all_leaves_no_reader_at_central() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(receipts.path()).await;
    desk.as_far_as_identity(CardService::New).await;
    desk.id("put").await;
    desk.until("types").await;
    desk.touch(Touch::Open(0)).await;
    desk.until("phone").await;
    desk.type_keys(PHONE).await;
    desk.until("pin").await;
    desk.type_keys(PIN).await;
    desk.until("pin again").await;
    desk.type_keys(PIN).await;
    desk.until("on the phone?").await;
    desk.card(CardTouch::OnPhone).await;
    desk.until("for the phone").await;
    desk.touch(Touch::Cancel).await;
    desk.until("refused, NotTaken").await;
    desk.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;
    desk.id("take").await;
    // Nothing is left of it: the same person can have one.
    desk.get_card().await;
    desk.scene.stop_kiosk().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_that_are_not_taken_have_their_word_and_offline_none_is_made() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(receipts.path()).await;
    desk.as_far_as_identity(CardService::Renew).await;
    desk.id("expired").await;
    desk.until("identity Own, Expired").await;
    desk.id("take").await;
    desk.id("forged").await;
    desk.id("put").await;
    desk.until("identity Own, Forged").await;
    desk.id("take").await;
    desk.id("genuine").await;
    desk.id("put").await;
    desk.until("refused, NoCard").await;
    desk.id("take").await;
    desk.scene.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;

    desk.scene.world.kill_central().await.expect("it ends");
    desk.scene.until("central is silent", |screen| !screen.online).await;
    desk.scene.touch(Touch::NewCard).await;
    desk.until("menu").await;
    desk.card(CardTouch::Service(CardService::New)).await;
    desk.until("refused, CentralSilent").await;
    desk.scene.stop_kiosk().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_out_of_the_stack_is_written_held_out_and_in_force_once_it_is_taken() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::with_cards(receipts.path()).await;
    desk.as_far_as_work().await;
    desk.until("take it").await;
    desk.until_gate().await;
    assert!(desk.dispenser("take").await);
    desk.until("done").await;
    desk.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;
    assert!(desk.n_touches <= 12, "{} touches", desk.n_touches);

    // ISO 28560-2, and no gate cries at it. What it says in full is a test of the desk.
    desk.scene.stop_kiosk().await;
    let written = desk.scene.world.cards().expect("there are some").writer.say("show NEW").await;
    let written = written.expect("it is shown").to_uppercase();
    assert!(written.contains("AFI=C2") && written.contains("DSFID=06"), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_gets_stuck_leaves_no_reader_and_can_be_had_on_the_phone() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::with_cards(receipts.path()).await;
    desk.dispenser("jam").await;
    desk.as_far_as_work().await;
    let screen = desk.until("refused, Jam").await;
    assert!(screen.to_string().contains("way phone"), "{screen}");
    desk.scene.stop_kiosk().await;
}

/// The machine stops while a card lies at the gate. Whoever took it meanwhile has a card; whoever did not has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_at_the_gate_when_the_machine_stops_counts_if_it_was_taken() {
    for is_taken in [true, false] {
        let receipts = tempfile::tempdir().expect("a folder");
        let mut desk = Desk::with_cards(receipts.path()).await;
        desk.as_far_as_work().await;
        desk.until("take it").await;
        desk.until_gate().await;
        desk.scene.stop_kiosk().await;
        if is_taken {
            assert!(desk.dispenser("take").await);
        }
        desk.scene.start_kiosk().await.expect("the kiosk starts again");
        desk.scene.until_welcome().await;
        desk.until_nothing_is_cut().await;
        desk.as_far_as_identity(CardService::New).await;
        desk.id("put").await;
        desk.until(if is_taken { "has card" } else { "types" }).await;
        desk.scene.stop_kiosk().await;
        let captured = desk.shown().await;
        let in_bin = if is_taken { "0 in the bin" } else { "1 in the bin" };
        assert!(captured.contains(in_bin), "{captured}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_the_desk_are_watched_and_begun_anew_and_a_card_comes_all_the_same() {
    let receipts = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::with_cards(receipts.path()).await;
    for part in [Part::Identity, Part::Cards] {
        until_part(&mut desk.scene, part, "it works", |known| known.state == State::Up).await;
        assert_eq!(ask(&desk.scene, &Request::Restart { part }).await, Some(Answer::Done));
        let is_anew =
            |known: &supervision::part::Condition| known.state == State::Up && known.n_restarts == 1;
        until_part(&mut desk.scene, part, "it works again", is_anew).await;
    }
    desk.dispenser("stock 0").await;
    let empty = until_part(&mut desk.scene, Part::Cards, "none left", |known| known.state == State::Degraded);
    assert!(empty.await.why.contains("empty"));
    desk.dispenser("stock 9").await;
    until_part(&mut desk.scene, Part::Cards, "filled", |known| known.state == State::Up).await;
    desk.as_far_as_work().await;
    desk.until("take it").await;
    desk.until_gate().await;
    assert!(desk.dispenser("take").await);
    desk.until("done").await;
    desk.scene.stop_kiosk().await;
}

/// With a dispenser, and a bank that takes the deposit of 100 yuan for a card of the whole city.
async fn with_bank(receipts: &Path) -> (Desk, Bank) {
    let mut desk = Desk::with_cards(receipts).await;
    let bank = Bank::start().await;
    let file = bank.file(receipts, "CN-371116-0-DEMO", "http://library.example");
    desk.scene.world.take_payments(&file).await.expect("central starts again");
    (desk, bank)
}

impl Desk {
    /// To the page with both codes. Gives the number of the order.
    async fn as_far_as_codes(&mut self) -> String {
        self.as_far_as_work_with("一卡通读者").await;
        let screen = self.until("pay 100.00, WeChat, Alipay").await;
        let Page::Card(circulation::screen::Card { step: CardStep::Pay { codes, .. }, .. }) = &screen.page
        else {
            panic!("{screen}")
        };
        let alipay = codes.iter().find(|code| code.with == PayWith::Alipay).expect("there is one");
        alipay.code.rsplit('/').next().expect("a number").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_paid_by_phone_and_the_card_comes_out() {
    let receipts = tempfile::tempdir().expect("a folder");
    let (mut desk, bank) = with_bank(receipts.path()).await;
    let order = desk.as_far_as_codes().await;
    assert!(bank.pay(false, &order));
    desk.until("take it").await;
    desk.until_gate().await;
    assert!(desk.dispenser("take").await);
    let screen = desk.until("done").await;
    assert!(screen.to_string().contains("paid 100.00"), "{screen}");
    desk.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;
    assert!(desk.n_touches <= 12, "{} touches", desk.n_touches);
    desk.scene.stop_kiosk().await;
    assert_eq!(bank.orders(), ["wechat 10000 closed", "alipay 10000 paid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_pay_after_all_leaves_no_order_and_who_paid_for_a_jam_has_it_back() {
    let receipts = tempfile::tempdir().expect("a folder");
    let (mut desk, bank) = with_bank(receipts.path()).await;
    desk.as_far_as_codes().await;
    desk.touch(Touch::Cancel).await;
    desk.until("refused, NotPaid").await;
    assert_eq!(bank.orders(), ["wechat 10000 closed", "alipay 10000 closed"]);
    desk.touch(Touch::Finish).await;
    desk.scene.until_welcome().await;

    desk.dispenser("jam").await;
    let order = desk.as_far_as_codes().await;
    assert!(bank.pay(true, &order));
    let screen = desk.until("refused, Jam").await;
    assert!(screen.to_string().contains("money Back"), "{screen}");
    let orders = bank.orders();
    assert!(orders.contains(&"wechat 10000 refunded".to_owned()), "{orders:?}");
    assert!(!orders.iter().any(|order| order.ends_with("paid") || order.ends_with("made")), "{orders:?}");
    desk.scene.stop_kiosk().await;
}

/// The machine stops while somebody pays: what comes in after that goes back when it is up again.
#[tokio::test(flavor = "multi_thread")]
async fn money_of_a_visit_that_was_cut_goes_back() {
    let receipts = tempfile::tempdir().expect("a folder");
    let (mut desk, bank) = with_bank(receipts.path()).await;
    let order = desk.as_far_as_codes().await;
    desk.scene.stop_kiosk().await;
    assert!(bank.pay(false, &order), "on the phone, a moment later");
    desk.scene.start_kiosk().await.expect("the kiosk starts again");
    desk.scene.until_welcome().await;
    desk.until_nothing_is_cut().await;
    assert_eq!(bank.orders(), ["wechat 10000 closed", "alipay 10000 refunded"]);
    desk.as_far_as_identity(CardService::New).await;
    desk.id("put").await;
    desk.until("types").await;
    desk.scene.stop_kiosk().await;
}
