//! Text as the printer takes it: GB18030, two bytes a Chinese character.
//!
//! Invariant: no text is a command. What could begin one (C0, DEL, C1) is dropped, and the second byte of a character
//! is never below 40 hex.

use encoding_rs::GB18030;

/// A character of a text: its bytes, which are as many as the columns that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    bytes: [u8; 2],
    width: u8,
    letter: char,
}

impl Glyph {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.width()).unwrap_or_default()
    }

    pub(super) fn width(&self) -> usize {
        usize::from(self.width)
    }

    /// Part of a word that is not to be torn apart.
    pub(super) fn is_of_word(&self) -> bool {
        self.width == 1 && self.letter != ' '
    }

    pub(super) fn is_space(&self) -> bool {
        self.letter == ' '
    }

    /// Belongs to what stands before it, so that no line begins with it.
    pub(super) fn closes(&self) -> bool {
        CLOSING.contains(self.letter)
    }
}

/// The characters of a text. What printers have no sign for becomes the sign that stands for a missing one.
pub(super) fn glyphs(text: &str) -> Vec<Glyph> {
    text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).filter_map(glyph).collect()
}

fn glyph(letter: char) -> Option<Glyph> {
    if letter.is_control() {
        return None;
    }
    let mut buffer = [0; 4];
    let text: &str = letter.encode_utf8(&mut buffer);
    let (bytes, _, unmappable) = GB18030.encode(text);
    match (&*bytes, unmappable) {
        (&[one], false) => Some(Glyph { bytes: [one, 0], width: 1, letter }),
        (&[one, two], false) if two >= 0x40 => Some(Glyph { bytes: [one, two], width: 2, letter }),
        // Four bytes: only certified printers have them, and the others print other signs instead.
        _ => Some(Glyph { bytes: MISSING, width: 2, letter: '〓' }),
    }
}

/// How many columns a text takes.
pub(super) fn width(glyphs: &[Glyph]) -> usize {
    glyphs.iter().map(Glyph::width).sum()
}

pub(super) fn bytes(glyphs: &[Glyph]) -> Vec<u8> {
    glyphs.iter().flat_map(|glyph| glyph.bytes().to_vec()).collect()
}

/// 〓 in GB2312: by custom it stands where a sign is missing.
const MISSING: [u8; 2] = [0xA1, 0xFE];
const CLOSING: &str = "，。、；：？！）》」』】〉”’…·,.;:?!)]}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_gb18030_and_never_a_command() {
        let hex = |text: &str| {
            bytes(&glyphs(text)).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
        };
        // receiptline 4.0.4 with `encoding: "gb18030"` makes the same of this text.
        assert_eq!(hex("图书借阅凭条"), "CD BC CA E9 BD E8 D4 C4 C6 BE CC F5");
        assert_eq!(hex("三體 A"), "C8 FD F3 77 20 41", "traditional signs are of GBK");
        assert_eq!(hex("\u{10}\u{4}\u{1}\u{1b}@\u{7f}\u{85}a\tb\n"), "40 20 61 20 62 20");
        assert_eq!(hex("㐅𬭚"), "A1 FE A1 FE", "signs of four bytes");
        assert_eq!(width(&glyphs("三体 II")), 7);
    }
}
