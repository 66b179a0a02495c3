//! The dialogue in virtual time: what an ACS may do to it, one story each.

use proptest::prelude::*;

use super::*;
use crate::sip2::field::{F_SCREEN, F_TITLE};
use crate::sip2::fixed::{Done, Known, Number, Stamp, Word};
use crate::sip2::message::{
    Checkout, CheckoutAnswer, ItemInformation, ItemInformationAnswer, LoginAnswer, PatronInformation,
};

/// A dialogue and its clock; what it says as short lines.
struct World {
    dialogue: Dialogue,
    start: Instant,
    at: Instant,
}

impl World {
    fn new(checksum: Checksum) -> Self {
        Self::with(Dialect { checksum, ..Dialect::standard() })
    }

    #[expect(clippy::disallowed_methods, reason = "an origin to count from")]
    fn with(dialect: Dialect) -> Self {
        let start = Instant::now();
        let patience = Patience { answer_timeout: Duration::from_secs(3), retries: 2 };
        Self { dialogue: Dialogue::new(dialect, patience), start, at: start }
    }

    fn feed(&mut self, input: Input<'_>) -> Vec<String> {
        let mut out = Vec::new();
        self.dialogue.handle(self.at, input, &mut out);
        out.iter().map(line).collect()
    }

    fn ask(&mut self, message: Message) -> Vec<String> {
        let until = self.at + Duration::from_secs(60);
        self.feed(Input::Ask { message, until })
    }

    fn hear(&mut self, text: &str) -> Vec<String> {
        self.feed(Input::Bytes(format!("{text}\r").as_bytes()))
    }

    /// Goes on to the deadline; answers the seconds since the start, and what was said.
    fn wait(&mut self) -> (u64, Vec<String>) {
        self.at = self.dialogue.deadline().unwrap();
        let said = self.feed(Input::Tick);
        ((self.at - self.start).as_secs(), said)
    }
}

fn line(output: &Output) -> String {
    match output {
        Output::Send(bytes) => format!("send {}", String::from_utf8_lossy(bytes).trim_end()),
        Output::Answer(message) => format!("answer {}", message.id()),
        Output::Silent(silence) => format!("{silence:?} doubt={}", silence.is_in_doubt()),
        Output::Status(message) => format!("status {}", message.id()),
        Output::Stray => "stray".into(),
        Output::Garbage { n } => format!("garbage {n}"),
        Output::Unchecked(check) => format!("unchecked {check:?}"),
    }
}

fn item(number: &str) -> Message {
    Message::new(ItemInformation { date: Stamp::BLANK }).with(F_ITEM_ID, number)
}

fn checkout() -> Message {
    let body = Checkout { may_renew: false, no_block: false, date: Stamp::BLANK, due: Stamp::BLANK };
    Message::new(body).with(F_PATRON_ID, "P1").with(F_ITEM_ID, "40017")
}

fn found(number: &str) -> Message {
    let n = Number::of(3);
    let body = ItemInformationAnswer { circulation: n, security: n, fee_type: n, date: Stamp::BLANK };
    Message::new(body).with(F_ITEM_ID, number).with(F_TITLE, "t")
}

fn lent() -> Message {
    let (is_magnetic, desensitize) = (Known::No, Known::Yes);
    let body =
        CheckoutAnswer { ok: Done(true), is_renewal: false, is_magnetic, desensitize, date: Stamp::BLANK };
    Message::new(body).with(F_PATRON_ID, "P1").with(F_ITEM_ID, "40017")
}

fn status() -> Message {
    let body = AcsStatus {
        is_online: false,
        checkin_ok: false,
        checkout_ok: false,
        renewal_ok: false,
        update_ok: false,
        offline_ok: false,
        timeout: Number::of(30),
        retries: Number::of(3),
        date: Stamp::BLANK,
        version: Word::of("2.00"),
    };
    Message::new(body)
}

/// A frame as an ACS sends it.
fn frame(message: &Message, sequence: char) -> String {
    let sequence = Sequence::parse(sequence).unwrap();
    let bytes = frame::encode(message, sequence, &Dialect::standard()).unwrap();
    String::from_utf8(bytes).unwrap().trim_end().to_owned()
}

