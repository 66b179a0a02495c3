//! What the slot tells staff, in words.

use slot::io::{Alarm, Outage};

/// An alarm in words; bins by their names.
pub(super) fn alarm(alarm: &Alarm, bins: &[String]) -> String {
    match alarm {
        Alarm::Out(outage) => format!("takes nothing: {}", self::outage(*outage)),
        Alarm::Bin(bin) => {
            format!("bin {} is full or away", bins.get(*bin).map_or("?", String::as_str))
        }
        Alarm::InTransit(piece) => format!("piece {} lies somewhere between flap and bins", piece.0),
        Alarm::Found(piece) => format!("piece {} was kept without a return", piece.0),
        Alarm::NotCheckedIn(piece) => format!("central refuses the return of piece {}", piece.0),
        Alarm::Unsecured(piece) => format!("the gate bit of piece {} may be open", piece.0),
        Alarm::Gone(piece) => format!("piece {} was seen, and gone after a start", piece.0),
        Alarm::Incomplete(piece) => format!("piece {} lacks parts of its set", piece.0),
        Alarm::Misses => "the diverter misses more often than now and then".to_owned(),
    }
}

/// Why nothing is taken.
pub(super) const fn outage(outage: Outage) -> &'static str {
    match outage {
        Outage::Shutter => "the shutter does not reach its limits",
        Outage::Jam => "something sticks",
        Outage::Full => "every bin is full or away",
        Outage::Blind => "the contacts are not known",
        Outage::Power => "no mains",
        Outage::Service => "the service door is open",
        Outage::Disk => "the journal cannot be written",
        Outage::Smoke => "heat or smoke",
        Outage::Staff => "staff took it out of service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_called_by_its_name() {
        let bins = ["预约".to_owned()];
        assert_eq!(alarm(&Alarm::Bin(0), &bins), "bin 预约 is full or away");
        assert_eq!(alarm(&Alarm::Out(Outage::Jam), &bins), "takes nothing: something sticks");
    }
}
