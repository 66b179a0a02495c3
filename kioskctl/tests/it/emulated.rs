//! The emulator as a program, over a real pseudo-terminal or a TCP port.
//!
//! The emulator lies beside the program: `cargo build -p rfid-driver --features serial,emulator --bins`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Emulator {
    child: Child,
    control: BufReader<UnixStream>,
    pub(crate) dir: TempDir,
    ready: String,
    _stdout: BufReader<ChildStdout>,
}

impl Emulator {
    /// On a pseudo-terminal.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::at(true, arguments)
    }

    /// On a free TCP port.
    pub(crate) fn listen(arguments: &[&str]) -> Self {
        Self::at(false, &[&["--listen", "127.0.0.1:0"], arguments].concat())
    }

    fn at(is_serial: bool, arguments: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_kioskctl")).with_file_name("rfid-emulator");
        let dir = tempfile::tempdir().unwrap();
        let (link, control) = (dir.path().join("reader"), dir.path().join("control"));
        let mut command = Command::new(program);
        if is_serial {
            command.args(["--link".as_ref(), link.as_os_str()]);
        }
        let mut child = command
            .args(["--control".as_ref(), control.as_os_str()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("build first: cargo build -p rfid-driver --features serial,emulator --bins");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        assert!(ready.starts_with("ready "), "{ready}");
        let control = BufReader::new(UnixStream::connect(control).unwrap());
        Self { child, control, dir, ready, _stdout: stdout }
    }

    pub(crate) fn link(&self) -> PathBuf {
        self.dir.path().join("reader")
    }

    /// What `--port` takes.
    pub(crate) fn port(&self) -> String {
        let told = self.ready.split_whitespace().find(|word| word.contains("127.0.0.1:"));
        match told {
            Some(told) => format!("tcp://{}", told.trim_start_matches("tcp://")),
            None => self.link().to_str().unwrap().to_owned(),
        }
    }

    /// Carries out a line; what it answered.
    pub(crate) fn say(&mut self, line: &str) -> String {
        writeln!(self.control.get_mut(), "{line}").unwrap();
        let mut reply = String::from("|");
        while reply.starts_with('|') {
            reply.clear();
            self.control.read_line(&mut reply).unwrap();
        }
        assert!(reply.starts_with("ok"), "{line}: {reply}");
        reply
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
