//! The session as a [`Screen`]: total, and the only place that makes one.

use std::sync::Arc;
use std::time::Instant;

use crate::screen::{Attention, Done, Leaflet, Look, Page, Screen, Welcome};

use super::visit::countdown;
use super::{Session, State, Topic};

impl Session {
    /// The screen as it is to be shown now.
    #[must_use]
    pub fn screen(&self, now: Instant) -> Screen {
        let page = self.page(now);
        Screen {
            language: self.language,
            look: Look { night: self.surroundings.night, ..self.look },
            online: self.online,
            place: Arc::clone(&self.settings.place),
            opening: self.surroundings.opening,
            notice: self.notice.clone().filter(|_| matches!(page, Page::Welcome(_))),
            page,
        }
    }

    fn page(&self, now: Instant) -> Page {
        if let Some(fault) = self.fault(now) {
            return Page::Attention(fault);
        }
        match &self.state {
            State::Starting => Page::Attention(Attention::Starting),
            State::Idle => Page::Welcome(Welcome { printer: self.surroundings.printer }),
            State::ClearPad { for_staff: false } => Page::Attention(Attention::ClearPad),
            State::ClearPad { for_staff: true } => Page::Attention(Attention::StaffNeeded),
            State::Reads { what, last_sign } => {
                let leaflet = Leaflet { seconds_left: countdown(now, *last_sign, &self.settings) };
                match what {
                    Topic::Machine => Page::About(leaflet),
                    Topic::NewCard => Page::NewCard(leaflet),
                }
            }
            State::Find(finding) => match finding.title(now, &self.settings) {
                Some(title) => Page::Title(title),
                None => Page::Find(finding.page(now, &self.settings)),
            },
            State::Card => self.desk_page(now),
            State::Identify(identify) => {
                Page::Identify(identify.page(now, self.pad.new_books().count(), &self.settings))
            }
            State::Visit(visit) => visit
                .find_page(now, &self.settings)
                .or_else(|| visit.account_page(now, &self.settings).map(Page::Account))
                .unwrap_or_else(|| Page::Visit(visit.page(now, &self.settings, &self.pad))),
            State::Done(ended) => Page::Done(Done {
                lines: ended.lines.clone(),
                card_left: self.pad.has_card(),
                books_left: self.pad.has_books(),
                receipt: ended.receipt,
            }),
            State::Staff(staff) => {
                Page::Staff(staff.page(now, &self.corner, &self.inspection, self.out_of_service))
            }
        }
    }

    /// What keeps the kiosk from serving. The end of a visit is shown all the same; a running visit gives way to a
    /// fault of the reader, without which it can't go on.
    fn fault(&self, now: Instant) -> Option<Attention> {
        let reader_down = self.reader_down.is_some_and(|since| since + self.settings.reader_grace <= now);
        let reader = || reader_down.then_some(Attention::ReaderDown);
        match &self.state {
            // The desk says itself what it cannot do; what it has begun is shown to its end.
            State::Done(_) | State::Staff(_) | State::Card => None,
            State::Visit(_) => reader(),
            State::Starting
            | State::ClearPad { .. }
            | State::Idle
            | State::Reads { .. }
            | State::Find(_)
            | State::Identify(_) => {
                if self.out_of_service || self.on_battery {
                    Some(Attention::OutOfService)
                } else if !self.ledger_works {
                    Some(Attention::LedgerDown)
                } else if self.surroundings.is_closed() && !matches!(self.state, State::Identify(_)) {
                    Some(Attention::Closed)
                } else {
                    reader()
                }
            }
        }
    }
}
