//! The facts that the ledger judges by, read in one statement.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};
use sync_client::wire::code;

use super::engine::{Access, Row, Value, day, time};
use super::statement::circulate;
use super::{Desk, ItemRecord, LoanRecord, PatronRecord, StoreError};
use crate::ledger::{CardState, Fine, ItemStanding, Loan, OpenDays, PatronStanding, Terms, Weekdays};

/// A patron and an item, and what holds between them.
pub(super) struct Facts {
    pub(super) patron: Option<PatronFacts>,
    pub(super) item: Option<ItemFacts>,
    pub(super) terms: Option<Terms>,
    pub(super) open: OpenDays,
    /// days that a held item waits on the shelf
    pub(super) shelf_days: u32,
    /// the branch where the operator account stands
    pub(super) here: Option<String>,
    /// its name
    pub(super) here_name: Option<String>,
}

pub(super) struct PatronFacts {
    pub(super) record: PatronRecord,
    pub(super) standing: PatronStanding,
}

pub(super) struct ItemFacts {
    pub(super) record: ItemRecord,
    pub(super) standing: ItemStanding,
    /// when the loan was made
    pub(super) loaned_at: Option<DateTime>,
    /// where it stands, if not where it belongs
    pub(super) at_branch: Option<String>,
    /// where it is being sent
    pub(super) sent_to: Option<String>,
    /// whether the patron asked for holds it
    pub(super) is_held_by_patron: bool,
    /// what belongs to it; empty: nothing
    pub(super) attachment: String,
    /// whether that was lent with it
    pub(super) is_attachment_lent: bool,
}

impl Facts {
    /// Reads them. Without a patron they are about whoever has the item.
    pub(super) fn read(
        db: &mut dyn Access,
        of: &Isil,
        item: &ItemId,
        patron: Option<&PatronId>,
        desk: &Desk,
    ) -> Result<Self, StoreError> {
        let today = desk.now.date().to_string();
        Self::of_rows(db.rows(&circulate::FACTS, &Self::values(of, item, patron, (desk, &today)))?)
    }

    /// What [`circulate::FACTS`] asks for.
    pub(super) fn values<'a>(
        of: &'a Isil,
        item: &'a ItemId,
        patron: Option<&'a PatronId>,
        (desk, today): (&'a Desk, &'a String),
    ) -> [Value<'a>; 5] {
        let patron = patron.map(PatronId::as_str);
        [of.into(), item.into(), patron.into(), today.into(), (&desk.opuser).into()]
    }

    /// What it gives: no row where there is no such institution.
    pub(super) fn of_rows(rows: Vec<Row>) -> Result<Self, StoreError> {
        rows.into_iter().next().map_or_else(|| Ok(Self::nothing()), facts)
    }

    fn nothing() -> Self {
        Self {
            patron: None,
            item: None,
            terms: None,
            open: OpenDays::default(),
            shelf_days: 1,
            here: None,
            here_name: None,
        }
    }

    pub(super) fn patron_standing(&self) -> Option<&PatronStanding> {
        self.patron.as_ref().map(|patron| &patron.standing)
    }

    pub(super) fn item_standing(&self) -> Option<&ItemStanding> {
        self.item.as_ref().map(|item| &item.standing)
    }
}

impl ItemFacts {
    /// The loan as it was read.
    pub(super) fn loan_record(&self, loan: &Loan) -> Result<LoanRecord, StoreError> {
        Ok(LoanRecord {
            item: ItemRecord { state: code::holding::ON_LOAN.to_owned(), ..self.record.clone() },
            loaned_at: self.loaned_at.ok_or(StoreError::Missing("loan.loaned_at"))?,
            due_on: loan.due_on,
            n_renewals: loan.n_renewals,
        })
    }
}

/// In the order of [`circulate::FACTS`].
fn facts(mut row: Row) -> Result<Facts, StoreError> {
    let debt_limit = row.fen("institution.debt_limit_fen")?;
    let closed = weekdays(row.number("institution.closed_weekdays")?)?;
    let shelf_days = row.number("institution.hold_shelf_days")?;
    let open = OpenDays::new(days(row.text_or_null("closing_day.day")?.as_deref())?, closed);
    let here = row.text_or_null("service_point.branch")?;
    let here_name = row.text_or_null("branch.name")?;
    let mut patron = patron(&mut row, debt_limit)?;
    let mut item = item(&mut row)?;
    let held_for = row.patron_or_null("hold.patron")?;
    let is_held_by_patron = row.flag("hold.patron")?;
    let attachment = row.text_or_null("item.attachment")?;
    let is_attachment_lent = row.int_or_null("loan.with_attachment")?;
    if let Some(item) = &mut item {
        item.standing.held_for = held_for;
        item.is_held_by_patron = is_held_by_patron;
        item.attachment = attachment.unwrap_or_default();
        item.is_attachment_lent = is_attachment_lent.unwrap_or(0) != 0;
    }
    let (terms, n_of_type) = terms(&mut row)?;
    if let Some(patron) = &mut patron {
        patron.standing.n_of_type = n_of_type;
    }
    Ok(Facts { patron, item, terms, open, shelf_days, here, here_name })
}

