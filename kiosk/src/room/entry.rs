//! Who may come in: central's word; while it is silent the mirror's, or that of the cards that central let in before.

use std::path::PathBuf;
use std::time::Duration;

use circulation::id::PatronId;
use circulation::policy::{PatronFacts, PatronState};
use circulation::transaction::Reason;
use config::Config;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use peripherals::scan::Code;
use slot::room::io::{Refusal, Word};
use sync_client::central::Central;
use sync_client::clock::Clock;
use sync_client::kiosk_api::card::{CardCode, CodeError};
use sync_client::mirror::Mirror;
use tokio::sync::watch;
use tracing::warn;

use super::kept::Kept;
use super::key;

/// What is held up. `Debug` never prints whose it is.
pub(super) enum Card {
    /// a card with a tag
    Tag(PatronId),
    /// a code, printed or on a phone
    Code(Code),
    /// something else
    None,
}

/// Who is asked.
#[derive(Clone)]
pub(super) struct Entry {
    client: Central,
    mirror: Option<Mirror>,
    online: watch::Receiver<Option<bool>>,
    kept: Kept,
    data_dir: PathBuf,
    clock: Clock,
    patience: Duration,
    takes_numbers: bool,
}

impl Entry {
    pub(super) fn new(
        config: &Config,
        client: Central,
        mirror: Option<Mirror>,
        online: watch::Receiver<Option<bool>>,
    ) -> Self {
        let (room, data_dir) = (&config.room, config.kiosk.data_dir.clone());
        Self {
            client,
            mirror,
            online,
            kept: Kept::in_folder(&data_dir, room.keep_days),
            data_dir,
            clock: Clock::system(),
            patience: room.central,
            takes_numbers: room.takes_numbers,
        }
    }

    /// The library's local time.
    pub(super) fn local_now(&self) -> DateTime {
        self.client.local_now()
    }

    /// Whether whoever holds this up may come in.
    pub(super) async fn word(&self, card: Card) -> Word {
        let patron = match card {
            Card::Tag(patron) => patron,
            Card::Code(code) => match self.patron(&code, self.clock.now()).await {
                Ok(patron) => patron,
                Err(word) => return word,
            },
            Card::None => return Word::Refused(Refusal::Unknown),
        };
        let today = self.local_now().date();
        if *self.online.borrow() != Some(false) {
            match tokio::time::timeout(self.patience, self.client.patron(&patron, None)).await {
                Ok(Ok(answer)) => {
                    let word = answer.map_or_else(|reason| judged(&reason), |_| Word::Enter);
                    self.kept.keep(patron, word == Word::Enter, today).await;
                    return word;
                }
                Ok(Err(cause)) => warn!(%cause, "central does not say who may come in"),
                Err(_elapsed) => warn!("central does not say in time who may come in"),
            }
        }
        match self.mirrored(patron.clone()).await {
            Some(facts) => known(&facts, today),
            None if self.kept.has(patron, today).await => Word::Enter,
            None => Word::Silent,
        }
    }

    /// Whose code it is.
    async fn patron(&self, code: &Code, now: Timestamp) -> Result<PatronId, Word> {
        let Some(card) = CardCode::parse(code.as_str()) else {
            let number = Some(code.as_str()).filter(|_| self.takes_numbers);
            return number
                .and_then(|number| PatronId::parse(number).ok())
                .ok_or(Word::Refused(Refusal::Unknown));
        };
        let Some(key) = key::read(&self.data_dir).await else {
            warn!("central has not told its key yet: codes on phones cannot be checked");
            return Err(Word::Silent);
        };
        card.check(&key, now).map_err(|cause| match cause {
            CodeError::NotOne | CodeError::Forged => Word::Refused(Refusal::Unknown),
            CodeError::Expired | CodeError::Early => Word::Refused(Refusal::OldCode),
        })
    }

    async fn mirrored(&self, patron: PatronId) -> Option<PatronFacts> {
        let mirror = self.mirror.clone()?;
        let found = tokio::task::spawn_blocking(move || mirror.patron(&patron)).await.ok()?;
        found.inspect_err(|cause| warn!(%cause, "the mirror is not read")).ok().flatten()
    }
}

/// What central's reason means at the door: who may borrow no more may sit and read all the same.
fn judged(reason: &Reason) -> Word {
    match reason {
        Reason::Fees(_) | Reason::LoanLimit(_) | Reason::NoLoans => Word::Enter,
        Reason::PatronUnknown => Word::Refused(Refusal::Unknown),
        Reason::PatronExpired => Word::Refused(Refusal::Expired),
        Reason::PatronUnverified => Word::Refused(Refusal::Unverified),
        Reason::PatronLost => Word::Refused(Refusal::Lost),
        Reason::PatronSuspended | Reason::PatronCancelled => Word::Refused(Refusal::Suspended),
        Reason::CentralSilent => Word::Silent,
        Reason::Other(_)
        | Reason::WrongPin
        | Reason::ItemUnknown
        | Reason::NotForLoan
        | Reason::OnLoan
        | Reason::OnHold
        | Reason::NotOnLoan
        | Reason::TagForeign
        | Reason::TagDamaged
        | Reason::PartMissing => Word::Refused(Refusal::NotHere),
    }
}

/// What the mirror knows of a card.
fn known(facts: &PatronFacts, today: Date) -> Word {
    match facts.state {
        PatronState::Valid | PatronState::Owes if facts.starts_on <= today && today <= facts.ends_on => {
            Word::Enter
        }
        PatronState::Valid | PatronState::Owes => Word::Refused(Refusal::Expired),
        PatronState::Unverified => Word::Refused(Refusal::Unverified),
        PatronState::Lost => Word::Refused(Refusal::Lost),
        PatronState::Suspended | PatronState::Cancelled => Word::Refused(Refusal::Suspended),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn who_owes_or_has_enough_books_may_sit_and_read_and_the_mirror_knows_terms() {
        assert_eq!(judged(&Reason::NoLoans), Word::Enter);
        assert_eq!(judged(&Reason::LoanLimit(Some(5))), Word::Enter);
        assert_eq!(judged(&Reason::PatronLost), Word::Refused(Refusal::Lost));
        assert_eq!(judged(&Reason::Other("too young".to_owned())), Word::Refused(Refusal::NotHere));
        let facts = |state, ends_on| PatronFacts {
            state,
            starts_on: date(2026, 1, 1),
            ends_on,
            n_loans: 0,
            loan_limit: 0,
        };
        let (today, later) = (date(2026, 11, 30), date(2026, 12, 31));
        assert_eq!(known(&facts(PatronState::Valid, later), today), Word::Enter);
        assert_eq!(known(&facts(PatronState::Valid, today), today), Word::Enter, "the last day");
        let over = facts(PatronState::Valid, date(2026, 11, 29));
        assert_eq!(known(&over, today), Word::Refused(Refusal::Expired));
        let lost = facts(PatronState::Lost, later);
        assert_eq!(known(&lost, today), Word::Refused(Refusal::Lost));
    }
}
