//! WeChat Pay, Native: the patron scans a code.
//!
//! ```text
//!   signed by the merchant   METHOD ⏎ path?query ⏎ timestamp ⏎ nonce ⏎ body ⏎
//!   signed by WeChat         timestamp ⏎ nonce ⏎ body ⏎
//!   a notification           {"resource": {"ciphertext", "nonce", "associated_data"}}   AES-256-GCM, the APIv3 key
//! ```
//! # Spec
//! WeChat Pay APIv3: signature (WECHATPAY2-SHA256-RSA2048), verification, notification; Native prepay, query, close,
//! refund. The provider's key is the one called "WeChat Pay public key" (`PUB_KEY_ID_..`); platform certificates, which
//! it replaces, are not taken.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circulation::money::Amount;
use jiff::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::Deserialize;
use serde_json::json;

use super::{
    Answer, Call, MerchantKey, Method, Moment, Order, OrderNumber, PaymentError, Provider, ProviderKey,
    Trade, TradeState, has_amount,
};

/// A merchant of WeChat Pay.
pub struct WeChat {
    /// The app.
    pub appid: String,
    /// The merchant.
    pub mchid: String,
    /// The serial number of the merchant's certificate.
    pub serial: String,
    /// The merchant's key.
    pub key: MerchantKey,
    /// The id of WeChat's public key.
    pub provider_id: String,
    /// WeChat's public key.
    pub provider: ProviderKey,
    /// The APIv3 key, 32 bytes.
    pub secret: [u8; 32],
    /// Where notifications are to come; HTTPS.
    pub notify_url: String,
    /// Scheme and host; [`WeChat::HOST`] but in tests.
    pub host: String,
}

impl fmt::Debug for WeChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChat").field("mchid", &self.mchid).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Created {
    code_url: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Told {
    out_trade_no: String,
    trade_state: String,
    transaction_id: Option<String>,
    amount: Option<Total>,
}

#[derive(Deserialize)]
struct Total {
    total: i64,
}

/// An answer of which nothing is read.
#[derive(Deserialize)]
struct Silence {}

#[derive(Deserialize)]
struct Refunded {
    status: String,
}

#[derive(Deserialize)]
struct Notification {
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    algorithm: String,
    ciphertext: String,
    nonce: String,
    #[serde(default)]
    associated_data: String,
}

impl WeChat {
    /// WeChat Pay's own.
    pub const HOST: &str = "https://api.mch.weixin.qq.com";

    fn call(&self, method: Method, path: &str, body: String, moment: &Moment) -> Result<Call, PaymentError> {
        let (verb, at) = (verb(method), moment.at.as_second());
        let Moment { nonce, .. } = moment;
        let signature = self.key.sign(&format!("{verb}\n{path}\n{at}\n{nonce}\n{body}\n"))?;
        let Self { mchid, serial, .. } = self;
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
             timestamp=\"{at}\",serial_no=\"{serial}\""
        );
        let mut headers = vec![("Authorization", authorization), ("Accept", "application/json".to_owned())];
        if method == Method::Post {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        headers.push(("Wechatpay-Serial", self.provider_id.clone()));
        Ok(Call { method, url: format!("{}{path}", self.host), headers, body })
    }

    /// Whether an answer is WeChat's, and of now.
    fn verify(&self, answer: &Answer<'_>, now: Timestamp) -> Result<(), PaymentError> {
        let (at, nonce) = (answer.header("Wechatpay-Timestamp")?, answer.header("Wechatpay-Nonce")?);
        let (signature, id) = (answer.header("Wechatpay-Signature")?, answer.header("Wechatpay-Serial")?);
        if id != self.provider_id {
            return Err(PaymentError::UnknownKey { id: id.to_owned() });
        }
        let seconds: i64 = at.parse().map_err(|_| PaymentError::Shape { what: "Wechatpay-Timestamp" })?;
        let apart = now.as_second().saturating_sub(seconds);
        if apart.abs() >= MAX_APART {
            return Err(PaymentError::Stale { seconds: apart });
        }
        let text = [at.as_bytes(), b"\n", nonce.as_bytes(), b"\n", answer.body, b"\n"].concat();
        self.provider.verify(&text, signature)
    }

    /// The body of an answer that is WeChat's and no refusal.
    fn read<'a, T: Deserialize<'a>>(&self, answer: Answer<'a>, now: Timestamp) -> Result<T, PaymentError> {
        self.verify(&answer, now)?;
        if !(200..300).contains(&answer.status) {
            let Refusal { code, message } = parse(answer.body)?;
            return Err(PaymentError::Refused { code, message });
        }
        parse(answer.body)
    }

