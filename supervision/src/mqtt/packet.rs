//! The packets of MQTT 3.1.1 that a client needs which only publishes. Pure.
//!
//! ```text
//!   type and flags (1)   length of the rest (1 to 4, seven bits each)   the rest
//! ```

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// its topic
    pub topic: String,
    /// JSON; empty takes a retained one back
    pub payload: String,
    /// the broker keeps it for whoever comes later
    pub retain: bool,
}

/// How a connection begins.
#[derive(Clone)]
pub struct Connect {
    /// tells this client from the broker's others
    pub client: String,
    /// account and password
    pub account: Option<(String, Option<String>)>,
    /// seconds after which the broker may take a silent client for gone
    pub keep_alive: u16,
    /// what the broker publishes when this client is gone without a word
    pub will: Message,
}

impl core::fmt::Debug for Connect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Without the password.
        f.debug_struct("Connect").field("client", &self.client).finish_non_exhaustive()
    }
}

/// What a broker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// the connection is taken (0), or not
    Connack(u8),
    /// a message is the broker's now
    Puback(u16),
    /// it is alive
    Pong,
}

/// What no broker sends to a client that only publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "what comes is no answer of an MQTT broker (first byte {first:#04x}): is the port right, and TLS on or off?"
)]
pub struct NoBroker {
    /// the first byte of it
    pub first: u8,
}

/// 3.1: CONNECT, with a clean session.
#[must_use]
pub fn connect(connect: &Connect) -> Vec<u8> {
    let Connect { client, account, keep_alive, will } = connect;
    let password = account.as_ref().and_then(|(_, password)| password.as_deref());
    let mut flags = CLEAN | WILL | WILL_QOS_1;
    flags |= if will.retain { WILL_RETAIN } else { 0 };
    flags |= if account.is_some() { USER } else { 0 };
    flags |= if password.is_some() { PASSWORD } else { 0 };
    let mut rest = Vec::new();
    text(&mut rest, "MQTT");
    rest.extend([LEVEL, flags]);
    rest.extend(keep_alive.to_be_bytes());
    for field in [Some(client.as_str()), Some(&will.topic), Some(&will.payload)].into_iter().flatten() {
        text(&mut rest, field);
    }
    for field in [account.as_ref().map(|(user, _)| user.as_str()), password].into_iter().flatten() {
        text(&mut rest, field);
    }
    whole(0x10, &rest)
}

/// 3.3: PUBLISH; with a number it is to be acknowledged (QoS 1), without one it is not (QoS 0).
#[must_use]
pub fn publish(message: &Message, number: Option<u16>) -> Vec<u8> {
    let mut rest = Vec::with_capacity(message.topic.len() + message.payload.len() + 4);
    text(&mut rest, &message.topic);
    if let Some(number) = number {
        rest.extend(number.to_be_bytes());
    }
    rest.extend(message.payload.as_bytes());
    let qos = if number.is_some() { 0x02 } else { 0 };
    whole(0x30 | qos | u8::from(message.retain), &rest)
}

/// 3.12: PINGREQ.
pub const PING: [u8; 2] = [0xC0, 0];
/// 3.14: DISCONNECT, after which the broker does not publish the will.
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

/// Cuts what comes into answers, however it is split.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    /// Takes bytes, and gives the answers that are whole.
    ///
    /// # Errors
    /// [`NoBroker`]: the connection is of no use any more.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Heard>) -> Result<(), NoBroker> {
        self.bytes.extend(bytes);
        while let Some(&first) = self.bytes.first() {
            let Some(&length) = self.bytes.get(1) else { return Ok(()) };
            let expected = match first {
                0x20 | 0x40 => 2,
                0xD0 => 0,
                _ => return Err(NoBroker { first }),
            };
            if length != expected {
                return Err(NoBroker { first });
            }
            let n = 2 + usize::from(length);
            let Some(rest) = self.bytes.get(2..n) else { return Ok(()) };
            out.push(match (first, rest) {
                (0x20, [_, code]) => Heard::Connack(*code),
                (0x40, [high, low]) => Heard::Puback(u16::from_be_bytes([*high, *low])),
                _ => Heard::Pong,
            });
            self.bytes.drain(..n);
        }
        Ok(())
    }
}

/// What a refusal means (3.2.2.3).
#[must_use]
pub const fn refusal(code: u8) -> &'static str {
    match code {
        1 => "the broker does not speak MQTT 3.1.1",
        2 => "the broker does not take this client's name",
        3 => "the broker cannot serve now",
        4 => "the broker refuses the account: see mqtt.user and mqtt.password_file",
        5 => "the broker does not admit this client: see mqtt.user, and the broker's rights",
        _ => "the broker refuses",
    }
}

fn whole(first: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = rest.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap_or(0);
        left /= 128;
        bytes.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    bytes.extend(rest);
    bytes
}

/// 1.5.3: two bytes of length, and UTF-8. Nothing of ours is longer than they can say.
fn text(to: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    to.extend(length.to_be_bytes());
    to.extend(bytes.iter().take(length.into()));
}

const LEVEL: u8 = 4;
const CLEAN: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS_1: u8 = 0x08;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER: u8 = 0x80;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(retain: bool) -> Message {
        Message { topic: "a/b".to_owned(), payload: "{}".to_owned(), retain }
    }

    #[test]
    fn packets_are_those_of_the_standard_to_the_byte() {
        let account = Some(("u".to_owned(), Some("p".to_owned())));
        let begun = Connect { client: "c".to_owned(), account, keep_alive: 30, will: message(true) };
        assert_eq!(
            connect(&begun),
            b"\x10\x1c\0\x04MQTT\x04\xee\0\x1e\0\x01c\0\x03a/b\0\x02{}\0\x01u\0\x01p".to_vec()
        );
        assert!(!format!("{begun:?}").contains('p'), "{begun:?}");
        assert_eq!(publish(&message(true), Some(258)), b"\x33\x09\0\x03a/b\x01\x02{}".to_vec());
        assert_eq!(publish(&message(false), None), b"\x30\x07\0\x03a/b{}".to_vec());
        let long = Message { payload: "x".repeat(200), ..message(false) };
        assert_eq!(publish(&long, None).get(..3).unwrap(), [0x30, 0xCD, 0x01]);
    }

    #[test]
    fn what_is_no_broker_is_told() {
        for bytes in
            [&b"HTTP/1.1 400"[..], b"\x15\x03\x03\0\x02\x02\x46", b"\x30\x07\0\x03a/b{}", b"\x20\x03"]
        {
            assert!(Decoder::default().feed(bytes, &mut Vec::new()).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_and_nothing_panics(bytes: Vec<u8>, cuts in prop::collection::vec(1_usize..9, 0..40)) {
            let good = [&b"\x20\x02\x00\x00\x40\x02\x01\x02\xd0\x00"[..], &bytes].concat();
            let mut whole = Vec::new();
            let ended = Decoder::default().feed(&good, &mut whole);
            prop_assert_eq!(whole.get(..3).unwrap(), [Heard::Connack(0), Heard::Puback(258), Heard::Pong]);
            let (mut decoder, mut split, mut rest) = (Decoder::default(), Vec::new(), good.as_slice());
            let mut result = Ok(());
            for cut in cuts.into_iter().chain(std::iter::repeat(5)) {
                if rest.is_empty() || result.is_err() {
                    break;
                }
                let (now, later) = rest.split_at(cut.min(rest.len()));
                result = decoder.feed(now, &mut split);
                rest = later;
            }
            prop_assert_eq!(split, whole);
            prop_assert_eq!(result.is_err(), ended.is_err());
        }
    }
}
