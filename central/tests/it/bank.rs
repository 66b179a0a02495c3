//! WeChat Pay and Alipay as a program on a socket: it believes nothing that is not signed by the merchant, signs what it
//! answers, and keeps orders as they do. An order of Alipay's is there once a phone has scanned its code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use central::payment::{MerchantKey, ProviderKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The number of an order, and whether it is WeChat's.
type Key = (bool, String);

#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) base: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    merchant: ProviderKey,
    own: MerchantKey,
    orders: BTreeMap<Key, Account>,
    /// calls so far, as `wechat create`
    calls: Vec<String>,
    how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    fen: i64,
    state: &'static str,
}

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// As it should.
    Well,
    /// It hangs up without an answer, and does nothing.
    Silent,
    /// It does what it is asked, and the answer is lost.
    Lost,
    /// It gives nothing back.
    Keeps,
    /// WeChat takes calls and never answers.
    WechatHangs,
}

impl Bank {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            merchant: ProviderKey::from_pem(&pem("merchant.pub")).unwrap(),
            own: MerchantKey::from_pem(&pem("provider")).unwrap(),
            orders: BTreeMap::new(),
            calls: Vec::new(),
            how: How::Well,
        };
        let bank = Self { base, inner: Arc::new(Mutex::new(inner)) };
        let server = bank.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                // A caller that hangs up is a caller's right.
                tokio::spawn(async move { drop(server.serve(stream).await) });
            }
        });
        bank
    }

    /// A file that names this bank for both providers.
    pub(crate) fn file(&self, folder: &Path, institution: &str, public: &str) -> PathBuf {
        let keys = testdata();
        std::fs::write(folder.join("apiv3.key"), SECRET).unwrap();
        let text = format!(
            "public = \"{public}\"\n\
             [[merchant]]\ninstitution = \"{institution}\"\nvia = \"wechat\"\nappid = \"wx1\"\nmchid = \"1900009191\"\n\
             serial = \"1DDE\"\nkey_file = \"{keys}/merchant.pem\"\nprovider_key_id = \"{KEY_ID}\"\n\
             provider_key_file = \"{keys}/provider.pub.pem\"\nsecret_file = \"apiv3.key\"\nhost = \"{base}\"\n\
             [[merchant]]\ninstitution = \"{institution}\"\nvia = \"alipay\"\napp_id = \"2014\"\n\
             key_file = \"{keys}/merchant.pem\"\nprovider_key_file = \"{keys}/provider.pub.pem\"\n\
             gateway = \"{base}/gateway.do\"\n",
            keys = keys.display(),
            base = self.base,
        );
        let path = folder.join("payment.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn behave(&self, how: How) {
        self.inner().how = how;
    }

    /// A phone scans a code and pays. Says whether that could be done.
    pub(crate) fn pay(&self, is_wechat: bool, number: &str) -> bool {
        let mut inner = self.inner();
        let Some(account) = inner.orders.get_mut(&(is_wechat, number.to_owned())) else { return false };
        let can = matches!(account.state, "made" | "scanned");
        if can {
            account.state = "paid";
        }
        can
    }

    /// The orders, as `wechat 1000 paid`.
    pub(crate) fn orders(&self) -> Vec<String> {
        let word =
            |(key, account): (&Key, &Account)| format!("{} {} {}", name(key.0), account.fen, account.state);
        self.inner().orders.iter().map(word).rev().collect()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.inner().calls.clone()
    }

    /// What WeChat signs, as headers of its answers and notifications.
    pub(crate) fn signed(&self, body: &str) -> Vec<(&'static str, String)> {
        let at = jiff::Timestamp::now().as_second();
        let signature = self.inner().own.sign(&format!("{at}\nnonce\n{body}\n")).unwrap();
        vec![
            ("Wechatpay-Timestamp", at.to_string()),
            ("Wechatpay-Nonce", "nonce".to_owned()),
            ("Wechatpay-Signature", signature),
            ("Wechatpay-Serial", KEY_ID.to_owned()),
        ]
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some(request) = Request::read(&mut stream).await? else { return Ok(()) };
        let how = self.inner().how;
        if how == How::Silent {
            return Ok(());
        }
        if how == How::WechatHangs && !request.path.starts_with("/gateway.do") {
            return std::future::pending().await;
        }
        let (status, headers, body) = if request.path.starts_with("/gateway.do") {
            (200, Vec::new(), self.inner().alipay(&request))
        } else {
            let (status, body) = self.inner().wechat(&request);
            (status, self.signed(&body), body)
        };
        if how == How::Lost {
            return Ok(());
        }
        let mut text =
            format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).await
    }
}

