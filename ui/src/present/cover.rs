//! The cover of a book, made up from its title and author: the same book looks the same on every kiosk.

use slint::Color;

use crate::generated::Cover;

/// Ground, ink and accent of a cover: cloth, type and ornament. Type on ground: contrast at least 4.5.
const CLOTHS: [(u32, u32, u32); 10] = [
    (0x8f_2f23, 0xff_f3e2, 0xe8_b98a), // cinnabar
    (0x1f_4e5f, 0xf2_f6f2, 0xa9_cfd0), // lake
    (0x2f_5d3a, 0xf6_f4e4, 0xcf_dca6), // bamboo
    (0x5a_3d6b, 0xf8_f0f5, 0xd9_bfe0), // wisteria
    (0x27_406e, 0xf3_f4fa, 0xb8_c8e6), // indigo
    (0x7a_4a1e, 0xff_f4e0, 0xef_cf98), // tea
    (0x38_3f46, 0xf4_f1ea, 0xd8_c9a4), // ink stone
    (0x6d_2a45, 0xfd_f0f2, 0xe9_b8c3), // plum
    (0x14_5a54, 0xef_f7f3, 0xa7_d8c6), // jade
    (0x84_5708, 0xff_f8e6, 0xf6_dc9d), // imperial yellow
];

/// The longest title that is set downwards, in characters.
const MAX_DOWNWARDS: usize = 8;

pub(super) fn cover(title: &str, author: &str) -> Cover {
    let hash = fnv(title.bytes().chain([0]).chain(author.bytes()));
    let cloth = usize::try_from(hash % 10).unwrap_or(0);
    let (ground, ink, accent) = CLOTHS.get(cloth).copied().unwrap_or((0, 0xff_ffff, 0x88_8888));
    let short = main_title(title);
    let is_downwards = short.chars().count() <= MAX_DOWNWARDS && short.chars().all(is_han);
    let variant = i32::from((hash >> 16) % 2 == 1);
    let style = match (is_downwards, (hash >> 24) % 4) {
        (true, 0..=2) => variant,
        (true | false, _) => 2 + variant,
    };
    Cover {
        ground: rgb(ground),
        ink: rgb(ink),
        accent: rgb(accent),
        style,
        r#type: type_size(short, style),
        title: short.into(),
        author: author.split([';', '；', ',', '，', '、']).next().unwrap_or_default().trim().into(),
    }
}

/// The size of the title in hundredths of the cover's height, so that its lines hold it (the field is 72 wide, less
/// the spine; downwards it is 64 or 76 high).
fn type_size(title: &str, style: i32) -> f32 {
    let n_chars = title.chars().count().max(1);
    let (room, most, longest) = if style < 2 {
        (44.0, 15.0, n_chars)
    } else if title.chars().any(is_han) {
        (52.0, 14.0, if n_chars <= 4 { n_chars } else { n_chars.div_ceil(2).clamp(3, 6) })
    } else {
        let longest = title.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(1);
        (84.0, 11.0, longest.max(6))
    };
    let longest = f32::from(u8::try_from(longest).unwrap_or(u8::MAX));
    (room / longest).clamp(6.5, most)
}

/// What a designer would set large: the title without its subtitle and edition.
fn main_title(title: &str) -> &str {
    let end = title.find([':', '：', '(', '（', '/', '=', '[', '—', '·', '．']).filter(|end| *end > 0);
    end.and_then(|end| title.get(..end)).unwrap_or(title).trim()
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

const fn rgb(value: u32) -> Color {
    Color::from_argb_encoded(0xff00_0000 | value)
}

/// FNV-1a, 64 bits: spreads well enough, and never changes.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_depends_on_nothing_but_the_book() {
        assert_eq!(cover("三体", "刘慈欣"), cover("三体", "刘慈欣"));
        assert_ne!(cover("三体", "刘慈欣"), cover("活着", "余华"));
    }

    #[test]
    fn only_short_chinese_titles_run_downwards() {
        for (title, short) in [
            ("三体", "三体"),
            ("人类简史:从动物到上帝", "人类简史"),
            ("深入理解计算机系统(原书第3版)", "深入理解计算机系统"),
            ("The Rust Programming Language", "The Rust Programming Language"),
            (":", ":"),
            ("", ""),
        ] {
            assert_eq!(main_title(title), short, "{title}");
        }
        assert!(cover("The Rust Programming Language", "").style >= 2);
        assert!(cover("深入理解计算机系统", "").style >= 2);
    }

    #[test]
    fn type_on_cloth_can_be_read() {
        fn luminance(color: u32) -> f64 {
            let part = |shift: u32| {
                let c = f64::from(color >> shift & 0xff) / 255.0;
                if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.0722f64.mul_add(part(0), 0.2126f64.mul_add(part(16), 0.7152 * part(8)))
        }
        for (ground, ink, accent) in CLOTHS {
            let ratio = |a: u32, b: u32| {
                (luminance(a).max(luminance(b)) + 0.05) / (luminance(a).min(luminance(b)) + 0.05)
            };
            assert!(ratio(ground, ink) >= 4.5, "{ground:06x}");
            assert!(ratio(accent, 0x2a_2620) >= 4.5, "{accent:06x}");
        }
    }
}
