//! What a reader hears, in the words of the machines: the one place that knows both.

use circulation::id::{Isil, ItemId, TagKey};
use circulation::item::{Security, SetPart};
use circulation::stocktake::{Content, Marks, Sighting};
use rfid_driver::data::{LibraryTag, TagData, Usage};
use rfid_driver::port::{Arrival, Heard, ReaderEvent};
use rfid_driver::tag;

/// The sightings of an event: a sweep's, or what was laid before an HF reader. Any other event has none.
pub fn heard<'a>(event: &'a ReaderEvent, marks: &'a Marks) -> impl Iterator<Item = Sighting> + 'a {
    let (sweep, laid): (&[Heard], Option<&Arrival>) = match event {
        ReaderEvent::Heard(heard) => (heard, None),
        ReaderEvent::Arrived(arrival) => (&[], Some(arrival)),
        ReaderEvent::Up(_)
        | ReaderEvent::Down(_)
        | ReaderEvent::Departed { .. }
        | ReaderEvent::Complete { .. }
        | ReaderEvent::Wrote { .. }
        | ReaderEvent::Programmed { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Power { .. }
        | ReaderEvent::Trouble(_)
        | ReaderEvent::TroubleOver(_) => (&[], None),
    };
    let swept = sweep.iter().filter_map(|heard| sighting(heard, marks));
    swept.chain(laid.and_then(|arrival| arrived(arrival, marks)))
}

/// What a sweep has heard; nothing if the tag's number is none that we can write down.
#[must_use]
pub fn sighting(heard: &Heard, marks: &Marks) -> Option<Sighting> {
    let tag = TagKey::parse(&heard.tag.to_string()).ok()?;
    let content = content(&heard.data, heard.security, marks);
    Some(Sighting {
        at: heard.at,
        tag,
        content,
        rssi: heard.rssi,
        antenna: heard.antenna.unwrap_or_default(),
    })
}

/// What lies before an HF reader.
#[must_use]
pub fn arrived(arrival: &Arrival, marks: &Marks) -> Option<Sighting> {
    let tag = TagKey::parse(&arrival.tag.to_string()).ok()?;
    let content = content(&arrival.data, arrival.security, marks);
    Some(Sighting { at: arrival.at, tag, content, rssi: None, antenna: 0 })
}

/// What a tag carries, for the machine.
fn content(data: &TagData, security: Option<tag::Security>, marks: &Marks) -> Content {
    match data {
        TagData::Library(tag) => library(tag, security, marks),
        TagData::Damaged { .. } => Content::Unreadable,
        TagData::Blank | TagData::Foreign => Content::Foreign,
    }
}

fn library(tag: &LibraryTag, security: Option<tag::Security>, marks: &Marks) -> Content {
    if let Some(mark) = marks.read(tag.usage.map(|usage| usage.0), &tag.primary_item_id) {
        return Content::Shelf(mark);
    }
    if tag.usage.is_some_and(Usage::is_patron_card) {
        return Content::Foreign;
    }
    let Ok(item) = ItemId::parse(&tag.primary_item_id) else { return Content::Unreadable };
    Content::Item {
        item,
        owner: tag.owner.as_deref().and_then(|owner| Isil::parse(owner).ok()),
        set: tag.set.map(|set| SetPart { part: set.part, of: set.of }),
        security: security.map(|security| match security {
            tag::Security::Secured => Security::Secured,
            tag::Security::Unsecured => Security::Unsecured,
        }),
    }
}
