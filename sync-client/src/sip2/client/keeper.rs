//! The task that owns the connection: opens it when it is needed, logs in, keeps it alive, and serves the queue.
//!
//! ```text
//!   closed ──call──▶ connect ─▶ 93/94 ─▶ 99/98 ─▶ open ──call──▶ exchange ─▶ open
//!     ▲                 │ none of it: the call was not sent        │ spoiled, end of stream
//!     ╰─────────────────┴───────────────────────────────────────────┘
//! ```
//! **Rule**: an act goes only over a line that has just answered ([`Sip2Config::fresh_for`]); after a longer silence a status is asked
//! first, so that a line which died unnoticed costs a reconnection and not a doubt.

use std::sync::Arc;
use std::time::Instant;

use jiff::civil::DateTime;
use tokio::sync::{mpsc, oneshot, watch};

use super::super::answer::{self, Status};
use super::super::ask::Asks;
use super::super::message::{AcsStatus, Message};
use super::config::Sip2Config;
use super::error::{AskError, NotSent, Silence};
use super::line::{self, Connector, Line, monotonic};

/// One request in the queue.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) message: Message,
    pub(super) needs: Needs,
    pub(super) until: Instant,
    pub(super) reply: oneshot::Sender<Result<Message, AskError>>,
}

/// What the ACS must take for a request to make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    Checkouts,
    Checkins,
}

/// Runs until every client is gone.
pub(super) async fn run(
    config: Arc<Sip2Config>,
    connector: Connector,
    mut calls: mpsc::Receiver<Call>,
    status: watch::Sender<Option<Status>>,
) {
    let mut keeper = Keeper { config, connector, line: None, status };
    // One timer for all the time: to move it on costs nothing, a new one for each call costs more than the call.
    let silence = tokio::time::sleep(keeper.config.keep_alive);
    tokio::pin!(silence);
    loop {
        let due = keeper.line.as_ref().map(|line| line.heard_at + keeper.config.keep_alive);
        if let Some(due) = due.map(tokio::time::Instant::from).filter(|due| *due != silence.deadline()) {
            silence.as_mut().reset(due);
        }
        // Every branch is safe to cancel; a line and a queue lose nothing.
        tokio::select! {
            biased;
            // First: a line that has ended must not be taken for one that can carry the next call.
            heard = listen(keeper.line.as_mut()) => keeper.heard(&heard),
            call = calls.recv() => match call {
                Some(call) => keeper.serve(call).await,
                None => return,
            },
            () = &mut silence, if due.is_some() => keeper.keep_alive().await,
        }
    }
}

struct Keeper {
    config: Arc<Sip2Config>,
    connector: Connector,
    line: Option<Line>,
    status: watch::Sender<Option<Status>>,
}

impl Keeper {
    async fn serve(&mut self, call: Call) {
        // Nobody waits any more: nothing was sent yet, and nothing will be.
        if call.reply.is_closed() {
            return;
        }
        let answer = self.answer(&call).await;
        if let Err(cause) = &answer {
            tracing::debug!(message = %call.message.id(), %cause, "a SIP2 call was not answered");
        }
        // Who does not wait any more learns it from the ledger.
        drop(call.reply.send(answer));
    }

    async fn answer(&mut self, call: &Call) -> Result<Message, AskError> {
        let was_open = self.line.is_some();
        self.ready(call).await?;
        match self.exchange(&call.message, call.until).await {
            // An old line that breaks says nothing of the server; asking again does no harm.
            Err(Silence::Broken { .. }) if was_open && call.message.id().is_repeatable() => {
                self.ready(call).await?;
                Ok(self.exchange(&call.message, call.until).await?)
            }
            other => Ok(other?),
        }
    }

