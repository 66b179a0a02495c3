//! Records as they are exchanged: ISO 2709, of which CNMARC and MARC 21 are two uses. Bytes only; what they say is
//! [`super::catalogue`]'s.
//!
//! ```text
//!   leader, 24 bytes        01234nam0 2200289   450   length of all, base address at 12
//!   directory               200004500120 ..           tag 3, length 4, start 5 digits; ends with 1E
//!   fields                  1_ 1F a .. 1F f .. 1E     two indicators, subfields; control fields (00x): only data
//!   end                     1D
//! ```
//! **Rules**: a record is taken whole or refused; after a refused one reading goes on behind the next 1D; every byte is
//! looked at, nothing grows beyond the input.

use core::ops::Range;

use super::{Place, Refusal};

/// Ends a record.
pub const RECORD_END: u8 = 0x1D;
/// Ends a field, and the directory.
pub const FIELD_END: u8 = 0x1E;
/// Begins a subfield.
pub const SUBFIELD: u8 = 0x1F;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// where it stands in the file
    pub place: Place,
    /// its leader, 24 bytes
    pub leader: &'a [u8],
    /// its fields in the directory's order
    pub fields: Vec<Field<'a>>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// three digits or letters
    pub tag: &'a str,
    /// without its end
    pub data: &'a [u8],
    /// bytes before it in the file
    pub at: u64,
}

/// The records of a file, the good ones and the others.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    n: u64,
}

/// Why a record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// a field has more than 9,999 bytes
    #[error("field {0} has more than the 9,999 bytes that the format allows")]
    Field(&'static str),
    /// the record has more than 99,999 bytes
    #[error("the record has more than the 99,999 bytes that the format allows")]
    Record,
}

impl<'a> Records<'a> {
    /// Those in some bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, n: 0 }
    }

    fn place(&self) -> Place {
        Place { record: self.n, line: None, byte: wide(self.at) }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        // Some systems put a line's end behind each record, and an old end-of-file mark behind all.
        let rest = self.bytes.get(self.at..)?;
        let n_between = rest.iter().take_while(|byte| b"\r\n\0\x1A ".contains(byte)).count();
        self.at += n_between;
        let rest = rest.get(n_between..).filter(|rest| !rest.is_empty())?;
        self.n += 1;
        let place = self.place();
        let found = record(rest, place);
        let n_read = match &found {
            Ok((_, length)) => *length,
            Err(_) => rest.iter().position(|byte| *byte == RECORD_END).map_or(rest.len(), |end| end + 1),
        };
        self.at += n_read;
        Some(found.map(|(record, _)| record))
    }
}

impl<'a> Record<'a> {
    /// The first field with a tag.
    #[must_use]
    pub fn field(&self, tag: &str) -> Option<&Field<'a>> {
        self.fields(tag).next()
    }

    /// All fields with a tag.
    pub fn fields(&self, tag: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.tag == tag)
    }
}

impl<'a> Field<'a> {
    /// Code and bytes of each subfield; what stands before the first is left away.
    pub fn subfields(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        self.data
            .split(|byte| *byte == SUBFIELD)
            .skip(1)
            .filter_map(|subfield| subfield.split_first().map(|(code, data)| (*code, data)))
    }
}

