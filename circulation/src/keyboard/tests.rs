use super::*;
use proptest::prelude::*;

const PAGE: usize = 6;

fn typed(text: &str) -> Keyboard {
    let mut keyboard = Keyboard::new(Layout::Pinyin, PAGE);
    for letter in text.chars() {
        assert_eq!(keyboard.press(Key::Character(letter)), None);
    }
    keyboard
}

fn candidates(text: &str) -> Vec<String> {
    typed(text).view().candidates
}

fn first(text: &str) -> String {
    candidates(text).into_iter().next().unwrap_or_default()
}

#[test]
fn words_are_found_by_full_pinyin_initials_and_both() {
    for (letters, word) in [
        ("hongloumeng", "红楼梦"),
        ("hlm", "红楼梦"),
        ("honglm", "红楼梦"),
        ("hloum", "红楼梦"),
        ("sanguoyanyi", "三国演义"),
        ("sgyy", "三国演义"),
        ("zhongguo", "中国"),
        ("chongqing", "重庆"),
        ("lvse", "绿色"),
        ("tushuguan", "图书馆"),
        ("xi'an", "西安"),
    ] {
        assert!(candidates(letters).iter().any(|text| text == word), "{letters}: {:?}", candidates(letters));
    }
}

#[test]
fn what_is_ambiguous_offers_both() {
    let all = candidates("xian");
    assert!(all.contains(&"先".to_owned()) && all.contains(&"西安".to_owned()), "{all:?}");
    assert_eq!(first("xi'an"), "西安");
    assert!(!candidates("xi'an").contains(&"先".to_owned()));
}

#[test]
fn the_first_candidate_is_a_sentence() {
    for (letters, sentence) in [
        ("wozhongguoren", "我中国人"),
        ("tushuguandetushu", "图书馆的图书"),
        ("ertongwenxuezuopin", "儿童文学作品"),
        ("zhongguogudaiwenxueshi", "中国古代文学史"),
        ("zhongxuewulijiaoxue", "中学物理教学"),
        ("jisuanjiwangluojishu", "计算机网络技术"),
    ] {
        assert_eq!(first(letters), sentence);
    }
}

#[test]
fn the_composition_is_spelt_in_syllables() {
    assert_eq!(typed("honglm").view().composition, "hong l m");
    assert_eq!(typed("xi'an").view().composition, "xi' an");
    assert_eq!(typed("v").view().composition, "v");
}

#[test]
fn a_choice_takes_its_letters_and_leaves_the_others() {
    let mut keyboard = typed("hongloumeng");
    let page = keyboard.view().candidates;
    let at = page.iter().position(|text| text == "红楼").unwrap();
    assert_eq!(keyboard.press(Key::Choose(at)), Some(Edit::Insert("红楼".into())));
    assert_eq!(keyboard.view(), typed("meng").view());
    assert!(matches!(keyboard.press(Key::Character('1')), Some(Edit::Insert(_))), "a digit chooses");
    assert!(!keyboard.is_composing());
    assert_eq!(keyboard.press(Key::Character('1')), Some(Edit::Insert("1".into())), "or is itself");
}

#[test]
fn letters_can_be_taken_as_they_are() {
    let mut keyboard = typed("rust");
    assert_eq!(keyboard.press(Key::Letters), Some(Edit::Insert("rust".into())));
    assert_eq!(keyboard.press(Key::Letters), None);
    let mut keyboard = typed("abc");
    assert_eq!(keyboard.press(Key::Switch(Layout::Digits)), Some(Edit::Insert("abc".into())));
    assert_eq!(keyboard.press(Key::Character('7')), Some(Edit::Insert("7".into())));
    let mut keyboard = typed("ab");
    assert_eq!(keyboard.press(Key::Character('/')), Some(Edit::Insert("ab/".into())));
    assert_eq!(keyboard.press(Key::Confirm), Some(Edit::Insert(" ".into())));
    assert_eq!(keyboard.press(Key::Delete), Some(Edit::DeleteLast));
}

