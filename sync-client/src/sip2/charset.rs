//! The character sets of SIP2 peers. SIP2 names none: it is agreed on between library and maker.
//!
//! **Rule**: a frame is decoded whole, before it is split at `|`. In GBK and GB18030 118 characters (東, 瑋, 鍇 ..) end
//! in the byte 0x7C, which is `|` only when it stands alone.

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, mem};

/// How characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// UTF-8
    #[default]
    Utf8,
    /// GBK (code page 936)
    Gbk,
    /// GB 18030, the superset of GBK with four-byte characters
    Gb18030,
    /// ISO 8859-1
    Latin1,
}

/// A character that the peer's character set does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer's character set has no U+{:04X}", u32::from(*character))]
pub struct Unencodable {
    /// the character
    pub character: char,
}

impl Charset {
    /// Decodes a whole frame. Says beside the text whether every byte had a meaning; what had none is U+FFFD.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> (String, bool) {
        match self.encoding() {
            Some(encoding) => {
                let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
                (text.into_owned(), !is_damaged)
            }
            None => (mem::decode_latin1(bytes).into_owned(), true),
        }
    }

    /// Appends `text` to `out`.
    ///
    /// # Errors
    /// [`Unencodable`] with the first character that the set does not have; `out` is then as it was.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        if self.append_whole(text, out) {
            return Ok(());
        }
        let mut one = Vec::new();
        let mut utf8 = [0; 4];
        let missing = text.chars().find(|c| !self.append_whole(c.encode_utf8(&mut utf8), &mut one));
        missing.map_or(Ok(()), |character| Err(Unencodable { character }))
    }

    /// Appends as many characters of `text` as fit into `limit` bytes; `?` for those that the set does not have.
    pub fn encode_lossy(self, text: &str, limit: usize, out: &mut Vec<u8>) {
        let start = out.len();
        if self.append_whole(text, out) && out.len().saturating_sub(start) <= limit {
            return;
        }
        out.truncate(start);
        let mut utf8 = [0; 4];
        for c in text.chars() {
            let before = out.len();
            if !self.append_whole(c.encode_utf8(&mut utf8), out) {
                out.push(b'?');
            }
            // A character that is cut in two would make garbage of all that follows.
            if out.len().saturating_sub(start) > limit {
                return out.truncate(before);
            }
        }
    }

    fn append_whole(self, text: &str, out: &mut Vec<u8>) -> bool {
        if text.is_ascii() {
            out.extend_from_slice(text.as_bytes());
            return true;
        }
        match self.encoding() {
            Some(encoding) => {
                let (bytes, _, has_missing) = encoding.encode(text);
                if !has_missing {
                    out.extend_from_slice(&bytes);
                }
                !has_missing
            }
            None => {
                let is_latin1 = mem::is_str_latin1(text);
                if is_latin1 {
                    out.extend_from_slice(&mem::encode_latin1_lossy(text));
                }
                is_latin1
            }
        }
    }

    /// encoding_rs knows Latin-1 only as a conversion, not as an encoding: the one of that name on the web is
    /// windows-1252.
    const fn encoding(self) -> Option<&'static Encoding> {
        match self {
            Self::Utf8 => Some(UTF_8),
            Self::Gbk => Some(GBK),
            Self::Gb18030 => Some(GB18030),
            Self::Latin1 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(charset: Charset, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        charset.encode(text, &mut out).unwrap();
        out
    }

    #[test]
    fn characters_that_end_in_the_delimiters_byte_are_whole() {
        for c in ['東', '瑋', '鍇', '閨', '珅'] {
            let coded = bytes(Charset::Gbk, &c.to_string());
            assert_eq!(coded[1], b'|', "{c}");
            assert_eq!(Charset::Gbk.decode(&coded), (c.to_string(), true));
        }
    }

    #[test]
    fn a_missing_character_is_named_or_replaced() {
        let mut out = b"x".to_vec();
        let refused = Charset::Latin1.encode("é张", &mut out);
        assert_eq!(refused, Err(Unencodable { character: '张' }));
        assert_eq!(out, b"x");
        Charset::Latin1.encode_lossy("é张|", 9, &mut out);
        assert_eq!(out, b"x\xe9?|");
        // U+36C3 is in GB 18030 and not in GBK.
        assert!(Charset::Gbk.encode("㛃", &mut out).is_err());
        assert_eq!(Charset::Gb18030.decode(&bytes(Charset::Gb18030, "㛃")).0, "㛃");
    }

    #[test]
    fn a_text_is_never_cut_inside_a_character() {
        for (charset, limit, whole) in [(Charset::Utf8, 8, 2), (Charset::Gbk, 5, 2), (Charset::Gb18030, 9, 4)]
        {
            let mut out = Vec::new();
            charset.encode_lossy("红楼梦红楼梦", limit, &mut out);
            assert_eq!(charset.decode(&out).0.chars().count(), whole, "{charset:?}");
            assert!(charset.decode(&out).1);
        }
    }

    #[test]
    fn bytes_without_a_meaning_are_told() {
        assert_eq!(Charset::Utf8.decode(b"a\xff"), ("a\u{fffd}".to_owned(), false));
        assert!(!Charset::Gbk.decode(b"\xff").1);
        assert_eq!(Charset::Latin1.decode(b"\xe9"), ("é".to_owned(), true));
    }
}
