//! Visits to the desk as stories: a script of inputs, and the pages and acts that come out. Time is virtual.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use jiff::civil::{Date, date};

use super::*;
use crate::card_type::{CardType, Security};
use crate::id::PatronId;
use crate::identity::{Identity, IdentityFault, Secret};
use crate::issue::{Capture, Medium};
use crate::money::Amount;
use crate::screen::{Card, CardService, CardTouch, Cards, HolderState, PayCode, PayWith, Printer, Touch};

mod failures;
mod properties;
mod refusals;
mod services;
mod stories;

/// GB 11643's own example; the others are made up with the right check digit, of people who do not exist.
const ADULT: &str = "11010519491231002X";
const PARENT: &str = "110105198001010016";
const CHILD: &str = "110105201801010019";
const PHONE: &str = "13800138000";
const TODAY: Date = date(2026, 11, 30);

/// To the page that wants the identity card, and to the moment when a card is made.
const TO_IDENTITY: &str = "open; touch new; touch agree";
const TO_JOB: &str = "open; touch new; touch agree; card adult; nobody; touch type1; type 13800138000; touch enter; \
                      type 293847; touch enter; type 293847; touch enter; id; kept";

fn parts() -> Parts {
    Parts { online: true, identity: true, cards: Cards::Ready, printer: Printer::Ready, today: TODAY }
}

fn person(which: &str) -> Identity {
    let (name, number, birth) = match which {
        "adult" | "expired" => ("样张", ADULT, date(1949, 12, 31)),
        "parent" => ("样大张", PARENT, date(1980, 1, 1)),
        "child" => ("样小张", CHILD, date(2018, 1, 1)),
        other => panic!("nobody is called {other}"),
    };
    let valid_until = Some(if which == "expired" { date(2026, 11, 29) } else { date(2040, 1, 1) });
    Identity { name: Secret::new(name), number: Secret::new(number), birth, valid_until }
}

fn kind(code: &str, ages: (Option<u8>, Option<u8>), fee: i64, security: Security) -> CardType {
    CardType {
        code: code.to_owned(),
        name: format!("{code}证"),
        youngest: ages.0,
        oldest: ages.1,
        fee: Amount::from_fen(fee),
        security,
        lends: Some(10),
    }
}

fn standing(holder: Option<HolderState>) -> Standing {
    let card = PatronId::parse("LW20260009").unwrap();
    let holder = holder.map(|state| Holder { card, state, valid_until: Some(date(2026, 12, 31)) });
    let types = vec![
        kind("普通", (Some(14), None), 0, Security::Credit),
        kind("押金", (Some(14), None), 500, Security::Deposit(Amount::from_fen(10_000))),
        kind("少儿", (None, Some(13)), 0, Security::None),
    ];
    Standing { holder, types, replacement: Amount::from_fen(500) }
}

fn id(n: u8) -> TransactionId {
    TransactionId::from_bytes([n; 16])
}

/// A desk whose outside world is played by the script.
struct Stage {
    desk: Desk,
    now: Instant,
    parts: Parts,
    ids: u8,
    text: String,
    page: Option<Card>,
    n_touches: usize,
    outputs: Vec<Output>,
}

impl Stage {
    #[expect(clippy::disallowed_methods, reason = "virtual time needs some instant to start from")]
    fn new() -> Self {
        Self {
            desk: Desk::new(Rules::default(), parts()),
            now: Instant::now(),
            parts: parts(),
            ids: 0,
            text: String::new(),
            page: None,
            n_touches: 0,
            outputs: Vec::new(),
        }
    }

