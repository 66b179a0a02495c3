//! What central's board knows of a kiosk, and what a librarian's word there does at the kiosk: two processes and a page.
#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use circulation::screen::{Language, Page as Shown, Progress, Screen, Touch};
use config::{Config, Interface, Secret};
use kiosk::heartbeat::REFUSED;
use reqwest::header::{COOKIE, SET_COOKIE};
use sync_client::queue::{Answer, Request, Which};
use tests::place::beside;
use tests::scene::{PATIENCE, Scene};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

const PASSWORD: &str = "correct horse";
const BOOK: &str = "LW0000001";

/// A librarian's browser: one cookie, and the token of the last form.
struct Page {
    base: String,
    http: reqwest::Client,
    cookie: String,
    token: String,
}

impl Page {
    async fn log_in(base: &str) -> Self {
        let still = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(still).build().expect("a client");
        let mut page = Self { base: base.to_owned(), http, cookie: String::new(), token: String::new() };
        page.get("/staff/login").await;
        page.post("/staff/login", &[("account", "wang"), ("password", PASSWORD)]).await;
        assert!(page.get("/staff/board").await.contains("自助机看板"), "she is in");
        page
    }

    async fn get(&mut self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.base));
        self.take(request).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let token = self.token.clone();
        let mut form = vec![("token", token.as_str())];
        form.extend_from_slice(fields);
        let request = self.http.post(format!("{}{path}", self.base)).form(&form);
        self.take(request).await
    }

    async fn take(&mut self, request: reqwest::RequestBuilder) -> String {
        let response = request.header(COOKIE, &self.cookie).send().await.expect("central answers");
        if let Some(cookie) = response.headers().get(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie is text");
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        let body = response.text().await.expect("a page");
        if let Some((_, rest)) = body.split_once(r#"name="token" value=""#) {
            self.token = rest.split('"').next().unwrap_or_default().to_owned();
        }
        body
    }

    /// Waits until a page has a text, or has it no more.
    async fn until(&mut self, path: &str, text: &str, is_there: bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        while self.get(path).await.contains(text) != is_there {
            assert!(tokio::time::Instant::now() < end, "{path}: {text:?} is not {is_there}");
            beat.tick().await;
        }
    }
}

