//! What must fail.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::rig::{PASSWORD, Rig, client};

#[tokio::test]
async fn forms_of_others_do_nothing() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    let token = rig.token(&cookie).await;
    let own = format!("http://{}", rig.address);
    let send = async |cookie: &str, token: &str, headers: &[(&str, &str)]| {
        let form = [("csrf", token), ("out", "yes")];
        let mut request = client().post(rig.url("/service")).header("cookie", cookie).form(&form);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    for (cookie, token, headers) in [
        (cookie.as_str(), "", &[][..]),
        (&cookie, "0123", &[]),
        ("", token.as_str(), &[]),
        ("yueting=0123", &token, &[]),
        (&cookie, &token, &[("origin", "http://evil.example")]),
        (&cookie, &token, &[("origin", "null")]),
        (&cookie, &token, &[("sec-fetch-site", "cross-site")]),
        (&cookie, &token, &[("sec-fetch-site", "same-site"), ("origin", own.as_str())]),
    ] {
        assert_eq!(send(cookie, token, headers).await, 403, "{cookie} {token} {headers:?}");
    }
    assert_eq!(rig.asked(), Vec::<String>::new());
    assert_eq!(send(&cookie, &token, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await, 200);
    // Another session's token is not one of this session.
    let other = rig.log_in().await;
    assert_eq!(send(&other, &token, &[]).await, 403);
    // What changes something is not done by a link.
    for path in ["/service", "/restart", "/reload", "/logout", "/station/new", "/power"] {
        assert_eq!(rig.get(path, &cookie).await.0, 405, "{path}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_and_then_refused_even_if_it_is_right() {
    let rig = Rig::start();
    for n in 0..supervision::console::guard::TRIES {
        assert_eq!(rig.try_password(&format!("guess {n}")).await.status().as_u16(), 401);
    }
    for password in ["guess", PASSWORD] {
        let answer = rig.try_password(password).await;
        assert_eq!(answer.status().as_u16(), 429);
        let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=61).contains(&wait), "{wait}");
        assert!(answer.headers().get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn a_session_is_new_at_each_login_and_its_cookie_is_kept_from_scripts() {
    let rig = Rig::start();
    let planted = "yueting=0000000000000000000000000000000000000000000000000000000000000000";
    let answer = client()
        .post(rig.url("/login"))
        .header("cookie", planted)
        .form(&[("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("0000000000"), "{cookie}");
    assert_eq!(rig.get("/", planted).await.0, 303);
}

#[tokio::test]
async fn every_answer_holds_a_browser_to_itself_and_is_not_kept() {
    let rig = Rig::start();
    for path in ["/login", "/", "/metrics", "/nowhere", "/style.css"] {
        let answer = client().get(rig.url(path)).send().await.unwrap();
        let text = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = text("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(text("cache-control"), "no-store", "{path}");
        assert_eq!(text("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(text("referrer-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn tricks_with_paths_headers_and_sizes_get_nowhere() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    for path in [
        "/../etc/passwd",
        "/style.css/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//evil.example/",
        "/parts/../pad",
        "/queue/..%2f..%2fetc",
    ] {
        let raw = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", rig.address);
        let answer = raw_exchange(&rig, raw.as_bytes()).await;
        assert!(!answer.contains("root:") && !answer.contains("location: //evil"), "{path}: {answer}");
        assert!(
            answer.starts_with("HTTP/1.1 404")
                || answer.starts_with("HTTP/1.1 303")
                || answer.starts_with("HTTP/1.1 400"),
            "{path}: {answer}"
        );
    }
    // A line break in what is asked comes out of no header.
    let (_, page) = rig.get("/log?level=x%0d%0aset-cookie:%20a=b&text=%0d%0a", &cookie).await;
    assert!(page.contains("name=\"text\""), "{page}");
    let big = "x".repeat(20_000);
    assert_eq!(rig.post("/login", "", &[("password", &big)]).await.0, 413);
    let raw = format!("GET / HTTP/1.1\r\nhost: {}\r\ncookie: {big}\r\n\r\n", rig.address);
    let answer = raw_exchange(&rig, raw.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    // What is no form is no form.
    let answer =
        client().post(rig.url("/login")).body("{}").header("content-type", "application/json").send().await;
    assert_eq!(answer.unwrap().status().as_u16(), 415);
    assert_eq!(rig.get("/health/live", "").await.0, 200);
}

/// A page of somebody else's that has its own name point here (DNS rebinding) is of the same origin as the console then:
/// its name is what gives it away.
#[tokio::test]
async fn whoever_calls_the_console_by_another_name_hears_nothing() {
    let rig = Rig::start();
    let cookie = rig.log_in().await;
    let port = rig.address.port();
    for hosts in [
        "host: evil.example\r\n".to_owned(),
        format!("host: evil.example:{port}\r\n"),
        format!("host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("host: {}\r\nhost: evil.example\r\n", rig.address),
        format!("host: x@{}\r\n", rig.address),
        "host:\r\n".to_owned(),
        String::new(),
    ] {
        for path in ["/", "/login", "/pad/live", "/metrics", "/health/live", "/style.css"] {
            let raw = format!("GET {path} HTTP/1.1\r\n{hosts}cookie: {cookie}\r\nconnection: close\r\n\r\n");
            let answer = raw_exchange(&rig, raw.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{hosts} {path}: {answer}");
            assert!(!answer.contains("E0040150") && !answer.contains("一号机"), "{hosts} {path}: {answer}");
        }
    }
    let raw = format!("GET / HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    assert!(raw_exchange(&rig, raw.as_bytes()).await.starts_with("HTTP/1.1 303"));
}

#[tokio::test]
async fn whoever_says_nothing_is_hung_up_on_and_keeps_nobody_out() {
    let rig = Rig::start();
    // More than there is room for, each with half a request.
    let mut idle = Vec::new();
    for _ in 0..70 {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        idle.push(stream);
    }
    // The time for headers ends for all of them, and then there is room.
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    while client().get(rig.url("/health/live")).send().await.is_err() {
        beat.tick().await;
        assert!(tokio::time::Instant::now() < end, "nobody else is served");
    }
    drop(idle);
}

async fn raw_exchange(rig: &Rig, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // However it hangs up: what came before counts.
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "it keeps the line open");
    String::from_utf8_lossy(&answer).into_owned()
}
