//! The whole visit to the desk with a real ledger, and the plug pulled at every row. Central is played here by its rules
//! ([`sync_client::kiosk_api::issue`]): each id once, one card for one person.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use circulation::id::TransactionId;
use circulation::identity::{Identity, Secret};
use circulation::issue::{Answer, Capture, Input as Issue};
use circulation::screen::{CardService, CardStep, CardTouch, Cards, Printer, Touch};
use circulation::session::card::{Act, Desk, Input, Output, Parts, Rules};
use jiff::civil::date;
use sync_client::clock::Clock;
use sync_client::desk::{heard, question};
use sync_client::kiosk_api::issue::{
    CardCall, CardDeed, CardTold, HolderReport, HolderWord, KindReport, Refusal, StandingReport,
};
use sync_client::kiosk_api::pay::{MoneyWord, PayVia};
use sync_client::ledger::{CardRow, Ledger};

/// GB 11643's own example: of nobody.
const NUMBER: &str = "11010519491231002X";

/// What central has: by the machine's id, whether the card was confirmed; nothing: deleted.
#[derive(Default)]
struct Central {
    cards: RefCell<BTreeMap<String, Option<bool>>>,
    /// what a card costs
    fee_fen: i64,
    /// ids for which somebody has paid
    money: RefCell<BTreeSet<String>>,
}

impl Central {
    fn holder(&self) -> Option<HolderWord> {
        let cards = self.cards.borrow();
        let state = cards.values().find_map(|card| *card)?;
        Some(if state { HolderWord::Valid } else { HolderWord::Locked })
    }

    fn answer(&self, deed: CardDeed) -> CardTold {
        // Over the wire and back.
        let call = CardCall { opuser: "kiosk-1".into(), deed };
        let CardCall { deed, .. } = CardCall::parse(&call.to_body().unwrap()).unwrap();
        let holder = self.holder();
        let mut cards = self.cards.borrow_mut();
        let refused = |word| CardTold { refused: Some(word), ..CardTold::default() };
        match deed {
            CardDeed::Check { .. } => {
                let until = "2030-01-01".to_owned();
                let holder = holder.map(|state| HolderReport { card: "LW20260042".into(), state, until });
                let kinds = vec![KindReport {
                    kind: "普通借阅证".into(),
                    age_from: Some(14),
                    age_to: None,
                    fee_fen: self.fee_fen,
                    deposit_fen: 0,
                    by_credit: true,
                    loans: 10,
                }];
                let standing = StandingReport {
                    holder,
                    kinds,
                    pay_via: vec![PayVia::Wechat],
                    ..StandingReport::default()
                };
                CardTold { standing: Some(standing), ..CardTold::default() }
            }
            CardDeed::Reserve { id, wish } => {
                assert_eq!((wish.certificate.as_str(), wish.pin.as_str()), (NUMBER, "293847"));
                match cards.get(&id) {
                    Some(None) => refused(Refusal::Gone),
                    None if holder.is_some() => refused(Refusal::HasCard),
                    known => {
                        let already = known.is_some();
                        cards.entry(id).or_insert(Some(false));
                        CardTold { already, card: Some("LW20260042".into()), ..CardTold::default() }
                    }
                }
            }
            CardDeed::Confirm { id } => match cards.get_mut(&id) {
                Some(card @ Some(_)) => {
                    *card = Some(true);
                    CardTold::default()
                }
                Some(None) | None => refused(Refusal::Gone),
            },
            CardDeed::Delete { id } => {
                let card = cards.entry(id).or_insert(None);
                *card = card.filter(|is_confirmed| *is_confirmed);
                CardTold::default()
            }
            CardDeed::Refund { id } => {
                self.money.borrow_mut().remove(&id);
                CardTold { money: Some(MoneyWord::Settled), ..CardTold::default() }
            }
            // The kiosk's own task asks these.
            CardDeed::Pay { .. } | CardDeed::Paid { .. } => refused(Refusal::NoPayment),
            CardDeed::Renew { .. } | CardDeed::Lose { .. } | CardDeed::Pin { .. } => refused(Refusal::NoCard),
        }
    }
}

/// A kiosk's desk with its disk, before a central; the parts that move are played.
struct Kiosk<'a> {
    central: &'a Central,
    desk: Desk,
    ledger: Ledger,
    now: Instant,
    ids: u8,
    /// rows that may still be kept before the plug is pulled
    rows_left: usize,
    /// a card is in somebody's hand
    is_taken: bool,
    page: Vec<CardStep>,
}

impl<'a> Kiosk<'a> {
    #[expect(clippy::disallowed_methods, reason = "virtual time needs some instant to start from")]
    fn new(central: &'a Central, folder: &std::path::Path, rows_left: usize, ids: u8) -> Self {
        let parts = Parts {
            online: true,
            identity: true,
            cards: Cards::Ready,
            printer: Printer::Absent,
            today: date(2026, 11, 30),
        };
        let ledger = Ledger::open(&folder.join("ledger.db"), Clock::system()).unwrap();
        let desk = Desk::new(Rules::default(), parts);
        Self { central, desk, ledger, now: Instant::now(), ids, rows_left, is_taken: false, page: Vec::new() }
    }