#[test]
fn an_answer_ends_the_ask_and_the_next_has_the_next_number() {
    let mut w = World::new(Checksum::Strict);
    for n in 0..12_u8 {
        let digit = char::from(b'0' + n % 10);
        let said = w.ask(item("1"));
        assert!(said[0].contains(&format!("AY{digit}AZ")), "{said:?}");
        assert_eq!(w.hear(&frame(&found("1"), digit)), ["answer 18"]);
        assert_eq!(w.dialogue.deadline(), None);
    }
}

#[test]
fn a_question_is_repeated_as_it_was_and_then_given_up() {
    let mut w = World::new(Checksum::Lenient);
    let first = w.ask(item("1"));
    assert_eq!(w.wait(), (3, first.clone()));
    assert_eq!(w.wait(), (6, first));
    assert_eq!(w.wait(), (9, vec!["Timeout doubt=true".to_owned()]));
}

#[test]
fn a_loan_is_never_repeated_for_want_of_an_answer() {
    let mut w = World::new(Checksum::Lenient);
    w.ask(checkout());
    assert_eq!(w.wait(), (3, vec!["Timeout doubt=true".to_owned()]));
}

#[test]
fn nobody_is_waited_for_longer_than_anybody_waits() {
    let mut w = World::new(Checksum::Lenient);
    let until = w.at + Duration::from_secs(4);
    w.feed(Input::Ask { message: item("1"), until });
    w.wait();
    assert_eq!(w.wait(), (4, vec!["Timeout doubt=true".to_owned()]));
}

#[test]
fn what_was_not_understood_is_sent_again_with_the_same_number_loans_too() {
    let mut w = World::new(Checksum::Lenient);
    let first = w.ask(checkout());
    assert_eq!(w.hear("96AZFEF6"), first);
    assert_eq!(w.hear(&frame(&lent(), '0')), ["answer 12"]);
    w.ask(checkout());
    w.hear("96AZFEF6");
    w.hear("96AZFEF6");
    assert_eq!(w.hear("96AZFEF6"), ["NotUnderstood { n: 3 } doubt=false"]);
}

#[test]
fn a_wrong_checksum_is_asked_for_again_and_the_loan_is_not() {
    let mut w = World::new(Checksum::Strict);
    w.ask(checkout());
    let good = frame(&lent(), '0');
    let bad = good.replace("40017", "40071x");
    assert_eq!(w.hear(&bad), [format!("garbage {}", bad.len()), "send 97AZFEF5".to_owned()]);
    assert_eq!(w.hear(&good), ["answer 12"]);
    // The ACS understands no 97: the loan may be done, and is not sent again.
    w.ask(checkout());
    w.hear(&bad);
    assert_eq!(w.hear("96AZFEF6"), ["BadChecksum { n: 1 } doubt=true"]);
    // And one that is never right.
    w.ask(checkout());
    let said: Vec<String> = (0..3).flat_map(|_| w.hear(&bad)).collect();
    assert_eq!(said.last().unwrap(), "BadChecksum { n: 3 } doubt=true");
}

#[test]
fn each_mode_takes_what_it_promises() {
    let good = frame(&found("1"), '0');
    let bad = format!("{}0000", good.trim_end_matches(|c: char| c.is_ascii_hexdigit()));
    for (checksum, said) in [
        (Checksum::Off, vec!["answer"]),
        (Checksum::SendOnly, vec!["answer"]),
        (Checksum::Lenient, vec!["unchecked", "answer"]),
        (Checksum::Strict, vec!["garbage", "send"]),
    ] {
        let mut w = World::new(checksum);
        w.ask(item("1"));
        let heard = w.hear(&bad);
        let heads: Vec<&str> = heard.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(heads, said, "{checksum:?}");
    }
}

#[test]
fn late_and_foreign_answers_are_dropped() {
    let mut w = World::new(Checksum::Lenient);
    assert_eq!(w.hear(&frame(&found("1"), '0')), ["stray"], "nothing is asked");
    w.ask(item("2"));
    assert_eq!(w.hear(&frame(&found("2"), '9')), ["stray"], "another sequence number");
    assert_eq!(w.hear(&frame(&found("1"), '0')), ["stray"], "another item");
    assert_eq!(w.hear(&frame(&lent(), '0')), ["stray"], "another pair");
    assert_eq!(w.hear(&frame(&Message::new(LoginAnswer { ok: Done(true) }), '0')), ["stray"]);
    assert_eq!(w.hear(&frame(&found("2"), '0')), ["answer 18"]);
}

