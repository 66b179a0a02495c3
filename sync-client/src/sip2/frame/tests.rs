//! Published frames both ways, frames as they are met, and properties.

use proptest::prelude::*;

use super::*;
use crate::sip2::dialect::{Checksum, Terminator};
use crate::sip2::field::*;
use crate::sip2::fixed::{self, Done, Known, Number, Stamp, Word};
use crate::sip2::message::*;
use jiff::civil::date;

/// Frames of the 3M manual (SIP2 2.00, revision 2.12) as printed, those whose checksum is right.
const VECTORS: &[&str] = &[
    "941AY3AZFDFA",
    "9900401.00AY1AZFCA5",
    "6300119980723    091905Y         AOInstitutionID|AAPatronID|BP00001|BQ00005|AY1AZEA83",
    "2519980723    094240AOCertification Institute ID|AAPatronID|AY4AZEBF1",
    "1719980723    100000AOCertification Institute ID|ABItemBook|AY1AZEBEB",
    "09N19980821    085721                  APCertification Terminal Location|AOCertification Institute ID|ABCheckInBook|ACTPWord|BIN|AY2AZD6A5",
    "3719980723    0932110401USDBV111.11|AOCertification Institute ID|AAPatronID|BKTransactionID|AY2AZE1EF",
    "3519980723    094014AOCertification Institute ID|AAPatronID|AY3AZEBF2",
    "01N19960213    162352AO|ALCARD BLOCK TEST|AA104000000705|AC|AY2AZF02F",
];

fn read(text: &str) -> Frame {
    decode(text.as_bytes(), Charset::Utf8).unwrap()
}

fn write(message: &Message, sequence: Sequence, dialect: &Dialect) -> Vec<u8> {
    encode(message, sequence, dialect).unwrap()
}

#[test]
fn published_frames_are_read_and_written_to_the_byte() {
    for vector in VECTORS {
        let frame = read(vector);
        assert_eq!((frame.check, frame.is_damaged), (Check::Good, false), "{vector}");
        let again = write(&frame.message, frame.sequence.unwrap(), &Dialect::standard());
        assert_eq!(String::from_utf8(again).unwrap(), format!("{vector}\r"));
    }
}

#[test]
fn published_frames_say_what_they_say() {
    let frame = read(VECTORS[6]);
    let payment = FeePaid {
        date: Stamp::local(date(1998, 7, 23).at(9, 32, 11, 0)),
        fee_type: Number::of(4),
        payment_type: Number::of(1),
        currency: Word::of("USD"),
    };
    assert_eq!(frame.message.body, Body::FeePaid(payment));
    assert_eq!(frame.message.fields.first(F_FEE), Some("111.11"));
    let frame = read(VECTORS[2]);
    let Body::PatronInformation(asked) = &frame.message.body else { panic!() };
    assert!(asked.summary.is_set(0) && !asked.summary.is_set(2));
    assert_eq!(frame.message.fields.said(F_END), Some("00005"));
    let frame = read(VECTORS[8]);
    assert_eq!(frame.message.fields.first(F_TERMINAL_PASSWORD), Some(""));
}

#[test]
fn a_wrong_checksum_is_told_and_the_message_still_read() {
    let frame = read("9300CNLoginUserID|COLoginPassword|CPLocationCode|AY5AZEC78");
    assert_eq!(frame.check, Check::Bad { expected: 0xEC7B, got: 0xEC78 });
    assert_eq!(frame.message.fields.first(F_LOGIN), Some("LoginUserID"));
    // OpenNCIP's answer to what it does not understand.
    let frame = read("96AZFEF6");
    assert_eq!((frame.message.id(), frame.check, frame.sequence), (ResendRequest::ID, Check::Good, None));
    assert_eq!(read("941").check, Check::Absent);
}

