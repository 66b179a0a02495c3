//! Visits as stories: a script of inputs, and the screens and acts that come out. Time is virtual.

use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;
use crate::account::{Account, Hold, Loan};
use crate::id::ItemId;
use crate::id::{PatronId, TagKey, TransactionId};
use crate::item::{Description, SetPart};
use crate::item::{ItemTag, Security};
use crate::money::Amount;
use crate::patron::Patron;
use crate::policy::ItemState;
use crate::screen::{
    CardService, CardTouch, HoldState, Notice, Offers, Opening, Place, Printer, Script, StaffAct, Touch,
};
use crate::search::{self, ItemLanguage, Results, TitleKey};
use crate::sighting::{Age, How, LastSeen};
use crate::transaction::Reason;
use crate::transaction::{Act, Destination, Grant, Transaction, Verdict};

mod accounts;
mod counter;
mod finding;
mod notice;
mod properties;
mod sets;
mod staff;
mod stories;
mod troubles;

/// A kiosk whose outside world is played by the script.
struct Stage {
    session: Session,
    now: Instant,
    start: Instant,
    ids: u8,
    text: String,
}

pub(super) fn settings() -> Settings {
    Settings {
        language: Language::Chinese,
        look: Look::default(),
        place: Arc::new(Place {
            offers: Offers { account: true, find: true, reserve: true, card: true, voice: true },
            ..Place::default()
        }),
        has_staff_pin: true,
        branch: Some("LW".into()),
        out_of_service: false,
        pin: PinPolicy::CardOnly,
        offline_checkin: Offline::Assume,
        idle: Duration::from_secs(45),
        warn: Duration::from_secs(15),
        done: Duration::from_secs(8),
        put_back: Duration::from_secs(10),
        linger: Duration::from_secs(3),
        reader_grace: Duration::from_secs(1),
        desk: None,
    }
}

/// Words of a script, `;` between steps:
/// `up` `down` `complete` `card P` `book N` (secured) `loan N` (unsecured) `odd` `take X` `wait S`
/// `touch borrow|return|finish|more|number|enter|en` `key 123` `known P` `unknown` `wrong` `granted N` `declined N` `silent N`
/// `doubt N` `assumed N` `wrote N verified|gone|uncertain|refused` `settled N` `undone N` `lost N` `ledger on|off` `link on|off`.
/// N is the number of an item; its transaction has the number of its arrival.
fn run(settings: Settings, script: &str) -> String {
    let mut stage = Stage::new(settings);
    for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        stage.step(step);
    }
    stage.text
}

fn check(script: &str, expected: Expect) {
    expected.assert_eq(&run(settings(), script));
}

fn item(n: &str) -> ItemId {
    ItemId::parse(&format!("LW{n}")).unwrap()
}

fn tag(name: &str) -> TagKey {
    TagKey::parse(&format!("TAG-{name}")).unwrap()
}

fn id(n: &str) -> TransactionId {
    let mut bytes = [0; 16];
    bytes[15] = n.parse().unwrap();
    TransactionId::from_bytes(bytes)
}

fn book(n: &str, security: Security) -> PadObject {
    let set = Some(SetPart { part: 1, of: 1 });
    PadObject::Item(ItemTag { item: item(n), owner: None, set, security })
}

fn part_of(n: &str, part: &str, of: &str, security: Security) -> PadObject {
    let set = Some(SetPart { part: part.parse().unwrap(), of: of.parse().unwrap() });
    PadObject::Item(ItemTag { item: item(n), owner: None, set, security })
}

fn account(loans: &[&str]) -> Account {
    let loan = |n: &&str| Loan {
        item: item(n),
        description: description(n),
        due: Some(date(2026, 12, 1)),
        overdue: false,
    };
    let hold = Hold {
        item: Some(item("9")),
        description: description("on hold"),
        state: HoldState::Ready { at: Some("总馆".into()), until: Some(date(2026, 12, 3)) },
    };
    Account { loans: loans.iter().map(loan).collect(), holds: vec![hold], debt: Amount::default() }
}

fn results() -> Results {
    let hit = search::Hit {
        key: TitleKey(7),
        title: "红楼梦".into(),
        author: Some("曹雪芹".into()),
        isbn: None,
        call_number: Some("I242.4/1".into()),
        language: ItemLanguage::Chinese,
        n_copies: 4,
        n_free: 1,
    };
    Results { n_hits: 9, first: 0, hits: vec![hit; 6] }
}

fn copies() -> Vec<search::Holding> {
    let copy = |n: &str, branch: &str, state| search::Holding {
        item: item(n),
        branch: branch.into(),
        branch_name: (branch == "LW").then(|| "总馆".into()),
        shelf: Some("三楼".into()),
        call_number: Some("I242.4/1".into()),
        state,
    };
    vec![
        copy("1", "QZ", ItemState::OnLoan),
        copy("2", "LW", ItemState::OnLoan),
        copy("3", "LW", ItemState::Free),
        copy("4", "LW", ItemState::NotForLoan),
    ]
}

