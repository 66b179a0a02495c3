//! The program: what it prints, how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::on_sqlite::world::{client, code, read};
use sync_client::wire::path;

fn central(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_central"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends with the test, however that goes.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub(crate) fn start(db: &str) -> (Running, String) {
    let mut running =
        Running(central(&["serve", "--db", db, "--listen", "127.0.0.1:0", "--seed-demo"]).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let base = line.strip_prefix("listening on ").unwrap().trim_end().to_owned();
    (running, base)
}

fn refused(args: &[&str]) -> String {
    let output = central(args).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[tokio::test]
async fn it_serves_and_ends_on_sigterm() {
    let folder = tempfile::TempDir::new().unwrap();
    let db = folder.path().join("central.db");
    let db = db.to_str().unwrap();
    let (mut running, base) = start(db);
    let token = [("appid", "yueting-demo"), ("secret", "yueting-demo-secret")];
    let answer = read(client().get(format!("{base}{}", path::TOKEN)).query(&token)).await;
    assert_eq!(code(&answer), "R90000");

    assert!(refused(&["serve", "--db", db, "--listen", "127.0.0.1:0"]).contains("in use by another central"));
    let other = folder.path().join("other.db");
    let port = base.trim_start_matches("http://");
    let text = refused(&["serve", "--db", other.to_str().unwrap(), "--listen", port]);
    assert!(text.contains("cannot listen on") && text.contains("--listen"), "{text}");

    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(running.0.wait().unwrap().success());
    let mut log = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("stopping") && !log.contains("yueting-demo-secret"), "{log}");
}

#[test]
fn mistakes_end_with_2_and_advice() {
    let folder = tempfile::TempDir::new().unwrap();
    assert!(refused(&["serve"]).contains("--database"));
    assert!(refused(&["serve", "--db", "x", "--listen", "nowhere"]).contains("--listen"));
    assert!(refused(&["seed", "--db", "x"]).contains("--demo"));
    assert!(refused(&[]).contains("serve"));
    let none = folder.path().join("none/central.db");
    assert!(refused(&["serve", "--db", none.to_str().unwrap()]).contains("a folder that exists"));
    assert!(refused(&["seed", "--demo", "--db", folder.path().to_str().unwrap()]).contains("give the path"));
}

#[test]
fn seeding_twice_changes_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let db = folder.path().join("central.db");
    let sow = || {
        let output = central(&["seed", "--demo", "--db", db.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(sow().contains("40 patrons"));
    let before = std::fs::read(&db).unwrap();
    assert!(sow().contains("nothing was changed"));
    assert_eq!(std::fs::read(&db).unwrap(), before);
}

#[tokio::test]
async fn it_serves_from_postgresql() {
    let Some(address) = crate::postgres::database() else { return };
    let (one, base) = start(&address);
    let (_two, other) = start(&address);
    for base in [&base, &other] {
        let token = [("appid", "yueting-demo"), ("secret", "yueting-demo-secret")];
        let answer = read(client().get(format!("{base}{}", path::TOKEN)).query(&token)).await;
        assert_eq!(code(&answer), "R90000");
    }
    drop(one);
    let (_three, base) = start(&address);
    let token = [("appid", "yueting-demo"), ("secret", "yueting-demo-secret")];
    assert_eq!(code(&read(client().get(format!("{base}{}", path::TOKEN)).query(&token)).await), "R90000");
}

#[test]
fn mistakes_about_a_server_end_with_2_and_advice() {
    let serve = |address: &str| refused(&["serve", "--database", address, "--listen", "127.0.0.1:0"]);
    let text = serve("postgres://central:tellnobody@db.example/lib");
    assert!(text.contains("PGPASSWORD") && !text.contains("tellnobody"), "{text}");
    assert!(serve("postgres://central@127.0.0.1:1/lib").contains("cannot be reached"));
    assert!(serve("postgres://central@127.0.0.1:port/lib").contains("names no database"));
    let folder = tempfile::TempDir::new().unwrap();
    let none = folder.path().join("none");
    let text = refused(&["serve", "--database", "x", "--database-password-file", none.to_str().unwrap()]);
    assert!(text.contains("cannot read the password"), "{text}");

    let Some(address) = crate::postgres::database() else { return };
    let missing = address.replace("@/", "@/no_such_");
    assert!(serve(&missing).contains("createdb"), "{}", serve(&missing));
    crate::postgres::execute(&address, "CREATE TABLE accounts (x BIGINT)");
    assert!(serve(&address).contains("not central's"));
    let Some(newer) = crate::postgres::database() else { return };
    drop(start(&newer));
    crate::postgres::execute(&newer, "UPDATE central_schema SET version = 99");
    assert!(serve(&newer).contains("has schema 99"));
}

/// An operator is made on the command line, and logs in as the original's programs do.
#[tokio::test]
async fn an_operator_is_made_and_logs_in() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (db, password) = (file("central.db"), file("password"));
    assert!(central(&["seed", "--demo", "--db", &db]).output().unwrap().status.success());
    let make = |more: &[&str]| {
        let all =
            ["operator", "--db", &db, "--account", "op-1", "--name", "书小馆", "--password-file", &password];
        [all.as_slice(), more].concat().iter().map(|&text| text.to_owned()).collect::<Vec<_>>()
    };
    let run = |args: &[String]| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        refused(&args)
    };
    assert!(run(&make(&[])).contains("cannot read the password"));
    std::fs::write(&password, "short\n").unwrap();
    assert!(run(&make(&[])).contains("shorter than 6"));
    std::fs::write(&password, "123456\n").unwrap();
    assert!(run(&make(&["--branch", "LW99"])).contains("give one of LW01"));
    assert!(run(&make(&["--institution", "CN-9"])).contains("CN-371116-0-DEMO"));
    let args = make(&["--branch", "LW02"]);
    let made = central(&args.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Its key was made beside the database, for its owner alone.
    let key = std::fs::metadata(format!("{db}.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);

    let (_running, base) = start(&db);
    let secret = [("appid", "yueting-demo"), ("secret", "yueting-demo-secret")];
    let answer = read(client().get(format!("{base}{}", path::TOKEN)).query(&secret)).await;
    let token = answer["messagelist"][0]["token"].as_str().unwrap();
    let login = [("token", token), ("loginid", "op-1"), ("password", "e10adc3949ba59abbe56e057f20f883e")];
    let answer = read(client().post(format!("{base}/openlib/login/opLOGIN")).form(&login)).await;
    assert_eq!((code(&answer), &answer["libcode"]), ("R90000", &"LW02".into()));
}
