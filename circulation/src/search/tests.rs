use super::*;
use proptest::prelude::*;

fn terms(text: &str, field: Field) -> Terms {
    Terms::new(&Query { text: text.into(), field, ..Query::default() })
}

fn folded(text: &str) -> Vec<u16> {
    let mut out = Vec::new();
    fold(text, &mut out);
    out
}

fn rank_in(text: &str, field: Field, title: &str, author: &str, class: &str) -> Option<u8> {
    let terms = terms(text, field);
    let mask = terms.class_mask(class);
    terms.rank(&folded(title), &folded(author), mask).map(Rank::number)
}

fn rank(text: &str, title: &str) -> Option<u8> {
    rank_in(text, Field::Any, title, "（清）曹雪芹著", "I242.4")
}

#[test]
fn a_text_is_folded_to_what_matters() {
    let text = |text: &str| String::from_utf16(&folded(text)).unwrap();
    assert_eq!(text("《红楼梦》：Ｒｕｓｔ  Edition!"), "红楼梦 rust edition");
    assert_eq!((text(" ，"), text("")), (String::new(), String::new()));
}

#[test]
fn titles_are_found_as_they_stand_and_by_pinyin() {
    for (asked, expected) in [
        ("红楼梦", Some(0)),
        ("红楼", Some(2)),
        ("楼梦", Some(6)),
        ("hlm", Some(1)),
        ("hl", Some(3)),
        ("lm", Some(7)),
        ("hongloumeng", Some(1)),
        ("honglm", Some(1)),
        ("honglou m", Some(7)),
        ("曹雪芹", Some(4)),
        ("cxq", Some(5)),
        ("雪芹", Some(8)),
        ("红楼梦 cxq", Some(5)),
        ("文学", Some(10)),
        ("I242", Some(10)),
        ("hlx", None),
        ("红楼梦 鲁迅", None),
        ("hongxlou", None),
    ] {
        assert_eq!(rank(asked, "红楼梦"), expected, "{asked}");
    }
    assert_eq!(rank("红楼梦", "红楼梦（上册）"), Some(0), "its part before a sign");
    assert_eq!(rank("sg", "红楼梦：三国"), Some(5));
    assert_eq!(rank("hlmsg", "红楼梦：三国"), Some(1), "signs are not typed");
}

#[test]
fn any_reading_of_a_character_fits() {
    for asked in ["cq", "zq", "chongqing", "zhongqing", "chq"] {
        assert!(rank(asked, "重庆").is_some(), "{asked}");
    }
    assert!(rank("cj", "长江").is_some() && rank("zj", "长江").is_some());
    assert!(rank("nvren", "女人").is_some() && rank("lvs", "绿色").is_some());
}

#[test]
fn letters_and_digits_in_titles_are_found_in_between() {
    for asked in ["3ddy", "3d打印", "3ddayin", "dayin"] {
        assert!(rank(asked, "3D打印").is_some(), "{asked}");
    }
    assert_eq!(rank("rust", "Rust编程之道"), Some(2));
    assert_eq!(rank("BIAN", "Rust编程之道"), Some(7));
}

#[test]
fn fields_limit_where_is_looked() {
    let rank = |text, field| rank_in(text, field, "红楼梦", "曹雪芹著", "I242.4");
    assert_eq!(rank("曹", Field::Title), None);
    assert_eq!(rank("曹", Field::Author), Some(4));
    assert_eq!(rank("红", Field::Author), None);
    assert_eq!(rank("小说", Field::Subject), Some(10));
    assert_eq!(rank("红楼梦", Field::Subject), None);
    assert_eq!(rank("红楼梦", Field::Isbn), None);
}

#[test]
fn what_looks_like_an_isbn_or_a_call_number_is_one() {
    assert_eq!(terms("9787-02", Field::Any).isbns(), [9_787_020_000_000..=9_787_029_999_999]);
    assert!(terms("9787-02", Field::Title).isbns().is_empty());
    assert_eq!(terms("i242.4/9", Field::Any).call_number(), Some("I242.4/9"));
    assert_eq!(terms("tp", Field::Any).call_number(), None);
    assert_eq!(terms("tp", Field::CallNumber).call_number(), Some("TP"));
    assert!(terms(" 《》 ", Field::Any).is_empty() && terms("", Field::CallNumber).is_empty());
}

#[test]
fn languages_have_codes_and_are_guessed() {
    assert_eq!(ItemLanguage::of_code("chi"), ItemLanguage::Chinese);
    assert_eq!(ItemLanguage::of_code("mul"), ItemLanguage::Other);
    assert_eq!(ItemLanguage::guess("C语言程序设计"), ItemLanguage::Chinese);
    assert_eq!(ItemLanguage::guess("Rust in Action"), ItemLanguage::English);
    assert_eq!(ItemLanguage::guess("ノルウェイの森"), ItemLanguage::Japanese);
    assert_eq!(ItemLanguage::guess("1984"), ItemLanguage::Other);
}

#[test]
fn debug_tells_nothing_of_what_is_asked() {
    let query = Query { text: "红楼梦".into(), ..Query::default() };
    assert!(!format!("{query:?}").contains('红'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_can_be_typed_breaks_it(text in "\\PC{0,60}", title in "\\PC{0,40}") {
        for field in Field::ALL {
            if let Some(rank) = rank_in(&text, field, &title, &title, "I2") {
                prop_assert!(rank <= 15);
            }
        }
    }

    #[test]
    fn every_part_of_a_title_finds_it(title in "[一-龥]{1,20}", start in 0..20_usize, len in 1..20_usize) {
        let part: String = title.chars().skip(start).take(len).collect();
        prop_assert_eq!(rank(&part, &title).is_some(), !part.is_empty());
    }
}
