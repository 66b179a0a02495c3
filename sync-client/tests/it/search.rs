//! Titles are found in the mirror by everything a reader may type, and what is said of their copies is as of now.

use circulation::id::{Isil, ItemId};
use circulation::policy::ItemState;
use circulation::search::{Field, Filter, ItemLanguage, Languages, Query, Results};
use jiff::civil::datetime;
use sync_client::kiosk_api::{BranchName, Cursor, Head, ItemEntry, Line, Record, RuleSet};
use sync_client::mirror::{Finder, Mirror};
use tempfile::TempDir;

use crate::world::NINE;

const BOOKS: [(&str, &str, &str, &str); 8] = [
    ("红楼梦", "（清）曹雪芹著", "978-7-02-000220-7", "I242.4/9"),
    ("红楼梦研究", "俞平伯著", "", "I207.411/3"),
    ("《红楼梦》：导读", "王英著", "", "I207.411/7"),
    ("三国演义", "（明）罗贯中著", "978-7-02-000872-8", "I242.4/12"),
    ("长江的故事", "李海著", "", "K928.42/1"),
    ("重庆指南", "李海著", "", "K928.9/5"),
    ("Rust编程之道", "张汉东著", "978-7-121-35485-7", "TP312/88"),
    ("The Old Man and the Sea", "Ernest Hemingway", "0-684-80122-1", "I712.45/2"),
];

/// Copy `copy` of a book.
fn copy(book: usize, copy: usize, state: ItemState) -> Line {
    let (title, author, isbn, call_number) = BOOKS[book];
    Line::Item(ItemEntry {
        id: barcode(book, copy),
        item_type: "普通图书".into(),
        owner: isil(),
        branch: format!("LW0{copy}"),
        state,
        title: title.into(),
        call_number: call_number.into(),
        record: Record {
            author: author.into(),
            isbn: isbn.into(),
            language: String::new(),
            shelf: format!("{copy}F"),
        },
    })
}

fn barcode(book: usize, copy: usize) -> ItemId {
    ItemId::parse(&format!("LW{copy}{book:03}")).unwrap()
}

fn isil() -> Isil {
    Isil::parse("CN-1").unwrap()
}

fn head(cursor: &str) -> Head {
    let cursor = Cursor::parse(cursor).unwrap();
    Head { institution: isil(), at: datetime(2026, 11, 22, 9, 0, 0, 0), cursor }
}

/// Of book n there are n % 3 + 1 copies, in the branches from LW01 on.
fn library() -> Vec<Line> {
    let branches = vec![BranchName { code: "LW01".into(), name: "中心馆".into() }];
    let rules = Line::Rules(RuleSet { branches, ..RuleSet::default() });
    let books = (0..BOOKS.len()).flat_map(|n| (1..=n % 3 + 1).map(move |at| copy(n, at, ItemState::Free)));
    core::iter::once(rules).chain(books).collect()
}

fn snapshot(mirror: &Mirror, cursor: &str, lines: &[Line]) {
    let head = head(cursor);
    let mut loader = mirror.start_snapshot(&head).unwrap();
    loader.put(lines).unwrap();
    loader.finish(&head, &head.cursor, NINE.parse().unwrap()).unwrap();
}

fn changes(mirror: &Mirror, lines: &[Line]) {
    let mut loader = mirror.start_changes().unwrap();
    loader.put(lines).unwrap();
    let head = head("e-1");
    loader.finish(&head, &head.cursor, NINE.parse().unwrap()).unwrap();
}

fn world() -> (TempDir, Mirror, Finder) {
    let folder = TempDir::new().unwrap();
    let (mirror, _) = Mirror::open(&folder.path().join("mirror.db")).unwrap();
    snapshot(&mirror, "e-1", &library());
    let finder = mirror.finder().unwrap();
    (folder, mirror, finder)
}

fn ask(finder: &mut Finder, text: &str, field: Field) -> Results {
    finder.search(&Query { text: text.into(), field, n: 20, ..Query::default() }).unwrap()
}

fn titles(finder: &mut Finder, text: &str) -> Vec<String> {
    ask(finder, text, Field::Any).hits.into_iter().map(|hit| hit.title).collect()
}

