//! Contacts and relays of input and output modules as [`Sensors`] and [`Motion`].
//!
//! ```text
//!   images of the modules' inputs ──▶ Wiring::see ──▶ Sensors, power        (none of it, if a module is not known)
//!   Motion, lamps ──▶ Wiring::order ──▶ images of the modules' outputs
//! ```
//! **Rule**: opposite drives are never on together, whatever was ordered: the last order counts, and its opposite is off.
//! A contact that is not wired tells what lets the slot work: no overload, door shut, no smoke, cart there, room left,
//! mains on.

use std::time::Duration;

use config::{Config, Contact, Signal};

use crate::io::Power;
use crate::sensors::{Belt, BinContacts, Motion, Sensors, ShutterDrive};

/// How the slot is wired, and what was ordered.
#[derive(Clone, Debug)]
pub struct Wiring {
    modules: Vec<Module>,
    points: Vec<Point>,
    n_bins: usize,
    /// bins whose eye was covered in the last image
    dropping: Vec<bool>,
}

/// One module, as it is to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its inputs are read from address 0 on; so many.
    pub n_inputs: u16,
    /// Its outputs are written from address 0 on; so many.
    pub n_outputs: u16,
    /// How long each raw input must be on, and off, to count.
    pub holds: Vec<(Duration, Duration)>,
    /// The outputs with which nothing moves and no lamp is lit.
    pub safe: Vec<bool>,
    /// The outputs as they are wanted.
    outputs: Vec<bool>,
}

/// A contact, with names resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    signal: Signal,
    bin: Option<usize>,
    module: usize,
    address: usize,
    inverted: bool,
}

/// What the contacts tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// of the mechanics
    pub sensors: Sensors,
    /// of the mains
    pub power: Power,
    /// somebody is at the mouth
    pub is_approached: bool,
}

/// A lamp at the mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    /// The slot takes items.
    Ready,
    /// It serves somebody.
    Dark,
    /// It is out of service.
    Out,
}

impl Wiring {
    /// The wiring by the configuration, which has been checked.
    pub fn new(config: &Config) -> Self {
        let (modules, points) = points(config);
        let n_bins = config.bins.len();
        Self { modules, points, n_bins, dropping: vec![false; n_bins] }
    }

    /// The modules, in the order of the configuration.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// What the images of all modules' inputs tell; `None` if one of them is not known.
    pub fn see(&mut self, images: &[Option<Vec<bool>>]) -> Option<Image> {
        let is_known = |at: usize| images.get(at).is_some_and(Option::is_some);
        if !(0..self.modules.len()).all(is_known) {
            // What falls meanwhile is not seen.
            self.dropping.fill(false);
            return None;
        }
        let is = |signal, bin| self.is(images, signal, bin);
        let bins: Vec<BinContacts> = (0..self.n_bins)
            .zip(&self.dropping)
            .map(|(bin, was_dropping)| BinContacts {
                is_present: is(Signal::BinPresent, Some(bin)).unwrap_or(true),
                is_full: is(Signal::BinFull, Some(bin)).unwrap_or(false),
                has_dropped: is(Signal::BinDropped, Some(bin)).unwrap_or(false) && !was_dropping,
            })
            .collect();
        let one = |signal| is(signal, None).unwrap_or(false);
        let sensors = Sensors {
            curtain_is_clear: one(Signal::CurtainClear),
            shutter_is_open: one(Signal::ShutterOpen),
            shutter_is_closed: one(Signal::ShutterClosed),
            shutter_is_overloaded: one(Signal::ShutterOverloaded),
            eye_in: one(Signal::EyeIn),
            eye_mid: one(Signal::EyeMid),
            eye_out: one(Signal::EyeOut),
            service_door_is_open: one(Signal::ServiceDoor),
            has_smoke: one(Signal::Smoke),
            bins,
        };
        let is_approached = one(Signal::Approach);
        let power = if is(Signal::Mains, None).unwrap_or(true) { Power::Mains } else { Power::Battery };
        self.dropping = (0..self.n_bins)
            .map(|bin| self.is(images, Signal::BinDropped, Some(bin)) == Some(true))
            .collect();
        Some(Image { sensors, power, is_approached })
    }

    fn is(&self, images: &[Option<Vec<bool>>], signal: Signal, bin: Option<usize>) -> Option<bool> {
        self.points.iter().find(|point| point.is(signal, bin))?.of(images)
    }

