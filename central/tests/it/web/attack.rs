//! What somebody would try who means no good.

use super::super::world::World;
use super::{Browser, PASSWORD};
use central::server::{Limits, Serving};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const LOG_IN: [(&str, &str); 2] = [("account", "librarian"), ("password", PASSWORD)];

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("administrator").await;
    let token = browser.token.clone();
    let make = |token: &'static str| {
        [
            ("token", token),
            ("do", "make"),
            ("account", "evil"),
            ("role", "administrator"),
            ("password", "0123456789a"),
        ]
    };
    for fields in [make(""), make("0123456789abcdef0123456789abcdef")] {
        let got = browser.post_bare("/staff/accounts", &fields, &[]).await;
        assert_eq!(got.status, 403, "{}", got.body);
    }
    // A right token, as if it had leaked, and yet another page.
    let mut right: Vec<(&str, &str)> = make("").into_iter().skip(1).collect();
    right.push(("token", &token));
    for header in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(browser.post_bare("/staff/accounts", &right, &[header]).await.status, 403, "{header:?}");
    }
    // Another browser's token.
    let mut other = Browser::new(&world);
    other.log_in("administrator").await;
    let mut stolen = right.clone();
    stolen.pop();
    let theirs = other.token.clone();
    stolen.push(("token", &theirs));
    assert_eq!(browser.post_bare("/staff/accounts", &stolen, &[]).await.status, 403);
    assert!(!browser.get("/staff/accounts").await.body.contains("evil"));
    // GET changes nothing.
    assert_eq!(browser.get("/staff/accounts?do=make&account=evil").await.status, 200);
    assert_eq!(browser.get("/staff/logout").await.status, 404);
    // JSON and multipart forms of other sites need no preflight only as text; none is taken.
    let json =
        world.still.post(format!("{}/staff/accounts", world.base)).json(&serde_json::json!({"do": "make"}));
    assert_eq!(json.send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn logging_in_gives_a_new_session_and_cookies_are_closed() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    let got = browser.get("/staff/login").await;
    let cookie = got.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "plain HTTP: {cookie}");
    let before = browser.cookie("yt_staff");
    let got = browser.post("/staff/login", &LOG_IN).await;
    assert!(got.header("set-cookie").contains("HttpOnly"));
    let after = browser.cookie("yt_staff");
    assert!(before.starts_with('~') && !after.starts_with('~'));
    assert_ne!(
        before.split('~').nth(1),
        after.split('~').nth(1),
        "a number that was foisted is worth nothing"
    );
    // A cookie of the attacker's making, even with an institution, is nobody's.
    let mut fixed = Browser::new(&world);
    fixed.cookies = vec![("yt_staff".into(), format!("{}~{}", central::seed::INSTITUTION, "a".repeat(32)))];
    let got = fixed.get("/staff/board").await;
    assert_eq!((got.status, got.location()), (303, "/staff/login"));
    // A reader's session is none of staff's.
    let mut reader = Browser::new(&world);
    reader.log_in_reader("LW20260004").await;
    reader.cookies.push(("yt_staff".into(), reader.cookie("yt_reader")));
    assert_eq!(reader.get("/staff/board").await.status, 303);
    // Logging out ends it at central, not only in the browser.
    browser.get("/staff/board").await;
    let kept = browser.cookies.clone();
    assert_eq!(browser.post("/staff/logout", &[]).await.status, 303);
    browser.cookies = kept;
    assert_eq!(browser.get("/staff/board").await.status, 303);
}

