//! A district of the size of Laiwu's, as its library's yearly report for 2023 gives it: 390,000 items, 73,690 cards,
//! 144,309 loans in the year, eight branches and 800 village reading rooms. The people, the books and the loans are
//! invented; the counts come out exactly, and all of it is the same each time.
//!
//! Nothing in it is random: every choice is a mixed number of its own (`mix`), so that any row can be made alone.
//! Everybody's password is `123456`, with one of [`N_HASHES`] salts; the program is [`APPID`] with [`SECRET`].

use circulation::id::{IdError, Isil};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

mod loans;
mod stock;
mod words;

pub use loans::{Moved, Running};
pub use stock::Volume;

/// The district's code: made up, beside the demo library's.
pub const INSTITUTION: &str = "CN-371116-0-LAIWU";

/// The program that a kiosk is here.
pub const APPID: &str = "yueting-laiwu";

/// Its secret, which everybody knows.
pub const SECRET: &str = "yueting-laiwu-secret";

/// The year that was counted.
pub const YEAR: i16 = 2023;

/// Hashes of the password that are dealt out: one for each of 73,690 people would take as long as all the rest.
pub const N_HASHES: usize = 64;

/// Cards issued in each month of the year.
pub const CARDS_BY_MONTH: [u32; 12] = [76, 128, 198, 170, 157, 148, 630, 413, 353, 359, 266, 325];

/// The accession statistics of the year: group, material, titles, volumes.
pub const ACCESSIONS: [(&str, &str, u32, u32); 4] = [
    ("图书", "中文图书", 8157, 16_012),
    ("期刊、报纸", "中文期刊、报纸", 261, 15_077),
    ("特殊文献", "盲文文献", 0, 0),
    ("特殊文献", "地方文献", 113, 278),
];

/// Village reading rooms.
pub const N_ROOMS: u32 = 800;

/// How much of the district.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// all of it
    Whole,
    /// what came in the year, and one loan in fifty: enough for the figures of the report that count cards and accessions
    Year,
}

/// The district, ready to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct District {
    /// how much of it
    pub scale: Scale,
}

/// A patron who is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// card number: year of issue and running number
    pub id: String,
    /// a word from the world of books, 小, and a heavenly stem
    pub name: String,
    /// type of the card
    pub patron_type: &'static str,
    /// year of birth
    pub birth_year: i16,
    /// `F` or `M`
    pub sex: &'static str,
    /// when the card was issued
    pub issued_on: Date,
}

impl District {
    /// Its code.
    ///
    /// # Errors
    /// [`IdError`]: a mistake in this file
    pub fn institution() -> Result<Isil, IdError> {
        Isil::parse(INSTITUTION)
    }

    /// Items held.
    #[must_use]
    pub fn n_items(self) -> u32 {
        match self.scale {
            Scale::Whole => 390_000,
            Scale::Year => ACCESSIONS.iter().map(|(.., volumes)| volumes).sum(),
        }
    }

    /// Cards at the end of the year.
    #[must_use]
    pub fn n_cards(self) -> u32 {
        match self.scale {
            Scale::Whole => 73_690,
            Scale::Year => CARDS_BY_MONTH.iter().sum(),
        }
    }

    /// Loans made in the year.
    #[must_use]
    pub const fn n_loans(self) -> u32 {
        match self.scale {
            Scale::Whole => 144_309,
            Scale::Year => 2886,
        }
    }

    /// About as many rows as it has in the database, for whoever waits for them.
    #[must_use]
    pub fn n_rows(self) -> usize {
        let n = self.n_cards() + self.n_items() + 2 * self.n_loans() + self.n_items() / 100;
        usize::try_from(n).unwrap_or(usize::MAX)
    }

