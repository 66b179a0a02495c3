//! `cabinet-emulator` as a program: started, spoken to, and ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running part, in a folder of its own.
pub(crate) struct Program {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Program {
    /// Starts a part; its terminal is at [`Program::link`].
    pub(crate) fn start(part: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cabinet-emulator"));
        command.args(part).arg("--link").arg(folder.path().join("part"));
        if part.first() == Some(&"printer") {
            command.arg("--out").arg(folder.path());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { child, to, from, folder };
        assert!(program.line().starts_with("ready "));
        program
    }

    pub(crate) fn link(&self) -> PathBuf {
        self.file("part")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Says one command; the lines of its answer.
    pub(crate) fn say(&mut self, text: &str) -> Vec<String> {
        writeln!(self.to, "{text}").unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with("ready ") {
                continue;
            }
            match line.strip_prefix("| ") {
                Some(line) => lines.push(line.to_owned()),
                None => {
                    assert!(line.starts_with("ok"), "{text}: {line}");
                    return lines;
                }
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "the program has ended");
        line.trim_end().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