    /// Takes an order; [`Wiring::outputs`] has it.
    pub fn order(&mut self, motion: Motion) {
        match motion {
            Motion::Shutter(drive) => {
                self.set(Signal::OpenShutter, None, drive == ShutterDrive::Open);
                self.set(Signal::CloseShutter, None, drive == ShutterDrive::Close);
            }
            Motion::Inlet(belt) => {
                self.set(Signal::BeltIn, None, belt == Belt::Inwards);
                self.set(Signal::BeltOut, None, belt == Belt::Outwards);
            }
            Motion::Sorter { runs } => self.set(Signal::Sorter, None, runs),
            Motion::Divert { bin: wanted } => {
                for bin in 0..self.n_bins {
                    self.set(Signal::Divert, Some(bin), bin == wanted);
                }
            }
        }
    }

    /// Sets the lamps.
    pub fn light(&mut self, lamp: Lamp) {
        self.set(Signal::LampReady, None, lamp == Lamp::Ready);
        self.set(Signal::LampOut, None, lamp == Lamp::Out);
    }

    /// Forgets every order: the modules are written as it is safe.
    pub fn forget(&mut self) {
        self.modules.iter_mut().for_each(Module::forget);
    }

    /// What a module's outputs are to be.
    pub fn outputs(&self, module: usize) -> &[bool] {
        self.modules.get(module).map_or(&[], |module| &module.outputs)
    }

    fn set(&mut self, signal: Signal, bin: Option<usize>, is_on: bool) {
        if let Some(point) = self.points.iter().find(|point| point.is(signal, bin)) {
            point.set(&mut self.modules, is_on);
        }
    }
}

impl Point {
    pub(crate) fn is(&self, signal: Signal, bin: Option<usize>) -> bool {
        self.signal == signal && self.bin == bin
    }

    /// What the images of all modules' inputs say of it.
    pub(crate) fn of(&self, images: &[Option<Vec<bool>>]) -> Option<bool> {
        let raw = images.get(self.module)?.as_ref()?.get(self.address)?;
        Some(*raw != self.inverted)
    }

    /// Orders it.
    pub(crate) fn set(&self, modules: &mut [Module], is_on: bool) {
        let output = modules.get_mut(self.module).and_then(|one| one.outputs.get_mut(self.address));
        if let Some(output) = output {
            *output = is_on != self.inverted;
        }
    }
}

impl Module {
    /// The outputs as they are wanted.
    pub fn outputs(&self) -> &[bool] {
        &self.outputs
    }

    /// Forgets every order.
    pub fn forget(&mut self) {
        self.outputs.clone_from(&self.safe);
    }

    fn take(&mut self, point: Point, contact: &Contact) {
        let n = contact.address.saturating_add(1);
        if point.signal.is_output() {
            self.n_outputs = self.n_outputs.max(n);
            self.safe.resize(usize::from(self.n_outputs), false);
            if let Some(output) = self.safe.get_mut(point.address) {
                *output = point.inverted;
            }
            self.outputs.clone_from(&self.safe);
            return;
        }
        self.n_inputs = self.n_inputs.max(n);
        self.holds.resize(usize::from(self.n_inputs), (Duration::ZERO, Duration::ZERO));
        // The module debounces what it sees: an inverted contact is on when it is off.
        let holds = if point.inverted { (contact.off, contact.on) } else { (contact.on, contact.off) };
        if let Some(hold) = self.holds.get_mut(point.address) {
            *hold = holds;
        }
    }
}

/// The modules of a configuration, and its contacts with names resolved.
pub(crate) fn points(config: &Config) -> (Vec<Module>, Vec<Point>) {
    let mut modules = vec![Module::default(); config.modules.len()];
    let mut points = Vec::new();
    for contact in &config.contacts {
        let Some(point) = point(config, contact) else { continue };
        if let Some(module) = modules.get_mut(point.module) {
            module.take(point, contact);
        }
        points.push(point);
    }
    (modules, points)
}