    /// A line that has just answered, over which the ACS takes what the call needs.
    async fn ready(&mut self, call: &Call) -> Result<(), AskError> {
        if monotonic() >= call.until {
            return Err(NotSent::NoTime.into());
        }
        let is_stale =
            self.line.as_ref().is_some_and(|line| line.heard_at + self.config.fresh_for <= monotonic());
        if is_stale && !call.message.id().is_repeatable() {
            // Its failure drops the line; a new one is opened below.
            drop(self.ask_status(call.until).await);
        }
        if self.line.is_none() {
            self.open(call.until).await?;
        }
        if self.closed(call.needs).is_some() {
            // It may have changed since.
            self.ask_status(call.until).await.map_err(|cause| no_session(&cause))?;
        }
        if let Some(what) = self.closed(call.needs) {
            return Err(NotSent::Closed { what }.into());
        }
        // What went before took its time; to send now and not wait for the answer would be a doubt made by ourselves.
        if monotonic() >= call.until { Err(NotSent::NoTime.into()) } else { Ok(()) }
    }

    /// Connects, logs in and asks for the status.
    async fn open(&mut self, until: Instant) -> Result<(), AskError> {
        self.line = Some(self.connector.open(&self.config, until).await?);
        let opened = self.begin(until).await;
        if opened.is_err() {
            self.line = None;
        }
        opened
    }

    async fn begin(&mut self, until: Instant) -> Result<(), AskError> {
        if let Some(login) = self.asks_at(self.now()).login() {
            let answer = self.exchange(&login, until).await.map_err(|cause| no_session(&cause))?;
            match answer::of_login(&answer) {
                Ok(true) => {}
                Ok(false) => return Err(AskError::LoginRefused),
                Err(fault) => return Err(no_session(&fault.into())),
            }
        }
        self.ask_status(until).await.map_err(|cause| no_session(&cause))?;
        tracing::info!("connected to the library system");
        Ok(())
    }

    async fn ask_status(&mut self, until: Instant) -> Result<(), Silence> {
        let answer = self.exchange(&self.asks_at(self.now()).status(), until).await?;
        answer::of_status(&answer)?;
        Ok(())
    }

    /// One exchange; a line that it spoils is dropped. Whatever 98 comes by is kept.
    async fn exchange(&mut self, message: &Message, until: Instant) -> Result<Message, Silence> {
        let Some(line) = &mut self.line else { return Err(Silence::Broken { detail: "no line".to_owned() }) };
        let answer = line.exchange(message.clone(), until).await;
        if let Some(status) = line.take_status() {
            self.status.send_replace(Some(status));
        }
        match &answer {
            Ok(answer) if answer.id() == AcsStatus::ID => {
                self.status.send_replace(answer::of_status(answer).ok());
            }
            Err(silence) if line::is_spoiled(silence) => self.line = None,
            Ok(_) | Err(_) => {}
        }
        answer
    }

    fn heard(&mut self, heard: &Result<(), Silence>) {
        let status = self.line.as_mut().and_then(Line::take_status);
        if let Some(status) = status {
            self.status.send_replace(Some(status));
        }
        if let Err(cause) = heard {
            tracing::info!(%cause, "the library system has closed the connection");
            self.line = None;
        }
    }

    async fn keep_alive(&mut self) {
        let until = monotonic() + self.config.answer_timeout;
        if let Err(cause) = self.ask_status(until).await {
            tracing::info!(%cause, "the connection to the library system is dead");
            self.line = None;
        }
    }

    /// What the ACS does not take now, of what is needed.
    fn closed(&self, needs: Needs) -> Option<&'static str> {
        let status = self.status.borrow();
        let status = status.as_ref().filter(|_| self.config.dialect.obeys_status)?;
        match needs {
            Needs::Checkouts if !status.is_online || !status.takes_checkouts => Some("checkouts"),
            Needs::Checkins if !status.is_online || !status.takes_checkins => Some("checkins"),
            Needs::Nothing | Needs::Checkouts | Needs::Checkins => None,
        }
    }

    fn now(&self) -> DateTime {
        self.config.utc_offset.to_datetime(self.config.clock.now())
    }

    fn asks_at(&self, now: DateTime) -> Asks<'_> {
        Asks::at(now, &self.config.dialect, &self.config.station)
    }
}

async fn listen(line: Option<&mut Line>) -> Result<(), Silence> {
    match line {
        Some(line) => line.listen().await,
        None => std::future::pending().await,
    }
}

/// Nothing that anybody asked for was sent yet: whatever went wrong leaves no doubt.
fn no_session(cause: &Silence) -> AskError {
    NotSent::NoSession { detail: cause.to_string() }.into()
}
