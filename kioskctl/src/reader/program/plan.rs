//! What a tag says, what it is to say, and the writes between the two: pure.

use std::sync::Arc;

use rfid_driver::data::local::LocalLayout;
use rfid_driver::data::{
    self, Banks, Decoded, Draft, EncodeError, Hints, Layout, SetInfo, TagData, Usage, WordPlan, word_plan,
};
use rfid_driver::port::{Dump, Plan};
use rfid_driver::tag::{Security, SecurityPolicy};

use super::super::refusal::Refusal;
use crate::arguments::ProgramArguments;
use crate::failure::Failure;

/// What the library has agreed upon.
pub(crate) struct Rules {
    pub(crate) policy: SecurityPolicy,
    pub(crate) layouts: Arc<[LocalLayout]>,
    pub(crate) is_configured: bool,
}

/// What a tag is to say. What is not given stays as the tag says it of the same item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) item: String,
    pub(crate) owner: Option<String>,
    pub(crate) set: Option<SetInfo>,
    pub(crate) usage: Option<Usage>,
    pub(crate) shelf: Option<String>,
    pub(crate) title: Option<String>,
    /// nothing: the tag's own, else the usual one
    pub(crate) layout: Option<String>,
    /// nothing: as the tag is, else secured
    pub(crate) to: Option<Security>,
    /// the number of another item that it may lose
    pub(crate) overwrite: Option<String>,
}

/// What is to be done with a tag.
pub(crate) struct Planned {
    pub(crate) before: Decoded,
    pub(crate) layout: Layout,
    pub(crate) draft: Draft,
    pub(crate) to: Security,
    pub(crate) plan: Plan,
}

impl Rules {
    /// What a dump says.
    pub(crate) fn decode(&self, dump: &Dump) -> Decoded {
        match banks(dump) {
            Some(banks) => banks.decode(&self.hints(dump)).unwrap_or_else(|| self.unreadable(dump)),
            None => self.unreadable(dump),
        }
    }

    /// An HF tag; of a UHF tag without so much as a PC word it tells that nothing is there.
    fn unreadable(&self, dump: &Dump) -> Decoded {
        data::decode(&dump.memory, &self.hints(dump))
    }

    pub(crate) fn hints<'a>(&'a self, dump: &'a Dump) -> Hints<'a> {
        Hints {
            dsfid: dump.dsfid,
            afi: dump.afi,
            block_size: usize::from(dump.block_size.max(1)),
            locked: &dump.locked,
            local: &self.layouts,
            policy: self.policy,
        }
    }

    /// The layout that is asked for, else the tag's own, else the usual one.
    fn layout(&self, name: Option<&str>, before: &Decoded, is_uhf: bool) -> Result<Layout, Failure> {
        let usual = if is_uhf { Layout::Iso28560Part4 } else { Layout::Iso28560Part2 };
        let Some(name) = name else {
            let own = before.layout.clone().filter(|_| before.item_id().is_some());
            return Ok(own.unwrap_or(usual));
        };
        let Ok(layout) = name.parse::<Layout>();
        let is_for_uhf = match &layout {
            Layout::Iso28560Part4 | Layout::Gaoxiao => true,
            Layout::Iso28560Part2 | Layout::Iso28560Part3(_) | Layout::Rfid501 => false,
            Layout::Local(name) if self.layouts.iter().any(|local| local.name == *name) => false,
            Layout::Local(name) => {
                let known = self.layouts.iter().map(|local| local.name.clone()).collect();
                let is_configured = self.is_configured;
                return Err(Failure::UnknownLayout { name: name.clone(), known, is_configured });
            }
        };
        match (is_for_uhf, is_uhf) {
            (true, false) => {
                let fit = "iso28560-2, iso28560-3, iso28560-3-reversed, rfid501 or one of the configuration";
                Err(Refusal::WrongAir { layout, kind: "HF", fit }.into())
            }
            (false, true) => {
                Err(Refusal::WrongAir { layout, kind: "UHF", fit: "iso28560-4 or gaoxiao" }.into())
            }
            (true, true) | (false, false) => Ok(layout),
        }
    }

