//! The sentences: every one is translated, every character can be drawn, every colour can be read.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// (component, English sentence)
type Key = (String, String);

#[test]
fn every_sentence_is_translated_and_no_translation_is_left_over() {
    let wanted: BTreeSet<Key> = slint_files().iter().flat_map(|path| sentences(&read(path))).collect();
    let translated = translations(&read(&po()));
    assert!(wanted.len() > 100, "{}", wanted.len());
    let missing: Vec<_> = wanted.iter().filter(|key| !translated.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not translated: {missing:#?}");
    let left: Vec<_> = translated.keys().filter(|key| !wanted.contains(*key)).collect();
    assert!(left.is_empty(), "translated, but said nowhere: {left:#?}");
    for ((_, english), chinese) in &translated {
        assert!(!chinese.is_empty(), "empty: {english}");
        // the month and year of a date keep their braces, in another order
        assert_eq!(english.matches('{').count(), chinese.matches('{').count(), "{english} / {chinese}");
    }
    assert!(!read(&po()).contains("fuzzy"));
}

#[test]
fn the_fonts_have_every_character() {
    let mut said: BTreeSet<char> = read(&po()).chars().collect();
    said.extend(slint_files().iter().flat_map(|path| read(path).chars().collect::<Vec<_>>()));
    let titles = ["三体", "钱锺书", "尤瓦尔·赫拉利", "《呐喊》", "Brontë", "①", "“”‘’—…", "鄂温克", "镕"];
    said.extend(titles.iter().flat_map(|title| title.chars()));
    for weight in ["Regular", "Bold"] {
        let bytes = fs::read(root().join(format!("slint/fonts/NotoSansSC-{weight}.otf"))).unwrap();
        let face = ttf_parser::Face::parse(&bytes, 0).unwrap();
        let missing: String =
            said.iter().filter(|c| !c.is_control() && face.glyph_index(**c).is_none()).collect();
        assert_eq!(missing, "", "{weight}: run scripts/font-subset");
    }
}

#[test]
fn text_can_be_read_on_its_ground() {
    let theme = colours(&read(&root().join("slint/theme.slint")));
    let ratio = |a: &str, b: &str| {
        let (a, b) = (luminance(theme[a]), luminance(theme[b]));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    let pairs = [
        ("ink", ["paper", "surface", "sunken", "amber-tint", "vermilion-tint", "pine-tint"].as_slice()),
        ("muted", &["paper", "surface", "sunken"]),
        ("on-dark", &["pine", "pine-deep", "indigo", "indigo-deep", "vermilion", "amber", "leaf", "muted"]),
        ("pine", &["pine-tint", "paper", "surface"]),
        ("indigo", &["indigo-tint", "surface"]),
        ("vermilion", &["vermilion-tint", "surface"]),
        ("amber", &["amber-tint", "surface"]),
        ("leaf", &["leaf-tint", "surface"]),
    ];
    for (text, grounds) in pairs {
        for ground in grounds {
            assert!(ratio(text, ground) >= 4.5, "{text} on {ground}: {:.2}", ratio(text, ground));
        }
    }
}

#[test]
fn colours_and_pixels_come_from_the_theme() {
    for path in slint_files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // drawings have colours of their own
        if ["theme.slint", "scene.slint", "cover.slint", "demo.slint", "welcome.slint", "kiosk.slint"]
            .contains(&name.as_str())
        {
            continue;
        }
        let text = read(&path);
        for (n, line) in text.lines().enumerate() {
            assert!(!line.contains(": #"), "{name}:{}: {line}", n + 1);
            let literal = line.replace("0px", "").replace("viewbox", "").contains("px");
            assert!(!literal || line.trim_start().starts_with("//"), "{name}:{}: {line}", n + 1);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn po() -> PathBuf {
    root().join("lang/zh_CN/LC_MESSAGES/ui.po")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn slint_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = ["slint", "slint/pages", "slint/widgets"]
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "slint"))
        .collect();
    files.sort();
    assert!(files.len() > 12);
    files
}

/// What a file says, with the component or global that says it (the context of its translation).
fn sentences(source: &str) -> Vec<Key> {
    let mut context = String::new();
    let mut found = Vec::new();
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for head in ["component ", "global "] {
            if let Some((_, rest)) = line.split_once(head)
                && line.trim_start_matches("export ").starts_with(head)
            {
                context = rest.split([' ', '{']).next().unwrap().to_owned();
            }
        }
        for rest in line.split("@tr(").skip(1) {
            let quoted =
                rest.trim_start().strip_prefix('"').expect("a sentence begins on the line of its @tr");
            found.push((context.clone(), quoted.split('"').next().unwrap().to_owned()));
        }
    }
    found
}

fn translations(po: &str) -> BTreeMap<Key, String> {
    let mut all = BTreeMap::new();
    for entry in po.split("\n\n").skip(1) {
        let field = |name: &str| {
            let line = entry.lines().find_map(|line| line.strip_prefix(name));
            line.map(|text| text.trim().trim_start_matches('"').trim_end_matches('"').to_owned())
        };
        let key = (field("msgctxt ").unwrap(), field("msgid ").unwrap());
        let text = field("msgstr ").or_else(|| field("msgstr[0] ")).unwrap();
        assert_eq!(all.insert(key.clone(), text), None, "twice: {key:?}");
    }
    all
}

fn colours(theme: &str) -> BTreeMap<String, u32> {
    let lines =
        theme.lines().filter_map(|line| line.trim().strip_prefix("out property <color> ")?.split_once(": #"));
    lines
        .map(|(name, hex)| (name.to_owned(), u32::from_str_radix(hex.trim_end_matches(';'), 16).unwrap()))
        .collect()
}

fn luminance(colour: u32) -> f64 {
    let part = |shift: u32| {
        let c = f64::from((colour >> shift) & 0xff) / 255.0;
        if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.0722f64.mul_add(part(0), 0.2126f64.mul_add(part(16), 0.7152 * part(8)))
}