/// dp2 always says AY4, Interlib copies it from an example: then only pair and echo tell an answer.
#[test]
fn a_dialect_may_do_without_the_sequence() {
    let mut w = World::with(Dialect { match_sequence: false, ..Dialect::standard() });
    w.ask(item("2"));
    assert_eq!(w.hear(&frame(&found("1"), '4')), ["stray"]);
    assert_eq!(w.hear(&frame(&found("2"), '4')), ["answer 18"]);
}

#[test]
fn a_status_that_nobody_asked_for_is_no_answer() {
    let mut w = World::new(Checksum::Lenient);
    assert_eq!(w.hear(&frame(&status(), '0')), ["status 98"]);
    w.ask(checkout());
    assert_eq!(w.hear(&frame(&status(), '0')), ["status 98"]);
    assert_eq!(w.hear(&frame(&lent(), '0')), ["answer 12"]);
}

#[test]
fn a_web_page_is_recognized_as_none_of_ours() {
    let mut w = World::new(Checksum::Lenient);
    w.ask(item("1"));
    let page = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>\r\n<body>";
    assert_eq!(w.hear(page).last().unwrap(), "Foreign doubt=true");
}

#[test]
fn what_cannot_be_written_is_not_sent() {
    let mut w = World::new(Checksum::Lenient);
    let said = w.ask(item("a|b"));
    assert!(said[0].starts_with("Local(") && said[0].ends_with("doubt=false"), "{said:?}");
    w.ask(item("1"));
    assert_eq!(w.ask(item("2")), ["Busy doubt=false"]);
}

#[test]
fn a_new_line_knows_nothing_of_the_old() {
    let mut w = World::new(Checksum::Lenient);
    w.ask(item("1"));
    w.feed(Input::Bytes(b"180301"));
    w.feed(Input::Reset);
    assert_eq!(w.dialogue.deadline(), None);
    w.ask(item("2"));
    assert_eq!(w.hear(&frame(&found("2"), '1')), ["answer 18"]);
}

proptest! {
    /// Whatever comes in whatever pieces: an ask ends in exactly one answer or silence, and never later than it may.
    #[test]
    fn every_ask_ends_once(
        chunks in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..20),
            Just(b"96AZFEF6\r".to_vec()),
            Just(frame(&found("1"), '0').into_bytes()),
            Just(b"\r".to_vec()),
        ], 0..20),
        mode in prop_oneof![Just(Checksum::Off), Just(Checksum::Lenient), Just(Checksum::Strict)],
        loan in any::<bool>(),
    ) {
        let mut w = World::new(mode);
        let message = if loan { checkout() } else { item("1") };
        let mut said = w.ask(message);
        for chunk in chunks {
            said.extend(w.feed(Input::Bytes(&chunk)));
        }
        for _ in 0..8 {
            if w.dialogue.deadline().is_some() {
                said.extend(w.wait().1);
            }
        }
        prop_assert!(w.dialogue.deadline().is_none());
        prop_assert_eq!(said.iter().filter(|s| s.starts_with("answer") || s.contains("doubt=")).count(), 1);
        prop_assert!(said.iter().filter(|s| s.starts_with("send")).count() <= 3);
    }

    #[test]
    fn any_split_says_the_same(cuts in proptest::collection::vec(0_usize..200, 0..6)) {
        let text = format!("{}\r\n96AZFEF6\r{}\rgarbage\r", frame(&status(), '0'), frame(&lent(), '0'));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut w = World::new(Checksum::Strict);
        let mut said = w.ask(checkout());
        for pair in cuts.windows(2) {
            said.extend(w.feed(Input::Bytes(&text.as_bytes()[pair[0]..pair[1]])));
        }
        said.drain(..1);
        prop_assert_eq!(&said[0], "status 98");
        prop_assert!(said[1].starts_with("send 11"));
        prop_assert_eq!(&said[2..], &["answer 12", "garbage 7"]);
    }
}

#[test]
fn a_private_value_is_in_no_line_of_a_log() {
    let body =
        PatronInformation { language: Number::of(19), date: Stamp::BLANK, summary: Default::default() };
    let message = Message::new(body).with(F_PATRON_ID, "P777").with(F_SCREEN, "x");
    let input = Input::Ask { message, until: World::new(Checksum::Off).at };
    assert!(!format!("{input:?}").contains("P777"));
}
