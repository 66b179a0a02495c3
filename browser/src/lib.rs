//! For tests only: a small client of WebDriver (W3C Recommendation), a chromedriver that ends with the test, and a look at
//! what is wrong with a page.
//!
//! Where Chromium is not installed its tests do not run, and say so; with `YUETING_BROWSER=required` that is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

pub mod certificate;
mod look;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser window, closed when it is dropped.
#[derive(Debug)]
pub struct Window {
    http: reqwest::Client,
    session: String,
    driver: Child,
    browser: Option<u64>,
    _profile: tempfile::TempDir,
}

impl Drop for Window {
    fn drop(&mut self) {
        // A driver that is killed leaves its browser behind, so that is ended first, by its own number.
        if let Some(browser) = self.browser {
            Command::new("kill").arg(browser.to_string()).status().ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

impl Window {
    /// A window of this size in pixels, with an empty profile; a phone (below 500) has a touch screen and a narrow view.
    /// Nothing where there is no chromedriver.
    ///
    /// # Panics
    /// As everything here does if the browser does not do what it is told: that ends the test.
    pub async fn open(width: u32, height: u32) -> Option<Self> {
        Self::opened(width, height, false).await
    }

    /// The same, and a certificate that nobody vouches for is taken: as by a technician who compared its fingerprint.
    ///
    /// # Panics
    /// As [`open`](Self::open).
    pub async fn open_for_any_certificate(width: u32, height: u32) -> Option<Self> {
        Self::opened(width, height, true).await
    }

    async fn opened(width: u32, height: u32, takes_any_certificate: bool) -> Option<Self> {
        let (driver, port) = start()?;
        let http = client();
        let profile = tempfile::TempDir::new().unwrap();
        let folder = profile.path().display();
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ];
        let mut args: Vec<String> = args.map(str::to_owned).to_vec();
        args.extend([format!("--user-data-dir={folder}"), format!("--window-size={width},{height}")]);
        let mut options = json!({ "args": args });
        if width < 500 {
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1 } });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": takes_any_certificate,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": options,
        } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer = begin(&http, &base, &wanted).await;
        let session = format!("{base}/{}", answer["sessionId"].as_str().unwrap());
        let browser = answer["capabilities"]["goog:processID"].as_u64();
        Some(Self { http, session, driver, browser, _profile: profile })
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        call(self.http.post(format!("{}/{path}", self.session)).json(&body)).await
    }

    /// Goes to an address.
    pub async fn go(&self, address: &str) {
        self.post("url", json!({ "url": address })).await;
    }

    /// Runs a script of the test's in the page; the page itself has none.
    pub async fn ask(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// The words that are seen.
    pub async fn text(&self) -> String {
        self.ask("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    async fn find(&self, css: &str) -> String {
        let found = self.post("element", json!({ "using": "css selector", "value": css })).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Clicks on what is there; then waits until the text shows.
    pub async fn click(&self, css: &str, shows: &str) {
        let element = self.find(css).await;
        self.post(&format!("element/{element}/click"), json!({})).await;
        self.until(shows).await;
    }

    /// Empties a field and types into it.
    pub async fn write(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.post(&format!("element/{element}/clear"), json!({})).await;
        self.post(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, key: &str) {
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("actions", json!({ "actions": [{ "type": "key", "id": "keys", "actions": keys }] })).await;
    }

    /// Waits until the page has a text.
    pub async fn until(&self, shows: &str) {
        for _ in 0..600 {
            if self.text().await.contains(shows) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the page does not show {shows:?}: {}", self.text().await);
    }

    /// The picture of the page, PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let answer = call(self.http.get(format!("{}/screenshot", self.session))).await;
        base64(answer.as_str().unwrap())
    }

    /// The page as it comes out of a printer, as a PDF on A4.
    pub async fn print(&self) -> Vec<u8> {
        let paper = json!({ "page": { "width": 21.0, "height": 29.7 }, "background": false });
        let answer = self.post("print", paper).await;
        base64(answer.as_str().unwrap())
    }

    /// Shows the page as it is laid out for `screen` or `print`.
    pub async fn show_for(&self, media: &str) {
        let order = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": media } });
        self.post("goog/cdp/execute", order).await;
    }

    /// What the browser complained of since the last time.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        log.as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }
}

fn client() -> reqwest::Client {
    // A second call changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn call(request: reqwest::RequestBuilder) -> Value {
    tried(request).await.unwrap_or_else(|answer| panic!("{answer}"))
}

/// The value of an answer, or what there is instead of it.
async fn tried(request: reqwest::RequestBuilder) -> Result<Value, Value> {
    let response = request.timeout(Duration::from_secs(120)).send().await.unwrap();
    let status = response.status();
    let mut answer: Value = response.json().await.unwrap();
    let value = answer["value"].take();
    if status.is_success() { Ok(value) } else { Err(value) }
}

/// Begins a session. A Chromium that ends while it starts, which several that start at once on a small machine do now and
/// then, is begun anew: nothing of what is tested has been seen by it.
async fn begin(http: &reqwest::Client, base: &str, wanted: &Value) -> Value {
    for _ in 0..3 {
        match tried(http.post(base).json(wanted)).await {
            Ok(answer) => return answer,
            Err(why) => assert_eq!(why["error"], "session not created", "{why}"),
        }
    }
    call(http.post(base).json(wanted)).await
}

/// Starts a chromedriver at a port of its choice.
fn start() -> Option<(Child, u16)> {
    let spawned = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        let is_required = std::env::var_os("YUETING_BROWSER").is_some_and(|word| word == "required");
        assert!(!is_required, "YUETING_BROWSER=required, and chromedriver is not installed");
        std::io::stderr()
            .write_all(b"\n*** CHROMIUM IS NOT INSTALLED: ITS TESTS WERE NOT RUN ***\n\n")
            .unwrap();
        return None;
    };
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.strip_prefix("ChromeDriver was started successfully on port ")?
            .trim_end_matches('.')
            .parse()
            .ok()
    });
    Some((child, port.unwrap()))
}

/// RFC 4648, as the driver writes it.
fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let bits =
            four.iter().fold(0_u32, |bits, digit| (bits << 6) | u32::from(*digit)) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
