//! One connection to a broker, as a machine: time, bytes and facts come in; bytes, and the end, go out.
//!
//! ```text
//!  begun ──CONNECT──▶ asked ──CONNACK 0──▶ live ──▶ over: refused, silent, no broker
//!                                            │ facts: what is new, each acknowledged (QoS 1)
//!                                            │ measurements: once (QoS 0)
//!                                            └ nothing sent for half of the keep-alive: PINGREQ
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::packet::{self, Connect, Decoder, Heard, Message, NoBroker, PING};
use super::telemetry::news;

/// The machine.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    keep_alive: Duration,
    is_live: bool,
    /// what the broker has, as far as this connection told it
    has: BTreeMap<String, String>,
    wanted: BTreeMap<String, String>,
    number: u16,
    /// what is to be acknowledged, and since when
    asked: BTreeMap<u16, Instant>,
    /// when the last byte was sent
    sent: Instant,
    /// since when an answer is waited for
    waits: Option<Instant>,
}

/// What comes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// bytes of the broker
    Bytes(&'a [u8]),
    /// what holds now
    Facts(BTreeMap<String, String>),
    /// a measurement
    Measured(Message),
    /// only time has passed
    Tick,
}

/// What goes out.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// bytes for the broker
    Send(Vec<u8>),
    /// the broker takes what it is told
    Live,
    /// the connection is of no use
    Over(Over),
}

/// Why a connection is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// it does not let us in
    #[error("{}", packet::refusal(*.0))]
    Refused(u8),
    /// it says nothing
    #[error("the broker does not answer")]
    Silent,
    /// it is something else
    #[error(transparent)]
    NoBroker(#[from] NoBroker),
}

impl Session {
    /// A connection that is open: it is begun. `before`: topics at which the broker may still have something.
    #[must_use]
    pub fn begin(now: Instant, connect: &Connect, before: Vec<String>, out: &mut Vec<Output>) -> Self {
        out.push(Output::Send(packet::connect(connect)));
        Self {
            decoder: Decoder::default(),
            keep_alive: Duration::from_secs(connect.keep_alive.into()),
            is_live: false,
            // Not what any fact is, and not nothing either.
            has: before.into_iter().map(|topic| (topic, UNKNOWN.to_owned())).collect(),
            wanted: BTreeMap::new(),
            number: 0,
            asked: BTreeMap::new(),
            sent: now,
            waits: Some(now),
        }
    }

    /// Takes what comes.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Facts(facts) => {
                self.wanted = facts;
                self.tell(now, out);
            }
            Input::Measured(message) => {
                if self.is_live {
                    self.send(now, packet::publish(&message, None), out);
                }
            }
            Input::Tick => {}
        }
        let oldest = self.waits.into_iter().chain(self.asked.values().copied()).min();
        if oldest.is_some_and(|since| since + ANSWER <= now) {
            out.push(Output::Over(Over::Silent));
        } else if self.is_live && self.sent + self.keep_alive / 2 <= now {
            self.waits.get_or_insert(now);
            self.send(now, PING.to_vec(), out);
        }
    }

    /// When [`handle`](Self::handle) has something to do, whatever comes until then.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let oldest = self.waits.into_iter().chain(self.asked.values().copied()).min();
        let ping = self.sent + self.keep_alive / 2;
        oldest.map_or(ping, |since| if self.is_live { ping.min(since + ANSWER) } else { since + ANSWER })
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Output>) {
        let mut heard = Vec::new();
        let ended = self.decoder.feed(bytes, &mut heard);
        for heard in heard {
            match heard {
                Heard::Connack(0) => {
                    (self.is_live, self.waits) = (true, None);
                    out.push(Output::Live);
                    self.tell(now, out);
                }
                Heard::Connack(code) => out.push(Output::Over(Over::Refused(code))),
                Heard::Puback(number) => drop(self.asked.remove(&number)),
                Heard::Pong => self.waits = None,
            }
        }
        if let Err(cause) = ended {
            out.push(Output::Over(cause.into()));
        }
    }

    /// Says what is new.
    fn tell(&mut self, now: Instant, out: &mut Vec<Output>) {
        if !self.is_live || self.wanted.is_empty() {
            return;
        }
        for message in news(&self.has, &self.wanted) {
            // 2.3.1: never 0, and none that is still to be acknowledged.
            self.number = self.number.checked_add(1).unwrap_or(1);
            self.asked.insert(self.number, now);
            let bytes = packet::publish(&message, Some(self.number));
            self.send(now, bytes, out);
        }
        self.has.clone_from(&self.wanted);
    }

    fn send(&mut self, now: Instant, bytes: Vec<u8>, out: &mut Vec<Output>) {
        self.sent = now;
        out.push(Output::Send(bytes));
    }
}

