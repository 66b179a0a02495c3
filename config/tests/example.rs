//! `kiosk.example.toml` and the defaults are the same thing, and every key is explained in two languages.

use config::{Config, Key, Layout, LayoutForm, Mark, Packing, keys};

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
        .filter(|line| is_heading(line) || is_assignment(line))
        .map(|line| if line.starts_with('#') && !is_heading(line) { unset(line) } else { line.to_owned() })
        .collect();
    assert_eq!(actual, expected);
}

#[test]
fn every_key_is_explained_in_chinese_and_english_with_what_it_accepts() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    for key in keys() {
        let section = match key.section {
            "" => 0,
            _ => lines.iter().position(|line| *line == heading(&key)).unwrap(),
        };
        let at = lines
            .iter()
            .skip(section)
            .position(|line| {
                is_assignment(line) && line.trim_start_matches("# ").starts_with(&format!("{} =", key.name))
            })
            .unwrap_or_else(|| panic!("{} is missing", key.name))
            + section;
        let (chinese, english) = (lines[at - 2], lines[at - 1]);
        assert!(
            chinese.starts_with("# ") && chinese.chars().any(|c| ('一'..='龥').contains(&c)),
            "{}",
            key.name
        );
        assert!(english.starts_with("# ") && english.is_ascii(), "{}", key.name);
        let accepts = format!(": {}.", key.accepts);
        assert!(english.ends_with(&accepts), "{}: the comment should end with {accepts:?}", key.name);
        let told = key.description();
        assert_eq!(chinese, format!("# {}", told.chinese));
        assert_eq!(english, format!("# {}{accepts}", told.english));
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
        .replace("# secured_afi", "secured_afi")
        .replace("# unsecured_afi", "unsecured_afi")
        .replace("# tls_file", "tls_file")
        .replace("# library", "library")
        .replace("# branch", "branch")
        .replace("# nearest", "nearest")
        .replace("# contact", "contact")
        .replace("# stand", "stand")
        .replace("# pin", "pin")
        .replace("# listen", "listen")
        .replace("# password =", "password =")
        .replace("# tls_cert", "tls_cert")
        .replace("# tls_key", "tls_key")
        .replace("# user", "user")
        .replace("# location", "location")
        .replace("# operator", "operator")
        .replace(
            "# password_file = \"/etc/yueting/sip2.password\"",
            &format!("password_file = {:?}", file.path()),
        )
        .replace("# host", "host")
        .replace(
            "# password_file = \"/etc/yueting/mqtt.password\"",
            &format!("password_file = {:?}", file.path()),
        )
        .replace("secret = \"yueting", "# secret = \"yueting")
        .replace(
            "# secret_file = \"/etc/yueting/central.secret\"",
            &format!("secret_file = {:?}", file.path()),
        );
    let layout_keys = keys().into_iter().filter(|key| key.is_listed).map(|key| key.name);
    let text = layout_keys.fold(text.replace("# [[", "[["), |text, key| {
        text.replace(&format!("\n# {key} ="), &format!("\n{key} ="))
    });
    let config = Config::parse(&text, "example").unwrap_or_else(|error| panic!("{error}"));
    let packing = Packing::Number { digits: 10 };
    let form = LayoutForm::Field { offset: 4, length: 8, has_length_byte: false, packing };
    let marks = vec![Mark { at: 0, mask: 0xFF, value: 0x4C }, Mark { at: 28, mask: 0xF0, value: 0xA0 }];
    assert_eq!(config.layouts, [Layout { name: "branch-1998".to_owned(), form, marks }]);
    assert_eq!(config.screen.size, Some(config::Size { width: 1080, height: 1920 }));
    assert_eq!(config.place.library.as_deref(), Some("青禾市图书馆"));
    assert_eq!((config.place.stand, config.place.branch.as_deref()), (Some((500, 920)), Some("LW01")));
    assert_eq!(config.shelves.len(), 1);
    assert!(config.staff.pin.is_some_and(|hash| hash.expose().starts_with("$argon2id$")));
    assert_eq!(config.central.secret.expose(), "hidden");
    assert_eq!(config.sip2.password.unwrap().expose(), "hidden");
    assert_eq!(
        (config.mqtt.host.as_deref(), config.mqtt.user.as_deref()),
        (Some("127.0.0.1"), Some("kiosk1"))
    );
    assert_eq!(config.mqtt.password.unwrap().expose(), "hidden");
    assert_eq!(
        (config.sip2.user.as_deref(), config.sip2.location.as_deref()),
        (Some("kiosk1"), Some("hall"))
    );
}

fn with_headings(keys: &[Key]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = "";
    for key in keys {
        if key.section != section {
            section = key.section;
            lines.push(heading(key));
        }
        lines.push(match &key.default {
            Some(default) if !key.is_listed => format!("{} = {default}", key.name),
            Some(_) | None => format!("# {} =", key.name),
        });
    }
    lines
}

/// A list is empty by default, so its heading is a comment.
fn heading(key: &Key) -> String {
    if key.is_listed { format!("# [[{}]]", key.section) } else { format!("[{}]", key.section) }
}

fn is_heading(line: &str) -> bool {
    line.starts_with('[') || line.starts_with("# [[")
}

fn unset(line: &str) -> String {
    line.split_inclusive('=').take(1).collect()
}

/// `key = value`, also behind a `#`.
fn is_assignment(line: &str) -> bool {
    let name = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
    line.contains(" = ") && !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}
