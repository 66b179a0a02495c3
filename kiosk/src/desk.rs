//! Library cards: what the session's desk wants done, by the reader of identity cards, central and the ledger.
//!
//! ```text
//!   identity reader's task ──Event──▶ loop ──Input::Desk──▶ Session ──Output::Desk──▶ [Desk] ──▶ central, ledger, reader
//!                                      ▲───────────── answers, through the channel of what was found ─────────┘
//! ```
//! **Rules**: a row is on the disk before its act: the session sends the act only after [`card::Input::Kept`]. What leaves the
//! machine about a person leaves it once, for central; nothing of it is logged or kept here.
//!
//! Where central takes money, `paying` has the patron's phone pay. Without a dispenser a card is a code on the phone, and one that a
//! row says is outside is staff's to find; with one, `stack` moves and writes it.

use circulation::id::TransactionId;
use circulation::identity::{Identity, IdentityFault, Secret};
use circulation::issue::{Answer, Capture, Input as Issue, Row};
use circulation::money::Amount;
use circulation::screen::{Cards, Printer, Refusal};
use circulation::session::Input;
use circulation::session::card::{self, Act, Output, Parts};
use config::Config;
use jiff::civil::Date;
use peripherals::idcard::{CardFault, Command, Document, Event, IdReader, Patience, record::RecordError};
use peripherals::port;
use supervision::part::{Part, State};
use sync_client::central::Central;
use sync_client::desk::{heard, question};
use sync_client::http::KioskApi;
use sync_client::ledger::{CardRow, Ledger};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use stack::Order;

use crate::settings;
use crate::supervise::{self, Reporter};

mod paying;
mod stack;
mod writing;

/// The desk's way to everything outside of the session.
#[derive(Debug)]
pub struct Desk {
    central: KioskApi,
    ledger: Ledger,
    reader: mpsc::Sender<Command>,
    reading: JoinHandle<()>,
    config: Config,
    reporter: Reporter,
    found: mpsc::Sender<Input>,
    /// what makes a phone the card
    ticket: String,
    online: bool,
    identity: bool,
    stack: Option<stack::run::Way>,
    /// whoever pays is waited for
    paying: Option<(TransactionId, JoinHandle<()>)>,
    told: Option<Parts>,
}

impl Desk {
    /// Starts the reader's task, if cards are made here. Its events come out of the receiver, which is at its end without one.
    #[must_use]
    pub fn start(
        config: &Config,
        central: &Central,
        ledger: &Ledger,
        found: mpsc::Sender<Input>,
        reporter: &Reporter,
    ) -> (Option<Self>, mpsc::Receiver<Event>) {
        let Some(central) = own(central).filter(|_| config.desk.enabled) else {
            for part in [Part::Identity, Part::Cards] {
                reporter.is(part, State::Absent, "");
            }
            return (None, mpsc::channel(1).1);
        };
        let (reader, events, reading) = read(config, reporter, core::future::ready(()));
        let stack = stack::run::start(config, found.clone(), reporter);
        if stack.is_none() {
            reporter.is(Part::Cards, State::Absent, "");
        }
        let desk = Self {
            central: central.clone(),
            ledger: ledger.clone(),
            reader,
            reading,
            config: config.clone(),
            reporter: reporter.clone(),
            found,
            ticket: config.desk.phone_page.clone(),
            online: false,
            identity: false,
            stack,
            paying: None,
            told: None,
        };
        (Some(desk), events)
    }

    /// Begins the reader's task anew, once its port is free; gives the events of the new one.
    #[must_use]
    pub fn restart_reader(&mut self) -> mpsc::Receiver<Event> {
        let old = core::mem::replace(&mut self.reading, tokio::spawn(core::future::ready(())));
        // However it ended: it holds the port no longer.
        old.abort();
        let (reader, events, reading) = read(&self.config, &self.reporter, async { drop(old.await) });
        (self.reader, self.reading) = (reader, reading);
        events
    }

    /// Ends the reader's task as a fault would.
    pub fn end_reader(&self) {
        self.reading.abort();
    }

    /// Begins dispenser and writer anew.
    pub fn restart_stack(&mut self) {
        self.stack = stack::run::start(&self.config, self.found.clone(), &self.reporter);
    }

    /// Ends the task between them as a fault would.
    pub fn end_stack(&self) {
        self.stack.iter().for_each(|stack| stack.task.abort());
    }

    /// Central answers, or does not.
    pub const fn link(&mut self, online: bool) {
        self.online = online;
    }