#[tokio::test]
async fn guesses_are_locked_out_and_tell_nothing() {
    let Some(world) = World::new().await else { return };
    world.hire();
    for (login, field, known, unknown) in
        [("/staff/login", "account", "librarian", "nobody"), ("/m/login", "card", "LW20260004", "LW99999999")]
    {
        let mut said = Vec::new();
        for name in [known, unknown] {
            let mut browser = Browser::new(&world);
            browser.get(login).await;
            let mut answers = Vec::new();
            for _ in 0..6 {
                let got = browser.post(login, &[(field, name), ("password", "wrong guess")]).await;
                assert_eq!(got.status, 403);
                let (_, rest) = got.body.split_once(r#"role="status""#).unwrap();
                answers.push(rest.split("</div>").next().unwrap().to_owned());
            }
            assert!(answers[0].contains("不正确") && answers[5].contains("09:45"), "{answers:?}");
            said.push(answers);
        }
        assert_eq!(said[0], said[1], "whether there is such an account is not told");
    }
    let mut browser = Browser::new(&world);
    browser.get("/staff/login").await;
    let got = browser.post("/staff/login", &LOG_IN).await;
    assert_eq!(got.status, 403, "a right password does not open a lock");
    world.pass_minutes(15);
    browser.get("/staff/login").await;
    assert_eq!(browser.post("/staff/login", &LOG_IN).await.status, 303);
}

#[tokio::test]
async fn sessions_end_by_themselves() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("librarian").await;
    for _ in 0..25 {
        world.pass_minutes(28);
        assert_eq!(browser.get("/staff/board").await.status, 200);
    }
    world.pass_minutes(28);
    assert_eq!(browser.get("/staff/board").await.status, 303, "twelve hours are over");
    browser.log_in("librarian").await;
    world.pass_minutes(30);
    assert_eq!(browser.get("/staff/board").await.status, 303, "half an hour without a word");
    let mut reader = Browser::new(&world);
    reader.log_in_reader("LW20260004").await;
    world.pass_minutes(15);
    let got = reader.get("/m/loans").await;
    assert_eq!((got.status, got.location()), (303, "/m/login"));
}

#[tokio::test]
async fn every_page_has_the_headers_that_close_it() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let mut browser = Browser::new(&world);
    browser.log_in("administrator").await;
    browser.log_in_reader("LW20260004").await;
    for path in [
        "/staff/login",
        "/staff/board",
        "/staff/todo",
        "/staff/items",
        "/staff/messages",
        "/staff/kiosks",
        "/staff/accounts",
        "/staff/password",
        "/staff/audit",
        "/staff/none",
        "/m",
        "/m?q=a",
        "/m/loans",
        "/m/holds",
        "/m/card",
        "/m/login",
        "/m/title?record=1",
        "/",
    ] {
        let got = browser.get(path).await;
        assert!([200, 303, 404].contains(&got.status), "{path}: {}", got.status);
        let csp = got.header("content-security-policy");
        assert!(
            csp.contains("default-src 'none'") && !csp.contains("unsafe") && !csp.contains("script"),
            "{path}"
        );
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("x-frame-options"), "DENY", "{path}");
        assert!(
            !got.body.contains("<script") && !got.body.contains(" style=") && !got.body.contains("onclick"),
            "{path}"
        );
        assert!(!got.body.contains("LW20260004"), "{path} shows a whole card number");
    }
    let css = browser.get("/static/central.css").await;
    assert_eq!((css.status, css.header("content-type")), (200, "text/css; charset=utf-8"));
    for outside in [
        "/static/../../Cargo.toml",
        "/static/page.css",
        "/static//etc/passwd",
        "/static/central.css/",
        "/static/%2e%2e/x",
        "/m/../../etc/passwd",
    ] {
        // By hand: a client of HTTP would put the path right.
        let mut socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
        let request = format!("GET {outside} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{outside}: {answer}");
        assert!(answer.contains("default-src 'none'"), "{outside}: {answer}");
    }
}

#[tokio::test]
async fn scripts_in_names_stay_text() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let evil = r#"<script>alert(1)</script>"'><img src=x onerror=alert(1)>"#;
    let mut browser = Browser::new(&world);
    browser.log_in("administrator").await;
    browser.get("/staff/messages").await;
    let got = browser
        .post(
            "/staff/messages",
            &[("do", "show"), ("chinese", evil), ("english", evil), ("hours", "2"), ("kiosk", evil)],
        )
        .await;
    assert_eq!(got.location(), "/staff/messages?done=shown");
    world.beat(evil, evil).await;
    let query = form(&[
        ("q", evil),
        ("done", evil),
        ("name", evil),
        ("record", evil),
        ("before", evil),
        ("title", evil),
    ]);
    for path in [
        "/staff/messages",
        "/staff/board",
        "/staff/todo",
        "/staff/audit",
        "/staff/kiosks",
        "/staff/kiosk",
        "/m",
        "/m/login",
        "/m/title",
    ] {
        let got = browser.get(&format!("{path}?{query}")).await;
        assert!(!got.body.contains("<script>") && !got.body.contains("<img"), "{path}: {}", got.body);
    }
    assert!(browser.get("/staff/messages").await.body.contains("&lt;script&gt;"), "and it is shown");
    // What failed to log in comes back in its field.
    let mut stranger = Browser::new(&world);
    stranger.get("/staff/login").await;
    let got = stranger.post("/staff/login", &[("account", evil), ("password", "x")]).await;
    assert!(
        got.status == 403 && !got.body.contains("<script>") && !got.body.contains("\"'>"),
        "{}",
        got.body
    );
}

