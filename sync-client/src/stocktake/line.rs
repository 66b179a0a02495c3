//! One line of the journal. Pure.

use circulation::id::{Isil, ItemId, ShelfMark, TagKey};
use circulation::item::{Security, SetPart};
use circulation::stocktake::{Content, Input, Plan, Sighting};

/// The first line of a journal.
pub const HEADER: &str = "yueting stocktake 1";

/// What the machine was told, without its time: shelves by their marks, since numbers are those of one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// [`Input::Begin`]
    Begin,
    /// [`Input::Pause`]
    Pause,
    /// [`Input::Resume`]
    Resume,
    /// [`Input::End`]
    End,
    /// [`Input::AtShelf`]
    AtShelf(ShelfMark),
    /// [`Input::Seen`]
    Seen {
        /// the tag's own number
        tag: TagKey,
        /// what it carries
        content: Content,
        /// dBm
        rssi: Option<i8>,
        /// which
        antenna: u8,
    },
}

impl Entry {
    /// The entry of an input; `None` for a shelf that is not in the plan, which changes nothing.
    #[must_use]
    pub fn of(input: &Input, plan: &Plan) -> Option<Self> {
        Some(match input {
            Input::Begin => Self::Begin,
            Input::Pause => Self::Pause,
            Input::Resume => Self::Resume,
            Input::End => Self::End,
            Input::AtShelf(shelf) => Self::AtShelf(plan.mark(*shelf)?.clone()),
            Input::Seen(Sighting { tag, content, rssi, antenna, .. }) => {
                Self::Seen { tag: tag.clone(), content: content.clone(), rssi: *rssi, antenna: *antenna }
            }
        })
    }

    /// The line at a time, with its end.
    #[must_use]
    pub fn encode(&self, ms: u32) -> String {
        let mut rest = format!("{ms}|");
        match self {
            Self::Begin => rest.push_str("begin"),
            Self::Pause => rest.push_str("pause"),
            Self::Resume => rest.push_str("resume"),
            Self::End => rest.push_str("end"),
            Self::AtShelf(mark) => push(&mut rest, ["at", mark.as_str()]),
            Self::Seen { tag, content, rssi, antenna } => {
                let rssi = rssi.map(|rssi| rssi.to_string()).unwrap_or_default();
                push(&mut rest, [word(content), tag.as_str(), &rssi, &antenna.to_string()]);
                push_content(&mut rest, content);
            }
        }
        format!("{:08x}|{rest}\n", crc32(rest.as_bytes()))
    }

    /// Reads a line without its end: its time and what it says; `None` if it is damaged.
    #[must_use]
    pub fn decode(line: &str) -> Option<(u32, Self)> {
        let (checksum, rest) = line.split_once('|')?;
        if checksum.len() != 8 || u32::from_str_radix(checksum, 16).ok()? != crc32(rest.as_bytes()) {
            return None;
        }
        let mut fields = rest.split('|');
        let ms = fields.next()?.parse().ok()?;
        let kind = fields.next()?;
        let entry = match kind {
            "begin" => Self::Begin,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "end" => Self::End,
            "at" => Self::AtShelf(ShelfMark::parse(fields.next()?).ok()?),
            _ => Self::Seen {
                tag: TagKey::parse(fields.next()?).ok()?,
                rssi: optional(fields.next()?, |text| text.parse().ok())?,
                antenna: fields.next()?.parse().ok()?,
                content: content(kind, &mut fields)?,
            },
        };
        fields.next().is_none().then_some((ms, entry))
    }
}

const fn word(content: &Content) -> &'static str {
    match content {
        Content::Shelf(_) => "mark",
        Content::Item { .. } => "item",
        Content::Foreign => "foreign",
        Content::Unreadable => "unreadable",
    }
}

fn push<const N: usize>(line: &mut String, fields: [&str; N]) {
    line.push_str(&fields.join("|"));
}

