//! Pinyin over a title, for children who read their first characters.

use slint::SharedString;

/// The title's syllables with their tones, a space between; what is not Chinese stays out. Empty if nothing is.
pub(super) fn over(title: &str) -> SharedString {
    circulation::reading::spelt(title).into()
}

#[cfg(test)]
mod tests {
    use super::over;

    #[test]
    fn syllables_have_tones_and_other_letters_stay_out() {
        assert_eq!(over("三体"), "sān tǐ");
        assert_eq!(over("小王子（The Little Prince）"), "xiǎo wáng zǐ");
        assert_eq!(over("Rust"), "");
        assert_eq!(over(""), "");
    }
}
