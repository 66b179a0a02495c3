//! Cards over SIP2, line by line, as the clients of the Interlib ACS write them.

use sync_client::sip2::charset::Charset;
use sync_client::sip2::dialect::{Checksum, Dialect};

use super::line::Line;
use super::{Acs, library, patron};

const DATES: &str = "20261123    09300020261123    093000";
const CITIZEN: &str = "371200199003071224";

async fn acs() -> Option<Acs> {
    let dialect = Dialect { charset: Charset::Utf8, checksum: Checksum::Off, ..Dialect::interlib() };
    Acs::start(|settings| settings.dialect = dialect).await
}

/// The value of a field of an answer.
fn field<'a>(answer: &'a str, code: &str) -> Option<&'a str> {
    // Behind the fixed part: number and date.
    answer.get(20..)?.split('|').find_map(|part| part.strip_prefix(code))
}

async fn ask(line: &mut Line, number: &str, fields: &str) -> String {
    line.ask(&format!("{number}YN{DATES}AOx|{fields}CNkiosk-1|")).await
}

/// Whether it was done, which card it is about, what is said.
async fn change(line: &mut Line, number: &str, fields: &str) -> (bool, String, String) {
    let answer = ask(line, number, fields).await;
    let of = |code| field(&answer, code).unwrap_or_else(|| panic!("{code} in {answer}")).to_owned();
    (of("OK") == "1", of("AA"), of("AF"))
}

async fn issue(line: &mut Line, more: &str) -> (bool, String, String) {
    let fields = format!("AD246810|AE王小明|XT普通借阅证|XM女|XH1990-03-07|BP13800000000|BE|{more}XK01|");
    change(line, "81", &fields).await
}

#[tokio::test]
async fn a_card_is_issued_once_and_found() {
    let Some(acs) = acs().await else { return };
    let mut line = Line::enter(&acs).await;
    let free = ask(&mut line, "91", &format!("XO{CITIZEN}|XT|XK1|")).await;
    assert!(free.starts_with("92") && field(&free, "AC") == Some("0"), "{free}");

    let (ok, number, words) = issue(&mut line, &format!("AAN100001|XO{CITIZEN}|")).await;
    assert_eq!((ok, number.as_str(), words.as_str()), (true, "N100001", "办证成功"));
    let record = acs.world.app.store().patron(&library(), &patron("N100001")).unwrap().unwrap();
    assert_eq!(
        (record.name.as_str(), record.state.as_str(), record.patron_type.as_str()),
        ("王小明", "1", "普通借阅证")
    );
    // Neither the number of the identity card nor the telephone is anywhere.
    let dump = acs.world.dump("patron");
    assert!(!dump.contains(CITIZEN) && !dump.contains("13800000000"));

    for (fields, there) in [
        ("AAN100001|XK0|".to_owned(), "1"),
        ("AAN100002|XK0|".to_owned(), "0"),
        (format!("AA|XO{CITIZEN}|XK1|"), "1"),
    ] {
        let answer = ask(&mut line, "91", &fields).await;
        assert_eq!(field(&answer, "AC"), Some(there), "{answer}");
    }
    let answer = ask(&mut line, "85", &format!("XO{CITIZEN}|XK13|")).await;
    assert!(answer.starts_with("86") && field(&answer, "OX") == Some("N100001"), "{answer}");
    let answer = ask(&mut line, "85", "XO370000200001010000|XK13|").await;
    assert_eq!(field(&answer, "OX"), Some(""), "{answer}");

    // The citizen has one, the number is taken.
    let (ok, _, words) = issue(&mut line, &format!("AAN100003|XO{CITIZEN}|")).await;
    assert!(!ok && words.contains("已办理过"), "{words}");
    let (ok, _, words) = issue(&mut line, "AAN100001|").await;
    assert!(!ok && words.contains("已被使用"), "{words}");
    // A running number; without an identity card staff looks at it first.
    let (ok, number, _) = issue(&mut line, "AA|XB20261123|XD2027-11-22|").await;
    let record = acs.world.app.store().patron(&library(), &patron(&number)).unwrap().unwrap();
    assert_eq!((ok, record.state.as_str(), record.ends_on.to_string().as_str()), (true, "2", "2027-11-22"));
}

#[tokio::test]
async fn what_makes_a_card_better_needs_a_proof() {
    let Some(acs) = acs().await else { return };
    let mut line = Line::enter(&acs).await;
    assert!(issue(&mut line, &format!("AAN100001|XO{CITIZEN}|")).await.0);
    let state = || acs.world.app.store().patron(&library(), &patron("N100001")).unwrap().map(|it| it.state);

    let (ok, _, words) = change(&mut line, "83", "AAN100001|AD|XK08|").await;
    assert!(ok && words.contains("挂失"), "{words}");
    for (proof, said) in
        [("AD|", "请输入密码"), ("AD999999|", "密码不正确"), ("AD|XO370000200001010000|", "不符")]
    {
        let (ok, _, words) = change(&mut line, "83", &format!("AAN100001|{proof}XK07|")).await;
        assert!(!ok && words.contains(said), "{words}");
    }
    assert_eq!(state().as_deref(), Some("3"));
    assert!(change(&mut line, "83", &format!("AAN100001|AD|XO{CITIZEN}|XK07|")).await.0);
    assert_eq!(state().as_deref(), Some("1"));

    // What staff stopped goes on being stopped.
    assert!(change(&mut line, "83", "AAN100001|XK10|").await.0);
    let (ok, _, words) = change(&mut line, "83", "AAN100001|AD246810|XK07|").await;
    assert!(!ok && words.contains("服务台"), "{words}");
    acs.world.execute("UPDATE patron SET state = '1' WHERE patron = 'N100001'");

    assert!(!change(&mut line, "81", "AAN100001|XK03|").await.0);
    let (ok, _, words) = change(&mut line, "81", "AAN100001|AD246810|XK03|").await;
    assert!(ok && words.contains("延期成功"), "{words}");
    let (ok, number, _) = change(&mut line, "81", "AAN100001|AD246810|XAN100009|XK05|").await;
    assert_eq!((ok, number.as_str()), (true, "N100009"));
    assert_eq!(state(), None);
    assert!(!change(&mut line, "83", "AAN100009|XK06|").await.0);
    let (ok, _, words) = change(&mut line, "83", "AAN100009|AD246810|XK11|").await;
    assert!(ok && words.contains("退证成功"), "{words}");
}

