//! Alipay, precreate: the patron scans a code.
//!
//! ```text
//!   signed by the merchant   all parameters but `sign`, sorted, as k=v joined by &, not encoded
//!   signed by Alipay         the bytes of "alipay_.._response" as they stand in the answer
//!   a notification           all parameters but `sign` and `sign_type`, sorted, decoded, as k=v joined by &
//! ```
//! # Spec
//! Alipay open platform: common parameters, RSA2 (PKCS#1 v1.5 with SHA-256), asynchronous notification;
//! alipay.trade.precreate, query, cancel, refund.

use std::collections::BTreeMap;
use std::fmt;

use circulation::money::Amount;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call, MerchantKey, Method, Moment, Order, OrderNumber, PaymentError, Provider, ProviderKey,
    Trade, TradeState, has_amount,
};

/// A merchant of Alipay.
pub struct Alipay {
    /// The app.
    pub app_id: String,
    /// The merchant's key.
    pub key: MerchantKey,
    /// Alipay's public key.
    pub provider: ProviderKey,
    /// Where notifications are to come.
    pub notify_url: String,
    /// Where it is asked; [`Alipay::GATEWAY`] but in its sandbox and in tests.
    pub gateway: String,
}

impl fmt::Debug for Alipay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alipay").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Response {
    code: String,
    #[serde(default)]
    msg: String,
    sub_code: Option<String>,
    sub_msg: Option<String>,
    qr_code: Option<String>,
    out_trade_no: Option<String>,
    trade_no: Option<String>,
    trade_status: Option<String>,
    total_amount: Option<String>,
}

impl Alipay {
    /// Alipay's own.
    pub const GATEWAY: &str = "https://openapi.alipay.com/gateway.do";

