//! What a type of usage means, in the words of ISO 28560-1.

use rfid_driver::data::Usage;

/// The meaning of a type of usage.
pub(crate) fn meaning(usage: Usage) -> &'static str {
    let known = MEANINGS.iter().find(|(code, _)| *code == usage.0);
    let class = || MEANINGS.iter().find(|(code, _)| *code == usage.0 & 0xF0);
    known.or_else(class).map_or("reserved", |(_, meaning)| meaning)
}

const MEANINGS: [(u8, &str); 27] = [
    (0x00, "acquisition"),
    (0x01, "acquisition, automated"),
    (0x02, "acquisition, manual"),
    (0x10, "circulation"),
    (0x11, "circulation, sorted automatically"),
    (0x12, "circulation, not sorted automatically"),
    (0x13, "circulation, no offline checkout"),
    (0x14, "circulation, no offline checkin"),
    (0x15, "circulation, neither offline checkout nor checkin"),
    (0x20, "not for circulation"),
    (0x30, "local use"),
    (0x40, "local use"),
    (0x50, "future use"),
    (0x60, "no information"),
    (0x70, "discarded"),
    (0x71, "discarded, for sale"),
    (0x72, "discarded, sold"),
    (0x73, "discarded, for disposal"),
    (0x80, "patron card"),
    (0x81, "patron card, adult"),
    (0x82, "patron card, young adult"),
    (0x83, "patron card, child"),
    (0x90, "equipment"),
    (0x91, "equipment, computer"),
    (0x92, "equipment, video projector"),
    (0x93, "equipment, overhead projector"),
    (0x94, "equipment, whiteboard"),
];
