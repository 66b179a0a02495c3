//! Both providers: what is signed, what is believed, what is not.

use serde_json::{Value, json};

use super::*;

const MERCHANT: &str = include_str!("../../testdata/merchant.pem");
const MERCHANT_PUBLIC: &str = include_str!("../../testdata/merchant.pub.pem");
const PROVIDER: &str = include_str!("../../testdata/provider.pem");
const PROVIDER_PUBLIC: &str = include_str!("../../testdata/provider.pub.pem");
const SECRET: [u8; 32] = *b"an-invented-key-of-32-characters";

fn wechat() -> WeChat {
    WeChat {
        appid: "wxd678efh567hg6787".to_owned(),
        mchid: "1900009191".to_owned(),
        serial: "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C".to_owned(),
        key: MerchantKey::from_pem(MERCHANT).unwrap(),
        provider_id: "PUB_KEY_ID_0119000091912025".to_owned(),
        provider: ProviderKey::from_pem(PROVIDER_PUBLIC).unwrap(),
        secret: SECRET,
        notify_url: "https://library.example.org/pay/wechat".to_owned(),
        host: WeChat::HOST.to_owned(),
    }
}

fn alipay() -> Alipay {
    Alipay {
        app_id: "2014072300007148".to_owned(),
        key: MerchantKey::from_pem(MERCHANT).unwrap(),
        provider: ProviderKey::from_pem(PROVIDER_PUBLIC).unwrap(),
        notify_url: "https://library.example.org/pay/alipay".to_owned(),
        gateway: Alipay::GATEWAY.to_owned(),
    }
}

fn moment() -> Moment {
    let at = jiff::Timestamp::from_second(1_554_208_460).unwrap();
    Moment { at, nonce: "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned() }
}

fn order() -> Order {
    Order {
        number: OrderNumber::parse("LW01-K1-0192f3a4").unwrap(),
        amount: Amount::from_fen(1050),
        subject: "补办读者证工本费".to_owned(),
        expires: jiff::Timestamp::from_second(1_554_209_060).unwrap(),
    }
}

/// The text between quotes behind `name=`.
fn quoted<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split_once(&format!("{name}=\"")).unwrap().1;
    rest.split_once('"').unwrap().0
}

fn provider_signs(text: &str) -> String {
    MerchantKey::from_pem(PROVIDER).unwrap().sign(text).unwrap()
}

#[test]
fn wechat_is_asked_as_documented() {
    let merchant = ProviderKey::from_pem(MERCHANT_PUBLIC).unwrap();
    let (wechat, order, moment) = (wechat(), order(), moment());
    for (call, verb, path) in [
        (wechat.create(&order, &moment), "POST", "/v3/pay/transactions/native"),
        (
            wechat.query(&order.number, &moment),
            "GET",
            "/v3/pay/transactions/out-trade-no/LW01-K1-0192f3a4?mchid=1900009191",
        ),
        (
            wechat.close(&order.number, &moment),
            "POST",
            "/v3/pay/transactions/out-trade-no/LW01-K1-0192f3a4/close",
        ),
        (wechat.refund(&order, &moment), "POST", "/v3/refund/domestic/refunds"),
    ] {
        let call = call.unwrap();
        assert_eq!(call.url, format!("https://api.mch.weixin.qq.com{path}"));
        let authorization = &call.headers[0].1;
        assert!(
            authorization.starts_with("WECHATPAY2-SHA256-RSA2048 mchid=\"1900009191\","),
            "{authorization}"
        );
        assert_eq!(quoted(authorization, "timestamp"), "1554208460");
        assert_eq!(quoted(authorization, "nonce_str"), moment.nonce);
        assert_eq!(quoted(authorization, "serial_no"), wechat.serial);
        let signed = format!("{verb}\n{path}\n1554208460\n{}\n{}\n", moment.nonce, call.body);
        assert_eq!(merchant.verify(signed.as_bytes(), quoted(authorization, "signature")), Ok(()));
        assert!(call.headers.iter().all(|(_, value)| !value.contains("PRIVATE")));
    }
    let body: Value = serde_json::from_str(&wechat.create(&order, &moment).unwrap().body).unwrap();
    assert_eq!(body["amount"], json!({ "total": 1050, "currency": "CNY" }));
    assert_eq!(body["time_expire"], "2019-04-02T12:44:20Z");
    let nothing = Order { amount: Amount::from_fen(0), ..order };
    assert_eq!(wechat.create(&nothing, &moment), Err(PaymentError::NoAmount));
    assert_eq!(format!("{wechat:?}"), "WeChat { mchid: \"1900009191\", .. }");
}

