//! A small HTTP server on a real socket that can misbehave in every way the client must survive.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Json(String),
    Html,
    Status(u16),
    /// promises more than it sends, then closes
    Cut,
    /// closes without a word
    Hang,
    /// keeps the connection and says nothing
    Mute,
    Slow(Duration, String),
    /// the answer, once more what nobody asked for, and the end of the connection
    Twice(String),
    /// more than any answer has
    Endless,
}

type Script = Box<dyn FnMut(&str, &str) -> Reply + Send>;

/// The running server: its address and what it was asked (`path body`), tokens apart.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that hands out tokens and follows the script for everything else.
    pub(crate) async fn start(mut script: impl FnMut(&str, &str) -> Reply + Send + 'static) -> Self {
        let mut n_tokens = 0;
        Self::start_raw(move |path, body| {
            if path == "barcode/token" {
                n_tokens += 1;
                return Reply::Json(token(&format!("T{n_tokens}")));
            }
            script(path, body)
        })
        .await
    }

    /// A server that follows the script for tokens too.
    pub(crate) async fn start_raw(script: impl FnMut(&str, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { base, seen }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn n_seen(&self, start: &str) -> usize {
        self.seen().iter().filter(|line| line.starts_with(start)).count()
    }
}

pub(crate) fn token(value: &str) -> String {
    format!(r#"{{"success":true,"messagelist":[{{"token":"{value}","time":"2026-11-22 21:00:00"}}]}}"#)
}

pub(crate) fn refusal(code: &str, text: &str) -> Reply {
    Reply::Json(format!(r#"{{"success":false,"messagelist":[{{"code":"{code}","message":"{text}"}}]}}"#))
}

/// The value of a field in a form.
pub(crate) fn field<'a>(form: &'a str, name: &str) -> &'a str {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>, log: Arc<Mutex<Vec<String>>>) {
    while let Some((path, body)) = request(&mut stream).await {
        log.lock().unwrap().push(format!("{path} {body}"));
        let reply = (script.lock().unwrap())(&path, &body);
        match reply {
            Reply::Json(text) => answer(&mut stream, 200, "application/json", &text).await,
            Reply::Html => {
                answer(&mut stream, 200, "text/html", "<html><body>Please log in</body></html>").await
            }
            Reply::Status(status) => answer(&mut stream, status, "text/plain", "Bad Gateway").await,
            Reply::Slow(wait, text) => {
                tokio::time::sleep(wait).await;
                answer(&mut stream, 200, "application/json", &text).await;
            }
            Reply::Twice(text) => {
                answer(&mut stream, 200, "application/json", &text).await;
                answer(&mut stream, 200, "application/json", &text).await;
                return;
            }
            Reply::Cut => {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"success\":true,\"newloanb";
                drop(stream.write_all(head.as_bytes()).await);
                return;
            }
            Reply::Hang => return,
            Reply::Mute => tokio::time::sleep(Duration::from_secs(60)).await,
            Reply::Endless => answer(&mut stream, 200, "application/json", &" ".repeat(3 << 20)).await,
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, kind: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // The client may have gone.
    drop(stream.write_all(head.as_bytes()).await);
}

/// Reads one request; answers the path behind `/openlib/service/` and the form, from the body or the address.
async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length =
                head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            let total = end + 4 + length.unwrap_or(0_usize);
            while bytes.len() < total {
                if stream.read_buf(&mut bytes).await.ok()? == 0 {
                    return None;
                }
            }
            let body = String::from_utf8_lossy(&bytes[end + 4..total]).into_owned();
            let target = head.split(' ').nth(1)?.to_owned();
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let path = path.strip_prefix("/openlib/service/").unwrap_or(path).to_owned();
            return Some((path, if query.is_empty() { body } else { format!("GET {query}") }));
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
