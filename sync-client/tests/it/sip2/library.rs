//! A library system as small as one can be: two patrons, four items, and the truth about who has what.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, date};
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{Done, Known, Number, PatronStatus, SUMMARY_CHARGED, Stamp, Word};
use sync_client::sip2::message::*;

/// Who has which item; `None` if it is in.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    pub(crate) items: BTreeMap<String, Option<String>>,
    /// times that an item was lent
    pub(crate) n_lent: usize,
    pub(crate) takes_checkouts: bool,
    /// loans listed in a 64, at most
    pub(crate) list: usize,
    /// whether lists name titles
    pub(crate) lists_titles: bool,
    pub(crate) accepts_login: bool,
}

pub(crate) const TITLE: &str = "東周列國志";

impl Library {
    pub(crate) fn new() -> Self {
        let items = ["40017", "40018", "40019", "40020"].map(|item| (item.to_owned(), None));
        Self {
            items: items.into(),
            n_lent: 0,
            takes_checkouts: true,
            list: 100,
            lists_titles: false,
            accepts_login: true,
        }
    }

    pub(crate) fn lend(mut self, patron: &str, items: &[&str]) -> Self {
        for item in items {
            self.items.insert((*item).to_owned(), Some(patron.to_owned()));
        }
        self
    }

    /// The answer to a request; nothing for one that a library system does not answer.
    pub(crate) fn answer(&mut self, request: &Message) -> Option<Message> {
        let field = |code| request.fields.first(code).unwrap_or_default().to_owned();
        let (patron, item) = (field(F_PATRON_ID), field(F_ITEM_ID));
        let answer = match &request.body {
            Body::Login(_) => {
                Message::new(LoginAnswer { ok: Done(self.accepts_login && field(F_LOGIN) == "kiosk1") })
            }
            Body::ScStatus(_) => self.status(),
            Body::PatronInformation(asked) => self.patron(
                &patron,
                &field(F_PATRON_PASSWORD),
                asked.summary.is_set(SUMMARY_CHARGED),
                &field(F_START),
            ),
            Body::ItemInformation(_) => self.item(&item),
            Body::Checkout(asked) => self.checkout(&patron, &item, asked.no_block),
            Body::Checkin(_) => self.checkin(&item),
            Body::Renew(_) => {
                let ok = self.items.get(&item).is_some_and(|by| by.as_deref() == Some(&patron));
                let body = RenewAnswer {
                    ok: Done(ok),
                    is_renewal: ok,
                    is_magnetic: Known::Unknown,
                    desensitize: Known::No,
                    date: now(),
                };
                Message::new(body).with(F_ITEM_ID, item).with(F_TITLE, TITLE).with(F_DUE, "2026-12-31")
            }
            Body::RenewAll(_) => {
                let n = self.items.values().filter(|by| by.as_deref() == Some(&patron)).count();
                let body = RenewAllAnswer {
                    ok: Done(true),
                    n_renewed: Number::of(n),
                    n_unrenewed: Number::of(0),
                    date: now(),
                };
                Message::new(body)
            }
            Body::FeePaid(_) => {
                Message::new(FeePaidAnswer { ok: true, date: now() }).with(F_PATRON_ID, patron)
            }
            Body::EndSession(_) => {
                Message::new(EndSessionAnswer { is_ended: true, date: now() }).with(F_PATRON_ID, patron)
            }
            Body::Hold(_) => Message::new(HoldAnswer { ok: Done(true), is_available: false, date: now() }),
            Body::ItemStatusUpdate(_) => {
                Message::new(ItemStatusUpdateAnswer { ok: Done(true), date: now() }).with(F_ITEM_ID, item)
            }
            Body::CardCheck(_) => Message::new(CardCheckAnswer { date: now() })
                .with(FieldCode::parse("AC").unwrap(), if patron == "P1" { "1" } else { "0" }),
            _ => return None,
        };
        Some(answer.with(F_INSTITUTION, "LIB"))
    }