/// An answer as WeChat signs it, at a moment.
fn answered<T>(status: u16, body: &str, seconds: i64, read: impl FnOnce(Answer<'_>) -> T) -> T {
    let signature = provider_signs(&format!("{seconds}\nabc\n{body}\n"));
    let at = seconds.to_string();
    let headers = [
        ("wechatpay-timestamp", at.as_str()),
        ("Wechatpay-Nonce", "abc"),
        ("Wechatpay-Signature", signature.as_str()),
        ("Wechatpay-Serial", "PUB_KEY_ID_0119000091912025"),
    ];
    read(Answer { status, headers: &headers, body: body.as_bytes() })
}

#[test]
fn wechat_is_believed_only_with_its_signature() {
    let (wechat, now) = (wechat(), moment().at);
    let seconds = now.as_second();
    let code = r#"{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}"#;
    let created = answered(200, code, seconds, |answer| wechat.created(answer, now));
    assert_eq!(created.as_deref(), Ok("weixin://wxpay/bizpayurl?pr=p4lpSuKzz"));
    for apart in [300, -300, 100_000] {
        let stale = answered(200, code, seconds - apart, |answer| wechat.created(answer, now));
        assert_eq!(stale, Err(PaymentError::Stale { seconds: apart }));
    }
    let forged = answered(200, code, seconds, |answer| {
        let other = code.replace("p4lp", "evil");
        wechat.created(Answer { body: other.as_bytes(), ..answer }, now)
    });
    assert_eq!(forged, Err(PaymentError::Signature));
    let foreign = answered(200, code, seconds, |answer| {
        let headers: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| (*name, if *name == "Wechatpay-Serial" { "other" } else { value }))
            .collect();
        wechat.created(Answer { headers: &headers, ..answer }, now)
    });
    assert_eq!(foreign, Err(PaymentError::UnknownKey { id: "other".to_owned() }));
    let unsigned = wechat.created(Answer { status: 200, headers: &[], body: code.as_bytes() }, now);
    assert!(matches!(unsigned, Err(PaymentError::Shape { .. })));
    let refused = r#"{"code":"ORDERPAID","message":"订单已支付"}"#;
    let refused = answered(400, refused, seconds, |answer| wechat.created(answer, now));
    assert!(matches!(refused, Err(PaymentError::Refused { code, .. }) if code == "ORDERPAID"));
}

#[test]
fn a_trade_settles_its_own_order_alone() {
    let (wechat, now, order) = (wechat(), moment().at, order());
    let asked = |state: &str, number: &str, fen: i64| {
        let body = json!({ "out_trade_no": number, "trade_state": state, "transaction_id": "4200", "amount": { "total": fen } });
        answered(200, &body.to_string(), now.as_second(), |answer| wechat.queried(answer, now)).unwrap()
    };
    assert!(asked("SUCCESS", order.number.as_str(), 1050).settles(&order));
    assert!(!asked("SUCCESS", order.number.as_str(), 1049).settles(&order));
    assert!(!asked("SUCCESS", "LW01-K1-other", 1050).settles(&order));
    for (word, state) in
        [("NOTPAY", TradeState::Open), ("CLOSED", TradeState::Closed), ("REFUND", TradeState::Refunded)]
    {
        let trade = asked(word, order.number.as_str(), 1050);
        assert_eq!((trade.state, trade.settles(&order)), (state, false));
    }
}

