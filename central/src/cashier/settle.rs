//! What is promised is done: orders are made, closed, given back, until the provider has said so.

use std::sync::Arc;

use circulation::id::Isil;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Cashier, Driven, PANICKED, Unheard, number_of, tiding, to_order, with_store};
use crate::app::App;
use crate::ledger::{OrderState, Tiding};
use crate::store::StoreError;
use crate::store::order::{Heard, PayOrder};

/// Settles again and again, until `stop` turns true.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let Some(again) = app.cashier().map(|cashier| cashier.times.again) else { return };
    loop {
        if let Err(fault) = settle(&app).await {
            tracing::error!(%fault, "the store fails; orders are followed later");
        }
        tokio::select! {
            () = tokio::time::sleep(again) => {}
            // An error means that whoever could stop us is gone.
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
        }
    }
}

/// Brings every open promise as far as the providers let it. Several copies of central may do it at once: a provider does
/// each thing once by the order's number.
///
/// # Errors
/// [`StoreError`]; what was done before it stays done.
pub async fn settle(app: &App) -> Result<(), StoreError> {
    let Some(cashier) = app.cashier() else { return Ok(()) };
    let worker = app.clone();
    let institutions = tokio::task::spawn_blocking(move || worker.store().institutions()).await;
    let institutions = institutions.unwrap_or(Err(PANICKED))?;
    for (of, _) in institutions {
        if cashier.vias(&of).is_empty() {
            continue;
        }
        for pair in [(OrderState::Asked, OrderState::Open), (OrderState::Paid, OrderState::Paid)] {
            let waiting = with_store(app, &of, move |app, of| app.store().orders_in(of, pair, BATCH)).await?;
            let now = cashier.now();
            for order in waiting.into_iter().filter(|order| is_forgotten(order, now)) {
                let id = order.id;
                tracing::info!(%id, via = order.via.word(), "an order that nobody asks for any more is ended");
                with_store(app, &of, move |app, of| app.store().unwanted(of, id, now)).await?;
            }
        }
        let promised = (OrderState::Closing, OrderState::Refunding);
        let promised =
            with_store(app, &of, move |app, of| app.store().orders_in(of, promised, BATCH)).await?;
        all(&cashier, app, &of, promised).await?;
    }
    Ok(())
}

/// Whether a machine has given an order up without a word: it cannot be paid any more, or its card is gone.
fn is_forgotten(order: &PayOrder, now: Timestamp) -> bool {
    match order.state {
        OrderState::Asked | OrderState::Open => now > late(order),
        OrderState::Paid => order.card_state.as_deref() == Some("deleted") && now > late(order),
        OrderState::Closing | OrderState::Closed | OrderState::Refunding | OrderState::Refunded => false,
    }
}

/// From then on a provider lets nobody pay, whatever its clock shows.
fn late(order: &PayOrder) -> Timestamp {
    order.expires.saturating_add(MARGIN).unwrap_or(Timestamp::MAX)
}

/// Brings orders as far as the providers let them, all at once.
pub(super) async fn all(
    cashier: &Arc<Cashier>,
    app: &App,
    of: &Isil,
    orders: Vec<PayOrder>,
) -> Result<Vec<Driven>, StoreError> {
    let mut tasks = JoinSet::new();
    for order in orders {
        let (cashier, app, of) = (Arc::clone(cashier), app.clone(), of.clone());
        tasks.spawn(async move { cashier.drive(&app, &of, order).await });
    }
    let mut all = Vec::new();
    while let Some(driven) = tasks.join_next().await {
        all.push(driven.unwrap_or(Err(PANICKED))?);
    }
    Ok(all)
}

/// The same, keeping nobody waiting.
pub(super) fn beside(cashier: &Arc<Cashier>, app: &App, of: &Isil, orders: Vec<PayOrder>) {
    let (cashier, app, of) = (Arc::clone(cashier), app.clone(), of.clone());
    tokio::spawn(async move {
        if let Err(fault) = all(&cashier, &app, &of, orders).await {
            tracing::error!(%fault, "the store fails; orders are followed later");
        }
    });
}

