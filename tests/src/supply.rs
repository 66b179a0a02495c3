//! A supply with a battery that exists only in a file, behind a real NUT server: `dummy-ups` and `upsd` of Debian's
//! nut-server, in a folder of their own.
//!
//! Where nut-server is not installed there is none, which is said; with `YUETING_NUT=required` that is a failure.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::scene::PATIENCE;

/// The supply `kiosk`, its driver and its server.
#[derive(Debug)]
pub struct Supply {
    folder: tempfile::TempDir,
    port: u16,
    driver: Option<Child>,
    server: Option<Child>,
}

impl Supply {
    /// A supply on the mains; nothing where NUT is not installed.
    ///
    /// # Panics
    /// If it is required and not there, or does not begin.
    pub async fn start() -> Option<Self> {
        if !Path::new(DRIVER).exists() || !Path::new(SERVER).exists() {
            let is_required = std::env::var_os("YUETING_NUT").is_some_and(|word| word == "required");
            assert!(!is_required, "YUETING_NUT=required, and nut-server is not installed");
            let said = b"\n*** NUT-SERVER IS NOT INSTALLED: ITS TESTS WERE NOT RUN ***\n\n";
            std::io::stderr().write_all(said).expect("it is said");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a port").port();
        let mut supply = Self { folder, port, driver: None, server: None };
        supply.configure();
        supply.is("OL", 100, 900);
        supply.plug();
        supply.serve().await;
        Some(supply)
    }

    fn configure(&self) {
        let path = self.folder.path().display();
        for (name, text) in [
            ("nut.conf", "MODE=standalone\n".to_owned()),
            (
                "ups.conf",
                format!(
                    "pollinterval = 1\n[kiosk]\ndriver = dummy-ups\nport = {path}/kiosk.dev\nmode = dummy-loop\n"
                ),
            ),
            ("upsd.conf", format!("LISTEN 127.0.0.1 {}\nMAXAGE 5\nSTATEPATH {path}\n", self.port)),
            ("upsd.users", String::new()),
        ] {
            let file = self.folder.path().join(name);
            fs::write(&file, text).expect("it is written");
            fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("it is ours");
        }
    }

    /// The supply says so from now on.
    ///
    /// # Panics
    /// If its file cannot be written.
    pub fn is(&self, status: &str, charge: u8, runtime: u32) {
        let text = format!("ups.status: {status}\nbattery.charge: {charge}\nbattery.runtime: {runtime}\n");
        // The driver reads it again and again: whole, or not at all.
        let (new, file) = (self.folder.path().join("new"), self.folder.path().join("kiosk.dev"));
        fs::write(&new, text).and_then(|()| fs::rename(&new, &file)).expect("it is written");
    }

    /// The address of the server, as the configuration has it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// The supply's cable is pulled: the driver is gone.
    pub fn unplug(&mut self) {
        end(self.driver.take());
    }

    /// Its cable is plugged in: a driver begins.
    pub fn plug(&mut self) {
        self.driver = Some(self.spawn(DRIVER, &["-a", "kiosk", "-D", "-u", "root"], "driver.log"));
    }

    /// The server ends.
    pub fn hang_up(&mut self) {
        end(self.server.take());
    }

    /// The server begins.
    ///
    /// # Panics
    /// If it does not listen.
    pub async fn serve(&mut self) {
        self.server = Some(self.spawn(SERVER, &["-D", "-u", "root"], "server.log"));
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            beat.tick().await;
            assert!(tokio::time::Instant::now() < end, "upsd does not listen: {}", self.log());
        }
    }

    /// What driver and server said.
    #[must_use]
    pub fn log(&self) -> String {
        ["driver.log", "server.log"]
            .map(|name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }

    fn spawn(&self, program: &str, arguments: &[&str], log: &str) -> Child {
        let folder = self.folder.path();
        let log = File::options().create(true).append(true).open(folder.join(log)).expect("a log");
        Command::new(program)
            .args(arguments)
            .env("NUT_CONFPATH", folder)
            .env("NUT_STATEPATH", folder)
            .env("NUT_ALTPIDPATH", folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same log"))
            .stderr(log)
            .spawn()
            .expect("it begins")
    }
}

impl Drop for Supply {
    fn drop(&mut self) {
        self.unplug();
        self.hang_up();
    }
}

fn end(child: Option<Child>) {
    if let Some(mut child) = child {
        child.kill().ok();
        child.wait().ok();
    }
}

const DRIVER: &str = "/lib/nut/dummy-ups";
/// `/sbin/upsd` is a wrapper that asks the system's own configuration first.
const SERVER: &str = "/lib/nut/upsd";
