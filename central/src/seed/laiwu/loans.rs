//! The year's loans and returns, in the order in which they were made.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, date};

use super::{CARDS_BY_MONTH, District, Scale, Volume, YEAR, card, kiosk, mix};
use crate::seed;

/// A line of the circulation log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// when
    pub at: DateTime,
    /// lent, or brought back
    pub is_checkout: bool,
    /// the item
    pub item: String,
    /// who borrowed it
    pub patron: String,
    /// last day of the loan
    pub due_on: Date,
    /// the account
    pub opuser: String,
}

/// A loan of these days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// the item
    pub item: String,
    /// the patron
    pub patron: String,
    /// day of the loan
    pub loaned_on: Date,
    /// last day of the loan
    pub due_on: Date,
}

/// What is to be known of an item for its loans.
#[derive(Clone)]
struct Copy {
    item_type: &'static str,
    branch: String,
}

/// All loans while they are made.
struct Year<'a> {
    district: District,
    copies: &'a [Copy],
    is_out: Vec<bool>,
    n_out: Vec<u8>,
    /// by time: what is brought back, and the loan
    returns: BinaryHeap<Reverse<(DateTime, u32, u32, Date)>>,
    moved: Vec<Moved>,
}

impl District {
    /// Every loan and return of the year, in order. What is out at its end comes back in the next January.
    #[must_use]
    pub fn moves(self) -> Vec<Moved> {
        let copies: Vec<Copy> = self.copies().collect();
        let n_cards = usize::try_from(self.n_cards()).unwrap_or(0);
        let mut year = Year {
            district: self,
            is_out: vec![false; copies.len()],
            n_out: vec![0; n_cards],
            copies: &copies,
            returns: BinaryHeap::new(),
            moved: Vec::new(),
        };
        let mut n = 0;
        for (month, n_loans) in (1_i8..).zip(self.loans_by_month()) {
            for of_month in 0..n_loans {
                year.lend(n, time(month, of_month, n_loans));
                n += 1;
            }
        }
        year.bring_back(None);
        year.moved
    }

    /// Loans that run on `today`: one for each hundredth item (of the small scale each two-hundredth) that is an ordinary book, to as many patrons.
    pub fn running(self, today: Date) -> impl Iterator<Item = Running> {
        let every = match self.scale {
            Scale::Whole => 100,
            Scale::Year => 200,
        };
        let borrowers = (0..self.n_cards()).filter(move |n| self.patron_type(*n) == "普通借阅证");
        let items = (0_u32..)
            .zip(self.copies())
            .filter(move |(n, copy)| n % every == 0 && copy.item_type == "普通图书");
        items.zip(borrowers).map(move |((item, _), n)| {
            let days = i64::try_from(mix(6, u64::from(item)) % 28).unwrap_or(0);
            let loaned_on = today.saturating_sub(days.days());
            Running {
                item: Self::barcode(item),
                patron: card(self.issued_on(n), n),
                loaned_on,
                due_on: loaned_on.saturating_add(30.days()),
            }
        })
    }

    /// Loans of each month; they add up to those of the year. Summer and winter holidays are busy.
    #[must_use]
    pub fn loans_by_month(self) -> [u32; 12] {
        let all: u64 = SEASON.iter().sum();
        let mut before = 0;
        SEASON.map(|weight| {
            let until = |weights: u64| u64::from(self.n_loans()) * weights / all;
            let n = until(before + weight) - until(before);
            before += weight;
            u32::try_from(n).unwrap_or(0)
        })
    }

    fn copies(self) -> impl Iterator<Item = Copy> {
        self.volumes().map(|Volume { item_type, branch, .. }| Copy { item_type, branch })
    }
}

