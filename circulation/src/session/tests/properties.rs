//! Whatever comes in, in whatever order: no panic, no opened tag without a grant, no `Done` without a settled row, and
//! a visit that is left alone ends.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::screen::{Attention, Page, Progress, Way};

/// One step of chaos.
#[derive(Debug, Clone)]
enum Chaos {
    Word(&'static str),
    Item(&'static str, u8),
    Wrote(u8, Written),
    Wait(u16),
}

fn chaos() -> impl Strategy<Value = Chaos> {
    let words = prop::sample::select(vec![
        "up",
        "down",
        "complete",
        "card P1",
        "card P2",
        "odd",
        "take odd",
        "take P1",
        "touch borrow",
        "touch account",
        "touch about",
        "touch newcard",
        "touch giveup0",
        "touch keep",
        "given-up 9",
        "touch foreign",
        "touch back",
        "touch find",
        "touch open0",
        "touch next",
        "touch here",
        "touch candidate0",
        "touch erase",
        "touch reserve",
        "key h",
        "found",
        "nocatalogue",
        "stands",
        "reserved",
        "touch renew0",
        "touch renewall",
        "touch code",
        "touch print",
        "scan P1",
        "printed no-paper",
        "printed no",
        "touch large",
        "touch corner0",
        "touch corner1",
        "touch corner2",
        "touch corner3",
        "staffpin right",
        "staffpin wrong",
        "touch quit",
        "touch out",
        "touch in",
        "touch picture",
        "surroundings closed",
        "surroundings printer",
        "part 5 1 2",
        "part 5 2 2",
        "openpart 5 2 2",
        "take 5.1",
        "take 5.2",
        "account 1 2 5",
        "noaccount",
        "touch return",
        "touch finish",
        "touch more",
        "touch number",
        "touch enter",
        "key 7",
        "known P1",
        "unknown",
        "ledger off",
        "ledger on",
        "mains off",
        "mains on",
        "link off",
        "link on",
        "tick",
    ]);
    let acts = prop::sample::select(vec![
        "book",
        "loan",
        "take",
        "titled",
        "granted",
        "declined",
        "notonloan",
        "onloan",
        "renewed",
        "notrenewed",
        "silent",
        "doubt",
        "assumed",
        "settled",
        "undone",
        "notundone",
        "lost",
    ]);
    let outcomes =
        prop::sample::select(vec![Written::Verified, Written::Gone, Written::Uncertain, Written::Refused]);
    prop_oneof![
        3 => words.prop_map(Chaos::Word),
        5 => (acts, 1_u8..6).prop_map(|(act, n)| Chaos::Item(act, n)),
        2 => (1_u8..6, outcomes).prop_map(|(n, what)| Chaos::Wrote(n, what)),
        1 => (0_u16..20_000).prop_map(Chaos::Wait),
    ]
}

/// What the outputs so far allow.
#[derive(Default)]
struct Promises {
    granted: BTreeSet<TransactionId>,
    settled: BTreeSet<TransactionId>,
    asked: BTreeSet<TransactionId>,
}

impl Promises {
    fn hear(&mut self, input: &Input) {
        if let Input::Answered { id, verdict: Verdict::Granted(_) } = input {
            self.granted.insert(*id);
        } else if let Input::Settled { id } = input {
            self.settled.insert(*id);
        }
    }

    fn check(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Secure { id, to: Security::Unsecured, .. } => {
                    assert!(self.granted.contains(id), "opened without a grant");
                }
                Output::Ask(transaction) => {
                    assert!(self.asked.insert(transaction.id), "one id for two transactions");
                }
                Output::Show(Screen { page: Page::Visit(visit), .. }) => {
                    let n_lent = visit
                        .lines
                        .iter()
                        .filter(|line| line.way == Way::Out && matches!(line.progress, Progress::Done { .. }))
                        .count();
                    assert!(n_lent <= self.settled.len(), "done without a settled row");
                }
                Output::Secure { .. }
                | Output::Show(_)
                | Output::Identify { .. }
                | Output::Describe(_)
                | Output::Assume { .. }
                | Output::Settle(_)
                | Output::Withdraw(_)
                | Output::Resolve(_)
                | Output::Reverse { .. }
                | Output::Account { .. }
                | Output::Renew { .. }
                | Output::Print(_)
                | Output::CheckStaffPin { .. }
                | Output::Search { .. }
                | Output::Holdings { .. }
                | Output::Sightings { .. }
                | Output::Reserve { .. }
                | Output::Inspect
                | Output::Staff(_)
                | Output::CancelHold { .. }
                | Output::Configured
                | Output::Park(_)
                | Output::Desk(_) => {}
            }
        }
    }
}

fn play(steps: &[Chaos]) {
    let mut stage = Stage::new(settings());
    let mut promises = Promises::default();
    for step in steps {
        let input = match step {
            Chaos::Word(word) => stage.input(&word.split_whitespace().collect::<Vec<_>>()),
            Chaos::Item(act, n) => stage.input(&[act, &n.to_string()]),
            Chaos::Wrote(n, outcome) => Input::Wrote { id: id(&n.to_string()), outcome: *outcome },
            Chaos::Wait(ms) => {
                stage.wait(Duration::from_millis(u64::from(*ms)));
                continue;
            }
        };
        promises.hear(&input);
        let mut out = Vec::new();
        stage.session.handle(stage.now, input, &mut out);
        promises.check(&out);
    }
    everybody_leaves(stage);
}

/// The outside world answers all that is open, and then nobody does anything: the kiosk ends at its first page.
fn everybody_leaves(mut stage: Stage) {
    stage.send(Input::ReaderUp);
    stage.send(Input::PadComplete);
    stage.send(Input::Ledger { works: true });
    stage.send(Input::Mains { holds: true });
    stage.send(Input::Surroundings(surroundings("open")));
    for n in 1..=stage.ids {
        stage.send(Input::NotKept { id: id(&n.to_string()) });
        stage.send(Input::NotKept { id: id(&n.to_string()).successor() });
    }
    stage.wait(Duration::from_secs(200));
    for name in ["1", "2", "3", "4", "5", "5.1", "5.2", "P1", "P2", "odd"] {
        stage.send(Input::Departed { tag: tag(name) });
    }
    stage.wait(Duration::from_secs(200));
    let screen = stage.session.screen(stage.now);
    let first = if screen.page == Page::Attention(Attention::OutOfService) {
        "attention: OutOfService"
    } else {
        "welcome"
    };
    assert_eq!(screen.to_string().lines().next(), Some(first));
    assert!(!format!("{:?}", stage.session).contains("patron: Some"), "the patron is remembered");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn chaos_breaks_no_promise(steps in prop::collection::vec(chaos(), 1..80)) {
        play(&steps);
    }
}
