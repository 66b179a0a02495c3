//! A title as every list shows it: trimmed, with its cover, and with pinyin over it for children.

use circulation::screen::{Screen, Style};
use slint::SharedString;

use super::{cover, g, pinyin};

/// How titles are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Titles {
    with_pinyin: bool,
}

/// A title and what belongs to it; empty text: not known.
pub(super) struct Named {
    pub(super) title: SharedString,
    pub(super) pinyin: SharedString,
    pub(super) author: SharedString,
    pub(super) cover: g::Cover,
}

impl Titles {
    pub(super) fn new(screen: &Screen) -> Self {
        Self { with_pinyin: screen.look.style == Style::Child }
    }

    pub(super) fn of(self, title: Option<&str>, author: Option<&str>) -> Named {
        let title = title.unwrap_or_default().trim();
        let author = author.unwrap_or_default().trim();
        Named {
            title: title.into(),
            pinyin: if self.with_pinyin { pinyin::over(title) } else { SharedString::new() },
            author: author.into(),
            cover: cover::cover(title, author),
        }
    }
}
