//! Who is there: the session behind the cookie, and the token that forms carry.

use circulation::id::{Isil, PatronId};

use super::call::{Area, Call};
use super::reply::{Reply, Trouble};
use crate::people::session::{Ticket, Who};
use crate::people::{Right, Role};

/// Somebody at a browser, logged in or not.
pub(super) struct Visitor {
    pub(super) area: Area,
    pub(super) ticket: Ticket,
    /// the ticket is new: the browser has to be told of it
    is_new: bool,
    session: Option<(Isil, Who)>,
}

/// An account that is logged in.
pub(super) struct Staff {
    pub(super) of: Isil,
    pub(super) account: String,
    pub(super) role: Role,
    pub(super) ticket: Ticket,
}

/// A patron who is logged in.
pub(super) struct Reader {
    pub(super) of: Isil,
    pub(super) patron: PatronId,
    pub(super) ticket: Ticket,
}

impl Visitor {
    /// Finds out. A cookie whose session is over is worth nothing, and is replaced.
    pub(super) fn of(call: &Call, area: Area) -> Result<Self, Trouble> {
        let Some(ticket) = call.ticket(area) else { return Self::stranger(area) };
        let Some(institution) = ticket.institution.clone() else {
            return Ok(Self { area, ticket, is_new: false, session: None });
        };
        let (store, hash) = (call.app.store(), ticket.hash());
        let session = store.session(&institution, &hash)?.filter(|session| session.is_alive(call.now));
        let Some(session) = session.filter(|session| area.is_of(&session.who)) else {
            return Self::stranger(area);
        };
        if session.is_worth_noting(call.now) {
            store.see_session(&institution, &hash, call.now)?;
        }
        Ok(Self { area, ticket, is_new: false, session: Some((institution, session.who)) })
    }

    fn stranger(area: Area) -> Result<Self, Trouble> {
        let ticket = Ticket::fresh(None).map_err(|_| Trouble::Random)?;
        Ok(Self { area, ticket, is_new: true, session: None })
    }

    /// Refuses what changes something unless it comes from a form that this server gave to this browser.
    pub(super) fn check_form(&self, call: &Call) -> Result<(), Trouble> {
        if call.is_post
            && !(call.is_own && !self.is_new && self.ticket.is_form_token(call.form.secret("token")))
        {
            return Err(Trouble::Forged);
        }
        Ok(())
    }

    /// The account, if one is logged in.
    pub(super) fn staff(&self) -> Result<Staff, Trouble> {
        match &self.session {
            Some((of, Who::Account { account, role })) => Ok(Staff {
                of: of.clone(),
                account: account.clone(),
                role: *role,
                ticket: self.ticket.clone(),
            }),
            Some((_, Who::Patron(_))) | None => Err(Trouble::LoggedOut(self.area)),
        }
    }

    /// The patron, if one is logged in.
    pub(super) fn reader(&self) -> Result<Reader, Trouble> {
        match &self.session {
            Some((of, Who::Patron(patron))) => {
                Ok(Reader { of: of.clone(), patron: patron.clone(), ticket: self.ticket.clone() })
            }
            Some((_, Who::Account { .. })) | None => Err(Trouble::LoggedOut(self.area)),
        }
    }

    /// Whose session it is.
    pub(super) const fn session(&self) -> Option<(&Isil, &Who)> {
        match &self.session {
            Some((of, who)) => Some((of, who)),
            None => None,
        }
    }

    /// Tells the browser of its ticket, if it does not know it yet.
    pub(super) fn tell(&self, call: &Call, reply: Reply) -> Reply {
        if self.is_new { reply.with_ticket(self.area, Some(&self.ticket), call.is_https) } else { reply }
    }
}

impl Staff {
    /// Refuses what the account's role may not do.
    pub(super) fn check(&self, right: Right) -> Result<(), Trouble> {
        if self.role.may(right) { Ok(()) } else { Err(Trouble::Denied) }
    }
}

impl Area {
    const fn is_of(self, who: &Who) -> bool {
        matches!((self, who), (Self::Staff, Who::Account { .. }) | (Self::Reader, Who::Patron(_)))
    }
}
