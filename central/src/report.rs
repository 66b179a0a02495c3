//! The year in figures, as libraries report it: cards, accessions, active readers, loans.
//!
//! ```text
//!   Figures ── tables ──▶ Table ─┬─ csv   for a spreadsheet
//!   (what was counted)           ├─ svg   a chart that can be read aloud
//!                                ├─ text  for a terminal
//!                                └─ page  HTML: each chart with its table
//! ```
//! Pure: what is counted is asked by [`crate::store::Store::figures`]. Of a person the year of birth and the sex count,
//! and nothing else. A loan is a checkout; a renewal is none.

use std::collections::BTreeMap;

mod chart;
mod page;
mod table;

pub use page::{document, fragment, title};
pub use table::{Chart, Row, Table};

/// The language of the words around the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Chinese,
    /// English
    English,
}

/// What was counted in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// name of the institution
    pub institution: String,
    /// the year
    pub year: i16,
    /// cards issued, from January on
    pub cards_by_month: [u64; 12],
    /// titles and volumes that came in, by material
    pub accessions: Vec<Accession>,
    /// patrons who borrowed or renewed, by year of birth and sex
    pub active: Vec<(Option<i16>, Sex, u64)>,
    /// cards that there were at the end of the year, by type and sex
    pub cards: Vec<(String, Sex, u64)>,
    /// loans by the sex of the patron
    pub loans_by_sex: Vec<(Sex, u64)>,
    /// loans, from January on
    pub loans_by_month: [u64; 12],
    /// loans by the branch where they were made, the busiest first; an empty name: nobody knows where
    pub loans_by_branch: Vec<(String, u64)>,
    /// loans by the first letter of the shelf mark
    pub loans_by_class: Vec<(String, u64)>,
    /// the titles that were lent most
    pub most_borrowed: Vec<Borrowed>,
}

/// A line of the accession statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accession {
    /// group of materials; empty for one that is on no list
    pub group: String,
    /// material
    pub material: String,
    /// titles
    pub n_titles: u64,
    /// volumes
    pub n_volumes: u64,
}

/// A title with its loans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borrowed {
    /// title
    pub title: String,
    /// author
    pub author: String,
    /// loans of all its copies
    pub n_loans: u64,
}

/// What is known of a patron's sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
    /// not told
    NotTold,
}

/// Groups of ages as Chinese libraries report them; ages are those reached in the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgeGroup {
    /// 少年: under 18
    Young,
    /// 青年: 18 to 44
    Adult,
    /// 中年: 45 to 59
    Middle,
    /// 老年: 60 and above
    Senior,
    /// the year of birth was not told
    NotTold,
}

impl AgeGroup {
    /// In their order.
    pub const ALL: [Self; 5] = [Self::Young, Self::Adult, Self::Middle, Self::Senior, Self::NotTold];

    /// The group of somebody born in a year.
    #[must_use]
    pub const fn of(birth_year: Option<i16>, year: i16) -> Self {
        let Some(birth_year) = birth_year else { return Self::NotTold };
        match year.saturating_sub(birth_year) {
            ..18 => Self::Young,
            18..45 => Self::Adult,
            45..60 => Self::Middle,
            60.. => Self::Senior,
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Young => ("少年（18 岁以下）", "under 18"),
            Self::Adult => ("青年（18–44 岁）", "18 to 44"),
            Self::Middle => ("中年（45–59 岁）", "45 to 59"),
            Self::Senior => ("老年（60 岁及以上）", "60 and above"),
            Self::NotTold => NOT_TOLD,
        }
    }
}

impl Sex {
    const ALL: [Self; 3] = [Self::Female, Self::Male, Self::NotTold];

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Female => ("女", "female"),
            Self::Male => ("男", "male"),
            Self::NotTold => NOT_TOLD,
        }
    }
}

