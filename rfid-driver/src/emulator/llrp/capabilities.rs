//! What the emulated LLRP reader says of itself.

use crate::uhf::llrp::parameter::Tlv;
use crate::uhf::llrp::spec::Transmitter;

/// The parameters of GET_READER_CAPABILITIES_RESPONSE: 0 = all, 1 the device, 2 LLRP, 3 the region, 4 the air.
pub(super) fn capabilities(what: u8) -> Vec<u8> {
    let parts = [(1, device()), (2, llrp()), (3, region()), (4, air())];
    parts
        .into_iter()
        .filter(|(part, _)| what == 0 || what == *part)
        .flat_map(|(_, tlv)| tlv.into_bytes())
        .collect()
}

/// The parameters of GET_READER_CONFIG_RESPONSE: 0 = all, 1 who it is, 3 the antennas.
pub(super) fn config(what: u8, power_row: Option<u16>) -> Vec<u8> {
    let mac = Tlv::new(218).u8(0).u16(8).bytes(&[0x02, 0, 0, 0xFF, 0xFE, 0, 0, 0x01]);
    let power = power_row.unwrap_or(N_POWERS);
    let antenna = |id| Tlv::new(222).u16(id).with(Transmitter { hop_table: 1, channel: 1, power }.tlv());
    let parts = [(1, mac), (3, antenna(1)), (3, antenna(2)), (3, antenna(3)), (3, antenna(4))];
    parts
        .into_iter()
        .filter(|(part, _)| what == 0 || what == *part)
        .flat_map(|(_, tlv)| tlv.into_bytes())
        .collect()
}

fn device() -> Tlv {
    let sensitivity = Tlv::new(139).u16(1).u16(0);
    let inputs = Tlv::new(141).u16(0).u16(0);
    // Four antennas, no setting of them, a clock.
    let device = Tlv::new(137).u16(4).u16(0x4000).u32(0).u32(1);
    let firmware = env!("CARGO_PKG_VERSION").as_bytes();
    let device = device.u16(u16::try_from(firmware.len()).unwrap_or(0)).bytes(firmware);
    (1..=4).fold(device.with(sensitivity).with(inputs), |tlv, antenna| {
        tlv.with(Tlv::new(140).u16(antenna).u16(1).u8(1))
    })
}

/// As a Speedway says it: among others one ROSpec, and 1508 AccessSpecs of eight commands each.
fn llrp() -> Tlv {
    Tlv::new(142).u8(0x48).u8(1).u16(0).u32(1).u32(32).u32(1).u32(1508).u32(8)
}

/// Powers from 10 dBm in steps of a quarter, one channel, one mode of the air.
fn region() -> Tlv {
    let powers =
        (1..=N_POWERS).fold(Tlv::new(144), |tlv, row| tlv.with(Tlv::new(145).u16(row).u16(centi_dbm(row))));
    let channel = Tlv::new(146).u8(0).with(Tlv::new(148).u16(1).u32(922_625));
    let mode =
        Tlv::new(329).u32(0).u8(0x80).u8(0).u8(2).u8(2).u32(640_000).u32(1500).u32(6250).u32(6250).u32(0);
    Tlv::new(143).u16(156).u16(0).with(powers.with(channel).with(Tlv::new(328).with(mode)))
}

/// The power of a row.
pub(super) fn centi_dbm(row: u16) -> u16 {
    975 + 25 * row
}

fn air() -> Tlv {
    Tlv::new(327).u8(0x80).u16(2)
}

/// Up to 32.5 dBm.
pub(super) const N_POWERS: u16 = 91;
