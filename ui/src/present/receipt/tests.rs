//! The text and its code, read back by somebody else's decoder.

use circulation::id::ItemId;
use circulation::transaction::Reason;
use expect_test::expect;
use jiff::civil::date;

use super::*;

#[test]
fn a_receipt_says_what_was_done_and_nothing_of_who_did_it() {
    let lines = vec![
        out("三体", Progress::Done { due: Some(date(2026, 12, 22)), provisional: false }),
        out("", Progress::Done { due: None, provisional: true }),
        out("词典", Progress::Refused(Reason::NotForLoan)),
        out("家", Progress::Yours { due: Some(date(2027, 1, 5)), renewal: Renewal::Done }),
        out("春", Progress::Yours { due: Some(date(2027, 1, 5)), renewal: Renewal::Offered }),
        Line { way: Way::In, ..out("活着", Progress::Done { due: None, provisional: false }) },
        Line { way: Way::In, ..out("茶馆", Progress::Unsecured) },
    ];
    expect![[r"
        湖滨图书馆
        借出
        三体 · 应还 2026-12-22
        书名不详
        续借
        家 · 应还 2027-01-05
        归还
        活着
        茶馆"]]
    .assert_eq(&text(&done(lines), "湖滨图书馆", &words()));
    assert_eq!(text(&done(vec![]), "", &words()), "");
}

#[test]
fn many_books_shorten_their_titles_and_then_become_a_number() {
    let title = "中华人民共和国国家标准信息与文献图书馆射频识别数据模型第三部分固定长度编码方案及其应用指南（修订版）";
    let books = |n| {
        let line = || out(title, Progress::Done { due: Some(date(2026, 12, 22)), provisional: false });
        text(&done((0..n).map(|_| line()).collect()), "湖滨图书馆", &words())
    };
    let longest = |n: usize| books(n).lines().nth(2).unwrap().split(" · ").next().unwrap().chars().count();
    assert_eq!(longest(2), title.chars().count());
    assert_eq!(longest(5), 24);
    assert_eq!(longest(9), 14);
    assert_eq!(longest(11), 9);
    expect![[r"
        湖滨图书馆
        借出 40 本
        最早应还 2026-12-22"]]
    .assert_eq(&books(40));
    for n in 0..60 {
        assert!(books(n).len() <= MAX_BYTES, "{n}");
    }
}

#[test]
fn any_receipt_fits_and_reads_back_as_it_was() {
    for length in [1, 50, 200, MAX_BYTES - 3, MAX_BYTES] {
        let text: String = "湖滨 lakeside · 2026-12-22\n".chars().cycle().take(length).collect();
        let text = cut(&text, length);
        let (image, side) = code(text).unwrap();
        assert!(side <= 93 + 8, "{side}");
        assert_eq!(read(&image), text, "{length} bytes");
    }
    assert!(code(&"x".repeat(MAX_BYTES + 1)).is_none(), "MAX_BYTES is what the largest code holds");
}

/// Reads a code from its picture, four pixels a module.
fn read(image: &Image) -> String {
    let pixels = image.to_rgba8().unwrap();
    let side = usize::try_from(pixels.width()).unwrap();
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(4 * side, 4 * side, |x, y| {
        pixels.as_slice()[(y / 4) * side + x / 4].r
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

fn cut(text: &str, n_bytes: usize) -> &str {
    let end = (0..=n_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    text.get(..end).unwrap()
}

fn out(title: &str, progress: Progress) -> Line {
    Line {
        item: ItemId::parse("B0000001").ok(),
        title: (!title.is_empty()).then(|| title.to_owned()),
        author: None,
        way: Way::Out,
        set: None,
        progress,
        goes: None,
    }
}

fn done(lines: Vec<Line>) -> Done {
    Done { lines, card_left: false, books_left: false, receipt: Receipt::Code }
}

fn words() -> g::ReceiptWords {
    g::ReceiptWords {
        lent: "借出".into(),
        due: "应还 {}".into(),
        renewed: "续借".into(),
        returned: "归还".into(),
        untitled: "书名不详".into(),
        n_lent: "借出 {} 本".into(),
        n_renewed: "续借 {} 本".into(),
        n_returned: "归还 {} 本".into(),
        first_due: "最早应还 {}".into(),
    }
}
