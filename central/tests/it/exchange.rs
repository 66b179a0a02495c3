//! `central import` and `central export`, as their users run them: on files, on each engine.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::Engine;
use central::exchange::{Charset, Flavour, catalogue, sheet};

fn database(folder: &Path, name: &str) -> Option<String> {
    match super::ENGINE {
        Engine::Sqlite => Some(folder.join(name).to_str().unwrap().to_owned()),
        Engine::Postgres => crate::postgres::database(),
    }
}

fn central(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_central"));
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

fn done(args: &[&str]) -> String {
    let output = central(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = central(args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{text}");
    text
}

/// Every file of two folders.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_library_goes_out_and_comes_back_as_it_was() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(first) = database(folder.path(), "first.db") else { return };
    done(&["seed", "--demo", "--database", &first]);
    let out = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let text = done(&["export", "--database", &first, "--out", &out("one"), "--secrets", "--marc", "cnmarc"]);
    assert!(text.contains("rows of") && text.contains("228 records in items.mrc"), "{text}");

    let second = database(folder.path(), "second.db").unwrap();
    assert!(
        done(&["import", "--database", &second, "--from", &out("one")]).contains("CN-371116-0-DEMO taken in")
    );
    done(&["export", "--database", &second, "--out", &out("two"), "--secrets", "--marc", "cnmarc"]);
    let (one, two) = (files(Path::new(&out("one"))), files(Path::new(&out("two"))));
    assert!(one.len() > 20, "{}", one.len());
    for ((name, before), (again, after)) in one.iter().zip(&two) {
        assert_eq!((name, before), (again, after));
    }
    // Loans made there still have their numbers: the next one finds a place behind them.
    let again = refused(&["import", "--database", &second, "--from", &out("one")]);
    assert!(again.contains("in the database already"), "{again}");
    let full = refused(&["export", "--database", &second, "--out", &out("one")]);
    assert!(full.contains("not empty"), "{full}");

    done(&["export", "--database", &first, "--out", &out("three")]);
    let third = files(Path::new(&out("three")));
    assert!(third.iter().all(|(_, text)| !text.contains("argon2id")), "a hash without --secrets");
    let of = |all: &[(String, String)], name: &str| all.iter().find(|(of, _)| of == name).unwrap().1.clone();
    assert_eq!(of(&third, "item.csv"), of(&one, "item.csv"));
}

#[test]
fn items_of_another_system_are_taken_in_all_or_none() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(database) = database(folder.path(), "central.db") else { return };
    done(&["seed", "--demo", "--database", &database]);
    let list = folder.path().join("list.csv");
    let path = list.to_str().unwrap();
    let take = |more: &[&str]| {
        let mut args = vec!["import", "--database", &database, "--items", path, "--branch", "LW01"];
        args.extend_from_slice(more);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let borrowed = |args: &[String]| args.iter().map(String::as_str).collect::<Vec<_>>().join("\u{1F}");
    let run = |more: &[&str], is_good: bool| {
        let args = borrowed(&take(more));
        let args: Vec<&str> = args.split('\u{1F}').collect();
        if is_good { done(&args) } else { refused(&args) }
    };
    std::fs::write(&list, Charset::Gbk.encode("条码,题名,文献类型\nN1,新书,普通图书\nLW0000001,旧书,普通图书\nN2,,\nN3,怪书,唱片\nN1,新书,\n").unwrap())
        .unwrap();
    let text = run(&[], false);
    assert!(text.contains("nothing was taken in") && text.contains("row 3, line 4, title"), "{text}");
    let text = run(&["--skip-refused"], true);
    assert!(text.contains("1 taken in, 4 refused"), "{text}");
    let report = std::fs::read_to_string(folder.path().join("list.refused.csv")).unwrap();
    for line in [
        "2,3,",
        "LW0000001 is in the library already",
        "3,4,",
        "there is no title",
        "4,5,",
        "there is no type 唱片",
        "5,6,",
        "N1 stands in the file before",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    std::fs::write(&list, "barcode,title,author,item_type,branch\nN4,甲,某,唱片,XX\nN5,甲,某,唱片,XX\n")
        .unwrap();
    assert!(run(&["--make-missing"], true).contains("2 taken in"));

    let out = folder.path().join("out");
    let (to, gbk) = (out.to_str().unwrap(), ["--marc", "marc21", "--encoding", "gbk"]);
    let text = done(&[["export", "--database", &database, "--out", to].as_slice(), &gbk].concat());
    assert!(text.contains("lacks 2 items with a character that the character set has not"), "{text}");
    let bytes = std::fs::read(out.join("items.mrc")).unwrap();
    let records = catalogue::read(&bytes, Flavour::Marc21, Charset::Gbk);
    assert_eq!((records.rows.len(), records.refused.len()), (301, 0));
    let of =
        |barcode: &str| records.rows.iter().find(|(_, item)| item.id.as_str() == barcode).unwrap().1.clone();
    assert_eq!(of("N4").record, of("N5").record, "copies of one title");
    assert_ne!(of("N4").record, of("N1").record);
    let listed = sheet::items(&std::fs::read(out.join("item.csv")).unwrap(), Charset::Utf8);
    assert_eq!((listed.rows.len(), listed.refused.len()), (303, 0));
}

#[test]
fn marc_records_are_taken_in_and_their_damage_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(database) = database(folder.path(), "central.db") else { return };
    done(&["seed", "--demo", "--database", &database]);
    let list = b"barcode,title,branch,item_type,record\nM1,\xE7\xBA\xA2\xE6\xA5\xBC\xE6\xA2\xA6,LW01,\xE6\x99\xAE\xE9\x80\x9A\xE5\x9B\xBE\xE4\xB9\xA6,900\n";
    let item = sheet::items(list, Charset::Utf8).rows.remove(0).1;
    let record = catalogue::write(&[item], Flavour::Cnmarc, Charset::Gbk).unwrap().unwrap();
    let mut bad = record.clone();
    bad[0] = b'x';
    let path = folder.path().join("list.iso");
    std::fs::write(&path, [bad.as_slice(), &record].concat()).unwrap();
    let path = path.to_str().unwrap();
    let args = ["import", "--database", &database, "--items", path, "--format", "cnmarc"];
    let text = refused(&args);
    assert!(text.contains("record 1, byte 0, leader: it does not begin with its length"), "{text}");
    let args = [args.as_slice(), &["--skip-refused"]].concat();
    assert!(done(&args).contains("1 taken in, 1 refused"));
    assert!(refused(&args[..7]).contains("nothing was taken in"), "it is there now");
}

#[tokio::test]
async fn patrons_come_with_their_passwords_and_nothing_else() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(database) = database(folder.path(), "central.db") else { return };
    done(&["seed", "--demo", "--database", &database]);
    let list = folder.path().join("patrons.csv");
    std::fs::write(
        &list,
        "证号,姓名,身份证号,读者类型,密码\nN1,书小甲,37,普通借阅证,8642\nN2,书小乙,38,普通借阅证,\n",
    )
    .unwrap();
    let path = list.to_str().unwrap();
    let text = done(&["import", "--database", &database, "--patrons", path]);
    assert_eq!(text, "2 taken in; columns not kept: 身份证号\n");
    assert!(
        refused(&["import", "--database", &database, "--patrons", path]).contains("in the library already")
    );
    std::fs::write(&list, "证号,姓名,读者类型\nN3,书小丙,没有\n").unwrap();
    assert!(
        refused(&["import", "--database", &database, "--patrons", path]).contains("there is no type 没有")
    );

    let address = central::store::Address::parse(&database, None).unwrap();
    let app =
        tokio::task::spawn_blocking(move || central::App::open_at(&address, central::Settings::default()));
    let app = app.await.unwrap().unwrap();
    let of = circulation::id::Isil::parse("CN-371116-0-DEMO").unwrap();
    let hash = |id: &str| {
        let id = circulation::id::PatronId::parse(id).unwrap();
        app.store().password_hash(&of, &id).unwrap().unwrap()
    };
    assert!(central::password::verify("8642", &hash("N1")) && !central::password::verify("", &hash("N2")));
    let again = sheet::patrons(b"card,name\n", Charset::Utf8, app.now().date());
    assert!(again.rows.is_empty() && again.refused.is_empty());
}

#[test]
fn a_map_is_drawn_whole_or_not_at_all() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(database) = database(folder.path(), "central.db") else { return };
    done(&["seed", "--demo", "--database", &database]);
    let list = folder.path().join("shelves.csv");
    let import = |text: &str| {
        std::fs::write(&list, text).unwrap();
        let args = ["import", "--database", &database, "--shelves", list.to_str().unwrap()];
        let output = central(&args);
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let head = "分馆,架号,x,y,width,height,from,to\n";
    let good = format!("{head}LW01,CJ-001,0,100,450,120,A,I199\nLW01,CJ-002,500,100,500,120,I2,Z\n");
    let (code, text) = import(&good);
    assert!(code == Some(0) && text.contains("2 shelves drawn"), "{text}");
    for (row, says) in [
        ("LW01,CJ-003,600,100,500,120,A,B", "line 3, width: the shelf reaches to 1100"),
        ("LW01,CJ-003,6a,100,500,120,A,B", "line 3, x: it is no number from 0 to 1000"),
        ("LW01,CJ-003,,100,500,120,A,B", "line 3, x: it is empty"),
        ("LW01,,0,100,500,120,A,B", "line 3, label: it is empty"),
        ("LW01,CJ-003,0,100,500,120,A,", "line 3, from: only one of the two"),
        ("XX,CJ-003,0,100,500,120,A,B", "line 3, branch: there is no branch"),
    ] {
        let (code, text) = import(&format!("{head}LW01,CJ-009,0,0,10,10,,\n{row}\n"));
        assert!(
            code == Some(2) && text.contains(says) && text.contains("nothing was drawn: 1 refused"),
            "{text}"
        );
    }
    let out = folder.path().join("out");
    done(&["export", "--database", &database, "--out", out.to_str().unwrap()]);
    let kept = std::fs::read_to_string(out.join("shelf_place.csv")).unwrap();
    assert!(kept.contains("LW01,1,CJ-001,0,100,450,120,A,I199") && !kept.contains("CJ-009"), "{kept}");
    // Drawn anew, the old shelves are gone.
    let (code, text) = import(&format!("{head}LW01,CJ-007,0,0,10,10,,\n"));
    assert!(code == Some(0) && text.contains("1 shelves drawn"), "{text}");
}

/// Whether a process has a hand of its own for SIGINT, as the system tells it.
fn hears_interrupt(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
    u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught & 0b10 != 0)
}

#[test]
fn a_long_import_is_ended_by_ctrl_c_and_has_changed_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(database) = database(folder.path(), "central.db") else { return };
    done(&["seed", "--demo", "--database", &database]);
    // Passwords are slow to hash: this takes far longer than the signal.
    let rows: String = (0..20_000).map(|n| format!("R{n:05},测试读者{n},普通借阅证,secret{n}\n")).collect();
    let list = folder.path().join("patrons.csv");
    std::fs::write(&list, format!("card,name,patron_type,password\n{rows}")).unwrap();
    let args = ["import", "--database", &database, "--patrons", list.to_str().unwrap()];
    let mut command = Command::new(env!("CARGO_BIN_EXE_central"));
    let child = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    while !hears_interrupt(child.id()) {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(130) && text.contains("cancelled; nothing was changed"), "{text}");
    // Nobody of the list is there: it is taken in as if for the first time.
    std::fs::write(&list, "card,name,patron_type\nR00000,测试读者,普通借阅证\n").unwrap();
    assert!(done(&args).contains("1 taken in"));
}
