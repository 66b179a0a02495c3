//! What a printed receipt says, line by line: words and order are here, how a printer does it is elsewhere.
//!
//! **Rule**: of the patron it names the masked card alone. The texts are in `lang/printed.tsv`, where a translator finds
//! them.

use circulation::screen::{CardService, Line, Place, Progress, Renewal, Way};
use circulation::session::Paper;
use circulation::session::card::CardPaper;
use jiff::civil::{Date, DateTime};

use crate::speech::column;

/// One line of a receipt, by what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintedLine {
    /// Large, in the middle.
    Title(String),
    /// In the middle.
    Centre(String),
    /// At the left and the right edge.
    Pair(String, String),
    /// Begins a part of the list.
    Heading(String),
    /// A text, and another at the right edge, if need be below it.
    Entry(String, String),
    /// A line across.
    Rule,
    /// Nothing.
    Space,
    /// A code for a scanner.
    Code(String),
}

use PrintedLine::{Centre, Code, Entry, Heading, Pair, Rule, Space, Title};

/// A receipt, printed at this local time at this machine.
#[must_use]
pub fn printed(paper: &Paper, place: &Place, at: DateTime) -> Vec<PrintedLine> {
    let words = Words(paper.language);
    let mut lines = head(place, at, words.of("title"));
    if let Some(card) = &paper.card {
        lines.push(Pair(words.of("card"), card.clone()));
    }
    lines.push(Rule);
    let parts = [
        words.part("lent", paper.lines.iter().filter_map(lent)),
        words.part("renewed", paper.lines.iter().filter_map(renewed)),
        words.part("returned", paper.lines.iter().filter_map(returned)),
    ];
    let borrows = parts.iter().take(2).any(|part| !part.is_empty());
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        lines.extend(part);
        lines.push(Rule);
    }
    if let Some(number) = paper.number {
        let number = number.to_string();
        lines.extend([Space, Code(number.clone()), Space, Centre(words.with("number", &number))]);
        lines.push(Centre(words.of("keep")));
    }
    lines.extend([Space, Centre(words.of(if borrows { "thanks" } else { "thanks-returned" }))]);
    lines
}

/// The receipt of a library card, or a voucher, printed at this local time at this machine.
#[must_use]
pub fn printed_card(
    paper: &CardPaper,
    language: circulation::screen::Language,
    place: &Place,
    at: DateTime,
) -> Vec<PrintedLine> {
    let words = Words(language);
    let title = match paper.service {
        _ if paper.is_voucher => "card-voucher",
        CardService::New => "card-new",
        CardService::Renew => "card-renewed",
        CardService::Replace => "card-replaced",
        CardService::Pin => "card-pin",
    };
    let mut lines = head(place, at, words.of(title));
    lines.push(Rule);
    if let Some(card) = &paper.card {
        lines.push(Pair(words.of("card"), card.clone()));
    }
    if let Some(until) = paper.valid_until {
        lines.push(Pair(words.of("card-until"), until.to_string()));
    }
    if paper.amount.fen() != 0 {
        let what = if paper.is_voucher { "card-owed" } else { "card-paid" };
        lines.push(Pair(words.of(what), words.with("card-yuan", &paper.amount.to_string())));
    }
    if let Some(number) = paper.number {
        let number = number.to_string();
        lines.extend([Space, Code(number.clone()), Space, Centre(words.with("number", &number))]);
    }
    lines.push(Centre(words.of(if paper.is_voucher { "card-to-desk" } else { "keep" })));
    lines
}

/// A page by which staff sees that text, edges, code and cutter are right.
#[must_use]
pub fn test_page(language: circulation::screen::Language, place: &Place, at: DateTime) -> Vec<PrintedLine> {
    let mut lines = head(place, at, Words(language).of("test"));
    let all = "0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 天地玄黄宇宙洪荒 臺灣圖書館";
    lines.extend([Rule, Heading(all.to_owned()), Entry(all.to_owned(), String::new())]);
    lines.extend([Pair("|<".to_owned(), ">|".to_owned()), Code("YUETING TEST".to_owned()), Rule]);
    lines
}

