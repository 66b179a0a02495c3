//! Whatever comes in, in whatever order: no act without its row on the disk, no card in a hand that central does not
//! hear of, no money that is kept for nothing, and nothing of who was there when the visit is over.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::issue::Debts;

const WORDS: &[&str] = &[
    "open",
    "touch new",
    "touch renew",
    "touch replace",
    "touch change-pin",
    "touch agree",
    "touch for-child",
    "touch guardian",
    "touch type-child",
    "touch on-phone",
    "touch confirm",
    "touch have-it",
    "touch type0",
    "touch type1",
    "touch enter",
    "touch erase",
    "touch print",
    "touch back",
    "touch cancel",
    "type 13800138000",
    "type 293847",
    "type 110105201801010019",
    "card adult",
    "card parent",
    "card child",
    "card expired",
    "bad forged",
    "parts offline",
    "parts online",
    "parts empty",
    "nobody",
    "holder valid",
    "holder lost",
    "uncheckable",
    "served",
    "unserved no",
    "id",
    "kept",
    "kept",
    "kept",
    "notkept",
    "reserved",
    "reserved",
    "duplicate",
    "unreserved",
    "code",
    "paid",
    "fed",
    "jam",
    "empty",
    "written",
    "unwritten",
    "taken",
    "captured",
    "hand",
    "deleted",
    "refunded",
    "owed",
    "confirmed",
    "printed yes",
    "tick",
];

/// What a reader does who gets as far as the id, so that chaos has something to spoil.
const PRELUDE: &str = "open; touch new; touch agree; card adult; nobody; touch type1; type 13800138000; touch enter; \
                       type 293847; touch enter; type 293847; touch enter; id";

/// Checks the order of acts of all outputs so far.
#[derive(Default)]
struct Promises {
    announced: BTreeMap<TransactionId, Row>,
    kept: BTreeMap<TransactionId, Row>,
    heard: usize,
}

impl Promises {
    fn hear(&mut self, step: &str, ids: u8) {
        if step == "kept"
            && let Some(row) = self.announced.get(&id(ids))
        {
            self.kept.insert(id(ids), *row);
        }
    }

    fn check(&mut self, outputs: &[Output]) {
        for output in outputs.iter().skip(self.heard) {
            let row = |id: &TransactionId| self.kept.get(id).copied();
            match output {
                Output::Keep { id, row, .. } => {
                    self.announced.insert(*id, *row);
                }
                Output::Reserve { id, .. } => assert_eq!(row(id), Some(Row::Reserving)),
                Output::Pay { id, .. } => assert_eq!(row(id), Some(Row::Paying)),
                Output::Write { id, .. } => assert_eq!(row(id), Some(Row::Writing)),
                Output::Act { id, act } => assert!(
                    match (act, row(id)) {
                        (Act::Feed, Some(Row::Feeding))
                        | (Act::Present, Some(Row::Presenting))
                        | (Act::Confirm, Some(Row::Confirming))
                        | (Act::Capture, Some(Row::Undoing(Debts { card: true, .. })))
                        | (Act::Delete, Some(Row::Undoing(Debts { card: false, reader: true, .. })))
                        | (
                            Act::Refund,
                            Some(Row::Undoing(Debts { card: false, reader: false, money: true })),
                        ) => true,
                        (_, _) => false,
                    },
                    "{act:?} on {:?}",
                    row(id)
                ),
                Output::Look(_)
                | Output::Check { .. }
                | Output::Serve { .. }
                | Output::NewId
                | Output::StopPay { .. }
                | Output::Print(_) => {}
            }
        }
        self.heard = outputs.len();
    }
}

/// Neither a page nor what is logged of the desk says who is there.
fn says_nothing(stage: &Stage) {
    let shown = format!("{:?} {:?} {:?}", stage.page, stage.desk, stage.outputs.last());
    for secret in [ADULT, PARENT, CHILD, PHONE, "样张", "样小张", "样大张", "293847", "LW20260042"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// What a start finds on the disk and nobody works at goes on.
fn resume(stage: &mut Stage, promises: &Promises) {
    for (id, row) in &promises.kept {
        if !stage.desk.jobs.iter().any(|job| job.id == *id) {
            let fee = Amount::from_fen(500);
            stage.send(Input::Resume { id: *id, fee, medium: Medium::Card, row: *row });
        }
    }
}

/// Plays the world at its best until nothing moves any more; each card comes to an end.
fn settle(stage: &mut Stage, promises: &mut Promises) {
    for _ in 0..200 {
        resume(stage, promises);
        promises.check(&stage.outputs);
        if stage.desk.is_quiet() {
            break;
        }
        for n in 1..=stage.ids {
            let last = stage.ids;
            stage.ids = n;
            for step in [
                "kept",
                "reserved",
                "paid",
                "fed",
                "written",
                "taken",
                "captured",
                "deleted",
                "refunded",
                "confirmed",
            ] {
                promises.hear(step, n);
                stage.run(step);
                promises.check(&stage.outputs);
            }
            stage.ids = last;
        }
        stage.wait(Duration::from_secs(7));
        promises.check(&stage.outputs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, rng_seed: proptest::test_runner::RngSeed::Fixed(8), ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_breaks_a_promise(
        begun in any::<bool>(),
        steps in proptest::collection::vec((prop::sample::select(WORDS), 0_u64..40), 0..60),
    ) {
        let mut stage = Stage::new();
        let mut promises = Promises::default();
        if begun {
            stage.run(PRELUDE);
            promises.check(&stage.outputs);
        }
        for (step, wait) in steps {
            promises.hear(step, stage.ids);
            stage.run(step);
            promises.check(&stage.outputs);
            says_nothing(&stage);
            // Mostly things follow at once.
            if wait > 30 {
                stage.wait(Duration::from_secs(wait));
                promises.check(&stage.outputs);
            }
        }
        settle(&mut stage, &mut promises);
        prop_assert!(stage.desk.is_quiet(), "a card comes to no end: {:?}", stage.desk);
        // Nobody touches anything any more: the visit ends, and the value that held the reader is gone.
        stage.wait(Duration::from_secs(600));
        prop_assert!(!stage.desk.is_open());
        prop_assert_eq!(stage.page, None);
        for row in promises.kept.values() {
            prop_assert!(matches!(row, Row::Done | Row::Undone { .. }), "{row:?}");
        }
    }
}