/// `central` on the database of a central that does not run.
fn central(scene: &Scene, arguments: &[&str]) -> String {
    let mut child = Command::new(beside("central"))
        .args(arguments)
        .arg("--database")
        .arg(scene.world.dir().join("central.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("central starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    std::io::Write::write_all(&mut stdin, format!("{PASSWORD}\n").as_bytes()).unwrap_or_default();
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// A kiosk with a secret of its own, a technician's and librarian's account `wang`, and her browser.
async fn open() -> (Scene, Page) {
    open_with(None).await
}

/// The same, with a configuration's file.
async fn open_with(file: Option<PathBuf>) -> (Scene, Page) {
    let mut scene = Scene::closed().await;
    scene.world.kill_central().await.expect("central ends");
    central(&scene, &["account", "add", "wang", "--role", "administrator"]);
    let opuser = Config::default().central.opuser;
    let told = central(&scene, &["kiosk", "add", &opuser]);
    let value = |key: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(key)).expect("it is printed");
        line.trim_matches(['=', ' ', '"']).to_owned()
    };
    scene.world.restart_central().await.expect("central comes back");
    let config = scene.world.config_mut();
    config.central.interface = Interface::Kiosk;
    config.file = file;
    (config.central.appid, config.central.secret) = (value("appid"), Secret::new(value("secret")));
    let base = config.central.base_url.clone();
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until_welcome().await;
    let page = Page::log_in(&base).await;
    (scene, page)
}

async fn ask(path: PathBuf, request: &Request) -> Answer {
    let mut stream = UnixStream::connect(path).await.expect("the kiosk listens");
    let text = serde_json::to_string(request).expect("a request is JSON") + "\n";
    stream.write_all(text.as_bytes()).await.expect("it hears");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("it answers");
    serde_json::from_str(&line).expect("an answer is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_shows_the_kiosk_and_reddens_when_a_part_fails() {
    let (mut scene, mut page) = open().await;
    let kiosk = format!("/staff/kiosk?name={}", scene.world.config().central.opuser);
    page.until(&kiosk, "RFID 读写器", true).await;
    let version = env!("CARGO_PKG_VERSION");
    page.until(&kiosk, version, true).await;
    scene.reader("unplug").await;
    page.until("/staff/board", "mark bad", true).await;
    scene.reader("plug").await;
    page.until("/staff/board", "mark bad", false).await;
}

/// What she settles on the page is closed in the kiosk's ledger, and gone from the page; who had the book stays unsaid.
#[tokio::test(flavor = "multi_thread")]
async fn a_parked_row_is_settled_from_the_page() {
    let (mut scene, mut page) = open().await;
    scene.reader(&format!("put LW20260001 {BOOK}")).await;
    scene.until_lines(1, 0).await;
    scene.reader("take all").await;
    scene.until_welcome().await;
    scene.world.kill_central().await.expect("central dies");
    scene.reader(&format!("put {BOOK}")).await;
    let lines = scene.until_lines(1, 0).await;
    assert_eq!(lines[0].progress, Progress::Done { due: None, provisional: true });
    let socket = scene.world.config().kiosk.data_dir.join("control.sock");
    let Answer::Rows { rows, .. } =
        ask(socket.clone(), &Request::List { which: Which::Open, limit: 9 }).await
    else {
        panic!("no rows");
    };
    let id = rows[0].id.clone();
    let park = Request::Park { id: id.clone(), why: "the book is not on the shelf".into() };
    assert!(matches!(ask(socket.clone(), &park).await, Answer::Row { .. }));
    scene.world.restart_central().await.expect("central comes back");
    page.until("/staff/todo", "the book is not on the shelf", true).await;
    let opuser = scene.world.config().central.opuser.clone();
    page.post("/staff/todo/parked", &[("kiosk", &opuser), ("id", &id), ("do", "settle")]).await;
    // The next heart-beat comes within a minute; a part that changes brings it now.
    scene.reader("unplug").await;
    page.until("/staff/todo", "the book is not on the shelf", false).await;
    let Answer::Row { row, steps } = ask(socket, &Request::Show { id, patron: true }).await else {
        panic!("no row");
    };
    assert!(row.closed && row.patron.is_none(), "{row:?}");
    let last = steps.last().and_then(|step| step.detail.clone()).unwrap_or_default();
    assert_eq!(last, "settled at central by wang");
}

/// What she writes on the page stands on the kiosk's welcome page, in the language of who stands there, and goes with her
/// word.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_library_tells_its_readers_stands_on_the_welcome_page() {
    let (mut scene, mut page) = open().await;
    let opuser = scene.world.config().central.opuser.clone();
    page.get("/staff/messages").await;
    let message = [("chinese", "今日 16 点闭馆"), ("english", "Closing at 4 p.m."), ("hours", "2")];
    let fields: Vec<_> = [("do", "show"), ("kiosk", &opuser)].into_iter().chain(message).collect();
    page.post("/staff/messages", &fields).await;
    // The next heart-beat comes within a minute; a part that changes brings it now.
    scene.reader("unplug").await;
    scene.reader("plug").await;
    let says = |screen: &Screen, text: &str| {
        let notice = screen.notice.as_ref().map(|notice| notice.text(screen.language));
        matches!(screen.page, Shown::Welcome(_)) && notice == Some(text)
    };
    scene.until("the message", |screen| says(screen, "今日 16 点闭馆")).await;
    scene.touch(Touch::Language(Language::English)).await;
    scene.until("the message in English", |screen| says(screen, "Closing at 4 p.m.")).await;
    page.post("/staff/messages", &[("do", "end"), ("kiosk", &opuser)]).await;
    scene.reader("unplug").await;
    scene.reader("plug").await;
    scene
        .until("no message", |screen| matches!(screen.page, Shown::Welcome(_)) && screen.notice.is_none())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_whose_secret_is_taken_back_is_told_so() {
    let (mut scene, mut page) = open().await;
    let opuser = scene.world.config().central.opuser.clone();
    page.until("/staff/board", &opuser, true).await;
    scene.stop_kiosk().await;
    scene.world.kill_central().await.expect("central ends");
    let config = scene.world.config().clone();
    central(&scene, &["kiosk", "revoke", &opuser]);
    // The kiosk starts while central is silent, so that only the refusal later can be what it tells; and central comes back before
    // it has tried in vain twice, after which it would wait longer than this test.
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.world.restart_central().await.expect("central comes back");
    let socket = config.kiosk.data_dir.join("control.sock");
    scene
        .until_fact("the refusal", || async {
            let mut stream = UnixStream::connect(&socket).await.ok()?;
            let request = serde_json::to_vec(&supervision::control::Request::Board).ok()?;
            stream.write_all(&[request.as_slice(), b"\n"].concat()).await.ok()?;
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).await.ok()?;
            line.contains(REFUSED).then_some(())
        })
        .await;
}

/// Settings that are given on the page count at the kiosk: those for all, then its own over them; what does not fit is said there.
/// They hold without central, from the start.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_central_gives_count_at_the_kiosk_and_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kiosk.toml");
    std::fs::write(&file, "[place]\nlibrary = \"一馆\"\ncontact = \"王老师\"\n").expect("it is written");
    let (mut scene, mut page) = open_with(Some(file)).await;
    let opuser = scene.world.config().central.opuser.clone();
    let kiosk = format!("/staff/kiosk?name={opuser}");
    let is_at = |library: &'static str| {
        move |screen: &Screen| matches!(screen.page, Shown::Welcome(_)) && screen.place.library == library
    };
    page.get("/staff/settings").await;
    for (whose, library) in [("", "全区"), (opuser.as_str(), "河东分馆"), ("", "全市")] {
        let settings = format!("[place]\r\nlibrary = \"{library}\"\r\n");
        let told = page.post("/staff/settings", &[("kiosk", whose), ("settings", &settings)]).await;
        assert!(told.contains("已下发"), "{told}");
        // The next heart-beat comes within a minute; a part that changes brings it now.
        scene.reader("unplug").await;
        scene.reader("plug").await;
        if library != "全市" {
            let screen = scene
                .until("the library's name", is_at(if whose.is_empty() { "全区" } else { "河东分馆" }))
                .await;
            assert_eq!(screen.place.contact.as_deref(), Some("王老师"), "what is not given stays");
        }
    }
    page.until(&kiosk, "中心下发的设置", true).await;
    let wrong = [("kiosk", opuser.as_str()), ("settings", "[reader]\nport = \"/dev/null\"\n")];
    page.post("/staff/settings", &wrong).await;
    scene.reader("unplug").await;
    scene.reader("plug").await;
    page.until(&kiosk, "reader.port", true).await;
    // Begun anew without central, it has what it took last.
    scene.stop_kiosk().await;
    scene.world.kill_central().await.expect("central dies");
    scene.start_kiosk().await.expect("the kiosk starts");
    scene.until("the library's name, kept", is_at("河东分馆")).await;
}
