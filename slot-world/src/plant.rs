//! The mechanics' contacts and drives as the inputs and coils of modules: the other side of `slot::wiring`.
//!
//! Written apart from it on purpose: a mistake there would be made here too, and seen by nobody.

use std::time::{Duration, Instant};

use config::{Config, Contact, Signal};
use slot::mechanics::Mechanics;
use slot::sensors::{Belt, Motion, Sensors, ShutterDrive};

/// How the modules are wired to the mechanics.
#[derive(Clone, Debug)]
pub struct Plant {
    contacts: Vec<(usize, Option<usize>, Contact)>,
    n_bins: usize,
    /// until when the eye of each bin is covered by what falls
    falling: Vec<Option<Instant>>,
    /// what was driven last
    driven: Option<Drives>,
    /// the light curtain cuts the closing relay, as it must
    pub has_wire: bool,
}

/// What the relays drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drives {
    /// the shutter
    pub shutter: ShutterDrive,
    /// the inlet belt
    pub inlet: Belt,
    /// the sorting belt
    pub sorter: bool,
    /// the bin to which the diverters lead
    pub bin: usize,
}

impl Plant {
    /// The plant of a configuration that was checked.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let contacts = config.contacts.iter().filter_map(|contact| {
            let bin = contact.bin.as_deref().and_then(|name| config.bin(name));
            Some((config.module(contact)?, bin, contact.clone()))
        });
        let n_bins = config.bins.len();
        Self {
            contacts: contacts.collect(),
            n_bins,
            falling: vec![None; n_bins],
            driven: None,
            has_wire: true,
        }
    }

    /// How many inputs and coils a module needs.
    #[must_use]
    pub fn size(&self, module: usize) -> (usize, usize) {
        let most = |is_output: bool| {
            let own = self
                .contacts
                .iter()
                .filter(|(at, _, contact)| *at == module && contact.signal.is_output() == is_output);
            own.map(|(_, _, contact)| usize::from(contact.address) + 1).max().unwrap_or_default()
        };
        // As they are sold.
        (most(false).next_multiple_of(8), most(true).next_multiple_of(8))
    }

    /// Sets a module's inputs as the mechanics are.
    pub fn show(
        &mut self,
        now: Instant,
        around: &Around,
        iron: &Mechanics,
        module: usize,
        inputs: &mut [bool],
    ) {
        let sensors = iron.sensors();
        for (bin, until) in self.falling.iter_mut().enumerate() {
            if sensors.bins.get(bin).is_some_and(|bin| bin.has_dropped) {
                *until = Some(now + FALL);
            }
        }
        for (at, bin, contact) in &self.contacts {
            if *at != module || contact.signal.is_output() {
                continue;
            }
            let is_falling = bin
                .and_then(|bin| self.falling.get(bin))
                .is_some_and(|until| until.is_some_and(|until| now < until));
            let is_on = is_on(contact.signal, *bin, &sensors, around, is_falling);
            if let Some(input) = inputs.get_mut(usize::from(contact.address)) {
                *input = is_on != contact.inverted;
            }
        }
    }

    /// What the coils of all modules drive. A relay both ways at once is a motor that stands: its contactors are interlocked.
    #[must_use]
    pub fn drives(&self, coils: &[&[bool]]) -> Drives {
        let is = |signal: Signal, wanted: Option<usize>| {
            self.contacts.iter().any(|(module, bin, contact)| {
                let coil = coils.get(*module).and_then(|coils| coils.get(usize::from(contact.address)));
                contact.signal == signal
                    && *bin == wanted
                    && coil.is_some_and(|coil| *coil != contact.inverted)
            })
        };
        let last = self.n_bins.saturating_sub(1);
        let both = |one, other| (is(one, None), is(other, None));
        Drives {
            shutter: match both(Signal::OpenShutter, Signal::CloseShutter) {
                (true, false) => ShutterDrive::Open,
                (false, true) => ShutterDrive::Close,
                (false, false) | (true, true) => ShutterDrive::Stop,
            },
            inlet: match both(Signal::BeltIn, Signal::BeltOut) {
                (true, false) => Belt::Inwards,
                (false, true) => Belt::Outwards,
                (false, false) | (true, true) => Belt::Stop,
            },
            sorter: is(Signal::Sorter, None),
            bin: (0..self.n_bins).find(|bin| is(Signal::Divert, Some(*bin))).unwrap_or(last),
        }
    }

    /// Drives the mechanics. The light curtain cuts the closing relay by wire, the service door all of it.
    pub fn drive(&mut self, drives: Drives, iron: &mut Mechanics) {
        let is_cut = self.has_wire && drives.shutter == ShutterDrive::Close && !iron.is_curtain_clear();
        iron.order(Motion::Shutter(if is_cut { ShutterDrive::Stop } else { drives.shutter }));
        iron.order(Motion::Inlet(drives.inlet));
        iron.order(Motion::Sorter { runs: drives.sorter });
        iron.order(Motion::Divert { bin: drives.bin });
        self.driven = Some(drives);
    }

    /// What is driven now.
    #[must_use]
    pub const fn driven(&self) -> Option<Drives> {
        self.driven
    }
}

/// What is around the mechanics and seen by contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// there is mains
    pub has_mains: bool,
    /// somebody is at the mouth
    pub is_approached: bool,
}

fn is_on(signal: Signal, bin: Option<usize>, sensors: &Sensors, around: &Around, is_falling: bool) -> bool {
    let bin = bin.and_then(|bin| sensors.bins.get(bin));
    match signal {
        Signal::CurtainClear => sensors.curtain_is_clear,
        Signal::ShutterOpen => sensors.shutter_is_open,
        Signal::ShutterClosed => sensors.shutter_is_closed,
        Signal::ShutterOverloaded => sensors.shutter_is_overloaded,
        Signal::EyeIn => sensors.eye_in,
        Signal::EyeMid => sensors.eye_mid,
        Signal::EyeOut => sensors.eye_out,
        Signal::ServiceDoor => sensors.service_door_is_open,
        Signal::Smoke => sensors.has_smoke,
        Signal::Mains => around.has_mains,
        Signal::Approach => around.is_approached,
        Signal::BinPresent => bin.is_some_and(|bin| bin.is_present),
        Signal::BinFull => bin.is_some_and(|bin| bin.is_full),
        Signal::BinDropped => is_falling,
        // The room has modules of its own.
        Signal::DoorOpen
        | Signal::ExitButton
        | Signal::FireAlarm
        | Signal::PassageOuter
        | Signal::PassageInner
        | Signal::CountIn
        | Signal::CountOut
        | Signal::GateAlarm
        | Signal::UnlockDoor
        | Signal::LampWelcome
        | Signal::LampRefused
        | Signal::Beeper => false,
        Signal::OpenShutter
        | Signal::CloseShutter
        | Signal::BeltIn
        | Signal::BeltOut
        | Signal::Sorter
        | Signal::Divert
        | Signal::LampReady
        | Signal::LampOut => false,
    }
}

/// What falls covers the bin's eye so long.
const FALL: Duration = Duration::from_millis(150);
