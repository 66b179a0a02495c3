//! What the kiosk wants, as messages: the one place that knows which fields go with which request
//! (3M SIP2 2.00, revision 2.12, "Messages").

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::money::Amount;
use circulation::patron::Pin;
use jiff::civil::{Date, DateTime};

use super::dialect::{Dialect, EmptyDate, NoBlock};
use super::field::*;
use super::fixed::{Number, SUMMARY_CHARGED, Stamp, Summary, Word};
use super::message::*;

/// What this kiosk is to the ACS.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Station {
    /// AO: must be what the ACS expects; some refuse everything else
    pub institution: String,
    /// AC; usually empty
    pub terminal_password: String,
    /// AP and CP: where the kiosk stands
    pub location: String,
    /// CN and CO of the login; no login if nothing
    pub login: Option<Account>,
    /// the operator's account, for dialects that want it in 09, 11 and 29
    pub operator: String,
    /// 000 unknown, 001 English, 019 Chinese
    pub language: u16,
}

/// An account of the kiosk at the ACS.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// user
    pub user: String,
    /// password
    pub password: String,
}

impl core::fmt::Debug for Station {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Station").field("institution", &self.institution).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Account(…)")
    }
}

/// What happened while the ACS was silent, and is now told as a fact (3M SIP2 2.00, "no block").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// when, as the library's local time
    pub at: DateTime,
    /// the due date that the patron was told; checkouts only
    pub due: Option<Date>,
}

/// A payment that was taken at the kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// sent as BK, so that a repeated message is no second payment
    pub id: TransactionId,
    /// how much
    pub amount: Amount,
    /// what for: 01 other, 04 overdue ..
    pub fee_type: u16,
    /// how: 00 cash, 02 credit card, others by agreement
    pub payment_type: u16,
}

/// Builds requests at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Asks<'a> {
    dialect: &'a Dialect,
    station: &'a Station,
    now: Stamp,
}

impl<'a> Asks<'a> {
    /// Requests at this local time.
    #[must_use]
    pub fn at(now: DateTime, dialect: &'a Dialect, station: &'a Station) -> Self {
        Self { dialect, station, now: Stamp::local(now) }
    }

    /// 93; nothing if this kiosk has no account.
    #[must_use]
    pub fn login(&self) -> Option<Message> {
        let account = self.station.login.as_ref()?;
        let body = Login { user_algorithm: Number::of(0), password_algorithm: Number::of(0) };
        let message =
            Message::new(body).with(F_LOGIN, &account.user).with(F_LOGIN_PASSWORD, &account.password);
        Some(self.done(message.with(F_LOGIN_LOCATION, &self.station.location)))
    }

    /// 99
    #[must_use]
    pub fn status(&self) -> Message {
        let body = ScStatus { status: Number::of(0), print_width: Number::of(40), version: Word::of("2.00") };
        Message::new(body)
    }

    /// 63 without a list: who the patron is, and whether the password is right.
    #[must_use]
    pub fn patron(&self, patron: &PatronId, pin: Option<&Pin>) -> Message {
        let body = PatronInformation {
            language: Number::of(self.station.language.into()),
            date: self.now,
            summary: Summary::default(),
        };
        self.done(self.by(body, patron, pin))
    }

    /// 63 with the list of charged items, from the `first` to the `last`, counted from 1.
    #[must_use]
    pub fn loans(&self, patron: &PatronId, pin: Option<&Pin>, first: usize, last: usize) -> Message {
        let body = PatronInformation {
            language: Number::of(self.station.language.into()),
            date: self.now,
            summary: Summary::at(&[SUMMARY_CHARGED]),
        };
        let message = self.by(body, patron, pin);
        self.done(message.with(F_START, first.to_string()).with(F_END, last.to_string()))
    }

    /// 63 with one of the two lists of holds, see [`SUMMARY_HOLDS`](super::fixed::SUMMARY_HOLDS).
    #[must_use]
    pub fn holds(&self, patron: &PatronId, position: usize, last: usize) -> Message {
        let body = PatronInformation {
            language: Number::of(self.station.language.into()),
            date: self.now,
            summary: Summary::at(&[position]),
        };
        let message = self.by(body, patron, None);
        self.done(message.with(F_START, "1").with(F_END, last.to_string()))
    }

    /// 23
    #[must_use]
    pub fn patron_status(&self, patron: &PatronId, pin: Option<&Pin>) -> Message {
        let body = PatronStatusRequest { language: Number::of(self.station.language.into()), date: self.now };
        self.done(self.by(body, patron, pin))
    }

