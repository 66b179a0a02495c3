//! Who is logged in on a connection, who stands in front of the device, and which message is answered by whom.

use std::net::IpAddr;
use std::sync::Arc;

use circulation::id::{Isil, ItemId, MAX_LEN, PatronId};
use jiff::civil::DateTime;
use sync_client::sip2::dialect::Dialect;
use sync_client::sip2::field::*;
use sync_client::sip2::fixed::{Done, Number, Stamp, Word};
use sync_client::sip2::message::*;

use super::Shared;
use super::{card, hold, item, loan, patron};
use crate::app::App;
use crate::people::door::Shown;
use crate::store::{Desk, StoreError};

/// One connection's state.
pub(super) struct Session {
    shared: Arc<Shared>,
    from: IpAddr,
    device: Option<Device>,
    /// whose card was last named: only this patron's loans show their days in an 18
    in_front: Option<PatronId>,
    n_refused: u8,
}

/// A device that is logged in.
struct Device {
    of: Isil,
    /// where its transactions are booked if a message says nothing else
    opuser: String,
    /// CP
    location: Option<String>,
}

/// Why a message has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no request, or one that is not known here.
    Unknown,
    /// It needs a log-in; or too many of them were wrong.
    Refused,
    /// Our fault; the cause is in the log.
    Inside,
}

impl From<StoreError> for Fault {
    fn from(fault: StoreError) -> Self {
        tracing::error!(%fault, "the store fails; a SIP2 request has no answer");
        Self::Inside
    }
}

/// One request of a device that is logged in.
pub(super) struct Asked<'a> {
    pub(super) shared: &'a Shared,
    pub(super) of: &'a Isil,
    pub(super) desk: Desk,
    /// CP
    pub(super) location: Option<&'a str>,
    pub(super) in_front: &'a mut Option<PatronId>,
    pub(super) fields: &'a Fields,
}

impl Session {
    pub(super) const fn new(shared: Arc<Shared>, from: IpAddr) -> Self {
        Self { shared, from, device: None, in_front: None, n_refused: 0 }
    }

    pub(super) const fn is_logged_in(&self) -> bool {
        self.device.is_some()
    }

    /// Answers one message. Blocks.
    pub(super) fn answer(&mut self, request: &Message) -> Result<Message, Fault> {
        if let Body::Login(login) = &request.body {
            return self.log_in(login, &request.fields);
        }
        if let Body::ScStatus(_) = &request.body {
            return Ok(self.status(&request.fields));
        }
        let shared = Arc::clone(&self.shared);
        let Some(device) = &self.device else { return Err(Fault::Refused) };
        let account = request.fields.said(F_LOGIN).and_then(account);
        let opuser = account.unwrap_or_else(|| device.opuser.clone());
        let mut asked = Asked {
            shared: &shared,
            of: &device.of,
            desk: Desk { opuser, now: shared.app.now() },
            location: device.location.as_deref(),
            in_front: &mut self.in_front,
            fields: &request.fields,
        };
        asked.answer(&request.body)
    }

    /// 93: the accounts are those of openlib, `appid` and `secret`. A wrong one ends an earlier log-in; many of
    /// one address shut it out, as over openlib.
    fn log_in(&mut self, login: &Login, fields: &Fields) -> Result<Message, Fault> {
        (self.device, self.in_front) = (None, None);
        let (user, secret) =
            (fields.said(F_LOGIN).unwrap_or(""), fields.first(F_LOGIN_PASSWORD).unwrap_or(""));
        let is_plain =
            [&login.user_algorithm, &login.password_algorithm].iter().all(|n| n.0.unwrap_or(0) == 0);
        let app = &self.shared.app;
        let known = app.store().app(user)?.filter(|_| is_plain);
        let hash = known.as_ref().map(|(_, hash)| hash.as_str());
        let shown = app.door().show((self.from, user), (secret, hash), app.now());
        let known = known.filter(|_| shown == Shown::Right);
        let ok = Done(known.is_some());
        if let Some((of, _)) = known {
            let location = fields.said(F_LOGIN_LOCATION).and_then(account);
            let opuser = location.clone().unwrap_or_else(|| user.to_owned());
            self.device = Some(Device { of, opuser, location });
            self.n_refused = 0;
        } else {
            self.n_refused = self.n_refused.saturating_add(1);
            tracing::warn!(n = self.n_refused, "a SIP2 log-in was refused");
            if self.n_refused > MAX_REFUSED {
                return Err(Fault::Refused);
            }
        }
        Ok(Message::new(LoginAnswer { ok }))
    }

    /// 98: on-line if the store answers.
    fn status(&self, fields: &Fields) -> Message {
        let of = self.device.as_ref().map(|device| &device.of);
        let is_well = of.is_none_or(|of| match self.shared.app.store().branches(of) {
            Ok(_) => true,
            Err(fault) => {
                tracing::error!(%fault, "the store fails: SIP2 is told to be off-line");
                false
            }
        });
        let body = AcsStatus {
            is_online: is_well,
            checkin_ok: is_well,
            checkout_ok: is_well,
            renewal_ok: is_well,
            update_ok: is_well,
            offline_ok: is_well,
            timeout: Number::of(50),
            retries: Number::of(3),
            date: Stamp::local(self.shared.app.now()),
            version: Word::of("2.00"),
        };
        // Every message of the standard is answered.
        let letters = SUPPORTED.map(|_| 'Y');
        let institution = institution(fields, of);
        Message::new(body).with(F_INSTITUTION, institution).with(F_SUPPORTED, String::from_iter(letters))
    }
}

