//! `kioskctl reader probe`: is there a reader, which one, and at which speed and parity.

use std::time::Duration;

use rfid_driver::port::{self, DownCause, Identity, OpenError, Parity, PortConfig, Protocol, ReaderEvent};
use tokio::sync::mpsc;

use super::{line, runtime, settings_of, word};
use crate::arguments::LineArguments;
use crate::failure::Failure;
use crate::{Outcome, say, table};

/// Asks, and prints who answered.
///
/// # Errors
/// [`Failure::Port`] if the port cannot be used, [`Failure::NoReader`] or
/// [`Failure::NoReaderAtAll`] if nothing answers.
pub(crate) fn run(arguments: &LineArguments) -> Result<Outcome, Failure> {
    let line = line(arguments)?;
    let candidates =
        if line.is_configured { vec![line.port.clone()] } else { candidates(arguments, &line.port) };
    runtime()?.block_on(async {
        port::open_check(&line.port).await?;
        let mut last = DownCause::Silent;
        for candidate in &candidates {
            match ask(candidate.clone()).await {
                Ok(identity) => return say(&answered(candidate, &identity)).map(|()| Outcome::Good),
                // A line that cannot go so fast is one that no reader is on at that speed.
                Err(DownCause::Open(OpenError::Settings { .. })) if candidates.len() > 1 => {}
                // What greets in no way that LLRP knows may speak something else.
                Err(DownCause::Open(OpenError::NotLlrp { .. })) if candidates.len() > 1 => {}
                Err(DownCause::Open(error)) => return Err(error.into()),
                Err(cause) => {
                    if candidates.len() > 1 {
                        say(&format!("{:<20}  no answer\n", settings_of(candidate)))?;
                    }
                    last = cause;
                }
            }
        }
        let endpoint = line.port.endpoint.clone();
        Err(match candidates.as_slice() {
            [one] => Failure::NoReader { endpoint, line: settings_of(one), cause: last },
            all => Failure::NoReaderAtAll { endpoint, n: all.len() },
        })
    })
}

/// What to try in turn: each family as its maker delivers it, then the other speeds and parities. What is given is not
/// varied.
fn candidates(given: &LineArguments, port: &PortConfig) -> Vec<PortConfig> {
    if port.endpoint.is_tcp() {
        return families_over_tcp(given, port);
    }
    let protocols = if given.protocol.is_some() { vec![port.protocol] } else { PROTOCOLS.to_vec() };
    let bauds = if given.baud.is_some() { vec![port.baud] } else { BAUDS.to_vec() };
    let mut lines: Vec<(Protocol, u32, Parity)> = Vec::new();
    for &protocol in &protocols {
        let (baud, parity) = protocol.line();
        lines.extend((given.baud.is_none() && given.parity.is_none()).then_some((protocol, baud, parity)));
    }
    for &protocol in &protocols {
        let parities = if given.parity.is_some() { vec![port.parity] } else { parities(protocol).to_vec() };
        let all =
            parities.into_iter().flat_map(|parity| bauds.iter().map(move |baud| (protocol, *baud, parity)));
        for line in all {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
        .into_iter()
        .map(|(protocol, baud, parity)| PortConfig { protocol, baud, parity, ..port.clone() })
        .collect()
}

/// Over TCP there is nothing to vary but the family. LLRP first: only its readers greet, so that nothing is said to
/// them that they would not understand.
fn families_over_tcp(given: &LineArguments, port: &PortConfig) -> Vec<PortConfig> {
    let all = [&[Protocol::Llrp], PROTOCOLS.as_slice()].concat();
    let protocols = if given.protocol.is_some() { vec![port.protocol] } else { all };
    protocols.into_iter().map(|protocol| PortConfig { protocol, ..port.clone() }).collect()
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

/// Opens the port and asks once, with one repetition.
async fn ask(config: PortConfig) -> Result<Identity, DownCause> {
    let config = PortConfig { answer_timeout: config.answer_timeout.min(ANSWER), retries: 1, ..config };
    let (commands, command_receiver) = mpsc::channel(1);
    let (event_sender, mut events) = mpsc::channel(4);
    let task = tokio::spawn(port::run(config, command_receiver, event_sender));
    let answer = async {
        while let Some(event) = events.recv().await {
            match event {
                ReaderEvent::Up(identity) => return Ok(identity),
                ReaderEvent::Down(cause) => return Err(cause),
                ReaderEvent::Arrived(_)
                | ReaderEvent::Departed { .. }
                | ReaderEvent::Complete { .. }
                | ReaderEvent::Wrote { .. }
                | ReaderEvent::Programmed { .. }
                | ReaderEvent::Dumped { .. }
                | ReaderEvent::Trouble(_)
                | ReaderEvent::TroubleOver(_) => {}
            }
        }
        Err(DownCause::Silent)
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await.unwrap_or(Err(DownCause::Silent));
    drop((commands, events));
    // The port is free again only when the task has ended.
    match task.await {
        Ok(()) => answer,
        Err(_) => Err(DownCause::Silent),
    }
}

fn answered(port: &PortConfig, identity: &Identity) -> String {
    let parity = match port.parity {
        Parity::None => config::Parity::None,
        Parity::Even => config::Parity::Even,
        Parity::Odd => config::Parity::Odd,
    };
    let path = port.endpoint.to_string();
    let mut text = table::pairs(&[
        ("port", path.clone()),
        ("line", settings_of(port)),
        ("model", identity.model.clone()),
        ("firmware", identity.firmware.clone()),
    ]);
    let protocol = word(port.protocol);
    text.push_str(&format!("\nin the configuration:\n[reader]\nport = {path:?}\nprotocol = {protocol:?}\n"));
    if !port.endpoint.is_tcp() {
        text.push_str(&format!("baud = {}\nparity = {:?}\n", port.baud, parity.as_str()));
    }
    text
}

/// The families that are tried.
const PROTOCOLS: [Protocol; 2] = [Protocol::FeigObid, Protocol::ThreeM810];
/// The speeds of readers, the most usual first.
const BAUDS: [u32; 7] = [38_400, 115_200, 19_200, 9_600, 57_600, 230_400, 4_800];
/// No reader takes longer to say who it is.
const ANSWER: Duration = Duration::from_millis(200);
/// More than all repetitions take.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command, ReaderCommand};
    use clap::Parser;

    fn tried(arguments: &[&str]) -> Vec<String> {
        let arguments = [&["kioskctl", "reader", "probe", "--port", "/dev/x"], arguments].concat();
        let Command::Reader(ReaderCommand::Probe(given)) = Arguments::parse_from(arguments).command else {
            panic!("not a probe")
        };
        candidates(&given, &line(&given).unwrap().port).iter().map(settings_of).collect()
    }

    #[test]
    fn the_makers_settings_come_first_and_what_is_given_is_not_varied() {
        let all = tried(&[]);
        assert_eq!((all[0].as_str(), all[1].as_str()), ("feig-obid 38400 8E1", "3m-810 19200 8N1"));
        assert_eq!(all.len(), 28);
        let one = tried(&["--protocol", "3m-810", "--baud", "9600", "--parity", "odd"]);
        assert_eq!(one, ["3m-810 9600 8O1"]);
        assert_eq!(tried(&["--protocol", "3m-810"]).len(), BAUDS.len());
        assert_eq!(
            tried(&["--baud", "9600"]),
            ["feig-obid 9600 8E1", "feig-obid 9600 8N1", "feig-obid 9600 8O1", "3m-810 9600 8N1"]
        );
    }
}
