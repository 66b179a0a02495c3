//! The Debian package, installed, upgraded, removed and purged by dpkg in a folder that stands for a system.
//!
//! It holds the programs of the tests' profile, not of a release: what is packed, and what the package's scripts do, is the same.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::run;

/// An empty system and the packages of two versions.
struct System {
    folder: TempDir,
    old: PathBuf,
    new: PathBuf,
}

/// Runs a command that must succeed; what it printed.
#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    told
}

impl System {
    fn new() -> Self {
        assert!(rustix::process::geteuid().is_root(), "dpkg gives files their owners: run this test as root");
        let folder = tempfile::tempdir().unwrap();
        let dpkg = folder.path().join("root/var/lib/dpkg");
        fs::create_dir_all(dpkg.join("info")).unwrap();
        fs::create_dir_all(dpkg.join("updates")).unwrap();
        fs::create_dir(folder.path().join("root/etc")).unwrap();
        for file in ["status", "available"] {
            fs::write(dpkg.join(file), "").unwrap();
        }
        let old = package(folder.path(), "0.1.0");
        let new = repacked(folder.path(), &old, "0.1.0", "0.2.0");
        Self { folder, old, new }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// dpkg on the folder; the scripts run as this system's programs do, with DPKG_ROOT.
    #[track_caller]
    fn dpkg(&self, arguments: &[&str]) -> String {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.root().display()));
        done(dpkg.args(["--force-depends", "--force-script-chrootless"]).args(arguments))
    }

    fn version(&self) -> String {
        let mut query = Command::new("dpkg-query");
        query.arg(format!("--admindir={}", self.at("var/lib/dpkg").display()));
        done(query.args(["-W", "-f=${Version} ${db:Status-Status}", "yueting"]))
    }
}

fn package(folder: &Path, version: &str) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/package");
    let programs = Path::new(env!("CARGO_BIN_EXE_kioskctl")).parent().unwrap();
    let mut build = Command::new(script);
    build.args(["--fast", "--version", version, "--bin-dir"]).arg(programs).arg("--out").arg(folder);
    PathBuf::from(done(&mut build).lines().last().unwrap())
}

/// The same package with another version.
fn repacked(folder: &Path, package: &Path, old: &str, new: &str) -> PathBuf {
    let (tree, path) = (folder.join("tree"), folder.join(format!("yueting_{new}.deb")));
    done(Command::new("dpkg-deb").arg("-R").arg(package).arg(&tree));
    let control = tree.join("DEBIAN/control");
    let text =
        fs::read_to_string(&control).unwrap().replace(&format!("Version: {old}"), &format!("Version: {new}"));
    fs::write(control, text).unwrap();
    done(Command::new("dpkg-deb").args(["-Znone", "--root-owner-group", "--build"]).arg(&tree).arg(&path));
    fs::remove_dir_all(tree).unwrap();
    path
}