fn head(place: &Place, at: DateTime, title: String) -> Vec<PrintedLine> {
    let when = format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute());
    let heading = if place.library.is_empty() {
        vec![Title(title)]
    } else {
        vec![Title(place.library.clone()), Centre(title)]
    };
    heading.into_iter().chain([Space, Pair(when, place.machine.clone())]).collect()
}

/// A book of a part of the list: its title, its due date, and whether central has yet to confirm it.
type Book<'a> = (Option<&'a str>, Option<Date>, bool);

fn lent(line: &Line) -> Option<Book<'_>> {
    let is_lent = line.way == Way::Out && line.is_done();
    is_lent.then(|| (line.title.as_deref(), line.progress.due(), is_provisional(line)))
}

fn returned(line: &Line) -> Option<Book<'_>> {
    let is_returned = line.way == Way::In && line.is_done();
    is_returned.then(|| (line.title.as_deref(), None, is_provisional(line)))
}

fn is_provisional(line: &Line) -> bool {
    matches!(line.progress, Progress::Done { provisional: true, .. })
}

fn renewed(line: &Line) -> Option<Book<'_>> {
    match &line.progress {
        Progress::Yours { due, renewal: Renewal::Done } => Some((line.title.as_deref(), *due, false)),
        Progress::Yours { renewal: Renewal::Offered | Renewal::Asking | Renewal::Refused(_), .. }
        | Progress::Working
        | Progress::Done { .. }
        | Progress::Refused(_)
        | Progress::Incomplete
        | Progress::PutBack
        | Progress::Undone
        | Progress::Unclear
        | Progress::Unsecured => None,
    }
}

struct Words(circulation::screen::Language);

impl Words {
    fn of(&self, key: &str) -> String {
        column(TABLE, key, self.0).unwrap_or_default().to_owned()
    }

    fn with(&self, key: &str, value: &str) -> String {
        self.of(key).replacen("{}", value, 1)
    }

    fn part<'a>(&self, heading: &str, books: impl Iterator<Item = Book<'a>>) -> Vec<PrintedLine> {
        let entry = |(at, (title, due, is_provisional)): (usize, Book<'_>)| {
            let title = title.map(str::trim).filter(|title| !title.is_empty());
            let title = title.map_or_else(|| self.of("untitled"), str::to_owned);
            let due = due.map(|due| self.with("due", &due.to_string()));
            let later = is_provisional.then(|| self.of("later"));
            let note: Vec<String> = due.into_iter().chain(later).collect();
            Entry(format!("{} {title}", at + 1), note.join(" "))
        };
        let entries: Vec<PrintedLine> = books.enumerate().map(entry).collect();
        let heading = (!entries.is_empty()).then(|| Heading(self.with(heading, &entries.len().to_string())));
        heading.into_iter().chain(entries).collect()
    }
}

const TABLE: &str = include_str!("../lang/printed.tsv");

#[cfg(test)]
mod tests {
    use circulation::id::{ItemId, TransactionId};
    use circulation::money::Amount;
    use circulation::screen::Language;
    use expect_test::expect;
    use jiff::civil::date;

    use super::*;
    use crate::speech::lines;

    fn line(title: &str, way: Way, progress: Progress) -> Line {
        let item = ItemId::parse("LW0000001").ok();
        let title = (!title.is_empty()).then(|| title.to_owned());
        Line { item, title, author: None, way, set: None, progress, goes: None }
    }

    fn text(lines: &[PrintedLine]) -> String {
        lines.iter().map(|line| format!("{line:?}\n")).collect()
    }

