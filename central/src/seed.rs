//! The demo library: invented patrons, real books that are out of copyright, always the same.
//!
//! Everybody's password is `123456`; the program that the kiosk plays is `yueting-demo` with the secret
//! `yueting-demo-secret`. The names are those of nobody: a word from the world of books, then 小甲, 小乙, 小丙, 小丁
//! or 小戊. Days count from the day of sowing.
//!
//! | patron | card | what it shows |
//! |---|---|---|
//! | LW20260001 | 普通借阅证 | valid, two loans of 12 and 20 days ago, none overdue |
//! | LW20260002 | 一卡通读者 | valid, two loans, one of them LW0000011 |
//! | LW20260003 | 普通借阅证 | valid by credit; LW0000010 is held for this card |
//! | LW20260004 | 少儿证 | valid, no loans |
//! | LW20260005 | 自习阅览证 | lends nothing |
//! | LW20260006, ..16 | 普通借阅证, 少儿证 | expired yesterday, expired 40 days ago |
//! | LW20260007, ..17 | 普通借阅证, 一卡通读者 | reported lost; the second with a loan |
//! | LW20260008 | 普通借阅证 | suspended |
//! | LW20260009 | 普通借阅证 | cancelled |
//! | LW20260010 | 普通借阅证 | to be verified |
//! | LW20260011, ..18 | 普通借阅证 | owe 12.50 and 99.90 yuan, more than the 10.00 allowed |
//! | LW20260012 | 普通借阅证 | owes 3.00 yuan, may borrow |
//! | LW20260013 | 少儿证 | has all five loans allowed |
//! | LW20260014 | 普通借阅证 | two loans, one of them ten days overdue |
//! | LW20260015 | 一卡通读者 | last day of the term |
//! | LW20260019 to LW20260040 | all four | ordinary patrons |
//!
//! | item | what it shows |
//! |---|---|
//! | LW0000001 to ..04, ..06 to ..09 | 红楼梦, 西游记, 呐喊, 傲慢与偏见, 三国演义, 水浒传, 爱丽丝漫游奇境, 朝花夕拾: to be lent |
//! | LW0000005 | 康熙字典: reference, not for loan |
//! | LW0000010 | 唐诗三百首: held for LW20260003 |
//! | LW0000011 | 老残游记: on loan |
//! | LW0000015 | 聊斋志异: in repair |
//!
//! A "97999" ISBN is of a group that was never assigned: the numbers are invented, their check digits right. A shelf
//! mark is the class of the Chinese Library Classification and the title's running number within it (种次号), with the
//! volume after a colon. Barcodes run through the first copies of all titles, then through the second ones, and so on.

use std::collections::BTreeMap;

use circulation::id::{IdError, Isil, ItemId, PatronId};
use jiff::ToSpan as _;
use jiff::civil::Date;

pub mod laiwu;

/// The demo library's code: made up after ISO 15511 from the district's number.
pub const INSTITUTION: &str = "CN-371116-0-DEMO";

/// The demo library's name.
pub const NAME: &str = "莱芜区图书馆";

/// The demo kiosk's `appid`.
pub const APPID: &str = "yueting-demo";

/// The demo kiosk's secret.
pub const SECRET: &str = "yueting-demo-secret";

/// Every demo patron's password.
pub const PASSWORD: &str = "123456";

/// Fees up to which the demo library lends, in fen.
pub const DEBT_LIMIT_FEN: i64 = 1000;

/// The branches: code and name.
pub const BRANCHES: &[(&str, &str)] = &[
    ("LW01", "莱芜区图书馆"),
    ("LW02", "24小时图书馆"),
    ("LW03", "龙玺台分馆"),
    ("LW04", "莱芜书房金凤城分馆"),
    ("LW05", "雪野泉城书房"),
    ("LW06", "张家洼泉城书房"),
    ("LW07", "蒲公英儿童成长馆服务点"),
    ("LW08", "花园童书馆服务点"),
];

/// The types of cards and the loans they allow.
pub const PATRON_TYPES: &[(&str, u32)] =
    &[("普通借阅证", 10), ("自习阅览证", 0), ("一卡通读者", 20), ("少儿证", 5)];

/// The youngest and the oldest age, in years.
pub type Ages = (Option<u8>, Option<u8>);