    /// Plans what is wished over what the tag holds.
    pub(crate) fn plan(&self, wish: &Wish, dump: &Dump) -> Result<Planned, Failure> {
        let before = self.decode(dump);
        check_item(&before, wish)?;
        let banks = banks(dump);
        let layout = self.layout(wish.layout.as_deref(), &before, banks.is_some())?;
        let draft = draft(&before, wish);
        let now = security(&before, dump, self.policy);
        let to = wish.to.or(now).unwrap_or(Security::Secured);
        let hints = self.hints(dump);
        let refused = |error: EncodeError| Failure::Encode { layout: layout.clone(), error };
        let plan = match banks {
            Some(banks) => Plan::Words(word_plan(&draft, &layout, to, &banks, &hints).map_err(refused)?),
            None => {
                let plan = data::plan(&draft, &layout, &dump.memory, &hints).map_err(refused)?;
                Plan::Blocks { before: dump.memory.clone(), plan }
            }
        };
        Ok(Planned { before, layout, draft, to, plan })
    }
}

impl Planned {
    /// How many writes of memory there are, security on HF tags left out.
    pub(crate) fn n_writes(&self) -> usize {
        match &self.plan {
            Plan::Blocks { plan, .. } => plan.steps.len(),
            Plan::Words(WordPlan { writes, .. }) => writes.len(),
        }
    }
}

/// The banks of a UHF tag; `None` for an HF one.
pub(crate) fn banks(dump: &Dump) -> Option<Banks> {
    dump.other_banks.as_ref().map(|others| Banks::new(&dump.memory, &others.user))
}

/// A tag that is on another item is not written by accident; nor is one whose damaged memory seems to be.
fn check_item(before: &Decoded, wish: &Wish) -> Result<(), Refusal> {
    match item_of(before) {
        Some(old) if old != wish.item && wish.overwrite.as_deref() != Some(old) => {
            Err(Refusal::OtherItem { old: old.to_owned(), new: wish.item.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// The item that a tag is on, or that its damaged memory seems to be on.
pub(crate) fn item_of(before: &Decoded) -> Option<&str> {
    before.tag().map(|tag| tag.primary_item_id.as_str()).filter(|id| !id.is_empty())
}

/// What the tag says of this item stays unless it is given anew; what it says of another one does not.
fn draft(before: &Decoded, wish: &Wish) -> Draft {
    let kept = match &before.data {
        TagData::Library(tag) if tag.primary_item_id == wish.item => Draft::from(tag),
        TagData::Library(_) | TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => Draft::default(),
    };
    Draft {
        primary_item_id: wish.item.clone(),
        owner: wish.owner.clone().or(kept.owner),
        set: wish.set.or(kept.set),
        usage: wish.usage.or(kept.usage),
        shelf_location: wish.shelf.clone().or(kept.shelf_location),
        title: wish.title.clone().or(kept.title),
        others: kept.others,
        charset: kept.charset,
    }
}

pub(super) fn security(before: &Decoded, dump: &Dump, policy: SecurityPolicy) -> Option<Security> {
    before.security.or_else(|| dump.afi.and_then(|afi| policy.security(afi)))
}

impl From<&ProgramArguments> for Wish {
    fn from(arguments: &ProgramArguments) -> Self {
        let to = match (arguments.secured, arguments.unsecured) {
            (true, _) => Some(Security::Secured),
            (false, true) => Some(Security::Unsecured),
            (false, false) => None,
        };
        Self {
            item: arguments.item.clone(),
            owner: arguments.isil.clone(),
            set: arguments.set.map(|set| set.0),
            usage: arguments.usage.map(|usage| Usage(usage.0)),
            shelf: arguments.shelf.clone(),
            title: arguments.title.clone(),
            layout: arguments.layout.clone(),
            to,
            overwrite: arguments.overwrite.clone(),
        }
    }
}
