use super::*;
use crate::seed;
use crate::store::tests::sown;
use tempfile::TempDir;

#[test]
fn no_password_is_stored_in_clear() {
    let folder = TempDir::new().unwrap();
    let app = sown(folder.path().join("central.db").to_str().unwrap());
    let count = "SELECT count(*) FROM patron WHERE password_hash LIKE 'argon2id$%'";
    assert_eq!(app.store().lines(count), ["40"]);
    drop(app);
    let bytes = std::fs::read(folder.path().join("central.db")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("argon2id$") && holds("红楼梦"));
    assert!(!holds(seed::SECRET));
}

#[test]
fn a_second_central_is_kept_away() {
    let folder = TempDir::new().unwrap();
    let _app = sown(folder.path().join("central.db").to_str().unwrap());
    let fault = Database::open(&folder.path().join("central.db")).err().unwrap();
    assert!(matches!(fault, OpenError::InUse { .. }), "{fault}");
}

#[test]
fn a_file_that_is_not_ours_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database at all, but long enough to be looked at\n".repeat(20)).unwrap();
    let before = std::fs::read(&text).unwrap();
    assert!(matches!(Database::open(&text).err().unwrap(), OpenError::Foreign { .. }));
    assert_eq!(std::fs::read(&text).unwrap(), before);

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Database::open(&other).err().unwrap(), OpenError::Foreign { .. }));

    let newer = folder.path().join("newer.db");
    drop(Database::open(&newer).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let known_here = i64::try_from(MIGRATIONS.len()).unwrap();
    assert!(matches!(
        Database::open(&newer).err().unwrap(),
        OpenError::Newer { found: 99, known, .. } if known == known_here
    ));
}

#[test]
fn a_path_that_leads_nowhere_says_so() {
    let folder = TempDir::new().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none").join("central.db")] {
        let fault = Database::open(&path).err().unwrap();
        assert!(matches!(fault, OpenError::Path { .. }), "{fault}");
        assert!(fault.to_string().contains("give the path"), "{fault}");
    }
}

/// In a library of any size a loan looks at a few rows: no table is gone through, nor an institution's part of it.
#[test]
fn the_path_of_a_loan_goes_through_no_table() {
    use crate::store::statement::{circulate, kiosk};

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("central.db");
    drop(sown(path.to_str().unwrap()));
    let connection = Connection::open(&path).unwrap();
    for statement in
        [&circulate::FACTS, &circulate::MOVED_AT, &circulate::END_LOAN, &kiosk::KEPT, &kiosk::LOAN_OF]
    {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite)).unwrap();
        let mut rows = explained.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let line: String = row.get(3).unwrap();
            // `n` is the institution's own row, `g` and `m` are results of one or two rows.
            let is_small = ["SCAN g", "SCAN m", "SEARCH m", "SCAN CONSTANT ROW"].contains(&line.as_str())
                || line.starts_with("SEARCH n ");
            let goes_through = line.starts_with("SCAN ") || line.ends_with("(institution=?)");
            assert!(is_small || !goes_through, "{}: {line}", statement.name);
        }
    }
}

/// A database as the first central left it, with a loan and a hold of its time.
#[test]
fn an_old_database_keeps_what_it_holds() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("central.db");
    let old = Connection::open(&path).unwrap();
    for sql in MIGRATIONS.iter().take(2) {
        old.execute_batch(sql).unwrap();
    }
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    old.execute_batch(OLD).unwrap();
    drop(old);
    let app = crate::store::tests::open(path.to_str().unwrap());
    let kept = app.store().lines(
        "SELECT p.name, p.state, i.title, l.due_on, h.placed_at, t.loan_limit, t.overdue_limit, r.fine_fen_per_day, \
             c.floor \
         FROM patron AS p, item AS i, loan AS l, hold AS h, patron_type AS t, loan_rule AS r, change_counter AS c",
    );
    assert_eq!(kept, ["书小甲 1 红楼梦 2026-12-01 2026-11-01 10:00:00 10 - 0 8"]);
    let seen = app.store().lines("SELECT item, at, how, branch, place FROM item_seen");
    assert_eq!(seen, ["X 2026-11-01 10:00:00 loan - k"], "where it was lent");
}

const OLD: &str = "
    INSERT INTO institution VALUES ('CN-1', 'L', 1000);
    INSERT INTO branch VALUES ('CN-1', 'B', 'Branch');
    INSERT INTO patron_type VALUES ('CN-1', 'T', 10);
    INSERT INTO item_type VALUES ('CN-1', 'I');
    INSERT INTO loan_rule VALUES ('CN-1', 'T', 'I', 30, 1);
    INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, deposit_fen,
        debt_fen) VALUES ('CN-1', 'P', '书小甲', 'x', 'T', '1', '2025-01-01', '2027-01-01', 0, 0);
    INSERT INTO item VALUES ('CN-1', 'X', 1, '红楼梦', 'a', '', 'c', 'I', 'B', '2');
    INSERT INTO loan (institution, item, patron, loaned_at, due_on, opuser)
        VALUES ('CN-1', 'X', 'P', '2026-11-01 10:00:00', '2026-12-01', 'k');
    INSERT INTO hold VALUES ('CN-1', 'X', 'P', '2026-11-01 10:00:00');
";