impl Year<'_> {
    fn lend(&mut self, n: u32, at: DateTime) {
        self.bring_back(Some(at));
        // Cards of this month count from the next one on.
        let month = usize::from(at.month().unsigned_abs());
        let in_year: u32 = CARDS_BY_MONTH.iter().take(month - 1).sum();
        let n_cards = (self.district.n_before() + in_year).max(CARDS_BY_MONTH.iter().take(1).sum());
        let Some((patron, item, days)) = (0..1000).find_map(|attempt| self.pair(n, attempt, n_cards)) else {
            return;
        };
        let due_on = at.date().saturating_add(i64::from(days).days());
        let kept = 2 + mix(7, u64::from(n)) % u64::from(days.max(3) - 2);
        let minutes = i64::try_from(kept * 1440 + mix(8, u64::from(n)) % 60).unwrap_or(0);
        let back = at.saturating_add(minutes.minutes());
        self.set(item, patron, true);
        self.returns.push(Reverse((back, item, patron, due_on)));
        self.log(at, true, (item, patron, due_on));
    }

    /// A patron and an item that may be lent to the patron, and for how many days.
    fn pair(&self, n: u32, attempt: u32, n_cards: u32) -> Option<(u32, u32, u16)> {
        let by = |kind| mix(kind, u64::from(n) << 10 | u64::from(attempt));
        // A third of the cards borrow; the most eager of them most.
        let among = u64::from(n_cards.div_ceil(3));
        let patron = u32::try_from((by(9) % among).min(by(10) % among) * 3).ok().filter(|n| *n < n_cards)?;
        let all = u64::try_from(self.copies.len()).ok().filter(|n| *n > 0)?;
        let rank = (by(11) % all).min(by(12) % all).min(by(13) % all);
        let item = u32::try_from(rank * 104_729 % all).ok()?;
        let copy = self.copies.get(usize::try_from(item).ok()?)?;
        let patron_type = self.district.patron_type(patron);
        let (_, _, days, _) =
            seed::RULES.iter().find(|(card, kind, ..)| *card == patron_type && *kind == copy.item_type)?;
        let (_, limit) = seed::PATRON_TYPES.iter().find(|(name, _)| *name == patron_type)?;
        let is_out = self.is_out.get(usize::try_from(item).ok()?)?;
        let n_out = self.n_out.get(usize::try_from(patron).ok()?)?;
        (!is_out && u32::from(*n_out) < *limit).then_some((patron, item, *days))
    }

    /// Everything that comes back until then.
    fn bring_back(&mut self, until: Option<DateTime>) {
        while let Some(Reverse((at, item, patron, due_on))) = self.returns.peek().copied() {
            if until.is_some_and(|until| at > until) {
                return;
            }
            self.returns.pop();
            self.set(item, patron, false);
            self.log(at, false, (item, patron, due_on));
        }
    }

    fn set(&mut self, item: u32, patron: u32, is_out: bool) {
        if let Some(slot) = usize::try_from(item).ok().and_then(|at| self.is_out.get_mut(at)) {
            *slot = is_out;
        }
        if let Some(n) = usize::try_from(patron).ok().and_then(|at| self.n_out.get_mut(at)) {
            *n = if is_out { n.saturating_add(1) } else { n.saturating_sub(1) };
        }
    }

    fn log(&mut self, at: DateTime, is_checkout: bool, (item, patron, due_on): (u32, u32, Date)) {
        let by = mix(14, u64::from(item) ^ u64::from(at.minute().unsigned_abs()));
        let branch = usize::try_from(item).ok().and_then(|at| self.copies.get(at)).map(|copy| &copy.branch);
        // Anything is lent and brought back anywhere: one in eight at another branch, at whose kiosk it is seen.
        let elsewhere =
            super::pick(seed::BRANCHES, by).filter(|_| by.is_multiple_of(8)).map(|(code, _)| code);
        let opuser = match (elsewhere, branch) {
            (Some(code), _) => kiosk(code),
            (None, Some(room)) if room.starts_with('V') => format!("desk-{room}"),
            (None, branch) => kiosk(branch.map_or("LW01", String::as_str)),
        };
        let issued_on = self.district.issued_on(patron);
        self.moved.push(Moved {
            at,
            is_checkout,
            item: District::barcode(item),
            patron: card(issued_on, patron),
            due_on,
            opuser,
        });
    }
}

/// The nth moment of a month: from half past eight to eight, day after day.
fn time(month: i8, n: u32, of: u32) -> DateTime {
    let first = date(YEAR, month, 1);
    let open = 690 * u64::from(first.days_in_month().unsigned_abs());
    let minute = u64::from(n) * open / u64::from(of.max(1));
    let (day, minute) = (minute / 690, i64::try_from(minute % 690).unwrap_or(0));
    super::later(first, day).at(8, 30, 0, 0).saturating_add(minute.minutes())
}

/// Weights of the months.
const SEASON: [u64; 12] = [96, 88, 84, 80, 78, 82, 124, 128, 80, 74, 72, 74];