/// What clients and servers of the extension send, as it is: with constants for dates and checksums, fields
/// behind the trailer, missing fixed parts.
#[test]
fn frames_of_the_chinese_extension_are_read() {
    let frame =
        read("81YN20080828    15294220080828    152942AO|AAP1001|AD246810|AE张三|XO|XT01|PY|CNop|XK01|");
    let Body::CardUpdate(card) = &frame.message.body else { panic!() };
    assert!(card.flag && !card.no_block);
    assert_eq!(frame.message.fields.said(F_OPERATION), Some("01"));
    let frame = read("8220080828    152942AO|AAP1001|XK01|OK1|AF办证成功|AG|");
    assert_eq!(frame.message.fields.said(F_DONE), Some("1"));
    for (text, id) in [
        ("83YN20080828    15294220080828    152942AO|AAP1001|AD1|CNop|XK08", CardState::ID),
        ("84AO|AAP1001|OK1|AF|", CardStateAnswer::ID),
        ("85YN20080828    15294220080828    152942XO0|XK13|", CardSearch::ID),
        ("86OXP1001]]P1002|", CardSearchAnswer::ID),
        ("91XK0|AAP1001|XT01|", CardCheck::ID),
        ("92AC1|", CardCheckAnswer::ID),
        ("29AO|AAP1001|AB40017|", Renew::ID),
        ("9300CNop|COpw|CP|", Login::ID),
        ("6300120131111    1659201234567890AO|AAP1001|AD|AY1AZF4A6|", PatronInformation::ID),
    ] {
        let frame = read(text);
        assert_eq!((frame.message.id(), frame.is_damaged), (id, false), "{text}");
    }
    // Behind the trailer comes a field; the checksum was copied from somewhere.
    let frame = read("121NNY20080828   152942AOlib|AAP1001|AB40017|AJ红楼梦|AH2026-12-22|AY1AZF4A6|AF成功|");
    assert_eq!((frame.sequence, frame.message.fields.said(F_SCREEN)), (Sequence::parse('1'), Some("成功")));
    assert!(matches!(frame.check, Check::Bad { got: 0xF4A6, .. }));
}

#[test]
fn an_answer_without_its_flags_is_none() {
    for text in ["12AO|ABX|", "10", "94", "64AO|", "98"] {
        assert!(decode(text.as_bytes(), Charset::Utf8).is_err(), "{text}");
    }
    for text in ["", "1", "HTTP/1.1 400 Bad Request", "<html>", "9X", "12?NNY"] {
        assert!(decode(text.as_bytes(), Charset::Utf8).is_err(), "{text}");
    }
}

#[test]
fn what_is_unknown_is_kept() {
    let text = "77|AAP1001|LE4|DAffd8|";
    let frame = read(text);
    assert_eq!(
        write(&frame.message, Sequence::default(), &Dialect::standard()),
        format!("{text}\r").as_bytes()
    );
    let frame = read("941ZQsomething|");
    assert_eq!(frame.message.fields.first(FieldCode::parse("ZQ").unwrap()), Some("something"));
    assert!(read("941ZQa|?|").is_damaged);
}

/// 東 ends in 0x7C: a frame that is split before it is decoded loses the title, and everything behind it.
#[test]
fn gbk_is_decoded_before_it_is_split() {
    let body = CheckoutAnswer {
        ok: Done(true),
        is_renewal: false,
        is_magnetic: Known::No,
        desensitize: Known::Yes,
        date: Stamp::local(date(2026, 11, 22).at(9, 0, 0, 0)),
    };
    let message = Message::new(body)
        .with(F_ITEM_ID, "40017")
        .with(F_TITLE, "東周列國志 瑋閨鍇")
        .with(F_DUE, "2026-12-22");
    for charset in [Charset::Gbk, Charset::Gb18030] {
        let bytes = write(&message, Sequence::default(), &Dialect { charset, ..Dialect::standard() });
        assert_eq!(
            bytes.iter().filter(|b| **b == b'|').count(),
            3 + 4,
            "four titles' bytes look like a delimiter"
        );
        let frame = decode(bytes.trim_ascii_end(), charset).unwrap();
        assert_eq!((frame.message, frame.check), (message.clone(), Check::Good));
    }
    // The same frame taken for UTF-8 is damaged, not a panic and not silence.
    let bytes =
        write(&message, Sequence::default(), &Dialect { charset: Charset::Gbk, ..Dialect::standard() });
    assert!(decode(bytes.trim_ascii_end(), Charset::Utf8).unwrap().is_damaged);
}

