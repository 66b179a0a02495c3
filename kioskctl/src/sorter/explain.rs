//! The rules, one after the other, as words.

use config::{Config, Sort};
use serde_json::json;
use slot::setup;
use slot::sort::{Condition, Facts};

use super::Source;

/// What becomes of an item, and why.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// the rules before the one that matched: their bin, and what did not hold
    passed: Vec<(String, String)>,
    /// the rule that matched, counted from 1, and its bin
    pub(crate) rule: Option<(usize, String)>,
    /// where it goes; none: no bin has room
    bin: Option<String>,
    /// that bin is not the rule's
    is_overflow: bool,
    facts: Vec<(&'static str, String)>,
}

impl Explanation {
    /// Goes through the rules of a configuration; `full` names the bins that are full or away.
    pub(crate) fn of(config: &Config, facts: &Facts, full: &[String]) -> Self {
        let table = setup::table(config);
        let name = |bin: usize| config.bins.get(bin).map(|bin| bin.name.clone()).unwrap_or_default();
        let has_room = |bin: usize| !full.contains(&name(bin)) && bin < config.bins.len();
        let choice = table.choose(facts, has_room);
        let before = choice.rule.unwrap_or(table.rules.len());
        let passed = table.rules.iter().zip(&config.sorts).take(before).filter_map(|(rule, row)| {
            let condition = rule.first_unmet(facts)?;
            Some((row.bin.clone(), unmet(condition, row, facts)))
        });
        Self {
            passed: passed.collect(),
            rule: choice.rule.and_then(|at| Some((at + 1, config.sorts.get(at)?.bin.clone()))),
            bin: choice.bin.map(name),
            is_overflow: choice.is_overflow,
            facts: known(facts),
        }
    }

    /// For people.
    pub(crate) fn text(&self, item: &str, source: Source) -> String {
        let source = match source {
            Source::Mirror => "as the mirror and the options have it",
            Source::Unknown => "which the mirror does not know; as the options have it",
            Source::None => "as the options have it (there is no mirror here)",
        };
        let mut text = format!("{item}, {source}:\n");
        for (name, value) in &self.facts {
            text += &format!("  {name:<12} {value}\n");
        }
        for (at, (bin, why)) in self.passed.iter().enumerate() {
            text += &format!("rule {:>2} ({bin}) does not take it: {why}\n", at + 1);
        }
        text += &match &self.rule {
            Some((at, bin)) => format!("rule {at:>2} ({bin}) takes it\n"),
            None => "no rule takes it: it goes to the exception bin\n".to_owned(),
        };
        text + &match &self.bin {
            Some(bin) if self.is_overflow => format!("bin: {bin}, because the one before is full or away\n"),
            Some(bin) => format!("bin: {bin}\n"),
            None => "bin: none has room: it is handed back\n".to_owned(),
        }
    }

    /// For programs.
    pub(crate) fn json(&self, item: &str, source: Source) -> String {
        let passed: Vec<_> = self.passed.iter().map(|(bin, why)| json!({ "bin": bin, "why": why })).collect();
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let value = json!({
            "item": item,
            "in_mirror": source == Source::Mirror,
            "facts": facts,
            "passed": passed,
            "rule": self.rule.as_ref().map(|(at, _)| at),
            "bin": self.bin,
            "overflow": self.is_overflow,
        });
        format!("{value}\n")
    }
}

fn known(facts: &Facts) -> Vec<(&'static str, String)> {
    let texts = [
        ("sort bin", &facts.sort_bin),
        ("location", &facts.location),
        ("owner", &facts.owner),
        ("call number", &facts.call_number),
        ("kind", &facts.media),
        ("age group", &facts.age_group),
    ];
    let known = texts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    known.chain([("held", if facts.is_held { "yes" } else { "no" }.to_owned())]).collect()
}

