//! Accounts, sessions, failed log-ins, and the log of what staff did.

use circulation::id::{Isil, PatronId};
use jiff::civil::DateTime;

use super::engine::{Access, Row, Value};
use super::statement::people;
use super::{Store, StoreError};
use crate::clock;
use crate::people::Role;
use crate::people::guard::{Guard, WINDOW, Watched};
use crate::people::session::{self, Session, Who};

/// An account of staff, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// its name
    pub account: String,
    /// what it is
    pub role: Role,
    /// when it was made
    pub made_at: DateTime,
    /// since when nobody may log in with it
    pub disabled_at: Option<DateTime>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// its number
    pub seq: i64,
    /// when
    pub at: DateTime,
    /// the account that did it; `-` for the command line
    pub actor: String,
    /// what, one of [`act`]
    pub act: String,
    /// to what
    pub object: String,
}

/// The acts that are logged.
pub mod act {
    /// an account was made
    pub const MAKE_ACCOUNT: &str = "account.make";
    /// an account was disabled
    pub const DISABLE_ACCOUNT: &str = "account.disable";
    /// an account may be used again
    pub const ENABLE_ACCOUNT: &str = "account.enable";
    /// an account got another password
    pub const SET_PASSWORD: &str = "account.password";
    /// somebody logged in
    pub const LOG_IN: &str = "session.begin";
    /// somebody logged out
    pub const LOG_OUT: &str = "session.end";
    /// an account was locked after failures
    pub const LOCK_OUT: &str = "session.lock";
    /// a kiosk got a secret
    pub const ADMIT_KIOSK: &str = "kiosk.admit";
    /// a kiosk's secret was taken back
    pub const EXPEL_KIOSK: &str = "kiosk.expel";
    /// a kiosk that is no more went from the board
    pub const FORGET_KIOSK: &str = "kiosk.forget";
    /// a kiosk was told to try a parked transaction again
    pub const RETRY_PARKED: &str = "parked.retry";
    /// a kiosk was told to close a parked transaction
    pub const SETTLE_PARKED: &str = "parked.settle";
    /// an exception was closed
    pub const SETTLE_EXCEPTION: &str = "exception.settle";
    /// money that a provider did not give back, given by hand
    pub const GIVE_BACK: &str = "money.give_back";
    /// a rule was set
    pub const SET_RULE: &str = "rule.set";
    /// a type of item is not lent to a type of card any more
    pub const END_RULE: &str = "rule.end";
    /// a day was closed
    pub const CLOSE_DAY: &str = "day.close";
    /// a day that was closed is open
    pub const OPEN_DAY: &str = "day.open";
    /// a message for readers was set
    pub const SET_MESSAGE: &str = "message.set";
    /// kiosks were given settings
    pub const GIVE_SETTINGS: &str = "settings.give";
    /// a message for readers was taken back
    pub const END_MESSAGE: &str = "message.end";
}

/// Why an account is not disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefused {
    /// no such account
    #[error("there is no such account")]
    Unknown,
    /// nobody could make accounts any more
    #[error("this is the last administrator; make another one first")]
    LastAdministrator,
}

