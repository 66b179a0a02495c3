//! Periodicals: subscriptions, issues that are expected, received, claimed. The newest issue is of one type of item (not
//! lent, where there is no rule for it), the ones before it of another (lent, most often for a shorter time).

use circulation::id::{Isil, ItemId};
use jiff::civil::Date;

use super::engine::{Row, Value};
use super::statement::{sow, transfer as sql};
use super::{Desk, Store, StoreError, look};
use crate::clock;
use crate::ledger::{Every, issues};

/// A subscription that is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSubscription<'a> {
    /// number of the periodical's record
    pub record: i64,
    /// the branch that gets it
    pub branch: &'a str,
    /// title
    pub title: &'a str,
    /// how often it appears
    pub every: Every,
    /// the first and the last day
    pub term: (Date, Date),
    /// type of the newest issue
    pub current_type: &'a str,
    /// type of the others
    pub back_type: &'a str,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// number of the periodical's record
    pub record: i64,
    /// the branch that gets it
    pub branch: String,
    /// counted from 1
    pub number: i64,
    /// when it is expected
    pub due_on: Date,
    /// when it came
    pub received_at: Option<String>,
    /// the barcode it got
    pub item: Option<String>,
    /// when it was asked for last
    pub claimed_at: Option<String>,
}

/// Why nothing is done with a subscription or an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueProblem {
    /// there is no such subscription
    #[error("there is no such subscription")]
    Unknown,
    /// the branch is subscribed already
    #[error("the branch is subscribed to it already")]
    Exists,
    /// there is no such branch or type of item
    #[error("there is no such branch or type of item")]
    BadPlace,
    /// no issue would come
    #[error("the term has no day on which an issue comes")]
    NoIssues,
    /// there is no such issue, or it has come
    #[error("there is no such issue, or it has come")]
    NotExpected,
    /// the barcode is another item's
    #[error("the barcode is another item's")]
    BarcodeTaken,
}

