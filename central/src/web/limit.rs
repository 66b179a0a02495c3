//! How many pages one address may ask for. Pure; time comes in.
//!
//! Each address has room for [`BURST`] calls, which fills again at [`PER_SECOND`]: a whole library behind one address is
//! not hindered, a program that tries passwords or reads the catalogue out is. (An address of version 6 is its network,
//! for a house has a whole one.)

use core::net::{IpAddr, Ipv6Addr};
use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Who has called, and how much of it is paid.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    /// for each address the moment until which its calls are paid
    paid: BTreeMap<IpAddr, DateTime>,
    /// when there was no room last: looking through all of them for each call would be a way to keep central busy
    swept: Option<DateTime>,
}

impl Limiter {
    /// Whether this call is let in.
    pub(super) fn lets(&mut self, address: IpAddr, now: DateTime) -> bool {
        let is_due = |swept: DateTime| now.duration_since(swept).abs() >= SWEEP;
        if self.paid.len() >= MAX_ADDRESSES && self.swept.is_none_or(is_due) {
            self.paid.retain(|_, paid| *paid > now);
            self.swept = Some(now);
        }
        let address = network(address);
        let paid = self.paid.get(&address).copied().unwrap_or(now);
        // A clock that was set back starts anew.
        let paid =
            if paid.duration_since(now) > EACH.saturating_mul(2 * BURST) { now } else { paid.max(now) };
        let next = paid.saturating_add(EACH);
        let is_in = next.duration_since(now) <= EACH.saturating_mul(BURST);
        if is_in && self.paid.len() < MAX_ADDRESSES {
            self.paid.insert(address, next);
        }
        is_in
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => match long.to_ipv4_mapped() {
            Some(short) => IpAddr::V4(short),
            None => Ipv6Addr::from_bits(long.to_bits() & !u128::from(u64::MAX)).into(),
        },
    }
}

const PER_SECOND: i32 = 20;
const BURST: i32 = 600;
const EACH: SignedDuration = SignedDuration::from_millis(1000 / PER_SECOND as i64);
/// How often it is looked for room at most.
const SWEEP: SignedDuration = SignedDuration::from_secs(1);
const MAX_ADDRESSES: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn a_burst_is_let_in_and_then_some_each_second() {
        let mut limiter = Limiter::default();
        let at = |ms| datetime(2026, 11, 23, 9, 0, 0, 0).saturating_add(SignedDuration::from_millis(ms));
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_eq!((0..1000).filter(|_| limiter.lets(one, at(0))).count(), 600);
        assert!(limiter.lets(other, at(0)));
        assert_eq!((0..1000).filter(|_| limiter.lets(one, at(1000))).count(), 20);
        assert_eq!(
            (0..1000).filter(|_| limiter.lets(one, at(3_600_000))).count(),
            600,
            "never more than that"
        );
        assert!(limiter.lets(one, at(0)), "the clock was set back");
    }

    #[test]
    fn a_network_of_version_6_is_one_house() {
        let mut limiter = Limiter::default();
        let now = datetime(2026, 11, 23, 9, 0, 0, 0);
        let lets =
            (0..1000).filter(|n| limiter.lets(format!("2001:db8::{n:x}").parse().unwrap(), now)).count();
        assert_eq!(lets, 600);
        assert!(limiter.lets("2001:db8:0:1::1".parse().unwrap(), now));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn its_memory_is_bounded() {
        let mut limiter = Limiter::default();
        let now = datetime(2026, 11, 23, 9, 0, 0, 0);
        for n in 0..70_000_u32 {
            assert!(limiter.lets(core::net::Ipv4Addr::from_bits(n).into(), now));
        }
        assert_eq!(limiter.paid.len(), MAX_ADDRESSES);
        // Their calls are paid once some seconds have passed, and then there is room.
        let later = now.saturating_add(SignedDuration::from_secs(60));
        assert!(limiter.lets(core::net::Ipv4Addr::from_bits(u32::MAX).into(), later));
        assert_eq!(limiter.paid.len(), 1);
    }
}