/// The types of cards that machines make: for which ages, the deposit in fen, whether by credit.
pub const MACHINE_KINDS: &[(&str, Ages, i64, bool)] = &[
    ("普通借阅证", (Some(14), None), 0, true),
    ("自习阅览证", (Some(14), None), 0, false),
    ("一卡通读者", (Some(14), None), 10_000, false),
    ("少儿证", (None, Some(13)), 0, true),
];

/// The types of items.
pub const ITEM_TYPES: &[&str] = &["普通图书", "少儿图书", "工具书", "期刊"];

/// Who is lent what: card, item, days, renewals. What is missing is not lent.
pub const RULES: &[(&str, &str, u16, u32)] = &[
    ("普通借阅证", "普通图书", 30, 1),
    ("普通借阅证", "少儿图书", 30, 1),
    ("普通借阅证", "期刊", 10, 0),
    ("一卡通读者", "普通图书", 60, 1),
    ("一卡通读者", "少儿图书", 60, 1),
    ("一卡通读者", "期刊", 15, 0),
    ("少儿证", "普通图书", 30, 1),
    ("少儿证", "少儿图书", 30, 1),
];

/// Held items: item, patron.
pub const HOLDS: &[(&str, &str)] = &[("LW0000010", "LW20260003")];

/// Items in repair.
pub const IN_REPAIR: &[&str] = &["LW0000015"];

/// All of the demo library, ready to be stored.
pub struct Demo {
    /// its code
    pub institution: Isil,
    /// patrons by card number
    pub patrons: Vec<Patron>,
    /// items by barcode
    pub items: Vec<Item>,
    /// running loans
    pub loans: Vec<Loan>,
}

/// A demo patron.
pub struct Patron {
    /// card number
    pub id: PatronId,
    /// invented name
    pub name: &'static str,
    /// type of the card
    pub patron_type: &'static str,
    /// `rdcfstate`
    pub state: &'static str,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// fees owed, in fen
    pub debt_fen: i64,
}

/// A demo item.
pub struct Item {
    /// barcode
    pub id: ItemId,
    /// number of the title
    pub record: i64,
    /// title, with the volume
    pub title: String,
    /// author
    pub author: &'static str,
    /// invented ISBN; periodicals have none
    pub isbn: String,
    /// shelf mark
    pub call_number: String,
    /// type of the item
    pub item_type: &'static str,
    /// code of the branch
    pub branch: &'static str,
    /// holding state
    pub state: &'static str,
}

/// A running demo loan.
pub struct Loan {
    /// the item
    pub item: ItemId,
    /// the patron
    pub patron: PatronId,
    /// day of the loan
    pub loaned_on: Date,
    /// due date, by [`RULES`]
    pub due_on: Date,
}

