//! `kiosk.example.toml` and the defaults are the same thing, and every key is explained in two languages.

use config::{Config, Key, keys};

const EXAMPLE: &str = include_str!("../kiosk.example.toml");

#[test]
fn the_example_is_the_default() {
    let config = Config::parse(EXAMPLE, "kiosk.example.toml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config, Config::default());
    assert_eq!(Config::parse("", "empty.toml").unwrap(), Config::default());
}

/// Not only equal after parsing: each value is written as the messages and the docs write it.
#[test]
fn every_key_stands_there_with_its_default_to_the_byte() {
    let expected: Vec<String> = with_headings(&keys());
    let actual: Vec<String> = EXAMPLE
        .lines()
        .filter(|line| line.starts_with('[') || is_assignment(line))
        .map(|line| if line.starts_with('#') { unset(line) } else { line.to_owned() })
        .collect();
    assert_eq!(actual, expected);
}

#[test]
fn every_key_is_explained_in_chinese_and_english_with_what_it_accepts() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    for key in keys() {
        let at = lines
            .iter()
            .position(|line| {
                is_assignment(line) && line.trim_start_matches("# ").starts_with(&format!("{} =", key.name))
            })
            .unwrap_or_else(|| panic!("{} is missing", key.name));
        let (chinese, english) = (lines[at - 2], lines[at - 1]);
        assert!(
            chinese.starts_with("# ") && chinese.chars().any(|c| ('一'..='龥').contains(&c)),
            "{}",
            key.name
        );
        assert!(english.starts_with("# ") && english.is_ascii(), "{}", key.name);
        let accepts = format!(": {}.", key.accepts);
        assert!(english.ends_with(&accepts), "{}: the comment should end with {accepts:?}", key.name);
    }
}

/// Uncommenting what has no default, with the values shown, is a sound file too (once `secret` makes way).
#[test]
fn the_optional_keys_can_be_switched_on() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hidden\n").unwrap();
    let text = EXAMPLE
        .replace("# width", "width")
        .replace("# height", "height")
        .replace("secret = \"yueting", "# secret = \"yueting")
        .replace(
            "# secret_file = \"/etc/yueting/central.secret\"",
            &format!("secret_file = {:?}", file.path()),
        );
    let config = Config::parse(&text, "example").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.screen.size, Some(config::Size { width: 1080, height: 1920 }));
    assert_eq!(config.central.secret.expose(), "hidden");
}

fn with_headings(keys: &[Key]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = "";
    for key in keys {
        if key.section != section {
            section = key.section;
            lines.push(format!("[{section}]"));
        }
        lines.push(match &key.default {
            Some(default) => format!("{} = {default}", key.name),
            None => format!("# {} =", key.name),
        });
    }
    lines
}

fn unset(line: &str) -> String {
    line.split_inclusive('=').take(1).collect()
}

/// `key = value`, also behind a `#`.
fn is_assignment(line: &str) -> bool {
    let name = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
    line.contains(" = ") && !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}
