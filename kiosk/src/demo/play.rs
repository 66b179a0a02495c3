//! Plays a visit from its script.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use circulation::screen::{Screen, Touch};
use tokio::sync::mpsc;

use super::room::Room;
use super::story::{Story, line};
use super::visits::{Library, Sight, Step, VISITS, Visit};
use super::world::{BOOKS, Emulator, Timing, World, finds};
use super::{DemoOptions, shelves};
use crate::effect::Show;
use crate::failure::Failure;
use crate::settings;

/// A screen that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the cart is looked at.
const LOOK: Duration = Duration::from_millis(200);
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
    match visit.library {
        Library::Counts => shelves::play(visit, options).await,
        Library::Plain | Library::Lends | Library::Finds | Library::Cards => {
            at_the_kiosk(visit, options).await
        }
    }
}

async fn at_the_kiosk(visit: &'static Visit, options: &DemoOptions) -> Result<(), Failure> {
    let mut world = World::start(Timing::Real).await?;
    options.apply(world.config_mut());
    let config = world.config_mut();
    match visit.library {
        Library::Plain | Library::Counts | Library::Cards => {}
        Library::Lends => {
            config.central.interface = config::Interface::Kiosk;
            config.offline.checkout = config::CheckoutPolicy::Assume;
            config.offline.per_patron = 2;
        }
        Library::Finds => finds(config),
    }
    let receipts = world.dir().join("receipts");
    world.add_printer(&receipts).await?;
    if visit.library == Library::Cards {
        world.add_id_reader().await?;
    }
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
    let mut player = Player::new(Scene::Kiosk { world: Box::new(world), receipts }, story, seen, touches);
    let played = player.all(visit).await;
    running.stop().await?;
    played?;
    player.end()
}

/// Plays the steps, and tells them.
pub(super) struct Player {
    scene: Scene,
    story: Story,
    seen: mpsc::UnboundedReceiver<(Instant, Screen)>,
    touches: mpsc::Sender<Touch>,
    last: Option<Screen>,
    n_receipts: usize,
    /// the number of the walk that was seen to its end, as the emulator says it
    walk: Option<String>,
}

/// Where a visit is played.
#[derive(Debug)]
pub(super) enum Scene {
    /// Before a kiosk.
    Kiosk {
        /// the programs around it
        world: Box<World>,
        /// where the printer leaves what it prints
        receipts: PathBuf,
    },
    /// Between shelves.
    Shelves(Box<Room>),
}

impl Player {
    pub(super) const fn new(
        scene: Scene,
        story: Story,
        seen: mpsc::UnboundedReceiver<(Instant, Screen)>,
        touches: mpsc::Sender<Touch>,
    ) -> Self {
        Self { scene, story, seen, touches, last: None, n_receipts: 0, walk: None }
    }

    /// Plays all of a visit.
    ///
    /// # Errors
    /// [`Failure::Visit`]: the step that did not come.
    pub(super) async fn all(&mut self, visit: &Visit) -> Result<(), Failure> {
        for step in visit.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    /// Waits for the pictures.
    ///
    /// # Errors
    /// A picture cannot be drawn or written.
    pub(super) fn end(self) -> Result<(), Failure> {
        self.story.end(now())
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
                self.scene.emulator().say(word).await?;
            }
            Step::IdReader(word) => {
                self.story.act(now(), &format!("identity card: {word}"));
                if let Some(reader) = self.scene.world(step)?.id_reader() {
                    reader.say(word).await?;
                }
            }
            Step::Printer(word) => {
                self.story.act(now(), &format!("printer: {word}"));
                if let Some(printer) = self.scene.world(step)?.printer() {
                    printer.say(word).await?;
                }
            }
            Step::Receipt => {
                if let Scene::Kiosk { receipts, .. } = &self.scene {
                    self.n_receipts = self.n_receipts.saturating_add(1);
                    let receipt = receipts.join(format!("receipt-{:02}", self.n_receipts));
                    self.story.receipt(now(), &receipt)?;
                }
            }
            Step::KillCentral => {
                self.story.act(now(), "central is killed");
                self.scene.world(step)?.kill_central().await?;
            }
            Step::RestartCentral => {
                self.scene.world(step)?.restart_central().await?;
                self.story.act(now(), "central is started");
            }
            Step::Until(sight) => self.until(*sight).await?,
            Step::Bits => self.bits().await?,
            Step::Walked => self.walked().await?,
            Step::Report => self.report().await?,
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
        self.scene.emulator().say(&format!("{verb} {things}")).await.map(drop)
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

    /// Tells the screens that come while the cart is pushed to the end of its way.
    async fn walked(&mut self) -> Result<(), Failure> {
        let deadline = now() + PATIENCE;
        let mut look = tokio::time::interval(LOOK);
        loop {
            let place = tokio::select! {
                Some((at, screen)) = self.seen.recv() => {
                    self.story.screen(at, &screen);
                    self.last = Some(screen);
                    continue;
                }
                _ = look.tick() => self.scene.emulator().say("room").await?,
            };
            // The cart may still stand where the walk before ended: whoever pushes it has not seen the screen yet.
            let walk = place.split(' ').find(|word| word.starts_with("walk=")).map(str::to_owned);
            if place.starts_with("at the end") && walk != self.walk {
                self.walk = walk;
                return Ok(());
            }
            if now() > deadline {
                let cause = format!("not within {} s; the cart is {place}", PATIENCE.as_secs());
                return Err(Failure::Visit { step: "Walked".to_owned(), cause });
            }
        }
    }

    async fn report(&mut self) -> Result<(), Failure> {
        if let Scene::Shelves(room) = &self.scene {
            for line in room.report().await?.lines() {
                self.story.fact(now(), line);
            }
        }
        Ok(())
    }

    /// What the gate would see, from the tags themselves.
    async fn bits(&mut self) -> Result<(), Failure> {
        for book in BOOKS {
            let tag = self.scene.emulator().say(&format!("show {book}")).await?;
            self.story.fact(now(), &format!("tag {tag}"));
        }
        Ok(())
    }
}

impl Scene {
    fn emulator(&mut self) -> &mut Emulator {
        match self {
            Self::Kiosk { world, .. } => world.emulator(),
            Self::Shelves(room) => room.emulator(),
        }
    }

    fn world(&mut self, step: &Step) -> Result<&mut World, Failure> {
        match self {
            Self::Kiosk { world, .. } => Ok(world),
            Self::Shelves(_) => Err(Failure::Visit {
                step: format!("{step:?}"),
                cause: "there is no kiosk between shelves".to_owned(),
            }),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the story tells the time")]
pub(super) fn now() -> Instant {
    Instant::now()
}
