//! Answers about items: 17 and 19.

use circulation::transaction::Reason;
use sync_client::sip2::dialect::Circulation;
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{Done, Number};
use sync_client::sip2::message::*;
use sync_client::wire::code::holding;

use super::session::{Asked, Fault};
use super::words;
use crate::clock;
use crate::store::{ItemRecord, LoanRecord};

/// 18. The days of a loan are told of the patron's in front of the device, and of nobody else's.
pub(super) fn information(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let record = match asked.item() {
        Some(item) => asked.app().store().item(asked.of, &item)?,
        None => None,
    };
    let table = &asked.dialect().circulation;
    let status = record.as_ref().map_or_else(|| unknown(table), |record| circulation(&record.state, table));
    let body = ItemInformationAnswer {
        circulation: Number(Some(status)),
        security: Number(Some(0)),
        fee_type: Number(Some(1)),
        date: asked.date(),
    };
    let message = asked.say(body).with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    let Some(record) = record else {
        return Ok(message.with(F_TITLE, "").with(F_SCREEN, words::of_reason(&Reason::ItemUnknown)));
    };
    let loan = if record.state == holding::ON_LOAN { own_loan(asked, &record)? } else { None };
    let message = described(message, asked, &record);
    let mut message = message.with(F_HOME, &record.branch).with(F_LOCATION, &record.branch_name);
    let noted = asked.app().store().item_extras(asked.of, &record.item)?.properties;
    if !noted.is_empty() {
        message.fields.push(F_PROPERTIES, noted);
    }
    let Some(loan) = loan else { return Ok(message) };
    let message = message.with(F_DUE, loan.due_on.to_string());
    Ok(match asked.dialect().loan_date {
        Some(code) => message.with(code, clock::stamp(loan.loaned_at)),
        None => message,
    })
}

/// 20: what the device notes of the item (CH) is kept, and told in every 18.
pub(super) fn update(asked: &mut Asked<'_>) -> Result<Message, Fault> {
    let record = match asked.item() {
        Some(item) => {
            let noted: String = asked.echo(F_PROPERTIES).chars().take(asked.dialect().max_value).collect();
            asked.app().store().set_properties(asked.of, &item, &noted)?;
            asked.app().store().item(asked.of, &item)?
        }
        None => None,
    };
    let body = ItemStatusUpdateAnswer { ok: Done(record.is_some()), date: asked.date() };
    let message = asked.say(body).with(F_ITEM_ID, asked.echo(F_ITEM_ID));
    Ok(match record {
        Some(record) => message.with(F_TITLE, record.title).with(F_PROPERTIES, asked.echo(F_PROPERTIES)),
        None => message.with(F_SCREEN, words::of_reason(&Reason::ItemUnknown)),
    })
}

/// The answer with title, author, shelf mark and kind of an item.
pub(super) fn described(message: Message, asked: &Asked<'_>, record: &ItemRecord) -> Message {
    let message = message.with(F_TITLE, &record.title).with(F_AUTHOR, &record.author);
    message.with(asked.dialect().call_number, &record.call_number).with(F_MEDIA, BOOK)
}

fn own_loan(asked: &Asked<'_>, record: &ItemRecord) -> Result<Option<LoanRecord>, Fault> {
    let Some(patron) = asked.in_front.as_ref() else { return Ok(None) };
    let loans = asked.app().store().loans(asked.of, patron)?;
    Ok(loans.into_iter().find(|loan| loan.item.item == record.item))
}

/// A holding state in the dialect's numbers.
fn circulation(state: &str, table: &Circulation) -> u16 {
    let first = |list: &[u16], otherwise| list.first().copied().unwrap_or(otherwise);
    match state {
        holding::IN_LIBRARY => first(&table.in_library, 3),
        holding::ON_LOAN => first(&table.on_loan, 4),
        holding::LOST | holding::WITHDRAWN => outside(table, &[12, 5]),
        // In repair, in closed stacks, locked: "in process", "being bound".
        _ => table.not_on_loan.get(1).copied().unwrap_or(6),
    }
}

/// The number of an item that nobody knows: "other", "unknown".
fn unknown(table: &Circulation) -> u16 {
    outside(table, &[1, 18])
}

/// The first of these numbers that says nothing of a loan.
fn outside(table: &Circulation, numbers: &[u16]) -> u16 {
    let lists = [&table.in_library, &table.on_loan, &table.on_hold, &table.not_on_loan];
    let is_free = |number: &u16| lists.iter().all(|list| !list.contains(number));
    numbers.iter().copied().find(is_free).unwrap_or(99)
}

/// Media type of everything printed.
const BOOK: &str = "001";

#[cfg(test)]
mod tests {
    use super::*;
    use sync_client::sip2::dialect::Dialect;

    #[test]
    fn each_dialect_has_its_own_numbers() {
        let of = |dialect: &Dialect| {
            let table = &dialect.circulation;
            let states = [holding::IN_LIBRARY, holding::ON_LOAN, holding::LOST, holding::REPAIR];
            (states.map(|state| circulation(state, table)), unknown(table))
        };
        assert_eq!(of(&Dialect::standard()), ([3, 4, 12, 6], 1));
        assert_eq!(of(&Dialect::interlib()), ([1, 7, 5, 2], 18));
    }
}
