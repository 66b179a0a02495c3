//! Any course of events, for each family.

use std::time::Duration;

use proptest::prelude::*;

use super::pair::{Family, Pair};
use super::{SECOND, show};
use crate::emulator::EmulatorConfig;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::tag::Security;

#[derive(Clone, Debug)]
enum Action {
    Put(usize),
    Take(usize),
    Set(usize, bool),
    Line(&'static str),
    TakeOn(usize, bool),
    Run(u16),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let lines = [
        "miss 0",
        "miss 30",
        "noise 30",
        "noise every 2 5",
        "noise every 0 0",
        "double 50",
        "mute on",
        "mute off",
        "unplug",
        "plug",
    ];
    proptest::collection::vec(
        prop_oneof![
            4 => (0_usize..5).prop_map(Action::Put),
            2 => (0_usize..5).prop_map(Action::Take),
            4 => (0_usize..5, any::<bool>()).prop_map(|(at, to)| Action::Set(at, to)),
            2 => proptest::sample::select(lines.to_vec()).prop_map(Action::Line),
            1 => (0_usize..5, any::<bool>()).prop_map(|(at, afi)| Action::TakeOn(at, afi)),
            6 => (0_u16..900).prop_map(Action::Run),
        ],
        0..40,
    )
}

/// Whatever happens: the watch of the pair holds, and when the faults end, the pad knows who is there.
fn ends_well<P: Family>(actions: Vec<Action>, is_real: bool, damage: usize) -> Result<(), TestCaseError> {
    let config = if is_real { P::real() } else { P::fast() };
    let mut pair = Pair::<P>::new(EmulatorConfig { max_per_inventory: 2, ..config });
    let names = pair.items(5);
    pair.damage_every = damage;
    let mut n_set = 0;
    for action in actions {
        match action {
            Action::Put(at) => {
                pair.line(&format!("put {}", names[at]));
            }
            Action::Take(at) => {
                pair.line(&format!("take {}", names[at]));
            }
            Action::Set(at, secured) => {
                pair.set(&names[at], if secured { Security::Secured } else { Security::Unsecured });
                n_set += 1;
            }
            Action::Line(line) => {
                pair.line(line);
            }
            Action::TakeOn(at, afi) => {
                pair.line(&format!("on {} {} take", if afi { "afi" } else { "eas" }, names[at]));
            }
            Action::Run(ms) => pair.run(Duration::from_millis(ms.into())),
        }
    }
    for line in ["plug", "mute off", "miss 0", "noise every 0 0"] {
        pair.line(line);
    }
    pair.damage_every = 0;
    pair.run(SECOND * 10);
    prop_assert_eq!(pair.outcomes(), n_set, "every command has its outcome");
    let n = pair.emulator.tags().filter(|(_, tag)| tag.is_on_pad).count();
    prop_assert_eq!((pair.n_there(), pair.pad.is_up()), (n, true), "{}", show(&pair.events));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..crate::testing::config() })]

    #[test]
    fn any_course_of_events_ends_well(actions in actions(), is_real in any::<bool>(), damage in 0_usize..9) {
        ends_well::<Obid>(actions, is_real, damage)?;
    }

    #[test]
    fn any_course_of_events_ends_well_for_3m(actions in actions(), is_real in any::<bool>(), damage in 0_usize..9) {
        ends_well::<M810>(actions, is_real, damage)?;
    }
}
