//! What a probe tries, and in which order.

use rfid_driver::port::{Parity, PortConfig, Protocol};

use crate::arguments::LineArguments;

/// All that may be at a port of which nothing is known.
pub(super) fn of_port(port: &PortConfig) -> Vec<PortConfig> {
    let nothing = LineArguments { config: None, port: None, protocol: None, baud: None, parity: None };
    all(&nothing, port)
}

/// What to try in turn: each family as its maker delivers it, then the other speeds and parities, the usual ones of all
/// families first. What is given is not varied.
pub(super) fn all(given: &LineArguments, port: &PortConfig) -> Vec<PortConfig> {
    let protocols = match (given.protocol, port.endpoint.is_tcp()) {
        (Some(_), _) => vec![port.protocol],
        (None, true) => over_tcp(),
        (None, false) => serial(),
    };
    // Speed and parity are set at the other end.
    if port.endpoint.is_tcp() {
        return protocols.into_iter().map(|protocol| PortConfig { protocol, ..port.clone() }).collect();
    }
    let mut lines: Vec<(Protocol, u32, Parity)> = Vec::new();
    if given.baud.is_none() && given.parity.is_none() {
        lines.extend(protocols.iter().map(|protocol| {
            let (baud, parity) = protocol.line();
            (*protocol, baud, parity)
        }));
    }
    let bauds = if given.baud.is_some() { vec![port.baud] } else { BAUDS.to_vec() };
    for rank in 0..N_PARITIES {
        for &baud in &bauds {
            for &protocol in &protocols {
                let parities = if given.parity.is_some() {
                    std::slice::from_ref(&port.parity)
                } else {
                    parities(protocol)
                };
                lines.extend(parities.get(rank).map(|parity| (protocol, baud, *parity)));
            }
        }
    }
    let mut seen = Vec::new();
    lines.retain(|line| {
        let is_new = !seen.contains(line);
        seen.push(*line);
        is_new
    });
    let config = |(protocol, baud, parity)| PortConfig { protocol, baud, parity, ..port.clone() };
    lines.into_iter().map(config).collect()
}

/// All families that have a serial form.
fn serial() -> Vec<Protocol> {
    Protocol::ALL.into_iter().filter(|protocol| *protocol != Protocol::Llrp).collect()
}

/// LLRP first: only its readers greet, so that nothing is said to them that they would not understand.
fn over_tcp() -> Vec<Protocol> {
    [vec![Protocol::Llrp], serial()].concat()
}

/// The parities that a family is set to, the usual first.
fn parities(protocol: Protocol) -> &'static [Parity] {
    match protocol {
        Protocol::FeigObid => &[Parity::Even, Parity::None, Parity::Odd],
        Protocol::ThreeM810
        | Protocol::M100
        | Protocol::R2000
        | Protocol::Reader18
        | Protocol::Mercury
        | Protocol::Llrp => &[Parity::None],
    }
}

/// The most parities that a family has.
const N_PARITIES: usize = 3;
/// The speeds of readers, the most usual first.
const BAUDS: [u32; 7] = [115_200, 38_400, 57_600, 19_200, 9_600, 230_400, 4_800];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command, ReaderCommand};
    use crate::reader::{line, settings_of};
    use clap::Parser;

    fn tried(arguments: &[&str]) -> Vec<String> {
        let arguments = [&["kioskctl", "reader", "probe", "--port"], arguments].concat();
        let Command::Reader(ReaderCommand::Probe(given)) = Arguments::parse_from(arguments).command else {
            panic!("not a probe")
        };
        all(&given, &line(&given).unwrap().port).iter().map(settings_of).collect()
    }

    #[test]
    fn the_makers_settings_come_first_and_what_is_given_is_not_varied() {
        let every = tried(&["/dev/x"]);
        assert_eq!(
            every[..7],
            [
                "feig-obid 38400 8E1",
                "3m-810 19200 8N1",
                "m100 115200 8N1",
                "r2000 115200 8N1",
                "reader18 57600 8N1",
                "mercury 115200 8N1",
                "feig-obid 115200 8E1"
            ]
        );
        assert_eq!(every.len(), BAUDS.len() * (3 + 5));
        let one = tried(&["/dev/x", "--protocol", "3m-810", "--baud", "9600", "--parity", "odd"]);
        assert_eq!(one, ["3m-810 9600 8O1"]);
        assert_eq!(tried(&["/dev/x", "--protocol", "m100"]).len(), BAUDS.len());
        let at = tried(&["/dev/x", "--baud", "9600"]);
        assert_eq!(
            (at.len(), at[0].as_str(), at[7].as_str()),
            (8, "feig-obid 9600 8E1", "feig-obid 9600 8O1")
        );
    }

    #[test]
    fn over_tcp_only_the_family_varies() {
        let every = tried(&["tcp://reader:4001"]);
        assert_eq!(every, ["llrp", "feig-obid", "3m-810", "m100", "r2000", "reader18", "mercury"]);
        assert_eq!(tried(&["tcp://reader:4001", "--protocol", "mercury"]), ["mercury"]);
    }
}
