//! The visit `stocktake`: the tablet of `kiosk stocktake` between modelled shelves, and somebody who pushes the cart.
//!
//! ```text
//!   script, or a hand ──Touch──▶ [stocktake session] ──Screen──▶ window, or story and pictures
//!                                     ▲ reader          └─────▶ [cart] ──words──▶ rfid-emulator
//!                                     └──────────────────────────────────────────────┘
//! ```

use std::time::{Duration, Instant};

use circulation::screen::{Language, Page, Screen, Stocktaking};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::DemoOptions;
use super::cart::Cart;
use super::play::{Player, Scene, now};
use super::room::Room;
use super::story::{Story, line};
use super::visits::Visit;
use super::world::Emulator;
use crate::failure::Failure;
use crate::run::Signals;
use crate::stocktake::{self, FRAME, Said, TABLET, TOUCHES, Ways};

/// Counts in a window: the cart goes where the touches send it.
pub(super) fn in_window(runtime: &Runtime, options: &DemoOptions) -> Result<(), Failure> {
    let (room, cart) = runtime.block_on(enter())?;
    let told = room.told(language(options), false)?;
    let signals = runtime.block_on(async { Signals::listen() })?;
    stocktake::in_window(runtime, told, false, signals, |spawner, screens| {
        spawner.spawn(cart.follow(screens));
    })
}

/// Plays the visit, tells it, and leaves its pictures.
pub(super) async fn play(visit: &'static Visit, options: &DemoOptions) -> Result<(), Failure> {
    let (room, cart) = enter().await?;
    let told = room.told(language(options), true)?;
    let story = Story::begin(now(), &options.out, TABLET)?;
    line(&format!("{}: {}\n", visit.name, visit.about));
    let (followed, to_follow) = watch::channel(told.first().clone());
    let (screens, seen) = mpsc::unbounded_channel();
    let mut thin = Thin::default();
    let show = move |screen: &Screen| {
        followed.send_replace(screen.clone());
        if thin.is_told(screen, now()) {
            // Fails only after the end of the story.
            let _after_the_end = screens.send((now(), screen.clone())).is_err();
        }
    };
    let (touches, touched) = mpsc::channel(TOUCHES);
    let (say, said) = mpsc::channel(TOUCHES);
    tokio::spawn(hand_on(touched, say));
    tokio::spawn(cart.follow(to_follow));
    let (stop, stopped) = watch::channel(false);
    let ways = Ways { said, stop: stopped, signals: Signals::listen()?, frame: FRAME };
    let session = tokio::spawn(stocktake::serve(told, ways, show));
    let mut player = Player::new(Scene::Shelves(Box::new(room)), story, seen, touches);
    let played = player.all(visit).await;
    stop.send_replace(true);
    session.await.map_err(|_| Failure::PartEnded { part: "the stocktake" })??;
    played?;
    player.end()
}

async fn enter() -> Result<(Room, Cart), Failure> {
    let room = Room::enter().await?;
    let cart = Cart::new(Emulator::beside_reader(room.dir()).await?);
    Ok((room, cart))
}

/// Touches of the script, as a hand would make them.
async fn hand_on(mut touched: mpsc::Receiver<circulation::screen::Touch>, say: mpsc::Sender<Said>) {
    while let Some(touch) = touched.recv().await {
        if say.send(Said::Touch(touch)).await.is_err() {
            debug!("the session ended before the script");
            return;
        }
    }
}

const fn language(options: &DemoOptions) -> Language {
    if options.english { Language::English } else { Language::Chinese }
}

/// A tablet shows twenty screens a second while books are heard: told are those after which something else goes on, and
/// of the others one each [`EACH`].
#[derive(Debug, Default)]
struct Thin {
    last: Option<(String, Instant)>,
}

impl Thin {
    fn is_told(&mut self, screen: &Screen, now: Instant) -> bool {
        let mark = mark(screen);
        let is_told = self
            .last
            .as_ref()
            .is_none_or(|(last, at)| *last != mark || now.saturating_duration_since(*at) >= EACH);
        if is_told {
            self.last = Some((mark, now));
        }
        is_told
    }
}

/// What goes on, in words.
fn mark(screen: &Screen) -> String {
    let Page::Stocktake(page) = &screen.page else { return screen.page.word().to_owned() };
    match page {
        Stocktaking::Count(count) => {
            format!("{:?} {} {} {:?}", count.state, count.pass, count.asks_end, count.reader)
        }
        Stocktaking::Hunt(hunt) => format!("hunt {}", hunt.found.done),
        Stocktaking::Shelves(_) => page.word().to_owned(),
    }
}

const EACH: Duration = Duration::from_secs(2);
