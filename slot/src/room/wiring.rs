//! Contacts and relays of input and output modules as [`Contacts`], and orders as images of outputs.
//!
//! ```text
//!   images of the modules' inputs ──▶ Wiring::see ──▶ Contacts        (none, if a module is not known)
//!   door, sign ──▶ Wiring::order ──▶ images of the modules' outputs
//! ```
//! The safe image has every relay off: the door locked from the street, nothing lit. It keeps nobody in: exit button, emergency
//! release and fire alarm open by wire (docs/room.md).

use config::{Config, Signal};

use super::io::{Contacts, Sign};
use crate::wiring::{Module, Point};

/// How the room is wired, and what was ordered.
#[derive(Clone, Debug)]
pub struct Wiring {
    modules: Vec<Module>,
    points: Vec<Point>,
}

impl Wiring {
    /// The wiring of a room's own modules: a configuration as [`Config::of_site`] gives it.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let (modules, points) = crate::wiring::points(config);
        Self { modules, points }
    }

    /// The modules, in the order of the configuration.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// What the images of all modules' inputs tell; `None` if one of them is not known. A contact that is not wired tells that
    /// nothing is the matter.
    #[must_use]
    pub fn see(&self, images: &[Option<Vec<bool>>]) -> Option<Contacts> {
        let is_known = |at: usize| images.get(at).is_some_and(Option::is_some);
        if !(0..self.modules.len()).all(is_known) {
            return None;
        }
        let is = |signal| {
            let point = self.points.iter().find(|point| point.is(signal, None))?;
            point.of(images)
        };
        let one = |signal| is(signal).unwrap_or(false);
        Some(Contacts {
            door_is_open: one(Signal::DoorOpen),
            exit: one(Signal::ExitButton),
            fire: one(Signal::FireAlarm),
            outer: one(Signal::PassageOuter),
            inner: one(Signal::PassageInner),
            count_in: one(Signal::CountIn),
            count_out: one(Signal::CountOut),
            gate: one(Signal::GateAlarm),
        })
    }

    /// Unlocks the door, or locks it.
    pub fn unlock(&mut self, is_unlocked: bool) {
        self.set(Signal::UnlockDoor, is_unlocked);
    }

    /// Lights the lamps, and sounds the beeper, as a sign wants it.
    pub fn say(&mut self, sign: Sign) {
        let (green, red, beep) = match sign {
            Sign::Ready => (false, false, false),
            Sign::Wait => (true, true, false),
            Sign::Welcome => (true, false, false),
            Sign::Closed | Sign::OutOfOrder => (false, true, false),
            Sign::Refused(_) | Sign::ShutTheDoor => (false, true, true),
            Sign::Leave => (true, false, true),
        };
        self.set(Signal::LampWelcome, green);
        self.set(Signal::LampRefused, red);
        self.set(Signal::Beeper, beep);
    }

    /// Forgets every order.
    pub fn forget(&mut self) {
        self.modules.iter_mut().for_each(Module::forget);
    }

    /// What a module's outputs are to be.
    #[must_use]
    pub fn outputs(&self, module: usize) -> &[bool] {
        self.modules.get(module).map_or(&[], Module::outputs)
    }

    fn set(&mut self, signal: Signal, is_on: bool) {
        if let Some(point) = self.points.iter().find(|point| point.is(signal, None)) {
            point.set(&mut self.modules, is_on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wiring() -> Wiring {
        let mut text = "[[module]]\nname = \"room\"\n".to_owned();
        for (signal, address, inverted) in [
            ("door-open", 0, true),
            ("exit-button", 1, false),
            ("fire-alarm", 2, true),
            ("passage-outer", 3, false),
            ("unlock-door", 0, false),
            ("lamp-welcome", 1, false),
            ("lamp-refused", 2, false),
            ("beeper", 3, true),
        ] {
            text +=
                &format!("[[contact]]\nsignal = {signal:?}\naddress = {address}\ninverted = {inverted}\n");
        }
        Wiring::new(&Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn a_cut_wire_is_an_open_door_and_a_fire_alarm_and_what_is_not_wired_is_not_the_matter() {
        let wiring = wiring();
        assert_eq!(wiring.see(&[None]), None);
        let cut = wiring.see(&[Some(vec![false; 4])]).unwrap();
        assert!(cut.door_is_open && cut.fire && !cut.exit && !cut.inner && !cut.count_in);
        let at_rest = wiring.see(&[Some(vec![true, false, true, true])]).unwrap();
        assert_eq!(at_rest, Contacts { outer: true, ..Contacts::default() });
        let [module] = wiring.modules() else { panic!() };
        assert_eq!((module.n_inputs, module.n_outputs), (4, 4));
        assert_eq!(module.safe, [false, false, false, true], "the beeper is inverted, and silent");
    }

    #[test]
    fn door_lamps_and_beeper_are_as_they_were_ordered_and_forgotten_they_are_safe() {
        let mut wiring = wiring();
        wiring.unlock(true);
        wiring.say(Sign::Welcome);
        assert_eq!(wiring.outputs(0), [true, true, false, true]);
        wiring.say(Sign::ShutTheDoor);
        assert_eq!(wiring.outputs(0), [true, false, true, false]);
        wiring.forget();
        assert_eq!(wiring.outputs(0), [false, false, false, true]);
        wiring.say(Sign::Leave);
        assert_eq!(wiring.outputs(0), [false, true, false, false]);
    }
}
