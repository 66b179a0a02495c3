//! The slot as text: one axis from the street to the last bin, a character for 20 mm.
//!
//! ```text
//!                                                   flap          0       1       2
//!   street  [:::LW0000001:::]..|...................\\..|............v.......v.......v
//!   shutter open 100%  curtain broken  eyes # . .  inlet >>  sorter --
//! ```

use slot::mechanics::Place;
use slot::sensors::{Belt, ShutterDrive};

use crate::world::World;

/// Draws the world as it is.
#[must_use]
pub fn picture(world: &World) -> Vec<String> {
    let mut lines = vec![belts(world)];
    lines.push(contacts(world));
    for (at, name) in world.bins.iter().enumerate() {
        let things = world.iron.things.iter().filter(|thing| thing.place == Place::Bin(at));
        let things: Vec<&str> = things.map(|thing| thing.name.as_str()).collect();
        let (is_present, is_full) = world.iron.bins.get(at).copied().unwrap_or_default();
        let how = match (is_present, is_full) {
            (false, _) => " AWAY",
            (true, true) => " FULL",
            (true, false) => "",
        };
        lines.push(format!("bin {at} {name}{how}: {} {}", things.len(), last(&things)));
    }
    lines
}

/// The last few of them: a night brings many.
fn last(things: &[&str]) -> String {
    let shown = things.len().saturating_sub(SHOWN);
    let dots = if shown > 0 { "... " } else { "" };
    format!("{dots}{}", things.get(shown..).unwrap_or_default().join(" "))
}

fn belts(world: &World) -> String {
    let end = 900.0 + 150.0 * world.bins.len() as f64;
    let mut cells: Vec<char> = (0..column(end)).map(|_| '.').collect();
    let mut put = |at: f64, mark: char| {
        if let Some(cell) = cells.get_mut(column(at)) {
            *cell = mark;
        }
    };
    (0..column(0.0)).for_each(|at| put(START + MM * at as f64, ' '));
    put(0.0, if world.iron.shutter > 0.5 { ':' } else { '|' });
    put(430.0, '\\');
    (0..world.bins.len()).for_each(|bin| put(900.0 + 150.0 * bin as f64, 'v'));
    for thing in &world.iron.things {
        let (Some(front), Some(tail)) = (thing.front(), thing.tail()) else { continue };
        let (first, last) = (column(tail), column(front).max(column(tail) + 1));
        let mut name = thing.name.chars();
        for (at, cell) in cells.iter_mut().enumerate().take(last + 1).skip(first) {
            *cell = match at {
                _ if at == first => '[',
                _ if at == last => ']',
                _ => name.next().unwrap_or('='),
            };
        }
    }
    cells.into_iter().collect()
}

fn contacts(world: &World) -> String {
    let sensors = world.iron.sensors();
    let eye = |is_covered| if is_covered { '#' } else { '.' };
    let driven = world.plant.driven();
    let shutter = match driven.map(|drives| drives.shutter) {
        Some(ShutterDrive::Open) => " opening",
        Some(ShutterDrive::Close) => " closing",
        Some(ShutterDrive::Stop) | None => "",
    };
    let inlet = match driven.map(|drives| drives.inlet) {
        Some(Belt::Inwards) => ">>",
        Some(Belt::Outwards) => "<<",
        Some(Belt::Stop) | None => "--",
    };
    format!(
        "shutter {:3.0}%{shutter}  curtain {}  eyes {} {} {}  inlet {inlet}  sorter {}{}{}",
        world.iron.shutter * 100.0,
        if sensors.curtain_is_clear { "clear" } else { "BROKEN" },
        eye(sensors.eye_in),
        eye(sensors.eye_mid),
        eye(sensors.eye_out),
        if driven.is_some_and(|drives| drives.sorter) { ">>" } else { "--" },
        if world.around.has_mains { "" } else { "  NO MAINS" },
        if world.iron.is_door_open { "  DOOR OPEN" } else { "" },
    )
}

/// The column of a place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture: what is outside is left out"
)]
fn column(at: f64) -> usize {
    ((at - START) / MM).round().max(0.0) as usize
}

/// What the first column shows.
const START: f64 = -320.0;
/// A column shows so much.
const MM: f64 = 20.0;
/// So many things of a bin are named.
const SHOWN: usize = 8;
