//! Older files are carried over without a change of meaning, and their comments stay.

use config::{Config, MigrateError, VERSION, migrate};
use expect_test::expect;
use proptest::prelude::*;

/// The example of version 1, as it was. If a test with it fails, do not change the file.
const V1: &str = include_str!("frozen/v1.example.toml");

#[test]
fn the_example_of_version_1_means_the_same_as_ever() {
    let migrated = migrate(V1).unwrap();
    assert_eq!(migrated.from, 1);
    assert_eq!(Config::parse(&migrated.text, "migrated").unwrap(), Config::parse(V1, "v1").unwrap());
    let mut added: Vec<&str> = migrated.text.lines().collect();
    V1.lines().for_each(|line| {
        let at = added.iter().position(|other| *other == line);
        added.remove(at.unwrap_or_else(|| panic!("{line:?} is gone")));
    });
    assert_eq!(added, ["version = 2"]);
    assert!(migrate(&migrated.text).unwrap().changes.is_empty(), "once is enough");
}

#[test]
fn what_is_said_otherwise_is_carried_over_with_its_comments() {
    let text = "# 东门 the east gate\n\n[kiosk]\nname = \"东门 1\" # by the door\n\n[security]\n# the gates are 3M's\nsecured_afi = \"d7\"\n# since 2009\nunsecured_afi = \"DA\"\nuse_eas = false\n";
    let migrated = migrate(text).unwrap();
    expect![[r#"
        # 东门 the east gate
        version = 2

        [kiosk]
        name = "东门 1" # by the door

        [security]
        use_eas = false
        # the gates are 3M's
        afi_pair = "3m"
    "#]]
    .assert_eq(&migrated.text);
    expect![[r#"
        [
            "[security] secured_afi D7 and unsecured_afi DA are now afi_pair = \"3m\"",
            "version = 2 stands at the top",
        ]
    "#]]
    .assert_debug_eq(&migrated.changes);
}

#[test]
fn what_cannot_be_carried_over_is_told() {
    let newer = migrate("version = 99\n").unwrap_err();
    assert_eq!(newer, MigrateError::Version { found: "99".into() });
    assert!(matches!(migrate("[kiosk\n"), Err(MigrateError::Syntax { .. })));
    let told = Config::parse("version = 99\n", "kiosk.toml").unwrap_err().to_string();
    assert_eq!(
        told,
        "kiosk.toml:1: version: this file was written for a newer program; install that, or restore an older version of the file with `kioskctl config restore`"
    );
    let told = Config::parse("version = \"two\"\n", "kiosk.toml").unwrap_err().to_string();
    assert_eq!(
        told,
        format!("kiosk.toml:1: version: got the text \"two\"; write a whole number from 1 to {VERSION}")
    );
    let told = Config::parse("[kiosk]\nversion = 2\n", "kiosk.toml").unwrap_err().to_string();
    assert_eq!(
        told,
        "kiosk.toml:2: [kiosk] version: unknown key; `version` belongs before the first heading"
    );
}

fn afi() -> impl Strategy<Value = String> {
    prop_oneof![Just("07"), Just("C2"), Just("d7"), Just("DA"), Just("21"), Just("99")]
        .prop_map(str::to_owned)
}

proptest! {
    /// Whatever a file of version 1 says of its gates, it says after.
    #[test]
    fn no_step_changes_what_a_file_means(
        secured in prop::option::of(afi()),
        unsecured in prop::option::of(afi()),
        pair in prop::option::of(prop_oneof![Just("standard"), Just("3m"), Just("german")]),
    ) {
        let mut text = "[security]\n".to_owned();
        let mut line = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                text.push_str(&format!("{name} = \"{value}\"\n"));
            }
        };
        line("secured_afi", secured.as_deref());
        line("afi_pair", pair);
        line("unsecured_afi", unsecured.as_deref());
        let migrated = migrate(&text).unwrap().text;
        match (Config::parse(&text, "old"), Config::parse(&migrated, "new")) {
            (Ok(old), Ok(new)) => prop_assert_eq!(old, new),
            (old, new) => prop_assert_eq!(old.is_ok(), new.is_ok(), "{}", migrated),
        }
    }
}