impl Cashier {
    /// Does what the state of an order asks for, and what follows from that.
    async fn drive(&self, app: &App, of: &Isil, mut order: PayOrder) -> Result<Driven, StoreError> {
        for _ in 0..MAX_STEPS {
            let step = match order.state {
                OrderState::Asked => self.create(of, &order).await,
                OrderState::Closing => self.close(of, &order).await,
                OrderState::Refunding => self.give_back(of, &order).await,
                OrderState::Open | OrderState::Paid | OrderState::Closed | OrderState::Refunded => {
                    return Ok(Driven::Still);
                }
            };
            let (tiding, code) = match step {
                Ok((Some(tiding), code)) => (tiding, code),
                Ok((None, _)) => return Ok(Driven::Still),
                Err(unheard) => return self.failed(app, of, (&order, &unheard)).await,
            };
            let (id, via, now) = (order.id, order.via, self.now());
            let heard = with_store(app, of, move |app, of| {
                let heard = Heard { code: code.as_deref(), ..Heard::plain(tiding, now) };
                app.store().hear(of, (id, via), heard)
            });
            match heard.await?.into_iter().find(|order| order.via == via) {
                // It was unwanted while the provider made it: the tiding changes nothing, and it is closed.
                Some(next) => order = next,
                None => return Ok(Driven::Still),
            }
        }
        Ok(Driven::Silent)
    }

    /// A provider that takes no order now is asked no more about this one.
    async fn failed(
        &self,
        app: &App,
        of: &Isil,
        (order, why): (&PayOrder, &Unheard),
    ) -> Result<Driven, StoreError> {
        let (id, via) = (order.id, order.via);
        let Unheard::Answered(_) = why else {
            tracing::warn!(%id, via = via.word(), %why, "a payment provider does not answer; it is asked again");
            return Ok(Driven::Silent);
        };
        tracing::error!(%id, via = via.word(), state = order.state.word(), %why, "a payment provider says no");
        if order.state == OrderState::Asked {
            let heard = Heard::plain(Tiding::Unwanted, self.now());
            with_store(app, of, move |app, of| app.store().hear(of, (id, via), heard)).await?;
        }
        Ok(Driven::Refused)
    }

    async fn create(&self, of: &Isil, order: &PayOrder) -> Result<Step, Unheard> {
        let asked = to_order(order)?;
        let code = self.ask(
            of,
            order,
            |at, moment| at.create(&asked, moment),
            |at, answer, now| at.created(answer, now),
        );
        Ok((Some(Tiding::Created), Some(code.await?)))
    }

    /// Looks first: what was paid must go back, and to close it would not say so.
    async fn close(&self, of: &Isil, order: &PayOrder) -> Result<Step, Unheard> {
        let is_late = self.now() > late(order);
        match self.query(of, order).await {
            Ok(trade) => {
                if let Some(tiding) = tiding(order, &trade) {
                    return Ok((Some(tiding), None));
                }
            }
            Err(Unheard::Answered(why)) if why.is_unknown_order() => {}
            Err(unheard) => return Err(unheard),
        }
        let number = number_of(order.id)?;
        let closed = self.ask(
            of,
            order,
            |at, moment| at.close(&number, moment),
            |at, answer, now| at.closed(answer, now),
        );
        match closed.await {
            Ok(()) => Ok((Some(Tiding::Ended), None)),
            // It may come to be when the patron's phone scans the code, until it is too late for that.
            Err(Unheard::Answered(why)) if why.is_unknown_order() => {
                Ok((is_late.then_some(Tiding::Ended), None))
            }
            Err(unheard) => Err(unheard),
        }
    }

    async fn give_back(&self, of: &Isil, order: &PayOrder) -> Result<Step, Unheard> {
        let paid = to_order(order)?;
        let given = self.ask(
            of,
            order,
            |at, moment| at.refund(&paid, moment),
            |at, answer, now| at.refunded(answer, now),
        );
        given.await.map(|()| (Some(Tiding::Returned), None))
    }
}

/// What a step was answered, with the code that came.
type Step = (Option<Tiding>, Option<String>);

/// From asked over closing and refunding to refunded, and one more.
const MAX_STEPS: usize = 5;
/// Orders of one state in one go.
const BATCH: u32 = 200;
/// Between the providers' clocks and ours, and for what is under way.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