    /// 17
    #[must_use]
    pub fn item(&self, item: &ItemId) -> Message {
        let message = self.from(ItemInformation { date: self.now }).with(F_ITEM_ID, item.as_str());
        self.done(message.with(F_TERMINAL_PASSWORD, &self.station.terminal_password))
    }

    /// 11. `fees` says that the patron has accepted a fee for this loan.
    #[must_use]
    pub fn checkout(&self, patron: &PatronId, item: &ItemId, past: Option<&Past>, fees: Fees) -> Message {
        let no_block = past.is_some() && self.dialect.no_block == NoBlock::Always;
        let told = past.filter(|_| no_block);
        let body = Checkout {
            // A loan of one's own must be refused, not renewed: only then is a repeated loan told from a new one.
            may_renew: false,
            no_block,
            date: told.map_or(self.now, |past| Stamp::local(past.at)),
            due: told
                .and_then(|past| past.due)
                .map_or_else(|| self.empty(), |due| Stamp::local(due.at(23, 59, 0, 0))),
        };
        let message = self.from(body).with(F_PATRON_ID, patron.as_str()).with(F_ITEM_ID, item.as_str());
        let message = message.with(F_TERMINAL_PASSWORD, &self.station.terminal_password);
        let message = match fees {
            Fees::NotAsked => message,
            Fees::Accepted => message.with(F_FEE_ACKNOWLEDGED, "Y"),
        };
        // BI is left out: it could only say that nothing is called off, which every server takes for granted.
        self.done(self.operated(message))
    }

    /// 09
    #[must_use]
    pub fn checkin(&self, item: &ItemId, past: Option<&Past>) -> Message {
        self.back(item, past, "N")
    }

    /// 09 with BI = Y: a checkout that the kiosk could not finish is taken back as if it had never been.
    #[must_use]
    pub fn cancel_checkout(&self, item: &ItemId) -> Message {
        self.back(item, None, "Y")
    }

    /// 29
    #[must_use]
    pub fn renew(&self, patron: &PatronId, item: &ItemId, pin: Option<&Pin>) -> Message {
        let body = Renew { third_party: false, no_block: false, date: self.now, due: self.empty() };
        let message = self.by(body, patron, pin).with(F_ITEM_ID, item.as_str());
        self.done(self.operated(message))
    }

    /// 65
    #[must_use]
    pub fn renew_all(&self, patron: &PatronId, pin: Option<&Pin>) -> Message {
        self.done(self.by(RenewAll { date: self.now }, patron, pin))
    }

    /// 37
    #[must_use]
    pub fn fee_paid(&self, patron: &PatronId, payment: &Payment) -> Message {
        let body = FeePaid {
            date: self.now,
            fee_type: Number::of(payment.fee_type.into()),
            payment_type: Number::of(payment.payment_type.into()),
            currency: Word::of("CNY"),
        };
        let message = Message::new(body).with(F_FEE, payment.amount.to_string());
        let message =
            message.with(F_INSTITUTION, &self.station.institution).with(F_PATRON_ID, patron.as_str());
        self.done(message.with(F_TRANSACTION, payment.id.to_string()))
    }

    /// 35
    #[must_use]
    pub fn end_session(&self, patron: &PatronId) -> Message {
        self.done(self.from(EndSession { date: self.now }).with(F_PATRON_ID, patron.as_str()))
    }

    /// 19
    #[must_use]
    pub fn item_status_update(&self, item: &ItemId, properties: &str) -> Message {
        let message = self.from(ItemStatusUpdate { date: self.now }).with(F_ITEM_ID, item.as_str());
        self.done(message.with(F_PROPERTIES, properties))
    }

    /// 15
    #[must_use]
    pub fn hold(&self, change: HoldChange, patron: &PatronId, item: &ItemId, pin: Option<&Pin>) -> Message {
        let mode = match change {
            HoldChange::Add => "+",
            HoldChange::Delete => "-",
            HoldChange::Change => "*",
        };
        let message = self.by(Hold { mode: Word::of(mode), date: self.now }, patron, pin);
        // A specific copy: it is this item that is asked about, shown and given up again.
        let message = message.with(F_PICKUP, &self.station.location).with(F_HOLD_TYPE, "3");
        self.done(message.with(F_ITEM_ID, item.as_str()))
    }