    /// `false`: the plug was pulled.
    async fn send(&mut self, input: Input) -> bool {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut out = Vec::new();
            self.desk.handle(self.now, input, &mut out);
            self.page.extend(self.desk.page(self.now).map(|page| page.step));
            for output in out {
                match self.perform(output).await {
                    Some(answer) => inputs.extend(answer),
                    None => return false,
                }
            }
        }
        true
    }

    /// What comes of an output; nothing: the plug was pulled.
    async fn perform(&mut self, output: Output) -> Option<Option<Input>> {
        if let Some((asked, deed)) = question(&output) {
            let told = self.central.answer(deed);
            return Some(Some(heard(asked, Some(told), Some("https://lib.example/m"))));
        }
        let acted = |id, what| Some(Some(Input::Acted { id, what, why: None }));
        match output {
            Output::NewId => {
                self.ids += 1;
                Some(Some(Input::NewId(TransactionId::from_bytes([self.ids; 16]))))
            }
            Output::Keep { id, row, fee, medium } => {
                if self.rows_left == 0 {
                    return None;
                }
                self.rows_left -= 1;
                self.ledger.keep_card(CardRow { id, row, fee, medium }).await.unwrap();
                Some(Some(Input::Kept { id }))
            }
            Output::Pay { id, amount } => {
                assert_eq!(amount.fen(), self.central.fee_fen);
                self.central.money.borrow_mut().insert(id.to_string());
                acted(id, Issue::Paid(Answer::Done))
            }
            Output::Write { id, .. } => acted(id, Issue::Written(Answer::Done)),
            Output::Act { id, act } => match act {
                Act::Feed => acted(id, Issue::Fed(Answer::Done)),
                Act::Present => {
                    self.is_taken = true;
                    acted(id, Issue::Taken)
                }
                Act::Capture => {
                    let where_ = if self.is_taken { Capture::Taken } else { Capture::Safe };
                    acted(id, Issue::Captured(where_))
                }
                Act::Confirm | Act::Delete | Act::Refund => Some(None),
            },
            Output::Look(_) | Output::StopPay { .. } | Output::Print(_) => Some(None),
            Output::Check { .. } | Output::Serve { .. } | Output::Reserve { .. } => Some(None),
        }
    }

    /// A reader wants a new card.
    async fn visit(&mut self) -> bool {
        let touch = |touch| Input::Touch(Touch::Card(touch));
        let mut inputs =
            vec![Input::Open, touch(CardTouch::Service(CardService::New)), touch(CardTouch::Agree)];
        inputs.push(Input::Identity(Ok(Identity {
            name: Secret::new("样张"),
            number: Secret::new(NUMBER),
            birth: date(1949, 12, 31),
            valid_until: None,
        })));
        inputs.push(Input::Touch(Touch::Open(0)));
        for typed in ["13800138000", "293847", "293847"] {
            inputs.extend(typed.chars().map(|key| Input::Touch(Touch::Key(key))));
            inputs.push(Input::Touch(Touch::Enter));
        }
        for input in inputs {
            if !self.send(input).await {
                return false;
            }
        }
        true
    }

    /// After a start: what the disk says goes on.
    async fn resume(&mut self) {
        for CardRow { id, row, fee, medium } in self.ledger.open_cards().await.unwrap() {
            assert!(self.send(Input::Resume { id, fee, medium, row }).await);
        }
        assert!(self.desk.is_quiet(), "{:?}", self.desk);
        assert_eq!(self.ledger.open_cards().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_visit_ends_with_a_card_in_force() {
    let central = Central::default();
    let folder = tempfile::TempDir::new().unwrap();
    let mut kiosk = Kiosk::new(&central, folder.path(), usize::MAX, 0);
    assert!(kiosk.visit().await);
    assert!(matches!(kiosk.page.last(), Some(CardStep::Done { .. })), "{:?}", kiosk.page.last());
    assert!(kiosk.desk.is_quiet());
    assert_eq!(central.holder(), Some(HolderWord::Valid));
    // Whoever comes again is told so.
    assert!(kiosk.send(Input::Touch(Touch::Finish)).await);
    kiosk.visit().await;
    assert!(kiosk.page.iter().any(|step| matches!(step, CardStep::HasCard { .. })));
}

#[tokio::test]
async fn the_plug_is_pulled_at_every_row() {
    // reserve, pay, feed, write, present, confirm, done
    for (fee_fen, n_rows) in [(0, 6), (1_000, 7)] {
        let central = Central { fee_fen, ..Central::default() };
        let whole = async |rows| pulled_after(&central, rows).await;
        for rows in 0..n_rows {
            assert!(!whole(rows).await, "{rows} of {n_rows} rows");
        }
        assert!(whole(n_rows).await);
    }
}

/// The plug is pulled after so many rows, and the machine begins anew: card and money are where they belong. Whether the
/// visit had come to its end.
async fn pulled_after(central: &Central, rows: usize) -> bool {
    let folder = tempfile::TempDir::new().unwrap();
    let first = u8::try_from(20 * rows).unwrap();
    let mut kiosk = Kiosk::new(central, folder.path(), rows, first);
    let is_whole = kiosk.visit().await;
    let (is_taken, last) = (kiosk.is_taken, kiosk.ids);
    kiosk.ledger.close().await;

    let mut kiosk = Kiosk::new(central, folder.path(), usize::MAX, last);
    kiosk.is_taken = is_taken;
    kiosk.resume().await;
    kiosk.ledger.close().await;
    assert_eq!(central.holder(), is_taken.then_some(HolderWord::Valid), "after {rows} rows");
    let n_paid = usize::from(is_taken && central.fee_fen > 0);
    assert_eq!(central.money.borrow().len(), n_paid, "after {rows} rows");
    no_number_on_the_disk(folder.path());
    if is_taken {
        central.cards.borrow_mut().clear();
        central.money.borrow_mut().clear();
    }
    is_whole
}

/// Neither the database nor its log says who was there.
fn no_number_on_the_disk(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in [NUMBER, "13800138000", "293847", "样张"] {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
    }
}