    fn run(&mut self, script: &str) {
        for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
            let words: Vec<&str> = step.split_whitespace().collect();
            match words.as_slice() {
                ["wait", seconds] => self.wait(Duration::from_secs(seconds.parse().unwrap())),
                ["type", keys] => self.type_keys(keys),
                words => {
                    self.text.push_str(&format!("> {step}\n"));
                    let input = self.input(words);
                    self.n_touches += usize::from(matches!(input, Input::Touch(_)));
                    self.send(input);
                }
            }
        }
    }

    /// Only the page after the last key is written down.
    fn type_keys(&mut self, keys: &str) {
        let begin = self.text.len();
        keys.chars().for_each(|key| self.send(Input::Touch(Touch::Key(key))));
        self.text.truncate(begin);
        let page = self.page.as_ref().map_or_else(|| "(nobody)".to_owned(), Card::to_string);
        self.text.push_str(&format!("> type {keys}\n{page}\n"));
    }

    fn input(&mut self, words: &[&str]) -> Input {
        let current = id(self.ids);
        let acted = |what| Input::Acted { id: current, what, why: None };
        let failed = |what, why| Input::Acted { id: current, what, why: Some(why) };
        match words {
            ["open"] => Input::Open,
            ["touch", what] => Input::Touch(touch(what)),
            ["card", who] => Input::Identity(Ok(person(who))),
            ["bad", fault] => Input::Identity(Err(fault_of(fault))),
            ["parts", what] => Input::Parts(self.change(what)),
            ["nobody"] => Input::Checked { query: self.desk.query, answer: Ok(standing(None)) },
            ["holder", state] => {
                Input::Checked { query: self.desk.query, answer: Ok(standing(Some(state_of(state)))) }
            }
            ["uncheckable"] => Input::Checked { query: self.desk.query, answer: Err(Refusal::CentralSilent) },
            ["served"] => Input::Served { query: self.desk.query, answer: Ok(Some(date(2027, 12, 31))) },
            ["unserved", words] => {
                Input::Served { query: self.desk.query, answer: Err(Refusal::Declined((*words).to_owned())) }
            }
            ["id"] => {
                self.ids += 1;
                Input::NewId(id(self.ids))
            }
            ["kept"] => Input::Kept { id: current },
            ["notkept"] => Input::NotKept { id: current },
            ["reserved"] => Input::Reserved { id: current, answer: Ok(reserved()) },
            ["duplicate"] => Input::Reserved { id: current, answer: Err(Refusal::HasCard) },
            ["unreserved"] => Input::Reserved { id: current, answer: Err(Refusal::CentralSilent) },
            ["code"] => {
                let code = PayCode { with: PayWith::WeChat, code: "weixin://pay/1".to_owned() };
                Input::PayCodes { id: current, codes: vec![code] }
            }
            ["paid"] => acted(issue::Input::Paid(Answer::Done)),
            ["fed"] => acted(issue::Input::Fed(Answer::Done)),
            ["jam"] => failed(issue::Input::Fed(Answer::Refused), Refusal::Jam),
            ["empty"] => failed(issue::Input::Fed(Answer::Refused), Refusal::Empty),
            ["written"] => acted(issue::Input::Written(Answer::Done)),
            ["unwritten"] => acted(issue::Input::Written(Answer::Refused)),
            ["taken"] => acted(issue::Input::Taken),
            ["captured"] => acted(issue::Input::Captured(Capture::Safe)),
            ["hand"] => acted(issue::Input::Captured(Capture::Taken)),
            ["deleted"] => acted(issue::Input::Deleted(Answer::Done)),
            ["refunded"] => acted(issue::Input::Refunded(Answer::Done)),
            ["owed"] => acted(issue::Input::Refunded(Answer::Refused)),
            ["confirmed"] => acted(issue::Input::Confirmed(Answer::Done)),
            ["printed", how] => Input::Printed(match *how {
                "yes" => Printout::Whole,
                "no-paper" => Printout::NoPaper,
                _ => Printout::Failed,
            }),
            ["tick"] => Input::Tick,
            other => panic!("unknown step {other:?}"),
        }
    }

    fn change(&mut self, what: &str) -> Parts {
        match what {
            "offline" => self.parts.online = false,
            "online" => self.parts.online = true,
            "empty" => self.parts.cards = Cards::Empty,
            "absent" => self.parts.cards = Cards::Down,
            "no-reader" => self.parts.identity = false,
            "no-paper" => self.parts.printer = Printer::NoPaper,
            other => panic!("unknown part {other}"),
        }
        self.parts
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.desk.deadline(self.now).filter(|at| *at <= end) {
            assert!(at > self.now, "the deadline does not move");
            self.now = at;
            self.text.push_str("> ..\n");
            self.send(Input::Tick);
        }
        self.now = end;
    }

    fn send(&mut self, input: Input) {
        let mut out = Vec::new();
        self.desk.handle(self.now, input, &mut out);
        out.iter().for_each(|output| self.text.push_str(&format!("* {}\n", word(output))));
        self.outputs.append(&mut out);
        let page = self.desk.page(self.now);
        if page != self.page {
            let text = page.as_ref().map_or_else(|| "(nobody)".to_owned(), Card::to_string);
            self.text.push_str(&format!("{text}\n"));
            self.page = page;
        }
    }
}