    /// The parts, if they are otherwise than was told last. The first time what was cut is taken up again.
    pub fn parts(&mut self, printer: Printer, today: Date) -> Option<Input> {
        let Self { online, identity, .. } = *self;
        let cards = self.stack.as_ref().map_or(Cards::Down, |stack| *stack.cards.borrow());
        let parts = Parts { online, identity, cards, printer, today };
        let before = self.told.replace(parts);
        if before.is_none() {
            self.resume();
        }
        (before != Some(parts)).then_some(Input::Desk(card::Input::Parts(parts)))
    }

    /// What the reader of identity cards says.
    pub fn identity(&mut self, event: Event) -> Option<Input> {
        match event {
            Event::Up { module } => {
                info!(module, "the reader of identity cards answers");
                self.reporter.is(Part::Identity, State::Up, "");
                self.identity = true;
                None
            }
            Event::Down(cause) => {
                warn!(%cause, "the reader of identity cards does not answer: no library card is made");
                self.reporter.is(Part::Identity, State::Down, cause.to_string());
                self.identity = false;
                None
            }
            Event::Card(read) => Some(Input::Desk(card::Input::Identity(read.map(person).map_err(fault)))),
        }
    }

    /// The reader's task is gone.
    pub fn reader_ended(&mut self) {
        error!(
            "the task of the identity card reader has ended: no library card is made until it is begun anew"
        );
        self.reporter.ended(Part::Identity, "it ended; the log has the cause");
        self.identity = false;
    }

    /// Does what the session's desk wants; gives what can be said at once.
    pub fn perform(&mut self, output: Output) -> Option<card::Input> {
        if let Some((asked, deed)) = question(&output) {
            let (central, found, ticket) = (self.central.clone(), self.found.clone(), self.ticket.clone());
            tokio::spawn(async move {
                let told = central.card(deed).await;
                if let Err(cause) = &told {
                    warn!(%cause, "central does not answer about a card");
                }
                let answer = heard(asked, told.ok(), Some(&ticket));
                // Closed only after the end of the loop.
                drop(found.send(Input::Desk(answer)).await);
            });
            return None;
        }
        match output {
            Output::Look(is) => {
                if self.reader.try_send(Command::Look(is)).is_err() {
                    warn!("the reader of identity cards takes no command");
                }
                None
            }
            Output::NewId => Some(card::Input::NewId(fresh_id())),
            Output::Keep { id, row, fee, medium } => {
                self.keep(CardRow { id, row, fee, medium });
                None
            }
            Output::Pay { id, amount } => {
                self.pay(id, amount);
                None
            }
            Output::StopPay { id } => {
                self.stop_paying(id);
                None
            }
            Output::Write { id, card } => match &self.stack {
                Some(stack) => order(stack, Order::Write(id, card)),
                None => acted(id, Issue::Written(Answer::Refused), Some(Refusal::NoDispenser)),
            },
            Output::Act { id, act: act @ (Act::Feed | Act::Present | Act::Capture) } => match &self.stack {
                Some(stack) => order(stack, Order::Act(id, act)),
                None => without_parts(id, act),
            },
            Output::Act { id, act } => without_parts(id, act),
            Output::Print(_) | Output::Check { .. } | Output::Serve { .. } | Output::Reserve { .. } => None,
        }
    }

    /// Has the patron's phone pay. One at a time stands at the desk.
    fn pay(&mut self, id: TransactionId, amount: Amount) {
        let (central, found) = (self.central.clone(), self.found.clone());
        let paying = tokio::spawn(paying::run(central, found, (id, amount), paying::EVERY));
        if let Some((_, before)) = self.paying.replace((id, paying)) {
            before.abort();
        }
    }

    fn stop_paying(&mut self, id: TransactionId) {
        if let Some((_, paying)) = self.paying.take_if(|(paid, _)| *paid == id) {
            paying.abort();
        }
    }

    fn keep(&self, row: CardRow) {
        let (ledger, found) = (self.ledger.clone(), self.found.clone());
        tokio::spawn(async move {
            let id = row.id;
            let answer = match ledger.keep_card(row).await {
                Ok(()) => card::Input::Kept { id },
                Err(cause) => {
                    error!(%id, %cause, "the ledger could not keep a card's row");
                    card::Input::NotKept { id }
                }
            };
            drop(found.send(Input::Desk(answer)).await);
        });
    }

