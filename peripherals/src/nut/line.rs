//! Lines of the protocol: words and quoted texts in, questions out.

use std::fmt;

/// The longest line that is taken, in bytes: upsd's own limit.
pub const MAX: usize = 512;

/// What the server says in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `BEGIN LIST UPS`
    BeginUps,
    /// `UPS name "description"`
    Ups {
        /// its name
        name: String,
    },
    /// `END LIST UPS`
    EndUps,
    /// `VAR ups variable "value"`
    Var {
        /// of which supply
        ups: String,
        /// its name
        name: String,
        /// its value, without quotes
        value: String,
    },
    /// `ERR word ..`
    Err {
        /// the first word after it
        word: String,
    },
    /// Anything else.
    Other,
}

/// What we ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// Which supplies are there?
    List,
    /// A variable of one.
    Var {
        /// the supply
        ups: &'a str,
        /// the variable
        name: &'a str,
    },
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("LIST UPS\n"),
            Self::Var { ups, name } => writeln!(f, "GET VAR {ups} {name}"),
        }
    }
}

impl Line {
    /// What a line says; its end may be there or not. Total: whatever is not understood is [`Line::Other`].
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["BEGIN", "LIST", "UPS"] => Self::BeginUps,
            ["END", "LIST", "UPS"] => Self::EndUps,
            ["UPS", name, ..] => Self::Ups { name: (*name).to_owned() },
            ["VAR", ups, name, value] => {
                Self::Var { ups: (*ups).to_owned(), name: (*name).to_owned(), value: (*value).to_owned() }
            }
            ["ERR", word, ..] => Self::Err { word: (*word).to_owned() },
            _ => Self::Other,
        }
    }
}

/// Words are parted by spaces; a text in quotes is one word, in which a backslash keeps the next character.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let (mut is_quoted, mut is_kept) = (false, false);
    for c in line.trim_end_matches(['\r', '\n']).chars() {
        if is_kept {
            word.get_or_insert_default().push(c);
            is_kept = false;
        } else if c == '\\' {
            is_kept = true;
        } else if c == '"' {
            is_quoted = !is_quoted;
            // An empty text is a word too.
            word.get_or_insert_default();
        } else if c.is_ascii_whitespace() && !is_quoted {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(c);
        }
    }
    words.extend(word);
    words
}

/// Lines out of a stream that comes in any pieces.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    /// the line is too long, or is no text: it is dropped to its end
    is_spoilt: bool,
}

impl Lines {
    /// Takes bytes; tells each whole line. One that is too long, or no UTF-8, is [`Line::Other`].
    pub fn push(&mut self, bytes: &[u8], mut tell: impl FnMut(Line)) {
        for &byte in bytes {
            if byte == b'\n' {
                let held = std::mem::take(&mut self.held);
                let text = str::from_utf8(&held).ok().filter(|_| !self.is_spoilt);
                self.is_spoilt = false;
                tell(text.map_or(Line::Other, Line::parse));
            } else if self.held.len() < MAX {
                self.held.push(byte);
            } else {
                self.is_spoilt = true;
            }
        }
    }

    /// Forgets what is not whole: the connection is another one.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
