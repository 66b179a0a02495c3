//! Parameters: `name=value&..`, percent-encoded UTF-8, from the query and from a form body.
//!
//! Unknown names are ignored; a name given twice with two values is refused, for nobody can say which one is meant.

use circulation::id::{IdError, ItemId, MAX_LEN, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};

use super::{MAX_BODY, MAX_QUERY};

/// The parameters of one call. Has no `Debug`: it carries passwords.
pub(super) struct Params(Vec<(String, String)>);

/// What is wrong with the parameters, in words for whoever writes a client.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadParameter {
    #[error("缺少参数 {0}")]
    Missing(&'static str),
    #[error("参数 {0} 过长，最多 {1} 个字符")]
    TooLong(String, usize),
    #[error("参数 {0} 的第 {1} 个字符不合规定，只能用字母、数字和 ASCII 符号（不含 |）")]
    BadCharacter(&'static str, usize),
    #[error("参数 {0} 的值不合规定，应为 {1}")]
    BadValue(&'static str, &'static str),
    #[error("参数 {0} 不是 UTF-8 编码，请用 UTF-8 编码后再试")]
    NotUtf8(String),
    #[error("参数 {0} 含有空字符 (NUL)，请去掉后再试")]
    HasNul(String),
    #[error("参数 {0} 出现两次且值不同，请只给一个")]
    Twice(String),
    #[error("查询串过长，最多 {MAX_QUERY} 字节，请改用 POST")]
    QueryTooLong,
    #[error("请求正文过长或中断，最多 {MAX_BODY} 字节")]
    BodyTooLong,
    #[error("请求正文发送过慢，请检查网络后再试")]
    BodyTooSlow,
    #[error("请求正文的 Content-Type 应为 application/x-www-form-urlencoded")]
    BodyIsNoForm,
}

impl Params {
    pub(super) fn parse(query: &str, form: &[u8]) -> Result<Self, BadParameter> {
        if query.len() > MAX_QUERY {
            return Err(BadParameter::QueryTooLong);
        }
        let mut params = Self(Vec::new());
        for pair in query.as_bytes().split(|b| *b == b'&').chain(form.split(|b| *b == b'&')) {
            if !pair.is_empty() {
                params.add(pair)?;
            }
        }
        Ok(params)
    }

    fn add(&mut self, pair: &[u8]) -> Result<(), BadParameter> {
        let mut sides = pair.splitn(2, |b| *b == b'=');
        let name = String::from_utf8(decode(sides.next().unwrap_or_default()))
            .map_err(|_| BadParameter::NotUtf8("（名称）".to_owned()))?;
        let Ok(value) = String::from_utf8(decode(sides.next().unwrap_or_default())) else {
            return Err(BadParameter::NotUtf8(shown(&name)));
        };
        // No text of a library has one, and PostgreSQL keeps none.
        if value.contains('\0') || name.contains('\0') {
            return Err(BadParameter::HasNul(shown(&name.replace('\0', "?"))));
        }
        match self.find(&name) {
            Some(known) if known == value => Ok(()),
            Some(_) => Err(BadParameter::Twice(shown(&name))),
            None => {
                self.0.push((name, value));
                Ok(())
            }
        }
    }

    /// A value without the spaces around it, if there is one.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.find(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A value of at most `max` characters without the spaces around it.
    pub(super) fn text(&self, name: &'static str, max: usize) -> Result<&str, BadParameter> {
        let value = self.optional(name).ok_or(BadParameter::Missing(name))?;
        if value.chars().count() > max {
            return Err(BadParameter::TooLong(name.to_owned(), max));
        }
        Ok(value)
    }

    /// A password: as it is, spaces included.
    pub(super) fn secret(&self, name: &'static str, max: usize) -> Result<&str, BadParameter> {
        let value = self.find(name).filter(|value| !value.is_empty()).ok_or(BadParameter::Missing(name))?;
        if value.chars().count() > max {
            return Err(BadParameter::TooLong(name.to_owned(), max));
        }
        Ok(value)
    }

    /// `rdid`
    pub(super) fn patron(&self) -> Result<PatronId, BadParameter> {
        PatronId::parse(self.optional("rdid").unwrap_or("")).map_err(|fault| of_id("rdid", fault))
    }

    /// `barcode`
    pub(super) fn item(&self) -> Result<ItemId, BadParameter> {
        ItemId::parse(self.optional("barcode").unwrap_or("")).map_err(|fault| of_id("barcode", fault))
    }

    /// A day, `yyyy-MM-dd`; a time may follow.
    pub(super) fn day(&self, name: &'static str) -> Result<Option<Date>, BadParameter> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        let day = sync_client::answer::day(text);
        day.map(Some).ok_or(BadParameter::BadValue(name, "yyyy-MM-dd"))
    }

    /// A moment, in the library's local time.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<DateTime>, BadParameter> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        let time = sync_client::answer::moment(text);
        time.map(Some).ok_or(BadParameter::BadValue(name, "yyyy-MM-dd HH:mm:ss"))
    }

    /// Yuan with at most two decimals.
    pub(super) fn money(&self, name: &'static str) -> Result<Option<Amount>, BadParameter> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        let amount = Amount::parse_yuan(text).filter(|amount| amount.fen().abs() <= MAX_FEN);
        amount.map(Some).ok_or(BadParameter::BadValue(name, "金额（元，最多两位小数）"))
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, BadParameter> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| BadParameter::BadValue(name, "整数"))
    }

    /// `page`, from 1, and `rows`: how many come before the page, and how many are on it.
    pub(super) fn page(&self, usual: u32) -> Result<(u32, u32), BadParameter> {
        let page = self.number::<u32>("page")?.unwrap_or(1).max(1);
        let rows = self.number::<u32>("rows")?.unwrap_or(usual).clamp(1, MAX_ROWS);
        Ok(((page - 1).saturating_mul(rows), rows))
    }

    /// A text, if there is one, of at most `max` characters.
    pub(super) fn short(&self, name: &'static str, max: usize) -> Result<Option<&str>, BadParameter> {
        match self.optional(name) {
            Some(_) => self.text(name, max).map(Some),
            None => Ok(None),
        }
    }

    /// A card number under another name.
    pub(super) fn card(&self, name: &'static str) -> Result<Option<PatronId>, BadParameter> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        PatronId::parse(text).map(Some).map_err(|fault| of_id(name, fault))
    }

    /// What stands behind the path of an endpoint, as `bookrecno`.
    pub(super) fn and_record(mut self, rest: &str) -> Self {
        if !rest.is_empty() {
            self.0.retain(|(name, _)| name != "bookrecno");
            self.0.push(("bookrecno".to_owned(), rest.to_owned()));
        }
        self
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn of_id(name: &'static str, fault: IdError) -> BadParameter {
    match fault {
        IdError::Empty => BadParameter::Missing(name),
        IdError::TooLong { .. } => BadParameter::TooLong(name.to_owned(), MAX_LEN),
        IdError::BadCharacter { at } => BadParameter::BadCharacter(name, at),
    }
}

/// A name that came from outside, short enough for a message.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// `+` is a space, `%XX` a byte; a `%` before anything else stands for itself.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return bytes,
            [b'%', high, low, tail @ ..] if let (Some(high), Some(low)) = (digit(*high), digit(*low)) => {
                bytes.push((high << 4) | low);
                tail
            }
            [b'+', tail @ ..] => {
                bytes.push(b' ');
                tail
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        };
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// More than any card costs: a hundred thousand yuan.
const MAX_FEN: i64 = 10_000_000;
const MAX_ROWS: u32 = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn query_and_form_are_one() {
        let params = Params::parse("rdid=LW1&title=%E7%BA%A2+%e6%a5%bc&x", b"barcode=%20LW2%20").unwrap();
        assert_eq!(params.patron().unwrap().as_str(), "LW1");
        assert_eq!(params.item().unwrap().as_str(), "LW2");
        assert_eq!(params.optional("title"), Some("红 楼"));
        assert_eq!(params.optional("x"), None);
        assert_eq!(params.text("opuser", 64), Err(BadParameter::Missing("opuser")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fault = |query: &str| Params::parse(query, b"").and_then(|p| p.patron()).unwrap_err().to_string();
        assert_eq!(fault(""), "缺少参数 rdid");
        assert_eq!(fault("rdid=+"), "缺少参数 rdid");
        assert_eq!(fault("rdid=%FF%FE"), "参数 rdid 不是 UTF-8 编码，请用 UTF-8 编码后再试");
        assert_eq!(fault("rdid=1&rdid=2"), "参数 rdid 出现两次且值不同，请只给一个");
        assert_eq!(fault(&format!("rdid={}", "1".repeat(65))), "参数 rdid 过长，最多 64 个字符");
        assert_eq!(fault("opuser=k%001"), "参数 opuser 含有空字符 (NUL)，请去掉后再试");
        assert!(fault("rdid=LW%7C1").starts_with("参数 rdid 的第 3 个字符"));
        assert!(fault(&format!("x={}", "1".repeat(MAX_QUERY))).starts_with("查询串过长"));
    }

    #[test]
    fn the_same_value_twice_is_one() {
        assert_eq!(Params::parse("rdid=1", b"rdid=1").unwrap().patron().unwrap().as_str(), "1");
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(query in ".{0,200}", form in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Params::parse(&query, &form));
        }

        #[test]
        fn what_is_encoded_comes_back(value in "[^\\x00]{1,40}") {
            let encoded: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
            let params = Params::parse(&format!("v={encoded}"), b"").unwrap();
            prop_assert_eq!(params.find("v"), Some(value.as_str()));
        }
    }
}