#[track_caller]
fn check(script: &str, expected: Expect) {
    let mut stage = Stage::new();
    stage.run(script);
    expected.assert_eq(&stage.text);
}

/// The pages of a script at their ends: what was refused, and how.
#[track_caller]
fn check_last(before: &str, script: &str, expected: Expect) {
    let mut stage = Stage::new();
    stage.run(before);
    stage.text.clear();
    stage.run(script);
    expected.assert_eq(&stage.text);
}

fn reserved() -> Reserved {
    Reserved {
        card: PatronId::parse("LW20260042").unwrap(),
        valid_until: Some(date(2027, 11, 30)),
        ticket: Some("https://lib.example/t/7Q2K".to_owned()),
    }
}

fn word(output: &Output) -> String {
    match output {
        Output::Look(on) => format!("look {on}"),
        Output::Check { .. } => "check".to_owned(),
        Output::Serve { what, .. } => match what {
            Service::Renew(_) => "serve renew".to_owned(),
            Service::ReportLoss(_) => "serve report loss".to_owned(),
            Service::ChangePin(_, pin) => format!("serve change pin ({} digits)", pin.len()),
        },
        Output::NewId => "new id".to_owned(),
        Output::Keep { row, .. } => format!("row {row:?}"),
        Output::Reserve { application, .. } => format!(
            "reserve {:?} kind {}{}{}",
            application.medium,
            application.kind.as_deref().unwrap_or("-"),
            if application.guardian.is_some() { ", guardian" } else { "" },
            if application.replaces.is_some() { ", replaces" } else { "" },
        ),
        Output::Pay { amount, .. } => format!("pay {amount}"),
        Output::StopPay { .. } => "stop pay".to_owned(),
        Output::Write { .. } => "write".to_owned(),
        Output::Act { act, .. } => format!("{act:?}").to_lowercase(),
        Output::Print(paper) => format!("print {:?}, voucher {}", paper.service, paper.is_voucher),
    }
}

fn touch(what: &str) -> Touch {
    match what {
        "new" => Touch::Card(CardTouch::Service(CardService::New)),
        "renew" => Touch::Card(CardTouch::Service(CardService::Renew)),
        "replace" => Touch::Card(CardTouch::Service(CardService::Replace)),
        "change-pin" => Touch::Card(CardTouch::Service(CardService::Pin)),
        "agree" => Touch::Card(CardTouch::Agree),
        "for-child" => Touch::Card(CardTouch::ForChild),
        "guardian" => Touch::Card(CardTouch::Guardian),
        "type-child" => Touch::Card(CardTouch::TypeChild),
        "on-phone" => Touch::Card(CardTouch::OnPhone),
        "confirm" => Touch::Card(CardTouch::Confirm),
        "have-it" => Touch::Card(CardTouch::HaveIt),
        "type0" => Touch::Open(0),
        "type1" => Touch::Open(1),
        "candidate0" => Touch::Candidate(0),
        "enter" => Touch::Enter,
        "erase" => Touch::Erase,
        "print" => Touch::Print,
        "more" => Touch::More,
        "back" => Touch::Back,
        "cancel" => Touch::Cancel,
        "finish" => Touch::Finish,
        other => panic!("unknown touch {other}"),
    }
}

fn fault_of(what: &str) -> IdentityFault {
    match what {
        "moved" => IdentityFault::Moved,
        "kind" => IdentityFault::WrongKind,
        "forged" => IdentityFault::Forged,
        "unreadable" => IdentityFault::Unreadable,
        "foreign" => IdentityFault::Foreign,
        other => panic!("unknown fault {other}"),
    }
}

fn state_of(what: &str) -> HolderState {
    match what {
        "valid" => HolderState::Valid,
        "expired" => HolderState::Expired,
        "lost" => HolderState::Lost,
        "locked" => HolderState::Locked,
        other => panic!("unknown state {other}"),
    }
}