impl Language {
    /// The word in this language.
    #[must_use]
    pub const fn of(self, (chinese, english): (&'static str, &'static str)) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

impl Figures {
    /// All tables, in the order of a report.
    #[must_use]
    pub fn tables(&self, language: Language) -> Vec<Table> {
        let all = Tables { figures: self, language };
        vec![
            all.by_month(
                "cards-by-month",
                ("各月办证量", "Cards issued by month"),
                CARDS,
                &self.cards_by_month,
            ),
            all.accessions(),
            all.active(),
            all.cards_by_type(),
            all.by_sex(
                "cards-by-sex",
                ("年末持证读者证性别构成", "Cards at the end of the year by sex"),
                HELD,
                &self.cards_by_sex(),
            ),
            all.by_sex("loans-by-sex", ("外借册次性别构成", "Loans by sex"), LOANS, &self.loans_by_sex),
            all.by_month("loans-by-month", ("各月外借册次", "Loans by month"), LOANS, &self.loans_by_month),
            all.loans_by_branch(),
            all.loans_by_class(),
            all.most_borrowed(),
        ]
    }

    fn cards_by_sex(&self) -> Vec<(Sex, u64)> {
        let mut all: BTreeMap<Sex, u64> = BTreeMap::new();
        for (_, sex, n) in &self.cards {
            *all.entry(*sex).or_default() += n;
        }
        all.into_iter().collect()
    }
}

/// Makes tables of figures in a language.
struct Tables<'a> {
    figures: &'a Figures,
    language: Language,
}

impl Tables<'_> {
    fn word(&self, words: (&'static str, &'static str)) -> String {
        self.language.of(words).to_owned()
    }

    fn table(&self, key: &'static str, title: Words, head: &[Words], chart: Chart) -> Table {
        Table {
            key,
            title: self.word(title),
            head: head.iter().map(|words| self.word(*words)).collect(),
            note: None,
            rows: Vec::new(),
            total: None,
            is_long: false,
            chart,
            language: self.language,
        }
    }

    fn by_month(&self, key: &'static str, title: Words, what: Words, counts: &[u64; 12]) -> Table {
        let mut table = self.table(key, title, &[("月份", "month"), what], Chart::Columns);
        for (month, n) in (0..).zip(counts) {
            let name = match self.language {
                Language::Chinese => format!("{}月", month + 1),
                Language::English => MONTHS.get(month).copied().unwrap_or("").to_owned(),
            };
            table.rows.push(Row::of(name, vec![*n]));
        }
        table.with_total()
    }

    fn by_sex(&self, key: &'static str, title: Words, what: Words, counts: &[(Sex, u64)]) -> Table {
        let mut table = self.table(key, title, &[("性别", "sex"), what], Chart::Bars);
        for sex in Sex::ALL {
            let n = counts.iter().filter(|(of, _)| *of == sex).map(|(_, n)| n).sum();
            table.rows.push(Row::of(self.word(sex.words()), vec![n]));
        }
        table.without_untold(&self.word(NOT_TOLD)).with_total()
    }

    fn accessions(&self) -> Table {
        let head = [("文献类型", "material"), ("类别", "group"), ("种", "titles"), ("册", "volumes")];
        let title = ("新增藏量", "Accessions by type");
        let mut table = self.table("accessions", title, &head, Chart::LastBars);
        for line in &self.figures.accessions {
            let name = match line.material.as_str() {
                "" => self.word(NOT_TOLD),
                name => name.to_owned(),
            };
            let mut row = Row::of(name, vec![line.n_titles, line.n_volumes]);
            row.note = Some(line.group.clone());
            table.rows.push(row);
        }
        table.with_total()
    }

    fn active(&self) -> Table {
        let title = ("有效读者年龄与性别构成", "Active readers by age group and sex");
        let mut table = self.table("active-readers", title, &self.sexes(("年龄段", "age")), Chart::Stacked);
        for group in AgeGroup::ALL {
            let of = |sex: Sex| {
                let all = self.figures.active.iter();
                let all =
                    all.filter(|(born, of, _)| *of == sex && AgeGroup::of(*born, self.figures.year) == group);
                all.map(|(.., n)| n).sum::<u64>()
            };
            table.rows.push(Row::of(self.word(group.words()), with_sum(Sex::ALL.map(of))));
        }
        table.note = Some(self.word((
            "有效读者：当年至少借过或续借过一册的读者；年龄按当年周岁计。",
            "Active: borrowed or renewed at least once in the year. Ages are those reached in the year.",
        )));
        table.without_untold(&self.word(NOT_TOLD)).with_total()
    }

    fn cards_by_type(&self) -> Table {
        let title = ("年末持证读者证类型构成", "Cards at the end of the year by type");
        let mut table = self.table("cards-by-type", title, &self.sexes(("证类型", "type")), Chart::Stacked);
        let mut types: Vec<&String> = self.figures.cards.iter().map(|(name, ..)| name).collect();
        types.dedup();
        for name in types {
            let of = |sex: Sex| {
                let all = self.figures.cards.iter();
                all.filter(|(of, with, _)| of == name && *with == sex).map(|(.., n)| n).sum::<u64>()
            };
            table.rows.push(Row::of(name.clone(), with_sum(Sex::ALL.map(of))));
        }
        table.note = Some(self.word(("不含已注销的证。", "Cancelled cards are not counted.")));
        table.with_total()
    }

    fn loans_by_branch(&self) -> Table {
        let title = ("各分馆外借册次", "Loans by branch");
        let head = [("分馆、服务点", "branch"), LOANS];
        let mut table = self.table("loans-by-branch", title, &head, Chart::Bars);
        for (name, n) in &self.figures.loans_by_branch {
            let name = if name.is_empty() { self.word(NOT_TOLD) } else { name.clone() };
            table.rows.push(Row::of(name, vec![*n]));
        }
        table.is_long = true;
        table.with_total()
    }

    fn loans_by_class(&self) -> Table {
        let title = ("各大类外借册次（中图法）", "Loans by class (Chinese Library Classification)");
        let head = [("大类", "class"), LOANS];
        let mut table = self.table("loans-by-class", title, &head, Chart::Bars);
        let mut others = 0;
        for (letter, n) in &self.figures.loans_by_class {
            match CLASSES.iter().find(|(of, ..)| of == letter) {
                Some((of, chinese, english)) => {
                    let name = format!("{of} {}", self.language.of((chinese, english)));
                    table.rows.push(Row::of(name, vec![*n]));
                }
                None => others += n,
            }
        }
        if others > 0 {
            table.rows.push(Row::of(self.word(("其他", "others")), vec![others]));
        }
        table.with_total()
    }

    fn most_borrowed(&self) -> Table {
        let title = ("借阅排行", "Most borrowed");
        let head = [("题名", "title"), ("责任者", "author"), LOANS];
        let mut table = self.table("most-borrowed", title, &head, Chart::Bars);
        for borrowed in &self.figures.most_borrowed {
            let mut row = Row::of(borrowed.title.clone(), vec![borrowed.n_loans]);
            row.note = Some(borrowed.author.clone());
            table.rows.push(row);
        }
        table
    }

    fn sexes(&self, of: Words) -> [Words; 5] {
        let [female, male, not_told] = Sex::ALL.map(Sex::words);
        [of, female, male, not_told, ("合计", "all")]
    }
}

