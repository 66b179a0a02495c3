//! What is set: events and keepalives of the connection, and the transmit power.

use super::{Llrp, Talk, refusal};
use crate::dialogue::Accepted;
use crate::uhf::llrp::answer::{self, Status};
use crate::uhf::llrp::request::{Config, Request};
use crate::uhf::llrp::spec::{Antenna, Transmitter, antennas_of};
use crate::uhf::llrp::{Message, parameter::Fields};
use crate::uhf::{Ask, Reply};

impl Llrp {
    /// Row of the power, then hop table and channel of each antenna, which are kept as they are.
    pub(super) fn accept_power(
        &mut self,
        id: u32,
        row: Option<u16>,
        ask: &Ask,
        message: &Message<'_>,
    ) -> Accepted<Reply> {
        let (Some(status), Ask::SetPower { centi_dbm }) = (Status::parse(message), ask) else {
            return Accepted::No;
        };
        if message.id != id {
            self.talk = Talk::Power { id, row };
            return Accepted::No;
        }
        if status.code != 0 {
            return Accepted::Reply(Reply::Refused(refusal(status.code)));
        }
        let Some(row) = row else {
            let Some(row) = best_row(&answer::powers(message), *centi_dbm) else {
                return Accepted::Reply(Reply::Refused(refusal(OUT_OF_RANGE)));
            };
            let (bytes, ids) = self.send(&[Request::GetConfig { antenna: 0, what: 3 }]);
            self.talk = Talk::Power { id: ids.first().copied().unwrap_or_default(), row: Some(row) };
            return Accepted::Go(bytes);
        };
        let antennas = antennas_of(Fields(message.body).parameters());
        let with_row =
            |antenna: &Antenna| Some((antenna.id, Transmitter { power: row, ..antenna.transmitter? }));
        self.transmitters = antennas.iter().filter_map(with_row).collect();
        self.loaded = None;
        if self.transmitters.is_empty() {
            return Accepted::Reply(Reply::Refused(refusal(OUT_OF_RANGE)));
        }
        Accepted::Reply(Reply::Done)
    }
}

/// What the connection needs: the ends of ROSpecs, and a reader that misses a host that is gone, so that it is free for
/// the next. LLRP has no other way to say it; transmit power, region and reports are left as they are.
pub(super) fn connection() -> Config {
    Config {
        events: vec![(ROSPEC_EVENT, true)],
        keepalive: Some(Some(KEEPALIVE_MS)),
        holds_nothing: true,
        ..Config::default()
    }
}

/// The highest row that does not exceed a power.
fn best_row(rows: &[(u16, i16)], centi_dbm: u16) -> Option<u16> {
    let fitting = rows.iter().filter(|(_, power)| i32::from(*power) <= i32::from(centi_dbm));
    fitting.max_by_key(|(_, power)| *power).map(|(row, _)| *row)
}

const OUT_OF_RANGE: u16 = 301;
const ROSPEC_EVENT: u16 = 2;
const KEEPALIVE_MS: u32 = 5_000;
