//! Which characters bytes are: UTF-8, or GBK (GB 18030), the two that Chinese libraries exchange.

use encoding_rs::{GB18030, GBK};

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 where the bytes are that, and GBK where they are not
    Either,
    /// UTF-8
    Utf8,
    /// GBK; when reading, all of GB 18030
    Gbk,
}

/// Bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no text in {charset}, at byte {at}")]
pub struct NoText {
    /// as what they were read
    pub charset: &'static str,
    /// where, from the first of them
    pub at: usize,
}

impl Charset {
    /// The text of some bytes. A byte order mark in front is no part of it.
    ///
    /// # Errors
    /// [`NoText`]
    pub fn decode(self, bytes: &[u8]) -> Result<String, NoText> {
        let (mark, bytes) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) => (3, rest),
            None => (0, bytes),
        };
        let utf8 = || {
            core::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|fault| NoText { charset: "UTF-8", at: mark + fault.valid_up_to() })
        };
        match self {
            Self::Utf8 => utf8(),
            Self::Gbk => gbk(bytes).map_err(|at| NoText { charset: "GBK", at: mark + at }),
            Self::Either => {
                utf8().or_else(|_| gbk(bytes).map_err(|at| NoText { charset: "UTF-8 or GBK", at: mark + at }))
            }
        }
    }

    /// The bytes of a text; nothing if a character is not in the set.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Either | Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Gbk => {
                let (bytes, _, has_failed) = GBK.encode(text);
                (!has_failed).then(|| bytes.into_owned())
            }
        }
    }
}

fn gbk(bytes: &[u8]) -> Result<String, usize> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (how, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        at += read;
        match how {
            encoding_rs::DecoderResult::InputEmpty => return Ok(text),
            encoding_rs::DecoderResult::OutputFull => text.reserve(bytes.len() / 2 + 16),
            encoding_rs::DecoderResult::Malformed(n_bad, n_after) => {
                return Err(at.saturating_sub(usize::from(n_bad) + usize::from(n_after)));
            }
        }
    }
}
