//! Bodies that never end (slow loris), and what stands in front of central.

use std::net::SocketAddr;
use std::time::Duration;

use central::Serving;
use central::server::Limits;
use sync_client::wire::path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::world::World;

/// Another listener of the same central.
async fn serve(world: &World, serving: Serving) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(central::serve_until(listener, world.app.clone(), serving, core::future::pending()));
    address
}

#[tokio::test]
async fn a_body_that_does_not_end_is_not_waited_for_and_nothing_is_done() {
    let Some(world) = World::new().await else { return };
    let token = world.token().await;
    let limits = Limits { body: Duration::from_millis(200), ..Limits::default() };
    let address = serve(&world, Serving { limits, ..Serving::default() }).await;
    let form = format!("token={token}&rdid=LW20260004&barcode=LW0000001&opuser=kiosk-1&x=");
    let kind = "Content-Type: application/x-www-form-urlencoded";
    for (call, head, body, expected) in [
        (path::LOAN_BOOK, kind.to_owned(), form.as_str(), "R90400"),
        (
            "/kiosk/v1/transactions",
            format!("Authorization: Bearer {token}"),
            "{\"transactions\":[",
            "too_slow",
        ),
    ] {
        let mut line = TcpStream::connect(address).await.unwrap();
        let asked =
            format!("POST {call} HTTP/1.1\r\nHost: x\r\n{head}\r\nContent-Length: 5000\r\n\r\n{body}");
        line.write_all(asked.as_bytes()).await.unwrap();
        // Byte by byte, for as long as somebody listens.
        let (mut from, mut to) = line.into_split();
        let drip = tokio::spawn(async move {
            while to.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(30), from.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(ended.is_ok() && answer.contains(expected), "{call}: {answer}");
        drip.abort();
    }
    let loans = world.text("SELECT CAST(count(*) AS TEXT) FROM loan WHERE patron = 'LW20260004'");
    assert_eq!(loans, "0");
}

/// With `--behind-proxy` the address that the proxy has seen counts, and no other: what stands before it in the header may be
/// anybody's invention. Without, the header is nothing.
#[tokio::test]
async fn behind_a_proxy_the_address_that_it_saw_counts() {
    let Some(world) = World::new().await else { return };
    let behind = serve(&world, Serving { is_behind_proxy: true, ..Serving::default() }).await;
    let bare = serve(&world, Serving::default()).await;
    let ask = async |at: SocketAddr, forwarded: &str| {
        let call =
            world.still.get(format!("http://{at}/static/icon.svg")).header("X-Forwarded-For", forwarded);
        call.send().await.unwrap().status().as_u16()
    };
    for n in 0..600 {
        assert_eq!(ask(behind, &format!("198.51.100.{}, 192.0.2.1", n % 250)).await, 200, "{n}");
    }
    assert_eq!(ask(behind, "198.51.100.7, 192.0.2.1").await, 429, "however it dresses up");
    assert_eq!(ask(behind, "192.0.2.1, 192.0.2.2").await, 200, "another one");
    for n in 0..600 {
        assert_eq!(ask(bare, &format!("192.0.2.{}", n % 250)).await, 200, "{n}");
    }
    assert_eq!(ask(bare, "203.0.113.9").await, 429, "one address, whatever it says");

    // The same for the door of programs: a guesser shuts out himself, not the kiosks behind the same proxy.
    let show = async |forwarded: &str, secret: &str| {
        let form = [("appid", "yueting-demo"), ("secret", secret)];
        let call = world.http.post(format!("http://{behind}{}", path::TOKEN)).form(&form);
        call.header("X-Forwarded-For", forwarded).send().await.unwrap().text().await.unwrap()
    };
    for _ in 0..20 {
        show("192.0.2.1", "guess").await;
    }
    assert!(show("192.0.2.1", "yueting-demo-secret").await.contains("R90404"));
    assert!(show("192.0.2.2", "yueting-demo-secret").await.contains("R90000"));
}

/// Cookies are for HTTPS only where the way from the browser is HTTPS: as the proxy says, if there is one.
#[tokio::test]
async fn behind_a_proxy_it_says_whether_the_way_is_https() {
    let Some(world) = World::new().await else { return };
    let behind = serve(&world, Serving { is_behind_proxy: true, ..Serving::default() }).await;
    let bare = serve(&world, Serving::default()).await;
    let cookie = async |at: SocketAddr, proto: &str| {
        let call = world.still.get(format!("http://{at}/staff/login")).header("X-Forwarded-Proto", proto);
        let got = call.send().await.unwrap();
        let cookies = got.headers().get_all("set-cookie").iter();
        cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
    };
    assert!(cookie(behind, "https").await.contains("Secure"));
    for (at, proto) in [(behind, "http"), (behind, "https, http"), (bare, "https")] {
        let cookie = cookie(at, proto).await;
        assert!(!cookie.is_empty() && !cookie.contains("Secure"), "{proto}: {cookie}");
    }
}
