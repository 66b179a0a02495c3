//! What a bibliographic record says of its items, in CNMARC (UNIMARC) and in MARC 21, and back.
//!
//! | | CNMARC | MARC 21 |
//! |---|---|---|
//! | number of the record | 001 | 001 |
//! | title, part | 200 $a $e, $h $i | 245 $a $b, $n $p |
//! | author | 200 $f | 100 $a, else 245 $c |
//! | ISBN | 010 $a | 020 $a |
//! | language | 101 $a | 008/35-37, else 041 $a |
//! | class, if no item says it | 690 $a | 090 $a, 084 $a, 050 $a |
//! | items | 905: $b barcode (again for each copy), $c branch, $d class, $e number in it, $s shelf | 952: $p barcode, $a branch, $c shelf, $o shelf mark, $y type, $d day |
//! | | 995: $f barcode, $b branch, $k shelf mark, $r type | 852: $p barcode, $b branch, $c shelf, $h $i shelf mark |
//!
//! 905 is the field of Chinese union catalogues; 995 and 952 are those of Koha; 852 is the standard's. What central writes
//! it reads back: in CNMARC also 905 $y type, $m material and $w day of accession, in MARC 21 952 $m and $d.

use circulation::id::ItemId;
use jiff::civil::Date;

use super::charset::{Charset, NoText};
use super::marc::{self, Field, Record, Records, SUBFIELD, Unwritable};
use super::{Item, MAX_TEXT, MAX_TITLE, Place, Refusal, Taken, isbn, plain};

/// Which fields mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// CNMARC, China's UNIMARC
    Cnmarc,
    /// MARC 21
    Marc21,
}

/// Reads the items of all records.
#[must_use]
pub fn read(bytes: &[u8], flavour: Flavour, charset: Charset) -> Taken<Item> {
    let mut taken = Taken { rows: Vec::new(), refused: Vec::new(), ignored: Vec::new() };
    for found in Records::new(bytes) {
        let items = found.and_then(|record| {
            let reader = Reader { record: &record, flavour, charset };
            reader.items().map(|items| (record.place, items))
        });
        match items {
            Ok((place, items)) => taken.rows.extend(items.into_iter().map(|item| (place, item))),
            Err(refusal) => taken.refused.push(refusal),
        }
    }
    taken
}

/// Writes one record for items that share one; `None` where a character is not in the character set.
///
/// # Errors
/// [`Unwritable`]
pub fn write(items: &[Item], flavour: Flavour, charset: Charset) -> Result<Option<Vec<u8>>, Unwritable> {
    let Some(first) = items.first() else { return Ok(None) };
    let fields = match flavour {
        Flavour::Cnmarc => cnmarc(first, items),
        Flavour::Marc21 => marc21(first, items),
    };
    let mut encoded = Vec::with_capacity(fields.len());
    for (tag, text) in fields {
        let Some(bytes) = charset.encode(&text) else { return Ok(None) };
        encoded.push((tag, bytes));
    }
    let leader = match (flavour, charset) {
        (Flavour::Cnmarc, _) => *b"00000nam0 2200000   450 ",
        (Flavour::Marc21, Charset::Gbk) => *b"00000nam  2200000 i 4500",
        (Flavour::Marc21, Charset::Either | Charset::Utf8) => *b"00000nam a2200000 i 4500",
    };
    marc::write(leader, &encoded).map(Some)
}

struct Reader<'a> {
    record: &'a Record<'a>,
    flavour: Flavour,
    charset: Charset,
}

/// What all items of a record share.
struct Common {
    record: Option<i64>,
    title: String,
    author: String,
    isbn: String,
    class: String,
    language: String,
}

