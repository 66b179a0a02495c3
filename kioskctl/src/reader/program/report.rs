//! What a tag says, what will be written, and how that ended: in words and as one JSON object.

use rfid_driver::data::epc::Bank;
use rfid_driver::data::{Decoded, SetInfo};
use rfid_driver::port::{Dump, Place, ProgramOutcome};
use rfid_driver::tag::{Security, TagId};
use serde::Serialize;

use super::plan::Planned;
use crate::table;
use crate::tag::report;

/// The JSON object.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    tag: String,
    before: Before,
    after: After,
    writes: usize,
    locked_blocks: usize,
    /// Null if nothing was tried.
    outcome: Option<&'static str>,
    /// The outcome in words, with what to do.
    detail: String,
}

#[derive(Debug, Serialize)]
struct Before {
    state: &'static str,
    layout: Option<String>,
    item_id: Option<String>,
    security: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct After {
    layout: String,
    item_id: String,
    owner: Option<String>,
    set: Option<report::Set>,
    usage: Option<String>,
    shelf_location: Option<String>,
    title: Option<String>,
    /// Elements that stay as they are, by number.
    kept: Vec<u8>,
    security: &'static str,
}

impl Report {
    pub(super) fn of(tag: TagId, dump: &Dump, now: Option<Security>, planned: &Planned) -> Self {
        let Planned { before, layout, draft, to, .. } = planned;
        Self {
            tag: tag.to_string(),
            before: Before::of(before, now),
            after: After {
                layout: layout.to_string(),
                item_id: draft.primary_item_id.clone(),
                owner: draft.owner.clone(),
                set: draft.set.map(report::Set::from),
                usage: draft.usage.map(|usage| format!("{:02X}", usage.0)),
                shelf_location: draft.shelf_location.clone(),
                title: draft.title.clone(),
                kept: draft.others.iter().map(|element| element.oid).collect(),
                security: report::security(*to),
            },
            writes: planned.n_writes(),
            locked_blocks: dump.locked.iter().filter(|locked| **locked).count(),
            outcome: None,
            detail: "nothing was written".to_owned(),
        }
    }

    pub(super) fn ended(&mut self, outcome: ProgramOutcome) {
        self.outcome = Some(word(outcome));
        self.detail = detail(outcome, &self.after.item_id, self.after.security);
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// What there is and what it will be.
    pub(super) fn table(&self, set: Option<SetInfo>) -> String {
        let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let Before { state, layout, item_id, security } = &self.before;
        let after = &self.after;
        let mut rows = vec![
            ["tag", "", &self.tag].map(str::to_owned),
            ["state".to_owned(), (*state).to_owned(), "library".to_owned()],
            ["item id".to_owned(), or_dash(item_id.as_deref()), after.item_id.clone()],
            ["layout".to_owned(), or_dash(layout.as_deref()), after.layout.clone()],
            ["security".to_owned(), or_dash(*security), after.security.to_owned()],
        ];
        let kept: Vec<String> = after.kept.iter().map(u8::to_string).collect();
        let more = [
            ("owner", after.owner.clone()),
            ("set", set.map(|set| format!("{}/{}", set.part, set.of))),
            ("usage", after.usage.clone()),
            ("shelf", after.shelf_location.clone()),
            ("title", after.title.clone()),
            ("elements kept", Some(kept.join(", ")).filter(|kept| !kept.is_empty())),
        ];
        rows.extend(
            more.into_iter().filter_map(|(name, value)| Some([name.to_owned(), String::new(), value?])),
        );
        let mut text = table::rows(["", "now", "will be"], &rows);
        let locked = match self.locked_blocks {
            0 => String::new(),
            n => format!("; {n} locked blocks stay as they are"),
        };
        text.push_str(&match self.writes {
            0 => format!("its memory says so already: only its security is written{locked}\n"),
            n => format!("{n} writes, each read back{locked}\n"),
        });
        text
    }
}

impl Before {
    fn of(before: &Decoded, security: Option<Security>) -> Self {
        Self {
            state: report::state(&before.data),
            layout: before.layout.as_ref().map(ToString::to_string),
            item_id: before.item_id().map(str::to_owned),
            security: security.map(report::security),
        }
    }
}

fn word(outcome: ProgramOutcome) -> &'static str {
    match outcome {
        ProgramOutcome::Verified => "verified",
        ProgramOutcome::Gone => "gone",
        ProgramOutcome::Stale => "changed",
        ProgramOutcome::Unfit => "unfit",
        ProgramOutcome::NotAlone => "not-alone",
        ProgramOutcome::Refused { is_locked: true, .. } => "locked",
        ProgramOutcome::Refused { is_locked: false, .. } => "refused",
        ProgramOutcome::Uncertain { .. } => "uncertain",
    }
}

/// How it ended, and what to do.
pub(crate) fn detail(outcome: ProgramOutcome, item: &str, security: &str) -> String {
    match outcome {
        ProgramOutcome::Verified => {
            format!("done: the whole tag was read back; it is item {item}, {security}")
        }
        ProgramOutcome::Gone => {
            "nothing was written: the tag is not on the pad any more; lay it back and try again".to_owned()
        }
        ProgramOutcome::Stale => {
            "nothing was written: the tag has changed since it was read; see that no other program writes it, and try again".to_owned()
        }
        ProgramOutcome::Unfit => {
            "nothing was written: this reader's tags take no such plan; see that kioskctl is of one version".to_owned()
        }
        ProgramOutcome::NotAlone => {
            "nothing was written: another tag could have answered instead; leave this one alone on the pad, for this reader or tag can only be addressed by what it says".to_owned()
        }
        ProgramOutcome::Refused { at, is_locked: true } => format!(
            "{} is locked and cannot be written; what comes before it is written, so the tag may have no item id now: take another tag, or unlock this one",
            place(at)
        ),
        ProgramOutcome::Refused { at, is_locked: false } => format!(
            "the tag does not take {}; what comes before it is written, so the tag may have no item id now: lay it closer and try again, or take another tag",
            place(at)
        ),
        ProgramOutcome::Uncertain { at } => format!(
            "the tag was not heard any more while {} was written: it has its old item id, the new one or none; lay it back flat and run the same command again",
            place(at)
        ),
    }
}

fn place(place: Place) -> String {
    match place {
        Place::Block(block) => format!("block {block}"),
        Place::Word { bank: Bank::Epc, word } => format!("word {word} of the EPC bank"),
        Place::Word { bank: Bank::User, word } => format!("word {word} of the user memory"),
        Place::Dsfid => "the DSFID".to_owned(),
        Place::Security => "its AFI or EAS".to_owned(),
    }
}