/// Why a row does not take it.
fn unmet(condition: Condition, row: &Sort, facts: &Facts) -> String {
    let list = |what: &str, got: &Option<String>, wanted: &[String]| {
        format!("{}, and the rule wants {}", is(what, got), wanted.join(" or "))
    };
    match condition {
        Condition::SortBin => list("central's sort bin", &facts.sort_bin, row.sort_bin.as_slice()),
        Condition::Location => list("the location", &facts.location, &row.locations),
        Condition::Owner => list("the owner", &facts.owner, &row.owners),
        Condition::CallNumber => {
            let wanted: Vec<String> = row.call_numbers.iter().map(|one| format!("{one}..")).collect();
            list("the call number", &facts.call_number, &wanted)
        }
        Condition::CallNumberRange => {
            let (from, to) = row.call_range.clone().unwrap_or_default();
            list("the call number", &facts.call_number, &[format!("{from} to {to}")])
        }
        Condition::Held if facts.is_held => "it is held, and the rule is for items that are not".to_owned(),
        Condition::Held => "it is not held, and the rule is for items that are".to_owned(),
        Condition::Media => list("the kind", &facts.media, &row.media),
        Condition::AgeGroup => list("the age group", &facts.age_group, &row.age_groups),
    }
}

fn is(what: &str, got: &Option<String>) -> String {
    match got {
        Some(got) => format!("{what} is {got}"),
        None => format!("{what} is not known"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn config() -> Config {
        let text = r#"
            [[bin]]
            name = "预约"
            [[bin]]
            name = "文学"
            overflow = "其他"
            [[bin]]
            name = "其他"
            [[sort]]
            bin = "预约"
            held = true
            [[sort]]
            bin = "其他"
            owners = ["CN-371202-JN"]
            [[sort]]
            bin = "文学"
            call_from = "I"
            call_to = "I9"
        "#;
        Config::parse(text, "kiosk.toml").unwrap_or_else(|error| panic!("{error}"))
    }

    fn facts(call_number: &str) -> Facts {
        Facts {
            owner: Some("CN-371202-LW".to_owned()),
            call_number: Some(call_number.to_owned()),
            ..Facts::default()
        }
    }

    #[test]
    fn the_rule_that_takes_it_is_named_and_why_the_ones_before_did_not() {
        let told = Explanation::of(&config(), &facts("I247.5/12"), &["文学".to_owned()]);
        expect![[r#"
            LW0001, as the mirror and the options have it:
              owner        CN-371202-LW
              call number  I247.5/12
              held         no
            rule  1 (预约) does not take it: it is not held, and the rule is for items that are
            rule  2 (其他) does not take it: the owner is CN-371202-LW, and the rule wants CN-371202-JN
            rule  3 (文学) takes it
            bin: 其他, because the one before is full or away
        "#]]
        .assert_eq(&told.text("LW0001", Source::Mirror));
        expect![[r#"
            {"bin":"其他","facts":{"call number":"I247.5/12","held":"no","owner":"CN-371202-LW"},"in_mirror":false,"item":"LW0001","overflow":true,"passed":[{"bin":"预约","why":"it is not held, and the rule is for items that are"},{"bin":"其他","why":"the owner is CN-371202-LW, and the rule wants CN-371202-JN"}],"rule":3}
        "#]]
        .assert_eq(&told.json("LW0001", Source::None));
    }

    #[test]
    fn what_no_rule_takes_goes_to_the_exception_bin() {
        let told = Explanation::of(&config(), &Facts::default(), &[]);
        expect![[r#"
            X1, which the mirror does not know; as the options have it:
              held         no
            rule  1 (预约) does not take it: it is not held, and the rule is for items that are
            rule  2 (其他) does not take it: the owner is not known, and the rule wants CN-371202-JN
            rule  3 (文学) does not take it: the call number is not known, and the rule wants I to I9
            no rule takes it: it goes to the exception bin
            bin: 其他
        "#]]
        .assert_eq(&told.text("X1", Source::Unknown));
    }
}