/// One of the free copies is known, and one that is lent, which is of no use to anybody.
fn sightings() -> Vec<(ItemId, LastSeen)> {
    let seen = |n: &str, age| {
        let seen = LastSeen { how: How::Stocktake, age, branch: None, place: "CJ-3".to_owned() };
        (item(n), seen)
    };
    vec![seen("2", Age::Minutes(1)), seen("3", Age::Days(3)), seen("9", Age::Minutes(0))]
}

fn surroundings(what: &str) -> Surroundings {
    let opening = match what {
        "closed" => Opening::Closed { opens: None },
        "open" | "printer" | "nopaper" => Opening::Always,
        other => panic!("unknown surroundings {other}"),
    };
    let printer = match what {
        "printer" => Printer::Ready,
        "nopaper" => Printer::NoPaper,
        _ => Printer::Absent,
    };
    Surroundings { opening, night: false, printer }
}

impl Stage {
    #[expect(clippy::disallowed_methods, reason = "virtual time needs some instant to start from")]
    fn new(settings: Settings) -> Self {
        let start = Instant::now();
        Self { session: Session::new(start, settings), now: start, start, ids: 0, text: String::new() }
    }

    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        if let ["wait", seconds] = words.as_slice() {
            return self.wait(Duration::from_secs_f64(seconds.parse().unwrap()));
        }
        let input = self.input(&words);
        self.text.push_str(&format!("> {step}\n"));
        self.send(input);
    }

    fn input(&mut self, words: &[&str]) -> Input {
        match words {
            ["up"] => Input::ReaderUp,
            ["down"] => Input::ReaderDown,
            ["complete"] => Input::PadComplete,
            ["card", p] => self.arrive(p, PadObject::Card(PatronId::parse(&format!("LW2026{p}")).unwrap())),
            ["book", n] => self.arrive(n, book(n, Security::Secured)),
            ["loan", n] => self.arrive(n, book(n, Security::Unsecured)),
            ["twin", n] => self.arrive("twin", book(n, Security::Secured)),
            ["part", n, part, of] => {
                self.arrive(&format!("{n}.{part}"), part_of(n, part, of, Security::Secured))
            }
            ["openpart", n, part, of] => {
                self.arrive(&format!("{n}.{part}"), part_of(n, part, of, Security::Unsecured))
            }
            ["account", loans @ ..] => {
                Input::Account { query: self.session.query, answer: Ok(account(loans)) }
            }
            ["noaccount"] => Input::Account { query: self.session.query, answer: Err(Reason::CentralSilent) },
            ["renewed", n] => Input::Renewed { item: item(n), answer: Ok(Some(date(2027, 1, 20))) },
            ["notrenewed", n] => Input::Renewed { item: item(n), answer: Err(Reason::OnHold) },
            ["given-up", n] => Input::HoldCancelled { item: item(n), answer: Ok(()) },
            ["kept", n] => Input::HoldCancelled { item: item(n), answer: Err(Reason::CentralSilent) },
            ["onloan", n] => Input::Answered { id: id(n), verdict: Verdict::Declined(Reason::OnLoan) },
            ["found"] => Input::Found { query: self.session.query, results: Some(results()) },
            ["nocatalogue"] => Input::Found { query: self.session.query, results: None },
            ["stands"] => Input::Stands { query: self.session.query, holdings: copies() },
            ["sighted"] => Input::Sighted { query: self.session.query, seen: sightings() },
            ["reserved"] => Input::Reserved { query: self.session.query, answer: Ok(()) },
            ["type", letters] => {
                let mut keys = letters.chars().map(|c| Input::Touch(Touch::Key(c)));
                let last = keys.next_back().unwrap();
                keys.for_each(|key| self.send(key));
                last
            }
            ["english"] => Input::Settings(Box::new(Settings {
                language: Language::English,
                idle: Duration::from_secs(20),
                warn: Duration::from_secs(1),
                ..settings()
            })),
            ["surroundings", what] => Input::Surroundings(surroundings(what)),
            ["staffpin", right] => Input::StaffPin { query: self.session.query, right: *right == "right" },
            ["inspected"] => Input::Inspected(Inspection { parts: Vec::new(), n_waiting: 3, n_parked: 1 }),
            ["printed", how] => Input::Printed(match *how {
                "yes" => Printout::Whole,
                "no-paper" => Printout::NoPaper,
                _ => Printout::Failed,
            }),
            ["odd"] => self.arrive("odd", PadObject::Foreign),
            ["scan", p] => Input::Scanned(PatronId::parse(&format!("LW2026{p}")).unwrap()),
            ["take", x] => Input::Departed { tag: tag(x) },
            ["touch", what] => Input::Touch(touch(what)),
            ["key", k] => Input::Touch(Touch::Key(k.chars().next().unwrap())),
            ["known", p] => Input::Identified { query: self.session.query, answer: Ok(patron(p)) },
            ["wrong"] => Input::Identified { query: self.session.query, answer: Err(Reason::WrongPin) },
            ["unknown"] => {
                Input::Identified { query: self.session.query, answer: Err(Reason::PatronUnknown) }
            }
            ["titled", n] => Input::Described { item: item(n), description: description(n) },
            ["granted", n] => Input::Answered { id: id(n), verdict: Verdict::Granted(grant(n)) },
            ["granted", n, to] => {
                let destination = Some(match *to {
                    "shelf" => Destination::Shelf,
                    "hold" => Destination::HoldShelf,
                    "hold-elsewhere" => Destination::HoldElsewhere("QZ".into()),
                    _ => Destination::Home("QZ".into()),
                });
                Input::Answered { id: id(n), verdict: Verdict::Granted(Grant { destination, ..grant(n) }) }
            }
            ["declined", n] => Input::Answered { id: id(n), verdict: Verdict::Declined(Reason::NotForLoan) },
            ["notonloan", n] => Input::Answered { id: id(n), verdict: Verdict::Declined(Reason::NotOnLoan) },
            ["silent", n] => Input::Silent { id: id(n), in_doubt: false, assume: Err(Reason::CentralSilent) },
            ["trusted", n] => Input::Silent { id: id(n), in_doubt: false, assume: Ok(date(2026, 12, 20)) },
            ["toomany", n] => {
                Input::Silent { id: id(n), in_doubt: false, assume: Err(Reason::LoanLimit(Some(5))) }
            }
            ["doubt", n] => Input::Silent { id: id(n), in_doubt: true, assume: Err(Reason::CentralSilent) },
            ["assumed", n] => Input::Assumed { id: id(n) },
            ["wrote", n, what] => Input::Wrote { id: id(n), outcome: outcome(what) },
            ["settled", n] => Input::Settled { id: id(n) },
            ["undone", n] => Input::Reversed { id: id(n), undone: true },
            ["notundone", n] => Input::Reversed { id: id(n), undone: false },
            ["lost", n] => Input::NotKept { id: id(n) },
            ["mains", on] => Input::Mains { holds: *on == "on" },
            ["ledger", on] => Input::Ledger { works: *on == "on" },
            ["link", on] => Input::Link { online: *on == "on" },
            ["notice", "off"] => Input::Notice(None),
            ["notice", text] => Input::Notice(Some(
                Notice { chinese: (*text).to_owned(), english: "in English".to_owned() }.into(),
            )),
            ["tick"] => Input::Tick,
            other => panic!("unknown step {other:?}"),
        }
    }

    fn arrive(&mut self, name: &str, object: PadObject) -> Input {
        self.ids += 1;
        Input::Arrived { tag: tag(name), object, fresh: id(&self.ids.to_string()) }
    }

    /// Lets time pass as the shell would: one tick at each deadline.
    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.session.deadline().filter(|at| *at <= end) {
            assert!(at > self.now, "the deadline does not move: {:?}", at - self.start);
            self.now = at;
            self.text.push_str(&format!("> at {:.1} s\n", (at - self.start).as_secs_f64()));
            self.send(Input::Tick);
        }
        self.now = end;
    }

    fn send(&mut self, input: Input) {
        let mut out = Vec::new();
        self.session.handle(self.now, input, &mut out);
        for output in out {
            let line = match output {
                Output::Show(screen) => screen.to_string(),
                Output::Identify { pin, .. } => {
                    format!("* identify{}", if pin.is_some() { " with pin" } else { "" })
                }
                Output::Describe(item) => format!("* describe {item}"),
                Output::Ask(Transaction { id, act: Act::Checkout { item, .. } }) => {
                    format!("* ask {} checkout {item}", id.as_bytes()[15])
                }
                Output::Ask(Transaction { id, act: Act::Checkin { item } }) => {
                    format!("* ask {} checkin {item}", id.as_bytes()[15])
                }
                Output::Assume { id, .. } => format!("* assume {}", id.as_bytes()[15]),
                Output::Secure { id, to, .. } => format!("* secure {} {to:?}", id.as_bytes()[15]),
                Output::Settle(id) => format!("* settle {}", id.as_bytes()[15]),
                Output::Withdraw(id) => format!("* withdraw {}", id.as_bytes()[15]),
                Output::Resolve(id) => format!("* resolve {}", id.as_bytes()[15]),
                Output::Reverse { id, tag_uncertain } => {
                    let open = if tag_uncertain { ", tag uncertain" } else { "" };
                    format!("* reverse {}{open}", id.as_bytes()[15])
                }
                Output::Account { .. } => "* account".to_owned(),
                Output::Renew { item, .. } => format!("* renew {item}"),
                Output::CancelHold { item, .. } => format!("* give up {item}"),
                Output::Print(paper) => {
                    let card = paper.card.as_deref().unwrap_or("no card");
                    format!("* print {} lines for {card}", paper.lines.len())
                }
                Output::Search { what, .. } => match what.filter.languages {
                    Some(languages) => format!("* search {} {languages:?}", what.text),
                    None => format!("* search {}", what.text),
                },
                Output::Holdings { title, .. } => format!("* holdings of {}", title.0),
                Output::Sightings { items, .. } => format!(
                    "* sightings of {}",
                    items.iter().map(ItemId::as_str).collect::<Vec<_>>().join(" ")
                ),
                Output::Reserve { item, .. } => format!("* reserve {item}"),
                Output::CheckStaffPin { .. } => "* check the staff's password".to_owned(),
                Output::Inspect => "* inspect".to_owned(),
                Output::Configured => "* configured".to_owned(),
                Output::Staff(act) => format!("* staff {act:?}"),
                Output::Park(id) => format!("* park {}", id.as_bytes()[15]),
                Output::Desk(output) => format!("* desk {}", desk_word(&output)),
            };
            self.text.push_str(&format!("{line}\n"));
        }
    }
}

