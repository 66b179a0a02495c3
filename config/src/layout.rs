//! `[[layout]]`: tag layouts that one vendor or one library made up. Only an identifier, at a place, in a packing.

use toml::de::DeValue;

use crate::Fault;
use crate::reading::{HEX_BYTE, Section, hex_byte, in_range, numbers, quoted, words};
use crate::shape::{Accepts, Field, Shape};

/// One `[[layout]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What messages and commands call it; no other layout, of ours or of the file, has the name.
    pub name: String,
    /// Where the identifier is.
    pub form: LayoutForm,
    /// What must be on a tag besides, so that it is one of this layout.
    pub marks: Vec<Mark>,
}

/// Where the identifier of a layout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutForm {
    /// At a fixed place.
    Field {
        /// The first byte of the field.
        offset: u16,
        /// How many bytes it has, or may have.
        length: u8,
        /// Whether its first byte, which is not counted in `length`, tells how many it has.
        has_length_byte: bool,
        /// How the identifier is packed.
        packing: Packing,
    },
    /// The first nibble of the tag tells the packing, byte 1 the length, and the identifier follows.
    SelfDescribing {
        /// How letters and digits are packed.
        letters: Letters,
    },
}

/// How an identifier becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A number, most significant byte first.
    Number {
        /// Printed with at least so many digits; 0 if it has no zeros in front.
        digits: u8,
    },
    /// Two digits a byte, filled with F.
    Bcd,
    /// One character a byte.
    Ascii,
    /// Six bits a character.
    SixBit,
}

/// How the letters of a self-describing tag are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// One character a byte.
    Ascii,
    /// Six bits a character.
    SixBit,
}

/// Bits that are the same on every tag of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The byte.
    pub at: u16,
    /// The bits that count; not zero.
    pub mask: u8,
    /// What they are; no other bit is set.
    pub value: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormWord {
    Field,
    SelfDescribing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PackingWord {
    Number,
    Bcd,
    Ascii,
    SixBit,
}

impl Layout {
    /// Reads one table; `None` if it is not a whole layout, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, earlier: &[Self]) -> Option<Self> {
        let name = section
            .required("name", Accepts::new(NAME, Shape::pattern(NAME_REGEX)), |value| name(value.as_str()?));
        if let Some(name) = &name {
            let is_twice = earlier.iter().any(|other| other.name == *name);
            for (is_taken, text) in [
                (BUILT_IN.contains(&name.as_str()), "a layout of that name is built in; choose another name"),
                (is_twice, "a layout above has the same name; give each its own"),
            ] {
                if is_taken {
                    section.fault("name", Fault::Clash { text });
                }
            }
        }
        let form = match form(section) {
            Some(FormWord::Field) => field(section),
            Some(FormWord::SelfDescribing) => self_describing(section),
            None => None,
        };
        let marks = marks(section);
        Some(Self { name: name?, form: form?, marks })
    }
}

fn name(text: &str) -> Option<String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ((1..=40).contains(&text.len()) && text.bytes().all(is_name)).then(|| text.to_owned())
}

/// Which form it is; `None` if the word is wrong: then the other keys are not judged.
fn form(section: &mut Section<'_, '_>) -> Option<FormWord> {
    let form = section.ask("form", Some(quoted("field")), word_of(&FORMS), |value| named(value, &FORMS));
    if section.has("form") { form } else { Some(FormWord::Field) }
}

fn field(section: &mut Section<'_, '_>) -> Option<LayoutForm> {
    let offset = section.number("offset", 0, 0..=MAX_OFFSET);
    let bytes = 1..=MAX_LENGTH;
    let length = section.required("length", numbers(&bytes, "bytes"), |value| in_range(value, &bytes));
    let has_length_byte = section.flag("length_byte", false);
    let packing = section.required("packing", word_of(&PACKINGS), |value| named(value, &PACKINGS));
    let digits = section.number("digits", 0, 0..=39);
    let is_number = packing.is_none_or(|packing| packing == PackingWord::Number);
    if section.has("digits") && !is_number {
        let text = "only a number has leading zeros to be told; leave it out, or set packing to \"number\"";
        section.fault("digits", Fault::Clash { text });
    }
    let packing = match packing? {
        PackingWord::Number => Packing::Number { digits },
        PackingWord::Bcd => Packing::Bcd,
        PackingWord::Ascii => Packing::Ascii,
        PackingWord::SixBit => Packing::SixBit,
    };
    Some(LayoutForm::Field { offset, length: length?, has_length_byte, packing })
}

