//! When and where an item was last seen, and how one says that.

use jiff::civil::DateTime;

/// The last sighting of an item, as somebody is told who looks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// what showed it
    pub how: How,
    /// how long ago
    pub age: Age,
    /// name of the branch, if it is known
    pub branch: Option<String>,
    /// within it: see [`How`]; empty: not known
    pub place: String,
}

/// What showed an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// it was counted or put on a shelf: the place is a shelf mark
    Stocktake,
    /// it was brought back: the place is the account of the kiosk or desk, as for the next two
    Return,
    /// it was lent
    Loan,
    /// it was shown, and neither lent nor taken back
    Pad,
    /// it was read in a box, or arrived: the place is the number of the sheet
    Transfer,
}

/// How old something is, in the unit in which one says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Age {
    /// 0 to 59
    Minutes(u32),
    /// 1 to 23
    Hours(u32),
    /// 1 to 59
    Days(u32),
    /// of 30 days, from 2 on
    Months(u32),
}

impl How {
    /// Its word on the wire and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stocktake => "stocktake",
            Self::Return => "return",
            Self::Loan => "loan",
            Self::Pad => "pad",
            Self::Transfer => "transfer",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Stocktake, Self::Return, Self::Loan, Self::Pad, Self::Transfer];
        all.into_iter().find(|how| how.word() == word)
    }
}

impl Age {
    /// From then to now; what is yet to come is new.
    #[must_use]
    pub fn between(then: DateTime, now: DateTime) -> Self {
        let minutes = u32::try_from(now.duration_since(then).as_mins().max(0)).unwrap_or(u32::MAX);
        let (hours, days) = (minutes / 60, minutes / (60 * 24));
        match (hours, days) {
            (0, _) => Self::Minutes(minutes),
            (_, 0) => Self::Hours(hours),
            (_, 1..60) => Self::Days(days),
            _ => Self::Months(days / 30),
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn chinese(self) -> String {
        match self {
            Self::Minutes(0) => "刚才".to_owned(),
            Self::Minutes(n) => format!("{n} 分钟前"),
            Self::Hours(n) => format!("{n} 小时前"),
            Self::Days(n) => format!("{n} 天前"),
            Self::Months(n) => format!("{n} 个月前"),
        }
    }

    /// In English.
    #[must_use]
    pub fn english(self) -> String {
        let ago = |n: u32, unit: &str| format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" });
        match self {
            Self::Minutes(0) => "just now".to_owned(),
            Self::Minutes(n) => ago(n, "minute"),
            Self::Hours(n) => ago(n, "hour"),
            Self::Days(n) => ago(n, "day"),
            Self::Months(n) => ago(n, "month"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::datetime;

    #[test]
    fn an_age_is_told_as_one_says_it() {
        let now = datetime(2026, 11, 23, 9, 30, 0, 0);
        for (minutes, chinese, english) in [
            (-5, "刚才", "just now"),
            (0, "刚才", "just now"),
            (1, "1 分钟前", "1 minute ago"),
            (59, "59 分钟前", "59 minutes ago"),
            (60, "1 小时前", "1 hour ago"),
            (24 * 60, "1 天前", "1 day ago"),
            (59 * 24 * 60, "59 天前", "59 days ago"),
            (90 * 24 * 60, "3 个月前", "3 months ago"),
        ] {
            let age = Age::between(now - minutes.minutes(), now);
            assert_eq!((age.chinese().as_str(), age.english().as_str()), (chinese, english));
        }
    }

    #[test]
    fn every_word_is_read_again_and_no_other() {
        for how in [How::Stocktake, How::Return, How::Loan, How::Pad, How::Transfer] {
            assert_eq!(How::of_word(how.word()), Some(how));
        }
        assert_eq!(How::of_word("seen"), None);
    }
}
