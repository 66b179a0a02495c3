//! The catalogue, the OPAC, counting and shelving.

use serde_json::json;

use super::super::world::{World, code};
use super::{Both, Get, Post, Row};

const OP: (&str, &str) = ("opuser", "hand-1");

#[tokio::test]
async fn records_are_found_by_field_branch_and_page() {
    let Some(world) = World::new().await else { return };
    world
        .app
        .store()
        .keep_bib(
            &circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap(),
            1,
            &central::store::BibDetails {
                publisher: "人民文学出版社".into(),
                published: "1982".into(),
                subject: "章回小说".into(),
                book_type: "1".into(),
                ..central::store::BibDetails::default()
            },
        )
        .unwrap();
    let find = "book/searchbib";
    let (by, text) = (|by| ("queryparam", by), |text| ("queryvalue", text));
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Both, find, &[by("title"), text("红楼")],                 "R90000", "/pagelist/0/title", "红楼梦"),
        (Both, find, &[by("title"), text("红楼")],                 "R90000", "/pagelist/0/bookrecno", "1"),
        (Both, find, &[by("title"), text("红楼")],                 "R90000", "/pagelist/0/publisher", "人民文学出版社"),
        (Both, find, &[by("title"), text("红楼")],                 "R90000", "/pagelist/0/classno", "I242.4"),
        (Both, find, &[by("author"), text("曹雪芹")],               "R90000", "/total", "1"),
        (Both, find, &[by("isbn"), text("9799900000012")],         "R90000", "/pagelist/0/title", "红楼梦"),
        (Both, find, &[by("isbn"), text("979-99-00000-01-2")],     "R90000", "/total", "1"),
        (Both, find, &[by("publisher"), text("人民文学")],           "R90000", "/total", "1"),
        (Both, find, &[by("subject"), text("章回")],                "R90000", "/total", "1"),
        (Both, find, &[text("红楼")],                              "R90000", "/total", "1"),
        (Both, find, &[by("title"), text("%")],                    "R90000", "/total", "0"),
        (Both, find, &[by("title"), text("_")],                    "R90000", "/total", "0"),
        (Both, find, &[by("title"), text("' OR 1=1 --")],          "R90000", "/total", "0"),
        (Both, find, &[by("title"), text("红楼"), ("libcode", "LW08")], "R90000", "/total", "0"),
        (Both, find, &[by("title"), text("红楼"), ("libcode", "LW01")], "R90000", "/total", "1"),
        (Both, find, &[by("title"), text("红楼"), ("libcode", "999")], "R90000", "/total", "1"),
        (Both, find, &[by("author"), text("著"), ("rows", "3"), ("page", "2")], "R90000", "/pagelist", "3 there"),
        (Both, find, &[by("title")],                               "R90400", "/total", "nothing"),
        (Both, find, &[text("x"), ("rows", "x")],                  "R90400", "/total", "nothing"),
    ];
    world.calls(rows).await;
}

/// Nobody says who they are; nothing personal is told.
#[tokio::test]
async fn the_opac_is_open() {
    let Some(world) = World::new().await else { return };
    let holding = world.get("/opac/api/holding/5", &[]).await;
    let list = holding["holdingList"].as_array().unwrap();
    assert!(!list.is_empty() && list[0]["curlib"].is_string() && holding["holdStateMap"]["3"] == "借出");
    assert_eq!(holding["libcodeMap"]["LW02"], "24小时图书馆");
    // LW0000011, of record 11, is on loan until 17 January: its last second in China, in milliseconds.
    let lent = world.get("/opac/api/holding/11", &[]).await;
    assert_eq!(lent["loanWorkMap"]["LW0000011"]["returnDate"], json!(1_800_201_599_000_i64), "{lent}");
    assert!(!lent.to_string().contains("LW2026"), "{lent}");
    let book = world.post("/opac/api/book/1", &[]).await;
    assert_eq!(book["book"]["title"], "红楼梦");
    assert_eq!(code(&world.get("/opac/api/book/99999", &[]).await), "R90208");
    assert_eq!(code(&world.get("/opac/api/holding/99999", &[]).await), "R90208");
    assert_eq!(code(&world.get("/opac/api/book/one", &[]).await), "R90400");
    for path in ["/opac/advance/search", "/opac/api/search"] {
        let query = [
            ("q", "红楼梦"),
            ("searchWay", "title"),
            ("return_fmt", "json"),
            ("view", "json"),
            ("rows", "5"),
        ];
        let found = world.get(path, &query).await;
        assert_eq!((&found["total"], &found["bookList"][0]["author"]), (&json!(1), &json!("曹雪芹著")));
        assert_eq!(code(&world.get(path, &[]).await), "R90400");
    }
    assert_eq!(code(&world.get("/opac/api/book/1", &[("globalid", "CN-9")]).await), "R90400");
    let named = [("globalid", central::seed::INSTITUTION)];
    assert_eq!(code(&world.get("/opac/api/book/1", &named).await), "R90000");
}

