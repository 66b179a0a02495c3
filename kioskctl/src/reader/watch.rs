//! `kioskctl reader watch`: what lies on the pad, live.
//!
//! On a terminal a table that is drawn anew in its place; elsewhere a line an event; with `--json` an object an event, and
//! one with all that is seen each second.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use rfid_driver::port::{self, DownCause, ReaderEvent};
use rfid_driver::tag::SecurityPolicy;
use tokio::signal::unix::{SignalKind, signal};

use super::clues::Clues;
use super::session::Session;
use super::titles::Titles;
use super::{line, runtime, settings_of};
use crate::arguments::WatchArguments;
use crate::failure::Failure;
use crate::{Outcome, say};
use board::Board;
use lines::Lines;

mod board;
mod lines;

/// Watches until told to stop.
///
/// # Errors
/// [`Failure::Port`] if the port cannot be used, [`Failure::NoReader`] if no reader ever answered.
pub(crate) fn run(arguments: &WatchArguments) -> Result<Outcome, Failure> {
    let titles = arguments.titles.as_deref().map(Titles::load).transpose()?.unwrap_or_default();
    let config = line(&arguments.line)?.port;
    let (endpoint, settings, policy) = (config.endpoint.clone(), settings_of(&config), config.security);
    runtime()?.block_on(async {
        port::open_check(&config).await?;
        let head = format!("{endpoint}  {settings}");
        let mut watch = Watch::new(View::of(arguments.json, head, titles, policy));
        let mut session = Session::start(config);
        say(&watch.view.begin())?;
        let done = watch.run(&mut session, arguments.duration).await;
        say(&watch.view.end())?;
        let (is_well, last) = session.end().await;
        done?;
        let cause = if is_well { watch.down.filter(|_| !watch.was_up) } else { Some(DownCause::Silent) };
        let Some(cause) = cause else { return Ok(Outcome::Good) };
        let mut clues = Box::<Clues>::default();
        clues.take(&settings, &cause, last.n_garbage);
        Err(Failure::NoReader { endpoint, line: settings, cause, clues })
    })
}

struct Watch {
    view: View,
    was_up: bool,
    down: Option<DownCause>,
}

/// How it is shown.
enum View {
    Lines(Box<Lines>),
    Board(Box<Board>),
}

impl Watch {
    fn new(view: View) -> Self {
        Self { view, was_up: false, down: None }
    }

    /// Until a signal, the end of the time, or the end of the driver.
    async fn run(&mut self, session: &mut Session, duration: Option<Duration>) -> Result<(), Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
        let end = duration.map(|duration| tokio::time::Instant::now() + duration);
        let mut looks = tokio::time::interval(self.view.every());
        looks.reset();
        loop {
            tokio::select! {
                event = session.events.recv() => match event {
                    Some(event) => {
                        self.take(&event);
                        say(&self.view.event(now(), &event)?)?;
                    }
                    None => return Ok(()),
                },
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                () = sleep_until(end) => return Ok(()),
                _ = looks.tick() => say(&self.view.look(now(), &session.seen())?)?,
            }
        }
    }

    fn take(&mut self, event: &ReaderEvent) {
        if let ReaderEvent::Up(_) = event {
            (self.was_up, self.down) = (true, None);
        }
        if let ReaderEvent::Down(cause) = event {
            self.down = Some(cause.clone());
        }
    }
}

impl View {
    fn of(is_json: bool, head: String, titles: Titles, policy: SecurityPolicy) -> Self {
        if !is_json && io::stdout().is_terminal() {
            Self::Board(Box::new(Board::new(head, titles, policy)))
        } else {
            Self::Lines(Box::new(Lines::new(now(), is_json, titles, policy)))
        }
    }

    fn begin(&self) -> String {
        match self {
            Self::Lines(lines) => lines.head(),
            Self::Board(_) => board::BEGIN.to_owned(),
        }
    }

    fn end(&self) -> String {
        match self {
            Self::Lines(_) => String::new(),
            Self::Board(_) => board::END.to_owned(),
        }
    }

    /// How often it is looked at what is seen.
    fn every(&self) -> Duration {
        match self {
            Self::Lines(_) => Duration::from_secs(1),
            Self::Board(_) => Duration::from_millis(250),
        }
    }

    fn event(&mut self, now: Instant, event: &ReaderEvent) -> Result<String, Failure> {
        match self {
            Self::Lines(lines) => lines.tell(now, event),
            Self::Board(board) => {
                board.tell(event);
                Ok(String::new())
            }
        }
    }

    fn look(&mut self, now: Instant, seen: &port::Snapshot) -> Result<String, Failure> {
        match self {
            Self::Lines(lines) => lines.look(now, seen),
            Self::Board(board) => Ok(board.draw(seen)),
        }
    }
}

async fn sleep_until(end: Option<tokio::time::Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
