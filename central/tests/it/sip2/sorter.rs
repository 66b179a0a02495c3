//! What sorters and hold shelves go by: any copy of a title, the last day of a hold, and where a returned item goes.

use super::line::Line;
use super::{Acs, item, library, patron};

const NOW: &str = "20261123    093000";

/// The first value of a field behind a fixed part of this length.
fn field<'a>(answer: &'a str, fixed: usize, code: &str) -> Option<&'a str> {
    answer.get(fixed..)?.split('|').find_map(|part| part.strip_prefix(code))
}

/// A 15; whether it was done, which copy it says to be held, what it says.
async fn hold(line: &mut Line, mode: char, who: &str, fields: &str) -> (bool, String, String) {
    let answer = line.ask(&format!("15{mode}{NOW}AOx|AA{who}|{fields}AC|")).await;
    let of = |code| field(&answer, 22, code).unwrap_or_default().to_owned();
    assert!(answer.starts_with("16"), "{answer}");
    // Devices tell answers apart by it.
    assert!(fields.starts_with(&format!("AB{}|", of("AB"))), "{answer}");
    (answer.starts_with("161"), of("AF复本 "), of("AF"))
}

#[tokio::test]
async fn any_copy_of_a_title_is_held_and_the_answer_says_which() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    let first = item("LW0000001");
    let record = acs.world.app.store().item(&library(), &first).unwrap().unwrap().record;
    let copies = acs.world.app.store().copies(&library(), record).unwrap();
    assert!(copies.len() > 2);
    let lent = line.ask(&format!("11NN{NOW}                  AOx|AALW20260001|ABLW0000001|AC|")).await;
    assert!(lent.starts_with("121"), "{lent}");

    let (ok, held, _) = hold(&mut line, '+', "LW20260004", "ABLW0000001|BY2|").await;
    assert!(ok && held != "LW0000001" && copies.iter().any(|copy| copy.item.item.as_str() == held), "{held}");
    let (ok, _, words) = hold(&mut line, '+', "LW20260004", "ABLW0000001|BY2|").await;
    assert!(!ok && words.contains("已预约"), "{words}");
    // Whoever is next gets another one, that nobody waits for.
    let (ok, next, _) = hold(&mut line, '+', "LW20260003", "ABLW0000001|BY2|").await;
    assert!(ok && next != held && next != "LW0000001", "{next}");
    // A copy in a branch that has none, and a title that is not lent.
    let (ok, _, words) = hold(&mut line, '+', "LW20260019", "ABLW0000001|BY4|BSLW99|").await;
    assert!(!ok && words.contains("没有可预约的复本"), "{words}");
    let (ok, _, _) = hold(&mut line, '+', "LW20260019", "ABLW0000005|BY2|").await;
    assert!(!ok);
    let (ok, _, words) = hold(&mut line, '+', "LW20260019", "ABLW9|BY2|").await;
    assert!(!ok && words.contains("没有这个条码"), "{words}");
    // The copy named is held if that is what is meant, lent or not.
    let (ok, held, _) = hold(&mut line, '+', "LW20260019", "ABLW0000001|BY3|").await;
    assert_eq!((ok, held.as_str()), (true, ""));
    // A title's hold is put off and given up by any of its copies.
    assert!(hold(&mut line, '*', "LW20260003", "ABLW0000001|BY2|BW20270101|").await.0);
    let (ok, given_up, _) = hold(&mut line, '-', "LW20260003", "ABLW0000001|BY2|").await;
    assert_eq!((ok, given_up), (true, next));
    let (ok, _, words) = hold(&mut line, '-', "LW20260003", "ABLW0000001|BY2|").await;
    assert!(!ok && words.contains("没有预约此书"), "{words}");
}

#[tokio::test]
async fn the_last_day_of_a_hold_is_set_and_put_off() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    let mut line = Line::enter(&acs).await;
    let until = || {
        let holds = acs.world.app.store();
        let today = jiff::civil::date(2026, 11, 23);
        let holds = holds.holds(&library(), &patron("LW20260004"), None, today).unwrap();
        holds.into_iter().next().and_then(|hold| hold.wanted_until)
    };
    let (ok, _, _) = hold(&mut line, '+', "LW20260004", "ABLW0000011|BW20261201    000000|").await;
    assert_eq!((ok, until().as_deref()), (true, Some("2026-12-01")));
    let (ok, _, _) = hold(&mut line, '*', "LW20260004", "ABLW0000011|BW20270101    000000|").await;
    assert_eq!((ok, until().as_deref()), (true, Some("2027-01-01")));
    for (who, fields, words) in [
        ("LW20260004", "ABLW0000011|BW20200101|", "已过"),
        ("LW20260004", "ABLW0000011|BWsoon|", "日期不正确"),
        ("LW20260004", "ABLW0000011|", "BW"),
        ("LW20260004", "ABLW0000002|BW20270101|", "没有预约此书"),
        ("LW20260001", "ABLW0000011|BW20270101|", "没有预约此书"),
        // The day is put off; the branch is none.
        ("LW20260004", "ABLW0000011|BW20270201|BSLW99|", "没有这个取书地点"),
    ] {
        let (ok, _, said) = hold(&mut line, '*', who, fields).await;
        assert!(!ok && said.contains(words), "{said} to {fields}");
    }
}

#[tokio::test]
async fn a_sorter_is_told_the_shelf_and_for_whom_an_item_is_kept() {
    let Some(acs) = Acs::start(|_| {}).await else { return };
    acs.world.execute("UPDATE item SET shelf = 'A03-2' WHERE item = 'LW0000002'");
    let mut line = Line::enter(&acs).await;
    let back = format!("09N{NOW}{NOW}APx|AOx|ABLW0000002|AC|");
    let of = |answer: &str, code| field(answer, 24, code).map(str::to_owned);
    let answer = line.ask(&back).await;
    assert_eq!(of(&answer, "CL").as_deref(), Some("1"), "{answer}");
    assert_eq!(of(&answer, "CR").as_deref(), Some("A03-2"), "{answer}");
    assert_eq!((of(&answer, "CY"), of(&answer, "DA")), (None, None));

    assert!(hold(&mut line, '+', "LW20260001", "ABLW0000002|").await.0);
    let answer = line.ask(&back).await;
    for (code, value) in [("CL", "2"), ("CV", "01"), ("CR", "A03-2"), ("CY", "LW20260001"), ("DA", "书*甲")]
    {
        assert_eq!(of(&answer, code).as_deref(), Some(value), "{answer}");
    }
}
