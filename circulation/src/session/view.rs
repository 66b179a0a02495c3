//! The session as a [`Screen`]: total, and the only place that makes one.

use std::sync::Arc;
use std::time::Instant;

use crate::screen::{Attention, Done, Page, Receipt, Screen};

use super::{Session, State};

impl Session {
    /// The screen as it is to be shown now.
    #[must_use]
    pub fn screen(&self, now: Instant) -> Screen {
        Screen {
            language: self.language,
            look: self.look,
            online: self.online,
            place: Arc::clone(&self.settings.place),
            opening: self.surroundings.opening,
            page: self.page(now),
        }
    }

    fn page(&self, now: Instant) -> Page {
        if let Some(fault) = self.fault(now) {
            return Page::Attention(fault);
        }
        match &self.state {
            State::Starting => Page::Attention(Attention::Starting),
            State::Idle => Page::Welcome,
            State::ClearPad => Page::Attention(Attention::ClearPad),
            State::Identify(identify) => {
                Page::Identify(identify.page(now, self.pad.new_books().count(), &self.settings))
            }
            State::Visit(visit) => Page::Visit(visit.page(now, &self.settings, &self.pad)),
            State::Done(ended) => Page::Done(Done {
                lines: ended.lines.clone(),
                card_left: self.pad.has_card(),
                books_left: self.pad.has_books(),
                receipt: Receipt::Nothing,
            }),
        }
    }

    /// What keeps the kiosk from serving. The end of a visit is shown all the same; a running visit gives way to a
    /// fault of the reader, without which it can't go on.
    fn fault(&self, now: Instant) -> Option<Attention> {
        let reader_down = self.reader_down.is_some_and(|since| since + self.settings.reader_grace <= now);
        match &self.state {
            State::Done(_) => None,
            State::Visit(_) => reader_down.then_some(Attention::ReaderDown),
            State::Starting | State::ClearPad | State::Idle | State::Identify(_) => {
                if self.ledger_works {
                    reader_down.then_some(Attention::ReaderDown)
                } else {
                    Some(Attention::LedgerDown)
                }
            }
        }
    }
}