impl Asked<'_> {
    fn answer(&mut self, request: &Body) -> Result<Message, Fault> {
        match request {
            Body::PatronStatusRequest(_) => patron::status(self),
            Body::PatronInformation(asked) => patron::information(self, asked),
            Body::PatronEnable(_) => patron::enable(self),
            Body::BlockPatron(_) => patron::block(self),
            Body::FeePaid(paid) => patron::fee_paid(self, paid),
            Body::EndSession(_) => Ok(patron::end(self)),
            Body::Checkout(asked) => loan::checkout(self, asked),
            Body::Checkin(asked) => loan::checkin(self, asked),
            Body::Renew(_) => loan::renew(self),
            Body::RenewAll(_) => loan::renew_all(self),
            Body::ItemInformation(_) => item::information(self),
            Body::ItemStatusUpdate(_) => item::update(self),
            Body::Hold(asked) => hold::change(self, asked),
            Body::CardUpdate(_) if self.dialect().has_cards => card::update(self),
            Body::CardState(_) if self.dialect().has_cards => card::state(self),
            Body::CardSearch(_) if self.dialect().has_cards => card::search(self),
            Body::CardCheck(_) if self.dialect().has_cards => card::check(self),
            // Elsewhere cards are issued and changed at the desk.
            Body::CardUpdate(_) | Body::CardState(_) | Body::CardSearch(_) | Body::CardCheck(_) => {
                Err(Fault::Unknown)
            }
            // Answered before a log-in, or by the connection.
            Body::Login(_) | Body::ScStatus(_) | Body::ResendAnswer(_) => Err(Fault::Unknown),
            Body::CheckinAnswer(_)
            | Body::CheckoutAnswer(_)
            | Body::HoldAnswer(_)
            | Body::ItemInformationAnswer(_)
            | Body::ItemStatusUpdateAnswer(_)
            | Body::PatronStatusAnswer(_)
            | Body::PatronEnableAnswer(_)
            | Body::RenewAnswer(_)
            | Body::EndSessionAnswer(_)
            | Body::FeePaidAnswer(_)
            | Body::PatronInformationAnswer(_)
            | Body::RenewAllAnswer(_)
            | Body::CardUpdateAnswer(_)
            | Body::CardStateAnswer(_)
            | Body::CardSearchAnswer(_)
            | Body::CardCheckAnswer(_)
            | Body::LoginAnswer(_)
            | Body::ResendRequest(_)
            | Body::AcsStatus(_)
            | Body::Other(_) => Err(Fault::Unknown),
        }
    }

    pub(super) fn app(&self) -> &App {
        &self.shared.app
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.shared.settings.dialect
    }

    /// Now, as an answer's fixed part says it.
    pub(super) fn date(&self) -> Stamp {
        Stamp::local(self.desk.now)
    }

    /// A moment of the device's clock as local time; nothing if it names none.
    pub(super) fn local(&self, at: Stamp) -> Option<DateTime> {
        let offset = self.shared.settings.utc_offset;
        at.timestamp(offset).map(|at| offset.to_datetime(at))
    }

    /// AA, and remembers who is in front of the device; nothing if it is no card number.
    pub(super) fn patron(&mut self) -> Option<PatronId> {
        let patron = PatronId::parse(self.fields.said(F_PATRON_ID)?).ok()?;
        *self.in_front = Some(patron.clone());
        Some(patron)
    }

    /// AB; nothing if it is no barcode.
    pub(super) fn item(&self) -> Option<ItemId> {
        ItemId::parse(self.fields.said(F_ITEM_ID)?).ok()
    }

    /// An answer with the institution.
    pub(super) fn say(&self, body: impl Into<Body>) -> Message {
        Message::new(body).with(F_INSTITUTION, institution(self.fields, Some(self.of)))
    }

    /// A field of the request as it came, as far as it can be sent back.
    pub(super) fn echo(&self, code: FieldCode) -> String {
        plain(self.fields.first(code).unwrap_or(""))
    }
}

/// AO as the device writes it, ours if it writes none.
fn institution(fields: &Fields, of: Option<&Isil>) -> String {
    let said = plain(fields.said(F_INSTITUTION).unwrap_or(""));
    if said.is_empty() { of.map_or("", Isil::as_str).to_owned() } else { said }
}

/// An operator account: short and printable.
fn account(text: &str) -> Option<String> {
    let is_plain =
        text.len() <= MAX_LEN && !text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
    (is_plain && !text.is_empty()).then(|| text.to_owned())
}

/// What of a text may stand in an identifier of an answer.
fn plain(text: &str) -> String {
    text.chars().filter(|c| (c.is_ascii_graphic() || *c == ' ') && *c != '|').take(MAX_LEN).collect()
}

/// Wrong log-ins on one connection that are answered.
const MAX_REFUSED: u8 = 3;