struct Request {
    method: String,
    path: String,
    authorization: String,
    body: String,
}

impl Request {
    async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Self>> {
        let (mut bytes, mut part) = (Vec::new(), [0_u8; 4096]);
        loop {
            let n = stream.read(&mut part).await?;
            if n == 0 {
                return Ok(None);
            }
            bytes.extend_from_slice(&part[..n]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let header = |name: &str| {
                let line =
                    head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
                line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value).to_owned()
            };
            if body.len() < header("content-length").parse().unwrap_or(0) {
                continue;
            }
            let mut first = head.split(' ');
            let (method, path) = (first.next().unwrap_or(""), first.next().unwrap_or(""));
            return Ok(Some(Self {
                method: method.to_owned(),
                path: path.to_owned(),
                authorization: header("authorization"),
                body: body.to_owned(),
            }));
        }
    }
}

impl Inner {
    fn wechat(&mut self, request: &Request) -> (u16, String) {
        let Request { method, path, authorization, body } = request;
        let of = |name: &str| {
            let rest = authorization.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
            rest.split('"').next().unwrap_or("").to_owned()
        };
        let signed = format!("{method}\n{path}\n{}\n{}\n{body}\n", of("timestamp"), of("nonce_str"));
        if self.merchant.verify(signed.as_bytes(), &of("signature")).is_err() || of("mchid") != "1900009191" {
            return refusal(401, "SIGN_ERROR");
        }
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let asked = path.strip_prefix("/v3/pay/transactions/out-trade-no/");
        match (path.as_str(), asked) {
            ("/v3/pay/transactions/native", _) => {
                let (number, fen) =
                    (text(&body["out_trade_no"]), body["amount"]["total"].as_i64().unwrap_or(0));
                self.calls.push("wechat create".to_owned());
                let made =
                    self.orders.entry((true, number.clone())).or_insert(Account { fen, state: "made" });
                if made.fen != fen || made.state != "made" {
                    return refusal(400, "OUT_TRADE_NO_USED");
                }
                (200, json!({ "code_url": format!("weixin://wxpay/bizpayurl?pr={number}") }).to_string())
            }
            ("/v3/refund/domestic/refunds", _) => {
                self.calls.push("wechat refund".to_owned());
                let number = text(&body["out_trade_no"]);
                let keeps = self.how == How::Keeps;
                match self.orders.get_mut(&(true, number)) {
                    Some(_) if keeps => refusal(403, "NOT_ENOUGH"),
                    Some(account)
                        if matches!(account.state, "paid" | "refunded")
                            && body["amount"]["refund"].as_i64() == Some(account.fen) =>
                    {
                        account.state = "refunded";
                        (200, json!({ "status": "PROCESSING", "refund_id": "5030" }).to_string())
                    }
                    Some(_) | None => refusal(400, "INVALID_REQUEST"),
                }
            }
            (_, Some(rest)) if method == "GET" => {
                self.calls.push("wechat query".to_owned());
                let number = rest.split('?').next().unwrap_or("").to_owned();
                let Some(account) = self.orders.get(&(true, number.clone())) else {
                    return refusal(404, "ORDER_NOT_EXIST");
                };
                let state = match account.state {
                    "made" => "NOTPAY",
                    "paid" => "SUCCESS",
                    "refunded" => "REFUND",
                    _ => "CLOSED",
                };
                let told = json!({ "out_trade_no": number, "trade_state": state, "transaction_id": "4200", "amount": { "total": account.fen } });
                (200, told.to_string())
            }
            (_, Some(rest)) => {
                self.calls.push("wechat close".to_owned());
                let number = rest.trim_end_matches("/close").to_owned();
                match self.orders.get_mut(&(true, number)) {
                    None => refusal(404, "ORDER_NOT_EXIST"),
                    Some(account) if account.state == "paid" => refusal(400, "ORDERPAID"),
                    Some(account) => {
                        account.state = "closed";
                        (204, String::new())
                    }
                }
            }
            _ => refusal(404, "NOT_FOUND"),
        }
    }

