//! What may stand at a key, for programs: the schema, the set-up and the console are made of it.
//!
//! Invariant: what [`Shape`] refuses, the reading of the file refuses too. The other way round it may be a little wider,
//! where only a program can tell (a day that no month has, an opening time that ends before it begins).

/// The form of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A line of text that is not empty.
    Text {
        /// The most characters.
        most: usize,
    },
    /// A text of a form of its own.
    Pattern {
        /// The form, as a regular expression that JSON Schema knows.
        regex: String,
    },
    /// A text that is shown to nobody.
    Secret {
        /// Its form, if it has one.
        regex: Option<&'static str>,
    },
    /// An absolute path.
    Path,
    /// A serial device or `tcp://HOST:PORT`.
    Endpoint,
    /// `http://` or `https://`, host, port and path.
    Url,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
        /// What it counts; empty where the key's name says it.
        unit: &'static str,
    },
    /// One of these words.
    Words(Vec<&'static str>),
    /// One of these numbers.
    Numbers(Vec<i64>),
    /// A list.
    List {
        /// Of what.
        of: Box<Self>,
        /// The fewest elements.
        least: usize,
        /// The most elements.
        most: usize,
    },
    /// A small table in braces.
    Table(Vec<Field>),
}

/// One field of a [`Shape::Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// Whether it must be there.
    pub is_required: bool,
}

/// What may stand at a key, in words for messages and in a form for programs.
#[derive(Debug, Clone)]
pub(crate) struct Accepts {
    pub(crate) words: String,
    pub(crate) shape: Shape,
}

impl Accepts {
    pub(crate) fn new(words: impl Into<String>, shape: Shape) -> Self {
        Self { words: words.into(), shape }
    }
}

impl Shape {
    /// A text of a certain form.
    pub(crate) fn pattern(regex: &str) -> Self {
        Self::Pattern { regex: regex.to_owned() }
    }

    /// At most so many of these.
    pub(crate) fn list(of: Self, most: usize) -> Self {
        Self::List { of: Box::new(of), least: 0, most }
    }

    /// Whether it must never be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    /// The regular expression of a text; `None` for what is no text, or is one of a few words.
    #[must_use]
    pub fn regex(&self) -> Option<String> {
        match self {
            Self::Text { most } => Some(text_regex(*most)),
            Self::Pattern { regex } => Some(regex.clone()),
            Self::Secret { regex: Some(regex) } => Some((*regex).to_owned()),
            Self::Secret { regex: None } => Some(text_regex(200)),
            Self::Path => Some(path_regex()),
            Self::Endpoint => Some(format!("{}|{}", path_regex(), tcp_regex())),
            Self::Url => Some(url_regex()),
            Self::Flag
            | Self::Whole { .. }
            | Self::Words(_)
            | Self::Numbers(_)
            | Self::List { .. }
            | Self::Table(_) => None,
        }
    }
}

/// Spaces around a text do not count, control characters are refused.
fn text_regex(most: usize) -> String {
    let between = most.saturating_sub(2);
    format!(r"^\s*[^\s{CONTROL}](?:[^{CONTROL}]{{0,{between}}}[^\s{CONTROL}])?\s*$")
}

fn path_regex() -> String {
    format!(r"^\s*/(?:[^{CONTROL}]{{0,198}}[^\s{CONTROL}])?\s*$")
}

fn tcp_regex() -> String {
    format!(r"^\s*tcp://(?:[A-Za-z0-9._%-]+|\[[A-Za-z0-9._%-]*:[A-Za-z0-9._%:-]*\]):{PORT}\s*$")
}

fn url_regex() -> String {
    format!(
        r"^\s*https?://(?:\[[A-Za-z0-9._~:%-]+\]|[A-Za-z0-9._~%-]+)(?::{PORT})?(?:/[A-Za-z0-9._~:/\[\]%-]*)?\s*$"
    )
}

/// From 1 to 65535, as Rust reads it: zeros in front are nothing.
const PORT: &str =
    r"\+?0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
