use super::*;
use jiff::civil::date;
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 23);

fn demo() -> Demo {
    Demo::on(TODAY).unwrap()
}

fn item(id: &str) -> Item {
    demo().items.into_iter().find(|item| item.id.as_str() == id).unwrap()
}

#[test]
fn the_library_has_the_size_it_says() {
    let demo = demo();
    assert_eq!((demo.patrons.len(), demo.items.len()), (40, 300));
    let titles: BTreeSet<i64> = demo.items.iter().map(|item| item.record).collect();
    assert_eq!(titles.len(), 228);
}

#[test]
fn ids_are_unique_and_in_order() {
    let demo = demo();
    for (n, item) in demo.items.iter().enumerate() {
        assert_eq!(item.id.as_str(), format!("LW{:07}", n + 1));
    }
    for (n, patron) in demo.patrons.iter().enumerate() {
        assert_eq!(patron.id.as_str(), format!("LW2026{:04}", n + 1));
    }
    let names: BTreeSet<&str> = demo.patrons.iter().map(|patron| patron.name).collect();
    assert_eq!(names.len(), 40);
    let lent: BTreeSet<&str> = demo.loans.iter().map(|loan| loan.item.as_str()).collect();
    assert_eq!(lent.len(), demo.loans.len());
}

#[test]
fn the_patrons_are_nobody() {
    for patron in demo().patrons {
        let [first, small, last] = patron.name.chars().collect::<Vec<_>>()[..] else {
            panic!("three characters")
        };
        assert!("书阅墨砚简卷笺页".contains(first) && small == '小' && "甲乙丙丁戊".contains(last));
    }
}

#[test]
fn isbns_have_their_check_digit_and_are_invented() {
    assert_eq!(isbn(1), "9799900000012");
    for item in demo().items.iter().filter(|item| item.item_type != "期刊") {
        let digits: Vec<u32> = item.isbn.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let sum: u32 = digits.iter().zip([1, 3].iter().cycle()).map(|(d, w)| d * w).sum();
        assert_eq!((digits.len(), sum % 10), (13, 0), "{}", item.isbn);
        assert!(item.isbn.starts_with("97999"));
    }
}

#[test]
fn every_word_is_a_known_one() {
    let demo = demo();
    for item in &demo.items {
        assert!(ITEM_TYPES.contains(&item.item_type), "{}", item.title);
        assert!(BRANCHES.iter().any(|(code, _)| *code == item.branch), "{}", item.title);
        assert!(item.call_number.starts_with(|c: char| c.is_ascii_uppercase()), "{}", item.call_number);
        assert!(!item.title.is_empty() && !item.author.is_empty());
    }
    for patron in &demo.patrons {
        assert!(PATRON_TYPES.iter().any(|(name, _)| *name == patron.patron_type));
        assert!(["1", "2", "3", "4", "5", "10"].contains(&patron.state));
    }
    for (card, kind, ..) in RULES {
        assert!(PATRON_TYPES.iter().any(|(name, _)| name == card) && ITEM_TYPES.contains(kind));
    }
}

#[test]
fn the_first_items_are_famous() {
    let first: Vec<String> = demo().items.into_iter().take(12).map(|item| item.title).collect();
    assert_eq!(
        first,
        [
            "红楼梦",
            "西游记",
            "呐喊",
            "傲慢与偏见",
            "康熙字典",
            "三国演义",
            "水浒传",
            "爱丽丝漫游奇境",
            "朝花夕拾",
            "唐诗三百首",
            "老残游记",
            "呼兰河传"
        ]
    );
    assert_eq!(item("LW0000001").call_number, "I242.4/1");
    assert_eq!(item("LW0000005").item_type, "工具书");
    assert_eq!(item("LW0000015").state, "14");
}

#[test]
fn loans_are_as_the_table_says() {
    let demo = demo();
    let of = |id: &str| demo.loans.iter().filter(|loan| loan.patron.as_str() == id).collect::<Vec<_>>();
    let due: Vec<Date> = of("LW20260001").iter().map(|loan| loan.due_on).collect();
    assert_eq!(due, [date(2026, 12, 11), date(2026, 12, 3)]);
    assert_eq!(of("LW20260013").len(), 5);
    let overdue: Vec<_> = demo.loans.iter().filter(|loan| loan.due_on < TODAY).collect();
    assert_eq!(overdue.len(), 1);
    assert_eq!(overdue[0].patron.as_str(), "LW20260014");
}

#[test]
fn volumes_of_a_set_share_a_record() {
    let volumes: Vec<(String, String)> = demo()
        .items
        .into_iter()
        .filter(|item| item.title.starts_with("史记"))
        .map(|item| (item.title, item.call_number))
        .collect();
    let expected =
        [("史记（第1册）", "K204.2/1:1"), ("史记（第2册）", "K204.2/1:2"), ("史记（第3册）", "K204.2/1:3")];
    assert_eq!(volumes, expected.map(|(title, mark)| (title.to_owned(), mark.to_owned())));
}
