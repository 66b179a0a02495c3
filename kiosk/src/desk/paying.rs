//! Money for a card: central gives codes for the patron's phone, and is asked until it says that one was paid.

use core::time::Duration;

use circulation::id::TransactionId;
use circulation::issue::{Answer, Input as Issue};
use circulation::money::Amount;
use circulation::screen::Refusal;
use circulation::session::Input;
use circulation::session::card;
use sync_client::desk::codes;
use sync_client::http::KioskApi;
use sync_client::kiosk_api::issue::{CardDeed, CardTold};
use sync_client::kiosk_api::pay::MoneyWord;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::warn;

/// Asks for the codes, then whether it was paid, until there is an answer. The session ends the wait with its own deadline,
/// and gives back whatever may have been paid.
pub(super) async fn run(
    central: KioskApi,
    found: mpsc::Sender<Input>,
    (id, amount): (TransactionId, Amount),
    every: Duration,
) {
    let (what, why) = match wait(&central, &found, (id, amount), every).await {
        Ok(()) => (Answer::Done, None),
        Err(Refusal::CentralSilent) => (Answer::Silent, Some(Refusal::CentralSilent)),
        Err(why) => (Answer::Refused, Some(why)),
    };
    // Closed only after the end of the loop.
    drop(found.send(Input::Desk(card::Input::Acted { id, what: Issue::Paid(what), why })).await);
}

async fn wait(
    central: &KioskApi,
    found: &mpsc::Sender<Input>,
    (id, amount): (TransactionId, Amount),
    every: Duration,
) -> Result<(), Refusal> {
    let deed = CardDeed::Pay { id: id.to_string(), amount_fen: amount.fen() };
    let codes = codes(ask(central, deed).await.ok_or(Refusal::CentralSilent)?)?;
    if codes.is_empty() {
        // The providers do not answer; what they may have made is closed with the refund.
        return Err(Refusal::CentralSilent);
    }
    drop(found.send(Input::Desk(card::Input::PayCodes { id, codes })).await);
    loop {
        sleep(every).await;
        let told = ask(central, CardDeed::Paid { id: id.to_string() }).await;
        match told.and_then(|told| told.money) {
            Some(MoneyWord::Paid) => return Ok(()),
            Some(MoneyWord::Settled | MoneyWord::Returning) => return Err(Refusal::NotPaid),
            // Silence may end; the patron may be paying just now.
            Some(MoneyWord::Open) | None => {}
        }
    }
}

async fn ask(central: &KioskApi, deed: CardDeed) -> Option<CardTold> {
    let told = central.card(deed).await;
    if let Err(cause) = &told {
        warn!(%cause, "central does not answer about the money for a card");
    }
    told.ok()
}

/// Between two looks: what a patron who has paid waits at most.
pub(super) const EVERY: Duration = Duration::from_secs(1);
