//! What can be wrong with a configuration file, in words for the technician who will mend it.
//!
//! Each text says where (file, line, section, key), what is wrong and what to write instead. A secret is
//! never part of a text.

use std::{fmt, io};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no file of that name.
    #[error("{file}: no such file; copy kiosk.example.toml there, or name the right file with --config")]
    Missing {
        /// The path as it was given.
        file: String,
    },
    /// The file is there, but cannot be read.
    #[error(
        "{file}: cannot be read ({source}); let the kiosk's account read it, or name another file with --config"
    )]
    Unreadable {
        /// The path as it was given.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is far too long to be a configuration.
    #[error(
        "{file}: longer than {max} bytes, so it is not a configuration; name the right file with --config"
    )]
    TooLong {
        /// The path as it was given.
        file: String,
        /// The most that is read.
        max: u64,
    },
    /// The file is text in another encoding, or no text at all.
    #[error("{file}:{line}: not UTF-8 text; save the file as UTF-8 (not GBK, not UTF-16)")]
    NotUtf8 {
        /// The path as it was given.
        file: String,
        /// The line of the first bad byte, from 1.
        line: usize,
    },
    /// The file can be read, and some of it is wrong.
    #[error("{}", Listed { file, problems })]
    Problems {
        /// What the caller called the file.
        file: String,
        /// All that is wrong, by line; never empty.
        problems: Vec<Problem>,
    },
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The section and key, as `[reader] poll_ms`; `None` where the text is not TOML.
    pub key: Option<String>,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        self.fault.fmt(f)
    }
}

/// The kinds of things that can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The text is not TOML.
    #[error("not TOML: {message}{}", FullWidth(*.full_width))]
    Syntax {
        /// What the parser said.
        message: String,
        /// A full-width mark on that line outside a comment, the usual slip with a Chinese input method.
        full_width: Option<char>,
    },
    /// No section has that name.
    #[error("unknown section; {hint}")]
    UnknownSection {
        /// What may have been meant.
        hint: Hint,
    },
    /// The section has no such key.
    #[error("unknown key; {hint}")]
    UnknownKey {
        /// What may have been meant.
        hint: Hint,
    },
    /// The value has the wrong type, is out of range, or is none of those known.
    #[error("got {got}; write {accepts}")]
    Value {
        /// The value that is there, with its type where that is the fault.
        got: String,
        /// What may stand there.
        accepts: String,
    },
    /// The slot is in use, and something that it needs is not wired.
    #[error("no [[contact]] tells or does {signals}; describe each, or set enabled to false")]
    Unwired {
        /// What is missing.
        signals: String,
    },
    /// A key that has no default is not there.
    #[error("missing; write {accepts}")]
    MissingKey {
        /// What may stand there.
        accepts: String,
    },
    /// The file that holds the secret gives none.
    #[error(
        "no secret in {file}: {why}; put the secret on one line of that file, readable by the kiosk's account"
    )]
    SecretFile {
        /// The file named.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two keys contradict each other.
    #[error("{text}")]
    Clash {
        /// What the contradiction is, and what to do.
        text: &'static str,
    },
}

/// What a misspelt name may have been meant for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hint {
    /// A name that is near.
    #[error("did you mean `{0}`?")]
    Near(&'static str),
    /// The right name in the wrong section.
    #[error("`{key}` belongs under [{section}]")]
    Elsewhere {
        /// The section that has it.
        section: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key that stands before any heading.
    #[error("`{0}` belongs before the first heading")]
    Top(&'static str),
    /// The right name outside the list that has it.
    #[error("`{key}` belongs under [[{list}]]")]
    InList {
        /// The list that has it.
        list: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Nothing near; these are all there are.
    #[error("known here: {}", .0.join(", "))]
    Known(Vec<&'static str>),
}

/// `file:line: problem`, one a line.
struct Listed<'a> {
    file: &'a str,
    problems: &'a [Problem],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            let line_break = if n == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}:{problem}", self.file)?;
        }
        Ok(())
    }
}

struct FullWidth(Option<char>);

impl fmt::Display for FullWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(mark) => {
                write!(f, "; this line has the full-width mark {mark}, type it with the input method off")
            }
            None => Ok(()),
        }
    }
}
