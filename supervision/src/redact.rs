//! Takes out of a text what might name a person, and every secret that is known. For what leaves the machine: the
//! console's log and the support bundle. Logs name no patron in the first place; this is the second lock.
//!
//! | what | becomes |
//! |---|---|
//! | a known secret, wherever it stands | `***` |
//! | a word with [`MANY_DIGITS`] digits or more: cards, items, telephones, identity numbers | its first two characters and `…` |
//! | a UUID (a transaction) or a stamp of time | stays |

/// What is taken out.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// the longest first, so that one that contains another goes whole
    secrets: Vec<String>,
}

impl Redactor {
    /// Takes out these secrets besides what looks like a number of somebody. Very short ones would take out anything,
    /// and are left.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> =
            secrets.into_iter().filter(|secret| secret.chars().count() >= SHORTEST_SECRET).collect();
        secrets.sort_by_key(|secret| core::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// The text without them.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.as_str(), "***");
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let word = if first.is_ascii_alphanumeric() { word(rest) } else { "" };
            let n = if word.is_empty() { first.len_utf8() } else { word.len() };
            let (piece, after) = rest.split_at(n);
            if word.is_empty() || stays(word) {
                out.push_str(piece);
            } else {
                out.extend(piece.chars().take(2));
                out.push('…');
            }
            rest = after;
        }
        out
    }
}

/// The UUID that a text begins with, or the letters and digits.
fn word(text: &str) -> &str {
    if let Some(uuid) = text.get(..UUID)
        && is_uuid(uuid)
        && !text.get(UUID..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    {
        return uuid;
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

fn stays(word: &str) -> bool {
    word.len() == UUID && is_uuid(word) || word.bytes().filter(u8::is_ascii_digit).count() < MANY_DIGITS
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// Digits of a word that may be somebody's number.
pub const MANY_DIGITS: usize = 7;
const SHORTEST_SECRET: usize = 4;
const UUID: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_and_what_is_needed_stays() {
        let redactor = Redactor::new(["geheim-17".to_owned(), "geheim-17-lang".to_owned(), "x".to_owned()]);
        for (text, expected) in [
            ("card LW20260001 is refused", "card LW… is refused"),
            ("电话13800138000。", "电话13…。"),
            ("id 11010519491231002X", "id 11…"),
            ("2026-11-29T00:43:40.123456Z  INFO x", "2026-11-29T00:43:40.123456Z  INFO x"),
            ("id=019a8c3e-1234-7000-8000-123456789012 done", "id=019a8c3e-1234-7000-8000-123456789012 done"),
            ("secret=geheim-17-lang, geheim-17", "secret=***, ***"),
            ("192.168.101.102:8700", "192.168.101.102:8700"),
            ("E0040100ABCD1234", "E0…"),
            ("", ""),
            ("红楼梦", "红楼梦"),
        ] {
            assert_eq!(redactor.redact(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_long_number_is_left_and_nothing_panics(text in "[ -~一-龥]{0,60}", number in "[0-9]{7,18}") {
            let out = Redactor::default().redact(&format!("{text} {number} {text}"));
            proptest::prop_assert!(!out.contains(&number));
        }
    }
}