#[test]
fn pages_turn_within_their_bounds() {
    let mut keyboard = typed("shi");
    let first = keyboard.view();
    assert!(first.has_next && !first.has_previous && first.candidates.len() == PAGE);
    keyboard.press(Key::PreviousPage);
    assert_eq!(keyboard.view(), first);
    keyboard.press(Key::NextPage);
    let second = keyboard.view();
    assert!(second.has_previous && second.candidates.iter().all(|text| !first.candidates.contains(text)));
    while keyboard.view().has_next {
        keyboard.press(Key::NextPage);
    }
    let last = keyboard.view();
    assert!(!last.candidates.is_empty());
    keyboard.press(Key::NextPage);
    assert_eq!(keyboard.view(), last);
}

#[test]
fn layouts_have_rows_of_one_width_at_most_and_lead_to_each_other() {
    for layout in Layout::ALL {
        let widths = layout.rows().iter().map(|row| row.iter().map(|cap| u32::from(cap.width)).sum::<u32>());
        assert!(widths.max().unwrap() <= 20, "{layout:?}");
        let caps = layout.rows().iter().flat_map(|row| row.iter());
        let keys: Vec<Key> = caps.map(|cap| cap.key).collect();
        assert!(keys.contains(&Key::Delete), "{layout:?}");
        assert!(keys.iter().any(|key| matches!(key, Key::Switch(to) if *to != layout)), "{layout:?}");
    }
}

#[test]
fn debug_tells_nothing_of_what_was_typed() {
    let keyboard = typed("hlm");
    let text = format!("{keyboard:?} {:?} {:?}", keyboard.view(), Key::Character('h'));
    assert!(!text.contains("hlm") && !text.contains("红楼梦") && !text.contains("'h'"), "{text}");
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        12 => proptest::char::range('a', 'z').prop_map(Key::Character),
        1 => proptest::sample::select(vec!['\'', 'V', '0', '3', 'é', '红', '/', '\u{0}']).prop_map(Key::Character),
        1 => Just(Key::Delete),
        1 => Just(Key::Confirm),
        1 => Just(Key::Letters),
        1 => (0..9_usize).prop_map(Key::Choose),
        1 => Just(Key::NextPage),
        1 => Just(Key::PreviousPage),
        1 => proptest::sample::select(Layout::ALL.to_vec()).prop_map(Key::Switch),
        1 => Just(Key::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_break_it_and_what_is_composed_is_bounded(keys in proptest::collection::vec(any_key(), 0..90)) {
        let mut keyboard = Keyboard::new(Layout::Pinyin, PAGE);
        for key in keys {
            keyboard.press(key);
            let view = keyboard.view();
            prop_assert!(view.composition.len() <= 2 * MAX_LETTERS);
            prop_assert!(view.candidates.len() <= PAGE);
            prop_assert_eq!(view.candidates.is_empty(), !keyboard.is_composing());
            prop_assert!(keyboard.reading.candidates.len() <= sentence::MAX_CANDIDATES);
            prop_assert!(keyboard.letters.len() <= MAX_LETTERS);
        }
    }

    #[test]
    fn delete_undoes_a_letter(letters in "[a-z][a-z']{0,20}", letter in proptest::char::range('a', 'z')) {
        let before = typed(&letters);
        let mut keyboard = before.clone();
        keyboard.press(Key::Character(letter));
        keyboard.press(Key::Delete);
        prop_assert!(keyboard == before);
    }

    #[test]
    fn a_choice_leaves_what_it_does_not_stand_for(letters in "[a-z][a-z']{0,20}", n in 0..PAGE) {
        let mut keyboard = typed(&letters);
        let Some(candidate) = keyboard.reading.candidates.get(n).cloned() else { return Ok(()) };
        prop_assert!((1..=letters.len()).contains(&candidate.n_letters));
        prop_assert!(keyboard.press(Key::Choose(n)) == Some(Edit::Insert(candidate.text.clone())));
        prop_assert_eq!(keyboard.letters.as_slice(), &letters.as_bytes()[candidate.n_letters..]);
        prop_assert!(!candidate.text.is_empty());
    }

    #[test]
    fn the_first_candidate_stands_for_all_letters(letters in "[a-z][a-z']{0,47}") {
        let mut keyboard = typed(&letters);
        keyboard.press(Key::Confirm);
        prop_assert!(!keyboard.is_composing());
    }
}
