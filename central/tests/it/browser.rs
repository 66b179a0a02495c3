//! The pages in a real Chromium, at a desk (1280 pixels) and on a phone (390).
//!
//! Each page that is come by is looked at: `Window::look`. `YUETING_PICTURES=FOLDER` keeps their pictures.

use crate::on_sqlite::world::World;
use ::browser::Window;
use central::store::Desk;
use circulation::id::{PatronId, TransactionId};
use sync_client::kiosk_api::card::{CardCode, CardKey};
use sync_client::kiosk_api::transfer::{Act, Deed};

impl World {
    /// The librarian logs in.
    async fn log_in(&self, window: &Window) {
        window.go(&format!("{}/staff/login", self.base)).await;
        window.until("馆员登录").await;
        window.write("#account", "librarian").await;
        window.write("#password", crate::on_sqlite::web::PASSWORD).await;
        window.click("form.login button", "自助机看板").await;
    }

    /// A sheet of so many items in boxes of 40: all of them arrive but the first, and one that nobody expected.
    fn long_sheet(&self, n: u32) {
        self.hire();
        let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
        let all: Vec<String> = (1..=n).map(|n| format!("S{}", 1_000_000 + n)).collect();
        self.execute(&format!(
            "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state) \
             SELECT '{}', 'S' || CAST(1000000 + n AS TEXT), 9000 + n, '书 ' || n, '', '', 'I247.5/' || n, '普通图书', 'LW01', '2' \
             FROM (WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {n}) SELECT n FROM g)",
            of.as_str()
        ));
        let tell = |number: usize, deed: Deed| {
            let id = TransactionId::from_bytes(u128::try_from(number).unwrap().to_be_bytes());
            let act = Act { opuser: "cart-1".to_owned(), id, sheet: "DB-1".to_owned(), deed };
            assert_eq!(self.app.store().transfer(&of, &act, self.app.now()).unwrap().refused, None);
        };
        tell(1, Deed::Make { from: "LW01".to_owned(), to: "LW03".to_owned(), keeps_home: false });
        for (at, items) in all.chunks(40).enumerate() {
            let declared = u32::try_from(items.len()).unwrap();
            let label = format!("{}", at + 1);
            tell(100 + at, Deed::Box { label, declared, items: items.to_vec() });
        }
        tell(2, Deed::Ship);
        tell(3, Deed::Receive { items: vec!["LW0000003".to_owned()] });
        for (at, items) in all[1..].chunks(1000).enumerate() {
            tell(10 + at, Deed::Receive { items: items.to_vec() });
        }
        tell(4, Deed::Close);
    }

    /// The maps of three branches: six shelves in two rows.
    fn map(&self) {
        let of = circulation::id::Isil::parse(central::seed::INSTITUTION).unwrap();
        let shelves = [
            "CJ-001,60,120,260,120,A,H",
            "CJ-002,370,120,260,120,I,I199",
            "CJ-003,680,120,260,120,I2,I246",
            "CJ-004,60,480,260,120,I247,I299",
            "CJ-005,370,480,260,120,J,P",
            "CJ-006,680,480,260,120,Q,Z",
        ];
        let mut list = "branch,label,x,y,width,height,from,to\n".to_owned();
        for branch in ["LW01", "LW02", "LW03"] {
            list.extend(shelves.map(|shelf| format!("{branch},{shelf}\n")));
        }
        let taken = central::exchange::sheet::shelves(list.as_bytes(), central::exchange::Charset::Utf8);
        assert_eq!(self.app.store().draw_maps(&of, &taken.rows).unwrap(), Ok(18));
    }

    /// Another library of the same database, with which ours has agreed on loans.
    fn partner(&self) -> circulation::id::Isil {
        let mine = central::seed::INSTITUTION;
        let theirs = circulation::id::Isil::parse("CN-370100-JN").unwrap();
        let code = theirs.as_str();
        for (table, columns) in [
            ("branch", "branch, name"),
            ("item_type", "item_type"),
            ("item", "item, record, title, author, isbn, call_number, item_type, branch, state"),
        ] {
            if table == "branch" {
                self.execute(&format!(
                    "INSERT INTO institution (institution, name, debt_limit_fen) VALUES ('{code}', '泉城图书馆', 0)"
                ));
            }
            self.execute(&format!(
                "INSERT INTO {table} (institution, {columns}) SELECT '{code}', {columns} FROM {table} WHERE institution = '{mine}'"
            ));
        }
        self.execute(&format!(
            "UPDATE item SET item = replace(item, 'LW', 'JN') WHERE institution = '{code}'"
        ));
        let of = circulation::id::Isil::parse(mine).unwrap();
        let store = self.app.store();
        assert!(
            store.set_ill_partner(&of, &theirs, true).unwrap()
                && store.set_ill_partner(&theirs, &of, true).unwrap()
        );
        theirs
    }

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
            "settings",
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
        world.map();
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
        // And where is that? Its shelf is marked on the map of the branch.
        let marked = window.ask("return document.querySelector('.map rect.home title').textContent").await;
        assert!(marked.to_string().contains("CJ-003 I2 – I246"), "{marked}");
        window.look(size, "locate").await;
        window.go(&format!("{base}/staff/locate?q=LW0000002")).await;
        window.until("未有记录").await;
        window.look(size, "locate-barcode").await;
        window.go(&format!("{base}/staff/locate?q=xyzzy")).await;
        window.until("没有找到").await;
        window.look(size, "locate-none").await;
    }
}

