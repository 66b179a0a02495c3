//! The library's rules: read whole, set one at a time, each change in the audit log. They hold from the next loan on; loans
//! that run keep their due dates. Kiosks that mirror the catalogue hear of them by their next question.

use circulation::id::Isil;
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};

use super::engine::{Row, Value};
use super::people::{act, audit};
use super::statement::rules as sql;
use super::{Store, StoreError, facts};
use crate::ledger::Weekdays;

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// types of cards
    pub cards: Vec<CardRule>,
    /// types of items
    pub item_types: Vec<String>,
    /// who is lent what; what is not here is not lent
    pub loans: Vec<LoanRule>,
    /// what holds for everybody
    pub house: HouseRules,
    /// days from today on which the library is closed
    pub closed: Vec<Date>,
}

/// What a type of card allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRule {
    /// its name
    pub patron_type: String,
    /// loans at once
    pub loan_limit: u32,
    /// overdue loans with which more are lent; nothing: any number
    pub overdue_limit: Option<u32>,
    /// holds at once
    pub hold_limit: u32,
}

/// For how long a type of item is lent to a type of card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanRule {
    /// the card
    pub patron_type: String,
    /// the item
    pub item_type: String,
    /// days of a loan, 1 to 3660
    pub period_days: u16,
    /// renewals
    pub n_renewals: u32,
    /// fine for each day overdue
    pub fine_per_day: Amount,
    /// days overdue that cost nothing
    pub grace_days: u16,
}

/// What holds for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseRules {
    /// fees up to which is lent
    pub debt_limit: Amount,
    /// days for which a held item waits, 1 to 366
    pub hold_shelf_days: u16,
    /// weekdays that are always closed
    pub closed_weekdays: Weekdays,
}

impl Store {
    /// The rules.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn rules(&self, of: &Isil, today: Date) -> Result<Rules, StoreError> {
        let day = today.to_string();
        self.look(|db| {
            let cards = db.rows(&sql::CARDS, &[of.into()])?.into_iter().map(card);
            let cards = cards.collect::<Result<_, _>>()?;
            let item_types = db.rows(&sql::ITEM_TYPES, &[of.into()])?.into_iter();
            let item_types = item_types.map(|mut row| row.text("item_type.item_type"));
            let item_types = item_types.collect::<Result<_, _>>()?;
            let loans = db.rows(&sql::LOANS, &[of.into()])?.into_iter().map(loan);
            let loans = loans.collect::<Result<_, _>>()?;
            let row = db.rows(&sql::HOUSE, &[of.into(), (&day).into()])?.pop();
            let mut row = row.ok_or(StoreError::Missing("institution"))?;
            let house = HouseRules {
                debt_limit: row.fen("institution.debt_limit_fen")?,
                hold_shelf_days: row.number("institution.hold_shelf_days")?,
                closed_weekdays: facts::weekdays(row.number("institution.closed_weekdays")?)?,
            };
            let mut closed = facts::days(row.text_or_null("closing_day.day")?.as_deref())?;
            closed.sort_unstable();
            Ok(Rules { cards, item_types, loans, house, closed })
        })
    }

    /// Sets what a type of card allows; makes the type if there is none.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_card_rule(
        &self,
        of: &Isil,
        rule: &CardRule,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        self.change(|db| {
            let overdue = rule.overdue_limit.map_or(Value::Null, |limit| Value::Int(limit.into()));
            let values = [
                of.into(),
                (&rule.patron_type).into(),
                rule.loan_limit.into(),
                overdue,
                rule.hold_limit.into(),
            ];
            db.write(&sql::SET_CARD, &values)?;
            audit(db, of, (actor, act::SET_RULE, &rule.patron_type), now)
        })
    }

    /// Sets for how long a type of item is lent to a type of card. Says whether there are such types.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_loan_rule(
        &self,
        of: &Isil,
        rule: &LoanRule,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let (card, item) = (rule.patron_type.as_str(), rule.item_type.as_str());
        self.change(|db| {
            if db.rows(&sql::ARE_TYPES, &[of.into(), card.into(), item.into()])?.is_empty() {
                return Ok(false);
            }
            let values = [
                of.into(),
                card.into(),
                item.into(),
                i64::from(rule.period_days).into(),
                rule.n_renewals.into(),
                rule.fine_per_day.into(),
                i64::from(rule.grace_days).into(),
            ];
            db.write(&sql::SET_LOAN, &values)?;
            audit(db, of, (actor, act::SET_RULE, &format!("{card} / {item}")), now)?;
            Ok(true)
        })
    }

    /// A type of item is not lent to a type of card any more. Says whether it was.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn end_loan_rule(
        &self,
        of: &Isil,
        (card, item): (&str, &str),
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            let was = !db.rows(&sql::END_LOAN_RULE, &[of.into(), card.into(), item.into()])?.is_empty();
            if was {
                audit(db, of, (actor, act::END_RULE, &format!("{card} / {item}")), now)?;
            }
            Ok(was)
        })
    }

    /// Sets what holds for everybody. Another limit of fees has kiosks take a new snapshot: it concerns every card.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_house_rules(
        &self,
        of: &Isil,
        rules: &HouseRules,
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        self.change(|db| {
            db.write(&sql::SET_DEBT_LIMIT, &[of.into(), rules.debt_limit.into()])?;
            let values = [
                of.into(),
                i64::from(rules.hold_shelf_days).into(),
                i64::from(rules.closed_weekdays.bits()).into(),
            ];
            db.write(&sql::SET_HOUSE, &values)?;
            audit(db, of, (actor, act::SET_RULE, "*"), now)
        })
    }

    /// Closes a day, or opens it again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_closed(
        &self,
        of: &Isil,
        (day, is_closed): (Date, bool),
        (actor, now): (&str, DateTime),
    ) -> Result<(), StoreError> {
        let text = day.to_string();
        let (statement, what) =
            if is_closed { (&sql::CLOSE_DAY, act::CLOSE_DAY) } else { (&sql::OPEN_DAY, act::OPEN_DAY) };
        self.change(|db| {
            db.write(statement, &[of.into(), (&text).into()])?;
            audit(db, of, (actor, what, &text), now)
        })
    }
}

fn card(mut row: Row) -> Result<CardRule, StoreError> {
    Ok(CardRule {
        patron_type: row.text("patron_type.patron_type")?,
        loan_limit: row.number("patron_type.loan_limit")?,
        overdue_limit: row.number_or_null("patron_type.overdue_limit")?,
        hold_limit: row.number("patron_type.hold_limit")?,
    })
}

fn loan(mut row: Row) -> Result<LoanRule, StoreError> {
    Ok(LoanRule {
        patron_type: row.text("loan_rule.patron_type")?,
        item_type: row.text("loan_rule.item_type")?,
        period_days: row.number("loan_rule.period_days")?,
        n_renewals: row.number("loan_rule.n_renewals")?,
        fine_per_day: row.fen("loan_rule.fine_fen_per_day")?,
        grace_days: row.number("loan_rule.grace_days")?,
    })
}