    /// Cards that were being issued when the machine stopped go on from their last row.
    fn resume(&self) {
        let (ledger, found) = (self.ledger.clone(), self.found.clone());
        let orders = self.stack.as_ref().map(|stack| stack.orders.clone());
        tokio::spawn(async move {
            let rows = ledger.open_cards().await.unwrap_or_else(|cause| {
                error!(%cause, "cards that were cut cannot be read from the ledger");
                Vec::new()
            });
            for CardRow { id, row, fee, medium } in rows {
                info!(%id, ?row, "a card was cut in the middle, and goes on");
                if let (Some(orders), Row::Presenting) = (&orders, row) {
                    // Known before it is to be captured: the orders keep their order.
                    drop(orders.send(Order::WasHeldOut(id)).await);
                }
                drop(found.send(Input::Desk(card::Input::Resume { id, fee, medium, row })).await);
            }
        });
    }
}

/// Our own central, which alone keeps what a card needs.
const fn own(central: &Central) -> Option<&KioskApi> {
    match central {
        Central::Kiosk(central, _) => Some(central),
        Central::Openlib(..) | Central::Sip2(..) => None,
    }
}

/// Reads identity cards after `before`.
fn read(
    config: &Config,
    reporter: &Reporter,
    before: impl Future<Output = ()> + Send + 'static,
) -> (mpsc::Sender<Command>, mpsc::Receiver<Event>, JoinHandle<()>) {
    let (events_in, events) = mpsc::channel(CHANNEL);
    let (reader, commands) = mpsc::channel(CHANNEL);
    let running =
        port::run(settings::id_port(config), IdReader::new(Patience::default()), commands, events_in);
    let life = reporter.life();
    let reading = tokio::spawn(async move {
        before.await;
        life.watch("identity reader", supervise::limit(), running).await;
    });
    (reader, events, reading)
}

/// Hands an order on; what is not taken is not answered, and asked again.
fn order(stack: &stack::run::Way, order: Order) -> Option<card::Input> {
    if stack.orders.try_send(order).is_err() {
        warn!("the dispenser of cards takes no order");
    }
    None
}

/// The answer to an act of a part that this machine does not have.
fn without_parts(id: TransactionId, act: Act) -> Option<card::Input> {
    match act {
        Act::Feed => acted(id, Issue::Fed(Answer::Refused), Some(Refusal::NoDispenser)),
        Act::Present => acted(id, Issue::NotTaken, Some(Refusal::NoDispenser)),
        Act::Capture => acted(id, Issue::Captured(Capture::Stuck), None),
        Act::Confirm | Act::Delete | Act::Refund => None,
    }
}

const fn acted(id: TransactionId, what: Issue, why: Option<Refusal>) -> Option<card::Input> {
    Some(card::Input::Acted { id, what, why })
}

/// A person as the session knows one. The driver's copy is overwritten when it goes.
fn person(document: Document) -> Identity {
    Identity {
        name: Secret::new(&document.name),
        number: Secret::new(document.number.expose()),
        birth: document.birth,
        valid_until: document.valid_until,
    }
}

const fn fault(fault: CardFault) -> IdentityFault {
    match fault {
        CardFault::Moved | CardFault::Silent => IdentityFault::Moved,
        CardFault::Rejected => IdentityFault::Forged,
        CardFault::WrongKind => IdentityFault::WrongKind,
        CardFault::Text(RecordError::NewForeigner) => IdentityFault::Foreign,
        CardFault::Text(
            RecordError::Length
            | RecordError::Letters
            | RecordError::Kind
            | RecordError::Name
            | RecordError::Number
            | RecordError::Date
            | RecordError::Contradiction,
        ) => IdentityFault::Unreadable,
    }
}

/// A new id: UUID version 7, ordered by time (RFC 9562, 5.7).
fn fresh_id() -> TransactionId {
    TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes())
}

/// Room of each channel.
const CHANNEL: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_of_a_part_that_is_not_there_is_answered_at_once() {
        let id = TransactionId::from_bytes([7; 16]);
        for act in [Act::Feed, Act::Present, Act::Capture] {
            assert!(without_parts(id, act).is_some(), "{act:?}");
        }
        for act in [Act::Confirm, Act::Delete, Act::Refund] {
            assert!(without_parts(id, act).is_none(), "{act:?} is for central");
        }
    }

    #[test]
    fn each_fault_of_a_card_has_its_word_on_the_screen() {
        for (read, shown) in [
            (CardFault::Moved, IdentityFault::Moved),
            (CardFault::Silent, IdentityFault::Moved),
            (CardFault::Rejected, IdentityFault::Forged),
            (CardFault::WrongKind, IdentityFault::WrongKind),
            (CardFault::Text(RecordError::NewForeigner), IdentityFault::Foreign),
            (CardFault::Text(RecordError::Number), IdentityFault::Unreadable),
        ] {
            assert_eq!(fault(read), shown);
        }
    }
}