fn desk_word(output: &card::Output) -> String {
    match output {
        card::Output::Look(is) => format!("look {is}"),
        card::Output::Check { .. } => "check".to_owned(),
        other @ (card::Output::Serve { .. }
        | card::Output::NewId
        | card::Output::Keep { .. }
        | card::Output::Reserve { .. }
        | card::Output::Pay { .. }
        | card::Output::StopPay { .. }
        | card::Output::Write { .. }
        | card::Output::Act { .. }
        | card::Output::Print(_)) => format!("{other:?}"),
    }
}

fn touch(what: &str) -> Touch {
    match what {
        "borrow" => Touch::Borrow,
        "return" => Touch::Return,
        "finish" => Touch::Finish,
        "cancel" => Touch::Cancel,
        "more" => Touch::More,
        "number" => Touch::TypeNumber,
        "enter" => Touch::Enter,
        "erase" => Touch::Erase,
        "en" => Touch::Language(Language::English),
        "find" => Touch::Find,
        "open0" => Touch::Open(0),
        "next" => Touch::Turn { next: true },
        "here" => Touch::OnlyHere(true),
        "candidate0" => Touch::Candidate(0),
        "reserve" => Touch::Reserve,
        "account" => Touch::Account,
        "about" => Touch::About,
        "newcard" => Touch::NewCard,
        "giveup0" => Touch::CancelHold(0),
        "keep" => Touch::KeepHold,
        "foreign" => Touch::Only(Some(Script::Other)),
        "voice" => Touch::Voice(true),
        "back" => Touch::Back,
        "renew0" => Touch::Renew(0),
        "renew1" => Touch::Renew(1),
        "renewall" => Touch::RenewAll,
        "code" => Touch::Code,
        "print" => Touch::Print,
        "large" => Touch::Style(Style::Large),
        "contrast" => Touch::HighContrast(true),
        "out" => Touch::Staff(StaffAct::OutOfService(true)),
        "in" => Touch::Staff(StaffAct::OutOfService(false)),
        "quit" => Touch::Staff(StaffAct::Quit),
        "new" => Touch::Card(CardTouch::Service(CardService::New)),
        "agree" => Touch::Card(CardTouch::Agree),
        "picture" => Touch::Staff(StaffAct::Picture),
        "corner0" => Touch::Corner(0),
        "corner1" => Touch::Corner(1),
        "corner2" => Touch::Corner(2),
        "corner3" => Touch::Corner(3),
        other => panic!("unknown touch {other}"),
    }
}

fn outcome(what: &str) -> Written {
    match what {
        "verified" => Written::Verified,
        "gone" => Written::Gone,
        "uncertain" => Written::Uncertain,
        "refused" => Written::Refused,
        other => panic!("unknown outcome {other}"),
    }
}

fn patron(p: &str) -> Patron {
    Patron {
        id: PatronId::parse(&format!("LW2026{p}")).unwrap(),
        name: "李明月".into(),
        n_loans: Some(2),
        loan_limit: Some(10),
        debt: Amount::default(),
        valid_until: None,
    }
}

fn description(n: &str) -> Description {
    Description { title: Some(format!("Title {n}")), ..Description::default() }
}

fn grant(n: &str) -> Grant {
    Grant { description: description(n), due: Some(date(2026, 12, 22)), destination: None }
}
