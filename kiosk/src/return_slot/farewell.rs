//! The battery ends, and everything is at rest and on the disk: the machine is switched off, unless mains come back first.

use sync_client::ledger::Ledger;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

use crate::ups;

/// What switches the machine off.
#[derive(Debug)]
pub(super) struct Farewell {
    ledger: Ledger,
    /// whether central answers: then it is told first
    online: watch::Receiver<Option<bool>>,
    /// program and arguments; empty: the slot stays closed, and that is all
    command: Vec<String>,
    under_way: Option<JoinHandle<()>>,
}

impl Farewell {
    pub(super) const fn new(
        ledger: Ledger,
        online: watch::Receiver<Option<bool>>,
        command: Vec<String>,
    ) -> Self {
        Self { ledger, online, command, under_way: None }
    }

    /// Begins it, unless it is under way.
    pub(super) fn begin(&mut self) {
        if self.under_way.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let ending = ups::battery_ends(self.ledger.clone(), self.online.clone(), self.command.clone());
        self.under_way = Some(tokio::spawn(ending));
    }

    /// There is mains again.
    pub(super) fn take_back(&mut self) {
        if let Some(task) = self.under_way.take().filter(|task| !task.is_finished()) {
            info!("there is mains again: the machine is not switched off");
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use circulation::id::{ItemId, TransactionId};
    use circulation::transaction::{Act, Transaction};
    use sync_client::clock::Clock;
    use sync_client::row::Step;

    use super::*;

    /// A program that leaves a file stands for one that switches the machine off.
    #[tokio::test]
    async fn the_machine_is_switched_off_when_central_knows_and_mains_that_come_back_first_keep_it_on() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db"), Clock::system()).unwrap();
        let id = TransactionId::from_bytes([9; 16]);
        let act = Act::Checkin { item: ItemId::parse("LW0000001").unwrap() };
        drop(ledger.append(&Transaction { id, act }).await.unwrap());
        drop(ledger.record(id, Step::Assumed { due: None }).await.unwrap());
        drop(ledger.record(id, Step::Settled).await.unwrap());
        let off = folder.path().join("off");
        let (_link, online) = watch::channel(Some(true));
        let command = vec!["touch".to_owned(), off.display().to_string()];
        let mut farewell = Farewell::new(ledger.clone(), online, command);

        // Central has yet to hear of a return, and the mains come back meanwhile.
        farewell.begin();
        let task = farewell.under_way.take().unwrap();
        let ended = task.abort_handle();
        farewell.under_way = Some(task);
        farewell.take_back();
        while !ended.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!off.exists());

        farewell.begin();
        farewell.begin();
        drop(ledger.record(id, Step::Told { note: None }).await.unwrap());
        let task = farewell.under_way.take().unwrap();
        tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
        assert!(off.exists());
        ledger.close().await;
    }
}