impl Store {
    /// Makes an account. Says whether the name was free: one that was ever taken is not.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn make_account(
        &self,
        of: &Isil,
        (name, role, hash): (&str, Role, &str),
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        let at = clock::stamp(now);
        self.change(|db| {
            let values = [of.into(), name.into(), role.word().into(), hash.into(), (&at).into()];
            let is_new = !db.rows(&people::NEW_ACCOUNT, &values)?.is_empty();
            if is_new {
                audit(db, of, (actor, act::MAKE_ACCOUNT, &format!("{name} {role}")), now)?;
            }
            Ok(is_new)
        })
    }

    /// An account with the hash of its password.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn account(&self, of: &Isil, name: &str) -> Result<Option<(Account, String)>, StoreError> {
        self.look(|db| {
            let row = db.rows(&people::ACCOUNT, &[of.into(), name.into()])?.into_iter().next();
            row.map(account).transpose()
        })
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn accounts(&self, of: &Isil) -> Result<Vec<Account>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&people::ACCOUNTS, &[of.into()])?;
            rows.into_iter().map(|row| account(row).map(|(account, _)| account)).collect()
        })
    }

    /// Sets an account's password, and ends its sessions but `keeps`. Says whether there is such an account.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_password(
        &self,
        of: &Isil,
        (name, hash): (&str, &str),
        keeps: &[u8],
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            if db.rows(&people::SET_PASSWORD, &[of.into(), name.into(), hash.into()])?.is_empty() {
                return Ok(false);
            }
            end_sessions(db, of, name, keeps)?;
            audit(db, of, (actor, act::SET_PASSWORD, name), now)?;
            Ok(true)
        })
    }

    /// Disables an account, which ends its sessions, or makes it usable again.
    ///
    /// # Errors
    /// Outside, [`StoreError`], and nothing was changed; inside, [`AccountRefused`].
    pub fn set_disabled(
        &self,
        of: &Isil,
        name: &str,
        is_disabled: bool,
        (actor, now): (&str, DateTime),
    ) -> Result<Result<(), AccountRefused>, StoreError> {
        let at = clock::stamp(now);
        self.change(|db| {
            let others = db.rows(&people::LOCK_ADMINISTRATORS, &[of.into()])?;
            let others: Vec<String> =
                others.into_iter().map(|mut row| row.text("account.account")).collect::<Result<_, _>>()?;
            if is_disabled && others == [name] {
                return Ok(Err(AccountRefused::LastAdministrator));
            }
            let since = is_disabled.then_some(at.as_str());
            if db.rows(&people::SET_DISABLED, &[of.into(), name.into(), since.into()])?.is_empty() {
                return Ok(Err(AccountRefused::Unknown));
            }
            if is_disabled {
                end_sessions(db, of, name, &[])?;
            }
            let what = if is_disabled { act::DISABLE_ACCOUNT } else { act::ENABLE_ACCOUNT };
            audit(db, of, (actor, what, name), now)?;
            Ok(Ok(()))
        })
    }

    /// Opens a session, and forgets those that ended. That of staff is logged.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn open_session(&self, of: &Isil, hash: &[u8], who: &Who, now: DateTime) -> Result<(), StoreError> {
        let (longest_idle, _) = Who::Account { account: String::new(), role: Role::Librarian }.lives();
        let (at, ends_at) = (clock::stamp(now), clock::stamp(now.saturating_add(who.lives().1)));
        let forgotten = clock::stamp(now.saturating_sub(longest_idle));
        self.change(|db| {
            db.write(&people::FORGET_SESSIONS, &[of.into(), (&at).into(), (&forgotten).into()])?;
            let values = [
                of.into(),
                Value::Bytes(hash),
                who.kind().into(),
                who.subject().into(),
                (&at).into(),
                (&ends_at).into(),
            ];
            db.write(&people::OPEN_SESSION, &values)?;
            if let Who::Account { account, .. } = who {
                audit(db, of, (account, act::LOG_IN, account), now)?;
            }
            Ok(())
        })
    }

    /// A session, if there is one, alive or not. Of an account that was disabled there is none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn session(&self, of: &Isil, hash: &[u8]) -> Result<Option<Session>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&people::SESSION, &[of.into(), Value::Bytes(hash)])?;
            rows.into_iter().next().map_or(Ok(None), session_of)
        })
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn see_session(&self, of: &Isil, hash: &[u8], now: DateTime) -> Result<(), StoreError> {
        let at = clock::stamp(now);
        self.change(|db| db.write(&people::SEE_SESSION, &[of.into(), Value::Bytes(hash), (&at).into()]))
    }

    /// Ends a session. That of staff is logged.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn end_session(&self, of: &Isil, hash: &[u8], who: &Who, now: DateTime) -> Result<(), StoreError> {
        self.change(|db| {
            db.write(&people::END_SESSION, &[of.into(), Value::Bytes(hash)])?;
            if let Who::Account { account, .. } = who {
                audit(db, of, (account, act::LOG_OUT, account), now)?;
            }
            Ok(())
        })
    }

    /// Counts a try to log in as `person` (from an address, where that is known) before its password is looked at, so that many tries at once are not more than
    /// allowed. Says until when nobody may try, if that is so; then the password must not be looked at.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn try_log_in(
        &self,
        of: &Isil,
        (person, address): (&str, Option<&str>),
        now: DateTime,
    ) -> Result<Option<DateTime>, StoreError> {
        let at = clock::stamp(now);
        let forgotten = clock::stamp(now.saturating_sub(WINDOW));
        self.change(|db| {
            db.write(&people::FORGET_GUARDS, &[of.into(), (&forgotten).into(), (&at).into()])?;
            let of_address = match address {
                Some(address) => {
                    let row = db.rows(&people::GUARD, &[of.into(), address.into()])?.into_iter().next();
                    row.map(guard).transpose()?.and_then(|guard| guard.locked(now))
                }
                None => None,
            };
            let before = locked_guard(db, of, person, &at)?;
            let until = of_address.max(before.locked(now));
            if until.is_none() {
                set_guard(db, of, person, &before.after_failure(Watched::Person, now))?;
            }
            Ok(until)
        })
    }

    /// Counts a failure for the address, if it is known, and logs it if that was the last try of an account for a while.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn log_in_failed(
        &self,
        of: &Isil,
        (person, address): (&str, Option<&str>),
        account: Option<&str>,
        now: DateTime,
    ) -> Result<Option<DateTime>, StoreError> {
        let at = clock::stamp(now);
        self.change(|db| {
            if let Some(address) = address {
                let after = locked_guard(db, of, address, &at)?.after_failure(Watched::Address, now);
                set_guard(db, of, address, &after)?;
            }
            let row = db.rows(&people::GUARD, &[of.into(), person.into()])?.into_iter().next();
            let until = row.map(guard).transpose()?.and_then(|guard| guard.locked(now));
            if let (Some(account), Some(_)) = (account, until) {
                audit(db, of, ("-", act::LOCK_OUT, account), now)?;
            }
            Ok(until)
        })
    }

    /// Forgets the failures of somebody who is in.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn forget_failures(&self, of: &Isil, subject: &str) -> Result<(), StoreError> {
        if self.look(|db| Ok(db.rows(&people::GUARD, &[of.into(), subject.into()])?.is_empty()))? {
            return Ok(());
        }
        self.change(|db| db.write(&people::CLEAR_GUARD, &[of.into(), subject.into()]))
    }

    /// The newest lines of the audit log before number `before`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn audited(&self, of: &Isil, before: i64, n: u32) -> Result<Vec<Audited>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&people::AUDITED, &[of.into(), before.into(), n.into()])?;
            let read = |mut row: Row| {
                Ok(Audited {
                    seq: row.int("audit_log.seq")?,
                    at: row.time("audit_log.at")?,
                    actor: row.text("audit_log.actor")?,
                    act: row.text("audit_log.act")?,
                    object: row.text("audit_log.object")?,
                })
            };
            rows.into_iter().map(read).collect()
        })
    }

    /// The key with which patrons' codes are signed: `new`, unless there is one already.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn card_key(
        &self,
        of: &Isil,
        new: impl Fn() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let kept = |db: &mut dyn Access| {
            let row = db.rows(&people::CARD_KEY, &[of.into()])?.into_iter().next();
            row.map(|mut row| row.bytes("card_key.pkcs8")).transpose()
        };
        if let Some(key) = self.look(kept)? {
            return Ok(key);
        }
        let new = new()?;
        self.change(|db| {
            db.write(&people::KEEP_CARD_KEY, &[of.into(), Value::Bytes(&new)])?;
            kept(db)?.ok_or(StoreError::Missing("card_key"))
        })
    }
}