impl Store {
    /// Begins a subscription. Gives how many issues are expected.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn subscribe(
        &self,
        of: &Isil,
        new: NewSubscription<'_>,
    ) -> Result<Result<usize, IssueProblem>, StoreError> {
        let days: Vec<String> =
            issues(new.every, new.term.0, new.term.1).map(|day| day.to_string()).collect();
        if days.is_empty() {
            return Ok(Err(IssueProblem::NoIssues));
        }
        let (from, to) = (new.term.0.to_string(), new.term.1.to_string());
        self.change(|db| {
            let values = [of.into(), new.branch.into(), new.current_type.into(), new.back_type.into()];
            let mut facts = db.rows(&sql::SUBSCRIBE_FACTS, &values)?;
            let Some(mut row) = facts.pop() else { return Ok(Err(IssueProblem::BadPlace)) };
            let found = [row.flag("branch")?, row.flag("item_type")?, row.flag("item_type")?];
            if found.contains(&false) {
                return Ok(Err(IssueProblem::BadPlace));
            }
            let key: [Value<'_>; 3] = [of.into(), new.record.into(), new.branch.into()];
            if !db.rows(&sql::SUBSCRIPTION, &key)?.is_empty() {
                return Ok(Err(IssueProblem::Exists));
            }
            let values = [
                of.into(),
                new.record.into(),
                new.branch.into(),
                new.title.into(),
                new.every.word().into(),
                (&from).into(),
                (&to).into(),
                new.current_type.into(),
                new.back_type.into(),
            ];
            db.write(&sql::SUBSCRIBE, &values)?;
            for (number, day) in (1_i64..).zip(&days) {
                let values = [of.into(), new.record.into(), new.branch.into(), number.into(), day.into()];
                db.write(&sql::EXPECT_ISSUE, &values)?;
            }
            Ok(Ok(days.len()))
        })
    }

    /// An issue has come and gets a barcode. If it is the newest, those before it become back issues.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn receive_issue(
        &self,
        of: &Isil,
        (record, branch, number): (i64, &str, i64),
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<(), IssueProblem>, StoreError> {
        let at = clock::stamp(desk.now);
        self.change(|db| {
            let key: [Value<'_>; 3] = [of.into(), record.into(), branch.into()];
            let Some(mut row) = db.rows(&sql::SUBSCRIPTION, &key)?.pop() else {
                return Ok(Err(IssueProblem::Unknown));
            };
            let title = row.text("subscription.title")?;
            let (current, back) =
                (row.text("subscription.current_type")?, row.text("subscription.back_type")?);
            if look::item(db, of, item)?.is_some() {
                return Ok(Err(IssueProblem::BarcodeTaken));
            }
            let expected = db.rows(&sql::ISSUES, &key)?.into_iter().map(issue);
            let expected = expected.collect::<Result<Vec<_>, _>>()?;
            if !expected.iter().any(|issue| issue.number == number && issue.received_at.is_none()) {
                return Ok(Err(IssueProblem::NotExpected));
            }
            let newest = db
                .rows(&sql::NEWEST_ISSUE, &key)?
                .pop()
                .map_or(Ok(None), |mut row| row.int_or_null("issue.number"))?;
            let is_newest = newest.is_none_or(|newest| newest < number);
            let title = format!("{title} 第{number}期");
            let kind = if is_newest { &current } else { &back };
            let values = [
                of.into(),
                item.into(),
                record.into(),
                (&title).into(),
                "".into(),
                "".into(),
                "".into(),
                kind.into(),
                branch.into(),
                "2".into(),
            ];
            db.write(&sow::NEW_ITEM, &values)?;
            let values = [of.into(), record.into(), branch.into(), number.into(), (&at).into(), item.into()];
            if db.rows(&sql::RECEIVE_ISSUE, &values)?.is_empty() {
                // Somebody was quicker: the item is not made either.
                return Err(StoreError::Missing("issue"));
            }
            if is_newest {
                let values = [of.into(), record.into(), branch.into(), (&back).into(), number.into()];
                db.write(&sql::AGE_ISSUES, &values)?;
            }
            Ok(Ok(()))
        })
    }

    /// An issue that has not come was asked for (催缺).
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn claim_issue(
        &self,
        of: &Isil,
        (record, branch, number): (i64, &str, i64),
        desk: &Desk,
    ) -> Result<Result<(), IssueProblem>, StoreError> {
        let at = clock::stamp(desk.now);
        self.change(|db| {
            let values = [of.into(), record.into(), branch.into(), number.into(), (&at).into()];
            let is_there = !db.rows(&sql::CLAIM_ISSUE, &values)?.is_empty();
            Ok(if is_there { Ok(()) } else { Err(IssueProblem::NotExpected) })
        })
    }

    /// The issues of a subscription, by number.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn issues(&self, of: &Isil, record: i64, branch: &str) -> Result<Vec<Issue>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&sql::ISSUES, &[of.into(), record.into(), branch.into()])?;
            rows.into_iter().map(issue).collect()
        })
    }

    /// Issues that should have come, the longest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn late_issues(&self, of: &Isil, today: Date, max: u32) -> Result<Vec<Issue>, StoreError> {
        let today = today.to_string();
        self.look(|db| {
            let rows = db.rows(&sql::LATE_ISSUES, &[of.into(), (&today).into(), max.into()])?;
            rows.into_iter().map(issue).collect()
        })
    }
}

fn issue(mut row: Row) -> Result<Issue, StoreError> {
    Ok(Issue {
        record: row.int("issue.record")?,
        branch: row.text("issue.branch")?,
        number: row.int("issue.number")?,
        due_on: row.day("issue.due_on")?,
        received_at: row.text_or_null("issue.received_at")?,
        item: row.text_or_null("issue.item")?,
        claimed_at: row.text_or_null("issue.claimed_at")?,
    })
}