/// A book is asked for at another library, comes, waits for its reader, and goes home.
#[tokio::test]
async fn staff_borrows_from_another_library() {
    for (width, height, size) in SIZES {
        let Some(world) = World::new().await else { return };
        let Some(window) = Window::open(width, height).await else { return };
        world.hire();
        let base = &world.base;
        world.log_in(&window).await;
        window.go(&format!("{base}/staff/ill")).await;
        window.until("还没有约定馆际互借的图书馆").await;
        window.look(size, "ill-none").await;
        let theirs = world.partner();
        window.go(&format!("{base}/staff/ill")).await;
        window.write("#q", "西游记").await;
        window.click("form.line button", "吴承恩").await;
        window.look(size, "ill-found").await;
        window.write("input[name=patron]", "LW20260004").await;
        window.click("ul.books form button", "已申请").await;
        let desk = Desk { opuser: "librarian".to_owned(), now: world.app.now() };
        let store = world.app.store();
        let loan = store.ills(&theirs, 1).unwrap().remove(0);
        let item = circulation::id::ItemId::parse("JN0000002").unwrap();
        let with = central::store::With { item: Some(&item), item_type: "" };
        let sent =
            store.ill_act(&theirs, &loan.id, central::ledger::ill::IllDeed::Send, with, &desk).unwrap();
        assert!(sent.is_ok(), "{sent:?}");
        assert_eq!(store.carry_ills(&theirs, desk.now).unwrap(), 1);
        window.go(&format!("{base}/staff/ill")).await;
        window.until("在途，将到本馆").await;
        window.look(size, "ill-sent").await;
        window.click("#ills button[value=receive]", "并为读者预留").await;
        window.look(size, "ill-here").await;
        // Its reader has not come: it cannot go home before they are told.
        window.click("#ills button[value=back]", "这一册现在不能移动").await;
        let complaints = window.complaints().await;
        assert!(complaints.iter().all(|line| line.contains("409")), "{complaints:?}");
        assert!(!window.text().await.contains("LW20260004"), "a card number is masked");
    }
}

/// A sheet of 1,200: turned page by page on the screen, its differences first, and whole on paper.
#[tokio::test]
async fn a_long_sheet_is_turned_page_by_page_and_printed_whole() {
    let Some(world) = World::new().await else { return };
    world.long_sheet(1200);
    for (width, height, size) in SIZES {
        let Some(window) = Window::open(width, height).await else { return };
        let base = &world.base;
        world.log_in(&window).await;
        window.go(&format!("{base}/staff/sheet?n=DB-1")).await;
        window.until("1 – 500 / 1201").await;
        let rows = |css: &str| {
            format!("return [...document.querySelectorAll('{css} tbody tr')].map(r => r.innerText)")
        };
        let odd = window.ask(&rows("#odd")).await;
        assert!(odd.as_array().unwrap().len() == 2 && odd.to_string().contains("S1000001"), "{odd}");
        window.look(size, "sheet-long").await;
        window.click("a[rel=next]", "501 – 1000 / 1201").await;
        window.click("a[rel=next]", "1001 – 1201 / 1201").await;
        assert_eq!(window.ask(&rows("#items")).await.as_array().unwrap().len(), 201);
        window.click("a[rel=prev]", "501 – 1000 / 1201").await;
        window.go(&format!("{base}/staff/sheet?n=DB-1&only=odd")).await;
        window.until("回到整单").await;
        window.look(size, "sheet-odd").await;
        window.go(&format!("{base}/staff/sheet?n=DB-1")).await;
        window.click(".noprint a.button", "回到调拨单").await;
        window.until("箱").await;
        assert_eq!(window.ask(&rows("#items")).await.as_array().unwrap().len(), 1201);
        assert_eq!(window.ask(&rows("#boxes")).await.as_array().unwrap().len(), 30);
        // On paper a table is a table, its head on every page, and what is for the screen is gone.
        window.show_for("print").await;
        let laid_out = "const is = (css, what) => getComputedStyle(document.querySelector(css)).display === what; \
             return [is('#items thead', 'table-header-group'), is('#items td', 'table-cell'), is('header', 'none'), \
                 is('.noprint', 'none'), is('.sign', 'flex')]";
        assert_eq!(window.ask(laid_out).await, serde_json::json!([true, true, true, true, true]));
        window.look(size, "sheet-print").await;
        let pdf = window.print().await;
        if let Some(folder) = std::env::var_os("YUETING_PICTURES") {
            std::fs::write(std::path::Path::new(&folder).join(format!("sheet-{size}.pdf")), &pdf).unwrap();
        }
        let n_pages = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
        assert!(pdf.starts_with(b"%PDF-") && (15..60).contains(&n_pages), "{n_pages} pages");
    }
}

#[tokio::test]
async fn a_reader_searches_renews_reserves_and_shows_the_card() {
    for (width, height, size) in SIZES {
        let Some(world) = World::new().await else { return };
        world.map();
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
