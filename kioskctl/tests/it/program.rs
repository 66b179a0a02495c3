//! The program as a process.

use std::process::{Command, Output};

use serde_json::Value;

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kioskctl"));
    command.args(arguments);
    command
}

pub(crate) fn run(arguments: &[&str]) -> Run {
    Run::of(command(arguments).output().expect("the program starts"))
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text is UTF-8");
        let run = Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!run.err.contains("panicked"), "{}", run.err);
        run
    }

    /// The one JSON object on the standard output.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).expect("the output is JSON")
    }

    /// Output, errors and exit code as one text.
    pub(crate) fn all(&self) -> String {
        format!("{}{}[exit {}]\n", self.out, self.err, self.code.unwrap_or(-1))
    }
}
