//! The stock: titles with so many volumes each that every material comes out at its count.

use jiff::civil::{Date, date};

use super::words::{GIVEN, KINDS, PERIODICALS, PLACES, SURNAMES, THINGS};
use super::{ACCESSIONS, District, N_ROOMS, Scale, YEAR, later, mix, pick, pick_char, room};
use crate::seed;

/// A volume on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// barcode
    pub id: String,
    /// number of its title
    pub record: u32,
    /// title; of a periodical with its issue
    pub title: String,
    /// author
    pub author: String,
    /// invented ISBN; periodicals have none
    pub isbn: String,
    /// shelf mark
    pub call_number: String,
    /// type of the item
    pub item_type: &'static str,
    /// code of the branch
    pub branch: String,
    /// line of the accession statistics
    pub material: &'static str,
    /// day of accession
    pub added_on: Date,
}

/// Titles of one material that came in one time.
struct Lot {
    material: &'static str,
    n_titles: u32,
    n_volumes: u32,
    is_of_year: bool,
}

/// A title, before its words are made.
#[derive(Clone, Copy)]
struct Title {
    record: u32,
    material: &'static str,
    added_on: Date,
}

impl District {
    /// The stock in the order of its barcodes: what was there before, then what came in the year.
    pub fn volumes(self) -> impl Iterator<Item = Volume> {
        let mut record = 0;
        let lots = self.lots().into_iter().flat_map(move |lot| {
            let first = record;
            record += lot.n_titles;
            (0..lot.n_titles).map(move |n| lot.title(first + n + 1, n))
        });
        let volumes = lots.flat_map(|(title, n_volumes)| (0..n_volumes).map(move |copy| (title, copy)));
        (0_u32..).zip(volumes).map(|(n, (title, copy))| title.volume(n, copy))
    }

    /// The barcode of the nth volume, from 0.
    pub(super) fn barcode(n: u32) -> String {
        format!("3712{:08}", n + 1)
    }

    fn lots(self) -> Vec<Lot> {
        let of_year = ACCESSIONS.into_iter().map(|(_, material, n_titles, n_volumes)| Lot {
            material,
            n_titles,
            n_volumes,
            is_of_year: true,
        });
        let mut lots = Vec::new();
        if self.scale == Scale::Whole {
            let before = self.n_items() - ACCESSIONS.iter().map(|(.., volumes)| volumes).sum::<u32>();
            let others: u32 = BEFORE.iter().map(|(.., volumes)| volumes).sum();
            for (material, n_titles, n_volumes) in BEFORE {
                lots.push(Lot { material, n_titles, n_volumes, is_of_year: false });
            }
            let n_volumes = before - others;
            lots.insert(0, Lot { material: BOOKS, n_titles: N_BOOKS_BEFORE, n_volumes, is_of_year: false });
        }
        lots.extend(of_year);
        lots
    }
}

impl Lot {
    /// The nth title with its share of the volumes: the shares of all add up to the lot.
    fn title(&self, record: u32, n: u32) -> (Title, u32) {
        let until = |n: u32| u64::from(n) * u64::from(self.n_volumes) / u64::from(self.n_titles.max(1));
        let share = u32::try_from(until(n + 1) - until(n)).unwrap_or(0);
        let (from, days) = if self.is_of_year { (date(YEAR, 1, 1), 365) } else { (date(2008, 1, 1), 5478) };
        let day = u64::from(n) * days / u64::from(self.n_titles.max(1));
        (Title { record, material: self.material, added_on: later(from, day) }, share)
    }
}

impl Title {
    fn volume(self, n: u32, copy: u32) -> Volume {
        let Self { record, material, added_on } = self;
        let (stem, kind, is_for_children) = self.words();
        let author = pick_char(SURNAMES, mix(3, u64::from(record)));
        let given = pick_char(GIVEN, mix(4, u64::from(record)));
        let is_periodical = material == PERIODICAL;
        let year = added_on.year();
        let (title, class) = match material {
            PERIODICAL => (
                format!(
                    "{stem}{} {year}年第{}期",
                    pick(&PERIODICALS, u64::from(record)).unwrap_or("月刊"),
                    copy + 1
                ),
                "Z62",
            ),
            LOCAL => (format!("莱芜{stem}志"), "K295.2"),
            BRAILLE => (format!("{stem}{}（盲文版）", kind.0), kind.1),
            _ => (format!("{stem}{}", kind.0), kind.1),
        };
        let item_type = match material {
            PERIODICAL => "期刊",
            LOCAL | BRAILLE => "工具书",
            _ if is_for_children => "少儿图书",
            _ if kind.1.starts_with("Z2") || kind.1 == "H164" => "工具书",
            _ => "普通图书",
        };
        Volume {
            id: District::barcode(n),
            record,
            title,
            author: if is_periodical { String::new() } else { format!("{author}{given}") },
            isbn: if is_periodical { String::new() } else { seed::isbn(i64::from(record)) },
            call_number: format!("{class}/{}", 1 + record / 49),
            item_type,
            branch: branch(n, item_type, added_on),
            material,
            added_on,
        }
    }

    /// Its words: all titles are numbered through all combinations, far apart from their neighbours.
    fn words(self) -> (String, (&'static str, &'static str), bool) {
        let all = u64::try_from(PLACES.len() * THINGS.len() * KINDS.len()).unwrap_or(1);
        // Odd and no multiple of seven, the only factors of the number of combinations: no two titles meet.
        let at = u64::from(self.record) * 73_013 % all;
        let (rest, kind) = (at / 49, pick(&KINDS, at));
        let (word, class, is_for_children) = kind.unwrap_or(("", "I247.5", false));
        let place = pick(&PLACES, rest).unwrap_or("海边");
        let thing = pick(&THINGS, rest / 64).unwrap_or("灯塔");
        (format!("{place}的{thing}"), (word, class), is_for_children)
    }
}

/// A fifth of what is not of this year stands in reading rooms; the rest is dealt to branches by their size.
fn branch(n: u32, item_type: &str, added_on: Date) -> String {
    let by = mix(5, u64::from(n));
    if added_on.year() < YEAR && by.is_multiple_of(5) && item_type != "工具书" {
        let number = by / 5 % u64::from(N_ROOMS);
        return room(1 + u32::try_from(number).unwrap_or(0));
    }
    let by = by / 5000;
    let code = match (item_type, by % 100) {
        ("少儿图书", 0..40) => "LW07",
        ("少儿图书", 40..75) => "LW08",
        (_, 0..52) => "LW01",
        (_, 52..56) => "LW02",
        (_, 56..76) => "LW03",
        (_, 76..86) => "LW04",
        (_, 86..93) => "LW05",
        _ => "LW06",
    };
    code.to_owned()
}

const BOOKS: &str = "中文图书";
const PERIODICAL: &str = "中文期刊、报纸";
const BRAILLE: &str = "盲文文献";
const LOCAL: &str = "地方文献";

/// Titles of books from before the year.
const N_BOOKS_BEFORE: u32 = 158_000;

/// What else was there before the year: material, titles, volumes. Books are the rest.
const BEFORE: [(&str, u32, u32); 3] = [(PERIODICAL, 640, 36_400), (BRAILLE, 60, 120), (LOCAL, 3100, 6600)];
