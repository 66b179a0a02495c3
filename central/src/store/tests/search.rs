//! The catalogue by its words: what is asked and what is found, the same on both engines.

use super::*;

const ADD: &str = "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
     VALUES ('CN-371200-LW', ";

/// Some titles more than the demo library has.
fn shelved(app: &App) {
    for (n, title, author, isbn, class, branch) in [
        (1, "重返狼群", "李微漪著", "9787535451187", "I267", "LW01"),
        (2, "长征：一个连队", "王火", "", "E297.3/1", "LW02"),
        (2, "长征：一个连队", "王火", "", "E297.3/1", "LW01"),
        (3, "The Rust programming language", "Klabnik, Steve", "978-1-59327-828-1", "TP312.8/77", "LW01"),
        (4, "狼群重返", "某人", "7-02-000220-X", "I267", "LW01"),
        (5, "Ｃ＋＋程序设计", "", "", "TP312C/5", "LW01"),
    ] {
        let id = app.store().lines("SELECT count(*) FROM item").pop().unwrap();
        let institution = seed::INSTITUTION;
        let add = ADD.replace("CN-371200-LW", institution);
        let row = format!(
            "'Z{id}', {}, '{title}', '{author}', '{isbn}', '{class}', '普通图书', '{branch}', '2')",
            90_000 + n
        );
        app.store().execute(&(add + &row)).unwrap();
    }
    let details = BibDetails {
        subject: "程序设计语言".into(),
        publisher: "人民邮电出版社".into(),
        ..BibDetails::default()
    };
    app.store().keep_bib(&of(), 90_003, &details).unwrap();
}

fn found(app: &App, text: &str) -> Vec<String> {
    let found = app.store().find_titles(&of(), text, 5, 0).unwrap();
    found.into_iter().map(|title| title.title).collect()
}

#[test]
fn titles_are_found_by_their_words_on_both_engines() {
    both(|app| {
        shelved(&app);
        for (text, expected) in [
            ("狼群", &["狼群重返", "重返狼群"][..]),
            ("重返狼", &["重返狼群"]),
            ("cflq", &["重返狼群"]),
            ("zflq", &["重返狼群"]),
            ("chongfan", &["重返狼群", "狼群重返"]),
            ("czyg", &["长征：一个连队"]),
            ("长征 王火", &["长征：一个连队"]),
            ("长征 lwy", &[]),
            ("lwy 狼", &["重返狼群"]),
            ("rust", &["The Rust programming language"]),
            ("RUST Steve", &["The Rust programming language"]),
            ("prog lang", &["The Rust programming language"]),
            ("ust", &[]),
            ("c 程序", &["Ｃ＋＋程序设计"]),
            ("程序设计", &["Ｃ＋＋程序设计", "The Rust programming language"]),
            ("978-7-5354-5118-7", &["重返狼群"]),
            ("978 7535 4511 87", &["重返狼群"]),
            ("9787020002207", &["狼群重返"]),
            ("702000220x", &["狼群重返"]),
            ("E297", &["长征：一个连队"]),
            ("hlm", &["红楼梦"]),
            ("'; DROP TABLE title; --", &[]),
            ("\" OR \"", &["On the Origin of Species"]),
            ("' | '", &[]),
            ("*", &[]),
            ("", &[]),
        ] {
            assert_eq!(found(&app, text), expected, "{text}");
        }
        let pages: Vec<String> = (0..3)
            .flat_map(|n| app.store().find_titles(&of(), "狼群", 1, n).unwrap())
            .map(|t| t.title)
            .collect();
        assert_eq!(pages, ["狼群重返", "重返狼群"]);
        let copies = app.store().find_titles(&of(), "长征", 9, 0).unwrap();
        assert_eq!(
            copies.iter().map(|t| (t.record, t.n_copies, t.n_free)).collect::<Vec<_>>(),
            [(90_002, 2, 2)]
        );
    });
}

#[test]
fn records_are_found_by_one_field_and_in_one_branch() {
    both(|app| {
        shelved(&app);
        let ask = |field, text, branch| {
            let (n, bibs) =
                app.store().search_bibs(&of(), &BibQuery { field, text, branch, skip: 0, max: 9 }).unwrap();
            assert_eq!(usize::try_from(n).unwrap(), bibs.len());
            bibs.into_iter().map(|bib| bib.record).collect::<Vec<_>>()
        };
        for (field, text, branch, expected) in [
            ("title", "狼群", None, &[90_001, 90_004][..]),
            ("title", "王火", None, &[]),
            ("author", "王火", None, &[90_002]),
            ("author", "wh", None, &[90_002]),
            ("subject", "语言", None, &[90_003]),
            ("title", "语言", None, &[]),
            ("publisher", "邮电", None, &[90_003]),
            ("", "邮电", None, &[]),
            ("classno", "TP312", None, &[90_003, 90_005]),
            ("classno", "tp312.8", None, &[90_003]),
            ("isbn", "978159327", None, &[90_003]),
            ("", "长征", Some("LW02"), &[90_002]),
            ("", "狼群", Some("LW02"), &[]),
        ] {
            assert_eq!(ask(field, text, branch), expected, "{field} {text}");
        }
    });
}

/// Whoever changes an item or a record, and by whatever way, changes what is found.
#[test]
fn what_changes_is_found_as_it_is_now() {
    both(|app| {
        shelved(&app);
        assert_eq!(found(&app, "狼群").len(), 2);
        let run = |sql: &str| app.store().execute(sql).unwrap();
        run("UPDATE item SET title = '雪山飞狐' WHERE record = 90001");
        assert_eq!(
            (found(&app, "狼群"), found(&app, "xsfh")),
            (vec!["狼群重返".into()], vec!["雪山飞狐".into()])
        );
        run("UPDATE item SET record = 90006 WHERE record = 90004");
        assert_eq!(found(&app, "狼群"), ["狼群重返"]);
        assert_eq!(app.store().lines("SELECT record FROM title WHERE record IN (90004, 90006)"), ["90006"]);
        run("DELETE FROM item WHERE record = 90006");
        assert_eq!(found(&app, "狼群"), [""; 0]);
        app.store()
            .keep_bib(&of(), 90_003, &BibDetails { subject: "系统编程".into(), ..BibDetails::default() })
            .unwrap();
        assert_eq!((found(&app, "系统编程").len(), found(&app, "设计语言").len()), (1, 0));
        assert_eq!(app.store().lines("SELECT count(*) FROM title_stale"), ["0"]);
        assert_eq!(app.store().index_titles(&of()).unwrap(), 0);
        // A loan is no reason to look at a title again.
        app.store().checkout(&of(), &patron("LW20260004"), &item("LW0000001"), &desk()).unwrap().unwrap();
        app.store().checkin(&of(), &item("LW0000001"), &desk()).unwrap().unwrap();
        assert_eq!(app.store().lines("SELECT count(*) FROM title_stale"), ["0"]);
    });
}

/// Several search while several change the same title: what is found in the end is what stands there in the end.
#[test]
fn who_sorts_in_at_once_leaves_nothing_old() {
    both(|app| {
        shelved(&app);
        std::thread::scope(|scope| {
            for name in ["甲", "乙", "丙", "丁"] {
                let app = &app;
                scope.spawn(move || {
                    for n in 0..25 {
                        let sql = format!("UPDATE item SET title = '{name}{n}号狼' WHERE record = 90001");
                        app.store().execute(&sql).unwrap();
                        found(app, "狼");
                    }
                });
            }
        });
        let title = app.store().lines("SELECT title FROM item WHERE record = 90001");
        assert_eq!(app.store().lines("SELECT title FROM title WHERE record = 90001"), title);
        assert!(found(&app, "狼").contains(&title[0]), "{title:?}");
    });
}

/// Of the letters of a question the index knows pairs: the one title that fits may stand behind thousands that do not.
#[test]
fn who_fits_is_found_behind_thousands_that_do_not() {
    both(|app| {
        let many = |n: usize, title: &str| {
            let rows = (0..n).map(|at| {
                let record = 100_000 + at + if title == "重返" { 50_000 } else { 0 };
                format!(
                    "('{}', 'M{record}', {record}, '{title}', '', '', '', '普通图书', 'LW01', '2')",
                    seed::INSTITUTION
                )
            });
            let into = "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, \
                 branch, state) VALUES ";
            app.store().execute(&(into.to_owned() + &rows.collect::<Vec<_>>().join(", "))).unwrap();
        };
        many(2500, "陈风");
        app.store().index_titles(&of()).unwrap();
        many(1, "重返");
        app.store().index_titles(&of()).unwrap();
        // c f: both; c fan, of which the index knows the initials alone: one.
        assert_eq!(app.store().find_titles(&of(), "cf", 1, 999).unwrap().len(), 1, "1,000 at most");
        assert_eq!(app.store().find_titles(&of(), "cf", 1, 1000).unwrap(), []);
        for letters in ["cfan", "chongfan", "chongf", "chfan"] {
            assert_eq!(found(&app, letters), ["重返"], "{letters}");
        }
        let query = BibQuery { field: "title", text: "cfan", branch: Some("LW01"), skip: 0, max: 9 };
        assert_eq!(app.store().search_bibs(&of(), &query).unwrap().0, 1);
        let query = BibQuery { branch: Some("LW02"), ..query };
        assert_eq!(app.store().search_bibs(&of(), &query).unwrap().0, 0);
    });
}

#[test]
fn another_institution_finds_its_own_titles() {
    both(|app| {
        let other = Isil::parse("CN-2").unwrap();
        assert_eq!(app.store().find_titles(&other, "红楼", 9, 0).unwrap(), []);
        for sql in [
            "INSERT INTO institution (institution, name, debt_limit_fen) VALUES ('CN-2', 'L', 0)",
            "INSERT INTO branch (institution, branch, name) VALUES ('CN-2', 'B', 'B')",
            "INSERT INTO item_type (institution, item_type) VALUES ('CN-2', 'I')",
            "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
             VALUES ('CN-2', 'X', 1, '红楼梦魇', '', '', '', 'I', 'B', '2')",
        ] {
            app.store().execute(sql).unwrap();
        }
        let theirs = app.store().find_titles(&other, "红楼", 9, 0).unwrap();
        assert_eq!(theirs.iter().map(|title| title.title.as_str()).collect::<Vec<_>>(), ["红楼梦魇"]);
        assert_eq!(found(&app, "红楼"), ["红楼梦"]);
    });
}

/// In a library of any size a search looks words up: it goes through neither the titles nor the items.
#[test]
fn a_search_goes_through_no_table() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("central.db");
    drop(sown(path.to_str().unwrap()));
    let connection = rusqlite::Connection::open(&path).unwrap();
    for statement in [
        &statement::title::FIND,
        &statement::title::FIND_ON,
        &statement::title::COPIES,
        &statement::title::ON_SHELF,
        &statement::shelf::BIB,
    ] {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite)).unwrap();
        let mut rows = explained.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let line: String = row.get(3).unwrap();
            let is_words = line.starts_with("SCAN w VIRTUAL TABLE") && line.contains(":M");
            assert!(
                is_words || !line.starts_with("SCAN ") && !line.ends_with("(institution=?)"),
                "{}: {line}",
                statement.name
            );
        }
    }
}
