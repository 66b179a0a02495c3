//! The station at work: which item is next, and when its tag lies alone on the pad.

use rfid_driver::port::Arrival;
use rfid_driver::tag::TagId;

use super::batch::{Event, Key};
use super::journal::Journal;
use super::list::Row;
use super::tell::Teller;
use super::typed::{Said, Typed};
use crate::failure::Failure;
use crate::reader::program::plan::{Rules, Wish};
use crate::reader::refusal::Refusal;
use crate::reader::session::Session;
use crate::reader::stack::Place;

/// The station.
pub(super) struct Desk {
    pub(super) session: Session,
    pub(super) place: Place,
    pub(super) typed: Typed,
    pub(super) teller: Teller,
    pub(super) journal: Journal,
    pub(super) rules: Rules,
    /// what every tag is to say
    pub(super) wish: Wish,
    /// tags of other items may be rewritten
    pub(super) rewrite: bool,
    /// the tag that was dealt with: the next one is another one, or this one after the pad was empty
    pub(super) passed: Option<TagId>,
}

/// How the station ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Over,
    Interrupted,
}

/// What came of waiting.
enum Came {
    Tag(TagId),
    Said(Said),
}

/// What an item came to.
enum Turn {
    /// The next one.
    Next,
    /// This one instead.
    Instead(String),
    End(End),
}

impl Desk {
    /// Serves a list, or whoever scans.
    ///
    /// # Errors
    /// [`Failure`]: the journal cannot be written, or the reader does not answer at the beginning.
    pub(super) async fn serve(&mut self, rows: Option<&[Row]>) -> Result<End, Failure> {
        self.greet().await?;
        let rows = rows.map(<[Row]>::to_vec);
        let mut left = rows.clone().unwrap_or_default().into_iter();
        let mut scanned = None;
        loop {
            let open = self.journal.batch.open().map(|open| Row { key: open.key.clone(), title: None });
            let is_done = |row: &Row| self.journal.batch.is_done(&row.key);
            let row = match open {
                Some(open) => Some(open),
                None if rows.is_some() => match left.find(|row| !is_done(row)) {
                    Some(row) => Some(row),
                    None => return Ok(End::Over),
                },
                None => scanned.take().map(|item| Row { key: Key { item, set: None }, title: None }),
            };
            let turn = match row {
                Some(row) => self.convert(&row, rows.is_some()).await?,
                None => self.listen().await?,
            };
            match turn {
                Turn::Next => {}
                Turn::Instead(item) => scanned = Some(item),
                Turn::End(end) => return Ok(end),
            }
        }
    }

    /// Waits until the reader answers, and says what was left open.
    async fn greet(&mut self) -> Result<(), Failure> {
        while !self.session.pad().is_known() {
            self.session.next().await.ok_or(Refusal::Lost)?;
        }
        if let Some(cause) = self.session.pad().down() {
            return Err(self.place.no_reader(cause.clone(), self.session.seen().n_garbage));
        }
        let Some(open) = self.journal.batch.open() else { return Ok(()) };
        let text = format!(
            "未定 {} was being written on tag {} when the station ended: that tag first (skip: it cannot be found)",
            open.key, open.tag
        );
        self.teller.note("open", &text)
    }

    /// Nothing is scanned: waits for something.
    async fn listen(&mut self) -> Result<Turn, Failure> {
        if self.typed.is_over() {
            return Ok(Turn::End(End::Over));
        }
        loop {
            let said = tokio::select! {
                said = self.typed.next() => said,
                event = self.session.next() => {
                    event.ok_or(Refusal::Lost)?;
                    self.look()?;
                    continue;
                }
            };
            match said {
                Said::Barcode(item) => return Ok(Turn::Instead(item)),
                Said::Undo => self.undo().await?,
                Said::Skip => self.teller.note("nothing", "there is nothing to skip")?,
                Said::Nothing(why) => self.teller.note("nothing", &why)?,
                Said::End | Said::Over => return Ok(Turn::End(End::Over)),
                Said::Interrupt => return Ok(Turn::End(End::Interrupted)),
            }
        }
    }