impl Reader<'_> {
    fn items(&self) -> Result<Vec<Item>, Refusal> {
        let common = self.common()?;
        let mut items = Vec::new();
        let tags: &[&str] = match self.flavour {
            Flavour::Cnmarc => &["905", "995"],
            Flavour::Marc21 => &["952", "852"],
        };
        for field in tags.iter().flat_map(|tag| self.record.fields(tag)) {
            self.holding(field, &common, &mut items)?;
        }
        if items.is_empty() {
            let what = format!("no item with a barcode in {}", tags.join(" or "));
            return Err(self.refuse(
                None,
                "",
                what,
                "export the records with their holdings, or take this one out",
            ));
        }
        Ok(items)
    }

    fn common(&self) -> Result<Common, Refusal> {
        let (title, author) = match self.flavour {
            Flavour::Cnmarc => (self.joined("200", b"aehi", MAX_TITLE)?, self.first("200", b'f')?),
            Flavour::Marc21 => {
                let author = self.first("100", b'a')?;
                let author = if author.is_empty() { self.first("245", b'c')? } else { author };
                (self.joined("245", b"abnp", MAX_TITLE)?, author)
            }
        };
        let title = trimmed(&title);
        let field = if self.flavour == Flavour::Cnmarc { "200 $a" } else { "245 $a" };
        if title.is_empty() {
            let what = "there is no title".to_owned();
            return Err(self.refuse(None, field, what, "add it, or take the record out"));
        }
        // Its parts may be short, and all of them together are not.
        let title =
            plain(&title, MAX_TITLE).map_err(|what| self.refuse(None, field, format!("it {what}"), MEND))?;
        let (isbn_tag, classes): (&str, &[(&str, u8)]) = match self.flavour {
            Flavour::Cnmarc => ("010", &[("690", b'a')]),
            Flavour::Marc21 => ("020", &[("090", b'a'), ("084", b'a'), ("050", b'a')]),
        };
        let mut class = String::new();
        for (tag, code) in classes {
            if class.is_empty() {
                class = self.first(tag, *code)?;
            }
        }
        let number = self.record.field("001").map(|field| self.text(field, field.data, "001", MAX_TEXT));
        let number = number.transpose()?.unwrap_or_default();
        Ok(Common {
            record: number.parse().ok().filter(|number| (1..=MAX_NUMBER).contains(number)),
            title,
            author: trimmed(&author),
            isbn: isbn(&self.first(isbn_tag, b'a')?),
            class,
            language: self.language()?,
        })
    }

    fn language(&self) -> Result<String, Refusal> {
        let told = match self.flavour {
            Flavour::Cnmarc => self.first("101", b'a')?,
            Flavour::Marc21 => {
                let fixed = self.record.field("008").and_then(|field| field.data.get(35..38));
                match fixed.and_then(|code| core::str::from_utf8(code).ok()) {
                    Some(code) => code.to_owned(),
                    None => self.first("041", b'a')?,
                }
            }
        };
        let is_code = told.len() == 3 && told.bytes().all(|byte| byte.is_ascii_lowercase());
        Ok(if is_code { told } else { String::new() })
    }

    fn holding(&self, field: &Field<'_>, common: &Common, items: &mut Vec<Item>) -> Result<(), Refusal> {
        let codes = codes(field.tag);
        let of = |code: Option<u8>| match code {
            Some(code) => {
                self.all(field, code, MAX_TEXT).map(|all| all.into_iter().next().unwrap_or_default())
            }
            None => Ok(String::new()),
        };
        let (class, rest) = (of(codes.class)?, of(codes.number)?);
        let call_number = match (class.is_empty(), rest.is_empty()) {
            (false, false) => format!("{class}/{rest}"),
            (false, true) => class,
            (true, _) => common.class.clone(),
        };
        let call_number = plain(&call_number, MAX_TEXT)
            .map_err(|what| self.refuse(Some(field), "the call number", format!("it {what}"), MEND))?;
        let day = of(codes.day)?;
        let added_on: Option<Date> = if day.is_empty() { None } else { super::sheet::day(&day) };
        if !day.is_empty() && added_on.is_none() {
            let what = format!("{day:?} is no day");
            return Err(self.refuse(Some(field), "the day of accession", what, "write it as 2023-07-01"));
        }
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        for barcode in self.all(field, codes.barcode, MAX_TEXT)? {
            let id = ItemId::parse(&barcode).map_err(|fault| {
                let name = format!("{} ${}", field.tag, char::from(codes.barcode));
                self.refuse(Some(field), &name, format!("{barcode:?} is no barcode: {fault}"), BARCODE)
            })?;
            items.push(Item {
                id,
                record: common.record,
                title: common.title.clone(),
                author: common.author.clone(),
                isbn: common.isbn.clone(),
                call_number: call_number.clone(),
                item_type: some(of(codes.item_type)?),
                branch: some(of(codes.branch)?),
                state: sync_client::wire::code::holding::IN_LIBRARY.to_owned(),
                language: common.language.clone(),
                shelf: of(codes.shelf)?,
                material: of(codes.material)?,
                added_on,
            });
        }
        Ok(())
    }

    /// The subfields of the first field with this tag, in their order, with a space between them.
    fn joined(&self, tag: &str, codes: &[u8], max: usize) -> Result<String, Refusal> {
        let Some(field) = self.record.field(tag) else { return Ok(String::new()) };
        let mut words = Vec::new();
        for (code, data) in field.subfields().filter(|(code, _)| codes.contains(code)) {
            let text = self.text(field, data, &format!("{tag} ${}", char::from(code)), max)?;
            words.extend(Some(text).filter(|text| !text.is_empty()));
        }
        Ok(words.join(" "))
    }

    fn first(&self, tag: &str, code: u8) -> Result<String, Refusal> {
        let Some(field) = self.record.field(tag) else { return Ok(String::new()) };
        Ok(self.all(field, code, MAX_TEXT)?.into_iter().next().unwrap_or_default())
    }

    fn all(&self, field: &Field<'_>, code: u8, max: usize) -> Result<Vec<String>, Refusal> {
        let name = format!("{} ${}", field.tag, char::from(code));
        let all = field.subfields().filter(|(of, _)| *of == code);
        let texts = all.map(|(_, data)| self.text(field, data, &name, max)).collect::<Result<Vec<_>, _>>()?;
        Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
    }

    fn text(&self, field: &Field<'_>, data: &[u8], name: &str, max: usize) -> Result<String, Refusal> {
        let text = self.charset.decode(data).map_err(|NoText { charset, at }| {
            let what = format!("it is no text in {charset}, {at} bytes into it");
            self.refuse(Some(field), name, what, "name the character set of the file with --encoding")
        })?;
        plain(&text, max).map_err(|what| self.refuse(Some(field), name, format!("it {what}"), MEND))
    }

    fn refuse(&self, field: Option<&Field<'_>>, name: &str, what: String, advice: &'static str) -> Refusal {
        let place = self.record.place;
        let byte = field.map_or(place.byte, |field| field.at);
        Refusal { place: Place { byte, ..place }, field: name.to_owned(), what, advice }
    }
}

