//! The commands for accounts, kiosks and reports: what they do, what they print, what they refuse. Each works on the
//! database itself, SQLite and PostgreSQL.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::on_sqlite::world::{client, code, read};
use sync_client::wire::path;

/// A database with the demo library, and the folder it may be in.
fn each(test: impl Fn(&str)) {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("central.db").to_str().unwrap().to_owned();
    for database in [Some(file), crate::postgres::database()].into_iter().flatten() {
        let sown = run(&database, &["seed", "--demo"], "");
        assert!(sown.status.success(), "{sown:?}");
        test(&database);
    }
}

fn run(database: &str, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_central"))
        .args(args)
        .args(["--database", database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever does not read its password has ended before it is written.
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap_or_default();
    child.wait_with_output().unwrap()
}

fn done(database: &str, args: &[&str], input: &str) -> String {
    let output = run(database, args, input);
    assert!(output.status.success(), "{args:?}: {output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains(input.trim()) || input.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

/// What it says to whoever typed it, with exit code 2 and nothing on standard output.
fn refused(database: &str, args: &[&str], input: &str) -> String {
    let output = run(database, args, input);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn accounts_are_made_disabled_and_listed() {
    each(|database| {
        let add = ["account", "add", "wang", "--role", "administrator"];
        assert!(refused(database, &add, "short\n").contains("10 to 128 characters"));
        assert!(refused(database, &add, "1111111111\n").contains("one character over and over"));
        let named = ["account", "add", "Wang", "--role", "librarian"];
        assert!(refused(database, &named, "correct horse\n").contains("2 to 32 of a-z"));
        assert_eq!(done(database, &add, "correct horse\n"), "administrator wang may log in at /staff\n");
        assert!(refused(database, &add, "correct horse\n").contains("was taken before"));
        done(database, &["account", "add", "li", "--role", "librarian"], "correct horse\n");
        assert!(
            done(database, &["account", "password", "li"], "battery staple\n").contains("sessions are ended")
        );
        assert!(
            refused(database, &["account", "password", "nobody"], "battery staple\n").contains("no account")
        );
        assert!(done(database, &["account", "disable", "li"], "").contains("is disabled"));
        let list = done(database, &["account", "list"], "");
        let words: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            words,
            [["li", "librarian", "disabled", ""], ["wang", "administrator", "in", "use"]]
                .map(|row| row.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>())
        );
        assert!(done(database, &["account", "enable", "li"], "").contains("may log in again"));
        // Somebody must be able to let the others in again.
        let last = refused(database, &["account", "disable", "wang"], "");
        assert!(last.contains("wang") && last.contains("last"), "{last}");
        assert!(
            refused(database, &["account", "list", "--institution", "CN-9"], "")
                .contains("no such institution")
        );
    });
}

fn say<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["kiosk", "message"], more].concat()
}

#[test]
fn kiosks_get_secrets_and_messages() {
    each(|database| {
        assert!(refused(database, &["kiosk", "add", "Kiosk 1"], "").contains("2 to 32 of a-z"));
        let told = done(database, &["kiosk", "add", "kiosk-1"], "");
        assert!(
            told.contains("appid = \"CN-371116-0-DEMO/kiosk-1\"") && told.contains("opuser = \"kiosk-1\""),
            "{told}"
        );
        let again = done(database, &["kiosk", "add", "kiosk-1"], "");
        assert_ne!(told, again, "a new secret");
        assert!(done(database, &["kiosk", "list"], "").contains("own secret  last contact never"));

        let said = done(database, &say(&["今日 16 点闭馆", "--hours", "8"]), "");
        assert!(said.starts_with("shown on all kiosks within a minute, until "), "{said}");
        assert!(
            done(database, &say(&["维护", "--english", "Repair", "--kiosk", "kiosk-1"]), "")
                .contains("on kiosk-1")
        );
        assert!(refused(database, &say(&["维护", "--kiosk", "kiosk-9"]), "").contains("no kiosk kiosk-9"));
        assert!(refused(database, &say(&[" "]), "").contains("is empty"));
        assert!(refused(database, &say(&["书".repeat(201).as_str()]), "").contains("201 characters; 200"));
        assert!(refused(database, &say(&["书", "--hours", "0"]), "").contains("1..=720"));
        assert!(refused(database, &say(&["书", "--end"]), "").contains("--end"));
        assert!(refused(database, &say(&[]), "").contains("<CHINESE>"));
        assert!(done(database, &say(&["--end"]), "").contains("nothing is shown on all kiosks"));

        assert!(done(database, &["kiosk", "revoke", "kiosk-1"], "").contains("taken back"));
        assert!(refused(database, &["kiosk", "revoke", "kiosk-1"], "").contains("no secret of its own"));
    });
}

/// A message of the command line reaches the kiosk that it is for, with its end.
#[tokio::test]
async fn a_message_of_the_command_line_reaches_the_kiosk() {
    let folder = tempfile::TempDir::new().unwrap();
    let database = folder.path().join("central.db").to_str().unwrap().to_owned();
    done(&database, &["seed", "--demo"], "");
    let told = done(&database, &["kiosk", "add", "kiosk-1"], "");
    done(&database, &["kiosk", "message", "维护", "--kiosk", "kiosk-1"], "");
    done(&database, &["kiosk", "message", "全部"], "");
    let secret = told.lines().find_map(|line| line.strip_prefix("secret = ")).unwrap().trim_matches('"');
    let (_running, base) = crate::program::start(&database);
    let ask = [("appid", "CN-371116-0-DEMO/kiosk-1"), ("secret", secret)];
    let answer = read(client().post(format!("{base}{}", path::TOKEN)).form(&ask)).await;
    assert_eq!(code(&answer), "R90000");
    let token = answer["messagelist"][0]["token"].as_str().unwrap();
    let beat = r#"{"opuser":"kiosk-1","at":"2026-11-23 09:30:00"}"#;
    let beat = client()
        .post(format!("{base}/kiosk/v1/heartbeat"))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(beat);
    let answer = beat.send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["message"]["chinese"], "维护", "{answer}");
    assert_eq!(answer["message"]["until"].as_str().unwrap().len(), 19, "{answer}");
}

/// The year's figures as they are printed, and as files; what is missing is named.
#[test]
fn a_year_is_reported() {
    each(|database| {
        let text = done(database, &["report", "--year", "2026"], "");
        assert!(text.contains("2026") && text.contains("莱芜区图书馆"), "{text}");
        let english = done(database, &["report", "--year", "2026", "--english"], "");
        assert!(english.contains("Loans") || english.contains("loans"), "{english}");
        let folder = tempfile::TempDir::new().unwrap();
        for (format, ending) in [("csv", "csv"), ("svg", "svg"), ("html", "html")] {
            let out = folder.path().join(format);
            let out = out.to_str().unwrap();
            let said = done(database, &["report", "--year", "2026", "--format", format, "--out", out], "");
            let files: Vec<_> = std::fs::read_dir(out).unwrap().map(|file| file.unwrap().path()).collect();
            assert!(said.contains(&format!("{} files", files.len())) && !files.is_empty(), "{said}");
            assert!(files.iter().all(|file| file.extension().unwrap() == ending), "{files:?}");
        }
        assert!(refused(database, &["report", "--year", "2026", "--format", "csv"], "").contains("--out"));
        assert!(refused(database, &["report", "--year", "99"], "").contains("1900..=2200"));
        assert!(
            refused(database, &["report", "--year", "2026", "--institution", "CN-9"], "")
                .contains("CN-371116-0-DEMO")
        );
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let args = ["report", "--year", "2026", "--format", "csv", "--out", file.to_str().unwrap()];
        assert!(refused(database, &args, "").contains("give another --out"));
    });
}

#[test]
fn rules_are_set_and_listed() {
    each(|database| {
        let lend =
            ["rules", "lend", "普通借阅证", "普通图书", "--days", "21", "--renewals", "2", "--fine", "0.10"];
        assert!(done(database, &lend, "").contains("普通图书 for 21 days"));
        assert!(
            done(database, &["rules", "card", "教师证", "--loans", "15"], "")
                .contains("15 loans and 5 holds")
        );
        assert!(done(database, &["rules", "close", "2030-10-01"], "").contains("closed on 2030-10-01"));
        let list = done(database, &["rules", "list"], "");
        for line in [
            "  普通图书: 21 days, 2 renewals, 0.10 yuan a day after 0 days",
            "教师证: 15 loans, 5 holds, any overdue",
            "closed: 2030-10-01",
        ] {
            assert!(list.contains(line), "{line}: {list}");
        }
        assert!(done(database, &["rules", "close", "2030-10-01", "--open"], "").contains("open on"));
        assert!(done(database, &["rules", "stop", "普通借阅证", "普通图书"], "").contains("not lent"));
        let again = refused(database, &["rules", "stop", "普通借阅证", "普通图书"], "");
        assert!(again.contains("central rules list"), "{again}");
        let alone = refused(database, &["rules", "partner", "CN-999999-XX"], "");
        assert!(alone.contains("is no other library of this database"), "{alone}");
        let unknown = refused(database, &["rules", "lend", "月票", "普通图书", "--days", "7"], "");
        assert!(unknown.contains("cards: ") && unknown.contains("教师证"), "{unknown}");
        assert!(refused(database, &["rules", "lend", "a", "b", "--days", "0"], "").contains("1..=3660"));
        let fine = ["rules", "lend", "普通借阅证", "普通图书", "--days", "7", "--fine=-1"];
        assert!(refused(database, &fine, "").contains("10000 at most"));
        assert!(refused(database, &["rules", "close", "tomorrow"], "").contains("tomorrow"));
    });
}

#[test]
fn what_machines_make_is_set_and_listed() {
    each(|database| {
        let list = |database| done(database, &["rules", "list"], "");
        assert!(list(database).contains("少儿证, up to 13 years, fee 0.00 yuan, by credit"));
        let machine = ["rules", "machine", "自习阅览证", "--from=12", "--to=90", "--fee=5", "--deposit=50"];
        let made = "自习阅览证, from 12 to 90 years, fee 5.00 yuan, deposit 50.00 yuan";
        assert!(done(database, &machine, "").contains(made));
        assert!(list(database).contains(made));
        assert!(done(database, &["rules", "replacement", "10"], "").contains("10.00 yuan"));
        assert!(list(database).contains("for a lost one 10.00 yuan"));
        for kind in ["自习阅览证", "普通借阅证", "一卡通读者", "少儿证"] {
            assert!(done(database, &["rules", "machine", kind, "--stop"], "").contains("any more"));
        }
        assert!(list(database).contains("machines make: -"));
        let again = refused(database, &["rules", "machine", "少儿证", "--stop"], "");
        assert!(again.contains("central rules list"), "{again}");
        let ages = refused(database, &["rules", "machine", "少儿证", "--from=13", "--to=6"], "");
        assert!(ages.contains("below the youngest"), "{ages}");
        let both = refused(database, &["rules", "machine", "少儿证", "--credit", "--deposit=5"], "");
        assert!(both.contains("--credit"), "{both}");
        let unknown = refused(database, &["rules", "machine", "月票"], "");
        assert!(unknown.contains("there are: ") && unknown.contains("少儿证"), "{unknown}");
    });
}
