use super::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc;
use tempfile::TempDir;

fn writer(folder: &Path) -> Writer {
    let connection = Connection::open(folder.join("group.db")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY)").unwrap();
    Writer::new(connection)
}

fn kept(folder: &Path) -> Vec<i64> {
    let reader = Connection::open(folder.join("group.db")).unwrap();
    let mut all = reader.prepare("SELECT n FROM t ORDER BY n").unwrap();
    all.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn add(connection: &Connection, n: i64) -> Result<(), StoreError> {
    Ok(connection.execute("INSERT INTO t VALUES (?1)", [n]).map(drop)?)
}

/// Waits until so many callers stand behind the one who has the turn.
fn until_behind(writer: &Writer, n: usize) {
    while writer.n_behind.load(Ordering::SeqCst) < n {
        std::thread::yield_now();
    }
}

/// The first holds its turn until all others queue: they are one group with it. `work` is of the second caller.
fn group_with(
    folder: &Path,
    work: fn(&Connection) -> Result<(), StoreError>,
) -> (Writer, Vec<std::thread::Result<Result<(), StoreError>>>) {
    let writer = writer(folder);
    let (begun_in, begun) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let ends = std::thread::scope(|scope| {
        let (writer, others) = (&writer, 2..=5);
        let first = scope.spawn(move || {
            writer.change(|connection| {
                begun_in.send(()).unwrap();
                wait.recv().unwrap();
                add(connection, 1)
            })
        });
        begun.recv().unwrap();
        let second = scope.spawn(move || writer.change(work));
        let rest: Vec<_> =
            others.map(|n| scope.spawn(move || writer.change(|connection| add(connection, n)))).collect();
        until_behind(writer, 5);
        assert_eq!(kept(folder), [0_i64; 0]);
        go.send(()).unwrap();
        [first, second].into_iter().chain(rest).map(|thread| thread.join()).collect()
    });
    (writer, ends)
}

#[test]
fn one_that_fails_undoes_itself_alone() {
    let folder = TempDir::new().unwrap();
    let (writer, ends) = group_with(folder.path(), |connection| {
        add(connection, 9)?;
        Err(StoreError::Missing("what a test misses"))
    });
    let failed: Vec<usize> = (0..6).filter(|n| !matches!(ends[*n], Ok(Ok(())))).collect();
    assert_eq!(failed, [1]);
    assert_eq!(kept(folder.path()), [1, 2, 3, 4, 5]);
    writer.change(|connection| add(connection, 6)).unwrap();
    assert_eq!(kept(folder.path()).len(), 6);
}

#[test]
fn one_that_panics_undoes_itself_alone() {
    let folder = TempDir::new().unwrap();
    let (writer, ends) = group_with(folder.path(), |connection| {
        add(connection, 9)?;
        panic!("as a test wants it");
    });
    assert!(ends[1].is_err());
    assert_eq!(kept(folder.path()), [1, 2, 3, 4, 5]);
    writer.change(|connection| add(connection, 6)).unwrap();
}

/// As SQLite does by itself when the disk is full: everything since the last commit is undone, and nobody is told that
/// it was done.
#[test]
fn nobody_is_answered_whose_change_was_undone_with_others() {
    let folder = TempDir::new().unwrap();
    let (writer, ends) = group_with(folder.path(), |connection| {
        connection.execute_batch("ROLLBACK")?;
        Err(StoreError::Missing("room on the disk"))
    });
    let kept_now: BTreeSet<i64> = kept(folder.path()).into_iter().collect();
    // In which order the others had their turn is theirs; who was answered is there, and nobody else.
    let answered: BTreeSet<i64> = [(0, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
        .into_iter()
        .filter(|(n, _)| matches!(ends[*n], Ok(Ok(()))))
        .map(|(_, n)| n)
        .collect();
    assert_eq!(answered, kept_now);
    assert!(!kept_now.contains(&1) && ends[1].as_ref().unwrap().is_err());
    writer.change(|connection| add(connection, 6)).unwrap();
}

#[test]
fn a_commit_that_fails_is_told_to_all() {
    let folder = TempDir::new().unwrap();
    let writer = writer(folder.path());
    writer
        .change(|connection| {
            let table = "CREATE TABLE u (n INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)";
            Ok(connection.execute_batch(table)?)
        })
        .unwrap();
    held(&writer.turn).connection.pragma_update(None, "foreign_keys", true).unwrap();
    let fault =
        writer.change(|connection| Ok(connection.execute("INSERT INTO u VALUES (77)", ()).map(drop)?));
    assert!(matches!(fault, Err(StoreError::Sqlite(_))), "{fault:?}");
    writer.change(|connection| add(connection, 1)).unwrap();
    assert_eq!(kept(folder.path()), [1]);
}
