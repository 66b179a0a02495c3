//! Barcodes as they come from a hand scanner or a list: one form for sheets and stocktakes, and what is said of them.

use circulation::id::ItemId;
use maud::{Markup, html};

use super::Staff;
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::Trouble;

/// What a form brought.
pub(super) struct Barcodes {
    /// each once, in their order
    pub(super) items: Vec<ItemId>,
    /// what is no barcode, a few of them
    pub(super) bad: Vec<String>,
}

impl Barcodes {
    /// Of the field `items`, with spaces, commas or lines between them.
    pub(super) fn read(call: &Call) -> Result<Self, Trouble> {
        Self::parse(call.form.secret("items"))
    }

    fn parse(text: &str) -> Result<Self, Trouble> {
        let words = text.split(|c: char| c.is_whitespace() || [',', ';', '，', '；'].contains(&c));
        let (mut items, mut bad): (Vec<ItemId>, Vec<String>) = (Vec::new(), Vec::new());
        for word in words.filter(|word| !word.is_empty()) {
            match ItemId::parse(word) {
                Ok(item) if !items.contains(&item) => items.push(item),
                Ok(_) => {}
                Err(_) if bad.len() < MOST_BAD => bad.push(word.chars().take(64).collect()),
                Err(_) => {}
            }
            if items.len() > MOST {
                return Err(Trouble::Bad(
                    "一次最多 1000 个条码，请分几次。",
                    "At most 1,000 barcodes at once: send them in parts.",
                ));
            }
        }
        if items.is_empty() && bad.is_empty() {
            return Err(Trouble::Bad("请扫描或输入条码。", "Scan or type barcodes."));
        }
        Ok(Self { items, bad })
    }
}

/// A form for barcodes, with a button for each thing to do: its word, and what stands on it.
pub(super) fn form(
    call: &Call,
    staff: &Staff,
    (action, of): (&str, &str),
    buttons: &[(&str, &str)],
) -> Markup {
    let l = call.language;
    html! {
        form method="post" action=(action) class="sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="sheet" value=(of);
            label for="items" { (l.t("条码（扫描或粘贴，每行一个，一次最多 1000 个）", "Barcodes (scanned or pasted, one a line, 1,000 at most)")) }
            textarea id="items" name="items" rows="4" required spellcheck="false" autocapitalize="none" {}
            p class="row" {
                @for (n, (what, words)) in buttons.iter().enumerate() {
                    button name="do" value=(what) class=(if n == 0 { "" } else { "quiet" }) { (words) } " "
                }
            }
        }
    }
}

/// What became of them: so many were taken; these were not, and why.
pub(super) fn said<'a>(
    call: &Call,
    (verb, n): (&str, usize),
    not: impl Iterator<Item = (&'a str, &'static str)>,
    bad: &'a [String],
) -> Said {
    let unreadable = call.language.t("不是条码", "no barcode");
    let not: Vec<(&str, &str)> = not.chain(bad.iter().map(|word| (word.as_str(), unreadable))).collect();
    let words = html! {
        (verb) " " (n)
        @if !not.is_empty() {
            "; " (call.language.t("未办理", "not")) " " (not.len()) ": "
            ul { @for (item, why) in not.iter().take(MOST_SAID) { li { (item) " — " (why) } } }
        }
    };
    Said { is_good: not.is_empty(), words }
}

const MOST: usize = 1000;
const MOST_BAD: usize = 20;
const MOST_SAID: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_come_in_any_way_and_each_counts_once() {
        let read = Barcodes::parse("LW1\r\nLW2, LW3；LW1  书 \t").unwrap();
        assert_eq!(read.items.iter().map(ItemId::as_str).collect::<Vec<_>>(), ["LW1", "LW2", "LW3"]);
        assert_eq!(read.bad, ["书"]);
        assert!(matches!(Barcodes::parse(" \r\n,"), Err(Trouble::Bad(..))));
        let many = (0..1001).map(|n| format!("A{n}\n")).collect::<String>();
        assert!(matches!(Barcodes::parse(&many), Err(Trouble::Bad(..))));
    }
}
