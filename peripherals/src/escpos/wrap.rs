//! A text in lines of so many columns.

use super::text::{Glyph, width};

/// Breaks a text into lines that are at most `columns` wide: between Chinese characters anywhere, but never before a
/// closing mark; within a word of Latin letters only if it is longer than a line.
pub(super) fn wrap(glyphs: &[Glyph], columns: usize) -> Vec<Vec<Glyph>> {
    let mut lines: Vec<Vec<Glyph>> = vec![Vec::new()];
    for piece in pieces(glyphs) {
        let Some(line) = lines.last_mut() else { break };
        if width(line) + width(piece) <= columns {
            line.extend(piece);
        } else if piece.iter().all(Glyph::is_space) {
            // A space at the end of a line is none.
        } else if width(piece) <= columns {
            lines.push(piece.to_vec());
        } else {
            tear(piece, columns, &mut lines);
        }
    }
    for line in &mut lines {
        while line.last().is_some_and(Glyph::is_space) {
            line.pop();
        }
    }
    lines
}

/// What stays together: a word with its closing marks, a Chinese character with its, a space.
fn pieces(glyphs: &[Glyph]) -> impl Iterator<Item = &[Glyph]> {
    glyphs.chunk_by(|one, next| (!one.is_space() && next.closes()) || (one.is_of_word() && next.is_of_word()))
}

fn tear(piece: &[Glyph], columns: usize, lines: &mut Vec<Vec<Glyph>>) {
    for glyph in piece {
        match lines.last_mut() {
            Some(line) if width(line) + glyph.width() <= columns || line.is_empty() => line.push(*glyph),
            Some(_) | None => lines.push(vec![*glyph]),
        }
    }
}

/// The beginning of a text, with a mark if there is more of it.
pub(super) fn shortened(glyphs: &[Glyph], columns: usize) -> Vec<Glyph> {
    if width(glyphs) <= columns {
        return glyphs.to_vec();
    }
    let mut kept = Vec::new();
    for glyph in glyphs {
        if width(&kept) + glyph.width() + MORE > columns {
            break;
        }
        kept.push(*glyph);
    }
    kept.extend(super::text::glyphs("…"));
    kept
}

/// Columns of the mark.
const MORE: usize = 2;

#[cfg(test)]
mod tests {
    use super::super::text::{bytes, glyphs};
    use super::*;

    fn lines(text: &str, columns: usize) -> Vec<String> {
        let decoded = |line: &Vec<Glyph>| encoding_rs::GB18030.decode(&bytes(line)).0.into_owned();
        wrap(&glyphs(text), columns).iter().map(decoded).collect()
    }

    #[test]
    fn lines_break_where_a_reader_expects_it() {
        assert_eq!(lines("百年孤独", 32), ["百年孤独"]);
        assert_eq!(lines("平凡的世界（全三册）", 8), ["平凡的世", "界（全三", "册）"]);
        assert_eq!(lines("红楼梦，第一回", 6), ["红楼", "梦，第", "一回"], "no line begins with a comma");
        assert_eq!(lines("the very hungry caterpillar", 10), ["the very", "hungry cat", "erpillar"]);
        assert_eq!(lines("", 10), [""]);
        assert_eq!(lines("三体", 1), ["三", "体"], "a column too narrow loses nothing");
    }

    #[test]
    fn what_is_too_long_ends_with_a_mark() {
        let short = |text: &str, columns| {
            encoding_rs::GB18030.decode(&bytes(&shortened(&glyphs(text), columns))).0.into_owned()
        };
        assert_eq!(short("三体", 4), "三体");
        assert_eq!(short("三体全集", 6), "三体…");
        assert_eq!(short("Ulysses", 5), "Uly…");
    }
}
