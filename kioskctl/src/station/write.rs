//! One tag: read, planned, noted, written, read back; and the way back.

use std::time::Instant;

use rfid_driver::data::{Banks, SetInfo, restore, restore_words};
use rfid_driver::port::{Dump, Plan, ProgramOutcome};
use rfid_driver::tag::{Dsfid, Security, TagId, parse_hex};

use super::batch::{Entry, Event, Was};
use super::desk::Desk;
use super::list::Row;
use super::report::per_minute;
use crate::failure::Failure;
use crate::reader::program::plan::{Planned, Wish, banks, item_of};
use crate::reader::program::{self, detail};
use crate::reader::refusal::Refusal;
use crate::tag::report::security;

impl Desk {
    /// Writes an item on a tag; false if it waits for another tag, or for this one to be laid better.
    pub(super) async fn write_on(&mut self, row: &Row, tag: TagId) -> Result<bool, Failure> {
        let begun = now();
        self.passed = Some(tag);
        let Some(dump) = self.dump(tag).await? else { return Ok(false) };
        let name = tag.to_string();
        let before = self.rules.decode(&dump);
        let says = item_of(&before);
        let key = &row.key;
        if let Err(no) = self.journal.batch.may_write(key, &name, says, self.rewrite) {
            self.refuse(key, Some(&name), says, &no.to_string())?;
            return Ok(false);
        }
        let planned = match self.rules.plan(&self.wish_for(row, &dump, says), &dump) {
            Ok(planned) => planned,
            Err(failure @ Failure::Encode { .. }) => {
                self.refuse(key, Some(&name), says, &failure.to_string())?;
                return Ok(false);
            }
            // Not this tag is wrong: the command is.
            Err(failure) => return Err(failure),
        };
        let was = was(&dump, says);
        self.note(Event::Intent { key: key.clone(), tag: name.clone(), was })?;
        let Planned { plan, to, .. } = planned;
        let outcome = program::write(&mut self.session, tag, plan, to).await?;
        let seconds = now().saturating_duration_since(begun).as_secs_f64();
        let why = detail(outcome, &key.item, security(to));
        match outcome {
            ProgramOutcome::Verified => {
                self.note(Event::Done { seconds: (seconds * 10.0).round() / 10.0 })?;
                let n = self.journal.batch.n_done();
                self.teller.done(key, &name, n, seconds, per_minute(&self.journal.lines))?;
                Ok(true)
            }
            ProgramOutcome::Gone
            | ProgramOutcome::Stale
            | ProgramOutcome::Unfit
            | ProgramOutcome::NotAlone => {
                self.teller.no("failed", Some(key), &why)?;
                self.note(Event::Failed { why })?;
                Ok(false)
            }
            ProgramOutcome::Refused { .. } | ProgramOutcome::Uncertain { .. } => {
                self.teller.no("unclear", Some(key), &why)?;
                self.note(Event::Torn { why })?;
                Ok(false)
            }
        }
    }

    /// Makes the last tag again what it was.
    pub(super) async fn undo(&mut self) -> Result<(), Failure> {
        let last = match self.journal.batch.may_undo() {
            Ok(last) => last.clone(),
            Err(no) => return self.teller.no("undo", None, &no.to_string()),
        };
        let Entry { key, tag: name, was } = &last;
        self.teller
            .note("undo", &format!("撤销 {key}: lay tag {name} on the pad, alone (skip: leave it)"))?;
        let Some(tag) = self.wait_for(name).await? else {
            return self.teller.note("undo", &format!("{key} stays as it is"));
        };
        let Some(dump) = self.dump(tag).await? else { return Ok(()) };
        let (plan, to) = match self.way_back(was, &dump) {
            Ok(way) => way,
            Err(why) => return self.teller.no("undo", Some(key), &why),
        };
        self.note(Event::Undoing { key: key.clone(), tag: name.clone() })?;
        let outcome = program::write(&mut self.session, tag, plan, to).await?;
        self.passed = Some(tag);
        if outcome != ProgramOutcome::Verified {
            let why = detail(outcome, &key.item, security(to));
            return self.teller.no("undo", Some(key), &format!("{why}; then undo again"));
        }
        self.note(Event::Undone { key: key.clone(), tag: name.clone() })?;
        let now = was.item.as_ref().map_or_else(|| "空白 blank".to_owned(), |item| format!("item {item}"));
        self.teller.note("undone", &format!("已撤销 {key}: tag {name} is {now} again, {}", security(to)))
    }

    /// All that a tag holds; nothing, and a word about it, if it is not heard to the end.
    async fn dump(&mut self, tag: TagId) -> Result<Option<Dump>, Failure> {
        match program::dump(&mut self.session, tag).await {
            Ok(dump) => Ok(Some(dump)),
            Err(Failure::Reader(refusal @ Refusal::NotRead { .. })) => {
                self.teller.no("not-read", None, &refusal.to_string())?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// What a tag is to say. Old layouts become the usual one, in place.
    fn wish_for(&self, row: &Row, dump: &Dump, says: Option<&str>) -> Wish {
        let usual = if dump.other_banks.is_some() { "iso28560-4" } else { "iso28560-2" };
        Wish {
            item: row.key.item.clone(),
            set: row.key.set.map(|(part, of)| SetInfo { part, of }),
            layout: Some(self.wish.layout.clone().unwrap_or_else(|| usual.to_owned())),
            // It may lose what it says: that was asked before.
            overwrite: says.map(str::to_owned),
            ..self.wish.clone()
        }
    }

    /// The writes after which a tag is what it was, and its security then; or why there are none.
    fn way_back(&self, was: &Was, dump: &Dump) -> Result<(Plan, Security), String> {
        let damaged = || "the journal does not say what it was".to_owned();
        let hints = self.rules.hints(dump);
        let memory = parse_hex(&was.memory).ok_or_else(damaged)?;
        let Some(now) = banks(dump) else {
            let dsfid = was.dsfid.map(Dsfid);
            let plan = restore(&memory, dsfid, &dump.memory, &hints).map_err(|error| error.to_string())?;
            return Ok((Plan::Blocks { before: dump.memory.clone(), plan }, Security::Secured));
        };
        let user = was.user.as_deref().and_then(parse_hex).ok_or_else(damaged)?;
        let plan =
            restore_words(&Banks::new(&memory, &user), &now, &hints).map_err(|error| error.to_string())?;
        let says = plan.after.decode(&hints).and_then(|decoded| decoded.security);
        Ok((Plan::Words(plan), says.unwrap_or(Security::Secured)))
    }
}

fn was(dump: &Dump, says: Option<&str>) -> Was {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    Was {
        item: says.map(str::to_owned),
        memory: hex(&dump.memory),
        user: dump.other_banks.as_ref().map(|others| hex(&others.user)),
        dsfid: dump.dsfid.map(|dsfid| dsfid.0),
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a tag takes is told")]
fn now() -> Instant {
    Instant::now()
}
