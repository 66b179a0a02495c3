use super::*;
use crate::app::App;
use crate::store::tests::{both, of};
use jiff::civil::date;

const TODAY: Date = date(2026, 11, 23);

/// What a statement of staff's changes, as the kiosks are told.
fn told(app: &App, sql: &str) -> String {
    let before = app.store().cursor(&of()).unwrap();
    app.store().execute(sql).unwrap();
    let Some(changes) = app.store().changes(&of(), &before, TODAY, 100).unwrap() else {
        return "snapshot".to_owned();
    };
    let words = changes.lines.iter().map(|line| match line {
        Line::Rules(rules) => {
            format!("rules {} {} {}", rules.patron_types.len(), rules.terms.len(), rules.closed.len())
        }
        Line::Patron(patron) => format!("{} {:?} {}", patron.id.as_str(), patron.state, patron.pin.is_some()),
        Line::Item(item) => format!("{} {:?}", item.id, item.state),
        Line::PatronGone(id) => format!("{} gone", id.as_str()),
        Line::ItemGone(id) => format!("{id} gone"),
        Line::Head(_) | Line::End(_) => "?".to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn nothing_changes_without_saying_so() {
    both(|app| {
        let app = &app;
        for (sql, expected) in [
            ("UPDATE patron SET state = '4' WHERE patron = 'LW20260001'", "LW20260001 Suspended true"),
            ("UPDATE patron SET debt_fen = 1001 WHERE patron = 'LW20260002'", "LW20260002 Owes true"),
            ("UPDATE patron SET name = '页小甲' WHERE patron = 'LW20260002'", ""),
            ("UPDATE patron SET password_hash = 'new' WHERE patron = 'LW20260004'", "LW20260004 Valid false"),
            ("UPDATE patron SET password_hash = 'new' WHERE patron = 'LW20260004'", ""),
            ("UPDATE item SET state = '14' WHERE item = 'LW0000001'", "LW0000001 NotForLoan"),
            ("UPDATE item SET isbn = '' WHERE item = 'LW0000002'", "LW0000002 Free"),
            ("UPDATE item SET record = 7 WHERE item = 'LW0000002'", ""),
            (
                "INSERT INTO patron_block SELECT institution, 'LW20260019', 'damage', '', 'k' FROM institution",
                "LW20260019 Suspended true",
            ),
            ("DELETE FROM patron_block", "LW20260019 Valid true"),
            (
                "INSERT INTO hold (institution, item, patron, placed_at) SELECT institution, 'LW0000002', 'LW20260004', '' FROM institution",
                "LW0000002 Held",
            ),
            (
                "DELETE FROM hold WHERE item = 'LW0000010'; DELETE FROM item WHERE item = 'LW0000010'",
                "LW0000010 gone",
            ),
            ("DELETE FROM patron WHERE patron = 'LW20260030'", "LW20260030 gone"),
            ("UPDATE patron_type SET loan_limit = 3", "rules 4 8 0"),
            ("DELETE FROM loan_rule WHERE patron_type = '少儿证'", "rules 4 6 0"),
            ("INSERT INTO closing_day SELECT institution, '2026-11-22' FROM institution", "rules 4 6 0"),
            ("INSERT INTO closing_day SELECT institution, '2027-01-01' FROM institution", "rules 4 6 1"),
            ("UPDATE branch SET name = '总馆' WHERE branch = 'LW01'", "rules 4 6 1"),
            ("UPDATE institution SET closed_weekdays = 1", "rules 4 6 59"),
            ("UPDATE institution SET debt_limit_fen = 0", "snapshot"),
        ] {
            assert_eq!(told(app, sql), expected, "{sql}");
        }
    });
}

#[test]
fn a_thing_that_changed_often_is_told_once() {
    both(|app| {
        let app = &app;
        let change =
            |n: u32| format!("UPDATE item SET title = 'v{n}' WHERE item IN ('LW0000001', 'LW0000002');");
        let before = app.store().cursor(&of()).unwrap();
        for n in 0..50 {
            app.store().execute(&change(n)).unwrap();
        }
        let mut cursor = before;
        let mut n_lines = 0;
        loop {
            let changes = app.store().changes(&of(), &cursor, TODAY, 1).unwrap().unwrap();
            n_lines += changes.lines.len();
            cursor = changes.cursor;
            if !changes.more {
                break;
            }
        }
        assert_eq!((n_lines, &cursor), (2, &app.store().cursor(&of()).unwrap()));
    });
}

#[test]
fn cursors_that_are_not_of_this_list_are_gone() {
    both(|app| {
        let app = &app;
        let now = app.store().cursor(&of()).unwrap();
        let (epoch, seq) = now.as_str().split_once('-').unwrap();
        let later = format!("{epoch}-{}", seq.parse::<i64>().unwrap() + 1);
        for gone in [later.as_str(), "0-0", epoch, &format!("{epoch}-x"), &format!("{epoch}--1")] {
            let cursor = Cursor::parse(gone).unwrap();
            assert_eq!(app.store().changes(&of(), &cursor, TODAY, 9).unwrap(), None, "{gone}");
        }
    });
}

#[test]
fn a_loan_is_due_on_an_open_day_and_a_pin_is_kept_for_the_password_it_was_made_of() {
    both(|app| {
        let app = &app;
        let (patron, item) = (PatronId::parse("LW20260004").unwrap(), ItemId::parse("LW0000001").unwrap());
        let desk = crate::store::Desk { opuser: "k".into(), now: TODAY.at(9, 0, 0, 0) };
        told(app, "INSERT INTO closing_day SELECT institution, '2026-12-23' FROM institution");
        let loan = app.store().checkout(&of(), &patron, &item, &desk).unwrap().unwrap();
        assert_eq!(loan.due_on, date(2026, 12, 24));

        told(app, "UPDATE patron SET kiosk_pin_hash = NULL");
        app.store().keep_kiosk_pin(&of(), &patron, "another hash", "x").unwrap();
        assert!(!app.store().has_kiosk_pin(&of(), &patron).unwrap());
        let checked = app.store().password_hash(&of(), &patron).unwrap().unwrap();
        app.store().keep_kiosk_pin(&of(), &patron, &checked, "x").unwrap();
        assert!(app.store().has_kiosk_pin(&of(), &patron).unwrap());
    });
}

/// A change that began before a cursor was given out and is committed after it stands behind the cursor.
#[test]
fn a_cursor_passes_nothing_that_is_committed_late() {
    both(|app| {
        let (started, begun) = std::sync::mpsc::channel();
        let (leave, go_on) = std::sync::mpsc::channel::<()>();
        let before = app.store().cursor(&of()).unwrap();
        let is_shared = app.store().is_shared();
        let cursor = std::thread::scope(|scope| {
            let app = &app;
            let late = scope.spawn(move || {
                let go_on = std::sync::Mutex::new(go_on);
                app.store().change(|db| {
                    let of = of();
                    let values = [(&of).into(), "LW20260019".into(), "5".into()];
                    db.rows(&crate::store::statement::circulate::SET_CARD, &values)?;
                    started.send(()).unwrap();
                    go_on.lock().unwrap().recv().unwrap();
                    Ok(())
                })
            });
            begun.recv().unwrap();
            // SQLite has one writer: there nothing can come between.
            if is_shared {
                app.store().execute("UPDATE patron SET state = '4' WHERE patron = 'LW20260020'").unwrap();
            }
            let changes = app.store().changes(&of(), &before, TODAY, 9).unwrap().unwrap();
            leave.send(()).unwrap();
            late.join().unwrap().unwrap();
            assert_eq!(changes.lines.len(), usize::from(is_shared));
            changes.cursor
        });
        let after = app.store().changes(&of(), &cursor, TODAY, 9).unwrap().unwrap();
        let told: Vec<&Line> = after.lines.iter().collect();
        assert!(matches!(told[..], [Line::Patron(one)] if one.id.as_str() == "LW20260019"), "{}", told.len());
    });
}