#[tokio::test]
async fn ways_lead_nowhere_else_and_no_header_is_smuggled_in() {
    let Some(world) = World::new().await else { return };
    let mut browser = Browser::new(&world);
    for back in [
        "//evil.example",
        "https://evil.example",
        "/m//evil.example",
        "/m\r\nSet-Cookie: a=b",
        "/\\evil.example",
    ] {
        let got = browser.get(&format!("/language?{}", form(&[("to", "en"), ("back", back)]))).await;
        assert_eq!((got.status, got.location()), (303, "/m"), "{back}");
        assert_eq!(got.headers.get_all("set-cookie").iter().count(), 1);
    }
    assert_eq!(browser.get("/language?to=en&back=/staff/login").await.location(), "/staff/login");
    assert!(browser.get("/staff/login").await.body.contains(r#"<html lang="en">"#));
    assert_eq!(browser.get("/language?to=xx&back=/m").await.status, 404);
    browser.get("/m/login").await;
    let fields = [
        ("card", "LW20260004"),
        ("password", "123456"),
        ("title", "//evil.example"),
        ("to", "//evil.example"),
    ];
    assert_eq!(browser.post("/m/login", &fields).await.location(), "/m/loans");
}

#[tokio::test]
async fn large_and_slow_ones_are_hung_up_on() {
    let Some(world) = World::new().await else { return };
    let mut browser = Browser::new(&world);
    browser.get("/staff/login").await;
    let long = "x".repeat(20_000);
    assert_eq!(browser.post("/staff/login", &[("account", &long), ("password", "x")]).await.status, 413);
    assert_eq!(browser.get(&format!("/m?q={}", "x".repeat(3000))).await.status, 414);
    // Headers that never end, by a loop with less patience.
    let limits = Limits { headers: Duration::from_millis(200), ..Limits::default() };
    let serving = Serving { limits, ..Serving::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = world.app.clone();
    tokio::spawn(central::serve_until(listener, app, serving, core::future::pending()));
    let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /m HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), slow.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "a client without an end is hung up on");
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

#[tokio::test]
async fn one_address_does_not_take_all() {
    let Some(world) = World::new().await else { return };
    let mut refused = 0;
    for _ in 0..650 {
        let got = world.still.get(format!("{}/static/icon.svg", world.base)).send().await.unwrap();
        refused += u32::from(got.status() == 429);
    }
    assert_eq!(refused, 50, "the clock stands still");
    world.pass_minutes(1);
    assert_eq!(world.still.get(format!("{}/m", world.base)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn each_role_sees_its_own_pages() {
    let Some(world) = World::new().await else { return };
    world.hire();
    let pages = ["board", "todo", "items", "messages", "kiosks", "accounts", "audit"]
        .map(|page| format!("/staff/{page}"));
    for (role, expected) in [
        ("librarian", [200, 200, 200, 200, 403, 403, 403]),
        ("technician", [200, 200, 403, 403, 200, 403, 403]),
        ("administrator", [200; 7]),
    ] {
        let mut browser = Browser::new(&world);
        browser.log_in(role).await;
        let mut got = Vec::new();
        for page in &pages {
            got.push(browser.get(page).await.status);
        }
        assert_eq!(got, expected, "{role}");
        let made = browser
            .post(
                "/staff/accounts",
                &[("do", "make"), ("account", "new"), ("role", "librarian"), ("password", "0123456789a")],
            )
            .await;
        assert_eq!(made.status == 303, role == "administrator", "{role}");
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x/", pairs).unwrap();
    url.query().unwrap().to_owned()
}