    /// One item, until it is written, left, or another one is scanned.
    async fn convert(&mut self, row: &Row, is_listed: bool) -> Result<Turn, Failure> {
        if let Err(no) = self.journal.batch.may_begin(&row.key) {
            self.refuse(&row.key, None, None, &no.to_string())?;
            return Ok(Turn::Next);
        }
        self.teller.wait(&row.key, row.title.as_deref())?;
        loop {
            let said = match self.wait().await? {
                Came::Said(said) => said,
                Came::Tag(tag) => {
                    if self.write_on(row, tag).await? {
                        return Ok(Turn::Next);
                    }
                    continue;
                }
            };
            match said {
                Said::Barcode(item) if item == row.key.item => {}
                Said::Barcode(item) if !is_listed && self.journal.batch.open().is_none() => {
                    return Ok(Turn::Instead(item));
                }
                Said::Barcode(item) => {
                    let why = format!("first this one; {item} is not next: lay its tag, or type skip");
                    self.teller.no("not-next", Some(&row.key), &why)?;
                }
                Said::Undo => {
                    self.undo().await?;
                    self.teller.wait(&row.key, row.title.as_deref())?;
                }
                Said::Skip => {
                    self.skip(&row.key)?;
                    return Ok(Turn::Next);
                }
                Said::Nothing(why) => self.teller.note("nothing", &why)?,
                // A scanner that is a pipe has said all: this item is the last one.
                Said::Over => {}
                Said::End => return Ok(Turn::End(End::Over)),
                Said::Interrupt => return Ok(Turn::End(End::Interrupted)),
            }
        }
    }

    fn skip(&mut self, key: &Key) -> Result<(), Failure> {
        let open = self.journal.batch.open().map(|open| open.tag.clone());
        let Some(tag) = open else { return self.refuse(key, None, None, "left out by hand") };
        self.teller.no(
            "given-up",
            Some(key),
            &format!("tag {tag} may carry it: no other gets its number"),
        )?;
        self.note(Event::GivenUp { key: key.clone(), tag })
    }

    /// Waits until one tag lies alone on the pad that was not dealt with, or something is said.
    async fn wait(&mut self) -> Result<Came, Failure> {
        loop {
            if let Some(tag) = self.fresh() {
                return Ok(Came::Tag(tag));
            }
            self.look()?;
            tokio::select! {
                said = self.typed.next() => return Ok(Came::Said(said)),
                event = self.session.next() => { event.ok_or(Refusal::Lost)?; }
            }
        }
    }

    /// The only tag, if it was not dealt with.
    fn fresh(&mut self) -> Option<TagId> {
        if self.session.pad().is_empty() {
            self.passed = None;
        }
        let only = self.session.pad().only().map(|only| only.tag);
        only.filter(|tag| self.passed != Some(*tag))
    }

    /// Waits for one certain tag, alone on the pad; not if something else is said.
    pub(super) async fn wait_for(&mut self, wanted: &str) -> Result<Option<TagId>, Failure> {
        loop {
            let only = self.session.pad().only().filter(|only| only.tag.to_string() == wanted);
            if let Some(Arrival { tag, .. }) = only {
                return Ok(Some(*tag));
            }
            self.look()?;
            tokio::select! {
                said = self.typed.next() => {
                    if !matches!(said, Said::Nothing(_) | Said::Over) {
                        return Ok(None);
                    }
                }
                event = self.session.next() => { event.ok_or(Refusal::Lost)?; }
            }
        }
    }

    /// Says what is wrong with the pad, once.
    fn look(&mut self) -> Result<(), Failure> {
        if self.session.pad().is_empty() {
            self.passed = None;
        }
        let pad = self.session.pad();
        let n = pad.here().len();
        let text = match pad.down() {
            Some(cause) => format!("读写器没有应答 {cause}; it goes on by itself"),
            None if n > 1 && pad.is_complete() => format!("{n} 枚标签 tags on the pad: leave one"),
            None => return Ok(()),
        };
        self.teller.no("pad", None, &text)
    }

    /// Notes and says why nothing was begun.
    pub(super) fn refuse(
        &mut self,
        key: &Key,
        tag: Option<&str>,
        says: Option<&str>,
        why: &str,
    ) -> Result<(), Failure> {
        self.teller.no("refused", Some(key), why)?;
        let (tag, says, why) = (tag.map(str::to_owned), says.map(str::to_owned), why.to_owned());
        self.note(Event::Refused { key: key.clone(), tag, says, why })
    }

    /// Notes what happened; it is on the disk then.
    pub(super) fn note(&mut self, event: Event) -> Result<(), Failure> {
        Ok(self.journal.note(jiff::Timestamp::now(), event)?)
    }
}
