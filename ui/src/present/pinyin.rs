//! Pinyin over a title, for children who read their first characters.

use pinyin::ToPinyin;
use slint::SharedString;

/// The title's syllables with their tones, a space between; what is not Chinese stays out. Empty if nothing is.
///
/// A character with several readings gets its usual one: the library has no dictionary of words.
pub(super) fn over(title: &str) -> SharedString {
    let syllables: Vec<&str> = title.to_pinyin().flatten().map(|syllable| syllable.with_tone()).collect();
    syllables.join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::over;

    #[test]
    fn syllables_have_tones_and_other_letters_stay_out() {
        assert_eq!(over("三体"), "sān tǐ");
        // One reading for each character, the commonest: words such as 王子 (wáng zǐ) are not known.
        assert_eq!(over("小王子（The Little Prince）"), "xiǎo wáng zi");
        assert_eq!(over("Rust"), "");
        assert_eq!(over(""), "");
    }
}
