//! `kioskctl reader bench`: how fast this reader is with what lies on the pad.
//!
//! Half of the time the port is opened again and again, for each opening reads the whole stack anew; the other half the
//! pad looks without a pause. With `--write TAG` that tag's security is changed there and back, and nothing else is
//! ever written.

use std::time::{Duration, Instant};

use rfid_driver::port::{Command, PortConfig, ReaderEvent, WriteOutcome};
use rfid_driver::tag::{Security, TagId};

use super::refusal::Refusal;
use super::session::Session;
use super::stack::{Place, Stack, now};
use super::{line, runtime};
use crate::arguments::BenchArguments;
use crate::failure::Failure;
use crate::{Outcome, say};
use figures::{Figures, Spread, Steady};

mod figures;

/// Measures and prints.
///
/// # Errors
/// [`Failure`] if the reader does not answer or the pad does not settle.
pub(crate) fn run(arguments: &BenchArguments) -> Result<Outcome, Failure> {
    // Without a pause: what is asked is how fast it can be.
    let config = PortConfig { poll: Duration::from_millis(1), ..line(&arguments.line)?.port };
    let mut bench = Bench { place: Place::of(&config), config, openings: Openings::default() };
    let (figures, outcome) = runtime()?.block_on(bench.run(arguments))?;
    let text = if arguments.json {
        serde_json::to_string(&figures).map_err(Failure::Json)? + "\n"
    } else {
        figures.table()
    };
    say(&text)?;
    Ok(outcome)
}

struct Bench {
    config: PortConfig,
    place: Place,
    openings: Openings,
}

/// What each opening took.
#[derive(Default)]
struct Openings {
    one: Vec<Duration>,
    stack: Vec<Duration>,
    complete: Vec<Duration>,
}

impl Bench {
    async fn run(&mut self, arguments: &BenchArguments) -> Result<(Figures, Outcome), Failure> {
        rfid_driver::port::open_check(&self.config).await?;
        let half = arguments.seconds / 2;
        let end = now() + half;
        while self.openings.complete.len() < MIN_OPENINGS || now() < end {
            let (session, stack) = self.open().await?;
            session.end().await;
            self.openings.take(&stack);
            if self.openings.complete.len() >= MAX_OPENINGS {
                break;
            }
        }
        let (mut session, stack) = self.open().await?;
        let model = stack.model.clone();
        let steady = steady(&mut session, half).await?;
        let written = match &arguments.write {
            Some(name) => write(&mut session, &stack, name).await,
            None => Ok((Vec::new(), Outcome::Good)),
        };
        session.end().await;
        let (times, outcome) = written?;
        let Openings { one, stack: all, complete } = &self.openings;
        let Steady { seconds, rounds_per_second, tags_per_second, noise_bytes, missed_looks_percent } =
            steady;
        let figures = Figures {
            model,
            tags: stack.arrivals.len(),
            seconds,
            rounds_per_second,
            tags_per_second,
            one_tag_ms: Spread::of(one),
            stack_ms: Spread::of(all),
            complete_ms: Spread::of(complete),
            write_ms: Spread::of(&times),
            noise_bytes,
            missed_looks_percent,
        };
        Ok((figures, outcome))
    }

    async fn open(&self) -> Result<(Session, Stack), Failure> {
        let mut session = Session::start(self.config.clone());
        match Stack::wait(&mut session, &self.place).await {
            Ok(stack) => Ok((session, stack)),
            Err(failure) => {
                session.end().await;
                Err(failure)
            }
        }
    }
}

impl Openings {
    fn take(&mut self, stack: &Stack) {
        let since = |at: Instant| at.saturating_duration_since(stack.up);
        let ats = || stack.arrivals.iter().map(|arrival| since(arrival.at));
        self.one.extend(ats().min());
        self.stack.extend(ats().max());
        self.complete.push(since(stack.complete));
    }
}

/// Looks on, without a word to the reader.
async fn steady(session: &mut Session, span: Duration) -> Result<Steady, Failure> {
    // What was seen before the stack was complete is no beginning.
    let first = session.seen_after(now()).await.ok_or(Refusal::Lost)?;
    let end = tokio::time::Instant::now() + span.max(LEAST_STEADY);
    loop {
        match tokio::time::timeout_at(end, session.events.recv()).await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(Refusal::Lost.into()),
            Err(_elapsed) => return Ok(Steady::between(&first, &session.seen())),
        }
    }
}

/// There and back, some times; ends when a write is not verified, for then the tag needs a person.
async fn write(
    session: &mut Session,
    stack: &Stack,
    name: &str,
) -> Result<(Vec<Duration>, Outcome), Failure> {
    let arrival = stack.one(Some(name))?;
    let (tag, was) = (arrival.tag, arrival.security);
    let was = was.ok_or(Refusal::NoState { tag })?;
    let other = match was {
        Security::Secured => Security::Unsecured,
        Security::Unsecured => Security::Secured,
    };
    let mut times = Vec::new();
    for to in [other, was].into_iter().cycle().take(N_WRITES * 2) {
        let start = now();
        let outcome = set(session, tag, to).await?;
        if outcome != WriteOutcome::Verified {
            // Once more to what it was, and to the person if that fails too.
            let restored = set(session, tag, was).await?;
            say(&format!("a write to {tag} ended as {outcome:?}; it is {}\n", restored_word(restored)))?;
            return Ok((times, Outcome::Bad));
        }
        times.push(now().saturating_duration_since(start));
    }
    Ok((times, Outcome::Good))
}

fn restored_word(outcome: WriteOutcome) -> &'static str {
    match outcome {
        WriteOutcome::Verified => "as it was before",
        WriteOutcome::Gone | WriteOutcome::Uncertain | WriteOutcome::Refused => {
            "perhaps NOT as it was before: lay it back and see `reader watch`"
        }
    }
}

async fn set(session: &mut Session, tag: TagId, to: Security) -> Result<WriteOutcome, Failure> {
    let request =
        session.tell(|request| Command::SetSecurity { request, tag, to }).await.ok_or(Refusal::Lost)?;
    let is_answer = |event| match event {
        ReaderEvent::Wrote { request: of, outcome, .. } if of == request => Some(outcome),
        ReaderEvent::Wrote { .. }
        | ReaderEvent::Up(_)
        | ReaderEvent::Down(_)
        | ReaderEvent::Arrived(_)
        | ReaderEvent::Departed { .. }
        | ReaderEvent::Complete { .. }
        | ReaderEvent::Programmed { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Heard(_)
        | ReaderEvent::Power { .. }
        | ReaderEvent::Trouble(_)
        | ReaderEvent::TroubleOver(_) => None,
    };
    Ok(session.answer(is_answer).await.ok_or(Refusal::Lost)?)
}

/// As few openings as tell anything, and as many as are enough.
const MIN_OPENINGS: usize = 3;
const MAX_OPENINGS: usize = 200;
/// Less than that tells nothing.
const LEAST_STEADY: Duration = Duration::from_millis(600);
/// There and back so often.
const N_WRITES: usize = 5;