    /// 01: the card was kept, or should be.
    #[must_use]
    pub fn block_patron(&self, patron: &PatronId, is_retained: bool, why: &str) -> Message {
        let message = self.from(BlockPatron { is_retained, date: self.now }).with(F_BLOCKED, why);
        let message = message.with(F_PATRON_ID, patron.as_str());
        self.done(message.with(F_TERMINAL_PASSWORD, &self.station.terminal_password))
    }

    /// 25
    #[must_use]
    pub fn patron_enable(&self, patron: &PatronId, pin: Option<&Pin>) -> Message {
        self.done(self.by(PatronEnable { date: self.now }, patron, pin))
    }

    /// 85: which cards a citizen has.
    #[must_use]
    pub fn card_search(&self, citizen: &str) -> Message {
        let body = CardSearch { flag: true, no_block: false, date: self.now, due: self.now };
        self.done(self.from(body).with(F_CITIZEN, citizen).with(F_OPERATION, "13"))
    }

    /// 91: whether a card number is free.
    #[must_use]
    pub fn card_check(&self, patron: &PatronId) -> Message {
        let body = CardCheck { flag: true, no_block: false, date: self.now, due: self.now };
        self.done(self.from(body).with(F_PATRON_ID, patron.as_str()).with(F_OPERATION, "0"))
    }

    /// 83: a change of a card's state; `operation` is XK: 06 cancelled, 07 good again, 08 lost, 10 suspended ..
    #[must_use]
    pub fn card_state(&self, patron: &PatronId, pin: Option<&Pin>, operation: &str) -> Message {
        let body = CardState { flag: true, no_block: false, date: self.now, due: self.now };
        let password = pin.map_or("", Pin::as_str);
        let message = self.from(body).with(F_PATRON_ID, patron.as_str()).with(F_PATRON_PASSWORD, password);
        self.done(message.with(F_LOGIN, &self.station.operator).with(F_OPERATION, operation))
    }

    /// 81: a new or changed card; `fields` say what, XK among them: 01 new, 03 extended, 04 replaced, 05 exchanged.
    #[must_use]
    pub fn card_update(&self, patron: &PatronId, fields: &Fields) -> Message {
        let body = CardUpdate { flag: true, no_block: false, date: self.now, due: self.now };
        let message = self.from(body).with(F_PATRON_ID, patron.as_str());
        let message = fields.iter().fold(message, |message, (code, value)| message.with(code, value));
        self.done(message.with(F_LOGIN, &self.station.operator))
    }

    fn back(&self, item: &ItemId, past: Option<&Past>, cancel: &str) -> Message {
        let no_block = match self.dialect.no_block {
            NoBlock::Never => false,
            NoBlock::CheckinOnly | NoBlock::Always => past.is_some(),
        };
        // The day of the return decides about fees: it is said whether or not the ACS takes it as a fact.
        let returned = past.map_or_else(|| self.empty(), |past| Stamp::local(past.at));
        let body = Checkin { no_block, date: self.now, returned };
        let message = Message::new(body).with(F_LOCATION, &self.station.location);
        let message = message.with(F_INSTITUTION, &self.station.institution).with(F_ITEM_ID, item.as_str());
        let message = message.with(F_TERMINAL_PASSWORD, &self.station.terminal_password);
        self.done(self.operated(message.with(F_CANCEL, cancel)))
    }

    fn from(&self, body: impl Into<Body>) -> Message {
        Message::new(body).with(F_INSTITUTION, &self.station.institution)
    }

    fn by(&self, body: impl Into<Body>, patron: &PatronId, pin: Option<&Pin>) -> Message {
        let message = self.from(body).with(F_PATRON_ID, patron.as_str());
        message
            .with(F_TERMINAL_PASSWORD, &self.station.terminal_password)
            .with(F_PATRON_PASSWORD, pin.map_or("", Pin::as_str))
    }

    fn operated(&self, message: Message) -> Message {
        match self.dialect.operator {
            Some(code) => message.with(code, &self.station.operator),
            None => message,
        }
    }

    fn empty(&self) -> Stamp {
        match self.dialect.empty_date {
            EmptyDate::Blank => Stamp::BLANK,
            EmptyDate::Now => self.now,
        }
    }

    fn done(&self, mut message: Message) -> Message {
        message.fields.remove(&self.dialect.omit);
        message
    }
}

/// Whether the patron has accepted a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fees {
    /// there was no question
    #[default]
    NotAsked,
    /// the ACS asked, the patron said yes
    Accepted,
}

/// What is done to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldChange {
    /// made
    Add,
    /// deleted
    Delete,
    /// changed
    Change,
}

#[cfg(test)]
mod tests;
