//! The sentences: every one is translated, every character can be drawn, every colour can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// (component, English sentence)
type Key = (String, String);

#[test]
fn every_sentence_is_translated_and_no_translation_is_left_over() {
    let wanted: BTreeSet<Key> = slint_files().iter().flat_map(|path| sentences(&read(path))).collect();
    assert!(wanted.len() > 250, "{}", wanted.len());
    for code in CHINESE {
        let text = read(&po(code));
        let translated = translations(&text);
        let missing: Vec<_> = wanted.iter().filter(|key| !translated.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{code}: not translated: {missing:#?}");
        let left: Vec<_> = translated.keys().filter(|key| !wanted.contains(*key)).collect();
        assert!(left.is_empty(), "{code}: translated, but said nowhere: {left:#?}");
        for ((_, english), chinese) in &translated {
            assert!(!chinese.is_empty(), "{code}: empty: {english}");
            assert_ne!(english, chinese, "{code}: still English");
            // the month and year of a date keep their braces, in another order
            assert_eq!(braces(english), braces(chinese), "{code}: {english} / {chinese}");
        }
        assert!(!text.contains("fuzzy"), "{code}");
    }
}

/// A character that only the other script has shows that a sentence was left as it was.
#[test]
fn each_chinese_keeps_to_its_script() {
    let (simplified, traditional) = (read(&po("zh_CN")), read(&po("zh_TW")));
    for (one, other) in
        "书 書,读 讀,证 證,图 圖,馆 館,还 還,归 歸,请 請,续 續,约 約,预 預,机 機,这 這,会 會,时 時,没 沒"
            .split(',')
            .filter_map(|pair| pair.split_once(' '))
    {
        assert!(!traditional.contains(one), "{one} in zh_TW");
        assert!(!simplified.contains(other), "{other} in zh_CN");
    }
    // words of the mainland that libraries in Taiwan and Hong Kong do not use
    for word in ["打印", "屏幕", "工作人員", "信息", "軟件", "程序", "服務器"] {
        assert!(!traditional.contains(word), "{word} in zh_TW");
    }
}

#[test]
fn the_fonts_have_every_character() {
    let mut said: BTreeSet<char> =
        CHINESE.iter().flat_map(|code| read(&po(code)).chars().collect::<Vec<_>>()).collect();
    said.extend(slint_files().iter().flat_map(|path| read(path).chars().collect::<Vec<_>>()));
    let titles = [
        "三体",
        "钱锺书",
        "尤瓦尔·赫拉利",
        "《呐喊》",
        "Brontë",
        "①",
        "“”‘’—…",
        "鄂温克",
        "镕",
        "紅樓夢",
        "「臺灣」",
        "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ",
    ];
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
fn colours_and_pixels_come_from_the_theme() {
    for path in slint_files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // drawings have colours of their own
        if [
            "theme.slint",
            "scene.slint",
            "cover.slint",
            "demo.slint",
            "kiosk.slint",
            "sheet.slint",
            "picture.slint",
        ]
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

const CHINESE: [&str; 2] = ["zh_CN", "zh_TW"];

fn po(code: &str) -> PathBuf {
    root().join(format!("lang/{code}/LC_MESSAGES/ui-pages.po"))
}

/// The placeholders of a sentence, sorted.
fn braces(text: &str) -> Vec<&str> {
    let mut all: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    all.sort_unstable();
    all
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn slint_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = ["slint", "slint/api", "slint/pages", "slint/widgets"]
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