    fn decrypt(&self, resource: &Resource) -> Result<Vec<u8>, PaymentError> {
        if resource.algorithm != "AEAD_AES_256_GCM" {
            return Err(PaymentError::Shape { what: "algorithm" });
        }
        let mut bytes =
            STANDARD.decode(&resource.ciphertext).map_err(|_| PaymentError::Shape { what: "ciphertext" })?;
        let nonce = Nonce::try_assume_unique_for_key(resource.nonce.as_bytes())
            .map_err(|_| PaymentError::Shape { what: "nonce" })?;
        let key = UnboundKey::new(&AES_256_GCM, &self.secret).map_err(|_| PaymentError::Signature)?;
        let aad = Aad::from(resource.associated_data.as_bytes());
        let open = LessSafeKey::new(key).open_in_place(nonce, aad, &mut bytes);
        open.map(|plain| plain.to_vec()).map_err(|_| PaymentError::Signature)
    }
}

impl Provider for WeChat {
    fn create(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError> {
        has_amount(order)?;
        let body = json!({
            "appid": self.appid,
            "mchid": self.mchid,
            "description": order.subject,
            "out_trade_no": order.number.as_str(),
            "time_expire": order.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "notify_url": self.notify_url,
            "amount": { "total": order.amount.fen(), "currency": "CNY" },
        });
        self.call(Method::Post, "/v3/pay/transactions/native", body.to_string(), moment)
    }

    fn created(&self, answer: Answer<'_>, now: Timestamp) -> Result<String, PaymentError> {
        self.read::<Created>(answer, now).map(|created| created.code_url)
    }

    fn query(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{order}?mchid={}", self.mchid);
        self.call(Method::Get, &path, String::new(), moment)
    }

    fn queried(&self, answer: Answer<'_>, now: Timestamp) -> Result<Trade, PaymentError> {
        self.read::<Told>(answer, now).and_then(trade)
    }

    fn close(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{order}/close");
        self.call(Method::Post, &path, json!({ "mchid": self.mchid }).to_string(), moment)
    }

    fn refund(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError> {
        has_amount(order)?;
        let fen = order.amount.fen();
        let body = json!({
            "out_trade_no": order.number.as_str(),
            // One refund of an order: asked for twice, it is the same one.
            "out_refund_no": format!("{}-R", order.number),
            "amount": { "refund": fen, "total": fen, "currency": "CNY" },
        });
        self.call(Method::Post, "/v3/refund/domestic/refunds", body.to_string(), moment)
    }

    fn closed(&self, answer: Answer<'_>, now: Timestamp) -> Result<(), PaymentError> {
        // 204: there is nothing to read, but a signature all the same.
        if answer.status == 204 {
            self.verify(&answer, now)
        } else {
            self.read::<Silence>(answer, now).map(drop)
        }
    }

    fn refunded(&self, answer: Answer<'_>, now: Timestamp) -> Result<(), PaymentError> {
        let Refunded { status } = self.read(answer, now)?;
        match status.as_str() {
            "SUCCESS" | "PROCESSING" => Ok(()),
            // The patron's account takes nothing: staff has to do it at WeChat's own desk.
            "ABNORMAL" | "CLOSED" => Err(PaymentError::Refused { code: status, message: String::new() }),
            _ => Err(PaymentError::Shape { what: "status" }),
        }
    }

    fn notified(&self, answer: Answer<'_>, now: Timestamp) -> Result<Trade, PaymentError> {
        self.verify(&answer, now)?;
        let Notification { resource } = parse(answer.body)?;
        trade(parse(&self.decrypt(&resource)?)?)
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, PaymentError> {
    serde_json::from_slice(body).map_err(|_| PaymentError::Shape { what: "the body" })
}

fn trade(told: Told) -> Result<Trade, PaymentError> {
    let state = match told.trade_state.as_str() {
        "SUCCESS" => TradeState::Paid,
        "NOTPAY" | "USERPAYING" | "ACCEPT" => TradeState::Open,
        "CLOSED" | "REVOKED" | "PAYERROR" => TradeState::Closed,
        "REFUND" => TradeState::Refunded,
        _ => return Err(PaymentError::Shape { what: "trade_state" }),
    };
    let amount = told.amount.map(|amount| Amount::from_fen(amount.total));
    Ok(Trade { order: told.out_trade_no, amount, state, transaction: told.transaction_id })
}

const fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

/// Seconds between WeChat's clock and ours.
const MAX_APART: i64 = 300;