fn push_content(line: &mut String, content: &Content) {
    match content {
        Content::Shelf(mark) => push(line, ["", mark.as_str()]),
        Content::Item { item, owner, set, security } => {
            let set = set.map(|set| format!("{}/{}", set.part, set.of)).unwrap_or_default();
            let security = match security {
                Some(Security::Secured) => "secured",
                Some(Security::Unsecured) => "unsecured",
                None => "",
            };
            let owner = owner.as_ref().map_or("", Isil::as_str);
            push(line, ["", item.as_str(), owner, &set, security]);
        }
        Content::Foreign | Content::Unreadable => {}
    }
}

fn content<'a>(kind: &str, fields: &mut impl Iterator<Item = &'a str>) -> Option<Content> {
    Some(match kind {
        "mark" => Content::Shelf(ShelfMark::parse(fields.next()?).ok()?),
        "item" => Content::Item {
            item: ItemId::parse(fields.next()?).ok()?,
            owner: optional(fields.next()?, |text| Isil::parse(text).ok())?,
            set: optional(fields.next()?, |text| {
                let (part, of) = text.split_once('/')?;
                Some(SetPart { part: part.parse().ok()?, of: of.parse().ok()? })
            })?,
            security: optional(fields.next()?, |text| match text {
                "secured" => Some(Security::Secured),
                "unsecured" => Some(Security::Unsecured),
                _ => None,
            })?,
        },
        "foreign" => Content::Foreign,
        "unreadable" => Content::Unreadable,
        _ => return None,
    })
}

/// A field that may be empty: `None` only if it is neither empty nor right.
fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { parse(text).map(Some) }
}

/// CRC-32 as of zip and Ethernet (reflected 0x04C11DB7).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u8| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(owner: Option<&str>, set: Option<(u16, u16)>, security: Option<Security>) -> Content {
        Content::Item {
            item: ItemId::parse("LW0001234").unwrap(),
            owner: owner.map(|owner| Isil::parse(owner).unwrap()),
            set: set.map(|(part, of)| SetPart { part, of }),
            security,
        }
    }

    /// The format is frozen: if this fails, do not change the test.
    #[test]
    fn lines_of_version_1() {
        let seen = |content, rssi, antenna| Entry::Seen {
            tag: TagKey::parse("E004").unwrap(),
            content,
            rssi,
            antenna,
        };
        let mark = ShelfMark::parse("CJ-001").unwrap();
        for (ms, entry, rest) in [
            (0, Entry::Begin, "0|begin"),
            (1, Entry::Pause, "1|pause"),
            (2, Entry::Resume, "2|resume"),
            (u32::MAX, Entry::End, "4294967295|end"),
            (3, Entry::AtShelf(mark.clone()), "3|at|CJ-001"),
            (4, seen(Content::Shelf(mark), Some(-41), 1), "4|mark|E004|-41|1|CJ-001"),
            (5, seen(item(None, None, None), None, 0), "5|item|E004||0|LW0001234|||"),
            (
                6,
                seen(item(Some("CN-1"), Some((1, 3)), Some(Security::Unsecured)), Some(-128), 255),
                "6|item|E004|-128|255|LW0001234|CN-1|1/3|unsecured",
            ),
            (7, seen(Content::Foreign, Some(0), 1), "7|foreign|E004|0|1"),
            (8, seen(Content::Unreadable, None, 1), "8|unreadable|E004||1"),
        ] {
            let line = entry.encode(ms);
            assert_eq!(line, format!("{:08x}|{rest}\n", crc32(rest.as_bytes())));
            assert_eq!(Entry::decode(line.trim_end_matches('\n')), Some((ms, entry)));
        }
    }

    #[test]
    fn the_checksum_is_that_of_everybody() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    proptest! {
        #[test]
        fn no_line_panics_and_no_changed_one_is_read(at in 0_usize..60, to in any::<char>(), noise in ".{0,80}") {
            prop_assert!(Entry::decode(&noise).is_none());
            let entry = Entry::AtShelf(ShelfMark::parse("CJ-001").unwrap());
            let line = entry.encode(1234);
            let line = line.trim_end_matches('\n');
            let changed: String =
                line.chars().enumerate().map(|(place, c)| if place == at { to } else { c }).collect();
            // The digits of the checksum may be capital letters.
            let is_same = changed.eq_ignore_ascii_case(line);
            prop_assert_eq!(Entry::decode(&changed).is_some(), is_same && changed.get(8..) == line.get(8..));
        }
    }
}
