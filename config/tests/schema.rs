//! The schema, judged by an independent validator (python3-jsonschema), and beside the program's own reading.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot set up ends the test")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use config::{Config, EXAMPLE, keys, schema};
use serde_json::{Value, json};

/// What the validator says of each TOML text: nothing if it is sound.
fn judged(texts: &[&str]) -> Vec<Option<String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.py");
    let mut python = Command::new("python3")
        .args(["-B", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with python3-jsonschema: scripts/setup installs it");
    let asked = json!({ "schema": schema(), "texts": texts });
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3-jsonschema is missing? scripts/setup installs it");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_example_is_sound_and_every_key_has_type_default_and_description() {
    let optional =
        EXAMPLE.replace("# [[", "[[").lines().fold((String::new(), false), |(mut text, mut is_in), line| {
            is_in = if line.starts_with('[') { line.starts_with("[[") } else { is_in };
            let is_key = line.strip_prefix("# ").is_some_and(|rest| {
                rest.split_once(" = ")
                    .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            });
            text.push_str(if is_in && is_key { line.trim_start_matches("# ") } else { line });
            text.push('\n');
            (text, is_in)
        });
    assert_eq!(judged(&[EXAMPLE, optional.0.as_str(), ""]), [None, None, None]);
    let schema = schema();
    let properties = &schema["properties"];
    for key in keys() {
        let of_section = match (key.section, key.is_listed) {
            ("", _) => properties,
            (section, true) => &properties[section]["items"]["properties"],
            (section, false) => &properties[section]["properties"],
        };
        let property = &of_section[key.name];
        let told = property["description"].as_str().unwrap_or_default();
        let (chinese, english) = told.split_once('\n').unwrap_or_default();
        assert!(chinese.chars().any(|c| ('一'..='龥').contains(&c)), "{}: {told}", key.name);
        assert!(english.len() > 3 && english.is_ascii(), "{}: {told}", key.name);
        assert!(property["type"].is_string() || property["enum"].is_array(), "{}", key.name);
        if property["type"] == "integer" {
            assert!(property["minimum"].is_i64() && property["maximum"].is_i64(), "{}", key.name);
        }
        let has_default = key.default.is_some() && !key.shape.is_secret() && !key.is_required;
        assert_eq!(property.get("default").is_some(), has_default, "{}", key.name);
        assert!(matches!(property["x-takes"].as_str(), Some("reload" | "restart")), "{}", key.name);
    }
}

#[test]
fn no_secret_is_in_the_schema() {
    let Value::String(secret) = serde_json::to_value(Config::default().central.secret.expose()).unwrap()
    else {
        panic!("a text")
    };
    assert!(!schema().to_string().contains(&secret));
}

/// Each text is taken by both, or by neither. A rule that only the program knows is in `config::BEYOND`.
#[test]
fn schema_and_program_agree() {
    let shelf = "label = \"A\"\nx = 1\ny = 1\nwidth = 9\nheight = 9\nfrom = \"A\"\n";
    let (whole, lacking) = (format!("[[shelf]]\n{shelf}to = \"B\"\n"), format!("[[shelf]]\n{shelf}"));
    let too_many =
        "[[shelf]]\nlabel = \"A\"\nx = 1\ny = 1\nwidth = 9\nheight = 9\nfrom = \"A\"\nto = \"B\"\n"
            .repeat(65);
    let long = format!("[kiosk]\nname = \"{}\"", "馆".repeat(201));
    let longest = format!("[kiosk]\nname = \"{}\"", "馆".repeat(200));
    let table: &[(&str, bool)] = &[
        ("version = 1", true),
        ("version = 2", true),
        ("version = 3", false),
        ("version = \"2\"", false),
        ("[raeder]\nport = \"/dev/x\"", false),
        ("[reader]\npol_ms = 3", false),
        ("poll_ms = 100", false),
        ("reader = 5", false),
        ("[[reader]]\npoll_ms = 100", false),
        ("[reader]\npoll_ms = 20", true),
        ("[reader]\npoll_ms = 19", false),
        ("[reader]\npoll_ms = 5000", true),
        ("[reader]\npoll_ms = 5001", false),
        ("[reader]\npoll_ms = 0x64", true),
        ("[reader]\npoll_ms = \"100\"", false),
        ("[reader]\npoll_ms = 100.5", false),
        ("[reader]\npoll_ms = true", false),
        ("[reader]\nbaud = 9600", true),
        ("[reader]\nbaud = 9601", false),
        ("[reader]\nparity = \"odd\"", true),
        ("[reader]\nparity = \"Odd\"", false),
        ("[reader]\nport = \"/dev/yueting-pad\"", true),
        ("[reader]\nport = \"dev/yueting-pad\"", false),
        ("[reader]\nport = \"\"", false),
        ("[reader]\nport = \"tcp://192.0.2.7:5084\"", true),
        ("[reader]\nport = \"tcp://[fe80::1]:5084\"", true),
        ("[reader]\nport = \"tcp://gate:0\"", false),
        ("[reader]\nport = \"tcp://gate:65535\"", true),
        ("[reader]\nport = \"tcp://gate:65536\"", false),
        ("[reader]\nport = \"tcp://gate\"", false),
        ("[reader]\nport = \"tcp://::1:5084\"", false),
        ("[kiosk]\nname = \"东门\"", true),
        ("[kiosk]\nname = \"  东门  \"", true),
        ("[kiosk]\nname = \"  \"", false),
        ("[kiosk]\nname = \"a\\nb\"", false),
        ("[kiosk]\nname = \"a\\u0007b\"", false),
        (&longest, true),
        (&long, false),
        ("[kiosk]\ndata_dir = \"var\"", false),
        ("[kiosk]\nlanguage = \"zh-Hant\"", true),
        ("[kiosk]\nlanguage = \"fr\"", false),
        ("[central]\nbase_url = \"https://central.example:8443/lib\"", true),
        ("[central]\nbase_url = \"http://[2001:db8::1]:8700\"", true),
        ("[central]\nbase_url = \"ftp://central\"", false),
        ("[central]\nbase_url = \"http://\"", false),
        ("[central]\nbase_url = \"http://user:pw@central\"", false),
        ("[central]\nbase_url = \"http://central:99999\"", false),
        ("[central]\nsecret = \"\"", false),
        ("[central]\nsecret = 5", false),
        ("[central]\nsecret = \"a\"\nsecret_file = \"/etc/hostname\"", false),
        ("[security]\nsecured_afi = \"07\"", true),
        ("[security]\nsecured_afi = \"7\"", false),
        ("[security]\nsecured_afi = 7", false),
        ("[security]\nsecured_afi = \"GG\"", false),
        ("[security]\nuse_afi = \"yes\"", false),
        ("[security]\nuse_afi = false", true),
        ("[security]\nuse_afi = false\nuse_eas = false", false),
        ("[place]\nopen = [\"mon-fri 08:30-12:00,13:30-17:30\", \"sat,sun 09:00-17:00\"]", true),
        ("[place]\nopen = [\"Mon 08:30-12:00\"]", false),
        ("[place]\nopen = [\"mon 8:30-12:00\"]", false),
        ("[place]\nopen = \"mon 08:30-12:00\"", false),
        ("[place]\nclosed_days = [\"2026-10-01\"]", true),
        ("[place]\nclosed_days = [\"2026-13-01\"]", false),
        ("[place]\nstand = [500, 920]", true),
        ("[place]\nstand = [500]", false),
        ("[place]\nstand = [500, 1001]", false),
        ("[place]\nhours = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\"]", true),
        ("[place]\nhours = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\"]", false),
        (&whole, true),
        (&lacking, false),
        (&too_many, false),
        ("[shelf]\nlabel = \"A\"", false),
        ("[[layout]]\nname = \"a\"\noffset = 4\nlength = 4\npacking = \"number\"\ndigits = 10", true),
        ("[[layout]]\nname = \"a\"\noffset = 4\nlength = 4\npacking = \"bcd\"\ndigits = 10", false),
        ("[[layout]]\nname = \"a\"\noffset = 4\npacking = \"bcd\"", false),
        ("[[layout]]\nname = \"a b\"\nlength = 4\npacking = \"bcd\"", false),
        ("[[layout]]\nname = \"a\"\nform = \"self-describing\"", true),
        ("[[layout]]\nname = \"a\"\nform = \"self-describing\"\npacking = \"6-bit\"", true),
        ("[[layout]]\nname = \"a\"\nform = \"self-describing\"\npacking = \"bcd\"", false),
        ("[[layout]]\nname = \"a\"\nform = \"self-describing\"\noffset = 4", false),
        (
            "[[layout]]\nname = \"a\"\nlength = 4\npacking = \"bcd\"\nmarks = [{ at = 0, value = \"4C\" }]",
            true,
        ),
        ("[[layout]]\nname = \"a\"\nlength = 4\npacking = \"bcd\"\nmarks = [{ at = 0 }]", false),
        (
            "[[layout]]\nname = \"a\"\nlength = 4\npacking = \"bcd\"\nmarks = [{ at = 0, value = \"4C\", x = 1 }]",
            false,
        ),
        ("[offline]\ncheckout = \"assume\"", false),
        ("[offline]\ncheckout = \"assume\"\n[central]\ninterface = \"kiosk\"", true),
        ("[find]\nenabled = true", false),
        ("[find]\nenabled = true\nreserve = true\n[central]\ninterface = \"kiosk\"", true),
        ("[find]\nreserve = true", false),
        ("[sip2]\ntls = \"file\"", false),
        ("[sip2]\nomit = [\"AC\"]\nloan_fields = [\"AU\", \"AS\"]\nempty_dates = \"now\"", true),
        ("[sip2]\nomit = [\"ac\"]", false),
        ("[sip2]\nloan_fields = \"AU\"", false),
        ("[sip2]\ntls = \"file\"\ntls_file = \"/etc/ssl/sip2.pem\"", true),
        ("[mqtt]\nhost = \"broker.example\"\nport = 8883\ntls = \"system\"\ndevice = \"kiosk-1\"", true),
        ("[mqtt]\ntls = \"file\"", false),
        ("[mqtt]\npassword_file = \"/dev/null\"", false),
        ("[mqtt]\ndevice = \"a/b\"", false),
        ("[mqtt]\ndevice = \"+\"", false),
        ("[mqtt]\ninterval_seconds = 9", false),
        ("[screen]\nwidth = 1080", false),
        ("[screen]\nwidth = 1080\nheight = 1920", true),
        ("[screen]\nnight_from = \"24:00\"", false),
        ("[screen]\nnight_from = \"23:59\"", true),
        ("[staff]\npower_off = []", false),
        ("[staff]\npin = \"1234\"", false),
        (
            "[staff]\npin = \"$argon2id$v=19$m=19456,t=2,p=1$ZXhhbXBsZS1zYWx0LTE2Yg$BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY\"",
            true,
        ),
        ("[log]\nlevel = \"loud\"", false),
    ];
    let texts: Vec<&str> = table.iter().map(|(text, _)| *text).collect();
    let mut disagreed = Vec::new();
    for ((text, is_sound), schema) in table.iter().zip(judged(&texts)) {
        let program = Config::parse(text, "table").err().map(|error| error.to_string());
        if program.is_none() != *is_sound || schema.is_none() != *is_sound {
            disagreed
                .push(format!("{text}\n  expected {is_sound}\n  program {program:?}\n  schema {schema:?}"));
        }
    }
    assert!(disagreed.is_empty(), "{}", disagreed.join("\n"));
}