#[tokio::test]
async fn proofs_are_not_guessed() {
    let Some(acs) = acs().await else { return };
    let mut line = Line::enter(&acs).await;
    assert!(issue(&mut line, &format!("AAN100001|XO{CITIZEN}|")).await.0);
    for n in 0..5 {
        let (ok, _, _) = change(&mut line, "83", &format!("AAN100001|XO37120019900307{n:04}|XK06|")).await;
        assert!(!ok);
    }
    assert!(!change(&mut line, "83", &format!("AAN100001|XO{CITIZEN}|XK06|")).await.0, "locked");
    assert!(!change(&mut line, "83", "AAN100001|AD246810|XK06|").await.0, "locked for passwords too");
    acs.world.pass_minutes(16);
    assert!(change(&mut line, "83", &format!("AAN100001|XO{CITIZEN}|XK06|")).await.0);
}

#[tokio::test]
async fn what_is_wrong_with_a_card_is_said_and_nothing_is_done() {
    let Some(acs) = acs().await else { return };
    let mut line = Line::enter(&acs).await;
    for (number, fields, words) in [
        ("81", "AAN1|AD246810|AE王|XT贵宾证|XK01|", "没有这种读者类型"),
        ("81", "AAN1|AD246810|AE|XT普通借阅证|XK01|", "缺少姓名"),
        ("81", "AAN1|AD246810|AE王|XK01|", "缺少姓名"),
        ("81", "AAN1|AD246|AE王|XT普通借阅证|XK01|", "至少 6 个字符"),
        ("81", "AA馆|AD246810|AE王|XT普通借阅证|XK01|", "证号不正确"),
        ("81", "AAN1|AD246810|AE王|XT普通借阅证|XDmorgen|XK01|", "日期不正确"),
        ("81", "AAN1|AD246810|AE王|XT普通借阅证|XH17000101|XK01|", "日期不正确"),
        ("81", "AAN1|AD246810|AE王|XT普通借阅证|XB20270101|XD20260101|XK01|", "早于"),
        ("81", "AAN1|AD246810|AE王|XT普通借阅证|BV-5|XK01|", "押金不正确"),
        ("81", "AAN1|AD246810|AE王|XT普通借阅证|AMnowhere|XK01|", "没有这个馆代码"),
        ("81", "AAN1|AD246810|XK14|", "不支持"),
        ("81", "AAN1|AD246810|", "不支持"),
        ("81", "AALW20260004|AD123456|XK05|", "证号不正确"),
        ("81", "AALW20260004|AD123456|XALW20260001|XK05|", "已被使用"),
        ("81", "AALW20260004|AD123456|XK04|", "只有挂失"),
        ("83", "AAN1|XK08|", "没有这个读者证号"),
        ("83", "AALW20260004|AD123456|XK99|", "不支持"),
        ("83", "AALW20260013|AD123456|XK06|", "还有 5 册"),
        ("83", "AALW20260011|AD123456|XK06|", "欠费"),
    ] {
        let (ok, _, said) = change(&mut line, number, fields).await;
        assert!(!ok && said.contains(words), "{said} to {fields}");
    }
    assert!(acs.world.app.store().patron(&library(), &patron("N1")).unwrap().is_none());
    for fields in ["XK1|", "AA|XK0|", "AAN1|XK7|", "XO|XK13|"] {
        let answer = ask(&mut line, "91", fields).await;
        assert!(answer.starts_with("92") && field(&answer, "AC").is_none(), "{answer}");
    }
}

#[tokio::test]
async fn a_deposit_is_booked_with_the_card() {
    let Some(acs) = acs().await else { return };
    let mut line = Line::enter(&acs).await;
    assert!(issue(&mut line, "AAN100001|BV100.00|BK77|").await.0);
    let deposit = |number: &str| {
        acs.world.app.store().patron(&library(), &patron(number)).unwrap().unwrap().deposit.to_string()
    };
    assert_eq!(deposit("N100001"), "100.00");
    let (ok, _, words) = issue(&mut line, "AAN100002|BV100.00|BK77|").await;
    assert!(!ok && words.contains("流水号"), "{words}");
    let fields = "AAN100003|AD246810|AE李四|XT普通借阅证|BV100.00|XK11|";
    assert!(change(&mut line, "81", fields).await.0);
    assert_eq!(deposit("N100003"), "0.00", "11 takes none");
    let (ok, _, words) = change(&mut line, "83", "AAN100001|AD246810|XK11|").await;
    assert!(ok && words.contains("100.00"), "{words}");
}