#[tokio::test]
async fn the_most_borrowed_come_first() {
    let Some(world) = World::new().await else { return };
    for (patron, item) in
        [("LW20260004", "LW0000001"), ("LW20260004", "LW0000002"), ("LW20260019", "LW0000002")]
    {
        assert_eq!(code(&world.lend(patron, item).await), "R90001");
        world.ask("/openlib/service/barcode/returnbook", &[("barcode", item), OP]).await;
    }
    let rank = async |params: &[(&str, &str)]| world.get("/opac/ranking/bookLoanRank/json", params).await;
    let all = rank(&[("limitDays", "30")]).await;
    assert_eq!((&all["rankList"][0]["title"], &all["rankList"][0]["loannum"]), (&json!("西游记"), &json!(2)));
    assert_eq!(all["rankList"].as_array().unwrap().len(), 2);
    let titles = async |params: &[(&str, &str)]| rank(params).await["rankList"].as_array().unwrap().len();
    assert_eq!(titles(&[("classno", "I242")]).await, 2);
    assert_eq!(titles(&[("classno", "K")]).await, 0);
    assert_eq!(titles(&[("libcode", "LW08")]).await, 0);
    assert_eq!(titles(&[("bookType", "2")]).await, 0);
    assert_eq!(titles(&[("rows", "1")]).await, 1);
    world.pass_minutes(31 * 24 * 60);
    assert_eq!(titles(&[("limitDays", "30")]).await, 0);
    assert_eq!(code(&rank(&[("limitDays", "x")]).await), "R90400");
}

#[tokio::test]
async fn stock_is_counted_and_shelved() {
    let Some(world) = World::new().await else { return };
    let (count, shelve, all) =
        ("hold/assetcountreturnmeta", "hold/holdselfnomanage", "purchase/barcodeCollection");
    let item = ("barcode", "LW0000001");
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (Get,  count, &[item, ("countsignflag", "2026"), OP],       "R90000", "/datalist/0/TITLE", "红楼梦"),
        (Post, count, &[item, ("countsignflag", "2026"), OP],       "R90000", "/datalist/0/STATE", "2"),
        (Post, count, &[("barcode", "LW0000011"), ("countsignflag", "2026"), OP], "R90000", "/datalist/0/STATE", "3"),
        (Both, count, &[("barcode", "LW9"), ("countsignflag", "2026"), OP], "R90201", "/datalist", "nothing"),
        (Both, count, &[item, OP],                                  "R90400", "/messagelist/0/message", "缺少参数 countsignflag"),
        (Both, count, &[item, ("countsignflag", "2026")],           "R90400", "/messagelist/0/message", "缺少参数 opuser"),
        (Post, shelve, &[item, ("selfno", "A-03-2"), OP],           "R90000", "/datalist/0/TITLE", "红楼梦"),
        (Both, all, &[item],                                        "R90000", "/collection/shelfno", "A-03-2"),
        (Both, all, &[item],                                        "R90000", "/collection/statename", "在馆"),
        (Both, all, &[item],                                        "R90000", "/collection/author", "曹雪芹著"),
        (Both, all, &[("barcode", "LW9")],                          "R90201", "/collection", "nothing"),
        (Both, all, &[],                                            "R90400", "/collection", "nothing"),
        (Both, shelve, &[("barcode", "LW9"), ("selfno", "A"), OP],  "R90201", "/datalist", "nothing"),
        (Both, shelve, &[item, OP],                                 "R90400", "/datalist", "nothing"),
        (Both, "query/libinfo", &[("type", "1")],                   "R90000", "/liblist", "8 there"),
    ];
    world.calls(rows).await;
    let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
    let store = world.app.store();
    let counts = store.stocktakes(&of).unwrap();
    assert_eq!((counts.len(), counts[0].batch.as_str(), counts[0].n_items), (1, "2026", 2));
    let odd = store.stocktake_odd(&of, "2026", 10).unwrap();
    assert_eq!(odd.iter().map(|odd| odd.item.as_str()).collect::<Vec<_>>(), ["LW0000011"]);
    let unseen = store.stocktake_unseen(&of, ("2026", "LW01"), 1000).unwrap();
    assert!(unseen.iter().all(|odd| odd.item.as_str() != "LW0000001") && unseen.len() > 20);
    let nowhere = store.stocktake_unseen(&of, ("2026", "LW99"), 10).unwrap();
    assert!(nowhere.is_empty());
}