/// The record at the start of some bytes, and how long it is.
fn record(bytes: &[u8], place: Place) -> Result<(Record<'_>, usize), Refusal> {
    let refuse = |at: usize, field: &str, what: String, advice| Refusal {
        place: Place { byte: place.byte + wide(at), ..place },
        field: field.to_owned(),
        what,
        advice,
    };
    let Some(length) = digits(bytes, 0..5) else {
        let what = "it does not begin with its length, five digits".to_owned();
        return Err(refuse(0, "leader", what, NO_MARC));
    };
    if length < SHORTEST {
        return Err(refuse(0, "leader", format!("its length, {length}, is less than {SHORTEST}"), DAMAGED));
    }
    let Some(whole) = bytes.get(..length) else {
        let what = format!("it says that it has {length} bytes, and {} are left", bytes.len());
        return Err(refuse(0, "leader", what, CUT));
    };
    if whole.last() != Some(&RECORD_END) {
        let end = bytes.iter().position(|byte| *byte == RECORD_END).map(|end| end + 1);
        let what = match end {
            Some(end) => format!("it says that it has {length} bytes, and ends after {end}"),
            None => "it has no end (byte 1D)".to_owned(),
        };
        return Err(refuse(length - 1, "leader", what, CONVERTED));
    }
    let base = digits(whole, 12..17).filter(|base| (25..length).contains(base));
    let Some(base) = base else {
        return Err(refuse(12, "leader", "its base address leads nowhere".to_owned(), DAMAGED));
    };
    let (leader, directory) = (whole.get(..24).unwrap_or_default(), whole.get(24..base).unwrap_or_default());
    let Some((FIELD_END, entries)) = directory.split_last().map(|(end, rest)| (*end, rest)) else {
        return Err(refuse(
            base - 1,
            "directory",
            "it has no end (byte 1E) before the first field".to_owned(),
            DAMAGED,
        ));
    };
    if entries.len() % ENTRY != 0 {
        let what = format!("its {} bytes are no multiple of {ENTRY}", entries.len());
        return Err(refuse(24, "directory", what, DAMAGED));
    }
    let mut fields = Vec::with_capacity(entries.len() / ENTRY);
    for (entry, at) in entries.chunks_exact(ENTRY).zip((24..).step_by(ENTRY)) {
        let tag = entry.get(..3).and_then(|tag| core::str::from_utf8(tag).ok());
        let tag = tag.filter(|tag| tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let Some(tag) = tag else {
            return Err(refuse(at, "directory", "a tag is not three digits or letters".to_owned(), DAMAGED));
        };
        let span = digits(entry, 3..7).zip(digits(entry, 7..12));
        let data =
            span.and_then(|(n, start)| Some((whole.get(base + start..base + start + n)?, base + start)));
        let Some((data, start)) = data else {
            return Err(refuse(at, tag, "the directory points behind the record".to_owned(), CONVERTED));
        };
        let Some((FIELD_END, data)) = data.split_last().map(|(end, rest)| (*end, rest)) else {
            return Err(refuse(
                base,
                tag,
                "it does not end (byte 1E) where the directory says".to_owned(),
                CONVERTED,
            ));
        };
        if data.iter().any(|byte| [FIELD_END, RECORD_END].contains(byte)) {
            return Err(refuse(start, tag, "another field begins in it".to_owned(), CONVERTED));
        }
        fields.push(Field { tag, data, at: place.byte + wide(start) });
    }
    Ok((Record { place, leader, fields }, length))
}

/// The bytes of a record with these fields. The leader's lengths are filled in; `leader` gives the other bytes.
///
/// # Errors
/// [`Unwritable`]
pub fn write(leader: [u8; 24], fields: &[(&'static str, Vec<u8>)]) -> Result<Vec<u8>, Unwritable> {
    let (mut directory, mut data) = (Vec::new(), Vec::new());
    for (tag, bytes) in fields {
        if bytes.len() >= MAX_FIELD {
            return Err(Unwritable::Field(tag));
        }
        directory.extend_from_slice(format!("{tag}{:04}{:05}", bytes.len() + 1, data.len()).as_bytes());
        data.extend_from_slice(bytes);
        data.push(FIELD_END);
    }
    directory.push(FIELD_END);
    let base = 24 + directory.len();
    let length = base + data.len() + 1;
    if length > MAX_RECORD {
        return Err(Unwritable::Record);
    }
    let mut record = format!("{length:05}").into_bytes();
    record.extend_from_slice(leader.get(5..12).unwrap_or_default());
    record.extend_from_slice(format!("{base:05}").as_bytes());
    record.extend_from_slice(leader.get(17..).unwrap_or_default());
    record.extend(directory);
    record.extend(data);
    record.push(RECORD_END);
    Ok(record)
}

/// The number that some digits are.
fn digits(bytes: &[u8], at: Range<usize>) -> Option<usize> {
    let text = core::str::from_utf8(bytes.get(at)?).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Leader, the directory's end and the record's.
const SHORTEST: usize = 26;
/// A directory's entry.
const ENTRY: usize = 12;
const MAX_FIELD: usize = 9999;
const MAX_RECORD: usize = 99_999;

const NO_MARC: &str = "give a file in ISO 2709 exchange format (.mrc, .iso), not a list in text or XML";
const DAMAGED: &str = "export the record again from the system that it comes from";
const CUT: &str = "the file is cut off; copy or export it again";
const CONVERTED: &str = "the file was changed after its export, for example by an editor that saved it in another \
     character set; give the file as it was exported";
