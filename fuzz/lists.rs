//! What the fuzz targets of central's lists do with their bytes: MARC and CSV as a library's old system wrote them. No I/O
//! and no unsafe code: a test of central (tests/it/corpus.rs) runs the same over the corpus.

use central::exchange::{
    Charset, Flavour, Item, Patron, Refusal, Taken, catalogue, marc, refusals_csv, sheet,
};
use jiff::civil::{Date, date};

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub fn targets() -> impl Iterator<Item = Target> {
    TARGETS.iter().copied()
}

const TARGETS: &[Target] = &[("lists_marc", records), ("lists_items", items), ("lists_patrons", patrons)];

/// Head: flavour and character set. Each byte is in a record, refused or between two; what is taken is written and read again.
fn records(data: &[u8]) {
    let Some((head, bytes)) = data.split_first() else { return };
    let flavour = if head & 0x10 == 0 { Flavour::Cnmarc } else { Flavour::Marc21 };
    let n_places = marc::Records::new(bytes).filter(|record| {
        let Ok(record) = record else { return true };
        record.fields.iter().for_each(|field| assert!(field.subfields().count() <= field.data.len()));
        true
    });
    assert!(n_places.count() <= bytes.len());
    let taken = catalogue::read(bytes, flavour, charset(*head));
    said(&taken, bytes);
    for (_, item) in &taken.rows {
        sound(item);
        let written = catalogue::write(core::slice::from_ref(item), flavour, Charset::Utf8);
        let Ok(Some(written)) = written else { continue };
        let again = catalogue::read(&written, flavour, Charset::Utf8);
        assert_eq!(again.refused, Vec::<Refusal>::new());
        assert!(matches!(&*again.rows, [(_, back)] if back.id == item.id), "{:?}", again.rows);
    }
}

/// Head: character set.
fn items(data: &[u8]) {
    let Some((head, bytes)) = data.split_first() else { return };
    let taken = sheet::items(bytes, charset(*head));
    said(&taken, bytes);
    taken.rows.iter().for_each(|(_, item)| sound(item));
}

/// Head: character set. A refusal never quotes a name or number of a person.
fn patrons(data: &[u8]) {
    let Some((head, bytes)) = data.split_first() else { return };
    let taken: Taken<Patron> = sheet::patrons(bytes, charset(*head), TODAY);
    said(&taken, bytes);
    for (_, patron) in &taken.rows {
        assert!(!patron.name.is_empty() && patron.starts_on <= patron.ends_on);
        assert!(patron.deposit_fen >= 0 && patron.debt_fen >= 0);
        assert!(!format!("{patron:?}").contains(&patron.name) || patron.name.len() < 20);
    }
}

/// Every refusal can be shown, stands in the file, and goes into a list that is CSV itself.
fn said<T>(taken: &Taken<T>, bytes: &[u8]) {
    for refusal in &taken.refused {
        assert!(usize::try_from(refusal.place.byte).is_ok_and(|at| at <= bytes.len() * 3 + 3), "{refusal}");
        assert!(!refusal.what.is_empty() && !refusal.advice.is_empty());
        drop(refusal.to_string());
    }
    assert!(refusals_csv(&taken.refused).is_ok_and(|list| list.starts_with("record,")));
}

fn sound(item: &Item) {
    assert!(!item.title.is_empty() && !item.title.contains(char::is_control));
    assert!([0, 10, 13].contains(&item.isbn.len()));
    assert!(item.record.is_none_or(|record| record > 0));
}

fn charset(head: u8) -> Charset {
    match head & 3 {
        0 => Charset::Utf8,
        1 => Charset::Gbk,
        _ => Charset::Either,
    }
}

const TODAY: Date = date(2026, 11, 23);