#[test]
fn it_installs_upgrades_removes_and_purges() {
    let system = System::new();
    let (old, new) = (system.old.to_str().unwrap(), system.new.to_str().unwrap());
    let told = system.dpkg(&["-i", old]);
    assert!(told.contains("Next: kioskctl setup"), "{told}");
    contents(&system);
    account(&system);
    units(&system);
    pages_and_completion(&system);
    let doctor = run(&["doctor", "--root", system.root().to_str().unwrap(), "--only", "package"]);
    assert!(doctor.code == Some(0) && doctor.out.contains("as installed"), "{}", doctor.all());

    // What the library has: its configuration, its secret, and a return that central was not told of.
    let (config, secret, ledger) = (
        system.at("etc/yueting/kiosk.toml"),
        system.at("etc/yueting/central.secret"),
        system.at("var/lib/yueting/ledger.db"),
    );
    fs::write(&config, "version = 2\n[kiosk]\nname = \"东门 1\"\n").unwrap();
    fs::write(&secret, "planted\n").unwrap();
    crate::queue::open_row(&ledger);
    let before = fs::read(&ledger).unwrap();
    let is_whole = || {
        assert_eq!(fs::read_to_string(&config).unwrap(), "version = 2\n[kiosk]\nname = \"东门 1\"\n");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "planted\n");
        assert_eq!(fs::read(&ledger).unwrap(), before);
    };
    let told = system.dpkg(&["-i", new]);
    assert!(!told.contains("Next: kioskctl setup"), "{told}");
    assert_eq!(system.version(), "0.2.0 installed");
    is_whole();
    let told = system.dpkg(&["-r", "yueting"]);
    assert!(told.contains("rows that central was not told of"), "{told}");
    assert!(
        !system.at("usr/bin/kiosk").exists()
            && !system.at("usr/lib/systemd/system/yueting-kiosk.service").exists()
    );
    is_whole();
    let told = system.dpkg(&["-P", "yueting"]);
    assert!(told.contains("it was not deleted: it is in /var/backups/yueting-ledger-"), "{told}");
    assert!(!system.at("etc/yueting").exists() && !system.at("var/lib/yueting").exists());
    let backups: Vec<PathBuf> =
        fs::read_dir(system.at("var/backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(backups.len(), 1);
    assert_eq!(fs::read(backups[0].join("ledger.db")).unwrap(), before);
    assert_eq!(backups[0].metadata().unwrap().permissions().mode() & 0o777, 0o700);

    // A ledger of which central knows everything goes with the purge.
    fs::remove_dir_all(system.at("var/backups")).unwrap();
    system.dpkg(&["-i", new]);
    crate::queue::empty(&ledger);
    assert!(!system.dpkg(&["-r", "yueting"]).contains("not told"));
    assert!(ledger.exists());
    assert!(!system.dpkg(&["-P", "yueting"]).contains("not deleted"));
    assert!(!system.at("var/lib/yueting").exists() && !system.at("var/backups").exists());
    // Nothing of it is left but the account, whose number files elsewhere may have.
    let left = done(Command::new("find").arg(system.root()).args(["-iname", "*yueting*"]));
    assert_eq!(left.trim(), "", "left behind");
}

fn contents(system: &System) {
    for (path, mode) in [
        ("usr/bin/kiosk", 0o755),
        ("usr/bin/kioskctl", 0o755),
        ("usr/lib/systemd/system/yueting-kiosk.service", 0o644),
        ("usr/lib/systemd/system/yueting-display.service", 0o644),
        ("usr/lib/systemd/journald.conf.d/60-yueting.conf", 0o644),
        ("usr/lib/udev/rules.d/60-yueting.rules", 0o644),
        ("usr/share/polkit-1/rules.d/60-yueting.rules", 0o644),
        ("usr/share/doc/yueting/kiosk.example.toml", 0o644),
        ("usr/share/doc/yueting/kiosk.schema.json", 0o644),
        ("usr/share/doc/yueting/operations.md", 0o644),
        ("usr/share/doc/yueting/copyright", 0o644),
    ] {
        let found = system.at(path).metadata().unwrap_or_else(|cause| panic!("{path}: {cause}"));
        assert_eq!((found.permissions().mode() & 0o7777, found.uid()), (mode, 0), "{path}");
    }
    let schema: serde_json::Value = serde_json::from_str(
        &fs::read_to_string(system.at("usr/share/doc/yueting/kiosk.schema.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(schema, config::schema());
    // Fonts and texts are in the program: it draws a page in Chinese without any file of ours.
    let pictures = system.folder.path().join("pictures");
    done(
        Command::new(system.at("usr/bin/kiosk"))
            .args(["screenshot", "--page", "welcome", "--out"])
            .arg(&pictures),
    );
    assert!(fs::read_dir(pictures).unwrap().count() > 0);
    let control = done(Command::new("dpkg-deb").arg("-f").arg(&system.old).arg("Depends"));
    assert!(control.contains("libc6 (>=") && control.contains("libfontconfig1"), "{control}");
}

fn account(system: &System) {
    let users = fs::read_to_string(system.at("etc/passwd")).unwrap();
    let user: Vec<&str> =
        users.lines().find(|line| line.starts_with("yueting:")).unwrap().split(':').collect();
    let [_, _, uid, _, _, home, shell] = user.as_slice() else { panic!("{user:?}") };
    assert_eq!((*home, *shell), ("/var/lib/yueting", "/usr/sbin/nologin"));
    let uid: u32 = uid.parse().unwrap();
    let groups = fs::read_to_string(system.at("etc/group")).unwrap();
    for group in ["dialout", "lp", "input", "audio", "video", "render"] {
        let is_in =
            groups.lines().any(|line| line.starts_with(&format!("{group}:")) && line.ends_with("yueting"));
        assert!(is_in, "{group}: {groups}");
    }
    let data = system.at("var/lib/yueting").metadata().unwrap();
    assert_eq!((data.uid(), data.permissions().mode() & 0o7777), (uid, 0o700));
    let etc = system.at("etc/yueting").metadata().unwrap();
    assert_eq!((etc.uid(), etc.permissions().mode() & 0o7777), (0, 0o2750));
}

/// systemd itself judges the units, and how much the kiosk's may do.
fn units(system: &System) {
    let root = format!("--root={}", system.root().display());
    // Programs of other packages, which the units call.
    for program in ["usr/bin/cage", "usr/bin/sleep", "bin/kill"] {
        let path = system.at(program);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no", &root]);
    let told = done(verify.args(["yueting-kiosk.service", "yueting-display.service"]));
    assert_eq!(told, "", "systemd has something to say");
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]);
    let judged = done(security.arg(system.at("usr/lib/systemd/system/yueting-kiosk.service")));
    assert!(judged.contains("Overall exposure level"), "{judged}");
    let text = fs::read_to_string(system.at("usr/lib/systemd/system/yueting-kiosk.service")).unwrap();
    // A unit that waits for a word which the program never says would end it after 90 s.
    let program = fs::read(system.at("usr/bin/kiosk")).unwrap();
    let notifies = program.windows(NOTIFY.len()).any(|bytes| bytes == NOTIFY);
    assert!(notifies, "the program does not notify");
    for line in [
        "Type=notify",
        "WatchdogSec=30s",
        "User=yueting",
        "ExecStartPre=+/usr/bin/kioskctl config recover",
        "ProtectSystem=strict",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}");
    }
}

fn pages_and_completion(system: &System) {
    for (page, word) in [
        ("man1/kiosk.1", "screenshot"),
        ("man1/kioskctl.1", "doctor"),
        ("man1/kioskctl-config-apply.1", "watch"),
        ("man5/kiosk.toml.5", "poll_ms"),
    ] {
        let text = done(Command::new("gzip").arg("-dc").arg(system.at(&format!("usr/share/man/{page}.gz"))));
        assert!(text.contains(".TH") && text.contains(word), "{page}");
    }
    let completion = system.at("usr/share/bash-completion/completions/kioskctl");
    let asked = format!(
        "source {}; COMP_WORDS=(kioskctl config ap); COMP_CWORD=2; _kioskctl kioskctl ap config; echo \"${{COMPREPLY[@]}}\"",
        completion.display()
    );
    assert_eq!(done(Command::new("bash").args(["-c", &asked])).trim(), "apply");
}

/// Where systemd listens, as a program finds it.
const NOTIFY: &[u8] = b"NOTIFY_SOCKET";
