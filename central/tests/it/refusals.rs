//! Refusals: each has its code and words that say what to do; the HTTP status stays 200.

use super::world::{World, code, read, text};
use serde_json::json;
use sync_client::wire::path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Path, parameters, what is expected.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn every_refusal_of_a_loan_has_its_code() {
    let Some(world) = World::new().await else { return };
    for (patron, item, expected, words) in [
        ("LW99999999", "LW0000001", "R00130", "没有这个读者证号"),
        ("LW20260006", "LW0000001", "R90102", "延期"),
        ("LW20260010", "LW0000001", "R90103", "验证"),
        ("LW20260007", "LW0000001", "R90104", "挂失"),
        ("LW20260008", "LW0000001", "R90105", "暂停"),
        ("LW20260009", "LW0000001", "R90106", "注销"),
        ("LW20260011", "LW0000001", "R90107", "欠费 12.50 元"),
        ("LW20260013", "LW0000001", "R90108", "已借满 5 册"),
        ("LW20260005", "LW0000001", "R90109", "不能外借"),
        ("LW20260001", "LW9999999", "R90201", "没有这个条码"),
        ("LW20260001", "LW0000005", "R90202", "不外借"),
        ("LW20260001", "LW0000015", "R90202", "不外借"),
        ("LW20260001", "LW0000011", "R90203", "已借出"),
        ("LW20260001", "LW0000018", "R90203", "已借出"),
        ("LW20260001", "LW0000010", "R90204", "预约"),
    ] {
        let answer = world.lend(patron, item).await;
        assert_eq!((code(&answer), &answer["success"]), (expected, &json!(false)), "{patron} {item}");
        assert!(text(&answer).contains(words), "{}", text(&answer));
        assert!(answer.get("newloanbook").is_none());
    }
    for patron in ["LW20260003", "LW20260012", "LW20260015"] {
        let answer = world.lend(patron, "LW0000001").await;
        assert_eq!(code(&answer), "R90001", "{patron}");
        world.ask(path::RETURN_BOOK, &[("barcode", "LW0000001"), ("opuser", "k")]).await;
    }
}

#[tokio::test]
async fn other_refusals_have_theirs() {
    let Some(world) = World::new().await else { return };
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (path::CONFIRM_READER, &[("rdid", "LW20260001"), ("rdpasswd", "654321")], "R90101"),
        (path::CONFIRM_READER, &[("rdid", "LW99999999"), ("rdpasswd", "123456")], "R00130"),
        (path::SEARCH_READER,  &[("rdid", "LW99999999")], "R00130"),
        (path::CURRENT_LOAN,   &[("rdid", "LW99999999")], "R00130"),
        (path::RETURN_BOOK,    &[("barcode", "LW9999999"), ("opuser", "k")], "R90201"),
        (path::RETURN_BOOK,    &[("barcode", "LW0000001"), ("opuser", "k")], "R90205"),
        (path::QUERY_HOLDING,  &[("barcode", "LW9999999")], "R90201"),
        (path::QUERY_HOLDING,  &[("bookrecno", "99999")], "R90201"),
    ];
    for (path, params, expected) in rows {
        assert_eq!(code(&world.ask(path, params).await), *expected, "{path} {params:?}");
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let Some(world) = World::new().await else { return };
    let long = "1".repeat(65);
    let very_long = "1".repeat(9000);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (path::LOAN_BOOK,      &[("barcode", "LW0000001"), ("opuser", "k")], "缺少参数 rdid"),
        (path::LOAN_BOOK,      &[("rdid", "LW20260001"), ("opuser", "k")], "缺少参数 barcode"),
        (path::LOAN_BOOK,      &[("rdid", "LW20260001"), ("barcode", "LW0000001")], "缺少参数 opuser"),
        (path::LOAN_BOOK,      &[("rdid", "LW20260001"), ("barcode", &long), ("opuser", "k")], "参数 barcode 过长，最多 64 个字符"),
        (path::LOAN_BOOK,      &[("rdid", "LW20260001"), ("barcode", "LW1"), ("opuser", "k"), ("attachmentloanflag", "9")], "参数 attachmentloanflag 的值不合规定，应为 1、2 或 3"),
        (path::CONFIRM_READER, &[("rdid", "LW20260001")], "缺少参数 rdpasswd"),
        (path::QUERY_HOLDING,  &[("bookrecno", "x")], "参数 bookrecno 的值不合规定，应为 整数"),
        (path::QUERY_HOLDING,  &[], "缺少参数 barcode"),
        (path::QUERY_HOLDING,  &[("barcode", "红楼梦")], "参数 barcode 的第 1 个字符不合规定，只能用字母、数字和 ASCII 符号（不含 |）"),
        (path::SEARCH_READER,  &[("rdid", &very_long)], "查询串过长，最多 8192 字节，请改用 POST"),
    ];
    for (path, params, expected) in rows {
        let answer = world.ask(path, params).await;
        assert_eq!((code(&answer), text(&answer)), ("R90400", *expected), "{path}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_form_are_refused() {
    let Some(world) = World::new().await else { return };
    let url = format!("{}{}", world.base, path::SEARCH_READER);
    let post = || world.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
    let answer = read(post().body(b"rdid=\xD0\xBB".to_vec())).await;
    assert_eq!((code(&answer), text(&answer)), ("R90401", "凭证无效，请重新获取"), "valid UTF-8");
    let answer = read(post().body(b"rdid=\xD0\xED".to_vec())).await;
    assert_eq!(
        (code(&answer), text(&answer)),
        ("R90400", "参数 rdid 不是 UTF-8 编码，请用 UTF-8 编码后再试")
    );
    let answer = read(post().body("rdid=1&".repeat(100_000))).await;
    assert_eq!(code(&answer), "R90400");
    let answer = read(world.http.post(&url).json(&json!({"rdid": "1"}))).await;
    assert!(code(&answer) == "R90400" && text(&answer).contains("Content-Type"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_answered() {
    let Some(world) = World::new().await else { return };
    let status = |method: reqwest::Method, path: &'static str| {
        let request = world.http.request(method, format!("{}{path}", world.base));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(status(reqwest::Method::GET, "/nowhere").await, 404);
    assert_eq!(status(reqwest::Method::GET, "/openlib/service/barcode/lendbook").await, 404);
    assert_eq!(status(reqwest::Method::PUT, path::LOAN_BOOK).await, 405);
    assert_eq!(status(reqwest::Method::HEAD, path::LOAN_BOOK).await, 405, "HEAD must not lend");
}

#[tokio::test]
async fn garbage_on_the_socket_does_no_harm() {
    let Some(world) = World::new().await else { return };
    for garbage in
        [&b"\x00\xFF\x16\x03\x01garbage\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"6300120261123\r"]
    {
        let mut socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
        socket.write_all(garbage).await.unwrap();
        socket.shutdown().await.unwrap();
        // Whatever it answers, it must end the connection.
        socket.read_to_end(&mut Vec::new()).await.ok();
    }
    assert_eq!(code(&world.lend("LW20260001", "LW0000001").await), "R90001");
}