#[test]
fn identifiers_arrive_whole_or_not_at_all_and_texts_are_cleaned() {
    let dialect = Dialect { charset: Charset::Latin1, max_value: 8, ..Dialect::standard() };
    let of = |code, value: &str| {
        let message = Message::new(LoginAnswer { ok: Done(true) }).with(code, value);
        encode(&message, Sequence::default(), &dialect)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    assert!(of(F_SCREEN, "a|b\rc张dxyz").unwrap().starts_with("941AFa b c?dx|AY0"));
    assert!(matches!(of(F_ITEM_ID, "a|b"), Err(EncodeError::Delimiter { field: F_ITEM_ID })));
    assert!(matches!(of(F_PATRON_ID, "张"), Err(EncodeError::Character { .. })));
    let too_long = of(F_ITEM_ID, "123456789").unwrap_err();
    assert_eq!(too_long.to_string(), "field AB has 9 bytes, at most 8 are allowed");
}

#[test]
fn modes_and_terminators_shape_the_end() {
    let end = |checksum, terminator| {
        let dialect = Dialect { checksum, terminator, ..Dialect::standard() };
        let message = Message::new(LoginAnswer { ok: Done(true) });
        String::from_utf8(write(&message, Sequence::parse('3').unwrap(), &dialect)).unwrap()
    };
    assert_eq!(end(Checksum::Off, Terminator::Cr), "941\r");
    assert_eq!(end(Checksum::SendOnly, Terminator::CrLf), "941AY3AZFDFA\r\n");
    assert_eq!(end(Checksum::Strict, Terminator::Lf), "941AY3AZFDFA\n");
    let resend = write(&Message::new(ResendAnswer {}), Sequence::default(), &Dialect::standard());
    assert_eq!(resend, b"97AZFEF5\r", "97 has no sequence number");
}

#[test]
fn a_sequence_goes_round() {
    let all: Vec<Sequence> =
        std::iter::successors(Some(Sequence::default()), |s| Some(s.next())).take(11).collect();
    assert_eq!(all[0], all[10]);
    assert_eq!(Sequence::parse('x'), None);
}

fn pieces(chunks: &[&[u8]]) -> Vec<Piece> {
    let (mut splitter, mut out) = (Splitter::default(), Vec::new());
    for chunk in chunks {
        splitter.push(chunk, &mut out);
    }
    out
}

#[test]
fn every_end_of_a_frame_is_taken_and_empty_frames_are_none() {
    let frame = |text: &str| Piece::Frame(text.into());
    assert_eq!(
        pieces(&[b"\r\n941\r941\n\r\n", b"94", b"1\r", b"\n9"]),
        [frame("941"), frame("941"), frame("941")]
    );
}

#[test]
fn a_frame_without_end_takes_no_more_than_its_share() {
    let (mut splitter, mut out) = (Splitter::default(), Vec::new());
    for _ in 0..1000 {
        splitter.push(&[b'x'; 1000], &mut out);
        assert!(splitter.buffer.capacity() <= 2 * MAX_FRAME_LEN);
    }
    splitter.push(b"\r941\r", &mut out);
    assert_eq!(out, [Piece::TooLong { n: 1_000_000 }, Piece::Frame(b"941".to_vec())]);
}

/// Any text that a field can hold: no delimiter, no control character, no more than 60 characters.
fn value() -> impl Strategy<Value = String> {
    "[ -{}~\u{e9}张东東瑋鍇\u{36c3}\u{1f4d6}]{0,40}"
}

fn code() -> impl Strategy<Value = FieldCode> {
    "[A-Z][A-Z0-9]"
        .prop_map(|code| FieldCode::parse(&code).unwrap())
        .prop_filter("the trailer is the frame's", |code| !matches!(*code, F_SEQUENCE | F_CHECKSUM))
}

fn stamp() -> impl Strategy<Value = Stamp> {
    let moment = (1990_i16..2100, 1_i8..=12, 1_i8..=28, 0_i8..24, 0_i8..60, 0_i8..60);
    prop_oneof![
        Just(Stamp::BLANK),
        (moment, any::<bool>()).prop_map(|((year, month, day, hour, minute, second), is_utc)| {
            Stamp { at: Some(date(year, month, day).at(hour, minute, second, 0)), is_utc }
        }),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let n = || 0_usize..20_000;
    prop_oneof![
        (flags, stamp(), stamp()).prop_map(|((may_renew, no_block, _), date, due)| {
            Body::Checkout(Checkout { may_renew, no_block, date, due })
        }),
        (flags, stamp()).prop_map(|((ok, is_renewal, alert), date)| {
            let known = if alert { Known::Unknown } else { Known::Yes };
            let (is_magnetic, desensitize) = (Known::No, known);
            Body::CheckoutAnswer(CheckoutAnswer { ok: Done(ok), is_renewal, is_magnetic, desensitize, date })
        }),
        (stamp(), n(), n()).prop_map(|(date, charged, fines)| {
            Body::PatronInformationAnswer(PatronInformationAnswer {
                status: fixed::PatronStatus::at(&[charged % 14, fines % 14]),
                language: Number::of(19),
                date,
                n_holds: Number(None),
                n_overdue: Number::of(0),
                n_charged: Number::of(charged),
                n_fines: Number::of(fines),
                n_recalls: Number(None),
                n_unavailable: Number::of(1),
            })
        }),
        (n(), stamp()).prop_map(|(status, date)| {
            let circulation = Number::of(status);
            let (security, fee_type) = (Number::of(1), Number(None));
            Body::ItemInformationAnswer(ItemInformationAnswer { circulation, security, fee_type, date })
        }),
        "[ -{}~]{0,30}"
            .prop_map(|text| { Body::Other(Other::new(MessageId::parse("77").unwrap(), &text).unwrap()) }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (body(), proptest::collection::vec((code(), value()), 0..6)).prop_map(|(body, fields)| {
        let has_fields = !matches!(body, Body::Other(_));
        let fields = fields.into_iter().filter(|(code, _)| has_fields && !code.is_identifier());
        fields.fold(Message::new(body), |message, (code, value)| message.with(code, value))
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(message in message(), digit in 0_u32..10, gb in any::<bool>()) {
        let sequence = Sequence::parse(char::from_digit(digit, 10).unwrap()).unwrap();
        let charset = if gb { Charset::Gb18030 } else { Charset::Utf8 };
        let dialect = Dialect { charset, checksum: Checksum::Strict, ..Dialect::standard() };
        let mut out = Vec::new();
        Splitter::default().push(&encode(&message, sequence, &dialect).unwrap(), &mut out);
        prop_assert_eq!(out.len(), 1);
        let Piece::Frame(bytes) = &out[0] else { panic!() };
        let frame = decode(bytes, charset).unwrap();
        prop_assert_eq!(&frame.message, &message);
        if !matches!(message.body, Body::Other(_)) {
            prop_assert_eq!((frame.sequence, frame.check, frame.is_damaged), (Some(sequence), Check::Good, false));
        }
    }

    #[test]
    fn any_split_gives_the_same_frames(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..300),
        cuts in proptest::collection::vec(0_usize..300, 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(pieces(&chunks), pieces(&[&bytes]));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        head in "[0-9]{2}[ -~]{0,40}",
        tail in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [head.as_bytes(), &tail].concat();
        for charset in [Charset::Utf8, Charset::Gbk, Charset::Gb18030, Charset::Latin1] {
            for bytes in [&bytes[..], &tail] {
                drop(format!("{:?}", check(bytes)));
                if let Ok(frame) = decode(bytes, charset) {
                    // What was read can be written, or says why not.
                    drop(encode(&frame.message, Sequence::default(), &Dialect { charset, ..Dialect::standard() }));
                }
            }
        }
    }
}