fn self_describing(section: &mut Section<'_, '_>) -> Option<LayoutForm> {
    for key in ["offset", "length", "length_byte", "digits"] {
        if section.has(key) {
            let text = "a self-describing tag tells this itself; leave it out, or set form to \"field\"";
            section.fault(key, Fault::Clash { text });
        }
        // Known all the same: it would be called an unknown key besides.
        section.ask(key, None, Accepts::new("", Shape::Flag), |_| Some(()));
    }
    let mut accepts = word_of(&LETTERS);
    accepts.words.push_str(" (of its letters)");
    let letters = section.ask("packing", None, accepts, |value| named(value, &LETTERS));
    Some(LayoutForm::SelfDescribing { letters: letters.unwrap_or(Letters::Ascii) })
}

fn named<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Option<T> {
    let word = value.as_str()?;
    words.iter().find(|(known, _)| *known == word).map(|(_, meant)| *meant)
}

fn word_of<T>(known: &[(&'static str, T)]) -> Accepts {
    words(known.iter().map(|(word, _)| *word))
}

fn mark_shape() -> Shape {
    let byte = || Shape::pattern(HEX_BYTE);
    let at = Shape::Whole { least: 0, most: MAX_OFFSET.into(), unit: "bytes" };
    Shape::Table(vec![
        Field { name: "at", shape: at, is_required: true },
        Field { name: "mask", shape: byte(), is_required: false },
        Field { name: "value", shape: byte(), is_required: true },
    ])
}

fn marks(section: &mut Section<'_, '_>) -> Vec<Mark> {
    let elements =
        section.ask("marks", None, Accepts::new(MARKS, Shape::list(mark_shape(), MAX_MARKS)), |value| {
            let elements = value.as_array().filter(|elements| elements.len() <= MAX_MARKS)?;
            Some(elements.iter().map(|element| mark(element.get_ref())).collect::<Vec<_>>())
        });
    let elements = elements.unwrap_or_default();
    if let Some(at) = elements.iter().position(Option::is_none) {
        let got = format!("something else as number {}", at + 1);
        section.fault("marks", Fault::Value { got, accepts: MARKS.to_owned() });
    }
    let marks: Vec<Mark> = elements.into_iter().flatten().collect();
    if marks.iter().any(|mark| mark.mask == 0 || mark.value & !mark.mask != 0) {
        let text = "a mask that leaves bits of its value out fits no tag, and one without bits every tag; \
                    set in the mask all bits that count";
        section.fault("marks", Fault::Clash { text });
    }
    marks
}

fn mark(value: &DeValue<'_>) -> Option<Mark> {
    let table = value.as_table()?;
    let field = |key: &str| table.get(key).map(|value| value.get_ref());
    let at = in_range(field("at")?, &(0..=MAX_OFFSET))?;
    let mask = field("mask").map_or(Some(0xFF), hex_byte)?;
    let n_known = 2 + usize::from(field("mask").is_some());
    let value = hex_byte(field("value")?)?;
    (table.len() == n_known).then_some(Mark { at, mask, value })
}

/// The names that the driver has for layouts of its own.
pub const BUILT_IN: [&str; 6] =
    ["iso28560-2", "iso28560-3", "iso28560-3-reversed", "iso28560-4", "gaoxiao", "rfid501"];
const FORMS: [(&str, FormWord); 2] =
    [("field", FormWord::Field), ("self-describing", FormWord::SelfDescribing)];
const PACKINGS: [(&str, PackingWord); 4] = [
    ("number", PackingWord::Number),
    ("bcd", PackingWord::Bcd),
    ("ascii", PackingWord::Ascii),
    ("6-bit", PackingWord::SixBit),
];
const LETTERS: [(&str, Letters); 2] = [("ascii", Letters::Ascii), ("6-bit", Letters::SixBit)];
/// More than any collection has. Every tag that is in none of the standard layouts is tried with each of them.
pub(crate) const MAX_LAYOUTS: usize = 16;
const MAX_MARKS: usize = 8;
/// The last byte of the largest tags: 256 blocks of 32 bytes.
const MAX_OFFSET: u16 = 8_191;
const MAX_LENGTH: u8 = 128;
const NAME: &str = "a name of 1 to 40 ASCII letters, digits, hyphens, underscores and full stops in quotes";
const NAME_REGEX: &str = "^[A-Za-z0-9_.-]{1,40}$";
const MARKS: &str = "a list of at most 8 marks, as [{ at = 28, mask = \"F0\", value = \"A0\" }]";
