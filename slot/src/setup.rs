//! From the configuration to the machine's [`Setup`].

use circulation::id::Isil;
use config::{Config, Sort};

use crate::slot::Setup;
use crate::sort::{Rule, Table};
use crate::timing::Timing;

/// Why a configuration makes no slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// An institution is none.
    #[error("[slot] owners: {text:?} is no ISIL; write the institution's, as \"CN-371202-LW\"")]
    Owner {
        /// What stands there.
        text: String,
    },
}

/// The machine's setup, by the configuration.
///
/// # Errors
/// [`SetupError`].
pub fn setup(config: &Config) -> Result<Setup, SetupError> {
    let owner = |text: &String| Isil::parse(text).map_err(|_| SetupError::Owner { text: text.clone() });
    Ok(Setup {
        timing: timing(config),
        table: table(config),
        ours: config.slot.owners.iter().map(owner).collect::<Result<_, _>>()?,
        keeps_unknown: config.slot.keep_unknown,
    })
}

/// The table of bins. Names are known: the configuration has been checked.
pub fn table(config: &Config) -> Table {
    let last = config.bins.len().saturating_sub(1);
    let named = |name: &Option<String>| name.as_deref().and_then(|name| config.bin(name));
    Table {
        rules: config.sorts.iter().filter_map(|rule| Some(row(rule, config.bin(&rule.bin)?))).collect(),
        overflow: config.bins.iter().map(|bin| named(&bin.overflow)).collect(),
        exception: named(&config.slot.exception_bin).unwrap_or(last),
    }
}

fn row(rule: &Sort, bin: usize) -> Rule {
    Rule {
        sort_bin: rule.sort_bin.clone(),
        locations: rule.locations.clone(),
        owners: rule.owners.clone(),
        call_numbers: rule.call_numbers.clone(),
        call_number_range: rule.call_range.clone(),
        is_held: rule.held,
        media: rule.media.clone(),
        age_groups: rule.age_groups.clone(),
        bin,
    }
}

fn timing(config: &Config) -> Timing {
    let slot = &config.slot;
    Timing {
        shutter_travel: slot.shutter,
        wait_item: slot.wait,
        intake: slot.intake,
        eye_in_covered: slot.longest,
        transport: slot.transport,
        hand_back: slot.hand_back,
        central: slot.central,
        mains: slot.mains,
        ..Timing::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sort::Facts;

    #[test]
    fn the_defaults_of_file_and_machine_are_the_same() {
        let setup = setup(&Config::default()).unwrap();
        assert_eq!(setup.timing, Timing::default());
    }

    #[test]
    fn a_file_becomes_times_owners_bins_and_rules() {
        let text = r#"
            [slot]
            owners = ["CN-371202-LW"]
            exception_bin = "staff"
            wait_seconds = 30
            [[bin]]
            name = "held"
            overflow = "staff"
            [[bin]]
            name = "staff"
            [[bin]]
            name = "novels"
            [[sort]]
            bin = "held"
            held = true
            [[sort]]
            bin = "novels"
            call_from = "I2"
            call_to = "I3"
        "#;
        let config = Config::parse(text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"));
        let setup = setup(&config).unwrap();
        assert_eq!(setup.timing.wait_item.as_secs(), 30);
        assert_eq!(setup.ours, [Isil::parse("CN-371202-LW").unwrap()]);
        assert_eq!((setup.table.exception, &*setup.table.overflow), (1, &[Some(1), None, None][..]));
        let novel = Facts { call_number: Some("I247.5/12".to_owned()), ..Facts::default() };
        for (facts, bin) in [
            (novel.clone(), Some(2)),
            (Facts { is_held: true, ..novel }, Some(0)),
            (Facts::default(), Some(1)),
        ] {
            assert_eq!(setup.table.choose(&facts, |_| true).bin, bin);
        }
        let wrong = Config::parse("[slot]\nowners = [\"陋文\"]", "kiosk.toml").unwrap();
        let error = super::setup(&wrong).unwrap_err().to_string();
        assert_eq!(error, "[slot] owners: \"陋文\" is no ISIL; write the institution's, as \"CN-371202-LW\"");
    }
}