    fn call(&self, method: &str, content: &Value, moment: &Moment) -> Result<Call, PaymentError> {
        // The platform's clock is China's, which has no summer time.
        let at = CHINA.to_datetime(moment.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut parameters = BTreeMap::from([
            ("app_id", self.app_id.clone()),
            ("biz_content", content.to_string()),
            ("charset", "utf-8".to_owned()),
            ("format", "JSON".to_owned()),
            ("method", method.to_owned()),
            ("notify_url", self.notify_url.clone()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", at),
            ("version", "1.0".to_owned()),
        ]);
        let sign = self.key.sign(&joined(&parameters))?;
        parameters.insert("sign", sign);
        let body: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let content_type = "application/x-www-form-urlencoded;charset=utf-8".to_owned();
        let headers = vec![("Content-Type", content_type)];
        Ok(Call { method: Method::Post, url: self.gateway.clone(), headers, body: body.join("&") })
    }

    /// The response of an answer that is Alipay's; `name` is its method's, with low lines.
    fn read(&self, answer: Answer<'_>, name: &str) -> Result<Response, PaymentError> {
        let text = str::from_utf8(answer.body).map_err(|_| PaymentError::Shape { what: "the body" })?;
        let raw = response(text, name).ok_or(PaymentError::Shape { what: "the response" })?;
        let whole: Value =
            serde_json::from_str(text).map_err(|_| PaymentError::Shape { what: "the body" })?;
        let sign = whole.get("sign").and_then(Value::as_str).ok_or(PaymentError::Signature)?;
        self.provider.verify(raw.as_bytes(), sign)?;
        let response: Response =
            serde_json::from_str(raw).map_err(|_| PaymentError::Shape { what: "the response" })?;
        if response.code == DONE {
            return Ok(response);
        }
        let code = response.sub_code.unwrap_or(response.code);
        Err(PaymentError::Refused { code, message: response.sub_msg.unwrap_or(response.msg) })
    }
}

impl Provider for Alipay {
    fn create(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError> {
        has_amount(order)?;
        let expires = CHINA.to_datetime(order.expires).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let content = json!({
            "out_trade_no": order.number.as_str(),
            "total_amount": order.amount.to_string(),
            "subject": order.subject,
            "time_expire": expires,
        });
        self.call("alipay.trade.precreate", &content, moment)
    }

    fn created(&self, answer: Answer<'_>, _now: Timestamp) -> Result<String, PaymentError> {
        let response = self.read(answer, "alipay_trade_precreate_response")?;
        response.qr_code.ok_or(PaymentError::Shape { what: "qr_code" })
    }

    fn query(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError> {
        self.call("alipay.trade.query", &json!({ "out_trade_no": order.as_str() }), moment)
    }

    fn queried(&self, answer: Answer<'_>, _now: Timestamp) -> Result<Trade, PaymentError> {
        let response = self.read(answer, "alipay_trade_query_response")?;
        let order = response.out_trade_no.ok_or(PaymentError::Shape { what: "out_trade_no" })?;
        trade(order, response.trade_status.as_deref(), response.total_amount.as_deref(), response.trade_no)
    }

    fn close(&self, order: &OrderNumber, moment: &Moment) -> Result<Call, PaymentError> {
        self.call("alipay.trade.cancel", &json!({ "out_trade_no": order.as_str() }), moment)
    }

    fn refund(&self, order: &Order, moment: &Moment) -> Result<Call, PaymentError> {
        has_amount(order)?;
        let content = json!({
            "out_trade_no": order.number.as_str(),
            "refund_amount": order.amount.to_string(),
            // One refund of an order: asked for twice, it is the same one.
            "out_request_no": format!("{}-R", order.number),
        });
        self.call("alipay.trade.refund", &content, moment)
    }

    fn closed(&self, answer: Answer<'_>, _now: Timestamp) -> Result<(), PaymentError> {
        self.read(answer, "alipay_trade_cancel_response").map(drop)
    }

    fn refunded(&self, answer: Answer<'_>, _now: Timestamp) -> Result<(), PaymentError> {
        self.read(answer, "alipay_trade_refund_response").map(drop)
    }

    fn notified(&self, answer: Answer<'_>, _now: Timestamp) -> Result<Trade, PaymentError> {
        let text = str::from_utf8(answer.body).map_err(|_| PaymentError::Shape { what: "the body" })?;
        let mut parameters = BTreeMap::new();
        for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
            let decode = |text| decoded(text).ok_or(PaymentError::Shape { what: "the body" });
            parameters.insert(decode(name)?, decode(value)?);
        }
        let sign = parameters.remove("sign").ok_or(PaymentError::Signature)?;
        parameters.remove("sign_type");
        self.provider.verify(joined(&parameters).as_bytes(), &sign)?;
        if parameters.get("app_id") != Some(&self.app_id) {
            return Err(PaymentError::Shape { what: "app_id" });
        }
        let order = parameters.remove("out_trade_no").ok_or(PaymentError::Shape { what: "out_trade_no" })?;
        let of = |name: &str| parameters.get(name).map(String::as_str);
        trade(order, of("trade_status"), of("total_amount"), of("trade_no").map(str::to_owned))
    }
}

fn trade(
    order: String,
    status: Option<&str>,
    amount: Option<&str>,
    transaction: Option<String>,
) -> Result<Trade, PaymentError> {
    let state = match status {
        Some("WAIT_BUYER_PAY") => TradeState::Open,
        Some("TRADE_SUCCESS" | "TRADE_FINISHED") => TradeState::Paid,
        Some("TRADE_CLOSED") => TradeState::Closed,
        Some(_) | None => return Err(PaymentError::Shape { what: "trade_status" }),
    };
    Ok(Trade { order, amount: amount.and_then(Amount::parse_yuan), state, transaction })
}

fn joined<K: AsRef<str>>(parameters: &BTreeMap<K, String>) -> String {
    let pairs = parameters.iter().filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| format!("{}={value}", name.as_ref())).collect::<Vec<_>>().join("&")
}

/// The response as it stands in the text: what Alipay signed. Its braces are counted, but none within a string.
fn response<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = text.find(&format!("\"{name}\""))? + name.len() + 2;
    let open = start + text.get(start..)?.find('{')?;
    let (mut depth, mut is_string, mut is_escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'{' if !is_string => depth += 1,
            b'}' if !is_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return text.get(open..=at);
                }
            }
            _ => {}
        }
    }
    None
}

fn encoded(value: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(letter).collect()
}

fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit =
                    || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                (digit()? << 4) | digit()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

const DONE: &str = "10000";
const CHINA: Offset = jiff::tz::offset(8);