    fn alipay(&mut self, request: &Request) -> String {
        let parameters: BTreeMap<String, String> = pairs(&request.body);
        let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        let signed: Vec<String> = parameters
            .iter()
            .filter(|(name, value)| *name != "sign" && !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let content: Value = serde_json::from_str(&of("biz_content")).unwrap_or_default();
        let method = of("method");
        let is_signed = self.merchant.verify(signed.join("&").as_bytes(), &of("sign")).is_ok();
        let answer = if is_signed { self.trade(&method, &content) } else { failure("isv.invalid-signature") };
        let raw = answer.to_string();
        let sign = self.own.sign(&raw).unwrap();
        format!("{{\"{}_response\":{raw},\"sign\":\"{sign}\"}}", method.replace('.', "_"))
    }

    fn trade(&mut self, method: &str, content: &Value) -> Value {
        let number = text(&content["out_trade_no"]);
        let act = method.trim_start_matches("alipay.trade.");
        self.calls.push(format!("alipay {}", if act == "precreate" { "create" } else { act }));
        let keeps = self.how == How::Keeps;
        let account = self.orders.get_mut(&(false, number.clone()));
        match (act, account) {
            ("precreate", None) => {
                let fen = fen(&text(&content["total_amount"]));
                self.orders.insert((false, number.clone()), Account { fen, state: "made" });
                json!({ "code": "10000", "qr_code": format!("https://qr.alipay.com/{number}") })
            }
            ("precreate", Some(account)) if account.state == "made" => {
                json!({ "code": "10000", "qr_code": format!("https://qr.alipay.com/{number}") })
            }
            ("query", Some(account)) if account.state != "made" => {
                let status = match account.state {
                    "scanned" => "WAIT_BUYER_PAY",
                    "paid" => "TRADE_SUCCESS",
                    _ => "TRADE_CLOSED",
                };
                let total = format!("{}.{:02}", account.fen / 100, account.fen % 100);
                json!({ "code": "10000", "out_trade_no": number, "trade_no": "2026", "trade_status": status, "total_amount": total })
            }
            ("cancel", Some(account)) => {
                account.state = if account.state == "paid" { "refunded" } else { "closed" };
                json!({ "code": "10000", "retry_flag": "N" })
            }
            ("refund", Some(_)) if keeps => failure("ACQ.SELLER_BALANCE_NOT_ENOUGH"),
            ("refund", Some(account)) if matches!(account.state, "paid" | "refunded") => {
                account.state = "refunded";
                json!({ "code": "10000", "fund_change": "Y" })
            }
            _ => failure("ACQ.TRADE_NOT_EXIST"),
        }
    }
}

const fn name(is_wechat: bool) -> &'static str {
    if is_wechat { "wechat" } else { "alipay" }
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, json!({ "code": code, "message": code }).to_string())
}

fn failure(code: &str) -> Value {
    json!({ "code": "40004", "msg": "Business Failed", "sub_code": code })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn fen(yuan: &str) -> i64 {
    yuan.replace('.', "").parse().unwrap_or(0)
}

fn pairs(form: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let (mut bytes, raw) = (Vec::new(), text.as_bytes());
        let mut at = 0;
        while at < raw.len() {
            let pair = text.get(at + 1..at + 3).filter(|_| raw[at] == b'%');
            let digits = pair.map(|pair| u8::from_str_radix(pair, 16).unwrap_or(0));
            bytes.push(digits.unwrap_or(if raw[at] == b'+' { b' ' } else { raw[at] }));
            at += if digits.is_some() { 3 } else { 1 };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../central/testdata")
}

fn pem(name: &str) -> String {
    std::fs::read_to_string(testdata().join(format!("{name}.pem"))).unwrap()
}

const SECRET: &str = "an-invented-key-of-32-characters";
const KEY_ID: &str = "PUB_KEY_ID_0119000091912025";