#[test]
fn a_title_is_found_by_all_that_readers_type() {
    let (_folder, _mirror, mut finder) = world();
    for (asked, expected) in [
        ("红楼梦", 0),
        ("hlm", 0),
        ("hongloumeng", 0),
        ("曹雪芹", 0),
        ("9787020002207", 0),
        ("7-02-000220-X", 0),
        ("I242.4/9", 0),
        ("hlm yj", 1),
        ("俞平伯", 1),
        ("sanguoyanyi", 3),
        ("国演", 3),
        ("sgyy 罗贯中", 3),
        ("zj gushi", 4),
        ("cq", 5),
        ("RUST", 6),
        ("tp312", 6),
        ("编程", 6),
        ("hemingway sea", 7),
        ("9780684801223", 7),
        ("06848", 7),
    ] {
        assert_eq!(
            titles(&mut finder, asked).first().map(String::as_str),
            Some(BOOKS[expected].0),
            "{asked}"
        );
    }
    for nothing in ["", "  ", "《》", "hlmx", "红楼梦 罗贯中", "97899"] {
        assert_eq!(ask(&mut finder, nothing, Field::Any), Results::default(), "{nothing}");
    }
}

#[test]
fn the_best_come_first_and_copies_are_one_hit() {
    let (_folder, _mirror, mut finder) = world();
    let found = ask(&mut finder, "红楼梦", Field::Any);
    assert_eq!(found.n_hits, 3);
    let counts: Vec<_> =
        found.hits.iter().map(|hit| (hit.title.as_str(), hit.n_copies, hit.n_free)).collect();
    assert_eq!(counts, [("红楼梦", 1, 1), ("《红楼梦》：导读", 3, 3), ("红楼梦研究", 2, 2)]);
    let hit = &found.hits[0];
    assert_eq!(hit.author.as_deref(), Some("（清）曹雪芹著"));
    assert_eq!(hit.isbn.as_deref(), Some("9787020002207"));
    assert_eq!(hit.call_number.as_deref(), Some("I242.4/9"));
    assert_eq!(hit.language, ItemLanguage::Chinese);
}

#[test]
fn fields_and_filters_limit_what_is_found() {
    let (_folder, _mirror, mut finder) = world();
    assert_eq!(ask(&mut finder, "李海", Field::Author).n_hits, 2);
    assert_eq!(ask(&mut finder, "李海", Field::Title).n_hits, 0);
    assert_eq!(ask(&mut finder, "地理", Field::Subject).n_hits, 2);
    assert_eq!(ask(&mut finder, "I24", Field::CallNumber).n_hits, 2);
    assert_eq!(ask(&mut finder, "978702", Field::Isbn).n_hits, 2);

    let mut filtered = |branch: Option<&str>, languages| {
        let filter = Filter { branch: branch.map(str::to_owned), languages };
        finder.search(&Query { text: "h".into(), filter, n: 20, ..Query::default() }).unwrap()
    };
    let all = filtered(None, None).n_hits;
    assert_eq!(filtered(Some("LW01"), None).n_hits, all);
    let second = filtered(Some("LW02"), None);
    assert!(second.n_hits < all && second.hits.iter().all(|hit| (hit.n_copies, hit.n_free) == (1, 1)));
    assert_eq!(filtered(Some("LW99"), None).n_hits, 0);
    assert_eq!(filtered(None, Some(Languages::Only(ItemLanguage::English))).n_hits, 1);
    let (only, but) = (Languages::Only(ItemLanguage::Chinese), Languages::AllBut(ItemLanguage::Chinese));
    let foreign = filtered(None, Some(but));
    assert_eq!(filtered(None, Some(only)).n_hits + foreign.n_hits, all);
    assert!(foreign.hits.iter().all(|hit| hit.language != ItemLanguage::Chinese));
    let branches: Vec<_> = finder
        .branches()
        .unwrap()
        .into_iter()
        .map(|branch| (branch.code, branch.name, branch.n_titles))
        .collect();
    assert_eq!(
        branches,
        [("LW01".into(), Some("中心馆".into()), 8), ("LW02".into(), None, 5), ("LW03".into(), None, 2)]
    );
}