    fn status(&self) -> Message {
        let body = AcsStatus {
            is_online: true,
            checkin_ok: true,
            checkout_ok: self.takes_checkouts,
            renewal_ok: true,
            update_ok: true,
            offline_ok: true,
            timeout: Number::of(30),
            retries: Number::of(3),
            date: now(),
            version: Word::of("2.00"),
        };
        Message::new(body).with(F_SUPPORTED, "YYYYYYYYYYYYYYYY")
    }

    fn patron(&self, patron: &str, password: &str, wants_list: bool, start: &str) -> Message {
        let loans: Vec<&String> =
            self.items.iter().filter(|(_, by)| by.as_deref() == Some(patron)).map(|(item, _)| item).collect();
        let body = PatronInformationAnswer {
            status: PatronStatus::default(),
            language: Number::of(19),
            date: now(),
            n_holds: Number::of(0),
            n_overdue: Number::of(0),
            n_charged: Number::of(loans.len()),
            n_fines: Number::of(0),
            n_recalls: Number::of(0),
            n_unavailable: Number::of(0),
        };
        let yes = |is: bool| if is { "Y" } else { "N" };
        let mut message = Message::new(body).with(F_PATRON_ID, patron).with(F_NAME, "张三");
        message = message.with(F_VALID_PATRON, yes(patron.starts_with('P')));
        message = message.with(F_VALID_PASSWORD, yes(password.is_empty() || password == "246810"));
        let from = start.parse::<usize>().unwrap_or(1).saturating_sub(1);
        for loan in loans.into_iter().skip(from).take(if wants_list { self.list } else { 0 }) {
            message = message.with(F_CHARGED_ITEMS, if self.lists_titles { TITLE } else { loan });
        }
        message
    }

    fn item(&self, item: &str) -> Message {
        let (status, title) = match self.items.get(item) {
            Some(Some(_)) => (4, TITLE),
            Some(None) => (3, TITLE),
            None => (1, ""),
        };
        let (circulation, security, fee_type) = (Number::of(status), Number::of(1), Number::of(1));
        let body = ItemInformationAnswer { circulation, security, fee_type, date: now() };
        let message = Message::new(body).with(F_ITEM_ID, item).with(F_TITLE, title);
        if status == 4 { message.with(F_DUE, "2026-12-22") } else { message }
    }

    fn checkout(&mut self, patron: &str, item: &str, no_block: bool) -> Message {
        let ok = match self.items.get_mut(item) {
            Some(by @ None) => {
                *by = Some(patron.to_owned());
                true
            }
            Some(by @ Some(_)) if no_block => {
                *by = Some(patron.to_owned());
                true
            }
            Some(Some(_)) | None => false,
        };
        self.n_lent += usize::from(ok);
        let body = CheckoutAnswer {
            ok: Done(ok),
            is_renewal: false,
            is_magnetic: Known::No,
            desensitize: if ok { Known::Yes } else { Known::No },
            date: now(),
        };
        let message = Message::new(body).with(F_PATRON_ID, patron).with(F_ITEM_ID, item).with(F_TITLE, TITLE);
        if ok {
            message.with(F_DUE, "2026-12-22")
        } else {
            message.with(F_DUE, "").with(F_SCREEN, "不可外借")
        }
    }

    fn checkin(&mut self, item: &str) -> Message {
        let ok = self.items.get_mut(item).is_some_and(|by| by.take().is_some());
        let body = CheckinAnswer {
            ok: Done(ok),
            resensitize: ok,
            is_magnetic: Known::No,
            alert: false,
            date: now(),
        };
        Message::new(body).with(F_ITEM_ID, item).with(F_TITLE, TITLE)
    }
}

fn now() -> Stamp {
    let nine: DateTime = date(2026, 11, 22).at(9, 0, 0, 0);
    Stamp::local(nine)
}
