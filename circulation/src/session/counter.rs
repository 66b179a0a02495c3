//! The desk for cards as a part of the session: who goes there, and what else goes on meanwhile.
//!
//! What is being issued or taken back goes on whatever the screen shows; only a visit to the desk is a state of the session.

use std::time::Instant;

use crate::screen::{Page, Touch, Welcome};

use super::{Output, Session, State, card};

impl Session {
    /// Whether a card can be had here: there is a desk, and its reader of identity cards answers. Without it there is the
    /// leaflet that says where cards are made.
    pub(super) fn makes_cards(&self) -> bool {
        self.desk.as_ref().is_some_and(card::Desk::can_identify)
    }

    /// Somebody goes to the desk.
    pub(super) fn open_desk(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.pad.leave_lying();
        self.state = State::Card;
        self.at_desk(now, card::Input::Open, out);
    }

    /// Something was touched there.
    pub(super) fn touched_desk(&mut self, now: Instant, touch: Touch, out: &mut Vec<Output>) {
        if matches!(self.state, State::Card) {
            self.at_desk(now, card::Input::Touch(touch), out);
        }
    }

    /// Something happened at the desk.
    pub(super) fn at_desk(&mut self, now: Instant, input: card::Input, out: &mut Vec<Output>) {
        if let (None, Some(rules), card::Input::Parts(parts)) = (&self.desk, self.settings.desk, &input) {
            self.desk = Some(card::Desk::new(rules, *parts));
        }
        let Some(desk) = &mut self.desk else { return };
        let mut acts = Vec::new();
        desk.handle(now, input, &mut acts);
        out.extend(acts.into_iter().map(Output::Desk));
        if matches!(self.state, State::Card) && !self.desk.as_ref().is_some_and(card::Desk::is_open) {
            self.forget();
        }
    }

    pub(super) fn desk_page(&self, now: Instant) -> Page {
        let page = self.desk.as_ref().and_then(|desk| desk.page(now));
        page.map_or_else(|| Page::Welcome(Welcome { printer: self.surroundings.printer }), Page::Card)
    }
}