/// Why the demo data cannot be read: a mistake in this program's own files.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// a line of a data file is malformed
    #[error("line {line} of {file} is malformed")]
    Line {
        /// the file
        file: &'static str,
        /// the line, from 1
        line: usize,
    },
    /// an id is none
    #[error("an id in the demo data is none: {0}")]
    Id(#[from] IdError),
    /// the day of sowing is at the end of the calendar
    #[error("the clock is wrong: {0}")]
    Calendar(#[from] jiff::Error),
}

impl Demo {
    /// The demo library as it is on `today`.
    ///
    /// # Errors
    /// [`SeedError`]
    pub fn on(today: Date) -> Result<Self, SeedError> {
        let patrons = patrons(today)?;
        let items = items()?;
        let loans = loans(today, &patrons, &items)?;
        Ok(Self { institution: Isil::parse(INSTITUTION)?, patrons, items, loans })
    }
}

fn patrons(today: Date) -> Result<Vec<Patron>, SeedError> {
    rows("patrons.tsv", PATRONS)
        .map(|(at, row)| {
            let [id, name, patron_type, state, ends_in_days, debt_fen] = row.ok_or_else(at)?;
            Ok(Patron {
                id: PatronId::parse(id)?,
                name,
                patron_type,
                state,
                starts_on: today.checked_sub(400.days())?,
                ends_on: today.checked_add(number(ends_in_days).ok_or_else(at)?.days())?,
                debt_fen: number(debt_fen).ok_or_else(at)?,
            })
        })
        .collect()
}

/// One title of `titles.tsv`.
struct Title {
    record: i64,
    shelf: String,
    title: &'static str,
    author: &'static str,
    item_type: &'static str,
    branch: &'static str,
    n_copies: i64,
    is_set: bool,
}

fn items() -> Result<Vec<Item>, SeedError> {
    let titles = titles()?;
    let most = titles.iter().map(|title| title.n_copies).max().unwrap_or(0);
    let rounds = (1..=most).flat_map(|copy| titles.iter().map(move |title| (copy, title)));
    rounds
        .filter(|(copy, title)| *copy <= title.n_copies)
        .zip(1_u32..)
        .map(|((copy, title), n)| title.copy(copy, format!("LW{n:07}")))
        .collect()
}

fn titles() -> Result<Vec<Title>, SeedError> {
    let mut running: BTreeMap<&str, u32> = BTreeMap::new();
    rows("titles.tsv", TITLES)
        .zip(1_i64..)
        .map(|((at, row), record)| {
            let [title, author, class, item_type, branch, copies] = row.ok_or_else(at)?;
            let number_in_class = running.entry(class).or_default();
            *number_in_class += 1;
            let (is_set, n_copies) = copies.strip_prefix('v').map_or((false, copies), |n| (true, n));
            Ok(Title {
                record,
                shelf: format!("{class}/{number_in_class}"),
                title,
                author,
                item_type,
                branch,
                n_copies: number(n_copies).ok_or_else(at)?,
                is_set,
            })
        })
        .collect()
}

impl Title {
    fn copy(&self, copy: i64, barcode: String) -> Result<Item, SeedError> {
        let Self { title, shelf, .. } = self;
        let (title, call_number) = if self.is_set {
            (format!("{title}（第{copy}册）"), format!("{shelf}:{copy}"))
        } else {
            ((*title).to_owned(), shelf.clone())
        };
        let is_periodical = self.item_type == "期刊";
        let state = if IN_REPAIR.contains(&barcode.as_str()) { "14" } else { "2" };
        Ok(Item {
            id: ItemId::parse(&barcode)?,
            record: self.record,
            title,
            author: self.author,
            isbn: if is_periodical { String::new() } else { isbn(self.record) },
            call_number,
            item_type: self.item_type,
            branch: self.branch,
            state,
        })
    }
}

fn loans(today: Date, patrons: &[Patron], items: &[Item]) -> Result<Vec<Loan>, SeedError> {
    rows("loans.tsv", LOANS)
        .map(|(at, row)| {
            let [item, patron, days_ago] = row.ok_or_else(at)?;
            let item = items.iter().find(|i| i.id.as_str() == item).ok_or_else(at)?;
            let patron = patrons.iter().find(|p| p.id.as_str() == patron).ok_or_else(at)?;
            let (_, _, period, _) = RULES
                .iter()
                .find(|(card, kind, ..)| *card == patron.patron_type && *kind == item.item_type)
                .ok_or_else(at)?;
            let loaned_on = today.checked_sub(number(days_ago).ok_or_else(at)?.days())?;
            let due_on = loaned_on.checked_add(i64::from(*period).days())?;
            Ok(Loan { item: item.id.clone(), patron: patron.id.clone(), loaned_on, due_on })
        })
        .collect()
}

/// `97999`, seven digits, and the check digit of ISO 2108: weights 1 and 3 by turns, the sum a multiple of ten.
fn isbn(record: i64) -> String {
    let digits = format!("97999{record:07}");
    let weighted =
        digits.chars().filter_map(|c| c.to_digit(10)).zip([1, 3].into_iter().cycle()).map(|(d, w)| d * w);
    let check = (10 - weighted.sum::<u32>() % 10) % 10;
    format!("{digits}{check}")
}

/// The rows of a data file below its header: the error to give for each, and its fields if there are `N` of them.
fn rows<const N: usize>(
    file: &'static str,
    text: &'static str,
) -> impl Iterator<Item = (impl Fn() -> SeedError + Copy, Option<[&'static str; N]>)> {
    text.lines().enumerate().skip(1).map(move |(i, line)| {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let at = move || SeedError::Line { file, line: i.saturating_add(1) };
        (at, <[&'static str; N]>::try_from(fields).ok())
    })
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

const PATRONS: &str = include_str!("seed/patrons.tsv");
const TITLES: &str = include_str!("seed/titles.tsv");
const LOANS: &str = include_str!("seed/loans.tsv");

#[cfg(test)]
mod tests;