/// No fact is this.
const UNKNOWN: &str = "?";
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const CONNACK: &[u8] = b"\x20\x02\0\0";

    fn connect() -> Connect {
        let will = Message { topic: "w".to_owned(), payload: "gone".to_owned(), retain: true };
        Connect { client: "c".to_owned(), account: None, keep_alive: 30, will }
    }

    #[expect(clippy::disallowed_methods, reason = "the zero of a virtual clock")]
    fn begun() -> (Instant, Session) {
        let (start, mut out) = (Instant::now(), Vec::new());
        let session = Session::begin(start, &connect(), vec!["old".to_owned()], &mut out);
        assert_eq!(out, [Output::Send(packet::connect(&connect()))]);
        (start, session)
    }

    fn feed(session: &mut Session, now: Instant, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        session.handle(now, input, &mut out);
        out
    }

    fn facts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(topic, payload)| ((*topic).to_owned(), (*payload).to_owned())).collect()
    }

    fn published(topic: &str, payload: &str, number: u16) -> Output {
        let message = Message { topic: topic.to_owned(), payload: payload.to_owned(), retain: true };
        Output::Send(packet::publish(&message, Some(number)))
    }

    #[test]
    fn only_what_is_new_is_told_and_what_is_old_is_taken_back() {
        let (now, mut session) = begun();
        assert_eq!(feed(&mut session, now, Input::Facts(facts(&[("a", "1"), ("b", "2")]))), []);
        assert_eq!(
            feed(&mut session, now, Input::Bytes(CONNACK)),
            [Output::Live, published("old", "", 1), published("a", "1", 2), published("b", "2", 3)]
        );
        assert_eq!(feed(&mut session, now, Input::Facts(facts(&[("a", "1"), ("b", "2")]))), []);
        assert_eq!(
            feed(&mut session, now, Input::Facts(facts(&[("b", "3")]))),
            [published("a", "", 4), published("b", "3", 5)]
        );
    }

    #[test]
    fn a_broker_that_refuses_or_says_nothing_is_left() {
        let (now, mut session) = begun();
        assert_eq!(
            feed(&mut session, now, Input::Bytes(b"\x20\x02\0\x05")),
            [Output::Over(Over::Refused(5))]
        );
        let (now, mut session) = begun();
        assert_eq!(session.deadline(), now + ANSWER);
        assert_eq!(feed(&mut session, now + ANSWER, Input::Tick), [Output::Over(Over::Silent)]);
        let (now, mut session) = begun();
        feed(&mut session, now, Input::Facts(facts(&[("a", "1")])));
        feed(&mut session, now, Input::Bytes(CONNACK));
        // One of the two is acknowledged.
        assert_eq!(feed(&mut session, now, Input::Bytes(b"\x40\x02\0\x01")), []);
        assert_eq!(session.deadline(), now + ANSWER);
        assert_eq!(feed(&mut session, now + ANSWER, Input::Tick), [Output::Over(Over::Silent)]);
    }

    #[test]
    fn a_line_on_which_nothing_happens_is_asked_whether_it_lives() {
        let (mut now, mut session) = begun();
        feed(&mut session, now, Input::Bytes(CONNACK));
        for _ in 0..3 {
            now = session.deadline();
            assert_eq!(feed(&mut session, now, Input::Tick), [Output::Send(PING.to_vec())]);
            assert_eq!(feed(&mut session, now, Input::Bytes(b"\xd0\0")), []);
        }
        now = session.deadline();
        feed(&mut session, now, Input::Tick);
        now = session.deadline();
        assert_eq!(feed(&mut session, now, Input::Tick), [Output::Over(Over::Silent)]);
    }
}