/// Where an item's field has what.
struct Codes {
    barcode: u8,
    branch: Option<u8>,
    shelf: Option<u8>,
    class: Option<u8>,
    number: Option<u8>,
    item_type: Option<u8>,
    material: Option<u8>,
    day: Option<u8>,
}

fn codes(tag: &str) -> Codes {
    let some = |code| Some(code);
    match tag {
        "905" => Codes {
            barcode: b'b',
            branch: some(b'c'),
            shelf: some(b's'),
            class: some(b'd'),
            number: some(b'e'),
            item_type: some(b'y'),
            material: some(b'm'),
            day: some(b'w'),
        },
        "995" => Codes {
            barcode: b'f',
            branch: some(b'b'),
            shelf: None,
            class: some(b'k'),
            number: None,
            item_type: some(b'r'),
            material: None,
            day: None,
        },
        "952" => Codes {
            barcode: b'p',
            branch: some(b'a'),
            shelf: some(b'c'),
            class: some(b'o'),
            number: None,
            item_type: some(b'y'),
            material: some(b'm'),
            day: some(b'd'),
        },
        _ => Codes {
            barcode: b'p',
            branch: some(b'b'),
            shelf: some(b'c'),
            class: some(b'h'),
            number: some(b'i'),
            item_type: None,
            material: None,
            day: None,
        },
    }
}

fn cnmarc(first: &Item, items: &[Item]) -> Vec<(&'static str, String)> {
    let mut fields = common_fields(first, "010");
    if !first.language.is_empty() {
        fields.push(("101", subfields("0 ", &[(b'a', &first.language)])));
    }
    fields.push(("200", subfields("1 ", &[(b'a', &first.title), (b'f', &first.author)])));
    for item in items {
        let (class, number) = item.call_number.split_once('/').unwrap_or((&item.call_number, ""));
        let day = item.added_on.map(|day| day.to_string()).unwrap_or_default();
        let parts = [
            (b'b', item.id.as_str()),
            (b'c', item.branch.as_deref().unwrap_or("")),
            (b's', &item.shelf),
            (b'd', class),
            (b'e', number),
            (b'y', item.item_type.as_deref().unwrap_or("")),
            (b'm', &item.material),
            (b'w', &day),
        ];
        fields.push(("905", subfields("  ", &parts)));
    }
    fields
}

fn marc21(first: &Item, items: &[Item]) -> Vec<(&'static str, String)> {
    let mut fields = common_fields(first, "020");
    if !first.language.is_empty() {
        fields.push(("041", subfields("0 ", &[(b'a', &first.language)])));
    }
    if !first.author.is_empty() {
        fields.push(("100", subfields("1 ", &[(b'a', &first.author)])));
    }
    fields.push(("245", subfields("10", &[(b'a', &first.title)])));
    for item in items {
        let day = item.added_on.map(|day| day.to_string()).unwrap_or_default();
        let parts = [
            (b'a', item.branch.as_deref().unwrap_or("")),
            (b'c', &item.shelf),
            (b'd', &day),
            (b'm', &item.material),
            (b'o', &item.call_number),
            (b'p', item.id.as_str()),
            (b'y', item.item_type.as_deref().unwrap_or("")),
        ];
        fields.push(("952", subfields("  ", &parts)));
    }
    fields
}

fn common_fields(first: &Item, isbn: &'static str) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    fields.extend(first.record.map(|record| ("001", record.to_string())));
    if !first.isbn.is_empty() {
        fields.push((isbn, subfields("  ", &[(b'a', &first.isbn)])));
    }
    fields
}

/// Indicators and subfields; empty ones are left away.
fn subfields(indicators: &str, parts: &[(u8, &str)]) -> String {
    let mut text = indicators.to_owned();
    for (code, part) in parts.iter().filter(|(_, part)| !part.is_empty()) {
        text.push(char::from(SUBFIELD));
        text.push(char::from(*code));
        text.push_str(part);
    }
    text
}

/// Without the marks that cataloguing rules put between parts.
fn trimmed(text: &str) -> String {
    text.trim_end_matches([' ', '/', ':', ';', ',']).trim().to_owned()
}

/// Numbers of records that both engines keep and JSON readers do not round.
const MAX_NUMBER: i64 = 9_007_199_254_740_991;

const MEND: &str = "mend the record in the system that it comes from";
pub(super) const BARCODE: &str = "a barcode has letters, digits and ASCII signs, at most 64; mend it";
