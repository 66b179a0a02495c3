//! A new file, made by a program that asked a person: only what was said, each key with what it is for.
//!
//! ```
//! let mut draft = config::Draft::default();
//! draft.set("reader", "port", "/dev/ttyUSB0").set("reader", "baud", 9_600);
//! let config = config::Config::parse(&draft.text(), "draft")?;
//! assert_eq!(config.reader.baud.bits_per_second(), 9_600);
//! # Ok::<(), config::ConfigError>(())
//! ```

use toml::Value;

use crate::{VERSION, keys};

/// Values for a file that is not written yet.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    entries: Vec<(String, String, Value)>,
}

impl Draft {
    /// Says a value; what was said of the key before is forgotten.
    pub fn set(&mut self, section: &str, name: &str, value: impl Into<Value>) -> &mut Self {
        self.unset(section, name);
        self.entries.push((section.to_owned(), name.to_owned(), value.into()));
        self
    }

    /// Forgets what was said of a key.
    pub fn unset(&mut self, section: &str, name: &str) -> &mut Self {
        self.entries.retain(|entry| (entry.0.as_str(), entry.1.as_str()) != (section, name));
        self
    }

    /// The file: in the order of the example, each key under its two lines of comment. Whether it can be used is for
    /// [`Config::parse`](crate::Config::parse) to say.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}version = {VERSION}\n");
        let mut heading = "";
        for key in keys().iter().filter(|key| !key.is_listed) {
            let said = self.entries.iter().find(|entry| entry.0 == key.section && entry.1 == key.name);
            let Some((.., value)) = said else { continue };
            if heading != key.section {
                heading = key.section;
                text.push_str(&format!("\n[{heading}]\n"));
            }
            let told = key.description();
            text.push_str(&format!("# {}\n# {}\n{} = {value}\n", told.chinese, told.english, key.name));
        }
        text
    }
}

const HEAD: &str = "\
# 由 kioskctl setup 写成；未写的项取默认值，全部设置见 kiosk.example.toml。
# Written by `kioskctl setup`. What is not here has its default; kiosk.example.toml shows every setting.
";
