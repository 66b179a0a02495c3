//! `kioskctl setup --browser`: over real HTTPS, with an emulated reader and printer and a real central; and in a Chromium.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use browser::Window;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use tempfile::TempDir;

use crate::doctor::Central;
use crate::emulated::Emulator;
use crate::program;
use crate::setup::Printer;

/// The command, while it waits for a browser.
struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    folder: TempDir,
    address: String,
    code: String,
    fingerprint: String,
}

impl Served {
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("etc/kiosk.toml");
        let own = ["setup", "--browser", "127.0.0.1:0", "--config", file.to_str().unwrap()];
        let mut child = program::command(&[&own, more].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut word = |of: &str| {
            let mut line = String::new();
            while !line.contains(of) {
                line.clear();
                assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended before it told its {of}");
            }
            line.split_whitespace().last().unwrap().to_owned()
        };
        let address = word("https://").trim_end_matches('/').replace("https://", "");
        let (code, fingerprint) = (word("one-time code"), word("SHA-256"));
        Self { child, out, folder, address, code, fingerprint }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("etc/kiosk.toml")
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The certificate that is served, PEM, and its fingerprint as an independent program tells it.
    fn certificate(&self) -> (Vec<u8>, String) {
        let shown = Command::new("openssl")
            .args(["s_client", "-connect", &self.address])
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .stdout;
        let text = String::from_utf8_lossy(&shown);
        let (from, to) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----\n");
        let pem = text.get(text.find(from).unwrap()..text.find(to).unwrap() + to.len()).unwrap();
        let path = self.folder.path().join("served.pem");
        fs::write(&path, pem).unwrap();
        let told = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(&path)
            .output()
            .unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        (pem.as_bytes().to_vec(), told.trim().rsplit('=').next().unwrap().to_owned())
    }

    fn client(&self) -> Client {
        drop(rustls::crypto::ring::default_provider().install_default());
        let root = Certificate::from_pem(&self.certificate().0).unwrap();
        Client::builder().tls_certs_only([root]).redirect(Policy::none()).build().unwrap()
    }

    /// How it ended, and all that it said since.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A browser without a window.
struct Visitor {
    http: Client,
    base: String,
    cookie: String,
    token: String,
}

impl Visitor {
    async fn enter(served: &Served, code: &str) -> Self {
        let (http, base) = (served.client(), served.url(""));
        let answer = http.post(format!("{base}/login")).form(&[("code", code)]).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{}", answer.text().await.unwrap());
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        for word in ["__Host-yueting-setup=", "HttpOnly", "SameSite=Strict", "Secure"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut this = Self { http, base, cookie, token: String::new() };
        let page = this.get("/").await;
        this.token =
            page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        this
    }

    async fn get(&self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        request.send().await.unwrap().text().await.unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let form = [&[("csrf", self.token.as_str())], form].concat();
        let request = self.http.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Looks at a page until nothing is under way any more.
    async fn until_done(&self, path: &str) -> String {
        for _ in 0..600 {
            let page = self.get(path).await;
            if !page.contains("this page looks again by itself") {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path}: it does not end");
    }
}

/// What is answered on the second page.
fn answers<'a>(address: &'a str, secret: &'a str, then: &'a str) -> [(&'a str, &'a str); 9] {
    [
        ("library", "青禾市图书馆"),
        ("name", "东门 1"),
        ("gates", "3m"),
        ("interface", "kiosk"),
        ("address", address),
        ("account", "yueting-demo"),
        ("operator", "kiosk1"),
        ("secret", secret),
        ("then", then),
    ]
}

#[tokio::test]
async fn a_box_is_set_up_over_https_and_the_file_is_the_terminals() {
    let reader = Emulator::start(&["--timing", "fast", "--protocol", "3m-810"]);
    let printer = Printer::start();
    let (printer_port, reader_port) = (printer.port(), reader.port());
    let mut served = Served::start(&["--port", &printer_port, "--port", &reader_port]);
    let central = Central::start(served.folder.path());
    assert_eq!(served.certificate().1, served.fingerprint, "what the terminal shows is what is served");
    let visitor = Visitor::enter(&served, &served.code).await;
    assert_eq!(visitor.post("/find", &[]).await.0, 303);
    let page = visitor.until_done("/").await;
    for told in ["A printer: 就绪 ready", "A reader: ", "3m-810 19200 8N1", "The kiosk uses it"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    for (port, told) in
        [(&reader_port, "tags on the pad: 0"), (&printer_port, "printed: look at the receipt")]
    {
        visitor.post("/test", &[("port", port)]).await;
        let page = visitor.until_done("/").await;
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(
        fs::read_to_string(printer.folder.path().join("receipt-01.txt")).unwrap().contains("打印机工作正常")
    );
    // A refused account is not written.
    visitor.post("/library", &answers(&central.address, "planted-wrong", "test")).await;
    assert!(visitor.until_done("/library").await.contains("refuses the account"));
    visitor.post("/write", &[]).await;
    assert!(!served.file().exists());
    // What is no configuration is told at once.
    let (status, page) = visitor.post("/library", &answers("nonsense", "x", "next")).await;
    assert!(status == 422 && page.contains("base_url"), "{status} {page}");
    visitor.post("/library", &answers(&central.address, "yueting-demo-secret", "test")).await;
    assert!(visitor.until_done("/library").await.contains("answers and takes the account"));
    let page = visitor.get("/summary").await;
    assert!(page.contains("protocol = &quot;3m-810&quot;") && !page.contains("demo-secret"), "{page}");
    visitor.post("/write", &[]).await;
    assert!(visitor.get("/done").await.contains("已写好"));
    let (code, said) = served.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("kioskctl doctor --config") && !said.contains("secret"), "{said}");
    is_sound(&served);
}

/// The file that was written, and the secret's.
fn is_sound(served: &Served) {
    let written = fs::read_to_string(served.file()).unwrap();
    for line in [
        "library = \"青禾市图书馆\"",
        "afi_pair = \"3m\"",
        "protocol = \"3m-810\"",
        "enabled = true",
        "secret_file",
    ] {
        assert!(written.contains(line), "{line}: {written}");
    }
    assert!(!written.contains("demo-secret"));
    let secret = served.file().with_file_name("central.secret");
    assert_eq!(fs::read_to_string(secret).unwrap(), "yueting-demo-secret\n");
    let check = program::run(&["config", "check", served.file().to_str().unwrap()]);
    assert_eq!(check.code, Some(0), "{}", check.all());
}

#[tokio::test]
async fn without_the_code_nothing_is_shown_and_nothing_is_done() {
    let served = Served::start(&["--port", "/dev/planted-port"]);
    let http = served.client();
    for path in ["/", "/library", "/summary", "/done"] {
        let answer = http.get(served.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{path}");
        assert_eq!(answer.headers()["location"], "/login");
        assert!(!answer.text().await.unwrap().contains("planted"), "{path}");
    }
    for path in ["/find", "/stop", "/port", "/test", "/use", "/try", "/write"] {
        let answer = http.post(served.url(path)).form(&[("csrf", "0"), ("port", "x")]).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
    let form = [&[("csrf", "0")][..], &answers("http://127.0.0.1:1", "x", "test")].concat();
    let answer = http.post(served.url("/library")).form(&form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    // Another name that points here, as a page of somebody else's would use it.
    for host in ["evil.example", "evil.example:8443", "localhost.evil.example", ""] {
        let answer = http.get(served.url("/login")).header("host", host).send().await;
        let status = answer.map(|answer| answer.status().as_u16());
        assert!(matches!(status, Ok(400 | 421)), "{host}: {status:?}");
    }
    assert_eq!(
        http.get(served.url("/login")).header("host", "localhost").send().await.unwrap().status(),
        200
    );
    let answer = http.get(served.url("/login")).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let plain = Client::new().get(format!("http://{}/login", served.address)).send().await;
    assert!(plain.is_err(), "without TLS nothing is said");
}

#[tokio::test]
async fn a_code_is_good_once_guessing_is_slowed_and_forms_of_others_do_nothing() {
    let served = Served::start(&["--port", "/dev/none"]);
    let visitor = Visitor::enter(&served, &served.code).await;
    let http = served.client();
    let attempt = async |code: &str| {
        let request = http.post(served.url("/login")).form(&[("code", code)]);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(attempt(&served.code).await, 401, "it was used");
    let cross = async |name: &str, value: &str, token: &str| {
        let request = http.post(served.url("/find")).header("cookie", &visitor.cookie).header(name, value);
        request.form(&[("csrf", token)]).send().await.unwrap().status().as_u16()
    };
    for (name, value, token) in [
        ("origin", "https://evil.example", visitor.token.as_str()),
        ("origin", "null", &visitor.token),
        ("sec-fetch-site", "cross-site", &visitor.token),
        ("accept", "*/*", "0123"),
    ] {
        assert_eq!(cross(name, value, token).await, 403, "{name} {value}");
    }
    for n in 1..5 {
        assert_eq!(attempt(&format!("GUESS{n}")).await, 401);
    }
    assert_eq!(attempt("GUESSING").await, 429);
    // Whoever is in stays in.
    assert!(visitor.get("/").await.contains("/dev/none"));
    let (status, page) = visitor.post("/port", &[("port", "tcp://<b>")]).await;
    assert!(status == 422 && !page.contains("<b>"), "{page}");
    let big = "x".repeat(20_000);
    assert_eq!(visitor.post("/port", &[("port", &big)]).await.0, 413);
    assert!(!served.file().exists());
}

#[test]
fn a_file_that_is_there_is_left_alone_and_a_bad_address_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kiosk.toml");
    fs::write(&file, "version = 2\n").unwrap();
    let refused = program::run(&["setup", "--browser", "--config", file.to_str().unwrap()]);
    assert!(refused.code == Some(2) && refused.err.contains("--overwrite"), "{}", refused.all());
    assert_eq!(fs::read_to_string(&file).unwrap(), "version = 2\n");
    let nowhere = folder.path().join("new.toml");
    let at =
        |address: &str| program::run(&["setup", "--browser", address, "--config", nowhere.to_str().unwrap()]);
    // An address of documentation: no machine has it.
    let refused = at("192.0.2.1:8443");
    assert!(refused.code == Some(2) && refused.err.contains("cannot listen at"), "{}", refused.all());
    let refused = at("kiosk.example");
    assert!(
        refused.code == Some(2) && refused.err.contains("an address of this machine"),
        "{}",
        refused.all()
    );
}

#[tokio::test]
async fn a_technician_does_it_at_a_desk_and_on_a_phone() {
    for (width, height, size) in [(1280, 860, "desk"), (390, 844, "phone")] {
        let Some(window) = Window::open_for_any_certificate(width, height).await else { return };
        let mut reader = Emulator::start(&["--timing", "fast"]);
        reader.say("book LW0000001");
        reader.say("put LW0000001");
        let printer = Printer::start();
        // Somebody who takes calls and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = format!("tcp://{}", silent.local_addr().unwrap());
        let ports = [printer.port(), reader.port(), silent];
        let [printer_port, reader_port, silent_port] = &ports;
        let mut served =
            Served::start(&["--port", printer_port, "--port", reader_port, "--port", silent_port]);
        let central = Central::start(served.folder.path());
        enter(&window, &served, size).await;
        find(&window, &ports, size).await;
        say_and_write(&window, &central.address, size).await;
        let (code, said) = served.ended();
        assert_eq!(code, Some(0), "{said}");
    }
}

async fn enter(window: &Window, served: &Served, size: &str) {
    window.go(&served.url("/")).await;
    window.until("验证码").await;
    window.look(size, "setup-login").await;
    window.write("#code", "WRONG").await;
    window.click("form button", "wrong code").await;
    assert!(window.complaints().await.iter().all(|line| line.contains("401")));
    window.write("#code", &served.code.to_lowercase()).await;
    window.click("form button", "寻找").await;
}

async fn find(window: &Window, [printer, reader, silent]: &[String; 3], size: &str) {
    window.click("form[action='/find'] button", "正在询问").await;
    window.until(&format!("asking at {silent}")).await;
    // Which of its tries is seen depends on how busy this machine is; that they are counted does not.
    window.until("/7)").await;
    window.look(size, "setup-search").await;
    // In one step: the page may look again between the search for a button and a click on it.
    window.ask("document.querySelector(\"form[action='/stop'] button\").click()").await;
    window.until("没有问完").await;
    for (port, told) in [(reader, "tags on the pad: 1"), (printer, "看小票")] {
        let button = format!("section:has(input[value='{port}']) form[action='/test'] button");
        window.click(&button, told).await;
    }
    window.look(size, "setup-devices").await;
}

async fn say_and_write(window: &Window, address: &str, size: &str) {
    window.click("a[href='/library'].button", "操作员账号").await;
    window.write("#library", "青禾市图书馆").await;
    window.ask("document.querySelector('#interface').value = 'kiosk'").await;
    let secret = "yueting-demo-secret";
    for (field, text) in [("#address", address), ("#account", "yueting-demo"), ("#secret", secret)] {
        window.write(field, text).await;
    }
    window.click("button[value='test']", "接受账号").await;
    window.look(size, "setup-library").await;
    window.click("a[href='/summary'].button", "将写入的文件").await;
    assert!(!window.text().await.contains(secret));
    window.look(size, "setup-summary").await;
    window.click("form[action='/write'] button", "已写好").await;
    window.look(size, "setup-done").await;
}
