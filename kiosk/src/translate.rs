//! The one place where a tag becomes an object on the pad, and a driver's word a word of circulation.

use circulation::id::{Isil, ItemId, PatronId, TagKey};
use circulation::item::{ItemTag, Security, SetPart};
use circulation::session::{PadObject, Written};
use rfid_driver::data::{LibraryTag, TagData, Usage};
use rfid_driver::port::{Arrival, WriteOutcome};
use rfid_driver::tag::{self, TagId};

/// The key of a tag: what the driver calls it, in printed form.
#[must_use]
pub fn key(tag: TagId) -> Option<TagKey> {
    TagKey::parse(&tag.to_string()).ok()
}

/// What a tag says it is. A tag with a problem is still an item as long as its id could be read whole.
#[must_use]
pub fn object(arrival: &Arrival) -> PadObject {
    match &arrival.data {
        TagData::Library(tag) => library(tag, arrival.security),
        TagData::Damaged { .. } => PadObject::Damaged,
        TagData::Blank | TagData::Foreign => PadObject::Foreign,
    }
}

fn library(tag: &LibraryTag, security: Option<tag::Security>) -> PadObject {
    if tag.usage.is_some_and(Usage::is_patron_card) {
        return PatronId::parse(&tag.primary_item_id).map_or(PadObject::Damaged, PadObject::Card);
    }
    let Ok(item) = ItemId::parse(&tag.primary_item_id) else { return PadObject::Damaged };
    PadObject::Item(ItemTag {
        item,
        owner: tag.owner.as_deref().and_then(|owner| Isil::parse(owner).ok()),
        set: tag.set.map(|set| SetPart { part: set.part, of: set.of }),
        // An AFI that is neither of the library's two values alarms at no gate and lends nothing by itself: the item
        // is handled as one that never left.
        security: match security {
            Some(tag::Security::Unsecured) => Security::Unsecured,
            Some(tag::Security::Secured) | None => Security::Secured,
        },
    })
}

/// The driver's word for a state of the security bits.
#[must_use]
pub const fn security(to: Security) -> tag::Security {
    match to {
        Security::Secured => tag::Security::Secured,
        Security::Unsecured => tag::Security::Unsecured,
    }
}

/// What became of a tag that was to be written.
#[must_use]
pub const fn written(outcome: WriteOutcome) -> Written {
    match outcome {
        WriteOutcome::Verified => Written::Verified,
        WriteOutcome::Gone => Written::Gone,
        WriteOutcome::Uncertain => Written::Uncertain,
        WriteOutcome::Refused => Written::Refused,
    }
}
