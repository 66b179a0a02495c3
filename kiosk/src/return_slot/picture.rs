//! The slot as the console draws it.

use slot::io::{Outage, Power};
use slot::sensors::{Belt, ShutterDrive};
use slot::slot::{Rest, View, Whereabouts};
use supervision::console::slot::{Bin, Contacts, Drive, Lamp, Piece, Place, Slot};

use super::words;

/// The machine's view, with the bins' names.
pub(super) fn drawn(view: &View, names: &[String]) -> Slot {
    let contacts = view.sensors.as_ref().map(|sensors| Contacts {
        is_open: sensors.shutter_is_open,
        is_closed: sensors.shutter_is_closed,
        is_curtain_clear: sensors.curtain_is_clear,
        eyes: [sensors.eye_in, sensors.eye_mid, sensors.eye_out],
        is_door_open: sensors.service_door_is_open,
        has_mains: view.power == Power::Mains,
    });
    let why = |outage: Outage| words::outage(outage).to_owned();
    Slot {
        state: view.state.to_owned(),
        why: match view.rest {
            Rest::OutOfService(outage) => Some(why(outage)),
            Rest::Idle | Rest::Busy => None,
        },
        contacts,
        shutter: match view.shutter {
            ShutterDrive::Stop => Drive::Stands,
            ShutterDrive::Open => Drive::Forward,
            ShutterDrive::Close => Drive::Back,
        },
        inlet: match view.inlet {
            Belt::Stop => Drive::Stands,
            Belt::Inwards => Drive::Forward,
            Belt::Outwards => Drive::Back,
        },
        sorter_runs: view.sorter_runs,
        divert: view.divert,
        lamp: match view.rest {
            Rest::Idle => Lamp::Ready,
            Rest::Busy => Lamp::Dark,
            Rest::OutOfService(_) => Lamp::Out,
        },
        pieces: pieces(view),
        bins: names.iter().enumerate().map(|(at, name)| bin(view, at, name)).collect(),
    }
}

fn pieces(view: &View) -> Vec<Piece> {
    let one = |(piece, place): &(slot::journal::Piece, Whereabouts)| Piece {
        number: piece.id.0,
        item: piece.item.as_ref().map(|item| item.as_str().to_owned()),
        place: match place {
            Whereabouts::Inlet => Place::Inlet,
            Whereabouts::Flap => Place::Flap,
            Whereabouts::Sorter => Place::Sorter,
        },
    };
    view.pieces.iter().map(one).collect()
}

fn bin(view: &View, at: usize, name: &str) -> Bin {
    let contacts = view.sensors.as_ref().and_then(|sensors| sensors.bins.get(at));
    Bin {
        name: name.to_owned(),
        n: view.n_dropped.get(at).copied().unwrap_or_default(),
        is_full: contacts.is_some_and(|bin| bin.is_full),
        is_away: contacts.is_some_and(|bin| !bin.is_present),
    }
}
