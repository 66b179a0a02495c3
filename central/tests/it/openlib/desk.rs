//! Readers, cards, money, operators.

use super::super::world::{World, code, text};
use super::{Both, Get, Post, Row};

const ID: (&str, &str) = ("rdcertify", "371202199003077866");
const WHO: (&str, &str) = ("rdname", "书小新");
const TYPE: (&str, &str) = ("rdtype", "普通借阅证");
const BY: (&str, &str) = ("operator", "desk-1");
const OP: (&str, &str) = ("opuser", "desk-1");
const PIN: (&str, &str) = ("rdpasswd", "246810");

#[tokio::test]
async fn a_card_is_issued_found_and_used() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let all = [
        ("token", token.as_str()),
        WHO,
        PIN,
        ID,
        TYPE,
        BY,
        ("rdcfstate", "1"),
        ("rdloginid", "13800000000"),
        ("deposit", "100"),
        ("paytype", "6"),
        ("serialno", "S1"),
        ("rdlib", "LW02"),
        ("cardid", "04A1B2C3"),
        ("rdnation", "汉"),
        ("rdaddress", "某路 1 号"),
        ("baseimg64", &"A".repeat(100_000)),
        ("nocompress", "1"),
    ];
    let issued = world.post("/openlib/service/reader/addreader", &all).await;
    assert_eq!(
        (code(&issued), &issued["messagelist"][1]["rdid"]),
        ("R00095", &"R2026000001".into()),
        "{issued}"
    );
    let rows: &[Row<'_>] = &[
        (Both, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/rdname", "书小新"),
        (Both, "reader/searchreader", &[ID], "R90000", "/rdid", "R2026000001"),
        (Both, "reader/searchreader", &[("rdcertify", " 37120219900307 7866")], "R90000", "/rdsex", "0"),
        (Both, "reader/searchreader", &[("rdid", "04A1B2C3")], "R90000", "/rdid", "R2026000001"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/rdenddate", "2036-11-20"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/rdlib", "LW02"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/rdlibname", "24小时图书馆"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/deposit", "100.00"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/rdcertify", "nothing"),
        (Get, "reader/searchreader", &[("rdid", "R2026000001")], "R90000", "/iscluster", "0"),
        (Both, "reader/searchreader", &[("rdcertify", "371202199003077867")], "R00130", "/rdid", "nothing"),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdcertify"), ("queryvalue", ID.1)],
            "R90000",
            "/pagedata/0/rdid",
            "R2026000001",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdloginid"), ("queryvalue", "13800000000")],
            "R90000",
            "/pagedata/0/rdid",
            "R2026000001",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdname"), ("queryvalue", "书小新")],
            "R90000",
            "/pagedata",
            "1 there",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "cardid"), ("queryvalue", "04A1B2C3")],
            "R90000",
            "/pagedata/0/rdid",
            "R2026000001",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdid"), ("queryvalue", "R2026000001")],
            "R90000",
            "/pagedata/0/rdcfstate",
            "1",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdid"), ("queryvalue", "nobody")],
            "R00130",
            "/pagedata",
            "0 there",
        ),
        (
            Both,
            "reader/searchreaderlist",
            &[("selecttype", "rdpasswd"), ("queryvalue", "x")],
            "R90400",
            "/pagedata",
            "nothing",
        ),
        (Both, "reader/searchreaderlist", &[("selecttype", "rdid")], "R90400", "/pagedata", "nothing"),
        (Both, "reader/confirmreader", &[("rdid", "R2026000001"), PIN, OP], "R90000", "/success", "true"),
        (
            Post,
            "barcode/loanbook",
            &[("rdid", "R2026000001"), ("barcode", "LW0000001"), OP],
            "R90001",
            "/newloanbook/barcode",
            "LW0000001",
        ),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn a_card_that_may_not_be_is_refused_with_a_clear_word() {
    let Some(world) = World::new().await else { return };
    let add = "reader/addreader";
    let good: &[(&str, &str)] =
        &[WHO, PIN, ID, TYPE, BY, ("rdid", "N1"), ("serialno", "S1"), ("deposit", "1")];
    world.calls(&[(Post, add, good, "R00095", "/messagelist/1/rdid", "N1")]).await;
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Post, add, &[WHO, PIN, ID, TYPE, BY],                             "R90110", "/messagelist/0/message", "该证件号已办理过读者证，请使用原证，或到服务台补办"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdid", "N1")],                 "R90111", "/messagelist/1/rdid", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("deposit", "1"), ("serialno", "S1")], "R90112", "/messagelist/1/rdid", "nothing"),
        (Post, add, &[WHO, ("rdpasswd", "12345"), TYPE, BY],               "R90400", "/messagelist/0/message", "参数 rdpasswd 的值不合规定，应为 至少 6 个字符"),
        (Post, add, &[PIN, TYPE, BY],                                      "R90400", "/messagelist/0/message", "缺少参数 rdname"),
        (Post, add, &[WHO, PIN, BY],                                       "R90400", "/messagelist/0/message", "缺少参数 rdtype"),
        (Post, add, &[WHO, PIN, TYPE],                                     "R90400", "/messagelist/0/message", "缺少参数 operator"),
        (Post, add, &[WHO, PIN, ("rdtype", "火星证"), BY],                   "R90400", "/messagelist/0/message", "参数 rdtype 的值不合规定，应为 本馆的读者类型"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdlib", "LW99")],              "R90400", "/messagelist/0/message", "参数 rdlib 的值不合规定，应为 本馆的馆代码"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdenddate", "2026-11-22")],    "R90400", "/messagelist/0/message", "参数 rdenddate 的值不合规定，应为 不早于启用日期的日期"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdstartdate", "soon")],        "R90400", "/messagelist/0/message", "参数 rdstartdate 的值不合规定，应为 yyyy-MM-dd"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdborndate", "1890-01-01")],   "R90400", "/messagelist/0/message", "参数 rdborndate 的值不合规定，应为 1900 年以后的日期"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdcfstate", "77")],            "R90400", "/messagelist/1", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdsex", "2")],                 "R90400", "/messagelist/1", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("deposit", "-1")],              "R90400", "/messagelist/1", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("deposit", "1.234")],           "R90400", "/messagelist/1", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("deposit", "1"), ("paytype", "9")], "R90400", "/messagelist/1", "nothing"),
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdid", "a|b")],                "R90400", "/messagelist/1", "nothing"),
        // The original's default: suspended, until staff has seen the papers.
        (Post, add, &[WHO, PIN, TYPE, BY, ("rdid", "N2"), ("rdname", "书小新")], "R00095", "/messagelist/1/rdid", "N2"),
        (Get, "reader/searchreader", &[("rdid", "N2")],                    "R90000", "/rdcfstate", "4"),
        // A name that looks like SQL is a name.
        (Post, add, &[("rdname", "'); DROP TABLE patron; --"), PIN, TYPE, BY, ("rdid", "N3")], "R00095", "/messagelist/1/rdid", "N3"),
        (Get, "reader/searchreader", &[("rdid", "N3")],                    "R90000", "/rdname", "'); DROP TABLE patron; --"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn a_card_goes_through_its_states() {
    let Some(world) = World::new().await else { return };
    let manage = "reader/cardmanage";
    let card = ("currdid", "LW20260004");
    let state = |state| ("rdstate", state);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Get,  manage, &[card, state("3"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：挂失"),
        (Post, manage, &[card, state("3"), OP],  "R90112", "/messagelist/0/message", "读者证已是该状态"),
        (Post, manage, &[card, state("1"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：有效"),
        (Post, manage, &[card, state("7"), OP],  "R90112", "/messagelist/0/message", "只有挂失或注销的读者证才能补办"),
        (Post, manage, &[card, state("2"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：验证"),
        (Post, manage, &[card, state("4"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：暂停"),
        (Post, manage, &[card, state("8"), OP],  "R90006", "/messagelist/0/message", "延期成功，有效期至 2037-10-16"),
        (Post, manage, &[card, state("5"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：注销"),
        (Post, manage, &[card, state("1"), OP],  "R90106", "/success", "false"),
        (Post, manage, &[card, state("8"), OP],  "R90106", "/success", "false"),
        (Post, manage, &[card, state("7"), OP],  "R90006", "/messagelist/0/message", "操作成功，证状态：有效"),
        // A new number: what was lent stays lent, and the history follows.
        (Post, "barcode/loanbook", &[("rdid", "LW20260004"), ("barcode", "LW0000001"), OP], "R90001", "/success", "true"),
        (Post, manage, &[card, state("9"), OP],  "R90400", "/messagelist/0/message", "缺少参数 newrdid"),
        (Post, manage, &[card, state("9"), OP, ("newrdid", "LW20260001")], "R90111", "/success", "false"),
        (Post, manage, &[card, state("9"), OP, ("newrdid", "NEW1")],       "R90006", "/success", "true"),
        (Get,  "reader/searchreader", &[("rdid", "LW20260004")],           "R00130", "/rdid", "nothing"),
        (Get,  "reader/searchreader", &[("rdid", "NEW1")],                 "R90000", "/rdname", "书小丁"),
        (Get,  "barcode/currentloan", &[("rdid", "NEW1")],                 "R90000", "/loanlist/0/barcode", "LW0000001"),
        (Both, "barcode/historyloan", &[("rdid", "NEW1")],                 "R90000", "/historylist/0/barcode", "LW0000001"),
        (Post, "reader/confirmreader", &[("rdid", "NEW1"), ("rdpasswd", "123456"), OP], "R90000", "/success", "true"),
        (Post, manage, &[("currdid", "NEW1"), state("3"), OP],             "R90006", "/success", "true"),
        (Post, manage, &[("currdid", "NEW1"), state("7"), OP, ("newrdid", "NEW2")], "R90006", "/success", "true"),
        (Get,  "reader/searchreader", &[("rdid", "NEW2")],                 "R90000", "/rdcfstate", "1"),
        (Post, manage, &[("currdid", "NEW2"), state("6"), OP],             "R90112", "/messagelist/0/message", "还有 1 册图书未还，请先归还"),
        (Post, "barcode/returnbook", &[("barcode", "LW0000001"), OP],      "R90002", "/success", "true"),
        (Post, manage, &[("currdid", "NEW2"), state("6"), OP],             "R90006", "/messagelist/0/message", "退证成功，应退押金 0.00 元"),
        (Post, manage, &[("currdid", "LW20260011"), state("5"), OP],       "R90112", "/messagelist/0/message", "还有欠费未缴，请先缴清"),
        (Post, manage, &[("currdid", "nobody"), state("1"), OP],           "R00130", "/success", "false"),
        (Post, manage, &[("currdid", "nobody"), state("6"), OP],           "R00130", "/success", "false"),
        (Post, manage, &[("currdid", "nobody"), state("8"), OP],           "R00130", "/success", "false"),
        (Post, manage, &[("currdid", "nobody"), state("9"), OP, ("newrdid", "X")], "R00130", "/success", "false"),
        (Post, manage, &[card, state("10"), OP],                           "R90400", "/success", "false"),
        (Post, manage, &[state("1"), OP],                                  "R90400", "/messagelist/0/message", "缺少参数 currdid"),
        (Post, manage, &[card, state("1")],                                "R90400", "/messagelist/0/message", "缺少参数 opuser"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn a_type_is_changed_if_the_loans_fit() {
    let Some(world) = World::new().await else { return };
    let (before, change) = ("reader/rdtypechangebefore", "reader/rdtypechange");
    let (card, full) = (("rdid", "LW20260004"), ("rdid", "LW20260001"));
    let new = |name| ("newrdtype", name);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, before, &[card, new("普通借阅证"), OP], "R90006", "/fee", "0.00"),
        (Get, "reader/searchreader", &[card],        "R90000", "/rdtype", "少儿证"),
        (Post, change, &[card, new("普通借阅证"), OP], "R90006", "/success", "true"),
        (Get, "reader/searchreader", &[card],        "R90000", "/rdtype", "普通借阅证"),
        (Post, change, &[card, new("普通借阅证"), OP], "R90112", "/messagelist/0/message", "读者证已是该类型"),
        (Post, change, &[full, new("自习阅览证"), OP], "R90112", "/messagelist/0/message", "在借 2 册，新类型只能借 0 册，请先归还"),
        (Both, before, &[full, new("自习阅览证"), OP], "R90112", "/fee", "nothing"),
        (Post, change, &[card, new("火星证"), OP],    "R90400", "/success", "false"),
        (Post, change, &[("rdid", "nobody"), new("少儿证"), OP], "R00130", "/success", "false"),
        (Post, change, &[("rdid", "LW20260009"), new("少儿证"), OP], "R90106", "/success", "false"),
        (Post, change, &[card, OP],                  "R90400", "/messagelist/0/message", "缺少参数 newrdtype"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn money_is_taken_once_and_never_more_than_is_owed() {
    let Some(world) = World::new().await else { return };
    let sql = "UPDATE loan_rule SET fine_fen_per_day = 10";
    world.execute(sql);
    let (late, owes) = (("rdid", "LW20260014"), ("rdid", "LW20260011"));
    let (debt, pay, one) = ("reader/searchdebt", "reader/paymoney", "reader/onefinhandle");
    let yuan = |yuan| ("money", yuan);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, "reader/searchoverdue", &[late], "R90000", "/loanlist/0/days", "10"),
        (Both, "reader/searchoverdue", &[late], "R90000", "/overduelist", "0 there"),
        (Post, "barcode/returnbook", &[("barcode", "LW0000111"), OP], "R90002", "/success", "true"),
        (Both, "reader/searchoverdue", &[late], "R90000", "/overduelist/0/money", "1.00"),
        (Both, debt, &[late],                   "R90000", "/debt", "1.00"),
        (Both, debt, &[late],                   "R90000", "/debtlist/0/barcode", "LW0000111"),
        (Post, pay, &[late, yuan("0.30"), ("moneytype", "6"), ("serialno", "P1"), OP], "R90005", "/debt", "0.70"),
        // The order is told again: nothing is taken twice.
        (Post, pay, &[late, yuan("0.30"), ("moneytype", "6"), ("serialno", "P1"), OP], "R90005", "/debt", "0.70"),
        (Post, pay, &[late, yuan("0.40"), ("serialno", "P1"), OP],  "R90301", "/messagelist/0/message", "该流水号已用于另一笔款项，本次未收取"),
        (Post, pay, &[owes, yuan("0.30"), ("serialno", "P1"), OP],  "R90301", "/success", "false"),
        (Post, pay, &[late, yuan("0.71"), ("serialno", "P2"), OP],  "R90301", "/messagelist/0/message", "只欠 0.70 元，不能多收，本次未收取"),
        (Post, pay, &[late, yuan("0"), OP],                         "R90400", "/success", "false"),
        (Post, pay, &[late, yuan("-1"), OP],                        "R90400", "/success", "false"),
        (Post, pay, &[late, yuan("一元"), OP],                       "R90400", "/success", "false"),
        (Post, pay, &[late, OP],                                    "R90400", "/messagelist/0/message", "缺少参数 money"),
        (Post, pay, &[late, yuan("0.10"), ("moneytype", "3"), OP],  "R90400", "/success", "false"),
        (Post, pay, &[late, yuan("0.10")],                          "R90400", "/messagelist/0/message", "缺少参数 opuser"),
        (Post, pay, &[("rdid", "nobody"), yuan("1"), OP],           "R00130", "/success", "false"),
        (Post, one, &[late, ("finid", "1"), ("serialno", "P3"), OP], "R90005", "/money", "0.70"),
        (Both, debt, &[late],                                       "R90000", "/debt", "0.00"),
        (Both, debt, &[late],                                       "R90000", "/debtlist", "0 there"),
        (Post, one, &[late, ("finid", "1"), ("serialno", "P3"), OP], "R90005", "/messagelist/0/message", "该笔 0.70 元已入账，未重复收取"),
        (Post, one, &[late, ("finid", "1"), ("serialno", "P4"), OP], "R90400", "/messagelist/0/message", "没有这笔欠费，或已缴清"),
        (Post, one, &[late, OP],                                    "R90400", "/messagelist/0/message", "缺少参数 finid"),
        (Post, one, &[late, ("finid", "x"), OP],                    "R90400", "/success", "false"),
        // Owed from before there was a log.
        (Both, debt, &[owes],                                       "R90000", "/debt", "12.50"),
        (Post, pay, &[owes, yuan("12.50"), OP],                     "R90005", "/debt", "0.00"),
        (Post, "reader/addprepay", &[late, yuan("20"), ("moneytype", "5"), ("serialno", "P5"), OP], "R90005", "/money", "20.00"),
        (Post, "reader/addprepay", &[late, yuan("20"), ("moneytype", "5"), ("serialno", "P5"), OP], "R90005", "/money", "20.00"),
        (Get, "reader/searchreader", &[late],                       "R90000", "/prepay", "20.00"),
        (Post, "reader/addprepay", &[late, yuan("0"), OP],          "R90400", "/success", "false"),
        (Both, debt, &[("rdid", "nobody")],                         "R00130", "/debt", "nothing"),
        (Both, "reader/searchoverdue", &[("rdid", "nobody")],       "R00130", "/overduelist", "nothing"),
        (Both, debt, &[],                                           "R90400", "/debt", "nothing"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn an_operator_logs_in_with_the_md5_of_the_password() {
    let Some(world) = World::new().await else { return };
    let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
    world.app.set_operator(&of, "op-1", ("书小馆", "123456"), central::password::Cost::Demo).unwrap();
    let login = "/openlib/login/opLOGIN";
    let right = ("password", "E10ADC3949BA59ABBE56E057F20F883E");
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, login, &[("loginid", "op-1"), right],                 "R90000", "/username", "书小馆"),
        (Both, login, &[("loginid", "op-1"), right],                 "R90000", "/libcode", central::seed::INSTITUTION),
        (Both, login, &[("loginid", "op-1"), ("password", "123456")], "R90403", "/username", "nothing"),
        (Both, login, &[("loginid", "op-2"), right],                 "R90403", "/username", "nothing"),
        (Both, login, &[("loginid", "op-1")],                        "R90400", "/username", "nothing"),
        (Both, login, &[right],                                      "R90400", "/username", "nothing"),
    ];
    world.calls(rows).await;
}

/// Five wrong passwords lock a card or an operator for a quarter of an hour, over openlib and at the pages together: a right
/// password does not open the lock, and others are not in it.
#[tokio::test]
async fn many_wrong_passwords_lock_out() {
    let Some(world) = World::new().await else { return };
    let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
    world.app.set_operator(&of, "op-1", ("书小馆", "123456"), central::password::Cost::Demo).unwrap();
    let (confirm, login) = (sync_client::wire::path::CONFIRM_READER, "/openlib/login/opLOGIN");
    let card = |number: &'static str, password: &'static str| vec![("rdid", number), ("rdpasswd", password)];
    let operator = |name: &'static str, right: bool| {
        let password = if right { "E10ADC3949BA59ABBE56E057F20F883E" } else { "00" };
        vec![("loginid", name), ("password", password)]
    };
    for n in 1..=5 {
        let expected = if n == 5 { "R90404" } else { "R90101" };
        assert_eq!(code(&world.ask(confirm, &card("LW20260004", "654321")).await), expected, "{n}");
        let expected = if n == 5 { "R90404" } else { "R90403" };
        for name in ["op-1", "nobody"] {
            assert_eq!(code(&world.ask(login, &operator(name, false)).await), expected, "{name} {n}");
        }
    }
    let answer = world.ask(confirm, &card("LW20260004", "123456")).await;
    assert_eq!((code(&answer), text(&answer)), ("R90404", "尝试次数过多，请在 09:45 以后再试"));
    assert_eq!(code(&world.ask(login, &operator("op-1", true)).await), "R90404");
    assert_eq!(code(&world.ask(confirm, &card("LW20260001", "123456")).await), "R90000", "another card");
    let mut browser = super::super::web::Browser::new(&world);
    browser.get("/m/login").await;
    let got = browser.post("/m/login", &[("card", "LW20260004"), ("password", "123456")]).await;
    assert!(got.body.contains("尝试次数过多"), "the pages count with it: {}", got.body);
    world.pass_minutes(15);
    assert_eq!(code(&world.ask(confirm, &card("LW20260004", "123456")).await), "R90000");
    assert_eq!(code(&world.ask(login, &operator("op-1", true)).await), "R90000");
    // What was right clears what was wrong before.
    for _ in 0..6 {
        assert_eq!(code(&world.ask(confirm, &card("LW20260004", "654321")).await), "R90101");
        assert_eq!(code(&world.ask(confirm, &card("LW20260004", "123456")).await), "R90000");
    }
}

/// Who has the database has no number of anybody's identity card or telephone.
#[tokio::test]
async fn what_is_kept_of_a_person_does_not_say_who_it_is() {
    let Some(world) = World::new().await else { return };
    let add = [
        WHO,
        PIN,
        ID,
        TYPE,
        BY,
        ("rdid", "N1"),
        ("rdloginid", "13800000000"),
        ("rdaddress", "某路 1 号"),
        ("rdemail", "a@example.org"),
        ("rdborndate", "1990-03-07"),
    ];
    let answer = world.ask("/openlib/service/reader/addreader", &add).await;
    assert_eq!((code(&answer), text(&answer)), ("R00095", "办证成功"));
    let kept = world.dump("patron");
    for secret in [ID.1, "13800000000", "某路", "example.org", "03-07", PIN.1] {
        assert!(!kept.contains(secret), "{secret} is kept");
    }
    assert!(kept.contains("书小新") && kept.contains("1990"));
}
