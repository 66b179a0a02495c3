//! Loans with attachments, holds of both kinds, history.

use super::super::world::World;
use super::{Both, Get, Post, Row};

const OP: (&str, &str) = ("opuser", "kiosk-1");

fn at(item: &str) -> (&str, &str) {
    ("barcode", item)
}

fn who(patron: &str) -> (&str, &str) {
    ("rdid", patron)
}

#[tokio::test]
async fn what_belongs_to_an_item_is_asked_for_lent_and_looked_for() {
    let Some(world) = World::new().await else { return };
    world.execute("UPDATE item SET attachment = '光盘 1 张' WHERE item = 'LW0000001'");
    let lend = "barcode/loanbook";
    let (me, disc, plain) = (who("LW20260004"), at("LW0000001"), at("LW0000002"));
    let flag = |flag| ("attachmentloanflag", flag);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, lend, &[me, disc, OP, flag("2")],  "R90000", "/attachment", "光盘 1 张"),
        (Both, lend, &[me, disc, OP, flag("2")],  "R90000", "/newloanbook", "nothing"),
        (Both, lend, &[me, plain, OP, flag("2")], "R90000", "/attachment", "nothing"),
        (Both, lend, &[me, at("LW9"), OP, flag("2")], "R90201", "/success", "false"),
        (Post, lend, &[me, disc, OP, flag("1")],  "R90001", "/messagelist/0/message", "借书成功，请于 2026-12-23 前归还，含附件：光盘 1 张"),
        (Post, "barcode/returnbook", &[disc, OP], "R90002", "/messagelist/0/message", "还书成功，请核对附件：光盘 1 张"),
        (Post, lend, &[me, disc, OP, flag("3")],  "R90001", "/messagelist/0/message", "借书成功，请于 2026-12-23 前归还"),
        (Post, "barcode/returnbook", &[disc, OP], "R90002", "/messagelist/0/message", "还书成功"),
        (Post, lend, &[me, disc, OP, flag("4")],  "R90400", "/success", "false"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn holds_of_both_kinds_are_placed_listed_and_given_up() {
    let Some(world) = World::new().await else { return };
    let (reserve, cancel) = ("barcode/registerreserve", "barcode/cancelreserve");
    let (prelend, unlend) = ("barcode/registerprelend", "barcode/cancelprelend");
    let (me, lent, free) = (who("LW20260004"), at("LW0000011"), at("LW0000001"));
    let (reserves, prelends) = ("book/searchreslist", "book/searchprelendlist");
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Get,  reserve, &[me, lent, OP, ("piclocal", "LW03"), ("canceldate", "2026-12-31")], "R90003", "/success", "true"),
        (Post, reserve, &[me, lent, OP],                             "R90206", "/messagelist/0/message", "您已预约或预借此书"),
        (Both, reserves, &[me],                                      "R90000", "/reslist/0/barcode", "LW0000011"),
        (Both, reserves, &[me],                                      "R90000", "/reslist/0/piclocalname", "龙玺台分馆"),
        (Both, reserves, &[me],                                      "R90000", "/reslist/0/canceldate", "2026-12-31"),
        (Both, reserves, &[me],                                      "R90000", "/reslist/0/queueno", "1"),
        (Both, prelends, &[me],                                      "R90000", "/prelendlist", "0 there"),
        (Post, reserve, &[who("LW20260019"), lent],                  "R90003", "/success", "true"),
        (Both, reserves, &[who("LW20260019")],                       "R90000", "/reslist/0/queueno", "2"),
        (Post, prelend, &[me, lent, OP],                             "R90206", "/success", "false"),
        (Post, prelend, &[who("LW20260020"), lent, OP],              "R90203", "/success", "false"),
        (Post, prelend, &[me, free, OP, ("locationcode", "LW02")],   "R90003", "/success", "true"),
        (Both, prelends, &[me],                                      "R90000", "/prelendlist/0/piclocal", "LW02"),
        (Post, "barcode/loanbook", &[who("LW20260020"), free, OP],   "R90204", "/success", "false"),
        (Post, prelend, &[who("LW20260020"), free, OP],              "R90204", "/success", "false"),
        (Post, cancel, &[me, free, OP],                              "R90207", "/success", "false"),
        (Post, unlend, &[me, free, OP],                              "R90004", "/success", "true"),
        (Post, unlend, &[me, free, OP],                              "R90207", "/success", "false"),
        (Post, cancel, &[me, lent],                                  "R90004", "/success", "true"),
        (Post, cancel, &[me, lent, OP],                              "R90207", "/messagelist/0/message", "没有预约或预借此书"),
        (Both, reserves, &[who("LW20260019")],                       "R90000", "/reslist/0/queueno", "1"),
        (Post, reserve, &[me, lent, OP, ("piclocal", "LW99")],       "R90400", "/messagelist/0/message", "参数 piclocal 的值不合规定，应为 本馆的馆代码"),
        (Post, prelend, &[me, free, OP, ("locationcode", "LW99")],   "R90400", "/success", "false"),
        (Post, reserve, &[me, lent, OP, ("canceldate", "2026-11-22")], "R90400", "/success", "false"),
        (Post, reserve, &[me, lent, OP, ("canceldate", "bald")],     "R90400", "/success", "false"),
        (Post, reserve, &[who("LW20260001"), at("LW0000018"), OP],   "R90206", "/messagelist/0/message", "此书已在您手中，无需预约"),
        (Post, reserve, &[who("LW20260007"), free, OP],              "R90104", "/success", "false"),
        (Post, reserve, &[me, at("LW9"), OP],                        "R90201", "/success", "false"),
        (Post, reserve, &[me, at("LW0000015"), OP],                  "R90202", "/success", "false"),
        (Post, reserve, &[me, OP],                                   "R90400", "/messagelist/0/message", "缺少参数 barcode"),
        (Both, reserves, &[who("nobody")],                           "R00130", "/reslist", "nothing"),
        (Both, prelends, &[who("nobody")],                           "R00130", "/prelendlist", "nothing"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn a_return_says_who_waits_where() {
    let Some(world) = World::new().await else { return };
    world.execute("INSERT INTO service_point SELECT institution, 'kiosk-2', 'LW02' FROM institution");
    let back = "barcode/returnbook";
    let (me, lent) = (who("LW20260004"), at("LW0000011"));
    let two = ("opuser", "kiosk-2");
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Post, back, &[at("LW0000018"), two],  "R90002", "/newreturnbook/next/kind", "home"),
        (Post, back, &[at("LW0000061"), OP],   "R90002", "/newreturnbook/next/kind", "shelf"),
        (Post, "barcode/registerreserve", &[me, lent, OP, ("piclocal", "LW03")], "R90003", "/success", "true"),
        (Post, back, &[lent, two],             "R90002", "/newreturnbook/next/kind", "hold_elsewhere"),
        (Both, "book/searchreslist", &[me],    "R90000", "/reslist/0/state", "2"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn the_past_is_told_page_by_page() {
    let Some(world) = World::new().await else { return };
    let me = who("LW20260004");
    let (lend, back, history) = ("barcode/loanbook", "barcode/returnbook", "barcode/historyloan");
    let mut rows: Vec<Row<'_>> = Vec::new();
    let items = ["LW0000001", "LW0000002", "LW0000003"].map(at);
    let calls: Vec<[(&str, &str); 3]> = items.iter().map(|item| [me, *item, OP]).collect();
    for call in &calls {
        rows.push((Post, lend, call, "R90001", "/success", "true"));
        rows.push((Post, back, call, "R90002", "/success", "true"));
    }
    world.calls(&rows).await;
    let day = |name, day| (name, day);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, history, &[me],                                             "R90000", "/total", "3"),
        (Both, history, &[me, ("page", "1"), ("rows", "2")],               "R90000", "/historylist", "2 there"),
        (Both, history, &[me, ("page", "2"), ("rows", "2")],               "R90000", "/historylist/0/barcode", "LW0000001"),
        (Both, history, &[me],                                             "R90000", "/historylist/0/returndate", "2026-11-23 09:30:00"),
        (Both, history, &[me],                                             "R90000", "/historylist/0/duedate", "2026-12-23"),
        (Both, history, &[me, day("startdate", "2026-11-23"), day("enddate", "2026-11-23")], "R90000", "/total", "3"),
        (Both, history, &[me, day("startdate", "2026-11-24")],             "R90000", "/total", "0"),
        (Both, history, &[me, day("enddate", "2026-11-22 10:00:00")],      "R90000", "/historylist", "0 there"),
        (Both, history, &[me, day("enddate", "gestern")],                  "R90400", "/total", "nothing"),
        (Both, history, &[me, ("page", "-1")],                             "R90400", "/total", "nothing"),
        (Both, history, &[me, ("rows", "viele")],                          "R90400", "/total", "nothing"),
        (Both, history, &[who("nobody")],                                  "R00130", "/total", "nothing"),
        (Both, history, &[],                                               "R90400", "/total", "nothing"),
    ];
    world.calls(rows).await;
}

#[tokio::test]
async fn a_hold_that_nobody_wants_any_more_holds_nothing() {
    let Some(world) = World::new().await else { return };
    let (me, other, free) = (who("LW20260004"), who("LW20260019"), at("LW0000001"));
    let lend = "barcode/loanbook";
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Get, "barcode/registerreserve", &[me, free, OP, ("canceldate", "2026-11-23")], "R90003", "/success", "true"),
        (Get, lend, &[other, free, OP], "R90204", "/success", "false"),
    ];
    world.calls(rows).await;
    world.pass_minutes(24 * 60);
    world.calls(&[(Get, lend, &[other, free, OP], "R90001", "/success", "true")]).await;
}
