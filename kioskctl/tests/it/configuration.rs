//! `kioskctl config`: check, show, compare, carry over, keep, put in force, go back.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expect_test::expect;
use tempfile::TempDir;

use crate::program::{self, Run, run};
use crate::standin::StandIn;

/// A folder with a configuration, as /etc/yueting would be, and a data folder.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder };
        fs::write(place.file(), place.text(text)).unwrap();
        place
    }

    /// The text of a configuration with this place's data folder.
    fn text(&self, rest: &str) -> String {
        format!("version = 2\n\n[kiosk]\ndata_dir = {:?}\n{rest}", self.data())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("kiosk.toml")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn config(&self, arguments: &[&str]) -> Run {
        run(&[&["config"], arguments].concat())
    }

    /// `kioskctl config COMMAND.. --config FILE` with short times.
    fn trial(&self, arguments: &[&str]) -> Vec<String> {
        let calls = self.folder.path().join("calls");
        let (restart, reload) =
            (format!("echo restart >> {}", calls.display()), format!("echo reload >> {}", calls.display()));
        let file = self.file().display().to_string();
        let own = ["--config", &file, "--watch", "0.6", "--start", "30", "--silence", "30"];
        let commands = ["--restart-with", &restart, "--reload-with", &reload];
        [&["config"], arguments, &own, &commands].concat().iter().map(|word| (*word).to_owned()).collect()
    }

    fn tried(&self, arguments: &[&str]) -> Run {
        let arguments = self.trial(arguments);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default()
    }

    fn now(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// A kiosk that serves unless its poll_ms is 999.
    fn kiosk(&self) -> StandIn {
        StandIn::start(&self.data(), &self.file(), |text| !text.contains("poll_ms = 999"))
    }
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn check_says_sound_with_remarks_or_what_is_wrong_by_line() {
    let place = Place::new("[central]\nsecret = \"planted-secret\"\n");
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644)).unwrap();
    let sound = place.config(&["check", name(&place.file())]);
    assert_eq!(sound.code, Some(0));
    assert!(sound.out.contains("sound") && sound.out.contains("anybody may read it"), "{}", sound.out);
    let faulty = place.write("faulty.toml", "[reader]\npol_ms = 1\n\n[visit]\nidle_seconds = 5\n");
    let told = place.config(&["check", name(&faulty)]);
    assert_eq!(told.code, Some(2));
    assert_eq!(
        told.err.replace(name(place.folder.path()), ""),
        "kioskctl: /faulty.toml:2: [reader] pol_ms: unknown key; did you mean `poll_ms`?\n/faulty.toml:5: [visit] idle_seconds: got the number 5; write a whole number from 10 to 600 (seconds)\n"
    );
    let json = place.config(&["check", "--json", name(&faulty)]);
    assert_eq!((json.code, json.json()["problems"][1]["line"].as_u64()), (Some(2), Some(5)));
    assert_eq!(place.config(&["check", "/nonexistent/kiosk.toml"]).code, Some(2));
}

