//! Plays a visit from its script.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use circulation::screen::{Screen, Touch};
use tokio::sync::mpsc;

use super::DemoOptions;
use super::story::{Story, line};
use super::visits::{Library, Sight, Step, VISITS, Visit};
use super::world::{BOOKS, Timing, World, finds};
use crate::effect::Show;
use crate::failure::Failure;
use crate::settings;

/// A screen that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(60);
const PORTRAIT: (u32, u32) = (1080, 1920);
const LANDSCAPE: (u32, u32) = (1920, 1080);

/// Names the visits.
pub(super) fn list() -> Result<(), Failure> {
    for visit in VISITS {
        line(&format!("{:<20} {}", visit.name, visit.about));
    }
    Ok(())
}

/// Plays one visit, tells it, and leaves its pictures.
pub(super) async fn play(visit: &'static Visit, options: &DemoOptions) -> Result<(), Failure> {
    let mut world = World::start(Timing::Real).await?;
    options.apply(world.config_mut());
    let config = world.config_mut();
    match visit.library {
        Library::Plain => {}
        Library::Lends => {
            config.central.interface = config::Interface::Kiosk;
            config.offline.checkout = config::CheckoutPolicy::Assume;
            config.offline.per_patron = 2;
        }
        Library::Finds => finds(config),
    }
    let receipts = world.dir().join("receipts");
    world.add_printer(&receipts).await?;
    let (screens, seen) = mpsc::unbounded_channel();
    let show: Show = Box::new(move |screen| {
        // Fails only after the end of the story.
        let _after_the_end = screens.send((now(), screen.clone())).is_err();
    });
    let size = if options.landscape { LANDSCAPE } else { PORTRAIT };
    let start = now();
    let story = Story::begin(start, &options.out, size)?;
    line(&format!("{}: {}\n", visit.name, visit.about));
    let running = crate::start(world.config(), settings::sync(world.config()), show).await?;
    let touches = running.touches.clone();
    let mut player = Player { world, story, seen, touches, last: None, receipts, n_receipts: 0 };
    let played = player.all(visit).await;
    running.stop().await?;
    played?;
    player.story.end(now())
}

struct Player {
    world: World,
    story: Story,
    seen: mpsc::UnboundedReceiver<(Instant, Screen)>,
    touches: mpsc::Sender<Touch>,
    last: Option<Screen>,
    /// where the printer leaves what it prints
    receipts: PathBuf,
    n_receipts: usize,
}

impl Player {
    async fn all(&mut self, visit: &Visit) -> Result<(), Failure> {
        for step in visit.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Tell(sentence) => self.story.tell(now(), sentence),
            Step::Put(things) => self.pad("put", things).await?,
            Step::Take(things) => self.pad("take", things).await?,
            Step::Touch(touch) => {
                self.story.act(now(), &format!("touch {touch:?}"));
                self.touch(*touch).await?;
            }
            Step::Type(letters) => {
                self.story.act(now(), &format!("type {letters}"));
                for letter in letters.chars() {
                    self.touch(Touch::Key(letter)).await?;
                }
            }
            Step::Reader(word) => {
                self.story.act(now(), &format!("reader: {word}"));
                self.world.emulator().say(word).await?;
            }
            Step::Printer(word) => {
                self.story.act(now(), &format!("printer: {word}"));
                if let Some(printer) = self.world.printer() {
                    printer.say(word).await?;
                }
            }
            Step::Receipt => {
                self.n_receipts = self.n_receipts.saturating_add(1);
                let receipt = self.receipts.join(format!("receipt-{:02}", self.n_receipts));
                self.story.receipt(now(), &receipt)?;
            }
            Step::KillCentral => {
                self.story.act(now(), "central is killed");
                self.world.kill_central().await?;
            }
            Step::RestartCentral => {
                self.world.restart_central().await?;
                self.story.act(now(), "central is started");
            }
            Step::Until(sight) => self.until(*sight).await?,
            Step::Bits => self.bits().await?,
        }
        Ok(())
    }

    async fn touch(&self, touch: Touch) -> Result<(), Failure> {
        self.touches.send(touch).await.map_err(|_| Failure::PartEnded { part: "the event loop" })
    }

    async fn pad(&mut self, verb: &str, things: &[&str]) -> Result<(), Failure> {
        let things = things.join(" ");
        // The card's number is a patron's: the story says only that it is a card.
        self.story.act(now(), &format!("{verb} {}", things.replace(super::world::CARD, "the card")));
        self.world.emulator().say(&format!("{verb} {things}")).await.map(drop)
    }

    async fn until(&mut self, sight: Sight) -> Result<(), Failure> {
        if self.last.as_ref().is_some_and(|screen| sight.is_seen(screen)) {
            return Ok(());
        }
        let deadline = tokio::time::Instant::from_std(now() + PATIENCE);
        loop {
            let Ok(Some((at, screen))) = tokio::time::timeout_at(deadline, self.seen.recv()).await else {
                let last = self.last.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                return Err(Failure::Visit {
                    step: format!("{sight:?}"),
                    cause: format!("not seen within {} s; the last screen was: {last}", PATIENCE.as_secs()),
                });
            };
            self.story.screen(at, &screen);
            let is_seen = sight.is_seen(&screen);
            self.last = Some(screen);
            if is_seen {
                return Ok(());
            }
        }
    }

    /// What the gate would see, from the tags themselves.
    async fn bits(&mut self) -> Result<(), Failure> {
        for book in BOOKS {
            let tag = self.world.emulator().say(&format!("show {book}")).await?;
            self.story.fact(now(), &format!("tag {tag}"));
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the story tells the time")]
fn now() -> Instant {
    Instant::now()
}
