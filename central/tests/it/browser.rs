//! The pages in a real Chromium, at a desk (1280 pixels) and on a phone (390).
//!
//! Each page that is come by is looked at: `Window::look`. `YUETING_PICTURES=FOLDER` keeps their pictures.

use crate::on_sqlite::world::World;
use ::browser::Window;
use central::store::Desk;
use circulation::id::PatronId;
use sync_client::kiosk_api::card::{CardCode, CardKey};

impl World {
    /// Somebody puts an item on a shelf.
    fn shelve(&self, what: &str, shelf: &str) {
        let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
        let desk = Desk { opuser: "kiosk-1".to_owned(), now: self.app.now() };
        let item = circulation::id::ItemId::parse(what).unwrap();
        assert!(self.app.store().shelve(&of, &item, shelf, &desk).unwrap().is_some());
    }
}

const SIZES: [(u32, u32, &str); 2] = [(1280, 860, "desk"), (390, 844, "phone")];

#[tokio::test]
async fn staff_logs_in_looks_at_the_board_and_settles() {
    for (width, height, size) in SIZES {
        let Some(world) = World::new().await else { return };
        let Some(window) = Window::open(width, height).await else { return };
        world.hire();
        world.beat("kiosk-1", "串口已拔出").await;
        world.except().await;
        let base = &world.base;
        window.go(&format!("{base}/staff")).await;
        window.until("馆员登录").await;
        window.look(size, "login").await;
        window.write("#account", "administrator").await;
        window.write("#password", "wrong horse").await;
        window.click("form.login button", "账号或密码不正确").await;
        let complaints = window.complaints().await;
        assert!(complaints.iter().all(|line| line.contains("403")), "{complaints:?}");
        window.write("#password", crate::on_sqlite::web::PASSWORD).await;
        window.click("form.login button", "自助机看板").await;
        window.look(size, "board").await;
        assert!(window.text().await.contains("RFID 读写器：故障（串口已拔出）"));
        window.go(&format!("{base}/staff/kiosk?name=kiosk-1")).await;
        window.look(size, "kiosk").await;
        window.go(&format!("{base}/staff/todo")).await;
        window.look(size, "todo").await;
        window.click("#parked form:has(input[value=settle]) button", "等自助机结案").await;
        window.click("#exceptions form button", "已处理").await;
        assert_eq!(world.beat("kiosk-1", "").await.orders.len(), 1);
        for page in [
            "items",
            "sheets",
            "stocktakes",
            "rules",
            "report",
            "messages",
            "kiosks",
            "accounts",
            "audit",
            "password",
        ] {
            window.go(&format!("{base}/staff/{page}")).await;
            window.look(size, page).await;
        }
        window.click(".who a", "Change the password").await;
        window.go(&format!("{base}/staff/board")).await;
        window.until("out of order").await;
        window.look(size, "board-english").await;
        window.click(".who form button", "Staff log-in").await;
        window.go(&format!("{base}/staff/board")).await;
        window.until("Staff log-in").await;
    }
}

/// A sheet from the first barcode to the last difference, and a count of a branch, at a desk and on a phone.
#[tokio::test]
async fn staff_moves_stock_and_counts_it() {
    for (width, height, size) in SIZES {
        let Some(world) = World::new().await else { return };
        let Some(window) = Window::open(width, height).await else { return };
        world.hire();
        let base = &world.base;
        window.go(&format!("{base}/staff/login")).await;
        window.until("馆员登录").await;
        window.write("#account", "librarian").await;
        window.write("#password", crate::on_sqlite::web::PASSWORD).await;
        window.click("form.login button", "自助机看板").await;
        window.go(&format!("{base}/staff/sheets")).await;
        window.until("新建调拨单").await;
        window.look(size, "sheets-none").await;
        window.click("#to option[value=LW03]", "新建调拨单").await;
        window.click("form.line button", "调拨单 DB20261123-1").await;
        // 红楼梦 and 西游记 stand in LW01; 老残游记 is on loan, the last is none.
        window.write("#items", "LW0000001 LW0000002 LW0000011 书").await;
        window.click("button[value=fill]", "已列入 2").await;
        assert!(
            window.text().await.contains("LW0000011 — 已借出")
                && window.text().await.contains("书 — 不是条码")
        );
        window.look(size, "sheet-draft").await;
        window.click("form:has(input[value=ship]) button", "已发出").await;
        window.write("#items", "LW0000001").await;
        window.click("button[value=receive]", "已接收 1").await;
        window.click("form:has(input[value=close]) button", "已结清").await;
        window.until("差异").await;
        assert!(
            window.ask("return document.querySelector('#odd').innerText").await.to_string().contains("缺失")
        );
        window.look(size, "sheet-closed").await;
        window.go(&format!("{base}/staff/sheets")).await;
        window.until("已结清，有缺失").await;
        window.look(size, "sheets").await;

        window.go(&format!("{base}/staff/stocktakes")).await;
        window.until("开始清点").await;
        window.click("#branch option[value=LW02]", "开始清点").await;
        window.click("form.line button", "清点 2026-11-23").await;
        window.write("#items", "LW0000001 NONE").await;
        window.click("button[value=count]", "已清点 1").await;
        assert!(window.text().await.contains("NONE — 没有这个条码"));
        // It belongs to LW03 since the sheet; all of LW02 is yet to be seen.
        assert!(
            window
                .ask("return document.querySelector('#odd').innerText")
                .await
                .to_string()
                .contains("LW0000001")
        );
        assert!(
            window
                .ask("return document.querySelector('#unseen').innerText")
                .await
                .to_string()
                .contains("LW0")
        );
        window.look(size, "stocktake").await;
        window.go(&format!("{base}/staff/stocktakes")).await;
        window.click("#counts a", "清点 2026-11-23").await;
        window.look(size, "stocktake-all").await;

        // Where is it? The count has just seen it, and the sheet the other one a moment before.
        window.go(&format!("{base}/staff/items")).await;
        window.until("需要处理的图书").await;
        window.write("input[type=search]", "红楼梦").await;
        window.click(".search button", "最后见于").await;
        let copies = window.ask("return document.querySelector('#copies').innerText").await.to_string();
        assert!(
            copies.contains("LW0000001") && copies.contains("刚才") && copies.contains("清点"),
            "{copies}"
        );
        window.look(size, "locate").await;
        window.go(&format!("{base}/staff/locate?q=LW0000002")).await;
        window.until("未有记录").await;
        window.look(size, "locate-barcode").await;
        window.go(&format!("{base}/staff/locate?q=xyzzy")).await;
        window.until("没有找到").await;
        window.look(size, "locate-none").await;
    }
}