/// A secret in the file, and one in a file that it names: in no output of any command.
#[test]
fn no_command_shows_a_secret() {
    let place = Place::new(
        "[central]\nsecret = \"planted-secret\"\n[staff]\npin = \"$argon2id$v=19$m=19456,t=2,p=1$ZXhhbXBsZS1zYWx0LTE2Yg$BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY\"\n",
    );
    let password = place.write("sip2.password", "planted-password\n");
    let other = place.write(
        "other.toml",
        &place
            .text(&format!("[central]\nsecret = \"planted-other\"\n[sip2]\npassword_file = {password:?}\n")),
    );
    let file = place.file();
    let _kiosk = place.kiosk();
    let commands: &[&[&str]] = &[
        &["check", name(&file)],
        &["check", "--json", name(&file)],
        &["show", name(&file)],
        &["show", "--json", name(&file)],
        &["show", "--set", name(&other)],
        &["diff", name(&file), name(&other)],
        &["diff", "--json", name(&file), name(&other)],
        &["schema"],
        &["schema", "--table"],
        &["backup", "--config", name(&file)],
        &["versions", "--config", name(&file)],
    ];
    let mut told = String::new();
    for command in commands {
        let run = place.config(command);
        assert!(run.code.is_some_and(|code| code < 2), "{command:?}: {}", run.err);
        told.push_str(&run.all());
    }
    let applied = place.tried(&["apply", name(&other)]);
    assert_eq!(applied.code, Some(0), "{}{}", applied.out, applied.err);
    told.push_str(&applied.all());
    for secret in ["planted", "BwgJCgsM", "yueting-demo-secret"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(told.contains("secret = \"***\""), "{told}");
}

#[test]
fn show_and_diff() {
    let place = Place::new("[visit]\nidle_seconds = 60\n");
    let other =
        place.write("other.toml", &place.text("[visit]\nidle_seconds = 90\n[reader]\npoll_ms = 250\n"));
    let shown = place.config(&["show", "--set", name(&place.file())]);
    assert!(shown.out.ends_with("[visit]\nidle_seconds = 60\n"), "{}", shown.out);
    assert!(place.config(&["show", name(&place.file())]).out.contains("warn_seconds = 15  # default\n"));
    let diff = place.config(&["diff", name(&place.file()), name(&other)]);
    expect![[r#"
        key                 takes    before  after
        reader.poll_ms      restart  100     250
        visit.idle_seconds  reload   60      90
        1 of 2 need a restart of the kiosk 需要重启
        [exit 1]
    "#]]
    .assert_eq(&diff.all());
    assert_eq!(place.config(&["diff", name(&other), name(&other)]).all(), "nothing differs\n[exit 0]\n");
    // What the kiosk runs with, beside its file.
    let stopped = place.config(&["diff", "--config", name(&place.file())]);
    assert!(stopped.code == Some(2) && stopped.err.contains("the service notes there"), "{}", stopped.err);
    // As the service does before it starts the kiosk.
    let file = place.file();
    assert_eq!(place.config(&["recover", "--config", name(&file)]).all(), "[exit 0]\n");
    assert_eq!(place.config(&["diff", "--config", name(&file)]).all(), "nothing differs\n[exit 0]\n");
    fs::write(&file, place.text("[visit]\nidle_seconds = 45\n")).unwrap();
    let running = place.config(&["diff", "--config", name(&place.file())]);
    assert!(running.out.contains("visit.idle_seconds  reload  60      45"), "{}", running.out);
}

#[test]
fn the_schema_is_exported() {
    let schema: serde_json::Value = serde_json::from_str(&run(&["config", "schema"]).out).unwrap();
    let poll = &schema["properties"]["reader"]["properties"]["poll_ms"];
    assert_eq!((poll["minimum"].as_u64(), poll["x-unit"].as_str()), (Some(20), Some("milliseconds")));
    let table = run(&["config", "schema", "--table"]).out;
    assert!(table.contains("reader.poll_ms\n  两轮扫描之间的间隔。\n"), "{table}");
}

#[test]
fn an_older_file_is_carried_over_and_a_copy_stays() {
    let place = Place::new("");
    let old = "# 东门\n\n[security]\nsecured_afi = \"D7\"\nunsecured_afi = \"DA\"\n";
    fs::write(place.file(), old).unwrap();
    let printed = place.config(&["migrate", name(&place.file())]);
    assert_eq!(printed.out, "# 东门\nversion = 2\n\n[security]\nafi_pair = \"3m\"\n");
    assert_eq!(place.now(), old, "only printed");
    let written = place.config(&["migrate", "--write", name(&place.file())]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert_eq!(place.now(), printed.out);
    let kept = place.config(&["versions", "--json", "--config", name(&place.file())]).json();
    assert_eq!(fs::read_to_string(kept["file"].as_str().unwrap()).unwrap(), old);
    assert!(place.config(&["migrate", "--write", name(&place.file())]).out.contains("of version 2 already"));
}

#[test]
fn a_change_that_serves_stays() {
    let place = Place::new("[reader]\npoll_ms = 100\n");
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o640)).unwrap();
    let before = place.now();
    let _kiosk = place.kiosk();
    let new = place.write("new.toml", &place.text("[reader]\npoll_ms = 250\n"));
    let applied = place.tried(&["apply", name(&new)]);
    assert_eq!(applied.code, Some(0), "{}{}", applied.out, applied.err);
    assert!(applied.out.contains("the change stays"), "{}", applied.out);
    assert_eq!((place.now(), place.calls().as_str()), (fs::read_to_string(&new).unwrap(), "restart\n"));
    assert_eq!(place.file().metadata().unwrap().permissions().mode() & 0o777, 0o640);
    // Back to the first version by its number.
    let listed = place.config(&["versions", "--config", name(&place.file())]);
    assert!(listed.out.contains("   2  ") && listed.out.contains("   1  "), "{}", listed.out);
    let restored = place.tried(&["restore", "1"]);
    assert_eq!(restored.code, Some(0), "{}{}", restored.out, restored.err);
    assert_eq!(place.now(), before);
    assert!(place.tried(&["restore", "99"]).err.contains("no version 99 was kept"));
    // What the kiosk takes over while it runs needs no restart.
    let hot = place.write("hot.toml", &place.text("[reader]\npoll_ms = 100\n[visit]\nidle_seconds = 90\n"));
    assert_eq!(place.tried(&["apply", name(&hot)]).code, Some(0));
    assert_eq!(place.calls(), "restart\nrestart\nreload\n");
    assert!(place.tried(&["apply", name(&hot)]).out.contains("nothing changes"));
}

#[test]
fn a_change_that_does_not_serve_goes_back_by_itself() {
    let place = Place::new("[reader]\npoll_ms = 100\n");
    let before = place.now();
    let _kiosk = place.kiosk();
    let bad = place.write("bad.toml", &place.text("[reader]\npoll_ms = 999\n"));
    let mut arguments = place.trial(&["apply", name(&bad)]);
    let at = arguments.iter().position(|word| word == "--start").unwrap();
    arguments[at + 1] = "3".to_owned();
    let applied = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(applied.code, Some(1), "{}{}", applied.out, applied.err);
    assert!(applied.out.contains("going back") && applied.out.contains("serves again"), "{}", applied.out);
    assert_eq!((place.now(), place.calls().as_str()), (before.clone(), "restart\nrestart\n"));
    // A command that fails is no better.
    let new = place.write("new.toml", &place.text("[reader]\npoll_ms = 250\n"));
    let mut arguments = place.trial(&["apply", name(&new)]);
    let at = arguments.iter().position(|word| word == "--restart-with").unwrap();
    arguments[at + 1] = "exit 3".to_owned();
    let failed = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(failed.code == Some(1) && failed.out.contains("`exit 3` failed"), "{}", failed.out);
    assert_eq!(place.now(), before);
    // A file that cannot be used is never put in force at all.
    let faulty = place.write("faulty.toml", "[reader]\npoll_ms = 1\n");
    assert_eq!(place.tried(&["apply", name(&faulty)]).code, Some(2));
    assert_eq!(place.now(), before);
}

/// Ctrl-C or a closed terminal goes back at once; after a pulled plug the next start does.
#[test]
fn a_trial_that_is_cut_off_goes_back() {
    let place = Place::new("[reader]\npoll_ms = 100\n");
    let before = place.now();
    let _kiosk = place.kiosk();
    let new = place.write("new.toml", &place.text("[reader]\npoll_ms = 250\n"));
    let begin = || {
        let mut arguments = place.trial(&["apply", name(&new)]);
        let at = arguments.iter().position(|word| word == "--watch").unwrap();
        arguments[at + 1] = "3600".to_owned();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = program::command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("watching for") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended");
        }
        (child, out)
    };
    let signal = |child: &std::process::Child, name: &str| {
        assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
    };
    let recover = || place.config(&["recover", "--config", name(&place.file())]);

    let (mut child, mut out) = begin();
    assert!(place.now().contains("250"));
    // The service that a restart starts asks, and the trial goes on.
    assert_eq!(recover().all(), "[exit 0]\n");
    assert!(place.now().contains("250"));
    assert!(place.tried(&["apply", name(&new)]).err.contains("another `kioskctl config`"));
    signal(&child, "-HUP");
    let mut told = String::new();
    std::io::Read::read_to_string(&mut out, &mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(told.contains("the terminal was closed: going back"), "{told}");
    assert_eq!(place.now(), before);

    let (mut child, _out) = begin();
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert!(place.now().contains("250"));
    let recovered = recover();
    assert!(recovered.out.contains("was cut off"), "{}", recovered.all());
    assert_eq!(place.now(), before);
    assert_eq!(recover().all(), "[exit 0]\n", "once is enough");
}

#[test]
fn versions_are_kept_once_and_the_oldest_go() {
    let place = Place::new("");
    let backup = || place.config(&["backup", "--note", "by hand", "--config", name(&place.file())]);
    assert_eq!((backup().code, backup().code), (Some(0), Some(0)));
    let listed = |place: &Place| place.config(&["versions", "--config", name(&place.file())]).out;
    assert_eq!(listed(&place).lines().count(), 1, "the same text twice");
    for n in 1..=51 {
        fs::write(place.file(), place.text(&format!("[visit]\nidle_seconds = {}\n", 60 + n))).unwrap();
        backup();
    }
    let lines = listed(&place);
    assert_eq!(lines.lines().count(), 50);
    assert!(lines.starts_with("  52  ") && lines.contains("by hand"), "{lines}");
    let folder = place.folder.path().join("versions");
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    // To a stick; never over a file that is there.
    let stick = place.folder.path().join("stick.toml");
    let file = place.file();
    let to = ["backup", "--config", name(&file), "--to", name(&stick)];
    assert_eq!((place.config(&to).code, place.config(&to).code), (Some(0), Some(2)));
    assert_eq!(fs::read_to_string(stick).unwrap(), place.now());
}
