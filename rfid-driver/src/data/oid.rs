//! The relative object identifiers of ISO 28560-1, under root 1.0.15961.8, as far as a rule speaks of them.

pub(super) const NONE: u8 = 0;
pub(super) const PII: u8 = 1;
pub(super) const CONTENT: u8 = 2;
pub(super) const OWNER: u8 = 3;
pub(super) const SET: u8 = 4;
pub(super) const USAGE: u8 = 5;
pub(super) const SHELF: u8 = 6;
pub(super) const ONIX_MEDIA: u8 = 7;
pub(super) const MARC_MEDIA: u8 = 8;
pub(super) const SUPPLIER: u8 = 9;
pub(super) const ORDER: u8 = 10;
pub(super) const BORROWER: u8 = 11;
pub(super) const ILL_TRANSACTION: u8 = 12;
pub(super) const GS1: u8 = 13;
pub(super) const LOCAL_A: u8 = 15;
pub(super) const TITLE: u8 = 17;
pub(super) const PRODUCT: u8 = 18;
pub(super) const MEDIA: u8 = 19;
pub(super) const SUPPLY_CHAIN: u8 = 20;
pub(super) const INVOICE: u8 = 21;
pub(super) const ALTERNATIVE_ITEM_ID: u8 = 22;
pub(super) const ALTERNATIVE_OWNER: u8 = 23;
pub(super) const SUBSIDIARY: u8 = 24;
pub(super) const ALTERNATIVE_BORROWER: u8 = 25;