/// Sealed by another program (Python's cryptography 50, AESGCM) with [`SECRET`].
#[test]
fn a_notification_is_opened_with_the_secret_of_both() {
    let (wechat, now) = (wechat(), moment().at);
    let sealed = include_str!("../../testdata/notification.txt").trim();
    let body = |ciphertext: &str, nonce: &str| {
        json!({
            "id": "EV-1", "event_type": "TRANSACTION.SUCCESS",
            "resource": { "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext, "nonce": nonce, "associated_data": "transaction" }
        })
        .to_string()
    };
    let told = |body: &str| answered(200, body, now.as_second(), |answer| wechat.notified(answer, now));
    let trade = told(&body(sealed, "0123456789ab")).unwrap();
    assert!(trade.settles(&order()), "{trade:?}");
    assert_eq!(told(&body(sealed, "0123456789ac")), Err(PaymentError::Signature));
    assert_eq!(told(&body("AAAA", "0123456789ab")), Err(PaymentError::Signature));
    assert!(matches!(told(&body(sealed, "short")), Err(PaymentError::Shape { what: "nonce" })));
    assert!(matches!(told("{}"), Err(PaymentError::Shape { .. })));
}

#[test]
fn alipay_is_asked_as_documented() {
    let merchant = ProviderKey::from_pem(MERCHANT_PUBLIC).unwrap();
    let (alipay, order, moment) = (alipay(), order(), moment());
    for (call, method) in [
        (alipay.create(&order, &moment), "alipay.trade.precreate"),
        (alipay.query(&order.number, &moment), "alipay.trade.query"),
        (alipay.close(&order.number, &moment), "alipay.trade.cancel"),
        (alipay.refund(&order, &moment), "alipay.trade.refund"),
    ] {
        let call = call.unwrap();
        let decoded = |text: &str| {
            let text = text.replace('%', "\\x");
            let mut bytes = Vec::new();
            let mut rest = text.as_bytes();
            while let [first, tail @ ..] = rest {
                if let [b'\\', b'x', high, low, tail @ ..] = rest {
                    let digits = [*high, *low];
                    bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
                    rest = tail;
                } else {
                    bytes.push(*first);
                    rest = tail;
                }
            }
            String::from_utf8(bytes).unwrap()
        };
        let pairs: Vec<(String, String)> = call
            .body
            .split('&')
            .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), decoded(value))).unwrap())
            .collect();
        let of = |name: &str| pairs.iter().find(|(other, _)| other == name).unwrap().1.clone();
        assert_eq!((of("method"), of("timestamp")), (method.to_owned(), "2019-04-02 20:34:20".to_owned()));
        let signed: Vec<String> = pairs
            .iter()
            .filter(|(name, _)| name != "sign")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert!(signed.is_sorted());
        assert_eq!(merchant.verify(signed.join("&").as_bytes(), &of("sign")), Ok(()), "{method}");
    }
}

#[test]
fn alipay_is_believed_only_with_its_signature() {
    let (alipay, now) = (alipay(), moment().at);
    let raw = r#"{"code":"10000","msg":"Success","out_trade_no":"LW01-K1-0192f3a4","qr_code":"https:\/\/qr.alipay.com\/bax0}{\""}"#;
    let whole =
        |raw: &str, sign: &str| format!("{{\"alipay_trade_precreate_response\":{raw},\"sign\":\"{sign}\"}}");
    let read =
        |body: String| alipay.created(Answer { status: 200, headers: &[], body: body.as_bytes() }, now);
    assert_eq!(read(whole(raw, &provider_signs(raw))).as_deref(), Ok("https://qr.alipay.com/bax0}{\""));
    assert_eq!(read(whole(&raw.replace("bax0", "evil"), &provider_signs(raw))), Err(PaymentError::Signature));
    assert_eq!(read(whole(raw, "AAAA")), Err(PaymentError::Signature));
    let refusal =
        r#"{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_HAS_CLOSE","sub_msg":"closed"}"#;
    let refused = read(whole(refusal, &provider_signs(refusal)));
    assert!(matches!(refused, Err(PaymentError::Refused { code, .. }) if code == "ACQ.TRADE_HAS_CLOSE"));
    for broken in ["", "{}", "{\"alipay_trade_precreate_response\":{", "null"] {
        assert!(matches!(read(broken.to_owned()), Err(PaymentError::Shape { .. })), "{broken}");
    }
}