fn patron(row: &mut Row, debt_limit: Amount) -> Result<Option<PatronFacts>, StoreError> {
    let Some(id) = row.patron_or_null("patron.patron")? else {
        row.skip(PATRON_COLUMNS - 1);
        return Ok(None);
    };
    let record = patron_record(row, id)?;
    let standing = PatronStanding {
        state: CardState::of_code(&record.state),
        starts_on: record.starts_on,
        ends_on: record.ends_on,
        debt: record.debt,
        debt_limit,
        n_loans: record.n_loans,
        loan_limit: record.loan_limit,
        overdue_limit: row.number_or_null("patron_type.overdue_limit")?,
        n_overdue: row.number("loan")?,
        is_blocked: row.flag("patron_block")?,
        n_of_type: 0,
    };
    Ok(Some(PatronFacts { record, standing }))
}

/// The columns from `p.name` to the number of loans.
pub(super) fn patron_record(row: &mut Row, patron: PatronId) -> Result<PatronRecord, StoreError> {
    Ok(PatronRecord {
        patron,
        name: row.text("patron.name")?,
        patron_type: row.text("patron.patron_type")?,
        state: row.text("patron.state")?,
        starts_on: row.day("patron.starts_on")?,
        ends_on: row.day("patron.ends_on")?,
        deposit: row.fen("patron.deposit_fen")?,
        debt: row.fen("patron.debt_fen")?,
        loan_limit: row.number("patron_type.loan_limit")?,
        n_loans: row.number("loan")?,
    })
}

fn item(row: &mut Row) -> Result<Option<ItemFacts>, StoreError> {
    let Some(id) = row.text_or_null("item.item")? else {
        row.skip(ITEM_COLUMNS - 1);
        return Ok(None);
    };
    let corrupt = |_| StoreError::Corrupt { column: "item.item", expected: "a barcode" };
    let record = item_record(row, ItemId::parse(&id).map_err(corrupt)?)?;
    let at_branch = row.text_or_null("item.at_branch")?;
    let sent_to = row.text_or_null("transit.to_branch")?;
    let borrower = row.patron_or_null("loan.patron")?;
    let loaned_at = row.text_or_null("loan.loaned_at")?;
    let due_on = row.text_or_null("loan.due_on")?;
    let n_renewals = row.number_or_null("loan.n_renewals")?;
    let loan = match (borrower, due_on, n_renewals) {
        (Some(patron), Some(due_on), Some(n_renewals)) => {
            Some(Loan { patron, due_on: day("loan.due_on", &due_on)?, n_renewals })
        }
        (None | Some(_), _, _) => None,
    };
    let is_in_library = record.state == code::holding::IN_LIBRARY;
    Ok(Some(ItemFacts {
        record,
        standing: ItemStanding { is_in_library, loan, held_for: None },
        loaned_at: loaned_at.map(|at| time("loan.loaned_at", &at)).transpose()?,
        at_branch,
        sent_to,
        is_held_by_patron: false,
        attachment: String::new(),
        is_attachment_lent: false,
    }))
}

/// The columns from `i.record` to the state.
pub(super) fn item_record(row: &mut Row, item: ItemId) -> Result<ItemRecord, StoreError> {
    Ok(ItemRecord {
        item,
        record: row.int("item.record")?,
        title: row.text("item.title")?,
        author: row.text("item.author")?,
        isbn: row.text("item.isbn")?,
        call_number: row.text("item.call_number")?,
        item_type: row.text("item.item_type")?,
        branch: row.text("item.branch")?,
        branch_name: row.text("branch.name")?,
        state: row.text("item.state")?,
    })
}

/// The terms, and how many loans of the type there are.
fn terms(row: &mut Row) -> Result<(Option<Terms>, u32), StoreError> {
    let Some(period_days) = row.number_or_null("loan_rule.period_days")? else { return Ok((None, 0)) };
    let n_renewals = row.number("loan_rule.n_renewals")?;
    let renewal_days = row.number_or_null("loan_rule.renewal_days")?;
    let loan_limit = row.number_or_null("loan_rule.loan_limit")?;
    let n_of_type = row.number("loan")?;
    let fine = Fine {
        fen_per_day: row.int("loan_rule.fine_fen_per_day")?,
        grace_days: row.number("loan_rule.grace_days")?,
        limit: row.int_or_null("loan_rule.fine_limit_fen")?.map(Amount::from_fen),
    };
    Ok((Some(Terms { period_days, n_renewals, renewal_days, loan_limit, fine }), n_of_type))
}

/// Days with a space between each two.
pub(super) fn days(text: Option<&str>) -> Result<Vec<Date>, StoreError> {
    text.unwrap_or_default().split_whitespace().map(|text| day("closing_day.day", text)).collect()
}

pub(super) fn weekdays(bits: u8) -> Result<Weekdays, StoreError> {
    let expected = "a day that is not closed";
    Weekdays::of_bits(bits).ok_or(StoreError::Corrupt { column: "institution.closed_weekdays", expected })
}

/// When an item was last lent or taken back, by [`circulate::MOVED_AT`].
pub(super) fn moved(rows: Vec<Row>) -> Result<Option<DateTime>, StoreError> {
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    row.text_or_null("circulation_log.at")?.map(|at| time("circulation_log.at", &at)).transpose()
}

/// Columns of [`circulate::FACTS`] about a patron.
const PATRON_COLUMNS: usize = 13;
/// Columns about an item and its loan.
const ITEM_COLUMNS: usize = 16;
