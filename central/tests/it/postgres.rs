//! A real PostgreSQL for this test binary: that of `scripts/test-postgres` around it, or one of its own, started once; a
//! database for each test.
//!
//! Where PostgreSQL is not installed the tests on it do not run, and say so; with `YUETING_POSTGRES=required` in the
//! environment that is a failure.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new database, as `--database` takes it; nothing where there is no PostgreSQL.
pub(crate) fn database() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = server()?;
    let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    execute(&address(folder, "postgres"), &format!("CREATE DATABASE {name}"));
    Some(address(folder, &name))
}

/// Runs statements past central.
pub(crate) fn execute(address: &str, sql: &str) {
    let (address, sql) = (address.to_owned(), sql.to_owned());
    // A thread of its own: the caller's may be one of tokio's.
    let worker = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute(&sql).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        });
    });
    worker.join().unwrap();
}

fn address(folder: &Path, name: &str) -> String {
    format!("postgres://postgres@/{name}?host={}", folder.display())
}

/// The folder of the server's socket.
fn server() -> Option<&'static PathBuf> {
    static SERVER: OnceLock<Option<(PathBuf, Option<Child>)>> = OnceLock::new();
    let server = SERVER.get_or_init(|| match std::env::var_os("YUETING_POSTGRES_SERVER") {
        Some(folder) => Some((PathBuf::from(folder), None)),
        None => start(),
    });
    let is_required = std::env::var_os("YUETING_POSTGRES").is_some_and(|word| word == "required");
    assert!(server.is_some() || !is_required, "YUETING_POSTGRES=required, and PostgreSQL is not installed");
    server.as_ref().map(|(folder, _)| folder)
}

/// A server that ends when its standard input does: with this process, however that ends.
fn start() -> Option<(PathBuf, Option<Child>)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/test-postgres");
    let mut child = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut folder = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut folder).unwrap();
    if folder.is_empty() {
        assert_eq!(child.wait().unwrap().code(), Some(3), "PostgreSQL does not start");
        // Past the harness, which keeps what a test prints that passes.
        std::io::stderr().write_all(NOT_RUN).unwrap();
        return None;
    }
    Some((PathBuf::from(folder.trim_end()), Some(child)))
}

const NOT_RUN: &[u8] = b"\n*** POSTGRESQL IS NOT INSTALLED: THE TESTS ON IT WERE NOT RUN ***\n\n";