fn point(config: &Config, contact: &Contact) -> Option<Point> {
    let bin = match &contact.bin {
        Some(name) => Some(config.bin(name)?),
        None => None,
    };
    Some(Point {
        signal: contact.signal,
        bin,
        module: config.module(contact)?,
        address: usize::from(contact.address),
        inverted: contact.inverted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two modules: contacts on the first, relays on the second; the eyes are normally closed.
    fn wiring() -> Wiring {
        let contacts = [
            ("curtain-clear", 0, false),
            ("shutter-open", 1, false),
            ("shutter-closed", 2, false),
            ("eye-in", 4, true),
            ("eye-mid", 5, true),
            ("eye-out", 6, true),
            ("mains", 7, false),
            ("approach", 3, false),
        ];
        let relays = [
            ("open-shutter", 0, false),
            ("close-shutter", 1, false),
            ("belt-in", 2, false),
            ("belt-out", 3, false),
            ("sorter", 4, true),
            ("lamp-ready", 5, false),
        ];
        let mut text = "[[module]]\nname = \"in\"\n[[module]]\nname = \"out\"\n".to_owned();
        for (rows, module, hold) in [(&contacts[..], "in", "on_ms = 30\n"), (&relays[..], "out", "")] {
            for (signal, address, inverted) in rows {
                text += &format!(
                    "[[contact]]\nsignal = {signal:?}\nmodule = {module:?}\naddress = {address}\ninverted = {inverted}\n{hold}"
                );
            }
        }
        for (bin, eye, diverter) in [("held", 8, Some(6)), ("rest", 9, None)] {
            text += &format!(
                "[[bin]]\nname = {bin:?}\n[[contact]]\nsignal = \"bin-dropped\"\nbin = {bin:?}\naddress = {eye}\n"
            );
            if let Some(diverter) = diverter {
                text += &format!(
                    "[[contact]]\nsignal = \"divert\"\nbin = {bin:?}\nmodule = \"out\"\naddress = {diverter}\n"
                );
            }
        }
        text += "[slot]\nenabled = true\n";
        Wiring::new(&Config::parse(&text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}")))
    }

    fn lit(n: usize, which: &[usize]) -> Vec<bool> {
        (0..n).map(|at| which.contains(&at)).collect()
    }

    #[test]
    fn the_modules_are_asked_as_far_as_their_contacts_reach() {
        let wiring = wiring();
        let [inputs, outputs] = wiring.modules() else { panic!() };
        assert_eq!((inputs.n_inputs, inputs.n_outputs), (10, 0));
        assert_eq!((outputs.n_inputs, outputs.n_outputs), (0, 7));
        assert_eq!(outputs.safe, lit(7, &[4]), "the relay of the sorting belt is inverted");
        let ms = Duration::from_millis;
        assert_eq!(inputs.holds[1], (ms(30), ms(0)));
        assert_eq!(inputs.holds[4], (ms(0), ms(30)), "inverted");
    }

    #[test]
    fn an_image_is_whole_or_none_and_a_fall_is_told_once() {
        let mut wiring = wiring();
        assert_eq!(wiring.see(&[None, Some(vec![])]), None);
        let mut see = |which: &[usize]| wiring.see(&[Some(lit(10, which)), Some(vec![])]).unwrap();
        let at_rest = see(&[0, 2, 4, 5, 6, 7]);
        let sensors = &at_rest.sensors;
        assert!(sensors.curtain_is_clear && sensors.shutter_is_closed && !sensors.is_inlet_covered());
        assert!(
            !sensors.service_door_is_open && sensors.bins.iter().all(|bin| bin.is_present && !bin.is_full)
        );
        assert_eq!((sensors.dropped(), at_rest.power), (None, Power::Mains));
        assert!(!at_rest.is_approached && see(&[0, 2, 3, 4, 5, 6, 7]).is_approached);
        let cut = see(&[]);
        assert!(!cut.sensors.curtain_is_clear, "a cut wire is a broken curtain");
        assert!(cut.sensors.eye_in && cut.sensors.eye_out);
        assert_eq!(cut.power, Power::Battery);
        assert_eq!(see(&[9]).sensors.dropped(), Some(1));
        assert_eq!(see(&[9]).sensors.dropped(), None, "it was told");
        see(&[]);
        assert_eq!(see(&[9]).sensors.dropped(), Some(1));
    }

    #[test]
    fn opposite_drives_are_never_on_together_and_one_diverter_is_set() {
        let mut wiring = wiring();
        for (motion, expected) in [
            (Motion::Shutter(ShutterDrive::Open), &[0, 4][..]),
            (Motion::Shutter(ShutterDrive::Close), &[1, 4]),
            (Motion::Inlet(Belt::Inwards), &[1, 2, 4]),
            (Motion::Inlet(Belt::Outwards), &[1, 3, 4]),
            (Motion::Shutter(ShutterDrive::Stop), &[3, 4]),
            (Motion::Sorter { runs: true }, &[3]),
            (Motion::Divert { bin: 0 }, &[3, 6]),
            (Motion::Divert { bin: 1 }, &[3]),
            (Motion::Inlet(Belt::Stop), &[]),
        ] {
            wiring.order(motion);
            assert_eq!(wiring.outputs(1), lit(7, expected), "{motion:?}");
        }
        wiring.light(Lamp::Ready);
        assert_eq!(wiring.outputs(1), lit(7, &[5]));
        wiring.forget();
        assert_eq!(wiring.outputs(1), wiring.modules()[1].safe);
    }
}