    /// Its branches, then its reading rooms: code and name.
    pub fn branches(self) -> impl Iterator<Item = (String, String)> {
        let named = super::BRANCHES.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned()));
        named.chain((1..=N_ROOMS).map(|n| (room(n), format!("第{n}村居阅览室"))))
    }

    /// The accounts of its kiosks, one in each branch that has a name, and where they stand.
    pub fn kiosks() -> impl Iterator<Item = (String, &'static str)> {
        super::BRANCHES.iter().map(|(code, _)| (kiosk(code), *code))
    }

    /// The holders of cards in the order of issue.
    pub fn holders(self) -> impl Iterator<Item = Holder> {
        (0..self.n_cards()).map(move |n| self.holder(n))
    }

    /// The holder of the nth card, from 0.
    #[must_use]
    pub fn holder(self, n: u32) -> Holder {
        let issued_on = self.issued_on(n);
        // The same person whatever the scale.
        let seed = mix(1, u64::from(n) + u64::from(Scale::Whole.cards() - self.n_cards()));
        let patron_type = self.patron_type(n);
        let old = match patron_type {
            "少儿证" => 5 + seed % 11,
            // Three of four are of working age.
            _ => 16 + seed % 44 + if seed.is_multiple_of(4) { seed / 64 % 20 } else { 0 },
        };
        let pick = |from: &str, by: u64| pick_char(from, seed / by);
        Holder {
            id: card(issued_on, n),
            name: format!("{}小{}", pick("书阅墨砚简卷笺页", 7), pick("甲乙丙丁戊己庚辛壬癸", 77)),
            patron_type,
            birth_year: YEAR - i16::try_from(old).unwrap_or(0),
            sex: if seed / 8 % 100 < 57 { "F" } else { "M" },
            issued_on,
        }
    }

    /// The type of the nth card.
    fn patron_type(self, n: u32) -> &'static str {
        match mix(2, u64::from(n) + u64::from(Scale::Whole.cards() - self.n_cards())) % 100 {
            0..62 => "普通借阅证",
            62..73 => "自习阅览证",
            73..84 => "一卡通读者",
            _ => "少儿证",
        }
    }

    /// Cards of earlier years are spread over fifteen of them, those of the year over its months as they were.
    fn issued_on(self, n: u32) -> Date {
        let n_before = self.n_before();
        if n < n_before {
            let days = u64::from(n) * 5478 / u64::from(n_before.max(1));
            return later(date(2008, 1, 1), days);
        }
        let mut of_month = n - n_before;
        for (month, n_cards) in (1_i8..).zip(CARDS_BY_MONTH) {
            if of_month < n_cards {
                let first = date(YEAR, month, 1);
                let days = u64::from(of_month) * u64::from(first.days_in_month().unsigned_abs());
                return later(first, days / u64::from(n_cards));
            }
            of_month -= n_cards;
        }
        date(YEAR, 12, 31)
    }

    /// Cards issued before the year.
    fn n_before(self) -> u32 {
        self.n_cards() - CARDS_BY_MONTH.iter().sum::<u32>()
    }
}

impl Scale {
    fn cards(self) -> u32 {
        District { scale: self }.n_cards()
    }
}

fn card(issued_on: Date, n: u32) -> String {
    format!("L{}{n:06}", issued_on.year())
}

fn room(n: u32) -> String {
    format!("V{n:03}")
}

fn kiosk(branch: &str) -> String {
    format!("kiosk-{branch}")
}

fn later(day: Date, days: u64) -> Date {
    day.saturating_add(i64::try_from(days).unwrap_or(0).days())
}

fn pick<T: Copy>(from: &[T], by: u64) -> Option<T> {
    let n = u64::try_from(from.len()).ok().filter(|n| *n > 0)?;
    from.get(usize::try_from(by % n).ok()?).copied()
}

fn pick_char(from: &str, by: u64) -> char {
    let all: Vec<char> = from.chars().collect();
    pick(&all, by).unwrap_or('书')
}

/// A number that looks like chance and is the same each time (splitmix64). `kind` keeps choices apart.
fn mix(kind: u64, n: u64) -> u64 {
    let mut z = (kind << 40).wrapping_add(n).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
