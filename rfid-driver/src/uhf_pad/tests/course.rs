//! Any course of events, for each family.

use std::time::Duration;

use proptest::prelude::*;

use super::pair::{Family, Pair};
use super::twins::ByUii;
use super::{SECOND, show};
use crate::tag::Security;
use crate::uhf::m100::M100;

#[derive(Clone, Debug)]
enum Action {
    Put(usize),
    Take(usize),
    Set(usize, bool),
    Line(&'static str),
    /// Taken off before or after its next write.
    TakeOn(usize, bool),
    Tear(usize, u16),
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
    let torn = prop_oneof![any::<u16>(), (0_u16..32).prop_map(|n| n << 11 | 0x0107), Just(0), Just(0xFFFF)];
    proptest::collection::vec(
        prop_oneof![
            4 => (0_usize..5).prop_map(Action::Put),
            2 => (0_usize..5).prop_map(Action::Take),
            4 => (0_usize..5, any::<bool>()).prop_map(|(at, to)| Action::Set(at, to)),
            2 => proptest::sample::select(lines.to_vec()).prop_map(Action::Line),
            1 => (0_usize..5, any::<bool>()).prop_map(|(at, before)| Action::TakeOn(at, before)),
            1 => (0_usize..5, torn).prop_map(|(at, word)| Action::Tear(at, word)),
            6 => (0_u16..900).prop_map(Action::Run),
        ],
        0..40,
    )
}

/// Whatever happens: the watch of the pair holds, and when the faults end, the pad knows who is there.
fn ends_well<P: Family>(actions: Vec<Action>, is_real: bool, damage: usize) -> Result<(), TestCaseError> {
    let mut pair = Pair::<P>::new(if is_real { P::real() } else { P::fast() });
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
            Action::TakeOn(at, before) => {
                pair.line(&format!("{} write {} take", if before { "on" } else { "after" }, names[at]));
            }
            Action::Tear(at, word) => {
                pair.line(&format!("tear {} {word:04X}", names[at]));
            }
            Action::Run(ms) => pair.run(Duration::from_millis(ms.into())),
        }
    }
    for line in ["plug", "mute off", "miss 0", "double 0", "noise every 0 0"] {
        pair.line(line);
    }
    pair.damage_every = 0;
    pair.run(SECOND * 20);
    prop_assert_eq!(pair.outcomes(), n_set, "every command has its outcome");
    let n = pair.emulator.gen2_tags().filter(|(_, tag)| tag.is_on_pad).count();
    prop_assert_eq!((pair.n_there(), pair.pad.is_up()), (n, true), "{}", show(&pair.events));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..crate::testing::config() })]

    #[test]
    fn any_course_of_events_ends_well(actions in actions(), is_real in any::<bool>(), damage in 0_usize..9) {
        ends_well::<M100>(actions, is_real, damage)?;
    }

    #[test]
    fn any_course_of_events_ends_well_by_uii(actions in actions(), is_real in any::<bool>(), damage in 0_usize..9) {
        ends_well::<ByUii>(actions, is_real, damage)?;
    }
}