#[tokio::test]
async fn a_reader_searches_renews_reserves_and_shows_the_card() {
    for (width, height, size) in SIZES {
        let Some(world) = World::new().await else { return };
        let Some(window) = Window::open(width, height).await else { return };
        world.lend("LW20260004", "LW0000001").await;
        world.shelve("LW0000002", "CJ-001");
        world.pass_minutes(60 * 24);
        let base = &world.base;
        window.go(&format!("{base}/")).await;
        window.until("查书").await;
        window.write("input[type=search]", "记").await;
        window.click(".search button", "西游记").await;
        window.look(size, "search").await;
        let seen =
            "return [...document.querySelectorAll('.books a')].find(a => a.innerText === '西游记').href";
        let found = window.ask("return location.href").await;
        window.go(window.ask(seen).await.as_str().unwrap()).await;
        window.until("最后见于 1 天前：架位 CJ-001").await;
        assert!(!window.text().await.contains("kiosk-1"), "which kiosk it was is for staff");
        window.look(size, "title-seen").await;
        window.go(found.as_str().unwrap()).await;
        window.click(".books a", "登录后预约").await;
        window.look(size, "title").await;
        window.click("main a.button", "读者登录").await;
        window.look(size, "reader-login").await;
        window.write("#card", "LW20260004").await;
        window.write("#password", "123456").await;
        window.click("form.login button", "在哪里取书").await;
        window.click("main form button", "预约成功").await;
        window.look(size, "holds").await;
        window.click(".books form button", "预约已取消").await;
        window.click("nav a[href='/m/loans']", "我的借阅").await;
        window.click(".books form button", "续借成功").await;
        window.look(size, "loans").await;
        window.click("nav a[href='/m/card']", "我的读者证").await;
        window.look(size, "card").await;
        let code = read_code(&window.picture().await);
        let key = CardKey::parse(&world.beat("kiosk-1", "").await.card_key.unwrap()).unwrap();
        let patron = CardCode::parse(&code).unwrap().check(&key, world.now()).unwrap();
        assert_eq!(patron, PatronId::parse("LW20260004").unwrap());
        // Not a word that every page has in its bar: the way out must be gone before the next way is taken.
        window.click(".who form button", "查找").await;
        window.go(&format!("{base}/m/card")).await;
        window.until("读者登录").await;
    }
}

#[tokio::test]
async fn everything_can_be_done_with_keys() {
    let Some(world) = World::new().await else { return };
    let Some(window) = Window::open(1280, 860).await else { return };
    world.hire();
    window.go(&format!("{}/staff/login", world.base)).await;
    window.press("\u{E004}").await;
    let first = window.ask("return document.activeElement.className").await;
    assert_eq!(first, "skip", "the first key leads past the ways");
    window.press("\u{E007}").await;
    assert_eq!(window.ask("return location.hash").await, "#main");
    window.write("#account", "librarian").await;
    window.press("\u{E004}").await;
    for key in crate::on_sqlite::web::PASSWORD.chars() {
        window.press(&key.to_string()).await;
    }
    window.press("\u{E007}").await;
    window.until("自助机看板").await;
    window.press("\u{E004}").await;
    let outline = window.ask("return getComputedStyle(document.activeElement).outlineStyle").await;
    assert_eq!(outline, "solid", "where the focus is can be seen");
}

/// The code in a picture of the page, as a scanner reads it.
fn read_code(picture: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (width, height, step) = (info.width as usize, info.height as usize, info.color_type.samples());
    let grey = |x: usize, y: usize| pixels[(y * width + x) * step];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}