/// Logs what somebody did, in the transaction that does it.
pub(super) fn audit(
    db: &mut dyn Access,
    of: &Isil,
    (actor, act, object): (&str, &'static str, &str),
    now: DateTime,
) -> Result<(), StoreError> {
    let at = clock::stamp(now);
    db.write(&people::AUDIT, &[of.into(), (&at).into(), actor.into(), act.into(), object.into()])
}

fn end_sessions(db: &mut dyn Access, of: &Isil, account: &str, keeps: &[u8]) -> Result<(), StoreError> {
    let values = [of.into(), session::ACCOUNT.into(), account.into(), Value::Bytes(keeps)];
    db.write(&people::END_SESSIONS, &values)
}

fn account(mut row: Row) -> Result<(Account, String), StoreError> {
    let account = row.text("account.account")?;
    let role = role(&row.text("account.role")?)?;
    let hash = row.text("account.password_hash")?;
    let made_at = row.time("account.made_at")?;
    let disabled_at = row.time_or_null("account.disabled_at")?;
    Ok((Account { account, role, made_at, disabled_at }, hash))
}

fn session_of(mut row: Row) -> Result<Option<Session>, StoreError> {
    let kind = row.text("session.kind")?;
    let subject = row.text("session.subject")?;
    let seen_at = row.time("session.seen_at")?;
    let ends_at = row.time("session.ends_at")?;
    let who = if kind == session::PATRON {
        let corrupt = |_| StoreError::Corrupt { column: "session.subject", expected: "a card number" };
        Who::Patron(PatronId::parse(&subject).map_err(corrupt)?)
    } else {
        let Some(word) = row.text_or_null("account.role")? else { return Ok(None) };
        Who::Account { account: subject, role: role(&word)? }
    };
    Ok(Some(Session { who, seen_at, ends_at }))
}

fn role(word: &str) -> Result<Role, StoreError> {
    Role::staff(word).ok_or(StoreError::Corrupt { column: "account.role", expected: "a role" })
}

/// What is kept of a subject's failures; nobody else counts on it until the end of this transaction.
fn locked_guard(db: &mut dyn Access, of: &Isil, subject: &str, at: &str) -> Result<Guard, StoreError> {
    let rows = db.rows(&people::LOCK_GUARD, &[of.into(), subject.into(), at.into()])?;
    guard(rows.into_iter().next().ok_or(StoreError::Missing("login_guard"))?)
}

fn set_guard(db: &mut dyn Access, of: &Isil, subject: &str, guard: &Guard) -> Result<(), StoreError> {
    let (first, locked) = (clock::stamp(guard.first_at), guard.locked_until.map(clock::stamp));
    let values =
        [of.into(), subject.into(), guard.n_failures.into(), (&first).into(), locked.as_deref().into()];
    db.write(&people::SET_GUARD, &values)
}

fn guard(mut row: Row) -> Result<Guard, StoreError> {
    Ok(Guard {
        n_failures: row.number("login_guard.n_failures")?,
        first_at: row.time("login_guard.first_at")?,
        locked_until: row.time_or_null("login_guard.locked_until")?,
    })
}