    #[test]
    fn a_card_has_its_receipt_and_what_is_owed_its_voucher() {
        let place =
            Place { library: "青禾市图书馆".into(), machine: "2 号机".into(), ..Place::default() };
        let paper = CardPaper {
            service: CardService::New,
            card: Some("****42".to_owned()),
            valid_until: Some(date(2036, 11, 30)),
            amount: Amount::default(),
            number: Some(TransactionId::from_bytes([0x21; 16])),
            is_voucher: false,
        };
        let at = date(2026, 11, 30).at(9, 5, 0, 0);
        let printed = text(&printed_card(&paper, Language::Chinese, &place, at));
        for said in ["读者证办理凭条", "****42", "2036-11-30", "凭条号 21212121"] {
            assert!(printed.contains(said), "{said}: {printed}");
        }
        assert!(!printed.contains("元"), "nothing was paid: {printed}");
        let owed = CardPaper { card: None, amount: Amount::from_fen(1050), is_voucher: true, ..paper };
        let printed = text(&printed_card(&owed, Language::English, &place, at));
        for said in ["Voucher", "To be given back", "10.50 yuan", "The desk gives the money back"] {
            assert!(printed.contains(said), "{said}: {printed}");
        }
    }

    #[test]
    fn a_receipt_says_what_was_done_when_and_where() {
        let due = Some(date(2026, 12, 29));
        let paper = Paper {
            lines: vec![
                line("百年孤独", Way::Out, Progress::Done { due, provisional: false }),
                line("康熙字典", Way::Out, Progress::Refused(circulation::transaction::Reason::NotForLoan)),
                line("", Way::Out, Progress::Done { due, provisional: true }),
                line("活着", Way::In, Progress::Done { due: None, provisional: false }),
            ],
            card: Some("****01".to_owned()),
            number: Some(TransactionId::from_bytes([1; 16])),
            language: Language::Chinese,
        };
        let place = Place {
            library: "青禾市图书馆".to_owned(),
            machine: "自助借还机 1".to_owned(),
            ..Place::default()
        };
        let at = date(2026, 11, 29).at(9, 5, 0, 0);
        expect![[r#"
            Title("青禾市图书馆")
            Centre("借阅凭条")
            Space
            Pair("2026-11-29 09:05", "自助借还机 1")
            Pair("读者证", "****01")
            Rule
            Heading("借出 2 册")
            Entry("1 百年孤独", "应还 2026-12-29")
            Entry("2 书名未知", "应还 2026-12-29 待系统确认")
            Rule
            Heading("归还 1 册")
            Entry("1 活着", "")
            Rule
            Space
            Code("01010101-0101-0101-0101-010101010101")
            Space
            Centre("凭条号 01010101-0101-0101-0101-010101010101")
            Centre("如有疑问，请出示此凭条")
            Space
            Centre("请按期归还，祝您阅读愉快")
        "#]]
        .assert_eq(&text(&printed(&paper, &place, at)));
        let alone = Paper { lines: paper.lines[3..].to_vec(), card: None, number: None, ..paper };
        let said = text(&printed(&Paper { language: Language::English, ..alone }, &place, at));
        assert!(said.contains("Returned: 1") && said.ends_with("Centre(\"Thank you, and see you soon\")\n"));
        assert!(!said.contains("Card") && !said.contains("Code"), "{said}");
    }

    #[test]
    fn every_text_is_there_in_every_language() {
        for line in lines(TABLE) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 4, "{line}");
            let has_place = |text: &&str| text.contains("{}");
            assert!(columns[1..].iter().all(|text| !text.is_empty()), "{line}");
            assert_eq!(columns[1..].iter().filter(|text| has_place(text)).count() % 3, 0, "{line}");
        }
        let keys = include_str!("printed.rs");
        for key in lines(TABLE).filter_map(|line| line.split('\t').next()) {
            assert!(keys.contains(&format!("\"{key}\"")), "{key} is used nowhere");
        }
    }
}