#[test]
fn an_alipay_notification_is_read_as_it_was_signed() {
    let (alipay, now) = (alipay(), moment().at);
    let text = "app_id=2014072300007148&out_trade_no=LW01-K1-0192f3a4&subject=补办 证&total_amount=10.50&trade_no=2026&trade_status=TRADE_SUCCESS";
    let sign = provider_signs(text).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let subject = "%E8%A1%A5%E5%8A%9E+%E8%AF%81";
    let body = |amount: &str| {
        format!(
            "trade_status=TRADE_SUCCESS&total_amount={amount}&sign_type=RSA2&sign={sign}&trade_no=2026&subject={subject}\
             &app_id=2014072300007148&out_trade_no=LW01-K1-0192f3a4"
        )
    };
    let read =
        |body: String| alipay.notified(Answer { status: 200, headers: &[], body: body.as_bytes() }, now);
    assert!(read(body("10.50")).unwrap().settles(&order()));
    assert_eq!(read(body("0.01")), Err(PaymentError::Signature));
    assert_eq!(read("trade_status=TRADE_SUCCESS".to_owned()), Err(PaymentError::Signature));
    assert!(read("sign=%zz".to_owned()).is_err());
}

#[test]
fn what_is_closed_and_given_back_is_read() {
    let (wechat, alipay, now) = (wechat(), alipay(), moment().at);
    let seconds = now.as_second();
    assert_eq!(answered(204, "", seconds, |answer| wechat.closed(answer, now)), Ok(()));
    let unsigned = wechat.closed(Answer { status: 204, headers: &[], body: b"" }, now);
    assert!(matches!(unsigned, Err(PaymentError::Shape { .. })));
    let unknown = r#"{"code":"ORDER_NOT_EXIST","message":"no such order"}"#;
    let unknown = answered(404, unknown, seconds, |answer| wechat.closed(answer, now));
    assert!(unknown.unwrap_err().is_unknown_order());
    for (status, is_given) in [("SUCCESS", true), ("PROCESSING", true), ("ABNORMAL", false), ("?", false)] {
        let body = json!({ "status": status, "refund_id": "5030" }).to_string();
        let given = answered(200, &body, seconds, |answer| wechat.refunded(answer, now));
        assert_eq!(given.is_ok(), is_given, "{status}");
    }
    let signed = |method: &str, raw: &str| {
        format!("{{\"alipay_trade_{method}_response\":{raw},\"sign\":\"{}\"}}", provider_signs(raw))
    };
    let done = r#"{"code":"10000","msg":"Success","fund_change":"Y"}"#;
    let read = |body: &str, is_refund| {
        let answer = Answer { status: 200, headers: &[], body: body.as_bytes() };
        if is_refund { alipay.refunded(answer, now) } else { alipay.closed(answer, now) }
    };
    assert_eq!(read(&signed("cancel", done), false), Ok(()));
    assert_eq!(read(&signed("refund", done), true), Ok(()));
    assert!(read(&signed("refund", done), false).is_err(), "the answer to another question");
    let unknown = r#"{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_NOT_EXIST"}"#;
    assert!(read(&signed("cancel", unknown), false).unwrap_err().is_unknown_order());
}

#[test]
fn a_library_that_takes_nothing_asks_nobody() {
    assert_eq!(Free.create(&order(), &moment()), Err(PaymentError::Free));
}

#[test]
fn keys_and_numbers_are_parsed() {
    assert!(matches!(MerchantKey::from_pem("nothing"), Err(KeyError::Pem)));
    assert!(matches!(MerchantKey::from_pem(MERCHANT_PUBLIC), Err(KeyError::Pem)));
    assert!(matches!(ProviderKey::from_pem(MERCHANT), Err(KeyError::Pem)));
    assert_eq!(format!("{:?}", MerchantKey::from_pem(MERCHANT).unwrap()), "MerchantKey(…)");
    for wrong in ["", "short", "LW01 K1", "证LW0001", &"1".repeat(33)] {
        assert_eq!(OrderNumber::parse(wrong), None, "{wrong}");
    }
}