fn with_sum(counts: [u64; 3]) -> Vec<u64> {
    let mut all = counts.to_vec();
    all.push(counts.iter().sum());
    all
}

type Words = (&'static str, &'static str);

const NOT_TOLD: Words = ("未登记", "not told");
const CARDS: Words = ("办证量（张）", "cards");
const HELD: Words = ("持证（张）", "cards");
const LOANS: Words = ("外借（册次）", "loans");

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The main classes of the Chinese Library Classification (5th edition).
const CLASSES: [(&str, &str, &str); 22] = [
    ("A", "马列主义、毛泽东思想、邓小平理论", "Marxism, Maoism, Dengism"),
    ("B", "哲学、宗教", "philosophy, religion"),
    ("C", "社会科学总论", "social sciences, general"),
    ("D", "政治、法律", "politics, law"),
    ("E", "军事", "military"),
    ("F", "经济", "economics"),
    ("G", "文化、科学、教育、体育", "culture, education, sports"),
    ("H", "语言、文字", "languages"),
    ("I", "文学", "literature"),
    ("J", "艺术", "arts"),
    ("K", "历史、地理", "history, geography"),
    ("N", "自然科学总论", "natural sciences, general"),
    ("O", "数理科学和化学", "mathematics, physics, chemistry"),
    ("P", "天文学、地球科学", "astronomy, earth sciences"),
    ("Q", "生物科学", "biology"),
    ("R", "医药、卫生", "medicine, health"),
    ("S", "农业科学", "agriculture"),
    ("T", "工业技术", "technology"),
    ("U", "交通运输", "transport"),
    ("V", "航空、航天", "aviation, space"),
    ("X", "环境科学、安全科学", "environment, safety"),
    ("Z", "综合性图书", "general works"),
];

#[cfg(test)]
mod tests;