#[test]
fn pages_follow_each_other() {
    let (_folder, _mirror, mut finder) = world();
    let mut page = |first, n| {
        let found = finder.search(&Query { text: "著".into(), first, n, ..Query::default() }).unwrap();
        (found.n_hits, found.hits.into_iter().map(|hit| hit.key).collect::<Vec<_>>())
    };
    let (n, all) = page(0, 20);
    assert_eq!((n, all.len()), (7, 7));
    let parts: Vec<_> = [0, 3, 6].into_iter().flat_map(|first| page(first, 3).1).collect();
    assert_eq!(parts, all);
    assert_eq!(page(7, 3), (7, Vec::new()));
    assert_eq!(page(usize::MAX, usize::MAX), (7, Vec::new()));
}

#[test]
fn copies_are_told_as_of_now() {
    let (_folder, mirror, mut finder) = world();
    changes(&mirror, &[copy(2, 1, ItemState::OnLoan), copy(2, 2, ItemState::Held)]);
    let hit = ask(&mut finder, "导读", Field::Any).hits.remove(0);
    assert_eq!((hit.n_copies, hit.n_free), (3, 1));
    let holdings = finder.holdings(hit.key).unwrap();
    let told: Vec<_> =
        holdings.iter().map(|one| (one.item.clone(), one.branch.as_str(), one.state)).collect();
    assert_eq!(
        told,
        [
            (barcode(2, 3), "LW03", ItemState::Free),
            (barcode(2, 1), "LW01", ItemState::OnLoan),
            (barcode(2, 2), "LW02", ItemState::Held),
        ]
    );
    assert_eq!(holdings[1].branch_name.as_deref(), Some("中心馆"));
    assert_eq!(holdings[1].shelf.as_deref(), Some("1F"));
    assert_eq!(holdings[1].call_number.as_deref(), Some("I207.411/7"));
}

#[test]
fn a_new_snapshot_is_found_in_and_keys_stay() {
    let (_folder, mirror, mut finder) = world();
    let key = ask(&mut finder, "rust", Field::Any).hits[0].key;
    let mut lines = library();
    lines.retain(|line| !matches!(line, Line::Item(item) if item.title == "红楼梦"));
    lines.reverse();
    snapshot(&mirror, "e-2", &lines);
    assert_eq!(ask(&mut finder, "hlm", Field::Any).n_hits, 2);
    assert_eq!(ask(&mut finder, "rust", Field::Any).hits[0].key, key);
    assert_eq!(finder.holdings(key).unwrap().len(), 1);
    assert_eq!(finder.size().n_titles, 7);

    changes(&mirror, &[copy(0, 1, ItemState::Free), Line::ItemGone(barcode(6, 1))]);
    assert_eq!(ask(&mut finder, "hlm", Field::Any).n_hits, 2, "as of when it was loaded");
    let mut finder = mirror.finder().unwrap();
    assert_eq!(ask(&mut finder, "hlm", Field::Any).n_hits, 3);
    assert_eq!(ask(&mut finder, "rust", Field::Any).n_hits, 0);
    assert!(finder.holdings(key).unwrap().is_empty());
}

#[test]
fn a_snapshot_that_broke_off_knows_the_titles_it_has() {
    let (_folder, mirror, _) = world();
    let lines = library();
    let mut loader = mirror.start_snapshot(&head("e-2")).unwrap();
    loader.put(&lines[..5]).unwrap();
    drop(loader);
    let mut loader = mirror.resume_snapshot().unwrap();
    loader.put(&lines[5..]).unwrap();
    let head = head("e-2");
    loader.finish(&head, &head.cursor, NINE.parse().unwrap()).unwrap();
    let mut finder = mirror.finder().unwrap();
    assert_eq!(finder.size().n_titles, BOOKS.len());
    assert_eq!(ask(&mut finder, "导读", Field::Any).hits[0].n_copies, 3);
}

#[test]
fn an_empty_mirror_finds_nothing() {
    let folder = TempDir::new().unwrap();
    let (mirror, _) = Mirror::open(&folder.path().join("mirror.db")).unwrap();
    let mut finder = mirror.finder().unwrap();
    assert_eq!(ask(&mut finder, "hlm", Field::Any), Results::default());
    assert!(finder.branches().unwrap().is_empty());
    snapshot(&mirror, "e-1", &library());
    assert_eq!(ask(&mut finder, "hlm", Field::Any).n_hits, 3, "it is filled under its hands");
}
