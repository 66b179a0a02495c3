//! Items: what the tag on the pad says, and what the catalogue says.

use crate::id::{Isil, ItemId};

/// The state of an item's security bits (AFI and EAS), which the gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// In the library: the gate alarms.
    Secured,
    /// On loan: the gate is silent.
    Unsecured,
}

/// Set information (ISO 28560-1, OID 4): this tag is part `part` of `of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetPart {
    /// ordinal number of this part, from 1
    pub part: u16,
    /// parts in the set
    pub of: u16,
}

/// An item as its tag describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTag {
    /// primary item identifier
    pub item: ItemId,
    /// owner institution, if the tag says it
    pub owner: Option<Isil>,
    /// set information, if the item has several parts
    pub set: Option<SetPart>,
    /// state of the security bits when the tag was read
    pub security: Security,
}

/// What the catalogue knows of an item. All of it may be missing: central may be silent or may not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// title proper
    pub title: Option<String>,
    /// first statement of responsibility
    pub author: Option<String>,
    /// shelf mark
    pub call_number: Option<String>,
}
