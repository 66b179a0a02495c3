//! `[place]` and `[[shelf]]`: the library around the kiosk, for the screen and for whoever looks for a book.

use jiff::civil::Date;
use toml::de::DeValue;

use crate::Fault;
use crate::opening::{MAX_RULES, RULE, RULE_REGEX, Rule, Week};
use crate::reading::{Section, in_range, numbers};
use crate::shape::{Accepts, Shape};

/// `[place]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// What readers call the library.
    pub library: Option<String>,
    /// The branch, by its code at central.
    pub branch: Option<String>,
    /// Where the nearest other kiosk is; shown when this one does not serve.
    pub nearest: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Opening hours in the library's own words, a line each.
    pub hours: Vec<String>,
    /// The same for the machine: outside of it nobody is served.
    pub open: Week,
    /// Days on which the library stays closed all the same.
    pub closed_days: Vec<Date>,
    /// Where the kiosk stands on the map of the room.
    ///
    /// # Units
    /// Tenths of a percent of its width from the left and of its height from above.
    pub stand: Option<(u16, u16)>,
}

impl Place {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let open = |value: &DeValue<'_>| Rule::parse(value.as_str()?);
        let day = |value: &DeValue<'_>| value.as_str()?.parse::<Date>().ok();
        Self {
            library: section.optional_text("library"),
            branch: section.optional_text("branch"),
            nearest: section.optional_text("nearest"),
            contact: section.optional_text("contact"),
            hours: section.texts("hours", &[], MAX_LINES),
            open: Week::of(&section.list("open", RULE, Shape::pattern(RULE_REGEX), MAX_RULES, open)),
            closed_days: section.list("closed_days", DAYS, Shape::pattern(DAY_REGEX), MAX_DAYS, day),
            stand: section.ask("stand", None, Accepts::new(POINT, point_shape()), point),
        }
    }
}

/// One `[[shelf]]`.
///
/// # Units
/// Tenths of a percent of the room's width and height, from its upper left corner on the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// What is written on it.
    pub label: String,
    /// Its left edge.
    pub x: u16,
    /// Its upper edge.
    pub y: u16,
    /// Its width on the map.
    pub width: u16,
    /// Its height on the map.
    pub height: u16,
    /// The first call number on it.
    pub from: String,
    /// The last call number on it: whatever begins with it stands here too, but not `/12` behind `/1`.
    pub to: String,
}

impl Shelf {
    /// Reads one table; `None` if it is not a whole shelf, and then there is a problem (or no table).
    pub(crate) fn read(section: &mut Section<'_, '_>, _: &[Self]) -> Option<Self> {
        let label = words(section, "label");
        let x = length(section, "x", 0);
        let y = length(section, "y", 0);
        let width = length(section, "width", 1);
        let height = length(section, "height", 1);
        let from = words(section, "from");
        let to = words(section, "to");
        let shelf =
            Self { label: label?, x: x?, y: y?, width: width?, height: height?, from: from?, to: to? };
        for (key, edge) in [("width", shelf.x + shelf.width), ("height", shelf.y + shelf.height)] {
            if edge > ROOM {
                let text =
                    "the shelf reaches beyond the room, which ends at 1000; make it smaller, or move it";
                section.fault(key, Fault::Clash { text });
            }
        }
        let (first, last) = (main_class(&shelf.from), main_class(&shelf.to));
        if first > last && !first.starts_with(&last) {
            let text =
                "the last call number comes before the first one, so nothing would stand here; exchange them";
            section.fault("to", Fault::Clash { text });
        }
        Some(shelf)
    }
}

/// A call number up to its first sign, without dots. What stands behind is ordered by rules that only `circulation` knows,
/// and nothing of it makes up for classes in the wrong order.
fn main_class(call_number: &str) -> String {
    let class = call_number.chars().take_while(|c| c.is_alphanumeric() || *c == '.');
    class.filter(|c| *c != '.').map(|c| c.to_ascii_uppercase()).collect()
}

fn length(section: &mut Section<'_, '_>, key: &'static str, least: u16) -> Option<u16> {
    let range = least..=ROOM;
    section.required(key, numbers(&range, PER_MILLE), |value| in_range(value, &range))
}

fn words(section: &mut Section<'_, '_>, key: &'static str) -> Option<String> {
    section.required(key, Accepts::new(LABEL, Shape::Text { most: MAX_LABEL }), |value| {
        let text = value.as_str()?.trim();
        let is_short = (1..=MAX_LABEL).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_short.then(|| text.to_owned())
    })
}

fn point_shape() -> Shape {
    let of = Box::new(Shape::Whole { least: 0, most: ROOM.into(), unit: PER_MILLE });
    Shape::List { of, least: 2, most: 2 }
}

fn point(value: &DeValue<'_>) -> Option<(u16, u16)> {
    let both = value.as_array().filter(|both| both.len() == 2)?;
    let at = |at: usize| in_range(both.get(at)?.get_ref(), &(0..=ROOM));
    Some((at(0)?, at(1)?))
}

/// More than one room has.
pub(crate) const MAX_SHELVES: usize = 64;
const MAX_LINES: usize = 7;
const MAX_DAYS: usize = 366;
const MAX_LABEL: usize = 40;
/// The width and height of the room.
const ROOM: u16 = 1000;
const PER_MILLE: &str = "tenths of a percent of the room";
const DAY_REGEX: &str = "^[0-9]{4}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])$";
const LABEL: &str = "a text of 1 to 40 characters in quotes";
const DAYS: &str = "a list of at most 366 days, as [\"2026-10-01\", \"2026-10-02\"]";
const POINT: &str = "two whole numbers from 0 to 1000 (tenths of a percent of the room), as [500, 920]";
